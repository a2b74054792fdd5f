#include "broker/core/duty.h"

#include <stdio.h>
#include <string.h>

#include "broker/core/admit.h"
#include "broker/core/ladder.h"
#include "broker/core/level.h"
#include "broker/core/period.h"
#include "broker/core/route.h"
#include "broker/core/special.h"
#include "schemas/typed.h"

#define NAMED_MAX 8 /* targets named in a text; of the rest there is a count */

/* --- rows: "NAME", "NAME/AREA" where each area has its own; targets: "KEY#TARGET" --- */

static const char *key_of(const struct step *step, const struct duty *duty, const struct area *area)
{
    return duty->each ? arena_printf(step->outcome->arena, "%s/%s", duty->name, area->code) : duty->name;
}

static const char *target_key(const struct step *step, const char *key, const char *target)
{
    return arena_printf(step->outcome->arena, "%s#%s", key, target);
}

static const struct duty *rule_of(const struct policy *policy, const char *key)
{
    size_t len = strcspn(key, "/");
    for (size_t i = 0; i < policy->duty_count; i++) {
        const char *name = policy->duties[i].name;
        if (strncmp(key, name, len) == 0 && name[len] == '\0')
            return &policy->duties[i];
    }
    return NULL;
}

static struct period period_of(const struct step *step, const struct duty *duty, int64_t at_ms)
{
    return period_at(duty, step->core->policy->utc_offset_minutes, at_ms);
}

/* Waits for a period; for none when none is known to come. */
static void wait_for(struct side *side, struct period period)
{
    side->state = DUTY_WAITS;
    side->first_ms = period.from_ms;
    side->until_ms = period.to_ms;
    side->next_ms = period.from_ms;
}

/* Done in the period that runs. */
static bool is_done(const struct core *core, const struct side *side, const char *target)
{
    char key[SIDE_KEY_MAX + 1];
    snprintf(key, sizeof key, "%s#%s", side->key, target);
    const struct live_side *row = side_find(core, SIDE_TARGET, key);
    return row && row->facts.first_ms == side->first_ms;
}

uint32_t duty_count(const struct core *core, const struct side *side)
{
    uint32_t count = 0;
    if (side->state == DUTY_WAITS)
        return side->count;
    for (size_t i = 0; i < side->list_count; i++)
        count += is_done(core, side, side->list[i]);
    return count;
}

/* --- a period begins --- */

static size_t list_areas(const struct step *step, const struct duty *duty, const struct area *within, const char **out)
{
    const struct policy *policy = step->core->policy;
    size_t count = 0;
    for (size_t i = 0; i < policy->area_count && count < SIDE_LIST_MAX; i++) {
        const struct area *area = &policy->areas[i];
        if (area->level == duty->target_level && area_within(area, within) &&
            policy_area_at(policy, area, step->now_ms) == area)
            out[count++] = area->code;
    }
    return count;
}

static void list_targets(const struct step *step, const struct duty *duty, const struct area *area, struct side *side)
{
    const char **list = ARENA_NEW(step->outcome->arena, const char *, SIDE_LIST_MAX);
    side->list = duty->targets;
    side->list_count = duty->target_count;
    if (duty->target_count > 0)
        return;
    side->list = list;
    side->list_count = list_areas(step, duty, area, list);
}

static const struct area *area_of(const struct policy *policy, const struct side *side)
{
    return policy_area_now(policy, policy_area(policy, side->text));
}

/* An area that is over by date has none of its own any more: its successor's are written for that. */
static bool is_over(const struct step *step, const char *code)
{
    const struct policy *policy = step->core->policy;
    const struct area *area = policy_area(policy, code);
    return policy_area_at(policy, area, step->now_ms) != policy_area_now(policy, area);
}

