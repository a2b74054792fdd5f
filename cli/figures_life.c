#include "cli/figures_life.h"

void lives_init(struct lives *lives)
{
    *lives = (struct lives){0};
    arena_init(&lives->arena);
}

void lives_release(struct lives *lives)
{
    map_release(&lives->by_id);
    intern_release(&lives->names);
    arena_release(&lives->arena);
}

static struct life *add_life(struct lives *lives)
{
    struct life *life = ARENA_NEW(&lives->arena, struct life, 1);
    life->type = life->area = life->source = "";
    if (lives->last)
        lives->last->next = life;
    else
        lives->first = life;
    lives->last = life;
    return life;
}

static struct life *life_of(struct lives *lives, uint64_t incident)
{
    struct life *life = map_get(&lives->by_id, incident);
    if (!life)
        map_put(&lives->by_id, incident, life = add_life(lives));
    return life;
}

static const char *keep(struct lives *lives, const char *text)
{
    return intern_text(&lives->names, text ? text : "");
}

/* A new first element of one of the lists of a life. */
#define ADD(lives, list, of)                                                                                           \
    struct of *added = ARENA_NEW(&(lives)->arena, struct of, 1);                                                       \
    added->next = (list);                                                                                              \
    (list) = added

/* --- the incident itself --- */

static void add_closing(struct lives *lives, struct life *life, const struct record *record,
                        const struct incident *head)
{
    ADD(lives, life->closings, closing);
    added->at_ms = head->closed_ms;
    added->lasted_ms = head->closed_ms - head->received_ms;
    added->outcome = head->outcome;
    added->consultation = head->nature == NATURE_CONSULT;
    added->at_desk = added->consultation && head->outcome == OUTCOME_EXPLAINED && !life->dispatches;
    added->on_site = record->kind == RECORD_OPENED && !added->at_desk;
}

static void take_opening(struct life *life, const struct record *record, const struct incident *head)
{
    const struct event *event = record->event;
    life->received_ms = head->received_ms; /* a merge may make the head's earlier: another report's */
    life->unrouted = head->state == INCIDENT_UNROUTED;
    life->repeated = event && event->recurrence_of && *event->recurrence_of;
}

/* 上报, 下派: what once was so stays so. */
static void take_levels(struct life *life, const struct incident *head)
{
    const struct oversight *oversight = head->more ? head->more->oversight : NULL;
    life->went_up |= oversight && oversight->ups > 0;
    life->came_down |= oversight && oversight->downs > 0;
}

static void take_head(struct lives *lives, struct life *life, const struct record *record, const struct incident *head)
{
    bool was_closed = life->state == INCIDENT_CLOSED, is_closed = head->state == INCIDENT_CLOSED;
    const char *area = head->responsible_area;
    if (record->kind == RECORD_OPENED)
        take_opening(life, record, head);
    if (is_closed && !was_closed)
        add_closing(lives, life, record, head);
    if (was_closed && !is_closed)
        life->closings->reopened = true;
    take_levels(life, head);
    life->state = head->state;
    life->exercise = head->exercise;
    life->type = keep(lives, head->type);
    life->area = keep(lives, area && *area ? area : head->area);
    life->source = keep(lives, head->source);
}

/* --- its tasks --- */

static struct dispatch *dispatch_of(const struct life *life, uint32_t task)
{
    struct dispatch *dispatch = life->dispatches;
    while (dispatch && (dispatch->task != task || dispatch->undone))
        dispatch = dispatch->next;
    return dispatch;
}

static struct dispatch *add_dispatch(struct lives *lives, struct life *life, const struct task *task)
{
    ADD(lives, life->dispatches, dispatch);
    added->task = task->no;
    added->role = task->role;
    added->whistled = task->more && task->more->whistled;
    added->at_ms = task->dispatched_ms;
    return added;
}

/* A retired unit's successor gets the task as it is: the same dispatch, under another name. A plan's task that waits for its
 * turn is not dispatched yet. */
static void take_task(struct lives *lives, struct life *life, const struct task *task)
{
    struct dispatch *dispatch = dispatch_of(life, task->no);
    if (!task->dispatched_ms)
        return;
    if (!dispatch || dispatch->at_ms != task->dispatched_ms)
        dispatch = add_dispatch(lives, life, task);
    dispatch->state = task->state;
    dispatch->unit = keep(lives, task->unit);
}

/* A unit's return, and what was decided of it, before the task is seen to change hands. */
static void take_return(struct life *life, const struct ask *ask)
{
    struct dispatch *dispatch = dispatch_of(life, ask->task);
    if (!dispatch)
        return;
    dispatch->returned = true;
    dispatch->upheld |= ask->decision == DECISION_GRANTED;
    dispatch->refused |= ask->decision == DECISION_REFUSED;
}

