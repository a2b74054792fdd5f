#include "broker/core/core.h"

#include <stdlib.h>

#include "broker/base/panic.h"
#include "broker/core/admit.h"
#include "broker/core/denial.h"
#include "broker/core/derived.h"
#include "broker/core/incident.h"
#include "broker/core/ladder.h"
#include "broker/core/lease.h"
#include "broker/core/live.h"
#include "broker/core/notice.h"
#include "broker/core/presence.h"
#include "broker/core/quota.h"
#include "broker/core/reckon.h"
#include "broker/core/reload.h"
#include "broker/core/rest.h"
#include "broker/core/routine.h"
#include "broker/core/task.h"
#include "schemas/ident.h"

/* --- one step: a table from command to decision --- */

/* One record of the incident whose rung is due first. False when none is due. */
static bool fire_rung(struct step *step)
{
    if (derived_due_ms(step->core) > step->now_ms)
        return false;
    const struct live *live = derived_due(step->core);
    return reckon_incident(step, live) || ladder_fire(step, live);
}

/* Incidents before what is beside them. */
static bool fire_first(struct step *step)
{
    return fire_rung(step) || routine_fire(step);
}

/* Deadlines first, then what was counted: what is due fires before what people ask for. */
static void step_tick(struct step *step)
{
    size_t records_left = TICK_RUNGS_MAX;
    while (records_left > 0 && fire_first(step))
        records_left--;
    reckon_tick(step, records_left);
    routine_tick(step, records_left);
    denial_tick(step);
}

static void step_start(struct step *step)
{
    struct record record = record_of_broker(step, RECORD_STARTED);
    record.term = step->command->start.term;
    record.from_ms = step->command->start.last_ms;
    step_record(step, &record);
}

static void step_wall_step(struct step *step)
{
    struct record record = record_of_broker(step, RECORD_WALL_STEP);
    record.offset_ms = step->command->wall_step.offset_ms;
    step_record(step, &record);
}

static void step_deny(struct step *step)
{
    denial_count(step, text_or_empty(step->command->principal), step->command->deny.code);
}

static void (*const steps[])(struct step *) = {
    [COMMAND_TICK] = step_tick,           [COMMAND_START] = step_start,
    [COMMAND_HELLO] = lease_hello,        [COMMAND_HEARD] = lease_heard,
    [COMMAND_CREDIT] = lease_credit,      [COMMAND_BYE] = lease_bye,
    [COMMAND_PUBLISH] = admit_publish,    [COMMAND_WORD] = task_word,
    [COMMAND_ACT] = incident_act,         [COMMAND_RELOAD] = reload_policy,
    [COMMAND_WALL_STEP] = step_wall_step, [COMMAND_DENY] = step_deny,
    [COMMAND_SILENCE] = lease_silence,    [COMMAND_ACKNOWLEDGE] = notice_acknowledge,
};

void core_step(struct core *core, const struct command *command, int64_t now_ms, struct outcome *outcome)
{
    ASSERT((size_t)command->kind < sizeof steps / sizeof steps[0] && steps[command->kind]);
    struct step step = {.core = core, .writer = core, .command = command, .now_ms = now_ms, .outcome = outcome};
    if (core->policy && has_text(command->principal))
        step.who = policy_principal(core->policy, command->principal);
    dedup_expire(&core->dedup, now_ms);
    steps[command->kind](&step);
}

/* --- life --- */

struct core *core_new(const struct core_options *options)
{
    struct core *core = core_alloc(sizeof *core);
    core->options = *options;
    TAILQ_INIT(&core->heard);
    TAILQ_INIT(&core->silent);
    derived_init(core);
    side_init(core);
    dedup_init(&core->dedup, DEDUP_MAX, DEDUP_RESERVE);
    return core;
}

static void forget_all(struct core *core)
{
    void *thing;
    for (uint64_t number = 0; (thing = index_next(&core->live, number, false));) {
        number = ident_number(rest_is(thing) ? rest_incident(thing) : ((struct live *)thing)->id) + 1;
        if (rest_is(thing))
            rest_free(thing);
        else
            live_free(thing);
    }
}

void core_free(struct core *core)
{
    if (!core)
        return;
    forget_all(core);
    presence_release(core);
    quota_release(core);
    derived_release(core);
    side_release(core);
    index_release(&core->live);
    dedup_release(&core->dedup);
    intern_release(&core->names);
    buffer_release(&core->packing);
    free(core);
}

void core_set_policy(struct core *core, const struct policy *policy)
{
    core->policy = policy;
}

const struct policy *core_policy(const struct core *core)
{
    return core->policy;
}

/* --- what the turn asks --- */

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

int64_t core_next_deadline(const struct core *core)
{
    const struct live_side *side = side_due(core);
    if (reckon_under_way(core) || routine_under_way(core))
        return 0; /* at once */
    int64_t due_ms = earlier(derived_due_ms(core), side ? side->facts.next_ms : INT64_MAX);
    return earlier(due_ms, denial_due(core));
}

int64_t core_next_due(const struct core *core)
{
    return earlier(core_next_deadline(core), presence_due(core));
}

static uint64_t missing(const struct core *core, uint64_t incident)
{
    return core_has(core, incident) ? 0 : incident;
}

/* What has become of it counts too: the first of it and those it went on in that is not in memory; 0: none. */
static uint64_t missing_of(const struct core *core, uint64_t incident)
{
    const struct live *live;
    while ((live = live_find(core, incident)) && live->head.state == INCIDENT_MERGED)
        incident = live->head.merged_into;
    return missing(core, incident);
}

uint64_t core_wants(const struct core *core, const struct command *command)
{
    if (command->kind == COMMAND_PUBLISH)
        return core->policy->folds_reopen ? missing(core, fold_wanted(core, command)) : 0;
    if (command->kind == COMMAND_WORD)
        return missing_of(core, command->word->incident);
    if (command->kind != COMMAND_ACT)
        return 0;
    uint64_t incident = missing_of(core, command->act->incident);
    return incident || command->act->verb != ACT_MERGE ? incident : missing_of(core, command->act->into);
}
