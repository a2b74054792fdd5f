#include "broker/core/upward.h"

#include <string.h>

#include "broker/core/account.h"
#include "broker/core/act.h"
#include "broker/core/border.h"
#include "broker/core/exclude.h"
#include "broker/core/live.h"
#include "broker/core/oversight.h"
#include "broker/core/somebody.h"
#include "broker/core/task_more.h"
#include "broker/core/told.h"
#include "broker/core/undo.h"
#include "schemas/typed.h"

/* --- levels --- */

/* Where a unit stands: at its own area; one that is the whole city's, where the incident has come to. NULL: above all. */
static const struct area *stands_at(const struct climb *climb, const char *id)
{
    const struct unit *unit = policy_unit_now(climb->policy, policy_unit(climb->policy, id));
    return unit && unit->area ? policy_area_now(climb->policy, unit->area) : climb->at;
}

/* The next level whose post may know of it. NULL: there is none. */
static const struct area *above(const struct climb *climb, const struct area *area)
{
    return area ? exclusion_area(&climb->exclusion, area->parent) : NULL;
}

/* area: where whoever reports stands; NULL: above all. */
static bool refuse_top(struct step *step, const struct area *area, const char *who)
{
    const struct policy *policy = step->core->policy;
    const struct area *top = area ? area : policy_area(policy, policy->city);
    return step_refuse(step, REFUSAL_NOBODY_ABOVE, NULL,
                       "\"%s\" stands for %s %s (%s), %s: there is no level above; possible is inform", who,
                       policy->levels[top->level].name, top->name, top->code,
                       top->parent ? "and what is above may not know of it" : "the whole city");
}

/* Who of a level takes up what is reported to it: as configured, else its own unit. NULL: a person at its desk. */
static const struct unit *taker(const struct draft *draft, const struct area *area, const char *but)
{
    const struct policy *policy = draft->climb.policy;
    const struct recipient own = {.kind = RECIPIENT_RELATIVE, .level = area->level, .unit_kind = "", .text = ""};
    struct candidates tried = policy->upward[area->level];
    struct route_query query = route_asked(policy, &draft->head, draft->step->now_ms);
    query.area = area;
    if (tried.count == 0)
        tried = (struct candidates){&own, 1};
    for (size_t i = 0; i < tried.count; i++) {
        const struct unit *unit = route_recipient(policy, &tried.to[i], &query);
        if (unit && !exclusion_bars_unit(&draft->climb.exclusion, unit) && strcmp(unit->id, but) != 0)
            return unit;
    }
    return NULL;
}

/* --- the lead's task --- */

static const struct task *lead_of(const struct draft *draft)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].role == TASK_LEAD && draft->tasks[i].state != TASK_WITHDRAWN)
            return &draft->tasks[i];
    }
    return NULL;
}

/* By an act: what the unit has done, or wants decided, comes first. */
static bool movable(struct acting *acting, const struct task *lead)
{
    if (!lead && acting->draft->task_count == TASKS_MAX)
        return step_refuse(acting->step, REFUSAL_TOO_MANY, NULL, "an incident has at most %d tasks", TASKS_MAX);
    if (!lead || (lead->state != TASK_DONE && lead->state != TASK_RETURNED))
        return true;
    return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb", "task %u, the lead's, is %s; possible is %s",
                       lead->no, task_state_name(lead->state),
                       lead->state == TASK_DONE ? "to close it" : "transfer, release");
}

static void revoke(struct acting *acting, const struct task *lead, const char *told)
{
    if (lead)
        step_revoke(acting->step, live_task_find(acting->live, lead->no), told);
}

/* What ran out before the task was taken off the unit was late. */
static void end_clocks(struct draft *draft, uint32_t task)
{
    for (size_t i = 0; i < draft->clock_count; i++) {
        const struct clock *clock = &draft->clocks[i];
        bool late = clock->state == CLOCK_RUNNING && clock->due_ms < draft->step->now_ms;
        if (clock->task == task && late)
            draft_stop_clock(draft, clock->kind, task);
    }
    draft_void_task_clocks(draft, task);
}

