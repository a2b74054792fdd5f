/* asks.h: requests in flight of one library handle, each with a time limit and a callback. */
#ifndef WORKERS_ASKS_H
#define WORKERS_ASKS_H

#include "broker/base/map.h"
#include "workers/bihuan.h"
#include "workers/client.h"

struct question;

/* Called once: with the answer (BH_OK, BH_REFUSED), or with NULL and BH_UNKNOWN. */
typedef void asks_done_fn(const struct question *, int error, const struct message *answer);

struct question {
    struct question *before, *after;
    uint64_t tag;
    int64_t until_ms;
    asks_done_fn *done; /* the library's part */
    void *about;        /* its argument */
    bh_done_fn *then;   /* the user's part; may be NULL */
    void *arg;
};

struct asks {
    struct client *client;
    struct arena arena;    /* of the message at hand */
    struct question *ring; /* its head, which is no ask */
    struct map by_tag;
    uint32_t count, most;
    int64_t next_until_ms;
};

void asks_init(struct asks *, struct client *, uint32_t most);
/* Calls no callbacks. The client stays the caller's. */
void asks_release(struct asks *);
/* Sends; template carries done, about, then, arg. BH_OK or BH_AGAIN. */
int asks_start(struct asks *, const struct message *, int timeout_ms, const struct question *template);
/* Whether the message answers something; then its callback has been called. A refusal of the connection answers all. */
bool asks_take(struct asks *, const struct message *);
/* Calls the callbacks of those whose time is over; returns how many. */
int asks_expire(struct asks *);
/* Milliseconds until asks_expire wants to be called, at most cap_ms. */
int asks_timeout_ms(const struct asks *, int cap_ms);

/* The user's view of what came. */
void asks_result(int error, const struct message *answer, struct bh_result *out);

#endif
