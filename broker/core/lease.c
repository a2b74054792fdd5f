#include "broker/core/lease.h"

#include <string.h>

#include "broker/core/draft.h"
#include "broker/core/live.h"
#include "broker/core/presence.h"
#include "broker/core/queue.h"
#include "schemas/typed.h"

/* --- a lease ends --- */

/* Whether the worker broke off, rather than took leave: such ends are counted against a task that kills its workers. */
static bool breaks_off(enum lease_end why)
{
    return why == LEASE_SILENT || why == LEASE_GIVEN_BACK || why == LEASE_RESTARTED;
}

static enum task_state state_without_holder(const struct task *task)
{
    if (task->lost >= LOST_MAX)
        return TASK_SHELVED;
    return task->state == TASK_OFFERED ? TASK_QUEUED : task->state;
}

uint64_t lease_end(struct step *step, const struct live_task *of, enum lease_end why, struct record *record)
{
    struct draft draft;
    draft_of(&draft, step, of->incident);
    struct task *task = draft_task(&draft, of->facts.no);
    task->last_worker = task->worker;
    task->principal = task->worker = "";
    task->lost += breaks_off(why);
    task->state = state_without_holder(task);
    record->kind = task->state == TASK_SHELVED ? RECORD_SHELVED : RECORD_LEASE_ENDED;
    record->task = task->no;
    record->epoch = task->epoch;
    record->lease_end = why;
    return draft_record(&draft, record);
}

static void end_by_broker(struct step *step, const struct live_task *task, enum lease_end why)
{
    struct record record = record_of_broker(step, RECORD_LEASE_ENDED);
    lease_end(step, task, why, &record);
}

static void end_all(struct step *step, const struct worker *worker, enum lease_end why)
{
    const struct live_task *task;
    while ((task = TAILQ_FIRST(&worker->leases)))
        end_by_broker(step, task, why);
}

static const struct live_task *first_unresponded(const struct worker *worker)
{
    const struct live_task *task = TAILQ_FIRST(&worker->leases);
    while (task && task->facts.state != TASK_OFFERED)
        task = TAILQ_NEXT(task, lease);
    return task;
}

static void end_unresponded(struct step *step, const struct worker *worker, enum lease_end why)
{
    const struct live_task *task;
    while ((task = first_unresponded(worker)))
        end_by_broker(step, task, why);
}

/* --- offers --- */

static void offer(struct step *step, const struct live_task *of, struct worker *worker)
{
    struct draft draft;
    struct record record = record_of_broker(step, RECORD_OFFERED);
    draft_of(&draft, step, of->incident);
    struct task *task = draft_task(&draft, of->facts.no);
    if (task->state == TASK_QUEUED)
        task->state = TASK_OFFERED;
    task->epoch++;
    task->principal = worker->principal;
    task->worker = intern_text(&step->writer->names, worker->name);
    record.task = task->no;
    record.epoch = task->epoch;
    draft_record(&draft, &record);
    worker_credit(step->writer, worker, -1); /* to the end of its unit's line, if it has credit left */
    step_deliver(step, of, worker);
}

/* One lease of the worker whose turn it is. */
static bool deliver_again(struct step *step)
{
    struct worker *worker = TAILQ_FIRST(&step->writer->due_again);
    if (!worker)
        return false;
    struct live_task *task = TAILQ_FIRST(&worker->leases);
    int32_t left = task ? worker->again - 1 : 0;
    if (task) {
        TAILQ_REMOVE(&worker->leases, task, lease);
        TAILQ_INSERT_TAIL(&worker->leases, task, lease);
        step_deliver(step, task, worker);
    }
    worker_again(step->writer, worker, left);
    return true;
}

bool core_offers(const struct core *core)
{
    return !TAILQ_EMPTY(&core->ready) || !TAILQ_EMPTY(&core->due_again);
}

/* One task of each unit in turn, so that a long queue does not starve the others when a turn's offers run out. What is
 * delivered again comes at the same pace: workers that all come back at once are no flood. */
