#include "broker/core/clock.h"

void clock_start(struct clock *clock, enum clock_kind kind, uint32_t task, int64_t budget_ms, int64_t now_ms)
{
    *clock = (struct clock){
        .kind = kind,
        .task = task,
        .state = CLOCK_RUNNING,
        .calendar = CALENDAR_NATURAL, /* the only one that is reckoned so far, whatever the limit asks for */
        .started_ms = now_ms,
        .budget_ms = budget_ms,
        .running_since_ms = now_ms,
        .due_ms = now_ms + budget_ms,
    };
}

int64_t clock_used_ms(const struct clock *clock, int64_t now_ms)
{
    return clock->consumed_ms + (clock->state == CLOCK_RUNNING ? now_ms - clock->running_since_ms : 0);
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
static void halt(struct clock *clock, enum clock_state state, int64_t now_ms)
{
    clock->consumed_ms = clock_used_ms(clock, now_ms);
    clock->running_since_ms = 0;
    clock->next_ms = 0;
    clock->state = state;
}

void clock_pause(struct clock *clock, int64_t now_ms)
{
    if (clock->state != CLOCK_RUNNING)
        return;
    halt(clock, CLOCK_PAUSED, now_ms);
    clock->due_ms = 0;
}

void clock_resume(struct clock *clock, int64_t now_ms)
{
    if (clock->state != CLOCK_PAUSED)
        return;
    clock->state = CLOCK_RUNNING;
    clock->running_since_ms = now_ms;
    clock->due_ms = now_ms + clock->budget_ms - clock->consumed_ms;
}

void clock_stop(struct clock *clock, int64_t now_ms)
{
    if (!clock_open(clock))
        return;
    halt(clock, clock_used_ms(clock, now_ms) <= clock->budget_ms ? CLOCK_MET : CLOCK_LATE, now_ms);
    clock->stopped_ms = now_ms;
}

void clock_void(struct clock *clock, int64_t now_ms)
{
    if (!clock_open(clock))
        return;
    halt(clock, CLOCK_VOID, now_ms);
    clock->stopped_ms = now_ms;
}
