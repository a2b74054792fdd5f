/* grant.h: what may be asked of time, and what a grant does to the clocks: extend, park, suspend; and how what was halted
 * goes on. The table in ask.c says which is which. */
#ifndef CORE_GRANT_H
#define CORE_GRANT_H

#include "broker/core/incident.h"

/* Whether it may be asked now; else refuses and says what would be possible. */
bool grant_may_extend(struct draft *, const struct ask *);
bool grant_may_park(struct draft *, const struct ask *);
bool grant_may_suspend(struct draft *, const struct ask *);

/* Does it; false when it is not possible any more, and refused. */
bool grant_extend(struct acting *, struct ask *);
bool grant_park(struct acting *, struct ask *);
bool grant_suspend(struct acting *, struct ask *);

/* A parked incident is open again, a suspended task is what it was; their clocks go on with what was left. */
void grant_unpark(struct draft *);
void grant_unsuspend(struct draft *, uint32_t task);

#endif
