#include "tests/sim/actors.h"

#include <stdio.h>
#include <string.h>

#define AGAIN_MS     4000 /* an unanswered question is asked again */
#define HEARTBEAT_MS 4000

static struct chance *dice(struct actor *a)
{
    return &a->world->chance;
}

static bool percent(struct actor *a, unsigned n)
{
    return chance_percent(dice(a), n);
}

static int64_t now(const struct actor *a)
{
    return a->world->now_ms;
}

static void send(struct actor *a, const struct message *message)
{
    network_send(&a->world->network, a->at, message);
}

void actor_init(struct actor *a, struct world *world, size_t at, char letter, const char *principal, const char *unit)
{
    memset(a, 0, sizeof(*a));
    a->world = world;
    a->at = at;
    a->letter = letter;
    a->unit = unit;
    arena_init(&a->arena);
    snprintf(a->worker, sizeof(a->worker), "worker-%zu", at);
    world->network.principals[at] = principal;
    world->network.endpoints[at] = letter;
}

void actor_release(struct actor *a)
{
    arena_release(&a->arena);
}

/* The first receipt counts: of a repeat there may come more. */
static void remember(struct actor *a, const char *request, const struct receipt *receipt)
{
    struct said *said = ARENA_NEW(&a->arena, struct said, 1);
    *said = (struct said){a->said, request, receipt->incident, receipt->seq};
    a->said = said;
}

static const char *next_request(struct actor *a)
{
    return arena_printf(&a->arena, "%zu-%u-%llu", a->at, a->lives, (unsigned long long)++a->requests);
}

static void ask(struct actor *a, struct asking *asking, const struct message *message)
{
    asking->active = true;
    asking->again_ms = 0;
    asking->message = *message;
    asking->message.tag = ++a->tag;
}

static void tend(struct actor *a, struct asking *asking)
{
    if (!asking->active || now(a) < asking->again_ms)
        return;
    asking->again_ms = now(a) + AGAIN_MS;
    send(a, &asking->message);
}

/* --- connection --- */

/* Its frames under way come late, or to nobody. */
static void reconnect(struct actor *a)
{
    a->welcomed = false;
    a->world->network.connection[a->at]++;
}

static void say_hello(struct actor *a)
{
    struct message hello = {.kind = MESSAGE_HELLO};
    if (a->welcomed || now(a) < a->hello_ms)
        return;
    a->hello_ms = now(a) + 2000;
    hello.hello = (struct hello){.version = WIRE_VERSION, .client = "sim", .packs = a->at % 2};
    if (a->letter == 'W') {
        hello.hello.unit = a->unit;
        hello.hello.worker = a->worker;
    }
    send(a, &hello);
}

static void on_welcome(struct actor *a)
{
    struct message credit = {.kind = MESSAGE_CREDIT};
    a->welcomed = true;
    if (a->letter != 'W')
        return;
    credit.credit.n = 8;
    send(a, &credit);
}

static int32_t holding(const struct actor *a)
{
    int32_t n = 0;
    for (size_t i = 0; i < HELD_MAX; i++)
        n += a->held[i].active;
    return n;
}

static void heartbeat(struct actor *a)
{
    struct message beat = {.kind = MESSAGE_HEARTBEAT};
    beat.heartbeat.holding = holding(a);
    if (a->letter != 'W' || now(a) < a->heartbeat_ms)
        return;
    a->heartbeat_ms = now(a) + HEARTBEAT_MS;
    send(a, &beat);
    /* Credit may have been lost on the way: more is harmless, the broker bounds it. */
    struct message credit = {.kind = MESSAGE_CREDIT};
    credit.credit.n = 1;
    send(a, &credit);
}

/* --- sources --- */

static const char *const types[] = {"1.01", "1.02", "1.03", "2.01"};
static const char *const areas[] = {"620802001001", "620802001002", "620802002001", "620802001", NULL};

static void publish(struct actor *a, struct promise *p, bool other)
{
    struct message m = {.kind = MESSAGE_PUBLISH, .tag = (uint64_t)(p - a->events)};
    m.publish.id = p->id;
    m.publish.type = p->type;
    m.publish.place.area = p->area;
    m.publish.text = other ? "something else" : "模拟";
    m.publish.severity = 0;
    p->sent = true;
    send(a, &m);
}

