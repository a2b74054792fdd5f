#include "broker/core/period.h"

#include "broker/core/calendar.h"

#define DAY_MS    (24 * 3600 * 1000LL)
#define MINUTE_MS (60 * 1000LL)
#define LOOKS_MAX 800 /* days that a working day is looked for */

/* --- days, as the city counts them, from 1970-01-01 --- */

int64_t period_day(int64_t at_ms, int utc_offset_minutes)
{
    int64_t local_ms = at_ms + utc_offset_minutes * MINUTE_MS;
    return local_ms / DAY_MS - (local_ms % DAY_MS < 0);
}

int64_t period_midnight(int64_t day, int utc_offset_minutes)
{
    return day * DAY_MS - utc_offset_minutes * MINUTE_MS;
}

/* Months are numbered from January of year 0. With years that begin in March the leap day is the last. */
static int64_t first_of_month(int64_t month)
{
    int64_t year = (month - 2) / 12, from_march = (month - 2) % 12;
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5;
    return days - 719468;
}

static int64_t month_of(int64_t day)
{
    int64_t month = (day + 719468) * 100 / 3044 - 1; /* not after it, and a few months before at most */
    while (first_of_month(month + 1) <= day)
        month++;
    return month;
}

/* --- periods --- */

static bool works(const struct duty *duty, int64_t midnight_ms)
{
    return duty->every != DUTY_WORKING_DAY ||
           (duty->timetable && calendar_opening(duty->timetable, midnight_ms) < midnight_ms + DAY_MS);
}

/* The day's span that ends after the instant; {0} when there is none. */
static struct period span_after(const struct hours *hours, int64_t midnight_ms, int64_t at_ms)
{
    static const struct span whole_day = {0, DAY_MS};
    size_t count = hours->span_count ? hours->span_count : 1;
    const struct span *spans = hours->span_count ? hours->spans : &whole_day;
    for (size_t i = 0; i < count; i++)
        if (midnight_ms + spans[i].to_ms > at_ms)
            return (struct period){midnight_ms + spans[i].from_ms, midnight_ms + spans[i].to_ms};
    return (struct period){0};
}

static struct period within_days(const struct duty *duty, int utc_offset_minutes, int64_t at_ms)
{
    int64_t day = period_day(at_ms, utc_offset_minutes);
    for (int looks = 0; looks < LOOKS_MAX; looks++, day++) {
        int64_t midnight_ms = period_midnight(day, utc_offset_minutes);
        struct period span =
            works(duty, midnight_ms) ? span_after(&duty->hours, midnight_ms, at_ms) : (struct period){0};
        if (span.to_ms)
            return span;
    }
    return (struct period){0};
}

struct period period_at(const struct duty *duty, int utc_offset_minutes, int64_t at_ms)
{
    int64_t day = period_day(at_ms, utc_offset_minutes), month = month_of(day), from = 0, to = 0;
    switch (duty->every) {
    case DUTY_WEEK:
        from = day - weekday_of(day);
        to = from + 7;
        break;
    case DUTY_MONTH:
        from = first_of_month(month);
        to = first_of_month(month + 1);
        break;
    case DUTY_QUARTER:
        from = first_of_month(month - month % 3);
        to = first_of_month(month - month % 3 + 3);
        break;
    default:
        return within_days(duty, utc_offset_minutes, at_ms);
    }
    return (struct period){period_midnight(from, utc_offset_minutes), period_midnight(to, utc_offset_minutes)};
}
