#include "broker/core/callback.h"

#include "broker/core/again.h"
#include "broker/core/clock.h"
#include "broker/core/ending.h"
#include "broker/core/somebody.h"
#include "broker/core/unreasonable.h"

void callback_start(struct draft *draft)
{
    const struct principal *source = policy_principal(draft->climb.policy, draft->head.source);
    bool unwanted = ending_of(&draft->head)->withdrawn || draft->head.outcome == OUTCOME_WITHDRAWN ||
                    draft->head.outcome == OUTCOME_PLANNED || /* when that is done */
                    (source && source->no_callback);
    if (!unwanted && draft->climb.type)
        draft_start_clock(draft, CLOCK_CALLBACK, 0);
}

static bool reached(const struct act *act)
{
    return act->satisfaction != SATISFACTION_UNREACHED;
}

static bool owed(struct acting *acting)
{
    const struct clock *clock = draft_clock(acting->draft, CLOCK_CALLBACK, 0);
    if (clock && clock_open(clock))
        return true;
    return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb", "%s",
                       clock && clock->state != CLOCK_VOID ? "its reporter was called back; possible is reopen"
                                                           : "nobody is to be called back for it; possible is reopen");
}

/* Not solved, and never to be: somebody else must say so too. */
static bool propose(struct acting *acting)
{
    if (acting->act->kind == ASK_UNREASONABLE)
        return unreasonable_propose(acting);
    return step_refuse(acting->step, REFUSAL_BAD_VALUE, "kind",
                       "a callback may propose unreasonable, and nothing else");
}

bool act_callback(struct acting *acting)
{
    const struct act *act = acting->act;
    if (!act->satisfaction)
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "satisfaction",
                           "satisfied, basically, unsatisfied or unreached");
    if (!owed(acting) || !somebody_else(acting) || (act->kind && !propose(acting)))
        return false;
    draft_stop_clock(acting->draft, CLOCK_CALLBACK, 0);
    acting->record->satisfaction = act->satisfaction;
    acting->record->solved = act->passed && reached(act);
    return true;
}

void callback_follow(struct acting *acting)
{
    if (reached(acting->act) && !acting->act->passed && !acting->act->kind)
        again_unsolved(acting->step, acting->live);
}