/* Who leads where the area is listed. */
static const struct unit *lead_of(const struct step *step, const struct duty *duty, const struct side *side)
{
    const struct policy *policy = step->core->policy;
    const struct live_side *level = duty->when ? side_find(step->core, SIDE_AREA_LEVEL, side->text) : NULL;
    return level ? policy_unit_now(policy, policy_unit(policy, text_or_empty(level->facts.name))) : NULL;
}

static void begin(struct step *step, const struct duty *duty, struct side *side)
{
    const struct policy *policy = step->core->policy;
    const struct area *area = area_of(policy, side);
    struct route_query query = {.area = area};
    const struct unit *unit = duty->to.kind ? route_recipient(policy, &duty->to, &query) : lead_of(step, duty, side);
    struct record record = record_of_broker(step, RECORD_DUTY_OPENED);
    side->state = DUTY_RUNS;
    side->next_ms = side->until_ms;
    side->name = unit ? unit->id : "";
    side->count = 0;
    side->number = 0;
    side->incident = 0;
    list_targets(step, duty, area, side);
    side->total = (uint32_t)side->list_count;
    side_set(step->outcome, &record, side, 1);
    step_record(step, &record);
}

/* --- and is over --- */

/* What is missing stays in the row's list. */
static void take_stock(const struct step *step, struct side *side)
{
    const char **missing = ARENA_NEW(step->outcome->arena, const char *, side->list_count);
    size_t count = 0;
    for (size_t i = 0; i < side->list_count; i++)
        if (!is_done(step->core, side, side->list[i]))
            missing[count++] = arena_strdup(step->outcome->arena, side->list[i]);
    side->count = (uint32_t)(side->list_count - count);
    side->list = missing;
    side->list_count = count;
}

static const char *missing_text(struct step *step, const struct side *side)
{
    const char *text = step_text(step, "%s %u/%u:", side->key, side->count, side->total);
    for (size_t i = 0; i < side->list_count && i < NAMED_MAX; i++)
        text = step_text(step, "%s%s %s", text, i ? "," : "", side->list[i]);
    return side->list_count > NAMED_MAX ? step_text(step, "%s … (%zu)", text, side->list_count) : text;
}

/* Like a clock that is late: to who answers for the unit; else to whom the routes say. */
static void open_for(struct step *step, const struct duty *duty, const struct side *side, int64_t ended_ms)
{
    const struct policy *policy = step->core->policy;
    const struct unit *unit = policy_unit_now(policy, policy_unit(policy, text_or_empty(side->name)));
    const struct unit *above = unit && unit->supervisor ? unit->supervisor : unit ? unit->parent : NULL;
    struct event event = {
        .id = step_text(step, "%s@%lld", side->key, (long long)ended_ms),
        .type = duty->opens->code,
        .text = missing_text(step, side),
        .source_ref = side->key,
        .observed_ms = ended_ms,
    };
    admit_by_broker(
        step, &(struct broker_event){.event = &event, .area = side->text, .lead = policy_unit_now(policy, above)});
}

/* Of several periods that are over at once, after downtime, each is recorded and the last one is told. */
static void end(struct step *step, const struct duty *duty, struct side *side)
{
    int64_t ended_ms = side->until_ms;
    struct period next = period_of(step, duty, ended_ms);
    struct record record = record_of_broker(step, RECORD_DUTY_ENDED);
    take_stock(step, side);
    bool told = side->list_count > 0 && (next.to_ms == 0 || next.to_ms > step->now_ms);
    side->number = ladder_in_downtime(step->core, ended_ms);
    side->incident = told ? admit_next_incident(step->core) : 0;
    side->last_ms = ended_ms;
    record.from_ms = side->first_ms;
    wait_for(side, next);
    side_set(step->outcome, &record, side, 1);
    step_record(step, &record);
    if (told)
        open_for(step, duty, side, ended_ms);
}

