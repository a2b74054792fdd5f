#include "broker/core/ask.h"

#include <string.h>

#include "broker/core/act.h"
#include "broker/core/again.h"
#include "broker/core/appeal.h"
#include "broker/core/grant.h"
#include "broker/core/live.h"
#include "broker/core/somebody.h"
#include "broker/core/unreasonable.h"
#include "schemas/typed.h"

/* --- the kinds: what each needs to be asked, and what it does when it is granted --- */

/* A kind may outlast the work: it is asked and decided whatever has become of the task, and of the incident. Who judges it
 * is named, had no hand in it, and is not of the unit that asks; some take two, who agree. */
enum { LASTS = 1, JUDGED = 2, BY_TWO = 4 };

/* clang-format off */
static const struct {
    bool (*may_ask)(struct draft *, const struct ask *); /* else it has refused */
    bool (*grant)(struct acting *, struct ask *);        /* the same; NULL: being granted is all */
    enum right decides;
    enum record_kind granted;
    unsigned how;
    const char *instead; /* how it is asked; NULL: by ask */
} kinds[ASK_KIND_END] = {
    [ASK_EXTEND]  = {grant_may_extend,  grant_extend,  RIGHT_DECIDE, RECORD_GRANTED, 0, NULL},
    [ASK_PARK]    = {grant_may_park,    grant_park,    RIGHT_DECIDE, RECORD_GRANTED, 0, NULL},
    [ASK_SUSPEND] = {grant_may_suspend, grant_suspend, RIGHT_DECIDE, RECORD_GRANTED, 0, NULL},
    [ASK_UNREASONABLE] = {unreasonable_may_ask, unreasonable_grant, RIGHT_DECIDE, RECORD_UNREASONABLE, JUDGED, NULL},
    /* decided by who gets the task: pushback.c */
    [ASK_RETURN]  = {NULL, NULL, 0, 0, 0, "a unit returns its task by the word return"},
    [ASK_APPEAL]  = {NULL, NULL, RIGHT_REVIEW, RECORD_EXEMPTED, LASTS | JUDGED | BY_TWO, "a unit appeals by the act appeal"},
    /* decided by an act of its own: unseal.c */
    [ASK_IDENTITY] = {NULL, NULL, 0, 0, 0, "who reported is sought by the act seek_identity"},
};
/* clang-format on */

/* --- asking --- */

static bool complete(struct step *step, const struct ask *ask)
{
    if (!ask->kind)
        return step_refuse(step, REFUSAL_MISSING_FIELD, "kind",
                           "an ask says what for: extend, park, suspend or unreasonable");
    if (typed_blank(ask->reason))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "reason", "an ask says why");
    return true;
}

static const struct task *task_of(const struct draft *draft, uint32_t no)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].no == no)
            return &draft->tasks[i];
    }
    return NULL;
}

static bool of_a_task_or_none(struct draft *draft, const struct ask *ask)
{
    const struct task *task = task_of(draft, ask->task);
    if (ask->task && !task)
        return step_refuse(draft->step, REFUSAL_UNKNOWN_TASK, "task", "the incident has no task %u", ask->task);
    if (task && !(kinds[ask->kind].how & LASTS) &&
        (task->state == TASK_DONE || task->state == TASK_WITHDRAWN || task->state == TASK_RETURNED ||
         task->state == TASK_WAITING))
        return step_refuse(draft->step, REFUSAL_WRONG_STATE, "task", "task %u is %s: there is nothing to ask for it",
                           task->no, task_state_name(task->state));
    return true;
}

/* One at a time of a kind: what is open is decided first. */
static bool not_asked_already(struct draft *draft, const struct ask *wanted)
{
    for (size_t i = 0; i < draft->ask_count; i++) {
        const struct ask *ask = &draft->asks[i];
        if (ask->kind == wanted->kind && ask->task == wanted->task && ask->clock == wanted->clock &&
            ask->decision == DECISION_OPEN)
            return step_refuse(draft->step, REFUSAL_WRONG_STATE, "kind", "ask %u (%s) is not decided yet", ask->no,
                               ask_kind_name(ask->kind));
    }
    if (draft->ask_count == ASKS_MAX)
        return step_refuse(draft->step, REFUSAL_TOO_MANY, NULL, "at most %d asks of one incident", ASKS_MAX);
    return true;
}

