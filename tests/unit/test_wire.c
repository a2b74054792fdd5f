/* The gate opens whatever a stranger sends. A good message arrives as it was meant; everything else is a refusal that
 * names what is wrong, and never harm. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "broker/base/limits.h"
#include "tests/unit/examples.h"

static struct arena arena;
static struct buffer frame, json, json_again;

static const enum message_kind kinds[] = {
#define KIND(value, NAME, name, endpoints) MESSAGE_##NAME,
    MESSAGES(KIND)
#undef KIND
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_release(&arena);
    buffer_release(&frame);
    buffer_release(&json);
    buffer_release(&json_again);
    return 0;
}

/* --- helpers --- */

static const char *json_of(const struct message *message, struct buffer *out)
{
    buffer_clear(out);
    wire_json(message, out);
    buffer_append(out, "", 1);
    return (const char *)out->data;
}

static void assert_json(const char *text)
{
    json_error_t fault;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &fault);
    if (!value)
        fail_msg("not JSON: %s at %d in %s", fault.text, fault.position, text);
    json_decref(value);
}

static void assert_same(const struct message *expected, const struct message *actual)
{
    assert_int_equal(actual->kind, expected->kind);
    assert_int_equal(actual->tag, expected->tag);
    assert_string_equal(json_of(actual, &json_again), json_of(expected, &json));
}

/* The frame must be refused so. */
static void assert_refused(const struct buffer *bytes, enum refusal_code code, const char *field)
{
    struct message message;
    struct refusal refusal = {0};
    arena_reset(&arena);
    assert_int_equal(wire_decode(bytes->data, bytes->size, &arena, &message, &refusal), -EBADMSG);
    if (refusal.code != code || strcmp(refusal.field, field) != 0)
        fail_msg("%s of %s (%s), expected %s of %s", refusal_name(refusal.code), refusal.field, refusal.reason,
                 refusal_name(code), field);
    assert_true(*refusal.reason);
    assert_int_equal(refusal.retry_after_ms, 0);
}

static void assert_message_refused(const struct message *message, enum refusal_code code, const char *field)
{
    wire_encode(message, &frame);
    assert_refused(&frame, code, field);
}

/* Where field number n of a table lies in the frame, to damage one thing at a time; 0 when absent. */
static uint32_t u32_at(const uint8_t *bytes, size_t at)
{
    uint32_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

static size_t slot_of(const struct buffer *bytes, size_t table, unsigned n)
{
    return table - u32_at(bytes->data, table) + 4 + 2 * (size_t)n;
}

static size_t field_of(const struct buffer *bytes, size_t table, unsigned n)
{
    uint16_t offset;
    memcpy(&offset, bytes->data + slot_of(bytes, table, n), sizeof offset);
    return offset ? table + offset : 0;
}

static size_t message_of(const struct buffer *bytes)
{
    return u32_at(bytes->data, 0);
}

static size_t table_of(const struct buffer *bytes, size_t table, unsigned n)
{
    size_t at = field_of(bytes, table, n);
    return at + u32_at(bytes->data, at);
}

static size_t body_of(const struct buffer *bytes)
{
    return table_of(bytes, message_of(bytes), 3);
}

/* --- what is good arrives --- */

static void every_message_arrives_as_it_was_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct message sent = example_message(kinds[i]), got;
        struct refusal refusal = {0};
        arena_reset(&arena);
        wire_encode(&sent, &frame);
        if (wire_decode(frame.data, frame.size, &arena, &got, &refusal) != 0)
            fail_msg("%s refused: %s", message_name(kinds[i]), refusal.reason);
        assert_same(&sent, &got);
        assert_json((const char *)json.data);
    }
}

