#include "broker/core/reload.h"

#include <string.h>

#include "broker/core/draft.h"
#include "broker/core/exclude.h"
#include "broker/core/exclusion.h"
#include "broker/core/lease.h"
#include "broker/core/live.h"
#include "broker/core/oversight.h"
#include "broker/core/reckon.h"
#include "broker/core/task_more.h"
#include "broker/core/routine.h"

#define NAMED_MAX 8 /* of what is dropped; the rest is counted */

enum { TYPE, AREA, UNIT, SOURCE, WORKING_TIME, POST, THING_COUNT };
static const char *const things[THING_COUNT] = {"type", "area", "unit", "source", "calendars", "post"};

/* A name that the new policy drops, and how many open incidents and tasks refer to it. */
struct dropped {
    int thing;
    const char *name; /* interned: compared by address */
    size_t count;
};

struct usage {
    struct step *step;
    const struct policy *was, *will_be;
    struct dropped dropped[NAMED_MAX];
    size_t named, unnamed; /* unnamed: references to further names */
};

/* What a name means in a policy: itself, or the successor of what is retired. */
static bool means_something(const struct policy *policy, int thing, const char *name)
{
    switch (thing) {
    case TYPE:
        return policy_type_now(policy, policy_type(policy, name)) != NULL;
    case AREA:
        return policy_area_now(policy, policy_area(policy, name)) != NULL;
    case UNIT:
        return policy_unit_now(policy, policy_unit(policy, name)) != NULL;
    case WORKING_TIME:
        return policy->timetable != NULL;
    case POST:
        return policy_post(policy, name) != NULL;
    default:
        return policy_principal(policy, name) != NULL;
    }
}

static void note(struct usage *usage, int thing, const char *name)
{
    for (size_t i = 0; i < usage->named; i++) {
        if (usage->dropped[i].thing == thing && usage->dropped[i].name == name) {
            usage->dropped[i].count++;
            return;
        }
    }
    if (usage->named < NAMED_MAX)
        usage->dropped[usage->named++] = (struct dropped){thing, name, 1};
    else
        usage->unnamed++;
}

/* What the policy in force does not know either (a flagged incident's unknown type) is not dropped by the new one. */
static void refer(struct usage *usage, int thing, const char *name)
{
    if (!has_text(name) || means_something(usage->will_be, thing, name))
        return;
    if (!usage->was || means_something(usage->was, thing, name))
        note(usage, thing, name);
}

/* Whom a report is about: without them nobody would know any more from whom to keep it. */
static void refer_about(struct usage *usage, const char *about)
{
    struct arena *arena = usage->step->outcome->arena;
    const char *gone = exclusion_unknown(usage->will_be, about, arena);
    if (gone && (!usage->was || !exclusion_unknown(usage->was, gone, arena)))
        note(usage, UNIT, intern_text(&usage->step->writer->names, gone));
}

static void refer_incident(struct usage *usage, const struct live *live)
{
    const struct incident *head = &live->head;
    if (incident_ended(head->state))
        return;
    refer(usage, TYPE, head->type);
    refer(usage, AREA, head->area);
    if (head->responsible_area != head->area)
        refer(usage, AREA, head->responsible_area);
    refer(usage, SOURCE, head->source);
    refer(usage, POST, oversight_of(head)->post);
    refer(usage, AREA, oversight_of(head)->at_area);
    if (head->more)
        refer_about(usage, text_or_empty(head->more->about));
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        if (task->facts.state == TASK_WITHDRAWN)
            continue; /* one that is done may come back as rework */
        refer(usage, UNIT, task->facts.unit);
        if (task_delegated(&task->facts))
            refer(usage, UNIT, task->facts.more->sub_unit);
    }
    for (size_t i = 0; i < live->clock_count; i++) {
        if (clock_open(&live->clocks[i]) && live->clocks[i].calendar != CALENDAR_NATURAL)
            refer(usage, WORKING_TIME, calendar_name(live->clocks[i].calendar));
    }
}