uint32_t ask_add(struct draft *draft, struct ask wanted)
{
    const struct task *task = task_of(draft, wanted.task);
    if (!complete(draft->step, &wanted) || !of_a_task_or_none(draft, &wanted) || !not_asked_already(draft, &wanted) ||
        (kinds[wanted.kind].may_ask && !kinds[wanted.kind].may_ask(draft, &wanted)))
        return 0;
    wanted.decision = DECISION_OPEN;
    wanted.unit = task ? task->unit : text_or_empty(wanted.unit);
    wanted.principal = draft->step->command->principal;
    wanted.asked_ms = draft->step->now_ms;
    return draft_add_ask(draft, &wanted)->no;
}

bool ask_for(struct draft *draft, struct ask wanted)
{
    const char *instead = kinds[wanted.kind].instead;
    if (instead)
        return step_refuse(draft->step, REFUSAL_BAD_VALUE, "kind", "%s", instead);
    return ask_add(draft, wanted) != 0;
}

bool act_ask(struct acting *acting)
{
    const struct act *act = acting->act;
    return ask_for(acting->draft, (struct ask){.kind = act->kind,
                                               .task = act->task,
                                               .person = act->person,
                                               .reason = act->reason,
                                               .until_ms = act->until_ms,
                                               .span_ms = act->span_ms});
}

/* --- deciding --- */

/* Who reported is decided by an act of its own. */
static bool awaits(const struct ask *ask)
{
    return ask->decision == DECISION_OPEN && ask->kind != ASK_IDENTITY;
}

static const char *open_asks(const struct draft *draft)
{
    const char *list = "";
    for (size_t i = 0; i < draft->ask_count; i++) {
        if (awaits(&draft->asks[i]))
            list = step_text(draft->step, "%s%s%u", list, list[0] ? ", " : "", draft->asks[i].no);
    }
    return list[0] ? list : "nothing";
}

/* The ask that the act names, or the only open one. 0 when refused. */
static uint32_t chosen(struct acting *acting)
{
    const struct draft *draft = acting->draft;
    uint32_t no = acting->act->ask;
    size_t open = 0;
    for (size_t i = 0; i < draft->ask_count && !acting->act->ask; i++) {
        if (!awaits(&draft->asks[i]))
            continue;
        no = draft->asks[i].no;
        open++;
    }
    if (open > 1)
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "ask", "which? open are %s", open_asks(draft));
    if (no == 0 || no > draft->ask_count)
        return step_refuse(acting->step, REFUSAL_NOT_ASKED, "ask", "there is no such ask; to decide is %s",
                           open_asks(draft));
    return no;
}

static bool undecided(struct acting *acting, const struct ask *ask)
{
    if (ask->kind == ASK_IDENTITY)
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "ask",
                           "ask %u seeks to know who reported: grant_identity decides it; to decide is %s", ask->no,
                           open_asks(acting->draft));
    if (ask->kind == ASK_RETURN && ask->decision == DECISION_OPEN)
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "ask",
                           "ask %u is a return: transfer upholds it, release refuses it", ask->no);
    if (ask->decision == DECISION_OPEN)
        return true;
    return step_refuse(acting->step, REFUSAL_WRONG_STATE, "ask", "ask %u was %s already; to decide is %s", ask->no,
                       decision_name(ask->decision), open_asks(acting->draft));
}

static bool is_decider(const struct acting *acting, const char *principal, const char *person)
{
    return somebody_same(acting->step->command->principal, acting->act->person, principal, person);
}

static bool by_another(struct acting *acting, const struct ask *ask)
{
    if (is_decider(acting, ask->principal, ask->person))
        return step_refuse(acting->step, REFUSAL_SAME_PERSON, "person",
                           "whoever asked may not decide: somebody else must");
    if (is_decider(acting, ask->agreed_by, ask->agreed_person))
        return step_refuse(acting->step, REFUSAL_SAME_PERSON, "person",
                           "whoever agreed may not decide once more: it takes two");
    return true;
}

/* Where it is a judgement: of somebody who is named, and stands apart. */
static bool may_judge(struct acting *acting, const struct ask *ask)
{
    if (!(kinds[ask->kind].how & JUDGED))
        return true;
    if (typed_blank(acting->act->person))
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "person", "this is decided by a person, by name");
    if (right_unit(acting->step->who, ask->unit))
        return step_refuse(acting->step, REFUSAL_SAME_PERSON, NULL, "nobody of unit \"%s\", which asks, may decide it",
                           ask->unit);
    return somebody_else(acting);
}

