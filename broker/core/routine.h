/* routine.h: what time and a change of rules bring to rows beside incidents: absences, duties, area levels. */
#ifndef CORE_ROUTINE_H
#define CORE_ROUTINE_H

#include "broker/core/side.h"
#include "broker/core/step.h"

/* The row that is due first, if it is due: one decision. False when none is. */
bool routine_fire(struct step *);
/* Forgets a row. */
void routine_forget(struct step *, const struct side *);

/* --- after a start, or a change of rules: a sweep, a few rows a turn, as reckon.h's --- */

void routine_begin(struct core *);
bool routine_under_way(const struct core *);
/* The sweep goes on, with at most so many records. */
void routine_tick(struct step *, size_t records_left);

/* One turn of the sweep: rows that are set are recorded several at a time. */
struct sweep {
    struct step *step;
    struct side sides[RECORD_SIDES_MAX];
    size_t count, records_left;
};
/* The row is to be so; with its texts in the turn's arena or the policy's. */
void sweep_set(struct sweep *, const struct side *);
/* The row, if there is one, belongs to the rules in force: at the end of the sweep the others are forgotten. After
 * sweep_set of it. */
void sweep_keep(struct sweep *, enum side_kind, const char *key);

#endif
