/* Working time: every deadline that DOMAIN.md works by hand, more of them, clocks that pause, and the same for any
 * timetable as counting minute by minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/core/clock.h"
#include "timetable.h"

#define HOUR_MS   (3600 * 1000LL)
#define MINUTE_MS (60 * 1000LL)

static struct timetable_2026 city;

static int setup(void **state)
{
    (void)state;
    timetable_fill(&city);
    return 0;
}

static struct pace pace_of(enum calendar calendar)
{
    struct measure measure = {calendar, calendar == CALENDAR_NATURAL ? NULL : &city.timetable};
    return (struct pace){measure, measure};
}

static struct clock started(enum calendar calendar, int64_t budget_ms, const char *start)
{
    struct pace pace = pace_of(calendar);
    struct clock clock;
    clock_start(&clock, CLOCK_HANDLE, 1, budget_ms, &pace, at(start));
    return clock;
}

struct deadline {
    const char *start;
    enum calendar calendar;
    int64_t budget; /* hours, or days where the calendar counts days */
    const char *due;
};

static void assert_deadlines(const struct deadline *deadlines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct deadline *d = &deadlines[i];
        bool days = d->calendar == CALENDAR_WORKING_DAYS || d->calendar == CALENDAR_WORKING_DAYS_NEXT;
        struct clock clock = started(d->calendar, d->budget * (days ? WORKING_DAY_MS : HOUR_MS), d->start);
        if (clock.due_ms != at(d->due))
            fail_msg("%s, %lld %s: %s, not %s", d->start, (long long)d->budget, calendar_name(d->calendar),
                     text_of(clock.due_ms), d->due);
    }
}

/* --- the domain's own --- */

#define NATURAL CALENDAR_NATURAL
#define HOURS   CALENDAR_WORKING_HOURS
#define DAYS    CALENDAR_WORKING_DAYS
#define NEXT    CALENDAR_WORKING_DAYS_NEXT

static void what_the_domain_worked_by_hand(void **state)
{
    (void)state;
    static const struct deadline deadlines[] = {
        {"2026-09-30 17:50", NATURAL, 2, "2026-09-30 19:50"},  /* 2 紧急工作时 */
        {"2026-09-30 17:50", HOURS, 4, "2026-10-08 11:50"},    /* 4 小时 */
        {"2026-09-30 17:50", DAYS, 2, "2026-10-09 17:50"},     /* 2 天 */
        {"2026-09-30 17:50", NEXT, 2, "2026-10-09 18:00"},     /* 2 天，次日起算 */
        {"2026-09-30 17:50", DAYS, 5, "2026-10-13 17:50"},     /* 5 天 */
        {"2026-09-30 17:50", NATURAL, 48, "2026-10-02 17:50"}, /* 2 紧急工作日 */
        {"2026-02-13 17:30", HOURS, 2, "2026-02-14 09:30"},    /* Friday, into the make-up Saturday */
        {"2026-02-14 17:30", HOURS, 2, "2026-02-24 09:30"},    /* that Saturday, over the holiday */
        {"2026-10-10 11:30", HOURS, 4, "2026-10-10 17:30"},    /* over lunch */
        {"2026-11-20 12:30", HOURS, 4, "2026-11-20 18:00"},    /* the closing, not Monday's opening */
        {"2026-11-20 08:00", HOURS, 4, "2026-11-20 12:00"},    /* not 14:00 */
        {"2025-12-31 17:00", DAYS, 15, "2026-01-22 17:00"},    /* Sunday 01-04 works */
        {"2026-09-18 16:30", DAYS, 15, "2026-10-15 16:30"},    /* Sunday 09-20 works */
    };
    assert_deadlines(deadlines, sizeof deadlines / sizeof *deadlines);
}

/* --- more of them --- */

