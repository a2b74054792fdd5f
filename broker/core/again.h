/* again.h: what is done once more: rework after a failed verification, a closed incident reopened. Each so often by
 * itself; then it takes the duty chief. */
#ifndef CORE_AGAIN_H
#define CORE_AGAIN_H

#include "broker/core/incident.h"

/* What a failed verification does. False: refused. */
bool again_rework(struct acting *);
/* By the broker: an incident whose reporter says that it is not solved. */
void again_unsolved(struct step *, const struct live *);
/* The same, of one that was kept closed by an ask that nobody decided in time. */
void again_undecided(struct step *, const struct live *, uint32_t ask);
/* Whether a report of the same thing opens it again, where a rule says so: what was said to be mended, and not too often. */
bool again_recurs(const struct policy *, const struct incident *);
/* By the broker: it was reported once more. */
void again_recurred(struct step *, const struct live *);
/* By the broker: one that was closed as planned, at its date. It was to be opened again: that is not counted. */
void again_planned(struct step *, const struct live *);
/* Reopened so often that nobody but the duty chief may dispatch or end it; else refuses. */
bool again_permitted(struct acting *);

bool act_reopen(struct acting *);

#endif
