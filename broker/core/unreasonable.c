#include "broker/core/unreasonable.h"

#include "broker/core/account.h"
#include "broker/core/act.h"
#include "broker/core/again.h"
#include "broker/core/ask.h"
#include "broker/core/claim.h"
#include "broker/core/clock.h"
#include "broker/core/live.h"
#include "schemas/typed.h"

/* --- proposing --- */

/* What could be closed now; or was, and its callback says that it should not have been. */
static bool could_end(struct draft *draft)
{
    enum incident_state state = draft->head.state;
    return state == INCIDENT_CLOSED || incident_allows(state, ACT_CLOSE) ||
           step_refuse(draft->step, REFUSAL_WRONG_STATE, "kind",
                       "the incident is %s; unreasonable is found what could be closed, or with a callback",
                       incident_state_name(state));
}

bool unreasonable_may_ask(struct draft *draft, const struct ask *ask)
{
    const struct type *type = draft->climb.type;
    if (ask->task)
        return step_refuse(draft->step, REFUSAL_BAD_VALUE, "task",
                           "unreasonable is what the reporter wants, not a unit's task: the centre proposes it");
    if (typed_blank(ask->person))
        return step_refuse(draft->step, REFUSAL_MISSING_FIELD, "person",
                           "unreasonable is proposed by a person, by name");
    if (type && type->hazard)
        return step_refuse(draft->step, REFUSAL_BAD_VALUE, "kind",
                           "\"%s\" is a hazard: it is dealt with, whatever is wanted", type->code);
    return could_end(draft);
}

bool unreasonable_propose(struct acting *acting)
{
    const struct act *act = acting->act;
    if (act->passed || act->satisfaction == SATISFACTION_UNREACHED)
        return step_refuse(acting->step, REFUSAL_BAD_VALUE, "kind",
                           "unreasonable is found what a reporter says is not solved");
    draft_run_until(acting->draft, CLOCK_PARK, 0,
                    acting->step->now_ms + acting->step->core->policy->unreasonable_within_ms);
    return ask_for(acting->draft, (struct ask){.kind = ASK_UNREASONABLE, .person = act->person, .reason = act->reason});
}

/* --- deciding --- */

/* What is planned waits in the same way, and was not called back for. */
static bool is_kept_closed(const struct draft *draft)
{
    const struct clock *clock = draft_clock(draft, CLOCK_PARK, 0);
    return draft->head.state == INCIDENT_CLOSED && draft->head.outcome != OUTCOME_PLANNED && clock && clock_open(clock);
}

bool unreasonable_waits(const struct draft *draft, const struct ask *ask)
{
    return ask->kind == ASK_UNREASONABLE && is_kept_closed(draft);
}

/* Whoever may close it, and it could be closed. Its reporter is answered, and not asked whether that is to their mind. */
static bool end(struct acting *acting, const struct ask *ask)
{
    const struct act *act = acting->act;
    if (!could_end(acting->draft) || !again_permitted(acting) || !account_lets_close(acting) ||
        !claim_permits(acting->step, act, &acting->live->head))
        return false;
    act_end(acting, INCIDENT_CLOSED, OUTCOME_EXPLAINED, true);
    if (typed_blank(act->reason)) /* the row's own text is freed when the record is applied */
        acting->record->reason = draft_head(acting->draft)->reason =
            arena_strdup(acting->step->outcome->arena, ask->reason);
    draft_void_clock(acting->draft, CLOCK_CALLBACK, 0);
    return true;
}

bool unreasonable_grant(struct acting *acting, struct ask *ask)
{
    if (!unreasonable_waits(acting->draft, ask))
        return end(acting, ask);
    draft_void_clock(acting->draft, CLOCK_PARK, 0);
    return true;
}

/* --- not granted --- */

static const struct ask *decided(const struct draft *draft)
{
    for (size_t i = 0; i < draft->ask_count; i++) {
        if (draft->ask_changed[i])
            return &draft->asks[i];
    }
    return NULL;
}

void unreasonable_follow(struct acting *acting)
{
    const struct ask *ask = decided(acting->draft);
    if (acting->record->kind == RECORD_DENIED && ask && unreasonable_waits(acting->draft, ask))
        again_unsolved(acting->step, acting->live);
}

bool unreasonable_over(struct step *step, const struct live *live)
{
    struct draft draft;
    draft_of(&draft, step, live);
    for (size_t i = 0; i < draft.ask_count; i++) {
        if (draft.asks[i].decision == DECISION_OPEN && unreasonable_waits(&draft, &draft.asks[i])) {
            again_undecided(step, live, draft.asks[i].no);
            return true;
        }
    }
    return false;
}