static void fields_are_where_they_belong(void **state)
{
    (void)state;
    struct message sent = example_message(MESSAGE_PUBLISH), got;
    struct refusal refusal;
    wire_encode(&sent, &frame);
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
    assert_string_equal(got.publish.id, "cam17-20261013-000451");
    assert_int_equal(got.publish.nature, NATURE_REPORT);
    assert_int_equal(got.publish.severity, 3);
    assert_true(got.publish.place.has_point);
    assert_true(got.publish.place.latitude == 35.5428);
    assert_int_equal(got.publish.place.system, COORDINATES_GCJ02);
    assert_int_equal(got.publish.attachment_count, 2);
    assert_int_equal(got.publish.attachments[0].sha256.len, 32);
    assert_memory_equal(got.publish.attachments[0].sha256.ptr, example_hash, 32);
    assert_int_equal(got.publish.reporter.len, 9);
    assert_int_equal(got.publish.observed_ms, EXAMPLE_MS - 2500);
}

static void what_is_absent_stays_absent(void **state)
{
    (void)state;
    struct message sent = {.kind = MESSAGE_PUBLISH, .publish = {.id = "1", .type = "2"}}, got;
    struct refusal refusal;
    wire_encode(&sent, &frame);
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
    assert_string_equal(got.publish.text, "");
    assert_string_equal(got.publish.place.area, "");
    assert_false(got.publish.place.has_point);
    assert_int_equal(got.publish.attachment_count, 0);
    assert_int_equal(got.publish.observed_ms, 0);
    assert_string_equal(json_of(&got, &json), "{\"message\":\"publish\",\"event\":{\"id\":\"1\",\"type\":\"2\"}}");

    sent = (struct message){.kind = MESSAGE_ENTRY, .entry = {.cursor = "4711"}};
    wire_encode(&sent, &frame);
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
    assert_null(got.entry.record);
}

static void a_point_at_zero_is_a_point(void **state)
{
    (void)state;
    struct message sent = {.kind = MESSAGE_PUBLISH, .publish = {.id = "1", .type = "2"}}, got;
    struct refusal refusal;
    sent.publish.place = (struct place){.has_point = true, .system = COORDINATES_WGS84};
    wire_encode(&sent, &frame);
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
    assert_true(got.publish.place.has_point);
    assert_non_null(strstr(json_of(&got, &json), "\"latitude\":0,\"longitude\":0"));
}

/* Most TCP frames begin at an odd address. */
static void a_frame_may_lie_anywhere(void **state)
{
    (void)state;
    struct message sent = example_message(MESSAGE_TASK), got;
    struct refusal refusal;
    wire_encode(&sent, &frame);
    for (size_t shift = 1; shift < 8; shift++) {
        uint8_t *odd = malloc(frame.size + shift);
        memcpy(odd + shift, frame.data, frame.size);
        arena_reset(&arena);
        assert_int_equal(wire_decode(odd + shift, frame.size, &arena, &got, &refusal), 0);
        memset(odd, 0xa5, frame.size + shift); /* and be reused at once */
        free(odd);
        assert_same(&sent, &got);
    }
}

static void an_answer_says_which_clocks_are_provisional(void **state)
{
    (void)state;
    static const uint8_t clocks[] = {0, 86};
    struct row row = example_row();
    struct message sent = {.kind = MESSAGE_ANSWER, .answer = {.kind = QUERY_SHOW, .rows = &row, .row_count = 1}}, got;
    struct refusal refusal = {0};
    sent.answer.provisional = (struct bytes){clocks, sizeof clocks};
    wire_encode(&sent, &frame);
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
    assert_int_equal(got.answer.provisional.len, sizeof clocks);
    assert_memory_equal(got.answer.provisional.ptr, clocks, sizeof clocks);
    buffer_clear(&json);
    wire_json(&got, &json);
    buffer_append(&json, "", 1);
    assert_non_null(strstr((const char *)json.data, "\"provisional\":[0,86]"));
}

static void an_answer_may_be_larger_than_a_request(void **state)
{
    (void)state;
    struct row rows[PAGE_ROWS_MAX];
    struct message sent = {.kind = MESSAGE_ANSWER, .answer = {.kind = QUERY_LIST, .rows = rows}}, got;
    struct refusal refusal;
    for (size_t i = 0; i < PAGE_ROWS_MAX; i++)
        rows[i] = example_row();
    sent.answer.row_count = PAGE_ROWS_MAX;
    wire_encode(&sent, &frame);
    assert_true(frame.size > FRAME_MAX_BYTES);
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
    assert_same(&sent, &got);
}

