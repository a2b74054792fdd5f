/* core.h: the core decides. PURE: no clock, no I/O, no log; time is an argument. Same commands at the same times give
 * the same records. Only what is live is in memory. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "broker/base/arena.h"
#include "broker/core/policy.h"
#include "schemas/wire.h"

struct core;

enum command_kind {
    COMMAND_TICK = 1, /* time passes: fires what is due */
    COMMAND_START,    /* the broker is up: term, last record before the stop */
    COMMAND_HELLO,    /* presence of a worker (or of the centre: no effect but a principal's session) */
    COMMAND_HEARD,    /* anything at all from a worker's session */
    COMMAND_CREDIT,
    COMMAND_BYE,
    COMMAND_PUBLISH,
    COMMAND_WORD,
    COMMAND_ACT,
    COMMAND_RELOAD,
    COMMAND_WALL_STEP,
    COMMAND_DENY, /* the gate or a query found a principal without the right: counts towards a `refused` record */
    COMMAND_ACKNOWLEDGE, /* a source has dealt with its notices */
    COMMAND_SILENCE,     /* what was heard has been read: the leases of workers silent for too long end */
};

/* What a sample draws from: gathered by the turn, since the core knows only what is live. */
struct sampling {
    uint64_t *incidents;
    size_t count;
    bool too_many;
    uint8_t seed[DIGEST_BYTES]; /* the chain at seed_seq, a record that is durable */
    uint64_t seed_seq;
};

/* A request, or time passing. Records point into what it points to: texts and events live as long as the outcome. */
struct command {
    enum command_kind kind;
    uint64_t peer, tag;              /* of the session that waits for the answer; 0: nobody */
    const char *principal;           /* the name the gate established; "" is the broker */
    char endpoint;                   /* 'P', 'W', 'C', 'F' */
    const char *worker, *unit;       /* hello; and of the session for credit, bye, heard, word on the work endpoint */
    const struct sampling *sampling; /* act: of a sample */
    struct key128 key, digest;       /* publish, act, word: hash of (kind, principal, id) and of the decoded content */
    union {
        struct {
            size_t rungs_max; /* fired, at most; no more than TICK_RUNGS_MAX. 0: so many */
        } tick;
        struct {
            uint32_t term;
            int64_t last_ms;
            bool exercise;
        } start;
        struct {
            uint64_t life; /* of the worker's process; 0: not told */
        } hello;
        struct {
            int32_t holding;
        } heard; /* leased tasks the worker knows of; -1: it does not say */
        struct {
            uint32_t n;
        } credit;
        struct {
            bool drain;
        } bye;
        struct {
            const struct event *event;
            const char *area; /* found by place/; NULL when there is no place, "" when the point is in no polygon */
            const char *const *near; /* areas that lie so near as the policy asks; its own may be among them */
            size_t near_count;
        } publish;
        const struct word *word;
        const struct act *act;
        struct {
            const struct policy *policy;
            const char *request, *person;
        } reload;
        struct {
            int64_t offset_ms;
        } wall_step;
        struct {
            uint64_t upto;
            const uint64_t *incidents; /* whose closing is among them; in memory, if their answer is still owed */
            size_t incident_count;
        } acknowledge;
        struct {
            enum refusal_code code;
        } deny;
        struct {
            bool grace; /* nobody could have been heard: none ends, everybody's silence begins now */
        } silence;
    };
};

enum effect_kind {
    EFFECT_RECEIPT = 1, /* to the asker: it is done, and durable when this leaves */
    EFFECT_REFUSAL,
    EFFECT_DELIVER, /* to a worker: incident, task, epoch; the body is fetched when durable */
    EFFECT_REVOKE,  /* to a worker: it no longer holds the task */
    EFFECT_URGE,    /* to a worker: its task is urged, or its incident supervised */
};

/* Something to send. Held until everything decided before it is durable; any effect may be lost harmlessly. */
struct effect {
    enum effect_kind kind;
    uint64_t peer, tag;
    struct receipt receipt;
    struct refusal refusal; /* texts in the outcome's arena */
    uint64_t incident;
    uint32_t task, epoch;
    bool resume;
    const char *reason; /* revoke */
    const struct urge *urge;
};

/* What one turn decided so far, in order. Grows in the arena; reset by the turn. */
struct outcome {
    struct arena *arena;
    struct record *records;
    size_t record_count, record_capacity;
    struct effect *effects;
    size_t effect_count, effect_capacity;
};

void outcome_init(struct outcome *, struct arena *);

struct core_options {
    uint32_t journal; /* 6-digit code of the issuer */
    bool exercise;    /* every incident is marked so */
};

struct core *core_new(const struct core_options *);
void core_free(struct core *);

/* The policy that decide reads; borrowed. A reload is a command: this is for the start only. */
void core_set_policy(struct core *, const struct policy *);
const struct policy *core_policy(const struct core *);

/* Decides, then applies; appends records (with sequence numbers) and effects to the outcome. A command that names an
 * incident not in memory is refused as unknown: the turn loads its row first (core_load). */
