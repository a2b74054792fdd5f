/* What the command centre watches. Counts are kept as rows change (derived.c, queue.c); only what is overdue or soon due
 * is walked, so that a screen that looks every second costs nothing of note. */

#include "broker/core/clock.h"
#include "broker/core/ladder.h"
#include "broker/core/live.h"
#include "broker/core/rest.h"
#include "broker/core/side.h"
#include "schemas/ident.h"

#define MINUTE_MS 60000

/* --- due soon --- */

static void count_due(const struct clock *clocks, size_t n, int64_t now_ms, struct overview *out)
{
    for (size_t i = 0; i < n; i++) {
        int64_t left_ms = clocks[i].due_ms - now_ms;
        if (clocks[i].state != CLOCK_RUNNING || left_ms < 0 || clock_is_term(clocks[i].kind))
            continue;
        out->due_5 += left_ms <= 5 * MINUTE_MS;
        out->due_15 += left_ms <= 15 * MINUTE_MS;
        out->due_60 += left_ms <= 60 * MINUTE_MS;
    }
}

static void count_thing(const struct core *core, uint64_t incident, int64_t now_ms, struct overview *out)
{
    const void *thing = index_get(&core->live, ident_number(incident));
    const struct live *live = thing;
    struct clock clocks[CLOCKS_MAX];
    if (rest_is(thing))
        count_due(clocks, rest_clocks(core, thing, clocks), now_ms, out);
    else
        count_due(live->clocks, live->clock_count, now_ms, out);
}

/* A clock's next rung is never after its due, so a node beyond the horizon ends the search below it. */
static void walk_due(const struct core *core, size_t at, int64_t now_ms, struct overview *out)
{
    if (at > core->due.count)
        return;
    const struct due_place *place = HEAP_OF(core->due.nodes[at], struct due_place, node);
    if (place->next_ms > now_ms + 60 * MINUTE_MS)
        return;
    count_thing(core, place->incident, now_ms, out);
    walk_due(core, 2 * at, now_ms, out);
    walk_due(core, 2 * at + 1, now_ms, out);
}

/* --- overdue --- */

static void count_overdue(const struct core *core, const struct live *live, struct overview *out)
{
    const size_t last = sizeof out->overdue_by_rung / sizeof out->overdue_by_rung[0] - 1;
    struct climb climb = climb_of(core->policy, &live->head);
    for (size_t i = 0; i < live->clock_count; i++) {
        if (!clock_breached(&live->clocks[i]))
            continue;
        size_t ups = climb_ups(climb_reached(&climb, &live->clocks[i]));
        out->overdue_by_rung[ups < last ? ups : last]++;
    }
}

static void walk_overdue(const struct core *core, struct overview *out)
{
    size_t cursor = 0;
    uint64_t id;
    void *live;
    while (map_next(&core->overdue, &cursor, &id, &live))
        count_overdue(core, live, out);
}

/* --- areas --- */

static void count_areas(const struct core *core, struct overview *out)
{
    for (const struct live_side *side = NULL; (side = side_after(core, SIDE_AREA_LEVEL, side));) {
        out->areas_proposed += side->facts.state != side->facts.colour;
        out->areas_listed += side->facts.colour != 0;
    }
}

/* --- units --- */

static uint32_t credit_of(const struct queue *queue)
{
    const struct worker *worker;
    uint32_t credit = 0;
    TAILQ_FOREACH(worker, &queue->idle, idle)
    {
        credit += worker->credit;
    }
    return credit;
}

static const char *title_of(const struct core *core, const char *unit, int64_t now_ms)
{
    const struct unit *known = core->policy ? policy_unit(core->policy, unit) : NULL;
    return known ? unit_name(known, now_ms) : unit;
}

static bool busy(const struct queue *queue)
{
    return queue->workers || queue->queued || queue->offered || queue->working || queue->shelved || queue->returned;
}

static void load_units(const struct core *core, int64_t now_ms, struct arena *arena, struct overview *out)
{
    struct unit_load *loads = ARENA_NEW(arena, struct unit_load, core->queues.count);
    size_t cursor = 0;
    const char *unit;
    void *value;
    out->units = loads;
    while (textmap_next(&core->queues, &cursor, &unit, &value)) {
        const struct queue *queue = value;
        if (!busy(queue))
            continue;
        loads[out->unit_count++] = (struct unit_load){
            .unit = unit,
            .name = title_of(core, unit, now_ms),
            .workers = queue->workers,
            .credit = credit_of(queue),
            .queued = queue->queued,
            .unsigned_ = queue->queued + queue->offered,
            .working = queue->working,
            .overdue = queue->overdue,
            .shelved = queue->shelved,
            .returned = queue->returned,
        };
    }
}

void core_overview(const struct core *core, int64_t now_ms, struct arena *arena, struct overview *out)
{
    *out = (struct overview){
        .now_ms = now_ms,
        .accepted = core->counters.accepted,
        .closed = core->counters.closed,
        .records = core->seq,
        .unrouted = core->in_state[INCIDENT_UNROUTED],
        .desk = core->in_state[INCIDENT_DESK],
        .verifying = core->in_state[INCIDENT_VERIFYING],
        .returned = core->returned,
        .shelved = core->shelved,
        .overdue = core->overdue_clocks,
        .supervised = core->supervised,
    };
    for (int state = 1; state < INCIDENT_STATE_END; state++)
        out->live += incident_ended((enum incident_state)state) ? 0 : core->in_state[state];
    walk_due(core, 1, now_ms, out);
    if (core->policy)
        walk_overdue(core, out);
    count_areas(core, out);
    load_units(core, now_ms, arena, out);
}

/* --- workers --- */

static void count_leases(const struct worker *worker, struct unit_load *load)
{
    const struct live_task *task;
    TAILQ_FOREACH(task, &worker->leases, lease)
    {
        load->unsigned_ += task->facts.state == TASK_OFFERED;
        load->working += task->facts.state != TASK_OFFERED;
    }
}

size_t core_workers(const struct core *core, struct arena *arena, struct unit_load **out)
{
    const struct worker *worker;
    size_t count = 0;
    *out = ARENA_NEW(arena, struct unit_load, core->workers.count);
    TAILQ_FOREACH(worker, &core->heard, heard)
    {
        if (!worker->peer)
            continue;
        struct unit_load *load = &(*out)[count++];
        *load = (struct unit_load){
            .unit = worker->queue->unit, .name = worker->name, .workers = 1, .credit = worker->credit};
        count_leases(worker, load);
    }
    return count;
}
