/* claim.h: so that two dispatchers do not work one incident: whoever claims it is alone in dispatching and ending it, until
 * it is given up, or left alone for a while, or taken over by the duty chief. Behind one pointer of the head: of the others
 * there is nothing to look at. */
#ifndef CORE_CLAIM_H
#define CORE_CLAIM_H

#include "broker/core/incident.h"

bool act_claim(struct acting *);
bool act_unclaim(struct acting *);
/* Whether nobody else has claimed it; else refuses, and says who and since when. */
bool claim_permits(struct step *, const struct act *, const struct incident *);
/* After an act: one's own claim lasts anew; one that has run out is forgotten. */
void claim_renew(struct draft *, const struct act *);
/* It is over. */
void claim_drop(struct draft *);

/* Of a row. NULL for NULL. */
const struct claim *claim_own(const struct claim *);
void claim_disown(const struct claim *);
/* A copy that lives as long as the arena. NULL for NULL. */
const struct claim *claim_lend(struct arena *, const struct claim *);

#endif