static void new_event(struct actor *a)
{
    struct promise *p = &a->events[a->event_count++];
    snprintf(p->id, sizeof(p->id), "e-%zu-%zu", a->at, a->event_count);
    p->type = types[chance_below(dice(a), 4)];
    p->area = areas[chance_below(dice(a), 5)];
    publish(a, p, false);
}

static void source_step(struct actor *a, bool calm)
{
    if (!calm && a->event_count < EVENTS_MAX && percent(a, 20))
        new_event(a);
    if (now(a) < a->publish_ms)
        return;
    a->publish_ms = now(a) + AGAIN_MS;
    for (size_t i = 0; i < a->event_count; i++)
        if (!a->events[i].promised || percent(a, 5))
            publish(a, &a->events[i], a->events[i].promised && percent(a, 20));
}

/* The first receipt for ever. */
static void source_receipt(struct actor *a, const struct message *m)
{
    struct promise *p = &a->events[m->tag % EVENTS_MAX];
    const struct receipt *r = &m->receipt;
    if (!p->promised)
        p->receipt = *r;
    else if (p->receipt.incident != r->incident || p->receipt.seq != r->seq || p->receipt.term != r->term ||
             p->receipt.at_ms != r->at_ms)
        snprintf(a->fault, sizeof(a->fault), "%s: receipt changed: seq %llu then %llu, term %u then %u", p->id,
                 (unsigned long long)p->receipt.seq, (unsigned long long)r->seq, p->receipt.term, r->term);
    p->promised = true;
}

static void source_refusal(struct actor *a, const struct message *m)
{
    if (m->refusal.code == REFUSAL_ID_CONFLICT)
        a->conflicts++;
    else if (m->refusal.code != REFUSAL_HELLO_FIRST && m->refusal.code != REFUSAL_BUSY)
        snprintf(a->fault, sizeof(a->fault), "a good event was refused: %s %s", refusal_name(m->refusal.code),
                 m->refusal.reason ? m->refusal.reason : "");
}

/* --- workers --- */

static struct held *held_of(struct actor *a, uint64_t incident, uint32_t task)
{
    struct held *room = NULL;
    for (size_t i = 0; i < HELD_MAX; i++) {
        if (a->held[i].active && a->held[i].incident == incident && a->held[i].task == task)
            return &a->held[i];
        if (!a->held[i].active)
            room = &a->held[i];
    }
    return room;
}

static void on_task(struct actor *a, const struct delivery *d)
{
    struct held *held = held_of(a, d->incident, d->task.no);
    if (!held || (held->active && held->epoch >= d->task.epoch))
        return;
    *held = (struct held){.active = true, .incident = d->incident, .task = d->task.no, .epoch = d->task.epoch};
    held->responded = d->task.state != TASK_OFFERED;
}

static enum word_verb choose_word(struct actor *a, const struct held *held, bool calm)
{
    if (!held->responded)
        return !calm && percent(a, 8) ? WORD_GIVE_BACK : !calm && percent(a, 8) ? WORD_RETURN : WORD_RESPOND;
    if (percent(a, 30))
        return percent(a, 50) ? WORD_ARRIVE : WORD_NOTE;
    return !calm && percent(a, 10) ? WORD_RETURN : WORD_FEEDBACK;
}

static void speak(struct actor *a, struct held *held, bool calm)
{
    struct message m = {.kind = MESSAGE_WORD};
    m.word = (struct word){.request = next_request(a),
                           .verb = choose_word(a, held, calm),
                           .incident = held->incident,
                           .task = held->task,
                           .epoch = held->epoch,
                           .person = "张三"};
    if (m.word.verb == WORD_FEEDBACK)
        m.word.outcome = OUTCOME_RESOLVED;
    if (m.word.verb == WORD_RETURN)
        m.word.reason = "not_ours";
    if (m.word.verb == WORD_NOTE)
        m.word.text = "在路上";
    ask(a, &held->asking, &m);
}

static void worker_step(struct actor *a, bool calm)
{
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct held *held = &a->held[i];
        if (!held->active)
            continue;
        if (!held->asking.active && percent(a, 30))
            speak(a, held, calm);
        tend(a, &held->asking);
    }
    if (calm || !percent(a, 1))
        return;
    /* Dies: all in its head is gone; comes back later under its old name, or as somebody new. */
    memset(a->held, 0, sizeof(a->held));
    a->lives++;
    reconnect(a);
    a->dead_until_ms = now(a) + (int64_t)chance_below(dice(a), 60000);
    if (percent(a, 50))
        snprintf(a->worker, sizeof(a->worker), "worker-%zu-%u", a->at, a->lives);
}