static void more_by_hand(void **state)
{
    (void)state;
    static const struct deadline deadlines[] = {
        /* Sat 11-21 is free: Mon 11-23 08:00 + 1 h. */
        {"2026-11-21 10:00", HOURS, 1, "2026-11-23 09:00"},
        /* Before the opening the day is whole: 8 h of it. */
        {"2026-11-23 06:00", HOURS, 8, "2026-11-23 18:00"},
        /* At the closing nothing is left of Friday: Mon 08:00 + 1 h. */
        {"2026-11-20 18:00", HOURS, 1, "2026-11-23 09:00"},
        /* At the end of the morning: 14:00 + 1 h. */
        {"2026-11-23 12:00", HOURS, 1, "2026-11-23 15:00"},
        /* Fri 11-20 15:00: 3 h to the closing, 8 on Monday, 5 left: 4 in the morning of Tue, 1 after lunch. */
        {"2026-11-20 15:00", HOURS, 16, "2026-11-24 15:00"},
        /* A holiday in the middle of the week: Wed 12-30 16:00 2 h; 12-31 8 h; in 2027 nothing is announced. */
        {"2026-12-30 16:00", HOURS, 12, "2027-01-01 10:00"},
        /* Thu 04-30 17:00: 1 h; 05-01–05 free; Wed 05-06 8 h; Thu 05-07 until 17:00. */
        {"2026-04-30 17:00", DAYS, 2, "2026-05-07 17:00"},
        /* Fri 05-08: day 1 is the make-up Sat 05-09, day 2 Mon 05-11. */
        {"2026-05-08 09:00", NEXT, 2, "2026-05-11 18:00"},
        /* A start on a free day: the next working day is day 1. */
        {"2026-11-21 10:00", NEXT, 1, "2026-11-23 18:00"},
        /* A start in the night after Sunday is Monday's: day 1 is Tuesday. */
        {"2026-11-23 00:30", NEXT, 1, "2026-11-24 18:00"},
        /* The last minute of the year counts for 2026-12-31; 01-01 to 01-03 are free, Sun 01-04 works. */
        {"2025-12-31 23:59", NEXT, 1, "2026-01-04 18:00"},
        /* 1000 days: 2026-11-23 is a Monday, and all weeks after 2026 have 5 days: 200 weeks on, Friday's closing. */
        {"2026-11-23 08:00", DAYS, 1000, "2030-09-20 18:00"},
        /* 29 February 2028 is a Tuesday like any other. */
        {"2028-02-28 16:00", HOURS, 10, "2028-02-29 18:00"},
    };
    assert_deadlines(deadlines, sizeof deadlines / sizeof *deadlines);
}

/* Each limit of a real table, around each holiday and make-up day of the year. */
static void around_every_holiday(void **state)
{
    (void)state;
    static const struct deadline deadlines[] = {
        /* Qingming: Fri 04-03 2 h; Sat to Mon free; Tue 04-07 08:00 + 2 h. */
        {"2026-04-03 16:00", HOURS, 4, "2026-04-07 10:00"},
        /* Dragon Boat: one minute on Thu 06-18; Fri to Sun free; Mon 06-22 08:00 + 1 h 59. */
        {"2026-06-18 17:59", HOURS, 2, "2026-06-22 09:59"},
        /* A whole day that is open ends at its closing. */
        {"2026-09-24 08:00", DAYS, 1, "2026-09-24 18:00"},
        /* Mid-Autumn: Thu 09-24 4 h; Fri to Sun free; Mon 8, Tue 8, 4 left: noon of Wed 09-30. */
        {"2026-09-24 14:00", DAYS, 3, "2026-09-30 12:00"},
        /* The same from the next day: Mon, Tue, Wed. */
        {"2026-09-24 14:00", NEXT, 3, "2026-09-30 18:00"},
        /* May: at the closing of Thu 04-30 nothing is left; 05-01 to 05-05 free; Wed 05-06 08:00 + 1 h. */
        {"2026-04-30 18:00", HOURS, 1, "2026-05-06 09:00"},
        /* Fri 05-08 1 h; the make-up Sat 05-09: 4 h, and 3 after lunch. */
        {"2026-05-08 17:00", DAYS, 1, "2026-05-09 17:00"},
        /* From that Saturday: 1 h; Sun free; Mon 05-11 7 h. */
        {"2026-05-09 17:00", DAYS, 1, "2026-05-11 17:00"},
        /* New Year: the make-up Sun 01-04 at noon: 4 h after lunch; Mon 08:00 + 1 h. */
        {"2026-01-04 12:00", HOURS, 5, "2026-01-05 09:00"},
        /* The last minute of the holiday: day 1 is that Sunday. */
        {"2026-01-03 23:59", NEXT, 1, "2026-01-04 18:00"},
        /* Natural time sees no holiday: 05-01 and 05-02. */
        {"2026-04-30 17:50", NATURAL, 48, "2026-05-02 17:50"},
        /* At the closing of Fri 09-18: the make-up Sun 09-20 and Mon 09-21, whole. */
        {"2026-09-18 18:00", DAYS, 2, "2026-09-21 18:00"},
        /* The make-up Sat 02-28 is open until six. */
        {"2026-02-28 14:00", HOURS, 4, "2026-02-28 18:00"},
        /* Spring Festival: begun on its last day; Tue 02-24 is day 1, Fri 4, the make-up Sat 02-28 day 5. */
        {"2026-02-23 10:00", NEXT, 5, "2026-02-28 18:00"},
        /* National Day: 10 minutes on Fri 10-09, the make-up Sat 10-10 08:00 + 1 h 50. */
        {"2026-10-09 17:50", HOURS, 2, "2026-10-10 09:50"},
    };
    assert_deadlines(deadlines, sizeof deadlines / sizeof *deadlines);
}

