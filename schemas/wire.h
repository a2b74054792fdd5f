/* wire.h: the protocol's messages as plain C; PROTOCOL.md is the specification. One message is one ZeroMQ frame.
 *
 * Both sides use this: a message is encoded from struct message and decoded into it. Decoding verifies shape, known
 * union members, UTF-8, no NUL, finite numbers and lengths; what it lets through is safe to read. */
#ifndef WIRE_H
#define WIRE_H

#include "broker/base/arena.h"
#include "broker/base/buffer.h"
#include "schemas/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WIRE_VERSION 1

/* X(value, NAME, name, endpoints that accept it from a client: P publish, W work, C command, F feed; - from the broker) */
/* clang-format off */
#define MESSAGES(X) \
    X(1, HELLO, hello, "PWCF") X(2, WELCOME, welcome, "-") X(3, HEARTBEAT, heartbeat, "PWCF") X(4, BYE, bye, "PWCF") \
    X(5, REFUSAL, refusal, "-") X(6, RECEIPT, receipt, "-") X(7, RECEIPTS, receipts, "-") \
    X(10, PUBLISH, publish, "P") X(11, STATUS, status, "PC") X(12, NOTICE, notice, "-") \
    X(13, ACKNOWLEDGE, acknowledge, "P") \
    X(20, CREDIT, credit, "PWF") X(21, TASK, task, "-") X(22, REVOKE, revoke, "-") X(23, WORD, word, "WC") \
    X(24, URGE, urge, "-") \
    X(30, ACT, act, "PC") X(31, QUERY, query, "PWC") X(32, ANSWER, answer, "-") X(33, RELOAD, reload, "C") \
    X(34, BACKUP, backup, "C") \
    X(40, SUBSCRIBE, subscribe, "F") X(41, ENTRY, entry, "-")
/* clang-format on */

#define MESSAGE_X(v, N, n, e) MESSAGE_##N = v,
enum message_kind { MESSAGES(MESSAGE_X) };

/* client → broker, first on each connection. worker and unit only on the work endpoint. */
struct hello {
    uint32_t version;   /* WIRE_VERSION of the client */
    const char *client; /* software and version, for the log */
    const char *unit;   /* work: the unit it works for */
    const char *worker; /* work: name, unique within the principal */
    bool packs;         /* publish: it reads receipts that come packed */
    uint64_t life;      /* work: of this process; 0: it does not say */
};

struct welcome {
    uint32_t version;
    const char *broker, *principal;
    uint32_t journal, term;
    int64_t now_ms;
    uint32_t heartbeat_ms; /* real milliseconds: send something at least this often */
    uint32_t silent_ms;    /* real milliseconds of silence after which leases end */
    bool exercise;
    double speed; /* of the broker's time; 1 in life */
};

struct refusal {
    enum refusal_code code;
    const char *field;       /* what it is about, if one field */
    const char *reason;      /* English, for people */
    uint32_t retry_after_ms; /* real; 0: do not retry unchanged */
};

/* client → broker: a department's word on a task, from its worker, or from the centre on its behalf. */
struct word {
    const char *request; /* request id: idempotency */
    enum word_verb verb;
    uint64_t incident;
    uint32_t task, epoch;      /* epoch 0 from the centre on behalf: the current one */
    const char *person;        /* who says it */
    const char *on_behalf;     /* command endpoint: the unit spoken for */
    enum outcome_code outcome; /* feedback */
    const char *reason;        /* return: reason code */
    const char *text;
    int64_t unit_ms; /* the unit's own time */
    bool auto_respond;
    enum ask_kind kind; /* ask: what for */
    int64_t until_ms;   /* ask park, suspend: to when */
    int64_t span_ms;    /* ask extend: so much more */
    const char *unit;   /* delegate: to which sub-unit */
    bool condition_met; /* feedback: the closing condition holds */
    const char *to;     /* outcome referred: the body it goes to */
    uint32_t item;      /* tick: which, from 1 */
    bool last;          /* inform: 终报 */
};

