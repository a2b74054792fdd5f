/* store_internal.h: what the files of the store share: the environment, the turn being gathered, and how values are
 * laid out on disk. Only store/ and its tests include it.
 *
 * Every value but those of closed_by_time begins with a checksum of the rest of it (XXH3: 64 bits against decay, not against
 * forgery, which is the chain's part). Integers are the machine's own, as LMDB's are. Values lie unaligned in LMDB's
 * pages and are copied before anything is read from them. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <lmdb.h>
#include <pthread.h>

#include "broker/base/buffer.h"
#include "broker/base/limits.h"
#include "broker/store/store.h"

#define STORE_FORMAT 1

/* Each table is a named database:
 *   records        sequence → record_head, record                  MDB_APPEND only
 *   keys           first sequence → keys_head, key_entry[]         MDB_APPEND only
 *   live, closed   incident → row_head, row (or none)              an incident is in exactly one
 *   closed_by_time closed_ms, incident (big-endian) → nothing
 *   sides          kind, key → side_head, side
 *   notices        source, sequence (big-endian) → nothing: what it has not acknowledged
 *   policies       SHA-256 → policy_head, bundle
 *   policy_at      at_ms → policy_head
 *   meta           "meta" → meta_value; "salt" → of the log in front */
/* clang-format off */
#define STORE_TABLES(X) \
    X(META, meta, 0) X(RECORDS, records, MDB_INTEGERKEY) X(KEYS, keys, MDB_INTEGERKEY) \
    X(LIVE, live, MDB_INTEGERKEY) X(CLOSED, closed, MDB_INTEGERKEY) X(CLOSED_BY_TIME, closed_by_time, 0) \
    X(SIDES, sides, 0) X(NOTICES, notices, 0) X(POLICIES, policies, 0) X(POLICY_AT, policy_at, MDB_INTEGERKEY)
/* clang-format on */
#define TABLE_X(N, n, flags) TABLE_##N,
enum store_table { STORE_TABLES(TABLE_X) TABLE_END };

/* --- values on disk --- */
/* The chain is SHA-256 over journal, term, the chain before and the encoded record. */
struct record_head {
    uint64_t checksum;
    uint32_t journal, term;
    struct digest chain;
};

/* Alone, without a row behind it: the row is the change of the record that opened the incident, at seq. */
struct row_head {
    uint64_t checksum;
    uint64_t seq;
    int64_t closed_ms; /* closed rows: their place in closed_by_time */
};

struct side_head {
    uint64_t checksum;
    uint64_t seq;
};

struct policy_head {
    uint64_t checksum;
    struct digest hash;
};

/* A value holds keys of one turn, thus of one term, and fits a leaf. */
struct keys_head {
    uint64_t checksum;
    uint32_t term, count;
};

struct key_entry {
    struct key128 key, digest;
    uint64_t incident, seq;
    int64_t at_ms;
};

#define KEYS_PER_VALUE ((RECORD_INLINE_BYTES - sizeof(struct keys_head)) / sizeof(struct key_entry))

struct keys_value {
    struct keys_head head;
    struct key_entry entries[KEYS_PER_VALUE];
};

struct meta_value {
    uint64_t checksum;
    uint32_t format, journal, term, exercise;
    uint64_t watermark;
    struct store_counters counters;
    uint64_t trimmed; /* records up to here are forgotten; the chain goes on from trimmed_chain */
    struct digest trimmed_chain;
    /* Another journal: what of it is applied here. The LMDB journal's last record says it itself. */
    uint64_t applied_sequence, applied_entry;
    int64_t applied_ms;
};

struct salt_value {
    uint64_t checksum, salt;
};

/* --- the store --- */
/* What a turn, or a batch of turns, wants written. */
struct pending {
    struct store_meta meta; /* as it will be when this is durable */
    struct meta_value stored;
    bool meta_changed;
    size_t record_count;
    uint64_t row_seq;      /* the highest sequence a row of this reflects, one beside incidents too */
    struct buffer records; /* of the LMDB journal */
    struct buffer keys;    /* struct key_entry[] */
    struct buffer notices; /* noticelog.c */
    struct buffer rows, sides, policies;
    struct buffer scratch;
};

/* Rows that became durable and were not told yet (store_take_flushed). */
struct flushed {
    struct buffer rows; /* struct flushed_row[] */
    struct buffer sides;
};

struct flushed_row {
    uint64_t incident, seq;
};

