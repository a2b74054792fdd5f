#include "broker/core/clock.h"

/* 次日起算: the day of the start does not count at all, also where a pause ended within it. */
static int64_t counts_from(const struct clock *clock, const struct measure *within)
{
    if (within->calendar != CALENDAR_WORKING_DAYS_NEXT || !within->timetable)
        return clock->running_since_ms;
    int64_t tomorrow_ms = calendar_tomorrow(within->timetable, clock->started_ms);
    return tomorrow_ms > clock->running_since_ms ? tomorrow_ms : clock->running_since_ms;
}

/* Resumed when its budget was used up already: due lies before the resumption, by what it was over. */
void clock_reckon(struct clock *clock, const struct pace *pace)
{
    int64_t left_ms = clock->budget_ms - clock->consumed_ms;
    if (left_ms <= 0)
        clock->due_ms = clock->running_since_ms + left_ms;
    else
        clock->due_ms = calendar_after(&pace->within, counts_from(clock, &pace->within), left_ms);
}

void clock_start(struct clock *clock, enum clock_kind kind, uint32_t task, int64_t budget_ms, const struct pace *pace,
                 int64_t now_ms)
{
    *clock = (struct clock){
        .kind = kind,
        .task = task,
        .state = CLOCK_RUNNING,
        .calendar = pace->within.calendar,
        .started_ms = now_ms,
        .budget_ms = budget_ms,
        .running_since_ms = now_ms,
    };
    clock_reckon(clock, pace);
}

#define DAY_MS (24 * 3600 * 1000LL)

static int64_t own_time(const struct clock *clock, int64_t span_ms)
{
    if (clock->calendar == CALENDAR_NATURAL)
        return span_ms;
    return span_ms / DAY_MS * WORKING_DAY_MS + span_ms % DAY_MS;
}

void clock_extend(struct clock *clock, const struct pace *pace, int64_t span_ms)
{
    clock->budget_ms += own_time(clock, span_ms);
    if (clock->state == CLOCK_RUNNING)
        clock_reckon(clock, pace);
}

static int64_t used_by_due(const struct clock *clock, const struct pace *pace, int64_t now_ms)
{
    int64_t used_ms = clock->consumed_ms + calendar_between(&pace->within, counts_from(clock, &pace->within), now_ms);
    return used_ms < clock->budget_ms ? used_ms : clock->budget_ms; /* a day that counts as another length is rounded */
}

/* Where nothing counts between due and now, as over lunch, it is over by the least there is: late all the same. */
static int64_t used_beyond_due(const struct clock *clock, const struct pace *pace, int64_t now_ms)
{
    if (clock->consumed_ms > clock->budget_ms)
        return clock->consumed_ms + calendar_between(&pace->beyond, clock->running_since_ms, now_ms);
    int64_t over_ms = calendar_between(&pace->beyond, clock->due_ms, now_ms);
    return clock->budget_ms + (over_ms > 0 ? over_ms : 1);
}

int64_t clock_used_ms(const struct clock *clock, const struct pace *pace, int64_t now_ms)
{
    if (clock->state != CLOCK_RUNNING)
        return clock->consumed_ms;
    return now_ms <= clock->due_ms ? used_by_due(clock, pace, now_ms) : used_beyond_due(clock, pace, now_ms);
}

/* What the ledger has gone past already, as a rung of a ladder edited meanwhile, is since it runs. */
int64_t clock_instant(const struct clock *clock, const struct pace *pace, int64_t used_ms)
{
    if (used_ms < clock->consumed_ms)
        return clock->running_since_ms;
    if (used_ms < clock->budget_ms)
        return calendar_after(&pace->within, counts_from(clock, &pace->within), used_ms - clock->consumed_ms);
    if (clock->consumed_ms > clock->budget_ms)
        return calendar_after(&pace->beyond, clock->running_since_ms, used_ms - clock->consumed_ms);
    return calendar_after(&pace->beyond, clock->due_ms, used_ms - clock->budget_ms);
}

bool clock_is_term(enum clock_kind kind)
{
    return kind == CLOCK_PARK || kind == CLOCK_SUSPEND || kind == CLOCK_BEGIN;
}

bool clock_open(const struct clock *clock)
{
    return clock->state == CLOCK_RUNNING || clock->state == CLOCK_PAUSED;
}

bool clock_breached(const struct clock *clock)
{
    return clock->state == CLOCK_RUNNING && (clock->next_ms == 0 || clock->next_ms > clock->due_ms);
}

/* Whatever the new state, the ledger is closed up to now and no rung is ahead. */
static void halt(struct clock *clock, enum clock_state state, const struct pace *pace, int64_t now_ms)
{
    clock->consumed_ms = clock_used_ms(clock, pace, now_ms);
    clock->running_since_ms = 0;
    clock->next_ms = 0;
    clock->state = state;
}

void clock_pause(struct clock *clock, const struct pace *pace, int64_t now_ms)
{
    if (clock->state != CLOCK_RUNNING)
        return;
    halt(clock, CLOCK_PAUSED, pace, now_ms);
    clock->due_ms = 0;
}

void clock_resume(struct clock *clock, const struct pace *pace, int64_t now_ms)
{
    if (clock->state != CLOCK_PAUSED)
        return;
    clock->state = CLOCK_RUNNING;
    clock->running_since_ms = now_ms;
    clock_reckon(clock, pace);
}

void clock_stop(struct clock *clock, const struct pace *pace, int64_t now_ms)
{
    if (!clock_open(clock))
        return;
    halt(clock, clock_used_ms(clock, pace, now_ms) <= clock->budget_ms ? CLOCK_MET : CLOCK_LATE, pace, now_ms);
    clock->stopped_ms = now_ms;
}

void clock_void(struct clock *clock, const struct pace *pace, int64_t now_ms)
{
    if (!clock_open(clock))
        return;
    halt(clock, CLOCK_VOID, pace, now_ms);
    clock->stopped_ms = now_ms;
}
