/* tables.c: rows, live and closed, and the policies that were in force. All of it can be derived from the journal. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <string.h>

#include "broker/base/log.h"
#include "broker/base/panic.h"

/* --- rows, gathered --- */
/* Untouched since it was opened, an incident's row is that record's change: it need not be encoded, summed and written
 * a second time. Another journal's records are not there to be looked up by sequence. */
static bool as_opened(const struct store *s, const struct row *row)
{
    return s->journal == s->own && row->seq == row->head.opened_seq && row->word_count == 0;
}

/* Where a gathered row goes. Only one that was closed before can stand in the closed table: what never ended is not looked
 * for there. */
enum { ROW_LIVE, ROW_CLOSED, ROW_REOPENED };

static uint64_t place_of(const struct row *row, bool closed)
{
    return closed ? ROW_CLOSED : row->head.reopens > 0 ? ROW_REOPENED : ROW_LIVE;
}

int store_put_row(struct store *s, const struct row *row, bool closed)
{
    struct pending *p = &s->pending;
    struct row_head head = {.seq = row->seq, .closed_ms = row->head.closed_ms};
    if (s->failed || s->read_only)
        return -EIO;
    ASSERT(row->incident != 0 && !s->aloft);
    buffer_clear(&p->scratch);
    if (!as_opened(s, row))
        row_encode(row, &p->scratch);
    queue_value(&p->rows, row->incident, place_of(row, closed), &head, sizeof head, p->scratch.data, p->scratch.size);
    p->row_seq = row->seq > p->row_seq ? row->seq : p->row_seq;
    return 0;
}

/* --- rows, written --- */
static void big_endian(uint8_t out[8], uint64_t number)
{
    for (int i = 7; i >= 0; i--, number >>= 8)
        out[i] = (uint8_t)number;
}

static uint64_t from_big_endian(const uint8_t bytes[8])
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

struct time_key time_key_of(int64_t closed_ms, uint64_t incident)
{
    struct time_key key;
    big_endian(key.bytes, (uint64_t)closed_ms);
    big_endian(key.bytes + 8, incident);
    return key;
}

uint64_t time_key_incident(const struct time_key *key)
{
    return from_big_endian(key->bytes + 8);
}

static int delete_key(struct store *s, MDB_txn *txn, enum store_table table, void *bytes, size_t size_bytes)
{
    MDB_val key = {size_bytes, bytes};
    int error = store_errno(mdb_del(txn, s->tables[table], &key, NULL));
    return error == -ENOENT ? 0 : error;
}

/* The stored old row says where it stands in the time index. */
static int delete_closed(struct store *s, MDB_txn *txn, uint64_t incident)
{
    MDB_val value;
    struct row_head old;
    int error = store_get_value(s, txn, TABLE_CLOSED, incident, &value);
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    if (value.mv_size < sizeof old)
        return -EBADMSG;
    memcpy(&old, value.mv_data, sizeof old);
    struct time_key time = time_key_of(old.closed_ms, incident);
    error = delete_key(s, txn, TABLE_CLOSED_BY_TIME, &time, sizeof time);
    return error != 0 ? error : delete_key(s, txn, TABLE_CLOSED, &incident, sizeof incident);
}

static int write_closed(struct store *s, MDB_txn *txn, uint64_t incident, const uint8_t *bytes, size_t size_bytes)
{
    struct row_head head;
    memcpy(&head, bytes, sizeof head);
    struct time_key time = time_key_of(head.closed_ms, incident);
    MDB_val key = {sizeof time, &time}, nothing = {0, NULL};
    int error = delete_key(s, txn, TABLE_LIVE, &incident, sizeof incident);
    if (error == 0)
        error = store_errno(mdb_put(txn, s->tables[TABLE_CLOSED_BY_TIME], &key, &nothing, 0));
    return error != 0 ? error : store_put_value(s, txn, TABLE_CLOSED, incident, bytes, size_bytes, 0);
}

