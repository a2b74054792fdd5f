#include "broker/edge/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/map.h"
#include "broker/base/panic.h"

/* Encoded messages in one growing buffer, each behind its head; front is where the first unsent one begins. */
struct queue {
    struct buffer bytes;
    size_t front, count;
};

struct head {
    uint64_t peer;
    size_t size_bytes;
};

/* Messages of one peer whose ZeroMQ queue is full. */
struct waiting {
    struct waiting *next;
    uint64_t peer;
    struct queue queue;
};

struct outbox {
    struct gate *gate;
    struct queue held, aside;
    struct buffer encoded; /* kept from message to message */
    struct map by_peer;    /* peer → waiting */
    struct waiting *first;
    size_t waiting, waiting_bytes;
    uint64_t caught_up, dropped;
};

static void queue_put(struct queue *queue, uint64_t peer, const void *bytes, size_t size_bytes)
{
    struct head head = {peer, size_bytes};
    buffer_append(&queue->bytes, &head, sizeof(head));
    buffer_append(&queue->bytes, bytes, size_bytes);
    queue->count++;
}

/* The first message; its bytes are borrowed until the queue changes. */
static const void *queue_first(const struct queue *queue, struct head *head)
{
    memcpy(head, queue->bytes.data + queue->front, sizeof(*head));
    return queue->bytes.data + queue->front + sizeof(*head);
}

static void queue_take(struct queue *queue)
{
    struct head head;
    queue_first(queue, &head);
    queue->front += sizeof(head) + head.size_bytes;
    if (--queue->count == 0) {
        buffer_clear(&queue->bytes);
        queue->front = 0;
    }
}

/* Gives back the room of what is sent, once it is more than half. */
static void queue_compact(struct queue *queue)
{
    if (queue->front <= queue->bytes.size / 2)
        return;
    queue->bytes.size -= queue->front;
    memmove(queue->bytes.data, queue->bytes.data + queue->front, queue->bytes.size);
    queue->front = 0;
}

struct outbox *outbox_new(struct gate *gate)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));
    ASSERT(outbox);
    outbox->gate = gate;
    return outbox;
}

void outbox_free(struct outbox *outbox)
{
    if (!outbox)
        return;
    for (struct waiting *waiting = outbox->first, *next; waiting; waiting = next) {
        next = waiting->next;
        buffer_release(&waiting->queue.bytes);
        free(waiting);
    }
    map_release(&outbox->by_peer);
    buffer_release(&outbox->held.bytes);
    buffer_release(&outbox->aside.bytes);
    buffer_release(&outbox->encoded);
    free(outbox);
}

void outbox_put(struct outbox *outbox, uint64_t peer, const struct message *message)
{
    wire_encode(message, &outbox->encoded);
    queue_put(&outbox->held, peer, outbox->encoded.data, outbox->encoded.size);
}

size_t outbox_held(const struct outbox *outbox)
{
    return outbox->held.count;
}

static struct waiting *waiting_new(struct outbox *outbox, uint64_t peer)
{
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    ASSERT(waiting);
    waiting->peer = peer;
    waiting->next = outbox->first;
    outbox->first = waiting;
    map_put(&outbox->by_peer, peer, waiting);
    return waiting;
}

/* Sends from the front until the peer's queue is full again; a peer that is gone takes its messages with it. */
static void waiting_send(struct outbox *outbox, struct waiting *waiting)
{
    struct head head;
    while (waiting->queue.count) {
        const void *bytes = queue_first(&waiting->queue, &head);
        int error = gate_send_frame(outbox->gate, head.peer, bytes, head.size_bytes);
        if (error == -EAGAIN)
            break;
        outbox->dropped += error != 0;
        outbox->waiting--;
        outbox->waiting_bytes -= head.size_bytes;
        queue_take(&waiting->queue);
    }
    queue_compact(&waiting->queue);
}

static void waiting_try(struct outbox *outbox)
{
    for (struct waiting **at = &outbox->first; *at;) {
        struct waiting *waiting = *at;
        waiting_send(outbox, waiting);
        if (waiting->queue.count) {
            at = &waiting->next;
            continue;
        }
        *at = waiting->next;
        outbox->caught_up++;
        map_remove(&outbox->by_peer, waiting->peer);
        buffer_release(&waiting->queue.bytes);
        free(waiting);
    }
}

/* Keeps a message for later, unless the peer has its share already: then the newest goes, because the oldest answers
 * what was asked first, and every one of them may be lost. */
static void keep(struct outbox *outbox, struct waiting *waiting, const struct head *head, const void *bytes)
{
    if (!waiting)
        waiting = waiting_new(outbox, head->peer);
    if (waiting->queue.count >= OUTBOX_PEER_MAX ||
        outbox->waiting_bytes + head->size_bytes > OUTBOX_WAITING_BYTES_MAX) {
        outbox->dropped++;
        return;
    }
    queue_put(&waiting->queue, head->peer, bytes, head->size_bytes);
    outbox->waiting++;
    outbox->waiting_bytes += head->size_bytes;
}

/* Behind what waits already: a peer's messages keep their order. */
static void held_send(struct outbox *outbox)
{
    struct head head;
    for (; outbox->held.count; queue_take(&outbox->held)) {
        const void *bytes = queue_first(&outbox->held, &head);
        struct waiting *waiting = map_get(&outbox->by_peer, head.peer);
        int error = waiting ? -EAGAIN : gate_send_frame(outbox->gate, head.peer, bytes, head.size_bytes);
        if (error == -EAGAIN)
            keep(outbox, waiting, &head, bytes);
        else
            outbox->dropped += error != 0;
    }
}

void outbox_release(struct outbox *outbox)
{
    gate_watch(outbox->gate);
    waiting_try(outbox);
    held_send(outbox);
}

void outbox_exchange(struct outbox *outbox)
{
    struct queue held = outbox->held;
    outbox->held = outbox->aside;
    outbox->aside = held;
}

size_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->waiting;
}

bool outbox_waits(const struct outbox *outbox, uint64_t peer)
{
    return map_get(&outbox->by_peer, peer) != NULL;
}

uint64_t outbox_caught_up(const struct outbox *outbox)
{
    return outbox->caught_up;
}

uint64_t outbox_dropped(const struct outbox *outbox)
{
    return outbox->dropped;
}
