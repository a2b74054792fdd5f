/* keylog.c: the keys of what was accepted, packed in order of sequence, so that idempotency survives a restart. Derived
 * from the records, which carry the same: a damaged value is written anew from them. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <string.h>

#include "broker/base/log.h"

bool keylog_wants(const struct record *record)
{
    return (record->key.hi | record->key.lo) != 0 && record->word == 0;
}

struct key_entry keylog_entry(const struct record *record)
{
    return (struct key_entry){
        .key = record->key,
        .digest = record->digest,
        .incident = record->change_count > 0 ? record->changes[0].incident : 0,
        .seq = record->seq,
        .at_ms = record->at_ms,
    };
}

void keylog_gather(struct store *s, const struct record *record)
{
    if (keylog_wants(record)) {
        struct key_entry entry = keylog_entry(record);
        buffer_append(&s->pending.keys, &entry, sizeof entry);
    }
}

static int write_value(struct store *s, MDB_txn *txn, uint32_t term, const struct key_entry *entries, size_t n,
                       unsigned flags)
{
    struct keys_value value = {.head = {.term = term, .count = (uint32_t)n}};
    size_t size_bytes = sizeof value.head + n * sizeof *entries;
    memcpy(value.entries, entries, n * sizeof *entries);
    value_seal(&value, size_bytes);
    return store_put_value(s, txn, TABLE_KEYS, entries[0].seq, &value, size_bytes, flags);
}

int keylog_write(struct store *s, MDB_txn *txn, const struct pending *p)
{
    const struct key_entry *entries = (const struct key_entry *)p->keys.data;
    size_t count = p->keys.size / sizeof *entries;
    int error = 0;
    for (size_t at = 0, n; error == 0 && at < count; at += n) {
        n = count - at < KEYS_PER_VALUE ? count - at : KEYS_PER_VALUE;
        error = write_value(s, txn, p->meta.term, entries + at, n, MDB_APPEND);
    }
    return error;
}

int keylog_read(const MDB_val *key, const MDB_val *value, struct keys_value *out)
{
    if (value->mv_size > sizeof *out || value->mv_size < sizeof out->head ||
        !value_intact(value->mv_data, value->mv_size))
        return -EBADMSG;
    memcpy(out, value->mv_data, value->mv_size);
    bool fits = out->head.count > 0 && value->mv_size == sizeof out->head + out->head.count * sizeof *out->entries;
    return fits && out->entries[0].seq == store_key(key) ? 0 : -EBADMSG;
}

/* --- reading --- */
/* Backwards to the first value wanted: later values are not older. *start is its key, 0 when none is. */
static int find_start(MDB_cursor *cursor, int64_t since_ms, uint64_t *start, uint64_t *damaged)
{
    MDB_val key, value;
    struct keys_value keys;
    int error = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_LAST));
    for (; error == 0; error = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_PREV))) {
        if (keylog_read(&key, &value, &keys) != 0) {
            *damaged = store_key(&key);
            return store_fail(-EBADMSG, "the keys from record %llu on are damaged", (unsigned long long)*damaged);
        }
        if (keys.entries[keys.head.count - 1].at_ms < since_ms)
            break;
        *start = store_key(&key);
    }
    return error == -ENOENT ? 0 : error;
}

static int tell_value(struct store *s, const struct keys_value *keys, int64_t since_ms, store_key_fn *fn, void *arg)
{
    int result = 0;
    for (uint32_t i = 0; i < keys->head.count && result == 0; i++) {
        const struct key_entry *entry = &keys->entries[i];
        struct receipt receipt = {.incident = entry->incident,
                                  .journal = s->meta.journal,
                                  .term = keys->head.term,
                                  .seq = entry->seq,
                                  .at_ms = entry->at_ms};
        if (entry->at_ms >= since_ms)
            result = fn(arg, &entry->key, &entry->digest, &receipt);
    }
    return result;
}