/* Winter 8–12 and 14–18, from May to September 9–12 and 15–18: six hours. */
static void seasons_have_their_own_hours(void **state)
{
    (void)state;
    static const struct span spans[] = {{9 * HOUR_MS, 12 * HOUR_MS}, {15 * HOUR_MS, 18 * HOUR_MS}};
    static const struct season summer = {501, 930, {spans, 2, 6 * HOUR_MS}};
    city.timetable.seasons = &summer;
    city.timetable.season_count = 1;
    static const struct deadline deadlines[] = {
        /* Thu 04-30 16:00: 2 winter hours; after the holiday Wed 05-06 3 summer hours and 1 after lunch. */
        {"2026-04-30 16:00", HOURS, 6, "2026-05-06 16:00"},
        /* Rolling days are 8 hours each: Thu 07-16 6 h, Fri 2 h. */
        {"2026-07-16 08:00", DAYS, 1, "2026-07-17 11:00"},
        /* From the next day every working day is one, however short. */
        {"2026-07-16 08:00", NEXT, 3, "2026-07-21 18:00"},
        /* Tue 09-29 18:00: day 1 is short, then 10-01–07 are free, day 2 is Thu 10-08 with eight hours. */
        {"2026-09-29 18:00", NEXT, 2, "2026-10-08 18:00"},
    };
    assert_deadlines(deadlines, sizeof deadlines / sizeof *deadlines);
    /* Half of three short days is noon of the second: 3 of its 6 hours. */
    struct pace pace = pace_of(NEXT);
    struct clock clock = started(NEXT, 3 * WORKING_DAY_MS, "2026-07-16 08:00");
    assert_string_equal(text_of(clock_instant(&clock, &pace, clock.budget_ms / 2)), "2026-07-20 12:00");
    assert_int_equal(clock_used_ms(&clock, &pace, at("2026-07-20 12:00")), clock.budget_ms / 2);
    assert_int_equal(clock_used_ms(&clock, &pace, clock.due_ms), clock.budget_ms);
}

static void a_season_may_go_over_new_year(void **state)
{
    (void)state;
    static const struct span spans[] = {{9 * HOUR_MS, 17 * HOUR_MS}};
    static const struct season winter = {1101, 331, {spans, 1, 8 * HOUR_MS}};
    city.timetable.seasons = &winter;
    city.timetable.season_count = 1;
    static const struct deadline deadlines[] = {
        {"2026-10-30 17:00", HOURS, 2, "2026-11-02 10:00"}, /* Friday one hour, Monday from nine */
        {"2026-02-28 16:00", HOURS, 2, "2026-03-02 10:00"}, /* the make-up Saturday until five */
        {"2026-03-31 16:00", HOURS, 2, "2026-04-01 09:00"}, /* April opens at eight */
    };
    assert_deadlines(deadlines, sizeof deadlines / sizeof *deadlines);
}

/* A calendar that is always open is natural time, whatever the zone. */
static void always_open_is_natural(void **state)
{
    (void)state;
    static const struct span whole[] = {{0, 24 * HOUR_MS}};
    struct timetable always = {.weekdays = 0x7f, .hours = {whole, 1, 24 * HOUR_MS}, .utc_offset_minutes = -330};
    struct measure measure = {HOURS, &always};
    int64_t from_ms = at("2026-02-14 17:31");
    for (int64_t ms = 1; ms < 400 * 24 * HOUR_MS; ms = ms * 3 + 7) {
        assert_int_equal(calendar_after(&measure, from_ms, ms), from_ms + ms);
        assert_int_equal(calendar_between(&measure, from_ms, from_ms + ms), ms);
    }
    assert_true(calendar_open(&always, from_ms));
}

