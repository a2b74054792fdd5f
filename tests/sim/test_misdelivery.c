/* Nothing is delivered to the wrong department. Random cities of types, areas, units, owners, plans and rules, with random
 * events about all of them, reloads that retire and rename, and reports about those who would get them, through the real
 * turn; whose each is the model reckons for itself (sent_where.c). Each task is at the unit that it belongs to and is
 * delivered there only; what is nobody's stands before the centre, with its clocks running, and somebody is told when they
 * have run out.
 *
 * build/tests/test_misdelivery            a few thousand events
 * build/tests/test_misdelivery EVENTS     so many (1000000: some minutes)
 * build/tests/test_misdelivery seed SEED  one city again, exactly as it failed */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/ident.h"
#include "schemas/record.h"
#include "tests/sim/sent_push.h"

#define EVENTS_DEFAULT 6000
#define CITY_EVENTS    400
#define BATCH          20
#define START_MS       INT64_C(1790000000000)
#define MINUTE_MS      60000
#define LIST_ROWS      200

/* An event, and where it belongs. */
struct sent_case {
    uint64_t id; /* of its incident */
    struct sent_event event;
    struct sent_to to;
    bool rung;   /* somebody was told that it waits too long */
    bool pushed; /* it was returned once, or more */
};

struct model_actor {
    int principal, unit; /* unit: of a worker */
    char endpoint;
    char worker[8];
};

struct model {
    struct world w;
    struct city files;
    struct arena arena, step;
    struct kept_city city, tried_city;
    struct sent_rules rules, tried_rules;
    struct model_actor actors[ACTORS_MAX];
    size_t actor_count;
    struct sent_case cases[CITY_EVENTS];
    size_t case_count, batch; /* batch: the cases of this turn, behind those whose receipts have come */
    uint64_t tag, first_tag, seen;
    struct message answer; /* to the last that was asked */
    uint64_t asked;
    bool listed[CITY_EVENTS];
    char fault[1200];
};

/* Over all cities. */
static struct {
    uint64_t events, refused, sent, assists, desk, unrouted[UNROUTED_EXCLUDED + 1], kept, confirmed, pushed, fallen;
    uint64_t deliveries, wrong, waiting, reached, reloads, reloads_refused, crashes;
} sum;

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

static const char *text_of(const struct sent_case *c)
{
    static char text[IDENT_TEXT_BYTES];
    ident_format(c->id, text);
    return text;
}

static struct sent_case *case_of(struct model *m, uint64_t id)
{
    for (size_t i = 0; id && i < m->case_count + m->batch; i++)
        if (m->cases[i].id == id)
            return &m->cases[i];
    return NULL;
}

static const char *unit_text(int unit)
{
    return unit < 0 ? "nobody" : kept_unit_id(unit);
}

/* --- everybody is connected --- */

static void send(struct model *m, size_t at, struct message *message)
{
    message->tag = ++m->tag;
    network_send(&m->w.network, at, message);
}

static void connect_actor(struct model *m, size_t at)
{
    const struct model_actor *actor = &m->actors[at];
    struct message hello = {.kind = MESSAGE_HELLO}, credit = {.kind = MESSAGE_CREDIT};
    bool works = actor->endpoint == 'W';
    m->w.network.connection[at]++;
    hello.hello = (struct hello){.version = WIRE_VERSION,
                                 .client = "model",
                                 .unit = works ? kept_unit_id(actor->unit) : NULL,
                                 .worker = works ? actor->worker : NULL};
    send(m, at, &hello);
    credit.credit.n = 1000;
    if (works)
        send(m, at, &credit);
}

static void add_actor(struct model *m, int principal, char endpoint, int unit)
{
    struct model_actor *actor = &m->actors[m->actor_count];
    *actor = (struct model_actor){.principal = principal, .unit = unit, .endpoint = endpoint};
    snprintf(actor->worker, sizeof(actor->worker), "w%zu", m->actor_count);
    m->w.network.principals[m->actor_count] = m->city.principals[principal].name;
    m->w.network.endpoints[m->actor_count++] = endpoint;
}

enum { SOURCE_AT, CHIEF_AT, CHECKER_AT, OPS_AT };

