#include "broker/core/plan.h"

#include <string.h>

#include "broker/core/border.h"
#include "broker/core/exclusion.h"
#include "broker/core/live.h"
#include "broker/core/somebody.h"
#include "broker/core/task_more.h"
#include "schemas/typed.h"

static bool over(const struct task *task)
{
    return task->state == TASK_DONE || task->state == TASK_WITHDRAWN;
}

/* --- laying it out --- */

/* A plan's part waits for those that there are: what nobody was found for holds nobody up. */
static uint32_t waits_for(const struct plan *plan, size_t part, const uint32_t *numbers)
{
    uint32_t after = 0;
    for (size_t i = 0; i < plan->task_count; i++) {
        if ((plan->tasks[part].after >> i & 1) && numbers[i])
            after |= 1u << numbers[i];
    }
    return after;
}

static void add_part(struct draft *draft, const struct plan *plan, const struct plan_task *part,
                     const struct unit *unit, enum task_role role)
{
    struct task *task = draft_new_task(draft, unit->id, role);
    struct task_more *more = draft_more(draft, task->no);
    more->plan = plan->name;
    more->part = part->name;
    more->items = part->items;
    more->item_count = part->item_count;
}

/* Queued and running, held until all have responded, or waiting for others. */
static void set_out(struct draft *draft, const struct plan *plan, uint32_t no, uint32_t after)
{
    struct task *task = draft_task(draft, no);
    struct task_more *more = draft_more(draft, no);
    more->after = after;
    if (after) {
        task->state = TASK_WAITING;
        task->dispatched_ms = 0;
        return;
    }
    more->held = plan->within_ms > 0;
    draft_start_task_clocks(draft, no);
}

/* Where it is, as the policy has it now. */
static struct route_query query_of(const struct draft *draft)
{
    const struct policy *policy = draft->climb.policy;
    struct route_query query = route_asked(policy, &draft->head, draft->step->now_ms);
    query.area = policy_area_at(policy, query.area, draft->step->now_ms);
    return query;
}

/* Whom the report is about gets no part: the lead's goes up, past them, others are done without. */
static const struct unit *unit_for(const struct draft *draft, const struct plan_task *part, enum task_role role)
{
    const struct policy *policy = draft->climb.policy;
    const struct route_query query = query_of(draft);
    const struct exclusion exclusion = exclusion_of(policy, &draft->head);
    const struct unit *unit = route_first(policy, part->to, part->to_count, &query);
    if (!exclusion_bars_unit(&exclusion, unit))
        return unit;
    return role == TASK_LEAD ? exclusion_instead(&exclusion) : NULL;
}

void plan_lay(struct draft *draft, const struct plan *plan, bool lead)
{
    uint32_t numbers[PLAN_TASKS_MAX] = {0};
    for (size_t i = 0; i < plan->task_count && draft->task_count < TASKS_MAX; i++) {
        const struct plan_task *part = &plan->tasks[i];
        enum task_role role = lead && i == 0 ? TASK_LEAD : TASK_ASSIST;
        const struct unit *unit = unit_for(draft, part, role);
        if (!unit)
            continue;
        add_part(draft, plan, part, unit, role);
        numbers[i] = (uint32_t)draft->task_count;
    }
    for (size_t i = 0; i < plan->task_count; i++) {
        if (numbers[i])
            set_out(draft, plan, numbers[i], waits_for(plan, i, numbers));
    }
    if (plan->within_ms > 0)
        draft_run_until(draft, CLOCK_BEGIN, 0, draft->step->now_ms + plan->within_ms);
}

/* --- applied by the centre --- */

static const struct plan *plan_of(struct acting *acting)
{
    const struct policy *policy = acting->step->core->policy;
    const struct plan *plan = policy_plan(policy, acting->act->plan);
    const char *list = "";
    if (plan)
        return plan;
    for (size_t i = 0; i < policy->plan_count; i++)
        list = step_text(acting->step, "%s%s%s", list, i ? ", " : "", policy->plans[i].name);
    step_refuse(acting->step, typed_blank(acting->act->plan) ? REFUSAL_MISSING_FIELD : REFUSAL_BAD_VALUE, "plan",
                "no such plan: \"%s\"; there is %s", text_or_empty(acting->act->plan), list[0] ? list : "none");
    return NULL;
}

bool plan_under_way(const struct draft *draft, const struct plan *plan)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (!over(task) && task->more && strcmp(text_or_empty(task->more->plan), plan->name) == 0)
            return true;
    }
    return false;
}

