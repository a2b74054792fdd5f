#include "broker/core/task.h"

#include <string.h>

#include "broker/core/account.h"
#include "broker/core/ask.h"
#include "broker/core/condition.h"
#include "broker/core/delegate.h"
#include "broker/core/draft.h"
#include "broker/core/ending.h"
#include "broker/core/incident.h"
#include "broker/core/inform.h"
#include "broker/core/lease.h"
#include "broker/core/live.h"
#include "broker/core/plan.h"
#include "broker/core/pushback.h"
#include "broker/core/somebody.h"
#include "broker/core/task_more.h"
#include "broker/core/undo.h"
#include "broker/core/upward.h"
#include "schemas/typed.h"

/* --- the table: who may say what of a task in which state --- */

enum {
    W = 1,     /* the worker that holds it */
    C = 2,     /* the centre, on the unit's behalf */
    B = W | C, /* both */
};

/* clang-format off */
static const unsigned char table[WORD_END][TASK_STATE_END] = {
    /*                   -  queued offered responded handling suspended done returned withdrawn shelved */
    [WORD_RESPOND]   = { 0, C,     B,      0,        0,       0,        0,   0,       0,        C },
    [WORD_ARRIVE]    = { 0, 0,     0,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_HANDLE]    = { 0, 0,     0,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_NOTE]      = { 0, 0,     B,      B,        B,       B,        0,   0,       0,        0 },
    [WORD_FEEDBACK]  = { 0, 0,     0,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_RETURN]    = { 0, 0,     B,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_GIVE_BACK] = { 0, 0,     W,      0,        0,       0,        0,   0,       0,        0 },
    [WORD_ASK]       = { 0, C,     B,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_TICK]      = { 0, 0,     0,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_DELEGATE]  = { 0, 0,     B,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_INFORM]    = { 0, C,     B,      B,        B,       B,        0,   0,       0,        0 },
    [WORD_ACCOUNT]   = { 0, C,     B,      B,        B,       B,        0,   0,       0,        C },
    [WORD_REPORT_UP] = { 0, C,     B,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_SEND_DOWN] = { 0, C,     B,      B,        B,       0,        0,   0,       0,        0 },
    [WORD_CONTACT]   = { 0, 0,     0,      B,        B,       0,        0,   0,       0,        0 },
};
/* clang-format on */

/* A parked incident's tasks keep their holders, who may say something, and nothing that is work. */
static bool while_parked(enum word_verb word)
{
    return word == WORD_NOTE || word == WORD_ASK;
}

bool task_allows(enum task_state state, enum word_verb word, bool on_behalf)
{
    return (table[word][state] & (on_behalf ? C : W)) != 0;
}

/* --- what each word does to its task --- */

static void respond(struct saying *saying)
{
    saying->task->state = TASK_RESPONDED;
    if (!task_delegated(saying->task) || !saying->task->responded_ms) /* the unit's own signature stands */
        saying->task->responded_ms = saying->step->now_ms;
    saying->task->auto_respond = saying->word->auto_respond;
    draft_stop_clock(saying->draft, CLOCK_RESPOND, saying->task->no);
    if (saying->task->role == TASK_LEAD)
        draft_stop_clock(saying->draft, CLOCK_ACKNOWLEDGE, 0);
}

static void handle(struct saying *saying)
{
    saying->task->state = TASK_HANDLING;
    draft_stop_clock(saying->draft, CLOCK_HANDLE, saying->task->no);
}

/* Being on the scene is the first action there. */
static void arrive(struct saying *saying)
{
    if (!saying->task->arrived_ms)
        saying->task->arrived_ms = saying->step->now_ms;
    draft_stop_clock(saying->draft, CLOCK_ARRIVE, saying->task->no);
    handle(saying);
}

/* 首次联系: whoever reported was spoken to. */
static void contact(struct saying *saying)
{
    draft_stop_clock(saying->draft, CLOCK_CONTACT, saying->task->no);
}

static void feedback(struct saying *saying)
{
    saying->task->state = TASK_DONE;
    saying->task->outcome = saying->word->outcome;
    saying->task->done_ms = saying->step->now_ms;
    draft_stop_task_clocks(saying->draft, saying->task->no);
    if (saying->task->role == TASK_LEAD)
        inform_end(saying->draft);
}

