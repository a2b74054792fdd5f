/* now.h: the broker's time: wall time at start plus CLOCK_BOOTTIME since, times the speed of an exercise. It never goes
 * back. Wall steps are noticed, not obeyed (ARCHITECTURE: rule 7). */
#ifndef BROKER_NOW_H
#define BROKER_NOW_H

#include <stdbool.h>
#include <stdint.h>

struct now {
    int64_t start_ms;  /* broker's time at the start */
    int64_t boot_ns;   /* CLOCK_BOOTTIME at the start */
    int64_t drift_ms;  /* wall less broker's time that is known and not being slewed away */
    int64_t slewed_ms; /* already added to the broker's time */
    int64_t slew_ms;   /* still to be added, at most 5 % of the time that passes */
    int64_t last_ms;
    int64_t slew_seen_ns;
    double speed;
};

/* What the store knows of the time. */
struct now_before {
    int64_t last_ms;  /* of the last record; 0: none */
    int64_t off_ms;   /* steps of the wall that no operator has accepted */
    bool accept_wall; /* now one has */
};

/* Starts at the larger of the last record and the wall less what is not accepted. A wall that is behind that is noticed as a
 * step, unless it is accepted: then the broker's time is slewed to it. */
void now_start(struct now *, const struct now_before *, double speed);
int64_t now_ms(struct now *);
/* The wall step since last asked, when beyond STEP_NOTICE_MS: below STEP_SLEW_MS it will be slewed away, above it the
 * broker's time stays as it is. 0: none. Always 0 in an exercise that runs faster than life. */
int64_t now_step(struct now *);
/* Real monotonic milliseconds, for sessions and budgets. */
int64_t now_mono_ms(void);
int64_t now_mono_us(void);

#endif
