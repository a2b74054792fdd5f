#include "broker/core/routine.h"

#include "broker/base/panic.h"

/* Each records what moves the row's next_ms on, or takes it away. */
static void (*const due[SIDE_KIND_END])(struct step *, const struct live_side *) = {0};

bool routine_fire(struct step *step)
{
    const struct live_side *side = side_due(step->core);
    if (!side || side->facts.next_ms > step->now_ms)
        return false;
    ASSERT(due[side->facts.kind]);
    due[side->facts.kind](step, side);
    return true;
}
