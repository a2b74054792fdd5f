/* Three things can be lost on the way: a connection, a session the broker forgot, and a single answer. libzmq mends the
 * first (heartbeats, reconnection; the monitor tells us); hello mends the second; sending again under the same tag the
 * third. Everything the broker answers is idempotent, so sending again is always safe. */
#include "workers/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <zmq.h>

#include "broker/base/buffer.h"
#include "broker/base/limits.h"
#include "broker/base/map.h"
#include "broker/base/panic.h"
#include "workers/address.h"

#define TEND_MAX_MS     1000
#define RESEND_FIRST_MS 1000
#define RESEND_MAX_MS   15000
#define HELLO_FIRST_MS  1000
#define HELLO_MAX_MS    10000
#define INBOX_MAX       (2 * CREDIT_MAX)
#define QUEUE_MESSAGES  4096
#define LINGER_MS       500
#define NEVER           INT64_MAX

/* A message on its way: until it is sent, and, when it has an answer, until that is here. */
struct outgoing {
    struct outgoing *before, *after;
    uint64_t tag;
    bool answered; /* the broker answers this kind */
    bool too_long; /* to be refused here: ZeroMQ at the broker would end the connection over it */
    int64_t due_ms, until_ms;
    int backoff_ms;
    size_t size_bytes;
    uint8_t frame[];
};

/* A frame received while client_ask waited for another. */
struct kept {
    struct kept *after;
    zmq_msg_t frame;
};

struct client {
    void *context, *socket, *monitor;
    int fd;
    struct hello hello; /* texts owned */
    char endpoint;

    /* session */
    bool connected, greeted, hello_sent;
    uint64_t hello_tag, heartbeat_tag;
    int32_t holding;
    int64_t hello_due_ms, heard_ms, said_ms;
    int hello_backoff_ms;
    uint32_t greetings;
    struct welcome welcome;
    struct arena welcome_texts;
    char trouble[256];

    /* outgoing, in the order of sending; by tag when an answer is awaited */
    struct outgoing *ring; /* its head, which is no message */
    struct map by_tag;
    size_t outgoing_count, too_long_count;
    int64_t next_due_ms; /* not after the earliest due of the ring */
    uint64_t last_tag;
    struct buffer encoded;

    /* incoming */
    struct kept *inbox, **inbox_end;
    size_t inbox_count;
    zmq_msg_t frame; /* the one last received */
};

