/* state.h: what the core holds in memory. Only the files of this room see it. State proper is written by core_apply
 * alone (apply.c); what is marked derived follows from it; presence and denials stand beside it. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <sys/queue.h>

#include "broker/base/buffer.h"
#include "broker/base/heap.h"
#include "broker/base/map.h"
#include "broker/core/core.h"
#include "broker/core/dedup.h"
#include "broker/core/fold.h"
#include "broker/core/index.h"

/* Where an incident stands among the deadlines. */
struct due_place {
    struct heap_node node;
    uint64_t incident;
    int64_t next_ms; /* the earliest rung of its clocks; 0: none */
};

/* Where a task stands in its unit's queue. */
struct queue_place {
    struct heap_node node;
    uint64_t incident;
    int64_t respond_due_ms; /* INT64_MAX without a respond clock */
    uint32_t task;
    int8_t urgency;
    bool resumes, panic;
};

/* A task of a live incident. Its address is stable, so that queue and lease may point at it. */
struct live_task {
    struct task facts; /* names interned, reason and spoke_person owned */
    struct live *incident;
    struct live_task *next;  /* by number */
    struct word_kept *words; /* oldest first, at most WORDS_KEPT */
    size_t word_count;
    /* derived */
    struct queue_place waiting;
    struct worker *holder; /* of its lease, when presence knows it */
    TAILQ_ENTRY(live_task) lease;
};

/* Of an incident that several people had a hand in. */
struct voices {
    size_t count;
    struct voice heard[]; /* principals interned, persons owned */
};

/* What few incidents have. */
struct rare {
    struct ask *asks; /* by number; names interned, persons and reasons owned */
    size_t ask_count;
    struct undo *undo;       /* the last dispatch by hand; NULL: nothing to take back */
    struct reports *reports; /* names interned */
};

/* An incident in memory: a row, and what follows from it. */
struct live {
    uint64_t id, seq;
    struct incident head; /* names interned; event_id, reason and more owned */
    struct live_task *tasks;
    struct clock *clocks;
    uint8_t task_count, clock_count, clock_room;
    bool visiting;         /* loaded after it ended, or woken: leaves at the end of the turn */
    bool passing;          /* woken by a walk over all: rests when that goes on */
    struct voices *voices; /* NULL: each task has had one speaker, and nobody dispatched by hand */
    struct rare *rare;     /* NULL: nothing of it */
    /* write-behind */
    uint64_t first_unflushed; /* 0: clean */
    uint64_t handed_seq;      /* state last handed out by core_next_dirty */
    uint64_t first_since;     /* first record after that state; 0: none */
    /* derived */
    struct due_place due;
    TAILQ_ENTRY(live) visit;
};

/* A unit's tasks that wait for a worker, and its workers that could take one. */
struct queue {
    const char *unit;
    struct heap waiting;       /* of live_task: resumes, then severity, respond due, id */
    TAILQ_HEAD(, worker) idle; /* with credit; the next to be asked first */
    size_t idle_count;
    TAILQ_ENTRY(queue) ready;
    bool is_ready;
    uint32_t workers; /* connected */
    uint32_t queued, offered, working, shelved, returned, overdue;
};

/* Presence of one worker of a department: (principal, name), whatever its connection. */
struct worker {
    char *key;
    const char *principal, *name; /* interned; within the key: most names never hold a lease */
    struct queue *queue;
    uint64_t peer; /* 0: not connected; holds leases from before a restart */
    uint32_t credit;
    bool draining, is_idle;
    bool silent;   /* its leases have ended; kept, so that it goes on where it was when heard again */
    uint64_t life; /* of its process; 0: not known */
    int64_t heard_ms;
    TAILQ_HEAD(, live_task) leases;
    int32_t lease_count;
    int32_t recent;      /* leases since its last heartbeat */
    int32_t shortfall;   /* leases that one did not know of */
    int32_t short_beats; /* heartbeats in a row that did not know of some */
    int32_t again;       /* leases that are to be delivered again: the first of the list */
    TAILQ_ENTRY(worker) due_again;
    TAILQ_ENTRY(worker) heard;
    TAILQ_ENTRY(worker) idle;
};

/* Refusals of one right to one principal that are not recorded yet. */
struct denial {
    const char *principal;
    enum refusal_code code;
    int64_t since_ms; /* of the last record */
    uint32_t count;   /* since then */
};
#define DENIALS_MAX 1024
_Static_assert(CLOCKS_MAX <= UINT8_MAX, "an incident counts its clocks in one byte");

struct core {
    struct core_options options;
    const struct policy *policy;
    struct intern names;
    /* state */
    uint64_t seq;
    uint32_t term;
    int64_t stopped_ms, started_ms; /* the last downtime */
    struct counters counters;
    struct index live; /* by incident number: rows, or what rests (rest.h); the mark is "dirty" */
    struct dedup dedup;
    struct { /* rows beside incidents (side.h) */
        struct textmap by_name;
        TAILQ_HEAD(side_list, live_side) dirty, alike[SIDE_KIND_END];
        struct heap due;
    } sides;
    /* derived */
    size_t dirty; /* rows ahead of the store */
    struct heap due;
    struct textmap queues; /* by unit */
    TAILQ_HEAD(, queue) ready;
    TAILQ_HEAD(, worker) due_again;
    TAILQ_HEAD(, live) visitors;
    struct map overdue;   /* incidents with a breached clock, by id */
    struct folds folds;   /* where repeated reports go */
    struct map bordering; /* live incidents that concern others beside their own, by id */
    uint32_t in_state[INCIDENT_STATE_END], returned, shelved, overdue_clocks, supervised;
    /* beside state */
    struct buffer packing; /* used again and again */
    struct {
        bool under_way;
        size_t rule, at; /* how far it has got */
        unsigned number;
    } routine;              /* routine.c's sweep */
    bool reckoning;         /* reckon.c's sweep is under way */
    uint64_t reckoned;      /* and has come to this incident number */
    struct textmap buckets; /* of sources that have a quota */
    struct textmap workers;
    struct map seats;                              /* connected workers, by peer */
    TAILQ_HEAD(worker_list, worker) heard, silent; /* each the longest unheard first */
    struct denial denials[DENIALS_MAX + 8];        /* the longest open first */
    size_t denial_count;
};

/* "" for an absent text. */
static inline const char *text_or_empty(const char *text)
{
    return text ? text : "";
}
static inline bool has_text(const char *text)
{
    return text && text[0];
}

#endif
