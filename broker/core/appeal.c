#include "broker/core/appeal.h"

#include <string.h>

#include "broker/core/ask.h"
#include "broker/core/clock.h"
#include "broker/core/live.h"

#define MINUTE_MS 60000

bool appeal_visible(const struct step *step, const struct live *live)
{
    for (const struct live_task *task = live ? live->tasks : NULL; task; task = task->next) {
        if (right_unit(step->who, task->facts.unit))
            return !incident_kept_from(step, live);
    }
    return false;
}

/* --- breaches: late verdicts, and whose they are --- */

static const struct task *task_of(const struct draft *draft, uint32_t no)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].no == no)
            return &draft->tasks[i];
    }
    return NULL;
}

/* The lead that counts: of the newest task that was not withdrawn. */
static const struct task *lead_of(const struct draft *draft)
{
    const struct task *lead = NULL;
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (task->role == TASK_LEAD && (!lead || task->state != TASK_WITHDRAWN))
            lead = task;
    }
    return lead;
}

/* To whom a clock is charged: a task's to its unit; of the incident's own only resolve, which its lead answers for. */
static const char *charged_to(const struct draft *draft, const struct clock *clock)
{
    const struct task *task = clock->kind == CLOCK_RESOLVE ? lead_of(draft) : task_of(draft, clock->task);
    return task ? task->unit : "";
}

/* Whether the act can mean it. */
static bool is_meant(const struct acting *acting, const struct clock *clock)
{
    const struct act *act = acting->act;
    return clock->state == CLOCK_LATE && (!act->clock || act->clock == clock->kind) &&
           (!act->task || act->task == clock->task) && right_unit(acting->step->who, charged_to(acting->draft, clock));
}

static const struct ask *appealed(const struct draft *draft, const struct clock *clock)
{
    for (size_t i = 0; i < draft->ask_count; i++) {
        const struct ask *ask = &draft->asks[i];
        if (ask->kind == ASK_APPEAL && ask->clock == clock->kind && ask->task == clock->task &&
            ask->started_ms == clock->started_ms)
            return ask;
    }
    return NULL;
}

/* "respond of task 1": of the incident's own there is only one. */
static const char *named(struct step *step, const struct clock *clock)
{
    return clock->task ? step_text(step, "%s of task %u", clock_kind_name(clock->kind), clock->task)
                       : clock_kind_name(clock->kind);
}

/* --- which one --- */

static bool refuse_none(struct acting *acting, const struct clock *before)
{
    struct step *step = acting->step;
    const struct ask *ask = before ? appealed(acting->draft, before) : NULL;
    if (!ask)
        return step_refuse(step, REFUSAL_NO_BREACH, "clock",
                           "no clock of yours that was meant has a late verdict; one that still runs has none yet");
    return step_refuse(step, REFUSAL_APPEALED_ALREADY, "clock", "%s was appealed against already: ask %u, %s",
                       named(step, before), ask->no,
                       ask->decision == DECISION_OPEN ? "undecided" : decision_name(ask->decision));
}

/* The only one that nobody has appealed against. NULL when refused. */
static const struct clock *chosen(struct acting *acting)
{
    const struct draft *draft = acting->draft;
    const struct clock *found = NULL, *before = NULL;
    const char *list = "";
    size_t possible = 0;
    for (size_t i = 0; i < draft->clock_count; i++) {
        const struct clock *clock = &draft->clocks[i];
        if (!is_meant(acting, clock))
            continue;
        if (appealed(draft, clock)) {
            before = clock;
            continue;
        }
        found = clock;
        list = step_text(acting->step, "%s%s%s", list, possible++ ? ", " : "", named(acting->step, clock));
    }
    if (possible == 1)
        return found;
    if (possible)
        step_refuse(acting->step, REFUSAL_MISSING_FIELD, "clock", "which? late are %s", list);
    else
        refuse_none(acting, before);
    return NULL;
}

static bool in_time(struct acting *acting, const struct clock *clock)
{
    int64_t within_ms = acting->step->core->policy->appeal_within_ms;
    if (acting->step->now_ms - clock->stopped_ms <= within_ms)
        return true;
    return step_refuse(acting->step, REFUSAL_TOO_LATE, "clock",
                       "the verdict on %s is older than the %lld min within which one may appeal",
                       named(acting->step, clock), (long long)(within_ms / MINUTE_MS));
}

/* --- asking --- */

/* Since the first that nobody has decided. */
static bool under_review(const struct draft *draft)
{
    const struct clock *clock = draft_clock(draft, CLOCK_APPEAL, 0);
    return clock && clock_open(clock);
}

bool act_appeal(struct acting *acting)
{
    const struct act *act = acting->act;
    const struct clock *clock = chosen(acting);
    if (!clock || !in_time(acting, clock))
        return false;
    acting->record->task = clock->task;
    bool asked = ask_add(acting->draft, (struct ask){.kind = ASK_APPEAL,
                                                     .task = clock->task,
                                                     .clock = clock->kind,
                                                     .started_ms = clock->started_ms,
                                                     .unit = charged_to(acting->draft, clock),
                                                     .person = act->person,
                                                     .reason = act->reason}) != 0;
    if (asked && !under_review(acting->draft))
        draft_start_clock(acting->draft, CLOCK_APPEAL, 0);
    return asked;
}

/* --- deciding --- */

size_t appeal_open(const struct ask *asks, size_t n)
{
    size_t open = 0;
    for (size_t i = 0; i < n; i++)
        open += asks[i].kind == ASK_APPEAL && asks[i].decision == DECISION_OPEN;
    return open;
}

void appeal_decided(struct draft *draft)
{
    if (appeal_open(draft->asks, draft->ask_count) == 0)
        draft_stop_clock(draft, CLOCK_APPEAL, 0);
}
