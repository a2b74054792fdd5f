/* store.c: one turn is one write transaction. What a turn adds is gathered in memory and written in store_commit, so no
 * transaction is ever open while the turn is still deciding. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "broker/store/front.h"

/* --- failures --- */
/* A store that could not be opened leaves nobody to own the sentence, so it is the thread's. */
static _Thread_local char fault[512];

int store_fail(int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault, sizeof fault, format, args);
    va_end(args);
    return error;
}

const char *store_fault(void)
{
    return fault;
}

int store_errno(int result)
{
    switch (result) {
    case MDB_NOTFOUND:
        return -ENOENT;
    case MDB_MAP_FULL:
        return -ENOSPC;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
        return -EBADMSG;
    case MDB_VERSION_MISMATCH:
        return -EPROTONOSUPPORT;
    }
    return result <= 0 ? (result == 0 ? 0 : -EIO) : -result;
}

/* --- reading and writing values --- */
uint64_t store_key(const MDB_val *key)
{
    uint64_t number = 0;
    memcpy(&number, key->mv_data, key->mv_size < sizeof number ? key->mv_size : sizeof number);
    return number;
}

int store_put_value(struct store *s, MDB_txn *txn, enum store_table table, uint64_t number, const void *bytes,
                    size_t size_bytes, unsigned flags)
{
    MDB_val key = {sizeof number, &number}, value = {size_bytes, (void *)bytes};
    return store_errno(mdb_put(txn, s->tables[table], &key, &value, flags));
}

int store_get_value(struct store *s, MDB_txn *txn, enum store_table table, uint64_t number, MDB_val *out)
{
    MDB_val key = {sizeof number, &number};
    return store_errno(mdb_get(txn, s->tables[table], &key, out));
}

/* Calls nest (a replay's function may fetch a row): a thread has at most one read transaction. Between reads it is kept
 * reset, which holds no snapshot and so pins no page. */
MDB_txn *store_read_begin(struct store *s, int *error)
{
    *error = 0;
    if (s->reader_depth == 0) {
        *error =
            store_errno(s->reader ? mdb_txn_renew(s->reader) : mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->reader));
        if (*error != 0)
            return NULL;
    }
    s->reader_depth++;
    return s->reader;
}

void store_read_end(struct store *s)
{
    ASSERT(s->reader_depth > 0);
    if (--s->reader_depth == 0)
        mdb_txn_reset(s->reader);
}

/* --- one turn --- */
int store_append(struct store *s, const struct record *records, size_t n)
{
    ASSERT(!s->aloft);
    return s->failed || s->read_only ? -EIO : store_gather(s, records, n);
}

int store_gather(struct store *s, const struct record *records, size_t n)
{
    if (n == 0)
        return 0;
    struct journal_entry entry = {s->stored.applied_entry + 1, records, n};
    int error = s->journal->ops->append(s->journal, &entry);
    if (error != 0)
        return error;
    for (size_t i = 0; i < n; i++) {
        ASSERT(records[i].seq == s->pending.meta.sequence + 1);
        s->pending.meta.sequence = records[i].seq;
        s->pending.meta.last_ms = records[i].at_ms;
        keylog_gather(s, &records[i]);
        noticelog_gather(s, &records[i]);
    }
    s->pending.record_count += n;
    return 0;
}

int store_put_watermark(struct store *s, uint64_t watermark, const struct store_counters *counters)
{
    if (s->failed || s->read_only)
        return -EIO;
    ASSERT(!s->aloft && watermark >= s->pending.meta.watermark);
    s->pending.meta.watermark = watermark;
    s->pending.meta.counters = *counters;
    s->pending.meta_changed = true;
    return 0;
}

void pending_clear(struct pending *p, const struct store_meta *meta)
{
    buffer_clear(&p->records);
    buffer_clear(&p->keys);
    buffer_clear(&p->notices);
    buffer_clear(&p->rows);
    buffer_clear(&p->sides);
    buffer_clear(&p->policies);
    p->record_count = 0;
    p->row_seq = 0;
    p->meta_changed = false;
    p->meta = *meta;
}

void pending_release(struct pending *p)
{
    buffer_release(&p->records);
    buffer_release(&p->keys);
    buffer_release(&p->notices);
    buffer_release(&p->rows);
    buffer_release(&p->sides);
    buffer_release(&p->policies);
    buffer_release(&p->scratch);
}

static bool pending_empty(const struct pending *p)
{
    return p->record_count == 0 && !p->meta_changed && p->rows.size == 0 && p->sides.size == 0 && p->policies.size == 0;
}

static int write_in(struct store *s, MDB_txn *txn, struct pending *p)
{
    int error = journal_lmdb_write(s, txn, p);
    if (error == 0)
        error = keylog_write(s, txn, p);
    if (error == 0)
        error = noticelog_write(s, txn, p);
    if (error == 0)
        error = tables_write(s, txn, p);
    if (error == 0)
        error = sides_write(s, txn, p);
    if (error == 0 && (p->meta_changed || s->journal != s->own)) {
        p->stored.applied_entry += p->record_count > 0;
        error = store_put_meta(s, txn, &p->meta, &p->stored);
    }
    return error;
}

