/* store.h: the only room that knows LMDB. Owns the environment, the journal and the tables; one write transaction a
 * turn. STORE rules: the journal is the commit; rows are written behind it; the watermark says up to where rows are. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "broker/base/arena.h"
#include "broker/store/journal.h"
#include "schemas/record.h"

struct store;

struct store_options {
    bool create;           /* when the folder has no store yet */
    bool read_only;        /* offline readers (check) */
    uint32_t journal;      /* code for a new store */
    bool exercise;         /* a new store is marked so; opening one for writing whose mark differs is -EPERM */
    int64_t map_bytes;     /* 0: MAP_DEFAULT_BYTES */
    struct journal *other; /* tests and later: another log; NULL: the LMDB one, which shares the tables' transaction */
    bool front; /* turns are durable in a log in front of the tables, which follow; not with another journal */
};

/* What the store knows of itself. */
struct store_meta {
    uint32_t journal, term;
    bool exercise;
    uint64_t watermark; /* every record <= it is reflected in the stored rows */
    uint64_t sequence;  /* of the last durable record */
    struct store_counters {
        uint64_t seq, number, accepted, closed;
        int64_t wall_off_ms;
    } counters;                   /* core.h's counters as last put, with the sequence they reflect */
    int64_t last_ms;              /* at_ms of the last durable record */
    struct digest chain;          /* head of the chain */
    uint8_t policy[DIGEST_BYTES]; /* hash of the policy last put in force; zero when none */
};

/* 0, or -errno with fault (the sentence of store_fault). Opening for writing begins a new term. */
int store_open(const char *folder, const struct store_options *, struct store **out, const char **fault);
/* Flushes nothing: what was not committed is gone. Another journal is the caller's and stays open. */
void store_close(struct store *);
/* What went wrong last in this thread, for people: of replay, the sequence at which it stopped. Never NULL. */
const char *store_fault(void);
const struct store_meta *store_meta(const struct store *);

/* --- one turn: begin lazily, add, commit --- */
/* All records of the turn, in order. */
int store_append(struct store *, const struct record *, size_t n);
/* Write-behind. The row is live, or closed (then it moves to the closed table and its time index in this transaction;
 * head.reopens says that it may come back from there). */
int store_put_row(struct store *, const struct row *, bool closed);
/* A row beside incidents; one that is gone is deleted. */
int store_put_side(struct store *, const struct side *);
int store_put_watermark(struct store *, uint64_t watermark, const struct store_counters *);
/* Text of a policy by hash, and since when it is in force. */
int store_put_policy(struct store *, const struct digest *, const void *bundle, size_t size_bytes, int64_t at_ms);
/* Group commit. 0 when the records are durable. Any error means unknown: the caller stops the process. No-op when nothing
 * was added. */
int store_commit(struct store *);
/* With a log in front: lands what the tables' helper has written, and hands it the next batch when that is large or old
 * enough, or in a hurry. 0, or an error as of store_commit. Not while a commit is under way. */
int store_tend(struct store *, bool hurry);
/* Whether store_tend would do something; the bell is rung when there is something to land. */
bool store_wants(struct store *, bool hurry);
/* Everything that is durable is in the tables too. As store_tend. */
int store_drain(struct store *);
/* Whether rows that were put are not durable yet: they become so with a batch, later than the turn. */
bool store_rows_behind(const struct store *);
/* The rows that have become durable since it was last called. */
typedef void store_flushed_fn(void *arg, uint64_t incident, uint64_t seq);
typedef void store_flushed_side_fn(void *arg, enum side_kind, const char *key, uint64_t seq);
size_t store_take_flushed(struct store *, store_flushed_fn *, store_flushed_side_fn *, void *arg);
/* The same beside the caller: a helper thread appends the records, which stay as they are until store_land, and commits
 * them with what was put before. Until then nothing may be added, and reading sees what was committed before. -EIO when
 * the store has failed: then nothing is under way. */
