/* measure.h: what every benchmark here does alike: for some seconds keep k requests in flight, time each answer, and
 * print one line of JSON. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* One measurement: requests are answered in the order they were sent, or told apart by their number. */
struct measure {
    size_t window; /* requests in flight */
    int64_t began_us, ends_us;
    int64_t *sent_us; /* by request number modulo window */
    uint64_t sent, answered;
    uint32_t *latency_us; /* of each answer, up to latency_max */
    size_t latency_max;
};

int64_t measure_now_us(void);
/* Starts the time. Memory is freed by measure_print. */
void measure_begin(struct measure *, size_t window, double seconds);
/* Whether one more may be sent now. */
int measure_room(const struct measure *);
void measure_sent(struct measure *);
/* The answer to the oldest request that has none. */
void measure_answered(struct measure *);
/* Whether all that was sent is answered and the time is over. */
int measure_over(const struct measure *);
/* {"what":…,"window":…,"answers":…,"seconds":…,"per_second":…,"p50_us":…,"p99_us":…} */
void measure_print(struct measure *, const char *what);

#endif
