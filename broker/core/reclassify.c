/* reclassify: it turns out to be something else, or a filing condition is picked. The number stays; task clocks begin anew
 * under the new limits, `resolve` and `answer` count from receipt. Whoever has responded keeps it, unless it is asked to be
 * sent anew. */
#include <string.h>

#include "broker/core/act.h"
#include "broker/core/admit.h"
#include "broker/core/border.h"
#include "broker/core/live.h"
#include "broker/core/plan.h"
#include "broker/core/retype.h"
#include "broker/core/route.h"
#include "broker/core/somebody.h"
#include "broker/core/task_more.h"
#include "broker/core/undo.h"
#include "schemas/typed.h"

static bool unfinished(const struct task *task)
{
    return task->state != TASK_DONE && task->state != TASK_WITHDRAWN;
}

/* The lead's task, not withdrawn; NULL: there is none. */
static const struct task *lead_of(const struct draft *draft)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].role == TASK_LEAD && draft->tasks[i].state != TASK_WITHDRAWN)
            return &draft->tasks[i];
    }
    return NULL;
}

/* --- may it be --- */

/* The type that the act names, or its successor. NULL when refused. */
static const struct type *type_of(struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    const char *code = acting->act->type;
    if (typed_blank(code)) {
        step_refuse(acting->step, REFUSAL_MISSING_FIELD, "type", "as which type");
        return NULL;
    }
    const struct type *type = policy_type_now(policy, policy_type(policy, code));
    if (!type)
        step_refuse(acting->step, REFUSAL_UNKNOWN_TYPE, "type", "no such type: \"%s\"", code);
    else if (strcmp(type->code, acting->draft->head.type) == 0)
        step_refuse(acting->step, REFUSAL_BAD_VALUE, "type", "it is of type \"%s\" already", type->code);
    else if (!right_in_scope(acting->step->who, type, policy_area(policy, acting->draft->head.area)))
        step_refuse(acting->step, REFUSAL_OUT_OF_SCOPE, "type", "type \"%s\" here is outside what \"%s\" may touch",
                    type->code, acting->step->who->name);
    else
        return type;
    return NULL;
}

/* Before anything is known to be wrong with a lead that works, or has worked, it is not taken away. */
static bool goes_anew(const struct acting *acting)
{
    const struct task *lead = lead_of(acting->draft);
    enum incident_state state = acting->draft->head.state;
    if (state == INCIDENT_CONFIRMING || state == INCIDENT_VERIFYING)
        return false;
    return !lead || acting->act->route || !lead->responded_ms;
}

static bool may_go_anew(struct acting *acting)
{
    const struct task *lead = lead_of(acting->draft);
    if (acting->act->route && acting->draft->head.state == INCIDENT_CONFIRMING)
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "route", "it is sent when it is confirmed");
    if (acting->act->route && lead && lead->state == TASK_DONE)
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "route", "\"%s\" has fed back: there is nothing to send",
                           lead->unit);
    return true;
}

/* --- who has it now --- */

static void withdraw(struct acting *acting, const struct task *of)
{
    struct task *task = draft_task(acting->draft, of->no);
    step_revoke(acting->step, live_task_find(acting->live, task->no), "it is of another type");
    task->state = TASK_WITHDRAWN;
    task->principal = task->worker = "";
    draft_void_task_clocks(acting->draft, task->no);
    if (task->more && task->more->held)
        draft_void_clock(acting->draft, CLOCK_BEGIN, 0);
}

static bool assists(const struct route_result *result, const char *unit)
{
    for (size_t i = 0; i < result->assist_count; i++) {
        if (strcmp(result->assists[i]->id, unit) == 0)
            return true;
    }
    return false;
}

static bool has_part(const struct draft *draft, const char *unit)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (task->role != TASK_COPY && task->state != TASK_WITHDRAWN && strcmp(task->unit, unit) == 0)
            return true;
    }
    return false;
}

/* --- who has it by a plan --- */

static bool planned(const struct task *task)
{
    return task && task->more && has_text(task->more->plan);
}

/* Who was called by name, was told, or works on it, stays. */
static void withdraw_plan(struct acting *acting)
{
    struct draft *draft = acting->draft;
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        bool stays =
            task->role == TASK_COPY || (task->role == TASK_ASSIST && (task_whistled(task) || task->responded_ms));
        if (unfinished(task) && !stays)
            withdraw(acting, task);
    }
}

/* Laid out anew; the same plan goes on as it is. */
static bool send_by_plan(struct acting *acting, const struct route_result *result)
{
    struct draft *draft = acting->draft;
    uint32_t first = (uint32_t)draft->task_count + 1;
    if (lead_of(draft) && plan_under_way(draft, result->plan))
        return true;
    withdraw_plan(acting);
    admit_dispatch(draft, result);
    return somebody_dispatches(acting, first);
}

/* Who assists by the new rule, and who is on it already; whoever was called by name stays. */
static void change_assists(struct acting *acting, const struct route_result *result)
{
    struct draft *draft = acting->draft;
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        bool leads = task->role == TASK_LEAD || strcmp(task->unit, result->lead->id) == 0;
        bool stays = task_whistled(task) || task->responded_ms || assists(result, task->unit);
        if (task->role == TASK_ASSIST && unfinished(task) && (leads || !stays))
            withdraw(acting, task);
    }
    for (size_t i = 0; i < result->assist_count && draft->task_count < TASKS_MAX; i++) {
        if (!has_part(draft, result->assists[i]->id))
            draft_add_task(draft, result->assists[i]->id, TASK_ASSIST);
    }
}

