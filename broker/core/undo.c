#include "broker/core/undo.h"

#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"
#include "broker/core/clock.h"
#include "broker/core/live.h"
#include "broker/core/task_more.h"

static const struct undo nothing;

/* --- kept with the incident --- */

static void *copied(const void *items, size_t count, size_t item_bytes)
{
    if (count == 0)
        return NULL;
    void *copy = core_alloc(count * item_bytes);
    memcpy(copy, items, count * item_bytes);
    return copy;
}

struct undo *undo_own(struct core *core, const struct undo *undo)
{
    if (!undo)
        return NULL;
    struct undo *copy = copied(undo, 1, sizeof *undo);
    struct task *tasks = copied(undo->tasks, undo->task_count, sizeof *tasks);
    struct ask *asks = copied(undo->asks, undo->ask_count, sizeof *asks);
    for (size_t i = 0; i < undo->task_count; i++)
        live_own_task(core, &tasks[i]);
    for (size_t i = 0; i < undo->ask_count; i++)
        live_own_ask(core, &asks[i]);
    copy->tasks = tasks;
    copy->asks = asks;
    copy->clocks = copied(undo->clocks, undo->clock_count, sizeof *undo->clocks);
    return copy;
}

void undo_disown(struct undo *undo)
{
    if (!undo)
        return;
    for (size_t i = 0; i < undo->task_count; i++)
        live_disown_task(&undo->tasks[i]);
    for (size_t i = 0; i < undo->ask_count; i++)
        live_disown_ask(&undo->asks[i]);
    free((void *)undo->tasks);
    free((void *)undo->asks);
    free((void *)undo->clocks);
    free(undo);
}

const struct undo *undo_lend(struct arena *arena, const struct undo *undo)
{
    if (!undo)
        return NULL;
    struct undo *copy = arena_memdup(arena, undo, sizeof *undo);
    struct task *tasks = arena_memdup(arena, undo->tasks, undo->task_count * sizeof *tasks);
    struct ask *asks = arena_memdup(arena, undo->asks, undo->ask_count * sizeof *asks);
    for (size_t i = 0; i < undo->task_count; i++)
        live_lend_task(arena, &tasks[i]);
    for (size_t i = 0; i < undo->ask_count; i++)
        live_lend_ask(arena, &asks[i]);
    copy->tasks = tasks;
    copy->asks = asks;
    copy->clocks = arena_memdup(arena, undo->clocks, undo->clock_count * sizeof *undo->clocks);
    return copy;
}

/* --- what a dispatch changed, as it was --- */

static void keep_tasks(const struct draft *draft, const struct live *live, struct undo *undo)
{
    struct task *tasks = ARENA_NEW(draft->step->outcome->arena, struct task, live->task_count);
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        if (draft->task_changed[task->facts.no - 1])
            tasks[undo->task_count++] = task->facts;
    }
    undo->tasks = tasks;
}

/* A draft's clocks and asks begin with those there were, in their order. */
static void keep_clocks(const struct draft *draft, const struct live *live, struct undo *undo)
{
    struct clock *clocks = ARENA_NEW(draft->step->outcome->arena, struct clock, live->clock_count);
    for (size_t i = 0; i < live->clock_count; i++) {
        if (draft->clock_changed[i])
            clocks[undo->clock_count++] = live->clocks[i];
    }
    undo->clocks = clocks;
}

static void keep_asks(const struct draft *draft, const struct live *live, struct undo *undo)
{
    size_t count = live->rare ? live->rare->ask_count : 0;
    struct ask *asks = ARENA_NEW(draft->step->outcome->arena, struct ask, count);
    for (size_t i = 0; i < count; i++) {
        if (draft->ask_changed[i])
            asks[undo->ask_count++] = live->rare->asks[i];
    }
    undo->asks = asks;
}

void undo_keep(struct acting *acting)
{
    struct draft *draft = acting->draft;
    int64_t within_ms = acting->step->core->policy->undo_within_ms;
    struct undo undo = {.seq = acting->step->core->seq + 1, /* nothing else is recorded before it */
                        .until_ms = acting->step->now_ms + within_ms,
                        .first = acting->live->task_count + 1u,
                        .last = (uint32_t)draft->task_count,
                        .state = acting->live->head.state};
    if (within_ms <= 0)
        return;
    keep_tasks(draft, acting->live, &undo);
    keep_clocks(draft, acting->live, &undo);
    keep_asks(draft, acting->live, &undo);
    draft->undo = undo_lend(acting->step->outcome->arena, &undo);
}

/* --- taking it back --- */

static bool concerns(const struct undo *undo, uint32_t no)
{
    bool concerned = no >= undo->first && no <= undo->last;
    for (size_t i = 0; i < undo->task_count && !concerned; i++)
        concerned = undo->tasks[i].no == no;
    return concerned;
}

