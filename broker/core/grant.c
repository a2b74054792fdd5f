#include "broker/core/grant.h"

#include "broker/core/ask.h"
#include "broker/core/clock.h"

#define MINUTE_MS 60000

static bool refuse(struct draft *draft, enum refusal_code code, const char *field, const char *reason)
{
    return step_refuse(draft->step, code, field, "%s", reason);
}

static bool is_lead(const struct draft *draft, uint32_t task)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].no == task)
            return draft->tasks[i].role == TASK_LEAD;
    }
    return false;
}

/* --- in time --- */

/* What an ask stands on: the clocks of its task, or the incident's own time to be resolved. */
static bool stands_on(const struct ask *ask, const struct clock *clock)
{
    if (clock->state != CLOCK_RUNNING || clock_is_term(clock->kind))
        return false;
    return ask->task ? clock->task == ask->task : clock->kind == CLOCK_RESOLVE;
}

/* What has run out is late: it is not mended by asking afterwards. */
static bool before_expiry(struct draft *draft, const struct ask *ask)
{
    for (size_t i = 0; i < draft->clock_count; i++) {
        const struct clock *clock = &draft->clocks[i];
        int64_t late_ms = draft->step->now_ms - clock->due_ms;
        if (stands_on(ask, clock) && late_ms > 0)
            return step_refuse(draft->step, REFUSAL_TOO_LATE, "kind",
                               "%s ran out %lld min ago; to %s is asked before that", clock_kind_name(clock->kind),
                               (long long)(late_ms / MINUTE_MS), ask_kind_name(ask->kind));
    }
    return true;
}

static bool is_open(struct draft *draft, const struct ask *ask)
{
    if (draft->head.state == INCIDENT_OPEN)
        return true;
    return step_refuse(draft->step, REFUSAL_WRONG_STATE, "kind", "the incident is %s; to %s is asked of an open one",
                       incident_state_name(draft->head.state), ask_kind_name(ask->kind));
}

/* --- 延期: more time --- */

/* The unit's own clocks; the incident's goes with its lead's. Which kinds is the city's to say. */
static bool extends(const struct draft *draft, const struct ask *ask, const struct clock *clock)
{
    bool whose = clock->task ? clock->task == ask->task : !ask->task || is_lead(draft, ask->task);
    return whose && clock->state == CLOCK_RUNNING && (draft->climb.policy->extend_clocks >> clock->kind & 1);
}

static uint32_t granted_extensions(const struct draft *draft, const struct ask *wanted)
{
    uint32_t count = 0;
    bool lead = is_lead(draft, wanted->task);
    for (size_t i = 0; i < draft->ask_count; i++) {
        const struct ask *ask = &draft->asks[i];
        bool same = ask->task == wanted->task || (lead && !ask->task) || (!wanted->task && is_lead(draft, ask->task));
        count += ask->kind == ASK_EXTEND && ask->decision == DECISION_GRANTED && same;
    }
    return count;
}

static bool any_extends(struct draft *draft, const struct ask *ask)
{
    for (size_t i = 0; i < draft->clock_count; i++) {
        if (extends(draft, ask, &draft->clocks[i]))
            return true;
    }
    return refuse(draft, REFUSAL_WRONG_STATE, "kind", "no clock is running that could be extended");
}

static bool may_be_extended(struct draft *draft, const struct ask *ask)
{
    uint32_t most = draft->climb.policy->extensions_max;
    if (!is_open(draft, ask) || !any_extends(draft, ask))
        return false;
    if (granted_extensions(draft, ask) < most)
        return true;
    return step_refuse(draft->step, REFUSAL_TOO_MANY, "kind", "a clock is extended at most %u times; possible is park",
                       most);
}

bool grant_may_extend(struct draft *draft, const struct ask *ask)
{
    if (ask->span_ms <= 0 || ask->span_ms > DURATION_MAX_MS)
        return refuse(draft, ask->span_ms ? REFUSAL_BAD_VALUE : REFUSAL_MISSING_FIELD, "span_ms", "by how much time");
    return may_be_extended(draft, ask) && before_expiry(draft, ask);
}

