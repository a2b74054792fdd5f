#include "broker/core/draft.h"

#include <string.h>

#include "broker/base/panic.h"
#include "broker/core/clock.h"
#include "broker/core/limit.h"
#include "broker/core/live.h"
#include "broker/core/notice.h"
#include "broker/core/sensor.h"
#include "broker/core/oversight.h"

static const enum clock_kind task_clocks[] = {CLOCK_RESPOND, CLOCK_ARRIVE, CLOCK_HANDLE, CLOCK_FEEDBACK, CLOCK_CONTACT};
#define TASK_CLOCKS (sizeof task_clocks / sizeof task_clocks[0])

static const char *unit_of(const void *of, uint32_t no)
{
    const struct draft *draft = of;
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        if (no ? task->no == no : task->role == TASK_LEAD && task->state != TASK_WITHDRAWN)
            return task->unit;
    }
    return NULL;
}

void draft_climb(struct draft *draft)
{
    draft->climb = climb_of(draft->step->core->policy, &draft->head);
    draft->climb.unit_of = unit_of;
    draft->climb.of = draft;
}

static void begin(struct draft *draft, struct step *step, uint64_t id, const struct incident *head)
{
    draft->step = step;
    draft->id = id;
    draft->prev = 0;
    draft->head = *head;
    draft->task_count = draft->clock_count = draft->ask_count = draft->voice_count = 0;
    draft->heard = NULL;
    draft->head_changed = draft->reports_changed = false;
    draft->reports = NULL;
    draft->undo = NULL;
    draft_climb(draft);
    memset(draft->task_changed, 0, sizeof draft->task_changed);
    memset(draft->clock_changed, 0, sizeof draft->clock_changed);
}

static void copy_asks(struct draft *draft, const struct rare *rare)
{
    draft->ask_count = rare->ask_count;
    if (rare->ask_count)
        memcpy(draft->asks, rare->asks, rare->ask_count * sizeof *rare->asks);
    memset(draft->ask_changed, 0, sizeof draft->ask_changed);
}

void draft_of(struct draft *draft, struct step *step, const struct live *live)
{
    begin(draft, step, live->id, &live->head);
    draft->prev = live->seq;
    draft->heard = live->voices;
    for (const struct live_task *task = live->tasks; task; task = task->next)
        draft->tasks[draft->task_count++] = task->facts;
    draft->clock_count = live->clock_count;
    if (live->clock_count)
        memcpy(draft->clocks, live->clocks, live->clock_count * sizeof *live->clocks);
    if (live->rare) {
        copy_asks(draft, live->rare);
        draft->reports = live->rare->reports;
    }
}

void draft_new(struct draft *draft, struct step *step, uint64_t id, const struct incident *head)
{
    begin(draft, step, id, head);
    draft->head_changed = true;
}

struct incident *draft_head(struct draft *draft)
{
    draft->head_changed = true;
    return &draft->head;
}

struct incident_more *draft_head_more(struct draft *draft)
{
    static const struct incident_more nothing = {
        .object = "", .about = "", .special = "", .special_clocks = "", .beside = ""};
    struct incident *head = draft_head(draft);
    struct incident_more *more =
        arena_memdup(draft->step->outcome->arena, head->more ? head->more : &nothing, sizeof *more);
    head->more = more;
    return more;
}

struct oversight *draft_oversight(struct draft *draft)
{
    struct oversight *oversight =
        arena_memdup(draft->step->outcome->arena, oversight_of(&draft->head), sizeof *oversight);
    draft_head_more(draft)->oversight = oversight;
    return oversight;
}

struct task *draft_task(struct draft *draft, uint32_t no)
{
    size_t at = 0;
    while (at < draft->task_count && draft->tasks[at].no != no)
        at++;
    ASSERT(at < draft->task_count);
    draft->task_changed[at] = true;
    return &draft->tasks[at];
}

struct task *draft_new_task(struct draft *draft, const char *unit, enum task_role role)
{
    ASSERT(draft->task_count < TASKS_MAX);
    size_t at = draft->task_count++;
    draft->tasks[at] = (struct task){
        .no = (uint32_t)at + 1,
        .role = role,
        .state = TASK_QUEUED,
        .unit = unit,
        .dispatched_ms = draft->step->now_ms,
    };
    draft->task_changed[at] = true;
    return &draft->tasks[at];
}

