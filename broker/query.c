#include "broker/query.h"

#include <stdio.h>
#include <string.h>

#include "broker/core/border.h"
#include "broker/core/ladder.h"
#include "broker/core/plan.h"
#include "broker/core/right.h"
#include "broker/core/route.h"
#include "broker/core/unseal.h"
#include "broker/feed.h"
#include "broker/reload.h"
#include "broker/sight.h"

#define PAGE_ROWS_DEFAULT 50
#define SCAN_MAX          20000         /* rows looked at for one page: a page may come back short, with a cursor */
#define PAGE_TEXT_BYTES   (1024 * 1024) /* of one page of a timeline, so that an answer stays below its limit */

/* One answer under way. */
struct reading {
    struct turn *turn;
    const struct principal *who;
    uint64_t peer, tag;
    const struct query *query;
    int64_t granted_ms; /* show with reporters: of what came in by then; else 0 */
    struct answer answer;
};

/* --- answers --- */

static void refuse(const struct reading *r, enum refusal_code code, const char *field, const char *reason)
{
    turn_refuse(r->turn, r->peer, r->tag, code, field, reason, 0);
}

static void send_answer(struct reading *r)
{
    struct message message = {.kind = MESSAGE_ANSWER, .tag = r->tag};
    message.answer = r->answer;
    outbox_put(r->turn->outbox, r->peer, &message);
}

static bool overdue(const struct row *row, int64_t now_ms)
{
    for (size_t i = 0; i < row->clock_count; i++)
        if (row->clocks[i].state == CLOCK_RUNNING && row->clocks[i].due_ms < now_ms)
            return true;
    return false;
}

static bool named(const char *wanted, const char *is)
{
    return !wanted || !*wanted || (is && strcmp(wanted, is) == 0);
}

/* A code matches itself and what is below it: types by dots, areas by digits. */
static bool under(const char *wanted, const char *is)
{
    size_t n = wanted ? strlen(wanted) : 0;
    return n == 0 || (is && strncmp(wanted, is, n) == 0);
}

static bool is(const char *wanted, const char *unit)
{
    return unit && strcmp(wanted, unit) == 0;
}

static bool unit_in(const char *unit, const struct row *row)
{
    if (!unit || !*unit)
        return true;
    for (size_t i = 0; i < row->task_count; i++)
        if (is(unit, row->tasks[i].unit) || (row->tasks[i].more && is(unit, row->tasks[i].more->sub_unit)))
            return true;
    return false;
}

static bool matches(const struct reading *r, const struct row *row)
{
    const struct query *q = r->query;
    if (q->state && q->state != row->head.state)
        return false;
    if (q->overdue && !overdue(row, r->turn->now_ms))
        return false;
    return unit_in(q->unit, row) && under(q->type, row->head.type) && under(q->area, row->head.area) &&
           named(q->source, row->head.source) && sight_may_see(r->turn, r->who, row);
}

static size_t page_rows(const struct query *q)
{
    return q->limit == 0 ? PAGE_ROWS_DEFAULT : q->limit < PAGE_ROWS_MAX ? q->limit : PAGE_ROWS_MAX;
}

/* Live incidents in id order ("L<id>"), then closed ones, newest first ("C<closed_ms>/<id>"). */
struct list_cursor {
    bool closed;
    uint64_t live_id, closed_ms, closed_id;
};

static bool cursor_parse(const char *text, struct list_cursor *cursor)
{
    unsigned long long a = 0, b = 0;
    *cursor = (struct list_cursor){0};
    if (!text || !*text)
        return true;
    if (sscanf(text, "L%llx", &a) == 1) {
        cursor->live_id = a;
        return true;
    }
    cursor->closed = true;
    if (sscanf(text, "C%llx/%llx", &a, &b) != 2)
        return false;
    cursor->closed_ms = a;
    cursor->closed_id = b;
    return true;
}