/* The unit says it is not theirs: the centre must decide, against its own clock. */
static void give_up(struct saying *saying)
{
    if (delegate_give_up(saying))
        return;
    saying->task->state = TASK_RETURNED;
    saying->task->reason = saying->word->reason;
    saying->task->epoch++;
    draft_pause_task_clocks(saying->draft, saying->task->no);
    undo_stands(saying->draft, saying->of->incident, saying->task->no);
    pushback_returned(saying->draft, saying->task, saying->word->person);
}

static bool ask_by_word(struct saying *saying)
{
    const struct word *word = saying->word;
    return ask_for(saying->draft, (struct ask){.kind = word->kind,
                                               .task = word->task,
                                               .person = word->person,
                                               .reason = word->reason,
                                               .until_ms = word->until_ms,
                                               .span_ms = word->span_ms});
}

/* The lead says what came of the whole. */
static bool feedback_fits(struct saying *saying)
{
    const struct word *word = saying->word;
    if (!plan_may_feed_back(saying) || !account_lets_feed_back(saying))
        return false;
    return saying->of->facts.role != TASK_LEAD ||
           (inform_lets_feed_back(saying) && condition_holds(saying->step, &saying->of->incident->head, word->outcome,
                                                             word->condition_met, &saying->closing));
}

/* What a word needs said: its reason, its outcome, a text, a unit. */
enum { WHY = 1, OUT = 2, TEXT = 4, UNIT = 8 };

/* clang-format off */
static const struct {
    enum record_kind record;
    unsigned needs;
    void (*act)(struct saying *); /* work on the task; NULL: only said */
    bool ends_lease;              /* nobody holds the task after it */
    bool (*fits)(struct saying *); /* what else must be so; NULL: nothing */
    bool (*take)(struct saying *); /* what is only said, and changes something: the task stays where it is */
} said[WORD_END] = {
    [WORD_RESPOND]  = {RECORD_RESPONDED,  0,    respond,        false, NULL, NULL},
    [WORD_ARRIVE]   = {RECORD_ARRIVED,    0,    arrive,         false, plan_may_work, NULL},
    [WORD_HANDLE]   = {RECORD_HANDLING,   0,    handle,         false, plan_may_work, NULL},
    [WORD_NOTE]     = {RECORD_NOTED,      TEXT, NULL,           false, NULL, NULL},
    [WORD_FEEDBACK] = {RECORD_FED_BACK,   OUT,  feedback,       true,  feedback_fits, NULL},
    [WORD_RETURN]   = {RECORD_RETURNED,   WHY,  give_up,        true,  NULL, NULL},
    [WORD_ASK]      = {RECORD_ASKED,      0,    NULL,           false, NULL, ask_by_word},
    [WORD_TICK]     = {RECORD_TICKED,     0,    plan_tick,      false, plan_may_tick, NULL},
    [WORD_DELEGATE] = {RECORD_DELEGATED,  UNIT, delegate_task,  true,  delegate_fits, NULL},
    [WORD_INFORM]   = {RECORD_INFORMED,   0,    NULL,           false, inform_fits, inform_take},
    [WORD_ACCOUNT]  = {RECORD_ACCOUNTED,  0,    NULL,           false, account_fits, account_take},
    [WORD_REPORT_UP] = {RECORD_REPORTED_UP, WHY, upward_report,  true,  upward_fits, NULL},
    [WORD_SEND_DOWN] = {RECORD_SENT_DOWN, UNIT,  upward_send_down, true,  upward_down_fits, NULL},
    [WORD_CONTACT]  = {RECORD_CONTACTED,  TEXT, contact,        false, NULL, NULL},
    /* give_back ends the lease and nothing else: lease.c */
};
/* clang-format on */

/* --- may it be said --- */

static bool complete(struct step *step, const struct word *word)
{
    if (typed_blank(word->request) || key_is_none(&step->command->key))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "request", "a word carries a request id");
    if (word->verb <= 0 || word->verb >= WORD_END || !word_name(word->verb))
        return step_refuse(step, REFUSAL_BAD_VALUE, "verb", "no such word");
    unsigned needs = said[word->verb].needs;
    if ((needs & OUT) && !word->outcome)
        return step_refuse(step, REFUSAL_MISSING_FIELD, "outcome", "%s says what came of it", word_name(word->verb));
    if ((needs & WHY) && typed_blank(word->reason))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "reason", "%s says why", word_name(word->verb));
    if ((needs & TEXT) && typed_blank(word->text))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "text", "%s says in a text what is so", word_name(word->verb));
    if ((needs & UNIT) && typed_blank(word->unit))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "unit", "%s says to which unit", word_name(word->verb));
    return true;
}