static void cast(struct model *m)
{
    add_actor(m, HOTLINE, 'P', KEPT_NONE);
    add_actor(m, CHIEF, 'C', KEPT_NONE);
    add_actor(m, CHECKER, 'C', KEPT_NONE);
    add_actor(m, OPS, 'C', KEPT_NONE);
    for (int i = 0; i < KEPT_UNITS; i++)
        add_actor(m, kept_department(i), 'W', i);
    for (int i = 0; i < KEPT_UNITS; i += 2)
        add_actor(m, EVERYBODY, 'W', i);
    for (size_t i = 0; i < m->actor_count; i++)
        connect_actor(m, i);
}

/* --- mail --- */

static bool is_theirs(const struct sent_to *to, int unit)
{
    for (int i = 0; i < to->assist_count; i++)
        if (to->assists[i] == unit)
            return true;
    return to->lead == unit;
}

static void hear_delivery(struct model *m, const struct model_actor *actor, const struct delivery *task)
{
    const struct sent_case *c = case_of(m, task->incident);
    sum.deliveries++;
    if (c && is_theirs(&c->to, actor->unit) && strcmp(task->task.unit, kept_unit_id(actor->unit)) == 0)
        return;
    sum.wrong++;
    fail(m, "%s is delivered at %s, and belongs to %s", c ? text_of(c) : "what nobody reported",
         kept_unit_id(actor->unit), unit_text(c ? c->to.lead : KEPT_NONE));
}

/* What the receipts say, then who was sent what. */
static void hear(struct model *m, void (*answered)(struct model *, const struct message *))
{
    struct letter {
        struct letter *next;
        size_t at;
        struct message message;
    } *first = NULL, **end = &first;
    struct message message;
    for (size_t i = 0; i < m->actor_count; i++)
        while (network_receive(&m->w.network, i, &m->step, &message)) {
            *end = ARENA_NEW(&m->step, struct letter, 1);
            **end = (struct letter){NULL, i, message};
            end = &(*end)->next;
        }
    for (struct letter *letter = first; letter; letter = letter->next)
        if (letter->message.kind == MESSAGE_RECEIPT || letter->message.kind == MESSAGE_REFUSAL ||
            letter->message.kind == MESSAGE_ANSWER)
            answered(m, &letter->message);
    for (struct letter *letter = first; letter; letter = letter->next)
        if (letter->message.kind == MESSAGE_TASK)
            hear_delivery(m, &m->actors[letter->at], &letter->message.task);
}

static void keep_answer(struct model *m, const struct message *message)
{
    if (message->tag == m->asked)
        m->answer = *message;
}

static void turn(struct model *m, void (*answered)(struct model *, const struct message *))
{
    uint64_t restarts = m->w.restarts;
    if (!world_turn(&m->w))
        fail(m, "the broker did not come up: %.300s", m->w.fault);
    for (size_t i = 0; m->w.restarts != restarts && i < m->actor_count; i++)
        connect_actor(m, i);
    hear(m, answered);
}

/* Asks, and waits for the answer. */
static const struct message *ask(struct model *m, size_t at, struct message *message)
{
    m->answer = (struct message){0};
    send(m, at, message);
    m->asked = message->tag;
    turn(m, keep_answer);
    if (world_finish_job(&m->w))
        turn(m, keep_answer);
    return &m->answer;
}

/* --- events --- */

/* Within the polygon of the area, where it has one. */
static bool point_of(int area, struct place *place)
{
    bool east = strcmp(kept_areas[area], "620802001001") == 0, west = strcmp(kept_areas[area], "620802002001") == 0;
    place->has_point = east || west;
    place->system = COORDINATES_WGS84;
    place->latitude = 35.55;
    place->longitude = east ? 106.65 : 106.55;
    return place->has_point;
}

static void place_event(struct model *m, const struct sent_event *drawn, struct place *place)
{
    if (drawn->off_the_map)
        *place = (struct place){.has_point = true, .system = COORDINATES_WGS84, .latitude = 35.2, .longitude = 106.1};
    else if (drawn->area == SENT_UNKNOWN)
        place->area = "620802099";
    else if (drawn->area >= 0 && (any(m, 2) || !point_of(drawn->area, place)))
        *place = (struct place){.area = kept_areas[drawn->area]};
}

