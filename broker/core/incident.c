#include "broker/core/incident.h"

#include <string.h>

#include "broker/core/account.h"
#include "broker/core/act.h"
#include "broker/core/again.h"
#include "broker/core/attribute.h"
#include "broker/core/appeal.h"
#include "broker/core/callback.h"
#include "broker/core/claim.h"
#include "broker/core/confirm.h"
#include "broker/core/ending.h"
#include "broker/core/ask.h"
#include "broker/core/exclude.h"
#include "broker/core/exclusion.h"
#include "broker/core/exercise.h"
#include "broker/core/fold.h"
#include "broker/core/inform.h"
#include "broker/core/aside.h"
#include "broker/core/ladder.h"
#include "broker/core/live.h"
#include "broker/core/plan.h"
#include "broker/core/quiet.h"
#include "broker/core/undo.h"
#include "broker/core/upward.h"
#include "broker/core/unreasonable.h"
#include "broker/core/unseal.h"
#include "broker/core/notice.h"
#include "broker/core/whistle.h"
#include "broker/core/oversee.h"
#include "schemas/typed.h"

/* --- the table: in which state an act is possible --- */

/* clang-format off */
static const bool table[ACT_END][INCIDENT_STATE_END] = {
    /*                  -  confirming desk unrouted open verifying parked closed merged cancelled rejected */
    [ACT_ASSIGN]   = { 0, 0,         1,   1,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_TRANSFER] = { 0, 0,         0,   0,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_MERGE]    = { 0, 1,         1,   1,       1,   1,        0,     0,     0,     0,        0 },
    [ACT_CLOSE]    = { 0, 0,         1,   1,       1,   1,        0,     0,     0,     0,        0 },
    [ACT_CANCEL]   = { 0, 1,         1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_REJECT]   = { 0, 1,         1,   1,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_RELEASE]  = { 0, 0,         0,   0,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_VERIFY]   = { 0, 0,         0,   0,       0,   1,        0,     0,     0,     0,        0 },
    [ACT_WITHDRAW] = { 0, 1,         1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_ASK]      = { 0, 0,         1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_DECIDE]   = { 0, 0,         1,   1,       1,   1,        1,     1,     1,     1,        1 },
    [ACT_RESUME]   = { 0, 0,         0,   0,       1,   0,        1,     0,     0,     0,        0 },
    [ACT_UNDO]     = { 0, 0,         0,   0,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_WHISTLE]  = { 0, 0,         0,   0,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_DISMISS]  = { 0, 0,         0,   0,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_URGE]     = { 0, 0,         0,   0,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_SUPERVISE] = { 0, 1,        1,   1,       1,   1,        0,     0,     0,     0,        0 },
    [ACT_CHARGE]   = { 0, 1,         1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_ACCOUNT]  = { 0, 1,         1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_INFORM]   = { 0, 1,         1,   1,       1,   1,        0,     0,     0,     0,        0 },
    [ACT_ANSWER]   = { 0, 0,         0,   0,       0,   1,        0,     1,     0,     0,        0 },
    [ACT_CONFIRM]  = { 0, 1,         0,   0,       0,   0,        0,     0,     0,     0,        0 },
    [ACT_CALLBACK] = { 0, 0,         0,   0,       0,   0,        0,     1,     0,     0,        0 },
    [ACT_REOPEN]   = { 0, 0,         0,   0,       0,   0,        0,     1,     0,     0,        0 },
    [ACT_RECLASSIFY] =
                     { 0, 1,         1,   1,       1,   1,        0,     0,     0,     0,        0 },
    [ACT_REVEAL]   = { 0, 1,         1,   1,       1,   1,        1,     1,     0,     1,        1 },
    [ACT_EXCLUDE]  = { 0, 1,         1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_PLAN]     = { 0, 0,         1,   1,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_CLAIM]    = { 0, 1,         1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_UNCLAIM]  = { 0, 1,         1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_REPORT_UP] =
                     { 0, 0,         1,   1,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_SEND_DOWN] =
                     { 0, 0,         1,   0,       1,   0,        0,     0,     0,     0,        0 },
    [ACT_ATTRIBUTE] = { 0, 1,        1,   1,       1,   1,        1,     0,     0,     0,        0 },
    [ACT_SEEK_IDENTITY] =
                     { 0, 1,         1,   1,       1,   1,        1,     1,     0,     1,        1 },
    [ACT_GRANT_IDENTITY] =
                     { 0, 1,         1,   1,       1,   1,        1,     1,     0,     1,        1 },
    [ACT_OPEN_IDENTITY] =
                     { 0, 1,         1,   1,       1,   1,        1,     1,     0,     1,        1 },
    [ACT_APPEAL]   = { 0, 0,         1,   1,       1,   1,        1,     1,     1,     1,        1 },
};
/* clang-format on */

