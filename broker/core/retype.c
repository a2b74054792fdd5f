#include "broker/core/retype.h"

#include "broker/core/clock.h"
#include "broker/core/special.h"

void retype(struct draft *draft, const struct type *type)
{
    struct incident *head = draft_head(draft);
    head->type = type->code;
    head->ladder = climb_ladder_named(draft->climb.policy, type);
    draft_climb(draft);
    special_choose(draft);
}

/* --- a task's clocks --- */

/* The step that stops such a clock has been taken. */
static bool is_over(const struct task *task, enum clock_kind kind)
{
    bool begun = task->state == TASK_HANDLING || task->arrived_ms;
    return (kind == CLOCK_RESPOND && task->responded_ms) || (kind == CLOCK_ARRIVE && task->arrived_ms) ||
           (kind == CLOCK_HANDLE && begun);
}

/* A copy has no clocks, what waits for its turn has none yet, and what starts together with others only the one to respond. */
static bool not_begun(const struct task *task, enum clock_kind kind)
{
    return task->role == TASK_COPY || task->state == TASK_WAITING ||
           (kind != CLOCK_RESPOND && task->more && task->more->held);
}

static void pause(struct draft *draft, enum clock_kind kind, uint32_t task)
{
    struct clock clock = *draft_clock(draft, kind, task);
    struct pace pace = climb_pace(&draft->climb, kind, clock.calendar);
    clock_pause(&clock, &pace, draft->step->now_ms);
    draft_put_clock(draft, &clock);
}

static void renew(struct draft *draft, enum clock_kind kind, const struct task *task)
{
    const struct clock *was = draft_clock(draft, kind, task->no);
    const struct limit *limit = draft_limit(draft, kind);
    bool paused = was && was->state == CLOCK_PAUSED;
    if (was ? !clock_open(was) : is_over(task, kind) || not_begun(task, kind))
        return;
    if (!limit) {
        draft_void_clock(draft, kind, task->no);
        return;
    }
    draft_start_limit(draft, kind, task->no, limit);
    if (paused)
        pause(draft, kind, task->no);
}

void retype_task_clocks(struct draft *draft, const struct task *task)
{
    for (enum clock_kind kind = CLOCK_RESPOND; kind <= CLOCK_CONTACT; kind++)
        renew(draft, kind, task);
}

/* --- the incident's --- */

/* What was used before a pause is kept as it was counted then. */
static void keep_ledger(struct clock *clock, const struct clock *was, const struct pace *pace)
{
    if (was->state == CLOCK_RUNNING && was->running_since_ms == was->started_ms)
        return;
    clock->state = was->state;
    clock->consumed_ms = was->consumed_ms;
    clock->running_since_ms = was->running_since_ms;
    clock->due_ms = 0;
    if (clock->state == CLOCK_RUNNING)
        clock_reckon(clock, pace);
}

void retype_clock(struct draft *draft, enum clock_kind kind, int64_t since_ms)
{
    const struct clock *was = draft_clock(draft, kind, 0);
    const struct limit *limit = draft_limit(draft, kind);
    if (was && !clock_open(was))
        return;
    if (!limit) {
        draft_void_clock(draft, kind, 0);
        return;
    }
    struct pace pace = climb_pace(&draft->climb, kind, limit->calendar);
    struct clock clock;
    clock_start(&clock, kind, 0, limit->budget_ms, &pace, since_ms);
    if (was)
        keep_ledger(&clock, was, &pace);
    clock_arm(&clock, &draft->climb);
    draft_put_clock(draft, &clock);
}
