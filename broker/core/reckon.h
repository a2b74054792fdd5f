/* reckon.h: after a change of rules, the due and the next rung of every running clock again, from its ledger: a few
 * incidents a turn, and each before anything else is decided of its clocks. Reckoning twice changes nothing, so a sweep
 * that a crash cut short begins anew at the next start. */
#ifndef CORE_RECKON_H
#define CORE_RECKON_H

#include "broker/core/step.h"

/* The policy is another, or may be since this process began: a sweep over all that is live begins. */
void reckon_begin(struct core *);
bool reckon_under_way(const struct core *);
/* One incident, when the sweep has not come to it. Whether its clocks changed: then there is a record. */
bool reckon_incident(struct step *, const struct live *);
/* The sweep goes on, with at most so many records. */
void reckon_tick(struct step *, size_t records_left);

#endif
