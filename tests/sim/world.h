/* world.h: a city in one process and one seed, around the real turn.c, core, store tables and codecs: sources, workers
 * and a dispatcher on a lossy, slow network, virtual time, and a broker that dies between any two steps. The gate and
 * the journal are stood in for (fake_gate.c, journal_mem.c with planted failures); everything else is the broker. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <semaphore.h>

#include "broker/now.h"
#include "broker/turn.h"

/* --- chance: one seed gives one run --- */
struct chance {
    uint64_t state;
};
uint64_t chance_next(struct chance *);
uint64_t chance_below(struct chance *, uint64_t n);
bool chance_percent(struct chance *, unsigned percent);

/* --- network (fake_gate.c) --- */
#define ACTORS_MAX 64

struct frame {
    struct frame *next;
    int64_t at_ms; /* arrives then */
    size_t actor;  /* to or from whom */
    size_t size;
    uint8_t bytes[];
};

/* In the order of their arrival. */
struct frames {
    struct frame *first, **end; /* end: where the last one's successor goes; NULL: at first */
    int64_t last_ms;            /* none arrives later */
};

struct network {
    struct chance *chance;
    const int64_t *now_ms;
    struct policy *const *policy;          /* in force: whose principals are heard */
    unsigned loss_percent, double_percent; /* some arrive never, some twice */
    int64_t delay_max_ms;
    struct frames to_broker, to_actors;
    uint64_t lost, doubled;
    const char *principals[ACTORS_MAX];
    char endpoints[ACTORS_MAX];
    uint32_t connection[ACTORS_MAX]; /* part of the routing id: rises when an actor connects anew */
    bool full[ACTORS_MAX];           /* its queue takes nothing more */
};

struct gate *fake_gate_new(struct network *);
void fake_gate_free(struct gate *);
/* What an actor sends, and what has arrived for it (in the arena); false when nothing has. */
void network_send(struct network *, size_t actor, const struct message *);
bool network_receive(struct network *, size_t actor, struct arena *, struct message *);
void network_clear(struct network *); /* everything under way is lost */

/* --- what becomes of a commit --- */
enum crash { CRASH_NONE, CRASH_LOST, CRASH_UNKNOWN }; /* at the commit: not on disk; on disk, but nobody was told */

/* The disk under the log in front of the tables (fake_disk.c), one for the process. Planted for the next write to it;
 * struck: since then. */
void disk_plant(enum crash);
enum crash disk_struck(void);
/* Writes wait while it is held. */
void disk_hold(bool held);
bool disk_holds(void); /* whether one waits */
/* Whether the next batch that the tables take does not arrive. */
void disk_fail_tables(bool fail);
/* What the tables write is durable later, by a few turns. */
void disk_be_late(bool late);
/* What is torn from now on is so by this chance. */
void disk_seed(uint64_t seed);

struct world;
/* The clocks of now.h are this world's from now on; NULL: the machine's (fake_clock.c). */
void clock_lend(const struct world *);

/* --- the broker under test (world.c) --- */
struct world_options {
    uint64_t seed;
    int64_t start_ms;
    const char *config_folder;
    int64_t down_max_ms;       /* how long a crash keeps it down, at most */
    unsigned quiet_percent;    /* of the turns: rows are written then */
    size_t beside_records_min; /* a commit of so many runs beside the next turn; 0: as in life */
    size_t flush_slice_min;    /* so many rows are written in one turn; 0: as in life */
    bool front;                /* over the log in front of the tables, on a disk; not over a journal in memory */
    bool steady;               /* what is under way has landed before the next turn: one seed is one run there, too */
    bool wall;                 /* the broker reads its time from clocks (now.h), of which the wall's may step */
    bool rereads;              /* it reads its configuration at each start, as in life */
    unsigned again_percent;    /* of the crashes: the recovery fails, too */
    void (*killed)(void *arg, const char *folder); /* sees the store as each crash leaves it; NULL: nobody looks */
    void *arg;
};

struct world {
    struct world_options options;
    struct chance chance;
    int64_t now_ms;
    struct network network;
    struct turn turn;
    struct journal *journal;        /* survives crashes */
    char folder[64];                /* of the tables; survives crashes */
    enum crash next_commit, struck; /* planted; the last that came about */
    bool tables_fail;               /* planted: the batch that they take next does not arrive */
    int64_t wall_step_ms;           /* not noticed yet */
    struct now now;                 /* with options.wall */
    int64_t wall_off_ms;            /* of the wall clock, from now_ms */
    bool up;
    uint64_t crashes, restarts;
    sem_t job_done;
    char fault[256];
};

/* False with fault filled: a violation at the very start. Close it in any case. */
bool world_open(struct world *, const struct world_options *);
void world_close(struct world *);
/* One turn; a crash that was planted ends with the broker up again. False: it could not come up. */
bool world_turn(struct world *);
/* It dies where it stands and comes up again. */
bool world_crash(struct world *);
/* The same in parts: a graceful end (or death), and a start. */
bool world_stop(struct world *);
void world_kill(struct world *);
bool world_start(struct world *);
/* The policy that the next start finds. False with fault filled. */
bool world_read_config(struct world *);
/* What the helper thread was given is done, and taken. False when it had nothing to do. */
bool world_finish_job(struct world *);

#endif
