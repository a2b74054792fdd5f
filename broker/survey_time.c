#include <inttypes.h>
#include <string.h>

#include "broker/survey_parts.h"

#define DAY_MS (24 * 3600 * 1000LL)

/* --- clocks that nobody can keep --- */

/* What a unit that is not always on duty is given in natural time. */
struct burden {
    const struct unit *unit;
    const struct type *type; /* the first */
    const struct limit *limit;
    size_t types;
    struct burden *next;
};

/* Of its filing conditions, where they have one; else its own. */
static const struct limit *natural_limit_of(const struct type *type, enum clock_kind kind)
{
    bool open = false;
    for (size_t i = 0; i < type->open_limit_count; i++) {
        const struct limit *limit = &type->open_limits[i];
        if (limit->kind == kind && limit->calendar == CALENDAR_NATURAL)
            return limit;
        open = open || limit->kind == kind;
    }
    const struct limit *own = open ? NULL : profile_limit(type->profile, kind);
    return own && own->calendar == CALENDAR_NATURAL ? own : NULL;
}

/* The first of the unit's clocks that runs by night. */
static const struct limit *natural_limit(const struct type *type)
{
    const struct limit *limit = NULL;
    for (int kind = CLOCK_RESPOND; kind <= CLOCK_CONTACT && !limit; kind++)
        limit = natural_limit_of(type, (enum clock_kind)kind);
    return limit;
}

void survey_duty(struct survey *survey, const struct unit *unit, const struct type *type)
{
    const struct limit *limit = unit->hours ? natural_limit(type) : NULL;
    if (!limit)
        return;
    /* Units that one line makes are told of once, and each type of them once. */
    const char *line =
        arena_printf(&survey->arena, "%s:%zu:%zu", unit->origin.file, unit->origin.line, unit->origin.column);
    const char *of_type = arena_printf(&survey->arena, "%s %s", line, type->code);
    struct burden *burden = textmap_get(&survey->seen, line);
    if (textmap_get(&survey->seen, of_type))
        return;
    if (!burden) {
        burden = ARENA_NEW(&survey->arena, struct burden, 1);
        *burden = (struct burden){unit, type, limit, 0, survey->burdens};
        survey->burdens = burden;
        textmap_put(&survey->seen, line, burden);
    }
    textmap_put(&survey->seen, of_type, burden);
    burden->types++;
}

static const char *span_text(struct survey *survey, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{DAY_MS, "d"}, {3600 * 1000, "h"}, {60 * 1000, "m"}, {1000, "s"}};
    const char *text = "";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (ms >= units[i].ms)
            text = arena_printf(&survey->arena, "%s%" PRId64 "%s", text, ms / units[i].ms, units[i].unit);
        ms %= units[i].ms;
    }
    return text;
}

void survey_duties(struct survey *survey)
{
    for (const struct burden *burden = survey->burdens; burden; burden = burden->next) {
        const char *more = burden->types == 1 ? "" : arena_printf(&survey->arena, " (and %zu more)", burden->types - 1);
        FIND(survey, &burden->unit->origin,
             "a clock that nobody can keep: unit '%s' works by calendar '%s' only, and type '%s'%s gives it %s of "
             "natural time to "
             "%s, by night too; write the limit in working time, let the unit have 'hours: always', or send these "
             "elsewhere",
             burden->unit->id, burden->unit->hours->name, burden->type->code, more,
             span_text(survey, burden->limit->budget_ms), clock_kind_name(burden->limit->kind));
    }
}

/* --- limits --- */

/* What comes first must not have longer. Of the unit's own, and of all within `resolve`. */
static const enum clock_kind orders[][2] = {
    {CLOCK_RESPOND, CLOCK_ARRIVE},  {CLOCK_RESPOND, CLOCK_HANDLE},   {CLOCK_RESPOND, CLOCK_FEEDBACK},
    {CLOCK_ARRIVE, CLOCK_FEEDBACK}, {CLOCK_HANDLE, CLOCK_FEEDBACK},  {CLOCK_ACCEPT, CLOCK_RESOLVE},
    {CLOCK_CONFIRM, CLOCK_RESOLVE}, {CLOCK_DISPATCH, CLOCK_RESOLVE}, {CLOCK_RESPOND, CLOCK_RESOLVE},
    {CLOCK_ARRIVE, CLOCK_RESOLVE},  {CLOCK_HANDLE, CLOCK_RESOLVE},   {CLOCK_FEEDBACK, CLOCK_RESOLVE},
};

/* Whether it surely ends later. Working time lasts at least as long as natural time of the same length; two in working time
 * compare where they are counted alike. */
static bool surely_longer(const struct limit *first, const struct limit *then)
{
    bool alike = (first->calendar == CALENDAR_WORKING_DAYS_NEXT) == (then->calendar == CALENDAR_WORKING_DAYS_NEXT) &&
                 first->timetable == then->timetable;
    if (then->calendar != CALENDAR_NATURAL && (first->calendar == CALENDAR_NATURAL || !alike))
        return false;
    return first->budget_ms > then->budget_ms;
}

