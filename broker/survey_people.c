#include <string.h>

#include "broker/survey_parts.h"

/* --- ladders that lead to nobody --- */

static bool anybody_above(const struct area *area)
{
    while (area && !area->seat && *area->post == '\0')
        area = area->parent;
    return area != NULL;
}

/* A vacancy is the next level's to bear; somewhere upward somebody stands. */
static void survey_posts(struct survey *survey)
{
    const struct policy *policy = survey->policy;
    const struct area *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < survey->finest_count; i++) {
        if (anybody_above(survey->finest[i]))
            continue;
        first = first ? first : survey->finest[i];
        count++;
    }
    if (!first)
        return;
    const char *others =
        count == 1 ? "" : arena_printf(&survey->arena, " and %zu more area%s", count - 1, count == 2 ? "" : "s");
    FIND(survey, &first->origin,
         "a ladder to nowhere: from %s%s upward no area has a post, so nobody is told what is late; give one a post, "
         "or write "
         "'posts: {%s: …}'",
         first->code, others, policy->levels[policy_area(policy, policy->city)->level].name);
}

/* --- roles that check themselves --- */

#define DISPATCHES (PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF)
#define VERIFIES   (PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF)

/* The one of trials is everything by design. */
static bool is_for_trials(const struct principal *principal)
{
    for (size_t i = 0; i < principal->credential_count; i++)
        if (strncmp(principal->credentials[i], "plain:", 6) == 0)
            return true;
    return false;
}

static void survey_roles(struct survey *survey, const struct principal *principal)
{
    unsigned doing = principal->roles & (PRINCIPAL_DISPATCHER | PRINCIPAL_DEPARTMENT);
    if (principal->revoked || is_for_trials(principal) || !doing || !(principal->roles & PRINCIPAL_VERIFIER))
        return;
    WARN(survey, &principal->origin,
         "'%s' both %s and verifies: what it has had a hand in needs somebody else; let the verifier be a principal of "
         "its own",
         principal->name, doing & PRINCIPAL_DISPATCHER ? "dispatches" : "handles");
}

/* The first rule after which somebody of the centre must look. */
static const struct route *verified_route(const struct policy *policy)
{
    for (size_t i = 0; i < policy->route_count; i++)
        if (policy->routes[i].verify == VERIFIER_CENTRE || policy->routes[i].confirm)
            return &policy->routes[i];
    return NULL;
}

/* Nobody may verify; or one alone, who dispatches too, and may not verify that. */
static void survey_verifiers(struct survey *survey)
{
    const struct policy *policy = survey->policy;
    const struct route *route = verified_route(policy);
    const struct principal *one = NULL;
    size_t count = 0;
    for (size_t i = 0; i < policy->principal_count; i++) {
        if (policy->principals[i].revoked || !(policy->principals[i].roles & VERIFIES))
            continue;
        one = &policy->principals[i];
        count++;
    }
    if (route && count == 0)
        FIND(survey, &route->origin,
             "nobody may verify what this rule has checked by the centre, and it never closes; give a principal the "
             "role verifier");
    if (route && count == 1 && one->roles & DISPATCHES && !is_for_trials(one))
        WARN(survey, &one->origin,
             "'%s' alone may verify (%s), and dispatches too: what it has dispatched nobody may verify; give another "
             "principal "
             "the role verifier",
             one->name, route->rule);
}

void survey_people(struct survey *survey)
{
    survey_posts(survey);
    for (size_t i = 0; i < survey->policy->principal_count; i++)
        survey_roles(survey, &survey->policy->principals[i]);
    survey_verifiers(survey);
}
