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

/* Whoever it was reported up to, or sent down, has it now. */
static const struct area *area_at(const struct policy *policy, const struct incident *head)
{
    const char *code = oversight_of(head)->at_area;
    return has_text(code) ? policy_area_now(policy, policy_area(policy, code)) : NULL;
}

struct climb climb_of(const struct policy *policy, const struct incident *head)
{
    const char *code = has_text(head->responsible_area) ? head->responsible_area : head->area;
    struct exclusion exclusion = exclusion_of(policy, head);
    const char *name = head->more ? text_or_empty(head->more->special) : "";
    const struct special *special = name[0] ? policy_special(policy, name) : NULL;
    return (struct climb){
        .special = special,
        .policy = policy,
        .type = policy_type_now(policy, policy_type(policy, head->type)),
        .ladder = special && special->ladder ? special->ladder : policy_ladder(policy, head->ladder),
        .exclusion = exclusion,
        .area = exclusion_area(&exclusion, policy_area_now(policy, policy_area(policy, code))),
        .at = exclusion_area(&exclusion, area_at(policy, head)),
    };
}

/* A clock's record says how it is counted, not by which calendar of the city: that is the policy's, and found again
 * whenever something is decided. Its type's limit may name one; the city's default is for all others, also for a clock
 * whose type or limit is gone. A clock that came with a merged incident is counted as the survivor's are. */
static const struct timetable *timetable_of(const struct climb *climb, enum clock_kind kind, enum calendar calendar)
{
    const struct limit *limit = climb->special ? profile_limit(climb->special->profile, kind) : NULL;
    if (calendar == CALENDAR_NATURAL)
        return NULL;
    if (!limit || limit->calendar != calendar)
        limit = climb->type ? type_limit(climb->type, kind, calendar) : NULL;
    return limit && limit->timetable ? limit->timetable : climb->policy->timetable;
}

/* 督办 climbs a ladder of its own where the city has one. */
static const struct ladder *ladder_of(const struct climb *climb, enum clock_kind kind)
{
    return kind == CLOCK_SUPERVISE && climb->policy->supervise_ladder ? climb->policy->supervise_ladder : climb->ladder;
}

struct pace climb_pace(const struct climb *climb, enum clock_kind kind, enum calendar calendar)
{
    const struct ladder *ladder = ladder_of(climb, kind);
    struct pace pace = {.within = {calendar, timetable_of(climb, kind, calendar)}};
    pace.beyond = pace.within;
    if (ladder && ladder->step_ms > 0)
        pace.beyond = (struct measure){ladder->step_calendar, timetable_of(climb, kind, ladder->step_calendar)};
    return pace;
}

static struct pace pace_of(const struct climb *climb, const struct clock *clock)
{
    return climb_pace(climb, clock->kind, clock->calendar);
}

/* --- the lines --- */

struct climb climb_of_live(const struct policy *policy, const struct live *live)
{
    struct climb climb = climb_of(policy, &live->head);
    climb.unit_of = live_unit_of;
    climb.of = live;
    return climb;
}

/* The unit that answers for the clock, as it is called now. NULL: none, or its ladder does not climb units. */
static const struct unit *unit_below(const struct climb *climb, const struct clock *clock)
{
    const struct ladder *ladder = ladder_of(climb, clock->kind);
    if (!ladder || !(ladder->lines & LINE_SUPERVISOR) || !climb->unit_of)
        return NULL;
    const char *id = climb->unit_of(climb->of, clock->task);
    return id ? told_may_know(&climb->exclusion, policy_unit_now(climb->policy, policy_unit(climb->policy, id))) : NULL;
}

/* Who is in nobody's hands is on the area line, whatever its ladder says. */
static const struct area *area_below(const struct climb *climb, const struct clock *clock)
{
    const struct ladder *ladder = ladder_of(climb, clock->kind);
    const struct area *area = climb->at ? climb->at : climb->area;
    return !ladder || ladder->lines & LINE_AREA || !unit_below(climb, clock) ? area : NULL;
}

static const struct area *area_up(const struct climb *climb, const struct clock *clock, int64_t n)
{
    const struct area *area = area_below(climb, clock);
    while (area && n-- > 0)
        area = area->parent;
    return area;
}

