/* outbox.h: what is to be sent, held until everything decided before it is durable, then sent in order. A message that
 * meets a full queue waits, in order, and is tried again; a dead peer's are dropped, and so are the newest beyond
 * OUTBOX_PEER_MAX of a peer that takes nothing. Every one of them is harmless to lose: a reply is asked for again and
 * then comes from the dedup map, a delivery is offered anew when its silent holder loses the lease, a feed goes on from
 * its cursor. */
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
/* Exchanges what is held with what was set aside: while a turn's commit is under way, the next one puts its own. */
void outbox_exchange(struct outbox *);
/* Messages put since the last release, what is set aside not counted. */
size_t outbox_held(const struct outbox *);
/* Messages waiting for room now; the loop tries again on its next pass (room wakes a descriptor of gate_fds). */
size_t outbox_waiting(const struct outbox *);
/* Whether this peer has not taken all it was sent: what can be made later (pages, a feed) need not be made now. */
bool outbox_waits(const struct outbox *, uint64_t peer);
/* How often a peer that did not take all has taken it after all. */
uint64_t outbox_caught_up(const struct outbox *);
uint64_t outbox_dropped(const struct outbox *);

#endif