struct store {
    MDB_env *env;
    MDB_dbi tables[TABLE_END];
    MDB_txn *reader; /* kept between reads, reset */
    unsigned reader_depth;
    int lock_fd, data_fd;
    struct store_meta meta; /* as committed */
    struct meta_value stored;
    struct pending pending;
    struct flushed flushed;
    struct journal *journal, *own; /* own: the LMDB one, always there */
    struct flight *flight;         /* NULL until the first commit beside the caller */
    uint64_t salt;                 /* of the log in front; 0: the store was made before there was one */
    struct front *front;           /* NULL: each commit is a transaction of the tables */
    struct behind *behind;         /* what the log in front holds and the tables do not yet; NULL: nothing ever */
    pthread_mutex_t bell_mutex;
    void (*bell)(void *arg);
    void *bell_arg;
    bool aloft; /* pending is the helper's until store_land */
    bool read_only, failed;
    uint64_t map_bytes;
    struct store_space space;                /* as last measured */
    int64_t space_ms;                        /* 0: to be measured again */
    int64_t reader_since_ms, reader_told_ms; /* of a foreign reader; 0: there is none, it was not told */
};

/* --- store.c --- */
/* Writes the sentence that store_fault gives and returns error. */
int store_fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* LMDB's result as 0 or -errno. */
int store_errno(int mdb_result);

/* A short snapshot of the committed state; calls nest and then share one. NULL on failure, with *error. */
MDB_txn *store_read_begin(struct store *, int *error);
void store_read_end(struct store *);
/* Everything the turn gathered, in one write transaction. Any error means unknown. */
int store_transact(struct store *);
/* Its two halves, where the first may run on a helper's thread and touches pending only: what was gathered made durable,
 * in the log in front or in the tables; and what the store knows of itself afterwards, on the caller's. */
int store_harden(struct store *);
int store_settle(struct store *, int error);
/* One transaction of the tables. */
int store_write(struct store *, struct pending *);
/* Remembers which rows have become durable with it. */
void store_flushed(struct store *, const struct pending *);
void pending_release(struct pending *);
/* Empties it, and keeps its memory. */
void pending_clear(struct pending *, const struct store_meta *);
/* The bell of store_set_bell. */
void store_ring(struct store *);
/* store_append, without asking whether a commit is under way: for the commit itself. */
int store_gather(struct store *, const struct record *, size_t n);
/* mdb_put and mdb_get of an integer key, as 0 or -errno. */
int store_put_value(struct store *, MDB_txn *, enum store_table, uint64_t key, const void *, size_t, unsigned flags);
int store_get_value(struct store *, MDB_txn *, enum store_table, uint64_t key, MDB_val *out);
/* The key of an integer table, which may lie unaligned. */
uint64_t store_key(const MDB_val *);

/* --- open.c --- */
/* Opens what is there and reads what it knows of itself, without judging its mark or beginning a term. */
int store_load(const char *folder, const struct store_options *, struct store **out);
/* stored: as read or written last; becomes what is written now. */
int store_put_meta(struct store *, MDB_txn *, const struct store_meta *, struct meta_value *stored);

/* --- seal.c --- */
/* Sets the checksum that a value begins with. */
void value_seal(void *value, size_t size_bytes);
bool value_intact(const void *value, size_t size_bytes);
/* An aligned copy in the arena when the value is intact and holds at least a head; else NULL. */
void *value_copy(const MDB_val *, size_t head_bytes, struct arena *);

/* Queued values lie one after another, 8-aligned, each after one of these. */
struct queued {
    uint64_t key, size_bytes, kind;
};
void queue_value(struct buffer *queue, uint64_t key, uint64_t kind, const void *head, size_t head_bytes,
                 const void *body, size_t body_bytes);
/* One that queue_next gave, from another queue. */
void queue_value_again(struct buffer *queue, const struct queued *, const uint8_t *value);
/* The next after *at, or NULL; *value is its bytes. */
const struct queued *queue_next(const struct buffer *queue, size_t *at, const uint8_t **value);

/* Queues the record as a value and moves the chain on. */
void record_seal(const struct record *, uint32_t journal, uint32_t term, struct digest *chain, struct buffer *scratch,
                 struct buffer *queue);
/* A record from its value, everything in the arena, or -EBADMSG. With a chain, it must continue it, and moves it on.
 * bytes (may be NULL) are the encoded record. */
int record_unseal(const MDB_val *value, uint64_t seq, struct digest *chain, struct arena *, struct record *out,
                  struct bytes *bytes);

/* --- journal_lmdb.c --- */
struct journal *journal_lmdb_new(struct store *);
int journal_lmdb_write(struct store *, MDB_txn *, const struct pending *);
/* The last record's sequence, time and chain into meta. */
int journal_lmdb_tail(struct store *, MDB_txn *, struct store_meta *);
/* Records with seq > after until fn returns non-zero, which it returns. Verified along the chain if asked. With an
 * arena all records stay in it; without, each lives until the next. last (may be NULL): of those looked at. */
