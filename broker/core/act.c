#include "broker/core/act.h"

#include <string.h>

#include "broker/core/account.h"
#include "broker/core/again.h"
#include "broker/core/border.h"
#include "broker/core/exclude.h"
#include "broker/core/exclusion.h"
#include "broker/core/condition.h"
#include "broker/core/ending.h"
#include "broker/core/inform.h"
#include "broker/core/live.h"
#include "broker/core/pushback.h"
#include "broker/core/somebody.h"
#include "broker/core/task_more.h"
#include "schemas/typed.h"

static bool refuse_state(struct acting *acting, const char *reason)
{
    return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb", "%s", reason);
}

void act_name_policy(struct acting *acting)
{
    const struct digest *hash = &acting->step->core->policy->hash;
    acting->record->policy = (struct bytes){hash->bytes, sizeof hash->bytes};
}

/* --- which task --- */

static bool transferable(const struct task *task)
{
    return task->role != TASK_COPY && task->state != TASK_DONE && task->state != TASK_WITHDRAWN &&
           task->state != TASK_WAITING;
}

static bool releasable(const struct task *task)
{
    bool spoken_for = task->on_behalf && (task->state == TASK_RESPONDED || task->state == TASK_HANDLING);
    return task->state == TASK_SHELVED || task->state == TASK_RETURNED || spoken_for;
}

static struct task *chosen(struct acting *acting, const struct task *task)
{
    acting->record->task = task->no;
    return draft_task(acting->draft, task->no);
}

static struct task *choose_named(struct acting *acting, bool (*fits)(const struct task *))
{
    const struct draft *draft = acting->draft;
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (task->no != acting->act->task)
            continue;
        if (fits(task))
            return chosen(acting, task);
        step_refuse(acting->step, REFUSAL_WRONG_STATE, "task", "task %u is %s", task->no, task_state_name(task->state));
        return NULL;
    }
    step_refuse(acting->step, REFUSAL_UNKNOWN_TASK, "task", "the incident has no task %u", acting->act->task);
    return NULL;
}

static struct task *choose_only(struct acting *acting, bool (*fits)(const struct task *))
{
    const struct task *found = NULL;
    size_t fitting = 0;
    for (size_t i = 0; i < acting->draft->task_count; i++) {
        if (!fits(&acting->draft->tasks[i]))
            continue;
        found = &acting->draft->tasks[i];
        fitting++;
    }
    if (fitting == 1)
        return chosen(acting, found);
    if (fitting > 1)
        step_refuse(acting->step, REFUSAL_MISSING_FIELD, "task", "%zu tasks are possible: say which", fitting);
    else
        refuse_state(acting, "no task of the incident is in a state for this");
    return NULL;
}

struct task *act_choose(struct acting *acting, bool (*fits)(const struct task *))
{
    return acting->act->task ? choose_named(acting, fits) : choose_only(acting, fits);
}

/* The unit that the act names, or its successor. NULL when refused. */
static const struct unit *unit_of(struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    if (typed_blank(acting->act->unit)) {
        step_refuse(acting->step, REFUSAL_MISSING_FIELD, "unit", "to which unit");
        return NULL;
    }
    const struct unit *unit = policy_unit_now(policy, policy_unit(policy, acting->act->unit));
    if (!unit)
        step_refuse(acting->step, REFUSAL_UNKNOWN_UNIT, "unit", "no such unit: \"%s\"", acting->act->unit);
    return unit && exclude_permits(acting->step, &acting->draft->head, unit) ? unit : NULL;
}

static void forget_doing(struct draft *draft, struct task *task)
{
    task->principal = task->worker = task->last_worker = "";
    task->on_behalf = false;
    task->lost = 0;
    if (task_delegated(task))
        draft_more(draft, task->no)->sub_unit = "";
}

void act_take_away(struct acting *acting, struct task *task, const char *told)
{
    step_revoke(acting->step, live_task_find(acting->live, task->no), told);
    forget_doing(acting->draft, task);
}

