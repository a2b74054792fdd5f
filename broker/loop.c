#include "broker/loop.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "broker/reload.h"

#define RETRY_SECONDS 0.01 /* messages that met a full queue are tried again */

struct loop {
    struct ev_loop *ev;
    struct turn *turn;
    struct http *http;
    struct ev_prepare prepare;
    struct ev_check check;
    struct ev_idle idle;   /* active while there is work: so that the poll does not block */
    struct ev_timer timer; /* the one timer: relative, of min(1 s, due - now) */
    struct ev_async bell;  /* a helper thread is done: a job's, or the one that commits */
    struct ev_signal stop[2], reload;
    struct ev_io gate[GATE_SOCKETS_MAX + 1], web;
    size_t gate_count;
    int error;
};

static bool has_work(struct loop *loop)
{
    return gate_pending(loop->turn->gate) || turn_wants(loop->turn);
}

static double seconds_to_wait(struct loop *loop)
{
    double seconds = (double)turn_wait_ms(loop->turn) / 1000;
    int web_ms = loop->http ? http_timeout_ms(loop->http) : -1;
    if (web_ms >= 0 && (double)web_ms / 1000 < seconds)
        seconds = (double)web_ms / 1000;
    if (outbox_waiting(loop->turn->outbox) && seconds > RETRY_SECONDS)
        seconds = RETRY_SECONDS;
    return seconds;
}

static void before_poll(struct ev_loop *ev, struct ev_prepare *watcher, int events)
{
    struct loop *loop = watcher->data;
    (void)events;
    if (has_work(loop)) {
        ev_idle_start(ev, &loop->idle);
        return;
    }
    ev_idle_stop(ev, &loop->idle);
    ev_now_update(ev);
    ev_timer_stop(ev, &loop->timer);
    ev_timer_set(&loop->timer, seconds_to_wait(loop), 0.);
    ev_timer_start(ev, &loop->timer);
}

/* ZeroMQ's descriptors are edge-triggered and sending may make a socket readable without an event: so the truth is asked
 * for after every wake, whatever woke us. */
static void after_poll(struct ev_loop *ev, struct ev_check *watcher, int events)
{
    struct loop *loop = watcher->data;
    (void)events;
    if (loop->error)
        return;
    turn_pulse(loop->turn);
    reload_tend(loop->turn);
    if (has_work(loop))
        loop->error = turn_run(loop->turn);
    else if (!loop->turn->aloft.on && outbox_waiting(loop->turn->outbox)) /* what is held now is not durable yet */
        outbox_release(loop->turn->outbox);
    if (loop->error)
        ev_break(ev, EVBREAK_ALL);
    else if (!loop->turn->aloft.on) /* a job's end swaps what a turn under way may borrow */
        jobs_reap(loop->turn->jobs);
}

static void on_stop(struct ev_loop *ev, struct ev_signal *watcher, int events)
{
    (void)events;
    log_info("stopping signal=%d", watcher->signum);
    ev_break(ev, EVBREAK_ALL);
}

static void on_reload(struct ev_loop *ev, struct ev_signal *watcher, int events)
{
    struct loop *loop = watcher->data;
    (void)ev;
    (void)events;
    loop->turn->reload_wanted = true;
}

static void on_web(struct ev_loop *ev, struct ev_io *watcher, int events)
{
    struct loop *loop = watcher->data;
    (void)ev;
    (void)events;
    http_serve(loop->http);
}

static void on_timer(struct ev_loop *ev, struct ev_timer *watcher, int events)
{
    struct loop *loop = watcher->data;
    (void)ev;
    (void)events;
    if (loop->http)
        http_serve(loop->http);
}

/* These only wake the loop: after_poll does the work. */
static void on_gate(struct ev_loop *ev, struct ev_io *watcher, int events)
{
    (void)ev;
    (void)watcher;
    (void)events;
}

static void on_idle(struct ev_loop *ev, struct ev_idle *watcher, int events)
{
    (void)ev;
    (void)watcher;
    (void)events;
}

static void on_bell(struct ev_loop *ev, struct ev_async *watcher, int events)
{
    (void)ev;
    (void)watcher;
    (void)events;
}

static void ring(void *arg)
{
    struct loop *loop = arg;
    ev_async_send(loop->ev, &loop->bell);
}

static void watch_signals(struct loop *loop)
{
    static const int stops[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        ev_signal_init(&loop->stop[i], on_stop, stops[i]);
        ev_signal_start(loop->ev, &loop->stop[i]);
    }
    ev_signal_init(&loop->reload, on_reload, SIGHUP);
    loop->reload.data = loop;
    ev_signal_start(loop->ev, &loop->reload);
}

/* These outlive a loop, and would write to it. */
static void unwatch_signals(struct loop *loop)
{
    for (size_t i = 0; i < 2; i++)
        ev_signal_stop(loop->ev, &loop->stop[i]);
    ev_signal_stop(loop->ev, &loop->reload);
}

static void watch_sockets(struct loop *loop)
{
    int fds[GATE_SOCKETS_MAX + 1];
    loop->gate_count = gate_fds(loop->turn->gate, fds);
    for (size_t i = 0; i < loop->gate_count; i++) {
        ev_io_init(&loop->gate[i], on_gate, fds[i], EV_READ);
        ev_io_start(loop->ev, &loop->gate[i]);
    }
    if (!loop->http)
        return;
    ev_io_init(&loop->web, on_web, http_fd(loop->http), EV_READ);
    loop->web.data = loop;
    ev_io_start(loop->ev, &loop->web);
}

static void watch_passes(struct loop *loop)
{
    ev_prepare_init(&loop->prepare, before_poll);
    loop->prepare.data = loop;
    ev_prepare_start(loop->ev, &loop->prepare);
    ev_check_init(&loop->check, after_poll);
    loop->check.data = loop;
    ev_check_start(loop->ev, &loop->check);
    ev_idle_init(&loop->idle, on_idle);
    ev_timer_init(&loop->timer, on_timer, 1., 0.);
    loop->timer.data = loop;
    ev_async_init(&loop->bell, on_bell);
    ev_async_start(loop->ev, &loop->bell);
}

int loop_run(struct turn *turn, struct http *http)
{
    struct loop loop = {.turn = turn, .http = http, .ev = ev_default_loop(EVFLAG_AUTO)};
    if (!loop.ev)
        return -ENOSYS;
    turn->jobs = jobs_new(ring, &loop);
    store_set_bell(turn->store, ring, &loop);
    watch_passes(&loop);
    watch_signals(&loop);
    watch_sockets(&loop);
    log_info("ready version=%s city=\"%s\" pid=%d live=%zu", BIHUAN_VERSION, turn->policy->name, (int)getpid(),
             core_live(turn->core));
    ev_run(loop.ev, 0);
    if (!loop.error)
        loop.error = turn_settle(turn); /* before a job's end frees the policy that records may borrow from */
    store_set_bell(turn->store, NULL, NULL);
    if (loop.error) {
        jobs_abandon(turn->jobs);
    } else {
        jobs_free(turn->jobs); /* a job that just ended may have decided something: turn_settle makes it durable */
        turn->jobs = NULL;
    }
    unwatch_signals(&loop);
    ev_loop_destroy(loop.ev);
    return loop.error;
}