/* A wrong dispatch that was taken back: the one before it stands, and what was decided to make it is open again. */
static void take_undone(struct life *life, const struct task *task)
{
    struct dispatch *dispatch = dispatch_of(life, task->no);
    if (!dispatch)
        return;
    dispatch->undone = true;
    dispatch = dispatch_of(life, task->no);
    if (dispatch && task->state == TASK_RETURNED)
        dispatch->upheld = false;
}

/* --- its clocks --- */

static struct run *run_of(const struct life *life, enum clock_kind kind, uint32_t task)
{
    struct run *run = life->runs;
    while (run && (run->kind != kind || run->task != task || (run->dispatch && run->dispatch->undone)))
        run = run->next;
    return run;
}

static struct run *add_run(struct lives *lives, struct life *life, const struct clock *clock)
{
    ADD(lives, life->runs, run);
    added->kind = clock->kind;
    added->task = clock->task;
    added->started_ms = clock->started_ms;
    added->dispatch = clock->task ? dispatch_of(life, clock->task) : NULL;
    return added;
}

/* Nobody stopped it: a unit that let it run out before its task was given away was late, else it was not owed. */
static void cut_short(struct run *run, int64_t at_ms)
{
    if (run->state != CLOCK_RUNNING && run->state != CLOCK_PAUSED)
        return;
    run->state = run->task && run->state == CLOCK_RUNNING && run->due_ms < at_ms ? CLOCK_LATE : CLOCK_VOID;
}

/* A clock of park, suspend or begin is no limit: nothing is owed by it. */
static void take_clock(struct lives *lives, struct life *life, const struct record *record, const struct clock *clock)
{
    if (clock->kind == CLOCK_PARK || clock->kind == CLOCK_SUSPEND || clock->kind == CLOCK_BEGIN)
        return;
    struct run *run = run_of(life, clock->kind, clock->task);
    if (!run || run->started_ms != clock->started_ms) {
        if (run)
            cut_short(run, record->at_ms);
        run = add_run(lives, life, clock);
    }
    run->state = clock->state;
    run->due_ms = clock->due_ms;
    run->used_ms = clock->consumed_ms;
    run->stopped_ms = clock->stopped_ms;
}

/* --- appeals --- */

static struct run *run_appealed(const struct life *life, const struct ask *ask)
{
    struct run *run = life->runs;
    while (run && (run->kind != ask->clock || run->task != ask->task || run->started_ms != ask->started_ms))
        run = run->next;
    return run;
}

static struct appeal *appeal_of(struct lives *lives, struct life *life, const struct ask *ask)
{
    for (struct appeal *appeal = life->appeals; appeal; appeal = appeal->next)
        if (appeal->no == ask->no)
            return appeal;
    ADD(lives, life->appeals, appeal);
    added->no = ask->no;
    added->at_ms = ask->asked_ms;
    return added;
}

/* The verdict stays what it was: what is counted without it is counted apart. */
static void take_appeal(struct lives *lives, struct life *life, const struct ask *ask)
{
    struct appeal *appeal = appeal_of(lives, life, ask);
    struct run *run = run_appealed(life, ask);
    appeal->dispatch = run ? run->dispatch : NULL;
    appeal->granted = ask->decision == DECISION_GRANTED;
    if (run)
        run->exempt = appeal->granted;
}

/* --- what happened to it --- */

static void take_rung(struct lives *lives, struct life *life, const struct record *record)
{
    struct run *run = run_of(life, record->rung->clock, record->rung->task);
    if (!run || record->rung->colour != RUNG_UP)
        return;
    ADD(lives, life->escalations, escalation);
    added->at_ms = record->at_ms;
    added->dispatch = run->dispatch;
    added->height = ++run->ups;
}

static void take_verification(struct lives *lives, struct life *life, const struct record *record)
{
    ADD(lives, life->verifications, verification);
    added->at_ms = record->at_ms;
    added->passed = record->kind == RECORD_VERIFIED;
    added->dispatch = life_lead(life);
}

static void take_fold(struct lives *lives, struct life *life, const struct record *record)
{
    ADD(lives, life->folds, fold);
    added->at_ms = record->at_ms;
    added->source = keep(lives, record->principal);
}

static void take_callback(struct lives *lives, struct life *life, const struct record *record)
{
    ADD(lives, life->callbacks, callback);
    added->at_ms = record->at_ms;
    added->satisfaction = record->satisfaction;
    added->solved = record->solved;
}

