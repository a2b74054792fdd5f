/* One pass of the loop, from top to bottom. An incident goes one way:
 *
 *     socket → gate → place → core: right → admit → route → transition → records → journal → (durable) → effects → socket
 *
 * Nothing is said to anybody before everything decided before it is durable: effects, refusals and answers alike. */
#include "broker/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "broker/durable.h"
#include "broker/feed.h"
#include "broker/now.h"
#include "broker/query.h"
#include "broker/speak.h"
#include "broker/take.h"

#define RECORD_FACTS_BYTES 1024 /* what a record says beside the texts it carries, about */

static void begin(struct turn *);
static void read_clock(struct turn *);
static void let_time_pass(struct turn *);
static void take_input(struct turn *);
static void judge_silence(struct turn *);
static bool goes_on(const struct turn *);
static bool goes_beside(struct turn *);
static int commit_and_speak(struct turn *);
static void answer_readers(struct turn *);
static void forget(struct turn *);

int turn_run(struct turn *t)
{
    read_clock(t);
    let_time_pass(t);
    take_input(t);
    judge_silence(t);
    if (goes_on(t))
        return 0;
    core_offer(t->core, t->now_ms, &t->outcome);
    int error = turn_land(t);
    if (error)
        return error;
    error = goes_beside(t) ? durable_launch(t) : commit_and_speak(t);
    begin(t);
    return error;
}

static int commit_and_speak(struct turn *t)
{
    int error = durable_commit(t);
    if (error)
        return error;
    speak(t);
    answer_readers(t);
    outbox_release(t->outbox);
    forget(t);
    return 0;
}

int turn_land(struct turn *t)
{
    if (!t->aloft.on)
        return 0;
    int error = durable_land(t); /* the turn that was under way is the running one again */
    if (error)
        return error;
    speak(t);
    outbox_release(t->outbox);
    forget(t);
    durable_exchange(t);
    return 0;
}

/* What arrives during a commit is the next turn: it goes on until that commit is over. */
static bool goes_on(const struct turn *t)
{
    return t->aloft.on && !store_landed(t->store) && t->messages < TURN_MESSAGES_MAX && t->bytes < TURN_BYTES_MAX;
}

static bool anybody_follows(const struct turn *t)
{
    uint64_t first = 0;
    return sessions_next_feed(gate_sessions(t->gate), &first) != NULL;
}

/* Whether something to be sent is put together from memory when it is durable: by then memory must not have gone on. */
static bool tells_from_memory(const struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->effect_count; i++) {
        enum effect_kind kind = outcome->effects[i].kind;
        if (kind != EFFECT_RECEIPT && kind != EFFECT_REFUSAL && kind != EFFECT_REVOKE)
            return true;
    }
    return false;
}

/* When all there was is in this turn, nothing is decided meanwhile, and handing over gains less. */
static size_t worth_handing_over(const struct turn *t)
{
    bool all = t->drained && !t->follows;
    return all ? t->beside_all_min : t->beside_records_min;
}

/* The commit of a large turn runs beside the next one: what that one decides is said when it is durable itself. Not when
 * somebody is told or asked about what is (memory would be ahead of it), nor while a job is to end between turns; and now
 * and then a turn is committed alone, so that feeds are told. */
static bool goes_beside(struct turn *t)
{
    bool beside = t->reader_count == 0 && t->outcome.record_count >= worth_handing_over(t) &&
                  (t->besides < BESIDE_TURNS_MAX || !anybody_follows(t)) && !(t->jobs && jobs_busy(t->jobs)) &&
                  !tells_from_memory(&t->outcome);
    t->besides = beside ? t->besides + 1 : 0;
    return beside;
}

void turn_init(struct turn *t)
{
    arena_init(&t->arena);
    arena_init(&t->aloft.arena);
    outcome_init(&t->outcome, &t->arena);
    t->aloft.on = false;
    t->touched_ms = now_mono_ms(); /* who asked before the stop asks again */
    begin(t);
    if (!t->beside_all_min)
        t->beside_all_min = t->beside_records_min ? t->beside_records_min : BESIDE_ALL_MIN;
    if (!t->beside_records_min)
        t->beside_records_min = BESIDE_RECORDS_MIN;
    if (!t->flush_slice_min)
        t->flush_slice_min = FLUSH_SLICE_MIN;
    if (!t->tick_rungs_busy)
        t->tick_rungs_busy = TICK_RUNGS_BUSY;
    if (!t->query_budget_us)
        t->query_budget_us = QUERY_BUDGET_US;
}

/* An empty turn. It may take several passes, while the commit before it is under way. */
static void begin(struct turn *t)
{
    t->bytes = t->messages = t->reader_count = 0;
    t->readers = arena_take(&t->arena, sizeof(struct reader) * TURN_MESSAGES_MAX);
    t->follows = t->aloft.on;
    t->stats.turns++;
}

