#include "workers/pace.h"

#include <sys/random.h>
#include <time.h>

int64_t pace_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t pace_random(void)
{
    uint64_t value = 0;
    if (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
        value = (uint64_t)pace_now_ms() * 0x9e3779b97f4a7c15u;
    return value;
}

int pace_jittered(int pause_ms)
{
    return pause_ms * 3 / 4 + (int)(pace_random() % (uint64_t)(pause_ms / 2 + 1));
}

int pace_doubled(int pause_ms, int most_ms)
{
    return pause_ms > most_ms / 2 ? most_ms : pause_ms * 2;
}
