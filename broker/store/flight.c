/* flight.c: a commit beside its caller. One helper thread seals the turn's records and commits, while the caller decides
 * the next turn; pending is the helper's meanwhile, the rest of the store stays the caller's. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "broker/base/panic.h"

struct flight {
    struct store *store;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum { FLIGHT_LANDED, FLIGHT_ALOFT, FLIGHT_ENDS } state;
    const struct record *records;
    size_t record_count;
    int error;
};

static int fly(struct store *s, const struct record *records, size_t n)
{
    int error = store_gather(s, records, n);
    return error != 0 ? error : store_write(s);
}

static void *help(void *arg)
{
    struct flight *f = arg;
    pthread_mutex_lock(&f->mutex);
    while (f->state != FLIGHT_ENDS) {
        if (f->state == FLIGHT_ALOFT) {
            pthread_mutex_unlock(&f->mutex);
            f->error = fly(f->store, f->records, f->record_count);
            pthread_mutex_lock(&f->mutex);
            f->state = FLIGHT_LANDED;
            pthread_cond_signal(&f->changed);
            if (f->store->bell)
                f->store->bell(f->store->bell_arg);
        }
        pthread_cond_wait(&f->changed, &f->mutex);
    }
    pthread_mutex_unlock(&f->mutex);
    return NULL;
}

static struct flight *flight_new(struct store *s)
{
    sigset_t all, before;
    struct flight *f = calloc(1, sizeof *f);
    ASSERT(f);
    f->store = s;
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->changed, NULL);
    /* Signals belong to the caller's thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ASSERT(pthread_create(&f->thread, NULL, help, f) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return f;
}

static void tell(struct flight *f, int state)
{
    pthread_mutex_lock(&f->mutex);
    f->state = state;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

static void await(struct flight *f)
{
    pthread_mutex_lock(&f->mutex);
    while (f->state == FLIGHT_ALOFT)
        pthread_cond_wait(&f->changed, &f->mutex);
    pthread_mutex_unlock(&f->mutex);
}

void flight_free(struct store *s)
{
    struct flight *f = s->flight;
    if (!f)
        return;
    await(f);
    tell(f, FLIGHT_ENDS);
    pthread_join(f->thread, NULL);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->mutex);
    free(f);
}

/* Another journal is asked when the flight lands: its verdict is its own, and tests plant failures in it. */
int store_launch(struct store *s, const struct record *records, size_t n)
{
    ASSERT(!s->aloft && s->reader_depth == 0);
    if (s->failed || s->read_only)
        return -EIO;
    if (!s->flight)
        s->flight = flight_new(s);
    s->flight->records = records;
    s->flight->record_count = n;
    s->aloft = true;
    if (s->journal == s->own)
        tell(s->flight, FLIGHT_ALOFT);
    return 0;
}

void store_set_bell(struct store *s, void (*bell)(void *arg), void *arg)
{
    ASSERT(!s->aloft);
    s->bell = bell;
    s->bell_arg = arg;
}

bool store_landed(struct store *s)
{
    struct flight *f = s->flight;
    ASSERT(s->aloft);
    pthread_mutex_lock(&f->mutex);
    bool landed = f->state != FLIGHT_ALOFT;
    pthread_mutex_unlock(&f->mutex);
    return landed;
}

static int land_other(struct store *s)
{
    s->aloft = false;
    int error = store_append(s, s->flight->records, s->flight->record_count);
    return error != 0 ? error : store_commit(s);
}

int store_land(struct store *s)
{
    struct flight *f = s->flight;
    ASSERT(s->aloft);
    if (s->journal != s->own)
        return land_other(s);
    await(f);
    s->aloft = false;
    return store_settle(s, f->error);
}