int journal_lmdb_walk(struct store *, uint64_t after, struct arena *, bool chained, journal_replay_fn *, void *arg,
                      uint64_t *last);

/* --- keylog.c --- */
/* Whether a record's key goes into the log: publishes, acts and reloads; words are kept in the task's row. */
bool keylog_wants(const struct record *);
struct key_entry keylog_entry(const struct record *);
void keylog_gather(struct store *, const struct record *);
int keylog_write(struct store *, MDB_txn *, const struct pending *);
/* 0 or -EBADMSG. */
int keylog_read(const MDB_val *key, const MDB_val *value, struct keys_value *out);

/* --- noticelog.c --- */
void noticelog_gather(struct store *, const struct record *);
int noticelog_write(struct store *, MDB_txn *, const struct pending *);
/* Appends where each of the gathered notices will lie behind so many bytes of others: those kept, and those taken back. */
void noticelog_places(const struct buffer *notices, size_t base, struct buffer *kept, struct buffer *taken);
/* As store_next_notice, of gathered ones. */
bool noticelog_next(const struct buffer *notices, const struct buffer *kept, const char *source, uint64_t *seq);
bool noticelog_took_back(const struct buffer *notices, const struct buffer *taken, const char *source, uint64_t seq);
/* A key of the table taken apart; false when it is none. */
bool noticelog_read(const MDB_val *key, char source[CODE_MAX_BYTES + 1], uint64_t *seq);

/* --- tables.c --- */
int tables_write(struct store *, MDB_txn *, const struct pending *);
/* The key of closed_by_time. */
struct time_key {
    uint8_t bytes[16];
};
struct time_key time_key_of(int64_t closed_ms, uint64_t incident);
uint64_t time_key_incident(const struct time_key *);
/* A row from a value of live or closed; 0 or -EBADMSG. head may be NULL. */
int row_unseal(struct store *, MDB_txn *, const MDB_val *value, uint64_t incident, struct arena *, struct row *,
               struct row_head *head);
/* Before a record is forgotten: the row that is its change is written out. */
int tables_before_trim(struct store *, MDB_txn *, const struct record *);
/* The policy put in force last, or zeros. */
void tables_last_policy(struct store *, MDB_txn *, uint8_t out[DIGEST_BYTES]);

/* --- sides.c --- */
int sides_write(struct store *, MDB_txn *, const struct pending *);
/* Of queued rows, how many there are. */
size_t sides_tell(const struct buffer *sides, store_flushed_side_fn *, void *arg);
/* The key of a row beside incidents: its kind in one byte, then its own. */
struct side_name {
    uint8_t bytes[1 + SIDE_KEY_MAX];
    size_t size_bytes;
};
struct side_name side_name_of(enum side_kind, const char *key);
/* From its key and value: 0 or -EBADMSG. */
int side_unseal(const MDB_val *key, const MDB_val *value, struct arena *, struct side *out);

/* --- flight.c --- */
void flight_free(struct store *);

/* --- behind.c --- */
/* When all that is durable is in the tables. */
void behind_new(struct store *);
void behind_free(struct store *);
/* What is pending and durable in front joins the batch that is being gathered, and pending is empty. */
void behind_gather(struct store *);
/* Waits while too much is behind for a turn to find room in the log; or, where that goes by it, until nothing is. 0 or
 * -EIO. */
int store_room(struct store *);
/* A turn went by the log: the tables have it. */
void behind_passed(struct store *);
/* Of a record that is behind: its value, borrowed until store_tend; false when it is not. */
bool behind_value(const struct store *, uint64_t seq, MDB_val *out);
/* As store_next_notice, of what is behind. */
bool behind_next_notice(const struct store *, const char *source, uint64_t *seq);
bool behind_took_back(const struct store *, const char *source, uint64_t seq);
/* Bytes that the tables will still take. */
uint64_t behind_bytes(const struct store *);
/* On any thread: waits until the tables hold a record. 0 or -EIO. */
int behind_await(struct store *, uint64_t seq);
/* The store has failed: nobody is to wait for the tables any more. */
void behind_give_up(struct store *);
/* At opening: what the log in front holds above the tables becomes pending. 0 or -errno with a sentence. */
int behind_recover(struct store *, const char *folder);

/* --- backup.c --- */
/* Makes a folder's entries durable, and its own in its parent. */
int sync_folder(const char *folder);

#endif
