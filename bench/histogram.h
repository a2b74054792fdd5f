/* histogram.h: a histogram of times in the manner of HDR: 128 steps for each doubling, so that every percentile is right
 * to 0.8 %, whatever its size. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 128u

struct histogram {
    uint64_t count, max;
    uint64_t counts[58 * HISTOGRAM_STEPS];
};

void histogram_clear(struct histogram *);
void histogram_add(struct histogram *, uint64_t value);
/* The value that `share` (0 to 1) of all do not exceed; 0 when there is none. */
uint64_t histogram_at(const struct histogram *, double share);
/* "NAME":{"count":…,"p50":…,"p99":…,"p999":…,"max":…}: nanoseconds in, microseconds out. */
void histogram_print(const struct histogram *, const char *name);

#endif
