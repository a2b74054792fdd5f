#include "broker/core/ending.h"

#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"
#include "broker/core/live.h"
#include "schemas/typed.h"

#define MINUTE_MS 60000

const struct ending *ending_of(const struct incident *head)
{
    static const struct ending nothing = {.referred_to = ""};
    return head->more && head->more->ending ? head->more->ending : &nothing;
}

struct ending *ending_draft(struct draft *draft)
{
    struct arena *arena = draft->step->outcome->arena;
    struct incident *head = draft_head(draft);
    struct ending *ending = arena_memdup(arena, ending_of(head), sizeof *ending);
    struct incident_more *more = arena_alloc(arena, sizeof *more);
    *more = head->more ? *head->more : (struct incident_more){0};
    more->ending = ending;
    head->more = more;
    return ending;
}

/* --- what an outcome needs --- */

static bool take_body(struct draft *draft, const char *to)
{
    if (typed_blank(to))
        return step_refuse(draft->step, REFUSAL_MISSING_FIELD, "to", "referred says to which body");
    ending_draft(draft)->referred_to = to;
    return true;
}

static bool take_date(struct draft *draft, int64_t until_ms)
{
    int64_t most_ms = draft->climb.policy->park_max_ms, now_ms = draft->step->now_ms;
    if (!until_ms)
        return step_refuse(draft->step, REFUSAL_MISSING_FIELD, "until_ms", "planned says until when");
    if (until_ms <= now_ms)
        return step_refuse(draft->step, REFUSAL_TOO_LATE, "until_ms", "that time is past: a plan has a date ahead");
    if (until_ms - now_ms > most_ms)
        return step_refuse(draft->step, REFUSAL_BAD_VALUE, "until_ms", "a plan is for at most %lld min ahead",
                           (long long)(most_ms / MINUTE_MS));
    ending_draft(draft)->planned_ms = until_ms;
    return true;
}

bool ending_take(struct draft *draft, enum outcome_code outcome, const char *to, int64_t until_ms)
{
    if (outcome == OUTCOME_REFERRED)
        return take_body(draft, to);
    return outcome != OUTCOME_PLANNED || take_date(draft, until_ms);
}

void ending_plan(struct draft *draft)
{
    int64_t at_ms = ending_of(&draft->head)->planned_ms, now_ms = draft->step->now_ms;
    if (draft->head.outcome == OUTCOME_PLANNED) /* verified only after its date, it opens again at once */
        draft_run_until(draft, CLOCK_PARK, 0, at_ms > now_ms ? at_ms : now_ms + 1);
}

/* --- kept and lent --- */

const struct ending *ending_own(const struct ending *ending)
{
    if (!ending)
        return NULL;
    struct ending *copy = core_alloc(sizeof *copy);
    *copy = *ending;
    copy->referred_to = strdup(text_or_empty(ending->referred_to));
    ASSERT(copy->referred_to);
    return copy;
}

void ending_disown(const struct ending *ending)
{
    if (ending)
        free((char *)ending->referred_to);
    free((void *)ending);
}

const struct ending *ending_lend(struct arena *arena, const struct ending *ending)
{
    if (!ending)
        return NULL;
    struct ending *copy = arena_memdup(arena, ending, sizeof *ending);
    copy->referred_to = arena_strdup(arena, text_or_empty(ending->referred_to));
    return copy;
}
