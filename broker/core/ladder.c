#include "broker/core/ladder.h"

#include "broker/core/account.h"
#include "broker/core/draft.h"
#include "broker/core/live.h"
#include "broker/core/oversee.h"
#include "broker/core/oversight.h"
#include "broker/core/told.h"
#include "broker/core/ask.h"
#include "broker/core/plan.h"
#include "broker/core/pushback.h"
#include "broker/core/quiet.h"
#include "broker/core/reckon.h"
#include "broker/core/task_more.h"
#include "broker/core/whistle.h"

static const struct clock *earliest(const struct live *live)
{
    const struct clock *first = NULL;
    for (size_t i = 0; i < live->clock_count; i++) {
        const struct clock *clock = &live->clocks[i];
        if (clock->next_ms && (!first || clock->next_ms < first->next_ms))
            first = clock;
    }
    return first;
}

/* --- who is told --- */

/* Where an incident is charged to a post (包案), whoever bears it is told, whatever the level. */
static void address(struct rung *rung, const struct climb *climb, const struct oversight *oversight,
                    const struct clock *clock, int64_t now_ms)
{
    const struct area *area = climb_area_up(climb, clock, rung->ups);
    const struct unit *unit = climb_unit_up(climb, clock, rung->ups);
    if (!area && !unit) /* it belongs nowhere: somebody must hear of it */
        area = exclusion_area(&climb->exclusion, policy_area(climb->policy, climb->policy->city));
    struct told of_area = told_area(area, now_ms), of_unit = told_unit(&climb->exclusion, unit, now_ms);
    bool charged = has_text(oversight->bearer_post);
    rung->to_area = area ? area->code : "";
    rung->to_unit = unit ? unit->id : "";
    rung->to_post = charged ? oversight->bearer_post : of_area.post;
    rung->to_person = charged ? oversight->bearer : of_area.person;
    rung->unit_post = of_unit.post;
    rung->unit_person = of_unit.person;
}

/* A report whose whole lines may not know of it. */
static void address_instead(struct rung *rung, const struct climb *climb)
{
    if (has_text(rung->to_post) || has_text(rung->to_unit) || !exclusion_holds(&climb->exclusion))
        return;
    const struct unit *instead = exclusion_instead(&climb->exclusion);
    rung->to_unit = instead ? instead->id : "";
}

/* It waits, and nobody of the unit is there to take it up: a dispatcher must phone. */
static bool unconnected(const struct core *core, const struct live *live, const struct clock *clock)
{
    const struct live_task *task = clock->kind == CLOCK_RESPOND ? live_task_find(live, clock->task) : NULL;
    if (!task || task->facts.state != TASK_QUEUED || task->facts.on_behalf)
        return false;
    const struct queue *queue = textmap_get(&core->queues, task_desk(&task->facts));
    return !queue || queue->workers == 0;
}

/* A warning is for those who handle it, unless nobody is there. */
static void address_up(const struct step *step, const struct live *live, const struct climb *climb,
                       const struct clock *clock, struct rung *rung)
{
    if (rung->colour < RUNG_RED && !rung->unconnected)
        return;
    address(rung, climb, oversight_of(&live->head), clock, step->now_ms);
    whistle_no_show(step->core->policy, live, rung, step->now_ms);
    address_instead(rung, climb); /* whoever it may be: somebody hears of it */
}

void ladder_address(const struct step *step, const struct live *live, struct rung *rung)
{
    const struct clock *clock = live_clock_find(live, rung->clock, rung->task);
    struct climb climb = climb_of_live(step->core->policy, live);
    /* an earlier build held it without its level */
    if (!rung->ups && rung->colour == RUNG_UP)
        rung->ups = climb_ups(climb_reached(&climb, clock));
    address_up(step, live, &climb, clock, rung);
}

bool ladder_in_downtime(const struct core *core, int64_t due_ms)
{
    return core->stopped_ms < due_ms && due_ms <= core->started_ms;
}

static enum rung_colour colour_of(const struct clock *after)
{
    if (after->reached < REACHED_BREACH)
        return after->rung == 1 ? RUNG_BLUE : RUNG_YELLOW;
    return after->reached > REACHED_BREACH ? RUNG_UP : RUNG_RED;
}

/* What takes a clock there. Nobody is told of it yet. */
static struct rung rung_of(const struct clock *due, const struct clock *after)
{
    return (struct rung){
        .clock = due->kind,
        .task = due->task,
        .number = after->rung,
        .colour = colour_of(after),
        .ups = climb_ups(after->reached),
        .due_ms = due->next_ms,
        .to_area = "",
        .to_post = "",
        .to_person = "",
        .to_unit = "",
        .unit_post = "",
        .unit_person = "",
    };
}

/* What a ladder asks beside: that nobody is disturbed now, that somebody accounts for it. */
static void take_note(struct step *step, const struct live *live, const struct climb *climb, struct rung *rung,
                      struct change *change)
{
    const struct ladder *ladder = climb_ladder(climb, rung->clock);
    int64_t until_ms = climb->special ? 0 : quiet_for(step, live, ladder, rung);
    bool account = ladder->account && rung->colour == RUNG_RED;
    if (!until_ms && !account)
        return;
    struct draft draft;
    draft_of(&draft, step, live);
    if (until_ms)
        quiet_hold(&draft, rung, until_ms);
    if (account)
        account_owe(&draft, rung);
    struct change noted = draft_change(&draft);
    change->head = noted.head;
    change->tasks = noted.tasks;
    change->task_count = noted.task_count;
}

static struct clock climbed(const struct clock *due, const struct climb *climb)
{
    int64_t used_ms;
    struct clock after = *due;
    after.reached = climb_next(climb, due, &used_ms);
    after.rung++;
    clock_arm(&after, climb);
    return after;
}

bool ladder_fire(struct step *step, const struct live *live)
{
    const struct core *core = step->core;
    const struct clock *due = earliest(live);
    if (oversee_due(step, live, due))
        return true;
    if (!due || due->next_ms > step->now_ms)
        return false;
    if (due->kind == CLOCK_BEGIN) {
        plan_begin_due(step, live);
        return true;
    }
    if (clock_is_term(due->kind)) {
        ask_over(step, live, due);
        return true;
    }
    struct climb climb = climb_of_live(core->policy, live);
    const struct clock after = climbed(due, &climb);
    struct rung rung = rung_of(due, &after);
    rung.unconnected = rung.colour < RUNG_RED && 2 * after.reached >= REACHED_BREACH && unconnected(core, live, due);
    address_up(step, live, &climb, due, &rung);
    rung.notice = after.next_ms == 0 || after.next_ms > step->now_ms;
    rung.in_downtime = ladder_in_downtime(core, rung.due_ms);

    struct arena *arena = step->outcome->arena;
    struct record record = record_of_broker(step, RECORD_RUNG);
    record.task = due->task;
    record.changes[0] = (struct change){
        .incident = live->id, .prev = live->seq, .clocks = arena_memdup(arena, &after, sizeof after), .clock_count = 1};
    record.change_count = 1;
    if (climb_ladder(&climb, due->kind))
        take_note(step, live, &climb, &rung, &record.changes[0]);
    record.rung = arena_memdup(arena, &rung, sizeof rung);
    step_record(step, &record);
    if (rung.clock == CLOCK_ARBITRATE && rung.colour == RUNG_RED)
        pushback_fall_back(step, live);
    return true;
}

void ladder_catch_up(struct step *step, const struct live *live)
{
    reckon_incident(step, live);
    while (ladder_fire(step, live)) {
    }
}