/* Whatever stands in it: its lists have no limit but the frame's. */
static void to_the_broker_only_clients_speak(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct message sent = example_message(kinds[i]), got;
        struct refusal refusal = {0};
        bool said = false;
        for (const char *endpoint = "PWCF"; *endpoint; endpoint++)
            said |= message_accepted(kinds[i], *endpoint);
        wire_encode(&sent, &frame);
        assert_int_equal(wire_decode_client(frame.data, frame.size, &arena, &got, &refusal), said ? 0 : -EBADMSG);
        assert_int_equal(refusal.code, said ? 0 : REFUSAL_WRONG_ENDPOINT);
        assert_int_equal(got.tag, sent.tag);
    }
}

/* Our own sentences may have been cut at a limit; the refusal must arrive none the less. */
static void a_refusal_cut_within_a_character_arrives(void **state)
{
    (void)state;
    struct message sent = {.kind = MESSAGE_REFUSAL, .refusal = {REFUSAL_BAD_POLICY, "", "街道\xe7\xa4", 0}}, got;
    struct refusal refusal;
    wire_encode(&sent, &frame);
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
    assert_string_equal(got.refusal.reason, "街道");
}

/* A newer broker may know values that this client does not. */
static void a_newer_value_from_the_broker_reads_as_absent(void **state)
{
    (void)state;
    struct message sent = example_message(MESSAGE_REFUSAL), got;
    struct refusal refusal;
    wire_encode(&sent, &frame);
    frame.data[field_of(&frame, body_of(&frame), 0)] = 250;
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
    assert_int_equal(got.refusal.code, 0);
    assert_string_equal(got.refusal.reason, sent.refusal.reason);
}

/* --- what is bad is refused --- */

static void what_is_no_message_is_malformed(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    assert_refused(&bytes, REFUSAL_MALFORMED, "frame");
    buffer_printf(&bytes, "{\"id\": \"no flatbuffer at all, but long enough\"}");
    assert_refused(&bytes, REFUSAL_MALFORMED, "frame");
    memset(bytes.data, 0, bytes.size);
    assert_refused(&bytes, REFUSAL_MALFORMED, "frame");
    memset(bytes.data, 0xff, bytes.size);
    assert_refused(&bytes, REFUSAL_MALFORMED, "frame");
    buffer_release(&bytes);

    struct message message = example_message(MESSAGE_HELLO);
    wire_encode(&message, &frame);
    memcpy(frame.data + 4, "BHR1", 4); /* a record of the trail is no message */
    assert_refused(&frame, REFUSAL_MALFORMED, "frame");
}

static void a_frame_too_large_is_refused_by_its_size(void **state)
{
    (void)state;
    struct message message = {.kind = MESSAGE_PUBLISH, .publish = {.id = "1", .type = "2"}};
    char *text = malloc(FRAME_MAX_BYTES + 1);
    memset(text, 'x', FRAME_MAX_BYTES);
    text[FRAME_MAX_BYTES] = '\0';
    message.publish.text = text;
    assert_message_refused(&message, REFUSAL_TOO_LONG, "frame");
    free(text);

    struct buffer huge = {0};
    huge.size = huge.capacity = ANSWER_MAX_BYTES + 1;
    huge.data = calloc(1, huge.size);
    assert_refused(&huge, REFUSAL_TOO_LONG, "frame");
    buffer_release(&huge);
}

static void another_version_is_refused_and_its_tag_is_read(void **state)
{
    (void)state;
    struct message message = example_message(MESSAGE_HELLO), got;
    struct refusal refusal;
    wire_encode(&message, &frame);
    frame.data[field_of(&frame, message_of(&frame), 0)] = WIRE_VERSION + 1;
    assert_refused(&frame, REFUSAL_UNKNOWN_VERSION, "version");
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), -EBADMSG);
    assert_int_equal(got.tag, message.tag);
}