/* --- to a unit --- */

void act_stop_dispatch(struct draft *draft)
{
    draft_stop_clock(draft, CLOCK_DISPATCH, 0);
    draft_stop_clock(draft, CLOCK_ACKNOWLEDGE, 0);
}

bool act_has_lead(const struct draft *draft)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].role == TASK_LEAD && draft->tasks[i].state != TASK_WITHDRAWN)
            return true;
    }
    return false;
}

bool act_assign(struct acting *acting)
{
    struct draft *draft = acting->draft;
    const struct unit *unit = unit_of(acting);
    enum task_role role = acting->act->role ? acting->act->role : act_has_lead(draft) ? TASK_ASSIST : TASK_LEAD;
    if (!unit)
        return false;
    if (draft->task_count == TASKS_MAX)
        return step_refuse(acting->step, REFUSAL_TOO_MANY, NULL, "an incident has at most %d tasks", TASKS_MAX);
    if (role == TASK_LEAD && act_has_lead(draft))
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "role", "the incident has a lead: transfer it");
    if (role != TASK_LEAD && !act_has_lead(draft))
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "role", "the incident has no lead yet");
    acting->record->task = draft_add_task(draft, unit->id, role)->no;
    if (role == TASK_LEAD)
        border_copy(draft);
    if (draft->head.state != INCIDENT_OPEN)
        draft_head(draft)->state = INCIDENT_OPEN;
    act_stop_dispatch(draft);
    act_name_policy(acting);
    return somebody_dispatches(acting, acting->record->task);
}

void act_give_to(struct draft *draft, struct task *task, const struct unit *unit)
{
    forget_doing(draft, task);
    account_drop(draft, task->no);
    task->unit = unit->id;
    task->epoch++;
    if (task->state == TASK_WAITING)
        return; /* its turn has not come yet */
    task->state = TASK_QUEUED;
    task->dispatched_ms = draft->step->now_ms;
    task->responded_ms = task->arrived_ms = 0;
    task->auto_respond = false;
    draft_void_clock(draft, CLOCK_SUSPEND, task->no);
    draft_start_task_clocks(draft, task->no);
    act_stop_dispatch(draft);
}

void act_hand_to(struct acting *acting, struct task *task, const struct unit *unit, const char *told)
{
    step_revoke(acting->step, live_task_find(acting->live, task->no), told);
    act_give_to(acting->draft, task, unit);
}

bool act_transfer(struct acting *acting)
{
    const struct unit *unit = unit_of(acting);
    struct task *task = unit ? act_choose(acting, transferable) : NULL;
    if (!task)
        return false;
    if (strcmp(task->unit, unit->id) == 0)
        return step_refuse(acting->step, REFUSAL_BAD_VALUE, "unit", "task %u is with \"%s\" already", task->no,
                           unit->id);
    if (!pushback_may_rule(acting, task, unit) || !somebody_dispatches(acting, task->no))
        return false;
    pushback_rule(acting->draft, task, true, acting->step->command->principal, acting->act->person);
    act_hand_to(acting, task, unit, "transferred to another unit");
    task->reason = text_or_empty(acting->act->reason);
    acting->record->epoch = task->epoch;
    return true;
}

/* --- back to the same unit --- */

void act_give_back(struct draft *draft, struct task *task)
{
    task->on_behalf = false;
    task->lost = 0;
    if (task->state == TASK_RETURNED) {
        task->epoch++;
        draft_resume_task_clocks(draft, task->no);
    }
    if (task->state == TASK_RETURNED || task->state == TASK_SHELVED)
        task->state = TASK_QUEUED;
}

bool act_release(struct acting *acting)
{
    struct task *task = act_choose(acting, releasable);
    if (!task || !pushback_may_rule(acting, task, NULL))
        return false;
    pushback_rule(acting->draft, task, false, acting->step->command->principal, acting->act->person);
    act_give_back(acting->draft, task);
    act_stop_dispatch(acting->draft);
    acting->record->epoch = task->epoch;
    return true;
}