static bool refuse_in_use(struct step *step, const struct usage *usage)
{
    const char *list = "";
    for (size_t i = 0; i < usage->named; i++) {
        const struct dropped *dropped = &usage->dropped[i];
        list = step_text(step, "%s%s%zu to %s %s", list, i ? ", " : "", dropped->count, things[dropped->thing],
                         dropped->name);
    }
    if (usage->unnamed)
        list = step_text(step, "%s, %zu to others", list, usage->unnamed);
    return step_refuse(step, REFUSAL_POLICY_IN_USE, NULL,
                       "what open incidents refer to would be gone: references %s; keep it, retired with a successor",
                       list);
}

static bool nothing_dropped(struct step *step, const struct policy *policy)
{
    struct usage usage = {.step = step, .was = step->core->policy, .will_be = policy};
    struct live *live = NULL;
    while ((live = live_after(step->core, live)))
        refer_incident(&usage, live);
    return usage.named == 0 || refuse_in_use(step, &usage);
}

/* --- tasks of a unit that is retired now: its successor's --- */

static bool unfinished(const struct task *task)
{
    return task->state != TASK_DONE && task->state != TASK_WITHDRAWN;
}

/* The unit, or its successor. */
static const char *now_called(const struct step *step, const char *id)
{
    const struct policy *policy = step->core->policy;
    const struct unit *now = policy_unit_now(policy, policy_unit(policy, id));
    return now ? now->id : id;
}

static bool retired(const struct step *step, const struct task *task)
{
    return strcmp(now_called(step, task->unit), task->unit) != 0 ||
           strcmp(now_called(step, task_desk(task)), task_desk(task)) != 0;
}

/* Not a new dispatch: what was said stays said, and the clocks run on. */
static void hand_over(struct step *step, const struct live_task *of)
{
    struct draft draft;
    struct record record = record_of_broker(step, RECORD_TRANSFERRED);
    draft_of(&draft, step, of->incident);
    struct task *task = draft_task(&draft, of->facts.no);
    step_revoke(step, of, "unit retired");
    task->unit = now_called(step, task->unit);
    if (task_delegated(task))
        draft_more(&draft, task->no)->sub_unit = now_called(step, task->more->sub_unit);
    task->principal = task->worker = task->last_worker = "";
    if (task->state == TASK_OFFERED)
        task->state = TASK_QUEUED;
    record.task = task->no;
    record.epoch = ++task->epoch;
    record.reason = "unit retired";
    draft_record(&draft, &record);
}

static void hand_over_retired(struct step *step)
{
    for (struct live *live = NULL; (live = live_after(step->core, live));) {
        for (const struct live_task *task = live->tasks; task; task = task->next) {
            if (unfinished(&task->facts) && retired(step, &task->facts))
                hand_over(step, task);
        }
    }
}

static bool may_reload(struct step *step)
{
    const char *name = step->command->principal;
    return !has_text(name) || step_permitted(step, RIGHT_OPERATE);
}

static bool in_force_already(const struct step *step, const struct policy *policy)
{
    const struct policy *now = step->core->policy;
    return now && memcmp(now->hash.bytes, policy->hash.bytes, sizeof policy->hash.bytes) == 0;
}

void reload_policy(struct step *step)
{
    const struct policy *policy = step->command->reload.policy;
    if (!may_reload(step) || step_repeats(step))
        return;
    if (!in_force_already(step, policy) && !nothing_dropped(step, policy))
        return;
    uint64_t seq = step->core->seq;
    if (!in_force_already(step, policy) || !key_is_none(&step->command->key)) {
        struct record record = record_of_command(step, RECORD_POLICY);
        record.policy = (struct bytes){policy->hash.bytes, sizeof policy->hash.bytes};
        seq = step_record(step, &record);
    }
    step->writer->policy = policy;
    reckon_begin(step->writer);
    routine_begin(step->writer);
    lease_by_policy(step);
    hand_over_retired(step);
    exclude_by_policy(step);
    step_receipt(step, 0, seq);
}
