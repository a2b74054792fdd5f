#include "workers/outgoing.h"

#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "workers/pace.h"

#define RESEND_FIRST_MS 1000
#define RESEND_MAX_MS   15000

void outgoings_init(struct outgoings *queue)
{
    *queue = (struct outgoings){.next_due_ms = NEVER_MS};
    queue->ring = calloc(1, sizeof(*queue->ring));
    ASSERT(queue->ring);
    queue->ring->before = queue->ring->after = queue->ring;
}

void outgoings_release(struct outgoings *queue)
{
    while (queue->ring->after != queue->ring)
        outgoing_drop(queue, queue->ring->after);
    free(queue->ring);
    map_release(&queue->by_tag);
}

struct outgoing *outgoing_add(struct outgoings *queue, uint64_t tag, bool answered, const void *frame,
                              size_t size_bytes, int64_t until_ms)
{
    struct outgoing *outgoing = malloc(sizeof(*outgoing) + size_bytes);
    ASSERT(outgoing);
    *outgoing = (struct outgoing){.tag = tag,
                                  .answered = answered,
                                  .too_long = size_bytes > FRAME_MAX_BYTES,
                                  .due_ms = NEVER_MS,
                                  .until_ms = until_ms,
                                  .pause_ms = RESEND_FIRST_MS,
                                  .size_bytes = size_bytes,
                                  .before = queue->ring->before,
                                  .after = queue->ring};
    memcpy(outgoing->frame, frame, size_bytes);
    outgoing->before->after = outgoing->after->before = outgoing;
    if (answered)
        map_put(&queue->by_tag, tag, outgoing);
    queue->count++;
    queue->too_long += outgoing->too_long;
    return outgoing;
}

struct outgoing *outgoing_find(const struct outgoings *queue, uint64_t tag)
{
    return map_get(&queue->by_tag, tag);
}

struct outgoing *outgoing_too_long(const struct outgoings *queue)
{
    struct outgoing *outgoing = queue->ring->after;
    if (!queue->too_long)
        return NULL;
    while (!outgoing->too_long)
        outgoing = outgoing->after;
    return outgoing;
}

void outgoing_drop(struct outgoings *queue, struct outgoing *outgoing)
{
    outgoing->before->after = outgoing->after;
    outgoing->after->before = outgoing->before;
    if (outgoing->answered)
        map_remove(&queue->by_tag, outgoing->tag);
    queue->count--;
    queue->too_long -= outgoing->too_long;
    free(outgoing);
}

void outgoing_schedule(struct outgoings *queue, struct outgoing *outgoing, int64_t due_ms)
{
    outgoing->due_ms = due_ms;
    if (due_ms < queue->next_due_ms)
        queue->next_due_ms = due_ms;
}

/* Whether it stays: for its answer, or because it could not be sent. */
static bool send_one(struct outgoings *queue, struct outgoing *outgoing, int64_t now_ms, outgoing_send_fn *send,
                     void *arg, bool *room)
{
    *room = send(arg, outgoing->frame, outgoing->size_bytes);
    if (*room && !outgoing->answered) {
        outgoing_drop(queue, outgoing);
        return false;
    }
    if (*room) {
        outgoing->due_ms = now_ms + pace_jittered(outgoing->pause_ms);
        outgoing->pause_ms = pace_doubled(outgoing->pause_ms, RESEND_MAX_MS);
    }
    return true;
}

void outgoing_send(struct outgoings *queue, struct outgoing *outgoing, int64_t now_ms, outgoing_send_fn *send,
                   void *arg)
{
    bool room = send && queue->next_due_ms > now_ms;
    if (outgoing->too_long || (room && !send_one(queue, outgoing, now_ms, send, arg, &room)))
        return;
    outgoing_schedule(queue, outgoing, room ? outgoing->due_ms : 0);
}

void outgoings_send(struct outgoings *queue, int64_t now_ms, outgoing_send_fn *send, void *arg)
{
    struct outgoing *after;
    bool room = true;
    if (queue->next_due_ms > now_ms)
        return;
    queue->next_due_ms = NEVER_MS;
    for (struct outgoing *outgoing = queue->ring->after; outgoing != queue->ring; outgoing = after) {
        after = outgoing->after;
        if (!room || outgoing->due_ms > now_ms || send_one(queue, outgoing, now_ms, send, arg, &room))
            outgoing_schedule(queue, outgoing, outgoing->due_ms);
    }
}

void outgoings_start_over(struct outgoings *queue, bool first)
{
    struct outgoing *after;
    for (struct outgoing *outgoing = queue->ring->after; outgoing != queue->ring; outgoing = after) {
        after = outgoing->after;
        if (!outgoing->answered && !first)
            outgoing_drop(queue, outgoing);
        else if (!outgoing->too_long)
            outgoing_schedule(queue, outgoing, 0);
    }
}