void turn_release(struct turn *t)
{
    policy_free(t->past);
    t->past = NULL;
    arena_release(&t->arena);
    arena_release(&t->aloft.arena);
}

/* --- time --- */

static void read_clock(struct turn *t)
{
    t->now_ms = t->now(t->time);
}

/* The wall was set: it goes on record, and whoever reads the log is to look. */
static void record_wall_step(struct turn *t, int64_t step_ms)
{
    if (!step_ms)
        return;
    log_warn("wall_step ms=%lld: %s", (long long)step_ms,
             llabs(step_ms) < STEP_SLEW_MS ? "slewed away" : "the broker's time does not follow it");
    turn_decide(t, &(struct command){.kind = COMMAND_WALL_STEP, .principal = "", .wall_step = {step_ms}});
}

static void notice_wall_step(struct turn *t)
{
    record_wall_step(t, t->wall_step_ms);
    t->wall_step_ms = 0;
    record_wall_step(t, t->step(t->time));
}

/* Much may be due at once, as after a stop. While others ask for something it fires a little at a time, so that they are
 * answered as ever; but what comes due meanwhile waits behind it, so it may not last. */
static size_t rungs_of_turn(const struct turn *t, int64_t mono_ms)
{
    int64_t lasts_ms = t->backlog_ms ? mono_ms - t->backlog_ms : 0;
    if (mono_ms - t->touched_ms >= TICK_ASKED_MS || lasts_ms >= 8 * TICK_DOUBLE_MS)
        return TICK_RUNGS_MAX;
    return t->tick_rungs_busy << (lasts_ms / TICK_DOUBLE_MS);
}

/* A worker's silence is due too, but no tick's: it is judged when all has been read. */
static bool is_behind(const struct turn *t)
{
    return core_next_deadline(t->core) <= t->now_ms;
}

static void let_others_speak(struct turn *t, int64_t mono_ms, bool little)
{
    bool more = is_behind(t);
    t->backlog_ms = !more ? 0 : t->backlog_ms ? t->backlog_ms : mono_ms;
    t->rest_us = more && little ? now_mono_us() + TICK_REST_US : 0;
}

static bool time_is_due(struct turn *t, int64_t now_ms)
{
    return core_next_due(t->core) <= now_ms && (!t->rest_us || t->rest_us <= now_mono_us());
}

/* What is due at or before now fires before the turn's commands, up to the batch limit. */
static void let_time_pass(struct turn *t)
{
    notice_wall_step(t);
    if (!is_behind(t))
        t->backlog_ms = t->rest_us = 0;
    if (!time_is_due(t, t->now_ms))
        return;
    int64_t mono_ms = now_mono_ms();
    struct command tick = {.kind = COMMAND_TICK, .principal = "", .tick = {rungs_of_turn(t, mono_ms)}};
    turn_decide(t, &tick);
    let_others_speak(t, mono_ms, tick.tick.rungs_max < TICK_RUNGS_MAX);
}

/* --- input --- */

/* The core knows only what is live: the row of an evicted incident is fetched first. */
static void fetch_wanted(struct turn *t, const struct command *command)
{
    uint64_t wanted, last = 0;
    struct row row;
    while ((wanted = core_wants(t->core, command)) && wanted != last) {
        last = wanted;
        if (store_get_row(t->store, wanted, &t->arena, &row) != 0)
            return; /* the core refuses it as unknown */
        core_load(t->core, &row);
    }
}

void turn_decide(struct turn *t, const struct command *command)
{
    fetch_wanted(t, command);
    core_step(t->core, command, t->now_ms, &t->outcome);
}

void turn_command(struct turn *t, const struct command *command)
{
    read_clock(t);
    turn_decide(t, command);
}

void turn_refuse(struct turn *t, uint64_t peer, uint64_t tag, enum refusal_code code, const char *field,
                 const char *reason, uint32_t retry_after_ms)
{
    struct message refusal = {.kind = MESSAGE_REFUSAL, .tag = tag};
    t->stats.refused[code]++;
    if (!peer)
        return;
    refusal.refusal = (struct refusal){code, field, reason, retry_after_ms};
    outbox_put(t->outbox, peer, &refusal);
}

bool turn_full(const struct turn *t, const struct store_space *space)
{
    uint64_t owed = (uint64_t)core_live(t->core) * FINISH_BYTES + (uint64_t)core_sides(t->core) * SIDE_FINISH_BYTES +
                    space->map_bytes / SLACK_PART;
    return space->used_bytes + owed >= space->map_bytes;
}

/* Fullness is decided before the turn, never inside it: room to finish every open task stays. */
static void measure_room(struct turn *t)
{
    struct store_space space;
    store_space(t->store, &space);
    t->full = turn_full(t, &space);
    space.used_bytes -=
        space.used_bytes < space.map_bytes / SLACK_PART / 2 ? space.used_bytes : space.map_bytes / SLACK_PART / 2;
    t->brimful = turn_full(t, &space);
    t->behind = space.tail > TAIL_MAX;
}

