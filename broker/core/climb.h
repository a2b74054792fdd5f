/* climb.h: what a clock climbs: warnings at fractions of the budget, breach at all of it, then one level up per step, along
 * the area line (块), the supervising line (条), or both. How far it has come is in the clock itself (`reached`), not in the
 * time that has passed: so pauses, extensions and ladders that are edited meanwhile lose or double no rung. A step of
 * `budget` is in the clock's own time; a written one is natural, or working time where it says so. */
#ifndef CORE_CLIMB_H
#define CORE_CLIMB_H

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
/* The ladder of what is of a type now, "" when the policy has none; of an unknown type (NULL) the default one. */
const char *climb_ladder_named(const struct policy *, const struct type *);

/* How a clock of this kind and calendar is counted. */
struct pace climb_pace(const struct climb *, enum clock_kind, enum calendar);
/* The ladder that a clock of this kind climbs. NULL: none. */
const struct ladder *climb_ladder(const struct climb *, enum clock_kind);
/* Who is so many levels above where a clock stands, on each line. NULL: nobody there. */
const struct area *climb_area_up(const struct climb *, const struct clock *, int64_t n);
const struct unit *climb_unit_up(const struct climb *, const struct clock *, int64_t n);

/* How far a clock has come: a warning is its fraction of the budget in ten-thousandths, what is above is breach, and one
 * more for each level up. Of a clock that an earlier build kept it follows from the rungs counted. */
#define REACHED_BREACH 10000
uint32_t climb_reached(const struct climb *, const struct clock *);
/* How many levels above breach that is. */
uint32_t climb_ups(uint32_t reached);
/* What it reaches with its next rung, and how much of the budget is used then; -1 when nobody is there to be told. */
uint32_t climb_next(const struct climb *, const struct clock *, int64_t *used_ms);

/* Sets when a running clock's next rung fires: the first that it has not reached, which may be an instant that is past. */
void clock_arm(struct clock *, const struct climb *);
/* The same for one that was given more time: a warning that has fired does not fire again, and the new deadline has a
 * breach of its own. */
void clock_arm_extended(struct clock *, const struct climb *);

#endif
