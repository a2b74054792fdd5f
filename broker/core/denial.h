/* denial.h: refusals of rights (codes 20 to 29; and guesses at what is not shown) on record: the first at once, further ones counted and recorded once a
 * minute per (principal, code), so that a flood of them cannot fill the journal. Beside state. */
#ifndef CORE_DENIAL_H
#define CORE_DENIAL_H

#include "broker/core/step.h"

/* Other codes are not counted. */
void denial_count(struct step *, const char *principal, enum refusal_code);
/* Records what was counted in minutes that are over. */
void denial_tick(struct step *);
/* When the oldest minute is over; INT64_MAX when none is open. */
int64_t denial_due(const struct core *);

#endif
