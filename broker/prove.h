/* prove.h: a store is what its records say: its rows, and what a restart would find, held against a replay of the whole
 * trail. Beside store_check, which looks at values; this looks at what they mean. */
#ifndef BROKER_PROVE_H
#define BROKER_PROVE_H

#include "broker/core/core.h"

typedef void prove_fn(void *arg, const char *sentence);

/* Offline. Each fault is told and counted into *bad. 0, or -errno when it cannot be told at all; that is a fault too. */
int prove_store(const char *folder, prove_fn *, void *arg, uint64_t *bad);
/* Whether what is in memory is what a replay of every record gives. Returns the faults told. */
uint64_t prove_same(const struct core *memory, const struct core *replayed, prove_fn *, void *arg);

#endif