/* client → broker: the centre's acts, and a source's withdraw. */
struct act {
    const char *request;
    enum act_verb verb;
    uint64_t incident;
    uint32_t task;       /* transfer, release, dismiss: which (0: the only one it can be) */
    uint64_t into;       /* merge: the survivor */
    const char *unit;    /* assign, transfer */
    enum task_role role; /* assign; 0: lead when there is none, else assist */
    const char *person;
    enum outcome_code outcome; /* close */
    bool passed;               /* verify, confirm; decide: granted; callback: solved */
    const char *reason, *text;
    const char *plan;         /* plan: which */
    const char *const *units; /* whistle */
    size_t unit_count;
    enum ask_kind kind;             /* ask: what for */
    int64_t until_ms;               /* ask park, suspend: to when; supervise: by when */
    int64_t span_ms;                /* ask extend: so much more */
    uint32_t ask;                   /* decide: which (0: the only open one) */
    enum satisfaction satisfaction; /* callback */
    const char *about;              /* exclude: whom it is about, as in an event */
    const char *type;               /* reclassify */
    bool route;                     /* reclassify: anew, although the lead has responded */
    bool condition_met;             /* close, verify: the closing condition holds */
    bool last;                      /* inform: 终报 */
    /* what stands beside incidents */
    const char *name;        /* duty_done: of the duty; commit_exercise: a SHA-256 in hex */
    const char *target;      /* duty_done: which of its targets */
    const char *area;        /* duty_done: of a duty that several areas have; list_area, delist_area */
    enum rung_colour colour; /* list_area */
    const char *to;          /* outcome referred: the body it goes to */
    const char *post;        /* charge */
    int64_t from_ms;         /* sample: of what closed from here on, before until_ms */
    uint32_t count, percent; /* sample: so many, or so many percent */
    bool on_site;            /* sample: of what was handled on site only */
    enum clock_kind clock;   /* appeal: against the late verdict of which clock (0: the only one there is) */
};

/* What a worker gets. The epoch must be quoted in every word. */
struct delivery {
    uint64_t incident;
    struct task task;
    struct incident head;
    const struct event *event;
    const struct clock *clocks; /* the task's own, running */
    size_t clock_count;
    bool resume; /* a colleague responded before and fell silent */
    uint32_t urges;
    int64_t supervised_ms; /* 督办: due by then; 0: it is not supervised */
    const char *closing;   /* of the lead: 结案条件 that must hold for `resolved` */
};

/* broker → worker: whoever holds the task is urged (催办), or told that its incident is supervised (督办). */
struct urge {
    uint64_t incident;
    uint32_t task, epoch, urges;
    int64_t supervised_ms; /* 0: an urge only */
    const char *person, *text;
};

struct revoke {
    uint64_t incident;
    uint32_t task, epoch;
    const char *reason;
};

/* clang-format off */
#define QUERIES(X) X(1, LIST, list) X(2, SHOW, show) X(3, QUEUE, queue) X(4, OVERVIEW, overview) \
    X(5, EXPLAIN, explain) X(6, WORKERS, workers) X(20, BESIDE, beside)
/* clang-format on */
#define QUERY_X(v, N, n) QUERY_##N = v,
enum query_kind { QUERIES(QUERY_X) };
const char *query_name(enum query_kind);

struct query {
    enum query_kind kind;
    uint64_t incident;  /* show; explain of an incident */
    const char *cursor; /* list, show: from the last answer; "" from the start */
    uint32_t limit;     /* rows a page; 0: the default */
    /* list: what is set must match */
    enum incident_state state;
    const char *unit, *type, *area, *source;
    bool overdue, live_only;
    /* explain: an imagined event */
    const struct event *event;
    int64_t at_ms;       /* explain: under the policy in force then; 0: now */
    enum side_kind side; /* beside: of this kind; 0: all */
    const char *plan;    /* explain: as if this plan were applied */
    bool reporters;      /* show: with the sealed identities of who reported, which were opened */
};

/* How many, for `watch` and the demo's sums. */
struct unit_load {
    const char *unit, *name;
    uint32_t workers, credit;                                        /* connected now */
    uint32_t queued, unsigned_, working, overdue, shelved, returned; /* unsigned_: queued or offered */
};
struct overview {
    int64_t now_ms;
    uint64_t accepted, closed, live, records;              /* accepted and closed: of this journal */
    uint32_t unrouted, desk, verifying, returned, shelved; /* waiting for us */
    uint32_t due_5, due_15, due_60;                        /* clocks due within minutes */
    uint32_t overdue, overdue_by_rung[8];                  /* live clocks past due, by rungs climbed after breach */
    const struct unit_load *units;
    size_t unit_count;
    uint32_t supervised;                   /* incidents under 督办 */
    uint32_t areas_proposed, areas_listed; /* another colour is proposed than they have; they have one */
};

/* One rule looked at by `explain`. */
struct considered {
    const char *rule;    /* "routes.yaml:12" */
    const char *verdict; /* "chosen", "less specific: type depth 1 < 2", "no recipient: …" */
    bool chosen;
};
/* 知会: a neighbour that a copy goes to, or why none does. */
struct copied {
    const char *unit;   /* "": nobody is found */
    const char *beside; /* the area over the border, or the unit that is listed */
    const char *rule, *verdict;
    bool sent;
};