static void publish(struct model *m)
{
    struct sent_case *c = &m->cases[m->case_count + m->batch];
    struct message message = {.kind = MESSAGE_PUBLISH};
    struct event *event = &message.publish;
    sent_draw_event(&m->rules, &m->city, &m->w.chance, &c->event);
    event->id = arena_printf(&m->step, "e%" PRIu64, m->tag);
    event->type = c->event.type == SENT_UNKNOWN ? "9.99" : m->rules.types[c->event.type].code;
    event->nature = c->event.nature;
    event->severity = c->event.severity;
    event->sealed = c->event.sealed;
    event->object = c->event.object;
    event->about = c->event.about;
    place_event(m, &c->event, &event->place);
    c->id = 0;
    c->rung = c->pushed = false;
    if (sent_settle(&m->rules, &m->city, &c->event))
        c->to = sent_where(&m->rules, &m->city, &c->event);
    else
        c->to = (struct sent_to){.lead = KEPT_NONE};
    send(m, SOURCE_AT, &message);
    m->batch++;
}

static void take_receipt(struct model *m, const struct message *message)
{
    struct sent_case *c = &m->cases[m->case_count + (message->tag - m->first_tag)];
    if (message->tag < m->first_tag || message->tag >= m->first_tag + m->batch)
        return;
    c->id = message->kind == MESSAGE_RECEIPT ? message->receipt.incident : 0;
    if ((c->id != 0) != (c->to.state != 0))
        fail(m, "an event of type %d at %d severity %d about \"%s\" is %s", c->event.type, c->event.area,
             c->event.severity, c->event.about, c->id ? "accepted" : message->refusal.reason);
}

static void count_case(const struct sent_case *c)
{
    bool kept = (c->event.nature == NATURE_REPORT || c->event.sealed) && *c->event.about;
    sum.sent += c->to.state == INCIDENT_OPEN;
    sum.assists += (uint64_t)c->to.assist_count;
    sum.desk += c->to.state == INCIDENT_DESK;
    sum.unrouted[c->to.unrouted]++;
    sum.kept += kept;
}

/* The refused leave no case. */
static void keep_cases(struct model *m)
{
    size_t n = m->case_count;
    for (size_t i = m->case_count; i < m->case_count + m->batch; i++) {
        sum.events++;
        sum.refused += !m->cases[i].id;
        if (!m->cases[i].id)
            continue;
        count_case(&m->cases[i]);
        m->cases[n++] = m->cases[i];
    }
    m->case_count = n;
    m->batch = 0;
}

/* --- what must be so of each --- */

static bool runs(const struct row *row, enum clock_kind kind)
{
    for (size_t i = 0; i < row->clock_count; i++)
        if (row->clocks[i].kind == kind && row->clocks[i].task == 0)
            return row->clocks[i].state == CLOCK_RUNNING;
    return false;
}

static void hold_clocks(struct model *m, const struct sent_case *c, const struct row *row)
{
    bool owed = c->event.nature != NATURE_SUGGEST && c->event.nature != NATURE_PRAISE && c->event.type >= 0;
    if (row->head.state != INCIDENT_DESK && row->head.state != INCIDENT_UNROUTED)
        return;
    if (!runs(row, CLOCK_DISPATCH) && c->event.type >= 0)
        fail(m, "%s waits, and no clock runs for whoever must send it", text_of(c));
    if (owed && !runs(row, CLOCK_RESOLVE))
        fail(m, "%s waits, and its own clock does not run", text_of(c));
}

/* Of an assist: as often as it is one. */
static int count_of(const struct row *row, enum task_role role, const char *unit)
{
    int count = 0;
    for (size_t i = 0; i < row->task_count; i++)
        count += row->tasks[i].state != TASK_WITHDRAWN && row->tasks[i].role == role &&
                 (!unit || strcmp(row->tasks[i].unit, unit) == 0);
    return count;
}

static int count_in(const struct sent_to *to, int unit)
{
    int count = 0;
    for (int i = 0; i < to->assist_count; i++)
        count += to->assists[i] == unit;
    return count;
}