static const struct unit *unit_up(const struct climb *climb, const struct clock *clock, int64_t n)
{
    const struct unit *unit = n < SUCCESSORS_MAX ? unit_below(climb, clock) : NULL;
    while (unit && n-- > 0)
        unit = told_above(&climb->exclusion, unit);
    return unit;
}

static bool level_there(const struct climb *climb, const struct clock *clock, int64_t n)
{
    return area_up(climb, clock, n) || unit_up(climb, clock, n);
}

static size_t warnings_of(const struct climb *climb, const struct clock *clock)
{
    const struct ladder *ladder = ladder_of(climb, clock->kind);
    if (!ladder)
        return 0;
    return clock->kind == CLOCK_RESPOND && ladder->respond_warnings ? ladder->respond_warning_count
                                                                    : ladder->warning_count;
}

static int64_t step_of(const struct climb *climb, const struct clock *clock)
{
    const struct ladder *ladder = ladder_of(climb, clock->kind);
    return ladder && ladder->step_ms > 0 ? ladder->step_ms : clock->budget_ms;
}

static int64_t warning_of(const struct climb *climb, const struct clock *clock, size_t i)
{
    const struct ladder *ladder = ladder_of(climb, clock->kind);
    const double *warnings =
        clock->kind == CLOCK_RESPOND && ladder->respond_warnings ? ladder->respond_warnings : ladder->warnings;
    return (int64_t)(warnings[i] * (double)clock->budget_ms);
}

/* The budget used when the first rung beyond used_ms fires; -1 when there is none. */
static int64_t rung_after(const struct clock *clock, const struct climb *climb, int64_t used_ms)
{
    if (clock_is_term(clock->kind))
        return used_ms < clock->budget_ms ? clock->budget_ms : -1;
    for (size_t i = 0; i < warnings_of(climb, clock); i++) {
        int64_t at_ms = warning_of(climb, clock, i);
        if (at_ms > used_ms && at_ms < clock->budget_ms)
            return at_ms;
    }
    if (used_ms < clock->budget_ms)
        return clock->budget_ms;
    int64_t step_ms = step_of(climb, clock);
    if (step_ms <= 0)
        return -1;
    int64_t up = (used_ms - clock->budget_ms) / step_ms + 1;
    return level_there(climb, clock, up) ? clock->budget_ms + up * step_ms : -1;
}

void clock_arm(struct clock *clock, const struct climb *climb, int64_t used_ms)
{
    int64_t at_ms = clock->state == CLOCK_RUNNING ? rung_after(clock, climb, used_ms) : -1;
    struct pace pace = pace_of(climb, clock);
    clock->next_ms = at_ms < 0 ? 0 : clock_instant(clock, &pace, at_ms);
}

/* Where the last warning that has fired stands; -1 when none has. */
static int64_t warned_upto(const struct clock *clock, const struct climb *climb)
{
    size_t warned = clock->rung < warnings_of(climb, clock) ? clock->rung : warnings_of(climb, clock);
    return warned > 0 ? warning_of(climb, clock, warned - 1) : -1;
}

void clock_arm_resumed(struct clock *clock, const struct climb *climb)
{
    int64_t warned_ms = warned_upto(clock, climb);
    clock_arm(clock, climb, clock->consumed_ms > warned_ms ? clock->consumed_ms : warned_ms);
}

void clock_arm_extended(struct clock *clock, const struct climb *climb)
{
    if (clock->rung > warnings_of(climb, clock))
        clock->rung = (uint32_t)warnings_of(climb, clock);
    clock_arm(clock, climb, warned_upto(clock, climb));
}

/* How far it had got, by what has fired: by the time used it may stand elsewhere now. */
static int64_t fired_upto(const struct clock *before, const struct climb *climb)
{
    if (clock_breached(before))
        return before->budget_ms + ladder_ups(climb, before) * step_of(climb, before);
    return before->next_ms == before->due_ms ? before->budget_ms - 1 : warned_upto(before, climb);
}

void clock_rearm(struct clock *clock, const struct climb *climb, const struct clock *before)
{
    if (before->next_ms)
        clock_arm(clock, climb, fired_upto(before, climb));
}