bool incident_allows(enum incident_state state, enum act_verb act)
{
    return table[act][state];
}

/* What an act needs said (its reason, its outcome, who says it); after one that settles nothing may be left to wait for; one
 * that gives can be undone for a while. */
enum { WHY = 1, OUT = 2, SETTLES = 4, GIVES = 8, NAMED = 16 };

/* clang-format off */
static const struct {
    bool (*decide)(struct acting *);
    enum record_kind record; /* of verify: when it passed; of decide: when it is granted */
    enum right right;
    unsigned how;
    void (*follow)(struct acting *); /* what the broker does next, by records of its own */
} acts[ACT_END] = {
    [ACT_ASSIGN]     = {act_assign,        RECORD_ASSIGNED,     RIGHT_DISPATCH,  GIVES,         NULL},
    [ACT_TRANSFER]   = {act_transfer,      RECORD_TRANSFERRED,  RIGHT_DISPATCH,  GIVES,         NULL},
    [ACT_MERGE]      = {act_merge,         RECORD_MERGED,       RIGHT_DISPATCH,  0,             NULL},
    [ACT_CLOSE]      = {act_close,         RECORD_CLOSED,       RIGHT_END,       OUT,           NULL},
    [ACT_CANCEL]     = {act_cancel,        RECORD_CANCELLED,    RIGHT_END,       WHY,           NULL},
    [ACT_REJECT]     = {act_reject,        RECORD_REJECTED,     RIGHT_END,       WHY,           NULL},
    [ACT_RELEASE]    = {act_release,       RECORD_RELEASED,     RIGHT_DISPATCH,  0,             NULL},
    [ACT_VERIFY]     = {act_verify,        RECORD_VERIFIED,     RIGHT_VERIFY,    0,             NULL},
    [ACT_WITHDRAW]   = {act_withdraw,      RECORD_WITHDRAWN,    RIGHT_WITHDRAW,  0,             NULL},
    [ACT_ASK]        = {act_ask,           RECORD_ASKED,        RIGHT_ON_BEHALF, WHY,           NULL},
    [ACT_DECIDE]     = {act_decide,        RECORD_GRANTED,      RIGHT_DECIDE,    0,             unreasonable_follow},
    [ACT_RESUME]     = {act_resume,        RECORD_RESUMED,      RIGHT_DISPATCH,  0,             NULL},
    [ACT_UNDO]       = {act_undo,          RECORD_UNDONE,       RIGHT_DISPATCH,  SETTLES,       NULL},
    [ACT_WHISTLE]    = {act_whistle,       RECORD_WHISTLED,     RIGHT_WHISTLE,   GIVES,         NULL},
    [ACT_DISMISS]    = {act_dismiss,       RECORD_DISMISSED,    RIGHT_DISPATCH,  SETTLES,       NULL},
    [ACT_URGE]       = {oversee_urge,      RECORD_URGED,        RIGHT_DISPATCH,  0,             NULL},
    [ACT_SUPERVISE]  = {oversee_supervise, RECORD_SUPERVISED,   RIGHT_OVERSEE,   0,             NULL},
    [ACT_CHARGE]     = {oversee_charge,    RECORD_CHARGED,      RIGHT_OVERSEE,   0,             NULL},
    [ACT_ACCOUNT]    = {act_account,       RECORD_ACCOUNTED,    RIGHT_DISPATCH,  0,             NULL},
    [ACT_INFORM]     = {act_inform,        RECORD_INFORMED,     RIGHT_DISPATCH,  0,             NULL},
    [ACT_ANSWER]     = {act_answer,        RECORD_ANSWERED,     RIGHT_ANSWER,    0,             NULL},
    [ACT_CONFIRM]    = {act_confirm,       RECORD_CONFIRMED,    RIGHT_VERIFY,    0,             NULL},
    [ACT_CALLBACK]   = {act_callback,      RECORD_CALLED_BACK,  RIGHT_CALLBACK,  0,             callback_follow},
    [ACT_REOPEN]     = {act_reopen,        RECORD_REOPENED,     RIGHT_DISPATCH,  WHY,           NULL},
    [ACT_RECLASSIFY] = {act_reclassify,    RECORD_RECLASSIFIED, RIGHT_DISPATCH,  0,             NULL},
    [ACT_REVEAL]     = {exercise_reveal,   RECORD_EXERCISE_REVEALED, RIGHT_EXERCISE, 0,         NULL},
    [ACT_EXCLUDE]    = {act_exclude,       RECORD_EXCLUDED,     RIGHT_EXCLUDE,   WHY | SETTLES, oversee_follow},
    [ACT_PLAN]       = {act_plan,          RECORD_PLANNED,      RIGHT_DISPATCH,  GIVES,         NULL},
    [ACT_CLAIM]      = {act_claim,         RECORD_CLAIMED,      RIGHT_CLAIM,     0,             NULL},
    [ACT_UNCLAIM]    = {act_unclaim,       RECORD_UNCLAIMED,    RIGHT_CLAIM,     0,             NULL},
    [ACT_REPORT_UP]  = {act_report_up,     RECORD_REPORTED_UP,  RIGHT_DISPATCH,  WHY,           NULL},
    [ACT_SEND_DOWN]  = {act_send_down,     RECORD_SENT_DOWN,    RIGHT_DISPATCH,  0,             NULL},
    [ACT_ATTRIBUTE]  = {act_attribute,     RECORD_ATTRIBUTED,   RIGHT_DISPATCH,  WHY | NAMED,   NULL},
    [ACT_SEEK_IDENTITY]  = {unseal_seek,   RECORD_IDENTITY_SOUGHT, RIGHT_IDENTITY, WHY | NAMED, NULL},
    [ACT_GRANT_IDENTITY] = {unseal_grant,  RECORD_IDENTITY_GRANTED, RIGHT_UNSEAL, NAMED,        NULL},
    [ACT_OPEN_IDENTITY]  = {unseal_open,   RECORD_IDENTITY_OPENED, RIGHT_IDENTITY, NAMED,       NULL},
    [ACT_APPEAL]     = {act_appeal,        RECORD_APPEALED,     RIGHT_APPEAL,    WHY,           NULL},
};
/* clang-format on */