static bool complete_on_behalf(struct step *step, const struct word *word)
{
    if (typed_blank(word->on_behalf))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "on_behalf", "the unit spoken for");
    if (typed_blank(word->person))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "person", "who says it on the unit's behalf");
    return true;
}

static struct receipt first_receipt(const struct saying *saying, const struct word_kept *kept)
{
    return (struct receipt){
        .incident = saying->word->incident,
        .journal = saying->step->core->options.journal,
        .term = kept->term,
        .seq = kept->seq,
        .at_ms = kept->at_ms,
    };
}

/* A retry gets its first answer, whatever has become of the task since. */
static bool repeats(struct saying *saying)
{
    const struct command *command = saying->step->command;
    for (size_t i = 0; i < saying->of->word_count; i++) {
        const struct word_kept *kept = &saying->of->words[i];
        if (!key_equal(&kept->key, &command->key))
            continue;
        if (key_equal(&kept->digest, &command->digest))
            step_receipt_again(saying->step, first_receipt(saying, kept));
        else
            step_refuse(saying->step, REFUSAL_ID_CONFLICT, "request", "this request id said something else before");
        return true;
    }
    return false;
}

static bool holds(const struct saying *saying)
{
    const struct command *command = saying->step->command;
    const struct task *task = &saying->of->facts;
    return strcmp(task->principal, text_or_empty(command->principal)) == 0 && has_text(task->worker) &&
           strcmp(task->worker, text_or_empty(command->worker)) == 0;
}

/* A worker hears nothing of other units' tasks, not even that they are there. */
static bool has_part(const struct saying *saying, const struct live *live)
{
    for (const struct live_task *task = live->tasks; task; task = task->next)
        if (right_task(saying->step->who, &task->facts))
            return true;
    return saying->on_behalf || (saying->of && holds(saying));
}

static bool is_its_own(const struct saying *saying)
{
    return saying->on_behalf || holds(saying) || right_task(saying->step->who, &saying->of->facts);
}

/* The task it is about, unless it was answered before. Of a report about the asker's own people there is nothing to say. */
static bool find(struct saying *saying)
{
    struct step *step = saying->step;
    const struct live *live = live_find(step->core, saying->word->incident);
    saying->of = live ? live_task_find(live, saying->word->task) : NULL;
    if (saying->of && repeats(saying))
        return false;
    if (!live || incident_kept_from(step, live) || !has_part(saying, live))
        return step_refuse(step, REFUSAL_UNKNOWN_INCIDENT, "incident", "no such incident");
    if (!saying->of || !is_its_own(saying))
        return step_refuse(step, REFUSAL_UNKNOWN_TASK, "task", "the incident has no task %u", saying->word->task);
    return true;
}

static bool held(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    if (!holds(saying))
        return step_refuse(saying->step, REFUSAL_NOT_HOLDER, NULL, "task %u is not leased to \"%s\"", task->no,
                           text_or_empty(saying->step->command->worker));
    if (!right_unit(saying->step->who, task_desk(task)))
        return step_refuse(saying->step, REFUSAL_OUT_OF_SCOPE, NULL, "\"%s\" does not work for unit \"%s\" any more",
                           saying->step->who->name, task_desk(task));
    return true;
}

static bool spoken_for(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    if (strcmp(saying->word->on_behalf, task->unit) != 0 && strcmp(saying->word->on_behalf, task_desk(task)) != 0)
        return step_refuse(saying->step, REFUSAL_BAD_VALUE, "on_behalf", "task %u is with unit \"%s\"", task->no,
                           task_desk(task));
    return incident_in_scope(saying->step, saying->of->incident);
}

static bool current(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    if (saying->word->epoch == task->epoch || (saying->on_behalf && saying->word->epoch == 0))
        return true;
    return step_refuse(saying->step, REFUSAL_STALE_EPOCH, "epoch", "task %u is at epoch %u", task->no, task->epoch);
}

static bool allows(const struct saying *saying, enum word_verb word)
{
    bool parked = saying->of->incident->head.state == INCIDENT_PARKED;
    return task_allows(saying->of->facts.state, word, saying->on_behalf) && (!parked || while_parked(word));
}

static bool possible(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    bool parked = saying->of->incident->head.state == INCIDENT_PARKED;
    if (allows(saying, saying->word->verb))
        return true;
    const char *list = "";
    for (enum word_verb word = 1; word < WORD_END; word++) {
        if (allows(saying, word))
            list = step_text(saying->step, "%s%s%s", list, list[0] ? ", " : "", word_name(word));
    }
    return step_refuse(saying->step, REFUSAL_WRONG_STATE, "verb", "task %u is %s%s; possible is %s", task->no,
                       task_state_name(task->state), parked ? " and its incident parked" : "",
                       list[0] ? list : "nothing");
}