static int tell_from(struct store *s, MDB_cursor *cursor, uint64_t start, int64_t since_ms, store_key_fn *fn, void *arg)
{
    MDB_val key = {sizeof start, &start}, value;
    struct keys_value keys;
    int result = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE));
    while (result == 0) {
        result = keylog_read(&key, &value, &keys);
        if (result == 0)
            result = tell_value(s, &keys, since_ms, fn, arg);
        if (result != 0)
            return result;
        result = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_NEXT));
    }
    return result == -ENOENT ? 0 : result;
}

static int each_key(struct store *s, int64_t since_ms, store_key_fn *fn, void *arg, uint64_t *damaged)
{
    MDB_cursor *cursor;
    uint64_t start = 0;
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return error;
    error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_KEYS], &cursor));
    if (error == 0) {
        error = find_start(cursor, since_ms, &start, damaged);
        if (error == 0 && start != 0)
            error = tell_from(s, cursor, start, since_ms, fn, arg);
        mdb_cursor_close(cursor);
    }
    store_read_end(s);
    return error;
}

/* --- mending --- */
struct mend {
    uint64_t first, next; /* the damaged value held the keys of records from first to before next */
    uint32_t term;
    struct buffer entries;
};

static int mend_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    (void)bytes, (void)size_bytes;
    struct mend *m = arg;
    if (record->seq >= m->next)
        return 1;
    if (keylog_wants(record)) {
        struct key_entry entry = keylog_entry(record);
        buffer_append(&m->entries, &entry, sizeof entry);
    }
    return 0;
}

static int mend_span(struct store *s, struct mend *m)
{
    MDB_cursor *cursor;
    struct record_head head;
    uint64_t after = m->first + 1;
    MDB_val key = {sizeof after, &after}, value;
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return error;
    error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_KEYS], &cursor));
    if (error == 0) {
        bool last = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE) != 0;
        m->next = last ? UINT64_MAX : store_key(&key);
        mdb_cursor_close(cursor);
        error = store_get_value(s, txn, TABLE_RECORDS, m->first, &value);
    }
    if (error == 0) {
        memcpy(&head, value.mv_data, sizeof head);
        m->term = head.term;
    }
    store_read_end(s);
    return error;
}

static int mend_write(struct store *s, MDB_txn *txn, const struct mend *m)
{
    const struct key_entry *entries = (const struct key_entry *)m->entries.data;
    size_t count = m->entries.size / sizeof *entries;
    uint64_t first = m->first;
    MDB_val key = {sizeof first, &first};
    int error = store_errno(mdb_del(txn, s->tables[TABLE_KEYS], &key, NULL));
    for (size_t at = 0, n; error == 0 && at < count; at += n) {
        n = count - at < KEYS_PER_VALUE ? count - at : KEYS_PER_VALUE;
        error = write_value(s, txn, m->term, entries + at, n, 0);
    }
    return error;
}

static int mend(struct store *s, uint64_t first)
{
    struct mend m = {.first = first};
    MDB_txn *txn;
    if (s->read_only || s->journal != s->own)
        return -EBADMSG;
    int error = mend_span(s, &m);
    if (error == 0)
        error = journal_lmdb_walk(s, first - 1, NULL, false, mend_record, &m, NULL);
    if (error >= 0 && (error = store_errno(mdb_txn_begin(s->env, NULL, 0, &txn))) == 0) {
        error = mend_write(s, txn, &m);
        if (error != 0)
            mdb_txn_abort(txn);
        else
            error = store_errno(mdb_txn_commit(txn));
    }
    buffer_release(&m.entries);
    if (error == 0)
        log_warn("store: keys written anew from the records first=%llu", (unsigned long long)first);
    return error;
}

int store_each_key(struct store *s, int64_t since_ms, store_key_fn *fn, void *arg)
{
    for (;;) {
        uint64_t damaged = 0;
        int result = each_key(s, since_ms, fn, arg, &damaged);
        if (damaged == 0 || mend(s, damaged) != 0)
            return result;
    }
}