static bool fits(struct acting *acting, const struct plan *plan)
{
    const struct draft *draft = acting->draft;
    const struct plan_task *first = &plan->tasks[0];
    if (plan_under_way(draft, plan))
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "plan", "plan \"%s\" is under way already", plan->name);
    if (draft->task_count + plan->task_count > TASKS_MAX)
        return step_refuse(acting->step, REFUSAL_TOO_MANY, NULL, "an incident has at most %d tasks", TASKS_MAX);
    if (act_has_lead(draft) || unit_for(draft, first, TASK_LEAD))
        return true;
    return step_refuse(acting->step, REFUSAL_UNKNOWN_UNIT, "plan", "nobody is found here for its first task, \"%s\"",
                       first->name);
}

bool act_plan(struct acting *acting)
{
    struct draft *draft = acting->draft;
    const struct plan *plan = plan_of(acting);
    if (!plan || !fits(acting, plan))
        return false;
    uint32_t first = (uint32_t)draft->task_count + 1;
    bool led = act_has_lead(draft);
    plan_lay(draft, plan, !led);
    if (!led)
        border_copy(draft);
    if (draft->task_count < first)
        return step_refuse(acting->step, REFUSAL_UNKNOWN_UNIT, "plan", "nobody is found here for any of its tasks");
    if (draft->head.state != INCIDENT_OPEN)
        draft_head(draft)->state = INCIDENT_OPEN;
    act_stop_dispatch(draft);
    return somebody_dispatches(acting, first);
}

/* --- one after another --- */

static bool is_over(const struct live *live, uint32_t no)
{
    const struct live_task *task = live_task_find(live, no);
    return !task || over(&task->facts);
}

/* Its turn has come: all that it waits for is done, or was let go. */
static bool its_turn(const struct live *live, const struct task *task)
{
    if (task->state != TASK_WAITING)
        return false;
    for (uint32_t no = 1; no <= TASKS_MAX; no++) {
        if ((task->more->after >> no & 1) && !is_over(live, no))
            return false;
    }
    return true;
}

static void dispatch_next(struct draft *draft, const struct live *live)
{
    for (const struct live_task *of = live->tasks; of; of = of->next) {
        if (!its_turn(live, &of->facts))
            continue;
        struct task *task = draft_task(draft, of->facts.no);
        task->state = TASK_QUEUED;
        task->dispatched_ms = draft->step->now_ms;
        draft_more(draft, task->no)->after = 0;
        draft_start_task_clocks(draft, task->no);
    }
}

static bool any_turn(const struct live *live)
{
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        if (its_turn(live, &task->facts))
            return true;
    }
    return false;
}

/* --- at one instant --- */

static bool held(const struct task *task)
{
    return task->more && task->more->held && !over(task);
}

/* Whether there are held ones, and each has responded. */
static bool all_ready(const struct live *live)
{
    bool any = false;
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        if (!held(&task->facts))
            continue;
        if (task->facts.state != TASK_RESPONDED)
            return false;
        any = true;
    }
    return any;
}

/* What the unit does from now on; its response was timed from the dispatch. */
static void start_work(struct draft *draft, uint32_t no)
{
    static const enum clock_kind work[] = {CLOCK_ARRIVE, CLOCK_HANDLE, CLOCK_FEEDBACK, CLOCK_CONTACT};
    for (size_t i = 0; i < sizeof work / sizeof work[0]; i++)
        draft_start_clock(draft, work[i], no);
}

static void start_together(struct draft *draft, const struct live *live)
{
    for (const struct live_task *of = live->tasks; of; of = of->next) {
        if (!held(&of->facts))
            continue;
        struct task *task = draft_task(draft, of->facts.no);
        draft_more(draft, task->no)->held = false;
        task->epoch += of->holder != NULL; /* its holder gets it anew */
        start_work(draft, task->no);
        if (task->state == TASK_RETURNED || task->state == TASK_SUSPENDED)
            draft_pause_task_clocks(draft, task->no);
    }
    draft_void_clock(draft, CLOCK_BEGIN, 0);
    if (draft->head.state == INCIDENT_PARKED)
        draft_hold_clocks(draft);
}

/* --- going on --- */

/* Those that begin, of what the incident has now. */
static uint64_t begins(const struct live *live)
{
    uint64_t numbers = 0;
    for (const struct live_task *task = live->tasks; task; task = task->next)
        numbers |= held(&task->facts) && task->holder ? UINT64_C(1) << task->facts.no : 0;
    return numbers;
}

