#include "broker/core/condition.h"

bool condition_holds(struct step *step, const struct incident *head, enum outcome_code outcome, bool ticked,
                     const char **closing)
{
    const struct policy *policy = step->core->policy;
    const struct type *type = policy_type_now(policy, policy_type(policy, head->type));
    *closing = "";
    if (outcome != OUTCOME_RESOLVED || !type || !type->closing)
        return true;
    *closing = type->closing;
    return ticked || step_refuse(step, REFUSAL_CONDITION_NOT_MET, "condition_met",
                                 "resolved means that its closing condition holds: \"%s\"; say that it does, or say "
                                 "another outcome",
                                 type->closing);
}
