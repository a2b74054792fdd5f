/* The model of exclusion: small random cities, reports about random units and posts, and every act, word and question that
 * there is, by everybody, with reloads and crashes between. After every step nothing that anybody on the excluded side was
 * ever sent names the report, nothing they say of it differs from what they are told of a number that never was, no task
 * and no rung of it is theirs; and it is in front of somebody else. Who is excluded is reckoned by the model (kept_city.c).
 *
 * build/tests/test_exclusion [SEED]; BIHUAN_SIM_SEEDS says how many seeds (default 60, and more until each verb was done). */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "schemas/ident.h"
#include "schemas/record.h"
#include "tests/sim/kept_say.h"

#define STEPS     120
#define CASES_MAX 14
#define TOLD_MAX  20
#define MINUTE_MS 60000
#define START_MS  INT64_C(1790000000000)
#define NOWHERE   UINT64_C(0x123456) /* the number of an incident that never was */

/* An incident as the model knows it. */
struct kept_case {
    uint64_t id;
    char text[IDENT_TEXT_BYTES];
    char about[KEPT_ABOUT_BYTES];
    enum nature nature;
    bool sealed, over;
};

/* What was published into it: none of it may be read by those it is kept from. */
struct told {
    size_t of;
    char event[16], marker[16];
};

struct model_actor {
    int principal, unit; /* unit: of a worker */
    char endpoint;
    char worker[16];
};

struct model {
    struct world w;
    struct city files;
    struct arena arena, step;
    struct kept_city city, tried;
    struct model_actor actors[ACTORS_MAX];
    size_t actor_count;
    struct kept_case cases[CASES_MAX];
    struct kept_from from[CASES_MAX];
    size_t case_count;
    struct told told[TOLD_MAX];
    size_t told_count;
    unsigned published;
    struct message said; /* the command of this step, and its answer */
    size_t sayer;
    struct message answer;
    void (*follow)(struct model *); /* what the answer means: known before anybody's mail is looked at */
    uint64_t tag, seen;
    uint64_t survivor;        /* of the last merge: more are excluded from it soon */
    bool prying;              /* whoever asks now may learn nothing of one incident */
    bool revoking;            /* what they had may be taken from them in this step */
    kept_set listed_by_chief; /* bit i: the i-th case */
    char fault[9600];
};

/* What was accepted of an excluded report, and refused for it, over all seeds. */
static unsigned acts_done[ACT_END], words_done[WORD_END], acts_kept[ACT_END], words_kept[WORD_END];
static unsigned reloads_done, crashes_done, passed_over, reports_opened;

__attribute__((format(printf, 2, 3))) static void fail(struct model *m, const char *format, ...)
{
    va_list arguments;
    if (*m->fault)
        return;
    va_start(arguments, format);
    vsnprintf(m->fault, sizeof(m->fault), format, arguments);
    va_end(arguments);
}

static int any(struct model *m, size_t n)
{
    return (int)chance_below(&m->w.chance, n);
}

/* --- the model --- */

static bool is_kept(const struct kept_case *c)
{
    return (c->nature == NATURE_REPORT || c->sealed) && *c->about;
}

static struct kept_from from_of(const struct model *m, const struct kept_case *c)
{
    return m->from[c - m->cases];
}

/* After every answer: it may have changed who may know what. */
static void reckon(struct model *m)
{
    for (size_t i = 0; i < m->case_count; i++)
        m->from[i] = is_kept(&m->cases[i]) ? kept_from(&m->city, m->cases[i].about) : (struct kept_from){0};
}

static bool in(kept_set set, int i)
{
    return i >= 0 && (set >> i & 1u);
}

static struct kept_case *case_of(struct model *m, uint64_t id)
{
    for (size_t i = 0; i < m->case_count; i++)
        if (m->cases[i].id == id)
            return &m->cases[i];
    return NULL;
}

static const char *name_of(const struct model *m, const struct model_actor *actor)
{
    return m->city.principals[actor->principal].name;
}

static void send(struct model *m, size_t at, struct message *message)
{
    message->tag = ++m->tag;
    network_send(&m->w.network, at, message);
}

/* --- what the excluded side is sent --- */

/* Whoever had the task is told that it is no longer theirs, and not why. A receipt is for whoever knew of it until then:
 * that others get none, hold_refusal sees to. */
static bool may_be_told(const struct model *m, const struct message *message)
{
    const char *why = message->kind == MESSAGE_REVOKE ? message->revoke.reason : "";
    if (message->kind == MESSAGE_RECEIPT)
        return true;
    return message->kind == MESSAGE_REVOKE && m->revoking && !strstr(why, "report") && !strstr(why, "about") &&
           !strstr(why, "exclu");
}

static void hold_text(struct model *m, const struct model_actor *actor, const struct message *message, const char *text)
{
    for (size_t i = 0; i < m->case_count; i++) {
        const struct kept_case *c = &m->cases[i];
        if (!in(from_of(m, c).principals, actor->principal) || may_be_told(m, message))
            continue;
        if (strstr(text, c->text))
            fail(m, "%s, about %s, is named to %s: %.9000s", c->text, c->about, name_of(m, actor), text);
        for (size_t k = 0; k < m->told_count; k++)
            if (m->told[k].of == i && (strstr(text, m->told[k].event) || strstr(text, m->told[k].marker)))
                fail(m, "what was said in %s, about %s, is told to %s: %.9000s", c->text, c->about, name_of(m, actor),
                     text);
    }
}

