/* actors.h: who talks to the broker in the simulation: sources, workers, a dispatcher. Each keeps its own log of what
 * it was promised; the test holds the trail against these logs. */
#ifndef SIM_ACTORS_H
#define SIM_ACTORS_H

#include "tests/sim/world.h"

#define EVENTS_MAX 64 /* of one source */
#define HELD_MAX   64 /* tasks one worker has in hand */

/* One exchange that is repeated until it is answered. */
struct asking {
    bool active;
    int64_t again_ms;
    struct message message; /* texts live in the actor's arena */
};

struct promise {
    char id[24];
    const char *type, *area;
    bool sent, promised;
    struct receipt receipt;
};

struct held {
    bool active, responded;
    uint64_t incident;
    uint32_t task, epoch;
    struct asking asking;
};

/* What it was told was done: a word, an act, or a reload. */
struct said {
    const struct said *before;
    const char *request;
    uint64_t incident, seq;
};

struct actor {
    struct world *world;
    size_t at;   /* index in the network */
    char letter; /* 'P', 'W', 'C' */
    const char *unit;
    char worker[32];
    bool welcomed;
    bool reconnects;         /* now and then, unasked */
    const struct said *said; /* the last */
    int64_t hello_ms, heartbeat_ms, dead_until_ms;
    uint32_t lives;
    uint64_t tag, requests;
    struct arena arena;
    /* source */
    struct promise events[EVENTS_MAX];
    size_t event_count;
    int64_t publish_ms;
    uint64_t conflicts; /* refusals id_conflict, all of them asked for */
    /* worker */
    struct held held[HELD_MAX];
    uint64_t fed_back; /* receipts for feedback */
    /* dispatcher */
    struct asking asking;
    uint64_t seen; /* live incidents in the last whole list */
    bool list_done;
    /* operator: what is to be put in force next is written where the broker reads it */
    void (*edit)(void *arg);
    void *edit_arg;
    uint64_t reloads;
    char fault[200]; /* a violation the actor saw */
};

void actor_init(struct actor *, struct world *, size_t at, char letter, const char *principal, const char *unit);
void actor_release(struct actor *);
/* Reads what came, does what is due. calm: no deaths, no returns, no nonsense: the end of the run. */
void actor_step(struct actor *, bool calm);

#endif
