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

struct actor {
    struct world *world;
    size_t at;   /* index in the network */
    char letter; /* 'P', 'W', 'C' */
    const char *unit;
    char worker[32];
    bool welcomed;
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
    char fault[200]; /* a violation the actor saw */
};

void actor_init(struct actor *, struct world *, size_t at, char letter, const char *principal, const char *unit);
void actor_release(struct actor *);
/* Reads what came, does what is due. calm: no deaths, no returns, no nonsense: the end of the run. */
void actor_step(struct actor *, bool calm);

#endif