/* --- open, and when next --- */

static void it_knows_when_the_city_works(void **state)
{
    (void)state;
    static const struct {
        const char *at, *opening;
    } cases[] = {
        {"2026-11-23 08:00", "2026-11-23 08:00"},                                           /* an opening is open */
        {"2026-11-23 11:59", "2026-11-23 11:59"}, {"2026-11-23 12:00", "2026-11-23 14:00"}, /* a closing is not */
        {"2026-11-20 18:00", "2026-11-23 08:00"},                                           /* Friday evening */
        {"2026-09-30 18:00", "2026-10-08 08:00"}, /* before the national holiday */
        {"2026-02-14 10:00", "2026-02-14 10:00"}, /* a make-up Saturday */
        {"2026-02-15 10:00", "2026-02-24 08:00"}, {"2026-11-23 03:00", "2026-11-23 08:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t opening_ms = calendar_opening(&city.timetable, at(cases[i].at));
        assert_string_equal(text_of(opening_ms), cases[i].opening);
        assert_int_equal(calendar_open(&city.timetable, at(cases[i].at)), opening_ms == at(cases[i].at));
    }
    assert_string_equal(text_of(calendar_tomorrow(&city.timetable, at("2026-11-23 00:00"))), "2026-11-24 00:00");
    assert_string_equal(text_of(calendar_tomorrow(&city.timetable, at("2026-11-23 23:59"))), "2026-11-24 00:00");
}

static void beyond_what_is_announced_a_deadline_is_provisional(void **state)
{
    (void)state;
    struct measure hours = {HOURS, &city.timetable}, natural = {NATURAL, NULL};
    assert_false(calendar_provisional(&hours, at("2026-12-31 23:59")));
    assert_true(calendar_provisional(&hours, at("2027-01-01 00:00")));
    assert_false(calendar_provisional(&natural, at("2027-01-01 00:00")));
}

/* --- between --- */

static void working_time_between_two_instants(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        enum calendar calendar;
        int64_t minutes;
    } cases[] = {
        {"2026-11-23 10:00", "2026-11-23 11:00", HOURS, 60},
        {"2026-11-23 11:30", "2026-11-23 14:30", HOURS, 60},            /* lunch does not count */
        {"2026-11-20 17:00", "2026-11-23 09:00", HOURS, 120},           /* nor does a weekend */
        {"2026-09-30 17:50", "2026-10-08 08:10", HOURS, 20},            /* nor a holiday */
        {"2026-02-13 17:00", "2026-02-24 09:00", HOURS, 60 + 480 + 60}, /* with the make-up day's 8 hours */
        {"2026-11-21 10:00", "2026-11-22 20:00", HOURS, 0},
        {"2026-11-23 12:00", "2026-11-23 12:00", HOURS, 0},
        {"2026-11-20 17:00", "2026-11-23 09:00", NATURAL, 64 * 60},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pace pace = pace_of(cases[i].calendar);
        assert_int_equal(calendar_between(&pace.within, at(cases[i].from), at(cases[i].to)),
                         cases[i].minutes * MINUTE_MS);
    }
}

/* --- clocks --- */

/* "Mon 11-23 10:00, 4 working hours, suspended 11:00, resumed Tue 15:00": 3 hours are left, until 18:00. */
static void a_pause_takes_no_working_time(void **state)
{
    (void)state;
    struct pace pace = pace_of(HOURS);
    struct clock clock = started(HOURS, 4 * HOUR_MS, "2026-11-23 10:00");
    assert_int_equal(clock.calendar, HOURS);
    clock_pause(&clock, &pace, at("2026-11-23 11:00"));
    assert_int_equal(clock.consumed_ms, HOUR_MS);
    clock_resume(&clock, &pace, at("2026-11-24 15:00"));
    assert_string_equal(text_of(clock.due_ms), "2026-11-24 18:00");
    clock_stop(&clock, &pace, at("2026-11-24 18:00"));
    assert_int_equal(clock.state, CLOCK_MET);
    assert_int_equal(clock.consumed_ms, 4 * HOUR_MS);
}