/* A worker of a barred unit gets no task of it, whatever else its key is good for. */
static void hold_delivery(struct model *m, const struct model_actor *actor, const struct message *message)
{
    const struct kept_case *c = message->kind == MESSAGE_TASK ? case_of(m, message->task.incident) : NULL;
    if (c && in(from_of(m, c).units, actor->unit))
        fail(m, "%s, about %s, is offered at %s", c->text, c->about, kept_unit_id(actor->unit));
}

static bool barred_from_any(const struct model *m, const struct model_actor *actor)
{
    for (size_t i = 0; i < m->case_count; i++)
        if (in(from_of(m, &m->cases[i]).principals, actor->principal))
            return true;
    return false;
}

static void note_listed(struct model *m, const struct message *message)
{
    for (size_t i = 0; i < message->answer.row_count; i++) {
        const struct kept_case *c = case_of(m, message->answer.rows[i].incident);
        if (c)
            m->listed_by_chief |= 1u << (c - m->cases);
    }
}

static void acknowledge(struct model *m, size_t at, uint64_t seq)
{
    struct message message = {.kind = MESSAGE_ACKNOWLEDGE, .acknowledge = {seq}};
    send(m, at, &message);
}

static void hear(struct model *m, size_t at, const struct message *message)
{
    const struct model_actor *actor = &m->actors[at];
    struct buffer text = {0};
    if (message->kind == MESSAGE_NOTICE && message->notice.seq && any(m, 3) == 0)
        acknowledge(m, at, message->notice.seq);
    if (message->kind == MESSAGE_ANSWER && actor->principal == CHIEF)
        note_listed(m, message);
    hold_delivery(m, actor, message);
    if (m->prying && message->kind == MESSAGE_ANSWER && message->answer.kind == QUERY_EXPLAIN)
        fail(m, "what is kept from %s is explained to it", name_of(m, actor));
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

static struct letter *collect(struct model *m)
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

static void take_answer(struct model *m, const struct letter *letters)
{
    for (; letters && m->said.tag; letters = letters->next) {
        if (letters->to != m->sayer || letters->message.tag != m->said.tag)
            continue;
        m->answer = letters->message;
        m->said.tag = 0;
        if (m->follow && m->answer.kind == MESSAGE_RECEIPT)
            m->follow(m);
        reckon(m);
    }
}

static void listen_all(struct model *m)
{
    struct letter *letters = collect(m);
    take_answer(m, letters);
    for (; letters; letters = letters->next)
        hear(m, letters->to, &letters->message);
}

/* --- everybody is connected --- */

static void subscribe(struct model *m, size_t at, const char *cursor)
{
    struct message message = {.kind = MESSAGE_SUBSCRIBE};
    message.subscribe.cursor = cursor;
    message.subscribe.credit = 4000;
    send(m, at, &message);
}

static void connect_actor(struct model *m, size_t at)
{
    const struct model_actor *actor = &m->actors[at];
    struct message message = {.kind = MESSAGE_HELLO};
    bool works = actor->endpoint == 'W';
    m->w.network.connection[at]++;
    message.hello = (struct hello){.version = WIRE_VERSION,
                                   .client = "model",
                                   .unit = works ? kept_unit_id(actor->unit) : NULL,
                                   .worker = works ? actor->worker : NULL};
    send(m, at, &message);
    if (actor->endpoint == 'F')
        subscribe(m, at, m->w.restarts > 1 && any(m, 4) ? "end" : ""); /* few read the whole trail again */
    if (!works && (actor->principal != UNIT_SOURCE || actor->endpoint != 'P'))
        return;
    message = (struct message){.kind = MESSAGE_CREDIT};
    message.credit.n = works ? 4 : 1000; /* so that some of it waits in queues */
    send(m, at, &message);
}

static void add_actor(struct model *m, int principal, char endpoint, int unit)
{
    struct model_actor *actor = &m->actors[m->actor_count];
    *actor = (struct model_actor){.principal = principal, .unit = unit, .endpoint = endpoint};
    snprintf(actor->worker, sizeof(actor->worker), "w%zu", m->actor_count);
    m->w.network.principals[m->actor_count] = name_of(m, actor);
    m->w.network.endpoints[m->actor_count++] = endpoint;
}

static void cast(struct model *m)
{
    for (int i = 0; i < KEPT_PRINCIPALS; i++) {
        bool source = i == HOTLINE || i == CAMERA || i == UNIT_SOURCE;
        add_actor(m, i, source ? 'P' : 'C', KEPT_NONE);
        if (i != CAMERA && i != OPS)
            add_actor(m, i, 'F', KEPT_NONE);
    }
    for (int i = 0; i < KEPT_UNITS; i++)
        add_actor(m, kept_department(i), 'W', i);
    add_actor(m, EVERYBODY, 'W', any(m, KEPT_UNITS));
    for (int i = 0; i < KEPT_UNITS; i++)
        if (in(m->city.principals[BOTH].units, i))
            add_actor(m, BOTH, 'W', i);
}

/* --- turns --- */

static void turn(struct model *m)
{
    uint64_t restarts = m->w.restarts;
    if (!world_turn(&m->w))
        fail(m, "the broker did not come up: %.300s", m->w.fault);
    for (size_t i = 0; m->w.restarts != restarts && i < m->actor_count; i++)
        connect_actor(m, i);
    listen_all(m);
}

/* Everything due happens; nothing is silent for long. */
static void pass(struct model *m, int64_t span_ms)
{
    struct message beat = {.kind = MESSAGE_HEARTBEAT};
    int64_t until_ms = m->w.now_ms + span_ms;
    beat.heartbeat.holding = -1;
    for (int64_t due_ms; (due_ms = core_next_due(m->w.turn.core)) <= until_ms && !*m->fault;) {
        if (due_ms > m->w.now_ms)
            m->w.now_ms = due_ms;
        for (size_t i = 0; i < m->actor_count; i++)
            if (m->actors[i].endpoint == 'W')
                send(m, i, &beat);
        turn(m);
    }
    if (m->w.now_ms < until_ms) /* it may have been down for longer */
        m->w.now_ms = until_ms;
    turn(m);
}

/* Says it, and waits for what comes of it. */
static void say(struct model *m, size_t at, struct message *message, void (*follow)(struct model *))
{
    m->sayer = at;
    m->follow = follow;
    m->answer = (struct message){0};
    send(m, at, message);
    m->said = *message;
    turn(m);
    if (world_finish_job(&m->w))
        turn(m);
    m->said.tag = 0;
}

static size_t seat_of(const struct model *m, int principal)
{
    size_t at = 0;
    while (m->actors[at].principal != principal || m->actors[at].endpoint == 'F' || m->actors[at].endpoint == 'W')
        at++;
    return at;
}

/* --- events --- */

static void tell_of(struct model *m, const struct event *event, size_t of)
{
    struct told *told = &m->told[m->told_count++];
    told->of = of;
    snprintf(told->event, sizeof(told->event), "\"%s\"", event->id);
    snprintf(told->marker, sizeof(told->marker), "%s", event->text);
}

static void open_case(struct model *m, const struct event *event, uint64_t id)
{
    struct kept_case *c = &m->cases[m->case_count];
    if (m->case_count == CASES_MAX || m->told_count == TOLD_MAX)
        return; /* what the broker itself opens beyond that nobody speaks of */
    *c = (struct kept_case){.id = id, .nature = event->nature, .sealed = event->sealed};
    ident_format(id, c->text);
    snprintf(c->about, sizeof(c->about), "%s", event->about);
    reports_opened += is_kept(c);
    m->case_count++;
    reckon(m);
}

static int word_of_one(const char *about)
{
    return strchr(about, ' ') ? KEPT_NONE : kept_unit_of(about);
}

/* Where the rule of type 1.01 sends it, and what an ordinary word about a unit's work goes to. */
static void hold_route(struct model *m, const struct event *event, const struct kept_case *c)
{
    struct row row;
    int natural = kept_now(&m->city, m->city.first), lead = natural, about = word_of_one(event->about);
    bool of_work =
        event->nature == NATURE_COMPLAINT || event->nature == NATURE_SUGGEST || event->nature == NATURE_PRAISE;
    if (strcmp(event->type, "1.01") != 0 || !core_row(m->w.turn.core, c->id, &m->step, &row))
        return;
    if (is_kept(c) && in(from_of(m, c).units, natural))
        lead = kept_instead(&m->city, c->about);
    else if (!is_kept(c) && of_work && *event->about && about >= 0)
        lead = kept_now(&m->city, about);
    else if (!is_kept(c) && *event->about)
        return;
    passed_over += lead != natural;
    if (lead < 0 ? row.head.unrouted != UNROUTED_EXCLUDED
                 : !row.task_count || strcmp(row.tasks[0].unit, kept_unit_id(lead)) != 0)
        fail(m, "%s of nature %s about \"%s\" belongs to %s, and is at %s", c->text, nature_name(c->nature),
             event->about, lead < 0 ? "nobody" : kept_unit_id(lead), row.task_count ? row.tasks[0].unit : "nobody");
}

/* What the receipt of an event means. */
static void follow_event(struct model *m)
{
    const struct event *event = &m->said.publish;
    const struct kept_case *before = case_of(m, m->answer.receipt.incident);
    bool kept = (event->nature == NATURE_REPORT || event->sealed) && *event->about;
    if (kept && (before || !m->answer.receipt.incident))
        fail(m, "a report about %s opens nothing of its own", event->about);
    else if (before && is_kept(before))
        fail(m, "what anybody may see is lost in %s, which is about %s", before->text, before->about);
    else if (before)
        tell_of(m, event, (size_t)(before - m->cases));
    else if (m->answer.receipt.incident) {
        open_case(m, event, m->answer.receipt.incident);
        tell_of(m, event, m->case_count - 1);
    }
    if (!*m->fault && !before && m->answer.receipt.incident)
        hold_route(m, event, &m->cases[m->case_count - 1]);
}

/* Some of what comes is an exercise that was committed to. */
static void commit_to(struct model *m, const struct kept_saying *s, const char *event)
{
    struct message message = {.kind = MESSAGE_ACT};
    message.act = (struct act){.verb = ACT_COMMIT_EXERCISE, .person = "王五", .name = kept_commitment(s, event)};
    message.act.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    say(m, seat_of(m, CHIEF), &message, NULL);
}

static void publish(struct model *m, const struct kept_saying *s)
{
    struct message message = {.kind = MESSAGE_PUBLISH};
    struct event *event = &message.publish;
    if (m->case_count == CASES_MAX || m->told_count == TOLD_MAX)
        return;
    static const int by[] = {HOTLINE, CAMERA, UNIT_SOURCE};
    int source = by[any(m, 3)];
    kept_draw_event(s, event);
    event->source_ref = source == CAMERA && any(m, 2) ? KEPT_DEVICE : NULL;
    event->id = arena_printf(&m->step, "ev-%u.", ++m->published);
    event->text = arena_printf(&m->step, "mark-%u.", m->published);
    if (any(m, 3) == 0)
        commit_to(m, s, event->id);
    say(m, seat_of(m, source), &message, follow_event);
    bool known = kept_means_somebody(&m->city, event->about);
    if (!known && m->answer.kind == MESSAGE_RECEIPT)
        fail(m, "an event is accepted about %s", event->about);
    if (known && m->answer.kind != MESSAGE_RECEIPT)
        fail(m, "an event is not accepted: %s", m->answer.kind == MESSAGE_REFUSAL ? m->answer.refusal.reason : "");
}

/* --- acts and words --- */

static bool ended(enum incident_state state)
{
    return state == INCIDENT_CLOSED || state == INCIDENT_MERGED || state == INCIDENT_CANCELLED ||
           state == INCIDENT_REJECTED;
}

static bool names_all(const char *within, const char *about)
{
    char text[KEPT_ABOUT_BYTES], *rest = text, *word;
    snprintf(text, sizeof(text), "%s", about);
    while (*about && (word = strsep(&rest, " ")))
        if (!strstr(within, word)) /* no unit's id begins another's, and an area's only those below it */
            return false;
    return true;
}

static bool excluded_alike(const struct kept_case *a, const struct kept_case *b)
{
    const char *of_a = is_kept(a) ? a->about : "", *of_b = is_kept(b) ? b->about : "";
    return names_all(of_a, of_b) && names_all(of_b, of_a);
}

/* What an accepted act means for who is kept from what. */
static void follow_act(struct model *m)
{
    const struct act *act = &m->said.act;
    struct kept_case *c = case_of(m, act->incident), *into = case_of(m, act->into);
    acts_done[act->verb] += c && is_kept(c);
    if (act->verb == ACT_EXCLUDE && !kept_means_somebody(&m->city, act->about))
        fail(m, "excluded from %s is %s", c->text, act->about);
    if (act->verb == ACT_EXCLUDE) {
        snprintf(c->about, sizeof(c->about), "%s", act->about);
        c->sealed |= *c->about && c->nature != NATURE_REPORT;
    }
    if (act->verb == ACT_MERGE && into)
        m->survivor = into->id;
    if (act->verb == ACT_MERGE && into && !excluded_alike(c, into))
        fail(m, "%s, about \"%s\", is merged into %s, about \"%s\"", c->text, c->about, into->text, into->about);
}

/* Of what is kept from whoever speaks they are told what they would be told of a number that never was. */
static void hold_same_answer(struct model *m, size_t at, struct message message)
{
    struct refusal first = m->answer.refusal;
    enum message_kind kind = m->answer.kind;
    const char **request = message.kind == MESSAGE_ACT ? &message.act.request : &message.word.request;
    *request = arena_printf(&m->step, "n%" PRIu64, m->tag);
    say(m, at, &message, NULL);
    if (kind != MESSAGE_REFUSAL || m->answer.kind != MESSAGE_REFUSAL || first.code != m->answer.refusal.code ||
        strcmp(first.reason, m->answer.refusal.reason) != 0)
        fail(m, "%s learns that there is a report: \"%s\", and of nothing \"%s\"", name_of(m, &m->actors[at]),
             kind == MESSAGE_REFUSAL ? first.reason : "accepted",
             m->answer.kind == MESSAGE_REFUSAL ? m->answer.refusal.reason : "accepted");
}

static void hold_refusal(struct model *m, size_t at, struct message message)
{
    if (message.kind == MESSAGE_ACT)
        message.act.incident = NOWHERE;
    else
        message.word.incident = NOWHERE;
    hold_same_answer(m, at, message);
}

/* The same of what something is to be merged into. */
static void hold_refusal_into(struct model *m, size_t at, struct message message)
{
    const struct kept_case *into = case_of(m, message.act.into);
    if (!into || into->id == message.act.incident || !in(from_of(m, into).principals, m->actors[at].principal))
        return;
    message.act.into = NOWHERE;
    hold_same_answer(m, at, message);
}

static const char *any_person(struct model *m)
{
    static const char *const people[] = {"张三", "李四", "王五", "赵六", "钱七",
                                         "孙八", "周九", "吴十", "郑一", "冯二"};
    return people[any(m, 10)];
}

/* What was granted to one is for that one only. */
static void speak_as_asker(struct model *m, const struct row *row, int *speaker, struct act *act)
{
    for (size_t i = 0; act->verb == ACT_OPEN_IDENTITY && i < row->ask_count; i++)
        for (int k = 0; k < KEPT_PRINCIPALS && row->asks[i].decision == DECISION_GRANTED; k++)
            if (strcmp(m->city.principals[k].name, row->asks[i].principal) == 0) {
                *speaker = k;
                act->person = row->asks[i].person;
            }
}

/* Only a duty chief lets somebody in again; and what is taken from them goes to whoever else may have it. */
static void hold_exclusion(struct model *m, const struct kept_saying *s, const struct kept_case *c,
                           const struct kept_case *was, int speaker)
{
    bool chief = strstr(m->city.principals[speaker].roles, "duty_chief") != NULL;
    struct row row;
    if (m->answer.kind != MESSAGE_RECEIPT)
        return;
    if (is_kept(was) && !names_all(c->about, was->about) && !chief)
        fail(m, "%s lets in again whom %s was about: \"%s\", now \"%s\"", m->city.principals[speaker].name, c->text,
             was->about, c->about);
    if (s->row->head.state == INCIDENT_OPEN && core_row(m->w.turn.core, c->id, &m->step, &row) &&
        row.head.state == INCIDENT_UNROUTED && kept_instead(&m->city, c->about) >= 0)
        fail(m, "%s, about %s, is nobody's, and %s may have it", c->text, c->about,
             kept_unit_id(kept_instead(&m->city, c->about)));
}

/* Nor does a shift count for them what is kept from them. */
static void hold_handover(struct model *m, const char *shift, int speaker)
{
    struct side side;
    struct row row;
    uint64_t cursor = 0, count = 0;
    if (m->answer.kind != MESSAGE_RECEIPT || !core_side(m->w.turn.core, SIDE_SHIFT, shift, &m->step, &side))
        return;
    while (core_next_live(m->w.turn.core, &cursor, &m->step, &row)) {
        const struct kept_case *c = case_of(m, row.incident);
        count += !ended(row.head.state) && !(c && in(from_of(m, c).principals, speaker));
    }
    if (side.count != count)
        fail(m, "%s hands %u over, and may know of %" PRIu64, m->city.principals[speaker].name, (unsigned)side.count,
             count);
}

static void act(struct model *m, const struct kept_saying *s, struct kept_case *c)
{
    struct message message = {.kind = MESSAGE_ACT};
    struct kept_case was = *c;
    int by = kept_draw_act(s, &message.act);
    int speaker = chance_percent(&m->w.chance, 75) ? by : any(m, KEPT_PRINCIPALS);
    if (!message.act.person)
        message.act.person = any_person(m);
    if (chance_percent(&m->w.chance, 75))
        speak_as_asker(m, s->row, &speaker, &message.act);
    size_t at = seat_of(m, speaker);
    bool kept_from_it = in(from_of(m, c).principals, speaker);
    message.act.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    m->revoking = true;
    say(m, at, &message, follow_act);
    m->revoking = false;
    acts_kept[message.act.verb] += m->answer.kind == MESSAGE_REFUSAL && m->answer.refusal.code == REFUSAL_EXCLUDED;
    if (message.act.verb == ACT_EXCLUDE)
        hold_exclusion(m, s, c, &was, speaker);
    if (message.act.verb == ACT_HAND_OVER && speaker == UNIT_DESK)
        hold_handover(m, message.act.name, speaker);
    if (kept_from_it && message.act.incident)
        hold_refusal(m, at, message);
    else if (message.act.verb == ACT_MERGE)
        hold_refusal_into(m, at, message);
}

static size_t holder_of(struct model *m, const struct row *row, uint32_t no)
{
    for (size_t i = 0; i < row->task_count; i++)
        for (size_t k = 0; row->tasks[i].no == no && k < m->actor_count; k++)
            if (m->actors[k].endpoint == 'W' && strcmp(m->actors[k].worker, row->tasks[i].worker) == 0)
                return k;
    return SIZE_MAX;
}

static size_t any_worker(struct model *m)
{
    size_t at;
    do
        at = (size_t)any(m, m->actor_count);
    while (m->actors[at].endpoint != 'W');
    return at;
}

static void word(struct model *m, const struct kept_saying *s, struct kept_case *c)
{
    struct message message = {.kind = MESSAGE_WORD};
    bool by_worker = chance_percent(&m->w.chance, 65);
    if (!kept_draw_word(s, by_worker, &message.word))
        return;
    size_t at = by_worker ? holder_of(m, s->row, message.word.task) : seat_of(m, any(m, 2) ? CHIEF : DISPATCHER);
    if (at == SIZE_MAX || chance_percent(&m->w.chance, 15))
        at = by_worker ? any_worker(m) : seat_of(m, any(m, KEPT_PRINCIPALS));
    bool kept_from_it = in(from_of(m, c).principals, m->actors[at].principal);
    if (m->actors[at].endpoint == 'P')
        return;
    message.word.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    message.word.person = any_person(m);
    m->revoking = true;
    say(m, at, &message, NULL);
    m->revoking = false;
    words_done[message.word.verb] += m->answer.kind == MESSAGE_RECEIPT && is_kept(c);
    words_kept[message.word.verb] += m->answer.kind == MESSAGE_REFUSAL && m->answer.refusal.code == REFUSAL_EXCLUDED;
    if (kept_from_it)
        hold_refusal(m, at, message);
}

/* --- what chance alone would seldom bring about --- */

static uint64_t tell_by_device(struct model *m)
{
    struct message message = {.kind = MESSAGE_PUBLISH};
    struct event *event = &message.publish;
    event->type = "1.02";
    event->nature = NATURE_HELP;
    event->place.area = kept_areas[3];
    event->source_ref = KEPT_DEVICE;
    event->about = "";
    event->id = arena_printf(&m->step, "ev-%u.", ++m->published);
    event->text = arena_printf(&m->step, "mark-%u.", m->published);
    say(m, seat_of(m, CAMERA), &message, follow_event);
    return m->answer.kind == MESSAGE_RECEIPT ? m->answer.receipt.incident : 0;
}

static void act_as_chief(struct model *m, struct act act)
{
    struct message message = {.kind = MESSAGE_ACT};
    act.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    act.person = "王五";
    act.reason = "缘由";
    message.act = act;
    m->revoking = true;
    say(m, seat_of(m, CHIEF), &message, follow_act);
    m->revoking = false;
}

static void speak_for_repairer(struct model *m, uint64_t incident, enum word_verb verb)
{
    struct message message = {.kind = MESSAGE_WORD};
    struct row row;
    if (!core_row(m->w.turn.core, incident, &m->step, &row) || !row.task_count)
        return;
    message.word = (struct word){.verb = verb, .incident = incident, .task = 1, .person = "王五", .text = "说明"};
    message.word.on_behalf = row.tasks[0].unit;
    message.word.outcome = verb == WORD_FEEDBACK ? OUTCOME_RESOLVED : 0;
    message.word.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    say(m, seat_of(m, CHIEF), &message, NULL);
}

/* A device's false alarm comes to be about somebody; then the device is mended. */
static void mend_device(struct model *m)
{
    kept_set units = m->city.principals[UNIT_DESK].units;
    int unit = 0;
    if (m->case_count + 2 > CASES_MAX || m->told_count + 2 > TOLD_MAX)
        return;
    while (!in(units, unit))
        unit++;
    uint64_t first = tell_by_device(m);
    act_as_chief(m, (struct act){.verb = ACT_EXCLUDE, .incident = first, .about = kept_unit_id(unit)});
    act_as_chief(m, (struct act){.verb = ACT_CLOSE, .incident = first, .outcome = OUTCOME_FALSE_ALARM});
    uint64_t then = tell_by_device(m);
    speak_for_repairer(m, then, WORD_RESPOND);
    speak_for_repairer(m, then, WORD_FEEDBACK);
}

/* --- another day --- */

static void follow_reload(struct model *m)
{
    m->city = m->tried;
    reloads_done++;
}

static void reload(struct model *m)
{
    struct message message = {.kind = MESSAGE_RELOAD};
    m->tried = m->city;
    kept_change(&m->tried, &m->w.chance);
    kept_write(&m->tried, &m->files);
    city_try(&m->files);
    message.reload.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    m->revoking = true;
    say(m, seat_of(m, OPS), &message, follow_reload);
    m->revoking = false;
    city_keep(&m->files, m->answer.kind == MESSAGE_RECEIPT);
    if (m->answer.kind != MESSAGE_RECEIPT && m->answer.refusal.code != REFUSAL_POLICY_IN_USE &&
        !strstr(m->answer.refusal.reason, "retired without"))
        fail(m, "the reload: %.600s", m->answer.refusal.reason);
}

static void crash(struct model *m)
{
    m->w.next_commit = any(m, 2) ? CRASH_LOST : CRASH_UNKNOWN;
    crashes_done++;
    pass(m, MINUTE_MS);
    m->w.next_commit = CRASH_NONE;
}

/* --- what must be true after every step --- */

static void hold_rung(struct model *m, const struct kept_case *c, const struct rung *rung)
{
    if (in(from_of(m, c).areas, kept_area_of(rung->to_area)))
        fail(m, "a rung of %s, about %s, climbs to %s", c->text, c->about, rung->to_area);
    if (rung->colour >= RUNG_RED && !*rung->to_post && !*rung->to_unit && kept_instead(&m->city, c->about) >= 0)
        fail(m, "a rung of %s, about %s, is told to nobody", c->text, c->about);
}

/* An area's post, or that of a unit. */
static bool is_barred_post(const struct kept_from *from, const char *title)
{
    bool of_area = title[0] == 'p', of_unit = title[0] == 'q';
    return (of_area || of_unit) && title[1] && !title[2] && in(of_area ? from->areas : from->units, title[1] - '0');
}

/* The post that it is charged to may be one that another bears. */
static bool is_barred_name(const struct kept_from *from, const char *name, const char *key)
{
    return in(from->units, kept_unit_of(name)) || (strcmp(key, "post") != 0 && is_barred_post(from, name));
}

/* Nobody who is barred is named anywhere but where it says whom it is about, and who had it once. */
static void hold_names(struct model *m, const struct kept_case *c, const struct kept_from *from, const json_t *at,
                       const char *path)
{
    static const char *const history[] = {"about", "tasks", "asks", "undo", "voices", "event", "sides", "bearer_post"};
    const char *key;
    json_t *value;
    size_t i;
    for (i = 0; i < sizeof(history) / sizeof(*history); i++)
        if (strcmp(path, history[i]) == 0)
            return;
    if (json_is_string(at) && is_barred_name(from, json_string_value(at), path))
        fail(m, "a record of %s, about %s, says %s %s", c->text, c->about, path, json_string_value(at));
    json_object_foreach((json_t *)at, key, value) hold_names(m, c, from, value, key);
    json_array_foreach(at, i, value) hold_names(m, c, from, value, path);
}

static void hold_record(struct model *m, const struct record *record, const struct kept_case *c)
{
    struct kept_from from = from_of(m, c);
    struct buffer text = {0};
    bool knew = record->kind == RECORD_EXCLUDED || record->kind == RECORD_OPENED; /* until then, or from itself */
    for (int i = 0; i < KEPT_PRINCIPALS && !knew; i++)
        if (in(from.principals, i) && strcmp(m->city.principals[i].name, record->principal) == 0)
            fail(m, "%s did something to %s, which is about %s", record->principal, c->text, c->about);
    record_json(record, &text);
    json_t *json = json_loadb((const char *)text.data, text.size, 0, NULL);
    hold_names(m, c, &from, json, "");
    json_decref(json);
    buffer_release(&text);
    if (record->rung)
        hold_rung(m, c, record->rung);
}

static int look(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct model *m = arg;
    (void)bytes;
    (void)size;
    m->seen = record->seq;
    if (record->kind == RECORD_OPENED && !case_of(m, record->changes[0].incident))
        open_case(m, record->event, record->changes[0].incident); /* by the broker: somebody may come to be excluded */
    for (size_t i = 0; i < record->change_count; i++) {
        const struct kept_case *c = case_of(m, record->changes[i].incident);
        if (c && is_kept(c))
            hold_record(m, record, c);
    }
    return 0;
}

static bool at_work(const struct task *task)
{
    return task->state != TASK_DONE && task->state != TASK_WITHDRAWN;
}

static void hold_row(struct model *m, const struct kept_case *c, const struct row *row)
{
    struct kept_from from = from_of(m, c);
    bool led = false;
    for (size_t i = 0; i < row->task_count; i++) {
        const struct task *task = &row->tasks[i];
        const char *sub_unit = task->more ? task->more->sub_unit : "";
        led |= task->role == TASK_LEAD && task->state != TASK_WITHDRAWN;
        if (at_work(task) && (in(from.units, kept_unit_of(task->unit)) || in(from.units, kept_unit_of(sub_unit))))
            fail(m, "task %u of %s, about %s, is %s at %s %s", task->no, c->text, c->about,
                 task_state_name(task->state), task->unit, sub_unit);
    }
    if (row->head.state == INCIDENT_OPEN && !led)
        fail(m, "%s is open and nobody's", c->text);
    const struct oversight *oversight = row->head.more ? row->head.more->oversight : NULL;
    if (oversight && oversight->bearer_post && is_barred_post(&from, oversight->bearer_post))
        fail(m, "%s, about %s, is borne by %s", c->text, c->about, oversight->bearer_post);
}

/* The duty chief has everything before him: no report is lost. */
static void hold_reach(struct model *m)
{
    struct message list = {.kind = MESSAGE_QUERY};
    struct row row;
    uint64_t cursor = 0;
    list.query = (struct query){.kind = QUERY_LIST, .cursor = "", .limit = 200};
    m->listed_by_chief = 0;
    say(m, seat_of(m, CHIEF), &list, NULL);
    while (core_next_live(m->w.turn.core, &cursor, &m->step, &row)) {
        const struct kept_case *c = case_of(m, row.incident);
        if (!c || !is_kept(c) || ended(row.head.state))
            continue;
        hold_row(m, c, &row);
        if (!kept_means_somebody(&m->city, c->about))
            fail(m, "%s is about %s, and nobody knows any more who that was", c->text, c->about);
        if (!in(m->listed_by_chief, (int)(c - m->cases)))
            fail(m, "%s, about %s, is in front of nobody", c->text, c->about);
    }
}

#define QUESTION(v, N, n) QUERY_##N,
static const enum query_kind questions[] = {QUERIES(QUESTION)};

/* Everybody it is kept from asks everything, and reads the trail from its beginning. */
static void pry(struct model *m, const struct kept_saying *s, const struct kept_case *c)
{
    struct kept_from from = from_of(m, c);
    struct message ask = {.kind = MESSAGE_QUERY}, status = {.kind = MESSAGE_STATUS};
    status.status.incident = c->id;
    for (size_t i = 0; i < m->actor_count; i++) {
        if (!in(from.principals, m->actors[i].principal))
            continue;
        for (size_t k = 0; m->actors[i].endpoint != 'F' && k < sizeof(questions) / sizeof(*questions); k++) {
            kept_draw_query(s, questions[k], &ask.query);
            send(m, i, &ask);
        }
        if (m->actors[i].endpoint == 'C')
            send(m, i, &status);
        if (m->actors[i].endpoint == 'F' && chance_percent(&m->w.chance, 15))
            subscribe(m, i, "");
    }
    m->prying = true;
    turn(m);
    m->prying = false;
}

/* --- a run --- */

static struct kept_case *any_case(struct model *m)
{
    struct kept_case *c = &m->cases[any(m, m->case_count)];
    for (int i = 0; i < 6 && !is_kept(c); i++)
        c = &m->cases[any(m, m->case_count)];
    return c;
}

/* Another one, rather about the same. */
static const struct kept_case *like(struct model *m, const struct kept_case *c)
{
    const struct kept_case *other = &m->cases[any(m, m->case_count)];
    for (int i = 0; i < 10 && (other == c || strcmp(other->about, c->about) != 0); i++)
        other = &m->cases[any(m, m->case_count)];
    return other;
}

static bool row_of(struct model *m, uint64_t id, struct row *row)
{
    return core_row(m->w.turn.core, id, &m->step, row) || store_get_row(m->w.turn.store, id, &m->step, row) == 0;
}

static void step(struct model *m)
{
    struct kept_saying s = {.chance = &m->w.chance, .arena = &m->step, .city = &m->city, .now_ms = m->w.now_ms};
    struct row row;
    int what = any(m, 100);
    struct kept_case *c = m->case_count ? any_case(m) : NULL;
    s.other = c ? like(m, c)->id : 0;
    if (c && any(m, 8) == 0) { /* what is nobody's to keep, and beside it what is */
        s.other = c->id;
        c = &m->cases[any(m, m->case_count)];
        s.rather = any(m, 3) == 0 ? ACT_MERGE : 0;
    }
    if (m->survivor && any(m, 3) == 0) {
        c = case_of(m, m->survivor);
        s.rather = ACT_EXCLUDE;
        m->survivor = 0;
    }
    s.about = c ? c->about : "";
    s.row = c && row_of(m, c->id, &row) ? &row : NULL;
    if (s.rather && s.row)
        act(m, &s, c);
    else if (any(m, 80) == 0)
        mend_device(m);
    else if (!s.row || what < 14)
        publish(m, &s);
    else if (what < 52)
        act(m, &s, c);
    else if (what < 82)
        word(m, &s, c);
    else if (what < 92)
        pass(m, any(m, 3) ? any(m, 3 * MINUTE_MS) : any(m, 40 * MINUTE_MS));
    else if (what < 98)
        reload(m);
    else
        crash(m);
    s.row = &row;
    if (c && row_of(m, c->id, &row))
        pry(m, &s, c);
    store_read(m->w.turn.store, m->seen, &m->step, look, m);
    hold_reach(m);
    arena_reset(&m->step);
}

static bool run_seed(uint64_t seed)
{
    static struct model m;
    memset(&m, 0, sizeof(m));
    arena_init(&m.arena);
    arena_init(&m.step);
    struct world_options options = {
        .seed = seed, .start_ms = START_MS, .quiet_percent = 20, .beside_records_min = SIZE_MAX};
    struct chance chance = {seed ^ 0x51ed};
    kept_draw(&m.city, &chance);
    city_open(&m.files, &m.arena, "tests/sim/scenarios/city");
    kept_write(&m.city, &m.files);
    city_try(&m.files);
    city_keep(&m.files, true);
    options.config_folder = m.files.folder;
    if (!world_open(&m.w, &options))
        fail(&m, "%.600s", m.w.fault);
    m.w.options.down_max_ms = 5 * MINUTE_MS;
    if (!*m.fault) {
        cast(&m);
        for (size_t i = 0; i < m.actor_count; i++)
            connect_actor(&m, i);
        turn(&m);
    }
    int i = 0;
    for (; i < STEPS && !*m.fault; i++)
        step(&m);
    if (*m.fault)
        printf("seed %" PRIu64 " step %d: %s\n", seed, i, m.fault);
    world_close(&m.w);
    city_close(&m.files);
    arena_release(&m.step);
    arena_release(&m.arena);
    return !*m.fault;
}

/* --- nothing was left out --- */

static size_t miss(bool tell, const char *what, const char *name)
{
    if (tell)
        printf("  never: %s %s\n", what, name);
    return 1;
}

static size_t verbs_missed(bool tell)
{
    size_t count = 0;
    for (int verb = 1; verb < (int)ACT_END; verb++)
        if (act_name((enum act_verb)verb) && !kept_beside((enum act_verb)verb) && !acts_done[verb])
            count += miss(tell, "of a report, the act", act_name((enum act_verb)verb));
    for (int verb = 1; verb < (int)WORD_END; verb++)
        if (word_name((enum word_verb)verb) && !words_done[verb])
            count += miss(tell, "on a report, the word", word_name((enum word_verb)verb));
    return count;
}

/* What was never accepted of a report, or refused for it; tell: says so. */
static size_t missed(bool tell)
{
    const struct {
        const char *what, *name;
        unsigned times;
    } others[] = {{"refused as excluded,", "assign", acts_kept[ACT_ASSIGN]},
                  {"refused as excluded,", "transfer", acts_kept[ACT_TRANSFER]},
                  {"refused as excluded,", "whistle", acts_kept[ACT_WHISTLE]},
                  {"refused as excluded,", "merge", acts_kept[ACT_MERGE]},
                  {"refused as excluded,", "delegate", words_kept[WORD_DELEGATE]},
                  {"a", "reload", reloads_done},
                  {"a", "crash", crashes_done},
                  {"a unit", "passed over", passed_over}};
    size_t count = verbs_missed(tell);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (!others[i].times)
            count += miss(tell, others[i].what, others[i].name);
    return count;
}

int main(int argc, char **argv)
{
    const char *seeds = getenv("BIHUAN_SIM_SEEDS");
    uint64_t n = seeds ? strtoull(seeds, NULL, 10) : 60, seed = 0;
    bool failed = false;
    struct arena arena;
    if (argc > 1)
        return run_seed(strtoull(argv[1], NULL, 10)) ? 0 : 1;
    arena_init(&arena);
    const char *unknown = kept_unknown_verbs(&arena);
    printf("%s 1 - the model knows every act, word, question and message%s%s\n", *unknown ? "not ok" : "ok",
           *unknown ? ", but not:" : "", unknown);
    bool known = !*unknown;
    arena_release(&arena);
    while (known && !failed && (seed < n || (!seeds && seed < 4 * n && missed(false)))) /* until all was done */
        failed = !run_seed(++seed);
    printf("%s 2 - no report reaches whom it is about, and each reaches somebody (%" PRIu64 " cities, %u reports)\n",
           failed || !known ? "not ok" : "ok", seed, reports_opened);
    bool all = known && !failed && !missed(true);
    printf("%s 3 - every act and word was done to such a report\n", all ? "ok" : "not ok");
    return all ? 0 : 1;
}