/* As it is, and as it should be. */
static const char *describe(struct model *m, const struct sent_case *c, const struct row *row)
{
    const char *is = "", *should = "";
    for (size_t i = 0; i < row->task_count; i++)
        is = arena_printf(&m->step, "%s %s%s %s", is, row->tasks[i].state == TASK_WITHDRAWN ? "no more " : "",
                          task_role_name(row->tasks[i].role), row->tasks[i].unit);
    for (int i = 0; i < c->to.assist_count; i++)
        should = arena_printf(&m->step, "%s assist %s", should, kept_unit_id(c->to.assists[i]));
    return arena_printf(
        &m->step,
        "%s, type %s at %s severity %d nature %s%s about \"%s\" object %s: should be %s %s at %s%s; by %s it is "
        "%s %s:%s",
        text_of(c), row->head.type, row->head.area, row->head.severity, nature_name(row->head.nature),
        row->head.sealed ? " sealed" : "", c->event.about, c->event.object ? c->event.object : "-",
        incident_state_name(c->to.state), c->to.unrouted ? unrouted_reason_name(c->to.unrouted) : "",
        unit_text(c->to.lead), should, row->head.route, incident_state_name(row->head.state),
        row->head.unrouted ? unrouted_reason_name(row->head.unrouted) : "", is);
}

static bool at_their_units(const struct sent_case *c, const struct row *row)
{
    bool led = c->to.lead != KEPT_NONE;
    if (count_of(row, TASK_LEAD, NULL) != led || (led && !count_of(row, TASK_LEAD, kept_unit_id(c->to.lead))))
        return false;
    for (int i = 0; i < KEPT_UNITS; i++)
        if (count_of(row, TASK_ASSIST, kept_unit_id(i)) != count_in(&c->to, i))
            return false;
    return true;
}

static void hold_case(struct model *m, const struct sent_case *c)
{
    struct row row;
    if (!core_row(m->w.turn.core, c->id, &m->step, &row))
        fail(m, "%s is lost", text_of(c));
    else if (row.head.state != c->to.state || row.head.unrouted != c->to.unrouted || !at_their_units(c, &row))
        fail(m, "%s", describe(m, c, &row));
    else if (c->to.state == INCIDENT_OPEN && row.head.verify != c->to.verify)
        fail(m, "%s; verified by %s", describe(m, c, &row), verifier_name(row.head.verify));
    else
        hold_clocks(m, c, &row);
    sum.wrong += *m->fault != 0;
}

static void hold_all(struct model *m)
{
    for (size_t i = 0; i < m->case_count && !*m->fault; i++)
        hold_case(m, &m->cases[i]);
}

/* --- what is nobody's is before the centre --- */

static void note_listed(struct model *m, const struct answer *answer)
{
    for (size_t i = 0; i < answer->row_count; i++) {
        struct sent_case *c = case_of(m, answer->rows[i].incident);
        if (c)
            m->listed[c - m->cases] = true;
    }
}

static void list(struct model *m, enum incident_state state)
{
    struct message message = {.kind = MESSAGE_QUERY};
    message.query = (struct query){.kind = QUERY_LIST, .cursor = "", .state = state, .limit = LIST_ROWS};
    do {
        const struct message *answer = ask(m, CHIEF_AT, &message);
        if (answer->kind != MESSAGE_ANSWER) {
            fail(m, "the centre is not told what waits");
            return;
        }
        note_listed(m, &answer->answer);
        message.query.cursor = answer->answer.cursor;
    } while (*message.query.cursor && !*m->fault);
}

static void hold_lists(struct model *m)
{
    memset(m->listed, 0, sizeof(m->listed));
    list(m, INCIDENT_UNROUTED);
    list(m, INCIDENT_DESK);
    list(m, INCIDENT_CONFIRMING);
    for (size_t i = 0; i < m->case_count; i++)
        if (m->listed[i] != (m->cases[i].to.state != INCIDENT_OPEN))
            fail(m, "%s is %s, and %s the centre", text_of(&m->cases[i]), incident_state_name(m->cases[i].to.state),
                 m->listed[i] ? "is before" : "is not before");
}

/* --- what people do --- */

