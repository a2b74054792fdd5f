#include "broker/core/oversee.h"

#include "broker/core/live.h"
#include "broker/core/oversight.h"

/* --- who handles it is told --- */

static bool under_way(const struct task *task)
{
    return task->state != TASK_DONE && task->state != TASK_WITHDRAWN;
}

/* Whoever holds the task named, or each task that is not over. Nobody is told where nobody holds it: it waits, and the
 * delivery will say how often it was urged. */
static void tell_holders(struct acting *acting, int64_t supervised_ms)
{
    struct urge urge = {.urges = oversight_of(&acting->draft->head)->urges,
                        .supervised_ms = supervised_ms,
                        .person = acting->act->person,
                        .text = acting->act->text};
    for (const struct live_task *task = acting->live->tasks; task; task = task->next) {
        if (!acting->act->task || acting->act->task == task->facts.no)
            step_urge(acting->step, task, &urge);
    }
}

/* --- 催办 --- */

static bool urgeable(struct acting *acting)
{
    const struct act *act = acting->act;
    size_t open = 0;
    for (const struct live_task *task = acting->live->tasks; task; task = task->next) {
        if (act->task == task->facts.no && !under_way(&task->facts))
            return step_refuse(acting->step, REFUSAL_WRONG_STATE, "task", "task %u is %s", task->facts.no,
                               task_state_name(task->facts.state));
        open += under_way(&task->facts) && (!act->task || act->task == task->facts.no);
    }
    if (open == 0 && act->task)
        return step_refuse(acting->step, REFUSAL_UNKNOWN_TASK, "task", "the incident has no task %u", act->task);
    return open > 0 || step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb", "no unit has a task of it to be urged");
}

bool oversee_urge(struct acting *acting)
{
    if (!urgeable(acting))
        return false;
    acting->record->count = ++draft_oversight(acting->draft)->urges;
    const struct clock *supervise = draft_clock(acting->draft, CLOCK_SUPERVISE, 0);
    tell_holders(acting, supervise && supervise->state == CLOCK_RUNNING ? supervise->due_ms : 0);
    return true;
}

/* --- 督办 --- */

/* Its deadline is a person's; where none is said, the limit of the type. */
static bool start_supervise(struct acting *acting)
{
    int64_t until_ms = acting->act->until_ms, now_ms = acting->step->now_ms;
    const struct limit said = {CLOCK_SUPERVISE, CALENDAR_NATURAL, until_ms - now_ms, NULL};
    const struct limit *limit = until_ms ? &said : draft_limit(acting->draft, CLOCK_SUPERVISE);
    if (!limit)
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "until_ms",
                           "until when: the type has no limit \"supervise\" that says so");
    if (until_ms && until_ms <= now_ms)
        return step_refuse(acting->step, REFUSAL_BAD_VALUE, "until_ms", "that was %lld s ago: say a time to come",
                           (long long)(now_ms - until_ms) / 1000);
    draft_start_limit(acting->draft, CLOCK_SUPERVISE, 0, limit);
    return true;
}

/* Supervised again, it has the new deadline. */
bool oversee_supervise(struct acting *acting)
{
    if (!start_supervise(acting))
        return false;
    acting->record->count = ++draft_oversight(acting->draft)->supervisions;
    tell_holders(acting, draft_clock(acting->draft, CLOCK_SUPERVISE, 0)->due_ms);
    return true;
}

void oversee_merge(struct draft *survivor, const struct draft *loser)
{
    if (oversight_of(&loser->head)->supervisions > 0 && !oversight_of(&survivor->head)->supervisions)
        draft_oversight(survivor)->supervisions = oversight_of(&loser->head)->supervisions;
}