struct explanation {
    const char *area, *type;
    const char *unit; /* the lead, "" when unrouted */
    const char *rule;
    enum unrouted_reason unrouted;
    const struct considered *rules;
    size_t rule_count;
    const char *clocks; /* profile */
    const char *policy; /* hex of the policy's hash */
    const char *plan;   /* by which it goes; its tasks and clocks stand in the answer's row */
    const struct copied *copies;
    size_t copy_count;
};

/* broker → client: a page. Which part is filled depends on the query. */
struct answer {
    enum query_kind kind;
    const char *cursor;     /* for the next page; "" at the end */
    const struct row *rows; /* list, show, queue */
    size_t row_count;
    const struct record *records; /* show: the timeline */
    size_t record_count;
    const struct overview *overview;
    const struct explanation *explanation;
    const struct unit_load *workers; /* workers: one per connected worker: unit, name */
    size_t worker_count;
    const struct side *sides; /* beside */
    size_t side_count;
    struct bytes provisional; /* show: which clocks of the row are due when the calendar is not announced yet */
};

/* One of many receipts: of journal and term of the pack, and no repeat. */
struct receipted {
    uint64_t tag, incident, seq;
    int64_t at_ms;
};

/* broker → client: receipts in one frame, to a source that said it reads them so. */
struct receipt_pack {
    uint32_t journal, term;
    const struct receipted *all;
    size_t count;
};

/* broker → client: one record of the trail, with the cursor after it. Without a record: nothing more for now up to
 * cursor (heartbeat of the feed). */
struct entry {
    const char *cursor;
    const struct record *record;
};

/* broker → client: a step of what the source reported. Without an incident: no more for now. */
struct notice {
    uint64_t seq; /* of the record; what is acknowledged */
    int64_t at_ms;
    uint64_t incident, into; /* into: merged, the survivor */
    enum notice_step step;
    enum incident_state state;
    enum outcome_code outcome;
    const char *unit, *reason, *text;
    const char *const *events; /* the source's own ids of its reports */
    size_t event_count;
    bool more; /* and of further ones */
};

struct message {
    enum message_kind kind;
    uint64_t tag; /* chosen by the asker, echoed in the answer */
    union {
        struct hello hello;
        struct welcome welcome;
        struct refusal refusal;
        struct receipt receipt;
        struct receipt_pack receipts;
        struct event publish;
        struct {
            const char *event_id;
            uint64_t incident;
        } status; /* one of the two */
        struct notice notice;
        struct {
            uint64_t seq;
        } acknowledge; /* everything up to here has been dealt with */
        struct {
            int32_t holding;
        } heartbeat; /* worker: leased tasks it knows of; -1: it does not say */
        struct {
            uint32_t n;
        } credit; /* adds n */
        struct {
            bool drain;
        } bye; /* drain: no new tasks, unresponded go back, stay until told */
        struct delivery task;
        struct revoke revoke;
        struct urge urge;
        struct word word;
        struct act act;
        struct query query;
        struct answer answer;
        struct {
            const char *request, *person;
        } reload;
        struct {
            const char *request, *person, *path;
        } backup;
        struct {
            const char *cursor;
            uint32_t credit;
        } subscribe; /* "" or "0": from the beginning; "end": from now */
        struct entry entry;
    };
};

const char *message_name(enum message_kind);
/* Whether a client may send this kind to the endpoint 'P', 'W', 'C' or 'F'. */
bool message_accepted(enum message_kind, char endpoint);

/* Replaces out's content. */
void wire_encode(const struct message *, struct buffer *out);

/* Decodes a frame of any alignment; out and all it points to live in the arena. 0, or -EBADMSG with *refusal filled
 * (its texts in the arena too); then out->tag is the sender's tag when that could be read, else 0. */
int wire_decode(const void *frame, size_t size_bytes, struct arena *, struct message *out, struct refusal *refusal);

/* The same of what a client says: what only the broker says is refused before its body is looked at. There lists and texts have
 * no limit but the frame's, and a small frame that names one of them often would be endless work. */
int wire_decode_client(const void *frame, size_t size_bytes, struct arena *, struct message *out,
                       struct refusal *refusal);

/* One line of JSON of an answer's or message's content, appended; for --json and for a handler's stdin. */
void wire_json(const struct message *, struct buffer *out);

#ifdef __cplusplus
}
#endif

#endif
