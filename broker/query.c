#include "broker/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/core/right.h"
#include "broker/core/route.h"
#include "broker/now.h"
#include "broker/reload.h"

#define PAGE_ROWS_DEFAULT 50
#define SCAN_MAX          20000         /* rows looked at for one page: a page may come back short, with a cursor */
#define PAGE_TEXT_BYTES   (1024 * 1024) /* of one page of a timeline, so that an answer stays below its limit */
#define FEED_SLICE        512           /* records looked at for one feed in one turn */

/* One answer under way. */
struct reading {
    struct turn *turn;
    const struct principal *who;
    bool all; /* may read everything; otherwise what it reported or has a task in */
    uint64_t peer, tag;
    const struct query *query;
    struct answer answer;
};

/* --- who may see what --- */

static bool has_task(const struct principal *who, const struct row *row)
{
    for (size_t i = 0; i < row->task_count; i++)
        if (right_unit(who, row->tasks[i].unit))
            return true;
    return false;
}

static bool in_scope(const struct turn *t, const struct principal *who, const struct row *row)
{
    return right_in_scope(who, policy_type(t->policy, row->head.type), policy_area(t->policy, row->head.area));
}

/* Everything within one's types and areas, or what one reported, or has a task in. */
static bool may_see(const struct turn *t, const struct principal *who, const struct row *row)
{
    if (right_has(who, RIGHT_READ_ALL) && in_scope(t, who, row))
        return true;
    if (strcmp(row->head.source, who->name) == 0)
        return true;
    return (who->roles & PRINCIPAL_DEPARTMENT) && has_task(who, row);
}

/* A department sees its own tasks and their clocks, not its colleagues'. */
static bool only_department(const struct principal *who)
{
    return !right_has(who, RIGHT_READ_ALL) && (who->roles & PRINCIPAL_DEPARTMENT);
}

static bool own_task(const struct principal *who, const struct row *row, uint32_t no)
{
    for (size_t i = 0; i < row->task_count; i++)
        if (row->tasks[i].no == no)
            return right_unit(who, row->tasks[i].unit);
    return false;
}

