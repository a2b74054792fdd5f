/* The clocks that now.c reads: a world may lend its own time for them, and a wall clock that steps under the broker. All
 * others, and all of another world, are the machine's. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/world.h"

static const struct world *lent;

void clock_lend(const struct world *w)
{
    lent = w;
}

/* In place of the C library's. */
int clock_gettime(clockid_t id, struct timespec *at)
{
    if (!lent || (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME && id != CLOCK_MONOTONIC))
        return (int)syscall(SYS_clock_gettime, id, at);
    int64_t ms = lent->now_ms + (id == CLOCK_REALTIME ? lent->wall_off_ms : 0);
    *at = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    return 0;
}
