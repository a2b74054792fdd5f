#include "broker/core/whistle.h"

#include <string.h>

#include "broker/core/exclude.h"
#include "broker/core/exclusion.h"
#include "broker/core/live.h"
#include "broker/core/route.h"
#include "broker/core/somebody.h"
#include "broker/core/task_more.h"
#include "broker/core/told.h"

static bool over(const struct task *task)
{
    return task->state == TASK_DONE || task->state == TASK_WITHDRAWN;
}

/* --- who may whistle --- */

static const char *levels_listed(const struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    const char *list = "";
    for (size_t i = 0; i < policy->level_count; i++) {
        if (policy->whistle_levels & 1u << i)
            list = step_text(acting->step, "%s%s%s", list, list[0] ? ", " : "", policy->levels[i].name);
    }
    return list;
}

/* Somebody bound to a street speaks for a street; bound to nothing, for the city. */
static bool of_listed_level(const struct policy *policy, const struct principal *who)
{
    if (who->area_count == 0)
        return policy->whistle_levels & 1u << policy_area(policy, policy->city)->level;
    for (size_t i = 0; i < who->area_count; i++) {
        if (policy->whistle_levels & 1u << who->areas[i]->level)
            return true;
    }
    return false;
}

static bool may_whistle(struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    if (policy->whistle_levels == 0 || of_listed_level(policy, acting->step->who))
        return true;
    return step_refuse(acting->step, REFUSAL_FORBIDDEN, NULL, "whistling is for who speaks for a %s",
                       levels_listed(acting));
}

/* --- who is called --- */

/* The unit's part that is not over, or NULL; a copy is none. */
static const struct task *part_of(const struct draft *draft, const struct unit *unit)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (task->role != TASK_COPY && !over(task) && strcmp(task->unit, unit->id) == 0)
            return task;
    }
    return NULL;
}

/* NULL when refused. */
static const struct unit *called(struct acting *acting, const char *id)
{
    const struct policy *policy = acting->step->core->policy;
    const struct unit *unit = policy_unit_now(policy, policy_unit(policy, id));
    if (!unit) {
        step_refuse(acting->step, REFUSAL_UNKNOWN_UNIT, "units", "no such unit: \"%s\"", id);
        return NULL;
    }
    const struct task *part = part_of(acting->draft, unit);
    if (!part)
        return exclude_permits(acting->step, &acting->draft->head, unit) ? unit : NULL;
    step_refuse(acting->step, REFUSAL_CALLED_ALREADY, "units",
                part->role == TASK_LEAD ? "\"%s\" leads it (task %u)" : "\"%s\" is called already (task %u)", unit->id,
                part->no);
    return NULL;
}

/* --- its clocks: what is done on site is the lead's to time; a called unit signs, comes, and says what it did --- */

static const struct route *route_of(const struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    const struct route_query query = route_asked(policy, &acting->draft->head, acting->step->now_ms);
    struct route_result result;
    route_find(policy, &query, &result, NULL);
    return result.route;
}

/* The rule's own, else the type's limit to arrive, else the city's. */
static const struct limit *check_in_limit(const struct acting *acting)
{
    const struct route *route = route_of(acting);
    const struct limit *limit = route && route->whistle.budget_ms ? &route->whistle : NULL;
    if (!limit)
        limit = draft_limit(acting->draft, CLOCK_ARRIVE);
    return limit ? limit : &acting->step->core->policy->whistle;
}

static bool call(struct acting *acting, const struct unit *unit, const struct limit *check_in)
{
    struct draft *draft = acting->draft;
    if (draft->task_count == TASKS_MAX)
        return step_refuse(acting->step, REFUSAL_TOO_MANY, NULL, "an incident has at most %d tasks", TASKS_MAX);
    struct task *task = draft_new_task(draft, unit->id, TASK_ASSIST);
    task->reason = text_or_empty(acting->act->reason);
    draft_more(draft, task->no)->whistled = true;
    draft_start_clock(draft, CLOCK_RESPOND, task->no);
    draft_start_limit(draft, CLOCK_ARRIVE, task->no, check_in);
    draft_start_clock(draft, CLOCK_FEEDBACK, task->no);
    return true;
}

