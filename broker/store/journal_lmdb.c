/* journal_lmdb.c: the journal that shares the tables' transaction: making it durable is committing the turn. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"

#define TRIM_SLICE 4096 /* records forgotten in one transaction */

struct journal_lmdb {
    struct journal journal;
    struct store *store;
    uint64_t number; /* of the entry; its transaction is all that it means here */
};

static struct journal_lmdb *lmdb_of(const struct journal *journal)
{
    return (struct journal_lmdb *)journal;
}

static int lmdb_append(struct journal *journal, const struct journal_entry *entry)
{
    struct journal_lmdb *j = lmdb_of(journal);
    struct pending *p = &j->store->pending;
    for (size_t i = 0; i < entry->record_count; i++)
        record_seal(&entry->records[i], p->meta.journal, p->meta.term, &p->meta.chain, &p->scratch, &p->records);
    j->number = entry->number;
    return 0;
}

static void lmdb_durable(struct journal *journal, journal_durable_fn *fn, void *arg)
{
    struct journal_lmdb *j = lmdb_of(journal);
    int error = store_transact(j->store);
    fn(arg, j->number, error == 0 ? DURABLE_OK : DURABLE_UNKNOWN);
}

static int lmdb_replay(struct journal *journal, uint64_t after, journal_replay_fn *fn, void *arg)
{
    return journal_lmdb_walk(lmdb_of(journal)->store, after, NULL, true, fn, arg, NULL);
}

int journal_lmdb_write(struct store *s, MDB_txn *txn, const struct pending *p)
{
    MDB_cursor *cursor;
    int error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_RECORDS], &cursor));
    if (error != 0) {
        return error;
    }
    const struct queued *entry;
    const uint8_t *bytes;
    for (size_t at = 0; error == 0 && (entry = queue_next(&p->records, &at, &bytes)) != NULL;) {
        uint64_t seq = entry->key;
        MDB_val key = {sizeof seq, &seq}, value = {entry->size_bytes, (void *)bytes};
        error = store_errno(mdb_cursor_put(cursor, &key, &value, MDB_APPEND));
    }
    mdb_cursor_close(cursor);
    return error;
}

/* --- reading --- */
/* The chain as it was after a record, which is kept with it. */
static int chain_after(struct store *s, MDB_txn *txn, uint64_t seq, struct digest *out)
{
    if (seq <= s->stored.trimmed) {
        *out = s->stored.trimmed_chain;
        return 0;
    }
    MDB_val value;
    int error = behind_value(s, seq, &value) ? 0 : store_get_value(s, txn, TABLE_RECORDS, seq, &value);
    if (error != 0) {
        return error;
    }
    if (value.mv_size < sizeof(struct record_head) || !value_intact(value.mv_data, value.mv_size)) {
        return -EBADMSG;
    }
    memcpy(out, (const uint8_t *)value.mv_data + offsetof(struct record_head, chain), sizeof *out);
    return 0;
}

int journal_lmdb_tail(struct store *s, MDB_txn *txn, struct store_meta *meta)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    meta->sequence = s->stored.trimmed;
    meta->chain = s->stored.trimmed_chain;
    int error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_RECORDS], &cursor));
    if (error != 0) {
        return error;
    }
    error = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_LAST));
    mdb_cursor_close(cursor);
    if (error != 0) {
        return error == -ENOENT ? 0 : error;
    }
    struct arena arena;
    struct record record;
    uint64_t seq = store_key(&key);
    arena_init(&arena);
    error = record_unseal(&value, seq, NULL, &arena, &record, NULL);
    if (error == 0) {
        meta->sequence = seq;
        meta->last_ms = record.at_ms;
        error = chain_after(s, txn, seq, &meta->chain);
    } else {
        store_fail(error, "the last record, %llu, is damaged", (unsigned long long)seq);
    }
    arena_release(&arena);
    return error;
}

struct walk {
    struct store *store;
    struct arena *arena, own; /* own: emptied after each record */
    struct digest *chain;     /* NULL: not verified */
    journal_replay_fn *fn;
    void *arg;
};

static int walk_record(struct walk *w, const MDB_val *key, const MDB_val *value, uint64_t seq)
{
    struct record record;
    struct bytes bytes;
    if (store_key(key) != seq) {
        return store_fail(-EBADMSG, "record %llu is missing", (unsigned long long)seq);
    }
    int error = record_unseal(value, seq, w->chain, w->arena, &record, &bytes);
    if (error != 0) {
        return store_fail(error, "record %llu is damaged or does not continue the chain", (unsigned long long)seq);
    }
    int result = w->fn(w->arg, &record, bytes.ptr, bytes.len);
    if (w->arena == &w->own) {
        arena_reset(&w->own);
    }
    return result;
}

/* One more, and *seq is the next; last (may be NULL) is of those looked at. */
static int walk_one(struct walk *w, const MDB_val *key, const MDB_val *value, uint64_t *seq, uint64_t *last)
{
    int result = walk_record(w, key, value, *seq);
    if (last != NULL && result != -EBADMSG) {
        *last = *seq;
    }
    *seq += result == 0;
    return result;
}

