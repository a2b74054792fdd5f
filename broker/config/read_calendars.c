#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/config/reading.h"

#define MINUTE_MS (60 * 1000LL)
#define DAY_MS    (24 * 60 * MINUTE_MS)

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
#define WEEKDAYS     (sizeof(weekdays) / sizeof(*weekdays))
#define MON_TO_FRI   0x1fu
#define LEAP_YEAR    (2000 - 1900)
#define SPAN_EXAMPLE "write 08:00-12:00"

/* --- opening hours --- */

static bool is_time(int hour, int minute)
{
    return hour >= 0 && minute >= 0 && minute < 60 && hour * 60 + minute <= 24 * 60;
}

static void read_span(struct document *document, yaml_node_t *node, struct span *span)
{
    int from[2], to[2], end = 0;
    const char *text = node_text(document, node, "opening hours", CODE_MAX_BYTES);
    if (text == NULL)
        return;
    if (sscanf(text, "%2d:%2d-%2d:%2d%n", &from[0], &from[1], &to[0], &to[1], &end) != 4 || text[end] != '\0' ||
        !is_time(from[0], from[1]) || !is_time(to[0], to[1])) {
        node_fault(document, node, "'%s' are no opening hours; " SPAN_EXAMPLE, text);
        return;
    }
    *span = (struct span){(from[0] * 60 + from[1]) * MINUTE_MS, (to[0] * 60 + to[1]) * MINUTE_MS};
    if (span->to_ms <= span->from_ms)
        node_fault(document, node,
                   "'%s' closes before it opens; what goes past midnight is two: 20:00-24:00, 00:00-06:00", text);
}

void read_hours(struct reading *reading, struct document *document, yaml_node_t *list, struct hours *hours)
{
    size_t count = node_items(list);
    if (count == 0 || count > CALENDAR_SPANS_MAX) {
        node_fault(document, list, "opening hours are one to %d spans; " SPAN_EXAMPLE, CALENDAR_SPANS_MAX);
        return;
    }
    struct span *spans = ARENA_NEW(&reading->policy->arena, struct span, count);
    for (size_t i = 0; i < count; i++) {
        read_span(document, node_item(document, list, i), &spans[i]);
        if (i > 0 && spans[i].from_ms < spans[i - 1].to_ms)
            node_fault(document, node_item(document, list, i),
                       "these hours begin before those to their left end; write them in order, none within another");
        hours->total_ms += spans[i].to_ms - spans[i].from_ms;
    }
    hours->spans = spans;
    hours->span_count = count;
}

static void read_weekdays(struct document *document, yaml_node_t *list, unsigned *bits)
{
    *bits = 0;
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(document, list, i);
        const char *name = node_text(document, item, "a day of the week", CODE_MAX_BYTES);
        size_t day = 0;
        while (name != NULL && day < WEEKDAYS && strcmp(name, weekdays[day]) != 0)
            day++;
        if (name != NULL && day == WEEKDAYS)
            node_fault_unknown(document, item, "day of the week", name, weekdays, WEEKDAYS);
        *bits |= 1u << day;
    }
    if (node_items(list) == 0)
        node_fault(document, list, "no working day; write [mon, tue, wed, thu, fri], or leave the key out for these");
}

/* --- seasons --- */

/* "05-01" at the head of a text → 501; what follows it, or NULL. */
static const char *parse_date(const char *text, int *date)
{
    struct tm day = {0}, normal;
    const char *rest = strptime(text, "%m-%d", &day);
    day.tm_year = LEAP_YEAR; /* 29 February may be a season's end */
    normal = day;
    timegm(&normal);
    *date = (day.tm_mon + 1) * 100 + day.tm_mday;
    return rest != NULL && normal.tm_mday == day.tm_mday ? rest : NULL;
}

static bool parse_season(const char *text, struct season *season)
{
    const char *rest = parse_date(text, &season->from);
    rest = rest != NULL && strncmp(rest, "..", 2) == 0 ? parse_date(rest + 2, &season->to) : NULL;
    return rest != NULL && *rest == '\0';
}

static bool overlap(const struct season *a, const struct season *b)
{
    return season_holds(a, b->from) || season_holds(b, a->from);
}

static void read_season(struct reading *reading, struct document *document, yaml_node_t *table, size_t at,
                        struct season *seasons)
{
    yaml_node_t *key = node_key(document, table, at);
    const char *text = node_text(document, key, "a season", CODE_MAX_BYTES);
    read_hours(reading, document, node_value(document, table, at), &seasons[at].hours);
    if (text == NULL || !parse_season(text, &seasons[at])) {
        node_fault(document, key, "'%s' is no season; write its first and last day as 05-01..09-30",
                   text != NULL ? text : "this");
        return;
    }
    for (size_t i = 0; i < at; i++) {
        if (overlap(&seasons[i], &seasons[at]))
            node_fault(document, key, "this season and that of line %zu have days in common; each day has one",
                       node_line(node_key(document, table, i)));
    }
}

