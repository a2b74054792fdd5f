#include "broker/core/sample.h"

#include "broker/base/draw.h"

static bool is_whole(struct aside *aside)
{
    struct step *step = aside->step;
    const struct act *act = aside->act;
    if (!act->from_ms || act->from_ms >= act->until_ms)
        return step_refuse(step, REFUSAL_BAD_VALUE, "until_ms", "a sample is of a period: it ends after it begins");
    if (act->until_ms > step->now_ms)
        return step_refuse(step, REFUSAL_BAD_VALUE, "until_ms", "a sample is of a period that is over");
    if ((act->count == 0) == (act->percent == 0))
        return step_refuse(step, REFUSAL_BAD_VALUE, "count", "a sample is so many, or so many percent: one of the two");
    if (act->count > SAMPLE_DRAWN_MAX || act->percent > 100)
        return step_refuse(step, REFUSAL_BAD_VALUE, "count", "at most %d, or 100 percent", SAMPLE_DRAWN_MAX);
    return true;
}

/* How many are drawn; more than there may be is refused. */
static bool how_many(struct aside *aside, const struct sampling *from, size_t *n)
{
    const struct act *act = aside->act;
    if (!from || from->too_many)
        return step_refuse(aside->step, REFUSAL_TOO_MANY, "from_ms",
                           "more than %d incidents closed then; sample less time", SAMPLE_OF_MAX);
    *n = act->percent ? draw_part(from->count, act->percent) : act->count;
    *n = *n < from->count ? *n : from->count;
    return *n <= SAMPLE_DRAWN_MAX ||
           step_refuse(aside->step, REFUSAL_TOO_MANY, "percent", "%zu of %zu would be drawn, at most %d", *n,
                       from->count, SAMPLE_DRAWN_MAX);
}

bool sample_draw(struct aside *aside)
{
    struct arena *arena = aside->step->outcome->arena;
    const struct sampling *from = aside->step->command->sampling;
    const struct act *act = aside->act;
    size_t n = 0;
    if (!is_whole(aside) || !how_many(aside, from, &n))
        return false;
    uint64_t *drawn = ARENA_NEW(arena, uint64_t, from->count);
    for (size_t i = 0; i < from->count; i++)
        drawn[i] = from->incidents[i];
    draw(from->seed, drawn, from->count);
    const struct sample sample = {
        .from_ms = act->from_ms,
        .until_ms = act->until_ms,
        .on_site = act->on_site,
        .of = (uint32_t)from->count,
        .seed = {arena_memdup(arena, from->seed, DIGEST_BYTES), DIGEST_BYTES},
        .seed_seq = from->seed_seq,
        .drawn = drawn,
        .drawn_count = n,
    };
    aside->record->sample = arena_memdup(arena, &sample, sizeof sample);
    return true;
}
