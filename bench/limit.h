/* limit.h: what the programs that measure a limit do alike: repeat something for some seconds, and print one line. */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/histogram.h"

static inline double limit_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline double limit_cpu_s(void)
{
    double sum = 0;
    for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
        struct rusage used;
        getrusage(who, &used);
        sum += (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    }
    return sum;
}

_Noreturn static inline void limit_fail(const char *what)
{
    perror(what);
    exit(1);
}

/* `each` is the number of events in one of the times. */
static inline void limit_print(const char *what, const struct histogram *times, double each, double seconds)
{
    double events = (double)times->count * each;
    printf("{\"limit\":\"%s\",\"group\":%.0f,\"per_second\":%.1f,\"cpu_us\":%.3f,", what, each, events / seconds,
           limit_cpu_s() / events * 1e6);
    histogram_print(times, "each_us");
    printf("}\n");
}

#endif