static struct held *held_by_tag(struct actor *a, uint64_t tag)
{
    for (size_t i = 0; i < HELD_MAX; i++)
        if (a->held[i].active && a->held[i].asking.active && a->held[i].asking.message.tag == tag)
            return &a->held[i];
    return NULL;
}

static void worker_receipt(struct actor *a, const struct message *m)
{
    struct held *held = held_by_tag(a, m->tag);
    if (!held)
        return;
    enum word_verb verb = held->asking.message.word.verb;
    remember(a, held->asking.message.word.request, &m->receipt);
    held->asking.active = false;
    held->responded = held->responded || verb == WORD_RESPOND;
    a->fed_back += verb == WORD_FEEDBACK;
    if (verb == WORD_FEEDBACK || verb == WORD_RETURN || verb == WORD_GIVE_BACK)
        held->active = false;
}

static void worker_refusal(struct actor *a, const struct message *m)
{
    struct held *held = held_by_tag(a, m->tag);
    switch (m->refusal.code) {
    case REFUSAL_HELLO_FIRST:
    case REFUSAL_BUSY:
        return;
    case REFUSAL_UNKNOWN_INCIDENT: /* another department's by now: nothing is said of it; what was promised, audit.c holds */
    case REFUSAL_STALE_EPOCH:
    case REFUSAL_NOT_HOLDER:
    case REFUSAL_WRONG_STATE:
        if (held)
            held->active = false; /* it is not ours any more */
        return;
    default:
        snprintf(a->fault, sizeof(a->fault), "a worker was refused: %s %s", refusal_name(m->refusal.code),
                 m->refusal.reason ? m->refusal.reason : "");
    }
}

static void on_revoke(struct actor *a, const struct revoke *revoke)
{
    for (size_t i = 0; i < HELD_MAX; i++)
        if (a->held[i].incident == revoke->incident && a->held[i].task == revoke->task &&
            a->held[i].epoch <= revoke->epoch)
            a->held[i].active = false;
}

/* --- the dispatcher: lists what is live, and does what only the centre can --- */

static void act(struct actor *a, struct act body)
{
    struct message m = {.kind = MESSAGE_ACT};
    body.request = next_request(a);
    body.person = body.verb == ACT_VERIFY ? "赵六" : "王五"; /* whoever dispatched may not verify */
    m.act = body;
    ask(a, &a->asking, &m);
}

static bool mend(struct actor *a, const struct row *row, bool calm)
{
    if (row->head.state == INCIDENT_UNROUTED || row->head.state == INCIDENT_DESK) {
        act(a, (struct act){.verb = ACT_ASSIGN, .incident = row->incident, .unit = "u-city"});
        return true;
    }
    if (row->head.state == INCIDENT_VERIFYING) {
        act(a,
            (struct act){
                .verb = ACT_VERIFY, .incident = row->incident, .passed = calm || percent(a, 80), .reason = "checked"});
        return true;
    }
    for (size_t i = 0; i < row->task_count; i++) {
        const struct task *task = &row->tasks[i];
        bool release = task->state == TASK_SHELVED ||
                       (task->state == TASK_RETURNED && (strcmp(task->unit, "u-city") == 0 || percent(a, 50)));
        if (task->state != TASK_SHELVED && task->state != TASK_RETURNED)
            continue;
        act(a, (struct act){.verb = release ? ACT_RELEASE : ACT_TRANSFER,
                            .incident = row->incident,
                            .task = task->no,
                            .unit = release ? NULL : "u-city",
                            .reason = "decided"});
        return true;
    }
    return false;
}

static void dispatcher_step(struct actor *a)
{
    struct message list = {.kind = MESSAGE_QUERY};
    if (!a->asking.active && percent(a, 40)) {
        list.query.kind = QUERY_LIST;
        list.query.live_only = true;
        list.query.limit = 200;
        ask(a, &a->asking, &list);
    }
    tend(a, &a->asking);
}