static const char *cursor_text(struct arena *arena, const struct list_cursor *cursor)
{
    if (!cursor->closed)
        return arena_printf(arena, "L%llx", (unsigned long long)cursor->live_id);
    return arena_printf(arena, "C%llx/%llx", (unsigned long long)cursor->closed_ms,
                        (unsigned long long)cursor->closed_id);
}

/* The next row after the cursor, live ones first; false at the end. */
static bool list_next(struct reading *r, struct list_cursor *cursor, struct row *row)
{
    struct turn *t = r->turn;
    if (!cursor->closed) {
        if (core_next_live(t->core, &cursor->live_id, &t->arena, row))
            return true;
        cursor->closed = true;
    }
    if (r->query->live_only)
        return false;
    while (store_next_closed(t->store, &cursor->closed_ms, &cursor->closed_id, &t->arena, row))
        if (!core_has(t->core, row->incident)) /* in memory: it was among the live ones */
            return true;
    return false;
}

static void answer_list(struct reading *r)
{
    struct list_cursor cursor;
    struct row row;
    size_t limit = page_rows(r->query), scanned = 0, count = 0;
    struct row *rows = ARENA_NEW(&r->turn->arena, struct row, limit);
    if (!cursor_parse(r->query->cursor, &cursor)) {
        refuse(r, REFUSAL_BAD_CURSOR, "cursor", "not a cursor of a list");
        return;
    }
    r->answer.cursor = "";
    while (list_next(r, &cursor, &row)) {
        if (matches(r, &row)) {
            sight_keep_own_part(r->turn, r->who, &row);
            rows[count++] = row;
        }
        if (count < limit && ++scanned < SCAN_MAX)
            continue;
        r->answer.cursor = cursor_text(&r->turn->arena, &cursor);
        break;
    }
    r->answer.rows = rows;
    r->answer.row_count = count;
    send_answer(r);
}

static size_t text_bytes(const struct record *record)
{
    return strlen(record->text) + (record->event ? strlen(record->event->text) : 0);
}

static const struct change *change_of(const struct record *record, uint64_t incident)
{
    for (size_t i = 0; i < record->change_count; i++)
        if (record->changes[i].incident == incident)
            return &record->changes[i];
    return NULL;
}

/* The timeline is walked back along `prev`, from the row's last record or from where the last page ended: the newest
 * page comes first, in order within itself. Fills records from the end; *seq is where the next page begins, or 0. A
 * record that is not of this incident ends the walk: a cursor is a claim. */
static size_t timeline(struct reading *r, uint64_t incident, uint64_t *seq, struct record *records, size_t n)
{
    struct turn *t = r->turn;
    size_t count = 0, bytes = 0;
    while (*seq && count < n && bytes < PAGE_TEXT_BYTES) {
        struct record *record = &records[n - 1 - count];
        const struct change *change = NULL;
        if (store_get_record(t->store, *seq, &t->arena, record) == 0)
            change = change_of(record, incident);
        *seq = change ? change->prev : 0;
        if (!change)
            break;
        sight_keep_changes(t, r->who, record);
        record->event = sight_event_told(t, r->who, record->event);
        if (record->at_ms > r->granted_ms)
            record->event = sight_event_kept(&t->arena, record->event);
        count++;
        bytes += text_bytes(record);
    }
    return count;
}

/* Where a timeline's page begins: "S<sequence>" of this incident's, or its last record. */
static bool timeline_start(const struct query *q, const struct row *row, uint64_t *seq)
{
    unsigned long long from = row->seq;
    if (*q->cursor && sscanf(q->cursor, "S%llu", &from) != 1)
        return false;
    *seq = from;
    return from <= row->seq;
}

/* Which of the row's clocks are due on a day whose holidays are not announced yet: they may be reckoned anew. */
static struct bytes provisional(const struct reading *r, const struct row *row)
{
    struct climb climb = climb_of(r->turn->policy, &row->head);
    uint8_t *clocks = ARENA_NEW(&r->turn->arena, uint8_t, row->clock_count);
    size_t count = 0;
    for (size_t i = 0; i < row->clock_count; i++) {
        const struct clock *clock = &row->clocks[i];
        struct pace pace = climb_pace(&climb, clock->kind, clock->calendar);
        if (clock->state == CLOCK_RUNNING && calendar_provisional(&pace.within, clock->due_ms))
            clocks[count++] = (uint8_t)i;
    }
    return (struct bytes){clocks, count};
}