void core_offer(struct core *core, int64_t now_ms, struct outcome *outcome)
{
    struct step step = {.core = core, .writer = core, .now_ms = now_ms, .outcome = outcome};
    struct queue *queue;
    size_t n = 0;
    while (n < OFFERS_MAX / 2 && deliver_again(&step))
        n++;
    for (; n < OFFERS_MAX && (queue = TAILQ_FIRST(&core->ready)); n++) {
        TAILQ_REMOVE(&core->ready, queue, ready);
        TAILQ_INSERT_TAIL(&core->ready, queue, ready);
        const struct live_task *task = queue_first(core, queue);
        offer(&step, task, queue_worker(queue, task));
    }
    live_drop_visitors(core);
}

/* --- presence --- */

/* The worker that speaks, by its present connection; NULL when it has none here. */
static struct worker *speaker(const struct step *step)
{
    const struct command *command = step->command;
    struct worker *worker = worker_find(step->core, command->principal, command->worker);
    return worker && worker->peer == command->peer ? worker : NULL;
}

static bool welcome(struct step *step)
{
    const struct command *command = step->command;
    if (!step_permitted(step, RIGHT_WORK))
        return false;
    if (typed_blank(command->unit))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "unit", "a worker says which unit it works for");
    if (typed_blank(command->worker))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "worker", "a worker has a name, unique within its principal");
    if (strlen(command->worker) > ID_MAX_BYTES)
        return step_refuse(step, REFUSAL_TOO_LONG, "worker", "at most %d bytes", ID_MAX_BYTES);
    if (!right_unit(step->who, command->unit))
        return step_refuse(step, REFUSAL_OUT_OF_SCOPE, "unit", "\"%s\" does not work for unit \"%s\"", step->who->name,
                           command->unit);
    return true;
}

static void leave(struct step *step, struct worker *worker)
{
    end_all(step, worker, LEASE_LEFT);
    worker_forget(step->writer, worker);
}

/* The first after this one that may not work for its unit; NULL: there is none. */
static struct worker *next_without_right(const struct core *core, const struct worker_list *list, struct worker *after)
{
    struct worker *worker = after ? TAILQ_NEXT(after, heard) : TAILQ_FIRST(list);
    for (; worker; worker = TAILQ_NEXT(worker, heard)) {
        const struct principal *who = policy_principal(core->policy, worker->principal);
        if (!right_has(who, RIGHT_WORK) || !right_unit(who, worker->queue->unit))
            return worker;
    }
    return NULL;
}

/* It is offered nothing more, and what it has goes back: its connection alone gives it no part in anything. */
void lease_by_policy(struct step *step)
{
    struct worker_list *lists[] = {&step->writer->heard, &step->writer->silent};
    const struct live_task *task;
    for (size_t i = 0; i < 2; i++) {
        struct worker *worker = next_without_right(step->core, lists[i], NULL), *next;
        for (; worker; worker = next) {
            next = next_without_right(step->core, lists[i], worker);
            TAILQ_FOREACH(task, &worker->leases, lease)
            {
                step_revoke(step, task, "its principal does not work for the unit any more");
            }
            leave(step, worker);
        }
    }
}

/* A connection is one worker: under another name it leaves what it was. */
static void leave_other_seat(struct step *step)
{
    struct worker *seated = worker_at(step->core, step->command->peer);
    if (seated && seated != worker_find(step->core, step->command->principal, step->command->worker))
        leave(step, seated);
}

/* A supervisor starts what has died anew at once, by its old name: never silent for long, it would be killed by the same
 * task for ever. */
static void note_life(struct step *step, struct worker *worker)
{
    uint64_t life = step->command->hello.life;
    if (life && worker->life && life != worker->life)
        end_unresponded(step, worker, LEASE_RESTARTED);
    worker->life = life;
}

/* A lease belongs to (principal, worker name): whoever says hello by that name again, from whatever connection, goes on
 * with it. For another unit it is another worker, and leaves the tasks of the old one. */
