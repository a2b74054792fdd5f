/* feed.h: the trail of records as the broker gives it to this reader, from a cursor on, with credit. */
#ifndef CLI_FEED_H
#define CLI_FEED_H

#include <signal.h>

#include "cli/cli.h"

#define FEED_CURSOR_BYTES 256

/* One record, borrowed for the call; the feed's cursor is the one after it. False: no more is wanted. */
typedef bool feed_take_fn(void *arg, const struct record *);

struct feed {
    /* set by the caller */
    const struct common *common;
    feed_take_fn *take;
    void *arg;
    bool follow;                       /* do not end with the trail, and wait for a broker that restarts */
    const volatile sig_atomic_t *stop; /* not 0: end; NULL: nothing says so */
    char cursor[FEED_CURSOR_BYTES];    /* where to begin; then where to go on */

    /* the feed's own */
    struct client *client;
    int64_t now_ms;     /* the broker's time at its first welcome */
    uint32_t greetings; /* when it rises, the subscription is gone */
    uint32_t credit;    /* left at the broker */
    uint64_t seq;       /* of the last record taken */
    bool at_end, enough;
};

/* Connects, reads until the end of the trail (or follows it), closes. CLI_DONE, or what went wrong is said and its exit
 * code returned. What was written to stdout is flushed at every pause. */
int feed_read(struct feed *);

#endif
