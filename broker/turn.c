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
#include "broker/core/right.h"
#include "broker/durable.h"
#include "broker/feed.h"
#include "broker/notice.h"
#include "broker/now.h"
#include "broker/query.h"
#include "broker/reload.h"

#define RECORD_FACTS_BYTES 1024 /* what a record says beside the texts it carries, about */

static void begin(struct turn *);
static void read_clock(struct turn *);
static void decide(struct turn *, const struct command *);
static void let_time_pass(struct turn *);
static void take_input(struct turn *);
static void judge_silence(struct turn *);
static bool goes_on(const struct turn *);
static bool goes_beside(struct turn *);
static int commit_and_speak(struct turn *);
static void speak(struct turn *);
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

/* The commit of a large turn runs beside the next one: what that one decides is said when it is durable itself. Not when
 * somebody is told or asked about what is (memory would be ahead of it), nor while a job is to end between turns; and now
 * and then a turn is committed alone, so that feeds are told. */
static bool goes_beside(struct turn *t)
{
    bool beside = t->reader_count == 0 && t->outcome.record_count >= t->beside_records_min &&
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
    begin(t);
    if (!t->beside_records_min)
        t->beside_records_min = BESIDE_RECORDS_MIN;
    if (!t->query_budget_us)
        t->query_budget_us = QUERY_BUDGET_US;
}

