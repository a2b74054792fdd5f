#include "broker/core/quiet.h"

#include "broker/core/draft.h"
#include "broker/core/live.h"
#include "broker/core/oversight.h"

#define DAY_MS (24 * 3600 * 1000LL)

/* --- the hours --- */

/* The end of the span that holds at a time of day; -1: none does. */
static int64_t span_end(const struct hours *hours, int64_t of_day_ms)
{
    for (size_t i = 0; i < hours->span_count; i++) {
        if (hours->spans[i].from_ms <= of_day_ms && of_day_ms < hours->spans[i].to_ms)
            return hours->spans[i].to_ms;
    }
    return -1;
}

/* A night is two spans: up to midnight, and from it. */
int64_t quiet_until(const struct hours *hours, int utc_offset_minutes, int64_t at_ms)
{
    int64_t local_ms = at_ms + utc_offset_minutes * 60000LL;
    int64_t midnight_ms = at_ms - (local_ms % DAY_MS + DAY_MS) % DAY_MS;
    int64_t end_ms = span_end(hours, at_ms - midnight_ms);
    for (size_t i = 0; i < hours->span_count; i++) {
        int64_t further_ms = end_ms < 0 ? -1 : span_end(hours, end_ms % DAY_MS);
        if (further_ms < 0)
            break;
        end_ms += further_ms - end_ms % DAY_MS;
    }
    return end_ms < 0 ? 0 : midnight_ms + end_ms;
}

/* --- what is held: of each clock the last rung --- */

static size_t without(const struct oversight *oversight, const struct rung *rung, struct rung *out)
{
    size_t count = 0;
    for (size_t i = 0; i < oversight->held_count; i++) {
        if (oversight->held[i].clock != rung->clock || oversight->held[i].task != rung->task)
            out[count++] = oversight->held[i];
    }
    return count;
}

static bool never_held(const struct incident *head)
{
    return head->panic || head->severity == 1;
}

int64_t quiet_for(const struct step *step, const struct live *live, const struct ladder *ladder,
                  const struct rung *rung)
{
    if (!rung->notice || ladder->quiet.span_count == 0 || never_held(&live->head))
        return 0;
    return quiet_until(&ladder->quiet, step->core->policy->utc_offset_minutes, step->now_ms);
}

void quiet_hold(struct draft *draft, struct rung *rung, int64_t until_ms)
{
    const struct oversight *was = oversight_of(&draft->head);
    struct rung *held = arena_take(draft->step->outcome->arena, (was->held_count + 1) * sizeof *held);
    size_t count = without(was, rung, held);
    held[count] = (struct rung){.clock = rung->clock, .task = rung->task, .number = rung->number};
    held[count].colour = rung->colour;
    held[count].ups = rung->ups;
    held[count].due_ms = rung->due_ms;
    held[count].unconnected = rung->unconnected;
    struct oversight *oversight = draft_oversight(draft);
    oversight->held = held;
    oversight->held_count = count + 1;
    oversight->held_until_ms = until_ms;
    rung->notice = false;
    rung->held_ms = until_ms;
}

bool quiet_tell(struct step *step, const struct live *live)
{
    const struct oversight *was = oversight_of(&live->head);
    if (was->held_count == 0 || was->held_until_ms > step->now_ms)
        return false;
    struct draft draft;
    struct rung *rung = arena_memdup(step->outcome->arena, was->held, sizeof *rung);
    struct rung *held = arena_take(step->outcome->arena, was->held_count * sizeof *held);
    struct record record = record_of_broker(step, RECORD_TOLD);
    draft_of(&draft, step, live);
    struct oversight *oversight = draft_oversight(&draft);
    oversight->held_count = without(was, rung, held);
    oversight->held = held;
    oversight->held_until_ms = oversight->held_count ? was->held_until_ms : 0;
    ladder_address(step, live, rung);
    rung->notice = true;
    record.rung = rung;
    record.task = rung->task;
    draft_record(&draft, &record);
    return true;
}

void quiet_forget(struct draft *draft)
{
    if (oversight_of(&draft->head)->held_count == 0)
        return;
    struct oversight *oversight = draft_oversight(draft);
    oversight->held_count = 0;
    oversight->held = NULL;
    oversight->held_until_ms = 0;
}