/* Whoever says what it is has given it to the unit that gets it. */
static bool change_lead(struct acting *acting, const struct unit *unit)
{
    struct draft *draft = acting->draft;
    const struct task *lead = lead_of(draft);
    if (lead && strcmp(lead->unit, unit->id) == 0)
        return true;
    if (lead)
        act_hand_to(acting, draft_task(draft, lead->no), unit, "it is of another type");
    else
        lead = draft_add_task(draft, unit->id, TASK_LEAD);
    return somebody_dispatches(acting, lead->no);
}

static void wait_for_a_person(struct acting *acting, const struct route_result *result)
{
    struct draft *draft = acting->draft;
    for (size_t i = 0; i < draft->task_count; i++) {
        if (unfinished(&draft->tasks[i]))
            withdraw(acting, &draft->tasks[i]);
    }
    draft_head(draft)->state = result->desk ? INCIDENT_DESK : INCIDENT_UNROUTED;
    const struct clock *dispatch = draft_clock(draft, CLOCK_DISPATCH, 0);
    if (!dispatch || dispatch->state != CLOCK_RUNNING)
        draft_start_clock(draft, CLOCK_DISPATCH, 0);
}

/* The type is known now; a place that was not is not. */
static enum unrouted_reason without_place(const struct incident *head)
{
    if (has_text(head->area))
        return UNROUTED_UNKNOWN_AREA;
    return head->unrouted == UNROUTED_NO_POLYGON ? UNROUTED_NO_POLYGON : UNROUTED_NO_PLACE;
}

/* The lead of a plan had its part of that: what comes now is another task. */
static bool send_to_units(struct acting *acting, const struct route_result *result)
{
    const struct task *lead = lead_of(acting->draft);
    if (planned(lead))
        withdraw(acting, lead);
    if (!change_lead(acting, result->lead))
        return false;
    change_assists(acting, result);
    border_copy(acting->draft);
    return true;
}

static bool send_to(struct acting *acting, const struct route_result *result)
{
    if (!(result->plan ? send_by_plan(acting, result) : send_to_units(acting, result)))
        return false;
    draft_head(acting->draft)->state = INCIDENT_OPEN;
    act_stop_dispatch(acting->draft);
    return true;
}

/* Sent by the rules for what it is now. Nobody is taken away for nobody: without a unit the lead there is stays. */
static bool send_anew(struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    struct draft *draft = acting->draft;
    struct route_query query = route_asked(policy, &draft->head, draft->step->now_ms);
    struct route_result result;
    query.without = query.area ? 0 : without_place(&draft->head);
    route_find(policy, &query, &result, NULL);
    if (result.unrouted && lead_of(draft))
        return !acting->act->route ||
               step_refuse(acting->step, REFUSAL_WRONG_STATE, "route",
                           "nobody is found for it (%s): reclassify without", unrouted_reason_name(result.unrouted));
    size_t parts = result.plan ? result.plan->task_count : 1;
    bool adds = result.plan || !lead_of(draft) || planned(lead_of(draft));
    if (result.lead && adds && draft->task_count + parts > TASKS_MAX)
        return step_refuse(acting->step, REFUSAL_TOO_MANY, NULL, "an incident has at most %d tasks", TASKS_MAX);
    struct incident *head = draft_head(draft);
    head->unrouted = result.unrouted;
    head->route = result.route ? result.route->rule : "";
    head->verify = result.route ? result.route->verify : VERIFIER_NONE;
    if (result.lead)
        return send_to(acting, &result);
    wait_for_a_person(acting, &result);
    return true;
}

/* --- what it is now --- */

/* A severity that was the old type's own becomes the new one's; what was said or has risen stays. */
static void become(struct acting *acting, const struct type *type)
{
    const struct type *was = acting->draft->climb.type;
    struct incident *head = draft_head(acting->draft);
    acting->record->was = head->type;
    if (was && head->severity == was->severity)
        head->severity = type->severity;
    head->flagged = head->flagged && !acting->draft->climb.area;
    retype(acting->draft, type);
}

static void renew_clocks(struct draft *draft)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (unfinished(&draft->tasks[i]) && !task_whistled(&draft->tasks[i]))
            retype_task_clocks(draft, &draft->tasks[i]);
    }
    retype_clock(draft, CLOCK_RESOLVE, draft->head.received_ms);
    retype_clock(draft, CLOCK_ANSWER, draft->head.received_ms);
}

bool act_reclassify(struct acting *acting)
{
    const struct type *type = type_of(acting);
    const struct digest *hash = &acting->step->core->policy->hash;
    if (!type || !may_go_anew(acting))
        return false;
    become(acting, type);
    renew_clocks(acting->draft);
    undo_over(acting->draft, acting->live);
    acting->record->policy = (struct bytes){hash->bytes, sizeof hash->bytes};
    return !goes_anew(acting) || send_anew(acting);
}