bool grant_extend(struct acting *acting, struct ask *ask)
{
    struct draft *draft = acting->draft;
    if (!may_be_extended(draft, ask))
        return false;
    for (size_t i = 0; i < draft->clock_count; i++) {
        if (extends(draft, ask, &draft->clocks[i]))
            draft_extend_clock(draft, draft->clocks[i].kind, draft->clocks[i].task, ask->span_ms);
    }
    return true;
}

/* --- until when --- */

static bool in_reach(struct draft *draft, const struct ask *ask, int64_t most_ms)
{
    if (!ask->until_ms)
        return refuse(draft, REFUSAL_MISSING_FIELD, "until_ms", "until when");
    if (ask->until_ms <= draft->step->now_ms)
        return refuse(draft, REFUSAL_TOO_LATE, "until_ms", "that time is past; a later one may be asked for");
    if (ask->until_ms - draft->step->now_ms <= most_ms)
        return true;
    return step_refuse(draft->step, REFUSAL_BAD_VALUE, "until_ms", "to %s is possible for at most %lld min",
                       ask_kind_name(ask->kind), (long long)(most_ms / MINUTE_MS));
}

/* --- 挂账: to a date --- */

static bool may_be_parked(struct draft *draft, const struct ask *ask)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (task->state == TASK_RETURNED || task->state == TASK_SUSPENDED)
            return step_refuse(draft->step, REFUSAL_WRONG_STATE, "kind", "task %u is %s: that is dealt with first",
                               task->no, task_state_name(task->state));
    }
    return draft->head.state == INCIDENT_PARKED || is_open(draft, ask);
}

/* One that is parked may be parked longer. */
bool grant_may_park(struct draft *draft, const struct ask *ask)
{
    return in_reach(draft, ask, draft->climb.policy->park_max_ms) && may_be_parked(draft, ask) &&
           before_expiry(draft, ask);
}

bool grant_park(struct acting *acting, struct ask *ask)
{
    struct draft *draft = acting->draft;
    if (!may_be_parked(draft, ask) || !in_reach(draft, ask, INT64_MAX))
        return false;
    draft_hold_clocks(draft);
    draft_head(draft)->state = INCIDENT_PARKED;
    draft_run_until(draft, CLOCK_PARK, 0, ask->until_ms);
    return true;
}

void grant_unpark(struct draft *draft)
{
    draft_head(draft)->state = INCIDENT_OPEN;
    draft_void_clock(draft, CLOCK_PARK, 0);
    draft_resume_clocks(draft);
}

/* --- 挂起: a task, shortly --- */

static bool may_be_suspended(struct draft *draft, const struct ask *ask)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (task->no != ask->task)
            continue;
        if (task->state == TASK_RESPONDED || task->state == TASK_HANDLING)
            return is_open(draft, ask);
        return step_refuse(draft->step, REFUSAL_WRONG_STATE, "task",
                           "task %u is %s; suspended is what was responded to or is being handled", task->no,
                           task_state_name(task->state));
    }
    return refuse(draft, REFUSAL_MISSING_FIELD, "task", "which task is to be suspended");
}

bool grant_may_suspend(struct draft *draft, const struct ask *ask)
{
    return in_reach(draft, ask, draft->climb.policy->suspend_max_ms) && may_be_suspended(draft, ask) &&
           before_expiry(draft, ask);
}

bool grant_suspend(struct acting *acting, struct ask *ask)
{
    struct draft *draft = acting->draft;
    if (!may_be_suspended(draft, ask) || !in_reach(draft, ask, INT64_MAX))
        return false;
    struct task *task = draft_task(draft, ask->task);
    ask->was = task->state;
    task->state = TASK_SUSPENDED;
    draft_pause_task_clocks(draft, task->no);
    draft_run_until(draft, CLOCK_SUSPEND, task->no, ask->until_ms);
    return true;
}

void grant_unsuspend(struct draft *draft, uint32_t no)
{
    const struct ask *ask = ask_granted(draft, ASK_SUSPEND, no);
    draft_task(draft, no)->state = ask && ask->was ? ask->was : TASK_RESPONDED;
    draft_void_clock(draft, CLOCK_SUSPEND, no);
    draft_resume_task_clocks(draft, no);
}