/* A commit beside its caller may be on the disk before it has landed: it is not told yet. */
static int walk_table(struct walk *w, MDB_cursor *cursor, uint64_t *seq, uint64_t *last)
{
    MDB_val key = {sizeof *seq, seq}, value;
    int result = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE));
    while (result == 0 && *seq <= w->store->meta.sequence) {
        result = walk_one(w, &key, &value, seq, last);
        if (result != 0) {
            return result;
        }
        result = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_NEXT));
    }
    return result == -ENOENT ? 0 : result;
}

/* What is durable in front, and not yet in the table. */
static int walk_behind(struct walk *w, uint64_t *seq, uint64_t *last)
{
    MDB_val value;
    int result = 0;
    while (result == 0 && *seq <= w->store->meta.sequence && behind_value(w->store, *seq, &value)) {
        MDB_val key = {sizeof *seq, seq};
        result = walk_one(w, &key, &value, seq, last);
    }
    return result;
}

static int walk_on(struct walk *w, MDB_txn *txn, uint64_t after, uint64_t *last)
{
    uint64_t seq = after + 1;
    MDB_cursor *cursor;
    MDB_val value;
    int result = 0;
    if (!behind_value(w->store, seq, &value)) {
        result = store_errno(mdb_cursor_open(txn, w->store->tables[TABLE_RECORDS], &cursor));
        if (result == 0) {
            result = walk_table(w, cursor, &seq, last);
            mdb_cursor_close(cursor);
        }
    }
    return result != 0 ? result : walk_behind(w, &seq, last);
}

int journal_lmdb_walk(struct store *s, uint64_t after, struct arena *arena, bool chained, journal_replay_fn *fn,
                      void *arg, uint64_t *last)
{
    struct digest chain;
    struct walk w = {.store = s, .chain = chained ? &chain : NULL, .fn = fn, .arg = arg};
    int error;
    after = after < s->stored.trimmed ? s->stored.trimmed : after;
    if (after >= s->meta.sequence) {
        return 0;
    }
    MDB_txn *txn = store_read_begin(s, &error);
    if (txn == NULL) {
        return error;
    }
    arena_init(&w.own);
    w.arena = arena != NULL ? arena : &w.own;
    error = chained ? chain_after(s, txn, after, &chain) : 0;
    if (error != 0) {
        store_fail(error, "record %llu is damaged", (unsigned long long)after);
    } else {
        error = walk_on(&w, txn, after, last);
    }
    arena_release(&w.own);
    store_read_end(s);
    return error;
}

/* --- trim --- */
static int trim_record(struct store *s, MDB_txn *txn, MDB_cursor *cursor, const MDB_val *value, uint64_t seq,
                       struct arena *arena)
{
    struct record record;
    arena_reset(arena);
    int error = record_unseal(value, seq, NULL, arena, &record, NULL);
    if (error != 0) {
        return store_fail(error, "record %llu is damaged", (unsigned long long)seq);
    }
    error = tables_before_trim(s, txn, &record);
    return error != 0 ? error : store_errno(mdb_cursor_del(cursor, 0));
}

static int trim_slice(struct store *s, MDB_txn *txn, uint64_t upto)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    struct digest chain;
    struct arena arena;
    int error = chain_after(s, txn, upto, &chain);
    if (error == 0) {
        error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_RECORDS], &cursor));
    }
    if (error != 0) {
        return error;
    }
    arena_init(&arena);
    while ((error = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_FIRST))) == 0 && store_key(&key) <= upto) {
        if ((error = trim_record(s, txn, cursor, &value, store_key(&key), &arena)) != 0) {
            break;
        }
    }
    arena_release(&arena);
    mdb_cursor_close(cursor);
    if (error == 0) {
        s->stored.trimmed = upto;
        s->stored.trimmed_chain = chain;
        error = store_put_meta(s, txn, &s->meta, &s->stored);
    }
    return error;
}

/* The last record stays: it says the sequence, the time and the chain that the next one continues. */
static int lmdb_trim(struct journal *journal, uint64_t upto)
{
    struct store *s = lmdb_of(journal)->store;
    if (upto > s->meta.watermark || upto >= s->meta.sequence) {
        return -EINVAL;
    }
    int drained = store_drain(s);
    if (drained != 0) {
        return drained;
    }
    while (s->stored.trimmed < upto) {
        uint64_t end = upto - s->stored.trimmed > TRIM_SLICE ? s->stored.trimmed + TRIM_SLICE : upto;
        struct meta_value before = s->stored;
        MDB_txn *txn;
        int error = store_errno(mdb_txn_begin(s->env, NULL, 0, &txn));
        if (error != 0) {
            return error;
        }
        error = trim_slice(s, txn, end);
        if (error != 0) {
            mdb_txn_abort(txn);
        } else {
            error = store_errno(mdb_txn_commit(txn));
            s->failed |= error != 0;
        }
        if (error != 0) {
            s->stored = before;
            return error;
        }
    }
    return 0;
}

static void lmdb_close(struct journal *journal)
{
    free(lmdb_of(journal));
}

static const struct journal_ops lmdb_ops = {lmdb_append, lmdb_durable, lmdb_replay, lmdb_trim, lmdb_close};

struct journal *journal_lmdb_new(struct store *s)
{
    struct journal_lmdb *j = calloc(1, sizeof *j);
    if (j == NULL) {
        panic("out of memory");
    }
    j->journal.ops = &lmdb_ops;
    j->store = s;
    return &j->journal;
}