/* flatc's own verifier lets these pass. */
static void an_unknown_message_is_refused(void **state)
{
    (void)state;
    struct message message = example_message(MESSAGE_HELLO);
    wire_encode(&message, &frame);
    size_t type = field_of(&frame, message_of(&frame), 2);
    static const uint8_t unknown[] = {0, 8, 29, 42, 255};
    for (size_t i = 0; i < sizeof unknown; i++) {
        frame.data[type] = unknown[i];
        assert_refused(&frame, REFUSAL_UNKNOWN_MESSAGE, "body");
    }
}

static void a_message_without_body_is_refused(void **state)
{
    (void)state;
    struct message message = example_message(MESSAGE_HELLO);
    wire_encode(&message, &frame);
    memset(frame.data + slot_of(&frame, message_of(&frame), 3), 0, 2);
    assert_refused(&frame, REFUSAL_MISSING_FIELD, "body");
}

static void damaged_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\xff", "\xc0\xaf",   "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\x80", "ok\xe8\xb7", "a\xc3("};
    struct message message = {.kind = MESSAGE_PUBLISH, .publish = {.id = "1", .type = "2"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        message.publish.text = bad[i];
        assert_message_refused(&message, REFUSAL_BAD_TEXT, "text");
    }
    message.publish.text = "before MARK after";
    wire_encode(&message, &frame);
    uint8_t *mark = memmem(frame.data, frame.size, "MARK", 4);
    *mark = '\0';
    assert_refused(&frame, REFUSAL_BAD_TEXT, "text");
}

/* Every text of what a client sends: one byte more than its limit. */
static void text_too_long_is_refused_by_field(void **state)
{
    (void)state;
#define TEXT(KIND, path, field, limit)                                                                                 \
    {                                                                                                                  \
        MESSAGE_##KIND, offsetof(struct message, path), field, limit                                                   \
    }
    static const struct {
        enum message_kind kind;
        size_t offset;
        const char *field;
        size_t limit;
    } texts[] = {
        TEXT(HELLO, hello.client, "client", ID_MAX_BYTES),
        TEXT(HELLO, hello.unit, "unit", CODE_MAX_BYTES),
        TEXT(HELLO, hello.worker, "worker", ID_MAX_BYTES),
        TEXT(PUBLISH, publish.id, "id", ID_MAX_BYTES),
        TEXT(PUBLISH, publish.type, "type", CODE_MAX_BYTES),
        TEXT(PUBLISH, publish.text, "text", TEXT_MAX_BYTES),
        TEXT(PUBLISH, publish.source_ref, "source_ref", ID_MAX_BYTES),
        TEXT(PUBLISH, publish.recurrence_of, "recurrence_of", ID_MAX_BYTES),
        TEXT(PUBLISH, publish.place.area, "place.area", CODE_MAX_BYTES),
        TEXT(PUBLISH, publish.place.address, "place.address", ADDRESS_MAX_BYTES),
        TEXT(PUBLISH, publish.evidence, "evidence", TEXT_MAX_BYTES),
        TEXT(PUBLISH, publish.object, "object", CODE_MAX_BYTES),
        TEXT(STATUS, status.event_id, "event_id", ID_MAX_BYTES),
        TEXT(WORD, word.request, "request", ID_MAX_BYTES),
        TEXT(WORD, word.person, "person", ID_MAX_BYTES),
        TEXT(WORD, word.on_behalf, "on_behalf", CODE_MAX_BYTES),
        TEXT(WORD, word.reason, "reason", CODE_MAX_BYTES),
        TEXT(WORD, word.text, "text", TEXT_MAX_BYTES),
        TEXT(ACT, act.request, "request", ID_MAX_BYTES),
        TEXT(ACT, act.unit, "unit", CODE_MAX_BYTES),
        TEXT(ACT, act.person, "person", ID_MAX_BYTES),
        TEXT(ACT, act.reason, "reason", CODE_MAX_BYTES),
        TEXT(ACT, act.text, "text", TEXT_MAX_BYTES),
        TEXT(ACT, act.type, "type", CODE_MAX_BYTES),
        TEXT(QUERY, query.cursor, "cursor", CURSOR_MAX_BYTES),
        TEXT(QUERY, query.unit, "unit", CODE_MAX_BYTES),
        TEXT(QUERY, query.type, "type", CODE_MAX_BYTES),
        TEXT(QUERY, query.area, "area", CODE_MAX_BYTES),
        TEXT(QUERY, query.source, "source", CODE_MAX_BYTES),
        TEXT(RELOAD, reload.request, "request", ID_MAX_BYTES),
        TEXT(RELOAD, reload.person, "person", ID_MAX_BYTES),
        TEXT(BACKUP, backup.request, "request", ID_MAX_BYTES),
        TEXT(BACKUP, backup.person, "person", ID_MAX_BYTES),
        TEXT(BACKUP, backup.path, "path", ADDRESS_MAX_BYTES),
        TEXT(SUBSCRIBE, subscribe.cursor, "cursor", ID_MAX_BYTES),
    };
    char *text = malloc(TEXT_MAX_BYTES + 2);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct message message = example_message(texts[i].kind), got;
        struct refusal refusal;
        const char *value = text;
        memset(text, 'x', TEXT_MAX_BYTES + 1);
        text[texts[i].limit] = '\0';
        memcpy((char *)&message + texts[i].offset, &value, sizeof value);
        wire_encode(&message, &frame);
        arena_reset(&arena);
        if (wire_decode(frame.data, frame.size, &arena, &got, &refusal) != 0)
            fail_msg("%s of %zu bytes refused: %s", texts[i].field, texts[i].limit, refusal.reason);
        text[texts[i].limit] = 'x';
        text[texts[i].limit + 1] = '\0';
        assert_message_refused(&message, REFUSAL_TOO_LONG, texts[i].field);
    }
    free(text);
}

