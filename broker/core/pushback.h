/* pushback.h: returns 退单. A return is asked by the unit and decided against a clock of the centre: upheld by a transfer (it
 * was misdirected 错派), refused by a release. A second return of the same task, and a transfer back to whoever returned it,
 * are arbitration 仲裁: the duty chief's, and when its time is up the fallback owner's 属地兜底. */
#ifndef CORE_PUSHBACK_H
#define CORE_PUSHBACK_H

#include "broker/core/incident.h"

/* Whether the unit may return its task for this reason; else refuses. */
bool pushback_may_return(struct draft *, const struct task *, const char *reason);
/* It has: what it asks is on the list, and the centre's clock runs. */
void pushback_returned(struct draft *, const struct task *, const char *person);

/* Whether the asker may give the task to this unit (NULL: back to its own); else refuses. */
bool pushback_may_rule(struct acting *, const struct task *, const struct unit *to);
/* The open return of the task is decided; without one, nothing. Before the task changes hands. */
void pushback_rule(struct draft *, const struct task *, bool upheld, const char *by, const char *person);

/* The clock of arbitration has run out: what is arbitrated goes to its fallback owner, where the city names one. */
void pushback_fall_back(struct step *, const struct live *);

#endif
