/* Two incidents that are about one thing become one: the survivor keeps the earlier receipt and clocks, and takes the
 * better place. */
#include "broker/core/act.h"
#include "broker/core/admit.h"
#include "broker/core/claim.h"
#include "broker/core/exclusion.h"
#include "broker/core/fold.h"
#include "broker/core/live.h"
#include "broker/core/oversee.h"
#include "broker/core/route.h"

/* Merged, each is seen by whoever sees the other. */
static bool excludes_the_same(struct acting *acting, const struct live *into)
{
    const struct policy *policy = acting->step->core->policy;
    struct exclusion ours = exclusion_of(policy, &acting->draft->head), theirs = exclusion_of(policy, &into->head);
    if (exclusion_covers(ours.about, theirs.about) && exclusion_covers(theirs.about, ours.about))
        return true;
    return step_refuse(acting->step, REFUSAL_EXCLUDED, "into", "a report is merged only where the same are excluded");
}

static const struct live *survivor_of(struct acting *acting)
{
    const struct live *into = live_find(acting->step->core, acting->act->into);
    if (acting->act->into == acting->act->incident) {
        step_refuse(acting->step, REFUSAL_BAD_VALUE, "into", "an incident is not merged into itself");
    } else if (!incident_visible(acting->step, into)) {
        step_refuse(acting->step, REFUSAL_UNKNOWN_INCIDENT, "into", "no such incident");
    } else if (!incident_allows(into->head.state, ACT_MERGE)) {
        step_refuse(acting->step, REFUSAL_WRONG_STATE, "into", "the other incident is %s",
                    incident_state_name(into->head.state));
    } else if (into->head.exercise != acting->draft->head.exercise) {
        step_refuse(acting->step, REFUSAL_WRONG_STATE, "into", "one of the two is an exercise");
    } else if (incident_in_scope(acting->step, into) && excludes_the_same(acting, into) &&
               claim_permits(acting->step, acting->act, &into->head)) {
        return into;
    }
    return NULL;
}

static void keep_earlier_clock(struct draft *survivor, const struct draft *loser, enum clock_kind kind)
{
    const struct clock *ours = draft_clock(survivor, kind, 0), *theirs = draft_clock(loser, kind, 0);
    if (theirs && theirs->state == CLOCK_RUNNING && (!ours || !clock_open(ours) || theirs->due_ms < ours->due_ms))
        draft_put_clock(survivor, theirs);
}

/* The reporter who came first keeps the time that was promised. */
static void keep_earlier(struct draft *survivor, const struct draft *loser)
{
    struct incident *head = draft_head(survivor);
    if (loser->head.received_ms < head->received_ms)
        head->received_ms = loser->head.received_ms;
    if (loser->head.severity < head->severity)
        head->severity = loser->head.severity;
    keep_earlier_clock(survivor, loser, CLOCK_RESOLVE);
    keep_earlier_clock(survivor, loser, CLOCK_SUPERVISE);
    oversee_merge(survivor, loser);
}

/* --- the better place --- */

static const struct area *area_of(const struct draft *draft)
{
    const struct policy *policy = draft->step->core->policy;
    return policy_area_at(policy, policy_area(policy, draft->head.area), draft->step->now_ms);
}

/* Known where the other is not, or further down the tree within it. */
static bool better_placed(const struct draft *loser, const struct draft *survivor)
{
    const struct area *theirs = area_of(loser), *ours = area_of(survivor);
    return theirs && (!ours || (theirs != ours && area_within(theirs, ours)));
}

/* What could not be sent anywhere for want of a place has one now. */
static void route_again(struct draft *survivor)
{
    const struct policy *policy = survivor->step->core->policy;
    struct incident *head = draft_head(survivor);
    const struct route_query query = route_asked(policy, head, survivor->step->now_ms);
    struct route_result result;
    route_find(policy, &query, &result, NULL);
    head->unrouted = result.unrouted;
    if (!result.lead)
        return;
    head->state = INCIDENT_OPEN;
    head->route = result.route ? result.route->rule : "";
    head->verify = result.route && result.route->verify ? result.route->verify : VERIFIER_NONE;
    draft_stop_clock(survivor, CLOCK_DISPATCH, 0);
    admit_dispatch(survivor, &result);
}

static void take_place(struct draft *survivor, const struct draft *loser)
{
    struct incident *head = draft_head(survivor);
    head->area = head->responsible_area = loser->head.area;
    draft_reports(survivor)->placed =
        loser->reports && loser->reports->placed ? loser->reports->placed : loser->head.opened_seq;
    survivor->climb.area = climb_of(survivor->step->core->policy, head).area;
    if (head->state == INCIDENT_UNROUTED)
        route_again(survivor);
}

bool act_merge(struct acting *acting)
{
    const struct live *into = survivor_of(acting);
    if (!into)
        return false;
    struct draft survivor;
    ladder_catch_up(acting->step, into);
    draft_of(&survivor, acting->step, into);
    keep_earlier(&survivor, acting->draft);
    if (!fold_join(&survivor, acting->draft))
        return step_refuse(acting->step, REFUSAL_TOO_MANY, "into", "an incident holds reports of at most %d sources",
                           REPORT_SOURCES_MAX);
    if (better_placed(acting->draft, &survivor))
        take_place(&survivor, acting->draft);
    incident_end(acting->draft, acting->live, INCIDENT_MERGED, false);
    draft_head(acting->draft)->merged_into = into->id;
    draft_head(acting->draft)->reason = text_or_empty(acting->act->reason);
    acting->record->changes[1] = draft_change(&survivor);
    acting->record->change_count = 2;
    return true;
}
