#include "bench/histogram.h"

#include <stdio.h>
#include <string.h>

#define LOWEST_BITS 7 /* of HISTOGRAM_STEPS */

void histogram_clear(struct histogram *h)
{
    memset(h, 0, sizeof(*h));
}

/* Below 128 every value has its own place; above, the seven bits that follow the first one. */
static unsigned place_of(uint64_t value)
{
    if (value < HISTOGRAM_STEPS)
        return (unsigned)value;
    unsigned above = 63 - (unsigned)__builtin_clzll(value) - LOWEST_BITS;
    return (above + 1) * HISTOGRAM_STEPS + (unsigned)((value >> above) & (HISTOGRAM_STEPS - 1));
}

static uint64_t highest_of(unsigned place)
{
    if (place < HISTOGRAM_STEPS)
        return place;
    unsigned above = place / HISTOGRAM_STEPS - 1;
    return ((uint64_t)(HISTOGRAM_STEPS + place % HISTOGRAM_STEPS + 1) << above) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
    h->count++;
    h->max = value > h->max ? value : h->max;
    h->counts[place_of(value)]++;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)h->count + 0.5), seen = 0;
    for (unsigned i = 0; h->count && i < sizeof(h->counts) / sizeof(*h->counts); i++)
        if ((seen += h->counts[i]) >= wanted && seen)
            return highest_of(i) < h->max ? highest_of(i) : h->max;
    return 0;
}

void histogram_print(const struct histogram *h, const char *name)
{
    printf("\"%s\":{\"count\":%llu,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}", name,
           (unsigned long long)h->count, (double)histogram_at(h, 0.5) / 1e3, (double)histogram_at(h, 0.99) / 1e3,
           (double)histogram_at(h, 0.999) / 1e3, (double)h->max / 1e3);
}