void duty_due(struct step *step, const struct live_side *row)
{
    const struct duty *duty = rule_of(step->core->policy, row->facts.key);
    struct side side = row->facts;
    side.key = arena_strdup(step->outcome->arena, side.key);
    side.name = arena_strdup(step->outcome->arena, text_or_empty(side.name));
    side.text = arena_strdup(step->outcome->arena, text_or_empty(side.text));
    if (!duty || !area_of(step->core->policy, &side))
        routine_forget(step, &side);
    else if (side.state == DUTY_RUNS)
        end(step, duty, &side);
    else if (is_over(step, side.text))
        routine_forget(step, &side);
    else
        begin(step, duty, &side);
}

/* --- done --- */

static const struct live_side *find_row(struct aside *aside)
{
    const struct act *act = aside->act;
    const struct duty *duty = rule_of(aside->step->core->policy, act->name);
    bool one = duty && strcmp(duty->name, act->name) == 0;
    if (one && duty->each && typed_blank(act->area)) {
        step_refuse(aside->step, REFUSAL_MISSING_FIELD, "area", "each %s has a duty \"%s\" of its own; say which",
                    aside->step->core->policy->levels[duty->areas[0]->level].name, act->name);
        return NULL;
    }
    const char *key = one && duty->each ? step_text(aside->step, "%s/%s", act->name, act->area) : act->name;
    const struct live_side *row = one ? side_find(aside->step->core, SIDE_DUTY, key) : NULL;
    if (!row)
        step_refuse(aside->step, REFUSAL_UNKNOWN_DUTY, "name", "no duty \"%s\"", key);
    return row;
}

/* By name, within what the asker may touch. */
static bool may_speak_for_it(struct aside *aside, const struct side *side)
{
    struct step *step = aside->step;
    const struct area *area = area_of(step->core->policy, side);
    if (typed_blank(aside->act->person))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "person", "who says it on the unit's behalf");
    return right_in_scope(step->who, NULL, area) ||
           step_refuse(step, REFUSAL_OUT_OF_SCOPE, "name", "area \"%s\" is outside what \"%s\" may touch", area->code,
                       step->who->name);
}

/* The unit whose duty it is, or the centre for it. */
static bool may_do(struct aside *aside, const struct side *side)
{
    const struct policy *policy = aside->step->core->policy;
    const struct unit *unit = policy_unit_now(policy, policy_unit(policy, text_or_empty(side->name)));
    if (right_has(aside->step->who, RIGHT_ON_BEHALF)) {
        aside->record->on_behalf = unit ? unit->id : "";
        return may_speak_for_it(aside, side);
    }
    return (unit && right_unit(aside->step->who, unit->id)) ||
           step_refuse(aside->step, REFUSAL_FORBIDDEN, NULL, "the duty is that of \"%s\"", text_or_empty(side->name));
}

static bool runs(struct aside *aside, const struct side *side)
{
    if (side->state == DUTY_RESTS)
        return step_refuse(aside->step, REFUSAL_WRONG_STATE, "name",
                           "the duty rests in this special period; possible is nothing until that is over");
    return side->state == DUTY_RUNS ||
           step_refuse(aside->step, REFUSAL_WRONG_STATE, "name",
                       "the duty waits for its next period; possible is nothing until then");
}

static bool is_target(struct aside *aside, const struct side *side)
{
    for (size_t i = 0; i < side->list_count; i++)
        if (strcmp(side->list[i], aside->act->target) == 0)
            return true;
    return step_refuse(aside->step, REFUSAL_BAD_VALUE, "target", "\"%s\" is none of its %u targets, such as \"%s\"",
                       aside->act->target, side->total, side->list_count ? side->list[0] : "");
}