int store_write(struct store *s, struct pending *p)
{
    MDB_txn *txn;
    /* Rows and watermark reflect nothing that is not durable with them. */
    ASSERT(p->row_seq <= p->meta.sequence && p->meta.watermark <= p->meta.sequence);
    int error = store_errno(mdb_txn_begin(s->env, NULL, 0, &txn));
    if (error == 0 && (error = write_in(s, txn, p)) != 0)
        mdb_txn_abort(txn);
    else if (error == 0)
        error = store_errno(mdb_txn_commit(txn));
    return error;
}

/* A policy's text is in the tables alone: the turn that puts it in force is one transaction of theirs. */
static bool goes_in_front(const struct store *s)
{
    return s->front && s->pending.policies.size == 0;
}

int store_harden(struct store *s)
{
    struct pending *p = &s->pending;
    if (goes_in_front(s))
        return p->record_count == 0 ? 0 : front_write(s->front, &p->meta, p->record_count, &p->records);
    p->stored = s->stored;
    return store_write(s, p);
}

static int settle_in_front(struct store *s)
{
    s->meta = s->pending.meta;
    behind_gather(s);
    pending_clear(&s->pending, &s->meta);
    return store_tend(s, false);
}

int store_settle(struct store *s, int error)
{
    if (error != 0) {
        s->failed = true;
        behind_give_up(s);
        return store_fail(error, "the turn cannot be committed: %s", strerror(-error));
    }
    if (goes_in_front(s))
        return settle_in_front(s);
    s->meta = s->pending.meta;
    s->stored = s->pending.stored;
    s->space_ms = 0;
    behind_passed(s);
    store_flushed(s, &s->pending);
    pending_clear(&s->pending, &s->meta);
    return 0;
}

int store_transact(struct store *s)
{
    ASSERT(s->reader_depth == 0 && !s->aloft);
    if (s->failed)
        return -EIO;
    int error = store_room(s);
    return error != 0 ? error : store_settle(s, store_harden(s));
}

void store_set_bell(struct store *s, void (*bell)(void *arg), void *arg)
{
    pthread_mutex_lock(&s->bell_mutex);
    s->bell = bell;
    s->bell_arg = arg;
    pthread_mutex_unlock(&s->bell_mutex);
}

void store_ring(struct store *s)
{
    pthread_mutex_lock(&s->bell_mutex);
    if (s->bell)
        s->bell(s->bell_arg);
    pthread_mutex_unlock(&s->bell_mutex);
}

static void take_verdict(void *arg, uint64_t entry_number, enum durable verdict)
{
    (void)entry_number;
    *(enum durable *)arg = verdict;
}

/* The LMDB journal is made durable by committing everything; of any other the tables follow only its word. */
int store_commit(struct store *s)
{
    struct pending *p = &s->pending;
    if (s->failed)
        return -EIO;
    if (pending_empty(p))
        return 0;
    if (s->journal == s->own)
        return store_transact(s);
    enum durable verdict = DURABLE_UNKNOWN;
    if (p->record_count > 0) {
        s->journal->ops->durable(s->journal, take_verdict, &verdict);
        if (verdict != DURABLE_OK) {
            s->failed = true;
            return store_fail(-EIO, verdict == DURABLE_FENCED ? "another broker has taken the journal over"
                                                              : "whether the journal has the turn is unknown");
        }
    }
    return store_transact(s);
}

/* --- reading records --- */
int store_replay(struct store *s, uint64_t after, journal_replay_fn *fn, void *arg)
{
    return s->journal->ops->replay(s->journal, after, fn, arg);
}

/* Another journal is read through its replay, and only as far as the tables are. */
struct reading {
    struct store *store;
    struct arena *arena;
    journal_replay_fn *fn;
    void *arg;
    uint64_t last;
};

static int read_other(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct reading *r = arg;
    struct record copy;
    if (record->seq > r->store->meta.sequence)
        return 1;
    const void *kept = arena_memdup(r->arena, bytes, size_bytes);
    if (record_decode(kept, size_bytes, r->arena, &copy) != 0)
        return 1;
    r->last = record->seq;
    return r->fn(r->arg, &copy, kept, size_bytes);
}

uint64_t store_read(struct store *s, uint64_t after, struct arena *arena, journal_replay_fn *fn, void *arg)
{
    struct reading r = {s, arena, fn, arg, after};
    int result = s->journal == s->own ? journal_lmdb_walk(s, after, arena, false, fn, arg, &r.last)
                                      : s->journal->ops->replay(s->journal, after, read_other, &r);
    if (result == -EBADMSG || result == -EIO)
        log_error("store: reading stopped after=%llu fault=\"%s\"", (unsigned long long)r.last, fault);
    return r.last;
}

static int take_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    (void)bytes, (void)size_bytes;
    *(struct record *)arg = *record;
    return 1;
}

int store_get_record(struct store *s, uint64_t seq, struct arena *arena, struct record *out)
{
    struct record record = {0};
    struct reading r = {s, arena, take_record, &record, seq - 1};
    if (seq == 0 || seq > s->meta.sequence || seq <= s->stored.trimmed)
        return -ENOENT;
    int result = s->journal == s->own ? journal_lmdb_walk(s, seq - 1, arena, false, take_record, &record, &r.last)
                                      : s->journal->ops->replay(s->journal, seq - 1, read_other, &r);
    if (result < 0 || r.last != seq)
        return result < 0 ? result : -EBADMSG;
    *out = record;
    return 0;
}
