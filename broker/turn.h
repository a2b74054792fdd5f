/* turn.h: the flow from top to bottom. If you read one file, read turn.c. */
#ifndef BROKER_TURN_H
#define BROKER_TURN_H

#include "broker/core/core.h"
#include "broker/edge/gate.h"
#include "broker/edge/outbox.h"
#include "broker/job.h"
#include "broker/place/place.h"
#include "broker/store/store.h"

struct turn_stats {
    uint64_t turns, commits, messages, records, rows_flushed, queries, entries;
    uint64_t commit_us, commit_max_us; /* total and longest */
    uint64_t refused[REFUSAL_END];     /* by refusal code, whoever decided it */
};

/* What a turn connects. The turn owns nothing but its arena; policy and place are swapped by a reload. */
struct turn {
    struct core *core;
    struct store *store;
    struct gate *gate;
    struct outbox *outbox;
    struct jobs *jobs;
    struct policy *policy;
    struct place_index *place;
    struct policy *past; /* of a past day, parsed for `explain`; NULL: none */
    const char *config_folder;
    int64_t (*now)(void *arg);  /* the broker's time */
    int64_t (*step)(void *arg); /* a wall step noticed, or 0 */
    void *time;
    double speed;
    bool exercise;
    size_t beside_records_min; /* BESIDE_RECORDS_MIN; a simulation lowers it */
    size_t beside_all_min;     /* BESIDE_ALL_MIN; or the simulation's */
    size_t flush_slice_min;    /* FLUSH_SLICE_MIN; the same */
    size_t tick_rungs_busy;    /* TICK_RUNGS_BUSY; a simulation, which knows no real time, raises it to the most */
    int64_t query_budget_us;   /* QUERY_BUDGET_US; a simulation, which knows no real time, raises it */

    /* of the running turn */
    struct arena arena;
    struct outcome outcome;
    int64_t now_ms;
    size_t messages, bytes; /* taken in, and of their texts: bounds the entry */
    struct reader {
        uint64_t peer;
        struct gate_input in;
    } * readers; /* queries, answered once what they may see is durable */
    size_t reader_count;

    /* The turn whose commit is under way beside the running one (durable.c). */
    struct {
        bool on;
        struct arena arena;
        struct outcome outcome;
        uint64_t sequence; /* of its last record */
        int64_t began_us;
    } aloft;

    /* between turns */
    unsigned besides;     /* commits in a row that ran beside the next turn */
    uint64_t sweep;       /* write-behind: cursor in id order */
    uint64_t sweep_last;  /* the last incident of this sweep */
    uint64_t sweep_began; /* sequence when this sweep began; 0: none under way */
    int64_t touched_ms;   /* real time of the last input: rows are flushed when it is quiet */
    int64_t backlog_ms;   /* real time since which more is due than fires in a turn; 0: no more */
    int64_t rest_us;      /* until then none of it fires */
    uint64_t feed_at;     /* where the round over the feeds goes on */
    bool feeds_behind;
    bool feeds_held;        /* one has more, when its reader has taken what it was sent */
    int64_t notices_ms;     /* when one that waits may be sent; 0: none waits */
    uint64_t caught_up;     /* of the outbox, when that was seen */
    bool brimful;           /* what is urgent is refused too */
    bool full, behind;      /* new publishes are refused: no room; rows too far behind the journal */
    bool follows;           /* the running turn began while a commit was under way */
    bool drained;           /* the last turn read everything that had come in */
    bool stalled;           /* the broker did not run for a while */
    int64_t expired_ms;     /* real time when idle sessions were last forgotten */
    int64_t pulse_ms;       /* the broker's time when it last was awake */
    int64_t wall_step_ms;   /* noticed between turns; the next puts it on record */
    bool reload_wanted;     /* SIGHUP came */
    uint64_t held_sequence; /* for the panic's story */
    struct turn_stats stats;
};

void turn_init(struct turn *);
void turn_release(struct turn *);
/* One turn. 0; or -errno: the commit's fate is unknown, stop the process now (a restart restores the truth). */
int turn_run(struct turn *);
/* What a commit under way decided is said once it is durable; the running turn stays as it is. 0 or as turn_run. Before
 * anything between turns that swaps what effects may borrow. */
int turn_land(struct turn *);
/* Whether another turn has something to do now, input apart: due clocks, rows to flush, feeds behind. */
bool turn_wants(struct turn *);
/* Real milliseconds until time itself gives the turn something to do; at most 1000. */
int64_t turn_wait_ms(struct turn *);
/* The loop is awake: called at every pass, so that a stall is known for what it is. */
void turn_pulse(struct turn *);
/* Whether new publishes are refused for want of room. */
bool turn_full(const struct turn *, const struct store_space *);
/* A graceful stop: what is decided is made durable and said, every dirty row and the watermark are flushed. Takes no more
 * input. */
int turn_settle(struct turn *);

/* Decides one command outside of input (the start, a reload parsed by the helper). Its records go with the next
 * commit: call turn_run after it. */
void turn_command(struct turn *, const struct command *);
/* The same at the turn's own time, for what came in. */
void turn_decide(struct turn *, const struct command *);
/* peer 0: nobody waits for it. */
void turn_refuse(struct turn *, uint64_t peer, uint64_t tag, enum refusal_code, const char *field, const char *reason,
                 uint32_t retry_after_ms);

#endif
