#include "broker/core/routine.h"

#include "broker/base/panic.h"
#include "broker/core/absence.h"
#include "broker/core/duty.h"
#include "broker/core/level.h"
#include "broker/core/screen.h"
#include "broker/core/special.h"

/* --- deadlines --- */

/* Each records what moves the row's next_ms on, or takes it away. */
static void (*const due[SIDE_KIND_END])(struct step *, const struct live_side *) = {
    [SIDE_ABSENCE] = absence_due, [SIDE_DUTY] = duty_due,       [SIDE_AREA_LEVEL] = level_due,
    [SIDE_RECORDED] = screen_due, [SIDE_SPECIAL] = special_due,
};

bool routine_fire(struct step *step)
{
    const struct live_side *side = side_due(step->core);
    if (!side || side->facts.next_ms > step->now_ms)
        return false;
    ASSERT(due[side->facts.kind]);
    due[side->facts.kind](step, side);
    return true;
}

void routine_forget(struct step *step, const struct side *side)
{
    struct record record = record_of_broker(step, RECORD_ROUTINE);
    side_set(step->outcome, &record, &(struct side){.kind = side->kind, .key = side->key, .gone = true}, 1);
    step_record(step, &record);
}

/* --- the sweep --- */

/* Kinds whose rows are there because a rule says so. */
static const struct {
    enum side_kind kind;
    bool (*reckon)(struct sweep *, size_t at);
} ruled[] = {
    {SIDE_ABSENCE, absence_reckon},
    {SIDE_AREA_LEVEL, level_reckon},
    {SIDE_SPECIAL, special_reckon},
    {SIDE_DUTY, duty_reckon},
    {SIDE_TARGET, NULL}, /* kept by their duties */
};
#define RULED (sizeof ruled / sizeof ruled[0])

void routine_begin(struct core *core)
{
    core->routine.under_way = true;
    core->routine.rule = core->routine.at = 0;
    core->routine.number++;
}

bool routine_under_way(const struct core *core)
{
    return core->routine.under_way;
}

static void record_rows(struct sweep *sweep)
{
    const struct core *core = sweep->step->core;
    struct record record = record_of_broker(sweep->step, RECORD_ROUTINE);
    record.policy = (struct bytes){core->policy->hash.bytes, sizeof core->policy->hash.bytes};
    side_set(sweep->step->outcome, &record, sweep->sides, sweep->count);
    step_record(sweep->step, &record);
    for (size_t i = 0; i < sweep->count; i++)
        side_keep(sweep->step->writer, sweep->sides[i].kind, sweep->sides[i].key);
    sweep->count = 0;
    sweep->records_left--;
}

void sweep_set(struct sweep *sweep, const struct side *side)
{
    sweep->sides[sweep->count++] = *side;
    if (sweep->count == RECORD_SIDES_MAX)
        record_rows(sweep);
}

void sweep_keep(struct sweep *sweep, enum side_kind kind, const char *key)
{
    side_keep(sweep->step->writer, kind, key);
}

/* What no rule asks for any more. */
static void forget_some(struct sweep *sweep, enum side_kind kind)
{
    const struct live_side *side = NULL;
    while (sweep->records_left > 0 && (side = side_unkept(sweep->step->core, kind, side)))
        sweep_set(sweep, &(struct side){.kind = kind, .key = side->facts.key, .gone = true});
}

static void sweep_some(struct sweep *sweep)
{
    struct core *core = sweep->step->writer;
    for (int looks = 0; looks < ROUTINE_LOOKS_MAX && sweep->records_left > 0 && core->routine.rule < RULED; looks++) {
        if (ruled[core->routine.rule].reckon && ruled[core->routine.rule].reckon(sweep, core->routine.at++))
            continue;
        core->routine.rule++;
        core->routine.at = 0;
    }
}

void routine_tick(struct step *step, size_t records_left)
{
    struct core *core = step->writer;
    struct sweep sweep = {.step = step, .records_left = records_left};
    core->routine.under_way &= core->policy != NULL;
    if (!core->routine.under_way || records_left == 0)
        return;
    sweep_some(&sweep);
    if (sweep.count > 0)
        record_rows(&sweep);
    for (size_t i = 0; core->routine.rule == RULED && i < RULED && sweep.records_left > 0; i++)
        forget_some(&sweep, ruled[i].kind);
    if (sweep.count > 0)
        record_rows(&sweep);
    core->routine.under_way = core->routine.rule < RULED || sweep.records_left == 0;
}
