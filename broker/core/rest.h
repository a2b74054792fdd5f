/* rest.h: most of what is open waits, for hours. What only waits, as the store has it, rests: packed, in a third of the
 * memory, with no more at hand than its places among the deadlines and in its unit's queue. It wakes when it is looked
 * for (live_find), and rests again at the end of the turn unless something happened to it. Not a state: a row says the
 * same either way. */
#ifndef CORE_REST_H
#define CORE_REST_H

#include "broker/core/state.h"

/* What the index has is either awake or resting. */
bool rest_is(const void *thing);
uint64_t rest_incident(const void *resting);
/* It rests if there is nothing else to it; true: the row is gone. */
bool rest_begin(struct core *, struct live *);
/* Its row again. */
struct live *rest_end(struct core *, void *resting);
/* A view, as live_row's. */
void rest_row(const struct core *, const void *resting, struct arena *, struct row *);
/* Its clocks alone, at most CLOCKS_MAX. How many there are. */
size_t rest_clocks(const struct core *, const void *resting, struct clock *);
void rest_free(void *resting);

#endif