/* --- may it be done --- */

static bool complete(struct step *step, const struct act *act)
{
    if (typed_blank(act->request) || key_is_none(&step->command->key))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "request", "an act carries a request id");
    if (act->verb <= 0 || act->verb >= ACT_END || !acts[act->verb].decide)
        return step_refuse(step, REFUSAL_BAD_VALUE, "verb", "no such act");
    if ((acts[act->verb].how & WHY) && typed_blank(act->reason))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "reason", "%s says why", act_name(act->verb));
    if ((acts[act->verb].how & OUT) && !act->outcome)
        return step_refuse(step, REFUSAL_MISSING_FIELD, "outcome", "%s says what came of it", act_name(act->verb));
    if ((acts[act->verb].how & NAMED) && typed_blank(act->person))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "person", "%s is said by a named person", act_name(act->verb));
    return true;
}

/* A source may verify what it reported, where the route says so, and who reviews decides appeals: whether they may is seen
 * when the incident is known. */
static enum right right_for(const struct step *step, enum act_verb verb)
{
    enum right right = acts[verb].right;
    if (right_has(step->who, right))
        return right;
    return verb == ACT_VERIFY ? RIGHT_VERIFY_OWN : verb == ACT_DECIDE ? RIGHT_REVIEW : right;
}

bool incident_in_scope(struct step *step, const struct live *live)
{
    const struct policy *policy = step->core->policy;
    const struct type *type = policy_type_now(policy, policy_type(policy, live->head.type));
    const struct area *area = policy_area_at(policy, policy_area(policy, live->head.area), step->now_ms);
    if (right_in_scope(step->who, type, area))
        return true;
    return step_refuse(step, REFUSAL_OUT_OF_SCOPE, NULL, "type \"%s\" in area \"%s\" is outside what \"%s\" may touch",
                       live->head.type, live->head.area, step->who->name);
}

