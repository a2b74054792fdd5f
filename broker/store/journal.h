/* journal.h: the log of records, behind five functions, so that the same core runs on other logs. */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "broker/base/digest.h"
#include "schemas/record.h"

enum durable { DURABLE_OK = 1, DURABLE_FENCED, DURABLE_UNKNOWN };

/* All records of one turn. */
struct journal_entry {
    uint64_t number; /* counts entries, densely */
    const struct record *records;
    size_t record_count;
};

typedef int journal_replay_fn(void *arg, const struct record *, const void *bytes, size_t size_bytes);
typedef void journal_durable_fn(void *arg, uint64_t entry_number, enum durable);

struct journal {
    const struct journal_ops *ops;
};

struct journal_ops {
    /* Queues one entry; nothing is durable yet. 0 or -errno, then nothing was queued. */
    int (*append)(struct journal *, const struct journal_entry *);
    /* Makes what was appended durable and delivers the verdict by the function: at once where the log is local.
     * Anything but DURABLE_OK means: stop, restart, let retries be deduplicated. */
    void (*durable)(struct journal *, journal_durable_fn *, void *arg);
    /* Records with seq > after, in order, verified (checksum and chain): stops at the first that fails with -EBADMSG,
     * or at the function's own non-zero. */
    int (*replay)(struct journal *, uint64_t after, journal_replay_fn *, void *arg);
    /* Forgets records <= upto, in slices; the chain continues. */
    int (*trim)(struct journal *, uint64_t upto);
    void (*close)(struct journal *);
};

#endif