static void leave_to_desk(struct draft *draft, const struct task *lead)
{
    if (lead) {
        struct task *task = draft_task(draft, lead->no);
        task->state = TASK_WITHDRAWN;
        task->principal = task->worker = "";
        end_clocks(draft, task->no);
    }
    act_stop_dispatch(draft);
    draft_head(draft)->state = INCIDENT_DESK;
}

/* The lead is the unit's from now on; without one yet it is dispatched. Its number. */
static uint32_t give_lead(struct draft *draft, const struct task *lead, const struct unit *unit)
{
    struct task *task = lead ? draft_task(draft, lead->no) : draft_add_task(draft, unit->id, TASK_LEAD);
    if (lead)
        act_give_to(draft, task, unit);
    else
        border_copy(draft);
    act_stop_dispatch(draft);
    draft_head(draft)->state = INCIDENT_OPEN;
    return task->no;
}

/* --- up --- */

static void tell(const struct draft *draft, const struct area *area, const struct unit *unit, struct record *record)
{
    int64_t now_ms = draft->step->now_ms;
    struct told told = told_area(area, now_ms), of_unit = told_unit(&draft->climb.exclusion, unit, now_ms);
    struct rung rung = {.clock = CLOCK_ACKNOWLEDGE,
                        .number = oversight_of(&draft->head)->ups,
                        .to_area = area->code,
                        .to_post = told.post,
                        .to_person = told.person,
                        .to_unit = unit ? unit->id : "",
                        .unit_post = of_unit.post,
                        .unit_person = of_unit.person,
                        .notice = true};
    record->count = rung.number;
    record->rung = arena_memdup(draft->step->outcome->arena, &rung, sizeof rung);
}

static uint32_t raise(struct draft *draft, const struct area *area, struct record *record)
{
    const struct task *lead = lead_of(draft);
    const struct unit *unit = taker(draft, area, lead ? lead->unit : "");
    struct oversight *oversight = draft_oversight(draft);
    uint32_t task = 0;
    oversight->at_area = area->code;
    oversight->ups++;
    draft_climb(draft);
    if (unit)
        task = give_lead(draft, lead, unit);
    else
        leave_to_desk(draft, lead);
    draft_start_clock(draft, CLOCK_ACKNOWLEDGE, 0);
    tell(draft, area, unit, record);
    return task;
}

/* Whoever has only a part of it, or has it from somebody above who may send it back down, does not. */
static bool is_its_to_report(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    if (task->role != TASK_LEAD)
        return step_refuse(saying->step, REFUSAL_WRONG_STATE, "verb",
                           "task %u only assists: whoever leads reports up; possible is return", task->no);
    if (task_delegated(task))
        return step_refuse(saying->step, REFUSAL_WRONG_STATE, "verb",
                           "task %u is that of \"%s\", which reports up itself; possible is return", task->no,
                           task->unit);
    return oversight_of(&saying->of->incident->head)->downs == 0 ||
           step_refuse(saying->step, REFUSAL_WRONG_STATE, "verb",
                       "it was sent down to be dealt with; possible is return");
}

bool upward_fits(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    const struct climb climb = climb_of(saying->step->core->policy, &saying->of->incident->head);
    if (!is_its_to_report(saying) || !account_lets_feed_back(saying))
        return false;
    const struct area *area = stands_at(&climb, task->unit);
    return above(&climb, area) || refuse_top(saying->step, area, task->unit);
}

void upward_report(struct saying *saying)
{
    const struct climb *climb = &saying->draft->climb;
    undo_stands(saying->draft, saying->of->incident, saying->task->no);
    raise(saying->draft, above(climb, stands_at(climb, saying->task->unit)), saying->record);
}

/* The area that the asker speaks for, of those the incident is in. NULL: the whole city. */
static const struct area *speaks_for(const struct acting *acting)
{
    const struct principal *who = acting->step->who;
    const struct climb *climb = &acting->draft->climb;
    const struct area *now = climb->at ? climb->at : climb->area;
    for (size_t i = 0; i < who->area_count; i++) {
        if (!now || area_within(now, who->areas[i]))
            return who->areas[i];
    }
    return NULL;
}

