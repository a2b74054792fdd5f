/* special.h: special periods (特殊时段): while one is in force the incidents it holds for have its clocks where they are
 * stricter, and its ladder; quiet hours are void, and duties that are for such a time are done. An incident's head names the
 * one it is in; one that begins or ends while its clocks run switches it, by a record. */
#ifndef CORE_SPECIAL_H
#define CORE_SPECIAL_H

#include "broker/core/draft.h"
#include "broker/core/routine.h"

/* The first that holds for such an incident at an instant. NULL: none. */
const struct special *special_at(const struct policy *, const struct type *, const struct area *, int64_t at_ms);
/* Whether one of that name is in force, whatever it holds for. */
bool special_in_force(const struct core *, const struct special *);
/* The same, and it holds for the whole of an area; or for some of it. */
bool special_covers(const struct core *, const struct special *, const struct area *);
bool special_touches(const struct core *, const struct special *, const struct area *);
/* The name of the profile whose limits it puts in. "": none. */
const char *special_clocks(const struct special *);
/* The draft's head is of another type now. */
void special_choose(struct draft *);
/* One began or ended since the incident was looked at last: a record of what that changes. False when nothing is changed. */
bool special_switch(struct step *, const struct live *);

/* Their rows, as routine.h's: when one is due it begins or ends, and a sweep looks at every incident. */
void special_due(struct step *, const struct live_side *);
bool special_reckon(struct sweep *, size_t at);

#endif