static size_t own_tasks(struct arena *arena, const struct principal *who, const struct task *tasks, size_t n,
                        const struct task **out)
{
    struct task *own = ARENA_NEW(arena, struct task, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (right_unit(who, tasks[i].unit))
            own[count++] = tasks[i];
    *out = own;
    return count;
}

/* row: of the whole incident, to know whose task a clock belongs to. */
static size_t own_clocks(struct arena *arena, const struct principal *who, const struct row *row,
                         const struct clock *clocks, size_t n, const struct clock **out)
{
    struct clock *own = ARENA_NEW(arena, struct clock, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!clocks[i].task || own_task(who, row, clocks[i].task))
            own[count++] = clocks[i];
    *out = own;
    return count;
}

/* Leaves in the row what the reader may see of it. */
static void keep_own_part(struct arena *arena, const struct principal *who, struct row *row)
{
    if (!only_department(who))
        return;
    row->clock_count = own_clocks(arena, who, row, row->clocks, row->clock_count, &row->clocks);
    row->task_count = own_tasks(arena, who, row->tasks, row->task_count, &row->tasks);
}

static bool row_of(struct turn *t, uint64_t incident, struct row *row)
{
    return core_row(t->core, incident, &t->arena, row) || store_get_row(t->store, incident, &t->arena, row) == 0;
}

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

static bool unit_in(const char *unit, const struct row *row)
{
    if (!unit || !*unit)
        return true;
    for (size_t i = 0; i < row->task_count; i++)
        if (row->tasks[i].unit && strcmp(row->tasks[i].unit, unit) == 0)
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
           named(q->source, row->head.source) && may_see(r->turn, r->who, row);
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
            keep_own_part(&r->turn->arena, r->who, &row);
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

/* Leaves in the record the changes to incidents that the reader may see. Whether any is left. */
static bool keep_seen_changes(struct turn *t, const struct principal *who, struct record *record)
{
    struct row row;
    size_t kept = 0;
    for (size_t i = 0; i < record->change_count; i++)
        if (row_of(t, record->changes[i].incident, &row) && may_see(t, who, &row))
            record->changes[kept++] = record->changes[i];
    record->change_count = kept;
    return kept > 0;
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
        keep_seen_changes(t, r->who, record);
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

static void answer_show(struct reading *r)
{
    struct turn *t = r->turn;
    struct row *row = ARENA_NEW(&t->arena, struct row, 1);
    if (!row_of(t, r->query->incident, row) || !may_see(t, r->who, row)) {
        refuse(r, REFUSAL_UNKNOWN_INCIDENT, "incident", "no such incident");
        return;
    }
    uint64_t seq;
    if (!timeline_start(r->query, row, &seq)) {
        refuse(r, REFUSAL_BAD_CURSOR, "cursor", "not a cursor of this incident");
        return;
    }
    size_t n = only_department(r->who) ? 0 : page_rows(r->query);
    struct record *records = ARENA_NEW(&t->arena, struct record, n + 1);
    size_t count = timeline(r, row->incident, &seq, records, n);
    r->answer.cursor = n && seq ? arena_printf(&t->arena, "S%llu", (unsigned long long)seq) : "";
    keep_own_part(&t->arena, r->who, row);
    r->answer.rows = row;
    r->answer.row_count = 1;
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
        if (core_row(t->core, incidents[i], &t->arena, &rows[count]) && may_see(t, r->who, &rows[count]))
            keep_own_part(&t->arena, r->who, &rows[count++]);
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

/* --- explain: which rule, and what it beat --- */

static void explain_with(struct reading *r, const struct policy *policy, const char *type, const char *area,
                         enum nature nature, int severity, enum unrouted_reason without)
{
    struct arena *arena = &r->turn->arena;
    struct explanation *explanation = ARENA_NEW(arena, struct explanation, 1);
    struct route_trace trace = {.arena = arena};
    struct route_result result;
    struct route_query query = {policy_type(policy, type), policy_area(policy, area), nature, severity, without};
    char *hex = arena_alloc(arena, 2 * DIGEST_BYTES + 1);
    if (query.type && !severity)
        query.severity = query.type->severity;
    if (!query.type)
        query.without = UNROUTED_UNKNOWN_TYPE;
    else if (!query.area && !query.without)
        query.without = area && *area ? UNROUTED_UNKNOWN_AREA : UNROUTED_NO_PLACE;
    route_find(policy, &query, &result, &trace);
    digest_hex(&policy->hash, hex);
    *explanation = (struct explanation){
        .type = type,
        .area = area,
        .unit = result.lead ? result.lead->id : "",
        .unrouted = result.unrouted,
        .rules = trace.rules,
        .rule_count = trace.count,
        .clocks = query.type && query.type->profile ? query.type->profile->name : "",
        .policy = hex,
    };
    if (result.route)
        explanation->rule = arena_printf(arena, "%s:%zu", result.route->origin.file, result.route->origin.line);
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
    bool known = q->incident && row_of(t, q->incident, &row) && may_see(t, r->who, &row);
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
    if (q->incident) {
        explain_with(r, policy, row.head.type, row.head.area, row.head.nature, row.head.severity,
                     row.head.unrouted == UNROUTED_NO_POLYGON ? UNROUTED_NO_POLYGON : 0);
    } else {
        const struct place *place = &q->event->place;
        const char *area = place->area && *place->area ? place->area
                           : place->has_point ? place_find(t->place, place->system, place->latitude, place->longitude)
                                              : NULL;
        explain_with(r, policy, q->event->type, area, q->event->nature, q->event->severity,
                     area && !*area ? UNROUTED_NO_POLYGON : 0);
    }
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

/* --- the feed: subscribe, then records by cursor and credit --- */

static uint32_t mark_of(const void *bytes, size_t size_bytes)
{
    return (uint32_t)hash_bytes(bytes, size_bytes);
}

static int take_mark(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    uint32_t *mark = arg;
    (void)record;
    *mark = mark_of(bytes, size_bytes);
    return 1;
}

static uint32_t mark_at(struct turn *t, uint64_t seq)
{
    uint32_t mark = 0;
    if (seq)
        store_read(t->store, seq - 1, &t->arena, take_mark, &mark);
    return mark;
}

/* "<sequence>-<mark>", or a bare sequence as a person writes it. The mark tells a cursor of this history from one of a
 * history that a restore has cut off. */
static bool cursor_of_feed(struct reading *r, const char *text, uint64_t *from)
{
    uint64_t last = store_meta(r->turn->store)->sequence;
    char *end;
    *from = 0;
    if (!*text)
        return true;
    if (strcmp(text, "end") == 0) {
        *from = last;
        return true;
    }
    *from = strtoull(text, &end, 10);
    if (end == text || *from > last)
        return false;
    return !*end || (*end == '-' && strtoul(end + 1, NULL, 16) == mark_at(r->turn, *from));
}

static void subscribe(struct reading *r, const char *cursor, uint32_t credit)
{
    struct session *session = session_get(gate_sessions(r->turn->gate), r->peer);
    uint64_t from;
    if (!cursor_of_feed(r, cursor, &from)) {
        refuse(r, REFUSAL_BAD_CURSOR, "cursor", "not a cursor of this feed, or of a history that a restore cut off");
        return;
    }
    session->subscribed = true;
    session->cursor = from;
    session->mark = mark_at(r->turn, from);
    session->told = UINT64_MAX; /* so that a reader at the end is told so */
    session->credit = credit < CREDIT_MAX ? credit : CREDIT_MAX;
}

struct feeding {
    struct turn *turn;
    struct session *session;
    const struct principal *who;
    size_t looked;
};

/* A department: its own tasks and clocks within the change, and no word on a colleague's task. */
static bool keep_own_change(struct feeding *f, struct record *record, const struct row *row)
{
    struct arena *arena = &f->turn->arena;
    struct change *change = &record->changes[0];
    uint32_t about = record->rung ? record->rung->task : record->task;
    if (about && !own_task(f->who, row, about))
        return false;
    change->task_count = own_tasks(arena, f->who, change->tasks, change->task_count, &change->tasks);
    change->clock_count = own_clocks(arena, f->who, row, change->clocks, change->clock_count, &change->clocks);
    return true;
}

/* What of the record the reader may see: all, its own part, or nothing. Records of no incident are for those who may
 * read everything. */
static bool feed_part(struct feeding *f, struct record *record)
{
    struct row row;
    bool all = right_has(f->who, RIGHT_READ_ALL);
    if (!record->change_count || (all && !f->who->type_count && !f->who->area_count))
        return all;
    if (!keep_seen_changes(f->turn, f->who, record))
        return false;
    return !only_department(f->who) ||
           (row_of(f->turn, record->changes[0].incident, &row) && keep_own_change(f, record, &row));
}

static void send_entry(struct feeding *f, const struct record *record)
{
    struct message message = {.kind = MESSAGE_ENTRY};
    message.entry.cursor = f->session->cursor == 0
                               ? "0"
                               : arena_printf(&f->turn->arena, "%llu-%08x", (unsigned long long)f->session->cursor,
                                              (unsigned)f->session->mark);
    message.entry.record = record;
    if (!record)
        f->session->told = f->session->cursor;
    outbox_put(f->turn->outbox, f->session->peer, &message);
    f->turn->stats.entries++;
}

static int feed_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct feeding *f = arg;
    struct record part = *record;
    if (!f->session->credit || f->looked++ >= FEED_SLICE)
        return 1;
    f->session->cursor = record->seq;
    f->session->mark = mark_of(bytes, size_bytes);
    if (!feed_part(f, &part))
        return 0;
    f->session->credit--;
    send_entry(f, &part);
    return 0;
}

/* True when the session has credit and more is there. */
static bool feed_one(struct turn *t, struct session *session)
{
    struct feeding f = {t, session, policy_principal(t->policy, session->principal), 0};
    uint64_t last = store_meta(t->store)->sequence;
    if (!f.who || f.who->revoked)
        return false;
    if (session->cursor < last)
        store_read(t->store, session->cursor, &t->arena, feed_record, &f);
    if (session->cursor == last && session->told != last)
        send_entry(&f, NULL);
    return session->credit && session->cursor < last;
}

/* Round robin over the feeds, going on where the budget ended last time. */
bool query_feed(struct turn *t)
{
    uint64_t last = store_meta(t->store)->sequence;
    bool behind = t->feed_at != 0; /* those before it have not been looked at */
    int64_t until_us = now_mono_us() + t->query_budget_us;
    struct session *session;
    while ((session = sessions_next_feed(gate_sessions(t->gate), &t->feed_at))) {
        if (session->cursor == last && session->told == last)
            continue;
        if (outbox_waits(t->outbox, session->peer))
            continue; /* room wakes the loop */
        if (now_mono_us() >= until_us)
            return true;
        behind |= feed_one(t, session);
    }
    t->feed_at = 0;
    return behind;
}

/* --- the door --- */

static void (*const answers[])(struct reading *) = {
    [QUERY_LIST] = answer_list,         [QUERY_SHOW] = answer_show,       [QUERY_QUEUE] = answer_queue,
    [QUERY_OVERVIEW] = answer_overview, [QUERY_EXPLAIN] = answer_explain, [QUERY_WORKERS] = answer_workers,
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

void query_answer(struct turn *t, const struct gate_input *in)
{
    const struct message *message = &in->message;
    struct reading r = {.turn = t, .peer = in->session->peer, .tag = message->tag, .query = &message->query};
    r.who = policy_principal(t->policy, in->principal);
    r.all = right_has(r.who, RIGHT_READ_ALL);
    t->stats.queries++;
    if (message->kind == MESSAGE_SUBSCRIBE) {
        subscribe(&r, message->subscribe.cursor, message->subscribe.credit);
    } else if (message->kind == MESSAGE_STATUS) {
        answer_status(&r, message->status.event_id, message->status.incident);
    } else {
        r.answer.kind = message->query.kind;
        answers[message->query.kind](&r);
    }
}