static int write_rows(struct store *s, MDB_txn *txn, const struct pending *p)
{
    const struct queued *row;
    const uint8_t *bytes;
    int error = 0;
    for (size_t at = 0; error == 0 && (row = queue_next(&p->rows, &at, &bytes)) != NULL;) {
        error = row->kind == ROW_LIVE ? 0 : delete_closed(s, txn, row->key);
        if (error == 0)
            error = row->kind == ROW_CLOSED ? write_closed(s, txn, row->key, bytes, row->size_bytes)
                                            : store_put_value(s, txn, TABLE_LIVE, row->key, bytes, row->size_bytes, 0);
    }
    return error;
}

/* --- rows, told --- */
void store_flushed(struct store *s, const struct pending *p)
{
    const struct queued *queued;
    const uint8_t *bytes;
    for (size_t at = 0; (queued = queue_next(&p->rows, &at, &bytes)) != NULL;) {
        struct row_head head;
        memcpy(&head, bytes, sizeof head);
        struct flushed_row row = {queued->key, head.seq};
        buffer_append(&s->flushed.rows, &row, sizeof row);
    }
    if (p->sides.size > 0)
        buffer_append(&s->flushed.sides, p->sides.data, p->sides.size);
}

size_t store_take_flushed(struct store *s, store_flushed_fn *fn, store_flushed_side_fn *side_fn, void *arg)
{
    const struct flushed_row *rows = (const struct flushed_row *)s->flushed.rows.data;
    size_t count = s->flushed.rows.size / sizeof *rows;
    for (size_t i = 0; i < count; i++)
        fn(arg, rows[i].incident, rows[i].seq);
    count += sides_tell(&s->flushed.sides, side_fn, arg);
    buffer_clear(&s->flushed.rows);
    buffer_clear(&s->flushed.sides);
    return count;
}

/* --- rows, read --- */
static bool row_of_opened(const struct record *record, uint64_t incident, struct row *out)
{
    const struct change *change = &record->changes[0];
    if (record->kind != RECORD_OPENED || record->change_count == 0 || change->incident != incident || !change->head)
        return false;
    *out = (struct row){.incident = incident, .seq = record->seq, .head = *change->head};
    out->tasks = change->tasks;
    out->task_count = change->task_count;
    out->clocks = change->clocks;
    out->clock_count = change->clock_count;
    out->reports = change->reports;
    return true;
}

/* What a row that is its opening record says. */
static bool resolve(struct store *s, MDB_txn *txn, uint64_t incident, uint64_t seq, struct arena *arena,
                    struct row *out)
{
    MDB_val value;
    struct record record;
    return store_get_value(s, txn, TABLE_RECORDS, seq, &value) == 0 &&
           record_unseal(&value, seq, NULL, arena, &record, NULL) == 0 && row_of_opened(&record, incident, out);
}

int row_unseal(struct store *s, MDB_txn *txn, const MDB_val *value, uint64_t incident, struct arena *arena,
               struct row *out, struct row_head *head)
{
    const struct row_head *copy = value_copy(value, sizeof *copy, arena);
    struct row row;
    bool intact = copy != NULL;
    if (intact && value->mv_size == sizeof *copy)
        intact = resolve(s, txn, incident, copy->seq, arena, &row);
    else if (intact)
        intact = row_decode(copy + 1, value->mv_size - sizeof *copy, arena, &row) == 0;
    if (!intact || row.incident != incident || row.seq != copy->seq)
        return store_fail(-EBADMSG, "the row of incident %llu is damaged", (unsigned long long)incident);
    *out = row;
    if (head)
        *head = *copy;
    return 0;
}

/* --- rows whose record goes --- */
static int write_out(struct store *s, MDB_txn *txn, enum store_table table, const struct row *row, struct row_head head)
{
    struct buffer body = {0}, value = {0};
    row_encode(row, &body);
    buffer_append(&value, &head, sizeof head);
    buffer_append(&value, body.data, body.size);
    value_seal(value.data, value.size);
    int error = store_put_value(s, txn, table, row->incident, value.data, value.size, 0);
    buffer_release(&body);
    buffer_release(&value);
    return error;
}

