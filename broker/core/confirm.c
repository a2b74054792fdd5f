#include "broker/core/confirm.h"

#include "broker/core/act.h"
#include "broker/core/admit.h"

/* How it ends when it was not so, or not any more. */
static bool denies(enum outcome_code outcome)
{
    return outcome == OUTCOME_NOT_FOUND || outcome == OUTCOME_FALSE_ALARM || outcome == OUTCOME_NO_ACTION ||
           outcome == OUTCOME_SELF_CLEARED || outcome == OUTCOME_EXPLAINED;
}

static bool deny(struct acting *acting)
{
    enum outcome_code outcome = acting->act->outcome;
    if (!outcome)
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "outcome", "what it was instead");
    if (!denies(outcome))
        return step_refuse(
            acting->step, REFUSAL_BAD_VALUE, "outcome",
            "what is not confirmed ends as not_found, false_alarm, no_action, self_cleared or explained");
    acting->record->kind = RECORD_CLOSED;
    return act_end(acting, INCIDENT_CLOSED, outcome, true);
}

bool act_confirm(struct acting *acting)
{
    draft_stop_clock(acting->draft, CLOCK_CONFIRM, 0);
    if (!acting->act->passed)
        return deny(acting);
    acting->record->outcome = 0;
    admit_send(acting->draft);
    act_name_policy(acting);
    return true;
}