bool act_report_up(struct acting *acting)
{
    const struct area *own = speaks_for(acting), *area = above(&acting->draft->climb, own);
    const struct task *lead = lead_of(acting->draft);
    if (!area)
        return refuse_top(acting->step, own, acting->step->who->name);
    if (!movable(acting, lead))
        return false;
    revoke(acting, lead, "reported up to the next level");
    acting->record->task = raise(acting->draft, area, acting->record);
    act_name_policy(acting);
    return !acting->record->task || somebody_dispatches(acting, acting->record->task);
}

bool upward_permits(struct step *step, const struct incident *head)
{
    const struct policy *policy = step->core->policy;
    const char *code = text_or_empty(oversight_of(head)->at_area);
    const struct area *at = has_text(code) ? policy_area_at(policy, policy_area(policy, code), step->now_ms) : NULL;
    if (!at || right_in_scope(step->who, NULL, at))
        return true;
    return step_refuse(step, REFUSAL_REPORTED_UP, NULL,
                       "it was reported up to %s (%s): what becomes of it is decided there, until it is sent down",
                       at->name, at->code);
}

/* --- down --- */

/* NULL when refused. */
static const struct unit *unit_below(struct step *step, const struct incident *head, const struct area *area,
                                     const char *id)
{
    const struct unit *unit = policy_unit_now(step->core->policy, policy_unit(step->core->policy, id));
    if (!unit) {
        step_refuse(step, REFUSAL_UNKNOWN_UNIT, "unit", "no such unit: \"%s\"", text_or_empty(id));
        return NULL;
    }
    if (!area || !unit->area || unit->area == area || !area_within(unit->area, area)) {
        step_refuse(step, REFUSAL_OUT_OF_SCOPE, "unit", "\"%s\" is not below %s, which has it now", unit->id,
                    area ? area->code : "anybody");
        return NULL;
    }
    return exclude_permits(step, head, unit) ? unit : NULL;
}

static bool came_up(struct step *step, const struct incident *head)
{
    return oversight_of(head)->ups > 0 ||
           step_refuse(step, REFUSAL_WRONG_STATE, "verb",
                       "it was not reported up, so there is nothing to send down; possible is transfer by the centre, "
                       "return or delegate by the unit");
}

static uint32_t lower(struct draft *draft, const struct unit *unit, struct record *record)
{
    struct oversight *oversight = draft_oversight(draft);
    oversight->at_area = unit->area->code;
    record->count = ++oversight->downs;
    draft_climb(draft);
    return give_lead(draft, lead_of(draft), unit);
}

bool upward_down_fits(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    const struct incident *head = &saying->of->incident->head;
    const struct climb climb = climb_of(saying->step->core->policy, head);
    if (task->role != TASK_LEAD)
        return step_refuse(saying->step, REFUSAL_WRONG_STATE, "verb", "task %u only assists: whoever leads sends down",
                           task->no);
    return came_up(saying->step, head) && account_lets_feed_back(saying) &&
           unit_below(saying->step, head, stands_at(&climb, task->unit), saying->word->unit);
}

void upward_send_down(struct saying *saying)
{
    const struct policy *policy = saying->step->core->policy;
    lower(saying->draft, policy_unit_now(policy, policy_unit(policy, saying->word->unit)), saying->record);
}

bool act_send_down(struct acting *acting)
{
    const struct incident *head = &acting->draft->head;
    const struct task *lead = lead_of(acting->draft);
    if (typed_blank(acting->act->unit))
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "unit", "to which unit of a level below");
    if (!came_up(acting->step, head) || !movable(acting, lead))
        return false;
    const struct unit *unit = unit_below(acting->step, head, acting->draft->climb.at, acting->act->unit);
    if (!unit)
        return false;
    revoke(acting, lead, "sent down a level");
    acting->record->task = lower(acting->draft, unit, acting->record);
    act_name_policy(acting);
    return somebody_dispatches(acting, acting->record->task);
}