bool duty_done(struct aside *aside)
{
    struct step *step = aside->step;
    const struct live_side *row = find_row(aside);
    if (!row || !runs(aside, &row->facts) || !may_do(aside, &row->facts) || !is_target(aside, &row->facts))
        return false;
    if (is_done(step->core, &row->facts, aside->act->target))
        return step_refuse(step, REFUSAL_WRONG_STATE, "target", "\"%s\" is done in this period; possible is any other",
                           aside->act->target);
    struct side target = side_draft(step->core, SIDE_TARGET, target_key(step, row->facts.key, aside->act->target));
    target.first_ms = row->facts.first_ms;
    target.last_ms = step->now_ms;
    target.count++;
    target.text = aside->act->text;
    target.principal = step->who->name;
    target.person = aside->act->person;
    side_set(step->outcome, aside->record, &target, 1);
    return true;
}

/* --- after a change of rules --- */

/* What is done already in a period that runs, or rests, stays so. */
static void keep_targets(struct sweep *sweep, const struct side *side)
{
    for (size_t i = 0; side->state != DUTY_WAITS && i < side->list_count; i++)
        sweep_keep(sweep, SIDE_TARGET, target_key(sweep->step, side->key, side->list[i]));
}

/* Whether a special period that is in force takes it away, or lets it rest. */
static bool is_there(const struct core *core, const struct duty *duty, const struct area *area)
{
    bool listed = !duty->when || level_of(core, area->code) == duty->when;
    return listed && (!duty->during || special_touches(core, duty->during, area));
}

static bool is_to_rest(const struct core *core, const struct duty *duty, const struct area *area)
{
    for (size_t i = 0; i < duty->rest_count; i++) {
        if (special_covers(core, duty->rests[i], area))
            return true;
    }
    return false;
}

/* Nothing is due of it; in a period that runs what is done stays done, for when it goes on. */
static void rest(struct side *side)
{
    side->state = side->state == DUTY_WAITS ? DUTY_WAITS : DUTY_RESTS;
    side->next_ms = 0;
}

/* In the period that it rested in; of one that ended meanwhile nothing is owed. */
static void go_on(const struct step *step, const struct duty *duty, struct side *side)
{
    struct period now = period_of(step, duty, step->now_ms);
    if (side->state == DUTY_RESTS && side->first_ms == now.from_ms && side->until_ms == now.to_ms) {
        side->state = DUTY_RUNS;
        side->next_ms = side->until_ms;
    } else if (side->state == DUTY_RESTS || (side->state == DUTY_WAITS && !side->next_ms)) {
        wait_for(side, now);
    }
}

static void reckon(struct sweep *sweep, const struct duty *duty, const struct area *area)
{
    struct step *step = sweep->step;
    const char *key = key_of(step, duty, area);
    struct side was = side_draft(step->core, SIDE_DUTY, key), side = was;
    struct period same = period_of(step, duty, side.first_ms ? side.first_ms : step->now_ms);
    bool stands = side.state && side.first_ms == same.from_ms && side.until_ms == same.to_ms;
    if (!is_there(step->core, duty, area) || (!side.state && side_full(step->core, 1)))
        return;
    bool to_come = area->valid_from_ms > step->now_ms;
    if (!to_come && is_over(step, area->code))
        return;
    if (!stands) {
        wait_for(&side, period_of(step, duty, to_come ? area->valid_from_ms : step->now_ms));
        if (to_come && side.next_ms)
            side.next_ms = area->valid_from_ms > side.next_ms ? area->valid_from_ms : side.next_ms;
        side.text = area->code;
    }
    if (is_to_rest(step->core, duty, area))
        rest(&side);
    else
        go_on(step, duty, &side);
    keep_targets(sweep, &side);
    if (!stands || side.state != was.state || side.next_ms != was.next_ms)
        sweep_set(sweep, &side);
    sweep_keep(sweep, SIDE_DUTY, key);
}

bool duty_reckon(struct sweep *sweep, size_t at)
{
    const struct policy *policy = sweep->step->core->policy;
    for (size_t i = 0; i < policy->duty_count; i++) {
        if (at < policy->duties[i].area_count) {
            reckon(sweep, &policy->duties[i], policy->duties[i].areas[at]);
            return true;
        }
        at -= policy->duties[i].area_count;
    }
    return false;
}
