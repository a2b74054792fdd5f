#include "broker/core/notice.h"

#include <string.h>

#include "broker/core/ending.h"
#include "broker/core/fold.h"
#include "broker/core/ladder.h"
#include "broker/core/live.h"
#include "broker/core/side.h"
#include "schemas/typed.h"

/* --- which record is which step --- */

enum { ALWAYS = 1, LEAD, WHERE };

/* clang-format off */
static const struct {
    enum notice_step step;
    int when; /* LEAD: of the lead's task, others are not the reporter's matter; WHERE: when it comes to the state */
    enum incident_state state;
} steps[] = {
    [RECORD_OPENED]      = {NOTICE_ACCEPTED,   ALWAYS, 0},
    [RECORD_FOLDED]      = {NOTICE_JOINED,     ALWAYS, 0},
    [RECORD_ASSIGNED]    = {NOTICE_DISPATCHED, LEAD,   0},
    [RECORD_TRANSFERRED] = {NOTICE_DISPATCHED, LEAD,   0},
    [RECORD_FELL_BACK]   = {NOTICE_DISPATCHED, LEAD,   0},
    [RECORD_CONFIRMED]   = {NOTICE_DISPATCHED, WHERE,  INCIDENT_OPEN},
    [RECORD_PLANNED]     = {NOTICE_DISPATCHED, WHERE,  INCIDENT_OPEN},
    [RECORD_RECLASSIFIED] = {NOTICE_DISPATCHED, WHERE, INCIDENT_OPEN},
    [RECORD_RESPONDED]   = {NOTICE_RESPONDED,  LEAD,   0},
    [RECORD_ARRIVED]     = {NOTICE_ARRIVED,    LEAD,   0},
    [RECORD_FED_BACK]    = {NOTICE_FED_BACK,   LEAD,   0},
    [RECORD_REWORKED]    = {NOTICE_REWORKED,   ALWAYS, 0},
    [RECORD_CLOSED]      = {NOTICE_CLOSED,     ALWAYS, 0},
    [RECORD_VERIFIED]    = {NOTICE_CLOSED,     WHERE,  INCIDENT_CLOSED},
    [RECORD_MERGED]      = {NOTICE_MERGED,     ALWAYS, 0},
    [RECORD_CANCELLED]   = {NOTICE_CANCELLED,  ALWAYS, 0},
    [RECORD_REJECTED]    = {NOTICE_REJECTED,   ALWAYS, 0},
    [RECORD_WITHDRAWN]   = {NOTICE_WITHDRAWN,  ALWAYS, 0},
    [RECORD_REOPENED]    = {NOTICE_REOPENED,   ALWAYS, 0},
    [RECORD_GRANTED]     = {NOTICE_PARKED,     WHERE,  INCIDENT_PARKED},
    [RECORD_ANSWERED]    = {NOTICE_ANSWERED,   ALWAYS, 0},
    [RECORD_REPORTED_UP] = {NOTICE_DISPATCHED, LEAD,   0},
    [RECORD_SENT_DOWN]   = {NOTICE_DISPATCHED, LEAD,   0},
    [RECORD_UNREASONABLE] = {NOTICE_CLOSED,    ALWAYS, 0},
};
/* clang-format on */
#define STEPS (sizeof steps / sizeof steps[0])

static bool comes_to(const struct record *record, enum incident_state state)
{
    return record->changes[0].head && record->changes[0].head->state == state;
}

enum notice_step notice_step_at(const struct record *record)
{
    size_t kind = (size_t)record->kind;
    if (kind >= STEPS || !record->change_count)
        return 0;
    return steps[kind].when != WHERE || comes_to(record, steps[kind].state) ? steps[kind].step : 0;
}

/* --- to whom it is told --- */

static bool is_leads(const struct live *live, const struct record *record)
{
    const struct change *change = &record->changes[0];
    const struct live_task *task = live ? live_task_find(live, record->task) : NULL;
    for (size_t i = 0; i < change->task_count; i++) {
        if (change->tasks[i].no == record->task)
            return change->tasks[i].role == TASK_LEAD && change->tasks[i].state != TASK_WITHDRAWN;
    }
    return task && task->facts.role == TASK_LEAD;
}

/* It comes to nothing new. */
static bool is_there_already(const struct live *live, const struct record *record)
{
    return live && steps[record->kind].when == WHERE && live->head.state == steps[record->kind].state;
}

static void add(const struct policy *policy, const char *name, const char **names, size_t *count)
{
    const struct principal *source = policy_principal(policy, name);
    if (source && source->notices && !source->revoked)
        names[(*count)++] = source->name;
}

