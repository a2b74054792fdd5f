#include "broker/core/inform.h"

#include "broker/core/live.h"
#include "broker/core/oversight.h"
#include "broker/core/told.h"
#include "schemas/typed.h"

void inform_begin(struct draft *draft)
{
    if (!draft->climb.policy->informs)
        return;
    draft_start_clock(draft, CLOCK_INFORM, 0);
    draft_start_clock(draft, CLOCK_PROGRESS, 0);
}

void inform_end(struct draft *draft)
{
    draft_stop_clock(draft, CLOCK_INFORM, 0);
    draft_stop_clock(draft, CLOCK_PROGRESS, 0);
}

/* The level that the city reports to, seen from where the incident belongs; whom it is about is passed over. */
static const struct area *area_above(const struct climb *climb)
{
    const struct area *area = climb->area;
    while (area && area->parent && area->level > climb->policy->inform_level)
        area = area->parent;
    return area ? area : exclusion_area(&climb->exclusion, policy_area(climb->policy, climb->policy->city));
}

/* Who is told, and the how-manieth time; after the last one nothing more is due. */
static void tell(struct draft *draft, struct record *record, bool last)
{
    struct oversight *oversight = draft_oversight(draft);
    const struct area *area = area_above(&draft->climb);
    struct told told = told_area(area, draft->step->now_ms);
    struct rung rung = {.clock = oversight->informed ? CLOCK_PROGRESS : CLOCK_INFORM,
                        .number = ++oversight->informed,
                        .to_area = area ? area->code : "",
                        .to_post = told.post,
                        .to_person = told.person,
                        .notice = true};
    record->count = oversight->informed;
    record->rung = arena_memdup(draft->step->outcome->arena, &rung, sizeof rung);
    record->last = last;
    draft_stop_clock(draft, CLOCK_INFORM, 0);
    if (last) {
        draft_stop_clock(draft, CLOCK_PROGRESS, 0);
        return;
    }
    draft_void_clock(draft, CLOCK_PROGRESS, 0);
    draft_start_clock(draft, CLOCK_PROGRESS, 0);
}

static bool is_said(struct step *step, const char *text)
{
    return !typed_blank(text) || step_refuse(step, REFUSAL_MISSING_FIELD, "text", "a report says how it stands");
}

bool inform_fits(struct saying *saying)
{
    return is_said(saying->step, saying->word->text);
}

bool inform_take(struct saying *saying)
{
    tell(saying->draft, saying->record, saying->word->last);
    return true;
}

bool act_inform(struct acting *acting)
{
    if (!is_said(acting->step, acting->act->text))
        return false;
    tell(acting->draft, acting->record, acting->act->last);
    return true;
}

/* --- 终报 --- */

static bool is_last(struct step *step, const struct clock *progress)
{
    return !progress || !clock_open(progress) ||
           step_refuse(
               step, REFUSAL_REPORT_OWED, NULL,
               "the centre above is told again and again how it stands: first comes the last report (终报), inform "
               "with last");
}

bool inform_lets_feed_back(struct saying *saying)
{
    return is_last(saying->step, live_clock_find(saying->of->incident, CLOCK_PROGRESS, 0));
}

bool inform_lets_close(struct acting *acting)
{
    return is_last(acting->step, draft_clock(acting->draft, CLOCK_PROGRESS, 0));
}