/* An empty turn. It may take several passes, while the commit before it is under way. */
static void begin(struct turn *t)
{
    t->bytes = t->messages = t->reader_count = 0;
    t->readers = arena_take(&t->arena, sizeof(struct reader) * TURN_MESSAGES_MAX);
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

static void notice_wall_step(struct turn *t)
{
    int64_t step = t->step(t->time);
    if (!step)
        return;
    log_warn("wall_step ms=%lld: %s", (long long)step,
             llabs(step) < STEP_SLEW_MS ? "slewed away" : "the broker's time does not follow it");
    decide(t, &(struct command){.kind = COMMAND_WALL_STEP, .principal = "", .wall_step = {step}});
}

/* What is due at or before now fires before the turn's commands, up to the batch limit. */
static void let_time_pass(struct turn *t)
{
    notice_wall_step(t);
    if (core_next_due(t->core) <= t->now_ms)
        decide(t, &(struct command){.kind = COMMAND_TICK, .principal = ""});
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

static void decide(struct turn *t, const struct command *command)
{
    fetch_wanted(t, command);
    core_step(t->core, command, t->now_ms, &t->outcome);
}

void turn_command(struct turn *t, const struct command *command)
{
    read_clock(t);
    decide(t, command);
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

static void refuse(struct turn *t, const struct gate_input *in, enum refusal_code code, const char *reason)
{
    turn_refuse(t, in->session->peer, in->message.tag, code, NULL, reason, 0);
}

/* What every command of a session carries. */
static struct command command_of(const struct gate_input *in, enum command_kind kind)
{
    return (struct command){
        .kind = kind,
        .peer = in->session->peer,
        .tag = in->message.tag,
        .principal = in->principal,
        .endpoint = in->session->endpoint,
        .worker = in->session->worker,
        .unit = in->session->unit,
    };
}

static void welcome(struct turn *t, const struct gate_input *in)
{
    const struct store_meta *meta = store_meta(t->store);
    uint32_t silent_ms = (uint32_t)((double)core_policy(t->core)->lease_ms / t->speed);
    struct message message = {.kind = MESSAGE_WELCOME, .tag = in->message.tag};
    message.welcome = (struct welcome){
        .version = WIRE_VERSION,
        .broker = "bihuand " BIHUAN_VERSION,
        .principal = in->principal,
        .journal = meta->journal,
        .term = meta->term,
        .now_ms = t->now_ms,
        .heartbeat_ms = silent_ms / 3,
        .silent_ms = silent_ms,
        .exercise = t->exercise,
        .speed = t->speed,
    };
    outbox_put(t->outbox, in->session->peer, &message);
}

/* Whether the core seats the worker. Its leased tasks come again as effects, hence after the welcome, which goes to the
 * outbox within the turn. */
static bool seat_worker(struct turn *t, const struct gate_input *in)
{
    struct command command = command_of(in, COMMAND_HELLO);
    size_t before = t->outcome.effect_count;
    command.unit = in->message.hello.unit;
    command.worker = in->message.hello.worker;
    decide(t, &command);
    return t->outcome.effect_count == before || t->outcome.effects[before].kind != EFFECT_REFUSAL;
}

static void take_hello(struct turn *t, const struct gate_input *in)
{
    struct session *session = in->session;
    bool works = session->endpoint == 'W';
    if (works && !seat_worker(t, in))
        return;
    snprintf(session->unit, sizeof(session->unit), "%s", works ? in->message.hello.unit : "");
    snprintf(session->worker, sizeof(session->worker), "%s", works ? in->message.hello.worker : "");
    session->welcomed = true;
    welcome(t, in);
}

static void take_heartbeat(struct turn *t, const struct gate_input *in)
{
    struct message echo = {.kind = MESSAGE_HEARTBEAT, .tag = in->message.tag};
    echo.heartbeat.holding = -1;
    outbox_put(t->outbox, in->session->peer, &echo);
}

static void take_credit(struct turn *t, const struct gate_input *in)
{
    uint32_t n = in->message.credit.n;
    if (in->session->endpoint == 'P') {
        notice_take_credit(t, in);
        return;
    }
    if (in->session->endpoint == 'F') {
        uint32_t room = CREDIT_MAX - in->session->credit;
        in->session->credit += n < room ? n : room;
        return;
    }
    struct command command = command_of(in, COMMAND_CREDIT);
    command.credit.n = n;
    decide(t, &command);
}

static void take_bye(struct turn *t, const struct gate_input *in)
{
    struct command command = command_of(in, COMMAND_BYE);
    command.bye.drain = in->message.bye.drain;
    if (in->session->endpoint == 'W')
        decide(t, &command);
    if (!command.bye.drain)
        session_drop(gate_sessions(t->gate), in->session->peer);
}

/* NULL: no place was given. "": a point that lies in no polygon. */
static const char *area_of(const struct turn *t, const struct place *place)
{
    if (place->area && *place->area)
        return place->area;
    if (!place->has_point)
        return NULL;
    return place_find(t->place, place->system, place->latitude, place->longitude);
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

/* Half of the slack is for what cannot wait. */
static bool urgent(const struct turn *t, const struct event *event)
{
    const struct type *type = policy_type(t->policy, event->type);
    return event->panic || event->severity == 1 || (!event->severity && type && type->severity == 1);
}

/* A repeat is answered all the same. */
static bool refuse_when_full(struct turn *t, const struct command *command)
{
    struct receipt receipt;
    bool has_reserve = !t->brimful && urgent(t, command->publish.event);
    if ((!t->full && !t->behind) || has_reserve || core_receipt(t->core, &command->key, t->now_ms, &receipt))
        return false;
    if (t->full)
        turn_refuse(t, command->peer, command->tag, REFUSAL_STORE_FULL, NULL, "the store is full; open tasks go on",
                    60000);
    else
        turn_refuse(t, command->peer, command->tag, REFUSAL_OVERLOADED, NULL, "rows are behind the journal", 1000);
    return true;
}

static void take_publish(struct turn *t, const struct gate_input *in)
{
    const struct event *event = &in->message.publish;
    struct command command = command_of(in, COMMAND_PUBLISH);
    command.key = gate_key("publish", in->principal, event->id);
    command.digest = gate_event_digest(event);
    command.publish.event = event;
    command.publish.area = area_of(t, &event->place);
    if (t->policy->border.near_m > 0)
        command.publish.near =
            place_near(t->place, &event->place, t->policy->border.near_m, &t->arena, &command.publish.near_count);
    if (!refuse_when_full(t, &command))
        decide(t, &command);
}

static void take_word(struct turn *t, const struct gate_input *in)
{
    const struct word *word = &in->message.word;
    struct command command = command_of(in, COMMAND_WORD);
    command.key = gate_key("word", in->principal,
                           arena_printf(&t->arena, "%llx/%u/%u/%d/%s", (unsigned long long)word->incident, word->task,
                                        word->epoch, (int)word->verb, word->request));
    command.digest = gate_word_digest(word);
    command.word = word;
    decide(t, &command);
}

static void take_act(struct turn *t, const struct gate_input *in)
{
    const struct act *act = &in->message.act;
    struct command command = command_of(in, COMMAND_ACT);
    command.key = gate_key("act", in->principal, act->request);
    command.digest = gate_act_digest(act);
    command.act = act;
    decide(t, &command);
}

static void deny(struct turn *t, const struct gate_input *in, const char *reason)
{
    struct command command = command_of(in, COMMAND_DENY);
    command.deny.code = REFUSAL_FORBIDDEN;
    decide(t, &command);
    refuse(t, in, REFUSAL_FORBIDDEN, reason);
}

static void take_reader(struct turn *t, const struct gate_input *in)
{
    if (!query_permitted(t, in))
        deny(t, in, "your roles may not read this");
    else
        t->readers[t->reader_count++] = (struct reader){in->session->peer, *in};
}

static bool may_operate(struct turn *t, const struct gate_input *in)
{
    if (right_has(policy_principal(t->policy, in->principal), RIGHT_OPERATE))
        return true;
    deny(t, in, "only an operator may do this");
    return false;
}

static void take_reload(struct turn *t, const struct gate_input *in)
{
    if (may_operate(t, in))
        reload_start(t, in->session->peer, in->message.tag, in->principal, in->message.reload.request,
                     in->message.reload.person);
}

static void take_backup(struct turn *t, const struct gate_input *in)
{
    if (may_operate(t, in))
        backup_start(t, in->session->peer, in->message.tag, in->message.backup.path);
}

static const struct {
    void (*take)(struct turn *, const struct gate_input *);
} takers[] = {
    [MESSAGE_HELLO] = {take_hello},
    [MESSAGE_HEARTBEAT] = {take_heartbeat},
    [MESSAGE_BYE] = {take_bye},
    [MESSAGE_PUBLISH] = {take_publish},
    [MESSAGE_STATUS] = {take_reader},
    [MESSAGE_CREDIT] = {take_credit},
    [MESSAGE_WORD] = {take_word},
    [MESSAGE_ACT] = {take_act},
    [MESSAGE_QUERY] = {take_reader},
    [MESSAGE_RELOAD] = {take_reload},
    [MESSAGE_BACKUP] = {take_backup},
    [MESSAGE_SUBSCRIBE] = {take_reader},
    [MESSAGE_ACKNOWLEDGE] = {notice_take_acknowledge},
};

static void take(struct turn *t, const struct gate_input *in)
{
    if (in->bad) {
        turn_refuse(t, in->session->peer, in->message.tag, in->refusal.code, in->refusal.field, in->refusal.reason,
                    in->refusal.retry_after_ms);
        return;
    }
    if (!in->principal) {
        refuse(t, in, REFUSAL_UNKNOWN_SENDER, "no principal has this key or uid");
        return;
    }
    if (!in->session->welcomed && in->message.kind != MESSAGE_HELLO) {
        refuse(t, in, REFUSAL_HELLO_FIRST, "say hello first on a new connection");
        return;
    }
    if (in->session->endpoint == 'W' && in->session->welcomed) {
        struct command heard = command_of(in, COMMAND_HEARD);
        heard.heard.holding = in->message.kind == MESSAGE_HEARTBEAT ? in->message.heartbeat.holding : -1;
        core_step(t->core, &heard, t->now_ms, &t->outcome);
    }
    ASSERT((size_t)in->message.kind < sizeof(takers) / sizeof(takers[0]) && takers[in->message.kind].take);
    takers[in->message.kind].take(t, in);
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
        take(t, &in);
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
    decide(t, &command);
}

void turn_pulse(struct turn *t)
{
    int64_t now_ms = t->now(t->time);
    if (t->pulse_ms && now_ms - t->pulse_ms > core_policy(t->core)->lease_ms / 2)
        t->stalled = true;
    t->pulse_ms = now_ms;
    if (now_mono_ms() - t->expired_ms < 60000)
        return;
    t->expired_ms = now_mono_ms();
    sessions_expire(gate_sessions(t->gate), t->expired_ms - SESSION_IDLE_MS);
}

/* --- output --- */

/* Whoever gets the task late, or again, knows all the same how pressing it is. */
static void tell_oversight(const struct row *row, struct delivery *delivery)
{
    const struct incident_more *more = row->head.more;
    delivery->urges = more && more->oversight ? more->oversight->urges : 0;
    for (size_t i = 0; i < row->clock_count; i++)
        if (row->clocks[i].kind == CLOCK_SUPERVISE && row->clocks[i].state == CLOCK_RUNNING)
            delivery->supervised_ms = row->clocks[i].due_ms;
}

/* Another report of it may say better where it is. */
static const struct event *with_better_place(struct turn *t, const struct row *row, const struct event *event)
{
    struct record placed;
    uint64_t seq = row->reports ? row->reports->placed : 0;
    if (!seq || seq == row->head.opened_seq || store_get_record(t->store, seq, &t->arena, &placed) != 0 ||
        !placed.event)
        return event;
    struct event *copy = arena_memdup(&t->arena, event, sizeof(*event));
    copy->place = placed.event->place;
    return copy;
}

/* What the lead must see to before it says `resolved`. */
static const char *closing_of(const struct turn *t, const struct row *row, const struct task *task)
{
    const struct type *type = policy_type_now(t->policy, policy_type(t->policy, row->head.type));
    return task->role == TASK_LEAD && type && type->closing ? type->closing : "";
}

/* The body is fetched when the offer is durable: the event from the record that opened the incident. */
static void deliver(struct turn *t, const struct effect *effect)
{
    struct row row;
    struct record opened;
    if (!core_row(t->core, effect->incident, &t->arena, &row))
        return; /* ended since: the revoke follows */
    if (store_get_record(t->store, row.head.opened_seq, &t->arena, &opened) != 0)
        panic("incident %llu has no record %llu", (unsigned long long)effect->incident,
              (unsigned long long)row.head.opened_seq);
    struct message message = {.kind = MESSAGE_TASK};
    struct clock *own = ARENA_NEW(&t->arena, struct clock, row.clock_count + 1);
    size_t own_count = 0;
    for (size_t i = 0; i < row.clock_count; i++)
        if (row.clocks[i].task == effect->task)
            own[own_count++] = row.clocks[i];
    for (size_t i = 0; i < row.task_count; i++)
        if (row.tasks[i].no == effect->task)
            message.task.task = row.tasks[i];
    if (message.task.task.epoch != effect->epoch)
        return; /* moved on within this turn */
    message.task.incident = effect->incident;
    message.task.head = row.head;
    message.task.event = with_better_place(t, &row, opened.event);
    message.task.clocks = own;
    message.task.clock_count = own_count;
    message.task.resume = effect->resume;
    tell_oversight(&row, &message.task);
    message.task.closing = closing_of(t, &row, &message.task.task);
    outbox_put(t->outbox, effect->peer, &message);
}

static void say(struct turn *t, const struct effect *effect)
{
    struct message message = {.tag = effect->tag};
    switch (effect->kind) {
    case EFFECT_RECEIPT:
        message.kind = MESSAGE_RECEIPT;
        message.receipt = effect->receipt;
        break;
    case EFFECT_REFUSAL:
        message.kind = MESSAGE_REFUSAL;
        message.refusal = effect->refusal;
        t->stats.refused[effect->refusal.code]++;
        break;
    case EFFECT_REVOKE:
        message.kind = MESSAGE_REVOKE;
        message.revoke = (struct revoke){effect->incident, effect->task, effect->epoch, effect->reason};
        break;
    case EFFECT_URGE:
        message.kind = MESSAGE_URGE;
        message.urge = *effect->urge;
        break;
    case EFFECT_DELIVER:
        deliver(t, effect);
        return;
    }
    outbox_put(t->outbox, effect->peer, &message);
}

/* Everything decided is durable now. */
static void speak(struct turn *t)
{
    for (size_t i = 0; i < t->outcome.effect_count; i++)
        if (t->outcome.effects[i].peer)
            say(t, &t->outcome.effects[i]);
}

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
        return store_landed(t->store) || core_next_due(t->core) <= t->now(t->time);
    bool feed_goes_on = t->feeds_held && outbox_caught_up(t->outbox) != t->caught_up;
    bool notice_goes_on = t->notices_ms && t->notices_ms <= t->now(t->time);
    return t->feeds_behind || feed_goes_on || notice_goes_on || t->stalled || t->outcome.effect_count ||
           outbox_held(t->outbox) || core_next_due(t->core) <= t->now(t->time) || t->outcome.record_count ||
           durable_wants_quietly(t);
}

int64_t turn_wait_ms(struct turn *t)
{
    int64_t due_ms = core_next_due(t->core), wait_ms = durable_wait_ms(t);
    if (t->notices_ms && t->notices_ms < due_ms)
        due_ms = t->notices_ms;
    if (due_ms != INT64_MAX) {
        double real_ms = (double)(due_ms - t->now(t->time)) / t->speed;
        int64_t left_ms = real_ms < 0 ? 0 : real_ms < 1000 ? (int64_t)real_ms + 1 : 1000;
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
    }
    /* Often enough that turn_pulse can tell a stall from a quiet time. */
    int64_t pulse_ms = (int64_t)((double)core_policy(t->core)->lease_ms / t->speed / 4);
    return wait_ms < pulse_ms ? wait_ms : pulse_ms;
}