/* --- to its end --- */

static bool before_any_respond(struct acting *acting)
{
    for (size_t i = 0; i < acting->draft->task_count; i++) {
        if (acting->draft->tasks[i].responded_ms)
            return refuse_state(acting, "a unit has responded already");
    }
    return true;
}

bool act_end(struct acting *acting, enum incident_state state, enum outcome_code outcome, bool owed)
{
    struct incident *head = draft_head(acting->draft);
    head->reason = text_or_empty(acting->act->reason);
    head->outcome = outcome;
    acting->record->outcome = outcome;
    incident_end(acting->draft, acting->live, state, owed);
    return true;
}

static bool well_closed(struct acting *acting, enum outcome_code outcome)
{
    return condition_holds(acting->step, &acting->draft->head, outcome, acting->act->condition_met,
                           &acting->record->closing);
}

bool act_close(struct acting *acting)
{
    const struct act *act = acting->act;
    return somebody_else(acting) && account_lets_close(acting) && inform_lets_close(acting) &&
           well_closed(acting, act->outcome) && ending_take(acting->draft, act->outcome, act->to, act->until_ms) &&
           act_end(acting, INCIDENT_CLOSED, acting->act->outcome, true);
}

bool act_cancel(struct acting *acting)
{
    return act_end(acting, INCIDENT_CANCELLED, 0, false);
}

bool act_reject(struct acting *acting)
{
    return before_any_respond(acting) && act_end(acting, INCIDENT_REJECTED, 0, false);
}

/* Whoever withdraws speaks for itself, not for the others who reported the same. */
static bool alone(struct acting *acting)
{
    const struct reports *reports = acting->draft->reports;
    return !reports || reports->count == 1 || refuse_state(acting, "others have reported it too");
}

/* Nobody waits for an answer any more, but what is dangerous stays so. */
static bool go_on_without_reporter(struct acting *acting)
{
    if (ending_of(&acting->draft->head)->withdrawn)
        return refuse_state(acting, "it was withdrawn already, and goes on for the hazard that is left");
    draft_void_clock(acting->draft, CLOCK_ANSWER, 0);
    ending_draft(acting->draft)->withdrawn = true;
    acting->record->outcome = OUTCOME_WITHDRAWN;
    return true;
}

bool act_withdraw(struct acting *acting)
{
    const struct type *type = acting->draft->climb.type;
    if (!alone(acting))
        return false;
    if (type && type->hazard)
        return go_on_without_reporter(acting);
    return act_end(acting, INCIDENT_CANCELLED, OUTCOME_WITHDRAWN, false);
}

/* --- verification --- */

/* The centre's verifier may; the source only what it reported itself, and only where the route asks it to. */
static bool may_verify(const struct acting *acting)
{
    const struct incident *head = &acting->draft->head;
    if (right_has(acting->step->who, RIGHT_VERIFY))
        return true;
    return head->verify == VERIFIER_SOURCE && strcmp(head->source, acting->step->who->name) == 0;
}

bool act_verify(struct acting *acting)
{
    if (!may_verify(acting))
        return step_refuse(acting->step, REFUSAL_FORBIDDEN, NULL,
                           "it is not yours to verify: the centre does, or its source where the route says so");
    if (!somebody_else(acting))
        return false;
    if (acting->act->passed && !account_lets_close(acting))
        return false;
    if (acting->act->passed && !well_closed(acting, incident_lead_done(acting->draft)->outcome))
        return false;
    draft_stop_clock(acting->draft, CLOCK_VERIFY, 0);
    if (!acting->act->passed)
        return again_rework(acting);
    return act_end(acting, INCIDENT_CLOSED, incident_lead_done(acting->draft)->outcome, true);
}
