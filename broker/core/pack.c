/* A structure is a mask of the fields that are not zero, and these in order: numbers in as few bytes as they need. */
#include "broker/core/pack.h"

#include <stddef.h>
#include <string.h>

#include "broker/base/panic.h"

#define VARINT_MAX_BYTES 10
#define FIELDS_MAX       32 /* bits of the mask */

enum field_kind { NUMBER, TIME, NAME, TEXT };

struct field {
    enum field_kind kind;
    size_t at, size_bytes;
};

#define FIELD(kind, type, name)                                                                                        \
    {                                                                                                                  \
        kind, offsetof(struct type, name), sizeof(((struct type *)0)->name)                                            \
    }

static const struct field incident_fields[] = {
    FIELD(NUMBER, incident, state),      FIELD(NUMBER, incident, nature),
    FIELD(NUMBER, incident, outcome),    FIELD(NUMBER, incident, verify),
    FIELD(NUMBER, incident, unrouted),   FIELD(NUMBER, incident, severity),
    FIELD(NUMBER, incident, panic),      FIELD(NUMBER, incident, flagged),
    FIELD(NUMBER, incident, sealed),     FIELD(NUMBER, incident, exercise),
    FIELD(NAME, incident, type),         FIELD(NAME, incident, area),
    FIELD(NAME, incident, source),       FIELD(NAME, incident, responsible_area),
    FIELD(NAME, incident, route),        FIELD(NAME, incident, ladder),
    FIELD(TEXT, incident, event_id),     FIELD(TEXT, incident, reason),
    FIELD(TIME, incident, received_ms),  FIELD(TIME, incident, closed_ms),
    FIELD(NUMBER, incident, opened_seq), FIELD(NUMBER, incident, merged_into),
    FIELD(NUMBER, incident, reworks),    FIELD(NUMBER, incident, reopens),
};

static const struct field task_fields[] = {
    FIELD(NUMBER, task, no),
    FIELD(NUMBER, task, epoch),
    FIELD(NUMBER, task, lost),
    FIELD(NUMBER, task, role),
    FIELD(NUMBER, task, state),
    FIELD(NUMBER, task, outcome),
    FIELD(NUMBER, task, on_behalf),
    FIELD(NUMBER, task, auto_respond),
    FIELD(NAME, task, unit),
    FIELD(NAME, task, principal),
    FIELD(NAME, task, worker),
    FIELD(NAME, task, last_worker),
    FIELD(NAME, task, spoke_principal),
    FIELD(TEXT, task, spoke_person),
    FIELD(TEXT, task, reason),
    FIELD(TIME, task, dispatched_ms),
    FIELD(TIME, task, responded_ms),
    FIELD(TIME, task, arrived_ms),
    FIELD(TIME, task, done_ms),
};

static const struct field clock_fields[] = {
    FIELD(NUMBER, clock, kind),        FIELD(NUMBER, clock, task),           FIELD(NUMBER, clock, state),
    FIELD(NUMBER, clock, calendar),    FIELD(TIME, clock, started_ms),       FIELD(NUMBER, clock, budget_ms),
    FIELD(NUMBER, clock, consumed_ms), FIELD(TIME, clock, running_since_ms), FIELD(TIME, clock, due_ms),
    FIELD(TIME, clock, stopped_ms),    FIELD(NUMBER, clock, rung),           FIELD(NUMBER, clock, reached),
    FIELD(TIME, clock, next_ms),
};

/* A field that is new in one of them belongs into its table; where it fits into a gap, replays tell (core_digest). */
_Static_assert(sizeof(struct incident) == 144 && sizeof(struct task) == 128 && sizeof(struct clock) == 80,
               "a structure has changed: see the fields above");

struct shape {
    const struct field *fields;
    size_t count;
};
#define SHAPE(fields) ((struct shape){fields, sizeof(fields) / sizeof((fields)[0])})

/* --- numbers --- */

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static const uint8_t *take_varint(const uint8_t *at, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0;; shift += 7) {
        *value |= (uint64_t)(*at & 0x7f) << shift;
        if (!(*at++ & 0x80))
            return at;
    }
}

/* Small numbers for what is near zero, on either side. */
static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (~(value & 1) + 1));
}

static int64_t number_at(const uint8_t *from, size_t size_bytes)
{
    int64_t wide;
    int32_t word;
    if (size_bytes == 1)
        return *from;
    if (size_bytes == sizeof wide)
        return memcpy(&wide, from, sizeof wide), wide;
    ASSERT(size_bytes == sizeof word);
    return memcpy(&word, from, sizeof word), word;
}

static void set_number(uint8_t *into, size_t size_bytes, int64_t value)
{
    int32_t word = (int32_t)value;
    if (size_bytes == 1)
        *into = (uint8_t)value;
    else if (size_bytes == sizeof word)
        memcpy(into, &word, sizeof word);
    else
        memcpy(into, &value, sizeof value);
}