/* Who has answered the reporter need not be told of it; nor who took its report back, which goes on for a hazard. */
static bool needs_none(const struct record *record, const struct incident *head)
{
    return ending_of(head)->withdrawn ||
           (record->kind == RECORD_ANSWERED && strcmp(record->principal, head->source) == 0);
}

static void tell_all(const struct step *step, const struct live *live, struct record *record)
{
    const struct policy *policy = step->core->policy;
    const struct incident *head = live ? &live->head : record->changes[0].head;
    const struct reports *reports = live ? live_reports(live) : NULL;
    size_t most = 1 + (reports ? reports->source_count : 0);
    const char **names = arena_take(step->outcome->arena, most * sizeof *names);
    if (record->kind == RECORD_FOLDED) {
        add(policy, record->principal, names, &record->tell_count); /* the others know */
    } else if (!needs_none(record, head)) {
        add(policy, head->source, names, &record->tell_count);
        for (size_t i = 0; reports && i < reports->source_count; i++)
            add(policy, reports->sources[i], names, &record->tell_count);
    }
    record->tells = names;
}

void notice_tell(const struct step *step, struct record *record)
{
    const struct policy *policy = step->core->policy;
    if (!policy || !policy->takes_notices)
        return;
    enum notice_step told = record->takes_back ? NOTICE_DISPATCHED : notice_step_at(record);
    if (!told || !(policy->told_steps & 1u << told))
        return;
    const struct live *live = live_find(step->core, record->changes[0].incident);
    if (!is_there_already(live, record) && (steps[record->kind].when != LEAD || is_leads(live, record)))
        tell_all(step, live, record);
}

/* --- when the reporter has been answered --- */

bool notice_owes_answer(const struct policy *policy, const struct incident *head)
{
    const struct principal *source = policy_principal(policy, head->source);
    if (policy->answered_by == ANSWERED_BY_SOURCE)
        return source && source->notices && !source->revoked && (policy->told_steps & 1u << NOTICE_CLOSED);
    return policy->answered_by == ANSWERED_BY_CENTRE;
}

/* The source has passed on how it ended. */
static void settle(struct step *step, const struct live *live)
{
    struct draft draft;
    struct record record = record_of_command(step, RECORD_ANSWERED);
    if (!live || live->head.state != INCIDENT_CLOSED || step->core->policy->answered_by != ANSWERED_BY_SOURCE ||
        strcmp(live->head.source, step->who->name) != 0)
        return;
    ladder_catch_up(step, live);
    draft_of(&draft, step, live);
    const struct clock *answer = draft_clock(&draft, CLOCK_ANSWER, 0);
    if (!answer || answer->state != CLOCK_RUNNING)
        return;
    draft_stop_clock(&draft, CLOCK_ANSWER, 0);
    draft_record(&draft, &record);
}

static bool may_acknowledge(struct step *step)
{
    if (!step_permitted(step, RIGHT_PUBLISH))
        return false;
    if (!step->who->notices)
        return step_refuse(step, REFUSAL_FORBIDDEN, NULL,
                           "no notices are kept for \"%s\": 'notices: true' in principals.yaml", step->who->name);
    if (step->command->acknowledge.upto > step->core->seq)
        return step_refuse(step, REFUSAL_BAD_VALUE, "seq", "there is no record %llu yet",
                           (unsigned long long)step->command->acknowledge.upto);
    if (!side_find(step->core, SIDE_SOURCE, step->who->name) && side_full(step->core, 1))
        return step_overloaded(step, "too many rows beside incidents");
    return true;
}

void notice_acknowledge(struct step *step)
{
    const struct command *command = step->command;
    if (!may_acknowledge(step))
        return;
    struct side side = side_draft(step->core, SIDE_SOURCE, step->who->name);
    if ((int64_t)command->acknowledge.upto <= side.number) {
        step_receipt_again(step, (struct receipt){.journal = step->core->options.journal,
                                                  .term = step->core->term,
                                                  .seq = side.seq,
                                                  .at_ms = side.last_ms});
        return;
    }
    struct record record = record_of_command(step, RECORD_ACKNOWLEDGED);
    side.number = (int64_t)command->acknowledge.upto;
    side.last_ms = step->now_ms;
    side_set(step->outcome, &record, &side, 1);
    step_receipt(step, 0, step_record(step, &record));
    for (size_t i = 0; i < command->acknowledge.incident_count; i++) {
        const struct live *live = live_find(step->core, command->acknowledge.incidents[i]);
        if (!incident_kept_from(step, live)) /* it has come to be about whoever was told: that is no answer */
            settle(step, live);
    }
}

bool act_answer(struct acting *acting)
{
    if (typed_blank(acting->act->text))
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "text", "what the reporter is told");
    draft_stop_clock(acting->draft, CLOCK_ANSWER, 0);
    return true;
}
