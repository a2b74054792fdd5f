#include "broker/core/calendar.h"

#include <stdlib.h>

#define DAY_MS (24 * 3600 * 1000LL)

/* --- days --- */

static int64_t floor_divided(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t day_of(const struct timetable *timetable, int64_t at_ms)
{
    return floor_divided(at_ms + timetable->utc_offset_minutes * INT64_C(60000), DAY_MS);
}

static int64_t midnight_of(const struct timetable *timetable, int64_t day)
{
    return day * DAY_MS - timetable->utc_offset_minutes * INT64_C(60000);
}

/* Month × 100 + day of the month. In years that begin in March the leap day is the last, and months are regular: five
 * of them have 153 days (H. Hinnant, civil_from_days). */
static int date_of(int64_t day)
{
    int64_t shifted = day + 719468, of_era = shifted - floor_divided(shifted, 146097) * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
    return (int)((month < 10 ? month + 3 : month - 9) * 100 + of_month);
}

static int range_holds(const void *key, const void *item)
{
    const int64_t day = *(const int64_t *)key;
    const struct day_range *range = item;
    return day < range->from ? -1 : day > range->to;
}

static bool listed(const struct day_range *ranges, size_t count, int64_t day)
{
    return count > 0 && bsearch(&day, ranges, count, sizeof *ranges, range_holds) != NULL;
}

static bool works_on(const struct timetable *timetable, int64_t day)
{
    if (listed(timetable->makeups, timetable->makeup_count, day))
        return true;
    return (timetable->weekdays >> weekday_of(day) & 1) && !listed(timetable->holidays, timetable->holiday_count, day);
}

static const struct hours *hours_on(const struct timetable *timetable, int64_t day)
{
    static const struct hours closed;
    if (!works_on(timetable, day))
        return &closed;
    int date = timetable->season_count > 0 ? date_of(day) : 0;
    for (size_t i = 0; i < timetable->season_count; i++) {
        if (season_holds(&timetable->seasons[i], date))
            return &timetable->seasons[i].hours;
    }
    return &timetable->hours;
}

/* --- within a day --- */

/* How long it has been open at a time of day. */
static int64_t opened_by(const struct hours *hours, int64_t time_ms)
{
    int64_t opened_ms = 0;
    for (size_t i = 0; i < hours->span_count && hours->spans[i].from_ms < time_ms; i++) {
        const struct span *span = &hours->spans[i];
        opened_ms += (time_ms < span->to_ms ? time_ms : span->to_ms) - span->from_ms;
    }
    return opened_ms;
}

/* The first time of day at which it has been open for so long; above 0, at most the day's total. */
static int64_t time_opened(const struct hours *hours, int64_t opened_ms)
{
    const struct span *span = hours->spans;
    while (opened_ms > span->to_ms - span->from_ms) {
        opened_ms -= span->to_ms - span->from_ms;
        span++;
    }
    return span->from_ms + opened_ms;
}

/* Opening hours in the measure's own time and back: the same, but where every day counts alike. */
static int64_t own_time(const struct measure *measure, const struct hours *hours, int64_t opened_ms)
{
    bool alike = measure->calendar == CALENDAR_WORKING_DAYS_NEXT && hours->total_ms > 0;
    return alike ? opened_ms * WORKING_DAY_MS / hours->total_ms : opened_ms;
}

static int64_t opening_time(const struct measure *measure, const struct hours *hours, int64_t own_ms)
{
    bool alike = measure->calendar == CALENDAR_WORKING_DAYS_NEXT;
    return alike ? (own_ms * hours->total_ms + WORKING_DAY_MS - 1) / WORKING_DAY_MS : own_ms;
}

/* What has passed of the instant's own day. */
static int64_t own_of_day(const struct measure *measure, int64_t at_ms)
{
    int64_t day = day_of(measure->timetable, at_ms);
    const struct hours *hours = hours_on(measure->timetable, day);
    return own_time(measure, hours, opened_by(hours, at_ms - midnight_of(measure->timetable, day)));
}

/* --- over days --- */

int64_t calendar_between(const struct measure *measure, int64_t from_ms, int64_t to_ms)
{
    if (!measure->timetable || from_ms >= to_ms)
        return measure->timetable ? 0 : to_ms - from_ms;
    int64_t last = day_of(measure->timetable, to_ms), day = day_of(measure->timetable, from_ms);
    int64_t own_ms = own_of_day(measure, to_ms) - own_of_day(measure, from_ms);
    for (int i = 0; i < CALENDAR_DAYS_MAX && day < last; i++, day++) {
        const struct hours *hours = hours_on(measure->timetable, day);
        own_ms += own_time(measure, hours, hours->total_ms);
    }
    return own_ms;
}

int64_t calendar_after(const struct measure *measure, int64_t from_ms, int64_t own_ms)
{
    if (!measure->timetable || own_ms <= 0)
        return from_ms + (measure->timetable ? 0 : own_ms);
    int64_t day = day_of(measure->timetable, from_ms), left_ms = own_ms + own_of_day(measure, from_ms), today_ms;
    for (int i = 0; i < CALENDAR_DAYS_MAX; i++, day++, left_ms -= today_ms) {
        const struct hours *hours = hours_on(measure->timetable, day);
        today_ms = own_time(measure, hours, hours->total_ms);
        if (left_ms <= today_ms)
            return midnight_of(measure->timetable, day) + time_opened(hours, opening_time(measure, hours, left_ms));
    }
    return midnight_of(measure->timetable, day);
}

int64_t calendar_opening(const struct timetable *timetable, int64_t at_ms)
{
    int64_t day = day_of(timetable, at_ms), time_ms = at_ms - midnight_of(timetable, day);
    for (int i = 0; i < CALENDAR_DAYS_MAX; i++, day++, time_ms = 0) {
        const struct hours *hours = hours_on(timetable, day);
        for (size_t s = 0; s < hours->span_count; s++) {
            if (time_ms < hours->spans[s].to_ms)
                return midnight_of(timetable, day) +
                       (time_ms > hours->spans[s].from_ms ? time_ms : hours->spans[s].from_ms);
        }
    }
    return midnight_of(timetable, day);
}

bool calendar_open(const struct timetable *timetable, int64_t at_ms)
{
    return calendar_opening(timetable, at_ms) == at_ms;
}

int64_t calendar_tomorrow(const struct timetable *timetable, int64_t at_ms)
{
    return midnight_of(timetable, day_of(timetable, at_ms) + 1);
}

bool calendar_provisional(const struct measure *measure, int64_t at_ms)
{
    return measure->timetable && day_of(measure->timetable, at_ms) > measure->timetable->known_until;
}
