/* outgoing.h: messages on their way: each until it is sent, and, when it has an answer, until that is here; sent again
 * with growing pauses. */
#ifndef WORKERS_OUTGOING_H
#define WORKERS_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/base/map.h"

struct outgoing {
    struct outgoing *before, *after;
    uint64_t tag;
    bool answered; /* it has an answer */
    bool too_long; /* to be refused here: ZeroMQ at the broker would end the connection over it */
    int64_t due_ms, until_ms;
    int pause_ms;
    size_t size_bytes;
    uint8_t frame[];
};

struct outgoings {
    struct outgoing *ring; /* its head, which is no message; in the order of sending */
    struct map by_tag;     /* those with an answer */
    size_t count, too_long;
    int64_t next_due_ms; /* not after the earliest due */
};

/* Sends a frame without waiting; false when it cannot be taken now. */
typedef bool outgoing_send_fn(void *arg, const void *frame, size_t size_bytes);

void outgoings_init(struct outgoings *);
void outgoings_release(struct outgoings *);
/* Copies the frame; outgoing_send is to follow. until_ms: no "retry later" is waited out beyond it. */
struct outgoing *outgoing_add(struct outgoings *, uint64_t tag, bool answered, const void *frame, size_t size_bytes,
                              int64_t until_ms);
/* Sends one just added straight out when nothing waits before it; else, or when send is NULL, it is due. */
void outgoing_send(struct outgoings *, struct outgoing *, int64_t now_ms, outgoing_send_fn *, void *arg);
/* One that has an answer, by its tag; NULL. */
struct outgoing *outgoing_find(const struct outgoings *, uint64_t tag);
/* One that is too long; NULL. */
struct outgoing *outgoing_too_long(const struct outgoings *);
void outgoing_drop(struct outgoings *, struct outgoing *);
void outgoing_schedule(struct outgoings *, struct outgoing *, int64_t due_ms);
/* Sends what is due, in order, until the socket takes no more. What has no answer is done with once it is sent. */
void outgoings_send(struct outgoings *, int64_t now_ms, outgoing_send_fn *, void *arg);
/* A new session: everything with an answer goes again at once. What has none belonged to the old one: it is dropped,
 * unless there was none (first). */
void outgoings_start_over(struct outgoings *, bool first);

#endif
