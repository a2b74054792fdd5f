#include "tests/sim/kept_model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct kept_done kept_done;

void kept_fail(struct kept_model *m, const char *format, ...)
{
    va_list arguments;
    if (*m->fault)
        return;
    va_start(arguments, format);
    vsnprintf(m->fault, sizeof(m->fault), format, arguments);
    va_end(arguments);
}

int kept_any(struct kept_model *m, size_t n)
{
    return (int)chance_below(&m->w.chance, n);
}

/* --- the model --- */

bool kept_is_kept(const struct kept_case *c)
{
    return (c->nature == NATURE_REPORT || c->sealed) && *c->about;
}

struct kept_from kept_from_of(const struct kept_model *m, const struct kept_case *c)
{
    return m->from[c - m->cases];
}

/* After every answer: it may have changed who may know what. */
void kept_reckon(struct kept_model *m)
{
    for (size_t i = 0; i < m->case_count; i++)
        m->from[i] = kept_is_kept(&m->cases[i]) ? kept_from(&m->city, m->cases[i].about) : (struct kept_from){0};
}

struct kept_case *kept_case_of(struct kept_model *m, uint64_t id)
{
    for (size_t i = 0; i < m->case_count; i++)
        if (m->cases[i].id == id)
            return &m->cases[i];
    return NULL;
}

const char *kept_name_of(const struct kept_model *m, const struct kept_actor *actor)
{
    return m->city.principals[actor->principal].name;
}

void kept_send(struct kept_model *m, size_t at, struct message *message)
{
    message->tag = ++m->tag;
    network_send(&m->w.network, at, message);
}

void kept_open_case(struct kept_model *m, const struct event *event, uint64_t id)
{
    struct kept_case *c = &m->cases[m->case_count];
    if (m->case_count == KEPT_CASES_MAX || m->told_count == KEPT_TOLD_MAX)
        return; /* what the broker itself opens beyond that nobody speaks of */
    *c = (struct kept_case){.id = id, .nature = event->nature, .sealed = event->sealed};
    ident_format(id, c->text);
    snprintf(c->about, sizeof(c->about), "%s", event->about);
    kept_done.reports += kept_is_kept(c);
    m->case_count++;
    kept_reckon(m);
}

bool kept_ended(enum incident_state state)
{
    return state == INCIDENT_CLOSED || state == INCIDENT_MERGED || state == INCIDENT_CANCELLED ||
           state == INCIDENT_REJECTED;
}

bool kept_names_all(const char *within, const char *about)
{
    char text[KEPT_ABOUT_BYTES], *rest = text, *word;
    snprintf(text, sizeof(text), "%s", about);
    while (*about && (word = strsep(&rest, " ")))
        if (!strstr(within, word)) /* no unit's id begins another's, and an area's only those below it */
            return false;
    return true;
}

bool kept_alike(const struct kept_case *a, const struct kept_case *b)
{
    const char *of_a = kept_is_kept(a) ? a->about : "", *of_b = kept_is_kept(b) ? b->about : "";
    return kept_names_all(of_a, of_b) && kept_names_all(of_b, of_a);
}

/* --- what the excluded side is sent --- */

/* Whoever had the task is told that it is no longer theirs, and not why. A receipt is for whoever knew of it until then:
 * that others get none, hold_refusal sees to. */
static bool may_be_told(const struct kept_model *m, const struct message *message)
{
    const char *why = message->kind == MESSAGE_REVOKE ? message->revoke.reason : "";
    if (message->kind == MESSAGE_RECEIPT)
        return true;
    return message->kind == MESSAGE_REVOKE && m->revoking && !strstr(why, "report") && !strstr(why, "about") &&
           !strstr(why, "exclu");
}

static void hold_text(struct kept_model *m, const struct kept_actor *actor, const struct message *message,
                      const char *text)
{
    for (size_t i = 0; i < m->case_count; i++) {
        const struct kept_case *c = &m->cases[i];
        if (!kept_in(kept_from_of(m, c).principals, actor->principal) || may_be_told(m, message))
            continue;
        if (strstr(text, c->text))
            kept_fail(m, "%s, about %s, is named to %s: %.9000s", c->text, c->about, kept_name_of(m, actor), text);
        for (size_t k = 0; k < m->told_count; k++)
            if (m->told[k].of == i && (strstr(text, m->told[k].event) || strstr(text, m->told[k].marker)))
                kept_fail(m, "what was said in %s, about %s, is told to %s: %.9000s", c->text, c->about,
                          kept_name_of(m, actor), text);
    }
}