static void read_seasons(struct reading *reading, struct document *document, yaml_node_t *table,
                         struct timetable *timetable)
{
    if (!node_names(document, table, "seasons"))
        return;
    size_t count = node_pairs(table);
    if (count > CALENDAR_SEASONS_MAX) {
        node_fault(document, table, "at most %d seasons", CALENDAR_SEASONS_MAX);
        return;
    }
    struct season *seasons = ARENA_NEW(&reading->policy->arena, struct season, count);
    for (size_t i = 0; i < count; i++)
        read_season(reading, document, table, i, seasons);
    timetable->seasons = seasons;
    timetable->season_count = count;
}

/* --- dated days: holidays, make-up days --- */

/* Days as written, and where. */
struct dated {
    struct day_range range;
    yaml_node_t *node;
};

struct dated_list {
    struct dated *days;
    size_t count;
};

static bool parse_range(const char *text, struct day_range *range)
{
    const char *rest = text_day(text, &range->from);
    range->to = range->from;
    if (rest != NULL && strncmp(rest, "..", 2) == 0)
        rest = text_day(rest + 2, &range->to);
    return rest != NULL && *rest == '\0';
}

static bool read_range(struct document *document, yaml_node_t *node, struct day_range *range)
{
    const char *text = node_text(document, node, "a date", CODE_MAX_BYTES);
    if (text == NULL)
        return false;
    if (!parse_range(text, range))
        node_fault(document, node,
                   "'%s' is no date; write 2026-01-01, or 2026-01-01..2026-01-03 for all from one to another", text);
    else if (range->to < range->from)
        node_fault(document, node, "'%s' ends before it begins", text);
    else if (range->to - range->from >= CALENDAR_RANGE_MAX)
        node_fault(document, node, "'%s' is longer than a year; is the year right?", text);
    else
        return true;
    return false;
}

static int by_first_day(const void *left, const void *right)
{
    const struct dated *a = left, *b = right;
    return (a->range.from > b->range.from) - (a->range.from < b->range.from);
}

static struct dated_list read_dated(struct reading *reading, struct document *document, yaml_node_t *list)
{
    struct dated_list dated = {0};
    size_t count = list != NULL ? node_items(list) : 0;
    if (count > CALENDAR_RANGES_MAX) {
        node_fault(document, list, "at most %d dates", CALENDAR_RANGES_MAX);
        return dated;
    }
    dated.days = ARENA_NEW(reading->scratch, struct dated, count);
    for (size_t i = 0; i < count; i++) {
        struct dated *next = &dated.days[dated.count];
        next->node = node_item(document, list, i);
        dated.count += read_range(document, next->node, &next->range);
    }
    if (dated.count > 1)
        qsort(dated.days, dated.count, sizeof(*dated.days), by_first_day);
    for (size_t i = 1; i < dated.count; i++) {
        if (dated.days[i].range.from <= dated.days[i - 1].range.to)
            node_fault(document, dated.days[i].node, "these days are also at line %zu; write each once",
                       node_line(dated.days[i - 1].node));
    }
    return dated;
}

static const struct day_range *keep_days(struct reading *reading, const struct dated_list *dated)
{
    struct day_range *ranges = ARENA_NEW(&reading->policy->arena, struct day_range, dated->count);
    for (size_t i = 0; i < dated->count; i++)
        ranges[i] = dated->days[i].range;
    return ranges;
}

/* A make-up day is one that would be free, and not a holiday. */
static void check_makeup(struct document *document, const struct timetable *timetable, const struct dated *makeup,
                         const struct dated_list *holidays)
{
    for (int64_t day = makeup->range.from; day <= makeup->range.to; day++) {
        if (timetable->weekdays >> weekday_of(day) & 1) {
            node_fault(document, makeup->node,
                       "this is a %s, a working day anyway; make-up days are free ones that are worked",
                       weekdays[weekday_of(day)]);
            return;
        }
    }
    for (size_t i = 0; i < holidays->count; i++) {
        const struct dated *holiday = &holidays->days[i];
        if (makeup->range.from <= holiday->range.to && holiday->range.from <= makeup->range.to)
            node_fault(document, makeup->node, "this is also a holiday (line %zu); a day is one or the other",
                       node_line(holiday->node));
    }
}

static int64_t last_day(const struct dated_list *dated)
{
    return dated->count > 0 ? dated->days[dated->count - 1].range.to : INT64_MIN;
}