int store_launch(struct store *, const struct record *, size_t n);
/* Whether store_land would return at once; the bell is rung, on the helper's thread, when it would. */
bool store_landed(struct store *);
void store_set_bell(struct store *, void (*bell)(void *arg), void *arg);
/* Waits for it. 0 when durable. Any error means unknown, as of store_commit. */
int store_land(struct store *);

/* --- start --- */
typedef int store_row_fn(void *arg, const struct row *);
typedef int store_side_fn(void *arg, const struct side *);
typedef int store_key_fn(void *arg, const struct key128 *key, const struct key128 *digest, const struct receipt *);
int store_each_live(struct store *, store_row_fn *, void *arg);
int store_each_side(struct store *, store_side_fn *, void *arg);
/* Keys accepted at or after since_ms, from the key log (records above the watermark included: it is written with
 * them). */
int store_each_key(struct store *, int64_t since_ms, store_key_fn *, void *arg);
int store_replay(struct store *, uint64_t after, journal_replay_fn *, void *arg);

/* --- reading committed state: each call opens and closes its own short snapshot --- */
/* 0 or -ENOENT, -EBADMSG; texts and arrays in the arena. */
int store_get_record(struct store *, uint64_t seq, struct arena *, struct record *);
int store_get_row(struct store *, uint64_t incident, struct arena *, struct row *);
/* Records with seq > after, until the function returns non-zero. Returns the last sequence looked at, the one at which
 * it returned non-zero included. */
uint64_t store_read(struct store *, uint64_t after, struct arena *, journal_replay_fn *, void *arg);
/* The next record after *seq that is a notice to the source and not acknowledged; false at the end. */
bool store_next_notice(struct store *, const char *source, uint64_t *seq);
/* Closed incidents, newest first, older than *cursor (0: the newest); false at the end. */
bool store_next_closed(struct store *, uint64_t *cursor_ms, uint64_t *cursor_id, struct arena *, struct row *);
/* The policy in force at a time: bundle in the arena. */
int store_get_policy(struct store *, int64_t at_ms, struct arena *, const char **bundle, size_t *size_bytes);

/* --- size and care --- */
struct store_space {
    uint64_t map_bytes;  /* or what the disk can still hold, when that is less */
    uint64_t used_bytes; /* pages in use, freed ones are used again; and what is still to be written to them */
    uint32_t readers;    /* foreign or stale read transactions */
    uint64_t tail;       /* records above the watermark */
    uint64_t behind;     /* bytes that are in the log in front and not yet in the tables */
};
void store_space(struct store *, struct store_space *);
/* Compact copy of the committed state into a new folder, with at least the records up to a durable sequence; consistent
 * while turns go on and store_tend is called (call from a helper thread). */
int store_backup(struct store *, const char *folder, uint64_t upto);
/* Makes a backup a store in a new folder, of a term 1,000 higher and with 1,000,000 incident numbers skipped, so that no
 * number and no term given after the backup is given twice. Offline. What it knew last is told, unless NULL. */
int store_restore(const char *backup, const char *folder, struct store_meta *point, const char **fault);
/* Offline check: checksums, chain, rows against their records. Counts faults into *bad; each told to fn. */
int store_check(const char *folder, void (*fn)(void *arg, const char *sentence), void *arg, uint64_t *bad);

/* A record as it was sealed: after is the SHA-256 over journal and term (four bytes each, little-endian), before, and the
 * bytes. */
struct sealed {
    uint64_t seq;
    uint32_t journal, term;
    struct digest before, after; /* the chain */
    struct bytes bytes;
};
/* Offline: each record that touches an incident, in order, out of a chain that is followed from the first record kept to
 * the last, which *last is in the end. 0, -errno, or what the function returned. */
typedef int store_extract_fn(void *arg, const struct record *, const struct sealed *);
int store_extract(const char *folder, uint64_t incident, store_extract_fn *, void *arg, struct sealed *last);

/* Tests: a journal in memory, whose undurable tail is lost by journal_mem_crash. */
struct journal *journal_mem_new(void);
void journal_mem_crash(struct journal *);
void journal_mem_free(struct journal *);

#endif