/* A worker of a barred unit gets no task of it, whatever else its key is good for. */
static void hold_delivery(struct kept_model *m, const struct kept_actor *actor, const struct message *message)
{
    const struct kept_case *c = message->kind == MESSAGE_TASK ? kept_case_of(m, message->task.incident) : NULL;
    if (c && kept_in(kept_from_of(m, c).units, actor->unit))
        kept_fail(m, "%s, about %s, is offered at %s", c->text, c->about, kept_unit_id(actor->unit));
}

static bool barred_from_any(const struct kept_model *m, const struct kept_actor *actor)
{
    for (size_t i = 0; i < m->case_count; i++)
        if (kept_in(kept_from_of(m, &m->cases[i]).principals, actor->principal))
            return true;
    return false;
}

static void note_listed(struct kept_model *m, const struct message *message)
{
    for (size_t i = 0; i < message->answer.row_count; i++) {
        const struct kept_case *c = kept_case_of(m, message->answer.rows[i].incident);
        if (c)
            m->listed_by_chief |= 1u << (c - m->cases);
    }
}

static void acknowledge(struct kept_model *m, size_t at, uint64_t seq)
{
    struct message message = {.kind = MESSAGE_ACKNOWLEDGE, .acknowledge = {seq}};
    kept_send(m, at, &message);
}

static void hear(struct kept_model *m, size_t at, const struct message *message)
{
    const struct kept_actor *actor = &m->actors[at];
    struct buffer text = {0};
    if (message->kind == MESSAGE_NOTICE && message->notice.seq && kept_any(m, 3) == 0)
        acknowledge(m, at, message->notice.seq);
    if (message->kind == MESSAGE_ANSWER && actor->principal == CHIEF)
        note_listed(m, message);
    hold_delivery(m, actor, message);
    if (m->prying && message->kind == MESSAGE_ANSWER && message->answer.kind == QUERY_EXPLAIN)
        kept_fail(m, "what is kept from %s is explained to it", kept_name_of(m, actor));
    if (!barred_from_any(m, actor))
        return;
    wire_json(message, &text);
    buffer_append(&text, "", 1);
    hold_text(m, actor, message, (const char *)text.data);
    buffer_release(&text);
}

struct letter {
    struct letter *next;
    size_t to;
    struct message message;
};

static struct letter *collect(struct kept_model *m)
{
    struct letter *first = NULL, **end = &first;
    struct message message;
    for (size_t i = 0; i < m->actor_count; i++)
        while (network_receive(&m->w.network, i, &m->step, &message)) {
            *end = ARENA_NEW(&m->step, struct letter, 1);
            **end = (struct letter){NULL, i, message};
            end = &(*end)->next;
        }
    return first;
}

static void take_answer(struct kept_model *m, const struct letter *letters)
{
    for (; letters && m->said.tag; letters = letters->next) {
        if (letters->to != m->sayer || letters->message.tag != m->said.tag)
            continue;
        m->answer = letters->message;
        m->said.tag = 0;
        if (m->follow && m->answer.kind == MESSAGE_RECEIPT)
            m->follow(m);
        kept_reckon(m);
    }
}

static void listen_all(struct kept_model *m)
{
    struct letter *letters = collect(m);
    take_answer(m, letters);
    for (; letters; letters = letters->next)
        hear(m, letters->to, &letters->message);
}

/* --- everybody is connected --- */

void kept_subscribe(struct kept_model *m, size_t at, const char *cursor)
{
    struct message message = {.kind = MESSAGE_SUBSCRIBE};
    message.subscribe.cursor = cursor;
    message.subscribe.credit = 4000;
    kept_send(m, at, &message);
}