static void confirm(struct model *m, struct sent_case *c)
{
    struct message message = {.kind = MESSAGE_ACT};
    message.act = (struct act){.verb = ACT_CONFIRM, .incident = c->id, .passed = true, .person = "赵六"};
    message.act.request = arena_printf(&m->step, "c%" PRIu64, m->tag);
    c->to = sent_confirmed(&m->rules, &m->city, &c->event);
    if (ask(m, CHECKER_AT, &message)->kind != MESSAGE_RECEIPT)
        fail(m, "%s is not confirmed: %s", text_of(c), m->answer.refusal.reason);
    sum.confirmed++;
    count_case(c);
    hold_case(m, c);
}

static void confirm_some(struct model *m)
{
    for (size_t i = 0; i < m->case_count && !*m->fault; i++)
        if (m->cases[i].to.state == INCIDENT_CONFIRMING && any(m, 2))
            confirm(m, &m->cases[i]);
}

/* --- and push back --- */

static const struct message *say_as_chief(void *model, struct message *message)
{
    return ask(model, CHIEF_AT, message);
}

static struct sent_desk desk_of(struct model *m)
{
    return (struct sent_desk){&m->w.chance, &m->step, &m->rules, &m->city, m->w.turn.core, m->tag, say_as_chief, m};
}

static void push_some(struct model *m)
{
    struct sent_case *c = m->case_count ? &m->cases[any(m, m->case_count)] : NULL;
    struct sent_desk desk = desk_of(m);
    const char *wrong;
    if (!c || c->to.state != INCIDENT_OPEN || c->pushed)
        return;
    c->pushed = true;
    sum.pushed++;
    wrong = sent_push(&desk, c->id, &c->event, &c->to);
    if (wrong)
        fail(m, "%s is returned: %s", text_of(c), wrong);
    else
        hold_case(m, c);
}

/* Before they wait too long. */
static void push_twice(struct model *m)
{
    for (size_t i = 0; i < m->case_count && !*m->fault; i++) {
        struct sent_case *c = &m->cases[i];
        struct sent_desk desk = desk_of(m);
        bool owed = c->event.nature != NATURE_SUGGEST && c->event.nature != NATURE_PRAISE;
        if (c->to.state == INCIDENT_OPEN && !c->pushed && owed && any(m, 6) == 0)
            sum.fallen += sent_push_twice(&desk, c->id, &c->event, &c->to);
    }
}

/* --- another day --- */

static void hand_over(struct model *m)
{
    for (size_t i = 0; i < m->case_count; i++)
        sent_reload(&m->city, &m->cases[i].event, &m->cases[i].to);
}

static void take_reload(struct model *m, const struct message *message)
{
    if (message->tag != m->asked)
        return;
    m->answer = *message;
    if (message->kind != MESSAGE_RECEIPT)
        return;
    m->city = m->tried_city;
    m->rules = m->tried_rules;
    hand_over(m);
}

/* What a random change may break that the configuration refuses. */
static bool refused_rightly(const struct refusal *refusal)
{
    return refusal->code == REFUSAL_POLICY_IN_USE ||
           (refusal->code == REFUSAL_BAD_POLICY &&
            (strstr(refusal->reason, "can never find anybody") ||
             strstr(refusal->reason, "is retired without a successor") || strstr(refusal->reason, "end nowhere") ||
             strstr(refusal->reason, "are both of kind") || strstr(refusal->reason, "have other successors")));
}

static void reload(struct model *m)
{
    struct message message = {.kind = MESSAGE_RELOAD};
    m->tried_city = m->city;
    m->tried_rules = m->rules;
    sent_change(&m->tried_rules, &m->tried_city, &m->w.chance);
    sent_write(&m->tried_rules, &m->tried_city, &m->files);
    city_try(&m->files);
    message.reload.request = arena_printf(&m->step, "r%" PRIu64, m->tag);
    m->answer = (struct message){0};
    send(m, OPS_AT, &message);
    m->asked = message.tag;
    turn(m, take_reload);
    if (world_finish_job(&m->w))
        turn(m, take_reload);
    bool done = m->answer.kind == MESSAGE_RECEIPT;
    city_keep(&m->files, done);
    sum.reloads += done;
    sum.reloads_refused += !done;
    if (!done && !refused_rightly(&m->answer.refusal))
        fail(m, "the reload: %.600s", m->answer.refusal.reason);
    hold_all(m);
}

/* --- what waits too long reaches somebody --- */