/* Up to which day the list of holidays is complete. */
static void read_known_until(struct document *document, yaml_node_t *calendar, yaml_node_t *field, int64_t last,
                             struct timetable *timetable)
{
    timetable->known_until = INT64_MAX;
    if (field == NULL) {
        if (last != INT64_MIN)
            node_fault(document, calendar,
                       "until when are its holidays complete? write 'known_until: 2026-12-31'; deadlines after it are "
                       "provisional");
        return;
    }
    const char *text = node_text(document, field, "known_until", CODE_MAX_BYTES);
    const char *rest = text != NULL ? text_day(text, &timetable->known_until) : NULL;
    if (text != NULL && (rest == NULL || *rest != '\0'))
        node_fault(document, field, "'%s' is no date; write it as 2026-12-31", text);
    else if (text != NULL && timetable->known_until < last)
        node_fault(document, field, "days after '%s' are listed; until when are they complete?", text);
}

static void read_days(struct reading *reading, struct document *document, yaml_node_t *node, yaml_node_t **fields,
                      struct timetable *timetable)
{
    struct dated_list holidays = read_dated(reading, document, fields[0]);
    struct dated_list makeups = read_dated(reading, document, fields[1]);
    for (size_t i = 0; i < makeups.count; i++)
        check_makeup(document, timetable, &makeups.days[i], &holidays);
    timetable->holidays = keep_days(reading, &holidays);
    timetable->holiday_count = holidays.count;
    timetable->makeups = keep_days(reading, &makeups);
    timetable->makeup_count = makeups.count;
    int64_t last = last_day(&holidays) > last_day(&makeups) ? last_day(&holidays) : last_day(&makeups);
    read_known_until(document, node, fields[2], last, timetable);
}

/* --- calendars.yaml --- */

enum { HOURS, WEEKDAY, SEASONS, HOLIDAYS, MAKEUP_DAYS, KNOWN_UNTIL, FIELDS };
static const char *const keys[FIELDS] = {"hours", "weekdays", "seasons", "holidays", "makeup_days", "known_until"};

static void read_calendar(struct reading *reading, struct document *document, yaml_node_t *node,
                          struct timetable *timetable)
{
    yaml_node_t *fields[FIELDS];
    timetable->utc_offset_minutes = reading->policy->utc_offset_minutes;
    timetable->weekdays = MON_TO_FRI;
    if (!node_fields(document, node, "a calendar", keys, FIELDS, fields))
        return;
    if (fields[HOURS] == NULL)
        node_fault(document, node, "a calendar needs its opening hours; write 'hours: [08:00-12:00, 14:00-18:00]'");
    else
        read_hours(reading, document, fields[HOURS], &timetable->hours);
    if (fields[WEEKDAY] != NULL)
        read_weekdays(document, fields[WEEKDAY], &timetable->weekdays);
    if (fields[SEASONS] != NULL)
        read_seasons(reading, document, fields[SEASONS], timetable);
    read_days(reading, document, node, &fields[HOLIDAYS], timetable);
}

static void read_default(struct reading *reading, struct document *document, yaml_node_t *table, yaml_node_t *field)
{
    struct policy *policy = reading->policy;
    policy->timetable = policy->timetable_count > 0 ? &policy->timetables[0] : NULL;
    if (field != NULL)
        policy->timetable = named_calendar(reading, document, field);
    else if (policy->timetable_count > 1)
        node_fault(document, table, "which of them counts for limits that name none? write 'default: %s'",
                   policy->timetable->name);
    else if (policy->timetable_count == 0)
        node_fault(document, table, "no calendar; write at least one, or leave the file out");
}

void read_calendars(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"calendars", "default"};
    yaml_node_t *fields[2];
    yaml_node_t *table = document != NULL ? root_field(document, root_keys, 2, fields) : NULL;
    if (table == NULL || !node_names(document, table, "calendars"))
        return;
    struct policy *policy = reading->policy;
    struct timetable *timetables = ARENA_NEW(&policy->arena, struct timetable, node_pairs(table));
    for (size_t i = 0; i < node_pairs(table); i++) {
        yaml_node_t *key = node_key(document, table, i);
        timetables[i].name = keep(reading, node_text(document, key, "a calendar's name", CODE_MAX_BYTES));
        timetables[i].origin = origin_of(document, key);
        if (calendar_of(timetables[i].name) != 0)
            node_fault(document, key, "'%s' is a kind of time; give the calendar another name", timetables[i].name);
        read_calendar(reading, document, node_value(document, table, i), &timetables[i]);
        textmap_put(&policy->timetable_map, timetables[i].name, &timetables[i]);
    }
    policy->timetables = timetables;
    policy->timetable_count = node_pairs(table);
    read_default(reading, document, table, fields[1]);
}
