#include "broker/core/sensor.h"

#include <string.h>

#include "broker/base/map.h"
#include "broker/core/live.h"
#include "broker/core/route.h"
#include "broker/core/side.h"

/* --- is it watched, is it believed --- */

static const struct sensor_rule *rule_for(const struct policy *policy, const struct principal *source,
                                          const struct type *type)
{
    for (size_t i = 0; i < policy->sensor_count; i++) {
        const struct sensor_rule *rule = &policy->sensors[i];
        if (rule->source == source && (!rule->type || (type && type_within(type, rule->type))))
            return rule;
    }
    return NULL;
}

/* A word about somebody is not a device's reading: it is a matter of its own, whoever passes it on. */
static bool is_about_somebody(const struct event *event)
{
    return event->nature == NATURE_REPORT || event->sealed || has_text(event->about);
}

struct suspicion sensor_of(const struct step *step, const struct event *event, const struct route_query *query)
{
    struct suspicion suspicion = {0};
    if (!step->who->watched || !has_text(event->source_ref) || event->panic || event->done || event->exercise ||
        query->severity == 1 || is_about_somebody(event))
        return suspicion;
    suspicion.rule = rule_for(step->core->policy, step->who, query->type);
    if (!suspicion.rule)
        return suspicion;
    suspicion.device = arena_printf(step->outcome->arena, "%s/%s", step->who->name, event->source_ref);
    const struct live_side *known = side_find(step->core, SIDE_DEVICE, suspicion.device);
    suspicion.holds = known && known->facts.until_ms > step->now_ms;
    return suspicion;
}

struct folding sensor_folding(const struct suspicion *suspicion)
{
    static const struct fold_rule one_incident = {.window_ms = INT64_MAX};
    return (struct folding){&one_incident, hash_bytes(suspicion->device, strlen(suspicion->device))};
}

void sensor_begin(struct draft *draft, const struct suspicion *suspicion)
{
    const struct policy *policy = draft->climb.policy;
    const struct sensor_rule *rule = suspicion->rule;
    if (!rule)
        return;
    draft_reports(draft)->device = suspicion->device;
    if (!suspicion->holds)
        return;
    const struct route_query query = route_asked(policy, &draft->head, draft->step->now_ms);
    const struct unit *owner = route_first(policy, rule->repair, rule->repair_count, &query);
    if (owner)
        draft_add_task(draft, owner->id, TASK_ASSIST);
}

/* --- what is learnt of it --- */

/* The rule in force for the incident's device, found again: a reload may have changed it. */
static const struct sensor_rule *rule_of(const struct draft *draft)
{
    const struct policy *policy = draft->climb.policy;
    const struct principal *source = policy_principal(policy, draft->head.source);
    return source ? rule_for(policy, source, policy_type_now(policy, policy_type(policy, draft->head.type))) : NULL;
}

/* So many within the time from the first of them. */
static void count_false_alarm(const struct draft *draft, struct record *record, const char *device)
{
    const struct step *step = draft->step;
    const struct sensor_rule *rule = rule_of(draft);
    struct side side = side_draft(step->core, SIDE_DEVICE, device);
    if (!rule || (!side.count && side_full(step->core, 1)))
        return;
    if (!side.count || step->now_ms - side.first_ms > rule->within_ms) {
        side.count = 0;
        side.first_ms = step->now_ms;
    }
    side.count++;
    side.total++;
    side.last_ms = step->now_ms;
    side.incident = draft->id;
    if (side.count >= rule->false_alarms)
        side.until_ms = step->now_ms + rule->for_ms;
    side_set(step->outcome, record, &side, 1);
}

static void believe_again(const struct draft *draft, struct record *record, const char *device)
{
    struct side side = side_draft(draft->step->core, SIDE_DEVICE, device);
    side.count = 0;
    side.until_ms = 0;
    side.last_ms = draft->step->now_ms;
    side_set(draft->step->outcome, record, &side, 1);
}

static bool mended(const struct draft *draft, const struct record *record)
{
    if (record->kind != RECORD_FED_BACK || draft->head.state != INCIDENT_CONFIRMING ||
        (record->outcome != OUTCOME_RESOLVED && record->outcome != OUTCOME_PARTLY))
        return false;
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].no == record->task)
            return draft->tasks[i].role == TASK_ASSIST;
    }
    return false;
}

void sensor_note(const struct draft *draft, struct record *record)
{
    const char *device = draft->reports ? draft->reports->device : NULL;
    if (!has_text(device))
        return;
    const struct live *before = live_find(draft->step->core, draft->id);
    bool ends = draft->head.state == INCIDENT_CLOSED && before && before->head.state != INCIDENT_CLOSED;
    if (ends && draft->head.outcome == OUTCOME_FALSE_ALARM)
        count_false_alarm(draft, record, device);
    else if (mended(draft, record) && side_find(draft->step->core, SIDE_DEVICE, device))
        believe_again(draft, record, device);
}
