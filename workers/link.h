/* link.h: the client's ZeroMQ socket and the monitor that tells of its connections. The only part of workers/ that knows
 * ZeroMQ, but for keys. */
#ifndef WORKERS_LINK_H
#define WORKERS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "workers/address.h"

struct link {
    void *context, *socket, *monitor;
    int fd;
    int64_t said_ms, heard_ms; /* monotonic, of the last frame out and in */
    int64_t again_ms;          /* when to connect anew; 0: libzmq sees to it */
    char endpoint[256];
    zmq_msg_t frame; /* the one last received */
};

enum link_event {
    LINK_QUIET,   /* nothing new */
    LINK_UP,      /* a connection was made */
    LINK_LOST,    /* it is gone; another is on its way */
    LINK_REFUSED, /* the broker refuses our key or user */
    LINK_FAILED   /* the handshake failed otherwise */
};

/* 0, or -errno; link_close in either case. */
int link_open(struct link *, const struct address *);
/* Waits at most half a second for what is still to be sent. */
void link_close(struct link *);
/* Never waits. False when there is no connection, or no room. */
bool link_send(struct link *, const void *frame, size_t size_bytes);
/* The next frame into link->frame; false when there is none. */
bool link_receive(struct link *);
bool link_readable(const struct link *);
/* What has happened to the connection; call until LINK_QUIET, now and then: it connects anew where libzmq gave up. */
enum link_event link_watch(struct link *);

#endif
