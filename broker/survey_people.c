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

/* The one of trials is everything by design. */
static bool is_for_trials(const struct principal *principal)
{
    for (size_t i = 0; i < principal->credential_count; i++)
        if (strncmp(principal->credentials[i], "plain:", 6) == 0)
            return true;
    return principal->revoked;
}

static bool is_another(const struct principal *other, const struct principal *principal)
{
    return other != principal && !is_for_trials(other) && (other->roles & PRINCIPAL_VERIFIER);
}

static void survey_roles(struct survey *survey, const struct principal *principal)
{
    const struct policy *policy = survey->policy;
    unsigned doing = principal->roles & (PRINCIPAL_DISPATCHER | PRINCIPAL_DEPARTMENT);
    size_t others = 0;
    if (is_for_trials(principal) || !doing || !(principal->roles & PRINCIPAL_VERIFIER))
        return;
    for (size_t i = 0; i < policy->principal_count; i++)
        others += is_another(&policy->principals[i], principal);
    WARN(survey, &principal->origin,
         "'%s' both %s and verifies: what it has had a hand in needs somebody else%s; let the verifier be a principal "
         "of its own",
         principal->name, doing & PRINCIPAL_DISPATCHER ? "dispatches" : "handles",
         others ? "" : ", and nobody else verifies");
}

void survey_people(struct survey *survey)
{
    survey_posts(survey);
    for (size_t i = 0; i < survey->policy->principal_count; i++)
        survey_roles(survey, &survey->policy->principals[i]);
}