static void bytes_too_long_are_refused(void **state)
{
    (void)state;
    static const uint8_t sealed[SEALED_MAX_BYTES + 1];
    struct message message = example_message(MESSAGE_PUBLISH);
    message.publish.reporter = (struct bytes){sealed, sizeof sealed};
    assert_message_refused(&message, REFUSAL_TOO_LONG, "reporter");

    struct attachment attachment = {"file:1", "image/png", {sealed, 33}};
    message = example_message(MESSAGE_PUBLISH);
    message.publish.attachments = &attachment;
    message.publish.attachment_count = 1;
    assert_message_refused(&message, REFUSAL_TOO_LONG, "attachments.sha256");
    attachment.sha256.len = 20;
    assert_message_refused(&message, REFUSAL_BAD_VALUE, "attachments.sha256");
    attachment.sha256.len = 32;
    attachment.uri = NULL;
    assert_message_refused(&message, REFUSAL_MISSING_FIELD, "attachments.uri");
}

static void too_many_attachments_are_refused(void **state)
{
    (void)state;
    struct attachment many[FRAME_TABLES_MAX];
    struct message message = example_message(MESSAGE_PUBLISH);
    for (size_t i = 0; i < FRAME_TABLES_MAX; i++)
        many[i] = (struct attachment){"file:1", NULL, {NULL, 0}};
    message.publish.attachments = many;
    message.publish.attachment_count = ATTACHMENTS_MAX + 1;
    assert_message_refused(&message, REFUSAL_TOO_MANY, "attachments");
    message.publish.attachment_count = FRAME_TABLES_MAX; /* the verifier gives up before anything is built */
    assert_message_refused(&message, REFUSAL_MALFORMED, "body");
}

static void numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    static const double bad[] = {NAN, INFINITY, -INFINITY, 180.0001, -1e300};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct message message = example_message(MESSAGE_PUBLISH);
        message.publish.place.latitude = bad[i];
        assert_message_refused(&message, REFUSAL_BAD_NUMBER, "place.latitude");
        message = example_message(MESSAGE_PUBLISH);
        message.publish.place.longitude = bad[i];
        assert_message_refused(&message, REFUSAL_BAD_NUMBER, "place.longitude");
    }
    struct message message = example_message(MESSAGE_PUBLISH);
    message.publish.place.latitude = 90.5;
    assert_message_refused(&message, REFUSAL_BAD_NUMBER, "place.latitude");
    message = example_message(MESSAGE_PUBLISH);
    message.publish.observed_ms = -1;
    assert_message_refused(&message, REFUSAL_BAD_NUMBER, "observed_ms");
    message = example_message(MESSAGE_WORD);
    message.word.unit_ms = INT64_MAX;
    assert_message_refused(&message, REFUSAL_BAD_NUMBER, "unit_ms");
    message = example_message(MESSAGE_WELCOME);
    message.welcome.speed = NAN;
    assert_message_refused(&message, REFUSAL_BAD_NUMBER, "speed");
}