/* A copy owes nothing: there is nothing to return, and no more time to ask for. */
static bool owed(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    enum word_verb word = saying->word->verb;
    if (task->role != TASK_COPY || (word != WORD_RETURN && word != WORD_ASK))
        return true;
    return step_refuse(saying->step, REFUSAL_WRONG_STATE, "verb",
                       "task %u is a copy, for your knowledge: nothing is owed; possible is respond, arrive, handle, "
                       "note, feedback",
                       task->no);
}

/* --- saying it --- */

static void fill(const struct saying *saying, struct record *record)
{
    const struct word *word = saying->word;
    record->word = word->verb;
    record->task = word->task;
    record->epoch = saying->of->facts.epoch;
    record->on_behalf = saying->on_behalf ? word->on_behalf : "";
    record->outcome = word->outcome;
    record->reason = word->reason;
    record->text = word->text;
    record->unit_ms = word->unit_ms;
    record->auto_respond = word->auto_respond;
    record->closing = saying->closing;
    record->term = saying->step->core->term;
}

/* From now on the centre speaks for the unit: no worker holds the task or is offered it. */
static void take_over(struct saying *saying)
{
    step_revoke(saying->step, saying->of, "the command centre acts on the unit's behalf");
    saying->task->on_behalf = true;
    saying->task->principal = saying->task->worker = "";
}

/* False: refused. */
static bool change_task(struct saying *saying)
{
    struct task *task = saying->task = draft_task(saying->draft, saying->word->task);
    const struct word *word = saying->word;
    if (!somebody_speaks(saying->draft, task, saying->step->command->principal, word->person))
        return false;
    if (word->verb == WORD_FEEDBACK && task->role == TASK_LEAD &&
        !ending_take(saying->draft, word->outcome, word->to, word->until_ms))
        return false;
    task->spoke_principal = saying->step->command->principal;
    task->spoke_person = saying->word->person;
    if (saying->on_behalf)
        take_over(saying);
    said[saying->word->verb].act(saying);
    if (said[saying->word->verb].ends_lease)
        task->principal = task->worker = "";
    return true;
}

/* Its record's sequence; 0 when refused. */
static uint64_t say(struct saying *saying)
{
    struct step *step = saying->step;
    enum word_verb verb = saying->word->verb;
    struct record record = record_of_command(step, said[verb].record);
    struct draft draft;
    fill(saying, &record);
    if (verb == WORD_GIVE_BACK)
        return lease_end(step, saying->of, LEASE_GIVEN_BACK, &record);
    draft_of(&draft, step, saying->of->incident);
    saying->draft = &draft;
    saying->record = &record;
    if (said[verb].take && !said[verb].take(saying))
        return 0;
    if (verb == WORD_RETURN && !pushback_may_return(&draft, &saying->of->facts, saying->word->reason))
        return 0;
    if (said[verb].act && !change_task(saying))
        return 0;
    if (saying->of->facts.lost > 0) /* whoever speaks of it is alive */
        draft_task(&draft, saying->word->task)->lost = 0;
    return draft_record(&draft, &record);
}

void task_word(struct step *step)
{
    const struct word *word = step->command->word;
    struct saying saying = {.step = step, .word = word, .on_behalf = step->command->endpoint != 'W'};
    if (!step_permitted(step, saying.on_behalf ? RIGHT_ON_BEHALF : RIGHT_WORK) || !complete(step, word))
        return;
    if (saying.on_behalf && !complete_on_behalf(step, word))
        return;
    if (!find(&saying))
        return;
    if (!(saying.on_behalf ? spoken_for(&saying) : held(&saying)))
        return;
    ladder_catch_up(step, saying.of->incident); /* what is due comes first: it may change the state */
    if (!current(&saying) || !possible(&saying) || !owed(&saying))
        return;
    if (said[word->verb].fits && !said[word->verb].fits(&saying))
        return;
    uint64_t seq = say(&saying);
    if (!seq)
        return;
    step_receipt(step, word->incident, seq);
    if (word->verb == WORD_RESPOND)
        plan_go_on(step, saying.of->incident);
    if (word->verb == WORD_FEEDBACK)
        incident_settle(step, saying.of->incident);
}