static void dispatcher_answer(struct actor *a, const struct message *m, bool calm)
{
    size_t start = chance_below(dice(a), m->answer.row_count + 1);
    if (!a->asking.active || m->tag != a->asking.message.tag)
        return;
    a->asking.active = false;
    a->seen = 0;
    a->list_done = true;
    for (size_t i = 0; i < m->answer.row_count; i++)
        a->seen += m->answer.rows[i].head.state != INCIDENT_CLOSED;
    for (size_t i = 0; i < m->answer.row_count; i++)
        if (mend(a, &m->answer.rows[(start + i) % m->answer.row_count], calm))
            return;
}

/* --- the operator puts another configuration in force --- */

static void operator_step(struct actor *a, bool calm)
{
    struct message reload = {.kind = MESSAGE_RELOAD};
    if (!calm && !a->asking.active && percent(a, 1)) {
        a->edit(a->edit_arg);
        reload.reload.request = next_request(a);
        ask(a, &a->asking, &reload);
    }
    tend(a, &a->asking);
}

static void centre_receipt(struct actor *a, const struct message *m)
{
    const struct message *said = &a->asking.message;
    a->asking.active = false;
    a->reloads += said->kind == MESSAGE_RELOAD;
    remember(a, said->kind == MESSAGE_RELOAD ? said->reload.request : said->act.request, &m->receipt);
}

static void dispatcher_refusal(struct actor *a, const struct message *m)
{
    bool stale = m->tag != a->asking.message.tag;
    if (m->refusal.code == REFUSAL_HELLO_FIRST)
        return;
    if (!stale)
        a->asking.active = false;
    if (stale && a->edit) /* a reload that came twice, and finds other files by now */
        return;
    if (m->refusal.code != REFUSAL_WRONG_STATE && m->refusal.code != REFUSAL_BUSY &&
        m->refusal.code != REFUSAL_TOO_MANY)
        snprintf(a->fault, sizeof(a->fault), "the dispatcher was refused: %s %s", refusal_name(m->refusal.code),
                 m->refusal.reason ? m->refusal.reason : "");
}

/* --- one step --- */

static void on_refusal(struct actor *a, const struct message *m)
{
    if (m->refusal.code == REFUSAL_HELLO_FIRST)
        a->welcomed = false;
    if (a->letter == 'P')
        source_refusal(a, m);
    else if (a->letter == 'W')
        worker_refusal(a, m);
    else
        dispatcher_refusal(a, m);
}

static void on_receipt(struct actor *a, const struct message *m)
{
    if (a->letter == 'P')
        source_receipt(a, m);
    else if (a->letter == 'W')
        worker_receipt(a, m);
    else if (a->asking.active && m->tag == a->asking.message.tag)
        centre_receipt(a, m);
}

static void on_receipts(struct actor *a, const struct receipt_pack *pack)
{
    for (size_t i = 0; i < pack->count; i++) {
        const struct receipted *one = &pack->all[i];
        struct message alone = {.kind = MESSAGE_RECEIPT, .tag = one->tag};
        alone.receipt = (struct receipt){one->incident, pack->journal, pack->term, one->seq, one->at_ms, false};
        on_receipt(a, &alone);
    }
}

static void read(struct actor *a, const struct message *m, bool calm)
{
    switch (m->kind) {
    case MESSAGE_WELCOME:
        on_welcome(a);
        break;
    case MESSAGE_RECEIPT:
        on_receipt(a, m);
        break;
    case MESSAGE_RECEIPTS:
        on_receipts(a, &m->receipts);
        break;
    case MESSAGE_REFUSAL:
        on_refusal(a, m);
        break;
    case MESSAGE_TASK:
        on_task(a, &m->task);
        break;
    case MESSAGE_REVOKE:
        on_revoke(a, &m->revoke);
        break;
    case MESSAGE_ANSWER:
        dispatcher_answer(a, m, calm);
        break;
    default:
        break;
    }
}

void actor_step(struct actor *a, bool calm)
{
    struct arena arena;
    struct message message;
    if (now(a) < a->dead_until_ms && !calm)
        return;
    arena_init(&arena);
    while (network_receive(&a->world->network, a->at, &arena, &message))
        read(a, &message, calm);
    arena_release(&arena);
    if (a->reconnects && !calm && percent(a, 1))
        reconnect(a);
    say_hello(a);
    if (!a->welcomed)
        return;
    heartbeat(a);
    if (a->letter == 'P')
        source_step(a, calm);
    else if (a->letter == 'W')
        worker_step(a, calm);
    else if (a->edit)
        operator_step(a, calm);
    else
        dispatcher_step(a);
}
