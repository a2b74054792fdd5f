#include "broker/core/aside.h"

#include "broker/core/duty.h"
#include "broker/core/exercise.h"
#include "broker/core/handover.h"
#include "broker/core/level.h"
#include "broker/core/sample.h"
#include "schemas/typed.h"

/* Each completes the record; false when refused, and then nothing is recorded. */
/* clang-format off */
static const struct {
    enum act_verb verb;
    bool (*decide)(struct aside *);
    enum record_kind record;
    enum right right;
    bool needs_name, needs_target, needs_reason;
} asides[] = {
    {ACT_DUTY_DONE,   duty_done,    RECORD_DUTY_DONE,      RIGHT_DUTY,  true,  true,  false},
    {ACT_LIST_AREA,   level_list,   RECORD_LEVEL_LISTED,   RIGHT_LEVEL, false, false, true},
    {ACT_DELIST_AREA, level_delist, RECORD_LEVEL_DELISTED, RIGHT_LEVEL, false, false, true},
    {ACT_COMMIT_EXERCISE, exercise_commit, RECORD_EXERCISE_COMMITTED, RIGHT_EXERCISE, true, false, false},
    {ACT_HAND_OVER,   handover_give, RECORD_HANDED_OVER,   RIGHT_HANDOVER, true, true, false},
    {ACT_TAKE_OVER,   handover_take, RECORD_TAKEN_OVER,    RIGHT_HANDOVER, true, true, false},
    {ACT_SAMPLE,      sample_draw,  RECORD_SAMPLED,        RIGHT_SAMPLE, false, false, false},
};
/* clang-format on */
#define ASIDES (sizeof asides / sizeof asides[0])

static size_t place_of(enum act_verb verb)
{
    size_t at = 0;
    while (at < ASIDES && asides[at].verb != verb)
        at++;
    return at;
}

static bool complete(struct step *step, const struct act *act, size_t at)
{
    if (at == ASIDES)
        return step_refuse(step, REFUSAL_BAD_VALUE, "verb", "no such act");
    if (typed_blank(act->request) || key_is_none(&step->command->key))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "request", "an act carries a request id");
    if (asides[at].needs_name && typed_blank(act->name))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "name", "%s says of which", act_name(act->verb));
    if (asides[at].needs_target && typed_blank(act->target))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "target", "%s says which target", act_name(act->verb));
    if (asides[at].needs_reason && typed_blank(act->reason))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "reason", "%s says why", act_name(act->verb));
    return true;
}

static bool has_room(struct step *step)
{
    if (dedup_full(&step->core->dedup, true))
        return step_overloaded(step, "too many commands are remembered");
    if (side_full(step->core, 1))
        return step_overloaded(step, "too many rows beside incidents");
    return true;
}

void aside_act(struct step *step)
{
    const struct act *act = step->command->act;
    size_t at = place_of(act->verb);
    if (!complete(step, act, at) || !step_permitted(step, asides[at].right) || step_repeats(step) || !has_room(step))
        return;
    struct record record = record_of_command(step, asides[at].record);
    struct aside aside = {step, act, &record};
    record.reason = act->reason;
    record.text = act->text;
    if (asides[at].decide(&aside))
        step_receipt(step, 0, step_record(step, &record));
}