/* The lowest post that may know of it. */
static const char *post_of(const struct kept_city *city, const struct sent_case *c)
{
    bool kept = (c->event.nature == NATURE_REPORT || c->event.sealed) && *c->event.about;
    kept_set barred = kept ? kept_from(city, c->event.about).areas : 0;
    int area = c->event.area >= 0 ? kept_area_now(city, c->event.area) : 0;
    while (area >= 0 && ((barred | city->vacant) >> area & 1))
        area = kept_area_above(area);
    return area < 0 ? "" : (const char *[]){"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"}[area];
}

static void hold_rung(struct model *m, struct sent_case *c, const struct rung *rung)
{
    const char *post = post_of(&m->city, c), *instead = "";
    if (!*post && kept_instead(&m->city, c->event.about) >= 0)
        instead = kept_unit_id(kept_instead(&m->city, c->event.about));
    c->rung = true;
    if (strcmp(rung->to_post, post) != 0 || strcmp(rung->to_unit, instead) != 0)
        fail(m, "that %s waits is told to \"%s\" \"%s\", not to \"%s\" \"%s\"", text_of(c), rung->to_post,
             rung->to_unit, post, instead);
}

static int look(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct model *m = arg;
    struct sent_case *c = record->kind == RECORD_RUNG ? case_of(m, record->changes[0].incident) : NULL;
    (void)bytes;
    (void)size;
    m->seen = record->seq;
    if (c && record->rung->clock == CLOCK_DISPATCH && record->rung->colour == RUNG_RED)
        hold_rung(m, c, record->rung);
    return 0;
}

static void wait_too_long(struct model *m)
{
    int64_t until_ms = m->w.now_ms + 3 * MINUTE_MS;
    m->w.now_ms = until_ms;
    do
        turn(m, keep_answer);
    while (core_next_deadline(m->w.turn.core) <= until_ms && !*m->fault);
    store_read(m->w.turn.store, m->seen, &m->step, look, m);
    for (size_t i = 0; i < m->case_count; i++) {
        const struct sent_case *c = &m->cases[i];
        bool waits = c->to.state == INCIDENT_UNROUTED || c->to.state == INCIDENT_DESK;
        sum.waiting += waits;
        sum.reached += waits && m->listed[i] && (c->rung || c->event.type < 0);
        if (waits && !c->rung && c->event.type >= 0)
            fail(m, "%s waits, and nobody is told", text_of(c));
    }
}

/* --- a run --- */

static void batch(struct model *m)
{
    size_t before = m->case_count;
    m->first_tag = m->tag + 1;
    for (int i = 0; i < BATCH && m->case_count + m->batch < CITY_EVENTS; i++)
        publish(m);
    turn(m, take_receipt);
    keep_cases(m);
    for (size_t i = before; i < m->case_count && !*m->fault; i++)
        hold_case(m, &m->cases[i]);
}

static void crash(struct model *m)
{
    size_t i;
    sum.crashes++;
    if (!world_crash(&m->w))
        fail(m, "the broker did not come up: %.300s", m->w.fault);
    for (i = 0; i < m->actor_count; i++)
        connect_actor(m, i);
    turn(m, keep_answer);
}

static void step(struct model *m)
{
    m->w.now_ms += any(m, 2000);
    batch(m);
    confirm_some(m);
    for (int i = 0; i < 3 && !*m->fault; i++)
        push_some(m);
    if (!*m->fault && any(m, 2))
        reload(m);
    if (!*m->fault && any(m, 12) == 0)
        crash(m);
    arena_reset(&m->step);
}

static bool set_up(struct model *m, uint64_t seed)
{
    struct world_options options = {.seed = seed,
                                    .start_ms = START_MS,
                                    .quiet_percent = 20,
                                    .beside_records_min = SIZE_MAX,
                                    .config_folder = m->files.folder};
    struct chance chance = {seed ^ 0x5e47};
    kept_draw(&m->city, &chance);
    sent_draw(&m->rules, &m->city, &chance);
    city_open(&m->files, &m->arena, "tests/sim/scenarios/city");
    options.config_folder = m->files.folder;
    sent_write(&m->rules, &m->city, &m->files);
    city_try(&m->files);
    city_keep(&m->files, true);
    if (!world_open(&m->w, &options))
        fail(m, "%.600s", m->w.fault);
    m->w.options.down_max_ms = 1000;
    return !*m->fault;
}