/* What was merged is kept from whom its survivor is kept from, too. */
bool incident_kept_from(const struct step *step, const struct live *live)
{
    bool kept = false;
    for (; live && !kept; live = live_find(step->core, live->head.merged_into)) {
        struct exclusion exclusion = exclusion_of(step->core->policy, &live->head);
        kept = exclusion_bars_principal(&exclusion, step->who);
    }
    return kept;
}

/* Sources are not told of incidents that are not theirs, not even that they exist. */
bool incident_visible(const struct step *step, const struct live *live)
{
    return live && !incident_kept_from(step, live) &&
           (right_has(step->who, RIGHT_READ_ALL) || fold_reported(live, step->who->name));
}

/* A unit appeals in what it has a task of, and in nothing else that it may see. */
static bool visible(const struct acting *acting)
{
    return acting->act->verb == ACT_APPEAL ? appeal_visible(acting->step, acting->live)
                                           : incident_visible(acting->step, acting->live);
}

static bool possible(struct acting *acting)
{
    enum incident_state state = acting->live->head.state;
    if (incident_allows(state, acting->act->verb))
        return true;
    const char *list = "";
    for (enum act_verb verb = 1; verb < ACT_END; verb++) {
        if (incident_allows(state, verb))
            list = step_text(acting->step, "%s%s%s", list, list[0] ? ", " : "", act_name(verb));
    }
    return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb", "the incident is %s; possible is %s",
                       incident_state_name(state), list[0] ? list : "nothing");
}

/* --- doing it --- */

/* Dispatching and ending. */
static bool steers(enum act_verb verb)
{
    return acts[verb].right == RIGHT_DISPATCH || acts[verb].right == RIGHT_END;
}

/* 受理: what waits for a person is accepted by the first who does something about it. */
static bool accepts(enum act_verb verb)
{
    return steers(verb) || verb == ACT_CLAIM || verb == ACT_CONFIRM;
}

static void decide(struct acting *acting)
{
    struct step *step = acting->step;
    const struct act *act = acting->act;
    struct record record = record_of_command(step, acts[act->verb].record);
    struct draft draft;
    record.task = act->task;
    record.reason = act->reason;
    record.text = act->text;
    record.outcome = act->outcome;
    acting->record = &record;
    acting->draft = &draft;
    draft_of(&draft, step, acting->live);
    if (accepts(act->verb))
        draft_stop_clock(&draft, CLOCK_ACCEPT, 0);
    if (!acts[act->verb].decide(acting))
        return;
    if (draft.head.more)
        claim_renew(&draft, act);
    if (acts[act->verb].how & GIVES)
        undo_keep(acting);
    step_receipt(step, act->incident, draft_record(&draft, &record));
    if (acts[act->verb].how & SETTLES)
        incident_settle(step, acting->live);
    if (acts[act->verb].follow)
        acts[act->verb].follow(acting);
}

/* What two dispatchers would do to one incident. Anybody may urge. */
static bool is_for_one(enum act_verb verb)
{
    return (steers(verb) && verb != ACT_URGE) || acts[verb].right == RIGHT_WHISTLE;
}

/* Whether it is still, or again, the asker's to do. */
static bool permitted(struct acting *acting)
{
    enum act_verb verb = acting->act->verb;
    if (steers(verb) && !again_permitted(acting))
        return false;
    return !is_for_one(verb) || (upward_permits(acting->step, &acting->live->head) &&
                                 claim_permits(acting->step, acting->act, &acting->live->head));
}

