/* exclude.h: whom an incident is about is said or corrected by the centre; what they have of it is taken from them. */
#ifndef CORE_EXCLUDE_H
#define CORE_EXCLUDE_H

#include "broker/core/incident.h"

bool act_exclude(struct acting *);
/* Whether the unit may be given a part of it; else refuses, and says who may. */
bool exclude_permits(struct step *, const struct incident *, const struct unit *);
/* Another policy is in force: whose a report may not be now loses it. */
void exclude_by_policy(struct step *);

#endif