void draft_hear(struct draft *draft, struct voice voice)
{
    ASSERT(draft->voice_count == 0);
    draft->voice = voice;
    draft->voice.person = arena_strdup(draft->step->outcome->arena, voice.person); /* the row's own may be freed */
    draft->voice_count = 1;
}

struct ask *draft_ask(struct draft *draft, uint32_t no)
{
    ASSERT(no > 0 && no <= draft->ask_count);
    draft->ask_changed[no - 1] = true;
    return &draft->asks[no - 1];
}

struct ask *draft_add_ask(struct draft *draft, const struct ask *wanted)
{
    ASSERT(draft->ask_count < ASKS_MAX);
    struct ask *ask = &draft->asks[draft->ask_count++];
    *ask = *wanted;
    ask->no = (uint32_t)draft->ask_count;
    return draft_ask(draft, ask->no);
}

/* Keys and sources are only ever replaced, never written into, so the copy may share them until it is told. */
struct reports *draft_reports(struct draft *draft)
{
    const struct incident *head = &draft->head;
    const struct reports alone = {
        .count = 1, .first_ms = head->received_ms, .last_ms = head->received_ms, .last = head->opened_seq};
    if (!draft->reports_changed)
        draft->reports =
            arena_memdup(draft->step->outcome->arena, draft->reports ? draft->reports : &alone, sizeof alone);
    draft->reports_changed = true;
    return (struct reports *)draft->reports;
}

struct task *draft_add_task(struct draft *draft, const char *unit, enum task_role role)
{
    struct task *task = draft_new_task(draft, unit, role);
    draft_start_task_clocks(draft, task->no);
    return task;
}

struct task_more *draft_more(struct draft *draft, uint32_t no)
{
    static const struct task_more nothing;
    struct task *task = draft_task(draft, no);
    struct task_more *more =
        arena_memdup(draft->step->outcome->arena, task->more ? task->more : &nothing, sizeof *more);
    task->more = more;
    return more;
}

/* --- clocks --- */

static struct clock *find_clock(struct draft *draft, enum clock_kind kind, uint32_t task)
{
    for (size_t i = 0; i < draft->clock_count; i++) {
        if (draft->clocks[i].kind == kind && draft->clocks[i].task == task)
            return &draft->clocks[i];
    }
    return NULL;
}

static struct clock *change_clock(struct draft *draft, enum clock_kind kind, uint32_t task)
{
    struct clock *clock = find_clock(draft, kind, task);
    if (clock)
        draft->clock_changed[clock - draft->clocks] = true;
    return clock;
}

static struct clock *add_clock(struct draft *draft)
{
    ASSERT(draft->clock_count < CLOCKS_MAX);
    draft->clock_changed[draft->clock_count] = true;
    return &draft->clocks[draft->clock_count++];
}

const struct clock *draft_clock(const struct draft *draft, enum clock_kind kind, uint32_t task)
{
    return find_clock((struct draft *)draft, kind, task);
}

static struct pace pace_of(const struct draft *draft, const struct clock *clock)
{
    return climb_pace(&draft->climb, clock->kind, clock->calendar);
}

static struct clock started(const struct draft *draft, enum clock_kind kind, uint32_t task, const struct limit *limit)
{
    struct pace pace = climb_pace(&draft->climb, kind, limit->calendar);
    struct clock clock;
    clock_start(&clock, kind, task, limit->budget_ms, &pace, draft->step->now_ms);
    return clock;
}

const struct limit *draft_limit(const struct draft *draft, enum clock_kind kind)
{
    return limit_of(&draft->climb, draft->head.nature, kind, draft->step->now_ms);
}

void draft_start_clock(struct draft *draft, enum clock_kind kind, uint32_t task)
{
    const struct limit *limit = draft_limit(draft, kind);
    if (limit)
        draft_start_limit(draft, kind, task, limit);
}