void core_step(struct core *, const struct command *, int64_t now_ms, struct outcome *);
/* Once, at the end of a turn: offers what is queued to workers with credit, and delivers again what is to be; at most
 * OFFERS_MAX. */
void core_offer(struct core *, int64_t now_ms, struct outcome *);
/* Whether the next turn has more of it. */
bool core_offers(const struct core *);
/* The only writer of state. Skips what a row already reflects (record.seq <= row.seq). */
void core_apply(struct core *, const struct record *);
/* Restart, and fetching an evicted incident. Not a state change. */
void core_load(struct core *, const struct row *);
/* A row that ended before the start, of the closed table: for what comes again of it. */
void core_load_ended(struct core *, const struct row *);
void core_load_key(struct core *, const struct key128 *key, const struct key128 *digest, const struct receipt *);
void core_load_side(struct core *, const struct side *);
/* After load and replay: rebuilds what is derived; each lease's holder gets one full grace period from now. */
void core_ready(struct core *, int64_t now_ms);
/* INT64_MAX when nothing is due. */
int64_t core_next_due(const struct core *);
/* The same, the silence of workers apart: for whoever knows that they will be heard. */
int64_t core_next_deadline(const struct core *);

/* The incident a command is about, if it may have been evicted: the turn asks before core_step. 0: none.
 * For a publish that repeats, nothing is needed: the key map answers. */
uint64_t core_wants(const struct core *, const struct command *);
bool core_has(const struct core *, uint64_t incident);

/* --- write-behind: rows changed since they were last stored --- */
uint64_t core_sequence(const struct core *);         /* of the last record decided or applied */
void core_set_sequence(struct core *, uint64_t seq); /* restart: records continue after it */
/* Counters are state too: one row with a sequence of its own. */
struct counters {
    uint64_t seq;              /* the last record they reflect */
    uint64_t number;           /* last incident number given */
    uint64_t accepted, closed; /* incidents of this journal */
    int64_t wall_off_ms;       /* wall steps that no operator has accepted: the wall less the broker's time */
};
struct counters core_counters(const struct core *);
void core_set_counters(struct core *, struct counters);
size_t core_dirty(const struct core *); /* of all rows, those beside incidents too */
/* The smallest first-unflushed sequence over all dirty rows; 0 when nothing is dirty. Looks at each: for tests. */
uint64_t core_first_unflushed(const struct core *);
/* The next dirty row in id order after *cursor, as a row in the arena; false at the end of the sweep. */
bool core_next_dirty(struct core *, uint64_t *cursor, struct arena *, struct row *);
/* The row with this seq was written in a transaction that is now durable. Evicts it when closed, clean and not
 * needed (no clock runs). */
void core_flushed(struct core *, uint64_t incident, uint64_t seq);
/* The same of rows beside incidents: the next, in the arena, whose change at or before a sequence is not stored yet; one
 * that is gone is to be deleted. What was handed out is flushed, or the process ends, before a later sequence is asked for. */
bool core_next_dirty_side(struct core *, uint64_t until, struct arena *, struct side *);
void core_flushed_side(struct core *, enum side_kind, const char *key, uint64_t seq);

/* --- reading --- */
/* A view of a live incident in the arena; false when not in memory. */
bool core_row(const struct core *, uint64_t incident, struct arena *, struct row *);
/* Live incidents in id order after *cursor; false at the end. */
bool core_next_live(const struct core *, uint64_t *cursor, struct arena *, struct row *);
size_t core_live(const struct core *);
/* Rows beside incidents: how many; one, in the arena; all, from *cursor 0, in no order. */
size_t core_sides(const struct core *);
bool core_side(const struct core *, enum side_kind, const char *key, struct arena *, struct side *);
bool core_next_side(const struct core *, size_t *cursor, struct arena *, struct side *);
/* Those of a kind in the order of their keys, at most n of them, behind a key ("": from the first). Of a duty whose period
 * runs, count is what is done so far. */
size_t core_sides_of(const struct core *, enum side_kind, const char *after, struct arena *, struct side *, size_t n);
/* A unit's queue in the order tasks are offered; up to n incident ids and task numbers. */
size_t core_queue(const struct core *, const char *unit, uint64_t *incidents, uint32_t *tasks, size_t n);
/* A command with this key comes in a moment: what it looks for first is fetched from memory meanwhile. */
void core_expect(const struct core *, const struct key128 *);
/* The receipt first given for a key; false when unknown or expired. */
bool core_receipt(const struct core *, const struct key128 *key, int64_t now_ms, struct receipt *);
/* Counts of what is live, and per unit presence; arrays in the arena. accepted, closed, records are of this journal. */
void core_overview(const struct core *, int64_t now_ms, struct arena *, struct overview *);
/* Connected workers. */
size_t core_workers(const struct core *, struct arena *, struct unit_load **out);
/* SHA-free digest of all live rows in id order and of those beside them, for tests of replay: FNV over the canonical fields. */
uint64_t core_digest(const struct core *);

#endif
