#include "broker/core/absence.h"

#include <stdio.h>
#include <string.h>

#include "broker/core/admit.h"
#include "broker/core/calendar.h"
#include "broker/core/ladder.h"

/* --- rows --- */

/* The event of a device says where it is; an area is itself. */
static size_t target_count(const struct absence *absence)
{
    return absence->ref_count ? absence->ref_count : absence->area_count;
}

static const char *target_of(const struct absence *absence, size_t i)
{
    return absence->ref_count ? absence->refs[i] : absence->areas[i]->code;
}

static const char *place_of(const struct absence *absence, size_t i)
{
    const struct area *area = absence->ref_count ? absence->areas[0] : absence->areas[i];
    return area->code;
}

static const char *key_of(const struct step *step, const struct absence *absence, const char *target)
{
    return arena_printf(step->outcome->arena, "%s/%s", absence->name, target);
}

static int64_t deadline(const struct step *step, const struct absence *absence, int64_t since_ms)
{
    const struct limit *within = &absence->within;
    struct measure measure = {within->calendar, within->timetable ? within->timetable : step->core->policy->timetable};
    return calendar_after(&measure, since_ms, within->budget_ms);
}

/* --- heard --- */

static bool counts(const struct step *step, const struct absence *absence, const struct type *type)
{
    if (absence->source && strcmp(absence->source, step->who->name) != 0)
        return false;
    return !absence->type || (type && type_within(type, absence->type));
}

/* Which of its targets the event is about, or the count of them: none. */
static size_t target_heard(const struct absence *absence, const struct event *event, const struct area *area)
{
    size_t i = 0, n = target_count(absence);
    if (absence->ref_count)
        while (i < n && strcmp(absence->refs[i], text_or_empty(event->source_ref)) != 0)
            i++;
    else
        while (i < n && !(area && area_within(area, absence->areas[i])))
            i++;
    return i;
}

static void reset(struct step *step, struct record *record, const struct absence *absence, const char *target,
                  const char *area)
{
    const char *key = key_of(step, absence, target);
    struct side side = side_draft(step->core, SIDE_ABSENCE, key);
    if (!side.state && side_full(step->core, 1))
        return;
    side.state = ABSENCE_WATCHED;
    side.first_ms = side.first_ms ? side.first_ms : step->now_ms;
    side.last_ms = step->now_ms;
    side.next_ms = deadline(step, absence, step->now_ms);
    side.incident = 0;
    side.number = 0;
    side.name = area;
    side_set(step->outcome, record, &side, 1);
}

void absence_heard(struct step *step, struct record *record, const struct event *event, const struct type *type,
                   const struct area *area)
{
    const struct policy *policy = step->core->policy;
    for (size_t i = 0; i < policy->absence_count; i++) {
        const struct absence *absence = &policy->absences[i];
        size_t at = counts(step, absence, type) ? target_heard(absence, event, area) : target_count(absence);
        if (at == target_count(absence))
            continue;
        bool elsewhere = absence->ref_count && area;
        reset(step, record, absence, target_of(absence, at), elsewhere ? area->code : place_of(absence, at));
    }
}

/* --- not heard --- */

static const struct absence *rule_of(const struct policy *policy, const char *key)
{
    for (size_t i = 0; i < policy->absence_count; i++) {
        const char *name = policy->absences[i].name;
        size_t len = strlen(name);
        if (strncmp(key, name, len) == 0 && key[len] == '/')
            return &policy->absences[i];
    }
    return NULL;
}

/* Told to nobody twice: the row is absent until it is heard of. */
static void open_for(struct step *step, const struct absence *absence, struct side *side)
{
    const char *key = arena_strdup(step->outcome->arena, side->key), *target = key + strlen(absence->name) + 1;
    int64_t since_ms = side->last_ms ? side->last_ms : side->first_ms;
    struct event event = {
        .id = step_text(step, "%s@%lld", key, (long long)since_ms),
        .type = absence->opens->code,
        .text = step_text(step, "%s %s%s%s", absence->name, target, absence->text[0] ? " " : "", absence->text),
        .source_ref = key,
        .observed_ms = side->next_ms,
    };
    side->state = ABSENCE_ABSENT;
    side->number = ladder_in_downtime(step->core, side->next_ms);
    side->count++;
    side->next_ms = 0;
    side->incident = admit_next_incident(step->core);
    admit_by_broker(step, &(struct broker_event){.event = &event, .area = side->name, .sides = side, .side_count = 1});
}

/* From an area that is over by date nothing is to be heard any more. */
static bool is_over(const struct step *step, const struct absence *absence, const struct side *side)
{
    const struct policy *policy = step->core->policy;
    const struct area *area = absence->ref_count ? NULL : policy_area(policy, side->name);
    return area && policy_area_now(policy, area) != policy_area_at(policy, area, step->now_ms);
}

/* A row whose rule is gone is the sweep's to take away. */
void absence_due(struct step *step, const struct live_side *row)
{
    const struct absence *absence = rule_of(step->core->policy, row->facts.key);
    struct side side = row->facts;
    if (absence && !is_over(step, absence, &side))
        open_for(step, absence, &side);
    else
        routine_forget(step, &side);
}

/* --- after a change of rules --- */

/* From now on, or from when the area is there. */
static int64_t watched_from(const struct step *step, const struct absence *absence, size_t i)
{
    int64_t from_ms = absence->ref_count ? 0 : absence->areas[i]->valid_from_ms;
    return from_ms > step->now_ms ? from_ms : step->now_ms;
}

static void reckon(struct sweep *sweep, const struct absence *absence, size_t i)
{
    struct step *step = sweep->step;
    const char *key = key_of(step, absence, target_of(absence, i));
    struct side side = side_draft(step->core, SIDE_ABSENCE, key);
    bool watched = side.state == ABSENCE_WATCHED, is_new = side.state == 0;
    if (is_new && side_full(step->core, 1))
        return;
    if (is_new)
        side.first_ms = watched_from(step, absence, i);
    int64_t next_ms = deadline(step, absence, side.last_ms ? side.last_ms : side.first_ms);
    if (is_new || (watched && next_ms != side.next_ms)) {
        side.state = ABSENCE_WATCHED;
        side.next_ms = next_ms;
        side.name = has_text(side.name) ? side.name : place_of(absence, i);
        sweep_set(sweep, &side);
    }
    sweep_keep(sweep, SIDE_ABSENCE, key);
}

bool absence_reckon(struct sweep *sweep, size_t at)
{
    const struct policy *policy = sweep->step->core->policy;
    for (size_t i = 0; i < policy->absence_count; i++) {
        size_t n = target_count(&policy->absences[i]);
        if (at < n) {
            reckon(sweep, &policy->absences[i], at);
            return true;
        }
        at -= n;
    }
    return false;
}
