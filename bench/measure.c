#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LATENCIES_MAX 4000000

int64_t measure_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

void measure_begin(struct measure *m, size_t window, double seconds)
{
    *m = (struct measure){.window = window, .latency_max = LATENCIES_MAX};
    m->sent_us = calloc(window, sizeof(*m->sent_us));
    m->latency_us = calloc(LATENCIES_MAX, sizeof(*m->latency_us));
    if (!m->sent_us || !m->latency_us)
        abort();
    m->began_us = measure_now_us();
    m->ends_us = m->began_us + (int64_t)(seconds * 1e6);
}

int measure_room(const struct measure *m)
{
    return m->sent - m->answered < m->window && measure_now_us() < m->ends_us;
}

void measure_sent(struct measure *m)
{
    m->sent_us[m->sent++ % m->window] = measure_now_us();
}

void measure_answered(struct measure *m)
{
    if (m->answered < m->latency_max)
        m->latency_us[m->answered] = (uint32_t)(measure_now_us() - m->sent_us[m->answered % m->window]);
    m->answered++;
}

int measure_over(const struct measure *m)
{
    return m->answered == m->sent && measure_now_us() >= m->ends_us;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void measure_print(struct measure *m, const char *what)
{
    double seconds = (double)(measure_now_us() - m->began_us) / 1e6;
    size_t n = m->answered < m->latency_max ? m->answered : m->latency_max;
    qsort(m->latency_us, n, sizeof(*m->latency_us), by_value);
    printf("{\"what\":\"%s\",\"window\":%zu,\"answers\":%llu,\"seconds\":%.3f,\"per_second\":%.0f,\"p50_us\":%u,"
           "\"p99_us\":%u}\n",
           what, m->window, (unsigned long long)m->answered, seconds, (double)m->answered / seconds,
           n ? m->latency_us[n / 2] : 0, n ? m->latency_us[n * 99 / 100] : 0);
    free(m->sent_us);
    free(m->latency_us);
}
