/* ladder.h: the rungs of a clock: warnings at fractions of the budget, breach at all of it, then one area level up per
 * step. A rung is known by how much of the budget is used when it fires, so pauses and reloads lose or double none. */
#ifndef CORE_LADDER_H
#define CORE_LADDER_H

#include "broker/core/step.h"

/* What the clocks of an incident climb. */
struct climb {
    const struct ladder *ladder; /* NULL: breach only */
    const struct area *area;     /* where the incident belongs; NULL: nowhere, nothing to climb beyond breach */
};
struct climb climb_of(const struct policy *, const struct incident *);

/* Sets when a running clock's next rung fires: the first beyond used_ms of the budget (-1: the first of all). */
void clock_arm(struct clock *, const struct climb *, int64_t used_ms);
/* Fires the earliest rung of the incident that is due by now. False when none is. */
bool ladder_fire(struct step *, const struct live *);
/* Fires all rungs of the incident that are due: before any of its clocks is stopped. */
void ladder_catch_up(struct step *, const struct live *);
/* How many levels above breach a clock has climbed. */
uint32_t ladder_ups(const struct climb *, const struct clock *);

#endif
