#include "workers/link.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "workers/pace.h"

#define QUEUE_MESSAGES 4096
#define LINGER_MS      500
#define AGAIN_MS       2000

static void set_int(void *socket, int option, int value)
{
    ASSERT(zmq_setsockopt(socket, option, &value, sizeof(value)) == 0);
}

static void set_options(void *socket)
{
    set_int(socket, ZMQ_LINGER, LINGER_MS);
    set_int(socket, ZMQ_SNDHWM, QUEUE_MESSAGES);
    set_int(socket, ZMQ_RCVHWM, QUEUE_MESSAGES);
    set_int(socket, ZMQ_IMMEDIATE, 1); /* nothing is queued for a broker that is not there: hello must come first */
    set_int(socket, ZMQ_RECONNECT_IVL, 100);
    set_int(socket, ZMQ_RECONNECT_IVL_MAX, 3000);
    set_int(socket, ZMQ_HANDSHAKE_IVL, 5000);
    set_int(socket, ZMQ_CONNECT_TIMEOUT, 5000);
    set_int(socket, ZMQ_HEARTBEAT_IVL, 5000);
    set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, 15000);
    set_int(socket, ZMQ_HEARTBEAT_TTL, 15000);
    int64_t frame_max = 64 * (int64_t)FRAME_MAX_BYTES; /* a page of an answer is longer than what we may send */
    ASSERT(zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) == 0);
}

static int set_keys(void *socket, const struct address *address)
{
    if (!address->curve)
        return 0;
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, address->server_key, KEY_TEXT_BYTES) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, address->public_key, KEY_TEXT_BYTES) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, address->secret_key, KEY_TEXT_BYTES) != 0)
        return -zmq_errno();
    return 0;
}

/* The monitor's name is unique within the context, which is ours alone. */
static int open_monitor(struct link *link)
{
    const char *name = "inproc://monitor";
    int events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    if (zmq_socket_monitor(link->socket, name, events) != 0)
        return -zmq_errno();
    link->monitor = zmq_socket(link->context, ZMQ_PAIR);
    if (!link->monitor)
        return -zmq_errno();
    set_int(link->monitor, ZMQ_LINGER, 0);
    return zmq_connect(link->monitor, name) == 0 ? 0 : -zmq_errno();
}

int link_open(struct link *link, const struct address *address)
{
    size_t size = sizeof(link->fd);
    *link = (struct link){.fd = -1};
    zmq_msg_init(&link->frame);
    link->context = zmq_ctx_new();
    if (!link->context)
        return -zmq_errno();
    /* Where processors are few, this thread and the broker's would push each other aside at every few messages. */
    if (sched_getscheduler(0) == SCHED_OTHER) /* libzmq does not bear a class that may not be changed to this */
        zmq_ctx_set(link->context, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH);
    link->socket = zmq_socket(link->context, ZMQ_DEALER);
    if (!link->socket)
        return -zmq_errno();
    set_options(link->socket);
    int error = set_keys(link->socket, address);
    if (!error)
        error = open_monitor(link);
    if (error)
        return error;
    snprintf(link->endpoint, sizeof(link->endpoint), "%s", address->endpoint);
    if (zmq_connect(link->socket, link->endpoint) != 0)
        return -zmq_errno();
    ASSERT(zmq_getsockopt(link->socket, ZMQ_FD, &link->fd, &size) == 0);
    return 0;
}

void link_close(struct link *link)
{
    if (link->monitor) {
        zmq_socket_monitor(link->socket, NULL, 0);
        zmq_close(link->monitor);
    }
    if (link->socket)
        zmq_close(link->socket);
    zmq_msg_close(&link->frame);
    if (link->context)
        zmq_ctx_term(link->context);
}

bool link_send(struct link *link, const void *frame, size_t size_bytes)
{
    if (zmq_send(link->socket, frame, size_bytes, ZMQ_DONTWAIT) < 0)
        return false;
    link->said_ms = pace_now_ms();
    return true;
}

/* Further parts of a message that has any are dropped: ours have one. */
bool link_receive(struct link *link)
{
    if (zmq_msg_recv(&link->frame, link->socket, ZMQ_DONTWAIT) < 0)
        return false;
    link->heard_ms = pace_now_ms();
    zmq_msg_t rest;
    zmq_msg_init(&rest);
    bool more = zmq_msg_more(&link->frame);
    while (more && zmq_msg_recv(&rest, link->socket, ZMQ_DONTWAIT) >= 0)
        more = zmq_msg_more(&rest);
    zmq_msg_close(&rest);
    return true;
}

bool link_readable(const struct link *link)
{
    int events = 0;
    size_t size = sizeof(events);
    return zmq_getsockopt(link->socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

/* libzmq does not reconnect after a handshake that both sides understood and one refused; but our key may be let in by
 * the broker's next reload. */
static void connect_again(struct link *link)
{
    if (!link->again_ms || pace_now_ms() < link->again_ms)
        return;
    link->again_ms = 0;
    zmq_disconnect(link->socket, link->endpoint); /* what is left of it, if anything */
    ASSERT(zmq_connect(link->socket, link->endpoint) == 0);
}

/* A monitor's message: event number and value in one frame, the address in the next. */
enum link_event link_watch(struct link *link)
{
    uint8_t part[256];
    uint16_t event = 0;
    int size = zmq_recv(link->monitor, part, sizeof(part), ZMQ_DONTWAIT);
    if (size < (int)sizeof(event)) {
        connect_again(link);
        return LINK_QUIET;
    }
    memcpy(&event, part, sizeof(event));
    zmq_recv(link->monitor, part, sizeof(part), ZMQ_DONTWAIT);
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return LINK_UP;
    case ZMQ_EVENT_DISCONNECTED:
        return LINK_LOST;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        link->again_ms = pace_now_ms() + pace_jittered(AGAIN_MS);
        return LINK_REFUSED;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        link->again_ms = pace_now_ms() + pace_jittered(AGAIN_MS);
        return LINK_FAILED;
    default:
        return LINK_FAILED;
    }
}
