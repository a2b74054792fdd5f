/* JSON Lines: one event a line. A table names the fields; an unknown one is an error, because a misspelt field that is
 * silently dropped is found out when the incident has gone to the wrong place. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"
#include "cli/cli.h"
#include "cli/events_private.h"
#include "cli/when.h"

/* Where one line is being read into. */
struct reading_line {
    struct arena *arena;
    struct event *event;
    struct bad_line *bad;
};

typedef bool take_fn(struct reading_line *, const char *field, const json_t *value);

/* --- kinds of values --- */

static bool text_of(struct reading_line *line, const char *field, const json_t *value, const char **out)
{
    if (!json_is_string(value))
        return bad_line(line->bad, line->arena, field, _("not a text"));
    *out = arena_strdup(line->arena, json_string_value(value));
    return true;
}

static bool flag_of(struct reading_line *line, const char *field, const json_t *value, bool *out)
{
    if (!json_is_boolean(value))
        return bad_line(line->bad, line->arena, field, _("not true or false"));
    *out = json_is_true(value);
    return true;
}

static bool degrees_of(struct reading_line *line, const char *field, const json_t *value, double *out)
{
    if (!json_is_number(value))
        return bad_line(line->bad, line->arena, field, _("not a number of degrees"));
    *out = json_number_value(value);
    return true;
}

/* --- fields --- */

static bool take_nature(struct reading_line *line, const char *field, const json_t *value)
{
    const char *name;
    if (!text_of(line, field, value, &name))
        return false;
    line->event->nature = nature_of(name);
    return line->event->nature || bad_line(line->bad, line->arena, field,
                                           _("\"%s\": not help, complaint, report, consult, suggest or praise"), name);
}

static bool take_severity(struct reading_line *line, const char *field, const json_t *value)
{
    json_int_t severity = json_is_integer(value) ? json_integer_value(value) : 0;
    if (severity < 1 || severity > 4)
        return bad_line(line->bad, line->arena, field, _("not 1 to 4"));
    line->event->severity = (int)severity;
    return true;
}

static bool take_observed(struct reading_line *line, const char *field, const json_t *value)
{
    int64_t *at_ms = &line->event->observed_ms;
    if (json_is_integer(value))
        *at_ms = json_integer_value(value);
    else if (!json_is_string(value) || when_parse_rfc3339(json_string_value(value), at_ms) != 0)
        return bad_line(line->bad, line->arena, field,
                        _("not a time like \"2026-09-30T17:50:00+08:00\" or milliseconds since 1970"));
    return *at_ms > 0 || bad_line(line->bad, line->arena, field, _("not after 1970"));
}

static bool take_done(struct reading_line *line, const char *field, const json_t *value)
{
    const char *name;
    if (!text_of(line, field, value, &name))
        return false;
    line->event->done = outcome_of(name);
    return line->event->done || bad_line(line->bad, line->arena, field, _("\"%s\" is not an outcome"), name);
}

static bool take_reporter(struct reading_line *line, const char *field, const json_t *value)
{
    const char *text, *end = "";
    size_t length = 0;
    if (!text_of(line, field, value, &text))
        return false;
    size_t capacity = strlen(text) / 4 * 3 + 3;
    uint8_t *bytes = arena_alloc(line->arena, capacity);
    if (sodium_base642bin(bytes, capacity, text, strlen(text), NULL, &length, &end, sodium_base64_VARIANT_ORIGINAL) !=
            0 ||
        *end)
        return bad_line(line->bad, line->arena, field, _("not base64"));
    line->event->reporter = (struct bytes){bytes, length};
    return true;
}

/* Sealed at once: it is not kept as it is read. */
static bool take_reporter_plain(struct reading_line *line, const char *field, const json_t *value)
{
    const char *text;
    return text_of(line, field, value, &text) && event_seal(line->event, field, text, line->arena, line->bad);
}

static bool take_sha256(struct reading_line *line, const char *field, const json_t *value, struct bytes *out)
{
    const char *text, *end;
    size_t length;
    uint8_t *bytes = arena_alloc(line->arena, 32);
    if (!text_of(line, field, value, &text))
        return false;
    if (strlen(text) != 64 || sodium_hex2bin(bytes, 32, text, 64, NULL, &length, &end) != 0 || length != 32)
        return bad_line(line->bad, line->arena, field, _("not 64 hexadecimal digits"));
    *out = (struct bytes){bytes, 32};
    return true;
}

static bool take_point(struct reading_line *line, const char *field, const json_t *value)
{
    struct place *place = &line->event->place;
    const char *key, *system, *present = "";
    json_t *part;
    place->has_point = true;
    place->latitude = place->longitude = NAN; /* the check names what is missing */
    if (!json_is_object(value))
        return bad_line(line->bad, line->arena, field, _("not an object {\"lat\", \"lon\", \"system\"}"));
    json_object_foreach((json_t *)value, key, part)
    {
        bool good = false;
        if (strcmp(key, "lat") == 0) {
            good = degrees_of(line, "point.lat", part, &place->latitude);
        } else if (strcmp(key, "lon") == 0) {
            good = degrees_of(line, "point.lon", part, &place->longitude);
        } else if (strcmp(key, "system") == 0) {
            good = text_of(line, "point.system", part, &system);
            present = good ? system : "";
            place->system = coordinates_of(present);
        } else {
            return bad_line(line->bad, line->arena, arena_printf(line->arena, "point.%s", key), _("no such field"));
        }
        if (!good)
            return false;
    }
    if (*present && !place->system)
        return bad_line(line->bad, line->arena, "point.system", _("\"%s\": not wgs84, gcj02, bd09 or cgcs2000"),
                        present);
    return true;
}

