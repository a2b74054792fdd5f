/* bihuan verify-extract: whether what was handed over is what was on record: each record follows from its bytes and the chain
 * before it, none between the first and the last is missing, and what people read is what was hashed. Needs no broker. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/digest.h"
#include "cli/cli.h"
#include "cli/lines.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "schemas/ident.h"
#include "schemas/record.h"

struct verifying {
    const char *path;
    bool json;
    struct arena arena;
    uint64_t line, incident, records, seq;
    struct digest chain; /* after the record before this one */
    int64_t first_ms, last_ms;
    bool ended;
};

static bool wrong(const struct verifying *v, const char *what)
{
    cli_fail("%s:%" PRIu64 ": %s", v->path, v->line, what);
    return false;
}

/* --- a line's parts --- */

static bool take_digest(json_t *line, const char *key, struct digest *out)
{
    const char *text = json_string_value(json_object_get(line, key));
    size_t length = 0;
    return text && strlen(text) == 2 * DIGEST_BYTES &&
           sodium_hex2bin(out->bytes, DIGEST_BYTES, text, 2 * DIGEST_BYTES, NULL, &length, NULL) == 0 &&
           length == DIGEST_BYTES;
}

static bool take_bytes(struct verifying *v, json_t *line, struct bytes *out)
{
    const char *text = json_string_value(json_object_get(line, "bytes"));
    size_t digits = text ? strlen(text) : 0;
    uint8_t *bytes = arena_alloc(&v->arena, digits / 2 + 8);
    *out = (struct bytes){bytes, 0};
    return digits && sodium_hex2bin(bytes, digits / 2, text, digits, NULL, &out->len, NULL) == 0 &&
           out->len == digits / 2;
}

static void put_le(uint8_t out[4], json_t *line, const char *key)
{
    uint32_t number = (uint32_t)json_integer_value(json_object_get(line, key));
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(number >> 8 * i);
}

/* --- one record --- */

static bool follows(struct verifying *v, json_t *line, const struct bytes *bytes)
{
    uint8_t head[8];
    struct digest before, after, reckoned;
    if (!take_digest(line, "before", &before) || !take_digest(line, "after", &after))
        return wrong(v, _("not a line of an extract"));
    put_le(head, line, "journal");
    put_le(head + 4, line, "term");
    digest_parts(&reckoned,
                 (struct digest_part[]){{head, sizeof(head)}, {before.bytes, DIGEST_BYTES}, {bytes->ptr, bytes->len}},
                 3);
    if (memcmp(&reckoned, &after, sizeof(after)) != 0)
        return wrong(v, _("the record is not what was hashed into the chain"));
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(line, "seq"));
    if (v->records && (seq <= v->seq || (seq == v->seq + 1 && memcmp(&before, &v->chain, sizeof(before)) != 0)))
        return wrong(v, _("the record does not come after the one before it"));
    v->chain = after;
    return true;
}

/* The first record tells which incident it is: it opened it, and its timeline goes on from there. */
static const struct change *change_of(struct verifying *v, const struct record *record)
{
    if (!v->records && record->change_count)
        v->incident = record->changes[0].incident;
    for (size_t i = 0; i < record->change_count; i++)
        if (record->changes[i].incident == v->incident)
            return &record->changes[i];
    return NULL;
}

static bool reads_as_it_is(struct verifying *v, json_t *line, const struct record *record)
{
    struct buffer text = {0};
    record_json(record, &text);
    json_t *is = json_loadb((const char *)text.data, text.size, 0, NULL);
    bool same = is && json_equal(is, json_object_get(line, "record"));
    json_decref(is);
    buffer_release(&text);
    return same || wrong(v, _("what is written of the record is not what it says"));
}

static bool verify_record(struct verifying *v, json_t *line)
{
    struct bytes bytes;
    struct record record;
    if (!take_bytes(v, line, &bytes))
        return wrong(v, _("not a line of an extract"));
    if (!follows(v, line, &bytes))
        return false;
    if (record_decode(bytes.ptr, bytes.len, &v->arena, &record) != 0 ||
        record.seq != (uint64_t)json_integer_value(json_object_get(line, "seq")))
        return wrong(v, _("the bytes are not this record"));
    const struct change *change = change_of(v, &record);
    if (!change || change->prev != v->seq)
        return wrong(v, _("a record of the incident before this one is missing"));
    if (!reads_as_it_is(v, line, &record))
        return false;
    v->first_ms = v->records ? v->first_ms : record.at_ms;
    v->last_ms = record.at_ms;
    v->seq = record.seq;
    v->records++;
    return true;
}