static bool run_seed(uint64_t seed)
{
    static struct model m;
    uint64_t events = sum.events;
    memset(&m, 0, sizeof(m));
    arena_init(&m.arena);
    arena_init(&m.step);
    if (set_up(&m, seed)) {
        cast(&m);
        turn(&m, keep_answer);
    }
    while (sum.events < events + CITY_EVENTS && !*m.fault)
        step(&m);
    if (!*m.fault)
        hold_lists(&m);
    if (!*m.fault)
        push_twice(&m);
    if (!*m.fault)
        wait_too_long(&m);
    if (!*m.fault)
        hold_all(&m);
    if (*m.fault)
        printf("seed %" PRIu64 ": %s\n", seed, m.fault);
    world_close(&m.w);
    city_close(&m.files);
    arena_release(&m.step);
    arena_release(&m.arena);
    return !*m.fault;
}

static void tell(uint64_t cities)
{
    printf("# sum {\"events\": %" PRIu64 ", \"cities\": %" PRIu64 ", \"wrong\": %" PRIu64 ", \"waiting\": %" PRIu64
           ", \"reached people\": %" PRIu64 ", \"deliveries\": %" PRIu64 ", \"kept\": %" PRIu64
           ", \"returned\": %" PRIu64 ", \"fallen back\": %" PRIu64 ", \"reloads\": %" PRIu64 ", \"crashes\": %" PRIu64
           "}\n",
           sum.events, cities, sum.wrong, sum.waiting, sum.reached, sum.deliveries, sum.kept, sum.pushed, sum.fallen,
           sum.reloads, sum.crashes);
    printf("# %" PRIu64 " events in %" PRIu64 " cities, %" PRIu64 " refused; %" PRIu64 " sent with %" PRIu64
           " assists, %" PRIu64 " at the desk, %" PRIu64 " confirmed first; %" PRIu64
           " reports kept from whom they are "
           "about\n",
           sum.events, cities, sum.refused, sum.sent, sum.assists, sum.desk, sum.confirmed, sum.kept);
    printf("# unrouted:");
    for (int i = 1; i <= UNROUTED_EXCLUDED; i++)
        if (sum.unrouted[i])
            printf(" %s %" PRIu64, unrouted_reason_name((enum unrouted_reason)i), sum.unrouted[i]);
    printf("\n# %" PRIu64 " returned, %" PRIu64 " twice and decided by nobody\n", sum.pushed, sum.fallen);
    printf("# %" PRIu64 " reloads, %" PRIu64 " refused, %" PRIu64 " crashes; %" PRIu64 " deliveries\n", sum.reloads,
           sum.reloads_refused, sum.crashes, sum.deliveries);
}

/* Each way of being sent, and of not being sent, was there. */
static bool covered(void)
{
    bool all = sum.pushed && sum.fallen && sum.sent && sum.assists && sum.desk && sum.confirmed && sum.kept &&
               sum.reloads && sum.crashes;
    for (int i = 1; i <= UNROUTED_UNKNOWN_AREA; i++)
        all = all && sum.unrouted[i];
    return all && sum.unrouted[UNROUTED_EXCLUDED];
}

int main(int argc, char **argv)
{
    uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : EVENTS_DEFAULT, seed = 0;
    bool good = true;
    if (argc > 2)
        return run_seed(strtoull(argv[2], NULL, 10)) ? 0 : 1;
    while (good && sum.events < events)
        good = run_seed(++seed);
    tell(seed);
    printf("%s 1 - each event is its department's and no other's: %" PRIu64 " wrong\n", good ? "ok" : "not ok",
           sum.wrong);
    printf("%s 2 - what is nobody's reaches people: %" PRIu64 " of %" PRIu64 "\n",
           good && sum.reached == sum.waiting ? "ok" : "not ok", sum.reached, sum.waiting);
    bool all = good && covered();
    printf("%s 3 - each way to be sent, and not to be, was taken\n", all ? "ok" : "not ok");
    return good && all && sum.reached == sum.waiting ? 0 : 1;
}
