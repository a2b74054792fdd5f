/* Days, working days, weeks, months and quarters as a city eight hours east of Greenwich counts them; by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "broker/core/period.h"

#define EAST      (8 * 60)
#define MINUTE_MS (60 * 1000LL)
#define HOUR_MS   (60 * MINUTE_MS)

/* "2026-09-30 17:50:00", as the city's clocks say it. */
static int64_t at(const char *text)
{
    struct tm tm = {0};
    assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
    return (int64_t)timegm(&tm) * 1000 - EAST * MINUTE_MS;
}

static void assert_period(const struct duty *duty, const char *when, const char *from, const char *to)
{
    struct period period = period_at(duty, EAST, at(when));
    assert_true(period.from_ms == at(from));
    assert_true(period.to_ms == at(to));
}

static void a_day_begins_at_the_city_s_midnight(void **state)
{
    (void)state;
    struct duty duty = {.every = DUTY_DAY};
    assert_period(&duty, "2026-09-30 00:00:00", "2026-09-30 00:00:00", "2026-10-01 00:00:00");
    assert_period(&duty, "2026-09-30 23:59:59", "2026-09-30 00:00:00", "2026-10-01 00:00:00");
    assert_period(&duty, "2026-10-01 00:00:00", "2026-10-01 00:00:00", "2026-10-02 00:00:00");
}

static void a_week_begins_on_monday(void **state)
{
    (void)state;
    struct duty duty = {.every = DUTY_WEEK};
    assert_period(&duty, "2026-09-30 09:00:00", "2026-09-28 00:00:00", "2026-10-05 00:00:00"); /* a Wednesday */
    assert_period(&duty, "2026-09-28 00:00:00", "2026-09-28 00:00:00", "2026-10-05 00:00:00");
    assert_period(&duty, "2026-10-04 23:59:59", "2026-09-28 00:00:00", "2026-10-05 00:00:00");
}

static void months_have_their_own_lengths(void **state)
{
    (void)state;
    struct duty duty = {.every = DUTY_MONTH};
    assert_period(&duty, "2026-02-28 12:00:00", "2026-02-01 00:00:00", "2026-03-01 00:00:00");
    assert_period(&duty, "2028-02-29 12:00:00", "2028-02-01 00:00:00", "2028-03-01 00:00:00");
    assert_period(&duty, "2026-12-31 23:59:59", "2026-12-01 00:00:00", "2027-01-01 00:00:00");
    assert_period(&duty, "2027-01-01 00:00:00", "2027-01-01 00:00:00", "2027-02-01 00:00:00");
    assert_period(&duty, "2000-03-01 00:00:00", "2000-03-01 00:00:00", "2000-04-01 00:00:00");
}

static void a_quarter_ends_at_its_midnight(void **state)
{
    (void)state;
    struct duty duty = {.every = DUTY_QUARTER};
    assert_period(&duty, "2026-09-30 23:59:59", "2026-07-01 00:00:00", "2026-10-01 00:00:00");
    assert_period(&duty, "2026-10-01 00:00:00", "2026-10-01 00:00:00", "2027-01-01 00:00:00");
    assert_period(&duty, "2026-03-31 23:59:59", "2026-01-01 00:00:00", "2026-04-01 00:00:00");
    assert_period(&duty, "2026-06-15 00:00:00", "2026-04-01 00:00:00", "2026-07-01 00:00:00");
}

static void hours_are_periods_of_a_day(void **state)
{
    (void)state;
    static const struct span spans[] = {{7 * HOUR_MS + 30 * MINUTE_MS, 8 * HOUR_MS}, {16 * HOUR_MS, 17 * HOUR_MS}};
    struct duty duty = {.every = DUTY_DAY, .hours = {spans, 2, 0}};
    assert_period(&duty, "2026-09-30 07:45:00", "2026-09-30 07:30:00", "2026-09-30 08:00:00");
    assert_period(&duty, "2026-09-30 08:00:00", "2026-09-30 16:00:00", "2026-09-30 17:00:00");
    assert_period(&duty, "2026-09-30 17:00:00", "2026-10-01 07:30:00", "2026-10-01 08:00:00");
}

static void working_days_leave_holidays_out(void **state)
{
    (void)state;
    static const struct span day[] = {{9 * HOUR_MS, 17 * HOUR_MS}};
    const struct day_range holidays[] = {{20727, 20733}}; /* 2026-10-01 to 07 */
    struct timetable table = {.utc_offset_minutes = EAST,
                              .weekdays = 0x1f,
                              .hours = {day, 1, 8 * HOUR_MS},
                              .holidays = holidays,
                              .holiday_count = 1,
                              .known_until = INT64_MAX};
    struct duty duty = {.every = DUTY_WORKING_DAY, .timetable = &table};
    assert_period(&duty, "2026-09-30 20:00:00", "2026-09-30 00:00:00", "2026-10-01 00:00:00");
    assert_period(&duty, "2026-10-01 00:00:00", "2026-10-08 00:00:00", "2026-10-09 00:00:00");
    assert_period(&duty, "2026-10-10 00:00:00", "2026-10-12 00:00:00", "2026-10-13 00:00:00"); /* a weekend */
    table.weekdays = 0;
    struct period none = period_at(&duty, EAST, at("2026-10-10 00:00:00"));
    assert_true(none.from_ms == 0 && none.to_ms == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_begins_at_the_city_s_midnight), cmocka_unit_test(a_week_begins_on_monday),
        cmocka_unit_test(months_have_their_own_lengths),       cmocka_unit_test(a_quarter_ends_at_its_midnight),
        cmocka_unit_test(hours_are_periods_of_a_day),          cmocka_unit_test(working_days_leave_holidays_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
