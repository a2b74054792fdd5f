#include "broker/core/claim.h"

#include <stdlib.h>
#include <string.h>

#include "broker/core/live.h"
#include "broker/core/somebody.h"

#define MINUTE_MS 60000

/* --- as a row owns it, and as a decision lends it --- */

static const char *own(const char *text)
{
    size_t size_bytes = strlen(text_or_empty(text)) + 1;
    return memcpy(core_alloc(size_bytes), text_or_empty(text), size_bytes);
}

const struct claim *claim_own(const struct claim *claim)
{
    if (!claim)
        return NULL;
    struct claim *copy = core_alloc(sizeof *copy);
    *copy = *claim;
    copy->principal = own(claim->principal);
    copy->person = own(claim->person);
    return copy;
}

void claim_disown(const struct claim *claim)
{
    if (!claim)
        return;
    free((char *)claim->principal);
    free((char *)claim->person);
    free((void *)claim);
}

const struct claim *claim_lend(struct arena *arena, const struct claim *claim)
{
    if (!claim)
        return NULL;
    struct claim *copy = arena_memdup(arena, claim, sizeof *claim);
    copy->principal = arena_strdup(arena, claim->principal);
    copy->person = arena_strdup(arena, claim->person);
    return copy;
}

/* --- whose it is --- */

/* NULL: nobody's any more. */
static const struct claim *in_force(const struct step *step, const struct incident *head)
{
    const struct claim *claim = head->more ? head->more->claim : NULL;
    return claim && step->now_ms < claim->until_ms ? claim : NULL;
}

static bool is_own(const struct step *step, const struct act *act, const struct claim *claim)
{
    return somebody_same(step->command->principal, act->person, claim->principal, claim->person);
}

static bool refuse(struct step *step, const struct claim *claim)
{
    return step_refuse(
        step, REFUSAL_CLAIMED, NULL,
        "\"%s%s%s\" has claimed it %lld min ago; possible when it is given up, after %lld min without an "
        "act, or when the duty chief claims it",
        claim->principal, claim->person[0] ? "/" : "", claim->person,
        (long long)(step->now_ms - claim->since_ms) / MINUTE_MS,
        (long long)(claim->until_ms - step->now_ms + MINUTE_MS - 1) / MINUTE_MS);
}

bool claim_permits(struct step *step, const struct act *act, const struct incident *head)
{
    const struct claim *claim = in_force(step, head);
    return !claim || is_own(step, act, claim) || refuse(step, claim);
}

/* --- claiming --- */

static void put(struct draft *draft, const struct act *act, int64_t since_ms)
{
    const struct step *step = draft->step;
    struct claim *claim = arena_alloc(step->outcome->arena, sizeof *claim);
    *claim = (struct claim){
        .principal = step->command->principal,
        .person = text_or_empty(act->person),
        .since_ms = since_ms,
        .until_ms = step->now_ms + step->core->policy->claim_ms,
    };
    draft_head_more(draft)->claim = claim;
}

bool act_claim(struct acting *acting)
{
    struct step *step = acting->step;
    const struct claim *claim = in_force(step, &acting->draft->head);
    bool own = claim && is_own(step, acting->act, claim);
    if (claim && !own && !(step->who->roles & PRINCIPAL_DUTY_CHIEF))
        return refuse(step, claim);
    put(acting->draft, acting->act, own ? claim->since_ms : step->now_ms);
    return true;
}

bool act_unclaim(struct acting *acting)
{
    struct step *step = acting->step;
    const struct claim *claim = in_force(step, &acting->draft->head);
    if (!claim)
        return step_refuse(step, REFUSAL_WRONG_STATE, "verb", "nobody has claimed it; possible is claim");
    if (!is_own(step, acting->act, claim) && !(step->who->roles & PRINCIPAL_DUTY_CHIEF))
        return refuse(step, claim);
    claim_drop(acting->draft);
    return true;
}

void claim_renew(struct draft *draft, const struct act *act)
{
    const struct claim *claim = in_force(draft->step, &draft->head);
    if (!claim)
        claim_drop(draft);
    else if (!incident_ended(draft->head.state) && is_own(draft->step, act, claim))
        put(draft, act, claim->since_ms);
}

void claim_drop(struct draft *draft)
{
    if (draft->head.more && draft->head.more->claim)
        draft_head_more(draft)->claim = NULL;
}