int tables_before_trim(struct store *s, MDB_txn *txn, const struct record *record)
{
    struct row row;
    struct row_head head;
    MDB_val value;
    if (record->kind != RECORD_OPENED || !row_of_opened(record, record->changes[0].incident, &row))
        return 0;
    enum store_table table = TABLE_LIVE;
    int error = store_get_value(s, txn, table, row.incident, &value);
    if (error == -ENOENT)
        error = store_get_value(s, txn, table = TABLE_CLOSED, row.incident, &value);
    if (error != 0 || value.mv_size != sizeof head)
        return error;
    memcpy(&head, value.mv_data, sizeof head);
    return head.seq == row.seq ? write_out(s, txn, table, &row, head) : -EBADMSG;
}

int store_get_row(struct store *s, uint64_t incident, struct arena *arena, struct row *out)
{
    MDB_val value;
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return error;
    error = store_get_value(s, txn, TABLE_LIVE, incident, &value);
    if (error == -ENOENT)
        error = store_get_value(s, txn, TABLE_CLOSED, incident, &value);
    if (error == 0)
        error = row_unseal(s, txn, &value, incident, arena, out, NULL);
    store_read_end(s);
    return error;
}

static int each_row(struct store *s, MDB_txn *txn, MDB_cursor *cursor, store_row_fn *fn, void *arg)
{
    struct arena arena;
    struct row row;
    MDB_val key, value;
    arena_init(&arena);
    int found = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_FIRST)), result = 0;
    while (found == 0 && result == 0) {
        result = row_unseal(s, txn, &value, store_key(&key), &arena, &row, NULL);
        if (result == 0)
            result = fn(arg, &row);
        arena_reset(&arena);
        found = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_NEXT));
    }
    arena_release(&arena);
    if (result != 0)
        return result;
    return found == -ENOENT ? 0 : found;
}

int store_each_live(struct store *s, store_row_fn *fn, void *arg)
{
    MDB_cursor *cursor;
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return error;
    error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_LIVE], &cursor));
    if (error == 0) {
        error = each_row(s, txn, cursor, fn, arg);
        mdb_cursor_close(cursor);
    }
    store_read_end(s);
    return error;
}

/* The newest in the index before a place; 0 or -ENOENT. */
static int time_before(struct store *s, MDB_txn *txn, int64_t closed_ms, uint64_t incident, MDB_val *key)
{
    struct time_key from = time_key_of(closed_ms, incident);
    bool newest = closed_ms == 0 && incident == 0;
    MDB_cursor *cursor;
    MDB_val nothing;
    int error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_CLOSED_BY_TIME], &cursor));
    if (error != 0)
        return error;
    *key = (MDB_val){sizeof from, &from};
    error = newest ? -ENOENT : store_errno(mdb_cursor_get(cursor, key, &nothing, MDB_SET_RANGE));
    if (error == 0 || error == -ENOENT)
        error = store_errno(mdb_cursor_get(cursor, key, &nothing, error == 0 ? MDB_PREV : MDB_LAST));
    mdb_cursor_close(cursor);
    return error;
}

bool store_next_closed(struct store *s, uint64_t *cursor_ms, uint64_t *cursor_id, struct arena *arena, struct row *out)
{
    MDB_val key, value;
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return false;
    error = time_before(s, txn, (int64_t)*cursor_ms, *cursor_id, &key);
    if (error == 0) {
        const struct time_key *time = key.mv_data; /* bytes: as aligned as they need be */
        uint64_t incident = time_key_incident(time);
        error = store_get_value(s, txn, TABLE_CLOSED, incident, &value);
        if (error == 0)
            error = row_unseal(s, txn, &value, incident, arena, out, NULL);
        *cursor_ms = from_big_endian(time->bytes);
        *cursor_id = incident;
    }
    store_read_end(s);
    if (error != 0 && error != -ENOENT)
        log_error("store: listing closed incidents stopped fault=\"%s\"", store_fault());
    return error == 0;
}

