#include "broker/core/delegate.h"

#include "broker/core/draft.h"
#include "broker/core/exclude.h"
#include "broker/core/task_more.h"

static const struct unit *unit_of(const struct saying *saying, const char *id)
{
    const struct policy *policy = saying->step->core->policy;
    return policy_unit_now(policy, policy_unit(policy, id));
}

static bool below(const struct unit *unit, const struct unit *above)
{
    while (unit && unit != above)
        unit = unit->parent;
    return unit != NULL;
}

bool delegate_fits(struct saying *saying)
{
    const char *desk = task_desk(&saying->of->facts);
    const struct unit *unit = unit_of(saying, saying->word->unit), *from = unit_of(saying, desk);
    if (!unit)
        return step_refuse(saying->step, REFUSAL_UNKNOWN_UNIT, "unit", "no such unit: \"%s\"", saying->word->unit);
    if (unit == from || !below(unit, from))
        return step_refuse(saying->step, REFUSAL_OUT_OF_SCOPE, "unit",
                           "\"%s\" is no sub-unit of \"%s\": a task for another unit is returned", unit->id, desk);
    return exclude_permits(saying->step, &saying->of->incident->head, unit);
}

/* Under another desk it is offered anew. */
static void move(struct saying *saying, const char *sub_unit, enum task_state state)
{
    struct task *task = saying->task;
    draft_more(saying->draft, task->no)->sub_unit = sub_unit;
    task->state = state;
    task->epoch++;
    task->on_behalf = false;
    task->last_worker = "";
}

void delegate_task(struct saying *saying)
{
    move(saying, unit_of(saying, saying->word->unit)->id, TASK_QUEUED);
}

/* What the unit had signed for is signed for. */
static enum task_state state_above(const struct task *task)
{
    if (task->state != TASK_OFFERED)
        return task->state;
    return task->responded_ms ? TASK_RESPONDED : TASK_QUEUED;
}

bool delegate_give_up(struct saying *saying)
{
    struct task *task = saying->task;
    if (!task_delegated(task))
        return false;
    const struct unit *from = unit_of(saying, task->more->sub_unit), *answers = unit_of(saying, task->unit);
    bool further_up = from && from->parent && from->parent != answers && below(from->parent, answers);
    task->reason = saying->word->reason;
    move(saying, further_up ? from->parent->id : "", state_above(task));
    return true;
}