#define MERGES_MAX 16

/* What was merged by then is opened with its survivor. */
static bool opened(struct reading *r, const struct row *row)
{
    struct row survivor = *row;
    int64_t merged_ms = 0;
    for (int i = 0; i < MERGES_MAX && survivor.head.merged_into; i++) {
        if (survivor.head.closed_ms > merged_ms)
            merged_ms = survivor.head.closed_ms;
        if (!sight_row(r->turn, survivor.head.merged_into, &survivor))
            return false;
    }
    r->granted_ms = unseal_opened(survivor.asks, survivor.ask_count, r->who->name, merged_ms, r->turn->now_ms);
    return r->granted_ms != 0;
}

static void answer_show(struct reading *r)
{
    struct turn *t = r->turn;
    struct row *row = ARENA_NEW(&t->arena, struct row, 1);
    if (!sight_row(t, r->query->incident, row) || !sight_may_see(t, r->who, row)) {
        refuse(r, REFUSAL_UNKNOWN_INCIDENT, "incident", "no such incident");
        return;
    }
    if (r->query->reporters && !opened(r, row)) {
        refuse(r, REFUSAL_IDENTITY_KEPT, NULL, "you have not opened who reported it; possible is open_identity");
        return;
    }
    uint64_t seq;
    if (!timeline_start(r->query, row, &seq)) {
        refuse(r, REFUSAL_BAD_CURSOR, "cursor", "not a cursor of this incident");
        return;
    }
    size_t n = sight_own_tasks_only(r->who) ? 0 : page_rows(r->query);
    struct record *records = ARENA_NEW(&t->arena, struct record, n + 1);
    size_t count = timeline(r, row->incident, &seq, records, n);
    r->answer.cursor = n && seq ? arena_printf(&t->arena, "S%llu", (unsigned long long)seq) : "";
    sight_keep_own_part(t, r->who, row);
    r->answer.rows = row;
    r->answer.row_count = 1;
    r->answer.provisional = provisional(r, row);
    r->answer.records = records + n - count;
    r->answer.record_count = count;
    send_answer(r);
}

static void answer_queue(struct reading *r)
{
    struct turn *t = r->turn;
    size_t limit = page_rows(r->query), count = 0;
    uint64_t *incidents = ARENA_NEW(&t->arena, uint64_t, limit);
    uint32_t *tasks = ARENA_NEW(&t->arena, uint32_t, limit);
    struct row *rows = ARENA_NEW(&t->arena, struct row, limit);
    if (!policy_unit(t->policy, r->query->unit)) {
        refuse(r, REFUSAL_UNKNOWN_UNIT, "unit", "no such unit");
        return;
    }
    size_t n = core_queue(t->core, r->query->unit, incidents, tasks, limit);
    for (size_t i = 0; i < n; i++)
        if (core_row(t->core, incidents[i], &t->arena, &rows[count]) && sight_may_see(t, r->who, &rows[count]))
            sight_keep_own_part(t, r->who, &rows[count++]);
    r->answer.rows = rows;
    r->answer.row_count = count;
    send_answer(r);
}

static void answer_overview(struct reading *r)
{
    struct overview *overview = ARENA_NEW(&r->turn->arena, struct overview, 1);
    core_overview(r->turn->core, r->turn->now_ms, &r->turn->arena, overview);
    r->answer.overview = overview;
    send_answer(r);
}

static void answer_workers(struct reading *r)
{
    struct unit_load *workers = NULL;
    r->answer.worker_count = core_workers(r->turn->core, &r->turn->arena, &workers);
    r->answer.workers = workers;
    send_answer(r);
}

/* --- beside incidents: by kind and key, "K<kind>:<key>" the cursor --- */

