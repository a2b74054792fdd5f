#include "broker/notice.h"

#include <string.h>

#include "broker/core/notice.h"
#include "broker/core/right.h"
#include "broker/core/undo.h"
#include "broker/sight.h"

#define NOTICE_SLICE 256  /* sent to one source in one turn */
#define EVENTS_MAX   1024 /* ids of one source's reports in one notice */
#define REPORTS_MAX  4096 /* reports looked at for them */
#define MERGES_MAX   8    /* merged into each other */
#define CLOSINGS_MAX 4096 /* notices looked at in one acknowledgement */

/* --- what a source says --- */

/* From the first that it has not acknowledged: whatever a connection before may have got. */
static uint64_t acknowledged(struct turn *t, const char *source)
{
    struct side side;
    return core_side(t->core, SIDE_SOURCE, source, &t->arena, &side) ? (uint64_t)side.number : 0;
}

void notice_take_credit(struct turn *t, const struct gate_input *in)
{
    const struct principal *who = policy_principal(t->policy, in->principal);
    struct session *session = in->session;
    uint32_t n = in->message.credit.n, room = CREDIT_MAX - session->credit;
    if (!right_has(who, RIGHT_PUBLISH) || !who->notices) {
        turn_refuse(t, session->peer, in->message.tag, REFUSAL_FORBIDDEN, NULL,
                    "no notices are kept for you: 'notices: true' in principals.yaml", 0);
        return;
    }
    if (!session->subscribed) {
        session_follow(gate_sessions(t->gate), session);
        session->cursor = acknowledged(t, who->name);
        session->told = UINT64_MAX; /* that there is no more, once */
    }
    session->credit += n < room ? n : room;
}

/* Incidents whose closing is among what is acknowledged. */
static size_t closings(struct turn *t, const char *source, uint64_t upto, uint64_t *incidents)
{
    uint64_t seq = acknowledged(t, source);
    size_t count = 0;
    struct record record;
    for (int looks = 0; looks < CLOSINGS_MAX && store_next_notice(t->store, source, &seq) && seq <= upto; looks++)
        if (store_get_record(t->store, seq, &t->arena, &record) == 0 && notice_step_at(&record) == NOTICE_CLOSED)
            incidents[count++] = record.changes[0].incident;
    return count;
}

/* What was not sent yet cannot have been dealt with; more than so much is acknowledged in steps. */
void notice_take_acknowledge(struct turn *t, const struct gate_input *in)
{
    uint64_t *incidents = ARENA_NEW(&t->arena, uint64_t, CLOSINGS_MAX);
    struct command command = {
        .kind = COMMAND_ACKNOWLEDGE,
        .peer = in->session->peer,
        .tag = in->message.tag,
        .principal = in->principal,
        .endpoint = in->session->endpoint,
    };
    command.acknowledge.upto = in->message.acknowledge.seq;
    command.acknowledge.incidents = incidents;
    command.acknowledge.incident_count = closings(t, in->principal, command.acknowledge.upto, incidents);
    core_step(t->core, &command, t->now_ms, &t->outcome);
}

/* --- the source's own reports of an incident, newest first --- */

struct gathering {
    struct turn *turn;
    const struct principal *source;
    uint64_t until; /* the notice's record: later reports are not of it */
    const char **events;
    size_t count, looked;
    bool more;
};

static void take_event(struct gathering *g, const struct record *record, const char *source)
{
    if (record->seq > g->until || strcmp(source, g->source->name) != 0)
        return;
    if (g->count == EVENTS_MAX)
        g->more = true;
    else
        g->events[g->count++] = record->event->id;
}

static const struct change *change_of(const struct record *record, uint64_t incident)
{
    for (size_t i = 0; i < record->change_count; i++)
        if (record->changes[i].incident == incident)
            return &record->changes[i];
    return NULL;
}

static void gather(struct gathering *g, uint64_t incident, int merges);

/* Takes what the record carries; the record before it that carries a report, or 0. */
static uint64_t gather_one(struct gathering *g, uint64_t incident, const struct record *record, int merges)
{
    const struct change *change = change_of(record, incident);
    if (record->kind == RECORD_MERGED && record->seq <= g->until && merges < MERGES_MAX)
        gather(g, record->changes[0].incident, merges + 1);
    if (record->kind == RECORD_OPENED && record->event)
        take_event(g, record, record->changes[0].head->source);
    if (record->kind == RECORD_FOLDED && record->event)
        take_event(g, record, record->principal);
    return change && change->reports && record->kind != RECORD_OPENED ? change->reports->before : 0;
}

