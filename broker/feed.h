/* feed.h: the trail as a feed: subscribe, then records by cursor and credit, filtered by what the reader may see. */
#ifndef BROKER_FEED_H
#define BROKER_FEED_H

#include "broker/turn.h"

/* A reader begins, or moves, its feed; a bad cursor is refused. */
void feed_subscribe(struct turn *, const struct gate_input *);
/* Serves subscribed feeds that have credit, after the commit; true when some are behind and want another turn. */
bool feed_serve(struct turn *);

#endif