bool act_whistle(struct acting *acting)
{
    const struct act *act = acting->act;
    if (act->unit_count == 0)
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "units", "a whistle says which units are called");
    if (!may_whistle(acting))
        return false;
    if (incident_lead_done(acting->draft))
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb",
                           "the lead has fed back: nobody is called any more");
    if (!somebody_dispatches(acting, (uint32_t)acting->draft->task_count + 1))
        return false;
    const struct limit *check_in = check_in_limit(acting);
    for (size_t i = 0; i < act->unit_count; i++) {
        const struct unit *unit = called(acting, act->units[i]);
        if (!unit || !call(acting, unit, check_in))
            return false;
    }
    return true;
}

/* --- who is let go --- */

static void let_go(struct draft *draft, const struct live *live, struct task *task, const char *reason)
{
    step_revoke(draft->step, live_task_find(live, task->no), reason);
    task->state = TASK_WITHDRAWN;
    task->principal = task->worker = "";
    task->reason = reason;
    draft_void_task_clocks(draft, task->no);
    act_stop_dispatch(draft);
}

static bool dismissible(const struct task *task)
{
    return task->role != TASK_LEAD && !over(task);
}

bool act_dismiss(struct acting *acting)
{
    struct draft *draft = acting->draft;
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].no == acting->act->task && draft->tasks[i].role == TASK_LEAD)
            return step_refuse(acting->step, REFUSAL_WRONG_STATE, "task", "task %u is the lead's: transfer it",
                               acting->act->task);
    }
    struct task *task = act_choose(acting, dismissible);
    if (!task)
        return false;
    const char *reason = has_text(acting->act->reason) ? acting->act->reason : "dismissed";
    let_go(draft, acting->live, task, reason);
    return true;
}

/* --- who did not come --- */

static bool missing(const struct task *task)
{
    return task_whistled(task) && !over(task) && !task->arrived_ms;
}

/* Whether it had its whole time: only then did it stay away. */
static bool stayed_away(const struct draft *draft, uint32_t task)
{
    const struct clock *clock = draft_clock(draft, CLOCK_ARRIVE, task);
    return clock && clock->state == CLOCK_RUNNING && draft->step->now_ms > clock->due_ms;
}

static void pass_over(struct step *step, const struct live_task *of)
{
    struct draft draft;
    struct record record = record_of_broker(step, RECORD_PASSED_OVER);
    draft_of(&draft, step, of->incident);
    struct task *task = draft_task(&draft, of->facts.no);
    bool no_show = stayed_away(&draft, task->no);
    if (no_show)
        draft_stop_clock(&draft, CLOCK_ARRIVE, task->no); /* late: that is on record */
    record.task = task->no;
    record.reason = no_show ? "no_show" : "not_needed";
    let_go(&draft, of->incident, task, record.reason);
    draft_record(&draft, &record);
}

static bool lead_done(const struct live *live)
{
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        if (task->facts.role == TASK_LEAD && task->facts.state == TASK_DONE)
            return true;
    }
    return false;
}

void whistle_pass_over(struct step *step, const struct live *live)
{
    if (!lead_done(live))
        return;
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        if (missing(&task->facts))
            pass_over(step, task);
    }
}

void whistle_no_show(const struct policy *policy, const struct live *live, struct rung *rung, int64_t now_ms)
{
    const struct live_task *task = rung->clock == CLOCK_ARRIVE ? live_task_find(live, rung->task) : NULL;
    if (rung->colour != RUNG_RED || !task || !task_whistled(&task->facts))
        return;
    const struct unit *unit = policy_unit_now(policy, policy_unit(policy, task->facts.unit));
    struct exclusion exclusion = exclusion_of(policy, &live->head);
    const struct unit *supervisor = unit ? exclusion_unit(&exclusion, policy_unit_now(policy, unit->supervisor)) : NULL;
    struct told told = told_unit(&exclusion, supervisor, now_ms);
    rung->to_unit = supervisor ? supervisor->id : "";
    rung->unit_post = told.post;
    rung->unit_person = told.person;
}
