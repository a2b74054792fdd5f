#include "broker/core/oversee.h"

#include <string.h>

#include "broker/core/live.h"
#include "broker/core/oversight.h"
#include "broker/core/quiet.h"
#include "broker/core/told.h"
#include "schemas/typed.h"

/* --- who handles it is told --- */

static bool under_way(const struct task *task)
{
    return task->state != TASK_DONE && task->state != TASK_WITHDRAWN;
}

/* Whoever holds the task named, or each task that is not over. Nobody is told where nobody holds it: it waits, and the
 * delivery will say how often it was urged. */
static void tell_holders(struct acting *acting, int64_t supervised_ms)
{
    struct urge urge = {.urges = oversight_of(&acting->draft->head)->urges,
                        .supervised_ms = supervised_ms,
                        .person = acting->act->person,
                        .text = acting->act->text};
    for (const struct live_task *task = acting->live->tasks; task; task = task->next) {
        if (!acting->act->task || acting->act->task == task->facts.no)
            step_urge(acting->step, task, &urge);
    }
}

/* --- 催办 --- */

static bool urgeable(struct acting *acting)
{
    const struct act *act = acting->act;
    size_t open = 0;
    for (const struct live_task *task = acting->live->tasks; task; task = task->next) {
        if (act->task == task->facts.no && !under_way(&task->facts))
            return step_refuse(acting->step, REFUSAL_WRONG_STATE, "task", "task %u is %s", task->facts.no,
                               task_state_name(task->facts.state));
        open += under_way(&task->facts) && (!act->task || act->task == task->facts.no);
    }
    if (open == 0 && act->task)
        return step_refuse(acting->step, REFUSAL_UNKNOWN_TASK, "task", "the incident has no task %u", act->task);
    return open > 0 || step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb", "no unit has a task of it to be urged");
}

bool oversee_urge(struct acting *acting)
{
    if (!urgeable(acting))
        return false;
    acting->record->count = ++draft_oversight(acting->draft)->urges;
    const struct clock *supervise = draft_clock(acting->draft, CLOCK_SUPERVISE, 0);
    tell_holders(acting, supervise && supervise->state == CLOCK_RUNNING ? supervise->due_ms : 0);
    return true;
}

/* --- 督办 --- */

/* Its deadline is a person's; where none is said, the limit of the type. */
static bool start_supervise(struct acting *acting)
{
    int64_t until_ms = acting->act->until_ms, now_ms = acting->step->now_ms;
    const struct limit said = {CLOCK_SUPERVISE, CALENDAR_NATURAL, until_ms - now_ms, NULL};
    const struct limit *limit = until_ms ? &said : draft_limit(acting->draft, CLOCK_SUPERVISE);
    if (!limit)
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "until_ms",
                           "until when: the type has no limit \"supervise\" that says so");
    if (until_ms && until_ms <= now_ms)
        return step_refuse(acting->step, REFUSAL_BAD_VALUE, "until_ms", "that was %lld s ago: say a time to come",
                           (long long)(now_ms - until_ms) / 1000);
    draft_start_limit(acting->draft, CLOCK_SUPERVISE, 0, limit);
    return true;
}

/* Supervised again, it has the new deadline. */
bool oversee_supervise(struct acting *acting)
{
    if (!start_supervise(acting))
        return false;
    acting->record->count = ++draft_oversight(acting->draft)->supervisions;
    tell_holders(acting, draft_clock(acting->draft, CLOCK_SUPERVISE, 0)->due_ms);
    return true;
}

/* --- 领导包案 --- */

/* Nobody bears a post that was dropped while the incident was over. */
static void set_bearer(struct oversight *oversight, const struct exclusion *exclusion, int64_t now_ms)
{
    int64_t until_ms = INT64_MAX;
    const struct post *post = policy_post(exclusion->policy, oversight->post);
    struct told told = {"", ""};
    if (post)
        told = told_post(exclusion, post, now_ms, &until_ms);
    oversight->bearer_post = told.post;
    oversight->bearer = told.person;
    oversight->bearer_until_ms = until_ms == INT64_MAX ? 0 : until_ms;
}

/* The system never lets go of it; a duty chief may charge another post. */
bool oversee_charge(struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    const struct post *post = policy_post(policy, acting->act->post);
    if (typed_blank(acting->act->post))
        return step_refuse(acting->step, REFUSAL_MISSING_FIELD, "post", "to which post of posts.yaml");
    if (!post)
        return step_refuse(acting->step, REFUSAL_BAD_VALUE, "post", "posts.yaml has no post \"%s\"", acting->act->post);
    struct oversight *oversight = draft_oversight(acting->draft);
    oversight->post = post->id;
    struct exclusion exclusion = exclusion_of(policy, &acting->draft->head);
    set_bearer(oversight, &exclusion, acting->step->now_ms);
    if (!has_text(oversight->bearer_post))
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "post",
                           "\"%s\" is vacant, and so is every post above it: charge one that somebody holds", post->id);
    return true;
}

static bool same_bearer(const struct oversight *a, const struct oversight *b)
{
    return strcmp(a->bearer_post, b->bearer_post) == 0 && typed_same(a->bearer, b->bearer) &&
           a->bearer_until_ms == b->bearer_until_ms;
}

bool oversee_bearer(struct step *step, const struct live *live)
{
    const struct oversight *was = oversight_of(&live->head);
    struct oversight now = *was;
    if (!has_text(was->post) || incident_ended(live->head.state) || !policy_post(step->core->policy, was->post))
        return false;
    struct exclusion exclusion = exclusion_of(step->core->policy, &live->head);
    set_bearer(&now, &exclusion, step->now_ms);
    if (same_bearer(was, &now))
        return false;
    struct draft draft;
    struct record record = record_of_broker(step, RECORD_CHARGE_PASSED);
    draft_of(&draft, step, live);
    *draft_oversight(&draft) = now;
    draft_record(&draft, &record);
    return true;
}

void oversee_follow(struct acting *acting)
{
    oversee_bearer(acting->step, acting->live);
}

void oversee_again(struct draft *draft)
{
    const struct exclusion exclusion = exclusion_of(draft->climb.policy, &draft->head);
    if (has_text(oversight_of(&draft->head)->post))
        set_bearer(draft_oversight(draft), &exclusion, draft->step->now_ms);
}

bool oversee_due(struct step *step, const struct live *live, const struct clock *next)
{
    int64_t due_ms = oversight_next_ms(&live->head);
    if (!due_ms || due_ms > step->now_ms || (next && next->next_ms < due_ms))
        return false;
    return quiet_tell(step, live) || oversee_bearer(step, live);
}

/* --- one of two --- */

static void take_charge(struct draft *survivor, const char *post)
{
    struct exclusion exclusion = exclusion_of(survivor->step->core->policy, &survivor->head);
    struct oversight *oversight = draft_oversight(survivor);
    oversight->post = post;
    set_bearer(oversight, &exclusion, survivor->step->now_ms);
}

void oversee_merge(struct draft *survivor, const struct draft *loser)
{
    const struct oversight *theirs = oversight_of(&loser->head);
    if (theirs->supervisions > 0 && !oversight_of(&survivor->head)->supervisions)
        draft_oversight(survivor)->supervisions = theirs->supervisions;
    if (has_text(theirs->post) && !has_text(oversight_of(&survivor->head)->post))
        take_charge(survivor, theirs->post);
}
