/* watch.h: what happens to a socket's connections, by ZeroMQ's socket monitor: it alone tells of a peer that is gone,
 * of a handshake that failed, and how many are connected. */
#ifndef EDGE_WATCH_H
#define EDGE_WATCH_H

#include "broker/edge/gate.h"

struct watch;

/* NULL with errno set. socket_index is that of the session's socket. */
struct watch *watch_new(void *zmq_context, void *zmq_socket, size_t socket_index);
/* Before the socket is closed. */
void watch_free(struct watch *);
/* Wakes when there is something to drain. */
int watch_fd(const struct watch *);
/* Tells the sessions and adds to the counts. */
void watch_drain(struct watch *, struct sessions *, struct gate_counts *);

#endif
