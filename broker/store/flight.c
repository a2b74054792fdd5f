/* flight.c: a commit beside its caller. One helper thread seals the turn's records and makes them durable, while the
 * caller decides the next turn; pending is the helper's meanwhile, the rest of the store stays the caller's. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "broker/base/panic.h"
#include "broker/store/helper.h"

struct flight {
    struct store *store;
    struct helper *helper;
    const struct record *records;
    size_t record_count;
    int error;
};

static void fly(void *arg)
{
    struct flight *f = arg;
    f->error = store_gather(f->store, f->records, f->record_count);
    if (f->error == 0)
        f->error = store_harden(f->store);
}

static void ring(void *arg)
{
    struct flight *f = arg;
    store_ring(f->store);
}

static struct flight *flight_new(struct store *s)
{
    struct flight *f = calloc(1, sizeof *f);
    ASSERT(f);
    f->store = s;
    f->helper = helper_new(fly, ring, f);
    return f;
}

void flight_free(struct store *s)
{
    if (!s->flight)
        return;
    helper_free(s->flight->helper);
    free(s->flight);
}

/* Another journal is asked when the flight lands: its verdict is its own, and tests plant failures in it. */
int store_launch(struct store *s, const struct record *records, size_t n)
{
    ASSERT(!s->aloft && s->reader_depth == 0);
    if (s->failed || s->read_only)
        return -EIO;
    int error = store_room(s);
    if (error != 0)
        return error;
    if (!s->flight)
        s->flight = flight_new(s);
    s->flight->records = records;
    s->flight->record_count = n;
    s->aloft = true;
    if (s->journal == s->own)
        helper_start(s->flight->helper);
    return 0;
}

bool store_landed(struct store *s)
{
    ASSERT(s->aloft);
    return helper_idle(s->flight->helper);
}

static int land_other(struct store *s)
{
    s->aloft = false;
    int error = store_append(s, s->flight->records, s->flight->record_count);
    return error != 0 ? error : store_commit(s);
}

int store_land(struct store *s)
{
    ASSERT(s->aloft);
    if (s->journal != s->own)
        return land_other(s);
    helper_await(s->flight->helper);
    s->aloft = false;
    return store_settle(s, s->flight->error);
}
