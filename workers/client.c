/* Three things can be lost on the way: a connection, a session the broker forgot, and a single answer. libzmq mends the
 * first (heartbeats, reconnection; the monitor tells us); hello mends the second; sending again under the same tag the
 * third. Everything the broker answers is idempotent, so sending again is always safe. */
#include "workers/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/buffer.h"
#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "workers/address.h"
#include "workers/link.h"
#include "workers/outgoing.h"
#include "workers/pace.h"

#define TEND_MAX_MS    1000
#define NO_ROOM_MS     100
#define HELLO_FIRST_MS 1000
#define HELLO_MAX_MS   10000
#define RETRY_MAX_MS   3600000
#define INBOX_MAX      (2 * CREDIT_MAX)

/* A frame received while client_ask waited for another. */
struct kept {
    struct kept *after;
    zmq_msg_t frame;
};

struct client {
    struct link link;
    struct hello hello; /* texts owned */

    /* session */
    bool connected, greeted, hello_sent;
    enum link_event shut_out; /* LINK_REFUSED or LINK_FAILED at the last handshake, else LINK_QUIET */
    uint64_t hello_tag, heartbeat_tag;
    int32_t holding;
    int64_t hello_due_ms;
    int hello_pause_ms;
    uint32_t greetings;
    struct welcome welcome;
    struct arena welcome_texts;
    char trouble[256];

    struct outgoings outgoings;
    uint64_t last_tag;
    struct buffer encoded;

    struct kept *inbox, **inbox_end;
    size_t inbox_count;

    struct arena pack_rows;
    struct receipt_pack pack; /* receipts that came in one frame; those up to unpacked are taken */
    size_t unpacked;
};

static bool readable(const struct client *client)
{
    return client->inbox || client->outgoings.too_long || client->unpacked < client->pack.count ||
           link_readable(&client->link);
}

/* --- outgoing --- */

static bool has_answer(enum message_kind kind)
{
    return kind == MESSAGE_PUBLISH || kind == MESSAGE_STATUS || kind == MESSAGE_WORD || kind == MESSAGE_ACT ||
           kind == MESSAGE_QUERY || kind == MESSAGE_RELOAD || kind == MESSAGE_BACKUP || kind == MESSAGE_ACKNOWLEDGE;
}

/* Tags of what has an answer are even, so that a refusal of anything else is known for what it is. */
static uint64_t next_tag(struct client *client, enum message_kind kind)
{
    client->last_tag += 2;
    return client->last_tag | !has_answer(kind);
}

static bool send_frame(void *client, const void *frame, size_t size_bytes)
{
    return link_send(&((struct client *)client)->link, frame, size_bytes);
}

static bool send_now(struct client *client, struct message *message)
{
    message->tag = next_tag(client, message->kind);
    wire_encode(message, &client->encoded);
    return send_frame(client, client->encoded.data, client->encoded.size);
}

uint64_t client_send_within(struct client *client, const struct message *message, int timeout_ms)
{
    int64_t now_ms = pace_now_ms();
    struct message tagged = *message;
    if (client->outgoings.count >= CLIENT_UNANSWERED_MAX)
        return 0;
    tagged.tag = next_tag(client, message->kind);
    wire_encode(&tagged, &client->encoded);
    struct outgoing *outgoing =
        outgoing_add(&client->outgoings, tagged.tag, has_answer(message->kind), client->encoded.data,
                     client->encoded.size, timeout_ms < 0 ? NEVER_MS : now_ms + timeout_ms);
    outgoing_send(&client->outgoings, outgoing, now_ms, client->greeted ? send_frame : NULL, client);
    return tagged.tag;
}

uint64_t client_send(struct client *client, const struct message *message)
{
    return client_send_within(client, message, -1);
}

void client_forget(struct client *client, uint64_t tag)
{
    struct outgoing *outgoing = outgoing_find(&client->outgoings, tag);
    if (outgoing)
        outgoing_drop(&client->outgoings, outgoing);
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
    client->hello_sent = send_now(client, &hello);
    if (!client->hello_sent)
        return; /* not connected: the descriptor wakes when it is */
    client->hello_tag = hello.tag;
    client->hello_due_ms = now_ms + pace_jittered(client->hello_pause_ms);
    client->hello_pause_ms = pace_doubled(client->hello_pause_ms, HELLO_MAX_MS);
}

static void take_welcome(struct client *client, const struct welcome *welcome)
{
    arena_reset(&client->welcome_texts);
    client->welcome = *welcome;
    client->welcome.broker = arena_strdup(&client->welcome_texts, welcome->broker);
    client->welcome.principal = arena_strdup(&client->welcome_texts, welcome->principal);
    client->greeted = true;
    client->hello_pause_ms = HELLO_FIRST_MS;
    client->trouble[0] = '\0';
    outgoings_start_over(&client->outgoings, client->greetings++ == 0);
}

