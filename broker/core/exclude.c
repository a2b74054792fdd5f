#include "broker/core/exclude.h"

#include <string.h>

#include "broker/core/act.h"
#include "broker/core/exclusion.h"
#include "broker/core/grant.h"
#include "broker/core/live.h"
#include "broker/core/task_more.h"
#include "schemas/ident.h"

bool exclude_permits(struct step *step, const struct incident *head, const struct unit *unit)
{
    struct exclusion exclusion = exclusion_of(step->core->policy, head);
    if (!exclusion_bars_unit(&exclusion, unit))
        return true;
    const struct unit *instead = exclusion_instead(&exclusion);
    return step_refuse(step, REFUSAL_EXCLUDED, "unit", "the report is about %s; \"%s\" may not have it, %s may",
                       exclusion.about, unit->id, instead ? instead->id : "only who is not under them");
}

/* --- what they have is taken from them --- */

/* The holder is not told why: that there is a report is what it must not learn. */
#define TOLD "withdrawn by the command centre"

static bool unfinished(const struct task *task)
{
    return task->state != TASK_DONE && task->state != TASK_WITHDRAWN;
}

static bool bars(const struct exclusion *exclusion, const char *unit)
{
    return exclusion_bars_unit(exclusion, policy_unit(exclusion->policy, unit));
}

/* Its unit, or the sub-unit that was handed it. */
static bool barred(const struct exclusion *exclusion, const struct task *task)
{
    return unfinished(task) && (bars(exclusion, task->unit) || bars(exclusion, task_desk(task)));
}

/* Nobody is left who may have it: a person must find somebody. */
static void leave_without_lead(struct acting *acting, struct task *task)
{
    struct draft *draft = acting->draft;
    act_take_away(acting, task, TOLD);
    task->state = TASK_WITHDRAWN;
    draft_void_task_clocks(draft, task->no);
    if (task->role != TASK_LEAD || draft->head.state != INCIDENT_OPEN)
        return;
    draft_head(draft)->state = INCIDENT_UNROUTED;
    draft_head(draft)->unrouted = UNROUTED_EXCLUDED;
    draft_start_clock(draft, CLOCK_DISPATCH, 0);
}

/* The lead's part goes on with whoever stands above, an assist is done without; what a sub-unit has goes back. */
static const struct unit *goes_on_with(const struct exclusion *exclusion, const struct task *task)
{
    if (!bars(exclusion, task->unit))
        return policy_unit(exclusion->policy, task->unit);
    return task->role == TASK_LEAD ? exclusion_instead(exclusion) : NULL;
}

static void take_from(struct acting *acting, const struct exclusion *exclusion, struct task *task)
{
    const struct unit *unit = goes_on_with(exclusion, task);
    if (!unit) {
        leave_without_lead(acting, task);
        return;
    }
    act_hand_to(acting, task, unit, TOLD);
    acting->record->task = task->no;
    acting->record->epoch = task->epoch;
}

/* Whether anything was. */
static bool take_from_all(struct acting *acting)
{
    struct draft *draft = acting->draft;
    struct exclusion exclusion = exclusion_of(acting->step->core->policy, &draft->head);
    bool taken = false;
    for (size_t i = 0; exclusion_holds(&exclusion) && i < draft->task_count; i++) {
        if (!barred(&exclusion, &draft->tasks[i]))
            continue;
        if (draft->head.state == INCIDENT_PARKED)
            grant_unpark(draft); /* it was parked for whoever loses it */
        take_from(acting, &exclusion, draft_task(draft, draft->tasks[i].no));
        taken = true;
    }
    return taken;
}

/* Whoever is excluded may be let in again by the duty chief only. */
static bool may_lift(struct acting *acting, const char *about)
{
    const struct step *step = acting->step;
    struct exclusion was = exclusion_of(step->core->policy, &acting->draft->head);
    if (exclusion_covers(about, was.about) || (step->who->roles & PRINCIPAL_DUTY_CHIEF))
        return true;
    return step_refuse(acting->step, REFUSAL_FORBIDDEN, "about", "excluded are %s; only a duty chief lifts that",
                       was.about);
}

bool act_exclude(struct acting *acting)
{
    struct step *step = acting->step;
    const char *about = text_or_empty(acting->act->about);
    const char *unknown = exclusion_unknown(step->core->policy, about, step->outcome->arena);
    if (unknown)
        return step_refuse(step, REFUSAL_UNKNOWN_UNIT, "about", "neither a unit nor an area: \"%s\"", unknown);
    if (!may_lift(acting, about))
        return false;
    draft_head_more(acting->draft)->about = about;
    if (has_text(about) && acting->draft->head.nature != NATURE_REPORT)
        draft_head(acting->draft)->sealed = true;
    take_from_all(acting);
    return true;
}

/* --- another policy --- */

static void reconsider(struct step *step, const struct live *live)
{
    struct record record = record_of_broker(step, RECORD_EXCLUDED);
    struct draft draft;
    struct acting acting = {.step = step, .live = live, .draft = &draft, .record = &record};
    record.reason = "policy";
    draft_of(&draft, step, live);
    if (!take_from_all(&acting))
        return;
    draft_record(&draft, &record);
    incident_settle(step, live);
}

void exclude_by_policy(struct step *step)
{
    /* What rests is about nobody. */
    const struct live *live;
    for (uint64_t from = 0; (live = live_awake_from(step->core, from)); from = ident_number(live->id) + 1) {
        if (live->head.more && !incident_ended(live->head.state))
            reconsider(step, live);
    }
}