void incident_act(struct step *step)
{
    const struct act *act = step->command->act;
    if (act_beside(act->verb)) {
        aside_act(step);
        return;
    }
    if (!complete(step, act) || !step_permitted(step, right_for(step, act->verb)) || step_repeats(step))
        return;
    if (dedup_full(&step->core->dedup, true)) {
        step_overloaded(step, "too many commands are remembered");
        return;
    }
    struct acting acting = {.step = step, .act = act, .live = live_find(step->core, act->incident)};
    if (!visible(&acting)) {
        step_refuse(step, REFUSAL_UNKNOWN_INCIDENT, "incident", "no such incident");
        return;
    }
    if (!incident_in_scope(step, acting.live))
        return;
    ladder_catch_up(step, acting.live); /* what is due comes first: it may change the state */
    if (possible(&acting) && permitted(&acting))
        decide(&acting);
}

/* --- how it ends --- */

static void withdraw_open_tasks(struct draft *draft, const struct live *live, const char *reason)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].state == TASK_DONE || draft->tasks[i].state == TASK_WITHDRAWN)
            continue;
        struct task *task = draft_task(draft, draft->tasks[i].no);
        step_revoke(draft->step, live_task_find(live, task->no), reason);
        task->state = TASK_WITHDRAWN;
        task->principal = task->worker = "";
    }
}

void incident_end(struct draft *draft, const struct live *live, enum incident_state state, bool owed)
{
    struct incident *head = draft_head(draft);
    withdraw_open_tasks(draft, live, step_text(draft->step, "the incident is %s", incident_state_name(state)));
    head->state = state;
    head->closed_ms = draft->step->now_ms;
    draft_end_clocks(draft, owed);
    quiet_forget(draft);
    claim_drop(draft);
    if (state != INCIDENT_CLOSED)
        return;
    ending_plan(draft);
    callback_start(draft);
}

/* --- after a feedback --- */

const struct task *incident_lead_done(const struct draft *draft)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].role == TASK_LEAD && draft->tasks[i].state == TASK_DONE)
            return &draft->tasks[i];
    }
    return NULL;
}

static bool all_done(const struct draft *draft)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (task->role != TASK_COPY && task->state != TASK_DONE && task->state != TASK_WITHDRAWN)
            return false;
    }
    return incident_lead_done(draft) != NULL;
}

static void close_settled(struct draft *draft, const struct live *live)
{
    struct record record = record_of_broker(draft->step, RECORD_CLOSED);
    record.outcome = draft_head(draft)->outcome = incident_lead_done(draft)->outcome;
    incident_end(draft, live, INCIDENT_CLOSED, true);
    draft_record(draft, &record);
}

/* What the rule says; what went red is accounted for first; and to put it off is never the unit's alone to say. */
static bool needs_verifier(const struct draft *draft)
{
    return draft->head.verify == VERIFIER_SOURCE || draft->head.verify == VERIFIER_CENTRE ||
           incident_lead_done(draft)->outcome == OUTCOME_PLANNED || account_owed(draft);
}

static void ask_verifier(struct draft *draft)
{
    struct record record = record_of_broker(draft->step, RECORD_VERIFYING);
    struct incident *head = draft_head(draft);
    head->state = INCIDENT_VERIFYING;
    if (head->verify == VERIFIER_NONE)
        head->verify = VERIFIER_CENTRE;
    draft_start_clock(draft, CLOCK_VERIFY, 0);
    draft_record(draft, &record);
}

void incident_settle(struct step *step, const struct live *live)
{
    struct draft draft;
    if (live->head.state != INCIDENT_OPEN)
        return;
    plan_go_on(step, live);
    whistle_pass_over(step, live);
    draft_of(&draft, step, live);
    if (!all_done(&draft))
        return;
    if (needs_verifier(&draft))
        ask_verifier(&draft);
    else
        close_settled(&draft, live);
}
