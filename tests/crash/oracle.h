/* oracle.h: what was promised, from the logs that promise.c keeps, held against a store that went through something. */
#ifndef CRASH_ORACLE_H
#define CRASH_ORACLE_H

#include "broker/prove.h"

struct oracle;

/* NULL with a sentence on stderr when a log cannot be read. A last line that was cut off is none. */
struct oracle *oracle_new(char *const *logs, size_t count);
void oracle_free(struct oracle *);
/* Of a store that is not made yet; 620899. */
void oracle_expect_journal(struct oracle *, uint32_t journal);
/* How many promises were given before a time. */
size_t oracle_given(const struct oracle *, uint64_t before_ns);

struct verdict {
    uint64_t lost;       /* promised, and not there or another */
    uint64_t doubled;    /* effects that happened twice, and whatever else no trail may say */
    uint64_t unopenable; /* 1: it does not open, or a broker does not recover from it */
    uint64_t faults;     /* of store_check and prove_store, before and after the recovery */
    uint64_t starts;     /* of brokers, on the trail; no fault */
};

/* Opens the folder as a broker would after its death, and judges; what is wrong is told. The store is another after. */
struct verdict oracle_judge(const struct oracle *, const char *folder, uint64_t before_ns, prove_fn *, void *arg);
bool verdict_bad(const struct verdict *);

#endif