/* Mon 11-23 09:00, 3 days from the next one: Tue is 1. Paused Wed 11:00 after 1 day and 3 of 8 hours; resumed Fri 15:00:
 * 1 and 5/8 days are left, 3 of the hours that Friday, Monday whole, and 2 hours of Tuesday. */
static void a_pause_is_taken_out_of_days_too(void **state)
{
    (void)state;
    struct pace pace = pace_of(NEXT);
    struct clock clock = started(NEXT, 3 * WORKING_DAY_MS, "2026-11-23 09:00");
    assert_string_equal(text_of(clock.due_ms), "2026-11-26 18:00");
    assert_int_equal(clock_used_ms(&clock, &pace, at("2026-11-23 17:00")), 0);
    clock_pause(&clock, &pace, at("2026-11-25 11:00"));
    assert_int_equal(clock.consumed_ms, 11 * HOUR_MS);
    clock_resume(&clock, &pace, at("2026-11-27 15:00"));
    assert_string_equal(text_of(clock.due_ms), "2026-12-01 10:00");
    /* Returned and given back on the day it came: that day does not count, paused or not. */
    clock = started(NEXT, WORKING_DAY_MS, "2026-11-23 09:00");
    clock_pause(&clock, &pace, at("2026-11-23 10:00"));
    clock_resume(&clock, &pace, at("2026-11-23 11:00"));
    assert_string_equal(text_of(clock.due_ms), "2026-11-24 18:00");
}

static void in_time_means_at_or_before_due_also_over_lunch(void **state)
{
    (void)state;
    struct pace pace = pace_of(HOURS);
    static const struct {
        const char *stopped;
        enum clock_state verdict;
    } cases[] = {{"2026-11-20 11:59", CLOCK_MET},
                 {"2026-11-20 12:00", CLOCK_MET},
                 {"2026-11-20 13:00", CLOCK_LATE}, /* no working time has passed since, and yet */
                 {"2026-11-23 09:00", CLOCK_LATE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct clock clock = started(HOURS, 4 * HOUR_MS, "2026-11-20 08:00");
        struct clock paused = clock;
        clock_stop(&clock, &pace, at(cases[i].stopped));
        assert_int_equal(clock.state, cases[i].verdict);
        clock_pause(&paused, &pace, at(cases[i].stopped)); /* the same when a pause lies between */
        clock_stop(&paused, &pace, at("2026-11-25 09:00"));
        assert_int_equal(paused.state, cases[i].verdict);
    }
}

/* --- any timetable, minute by minute --- */

static uint64_t dice = 20261008;

static int64_t below(int64_t n)
{
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (int64_t)(dice >> 33) % n;
}

static void spread(struct span *spans, size_t n, struct hours *hours)
{
    int64_t minute = 0;
    hours->spans = spans;
    hours->span_count = n;
    hours->total_ms = 0;
    for (size_t i = 0; i < n; i++) {
        spans[i].from_ms = (minute += below(300)) * MINUTE_MS;
        spans[i].to_ms = (minute += 1 + below(170)) * MINUTE_MS;
        hours->total_ms += spans[i].to_ms - spans[i].from_ms;
    }
}

/* Whether a minute of the timetable is open, the slow way. */
static bool open_by_hand(const struct timetable *timetable, int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / 1000 + timetable->utc_offset_minutes * 60);
    int64_t today = seconds / 86400, time_ms = seconds % 86400 * 1000;
    const struct hours *hours = &timetable->hours;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    int date = (tm.tm_mon + 1) * 100 + tm.tm_mday;
    bool works = timetable->weekdays >> ((tm.tm_wday + 6) % 7) & 1;
    for (size_t i = 0; i < timetable->holiday_count; i++)
        works = works && !(timetable->holidays[i].from <= today && today <= timetable->holidays[i].to);
    for (size_t i = 0; i < timetable->makeup_count; i++)
        works = works || (timetable->makeups[i].from <= today && today <= timetable->makeups[i].to);
    if (date >= timetable->seasons[0].from && date <= timetable->seasons[0].to)
        hours = &timetable->seasons[0].hours;
    for (size_t i = 0; works && i < hours->span_count; i++) {
        if (hours->spans[i].from_ms <= time_ms && time_ms < hours->spans[i].to_ms)
            return true;
    }
    return false;
}