/* --- the whole --- */

static bool verify_end(struct verifying *v, json_t *line)
{
    const char *text = json_string_value(json_object_get(line, "incident"));
    uint64_t incident = 0;
    v->ended = true;
    if (!text || ident_parse(text, &incident) != 0 || incident != v->incident)
        return wrong(v, _("the extract is of another incident"));
    if ((uint64_t)json_integer_value(json_object_get(line, "records")) != v->records)
        return wrong(v, _("records at the end are missing"));
    return true;
}

static bool verify_line(struct verifying *v, const char *text, size_t length)
{
    json_t *line = json_loadb(text, length, 0, NULL);
    v->line++;
    bool good = line && !v->ended;
    if (!good)
        wrong(v, _("not a line of an extract"));
    else
        good = json_object_get(line, "bytes") ? verify_record(v, line) : verify_end(v, line);
    json_decref(line);
    arena_reset(&v->arena);
    return good;
}

static bool verify_file(struct verifying *v, int fd)
{
    struct lines lines;
    const char *text;
    ssize_t length;
    bool good = true;
    lines_init(&lines, fd);
    while (good && (length = lines_next(&lines, &text)) > 0)
        good = verify_line(v, text, (size_t)length);
    lines_release(&lines);
    return good && (v->ended || wrong(v, _("the extract has no end: it was cut off")));
}

static void print_json(const struct verifying *v, const char *incident, const char *chain)
{
    char from[WHEN_TEXT_BYTES], to[WHEN_TEXT_BYTES];
    json_t *object = json_pack("{s:s, s:I, s:s, s:s, s:I, s:s}", "incident", incident, "records",
                               (json_int_t)v->records, "from", when_rfc3339(v->first_ms, from), "to",
                               when_rfc3339(v->last_ms, to), "seq", (json_int_t)v->seq, "chain", chain);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static void print_good(const struct verifying *v)
{
    char incident[IDENT_TEXT_BYTES], from[WHEN_TEXT_BYTES], to[WHEN_TEXT_BYTES], chain[2 * DIGEST_BYTES + 1];
    ident_format(v->incident, incident);
    digest_hex(&v->chain, chain);
    if (v->json) {
        print_json(v, incident, chain);
        return;
    }
    printf(_("%s: %" PRIu64 " records, %s to %s, none missing, each as it was hashed\n"), incident, v->records,
           when_text(v->first_ms, false, from), when_text(v->last_ms, false, to));
    printf(_("the chain after record %" PRIu64 ": %s\n"), v->seq, chain);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct verifying *v = state->input;
    switch (key) {
    case 'j':
        v->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (v->path)
            argp_error(state, _("too many arguments"));
        v->path = value;
        return 0;
    case ARGP_KEY_END:
        if (!v->path)
            argp_error(state, _("which file?"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int verb_verify_extract(int argc, char **argv)
{
    static const struct argp_option options[] = {{"json", 'j', NULL, 0, N_("print JSON"), 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     N_("FILE"),
                                     N_("Verifies what `bihuan extract` wrote, without a broker: that each record is "
                                        "what was hashed into the chain, "
                                        "and none between the first and the last is missing. Whoever has the store "
                                        "tells whether it is its chain: an "
                                        "extract of it has the same lines."),
                                     NULL,
                                     NULL,
                                     NULL};
    struct verifying v = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &v);
    int fd = open(v.path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        cli_fail("%s: %s", v.path, strerror(errno));
        return CLI_BAD_INPUT;
    }
    arena_init(&v.arena);
    bool good = verify_file(&v, fd);
    if (good)
        print_good(&v);
    arena_release(&v.arena);
    close(fd);
    return good ? CLI_DONE : CLI_BAD_INPUT;
}
