/* oversight.h: what only an incident under somebody's eye has (催办, 督办), behind one pointer of its head: copies of it as
 * a row owns it, and as a decision lends it. */
#ifndef CORE_OVERSIGHT_H
#define CORE_OVERSIGHT_H

#include "broker/core/state.h"

/* Never NULL: of most incidents there is nothing to say. */
const struct oversight *oversight_of(const struct incident *);
/* When something of it is due; 0: nothing. */
int64_t oversight_next_ms(const struct incident *);
/* 督办: under supervision, and not over. */
bool oversight_supervised(const struct incident *);

/* Of a row: its names interned. NULL for NULL. */
const struct oversight *oversight_own(struct core *, const struct oversight *);
void oversight_disown(const struct oversight *);
/* A copy that lives as long as the arena. NULL for NULL. */
const struct oversight *oversight_lend(struct arena *, const struct oversight *);

#endif
