#include "broker/core/rest.h"

#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/core/clock.h"
#include "broker/core/live.h"
#include "broker/core/pack.h"
#include "broker/core/presence.h"
#include "broker/core/queue.h"
#include "broker/core/task_more.h"
#include "schemas/ident.h"

/* Behind the packed incident, its task if it has one, and its clocks. */
struct resting {
    struct due_place due;
    struct queue_place waiting;
    uint64_t seq;
    int64_t base_ms;
    uint8_t task_count, clock_count;
    uint8_t packed[];
};

/* The index holds pointers; those to what rests are odd. */
static void *marked(struct resting *resting)
{
    return (char *)resting + 1;
}

static struct resting *unmarked(const void *thing)
{
    ASSERT(rest_is(thing));
    return (struct resting *)((uintptr_t)thing - 1);
}

bool rest_is(const void *thing)
{
    return (uintptr_t)thing & 1;
}

uint64_t rest_incident(const void *thing)
{
    return unmarked(thing)->due.incident;
}

void rest_free(void *thing)
{
    free(unmarked(thing));
}

/* --- going to rest --- */

static bool task_only_waits(const struct live_task *task)
{
    return !task->next && !task->word_count && !task->holder && !task->facts.more && !task_leased(&task->facts);
}

static bool only_waits(const struct live *live)
{
    if (live->first_unflushed || live->voices || live->rare || live->head.more || incident_ended(live->head.state) ||
        (live->tasks && !task_only_waits(live->tasks)))
        return false;
    for (size_t i = 0; i < live->clock_count; i++) {
        if (clock_breached(&live->clocks[i]))
            return false;
    }
    return true;
}

static struct resting *packed(struct core *core, const struct live *live)
{
    struct buffer *out = &core->packing;
    int64_t base_ms = live->head.received_ms;
    buffer_clear(out);
    pack_incident(out, &core->names, base_ms, &live->head);
    if (live->tasks)
        pack_task(out, &core->names, base_ms, &live->tasks->facts);
    for (size_t i = 0; i < live->clock_count; i++)
        pack_clock(out, &core->names, base_ms, &live->clocks[i]);
    struct resting *resting = malloc(sizeof *resting + out->size);
    ASSERT(resting);
    *resting = (struct resting){.due = live->due,
                                .seq = live->seq,
                                .base_ms = base_ms,
                                .task_count = live->task_count,
                                .clock_count = live->clock_count};
    memcpy(resting->packed, out->data, out->size);
    return resting;
}

bool rest_begin(struct core *core, struct live *live)
{
    if (!only_waits(live))
        return false;
    struct resting *resting = packed(core, live);
    heap_moved(&core->due, &resting->due.node);
    if (live->tasks) {
        resting->waiting = live->tasks->waiting;
        heap_moved(&queue_of(core, task_desk(&live->tasks->facts))->waiting, &resting->waiting.node);
    }
    index_replace(&core->live, ident_number(live->id), marked(resting));
    live_free(live);
    return true;
}

/* --- waking --- */

struct unpacked {
    struct incident head;
    struct task task;
    struct clock clocks[CLOCKS_MAX];
};

static void unpack(const struct core *core, const struct resting *resting, struct unpacked *out)
{
    const uint8_t *at = unpack_incident(resting->packed, &core->names, resting->base_ms, &out->head);
    if (resting->task_count)
        at = unpack_task(at, &core->names, resting->base_ms, &out->task);
    for (size_t i = 0; i < resting->clock_count; i++)
        at = unpack_clock(at, &core->names, resting->base_ms, &out->clocks[i]);
}

struct live *rest_end(struct core *core, void *thing)
{
    struct resting *resting = unmarked(thing);
    struct unpacked was;
    unpack(core, resting, &was);
    struct live *live = live_made(resting->due.incident);
    live->seq = resting->seq;
    live_set_head(core, live, &was.head);
    if (resting->task_count)
        live_set_task(core, live, &was.task);
    live_make_room(live, resting->clock_count);
    for (size_t i = 0; i < resting->clock_count; i++)
        live_set_clock(live, &was.clocks[i]);
    live->due = resting->due;
    heap_moved(&core->due, &live->due.node);
    if (live->tasks) {
        live->tasks->waiting = resting->waiting;
        heap_moved(&queue_of(core, task_desk(&was.task))->waiting, &live->tasks->waiting.node);
    }
    index_replace(&core->live, ident_number(live->id), live);
    free(resting);
    live_visits(core, live);
    return live;
}

/* --- reading --- */

void rest_row(const struct core *core, const void *thing, struct arena *arena, struct row *row)
{
    const struct resting *resting = unmarked(thing);
    struct unpacked *was = arena_take(arena, sizeof *was);
    unpack(core, resting, was);
    *row = (struct row){.incident = resting->due.incident,
                        .seq = resting->seq,
                        .head = was->head,
                        .tasks = &was->task,
                        .task_count = resting->task_count,
                        .clocks = was->clocks,
                        .clock_count = resting->clock_count};
    live_lend_head(arena, &row->head);
    if (resting->task_count)
        live_lend_task(arena, &was->task);
}

size_t rest_clocks(const struct core *core, const void *thing, struct clock *clocks)
{
    const struct resting *resting = unmarked(thing);
    struct unpacked was;
    unpack(core, resting, &was);
    memcpy(clocks, was.clocks, resting->clock_count * sizeof *clocks);
    return resting->clock_count;
}