/* A connection made says nothing of the session: a hello that was sent since the last was lost went by this one. That
 * it is lost after a failed handshake is no news: the failure stays the trouble. */
static void take_connection(struct client *client, enum link_event event)
{
    client->connected = event == LINK_UP;
    if (client->connected) {
        client->shut_out = LINK_QUIET;
        return;
    }
    be_stranger(client);
    client->hello_pause_ms = HELLO_FIRST_MS;
    if (event == LINK_LOST && client->shut_out)
        return;
    client->trouble[0] = '\0';
    if (event == LINK_LOST)
        return;
    client->shut_out = event;
    snprintf(client->trouble, sizeof(client->trouble),
             event == LINK_REFUSED ? "the broker refuses this key or user"
                                   : "the handshake failed: a wrong server key, or no broker");
}

static void beat(struct client *client, int64_t now_ms)
{
    struct message heartbeat = {.kind = MESSAGE_HEARTBEAT, .heartbeat = {.holding = client->holding}};
    if (now_ms - client->link.heard_ms > client->welcome.silent_ms && !link_readable(&client->link)) {
        snprintf(client->trouble, sizeof(client->trouble), "the broker has fallen silent");
        client->link.heard_ms = now_ms;
        be_stranger(client);
    } else if (now_ms - client->link.said_ms >= client->welcome.heartbeat_ms * 3 / 4) {
        client->link.said_ms = now_ms; /* also when there is no room: then it is not silence that ails us */
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
    int64_t now_ms = pace_now_ms();
    enum link_event event;
    while ((event = link_watch(&client->link)) != LINK_QUIET)
        take_connection(client, event);
    if (client->greeted)
        beat(client, now_ms);
    if (!client->greeted && (!client->hello_sent || now_ms >= client->hello_due_ms))
        say_hello(client, now_ms);
    if (!client->greeted)
        return client->hello_sent ? milliseconds_until(client->hello_due_ms, now_ms) : TEND_MAX_MS;
    outgoings_send(&client->outgoings, now_ms, send_frame, client);
    int64_t due_ms = client->link.said_ms + client->welcome.heartbeat_ms * 3 / 4;
    int64_t next_ms = client->outgoings.next_due_ms;
    if (next_ms < due_ms) /* due now means no room now: the descriptor wakes when there is some */
        due_ms = next_ms > now_ms ? next_ms : now_ms + NO_ROOM_MS;
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
    struct outgoing *outgoing = outgoing_find(&client->outgoings, message->tag);
    int64_t again_ms;
    if (!outgoing)
        return false; /* an answer to what was sent twice, or was forgotten */
    if (message->kind == MESSAGE_REFUSAL && message->refusal.retry_after_ms) {
        uint32_t pause_ms = message->refusal.retry_after_ms;
        again_ms = pace_now_ms() + pace_jittered(pause_ms < RETRY_MAX_MS ? (int)pause_ms : RETRY_MAX_MS);
        if (again_ms < outgoing->until_ms) {
            outgoing_schedule(&client->outgoings, outgoing, again_ms);
            return false;
        }
    }
    outgoing_drop(&client->outgoings, outgoing);
    return true;
}

/* Of a hello, or of a heartbeat after our rights were taken away. */
static bool take_our_refusal(struct client *client, struct message *message)
{
    snprintf(client->trouble, sizeof(client->trouble), "the broker refuses us: %s: %s",
             refusal_name(message->refusal.code), message->refusal.reason ? message->refusal.reason : "");
    client->greeted = false;
    client->hello_pause_ms = pace_doubled(client->hello_pause_ms, HELLO_MAX_MS);
    client->hello_due_ms = pace_now_ms() + pace_jittered(client->hello_pause_ms);
    message->tag = 0;
    return true;
}

static void keep_pack(struct client *client, const struct receipt_pack *receipts)
{
    arena_reset(&client->pack_rows);
    client->pack = *receipts;
    client->pack.all = arena_memdup(&client->pack_rows, receipts->all, receipts->count * sizeof(*receipts->all));
    client->unpacked = 0;
}

/* The next of the receipts that came in one frame, as if it had come alone. */
static bool unpack(struct client *client, struct message *message)
{
    while (client->unpacked < client->pack.count) {
        const struct receipted *one = &client->pack.all[client->unpacked++];
        *message = (struct message){.kind = MESSAGE_RECEIPT, .tag = one->tag};
        message->receipt =
            (struct receipt){one->incident, client->pack.journal, client->pack.term, one->seq, one->at_ms, false};
        if (take_answer(client, message))
            return true;
    }
    return false;
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
    case MESSAGE_RECEIPTS:
        keep_pack(client, &message->receipts);
        return false;
    default:
        return true;
    }
}