/* --- time and chance --- */

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t random_u64(void)
{
    uint64_t value = 0;
    if (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
        value = (uint64_t)mono_ms() * 0x9e3779b97f4a7c15u;
    return value;
}

/* Between three quarters and five quarters of it, so that clients of a restarted broker do not come in step. */
static int jittered(int delay_ms)
{
    return delay_ms * 3 / 4 + (int)(random_u64() % (uint64_t)(delay_ms / 2 + 1));
}

static int doubled(int delay_ms, int most_ms)
{
    return delay_ms > most_ms / 2 ? most_ms : delay_ms * 2;
}

/* --- the socket --- */

static void set_int(void *socket, int option, int value)
{
    ASSERT(zmq_setsockopt(socket, option, &value, sizeof(value)) == 0);
}

static void set_socket_options(void *socket)
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

/* The monitor tells of connections made and lost; its name is unique within the context, which is ours alone. */
static int open_monitor(struct client *client)
{
    const char *name = "inproc://monitor";
    int events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    if (zmq_socket_monitor(client->socket, name, events) != 0)
        return -zmq_errno();
    client->monitor = zmq_socket(client->context, ZMQ_PAIR);
    if (!client->monitor)
        return -zmq_errno();
    set_int(client->monitor, ZMQ_LINGER, 0);
    return zmq_connect(client->monitor, name) == 0 ? 0 : -zmq_errno();
}

static int open_socket(struct client *client, const struct address *address)
{
    size_t size = sizeof(client->fd);
    client->context = zmq_ctx_new();
    client->socket = client->context ? zmq_socket(client->context, ZMQ_DEALER) : NULL;
    if (!client->socket)
        return -zmq_errno();
    set_socket_options(client->socket);
    int error = set_keys(client->socket, address);
    if (!error)
        error = open_monitor(client);
    if (error)
        return error;
    if (zmq_connect(client->socket, address->endpoint) != 0)
        return -zmq_errno();
    ASSERT(zmq_getsockopt(client->socket, ZMQ_FD, &client->fd, &size) == 0);
    return 0;
}

/* 0; -EAGAIN when there is no connection or no room now. */
static int send_frame(struct client *client, const void *frame, size_t size_bytes)
{
    if (zmq_send(client->socket, frame, size_bytes, ZMQ_DONTWAIT) < 0)
        return -EAGAIN;
    client->said_ms = mono_ms();
    return 0;
}

static bool has_answer(enum message_kind kind)
{
    return kind == MESSAGE_PUBLISH || kind == MESSAGE_STATUS || kind == MESSAGE_WORD || kind == MESSAGE_ACT ||
           kind == MESSAGE_QUERY || kind == MESSAGE_RELOAD || kind == MESSAGE_BACKUP;
}

/* Tags of what has an answer are even, so that a refusal of anything else is known for what it is. */
static uint64_t next_tag(struct client *client, enum message_kind kind)
{
    client->last_tag += 2;
    return client->last_tag | !has_answer(kind);
}

static int send_now(struct client *client, struct message *message)
{
    message->tag = next_tag(client, message->kind);
    wire_encode(message, &client->encoded);
    return send_frame(client, client->encoded.data, client->encoded.size);
}

static bool socket_readable(const struct client *client)
{
    int events = 0;
    size_t size = sizeof(events);
    return zmq_getsockopt(client->socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

static bool readable(const struct client *client)
{
    return client->inbox || client->too_long_count || socket_readable(client);
}

/* --- outgoing --- */

static void schedule(struct client *client, struct outgoing *outgoing, int64_t due_ms)
{
    outgoing->due_ms = due_ms;
    if (due_ms < client->next_due_ms)
        client->next_due_ms = due_ms;
}

static void drop(struct client *client, struct outgoing *outgoing)
{
    outgoing->before->after = outgoing->after;
    outgoing->after->before = outgoing->before;
    map_remove(&client->by_tag, outgoing->tag);
    client->outgoing_count--;
    client->too_long_count -= outgoing->too_long;
    free(outgoing);
}

static struct outgoing *queue_up(struct client *client, const struct message *message, int64_t until_ms)
{
    struct message tagged = *message;
    tagged.tag = next_tag(client, message->kind);
    wire_encode(&tagged, &client->encoded);
    struct outgoing *outgoing = malloc(sizeof(*outgoing) + client->encoded.size);
    ASSERT(outgoing);
    *outgoing = (struct outgoing){.tag = tagged.tag,
                                  .answered = has_answer(message->kind),
                                  .until_ms = until_ms,
                                  .backoff_ms = RESEND_FIRST_MS,
                                  .size_bytes = client->encoded.size,
                                  .too_long = client->encoded.size > FRAME_MAX_BYTES,
                                  .before = client->ring->before,
                                  .after = client->ring};
    memcpy(outgoing->frame, client->encoded.data, client->encoded.size);
    outgoing->before->after = outgoing->after->before = outgoing;
    if (outgoing->answered)
        map_put(&client->by_tag, outgoing->tag, outgoing);
    client->outgoing_count++;
    client->too_long_count += outgoing->too_long;
    return outgoing;
}

/* Sends what is due. What has no answer is done with once it is sent. False when the socket takes no more. */
static bool send_outgoing(struct client *client, struct outgoing *outgoing, int64_t now_ms)
{
    if (send_frame(client, outgoing->frame, outgoing->size_bytes) != 0)
        return false;
    if (!outgoing->answered) {
        drop(client, outgoing);
        return true;
    }
    outgoing->due_ms = now_ms + jittered(outgoing->backoff_ms);
    outgoing->backoff_ms = doubled(outgoing->backoff_ms, RESEND_MAX_MS);
    return true;
}

static void send_due(struct client *client, int64_t now_ms)
{
    struct outgoing *after;
    bool room = true;
    if (!client->greeted || client->next_due_ms > now_ms)
        return;
    client->next_due_ms = NEVER;
    for (struct outgoing *o = client->ring->after; o != client->ring; o = after) {
        bool stays = o->answered;
        after = o->after;
        if (room && o->due_ms <= now_ms) {
            room = send_outgoing(client, o, now_ms);
            if (room && !stays)
                continue;
        }
        schedule(client, o, o->due_ms);
    }
}

/* A new session: everything unanswered goes again at once; what has no answer belonged to the old one. */
static void start_over(struct client *client, bool first)
{
    struct outgoing *after;
    for (struct outgoing *o = client->ring->after; o != client->ring; o = after) {
        after = o->after;
        if (!o->answered && !first)
            drop(client, o);
        else if (!o->too_long)
            o->due_ms = 0;
    }
    client->next_due_ms = 0;
}

uint64_t client_send_within(struct client *client, const struct message *message, int timeout_ms)
{
    int64_t now_ms = mono_ms();
    if (client->outgoing_count >= CLIENT_UNANSWERED_MAX)
        return 0;
    struct outgoing *outgoing = queue_up(client, message, timeout_ms < 0 ? NEVER : now_ms + timeout_ms);
    uint64_t tag = outgoing->tag;
    if (outgoing->too_long) {
        outgoing->due_ms = NEVER;
        return tag;
    }
    /* Straight out when nothing waits before it; otherwise client_tend keeps the order. */
    if (!client->greeted || client->next_due_ms <= now_ms || !send_outgoing(client, outgoing, now_ms))
        schedule(client, outgoing, 0);
    else if (has_answer(message->kind))
        schedule(client, outgoing, outgoing->due_ms);
    return tag;
}

uint64_t client_send(struct client *client, const struct message *message)
{
    return client_send_within(client, message, -1);
}

void client_forget(struct client *client, uint64_t tag)
{
    struct outgoing *outgoing = map_get(&client->by_tag, tag);
    if (outgoing)
        drop(client, outgoing);
}

/* --- the session --- */

static void be_stranger(struct client *client)
{
    client->greeted = false;
    client->hello_sent = false;
    client->hello_due_ms = 0;
}

static void say_hello(struct client *client, int64_t now_ms)
{
    struct message hello = {.kind = MESSAGE_HELLO, .hello = client->hello};
    client->hello_sent = send_now(client, &hello) == 0;
    if (!client->hello_sent)
        return; /* not connected: the descriptor wakes when it is */
    client->hello_tag = hello.tag;
    client->hello_due_ms = now_ms + jittered(client->hello_backoff_ms);
    client->hello_backoff_ms = doubled(client->hello_backoff_ms, HELLO_MAX_MS);
}

static void take_welcome(struct client *client, const struct welcome *welcome)
{
    arena_reset(&client->welcome_texts);
    client->welcome = *welcome;
    client->welcome.broker = arena_strdup(&client->welcome_texts, welcome->broker);
    client->welcome.principal = arena_strdup(&client->welcome_texts, welcome->principal);
    client->greeted = true;
    client->hello_backoff_ms = HELLO_FIRST_MS;
    client->trouble[0] = '\0';
    start_over(client, client->greetings++ == 0);
}

/* A connection made says nothing of the session: a hello that was sent since the last was lost went by this one. */
static void take_connection(struct client *client, int event)
{
    client->connected = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    if (client->connected)
        return;
    be_stranger(client);
    client->hello_backoff_ms = HELLO_FIRST_MS;
    client->trouble[0] = '\0';
    if (event != ZMQ_EVENT_DISCONNECTED)
        snprintf(client->trouble, sizeof(client->trouble),
                 event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ? "the broker refuses this key or user"
                                                          : "the handshake failed: a wrong server key, or no broker");
}

/* A monitor's message: event number and value in one frame, the address in the next. */
static void watch_connection(struct client *client)
{
    uint8_t part[256];
    int size;
    while ((size = zmq_recv(client->monitor, part, sizeof(part), ZMQ_DONTWAIT)) >= 0) {
        uint16_t event = 0;
        if (size >= (int)sizeof(event))
            memcpy(&event, part, sizeof(event));
        zmq_recv(client->monitor, part, sizeof(part), ZMQ_DONTWAIT);
        take_connection(client, event);
    }
}

static void beat(struct client *client, int64_t now_ms)
{
    struct message heartbeat = {.kind = MESSAGE_HEARTBEAT, .heartbeat = {.holding = client->holding}};
    if (now_ms - client->heard_ms > client->welcome.silent_ms && !socket_readable(client)) {
        snprintf(client->trouble, sizeof(client->trouble), "the broker has fallen silent");
        client->heard_ms = now_ms;
        be_stranger(client);
    } else if (now_ms - client->said_ms >= client->welcome.heartbeat_ms * 3 / 4) {
        client->said_ms = now_ms; /* also when there is no room: then it is not silence that ails us */
        send_now(client, &heartbeat);
        client->heartbeat_tag = heartbeat.tag;
    }
}

static int milliseconds_until(int64_t due_ms, int64_t now_ms)
{
    return due_ms <= now_ms ? 0 : due_ms - now_ms > TEND_MAX_MS ? TEND_MAX_MS : (int)(due_ms - now_ms);
}

static int tend(struct client *client)
{
    int64_t now_ms = mono_ms();
    watch_connection(client);
    if (client->greeted)
        beat(client, now_ms);
    if (!client->greeted && (!client->hello_sent || now_ms >= client->hello_due_ms))
        say_hello(client, now_ms);
    send_due(client, now_ms);
    if (!client->greeted)
        return client->hello_sent ? milliseconds_until(client->hello_due_ms, now_ms) : TEND_MAX_MS;
    int64_t due_ms = client->said_ms + client->welcome.heartbeat_ms * 3 / 4;
    if (client->next_due_ms < due_ms) /* due now means no room now: the descriptor wakes when there is some */
        due_ms = client->next_due_ms > now_ms ? client->next_due_ms : now_ms + RESEND_FIRST_MS / 10;
    return milliseconds_until(due_ms, now_ms);
}

/* Sending can use up a wake of the descriptor: who polls next must not sleep over what is here. */
int client_tend(struct client *client)
{
    int again_ms = tend(client);
    return readable(client) ? 0 : again_ms;
}

/* --- incoming --- */

/* Whether the caller should see it: a refusal that asks to retry is waited out while there is time. */
static bool take_answer(struct client *client, const struct message *message)
{
    struct outgoing *outgoing = map_get(&client->by_tag, message->tag);
    int64_t again_ms;
    if (!outgoing)
        return false; /* an answer to what was sent twice, or was forgotten */
    if (message->kind == MESSAGE_REFUSAL && message->refusal.retry_after_ms) {
        again_ms = mono_ms() + jittered((int)message->refusal.retry_after_ms);
        if (again_ms < outgoing->until_ms) {
            schedule(client, outgoing, again_ms);
            return false;
        }
    }
    drop(client, outgoing);
    return true;
}

/* Of a hello, or of a heartbeat after our rights were taken away. */
static bool take_our_refusal(struct client *client, struct message *message)
{
    snprintf(client->trouble, sizeof(client->trouble), "the broker refuses us: %s: %s",
             refusal_name(message->refusal.code), message->refusal.reason ? message->refusal.reason : "");
    client->greeted = false;
    client->hello_backoff_ms = doubled(client->hello_backoff_ms, HELLO_MAX_MS);
    client->hello_due_ms = mono_ms() + jittered(client->hello_backoff_ms);
    message->tag = 0;
    return true;
}

/* Handles what is ours; true when the message is the caller's. */
static bool take(struct client *client, struct message *message)
{
    switch (message->kind) {
    case MESSAGE_WELCOME:
        take_welcome(client, &message->welcome);
        return false;
    case MESSAGE_HEARTBEAT:
        return false;
    case MESSAGE_REFUSAL:
        if (message->refusal.code == REFUSAL_HELLO_FIRST) {
            if (client->greeted)
                be_stranger(client);
            return false;
        }
        if (message->tag && (message->tag == client->hello_tag || message->tag == client->heartbeat_tag))
            return take_our_refusal(client, message);
        return message->tag == 0 || message->tag % 2 || take_answer(client, message);
    case MESSAGE_RECEIPT:
    case MESSAGE_ANSWER:
        return take_answer(client, message);
    default:
        return true;
    }
}

/* The next frame into client->frame; further parts of one that has any are dropped: ours have one. */
static bool receive_frame(struct client *client)
{
    if (zmq_msg_recv(&client->frame, client->socket, ZMQ_DONTWAIT) < 0)
        return false;
    client->heard_ms = mono_ms();
    zmq_msg_t rest;
    zmq_msg_init(&rest);
    bool more = zmq_msg_more(&client->frame);
    while (more && zmq_msg_recv(&rest, client->socket, ZMQ_DONTWAIT) >= 0)
        more = zmq_msg_more(&rest);
    zmq_msg_close(&rest);
    return true;
}

static bool decode(struct client *client, struct arena *arena, struct message *message)
{
    struct refusal why;
    return wire_decode(zmq_msg_data(&client->frame), zmq_msg_size(&client->frame), arena, message, &why) == 0;
}

/* What was too long to send is refused here as the broker would. */
static bool refuse_long(struct client *client, struct message *message)
{
    struct outgoing *outgoing = client->ring->after;
    if (!client->too_long_count)
        return false;
    while (!outgoing->too_long)
        outgoing = outgoing->after;
    *message = (struct message){.kind = MESSAGE_REFUSAL, .tag = outgoing->tag};
    message->refusal =
        (struct refusal){.code = REFUSAL_TOO_LONG, .reason = "the message is longer than a frame may be"};
    wire_encode(message, &client->encoded);
    zmq_msg_close(&client->frame);
    ASSERT(zmq_msg_init_size(&client->frame, client->encoded.size) == 0); /* as if received: it may have to be kept */
    memcpy(zmq_msg_data(&client->frame), client->encoded.data, client->encoded.size);
    drop(client, outgoing);
    return true;
}

/* The next message of the caller's from the socket. What does not decode is not from a broker we know: dropped, and
 * what it answered is asked again. */
static bool receive_next(struct client *client, struct arena *arena, struct message *message)
{
    if (refuse_long(client, message))
        return true;
    while (receive_frame(client))
        if (decode(client, arena, message) && take(client, message))
            return true;
    return false;
}

static void keep_frame(struct client *client)
{
    if (client->inbox_count >= INBOX_MAX)
        return; /* as good as lost on the way: the broker offers again */
    struct kept *kept = malloc(sizeof(*kept));
    ASSERT(kept);
    kept->after = NULL;
    zmq_msg_init(&kept->frame);
    zmq_msg_move(&kept->frame, &client->frame);
    *client->inbox_end = kept;
    client->inbox_end = &kept->after;
    client->inbox_count++;
}

/* What was kept has been looked at before: it is the caller's. */
static bool receive_kept(struct client *client, struct arena *arena, struct message *message)
{
    while (client->inbox) {
        struct kept *kept = client->inbox;
        zmq_msg_move(&client->frame, &kept->frame);
        zmq_msg_close(&kept->frame);
        client->inbox = kept->after;
        if (!client->inbox)
            client->inbox_end = &client->inbox;
        client->inbox_count--;
        free(kept);
        if (decode(client, arena, message))
            return true;
    }
    return false;
}

bool client_receive(struct client *client, struct arena *arena, struct message *message)
{
    if (receive_kept(client, arena, message))
        return true;
    tend(client);
    if (receive_next(client, arena, message))
        return true;
    tend(client); /* what just came may have set something free: a welcome, room to send */
    return receive_next(client, arena, message);
}

bool client_wait(struct client *client, int timeout_ms)
{
    int64_t until_ms = mono_ms() + timeout_ms;
    struct pollfd wake = {.fd = client->fd, .events = POLLIN};
    while (!readable(client)) {
        int64_t left_ms = until_ms - mono_ms();
        int tend_ms = client_tend(client);
        errno = 0;
        if (left_ms <= 0)
            return false;
        if (poll(&wake, 1, left_ms < tend_ms ? (int)left_ms : tend_ms) < 0 && errno == EINTR && !readable(client))
            return false;
    }
    return true;
}

static bool is_answer(const struct message *message, uint64_t tag)
{
    return message->tag == tag || (message->kind == MESSAGE_REFUSAL && message->tag == 0);
}

int client_ask(struct client *client, const struct message *message, int timeout_ms, struct arena *arena,
               struct message *answer)
{
    int64_t until_ms = mono_ms() + timeout_ms;
    uint64_t tag = client_send_within(client, message, timeout_ms);
    if (!tag)
        return -EAGAIN;
    for (;;) {
        tend(client);
        while (receive_next(client, arena, answer)) {
            if (is_answer(answer, tag)) {
                client_forget(client, tag);
                answer->tag = tag;
                return 0;
            }
            keep_frame(client);
        }
        int64_t left_ms = until_ms - mono_ms();
        if (left_ms <= 0)
            break;
        struct pollfd wake = {.fd = client->fd, .events = POLLIN};
        int tend_ms = tend(client);
        if (!socket_readable(client))
            poll(&wake, 1, left_ms < tend_ms ? (int)left_ms : tend_ms);
    }
    client_forget(client, tag);
    return -ETIMEDOUT;
}

/* --- open, close, look --- */

static char *copied(const char *text)
{
    char *copy = strdup(text ? text : "");
    ASSERT(copy);
    return copy;
}

int client_open(const struct client_options *options, struct client **out, char fault[256])
{
    struct address address;
    int error = address_resolve(options, &address, fault);
    if (error)
        return error;
    struct client *client = calloc(1, sizeof(*client));
    ASSERT(client);
    client->endpoint = options->endpoint;
    client->hello = (struct hello){.version = WIRE_VERSION,
                                   .client = copied(options->software ? options->software : "libbihuan"),
                                   .unit = copied(options->unit),
                                   .worker = copied(options->worker)};
    client->ring = calloc(1, sizeof(*client->ring));
    ASSERT(client->ring);
    client->ring->before = client->ring->after = client->ring;
    client->next_due_ms = NEVER;
    client->last_tag = random_u64() >> 1 & ~(uint64_t)1;
    client->holding = -1;
    client->hello_backoff_ms = HELLO_FIRST_MS;
    client->inbox_end = &client->inbox;
    arena_init(&client->welcome_texts);
    zmq_msg_init(&client->frame);
    error = open_socket(client, &address);
    memset(&address, 0, sizeof(address));
    if (error) {
        snprintf(fault, 256, "cannot connect: %s", zmq_strerror(-error));
        client_close(client);
        return error;
    }
    *out = client;
    return 0;
}

static void close_sockets(struct client *client)
{
    struct message bye = {.kind = MESSAGE_BYE};
    if (client->greeted)
        send_now(client, &bye);
    if (client->monitor) {
        zmq_socket_monitor(client->socket, NULL, 0);
        zmq_close(client->monitor);
    }
    if (client->socket)
        zmq_close(client->socket);
    if (client->context)
        zmq_ctx_term(client->context);
}

void client_close(struct client *client)
{
    if (!client)
        return;
    close_sockets(client);
    while (client->ring->after != client->ring)
        drop(client, client->ring->after);
    while (client->inbox) {
        struct kept *kept = client->inbox;
        client->inbox = kept->after;
        zmq_msg_close(&kept->frame);
        free(kept);
    }
    zmq_msg_close(&client->frame);
    free(client->ring);
    map_release(&client->by_tag);
    buffer_release(&client->encoded);
    arena_release(&client->welcome_texts);
    free((char *)client->hello.client);
    free((char *)client->hello.unit);
    free((char *)client->hello.worker);
    free(client);
}

int client_fd(const struct client *client)
{
    return client->fd;
}

void client_hold(struct client *client, uint32_t holding)
{
    client->holding = (int32_t)holding;
}

const struct welcome *client_welcome(const struct client *client)
{
    return client->greetings ? &client->welcome : NULL;
}

uint32_t client_greetings(const struct client *client)
{
    return client->greetings;
}

const char *client_trouble(const struct client *client)
{
    if (client->trouble[0])
        return client->trouble;
    if (client->greeted)
        return "the broker has not answered yet";
    return client->connected ? "the broker has not welcomed us yet" : "the broker cannot be reached";
}
