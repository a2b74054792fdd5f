#include "broker/core/climb.h"

#include "broker/core/live.h"
#include "broker/core/oversight.h"
#include "broker/core/told.h"

/* Whoever it was reported up to, or sent down, has it now. */
static const struct area *area_at(const struct policy *policy, const struct incident *head)
{
    const char *code = oversight_of(head)->at_area;
    return has_text(code) ? policy_area_now(policy, policy_area(policy, code)) : NULL;
}

static const struct type *type_of(const struct policy *policy, const struct incident *head)
{
    return policy_type_now(policy, policy_type(policy, head->type));
}

/* What is of a type climbs the ladder that the type has now, whatever it had when it was opened. */
static const struct ladder *ladder_now(const struct policy *policy, const struct type *type)
{
    return type && type->profile && type->profile->ladder ? type->profile->ladder : policy_ladder(policy, NULL);
}

static const struct ladder *ladder_of(const struct policy *policy, const struct incident *head)
{
    const struct type *type = type_of(policy, head);
    return type ? ladder_now(policy, type) : policy_ladder(policy, head->ladder);
}

const char *climb_ladder_named(const struct policy *policy, const struct type *type)
{
    const struct ladder *ladder = ladder_now(policy, type);
    return ladder ? ladder->name : "";
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
        .type = type_of(policy, head),
        .ladder = special && special->ladder ? special->ladder : ladder_of(policy, head),
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
const struct ladder *climb_ladder(const struct climb *climb, enum clock_kind kind)
{
    return kind == CLOCK_SUPERVISE && climb->policy->supervise_ladder ? climb->policy->supervise_ladder : climb->ladder;
}

struct pace climb_pace(const struct climb *climb, enum clock_kind kind, enum calendar calendar)
{
    const struct ladder *ladder = climb_ladder(climb, kind);
    struct pace pace = {.within = {calendar, timetable_of(climb, kind, calendar)}};
    pace.beyond = pace.within;
    if (ladder && ladder->step_ms > 0)
        pace.beyond = (struct measure){ladder->step_calendar, timetable_of(climb, kind, ladder->step_calendar)};
    return pace;
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
    const struct ladder *ladder = climb_ladder(climb, clock->kind);
    if (!ladder || !(ladder->lines & LINE_SUPERVISOR) || !climb->unit_of)
        return NULL;
    const char *id = climb->unit_of(climb->of, clock->task);
    return id ? told_may_know(&climb->exclusion, policy_unit_now(climb->policy, policy_unit(climb->policy, id))) : NULL;
}

/* Who is in nobody's hands is on the area line, whatever its ladder says. */
static const struct area *area_below(const struct climb *climb, const struct clock *clock)
{
    const struct ladder *ladder = climb_ladder(climb, clock->kind);
    const struct area *area = climb->at ? climb->at : climb->area;
    return !ladder || ladder->lines & LINE_AREA || !unit_below(climb, clock) ? area : NULL;
}

const struct area *climb_area_up(const struct climb *climb, const struct clock *clock, int64_t n)
{
    const struct area *area = area_below(climb, clock);
    while (area && n-- > 0)
        area = area->parent;
    return area;
}

const struct unit *climb_unit_up(const struct climb *climb, const struct clock *clock, int64_t n)
{
    const struct unit *unit = n < SUCCESSORS_MAX ? unit_below(climb, clock) : NULL;
    while (unit && n-- > 0)
        unit = told_above(&climb->exclusion, unit);
    return unit;
}

static bool level_there(const struct climb *climb, const struct clock *clock, int64_t n)
{
    return climb_area_up(climb, clock, n) || climb_unit_up(climb, clock, n);
}

/* --- how far it has come --- */

struct warnings {
    const double *at;
    size_t count;
};

static struct warnings warnings_of(const struct climb *climb, const struct clock *clock)
{
    const struct ladder *ladder = climb_ladder(climb, clock->kind);
    if (!ladder)
        return (struct warnings){NULL, 0};
    if (clock->kind == CLOCK_RESPOND && ladder->respond_warnings)
        return (struct warnings){ladder->respond_warnings, ladder->respond_warning_count};
    return (struct warnings){ladder->warnings, ladder->warning_count};
}

static uint32_t mark_of(double fraction)
{
    uint32_t mark = (uint32_t)(fraction * REACHED_BREACH + 0.5);
    return mark < 1 ? 1 : mark < REACHED_BREACH ? mark : REACHED_BREACH - 1;
}

uint32_t climb_ups(uint32_t reached)
{
    return reached > REACHED_BREACH ? reached - REACHED_BREACH : 0;
}

/* An earlier build counted rungs only: the warnings of the ladder as it was, breach, levels. */
static uint32_t reached_by_count(const struct climb *climb, const struct clock *clock)
{
    const struct warnings warnings = warnings_of(climb, clock);
    if (clock_breached(clock) || clock->rung > warnings.count)
        return REACHED_BREACH + (clock->rung > warnings.count ? clock->rung - (uint32_t)warnings.count - 1 : 0);
    return mark_of(warnings.at[clock->rung - 1]);
}

uint32_t climb_reached(const struct climb *climb, const struct clock *clock)
{
    return clock->reached || !clock->rung ? clock->reached : reached_by_count(climb, clock);
}

/* The first above what has been reached; after the last of them, breach. */
static uint32_t next_warning(const struct climb *climb, const struct clock *clock, uint32_t reached, int64_t *used_ms)
{
    const struct warnings warnings = warnings_of(climb, clock);
    for (size_t i = 0; i < warnings.count; i++) {
        if (mark_of(warnings.at[i]) > reached) {
            *used_ms = (int64_t)(warnings.at[i] * (double)clock->budget_ms);
            return mark_of(warnings.at[i]);
        }
    }
    *used_ms = clock->budget_ms;
    return REACHED_BREACH;
}

uint32_t climb_next(const struct climb *climb, const struct clock *clock, int64_t *used_ms)
{
    const struct ladder *ladder = climb_ladder(climb, clock->kind);
    uint32_t reached = climb_reached(climb, clock);
    if (reached < REACHED_BREACH && !clock_is_term(clock->kind))
        return next_warning(climb, clock, reached, used_ms);
    uint32_t next = reached < REACHED_BREACH ? REACHED_BREACH : reached + 1;
    int64_t ups = climb_ups(next), step_ms = ladder && ladder->step_ms > 0 ? ladder->step_ms : clock->budget_ms;
    bool there = ups == 0 || (!clock_is_term(clock->kind) && step_ms > 0 && level_there(climb, clock, ups));
    *used_ms = there ? clock->budget_ms + ups * step_ms : -1;
    return next;
}

void clock_arm(struct clock *clock, const struct climb *climb)
{
    int64_t used_ms = -1;
    if (clock->state == CLOCK_RUNNING)
        climb_next(climb, clock, &used_ms);
    struct pace pace = climb_pace(climb, clock->kind, clock->calendar);
    clock->next_ms = used_ms < 0 ? 0 : clock_instant(clock, &pace, used_ms);
}

void clock_arm_extended(struct clock *clock, const struct climb *climb)
{
    const uint32_t warnings = (uint32_t)warnings_of(climb, clock).count;
    clock->reached = climb_reached(climb, clock);
    if (clock->reached >= REACHED_BREACH) {
        clock->reached = REACHED_BREACH - 1;
        clock->rung = clock->rung < warnings ? clock->rung : warnings;
    }
    clock_arm(clock, climb);
}
