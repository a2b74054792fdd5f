/* calendar.h: how time is counted: natural, or only while the city works. Arithmetic over a timetable, day by day, in the
 * city's own days (its UTC offset); no clock and no time zone of the machine. */
#ifndef CORE_CALENDAR_H
#define CORE_CALENDAR_H

#include "broker/core/policy.h"

/* By what time is measured. Each working day of working_days_next measures WORKING_DAY_MS, however long it is open. */
struct measure {
    enum calendar calendar;
    const struct timetable *timetable; /* NULL: natural time, whatever the calendar says */
};

/* Milliseconds of the measure's own time between two instants; from is not after to. */
int64_t calendar_between(const struct measure *, int64_t from_ms, int64_t to_ms);
/* The first instant at which so many milliseconds of its own time have passed since from: hence a closing, never the
 * opening after it. Nothing, or less, is from itself. */
int64_t calendar_after(const struct measure *, int64_t from_ms, int64_t own_ms);

/* Whether the city works at this instant; it does at an opening, and does not at a closing. */
bool calendar_open(const struct timetable *, int64_t at_ms);
/* The instant itself when open, else the next opening. */
int64_t calendar_opening(const struct timetable *, int64_t at_ms);
/* The next midnight. */
int64_t calendar_tomorrow(const struct timetable *, int64_t at_ms);
/* 暂定: it lies on a day whose holidays are not announced yet. */
bool calendar_provisional(const struct measure *, int64_t at_ms);

#endif
