#include "broker/store/helper.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "broker/base/panic.h"

struct helper {
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum { HELPER_IDLE, HELPER_WORKS, HELPER_ENDS } state;
};

static void do_work(struct helper *h)
{
    pthread_mutex_unlock(&h->mutex);
    h->work(h->arg);
    pthread_mutex_lock(&h->mutex);
    h->state = HELPER_IDLE;
    pthread_cond_signal(&h->changed);
    if (h->done)
        h->done(h->arg);
}

static void *help(void *arg)
{
    struct helper *h = arg;
    /* Waking, it does not push whoever decides off its processor: where processors are few, threads that push each other
     * aside message by message cost more than what they do. */
    if (sched_getscheduler(0) == SCHED_OTHER)
        pthread_setschedparam(pthread_self(), SCHED_BATCH, &(struct sched_param){0});
    pthread_mutex_lock(&h->mutex);
    while (h->state != HELPER_ENDS) {
        if (h->state == HELPER_WORKS)
            do_work(h);
        else
            pthread_cond_wait(&h->changed, &h->mutex);
    }
    pthread_mutex_unlock(&h->mutex);
    return NULL;
}

struct helper *helper_new(void (*work)(void *), void (*done)(void *), void *arg)
{
    sigset_t all, before;
    struct helper *h = calloc(1, sizeof *h);
    ASSERT(h);
    h->work = work;
    h->done = done;
    h->arg = arg;
    pthread_mutex_init(&h->mutex, NULL);
    pthread_cond_init(&h->changed, NULL);
    /* Signals belong to the caller's thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ASSERT(pthread_create(&h->thread, NULL, help, h) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return h;
}

static void tell(struct helper *h, int state)
{
    pthread_mutex_lock(&h->mutex);
    ASSERT(h->state == HELPER_IDLE);
    h->state = state;
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->mutex);
}

void helper_start(struct helper *h)
{
    tell(h, HELPER_WORKS);
}

bool helper_idle(struct helper *h)
{
    pthread_mutex_lock(&h->mutex);
    bool idle = h->state == HELPER_IDLE;
    pthread_mutex_unlock(&h->mutex);
    return idle;
}

void helper_await(struct helper *h)
{
    pthread_mutex_lock(&h->mutex);
    while (h->state == HELPER_WORKS)
        pthread_cond_wait(&h->changed, &h->mutex);
    pthread_mutex_unlock(&h->mutex);
}

void helper_free(struct helper *h)
{
    if (!h)
        return;
    helper_await(h);
    tell(h, HELPER_ENDS);
    pthread_join(h->thread, NULL);
    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->mutex);
    free(h);
}