/* What was said not to be solved until then is not counted as said of how it was dealt with. */
static void take_finding(struct lives *lives, struct life *life, const struct ask *ask)
{
    ADD(lives, life->findings, finding);
    added->at_ms = ask->decided_ms;
    added->unreasonable = ask->decision == DECISION_GRANTED;
    for (struct callback *call = life->callbacks; added->unreasonable && call; call = call->next)
        call->unreasonable |= !call->solved;
}

static void take_pressing(struct lives *lives, struct life *life, const struct record *record)
{
    ADD(lives, life->pressings, pressing);
    added->at_ms = record->at_ms;
    added->supervised = record->kind == RECORD_SUPERVISED;
}

static void take_ask(struct lives *lives, struct life *life, const struct ask *ask)
{
    life->extended |= ask->kind == ASK_EXTEND && ask->decision == DECISION_GRANTED;
    if (ask->kind == ASK_RETURN)
        take_return(life, ask);
    if (ask->kind == ASK_APPEAL)
        take_appeal(lives, life, ask);
    if (ask->kind == ASK_UNREASONABLE && ask->decision != DECISION_OPEN)
        take_finding(lives, life, ask);
}

static void take_change(struct lives *lives, const struct record *record, const struct change *change)
{
    struct life *life = life_of(lives, change->incident);
    if (change->head)
        take_head(lives, life, record, change->head);
    for (size_t i = 0; record->kind == RECORD_UNDONE && i < change->task_count; i++)
        take_undone(life, &change->tasks[i]);
    for (size_t i = 0; i < change->ask_count; i++)
        take_ask(lives, life, &change->asks[i]);
    for (size_t i = 0; i < change->task_count; i++)
        if (record->kind != RECORD_UNDONE || change->tasks[i].state != TASK_WITHDRAWN)
            take_task(lives, life, &change->tasks[i]);
    for (size_t i = 0; i < change->clock_count; i++)
        take_clock(lives, life, record, &change->clocks[i]);
    if (record->rung)
        take_rung(lives, life, record);
    if (record->kind == RECORD_VERIFIED || record->kind == RECORD_REWORKED)
        take_verification(lives, life, record);
    if (record->kind == RECORD_FOLDED)
        take_fold(lives, life, record);
    if (record->kind == RECORD_URGED || record->kind == RECORD_SUPERVISED)
        take_pressing(lives, life, record);
    if (record->kind == RECORD_CALLED_BACK)
        take_callback(lives, life, record);
}

/* An event that opened nothing: it belongs to its type, place and source all the same. */
static void take_noted(struct lives *lives, const struct record *record)
{
    const struct event *event = record->event;
    struct life *life = add_life(lives);
    life->noted = record->kind;
    life->noted_ms = record->at_ms;
    life->type = keep(lives, event->type);
    life->area = keep(lives, event->place.area);
    life->source = keep(lives, record->principal);
}

static void take_duty(struct lives *lives, const struct record *record)
{
    const struct side *side = record->sides;
    struct life *life = add_life(lives);
    struct duty_period *duty = ARENA_NEW(&lives->arena, struct duty_period, 1);
    duty->of.unit = keep(lives, side->name);
    duty->lasted_ms = side->last_ms - record->from_ms;
    duty->done = side->count;
    duty->total = side->total;
    life->duty = duty;
    life->noted = record->kind;
    life->noted_ms = side->last_ms;
    life->area = keep(lives, side->text);
    life->type = life->source = "";
}

void lives_take(struct lives *lives, const struct record *record)
{
    if (record->kind == RECORD_DUTY_ENDED && record->side_count)
        take_duty(lives, record);
    if ((record->kind == RECORD_RECORDED || record->kind == RECORD_NOTIFIED) && record->event)
        take_noted(lives, record);
    for (size_t i = 0; i < record->change_count; i++)
        take_change(lives, record, &record->changes[i]);
    lives->records++;
    lives->last_seq = record->seq;
}

/* --- what it comes to --- */

const struct dispatch *life_lead(const struct life *life)
{
    const struct dispatch *lead = NULL;
    bool counts = false;
    for (const struct dispatch *d = life->dispatches; d; d = d->next) {
        bool stands = d->state != TASK_WITHDRAWN && d->state != TASK_RETURNED;
        if (d->role != TASK_LEAD || dispatch_of(life, d->task) != d)
            continue;
        if (!lead || stands > counts || (stands == counts && d->task > lead->task)) {
            lead = d;
            counts = stands;
        }
    }
    return lead;
}

const struct run *life_deadline(const struct life *life)
{
    const struct run *run = run_of(life, CLOCK_RESOLVE, 0);
    const struct dispatch *lead = run ? NULL : life_lead(life);
    if (lead)
        run = run_of(life, CLOCK_FEEDBACK, lead->task);
    return run && run->state != CLOCK_VOID && run->state != CLOCK_PAUSED ? run : NULL;
}