static void begin_together(struct step *step, const struct live *live)
{
    struct record record = record_of_broker(step, RECORD_BEGUN);
    struct draft draft;
    uint64_t again = begins(live);
    draft_of(&draft, step, live);
    start_together(&draft, live);
    draft_record(&draft, &record);
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        if (again >> task->facts.no & 1)
            step_deliver(step, task, task->holder);
    }
}

static void begin_next(struct step *step, const struct live *live)
{
    struct record record = record_of_broker(step, RECORD_BEGUN);
    struct draft draft;
    draft_of(&draft, step, live);
    dispatch_next(&draft, live);
    draft_record(&draft, &record);
}

void plan_go_on(struct step *step, const struct live *live)
{
    if (live->head.state != INCIDENT_OPEN)
        return;
    if (any_turn(live))
        begin_next(step, live);
    if (all_ready(live))
        begin_together(step, live);
}

void plan_begin_due(struct step *step, const struct live *live)
{
    begin_together(step, live);
}

/* --- what may be said meanwhile --- */

static const char *not_ready(const struct saying *saying)
{
    const char *list = "";
    for (const struct live_task *task = saying->of->incident->tasks; task; task = task->next) {
        if (held(&task->facts) && task->facts.state != TASK_RESPONDED)
            list = step_text(saying->step, "%s%s%u", list, list[0] ? ", " : "", task->facts.no);
    }
    return list;
}

bool plan_may_work(struct saying *saying)
{
    const struct task *task = &saying->of->facts;
    if (!held(task))
        return true;
    return step_refuse(saying->step, REFUSAL_WRONG_STATE, "verb",
                       "task %u starts together with the others: task %s has not responded yet", task->no,
                       not_ready(saying));
}

static const char *open_items(const struct saying *saying)
{
    const struct task_more *more = saying->of->facts.more;
    const char *list = "";
    for (size_t i = 0; more && i < more->item_count; i++) {
        if (!more->items[i].optional && !more->items[i].done_ms)
            list = step_text(saying->step, "%s%s%zu %s", list, list[0] ? ", " : "", i + 1, more->items[i].text);
    }
    return list;
}

bool plan_may_feed_back(struct saying *saying)
{
    if (!plan_may_work(saying))
        return false;
    const char *open = open_items(saying);
    return !open[0] || step_refuse(saying->step, REFUSAL_ITEMS_OPEN, "verb", "not ticked of its checklist: %s", open);
}

bool plan_may_tick(struct saying *saying)
{
    const struct task_more *more = saying->of->facts.more;
    size_t count = more ? more->item_count : 0;
    uint32_t item = saying->word->item;
    if (item == 0 || item > count)
        return step_refuse(saying->step, REFUSAL_BAD_VALUE, "item", "the checklist of task %u has %zu items",
                           saying->of->facts.no, count);
    if (more->items[item - 1].done_ms)
        return step_refuse(saying->step, REFUSAL_WRONG_STATE, "item", "item %u is ticked already", item);
    return true;
}

void plan_tick(struct saying *saying)
{
    struct task_more *more = draft_more(saying->draft, saying->task->no);
    struct item *items =
        arena_memdup(saying->step->outcome->arena, more->items, more->item_count * sizeof *more->items);
    items[saying->word->item - 1].done_ms = saying->step->now_ms;
    more->items = items;
}

/* --- before it happens --- */

static void show_later_clocks(struct draft *draft)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        bool waits = task->state == TASK_WAITING;
        if (!waits && !task->more->held)
            continue;
        if (waits)
            draft_start_clock(draft, CLOCK_RESPOND, task->no);
        start_work(draft, task->no);
        draft_pause_task_clocks(draft, task->no);
    }
}

void plan_imagine(const struct policy *policy, const struct plan *plan, const struct incident *head, int64_t now_ms,
                  struct arena *arena, struct row *row)
{
    struct core *core = ARENA_NEW(arena, struct core, 1); /* of which drafts read the policy, and nothing else */
    struct outcome outcome;
    outcome_init(&outcome, arena);
    core->policy = policy;
    struct step step = {.core = core, .now_ms = now_ms, .outcome = &outcome};
    struct draft draft;
    draft_new(&draft, &step, 0, head);
    plan_lay(&draft, plan, true);
    show_later_clocks(&draft);
    struct change change = draft_change(&draft);
    *row = (struct row){.head = *head,
                        .tasks = change.tasks,
                        .task_count = change.task_count,
                        .clocks = change.clocks,
                        .clock_count = change.clock_count};
}