static bool take_attachment(struct reading_line *line, const json_t *value, struct attachment *out)
{
    const char *key;
    json_t *part;
    if (!json_is_object(value))
        return bad_line(line->bad, line->arena, "attachments",
                        _("not an object {\"uri\", \"media_type\", \"sha256\"}"));
    json_object_foreach((json_t *)value, key, part)
    {
        const char *field = arena_printf(line->arena, "attachments.%s", key);
        bool good = strcmp(key, "uri") == 0          ? text_of(line, field, part, &out->uri)
                    : strcmp(key, "media_type") == 0 ? text_of(line, field, part, &out->media_type)
                    : strcmp(key, "sha256") == 0     ? take_sha256(line, field, part, &out->sha256)
                                                     : bad_line(line->bad, line->arena, field, _("no such field"));
        if (!good)
            return false;
    }
    return true;
}

static bool take_attachments(struct reading_line *line, const char *field, const json_t *value)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value))
        return bad_line(line->bad, line->arena, field, _("not an array"));
    struct attachment *attachments = ARENA_NEW(line->arena, struct attachment, count + 1);
    for (size_t i = 0; i < count; i++)
        if (!take_attachment(line, json_array_get(value, i), &attachments[i]))
            return false;
    line->event->attachments = attachments;
    line->event->attachment_count = count;
    return true;
}

#define TAKE_TEXT(name, member)                                                                                        \
    static bool take_##name(struct reading_line *line, const char *field, const json_t *value)                         \
    {                                                                                                                  \
        return text_of(line, field, value, &line->event->member);                                                      \
    }
#define TAKE_FLAG(name, member)                                                                                        \
    static bool take_##name(struct reading_line *line, const char *field, const json_t *value)                         \
    {                                                                                                                  \
        return flag_of(line, field, value, &line->event->member);                                                      \
    }
TAKE_TEXT(id, id)
TAKE_TEXT(type, type)
TAKE_TEXT(area, place.area)
TAKE_TEXT(address, place.address)
TAKE_TEXT(text, text)
TAKE_TEXT(source_ref, source_ref)
TAKE_TEXT(recurrence_of, recurrence_of)
TAKE_TEXT(evidence, evidence)
TAKE_TEXT(object, object)
TAKE_TEXT(about, about)
TAKE_FLAG(panic, panic)
TAKE_FLAG(sealed, sealed)
TAKE_FLAG(exercise, exercise)

static const struct {
    const char *name;
    take_fn *take;
} fields[] = {
    {"id", take_id},
    {"type", take_type},
    {"nature", take_nature},
    {"severity", take_severity},
    {"area", take_area},
    {"address", take_address},
    {"point", take_point},
    {"text", take_text},
    {"observed", take_observed},
    {"panic", take_panic},
    {"sealed", take_sealed},
    {"exercise", take_exercise},
    {"source_ref", take_source_ref},
    {"recurrence_of", take_recurrence_of},
    {"attachments", take_attachments},
    {"reporter", take_reporter},
    {"reporter_plain", take_reporter_plain},
    {"done", take_done},
    {"evidence", take_evidence},
    {"object", take_object},
    {"about", take_about},
};

/* null is the same as absent: many systems print every field they have. */
static bool take_field(struct reading_line *line, const char *name, const json_t *value)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strcmp(fields[i].name, name) == 0)
            return json_is_null(value) || fields[i].take(line, name, value);
    return bad_line(line->bad, line->arena, name, _("no such field"));
}

bool event_from_json(const char *text, size_t size_bytes, struct arena *arena, struct event *event,
                     struct bad_line *bad)
{
    struct reading_line line = {arena, event, bad};
    json_error_t error;
    const char *name;
    json_t *value;
    *event = (struct event){0};
    json_t *object = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        return bad_line(bad, arena, "", _("not JSON at column %d: %s"), error.column, error.text);
    bool good = json_is_object(object) || bad_line(bad, arena, "", _("not an object {...}"));
    if (good)
        json_object_foreach(object, name, value)
        {
            good = take_field(&line, name, value);
            if (!good)
                break;
        }
    json_decref(object);
    return good;
}

/* --- the lines of a file --- */

struct json_lines {
    struct events events;
    struct lines *lines;
};

static bool is_blank(const char *text, size_t length)
{
    while (length && strchr(" \t\r\n", text[length - 1]))
        length--;
    return length == 0;
}

static enum reading next_json(struct events *events, struct arena *arena, struct event *event, struct bad_line *bad)
{
    const char *text;
    ssize_t length;
    do {
        length = lines_next(((struct json_lines *)events)->lines, &text);
        if (length <= 0) {
            errno = (int)-length;
            return length < 0 ? READING_FAILED : READING_END;
        }
        events->line++;
    } while (is_blank(text, (size_t)length));
    size_t mark = events->line == 1 && length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    return event_from_json(text + mark, (size_t)length - mark, arena, event, bad) ? READING_EVENT : READING_BAD;
}

static void close_json(struct events *events)
{
    free(events);
}

struct events *events_open_json(struct lines *lines)
{
    struct json_lines *opened = calloc(1, sizeof(*opened));
    ASSERT(opened);
    opened->events = (struct events){next_json, close_json, 0};
    opened->lines = lines;
    return &opened->events;
}
