/* model.h: what the models of random cities share (test_exclusion.c, test_misdelivery.c): who is connected, what came for
 * them, and the first thing that is wrong. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "tests/sim/world.h"

struct model_actor {
    int principal, unit; /* unit: of a worker */
    char endpoint;
    char worker[16];
};

struct letter {
    struct letter *next;
    size_t to;
    struct message message;
};

/* What has come for the first so many actors, each one's in order. */
struct letter *letters_take(struct network *, size_t actors, struct arena *);
/* Writes it down, unless something is written already. */
void fault_note(char *fault, size_t size_bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