/* What was asked for the work is past when that has ended. */
static bool not_past(struct acting *acting, const struct ask *ask)
{
    enum incident_state state = acting->draft->head.state;
    if (!incident_ended(state) || (kinds[ask->kind].how & LASTS) || unreasonable_waits(acting->draft, ask))
        return true;
    return step_refuse(acting->step, REFUSAL_WRONG_STATE, "ask", "the incident is %s: ask %u (%s) is past",
                       incident_state_name(state), ask->no, ask_kind_name(ask->kind));
}

/* Its task may have been given away or fed back meanwhile: what was asked for it is then past. */
static bool still_wanted(struct acting *acting, const struct ask *ask)
{
    const struct task *task = task_of(acting->draft, ask->task);
    if (!acting->act->passed || !ask->task || (kinds[ask->kind].how & LASTS))
        return true;
    if (strcmp(task->unit, ask->unit) != 0)
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "ask",
                           "task %u is with unit \"%s\" now: what \"%s\" asked may only be refused", task->no,
                           task->unit, ask->unit);
    return of_a_task_or_none(acting->draft, ask);
}

/* The first of two: it is decided when another agrees. One no is enough to refuse. */
static bool agree(struct acting *acting, struct ask *ask)
{
    acting->record->kind = RECORD_AGREED;
    ask->agreed_ms = acting->step->now_ms;
    ask->agreed_by = acting->step->command->principal;
    ask->agreed_person = acting->act->person;
    return true;
}

static bool decide(struct acting *acting, uint32_t no)
{
    struct ask *ask = draft_ask(acting->draft, no);
    bool passed = acting->act->passed, (*grant)(struct acting *, struct ask *) = kinds[ask->kind].grant;
    acting->record->task = ask->task;
    if (passed && (kinds[ask->kind].how & BY_TWO) && !ask->agreed_ms)
        return agree(acting, ask);
    acting->record->kind = passed ? kinds[ask->kind].granted : RECORD_DENIED;
    if (passed && grant && !grant(acting, ask))
        return false;
    ask->decision = passed ? DECISION_GRANTED : DECISION_REFUSED;
    ask->decided_ms = acting->step->now_ms;
    ask->decided_by = acting->step->command->principal;
    ask->decided_person = acting->act->person;
    return true;
}

bool act_decide(struct acting *acting)
{
    uint32_t no = chosen(acting);
    if (!no)
        return false;
    const struct ask *ask = &acting->draft->asks[no - 1];
    if (!undecided(acting, ask) || !step_permitted(acting->step, kinds[ask->kind].decides) || !not_past(acting, ask) ||
        !by_another(acting, ask) || !may_judge(acting, ask))
        return false;
    return still_wanted(acting, ask) && decide(acting, no);
}

const struct ask *ask_granted(const struct draft *draft, enum ask_kind kind, uint32_t task)
{
    for (size_t i = draft->ask_count; i-- > 0;) {
        const struct ask *ask = &draft->asks[i];
        if (ask->kind == kind && ask->decision == DECISION_GRANTED && ask->task == task)
            return ask;
    }
    return NULL;
}

/* --- going on: early by the centre, or by itself --- */

static bool is_suspended(const struct task *task)
{
    return task->state == TASK_SUSPENDED;
}

bool act_resume(struct acting *acting)
{
    if (acting->draft->head.state == INCIDENT_PARKED) {
        grant_unpark(acting->draft);
        return true;
    }
    const struct task *task = act_choose(acting, is_suspended);
    if (task)
        grant_unsuspend(acting->draft, task->no);
    return task != NULL;
}

void ask_over(struct step *step, const struct live *live, const struct clock *clock)
{
    struct record record = record_of_broker(step, RECORD_RESUMED);
    struct draft draft;
    if (live->head.state == INCIDENT_CLOSED) {
        if (!unreasonable_over(step, live))
            again_planned(step, live);
        return;
    }
    draft_of(&draft, step, live);
    record.task = clock->task;
    if (clock->kind == CLOCK_PARK)
        grant_unpark(&draft);
    else
        grant_unsuspend(&draft, clock->task);
    draft_record(&draft, &record);
}