static bool decode(struct client *client, struct arena *arena, struct message *message)
{
    struct refusal why;
    zmq_msg_t *frame = &client->link.frame;
    return wire_decode(zmq_msg_data(frame), zmq_msg_size(frame), arena, message, &why) == 0;
}

/* What was too long to send is refused here as the broker would. */
static bool refuse_long(struct client *client, struct message *message)
{
    struct outgoing *outgoing = outgoing_too_long(&client->outgoings);
    if (!outgoing)
        return false;
    *message = (struct message){.kind = MESSAGE_REFUSAL, .tag = outgoing->tag};
    message->refusal =
        (struct refusal){.code = REFUSAL_TOO_LONG, .reason = "the message is longer than a frame may be"};
    outgoing_drop(&client->outgoings, outgoing);
    return true;
}

/* The next message of the caller's from the socket. What does not decode is not from a broker we know: dropped, and
 * what it answered is asked again. */
static bool receive_next(struct client *client, struct arena *arena, struct message *message)
{
    if (refuse_long(client, message) || unpack(client, message))
        return true;
    while (link_receive(&client->link))
        if (decode(client, arena, message) && (take(client, message) || unpack(client, message)))
            return true;
    return false;
}

/* Encoded anew: it may have come in a pack, or from ourselves. */
static void keep(struct client *client, const struct message *message)
{
    if (client->inbox_count >= INBOX_MAX)
        return; /* as good as lost on the way: the broker offers again */
    wire_encode(message, &client->encoded);
    struct kept *kept = malloc(sizeof(*kept));
    ASSERT(kept);
    kept->after = NULL;
    ASSERT(zmq_msg_init_size(&kept->frame, client->encoded.size) == 0);
    memcpy(zmq_msg_data(&kept->frame), client->encoded.data, client->encoded.size);
    *client->inbox_end = kept;
    client->inbox_end = &kept->after;
    client->inbox_count++;
}

/* What was kept has been looked at before: it is the caller's. */
static bool receive_kept(struct client *client, struct arena *arena, struct message *message)
{
    while (client->inbox) {
        struct kept *kept = client->inbox;
        zmq_msg_move(&client->link.frame, &kept->frame);
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
    int64_t until_ms = pace_now_ms() + timeout_ms;
    struct pollfd wake = {.fd = client->link.fd, .events = POLLIN};
    while (!readable(client)) {
        int64_t left_ms = until_ms - pace_now_ms();
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
    int64_t until_ms = pace_now_ms() + timeout_ms;
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
            keep(client, answer);
        }
        int64_t left_ms = until_ms - pace_now_ms();
        if (left_ms <= 0 || client->shut_out == LINK_REFUSED)
            break;
        struct pollfd wake = {.fd = client->link.fd, .events = POLLIN};
        int tend_ms = tend(client);
        if (!link_readable(&client->link))
            poll(&wake, 1, left_ms < tend_ms ? (int)left_ms : tend_ms);
    }
    client_forget(client, tag);
    return client->shut_out == LINK_REFUSED ? -EACCES : -ETIMEDOUT;
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
    client->hello = (struct hello){.version = WIRE_VERSION,
                                   .client = copied(options->software ? options->software : "libbihuan"),
                                   .unit = copied(options->unit),
                                   .worker = copied(options->worker),
                                   .packs = true};
    outgoings_init(&client->outgoings);
    client->last_tag = pace_random() >> 1 & ~(uint64_t)1;
    client->holding = -1;
    client->hello_pause_ms = HELLO_FIRST_MS;
    client->inbox_end = &client->inbox;
    arena_init(&client->welcome_texts);
    arena_init(&client->pack_rows);
    error = link_open(&client->link, &address);
    memset(&address, 0, sizeof(address));
    if (error) {
        snprintf(fault, 256, "cannot connect: %s", zmq_strerror(-error));
        client_close(client);
        return error;
    }
    *out = client;
    return 0;
}

void client_close(struct client *client)
{
    struct message bye = {.kind = MESSAGE_BYE};
    if (!client)
        return;
    if (client->greeted)
        send_now(client, &bye);
    while (client->inbox) {
        struct kept *kept = client->inbox;
        client->inbox = kept->after;
        zmq_msg_close(&kept->frame);
        free(kept);
    }
    link_close(&client->link);
    outgoings_release(&client->outgoings);
    buffer_release(&client->encoded);
    arena_release(&client->welcome_texts);
    arena_release(&client->pack_rows);
    free((char *)client->hello.client);
    free((char *)client->hello.unit);
    free((char *)client->hello.worker);
    free(client);
}

bool client_connected(const struct client *client)
{
    return client->greeted;
}

int client_fd(const struct client *client)
{
    return client->link.fd;
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

const char *client_address(const struct client *client)
{
    return client->link.endpoint;
}
