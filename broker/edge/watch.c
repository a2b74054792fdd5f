#include "broker/edge/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "broker/base/panic.h"

#define WATCHED                                                                                                        \
    (ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |                              \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

struct watch {
    void *watched, *events;
    size_t socket_index;
};

struct watch *watch_new(void *zmq_context, void *zmq_socket_watched, size_t socket_index)
{
    char address[64];
    snprintf(address, sizeof(address), "inproc://watch-%zu", socket_index);
    void *events = zmq_socket(zmq_context, ZMQ_PAIR);
    if (!events)
        return NULL;
    /* No limit: ZeroMQ's only I/O thread would block on a full queue. Descriptors bound what comes between two drains. */
    int none = 0;
    zmq_setsockopt(events, ZMQ_RCVHWM, &none, sizeof(none));
    zmq_setsockopt(events, ZMQ_LINGER, &none, sizeof(none));
    if (zmq_socket_monitor(zmq_socket_watched, address, WATCHED) != 0 || zmq_connect(events, address) != 0) {
        int cause = errno;
        zmq_socket_monitor(zmq_socket_watched, NULL, 0);
        zmq_close(events);
        errno = cause;
        return NULL;
    }
    struct watch *watch = malloc(sizeof(*watch));
    ASSERT(watch);
    *watch = (struct watch){zmq_socket_watched, events, socket_index};
    return watch;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    zmq_socket_monitor(watch->watched, NULL, 0); /* first: a monitor without a reader would block the I/O thread */
    zmq_close(watch->events);
    free(watch);
}

int watch_fd(const struct watch *watch)
{
    int fd = -1;
    size_t size = sizeof(fd);
    ASSERT(zmq_getsockopt(watch->events, ZMQ_FD, &fd, &size) == 0);
    return fd;
}

static void take(const struct watch *watch, uint16_t event, int value, struct sessions *sessions,
                 struct gate_counts *counts)
{
    switch (event) {
    case ZMQ_EVENT_ACCEPTED:
        counts->connections++;
        sessions_accepted(sessions, watch->socket_index, value);
        break;
    case ZMQ_EVENT_DISCONNECTED:
        counts->connections--;
        sessions_disconnected(sessions, watch->socket_index, value);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        counts->handshake_failed++;
        break;
    }
}

/* An event is two frames: number and value packed together, then the socket's address. */
void watch_drain(struct watch *watch, struct sessions *sessions, struct gate_counts *counts)
{
    uint8_t packed[6];
    char address[1];
    while (zmq_recv(watch->events, packed, sizeof(packed), ZMQ_DONTWAIT) == (int)sizeof(packed)) {
        uint16_t event;
        int32_t value;
        memcpy(&event, packed, sizeof(event));
        memcpy(&value, packed + sizeof(event), sizeof(value));
        zmq_recv(watch->events, address, sizeof(address), ZMQ_DONTWAIT);
        take(watch, event, value, sessions, counts);
    }
}