void kept_connect(struct kept_model *m, size_t at)
{
    const struct kept_actor *actor = &m->actors[at];
    struct message message = {.kind = MESSAGE_HELLO};
    bool works = actor->endpoint == 'W';
    m->w.network.connection[at]++;
    message.hello = (struct hello){.version = WIRE_VERSION,
                                   .client = "model",
                                   .unit = works ? kept_unit_id(actor->unit) : NULL,
                                   .worker = works ? actor->worker : NULL};
    kept_send(m, at, &message);
    if (actor->endpoint == 'F')
        kept_subscribe(m, at, m->w.restarts > 1 && kept_any(m, 4) ? "end" : ""); /* few read the whole trail again */
    if (!works && (actor->principal != UNIT_SOURCE || actor->endpoint != 'P'))
        return;
    message = (struct message){.kind = MESSAGE_CREDIT};
    message.credit.n = works ? 4 : 1000; /* so that some of it waits in queues */
    kept_send(m, at, &message);
}

static void add_actor(struct kept_model *m, int principal, char endpoint, int unit)
{
    struct kept_actor *actor = &m->actors[m->actor_count];
    *actor = (struct kept_actor){.principal = principal, .unit = unit, .endpoint = endpoint};
    snprintf(actor->worker, sizeof(actor->worker), "w%zu", m->actor_count);
    m->w.network.principals[m->actor_count] = kept_name_of(m, actor);
    m->w.network.endpoints[m->actor_count++] = endpoint;
}

void kept_cast(struct kept_model *m)
{
    for (int i = 0; i < KEPT_PRINCIPALS; i++) {
        bool source = i == HOTLINE || i == CAMERA || i == UNIT_SOURCE;
        add_actor(m, i, source ? 'P' : 'C', KEPT_NONE);
        if (i != CAMERA && i != OPS)
            add_actor(m, i, 'F', KEPT_NONE);
    }
    for (int i = 0; i < KEPT_UNITS; i++)
        add_actor(m, kept_department(i), 'W', i);
    add_actor(m, EVERYBODY, 'W', kept_any(m, KEPT_UNITS));
    for (int i = 0; i < KEPT_UNITS; i++)
        if (kept_in(m->city.principals[BOTH].units, i))
            add_actor(m, BOTH, 'W', i);
}

/* --- turns --- */

void kept_turn(struct kept_model *m)
{
    uint64_t restarts = m->w.restarts;
    if (!world_turn(&m->w))
        kept_fail(m, "the broker did not come up: %.300s", m->w.fault);
    for (size_t i = 0; m->w.restarts != restarts && i < m->actor_count; i++)
        kept_connect(m, i);
    listen_all(m);
}

/* Everything due happens; nothing is silent for long. */
void kept_pass(struct kept_model *m, int64_t span_ms)
{
    struct message beat = {.kind = MESSAGE_HEARTBEAT};
    int64_t until_ms = m->w.now_ms + span_ms;
    beat.heartbeat.holding = -1;
    for (int64_t due_ms; (due_ms = core_next_due(m->w.turn.core)) <= until_ms && !*m->fault;) {
        if (due_ms > m->w.now_ms)
            m->w.now_ms = due_ms;
        for (size_t i = 0; i < m->actor_count; i++)
            if (m->actors[i].endpoint == 'W')
                kept_send(m, i, &beat);
        kept_turn(m);
    }
    if (m->w.now_ms < until_ms) /* it may have been down for longer */
        m->w.now_ms = until_ms;
    kept_turn(m);
}

/* Says it, and waits for what comes of it. */
void kept_tell(struct kept_model *m, size_t at, struct message *message, void (*follow)(struct kept_model *))
{
    m->sayer = at;
    m->follow = follow;
    m->answer = (struct message){0};
    kept_send(m, at, message);
    m->said = *message;
    kept_turn(m);
    if (world_finish_job(&m->w))
        kept_turn(m);
    m->said.tag = 0;
}

size_t kept_seat_of(const struct kept_model *m, int principal)
{
    size_t at = 0;
    while (m->actors[at].principal != principal || m->actors[at].endpoint == 'F' || m->actors[at].endpoint == 'W')
        at++;
    return at;
}

const char *kept_any_person(struct kept_model *m)
{
    static const char *const people[] = {"张三", "李四", "王五", "赵六", "钱七",
                                         "孙八", "周九", "吴十", "郑一", "冯二"};
    return people[kept_any(m, 10)];
}
