#include "tests/sim/world.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/panic.h"
#include "broker/config/config.h"
#include "broker/recover.h"

/* --- a journal that fails as planted --- */

struct failing {
    struct journal journal;
    struct journal *inner;
    struct world *world;
};

static int failing_append(struct journal *journal, const struct journal_entry *entry)
{
    struct failing *f = (struct failing *)journal;
    return f->inner->ops->append(f->inner, entry);
}

static void nobody_told(void *arg, uint64_t entry_number, enum durable verdict)
{
    (void)arg;
    (void)entry_number;
    ASSERT(verdict == DURABLE_OK);
}

static void failing_durable(struct journal *journal, journal_durable_fn *fn, void *arg)
{
    struct failing *f = (struct failing *)journal;
    enum crash planted = f->world->next_commit;
    f->world->next_commit = CRASH_NONE;
    if (planted != CRASH_NONE)
        f->world->struck = planted;
    if (planted == CRASH_UNKNOWN)
        f->inner->ops->durable(f->inner, nobody_told, NULL);
    if (planted != CRASH_NONE)
        fn(arg, 0, DURABLE_UNKNOWN);
    else
        f->inner->ops->durable(f->inner, fn, arg);
}

static int failing_replay(struct journal *journal, uint64_t after, journal_replay_fn *fn, void *arg)
{
    struct failing *f = (struct failing *)journal;
    return f->inner->ops->replay(f->inner, after, fn, arg);
}

static int failing_trim(struct journal *journal, uint64_t upto)
{
    struct failing *f = (struct failing *)journal;
    return f->inner->ops->trim(f->inner, upto);
}

static void failing_close(struct journal *journal)
{
    (void)journal; /* it outlives the broker */
}

static const struct journal_ops failing_ops = {failing_append, failing_durable, failing_replay, failing_trim,
                                               failing_close};

/* --- the broker's life --- */

static int64_t virtual_now(void *arg)
{
    return ((struct world *)arg)->now_ms;
}

static int64_t virtual_step(void *arg)
{
    struct world *w = arg;
    int64_t step_ms = w->wall_step_ms;
    w->wall_step_ms = 0;
    return step_ms;
}

static int64_t read_now(void *arg)
{
    return now_ms(&((struct world *)arg)->now);
}

static int64_t read_step(void *arg)
{
    return now_step(&((struct world *)arg)->now);
}

static void job_done(void *arg)
{
    sem_post(&((struct world *)arg)->job_done);
}

/* What a dying process was about to do is never done. Its memory is the machine's again; here it stays, still known of. */
static void forget_jobs(struct world *w)
{
    static struct forgotten {
        struct forgotten *before;
        struct jobs *jobs;
    } * forgotten;
    jobs_abandon(w->turn.jobs);
    while (sem_trywait(&w->job_done) == 0) { /* what it ended with is nobody's news */
    }
    if (!jobs_busy(w->turn.jobs)) {
        jobs_free(w->turn.jobs);
        return;
    }
    struct forgotten *one = malloc(sizeof(*one));
    ASSERT(one);
    *one = (struct forgotten){forgotten, w->turn.jobs};
    forgotten = one;
}

static void take_down(struct world *w)
{
    struct turn *t = &w->turn;
    store_close(t->store); /* what is aloft borrows from all others */
    forget_jobs(w);
    outbox_free(t->outbox);
    fake_gate_free(t->gate);
    core_free(t->core);
    turn_release(t);
    network_clear(&w->network);
    w->up = false;
}

/* Over a disk, what is planted for the next commit lies in wait there. */
static void plant(struct world *w)
{
    if (w->options.front)
        disk_plant(w->next_commit);
    if (w->tables_fail)
        disk_fail_tables(true);
    w->tables_fail = false;
}

static bool bring_up(struct world *w)
{
    struct turn *t = &w->turn;
    const char *fault = "";
    struct recovered count;
    struct store_options options = {.create = true, .journal = 620802, .map_bytes = 32 << 20};
    options.front = w->options.front;
    options.other = w->options.front ? NULL : w->journal;
    if (w->options.rereads && !world_read_config(w))
        return false;
    plant(w);
    disk_fail_tables(false);
    if (store_open(w->folder, &options, &t->store, &fault) != 0) {
        snprintf(w->fault, sizeof(w->fault), "the store does not open: %s", fault);
        return false;
    }
    t->core = core_new(&(struct core_options){.journal = 620802});
    t->gate = fake_gate_new(&w->network);
    t->outbox = outbox_new(t->gate);
    t->jobs = jobs_new(job_done, w);
    turn_init(t);
    t->sweep_began = 0;
    w->up = true;
    w->restarts++;
    if (recover(t->core, t->store, &count, w->fault) != 0)
        return false;
    if (w->options.wall)
        now_start(&w->now,
                  &(struct now_before){.last_ms = store_meta(t->store)->last_ms,
                                       .off_ms = core_counters(t->core).wall_off_ms},
                  1);
    return recover_announce(t, w->fault) == 0;
}

bool world_start(struct world *w)
{
    w->struck = CRASH_NONE;
    if (bring_up(w))
        return true;
    if (w->up)
        world_kill(w);
    if (w->struck == CRASH_NONE)
        return false;
    *w->fault = '\0';
    return bring_up(w);
}