void draft_start_limit(struct draft *draft, enum clock_kind kind, uint32_t task, const struct limit *limit)
{
    struct clock *clock = change_clock(draft, kind, task);
    if (!clock)
        clock = add_clock(draft);
    *clock = started(draft, kind, task, limit);
    clock_arm(clock, &draft->climb);
}

void draft_tighten_clocks(struct draft *draft, const struct profile *profile)
{
    for (size_t i = 0; i < draft->clock_count; i++) {
        struct clock *clock = &draft->clocks[i];
        const struct limit *limit = profile_limit(profile, clock->kind);
        if (clock->state != CLOCK_RUNNING || !limit)
            continue;
        struct clock stricter = started(draft, clock->kind, clock->task, limit);
        if (stricter.due_ms >= clock->due_ms)
            continue;
        clock_arm(&stricter, &draft->climb);
        *change_clock(draft, clock->kind, clock->task) = stricter;
    }
}

void draft_put_clock(struct draft *draft, const struct clock *from)
{
    struct clock *clock = change_clock(draft, from->kind, from->task);
    if (!clock)
        clock = add_clock(draft);
    *clock = *from;
}

static void stop(struct draft *draft, struct clock *clock)
{
    struct pace pace = pace_of(draft, clock);
    clock_stop(clock, &pace, draft->step->now_ms);
}

static void hold(struct draft *draft, struct clock *clock)
{
    struct pace pace = pace_of(draft, clock);
    clock_pause(clock, &pace, draft->step->now_ms);
}

static void resume(struct draft *draft, struct clock *clock)
{
    if (clock->state != CLOCK_PAUSED)
        return;
    struct pace pace = pace_of(draft, clock);
    clock_resume(clock, &pace, draft->step->now_ms);
    clock_arm(clock, &draft->climb);
}

static void make_void(struct draft *draft, struct clock *clock)
{
    struct pace pace = pace_of(draft, clock);
    clock_void(clock, &pace, draft->step->now_ms);
}

/* What has its verdict is left alone. */
static void with_clock(struct draft *draft, enum clock_kind kind, uint32_t task,
                       void (*act)(struct draft *, struct clock *))
{
    const struct clock *clock = draft_clock(draft, kind, task);
    if (clock && clock_open(clock))
        act(draft, change_clock(draft, kind, task));
}

static void with_task_clocks(struct draft *draft, uint32_t task, void (*act)(struct draft *, struct clock *))
{
    for (size_t i = 0; i < TASK_CLOCKS; i++)
        with_clock(draft, task_clocks[i], task, act);
}

/* Until it starts with the others it is only to respond. */
static bool held(const struct draft *draft, uint32_t no)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].no == no)
            return draft->tasks[i].more && draft->tasks[i].more->held;
    }
    return false;
}

void draft_start_task_clocks(struct draft *draft, uint32_t task)
{
    if (draft->tasks[task - 1].role == TASK_COPY)
        return; /* it owes nothing */
    for (size_t i = 0; i < TASK_CLOCKS; i++) {
        if (!held(draft, task) || task_clocks[i] == CLOCK_RESPOND)
            draft_start_clock(draft, task_clocks[i], task);
    }
}

void draft_stop_clock(struct draft *draft, enum clock_kind kind, uint32_t task)
{
    with_clock(draft, kind, task, stop);
}

void draft_void_clock(struct draft *draft, enum clock_kind kind, uint32_t task)
{
    with_clock(draft, kind, task, make_void);
}

static void fail(struct draft *draft, struct clock *clock)
{
    stop(draft, clock);
    clock->state = CLOCK_LATE;
}

void draft_fail_clock(struct draft *draft, enum clock_kind kind, uint32_t task)
{
    with_clock(draft, kind, task, fail);
}

void draft_stop_task_clocks(struct draft *draft, uint32_t task)
{
    with_task_clocks(draft, task, stop);
}

void draft_pause_task_clocks(struct draft *draft, uint32_t task)
{
    with_task_clocks(draft, task, hold);
}

void draft_resume_task_clocks(struct draft *draft, uint32_t task)
{
    with_task_clocks(draft, task, resume);
}

void draft_void_task_clocks(struct draft *draft, uint32_t task)
{
    with_task_clocks(draft, task, make_void);
}