/* What was merged may be about whoever asks, although its survivor no longer is. */
static void gather(struct gathering *g, uint64_t incident, int merges)
{
    struct turn *t = g->turn;
    struct row row;
    if (!sight_row(t, incident, &row) || !sight_may_see(t, g->source, &row))
        return;
    uint64_t seq = row.reports ? row.reports->last : row.head.opened_seq;
    struct record *record = ARENA_NEW(&t->arena, struct record, 1);
    for (; seq && g->looked < REPORTS_MAX; g->looked++) {
        if (store_get_record(t->store, seq, &t->arena, record) != 0)
            return;
        seq = gather_one(g, incident, record, merges);
    }
    g->more |= seq != 0;
}

/* --- one notice --- */

/* What a unit says to the centre is not for the reporter; what the centre says on ending or answering is. */
static bool is_said_to_reporter(enum notice_step step)
{
    return step == NOTICE_CLOSED || step == NOTICE_CANCELLED || step == NOTICE_REJECTED || step == NOTICE_ANSWERED;
}

static const char *unit_of(const struct record *record)
{
    for (size_t i = 0; i < record->changes[0].task_count; i++)
        if (record->changes[0].tasks[i].no == record->task ||
            (!record->task && record->changes[0].tasks[i].role == TASK_LEAD))
            return record->changes[0].tasks[i].unit;
    return "";
}

/* Of what is sealed, and of a report (举报), whoever else reported it is told how it goes on, and no more. */
static bool is_guarded(const struct incident *head, const char *source)
{
    return (head->sealed || head->nature == NATURE_REPORT) && strcmp(head->source, source) != 0;
}

static void fill(struct turn *t, const struct principal *source, const struct record *record, bool guarded,
                 struct notice *notice)
{
    const struct incident *head = record->changes[0].head;
    bool said = is_said_to_reporter(notice_step_at(record)) && !guarded;
    struct gathering g = {t, source, record->seq, ARENA_NEW(&t->arena, const char *, EVENTS_MAX), 0, 0, false};
    *notice = (struct notice){
        .seq = record->seq,
        .at_ms = record->at_ms,
        .incident = record->changes[0].incident,
        .step = notice_step_at(record),
        .state = head ? head->state : 0,
        .outcome = head && head->outcome ? head->outcome : record->outcome,
        .into = record->kind == RECORD_MERGED ? record->changes[1].incident : 0,
        .unit = guarded ? "" : unit_of(record),
        .reason = said ? record->reason : "",
        .text = said ? record->text : "",
        .events = g.events,
    };
    if (record->event)
        take_event(&g, record, source->name);
    else
        gather(&g, notice->incident, 0);
    notice->event_count = g.count;
    notice->more = g.more;
}

/* A dispatch is told when it can no longer be taken back. */
static bool is_early(struct turn *t, const struct record *record, const struct row *row)
{
    const struct undo *undo = row->undo;
    if (!undo || undo->seq != record->seq || undo->until_ms < t->now_ms ||
        !incident_allows(row->head.state, ACT_UNDO) || undo_responded(undo, row->tasks, row->task_count))
        return false;
    if (!t->notices_ms || undo->until_ms < t->notices_ms)
        t->notices_ms = undo->until_ms + 1;
    return true;
}

/* What was trimmed is not; nor what is about the source's own by now. False: it is too early. */
static bool send(struct turn *t, const struct principal *who, struct session *session, uint64_t seq)
{
    struct message message = {.kind = MESSAGE_NOTICE};
    struct record record;
    struct row row;
    if (store_get_record(t->store, seq, &t->arena, &record) != 0 || !notice_step_at(&record) ||
        !sight_row(t, record.changes[0].incident, &row) || !sight_may_see(t, who, &row))
        return true;
    if (is_early(t, &record, &row))
        return false;
    fill(t, who, &record, is_guarded(&row.head, who->name), &message.notice);
    session->credit--;
    outbox_put(t->outbox, session->peer, &message);
    return true;
}

/* Once. */
static void say_no_more(struct turn *t, struct session *session, uint64_t told)
{
    struct message message = {.kind = MESSAGE_NOTICE};
    if (session->told == UINT64_MAX)
        outbox_put(t->outbox, session->peer, &message);
    session->told = told;
}

bool notice_serve(struct turn *t, struct session *session)
{
    const struct principal *who = policy_principal(t->policy, session->principal);
    uint64_t last = store_meta(t->store)->sequence, seq = session->cursor;
    if (!who || who->revoked || !who->notices)
        return false;
    for (int sent = 0; session->credit; sent++) {
        if (sent == NOTICE_SLICE)
            return true;
        if (!store_next_notice(t->store, who->name, &seq)) {
            say_no_more(t, session, last);
            session->cursor = last;
            return false;
        }
        if (!send(t, who, session, seq)) {
            say_no_more(t, session, 0);
            return false;
        }
        session->cursor = seq;
    }
    return false;
}
