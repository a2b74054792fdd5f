/* ladder.h: the rungs of a clock fire, each once: who is told, and when nobody is to be disturbed. */
#ifndef CORE_LADDER_H
#define CORE_LADDER_H

#include "broker/core/climb.h"

/* Fires the earliest rung of the incident that is due by now. False when none is. */
bool ladder_fire(struct step *, const struct live *);
/* Reckons the incident's clocks if a change of calendars asks for it, and fires all its rungs that are due: before
 * anything is decided of its clocks. */
void ladder_catch_up(struct step *, const struct live *);
/* To whom a rung goes that was not told when it fired: as it is now. */
void ladder_address(const struct step *, const struct live *, struct rung *);
/* Whether an instant lies within the broker's last downtime. */
bool ladder_in_downtime(const struct core *, int64_t due_ms);

#endif