static void a_point_needs_its_system(void **state)
{
    (void)state;
    struct message message = example_message(MESSAGE_PUBLISH);
    message.publish.place.system = 0;
    assert_message_refused(&message, REFUSAL_NO_COORDINATE_SYSTEM, "place.system");
    message.publish.place.has_point = false;
    struct message got;
    struct refusal refusal;
    wire_encode(&message, &frame);
    assert_int_equal(wire_decode(frame.data, frame.size, &arena, &got, &refusal), 0);
}

static void unknown_values_are_refused_by_field(void **state)
{
    (void)state;
    enum { BODY = -1, EVENT = 0, PLACE = 7 }; /* EVENT: field 0 of publish; PLACE: field 7 of its event */
    static const struct {
        enum message_kind kind;
        int table;
        unsigned n;
        uint8_t value;
        const char *field;
    } values[] = {
        {MESSAGE_PUBLISH, EVENT, 5, 7, "nature"}, {MESSAGE_PUBLISH, EVENT, 6, 5, "severity"},
        {MESSAGE_PUBLISH, EVENT, 13, 11, "done"}, {MESSAGE_PUBLISH, PLACE, 3, 5, "place.system"},
        {MESSAGE_WORD, BODY, 1, 200, "verb"},     {MESSAGE_WORD, BODY, 7, 255, "outcome"},
        {MESSAGE_ACT, BODY, 1, 200, "verb"},      {MESSAGE_ACT, BODY, 6, 4, "role"},
        {MESSAGE_ACT, BODY, 8, 11, "outcome"},    {MESSAGE_QUERY, BODY, 0, 7, "kind"},
        {MESSAGE_QUERY, BODY, 4, 11, "state"},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct message message = example_message(values[i].kind);
        wire_encode(&message, &frame);
        size_t table = body_of(&frame);
        if (values[i].table != BODY)
            table = table_of(&frame, table, EVENT);
        if (values[i].table == PLACE)
            table = table_of(&frame, table, PLACE);
        frame.data[field_of(&frame, table, values[i].n)] = values[i].value;
        assert_refused(&frame, REFUSAL_BAD_VALUE, values[i].field);
    }
    struct message message = {.kind = MESSAGE_CREDIT, .credit = {CREDIT_MAX + 1}};
    assert_message_refused(&message, REFUSAL_BAD_VALUE, "n");
    message = (struct message){.kind = MESSAGE_SUBSCRIBE, .subscribe = {"", UINT32_MAX}};
    assert_message_refused(&message, REFUSAL_BAD_VALUE, "credit");
}

static void what_is_needed_is_missed_by_field(void **state)
{
    (void)state;
#define NEEDED(KIND, path, field)                                                                                      \
    {                                                                                                                  \
        MESSAGE_##KIND, offsetof(struct message, path), sizeof(((struct message *)0)->path), field                     \
    }
    static const struct {
        enum message_kind kind;
        size_t offset, size;
        const char *field;
    } needed[] = {
        NEEDED(HELLO, hello.version, "version"),   NEEDED(PUBLISH, publish.id, "id"),
        NEEDED(PUBLISH, publish.type, "type"),     NEEDED(CREDIT, credit.n, "n"),
        NEEDED(WORD, word.request, "request"),     NEEDED(WORD, word.verb, "verb"),
        NEEDED(WORD, word.incident, "incident"),   NEEDED(WORD, word.task, "task"),
        NEEDED(ACT, act.request, "request"),       NEEDED(ACT, act.verb, "verb"),
        NEEDED(ACT, act.incident, "incident"),     NEEDED(QUERY, query.kind, "kind"),
        NEEDED(RELOAD, reload.request, "request"), NEEDED(BACKUP, backup.request, "request"),
        NEEDED(BACKUP, backup.path, "path"),       NEEDED(STATUS, status, "event_id"),
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        struct message message = example_message(needed[i].kind);
        memset((char *)&message + needed[i].offset, 0, needed[i].size);
        assert_message_refused(&message, REFUSAL_MISSING_FIELD, needed[i].field);
    }
    struct message message = example_message(MESSAGE_PUBLISH);
    wire_encode(&message, &frame);
    memset(frame.data + slot_of(&frame, body_of(&frame), 0), 0, 2);
    assert_refused(&frame, REFUSAL_MISSING_FIELD, "event");
}