static void seat_worker(struct step *step)
{
    struct core *core = step->writer;
    const struct command *command = step->command;
    leave_other_seat(step);
    struct worker *worker = worker_find(core, command->principal, command->worker);
    if (!worker)
        worker = worker_new(core, command->principal, command->worker, command->unit, step->now_ms);
    if (!worker) {
        step_refuse(step, REFUSAL_TOO_MANY, "worker", "no more than %d workers at once", WORKERS_MAX);
        return;
    }
    if (strcmp(worker->queue->unit, command->unit) != 0)
        end_all(step, worker, LEASE_LEFT);
    note_life(step, worker);
    worker_heard(core, worker, step->now_ms);
    worker_connect(core, worker, command->peer, command->unit);
    worker_again(core, worker, worker->lease_count);
}

void lease_hello(struct step *step)
{
    if (step->command->endpoint == 'W') {
        if (welcome(step))
            seat_worker(step);
    } else if (!step->who) {
        step_refuse(step, REFUSAL_UNKNOWN_SENDER, NULL, "no principal \"%s\" in force",
                    text_or_empty(step->command->principal));
    }
}

/* A worker that knows of fewer tasks than it holds, in two heartbeats running, was not told of some: without this a lost
 * delivery would wait as long as its worker lives. Not those since the last heartbeat, which may be on their way; nor while
 * it comes to know of more: it has not read all yet, and would have the more to read. But who is busy has some on their way
 * at each heartbeat, and they would hide what is lost for ever: after so many all are doubted. */
static void make_up_for_lost(struct core *core, struct worker *worker, int32_t holding)
{
    int32_t shortfall = worker->lease_count - holding, before = worker->shortfall;
    worker->short_beats = shortfall > 0 ? worker->short_beats + 1 : 0;
    bool lost =
        (before > 0 && shortfall >= before && shortfall > worker->recent) || worker->short_beats >= SHORT_BEATS_MAX;
    if (lost) {
        worker->short_beats = 0;
        worker_again(core, worker, AGAIN_MAX);
    }
    worker->recent = lost ? worker->again : 0;
    worker->shortfall = shortfall;
}

void lease_heard(struct step *step)
{
    struct worker *worker = speaker(step);
    if (!worker)
        return;
    worker_heard(step->writer, worker, step->now_ms);
    if (step->command->heard.holding >= 0)
        make_up_for_lost(step->writer, worker, step->command->heard.holding);
}

void lease_credit(struct step *step)
{
    struct worker *worker = speaker(step);
    if (!worker) {
        step_refuse(step, REFUSAL_HELLO_FIRST, NULL, "another connection speaks for this worker now, or none: hello");
        return;
    }
    worker_heard(step->writer, worker, step->now_ms);
    worker_credit(step->writer, worker, step->command->credit.n);
}

void lease_bye(struct step *step)
{
    struct worker *worker = speaker(step);
    if (!worker)
        return;
    if (step->command->bye.drain) {
        worker_drain(step->writer, worker);
        end_unresponded(step, worker, LEASE_DRAINED);
        return;
    }
    leave(step, worker);
}

/* What is left over is due at once: the next turn goes on with it. */
static void end_silent(struct step *step)
{
    size_t records_left = TICK_RUNGS_MAX;
    const struct live_task *task;
    while (presence_due(step->core) <= step->now_ms) {
        struct worker *worker = TAILQ_FIRST(&step->writer->heard);
        for (; (task = TAILQ_FIRST(&worker->leases)); records_left--) {
            if (records_left == 0)
                return;
            step_revoke(step, task, "its worker was not heard from");
            end_by_broker(step, task, LEASE_SILENT);
        }
        worker_silenced(step->writer, worker);
    }
}

void lease_silence(struct step *step)
{
    if (step->command->silence.grace)
        presence_grace(step->writer, step->now_ms);
    else
        end_silent(step);
}
