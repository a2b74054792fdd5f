#include "broker/core/attribute.h"

#include <string.h>

#include "schemas/typed.h"

/* Its ladder climbs from there from now on, and figures count it there; the place stays. */
bool act_attribute(struct acting *acting)
{
    struct step *step = acting->step;
    const struct policy *policy = step->core->policy;
    const char *code = text_or_empty(acting->act->area);
    const struct area *area = policy_area_at(policy, policy_area(policy, code), step->now_ms);
    if (typed_blank(code))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "area", "which area answers for it");
    if (!area)
        return step_refuse(step, REFUSAL_UNKNOWN_AREA, "area", "no such area: \"%s\"", code);
    if (!right_in_scope(step->who, NULL, area))
        return step_refuse(step, REFUSAL_OUT_OF_SCOPE, "area", "area \"%s\" is outside what \"%s\" may touch",
                           area->code, step->who->name);
    if (strcmp(text_or_empty(acting->draft->head.responsible_area), area->code) == 0)
        return step_refuse(step, REFUSAL_WRONG_STATE, "area", "area \"%s\" answers for it already; possible is another",
                           area->code);
    draft_head(acting->draft)->responsible_area = area->code;
    draft_climb(acting->draft);
    return true;
}
