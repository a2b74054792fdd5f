#include "broker/core/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"
#include "broker/core/live.h"
#include "broker/core/queue.h"
#include "broker/core/task_more.h"

#define KEY_BYTES (CODE_MAX_BYTES + ID_MAX_BYTES + 2)

/* A worker's name is unique within its principal, and no principal's name holds a newline. */
static void key_format(char key[KEY_BYTES], const char *principal, const char *name)
{
    snprintf(key, KEY_BYTES, "%s\n%s", principal, name);
}

struct worker *worker_find(const struct core *core, const char *principal, const char *name)
{
    char key[KEY_BYTES];
    key_format(key, text_or_empty(principal), text_or_empty(name));
    return textmap_get(&core->workers, key);
}

struct worker *worker_at(const struct core *core, uint64_t peer)
{
    return map_get(&core->seats, peer);
}

static struct worker_list *list_of(struct core *core, const struct worker *worker)
{
    return worker->silent ? &core->silent : &core->heard;
}

static bool make_room(struct core *core)
{
    if (core->workers.count < WORKERS_MAX)
        return true;
    struct worker *oldest = TAILQ_FIRST(&core->silent);
    if (oldest)
        worker_forget(core, oldest);
    return oldest != NULL;
}

struct worker *worker_new(struct core *core, const char *principal, const char *name, const char *unit, int64_t now_ms)
{
    char key[KEY_BYTES];
    if (!make_room(core))
        return NULL;
    struct worker *worker = core_alloc(sizeof *worker);
    key_format(key, principal, name);
    worker->key = strdup(key);
    ASSERT(worker->key);
    worker->principal = intern_text(&core->names, principal);
    worker->name = strchr(worker->key, '\n') + 1;
    worker->queue = queue_of(core, unit);
    worker->heard_ms = now_ms;
    TAILQ_INIT(&worker->leases);
    textmap_put(&core->workers, worker->key, worker);
    TAILQ_INSERT_TAIL(&core->heard, worker, heard);
    return worker;
}

static void disconnect(struct core *core, struct worker *worker)
{
    if (worker->peer && !worker->silent)
        worker->queue->workers--;
    map_remove(&core->seats, worker->peer);
    worker->peer = 0;
    queue_seat(core, worker);
}

void worker_forget(struct core *core, struct worker *worker)
{
    ASSERT(TAILQ_EMPTY(&worker->leases));
    worker_again(core, worker, 0);
    disconnect(core, worker);
    TAILQ_REMOVE(list_of(core, worker), worker, heard);
    textmap_remove(&core->workers, worker->key);
    free(worker->key);
    free(worker);
}

void worker_connect(struct core *core, struct worker *worker, uint64_t peer, const char *unit)
{
    disconnect(core, worker);
    worker->queue = queue_of(core, unit);
    worker->peer = peer;
    if (peer)
        map_put(&core->seats, peer, worker);
    worker->credit = 0;
    worker->shortfall = worker->short_beats = 0;
    worker->draining = false;
    if (peer && !worker->silent)
        worker->queue->workers++;
    queue_seat(core, worker);
}

void worker_heard(struct core *core, struct worker *worker, int64_t now_ms)
{
    TAILQ_REMOVE(list_of(core, worker), worker, heard);
    worker->heard_ms = now_ms;
    TAILQ_INSERT_TAIL(&core->heard, worker, heard);
    if (!worker->silent)
        return;
    worker->silent = false;
    worker->queue->workers += worker->peer != 0;
    queue_seat(core, worker);
}

void presence_grace(struct core *core, int64_t now_ms)
{
    struct worker *worker;
    TAILQ_FOREACH(worker, &core->heard, heard)
    {
        worker->heard_ms = now_ms;
    }
}

void worker_silenced(struct core *core, struct worker *worker)
{
    TAILQ_REMOVE(&core->heard, worker, heard);
    TAILQ_INSERT_TAIL(&core->silent, worker, heard);
    worker->queue->workers -= worker->peer != 0;
    worker->silent = true;
    queue_seat(core, worker);
}

void worker_credit(struct core *core, struct worker *worker, int64_t by)
{
    int64_t credit = (int64_t)worker->credit + by;
    worker->credit = credit > CREDIT_MAX ? CREDIT_MAX : (uint32_t)credit;
    queue_seat(core, worker);
}

void worker_again(struct core *core, struct worker *worker, int32_t n)
{
    if (worker->again > 0)
        TAILQ_REMOVE(&core->due_again, worker, due_again);
    worker->again = n < worker->lease_count ? n : worker->lease_count;
    if (worker->again > 0)
        TAILQ_INSERT_TAIL(&core->due_again, worker, due_again);
}

void worker_drain(struct core *core, struct worker *worker)
{
    worker->draining = true;
    queue_seat(core, worker);
}

int64_t presence_due(const struct core *core)
{
    const struct worker *first = TAILQ_FIRST(&core->heard);
    return first && core->policy ? first->heard_ms + core->policy->lease_ms : INT64_MAX;
}

/* --- leases --- */

bool task_leased(const struct task *task)
{
    return has_text(task->worker) && (task->state == TASK_OFFERED || task->state == TASK_RESPONDED ||
                                      task->state == TASK_HANDLING || task->state == TASK_SUSPENDED);
}

void lease_enter(struct core *core, struct live_task *task)
{
    task->holder = worker_find(core, task->facts.principal, task->facts.worker);
    if (!task->holder)
        return;
    TAILQ_INSERT_TAIL(&task->holder->leases, task, lease);
    task->holder->lease_count++;
    task->holder->recent++;
}

void lease_leave(struct live_task *task)
{
    if (!task->holder)
        return;
    TAILQ_REMOVE(&task->holder->leases, task, lease);
    task->holder->lease_count--;
    task->holder = NULL;
}

void presence_assume(struct core *core, struct live_task *task, int64_t now_ms)
{
    const struct task *facts = &task->facts;
    if (task->holder)
        return;
    if (!worker_find(core, facts->principal, facts->worker))
        worker_new(core, facts->principal, facts->worker, task_desk(facts), now_ms);
    lease_enter(core, task);
    ASSERT(task->holder);
}

void presence_release(struct core *core)
{
    size_t cursor = 0;
    const char *key;
    void *value;
    while (textmap_next(&core->workers, &cursor, &key, &value)) {
        struct worker *worker = value;
        free(worker->key);
        free(worker);
    }
    textmap_release(&core->workers);
    map_release(&core->seats);
}
