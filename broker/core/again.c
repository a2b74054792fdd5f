#include "broker/core/again.h"

#include "broker/core/border.h"
#include "broker/core/ending.h"
#include "broker/core/exclusion.h"
#include "broker/core/inform.h"
#include "broker/core/live.h"
#include "broker/core/oversee.h"
#include "broker/core/somebody.h"

static bool overrules(const struct acting *acting)
{
    return right_has(acting->step->who, RIGHT_OVERRULE);
}

/* --- the lead's task once more --- */

/* A unit may have been retired since its part was done, or turned out to be whom the report is about. NULL: nobody may
 * have it. */
static const char *unit_now(const struct draft *draft, const char *id)
{
    const struct policy *policy = draft->climb.policy;
    const struct unit *unit = policy_unit_now(policy, policy_unit(policy, id));
    struct exclusion exclusion = exclusion_of(policy, &draft->head);
    const struct unit *allowed = exclusion_unit(&exclusion, unit);
    return allowed ? allowed->id : unit ? NULL : id;
}

/* Nothing of its last doing remains but what was said of it. */
static struct task *queue_again(struct draft *draft, const struct task *done, const char *reason)
{
    struct task *task = draft_task(draft, done->no);
    task->unit = unit_now(draft, task->unit);
    task->principal = task->worker = task->last_worker = "";
    task->on_behalf = false;
    task->lost = 0;
    task->state = TASK_QUEUED;
    task->outcome = 0;
    task->done_ms = 0;
    task->reason = text_or_empty(reason);
    task->epoch++;
    return task;
}

/* --- 返工 --- */

/* With a fresh budget for doing it and for saying so. */
bool again_rework(struct acting *acting)
{
    struct draft *draft = acting->draft;
    uint32_t reworks = draft->head.reworks;
    if (reworks >= acting->step->core->policy->reworks_max && !overrules(acting))
        return step_refuse(acting->step, REFUSAL_FORBIDDEN, NULL,
                           "it was reworked %u times: whether once more is the duty chief's to say", reworks);
    const struct task *lead = incident_lead_done(draft);
    if (!unit_now(draft, lead->unit))
        return step_refuse(acting->step, REFUSAL_EXCLUDED, NULL,
                           "the report is about \"%s\", which may not have it, and nobody else is left", lead->unit);
    struct task *task = queue_again(draft, lead, acting->act->reason);
    acting->record->kind = RECORD_REWORKED;
    acting->record->task = task->no;
    acting->record->epoch = task->epoch;
    draft_start_clock(draft, CLOCK_HANDLE, task->no);
    draft_start_clock(draft, CLOCK_FEEDBACK, task->no);
    inform_begin(draft);
    draft_head(draft)->state = INCIDENT_OPEN;
    draft_head(draft)->reworks++;
    return true;
}

/* --- 重开 --- */

static bool worn_out(const struct policy *policy, uint32_t reopens)
{
    return reopens > policy->reopens_max;
}

bool again_permitted(struct acting *acting)
{
    uint32_t reopens = acting->live->head.reopens;
    if (!worn_out(acting->step->core->policy, reopens) || overrules(acting))
        return true;
    return step_refuse(acting->step, REFUSAL_FORBIDDEN, NULL,
                       "it was reopened %u times: what becomes of it is the duty chief's to say", reopens);
}

/* Dispatched anew, with all its clocks. */
static void dispatch_again(struct draft *draft, const struct task *lead, struct record *record)
{
    struct task *task = queue_again(draft, lead, draft->head.reason);
    task->dispatched_ms = draft->step->now_ms;
    task->responded_ms = task->arrived_ms = 0;
    task->auto_respond = false;
    draft_start_task_clocks(draft, task->no);
    border_copy_again(draft);
    draft_head(draft)->state = INCIDENT_OPEN;
    record->task = task->no;
    record->epoch = task->epoch;
}

/* Nobody's: whoever led it does no longer. */
static void bring_to_desk(struct draft *draft, const struct task *lead)
{
    if (lead)
        draft_task(draft, lead->no)->state = TASK_WITHDRAWN;
    draft_head(draft)->state = INCIDENT_DESK;
    draft_start_clock(draft, CLOCK_DISPATCH, 0);
}

/* To whoever did it, who knows of it; when that was often enough, or there is nobody, a person decides. */
static void reopen(struct draft *draft, struct record *record)
{
    const struct policy *policy = draft->climb.policy;
    const struct task *lead = incident_lead_done(draft);
    struct incident *head = draft_head(draft);
    head->outcome = 0;
    head->closed_ms = 0;
    head->reason = text_or_empty(record->reason);
    draft_end_clocks(draft, false);
    draft_start_clock(draft, CLOCK_RESOLVE, 0);
    if (!ending_of(head)->withdrawn)
        draft_start_clock(draft, CLOCK_ANSWER, 0);
    inform_begin(draft);
    oversee_again(draft);
    if (lead && policy_unit(policy, lead->unit) && unit_now(draft, lead->unit) && !worn_out(policy, head->reopens))
        dispatch_again(draft, lead, record);
    else
        bring_to_desk(draft, lead);
}

bool act_reopen(struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    uint32_t reopens = acting->draft->head.reopens;
    if (worn_out(policy, reopens + 1) && !overrules(acting))
        return step_refuse(acting->step, REFUSAL_FORBIDDEN, NULL,
                           "it was reopened %u times: whether once more is the duty chief's to say", reopens);
    draft_head(acting->draft)->reopens++;
    reopen(acting->draft, acting->record);
    return !acting->record->task || somebody_dispatches(acting, acting->record->task);
}

static void reopen_for(struct step *step, const struct live *live, const char *reason)
{
    struct draft draft;
    struct record record = record_of_broker(step, RECORD_REOPENED);
    record.reason = reason;
    draft_of(&draft, step, live);
    draft_head(&draft)->reopens++;
    reopen(&draft, &record);
    draft_record(&draft, &record);
}

void again_unsolved(struct step *step, const struct live *live)
{
    reopen_for(step, live, "not_solved");
}

void again_undecided(struct step *step, const struct live *live, uint32_t no)
{
    struct draft draft;
    struct record record = record_of_broker(step, RECORD_REOPENED);
    record.reason = "undecided";
    draft_of(&draft, step, live);
    struct ask *ask = draft_ask(&draft, no);
    ask->decision = DECISION_REFUSED;
    ask->decided_ms = step->now_ms;
    draft_head(&draft)->reopens++;
    reopen(&draft, &record);
    draft_record(&draft, &record);
}

bool again_recurs(const struct policy *policy, const struct incident *head)
{
    bool mended = head->outcome == OUTCOME_RESOLVED || head->outcome == OUTCOME_PARTLY;
    return head->state == INCIDENT_CLOSED && mended && !worn_out(policy, head->reopens + 1);
}

void again_recurred(struct step *step, const struct live *live)
{
    reopen_for(step, live, "recurred");
}

void again_planned(struct step *step, const struct live *live)
{
    struct draft draft;
    struct record record = record_of_broker(step, RECORD_REOPENED);
    record.reason = "planned";
    draft_of(&draft, step, live);
    reopen(&draft, &record);
    draft_record(&draft, &record);
}
