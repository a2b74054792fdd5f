/* ladder.h: the rungs of a clock: warnings at fractions of the budget, breach at all of it, then one level up per step,
 * along the area line (块), the supervising line (条), or both. A rung is known by how much of the budget is used when it
 * fires, so pauses and reloads lose or double none. A step of `budget` is in the clock's own time; a written one is
 * natural, or working time where it says so. */
#ifndef CORE_LADDER_H
#define CORE_LADDER_H

#include "broker/core/clock.h"
#include "broker/core/exclusion.h"
#include "broker/core/step.h"

/* By what the clocks of an incident are counted, and what they climb. */
struct climb {
    const struct policy *policy;
    const struct type *type;       /* in force; NULL: unknown */
    const struct ladder *ladder;   /* NULL: breach only */
    const struct special *special; /* the special period it is in; NULL: none */
    struct exclusion exclusion;
    /* Where the incident belongs, or the first above who may know of it; NULL: nowhere, nothing to climb beyond breach. */
    const struct area *area;
    const struct area *at; /* of the level that it was reported up to, or sent down; NULL: the area's own */
    /* The unit of a task, of 0 the lead's: of a draft or a live incident. NULL: not known, and only areas are climbed. */
    const char *(*unit_of)(const void *of, uint32_t task);
    const void *of;
};
struct climb climb_of(const struct policy *, const struct incident *);
struct climb climb_of_live(const struct policy *, const struct live *);

/* How a clock of this kind and calendar is counted. */
struct pace climb_pace(const struct climb *, enum clock_kind, enum calendar);

/* Sets when a running clock's next rung fires: the first beyond used_ms of the budget (-1: the first of all). */
void clock_arm(struct clock *, const struct climb *, int64_t used_ms);
/* The same for one that was resumed: a warning that has fired does not fire again, though by another calendar less of the
 * budget may be used now. */
void clock_arm_resumed(struct clock *, const struct climb *);
/* The same again for a running clock whose due was reckoned anew: what has fired stands, and does not fire again. */
void clock_rearm(struct clock *, const struct climb *, const struct clock *before);
/* The same for a running clock that was given more time: a warning that has fired does not fire again, and the new deadline
 * has a breach of its own. */
void clock_arm_extended(struct clock *, const struct climb *);
/* For a running clock whose ladder is another from now on: what has fired stands, and the level that it has climbed to. */
void clock_switch(struct clock *, const struct climb *to, const struct climb *from);
/* Fires the earliest rung of the incident that is due by now. False when none is. */
bool ladder_fire(struct step *, const struct live *);
/* Reckons the incident's clocks if a change of calendars asks for it, and fires all its rungs that are due: before
 * anything is decided of its clocks. */
void ladder_catch_up(struct step *, const struct live *);
/* To whom a rung goes that was not told when it fired: as it is now. */
void ladder_address(const struct step *, const struct live *, struct rung *);
/* Whether an instant lies within the broker's last downtime. */
bool ladder_in_downtime(const struct core *, int64_t due_ms);
/* How many levels above breach a clock has climbed. */
uint32_t ladder_ups(const struct climb *, const struct clock *);

#endif