static bool beside_start(const struct query *q, enum side_kind *kind, const char **after)
{
    unsigned from = q->side ? (unsigned)q->side : 1;
    int end = 0;
    *after = "";
    if (*q->cursor && (sscanf(q->cursor, "K%u:%n", &from, &end) != 1 || !end || from >= SIDE_KIND_END))
        return false;
    *kind = (enum side_kind)from;
    *after = q->cursor + end;
    return !q->side || q->side == *kind;
}

static void answer_beside(struct reading *r)
{
    struct turn *t = r->turn;
    size_t limit = page_rows(r->query), count = 0;
    struct side *sides = ARENA_NEW(&t->arena, struct side, limit);
    enum side_kind kind;
    const char *after;
    if (!beside_start(r->query, &kind, &after)) {
        refuse(r, REFUSAL_BAD_CURSOR, "cursor", "not a cursor of these rows");
        return;
    }
    for (; kind < SIDE_KIND_END && count < limit; kind = r->query->side ? SIDE_KIND_END : kind + 1, after = "") {
        size_t n = core_sides_of(t->core, kind, after, &t->arena, sides + count, limit - count);
        count += n;
    }
    const struct side *last = count == limit ? &sides[count - 1] : NULL;
    r->answer.cursor = last ? arena_printf(&t->arena, "K%d:%s", (int)last->kind, last->key) : "";
    r->answer.side_count = sight_sides(t, r->who, sides, count);
    r->answer.sides = sides;
    send_answer(r);
}

/* --- explain: which rule, and what it beat --- */

/* What is asked about: an incident or an imagined event. */
struct subject {
    const char *type, *area, *object, *about;
    enum nature nature;
    int severity;
    bool sealed;
    enum unrouted_reason without;
    const char *beside;        /* an incident's */
    const struct place *place; /* an event's */
};

static struct subject subject_of_incident(const struct incident *head)
{
    return (struct subject){.type = head->type,
                            .area = head->area,
                            .object = head->more ? head->more->object : "",
                            .about = head->more ? head->more->about : "",
                            .beside = head->more ? head->more->beside : "",
                            .nature = head->nature,
                            .severity = head->severity,
                            .sealed = head->sealed,
                            .without = head->unrouted == UNROUTED_NO_POLYGON ? UNROUTED_NO_POLYGON : 0};
}

static struct subject subject_of_event(const struct turn *t, const struct event *event)
{
    const struct place *place = &event->place;
    const char *area = place->area && *place->area ? place->area
                       : place->has_point
                           ? place_find(t->place, t->now_ms, place->system, place->latitude, place->longitude)
                           : NULL;
    return (struct subject){.type = event->type,
                            .area = area,
                            .object = event->object,
                            .about = event->about,
                            .place = place,
                            .nature = event->nature,
                            .severity = event->severity,
                            .sealed = event->sealed,
                            .without = area && !*area ? UNROUTED_NO_POLYGON : 0};
}

/* What a plan would do: the tasks and clocks, as a row. */
static void add_plan(struct reading *r, const struct policy *policy, const struct plan *plan,
                     const struct route_query *query, const struct subject *subject)
{
    struct row *row = ARENA_NEW(&r->turn->arena, struct row, 1);
    const struct incident_more more = {.object = subject->object, .about = subject->about};
    const struct incident head = {.state = INCIDENT_OPEN,
                                  .sealed = subject->sealed,
                                  .nature = subject->nature,
                                  .severity = query->severity,
                                  .type = subject->type,
                                  .area = subject->area,
                                  .responsible_area = subject->area,
                                  .more = &more};
    plan_imagine(policy, plan, &head, r->turn->now_ms, &r->turn->arena, row);
    r->answer.rows = row;
    r->answer.row_count = 1;
}

/* 知会: who beside gets a copy. */
static void add_copies(struct reading *r, const struct policy *policy, const struct subject *subject,
                       const struct route_query *query, const struct route_result *result,
                       struct explanation *explanation)
{
    struct turn *t = r->turn;
    const char *const *near = NULL;
    size_t near_count = 0;
    if (subject->place && policy->border.near_m > 0)
        near = place_near(t->place, subject->place, policy->border.near_m, &t->arena, &near_count);
    explanation->copy_count =
        border_explain(policy, query, result, near, near_count, subject->beside, &t->arena, &explanation->copies);
}

