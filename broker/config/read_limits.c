#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/config/reading.h"

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS  (24 * HOUR_MS)

/* --- how a limit is written: numbers, each with its unit, in natural time or in working time --- */

/* 紧急 runs day and night: it is natural time. Plain units may be meant otherwise by a `calendar` beside them. */
static const struct unit_of_time {
    const char *name;
    enum calendar calendar;
    int64_t ms;
    bool plain;
} units[] = {
    {"s", CALENDAR_NATURAL, 1000, true},
    {"m", CALENDAR_NATURAL, 60 * 1000, true},
    {"h", CALENDAR_NATURAL, HOUR_MS, true},
    {"d", CALENDAR_NATURAL, DAY_MS, true},
    {"紧急工作时", CALENDAR_NATURAL, HOUR_MS, false},
    {"紧急工作日", CALENDAR_NATURAL, DAY_MS, false},
    {"wh", CALENDAR_WORKING_HOURS, HOUR_MS, false},
    {"工作时", CALENDAR_WORKING_HOURS, HOUR_MS, false},
    {"wd", CALENDAR_WORKING_DAYS, WORKING_DAY_MS, false},
    {"工作日", CALENDAR_WORKING_DAYS, WORKING_DAY_MS, false},
};

/* A limit as written. */
struct written {
    enum calendar calendar;
    int64_t ms;
    int64_t plain_days; /* within ms, at 24 hours */
    bool plain;
};

static const struct unit_of_time *unit_at(const char *text)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (strncmp(text, units[i].name, strlen(units[i].name)) == 0)
            return &units[i];
    }
    return NULL;
}

static int64_t max_ms(enum calendar calendar)
{
    return calendar == CALENDAR_NATURAL ? DURATION_MAX_MS : WORKING_LIMIT_MAX_MS;
}

/* 1wd4wh is twelve working hours; natural and working time do not add up. */
static bool add_part(struct written *written, long long n, const struct unit_of_time *unit)
{
    bool first = written->calendar == 0;
    if (!first && (unit->calendar == CALENDAR_NATURAL) != (written->calendar == CALENDAR_NATURAL))
        return false;
    if (first)
        written->calendar = unit->calendar;
    else if (written->calendar != unit->calendar)
        written->calendar = CALENDAR_WORKING_HOURS;
    written->plain = unit->plain && (first || written->plain);
    written->plain_days += unit->plain && unit->ms == DAY_MS ? n : 0;
    written->ms += n * unit->ms;
    return written->ms <= max_ms(written->calendar);
}

static bool counts_from_next_day(const struct written *written, const char *rest)
{
    return written->calendar == CALENDAR_WORKING_DAYS && (strcmp(rest, " next") == 0 || strcmp(rest, "次日起算") == 0);
}

/* False when it is no limit or out of bounds. */
static bool parse(const char *text, struct written *written)
{
    *written = (struct written){0};
    while (*text != '\0' && !counts_from_next_day(written, text)) {
        char *end = NULL;
        errno = 0;
        long long n = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : 0;
        const struct unit_of_time *unit = n > 0 && errno == 0 ? unit_at(end) : NULL;
        if (unit == NULL || n > DURATION_MAX_MS / 1000 || !add_part(written, n, unit))
            return false;
        text = end + strlen(unit->name);
    }
    if (*text != '\0')
        written->calendar = CALENDAR_WORKING_DAYS_NEXT;
    return written->ms > 0;
}

static bool read_written(struct document *document, yaml_node_t *node, struct written *written)
{
    const char *text = node_text(document, node, "a limit", CODE_MAX_BYTES);
    if (text != NULL && !parse(text, written))
        node_fault(document, node,
                   "'%s' is no duration; write 90s, 5m, 2h, 7d or 1h30m (at most ten years), or in working time 4wh, "
                   "5wd, 1wd4wh or 5wd next",
                   text);
    return text != NULL && written->ms > 0;
}

static bool take(struct reading *reading, struct document *document, yaml_node_t *node, const struct written *written,
                 struct limit *limit)
{
    limit->calendar = written->calendar;
    limit->budget_ms = written->ms;
    if (written->calendar == CALENDAR_NATURAL || reading->policy->timetable_count > 0)
        return true;
    node_fault(document, node,
               "this is working time, and the city has no calendar to count it by; write calendars.yaml, or natural "
               "time such as 4h");
    return false;
}

bool read_limit(struct reading *reading, struct document *document, yaml_node_t *node, struct limit *limit)
{
    struct written written;
    return read_written(document, node, &written) && take(reading, document, node, &written, limit);
}

/* --- the long form: {limit: 4h, calendar: working_hours}, {limit: 4wh, calendar: NAME} --- */

