/* somebody.h: "somebody else": who dispatched or handled, and anyone of the handling unit, may not verify, close or
 * decide. One rule for whatever needs a second person. */
#ifndef CORE_SOMEBODY_H
#define CORE_SOMEBODY_H

#include "broker/core/incident.h"

/* Another person; where persons are not named, another principal. "" is nobody. */
bool somebody_same(const char *principal, const char *person, const char *other_principal, const char *other_person);
/* Whether the asker had no hand in the incident; else refuses and names the task. */
bool somebody_else(struct acting *);

/* Before a task's speaker changes: the one before is remembered. False: too many are, and it is refused. */
bool somebody_speaks(struct draft *, const struct task *, const char *principal, const char *person);
/* The asker gives the task to a unit. The same. */
bool somebody_dispatches(struct acting *, uint32_t task);

#endif
