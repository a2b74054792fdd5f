#include "broker/now.h"

#include <time.h>

#include "broker/base/limits.h"

static int64_t read_ns(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static int64_t wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}

void now_start(struct now *now, int64_t last_ms, int64_t off_ms, double speed)
{
    int64_t wall = wall_ms();
    *now = (struct now){.speed = speed, .boot_ns = read_ns(CLOCK_BOOTTIME)};
    now->start_ms = wall - off_ms > last_ms ? wall - off_ms : last_ms;
    now->drift_ms = wall - now->start_ms;
    now->last_ms = now->start_ms;
    now->slew_seen_ns = now->boot_ns;
}

/* Moves what is left of a step into the broker's time, a twentieth of the time that passed at most: so it never
 * stands still and never jumps. */
static void slew(struct now *now, int64_t boot_ns)
{
    int64_t room = (boot_ns - now->slew_seen_ns) / 1000000 / 20;
    if (!now->slew_ms) {
        now->slew_seen_ns = boot_ns;
        return;
    }
    if (room == 0)
        return;
    int64_t part = now->slew_ms > room ? room : now->slew_ms < -room ? -room : now->slew_ms;
    now->slewed_ms += part;
    now->slew_ms -= part;
    now->slew_seen_ns = boot_ns;
}

int64_t now_ms(struct now *now)
{
    int64_t boot_ns = read_ns(CLOCK_BOOTTIME);
    slew(now, boot_ns);
    int64_t at = now->start_ms + now->slewed_ms + (int64_t)((double)(boot_ns - now->boot_ns) * now->speed / 1e6);
    if (at > now->last_ms)
        now->last_ms = at;
    return now->last_ms;
}

int64_t now_step(struct now *now)
{
    if (now->speed != 1)
        return 0;
    int64_t expected = now_ms(now) + now->slew_ms + now->drift_ms;
    int64_t step = wall_ms() - expected;
    if (step <= STEP_NOTICE_MS && step >= -STEP_NOTICE_MS)
        return 0;
    if (step < STEP_SLEW_MS && step > -STEP_SLEW_MS)
        now->slew_ms += step;
    else
        now->drift_ms += step;
    return step;
}

int64_t now_mono_us(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000;
}

int64_t now_mono_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000;
}
