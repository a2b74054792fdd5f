#include "broker/core/reckon.h"

#include <string.h>

#include "broker/core/draft.h"
#include "broker/core/live.h"
#include "broker/core/oversee.h"
#include "broker/core/special.h"
#include "schemas/ident.h"

void reckon_begin(struct core *core)
{
    core->reckoning = true;
    core->reckoned = 0;
}

bool reckon_under_way(const struct core *core)
{
    return core->reckoning;
}

/* It may be due, or ring next, at another time than was thought: what it has reached stands. */
static bool reckon(struct draft *draft, const struct clock *before)
{
    struct clock clock = *before;
    struct pace pace = climb_pace(&draft->climb, clock.kind, clock.calendar);
    if (!clock_open(&clock))
        return false;
    clock.reached = climb_reached(&draft->climb, before);
    if (clock.state == CLOCK_RUNNING)
        clock_reckon(&clock, &pace);
    clock_arm(&clock, &draft->climb);
    if (clock.due_ms == before->due_ms && clock.next_ms == before->next_ms && clock.reached == before->reached)
        return false;
    draft_put_clock(draft, &clock);
    return true;
}

/* The head names the ladder that is climbed: the type's may be another now. */
static bool follow_type(struct draft *draft)
{
    const char *ladder = climb_ladder_named(draft->climb.policy, draft->climb.type);
    if (!draft->climb.type || strcmp(draft->head.ladder, ladder) == 0)
        return false;
    draft_head(draft)->ladder = ladder;
    return true;
}

/* The clocks of one incident. Whether any changed. */
static bool reckon_clocks(struct step *step, const struct live *live)
{
    const struct core *core = step->core;
    struct draft draft;
    draft_of(&draft, step, live);
    size_t changed = follow_type(&draft);
    for (size_t i = 0; i < live->clock_count; i++)
        changed += reckon(&draft, &live->clocks[i]);
    if (changed == 0)
        return false;
    struct record record = record_of_broker(step, RECORD_RECKONED);
    record.policy = (struct bytes){core->policy->hash.bytes, sizeof core->policy->hash.bytes};
    draft_record(&draft, &record);
    return true;
}

bool reckon_incident(struct step *step, const struct live *live)
{
    if (!step->core->reckoning || ident_number(live->id) <= step->core->reckoned)
        return false;
    bool switched = special_switch(step, live);
    bool clocks = reckon_clocks(step, live);
    return oversee_bearer(step, live) || clocks || switched;
}

/* What is opened meanwhile is reckoned right, and soon passed over. */
void reckon_tick(struct step *step, size_t records_left)
{
    struct core *core = step->writer;
    for (int looks = 0; core->reckoning && looks < RECKON_LOOKS_MAX && records_left > 0; looks++) {
        const struct live *live = live_from(core, core->reckoned + 1);
        core->reckoning = core->policy && live;
        if (!core->reckoning)
            return;
        records_left -= reckon_incident(step, live);
        core->reckoned = ident_number(live->id);
    }
}
