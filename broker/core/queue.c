#include "broker/core/queue.h"

#include <stdlib.h>
#include <string.h>

#include "broker/core/live.h"
#include "broker/core/oversight.h"

static const struct queue_place *place_at(const struct heap_node *node)
{
    return HEAP_OF(node, struct queue_place, node);
}

/* 督办: as if it were one severity graver. */
static int8_t urgency(const struct live_task *task)
{
    return (int8_t)(task->incident->head.severity - oversight_supervised(&task->incident->head));
}

/* Resumes first; then the panic lane, severity, respond due, and the order of acceptance. */
static bool goes_before(const struct heap_node *left, const struct heap_node *right)
{
    const struct queue_place *a = place_at(left), *b = place_at(right);
    if (a->resumes != b->resumes)
        return a->resumes;
    if (a->panic != b->panic)
        return a->panic;
    if (a->urgency != b->urgency)
        return a->urgency < b->urgency;
    if (a->respond_due_ms != b->respond_due_ms)
        return a->respond_due_ms < b->respond_due_ms;
    if (a->incident != b->incident)
        return a->incident < b->incident;
    return a->task < b->task;
}

struct queue *queue_of(struct core *core, const char *unit)
{
    struct queue *queue = textmap_get(&core->queues, unit);
    if (queue)
        return queue;
    queue = core_alloc(sizeof *queue);
    queue->unit = intern_text(&core->names, unit);
    heap_init(&queue->waiting, goes_before);
    TAILQ_INIT(&queue->idle);
    textmap_put(&core->queues, queue->unit, queue);
    return queue;
}

void queue_free(struct queue *queue)
{
    heap_release(&queue->waiting);
    free(queue);
}

static void check_ready(struct core *core, struct queue *queue)
{
    bool ready = queue->waiting.count > 0 && !TAILQ_EMPTY(&queue->idle);
    if (ready && !queue->is_ready)
        TAILQ_INSERT_TAIL(&core->ready, queue, ready);
    if (!ready && queue->is_ready)
        TAILQ_REMOVE(&core->ready, queue, ready);
    queue->is_ready = ready;
}

/* --- tasks --- */

bool task_waits(const struct task *task)
{
    bool begun = task->state == TASK_RESPONDED || task->state == TASK_HANDLING;
    return task->state == TASK_QUEUED || (begun && !has_text(task->worker) && !task->on_behalf);
}

static struct queue_place place_of(const struct live_task *task)
{
    const struct clock *respond = live_clock_find(task->incident, CLOCK_RESPOND, task->facts.no);
    return (struct queue_place){
        .incident = task->incident->id,
        .respond_due_ms = respond && respond->due_ms ? respond->due_ms : INT64_MAX,
        .task = task->facts.no,
        .urgency = urgency(task),
        .resumes = task->facts.state != TASK_QUEUED,
        .panic = task->incident->head.panic,
    };
}

void queue_enter(struct core *core, struct queue *queue, struct live_task *task)
{
    task->waiting = place_of(task);
    heap_insert(&queue->waiting, &task->waiting.node);
    check_ready(core, queue);
}

void queue_leave(struct core *core, struct queue *queue, struct live_task *task)
{
    heap_remove(&queue->waiting, &task->waiting.node);
    check_ready(core, queue);
}

struct live_task *queue_first(const struct core *core, const struct queue *queue)
{
    const struct heap_node *least = heap_least(&queue->waiting);
    if (!least)
        return NULL;
    struct queue_place first = *place_at(least); /* it is elsewhere when the incident wakes */
    return live_task_find(live_find(core, first.incident), first.task);
}

static uint32_t *count_of(struct queue *queue, enum task_state state)
{
    switch (state) {
    case TASK_QUEUED:
        return &queue->queued;
    case TASK_OFFERED:
        return &queue->offered;
    case TASK_RESPONDED:
    case TASK_HANDLING:
        return &queue->working;
    case TASK_SHELVED:
        return &queue->shelved;
    case TASK_RETURNED:
        return &queue->returned;
    default:
        return NULL;
    }
}

void queue_count(struct queue *queue, const struct task *task, int by)
{
    uint32_t *count = count_of(queue, task->state);
    if (count)
        *count += (uint32_t)by;
}

/* --- workers --- */

void queue_seat(struct core *core, struct worker *worker)
{
    struct queue *queue = worker->queue;
    bool idle = worker->credit > 0 && worker->peer && !worker->draining && !worker->silent;
    if (worker->is_idle) {
        TAILQ_REMOVE(&queue->idle, worker, idle);
        queue->idle_count--;
    }
    if (idle) {
        TAILQ_INSERT_TAIL(&queue->idle, worker, idle);
        queue->idle_count++;
    }
    worker->is_idle = idle;
    check_ready(core, queue);
}

struct worker *queue_worker(const struct queue *queue, const struct live_task *task)
{
    struct worker *worker;
    TAILQ_FOREACH(worker, &queue->idle, idle)
    {
        if (strcmp(worker->name, task->facts.last_worker) != 0)
            return worker;
    }
    return TAILQ_FIRST(&queue->idle);
}

/* --- reading --- */

/* The heap's first n in order, without disturbing it: the next is always the root or a child of one taken before. */
size_t core_queue(const struct core *core, const char *unit, uint64_t *incidents, uint32_t *tasks, size_t n)
{
    const struct queue *queue = textmap_get(&core->queues, text_or_empty(unit));
    size_t taken = 0, open_count = 0;
    if (!queue || n == 0 || queue->waiting.count == 0)
        return 0;
    const struct heap *heap = &queue->waiting;
    size_t *open = core_alloc((n + 1) * sizeof *open);
    open[open_count++] = 1;
    while (open_count > 0 && taken < n) {
        size_t best = 0;
        for (size_t i = 1; i < open_count; i++) {
            if (heap->less(heap->nodes[open[i]], heap->nodes[open[best]]))
                best = i;
        }
        size_t at = open[best];
        incidents[taken] = place_at(heap->nodes[at])->incident;
        tasks[taken++] = place_at(heap->nodes[at])->task;
        open[best] = open[--open_count];
        for (size_t child = 2 * at; child <= 2 * at + 1 && child <= heap->count; child++)
            open[open_count++] = child;
    }
    free(open);
    return taken;
}