static void survey_profile(struct survey *survey, const struct profile *profile)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        const struct limit *first = profile_limit(profile, orders[i][0]), *then = profile_limit(profile, orders[i][1]);
        if (first && then && surely_longer(first, then))
            FIND(survey, &profile->limit_origins[first - profile->limits],
                 "limits of '%s' contradict each other: %s ends after %s; give %s more, or %s less", profile->name,
                 clock_kind_name(first->kind), clock_kind_name(then->kind), clock_kind_name(then->kind),
                 clock_kind_name(first->kind));
    }
}

/* One of clocks.yaml, whoever it is for. */
static bool is_named(const struct policy *policy, const struct profile *profile)
{
    for (size_t i = 0; i < policy->profile_count; i++)
        if (&policy->profiles[i] == profile)
            return true;
    return false;
}

static bool is_limited(const struct type *type)
{
    static const enum clock_kind kinds[] = {CLOCK_HANDLE, CLOCK_FEEDBACK, CLOCK_RESOLVE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (profile_limit(type->profile, kinds[i]))
            return true;
    return type->open_limit_count > 0;
}

static void survey_type(struct survey *survey, const struct type *type)
{
    const struct profile *profile = type->profile;
    if (type->retired || !profile)
        return;
    if (!is_limited(type))
        FIND(survey, &type->origin,
             "type '%s' has no limit for its handling: '%s' says neither handle, feedback nor resolve; write one of "
             "them",
             type->code, profile->name);
    const struct type *above = type->parent;
    if (!is_named(survey->policy, profile) && !(above && above->profile == profile))
        survey_profile(survey, profile); /* what it writes itself; those below inherit it */
}

/* --- calendars --- */

/* Days since 1970-01-01 of the first of January. */
static int64_t new_year(int year)
{
    int before = year - 1;
    return 365LL * (year - 1970) + (before / 4 - before / 100 + before / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int year_of(int64_t day)
{
    int year = 1970 + (int)(day / 366);
    while (new_year(year + 1) <= day)
        year++;
    return year;
}

static bool has_holiday(const struct timetable *timetable, int year)
{
    for (size_t i = 0; i < timetable->holiday_count; i++)
        if (timetable->holidays[i].from < new_year(year + 1) && timetable->holidays[i].to >= new_year(year))
            return true;
    return false;
}

/* A whole year without a holiday, though they are said to be known. */
static void survey_years(struct survey *survey, const struct timetable *timetable)
{
    for (int year = year_of(timetable->holidays[0].from); new_year(year + 1) - 1 <= timetable->known_until; year++) {
        if (!has_holiday(timetable, year))
            WARN(survey, &timetable->origin,
                 "calendar '%s' has a gap: no holiday in %d, though known_until is after it; list that year's, or set "
                 "known_until "
                 "back to %d-12-31",
                 timetable->name, year, year - 1);
    }
}

#define ANNOUNCED_AHEAD_DAYS 31

static void survey_end(struct survey *survey, const struct timetable *timetable)
{
    int64_t today = (survey->now_ms + timetable->utc_offset_minutes * 60000LL) / DAY_MS;
    int64_t left = timetable->known_until - today;
    if (left < 0)
        WARN(survey, &timetable->origin,
             "calendar '%s' has ended %" PRId64
             " days ago (known_until): every deadline is provisional; list the next year's "
             "holidays",
             timetable->name, -left);
    else if (left < ANNOUNCED_AHEAD_DAYS)
        WARN(survey, &timetable->origin,
             "calendar '%s' ends in %" PRId64
             " days (known_until); list the next year's holidays as soon as they are announced",
             timetable->name, left);
}

/* Days of a year that no season holds, where seasons are written to cover it. */
static void survey_seasons(struct survey *survey, const struct timetable *timetable)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int first = 0, count = 0;
    for (int month = 1; month <= 12; month++) {
        for (int day = 1; day <= days[month - 1]; day++) {
            bool held = false;
            for (size_t i = 0; i < timetable->season_count; i++)
                held = held || season_holds(&timetable->seasons[i], month * 100 + day);
            first = !held && !first ? month * 100 + day : first;
            count += !held;
        }
    }
    if (timetable->season_count > 1 && count > 0 && count <= 31)
        WARN(survey, &timetable->origin,
             "calendar '%s' has a gap: %d days of the year, from %02d-%02d, are in no season and have the ordinary "
             "hours; let the "
             "seasons meet",
             timetable->name, count, first / 100, first % 100);
}

static void survey_calendar(struct survey *survey, const struct timetable *timetable)
{
    survey_seasons(survey, timetable);
    if (timetable->known_until == INT64_MAX)
        return;
    survey_end(survey, timetable);
    if (timetable->holiday_count > 0)
        survey_years(survey, timetable);
}

void survey_time(struct survey *survey)
{
    const struct policy *policy = survey->policy;
    for (size_t i = 0; i < policy->profile_count; i++)
        survey_profile(survey, &policy->profiles[i]);
    for (size_t i = 0; i < policy->type_count; i++)
        survey_type(survey, &policy->types[i]);
    for (size_t i = 0; i < policy->timetable_count; i++)
        survey_calendar(survey, &policy->timetables[i]);
}