static void with_all_clocks(struct draft *draft, void (*act)(struct draft *, struct clock *))
{
    for (size_t i = 0; i < draft->clock_count; i++)
        with_clock(draft, draft->clocks[i].kind, draft->clocks[i].task, act);
}

void draft_hold_clocks(struct draft *draft)
{
    with_all_clocks(draft, hold);
}

void draft_resume_clocks(struct draft *draft)
{
    with_all_clocks(draft, resume);
}

void draft_extend_clock(struct draft *draft, enum clock_kind kind, uint32_t task, int64_t span_ms)
{
    struct clock *clock = change_clock(draft, kind, task);
    struct pace pace = pace_of(draft, clock);
    clock_extend(clock, &pace, span_ms);
    clock_arm_extended(clock, &draft->climb);
}

void draft_run_until(struct draft *draft, enum clock_kind kind, uint32_t task, int64_t until_ms)
{
    const struct limit limit = {kind, CALENDAR_NATURAL, until_ms - draft->step->now_ms, NULL};
    struct clock *clock = change_clock(draft, kind, task);
    if (!clock)
        clock = add_clock(draft);
    *clock = started(draft, kind, task, &limit);
    clock_arm(clock, &draft->climb);
}

void draft_end_clocks(struct draft *draft, bool owed)
{
    bool later = owed && draft->head.state == INCIDENT_CLOSED && notice_owes_answer(draft->climb.policy, &draft->head);
    for (size_t i = 0; i < draft->clock_count; i++) {
        enum clock_kind kind = draft->clocks[i].kind;
        if (kind == CLOCK_ANSWER && later)
            continue;
        bool verdict = owed && (kind == CLOCK_RESOLVE || kind == CLOCK_ANSWER || kind == CLOCK_VERIFY ||
                                kind == CLOCK_SUPERVISE || kind == CLOCK_ACKNOWLEDGE);
        with_clock(draft, kind, draft->clocks[i].task, verdict ? stop : make_void);
    }
}

/* --- the record --- */

static void add_asks(const struct draft *draft, struct change *change)
{
    struct arena *arena = draft->step->outcome->arena;
    struct ask *asks = arena_take(arena, draft->ask_count * sizeof *asks);
    change->asks = asks;
    for (size_t i = 0; i < draft->ask_count; i++) {
        if (!draft->ask_changed[i])
            continue;
        asks[change->ask_count] = draft->asks[i];
        live_lend_ask(arena, &asks[change->ask_count++]);
    }
}

struct change draft_change(const struct draft *draft)
{
    struct arena *arena = draft->step->outcome->arena;
    struct task *tasks = arena_take(arena, draft->task_count * sizeof *tasks);
    struct clock *clocks = arena_take(arena, draft->clock_count * sizeof *clocks);
    struct change change = {
        .incident = draft->id, .prev = draft->prev, .tasks = tasks, .clocks = clocks, .undo = draft->undo};
    if (draft->head_changed) {
        struct incident *head = arena_memdup(arena, &draft->head, sizeof draft->head);
        live_lend_head(arena, head);
        change.head = head;
    }
    if (draft->reports_changed)
        change.reports = live_lend_reports(arena, draft->reports);
    for (size_t i = 0; i < draft->task_count; i++) {
        if (!draft->task_changed[i])
            continue;
        tasks[change.task_count] = draft->tasks[i];
        live_lend_task(arena, &tasks[change.task_count++]);
    }
    for (size_t i = 0; i < draft->clock_count; i++) {
        if (draft->clock_changed[i])
            clocks[change.clock_count++] = draft->clocks[i];
    }
    change.voice_count = draft->voice_count;
    if (draft->voice_count)
        change.voices = arena_memdup(arena, &draft->voice, sizeof draft->voice);
    if (draft->ask_count)
        add_asks(draft, &change);
    return change;
}

uint64_t draft_record(struct draft *draft, struct record *record)
{
    sensor_note(draft, record);
    record->changes[0] = draft_change(draft);
    if (record->change_count == 0)
        record->change_count = 1;
    return step_record(draft->step, record);
}