/* Plain 4h is meant in the kind of time beside it; in working time a day is a working day. */
static bool convert(struct document *document, yaml_node_t *node, enum calendar calendar, struct written *written)
{
    if (written->calendar == calendar)
        return true;
    if (!written->plain) {
        node_fault(document, node, "this says itself that it is %s, not %s; leave 'calendar' out",
                   calendar_name(written->calendar), calendar_name(calendar));
        return false;
    }
    written->calendar = calendar;
    written->ms -= written->plain_days * (DAY_MS - WORKING_DAY_MS);
    if (written->ms > max_ms(calendar) ||
        (calendar == CALENDAR_WORKING_DAYS_NEXT && written->ms % WORKING_DAY_MS != 0)) {
        node_fault(document, node, "a limit in %s is %s", calendar_name(calendar),
                   written->ms > max_ms(calendar) ? "at most 1000 days" : "whole days; write 5d");
        return false;
    }
    return true;
}

static void fault_calendar(struct reading *reading, struct document *document, yaml_node_t *node, const char *name)
{
#define CALENDAR_KIND_NAME(v, N, n) #n,
    static const char *const kinds[] = {CALENDARS(CALENDAR_KIND_NAME)};
    const struct policy *policy = reading->policy;
    size_t n = sizeof(kinds) / sizeof(*kinds);
    const char **known = ARENA_NEW(reading->scratch, const char *, n + policy->timetable_count);
    memcpy(known, kinds, sizeof(kinds));
    for (size_t i = 0; i < policy->timetable_count; i++)
        known[n++] = policy->timetables[i].name;
    node_fault_unknown(document, node, "calendar", name, known, n);
}

/* A kind of time, or a calendar of the city's by its name. False with a fault. */
static bool read_calendar(struct reading *reading, struct document *document, yaml_node_t *limit_node,
                          yaml_node_t *node, struct written *written, struct limit *limit)
{
    const char *name = node_text(document, node, "a calendar", CODE_MAX_BYTES);
    if (name == NULL)
        return false;
    if (calendar_of(name) != 0)
        return convert(document, limit_node, calendar_of(name), written);
    limit->timetable = textmap_get(&reading->policy->timetable_map, name);
    if (limit->timetable == NULL)
        fault_calendar(reading, document, node, name);
    else if (written->calendar == CALENDAR_NATURAL)
        node_fault(document, limit_node, "this is natural time; write 4wh or 5wd to count it by calendar '%s'", name);
    return limit->timetable != NULL && written->calendar != CALENDAR_NATURAL;
}

static void read_long_limit(struct reading *reading, struct document *document, yaml_node_t *node, struct limit *limit)
{
    static const char *const keys[] = {"limit", "calendar"};
    yaml_node_t *fields[2];
    struct written written;
    if (!node_fields(document, node, "a limit", keys, 2, fields))
        return;
    if (fields[0] == NULL)
        node_fault(document, node, "a limit is missing; write {limit: 4h, calendar: natural}");
    else if (read_written(document, fields[0], &written) &&
             (fields[1] == NULL || read_calendar(reading, document, fields[0], fields[1], &written, limit)))
        take(reading, document, fields[0], &written, limit);
}

/* --- the limits of a profile --- */

/* park and suspend are clocks without a limit: they end when what was granted does. */
enum clock_kind read_clock_kind(struct document *document, yaml_node_t *key)
{
#define CLOCK_KIND_NAME(v, N, n) #n,
    static const char *const known[] = {CLOCK_KINDS(CLOCK_KIND_NAME) "ladder"};
    const char *name = node_text(document, key, "a clock", CODE_MAX_BYTES);
    enum clock_kind kind = name != NULL ? clock_kind_of(name) : 0;
    if (kind == CLOCK_BEGIN) {
        node_fault(document, key, "'begin' has no limit here: it is 'within' of a plan that starts together");
        return kind;
    }
    if (kind == CLOCK_PARK || kind == CLOCK_SUSPEND) {
        node_fault(document, key, "'%s' has no limit here: how long it may last is %s_max in city.yaml", name, name);
        return kind;
    }
    if (name != NULL && kind == 0)
        node_fault_unknown(document, key, "clock", name, known, sizeof(known) / sizeof(*known));
    return kind;
}

void read_limits(struct reading *reading, struct document *document, yaml_node_t *node, struct profile *profile)
{
    if (!node_names(document, node, "clocks"))
        return;
    struct limit *limits = ARENA_NEW(&reading->policy->arena, struct limit, node_pairs(node));
    struct origin *origins = ARENA_NEW(&reading->policy->arena, struct origin, node_pairs(node));
    for (size_t i = 0; i < node_pairs(node); i++) {
        yaml_node_t *key = node_key(document, node, i), *value = node_value(document, node, i);
        if (node_is(key, "ladder")) {
            profile->ladder = named_ladder(reading, document, value);
            continue;
        }
        struct limit *limit = &limits[profile->limit_count++];
        origins[limit - limits] = origin_of(document, key);
        limit->kind = read_clock_kind(document, key);
        reading->policy->informs |= limit->kind == CLOCK_INFORM || limit->kind == CLOCK_PROGRESS;
        if (node_is_mapping(value))
            read_long_limit(reading, document, value, limit);
        else
            read_limit(reading, document, value, limit);
    }
    if (profile->limit_count == 0)
        node_fault(document, node, "no limit; write at least one, such as {handle: 4h}");
    profile->limits = limits;
    profile->limit_origins = origins;
}