/* While a commit is under way its end is looked for now and then: whoever waits for it waits for nothing else. */
static bool is_awaited(const struct turn *t)
{
    return t->aloft.on && t->messages % LANDING_LOOK_MESSAGES == LANDING_LOOK_MESSAGES - 1 && store_landed(t->store);
}

static void take_input(struct turn *t)
{
    struct gate_input in;
    int64_t mono_ms = now_mono_ms();
    t->drained = false;
    measure_room(t);
    for (; t->messages < TURN_MESSAGES_MAX && t->bytes < TURN_BYTES_MAX && !is_awaited(t); t->messages++) {
        t->drained = !gate_receive(t->gate, &t->arena, mono_ms, &in);
        if (t->drained)
            break;
        t->stats.messages++;
        t->touched_ms = mono_ms;
        t->bytes += RECORD_FACTS_BYTES + in.size_bytes;
        take_message(t, &in);
    }
}

/* --- silence --- */

/* A worker is silent only when everything that came in has been read, and only by time in which the broker itself was
 * awake to hear it: after a stall or a suspend every worker gets a fresh grace period. */
static void judge_silence(struct turn *t)
{
    struct command command = {.kind = COMMAND_SILENCE, .principal = ""};
    command.silence.grace = t->stalled;
    if (!t->drained && !t->stalled)
        return;
    if (t->stalled)
        log_warn("stalled grace=1: the broker did not run for a while; no lease ends for that");
    t->stalled = false;
    turn_decide(t, &command);
}

void turn_pulse(struct turn *t)
{
    int64_t now_ms = t->now(t->time);
    if (t->pulse_ms && now_ms - t->pulse_ms > core_policy(t->core)->lease_ms / 2)
        t->stalled = true;
    t->pulse_ms = now_ms;
    if (!t->wall_step_ms)
        t->wall_step_ms = t->step(t->time);
    if (now_mono_ms() - t->expired_ms < 60000)
        return;
    t->expired_ms = now_mono_ms();
    sessions_expire(gate_sessions(t->gate), t->expired_ms - SESSION_IDLE_MS);
}

/* --- output --- */

/* Memory is what is durable now, so readers see no undecided thing. The arena ends with the turn. */
static void answer_readers(struct turn *t)
{
    int64_t until_us = now_mono_us() + t->query_budget_us;
    for (size_t i = 0; i < t->reader_count; i++) {
        struct gate_input *in = &t->readers[i].in;
        in->session = session_get(gate_sessions(t->gate), t->readers[i].peer);
        if (!in->session)
            continue; /* it left within this turn */
        if (now_mono_us() < until_us)
            query_answer(t, in);
        else
            turn_refuse(t, t->readers[i].peer, in->message.tag, REFUSAL_BUSY, NULL, "too many queries at once", 50);
    }
    t->feeds_behind = feed_serve(t);
}

/* The turn is over: nothing of it is needed any more. */
static void forget(struct turn *t)
{
    arena_reset(&t->arena);
    outcome_init(&t->outcome, &t->arena);
}

int turn_settle(struct turn *t)
{
    int error = turn_land(t);
    if (error)
        return error;
    do {
        error = durable_commit_all(t);
        if (error)
            return error;
        speak(t);
        outbox_release(t->outbox);
        forget(t);
    } while (durable_wants(t));
    return 0;
}

/* --- when next --- */

bool turn_wants(struct turn *t)
{
    if (t->aloft.on)
        return store_landed(t->store) || time_is_due(t, t->now(t->time));
    bool feed_goes_on = t->feeds_held && outbox_caught_up(t->outbox) != t->caught_up;
    bool notice_goes_on = t->notices_ms && t->notices_ms <= t->now(t->time);
    return core_offers(t->core) || t->feeds_behind || feed_goes_on || notice_goes_on || t->stalled || t->wall_step_ms ||
           t->outcome.effect_count || outbox_held(t->outbox) || time_is_due(t, t->now(t->time)) ||
           t->outcome.record_count || durable_wants_quietly(t);
}

int64_t turn_wait_ms(struct turn *t)
{
    int64_t due_ms = core_next_due(t->core), wait_ms = durable_wait_ms(t);
    if (t->notices_ms && t->notices_ms < due_ms)
        due_ms = t->notices_ms;
    if (due_ms != INT64_MAX) {
        double real_ms = (double)(due_ms - t->now(t->time)) / t->speed;
        int64_t left_ms = real_ms < 0 ? t->rest_us != 0 : real_ms < 1000 ? (int64_t)real_ms + 1 : 1000;
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
    }
    /* Often enough that turn_pulse can tell a stall from a quiet time. */
    int64_t pulse_ms = (int64_t)((double)core_policy(t->core)->lease_ms / t->speed / 4);
    return wait_ms < pulse_ms ? wait_ms : pulse_ms;
}
