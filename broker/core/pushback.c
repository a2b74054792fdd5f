#include "broker/core/pushback.h"

#include <string.h>

#include "broker/core/act.h"
#include "broker/core/live.h"
#include "broker/core/route.h"
#include "broker/core/task_more.h"

/* --- returns so far --- */

static bool is_return(const struct ask *ask, uint32_t task)
{
    return ask->kind == ASK_RETURN && ask->task == task;
}

static uint32_t returns_of(const struct draft *draft, uint32_t task)
{
    uint32_t count = 0;
    for (size_t i = 0; i < draft->ask_count; i++)
        count += is_return(&draft->asks[i], task);
    return count;
}

static struct ask *open_return(struct draft *draft, uint32_t task)
{
    for (size_t i = draft->ask_count; i-- > 0;) {
        if (is_return(&draft->asks[i], task) && draft->asks[i].decision == DECISION_OPEN)
            return draft_ask(draft, draft->asks[i].no);
    }
    return NULL;
}

/* The return of the task by this unit that was decided so, or NULL. */
static const struct ask *decided(const struct draft *draft, uint32_t task, const char *unit, enum decision decision)
{
    for (size_t i = draft->ask_count; i-- > 0;) {
        const struct ask *ask = &draft->asks[i];
        if (is_return(ask, task) && ask->decision == decision && strcmp(ask->unit, unit) == 0)
            return ask;
    }
    return NULL;
}

static bool arbitrated(const struct draft *draft, const struct task *task)
{
    return task->state == TASK_RETURNED && returns_of(draft, task->no) > 1;
}

/* --- the unit returns it --- */

/* A sub-unit's return goes to the unit above it, which answers for the task: nothing is asked of the centre. */
bool pushback_may_return(struct draft *draft, const struct task *task, const char *reason)
{
    if (task_delegated(task))
        return true;
    for (size_t i = 0; i < draft->ask_count; i++) {
        const struct ask *ask = &draft->asks[i];
        if (is_return(ask, task->no) && ask->decision == DECISION_REFUSED && strcmp(ask->unit, task->unit) == 0 &&
            strcmp(text_or_empty(ask->reason), text_or_empty(reason)) == 0)
            return step_refuse(draft->step, REFUSAL_WRONG_STATE, "reason",
                               "a return for \"%s\" was refused already (ask %u); another reason is possible", reason,
                               ask->no);
    }
    if (draft->ask_count == ASKS_MAX)
        return step_refuse(draft->step, REFUSAL_TOO_MANY, NULL, "at most %d asks of one incident", ASKS_MAX);
    return true;
}

static void start_if_stopped(struct draft *draft, enum clock_kind kind)
{
    const struct clock *clock = draft_clock(draft, kind, 0);
    if (!clock || clock->state != CLOCK_RUNNING)
        draft_start_clock(draft, kind, 0);
}

void pushback_returned(struct draft *draft, const struct task *task, const char *person)
{
    struct ask wanted = {.kind = ASK_RETURN,
                         .decision = DECISION_OPEN,
                         .task = task->no,
                         .unit = task->unit,
                         .principal = draft->step->command->principal,
                         .person = person,
                         .reason = task->reason,
                         .asked_ms = draft->step->now_ms};
    draft_add_ask(draft, &wanted);
    start_if_stopped(draft, arbitrated(draft, task) ? CLOCK_ARBITRATE : CLOCK_RETURN_DECIDE);
}

/* --- it is decided --- */

static bool may_arbitrate(struct acting *acting, const char *why)
{
    if (right_has(acting->step->who, RIGHT_ARBITRATE))
        return true;
    return step_refuse(acting->step, REFUSAL_FORBIDDEN, NULL, "%s: that is arbitration, the duty chief decides", why);
}

bool pushback_may_rule(struct acting *acting, const struct task *task, const struct unit *to)
{
    struct draft *draft = acting->draft;
    const struct ask *before = to ? decided(draft, task->no, to->id, DECISION_GRANTED) : NULL;
    if (before)
        return may_arbitrate(acting, step_text(acting->step, "\"%s\" returned it before (ask %u)", to->id, before->no));
    if (arbitrated(draft, task))
        return may_arbitrate(acting, step_text(acting->step, "task %u was returned a second time", task->no));
    return true;
}

/* The centre's clocks run as long as there is something for them to decide. */
static void stop_idle_clocks(struct draft *draft, const struct task *ruled)
{
    bool first = false, again = false;
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (task->no == ruled->no || task->state != TASK_RETURNED)
            continue;
        first |= !arbitrated(draft, task);
        again |= arbitrated(draft, task);
    }
    if (!first)
        draft_stop_clock(draft, CLOCK_RETURN_DECIDE, 0);
    if (!again)
        draft_stop_clock(draft, CLOCK_ARBITRATE, 0);
}

void pushback_rule(struct draft *draft, const struct task *task, bool upheld, const char *by, const char *person)
{
    struct ask *ask = task->state == TASK_RETURNED ? open_return(draft, task->no) : NULL;
    if (!ask)
        return;
    ask->decision = upheld ? DECISION_GRANTED : DECISION_REFUSED;
    ask->decided_ms = draft->step->now_ms;
    ask->decided_by = by;
    ask->decided_person = person;
    stop_idle_clocks(draft, task);
}

/* --- nobody decided in time --- */

/* Who answers for it: not where its ladder begins, which is above where somebody may not know of it. */
static const struct area *place_of(const struct draft *draft)
{
    const struct policy *policy = draft->climb.policy;
    const char *code = has_text(draft->head.responsible_area) ? draft->head.responsible_area : draft->head.area;
    return policy_area_now(policy, policy_area(policy, code));
}

static const struct unit *fallback_of(const struct draft *draft)
{
    const struct policy *policy = draft->climb.policy;
    const struct route_query query = {.type = draft->climb.type, .area = place_of(draft)};
    const struct unit *unit = NULL;
    for (size_t i = 0; i < policy->fallback_count && !unit; i++) {
        unit = route_recipient(policy, &policy->fallback[i], &query);
        if (unit && exclusion_bars_unit(&draft->climb.exclusion, unit))
            unit = NULL;
    }
    return unit;
}

/* To whom it was returned by the fallback owner itself, it comes back. */
static void fall_back(struct step *step, const struct live *live, uint32_t no)
{
    struct record record = record_of_broker(step, RECORD_FELL_BACK);
    struct draft draft;
    draft_of(&draft, step, live);
    const struct unit *unit = fallback_of(&draft);
    if (!unit)
        return;
    struct task *task = draft_task(&draft, no);
    bool upheld = strcmp(task->unit, unit->id) != 0;
    draft_fail_clock(&draft, CLOCK_ARBITRATE, 0);
    pushback_rule(&draft, task, upheld, "", "");
    if (upheld)
        act_hand_to(&(struct acting){.step = step, .live = live, .draft = &draft}, task, unit,
                    "nobody arbitrated in time");
    else
        act_give_back(&draft, task);
    task->reason = "fallback";
    record.task = no;
    record.epoch = task->epoch;
    record.reason = "fallback";
    draft_record(&draft, &record);
}

void pushback_fall_back(struct step *step, const struct live *live)
{
    struct draft draft;
    draft_of(&draft, step, live);
    for (size_t i = 0; i < draft.task_count; i++) {
        if (arbitrated(&draft, &draft.tasks[i]))
            fall_back(step, live, draft.tasks[i].no);
    }
}