static void explain_with(struct reading *r, const struct policy *policy, const struct subject *subject, int64_t at_ms)
{
    struct arena *arena = &r->turn->arena;
    struct explanation *explanation = ARENA_NEW(arena, struct explanation, 1);
    struct route_trace trace = {.arena = arena};
    struct route_result result;
    struct route_query query = {.type = policy_type(policy, subject->type),
                                .area = policy_area(policy, subject->area),
                                .nature = subject->nature,
                                .severity = subject->severity,
                                .without = subject->without,
                                .object = subject->object,
                                .sealed = subject->sealed,
                                .about = subject->about,
                                .at_ms = at_ms};
    char *hex = arena_alloc(arena, 2 * DIGEST_BYTES + 1);
    if (query.type && !query.severity)
        query.severity = query.type->severity;
    if (!query.type)
        query.without = UNROUTED_UNKNOWN_TYPE;
    else if (!query.area && !query.without)
        query.without = subject->area && *subject->area ? UNROUTED_UNKNOWN_AREA : UNROUTED_NO_PLACE;
    route_find(policy, &query, &result, &trace);
    digest_hex(&policy->hash, hex);
    *explanation = (struct explanation){
        .type = subject->type,
        .area = subject->area,
        .unit = result.lead ? result.lead->id : "",
        .unrouted = result.unrouted,
        .rules = trace.rules,
        .rule_count = trace.count,
        .clocks = query.type && query.type->profile ? query.type->profile->name : "",
        .policy = hex,
    };
    if (result.route)
        explanation->rule = arena_printf(arena, "%s:%zu", result.route->origin.file, result.route->origin.line);
    const struct plan *plan = *r->query->plan ? policy_plan(policy, r->query->plan) : result.plan;
    if (plan && query.area)
        add_plan(r, policy, plan, &query, subject);
    explanation->plan = plan ? plan->name : "";
    add_copies(r, policy, subject, &query, &result, explanation);
    r->answer.explanation = explanation;
    send_answer(r);
}

static bool is_bundle_of(const struct policy *policy, const char *bundle, size_t size)
{
    return policy && policy->bundle_bytes == size && memcmp(policy->bundle, bundle, size) == 0;
}

/* The policy in force at a time. One of a past day is parsed by the helper thread: the reader is told to come again. NULL:
 * refused. */
static const struct policy *policy_at(struct reading *r, int64_t at_ms)
{
    struct turn *t = r->turn;
    const char *bundle;
    size_t size;
    if (!at_ms)
        return t->policy;
    if (store_get_policy(t->store, at_ms, &t->arena, &bundle, &size) != 0) {
        refuse(r, REFUSAL_BAD_VALUE, "at_ms", "no policy was in force then");
        return NULL;
    }
    if (is_bundle_of(t->policy, bundle, size))
        return t->policy;
    if (is_bundle_of(t->past, bundle, size))
        return t->past;
    past_policy_start(t, bundle, size);
    turn_refuse(t, r->peer, r->tag, REFUSAL_BUSY, NULL, "the policy of that day is being read", 100);
    return NULL;
}

static void answer_explain(struct reading *r)
{
    struct turn *t = r->turn;
    const struct query *q = r->query;
    struct row row;
    int64_t at_ms = q->at_ms;
    bool known = q->incident && sight_row(t, q->incident, &row) && sight_may_see(t, r->who, &row);
    if (q->incident && !known) {
        refuse(r, REFUSAL_UNKNOWN_INCIDENT, "incident", "no such incident");
        return;
    }
    if (!q->incident && (!q->event || !*q->event->type)) {
        refuse(r, REFUSAL_MISSING_FIELD, "event", "an incident, or an event with a type");
        return;
    }
    if (q->incident && !at_ms)
        at_ms = row.head.received_ms; /* why it went where it went */
    const struct policy *policy = policy_at(r, at_ms);
    if (!policy)
        return;
    struct subject subject = q->incident ? subject_of_incident(&row.head) : subject_of_event(t, q->event);
    explain_with(r, policy, &subject, at_ms ? at_ms : t->now_ms);
}

