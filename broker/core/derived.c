#include "broker/core/derived.h"

#include "broker/core/clock.h"
#include "broker/core/fold.h"
#include "broker/core/live.h"
#include "broker/core/oversight.h"
#include "broker/core/presence.h"
#include "broker/core/queue.h"
#include "broker/core/task_more.h"

static const struct due_place *due_place_at(const struct heap_node *node)
{
    return HEAP_OF(node, struct due_place, node);
}

static bool due_before(const struct heap_node *left, const struct heap_node *right)
{
    const struct due_place *a = due_place_at(left), *b = due_place_at(right);
    return a->next_ms != b->next_ms ? a->next_ms < b->next_ms : a->incident < b->incident;
}

void derived_init(struct core *core)
{
    heap_init(&core->due, due_before);
    TAILQ_INIT(&core->ready);
    TAILQ_INIT(&core->visitors);
    folds_init(&core->folds);
}

void derived_release(struct core *core)
{
    size_t cursor = 0;
    const char *unit;
    void *queue;
    while (textmap_next(&core->queues, &cursor, &unit, &queue))
        queue_free(queue);
    textmap_release(&core->queues);
    map_release(&core->overdue);
    map_release(&core->bordering);
    folds_release(&core->folds);
    heap_release(&core->due);
}

/* --- counts --- */

static void count_task(struct core *core, const struct task *task, int by)
{
    queue_count(queue_of(core, task_desk(task)), task, by);
    if (task->state == TASK_RETURNED)
        core->returned += (uint32_t)by;
    if (task->state == TASK_SHELVED)
        core->shelved += (uint32_t)by;
}

/* How many of its clocks are breached. */
static size_t count_breaches(struct core *core, const struct live *live, int by)
{
    size_t breached = 0;
    for (size_t i = 0; i < live->clock_count; i++) {
        const struct clock *clock = &live->clocks[i];
        if (!clock_breached(clock))
            continue;
        breached++;
        core->overdue_clocks += (uint32_t)by;
        const struct live_task *task = live_task_find(live, clock->task);
        if (task)
            queue_of(core, task->facts.unit)->overdue += (uint32_t)by;
    }
    return breached;
}

static int64_t earliest_rung(const struct live *live)
{
    int64_t earliest_ms = oversight_next_ms(&live->head);
    for (size_t i = 0; i < live->clock_count; i++) {
        int64_t next_ms = live->clocks[i].next_ms;
        if (next_ms && (!earliest_ms || next_ms < earliest_ms))
            earliest_ms = next_ms;
    }
    return earliest_ms;
}

/* --- places --- */

static void place_task(struct core *core, struct live_task *task)
{
    if (task_leased(&task->facts))
        lease_enter(core, task);
    else if (task_waits(&task->facts) && task->incident->head.state != INCIDENT_PARKED)
        queue_enter(core, queue_of(core, task_desk(&task->facts)), task);
    count_task(core, &task->facts, 1);
}

static void unplace_task(struct core *core, struct live_task *task)
{
    lease_leave(task);
    queue_leave(core, queue_of(core, task_desk(&task->facts)), task);
    count_task(core, &task->facts, -1);
}

static bool bordering(const struct live *live)
{
    return live->head.more && has_text(live->head.more->beside) && !incident_ended(live->head.state);
}

void derived_add(struct core *core, struct live *live)
{
    for (struct live_task *task = live->tasks; task; task = task->next)
        place_task(core, task);
    live->due.next_ms = earliest_rung(live);
    if (live->due.next_ms)
        heap_insert(&core->due, &live->due.node);
    if (count_breaches(core, live, 1) > 0)
        map_put(&core->overdue, live->id, live);
    if (bordering(live))
        map_put(&core->bordering, live->id, live);
    core->in_state[live->head.state]++;
    core->supervised += oversight_supervised(&live->head);
    if (live_reports(live))
        folds_note(core, live);
}

void derived_remove(struct core *core, struct live *live)
{
    for (struct live_task *task = live->tasks; task; task = task->next)
        unplace_task(core, task);
    heap_remove(&core->due, &live->due.node);
    if (count_breaches(core, live, -1) > 0)
        map_remove(&core->overdue, live->id);
    if (bordering(live))
        map_remove(&core->bordering, live->id);
    core->in_state[live->head.state]--;
    core->supervised -= oversight_supervised(&live->head);
}

int64_t derived_due_ms(const struct core *core)
{
    const struct heap_node *least = heap_least(&core->due);
    return least ? due_place_at(least)->next_ms : INT64_MAX;
}

struct live *derived_due(const struct core *core)
{
    const struct heap_node *least = heap_least(&core->due);
    return least ? live_find(core, due_place_at(least)->incident) : NULL;
}