/* --- what is damaged never harms --- */

static void decode_damaged(const uint8_t *bytes, size_t size_bytes)
{
    struct message message;
    struct refusal refusal = {0};
    arena_reset(&arena);
    int result = wire_decode(bytes, size_bytes, &arena, &message, &refusal);
    if (result == 0) {
        json_of(&message, &json); /* reads everything that was let through */
        return;
    }
    assert_int_equal(result, -EBADMSG);
    assert_non_null(refusal_name(refusal.code));
    assert_true(*refusal.field && *refusal.reason);
}

static void no_truncation_harms(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct message message = example_message(kinds[i]);
        wire_encode(&message, &frame);
        for (size_t size = 0; size < frame.size; size++) {
            uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees the end */
            memcpy(exact, frame.data, size);
            decode_damaged(exact, size);
            free(exact);
        }
    }
}

static void no_flipped_bit_harms(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct message message = example_message(kinds[i]);
        wire_encode(&message, &frame);
        for (size_t bit = 0; bit < frame.size * 8; bit++) {
            frame.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            decode_damaged(frame.data, frame.size);
            frame.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/* Offsets that point anywhere: what a fuzzer finds first. Seeded, so that a failure replays. */
static void no_scrambled_word_harms(void **state)
{
    (void)state;
    uint32_t random = 2463534242;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct message message = example_message(kinds[i]);
        wire_encode(&message, &frame);
        for (size_t at = 0; at + 4 <= frame.size; at += 4) {
            uint32_t kept = u32_at(frame.data, at);
            for (int n = 0; n < 8; n++) {
                random ^= random << 13;
                random ^= random >> 17;
                random ^= random << 5;
                uint32_t value = n < 4 ? random % (uint32_t)(2 * frame.size) : random;
                memcpy(frame.data + at, &value, sizeof value);
                decode_damaged(frame.data, frame.size);
            }
            memcpy(frame.data + at, &kept, sizeof kept);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_arrives_as_it_was_sent),
        cmocka_unit_test(fields_are_where_they_belong),
        cmocka_unit_test(what_is_absent_stays_absent),
        cmocka_unit_test(a_point_at_zero_is_a_point),
        cmocka_unit_test(a_frame_may_lie_anywhere),
        cmocka_unit_test(an_answer_says_which_clocks_are_provisional),
        cmocka_unit_test(an_answer_may_be_larger_than_a_request),
        cmocka_unit_test(to_the_broker_only_clients_speak),
        cmocka_unit_test(a_refusal_cut_within_a_character_arrives),
        cmocka_unit_test(a_newer_value_from_the_broker_reads_as_absent),
        cmocka_unit_test(what_is_no_message_is_malformed),
        cmocka_unit_test(a_frame_too_large_is_refused_by_its_size),
        cmocka_unit_test(another_version_is_refused_and_its_tag_is_read),
        cmocka_unit_test(an_unknown_message_is_refused),
        cmocka_unit_test(a_message_without_body_is_refused),
        cmocka_unit_test(damaged_text_is_refused),
        cmocka_unit_test(text_too_long_is_refused_by_field),
        cmocka_unit_test(bytes_too_long_are_refused),
        cmocka_unit_test(too_many_attachments_are_refused),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(a_point_needs_its_system),
        cmocka_unit_test(unknown_values_are_refused_by_field),
        cmocka_unit_test(what_is_needed_is_missed_by_field),
        cmocka_unit_test(no_truncation_harms),
        cmocka_unit_test(no_flipped_bit_harms),
        cmocka_unit_test(no_scrambled_word_harms),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
