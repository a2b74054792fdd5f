/* absence.h: what must be heard of again and again (absences.yaml), and is not: 缺失. One row for each target of a rule;
 * an event moves its deadline, a deadline that passes opens an incident, once until it is heard of again. A row's number is 1 when it is absent since a time
 * at which the broker was down. */
#ifndef CORE_ABSENCE_H
#define CORE_ABSENCE_H

#include "broker/core/routine.h"

/* An event of this type in this area, either NULL when unknown, is about to be recorded: the rows that it resets go into
 * the record. */
void absence_heard(struct step *, struct record *, const struct event *, const struct type *, const struct area *);
/* One was not heard of in time. */
void absence_due(struct step *, const struct live_side *);
/* After a change of rules: one target (of all rules in order) as it should be. False when there are no more. */
bool absence_reckon(struct sweep *, size_t at);

#endif
