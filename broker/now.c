#include "broker/now.h"

#include <time.h>

#include "broker/base/limits.h"

#define MOMENT_NS 20000000 /* two reads of clocks take no longer, unless the machine slept */

static int64_t read_ns(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* Both clocks at one moment. Who is put to sleep between the two reads would take his sleep for a step of the wall. */
struct moment {
    int64_t boot_ns, wall_ms;
};

static struct moment look(void)
{
    struct moment at;
    do {
        at.boot_ns = read_ns(CLOCK_BOOTTIME);
        at.wall_ms = read_ns(CLOCK_REALTIME) / 1000000;
    } while (read_ns(CLOCK_BOOTTIME) - at.boot_ns > MOMENT_NS);
    return at;
}

void now_start(struct now *now, const struct now_before *before, double speed)
{
    struct moment at = look();
    int64_t known_ms = before->accept_wall ? 0 : before->off_ms, there_ms = at.wall_ms - known_ms;
    *now = (struct now){.speed = speed, .boot_ns = at.boot_ns, .drift_ms = known_ms, .slew_seen_ns = at.boot_ns};
    now->start_ms = there_ms > before->last_ms ? there_ms : before->last_ms;
    now->last_ms = now->start_ms;
    if (before->accept_wall)
        now->slew_ms = there_ms - now->start_ms;
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

static int64_t now_at(struct now *now, int64_t boot_ns)
{
    slew(now, boot_ns);
    int64_t at = now->start_ms + now->slewed_ms + (int64_t)((double)(boot_ns - now->boot_ns) * now->speed / 1e6);
    if (at > now->last_ms)
        now->last_ms = at;
    return now->last_ms;
}

int64_t now_ms(struct now *now)
{
    return now_at(now, read_ns(CLOCK_BOOTTIME));
}

int64_t now_step(struct now *now)
{
    if (now->speed != 1)
        return 0;
    struct moment at = look();
    int64_t step = at.wall_ms - (now_at(now, at.boot_ns) + now->slew_ms + now->drift_ms);
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