/* --- policies --- */
int store_put_policy(struct store *s, const struct digest *hash, const void *bundle, size_t size_bytes, int64_t at_ms)
{
    struct policy_head head = {.hash = *hash};
    ASSERT(!s->aloft);
    if (s->failed || s->read_only)
        return -EIO;
    queue_value(&s->pending.policies, (uint64_t)at_ms, 0, &head, sizeof head, bundle, size_bytes);
    memcpy(s->pending.meta.policy, hash->bytes, DIGEST_BYTES);
    return 0;
}

static int write_policies(struct store *s, MDB_txn *txn, const struct pending *p)
{
    const struct queued *policy;
    const uint8_t *bytes;
    int error = 0;
    for (size_t at = 0; error == 0 && (policy = queue_next(&p->policies, &at, &bytes)) != NULL;) {
        struct policy_head head;
        memcpy(&head, bytes, sizeof head);
        MDB_val key = {DIGEST_BYTES, head.hash.bytes}, value = {policy->size_bytes, (void *)bytes};
        int result = mdb_put(txn, s->tables[TABLE_POLICIES], &key, &value, MDB_NOOVERWRITE);
        error = result == MDB_KEYEXIST ? 0 : store_errno(result); /* a policy that comes back is kept once */
        if (error != 0)
            break;
        value_seal(&head, sizeof head);
        error = store_put_value(s, txn, TABLE_POLICY_AT, policy->key, &head, sizeof head, 0);
    }
    return error;
}

/* The hash in force at a time: of the newest not after it. */
static int policy_in_force(struct store *s, MDB_txn *txn, uint64_t at_ms, struct digest *out)
{
    MDB_cursor *cursor;
    MDB_val key = {sizeof at_ms, &at_ms}, value;
    int error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_POLICY_AT], &cursor));
    if (error != 0)
        return error;
    error = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE));
    if (error == -ENOENT)
        error = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_LAST));
    else if (error == 0 && store_key(&key) != at_ms)
        error = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_PREV));
    if (error == 0 && (value.mv_size != sizeof(struct policy_head) || !value_intact(value.mv_data, value.mv_size)))
        error = -EBADMSG;
    if (error == 0)
        memcpy(out, (const uint8_t *)value.mv_data + offsetof(struct policy_head, hash), sizeof *out);
    mdb_cursor_close(cursor);
    return error;
}

void tables_last_policy(struct store *s, MDB_txn *txn, uint8_t out[DIGEST_BYTES])
{
    struct digest hash;
    if (policy_in_force(s, txn, UINT64_MAX, &hash) == 0)
        memcpy(out, hash.bytes, DIGEST_BYTES);
}

int store_get_policy(struct store *s, int64_t at_ms, struct arena *arena, const char **bundle, size_t *size_bytes)
{
    struct digest hash;
    MDB_val key = {sizeof hash, &hash}, value;
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return error;
    error = policy_in_force(s, txn, (uint64_t)at_ms, &hash);
    if (error == 0)
        error = store_errno(mdb_get(txn, s->tables[TABLE_POLICIES], &key, &value));
    const struct policy_head *head = error == 0 ? value_copy(&value, sizeof *head, arena) : NULL;
    if (head) {
        *bundle = (const char *)(head + 1);
        *size_bytes = value.mv_size - sizeof *head;
    } else if (error == 0) {
        error = store_fail(-EBADMSG, "the policy in force then is damaged");
    }
    store_read_end(s);
    return error;
}

int tables_write(struct store *s, MDB_txn *txn, const struct pending *p)
{
    int error = write_rows(s, txn, p);
    return error != 0 ? error : write_policies(s, txn, p);
}
