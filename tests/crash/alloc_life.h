/* alloc_life.h: a short life of a broker — turns, core, store and codecs, over a network in memory — in which allocations are
 * counted, and one fails. */
#ifndef CRASH_ALLOC_LIFE_H
#define CRASH_ALLOC_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#define ALLOC_EVENTS  12 /* that a source of the life publishes: PREFIX-0 and so on */
#define ALLOC_JOURNAL 620802u

struct alloc_life {
    const char *config, *folder, *prefix;
    int64_t start_ms;
    int log;     /* of promises, as promise.c keeps it */
    bool killed; /* it does not stop: what was last is in the log in front only */
};

/* Ends the process when it cannot go on, with a message, as main.c would: with status 5 at the start, with 6 when the fate
 * of a commit is unknown. */
void alloc_live(const struct alloc_life *);
/* As a life begins. */
void alloc_read_config(const char *config);

/* The one with this number fails (0: none), and all after it. */
void alloc_fail(uint64_t number, bool from_there);
/* From now on they have numbers; what the test itself takes has none. */
void alloc_count(void);
uint64_t alloc_counted(void);

#endif