/* Nothing depends on when a thread has done what: all that was decided is said, and in the tables. */
static bool settle(struct world *w)
{
    if (!w->options.steady || !w->options.front)
        return true;
    return turn_land(&w->turn) == 0 && store_drain(w->turn.store) == 0;
}

void world_kill(struct world *w)
{
    struct failing *failing = (struct failing *)w->journal;
    w->crashes++;
    settle(w); /* or not, where what it wrote last was to fail */
    take_down(w);
    journal_mem_crash(failing->inner);
    if (w->options.front && disk_struck() != CRASH_NONE)
        w->struck = disk_struck();
    w->next_commit = CRASH_NONE;
    if (w->options.killed)
        w->options.killed(w->options.arg, w->folder);
}

bool world_stop(struct world *w)
{
    int error = turn_settle(&w->turn);
    if (error)
        world_kill(w);
    else
        take_down(w);
    return !error;
}

bool world_read_config(struct world *w)
{
    struct turn *t = &w->turn;
    struct faults faults = {0};
    struct policy *policy;
    struct place_index *place = NULL;
    int error = config_load(w->options.config_folder, &policy, &faults);
    if (!error) {
        error = place_build(policy, w->options.config_folder, &place, &faults);
        policy_free(error ? policy : t->policy);
    }
    if (!error) {
        place_free(t->place);
        t->policy = policy;
        t->place = place;
    } else {
        snprintf(w->fault, sizeof(w->fault), "%.200s", faults_text(&faults));
    }
    faults_release(&faults);
    return !error;
}

bool world_finish_job(struct world *w)
{
    if (!jobs_busy(w->turn.jobs))
        return false;
    while (sem_wait(&w->job_done) != 0) {
    }
    /* As the loop does: a job ends between turns, when nothing that was decided borrows from what it takes away. */
    while (turn_land(&w->turn) == 0) {
        if (w->turn.outcome.record_count == 0) {
            jobs_reap(w->turn.jobs);
            break;
        }
        if (!world_turn(w))
            break;
    }
    return true;
}

bool world_open(struct world *w, const struct world_options *options)
{
    memset(w, 0, sizeof(*w));
    w->options = *options;
    w->chance.state = options->seed;
    w->now_ms = options->start_ms;
    w->network = (struct network){.chance = &w->chance, .now_ms = &w->now_ms, .policy = &w->turn.policy};
    struct failing *failing = calloc(1, sizeof(*failing));
    ASSERT(failing && sem_init(&w->job_done, 0, 0) == 0);
    *failing = (struct failing){{&failing_ops}, journal_mem_new(), w};
    w->journal = &failing->journal;
    snprintf(w->folder, sizeof(w->folder), "%s", options->folder ? options->folder : "/dev/shm/bihuan-sim-XXXXXX");
    ASSERT(options->folder || mkdtemp(w->folder));
    w->turn.config_folder = options->config_folder;
    w->turn.now = options->wall ? read_now : virtual_now;
    w->turn.step = options->wall ? read_step : virtual_step;
    clock_lend(options->wall ? w : NULL);
    disk_seed(options->seed);
    w->turn.time = w;
    w->turn.speed = 1;
    w->turn.query_budget_us = INT64_C(1) << 40;
    w->turn.beside_records_min = options->beside_records_min;
    w->turn.flush_slice_min = options->flush_slice_min;
    w->turn.tick_rungs_busy = TICK_RUNGS_MAX;
    disk_be_late(options->front && !options->steady);
    return world_read_config(w) && bring_up(w);
}

static void remove_folder(const char *folder)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "lock", "broker.lock", "front.0", "front.1"};
    char path[160];
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

void world_close(struct world *w)
{
    struct failing *failing = (struct failing *)w->journal;
    if (w->up)
        take_down(w);
    clock_lend(NULL);
    policy_free(w->turn.policy);
    place_free(w->turn.place);
    if (failing)
        journal_mem_free(failing->inner);
    free(failing);
    sem_destroy(&w->job_done);
    remove_folder(w->folder);
}

bool world_crash(struct world *w)
{
    world_kill(w);
    /* Down for a while: clocks become due meanwhile. */
    w->now_ms += (int64_t)chance_below(&w->chance, (uint64_t)w->options.down_max_ms);
    if (!w->options.again_percent || !chance_percent(&w->chance, w->options.again_percent))
        return bring_up(w);
    w->next_commit = chance_percent(&w->chance, 50) ? CRASH_LOST : CRASH_UNKNOWN;
    return world_start(w);
}

/* A commit takes a few turns at most: the world's time does not run away from a disk's. */
static void await_disk(struct world *w)
{
    if (!w->options.steady && (!w->options.front || chance_percent(&w->chance, 50)))
        return;
    while (w->turn.aloft.on && !store_landed(w->turn.store))
        sched_yield();
}

bool world_turn(struct world *w)
{
    await_disk(w);
    if (!settle(w))
        return world_crash(w);
    w->turn.touched_ms = chance_percent(&w->chance, w->options.quiet_percent) ? 0 : INT64_MAX / 2;
    plant(w);
    if (turn_run(&w->turn) == 0)
        return true;
    return world_crash(w);
}