const struct task *undo_responded(const struct undo *undo, const struct task *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (tasks[i].responded_ms != 0 && concerns(undo, tasks[i].no))
            return &tasks[i];
    }
    return NULL;
}

void undo_stands(struct draft *draft, const struct live *live, uint32_t no)
{
    const struct undo *undo = live->rare ? live->rare->undo : NULL;
    if (undo && concerns(undo, no))
        draft->undo = &nothing;
}

void undo_over(struct draft *draft, const struct live *live)
{
    if (live->rare && live->rare->undo)
        draft->undo = &nothing;
}

static struct task *take_from(struct acting *acting, uint32_t no)
{
    struct task *task = draft_task(acting->draft, no);
    step_revoke(acting->step, live_task_find(acting->live, no), "the dispatch was taken back");
    draft_void_task_clocks(acting->draft, no);
    acting->record->task = no;
    return task;
}

static void take_new(struct acting *acting, uint32_t no)
{
    struct task *task = take_from(acting, no);
    task->state = TASK_WITHDRAWN;
    task->principal = task->worker = "";
    if (task->more && task->more->held) /* nothing starts together any more, unless something did before */
        draft_void_clock(acting->draft, CLOCK_BEGIN, 0);
}

/* To whom it was offered it is offered again; who had signed goes on with it. */
static void put_back(struct acting *acting, const struct task *was)
{
    struct task *task = take_from(acting, was->no);
    uint32_t epoch = task->epoch + 1;
    *task = *was;
    task->epoch = acting->record->epoch = epoch;
    task->principal = task->worker = "";
    if (task->state == TASK_OFFERED)
        task->state = TASK_QUEUED;
}

/* The calendar and the ladder may be others since: what had stopped was passed over when they came. */
static void run_on(struct draft *draft, struct clock clock)
{
    struct pace pace = climb_pace(&draft->climb, clock.kind, clock.calendar);
    if (clock.state == CLOCK_RUNNING) {
        clock.reached = climb_reached(&draft->climb, &clock);
        clock_reckon(&clock, &pace);
        clock_arm(&clock, &draft->climb);
    }
    draft_put_clock(draft, &clock);
}

static void restore(struct acting *acting, const struct undo *undo)
{
    struct draft *draft = acting->draft;
    for (uint32_t no = undo->first; no <= undo->last; no++)
        take_new(acting, no);
    for (size_t i = 0; i < undo->task_count; i++)
        put_back(acting, &undo->tasks[i]);
    for (size_t i = 0; i < undo->clock_count; i++)
        run_on(draft, undo->clocks[i]);
    for (size_t i = 0; i < undo->ask_count; i++)
        *draft_ask(draft, undo->asks[i].no) = undo->asks[i];
    if (draft->head.state != undo->state)
        draft_head(draft)->state = undo->state;
}

/* Who had it before may have become whom the report is about, or be no more. */
static bool may_have_again(struct acting *acting, const struct task *was)
{
    const struct exclusion *exclusion = &acting->draft->climb.exclusion;
    const struct policy *policy = acting->step->core->policy;
    const char *const units[] = {was->unit, task_desk(was)};
    for (size_t i = 0; i < 2 && was->state != TASK_DONE && was->state != TASK_WITHDRAWN; i++) {
        const struct unit *unit = policy_unit(policy, units[i]);
        if (exclusion_bars_unit(exclusion, unit))
            return step_refuse(acting->step, REFUSAL_EXCLUDED, NULL,
                               "the report is about \"%s\", which had task %u before; possible is transfer", units[i],
                               was->no);
        if (policy_unit_now(policy, unit) != unit)
            return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb",
                               "unit \"%s\", which had task %u before, is retired; possible is transfer", units[i],
                               was->no);
    }
    return true;
}

static bool may_be_as_before(struct acting *acting, const struct undo *undo)
{
    for (size_t i = 0; i < undo->task_count; i++) {
        if (!may_have_again(acting, &undo->tasks[i]))
            return false;
    }
    return true;
}

bool act_undo(struct acting *acting)
{
    const struct undo *undo = acting->live->rare ? acting->live->rare->undo : NULL;
    if (!undo || undo->until_ms < acting->step->now_ms)
        return step_refuse(acting->step, REFUSAL_TOO_LATE, "verb",
                           "nothing was dispatched by hand within the last %lld s; possible is transfer",
                           (long long)acting->step->core->policy->undo_within_ms / 1000);
    const struct task *task = undo_responded(undo, acting->draft->tasks, acting->draft->task_count);
    if (task)
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb",
                           "unit \"%s\" has responded to task %u already; possible is transfer", task->unit, task->no);
    if (!may_be_as_before(acting, undo))
        return false;
    restore(acting, undo_lend(acting->step->outcome->arena, undo));
    acting->draft->undo = &nothing;
    acting->record->takes_back = undo->seq;
    return true;
}
