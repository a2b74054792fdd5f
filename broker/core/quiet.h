/* quiet.h: quiet hours (免打扰). A rung that fires within those of its ladder is on record at once, and what it tells is held
 * until they are over; then there is a record `told`, of each clock one, to whoever bears it by then. What is of the highest
 * severity or on the panic lane is never held. */
#ifndef CORE_QUIET_H
#define CORE_QUIET_H

#include "broker/core/ladder.h"

/* When the quiet is over; 0: it is not quiet. */
int64_t quiet_until(const struct hours *, int utc_offset_minutes, int64_t at_ms);
/* Until when a rung of the ladder that fires now is held; 0: it is told at once. */
int64_t quiet_for(const struct step *, const struct live *, const struct ladder *, const struct rung *);
/* It is held until then: in the draft, and so says the rung. */
void quiet_hold(struct draft *, struct rung *, int64_t until_ms);
/* Something is held and the quiet is over: tells one. False when nothing is. */
bool quiet_tell(struct step *, const struct live *);
/* It is over, and nobody needs to be told any more. */
void quiet_forget(struct draft *);

#endif
