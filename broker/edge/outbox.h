/* outbox.h: what is to be sent, held until everything decided before it is durable, then sent in order. A message that
 * meets a full queue waits (bounded per peer) and is tried again; a dead peer's are dropped: retry, redelivery and
 * recomputation make every one of them harmless to lose. */
#ifndef EDGE_OUTBOX_H
#define EDGE_OUTBOX_H

#include "broker/edge/gate.h"

struct outbox;

struct outbox *outbox_new(struct gate *);
void outbox_free(struct outbox *);
/* Encodes at once (so the message may live in the turn's arena); sent by the next release. */
void outbox_put(struct outbox *, uint64_t peer, const struct message *);
/* After the commit. Sends what is held and what waited. */
void outbox_release(struct outbox *);
/* Messages waiting for room now; the loop tries again on its next pass. */
size_t outbox_waiting(const struct outbox *);
uint64_t outbox_dropped(const struct outbox *);

#endif
