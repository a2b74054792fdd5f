#include "broker/core/screen.h"

#include <inttypes.h>
#include <string.h>

#include "broker/core/routine.h"

/* --- which rule --- */

static bool always_opens(const struct event *event, const struct route_query *query)
{
    return event->panic || query->severity == 1 || event->done || event->exercise || event->sealed ||
           event->nature == NATURE_REPORT || has_text(event->about) || !query->type;
}

static bool of_types(const struct event_rule *rule, const struct type *type)
{
    bool any = rule->type_count == 0;
    for (size_t i = 0; i < rule->type_count && !any; i++)
        any = type_within(type, rule->types[i]);
    return any;
}

static bool in_areas(const struct event_rule *rule, const struct area *area)
{
    bool any = rule->area_count == 0;
    for (size_t i = 0; i < rule->area_count && !any; i++)
        any = area_within(area, rule->areas[i]);
    return any;
}

static bool of_sources(const struct event_rule *rule, const struct principal *who)
{
    bool any = rule->source_count == 0;
    for (size_t i = 0; i < rule->source_count && !any; i++)
        any = rule->sources[i] == who;
    return any;
}

static bool holds(const struct event_rule *rule, const struct step *step, const struct event *event,
                  const struct route_query *query)
{
    return (!rule->natures || (rule->natures & 1u << event->nature)) &&
           (!rule->severities || (rule->severities & 1u << query->severity)) && of_types(rule, query->type) &&
           in_areas(rule, query->area) && of_sources(rule, step->who);
}

const struct event_rule *screen_rule(const struct step *step, const struct event *event,
                                     const struct route_query *query)
{
    const struct policy *policy = step->core->policy;
    if (policy->event_rule_count == 0 || always_opens(event, query))
        return NULL;
    for (size_t i = 0; i < policy->event_rule_count; i++) {
        const struct event_rule *rule = &policy->event_rules[i];
        if (holds(rule, step, event, query))
            return rule->does == EVENT_OPEN ? NULL : rule;
    }
    return NULL;
}

/* --- counting: the times of the latest ones are kept, one fewer than it takes --- */

/* One type at one place, whoever reports it. */
static const char *key_of(struct step *step, const struct event *event)
{
    return step_text(step, "%s/%s", event->type, text_or_empty(event->place.area));
}

static int64_t time_of(const char *digits)
{
    int64_t ms = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        ms = 10 * ms + (*digits - '0');
    return ms;
}

/* Those within the window, and this one; the oldest first. */
static size_t times_of(struct step *step, const struct event_rule *rule, const struct side *side, const char **times)
{
    size_t count = 0;
    for (size_t i = 0; i < side->list_count && count + 1 < rule->count; i++) {
        if (time_of(side->list[i]) > step->now_ms - rule->within_ms)
            times[count++] = side->list[i];
    }
    times[count++] = step_text(step, "%" PRId64, step->now_ms);
    return count;
}

static bool count_event(struct step *step, const struct event_rule *rule, const struct event *event,
                        struct record *record)
{
    const char *key = key_of(step, event);
    struct side side = side_draft(step->core, SIDE_RECORDED, key);
    const char **times = ARENA_NEW(step->outcome->arena, const char *, rule->count);
    if (!side.first_ms && side_full(step->core, 1))
        return false;
    side.list_count = times_of(step, rule, &side, times);
    side.list = times;
    record->count = (uint32_t)side.list_count;
    bool enough = side.list_count >= rule->count;
    side.first_ms = time_of(times[0]);
    side.last_ms = step->now_ms;
    side.next_ms = step->now_ms + rule->within_ms;
    if (enough)
        side = (struct side){.kind = SIDE_RECORDED, .key = key, .gone = true};
    side_set(step->outcome, record, &side, 1);
    return enough;
}

bool screen_event(struct step *step, const struct event_rule *rule, const struct event *event, struct record *record)
{
    if (rule->count && count_event(step, rule, event, record))
        return true;
    record->kind = rule->does == EVENT_NOTIFY ? RECORD_NOTIFIED : RECORD_RECORDED;
    record->event = event;
    record->channel = rule->channel;
    record->reason = rule->rule;
    return false;
}

void screen_due(struct step *step, const struct live_side *side)
{
    routine_forget(step, &side->facts);
}