static const char *text_at(const uint8_t *from)
{
    const char *text;
    memcpy(&text, from, sizeof text);
    return text ? text : "";
}

static void set_text(uint8_t *into, const char *text)
{
    memcpy(into, &text, sizeof text);
}

/* --- structures --- */

static size_t room_for(const struct shape *shape, const uint8_t *from)
{
    size_t bytes = VARINT_MAX_BYTES * (shape->count + 1);
    for (size_t i = 0; i < shape->count; i++) {
        if (shape->fields[i].kind == TEXT)
            bytes += strlen(text_at(from + shape->fields[i].at)) + 1;
    }
    return bytes;
}

static bool is_nothing(const struct field *field, const uint8_t *from)
{
    if (field->kind == NAME || field->kind == TEXT)
        return !text_at(from)[0];
    return number_at(from, field->size_bytes) == 0;
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
    size_t bytes = strlen(text) + 1;
    memcpy(at, text, bytes);
    return at + bytes;
}

static uint8_t *put_field(uint8_t *at, const struct field *field, const uint8_t *from, const struct intern *names,
                          int64_t base_ms)
{
    switch (field->kind) {
    case NUMBER:
        return put_varint(at, zigzag(number_at(from, field->size_bytes)));
    case TIME:
        return put_varint(at, zigzag(number_at(from, field->size_bytes) - base_ms));
    case NAME:
        return put_varint(at, intern_number(names, text_at(from)));
    default:
        return put_text(at, text_at(from));
    }
}

static void pack(struct buffer *out, const struct intern *names, int64_t base_ms, struct shape shape, const void *thing)
{
    const uint8_t *from = thing;
    size_t room = room_for(&shape, from);
    uint8_t *start = buffer_extend(out, room), *at;
    uint32_t mask = 0;
    for (size_t i = 0; i < shape.count; i++) {
        if (!is_nothing(&shape.fields[i], from + shape.fields[i].at))
            mask |= UINT32_C(1) << i;
    }
    at = put_varint(start, mask);
    for (; mask; mask &= mask - 1) {
        const struct field *field = &shape.fields[__builtin_ctz(mask)];
        at = put_field(at, field, from + field->at, names, base_ms);
    }
    out->size -= room - (size_t)(at - start);
}

static const uint8_t *take_field(const uint8_t *from, const struct field *field, uint8_t *into,
                                 const struct intern *names, int64_t base_ms)
{
    uint64_t value;
    if (field->kind == TEXT) {
        set_text(into, (const char *)from);
        return from + strlen((const char *)from) + 1;
    }
    from = take_varint(from, &value);
    if (field->kind == NAME)
        set_text(into, intern_numbered(names, (uint32_t)value));
    else
        set_number(into, field->size_bytes, unzigzag(value) + (field->kind == TIME ? base_ms : 0));
    return from;
}

static const uint8_t *unpack(const uint8_t *from, const struct intern *names, int64_t base_ms, struct shape shape,
                             void *thing)
{
    uint8_t *into = thing;
    uint64_t mask;
    from = take_varint(from, &mask);
    for (size_t i = 0; i < shape.count; i++) {
        const struct field *field = &shape.fields[i];
        if (mask >> i & 1)
            from = take_field(from, field, into + field->at, names, base_ms);
        else if (field->kind == NAME || field->kind == TEXT)
            set_text(into + field->at, "");
    }
    return from;
}

void pack_incident(struct buffer *out, const struct intern *names, int64_t base_ms, const struct incident *incident)
{
    ASSERT(!incident->more);
    pack(out, names, base_ms, SHAPE(incident_fields), incident);
}

void pack_task(struct buffer *out, const struct intern *names, int64_t base_ms, const struct task *task)
{
    ASSERT(!task->more);
    pack(out, names, base_ms, SHAPE(task_fields), task);
}

void pack_clock(struct buffer *out, const struct intern *names, int64_t base_ms, const struct clock *clock)
{
    pack(out, names, base_ms, SHAPE(clock_fields), clock);
}

const uint8_t *unpack_incident(const uint8_t *from, const struct intern *names, int64_t base_ms,
                               struct incident *incident)
{
    *incident = (struct incident){0};
    return unpack(from, names, base_ms, SHAPE(incident_fields), incident);
}

const uint8_t *unpack_task(const uint8_t *from, const struct intern *names, int64_t base_ms, struct task *task)
{
    *task = (struct task){0};
    return unpack(from, names, base_ms, SHAPE(task_fields), task);
}

const uint8_t *unpack_clock(const uint8_t *from, const struct intern *names, int64_t base_ms, struct clock *clock)
{
    *clock = (struct clock){0};
    return unpack(from, names, base_ms, SHAPE(clock_fields), clock);
}