static void it_is_what_counting_minutes_gives(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        struct span spans[2][3];
        struct season season = {.from = 301 + (int)below(28), .to = 1001 + (int)below(28)};
        city.timetable.weekdays = 1u << below(7) | (unsigned)below(128);
        city.timetable.utc_offset_minutes = (int)below(27 * 60) - 12 * 60;
        city.timetable.seasons = &season;
        city.timetable.season_count = 1;
        spread(spans[0], 1 + (size_t)below(3), &city.timetable.hours);
        spread(spans[1], 1 + (size_t)below(3), &season.hours);
        struct measure measure = {HOURS, &city.timetable};
        int64_t from_ms = at("2026-01-01 00:00") + below(365 * 24 * 60) * MINUTE_MS, open_ms = 0, to_ms = from_ms;
        for (int64_t minutes = 1 + below(30 * 24 * 60); minutes > 0; minutes--, to_ms += MINUTE_MS) {
            bool open = open_by_hand(&city.timetable, to_ms);
            open_ms += open ? MINUTE_MS : 0;
            assert_int_equal(calendar_open(&city.timetable, to_ms), open);
            if (open)
                assert_int_equal(calendar_after(&measure, from_ms, open_ms), to_ms + MINUTE_MS);
        }
        assert_int_equal(calendar_between(&measure, from_ms, to_ms), open_ms);
    }
}

/* From the next day on: whatever was used at an instant is used at the first one that is said for it. */
static void instants_and_uses_agree(void **state)
{
    (void)state;
    static const enum calendar calendars[] = {NATURAL, HOURS, DAYS, NEXT};
    static struct span spans[2];
    spread(spans, 2, &city.timetable.hours);
    for (int round = 0; round < 4000; round++) {
        struct pace pace = pace_of(calendars[below(4)]);
        struct clock clock;
        clock_start(&clock, CLOCK_HANDLE, 1, (1 + below(12)) * WORKING_DAY_MS, &pace,
                    at("2026-01-01 00:00") + below(365 * 24 * HOUR_MS));
        int64_t used_ms = below(3 * clock.budget_ms), instant_ms = clock_instant(&clock, &pace, used_ms);
        int64_t slack_ms = pace.within.calendar == NEXT ? WORKING_DAY_MS / city.timetable.hours.total_ms + 1 : 0;
        assert_true(clock_used_ms(&clock, &pace, instant_ms) >= used_ms);
        assert_true(clock_used_ms(&clock, &pace, instant_ms) <= used_ms + slack_ms);
        if (used_ms > 0)
            assert_true(clock_used_ms(&clock, &pace, instant_ms - 1) < used_ms);
    }
}

/* Nothing is walked over for ever: a year without any work ends the search. */
static void a_search_is_bounded(void **state)
{
    (void)state;
    struct timetable never = {.weekdays = 0, .hours = office_hours};
    struct measure measure = {HOURS, &never};
    int64_t far_ms = CALENDAR_DAYS_MAX * 24LL * HOUR_MS;
    assert_int_equal(calendar_after(&measure, 0, HOUR_MS), far_ms);
    assert_int_equal(calendar_opening(&never, 0), far_ms);
    assert_int_equal(calendar_between(&measure, 0, far_ms), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_the_domain_worked_by_hand, setup),
        cmocka_unit_test_setup(more_by_hand, setup),
        cmocka_unit_test_setup(around_every_holiday, setup),
        cmocka_unit_test_setup(seasons_have_their_own_hours, setup),
        cmocka_unit_test_setup(a_season_may_go_over_new_year, setup),
        cmocka_unit_test_setup(always_open_is_natural, setup),
        cmocka_unit_test_setup(it_knows_when_the_city_works, setup),
        cmocka_unit_test_setup(beyond_what_is_announced_a_deadline_is_provisional, setup),
        cmocka_unit_test_setup(working_time_between_two_instants, setup),
        cmocka_unit_test_setup(a_pause_takes_no_working_time, setup),
        cmocka_unit_test_setup(a_pause_is_taken_out_of_days_too, setup),
        cmocka_unit_test_setup(in_time_means_at_or_before_due_also_over_lunch, setup),
        cmocka_unit_test_setup(it_is_what_counting_minutes_gives, setup),
        cmocka_unit_test_setup(instants_and_uses_agree, setup),
        cmocka_unit_test_setup(a_search_is_bounded, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
