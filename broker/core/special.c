#include "broker/core/special.h"

#include <string.h>

#include "broker/core/live.h"
#include "broker/core/oversight.h"
#include "broker/core/reckon.h"

/* --- which one holds --- */

static bool holds_for_type(const struct special *special, const struct type *type)
{
    for (size_t i = 0; i < special->type_count; i++) {
        if (type && type_within(type, special->types[i]))
            return true;
    }
    return special->type_count == 0;
}

static bool holds_for_area(const struct special *special, const struct area *area)
{
    for (size_t i = 0; i < special->area_count; i++) {
        if (area && area_within(area, special->areas[i]))
            return true;
    }
    return special->area_count == 0;
}

const struct special *special_at(const struct policy *policy, const struct type *type, const struct area *area,
                                 int64_t at_ms)
{
    for (size_t i = 0; i < policy->special_count; i++) {
        const struct special *special = &policy->specials[i];
        if (special->from_ms <= at_ms && at_ms < special->to_ms && holds_for_type(special, type) &&
            holds_for_area(special, area))
            return special;
    }
    return NULL;
}

static const struct special *special_of(const struct step *step, const struct incident *head)
{
    const struct policy *policy = step->core->policy;
    const struct type *type = policy_type_now(policy, policy_type(policy, head->type));
    return special_at(policy, type, policy_area_at(policy, policy_area(policy, head->area), step->now_ms),
                      step->now_ms);
}

/* "": in none. */
static const char *named(const struct incident *head)
{
    return head->more ? text_or_empty(head->more->special) : "";
}

/* --- an incident is switched --- */

const char *special_clocks(const struct special *special)
{
    return special && special->profile ? special->profile->name : "";
}

/* Whether it is in it, and has had its limits put in. */
static bool in_it(const struct incident *head, const struct special *special)
{
    const char *clocks = head->more ? text_or_empty(head->more->special_clocks) : "";
    return strcmp(named(head), special ? special->name : "") == 0 && strcmp(clocks, special_clocks(special)) == 0;
}

/* Whether that changes anything. */
static bool choose(struct draft *draft, const struct special *special)
{
    if (in_it(&draft->head, special))
        return false;
    struct incident_more *more = draft_head_more(draft);
    more->special = special ? special->name : "";
    more->special_clocks = special_clocks(special);
    draft_climb(draft);
    return true;
}

void special_choose(struct draft *draft)
{
    if (draft->step->core->policy->special_count > 0)
        choose(draft, special_of(draft->step, &draft->head));
}

/* The rungs of the other ladder; what has fired stands. */
static void switch_ladder(struct draft *draft)
{
    for (size_t i = 0; i < draft->clock_count; i++) {
        struct clock clock = draft->clocks[i];
        clock_arm(&clock, &draft->climb);
        if (clock.next_ms != draft->clocks[i].next_ms)
            draft_put_clock(draft, &clock);
    }
}

static void end_quiet(struct draft *draft)
{
    if (oversight_of(&draft->head)->held_count > 0)
        draft_oversight(draft)->held_until_ms = draft->step->now_ms;
}

bool special_switch(struct step *step, const struct live *live)
{
    struct draft draft;
    struct record record = record_of_broker(step, RECORD_SWITCHED);
    if ((step->core->policy->special_count == 0 && !named(&live->head)[0]) || incident_ended(live->head.state))
        return false;
    const struct special *special = special_of(step, &live->head);
    draft_of(&draft, step, live);
    if (!choose(&draft, special))
        return false;
    switch_ladder(&draft);
    if (special && special->profile)
        draft_tighten_clocks(&draft, special->profile);
    if (special)
        end_quiet(&draft);
    record.text = special ? special->name : "";
    record.policy = (struct bytes){step->core->policy->hash.bytes, sizeof step->core->policy->hash.bytes};
    draft_record(&draft, &record);
    return true;
}

/* --- their rows: first to until, next when it begins or ends --- */

bool special_in_force(const struct core *core, const struct special *special)
{
    const struct live_side *row = side_find(core, SIDE_SPECIAL, special->name);
    return row && row->facts.state == SPECIAL_IN_FORCE;
}

bool special_covers(const struct core *core, const struct special *special, const struct area *area)
{
    return special_in_force(core, special) && holds_for_area(special, area);
}

bool special_touches(const struct core *core, const struct special *special, const struct area *area)
{
    bool touches = special->area_count == 0;
    for (size_t i = 0; i < special->area_count && !touches; i++)
        touches = area_within(area, special->areas[i]) || area_within(special->areas[i], area);
    return touches && special_in_force(core, special);
}

void special_due(struct step *step, const struct live_side *row)
{
    bool begins = row->facts.state == SPECIAL_WAITS;
    struct record record = record_of_broker(step, begins ? RECORD_SPECIAL_BEGAN : RECORD_SPECIAL_ENDED);
    struct side side = side_draft(step->core, SIDE_SPECIAL, row->facts.key);
    side.state = begins ? SPECIAL_IN_FORCE : SPECIAL_OVER;
    side.next_ms = begins ? side.until_ms : 0;
    side_set(step->outcome, &record, &side, 1);
    step_record(step, &record);
    reckon_begin(step->writer);
    routine_begin(step->writer); /* duties come and go with it */
}

/* One that is moved waits, goes on or is over by its new times. */
bool special_reckon(struct sweep *sweep, size_t at)
{
    const struct policy *policy = sweep->step->core->policy;
    if (at >= policy->special_count)
        return false;
    const struct special *special = &policy->specials[at];
    struct side side = side_draft(sweep->step->core, SIDE_SPECIAL, special->name);
    if (!side.state && side_full(sweep->step->core, 1))
        return true;
    if (!side.state || side.first_ms != special->from_ms || side.until_ms != special->to_ms) {
        bool goes_on = side.state == SPECIAL_IN_FORCE && special->from_ms <= sweep->step->now_ms;
        bool to_come = special->to_ms > sweep->step->now_ms;
        side.state = goes_on ? SPECIAL_IN_FORCE : to_come ? SPECIAL_WAITS : SPECIAL_OVER;
        side.first_ms = special->from_ms;
        side.until_ms = special->to_ms;
        side.next_ms = goes_on ? special->to_ms : to_come ? special->from_ms : 0;
        sweep_set(sweep, &side);
    }
    sweep_keep(sweep, SIDE_SPECIAL, special->name);
    return true;
}
