/* timetable.h: the city's working time as DOMAIN.md has it, for tests: 8–12 and 14–18, the holidays and working weekends
 * of 2026 as announced; and times as people write them. */
#ifndef TEST_TIMETABLE_H
#define TEST_TIMETABLE_H

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/core/policy.h"

#define TIMETABLE_ZONE_MINUTES (8 * 60)

/* "2026-09-30 17:50" in the city → milliseconds. */
__attribute__((unused)) static int64_t at(const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);
    if (!end || *end)
        fail_msg("'%s' is no time", text);
    return ((int64_t)timegm(&tm) - TIMETABLE_ZONE_MINUTES * 60) * 1000;
}

/* Milliseconds → the same text, with seconds only where there are some. */
__attribute__((unused)) static const char *text_of(int64_t at_ms)
{
    static char texts[4][40];
    static int turn;
    time_t seconds = (time_t)(at_ms / 1000 + TIMETABLE_ZONE_MINUTES * 60);
    struct tm tm;
    char *text = texts[turn++ % 4];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof texts[0], tm.tm_sec ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M", &tm);
    return text;
}

__attribute__((unused)) static int64_t day(const char *date)
{
    struct tm tm = {0};
    assert_non_null(strptime(date, "%Y-%m-%d", &tm));
    return (int64_t)timegm(&tm) / 86400;
}

/* Fills two arrays that the timetable points to. */
struct timetable_2026 {
    struct timetable timetable;
    struct day_range holidays[7], makeups[6];
};

static const struct span office_spans[] = {{8 * 3600000, 12 * 3600000}, {14 * 3600000, 18 * 3600000}};
static const struct hours office_hours = {office_spans, 2, 8 * 3600000};

__attribute__((unused)) static void timetable_fill(struct timetable_2026 *t)
{
    static const char *const holidays[7][2] = {{"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"},
                                               {"2026-04-04", "2026-04-06"}, {"2026-05-01", "2026-05-05"},
                                               {"2026-06-19", "2026-06-21"}, {"2026-09-25", "2026-09-27"},
                                               {"2026-10-01", "2026-10-07"}};
    static const char *const makeups[6] = {"2026-01-04", "2026-02-14", "2026-02-28",
                                           "2026-05-09", "2026-09-20", "2026-10-10"};
    for (size_t i = 0; i < 7; i++)
        t->holidays[i] = (struct day_range){day(holidays[i][0]), day(holidays[i][1])};
    for (size_t i = 0; i < 6; i++)
        t->makeups[i] = (struct day_range){day(makeups[i]), day(makeups[i])};
    t->timetable = (struct timetable){.name = "office",
                                      .utc_offset_minutes = TIMETABLE_ZONE_MINUTES,
                                      .weekdays = 0x1f,
                                      .hours = office_hours,
                                      .holidays = t->holidays,
                                      .holiday_count = 7,
                                      .makeups = t->makeups,
                                      .makeup_count = 6,
                                      .known_until = day("2026-12-31")};
}

#endif
