/* period.h: days, working days, weeks, months and quarters as the city counts them. Arithmetic only. */
#ifndef CORE_PERIOD_H
#define CORE_PERIOD_H

#include "broker/core/policy.h"

struct period {
    int64_t from_ms, to_ms; /* [from, to) */
};

/* The city's day of an instant, from 1970-01-01, and a day's first instant. */
int64_t period_day(int64_t at_ms, int utc_offset_minutes);
int64_t period_midnight(int64_t day, int utc_offset_minutes);
/* The period of the duty that runs at this instant, or the next one. A duty whose working days never come has none: both
 * are 0. */
struct period period_at(const struct duty *, int utc_offset_minutes, int64_t at_ms);

#endif
