#include "broker/core/reckon.h"

#include "broker/core/ladder.h"
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

/* Whether it is due, or rings next, at another time than was thought. Natural time never does. */
static bool reckon(struct clock *clock, const struct climb *climb, const struct clock *before)
{
    struct pace pace = climb_pace(climb, before->kind, before->calendar);
    if (before->state != CLOCK_RUNNING || (!pace.within.timetable && !pace.beyond.timetable))
        return false;
    *clock = *before;
    clock_reckon(clock, &pace);
    clock_rearm(clock, climb, before);
    return clock->due_ms != before->due_ms || clock->next_ms != before->next_ms;
}

/* The clocks of one incident. Whether any changed. */
static bool reckon_clocks(struct step *step, const struct live *live)
{
    const struct core *core = step->core;
    struct climb climb = climb_of_live(core->policy, live);
    struct clock *clocks = arena_take(step->outcome->arena, live->clock_count * sizeof *clocks);
    size_t count = 0;
    for (size_t i = 0; i < live->clock_count; i++)
        count += reckon(&clocks[count], &climb, &live->clocks[i]);
    if (count == 0)
        return false;
    struct record record = record_of_broker(step, RECORD_RECKONED);
    record.policy = (struct bytes){core->policy->hash.bytes, sizeof core->policy->hash.bytes};
    record.changes[0] =
        (struct change){.incident = live->id, .prev = live->seq, .clocks = clocks, .clock_count = count};
    record.change_count = 1;
    step_record(step, &record);
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
    bool any = core->policy && (core->reckoning_all || core->policy->timetable || core->policy->post_count > 0 ||
                                core->policy->special_count > 0);
    for (int looks = 0; core->reckoning && looks < RECKON_LOOKS_MAX && records_left > 0; looks++) {
        const struct live *live = live_from(core, core->reckoned + 1);
        core->reckoning = any && live;
        if (!core->reckoning)
            return;
        records_left -= reckon_incident(step, live);
        core->reckoned = ident_number(live->id);
    }
}
