/* promises.h: what the simulation's sources, workers and centre were told, each by its own log, held against the trail: all
 * of it is there, once, and as it was told. */
#ifndef SIM_PROMISES_H
#define SIM_PROMISES_H

#include "tests/sim/actors.h"
#include "tests/sim/audit.h"

/* Each violation is told; key: of what. */
typedef void promises_fn(void *arg, const char *what, const char *key);
void promises_hold(const struct actor *, size_t actor_count, struct turn *, const struct audit *, promises_fn *,
                   void *arg);

#endif