void clock_switch(struct clock *clock, const struct climb *to, const struct climb *from)
{
    if (clock->state != CLOCK_RUNNING || clock_is_term(clock->kind))
        return;
    int64_t fired_ms = fired_upto(clock, from), ups = ladder_ups(from, clock);
    uint32_t warnings = (uint32_t)warnings_of(to, clock), warned = 0;
    while (warned < warnings && warning_of(to, clock, warned) <= fired_ms)
        warned++;
    bool breached = clock_breached(clock);
    clock->rung = breached ? warnings + 1 + (uint32_t)ups : warned;
    clock_arm(clock, to, breached ? clock->budget_ms + ups * step_of(to, clock) : fired_ms);
}

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
static void address(struct rung *rung, const struct climb *climb, const struct oversight *oversight, int64_t ups,
                    const struct clock *clock, int64_t now_ms)
{
    const struct area *area = area_up(climb, clock, ups);
    const struct unit *unit = unit_up(climb, clock, ups);
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
                       const struct clock *clock, int64_t ups, struct rung *rung)
{
    if (rung->colour < RUNG_RED && !rung->unconnected)
        return;
    address(rung, climb, oversight_of(&live->head), ups, clock, step->now_ms);
    whistle_no_show(step->core->policy, live, rung, step->now_ms);
    address_instead(rung, climb); /* whoever it may be: somebody hears of it */
}

void ladder_address(const struct step *step, const struct live *live, struct rung *rung)
{
    const struct clock *clock = live_clock_find(live, rung->clock, rung->task);
    struct climb climb = climb_of_live(step->core->policy, live);
    size_t below = warnings_of(&climb, clock) + 1;
    address_up(step, live, &climb, clock, rung->number > below ? rung->number - below : 0, rung);
}

/* What fires when so much of the budget is used; how many levels above breach that is. */
static int64_t colour(struct rung *rung, const struct climb *climb, const struct clock *clock, int64_t used_ms)
{
    int64_t ups = used_ms > clock->budget_ms ? (used_ms - clock->budget_ms) / step_of(climb, clock) : 0;
    if (used_ms < clock->budget_ms)
        rung->colour = rung->number == 1 ? RUNG_BLUE : RUNG_YELLOW;
    else
        rung->colour = ups > 0 ? RUNG_UP : RUNG_RED;
    return ups;
}

bool ladder_in_downtime(const struct core *core, int64_t due_ms)
{
    return core->stopped_ms < due_ms && due_ms <= core->started_ms;
}

/* Nobody is told of it yet. */
static struct rung rung_of(const struct clock *due, uint32_t number)
{
    return (struct rung){
        .clock = due->kind,
        .task = due->task,
        .number = number,
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
    const struct ladder *ladder = ladder_of(climb, rung->clock);
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
    struct pace pace = pace_of(&climb, due);
    int64_t used_ms = clock_used_ms(due, &pace, due->next_ms);
    struct clock after = *due;
    after.rung++;
    clock_arm(&after, &climb, used_ms);
    struct rung rung = rung_of(due, after.rung);
    int64_t ups = colour(&rung, &climb, due, used_ms);
    rung.unconnected = rung.colour < RUNG_RED && 2 * used_ms >= due->budget_ms && unconnected(core, live, due);
    address_up(step, live, &climb, due, ups, &rung);
    rung.notice = after.next_ms == 0 || after.next_ms > step->now_ms;
    rung.in_downtime = ladder_in_downtime(core, rung.due_ms);

    struct arena *arena = step->outcome->arena;
    struct record record = record_of_broker(step, RECORD_RUNG);
    record.task = due->task;
    record.changes[0] = (struct change){
        .incident = live->id, .prev = live->seq, .clocks = arena_memdup(arena, &after, sizeof after), .clock_count = 1};
    record.change_count = 1;
    if (ladder_of(&climb, due->kind))
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

/* The rung ahead, less those behind it: warnings and breach. */
uint32_t ladder_ups(const struct climb *climb, const struct clock *clock)
{
    uint32_t below = (uint32_t)warnings_of(climb, clock) + 1;
    return clock->rung > below ? clock->rung - below : 0;
}
