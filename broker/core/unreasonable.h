/* unreasonable.h: 不合理诉求: what is wanted is not to be had. One person proposes it, of an incident that is open or with a
 * callback that says "not solved"; another, who had no hand in it, decides. */
#ifndef CORE_UNREASONABLE_H
#define CORE_UNREASONABLE_H

#include "broker/core/incident.h"

/* Whether it may be proposed: of an incident that could be closed, is none of danger, and by a person who is named. */
bool unreasonable_may_ask(struct draft *, const struct ask *);
/* With a callback: it stays closed until somebody else decides, for so long as the city says. */
bool unreasonable_propose(struct acting *);
/* An incident ends, explained; one that is closed stays so. False: refused. */
bool unreasonable_grant(struct acting *, struct ask *);
/* Whether the ask keeps a closed incident from opening again. */
bool unreasonable_waits(const struct draft *, const struct ask *);
/* After a decision: what was refused opens again, for its reporter says that it is not solved. */
void unreasonable_follow(struct acting *);
/* A closed incident's time is up: if nobody has decided it opens again. False: it waits for no decision. */
bool unreasonable_over(struct step *, const struct live *);

#endif