/* --- status of what one reported --- */

static void answer_status(struct reading *r, const char *event_id, uint64_t incident)
{
    struct turn *t = r->turn;
    struct message message = {.kind = MESSAGE_RECEIPT, .tag = r->tag};
    if (!event_id || !*event_id) {
        struct query query = {.kind = QUERY_SHOW, .incident = incident, .cursor = ""};
        r->query = &query;
        r->answer.kind = QUERY_SHOW;
        answer_show(r);
        return;
    }
    struct key128 key = gate_key("publish", r->who->name, event_id);
    if (!core_receipt(t->core, &key, t->now_ms, &message.receipt)) {
        refuse(r, REFUSAL_UNKNOWN_RECEIPT, "event_id", "you have no receipt for this event within the window");
        return;
    }
    message.receipt.repeat = true;
    outbox_put(t->outbox, r->peer, &message);
}

/* --- the door --- */

static void (*const answers[])(struct reading *) = {
    [QUERY_LIST] = answer_list,         [QUERY_SHOW] = answer_show,       [QUERY_QUEUE] = answer_queue,
    [QUERY_OVERVIEW] = answer_overview, [QUERY_EXPLAIN] = answer_explain, [QUERY_WORKERS] = answer_workers,
    [QUERY_BESIDE] = answer_beside,
};

/* Overview and workers are the centre's and the operator's; lists show each reader its own. */
static bool may_ask(const struct principal *who, enum query_kind kind)
{
    bool whole = kind == QUERY_OVERVIEW || kind == QUERY_EXPLAIN || kind == QUERY_WORKERS;
    if (right_has(who, RIGHT_READ_ALL))
        return true;
    return right_has(who, whole ? RIGHT_OPERATE : RIGHT_READ_OWN);
}

bool query_permitted(const struct turn *t, const struct gate_input *in)
{
    const struct principal *who = policy_principal(t->policy, in->principal);
    switch (in->message.kind) {
    case MESSAGE_SUBSCRIBE:
        return right_has(who, RIGHT_READ_ALL) || right_has(who, RIGHT_READ_OWN);
    case MESSAGE_STATUS:
        return right_has(who, RIGHT_STATUS);
    default:
        return may_ask(who, in->message.query.kind);
    }
}

static uint64_t incident_asked(const struct message *message)
{
    bool by_event = message->kind == MESSAGE_STATUS && has_text(message->status.event_id);
    bool of_one = message->query.kind == QUERY_SHOW || message->query.kind == QUERY_EXPLAIN;
    if (message->kind == MESSAGE_QUERY)
        return of_one ? message->query.incident : 0;
    return message->kind == MESSAGE_STATUS && !by_event ? message->status.incident : 0;
}

bool query_guesses(struct turn *t, const struct gate_input *in)
{
    const struct principal *who = policy_principal(t->policy, in->principal);
    uint64_t incident = incident_asked(&in->message);
    struct row row;
    return incident && !right_sees_all(who) && !(sight_row(t, incident, &row) && sight_may_see(t, who, &row));
}

void query_answer(struct turn *t, const struct gate_input *in)
{
    const struct message *message = &in->message;
    struct reading r = {.turn = t, .peer = in->session->peer, .tag = message->tag, .query = &message->query};
    r.who = policy_principal(t->policy, in->principal);
    t->stats.queries++;
    if (message->kind == MESSAGE_SUBSCRIBE) {
        feed_subscribe(t, in);
    } else if (message->kind == MESSAGE_STATUS) {
        answer_status(&r, message->status.event_id, message->status.incident);
    } else {
        r.answer.kind = message->query.kind;
        answers[message->query.kind](&r);
    }
}
