/* cast.h: who speaks in a scenario: sources, workers, people of the centre; each on a connection of its own. A worker
 * knows which tasks it holds, and says so in its heartbeats, as the client library does. */
#ifndef SIM_CAST_H
#define SIM_CAST_H

#include "tests/sim/world.h"

struct play;
struct question;

#define SEATS_MAX ACTORS_MAX
#define HELD_MAX  64

/* A task as its worker last heard of it. */
struct held {
    uint64_t incident;
    uint32_t task, epoch, urges;
    int64_t supervised_ms;
    uint64_t again; /* of which incident its report is a recurrence; 0: none */
    bool holds;
};

/* A notice that a source was given, once each. */
struct told {
    struct notice notice; /* but for its events */
    const char *events;   /* "E1 E2" */
};
#define TOLD_MAX 256

struct seat {
    size_t at; /* index in the network */
    const char *principal;
    char endpoint;           /* 'P', 'W', 'C' */
    const char *name, *unit; /* of a worker */
    bool welcomed;
    bool connected;     /* a worker that lives */
    bool silent;        /* it hears and says nothing */
    uint32_t credit;    /* left, as it reckons */
    uint64_t turn;      /* its place in the unit's line: when it was last given credit or a task */
    int64_t said_ms;    /* when it last said anything */
    int64_t expires_ms; /* by then the broker has noticed that it is silent or dead */
    struct held held[HELD_MAX];
    size_t held_count;
    bool follows; /* a source: it takes notices */
    uint64_t acknowledged;
    struct told *told; /* TOLD_MAX of them, when it follows */
    size_t told_count;
};

struct cast {
    struct seat seats[SEATS_MAX];
    size_t count;
    uint64_t turns;
};

/* The seat of a principal on an endpoint; taken when there is none yet. NULL with a complaint: too many. */
struct seat *cast_seat(struct play *, const char *principal, char endpoint);
struct seat *cast_worker(struct play *, const char *name); /* NULL: no worker of this name */
struct seat *cast_new_worker(struct play *, const char *name, const char *unit, const char *principal);

/* A new connection, with so much credit. The question waits for the welcome. */
void cast_connect(struct play *, struct seat *, uint32_t credit);
void cast_die(struct play *, struct seat *);
void cast_fall_silent(struct play *, struct seat *);
void cast_speak_again(struct play *, struct seat *);

/* Hello first where it is due. */
void cast_say(struct play *, struct seat *, const struct message *);
/* Heartbeats of those who live and have said nothing for a while. */
void cast_heartbeats(struct play *);
/* Everybody reads what came; answers go to their questions. */
void cast_listen(struct play *);
/* The broker is a new process: everybody says hello, then gives what credit is left, in the order of the lines. */
void cast_reconnect(struct play *);
/* Whether a worker is silent or dead and the broker has not noticed yet. */
bool cast_unnoticed(const struct play *);

/* The source takes notices from now on. */
void cast_follow(struct play *, struct seat *);
/* What the worker knows of a task of the incident (task 0: of any); NULL when it never had it. */
struct held *cast_held(struct seat *, uint64_t incident, uint32_t task);

#endif
