/* check.c: reads a store from end to end, offline, and tells in sentences what does not hold. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/map.h"
#include "broker/base/panic.h"

typedef unsigned long long ull;

/* A place in the key log, which runs beside the records. */
struct key_walk {
    MDB_cursor *cursor;
    struct keys_value value;
    uint32_t at;
    bool end;
    uint64_t blind_to; /* keys of records before this were in a damaged value */
};

struct check {
    struct store *store;
    MDB_txn *txn;
    struct arena arena;
    struct key_walk keys;
    struct map last;      /* incident → last record that touches it */
    struct map reflected; /* the same up to the watermark: its row must reflect it */
    struct textmap sides; /* kind and key → last record up to the watermark that sets it (struct side_last) */
    struct map broken;    /* records that cannot be read: what refers to them cannot be judged */
    struct digest chain;
    void (*fn)(void *arg, const char *sentence);
    void *arg;
    uint64_t bad;
};

static void tell(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct check *c, const char *format, ...)
{
    char sentence[256];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    c->bad++;
    c->fn(c->arg, sentence);
}

/* Sequences are kept in maps as pointers; 0 is absent. */
static uint64_t map_seq(const struct map *map, uint64_t key)
{
    return (uint64_t)(uintptr_t)map_get(map, key);
}

static void map_put_seq(struct map *map, uint64_t key, uint64_t seq)
{
    map_put(map, key, (void *)(uintptr_t)seq);
}

static bool judged(const struct check *c, uint64_t seq)
{
    return seq > c->store->stored.trimmed && !map_get(&c->broken, seq);
}

/* Walks a table from its first; false at its end or when it cannot be read. */
static bool next_of(struct check *c, MDB_cursor *cursor, MDB_val *key, MDB_val *value, bool first)
{
    arena_reset(&c->arena);
    int result = mdb_cursor_get(cursor, key, value, first ? MDB_FIRST : MDB_NEXT);
    if (result != 0 && result != MDB_NOTFOUND)
        tell(c, "the data file cannot be read: %s", mdb_strerror(result));
    return result == 0;
}

static MDB_cursor *cursor_on(struct check *c, enum store_table table)
{
    MDB_cursor *cursor = NULL;
    int result = mdb_cursor_open(c->txn, c->store->tables[table], &cursor);
    if (result != 0)
        tell(c, "the data file cannot be read: %s", mdb_strerror(result));
    return cursor;
}

/* --- the key log --- */
static void keys_load(struct check *c, bool first)
{
    struct key_walk *k = &c->keys;
    MDB_val key, value;
    k->at = 0;
    while (mdb_cursor_get(k->cursor, &key, &value, first ? MDB_FIRST : MDB_NEXT) == 0) {
        if (keylog_read(&key, &value, &k->value) == 0)
            return;
        tell(c, "the keys from record %llu on are damaged", (ull)store_key(&key));
        int result = mdb_cursor_get(k->cursor, &key, &value, MDB_NEXT);
        k->blind_to = result == 0 ? store_key(&key) : UINT64_MAX;
        if (result == 0)
            mdb_cursor_get(k->cursor, &key, &value, MDB_PREV);
        first = false;
    }
    k->end = true;
}

static const struct key_entry *keys_peek(const struct check *c)
{
    return c->keys.end ? NULL : &c->keys.value.entries[c->keys.at];
}

static void keys_advance(struct check *c)
{
    if (++c->keys.at == c->keys.value.head.count)
        keys_load(c, false);
}

static bool keys_equal(const struct key_entry *a, const struct key_entry *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Entries before a sequence belong to no record that has a key. */
static void keys_skip_to(struct check *c, uint64_t seq)
{
    const struct key_entry *entry;
    for (; (entry = keys_peek(c)) != NULL && entry->seq < seq; keys_advance(c))
        if (judged(c, entry->seq))
            tell(c, "the key log has a key of record %llu, which has none", (ull)entry->seq);
}

/* The keys of what only the log in front has are written with it. */
static void check_key(struct check *c, const struct record *record, uint32_t term)
{
    MDB_val value;
    if (behind_value(c->store, record->seq, &value))
        return;
    keys_skip_to(c, record->seq);
    if (!keylog_wants(record))
        return;
    const struct key_entry *entry = keys_peek(c);
    struct key_entry wanted = keylog_entry(record);
    if (!entry || entry->seq != record->seq) {
        if (record->seq >= c->keys.blind_to)
            tell(c, "the key of record %llu is not in the key log", (ull)record->seq);
        return;
    }
    if (!keys_equal(entry, &wanted) || c->keys.value.head.term != term)
        tell(c, "the key log says otherwise than record %llu", (ull)record->seq);
    keys_advance(c);
}

/* --- records --- */
static void check_change(struct check *c, const struct record *record, const struct change *change)
{
    uint64_t before = map_seq(&c->last, change->incident);
    bool known = before != 0 || c->store->stored.trimmed == 0;
    if (change->prev != before && known && (change->prev == 0 || judged(c, change->prev)))
        tell(c, "record %llu says record %llu touched incident %llu before it, but that was %llu", (ull)record->seq,
             (ull)change->prev, (ull)change->incident, (ull)before);
    map_put_seq(&c->last, change->incident, record->seq);
    if (record->seq <= c->store->meta.watermark)
        map_put_seq(&c->reflected, change->incident, record->seq);
}

/* --- rows beside incidents --- */
struct side_last {
    enum side_kind kind;
    uint64_t seq;
    bool gone, seen;
    char name[]; /* its key in the map */
};

static struct side_last *side_last(struct check *c, const struct side *side)
{
    char name[SIDE_KEY_MAX + 8];
    snprintf(name, sizeof name, "%d %s", (int)side->kind, side->key);
    struct side_last *last = textmap_get(&c->sides, name);
    if (last)
        return last;
    last = calloc(1, sizeof *last + strlen(name) + 1);
    if (!last)
        panic("out of memory");
    last->kind = side->kind;
    memcpy(last->name, name, strlen(name) + 1);
    textmap_put(&c->sides, last->name, last);
    return last;
}

static void note_sides(struct check *c, const struct record *record)
{
    for (size_t i = 0; i < record->side_count; i++) {
        struct side_last *last = side_last(c, &record->sides[i]);
        if (record->seq > c->store->meta.watermark)
            continue;
        last->seq = record->seq;
        last->gone = record->sides[i].gone;
    }
}

static bool sets(struct check *c, uint64_t seq, const struct side *side)
{
    MDB_val value;
    struct record record;
    if (store_get_value(c->store, c->txn, TABLE_RECORDS, seq, &value) != 0 ||
        record_unseal(&value, seq, NULL, &c->arena, &record, NULL) != 0)
        return false;
    for (size_t i = 0; i < record.side_count; i++)
        if (record.sides[i].kind == side->kind && strcmp(record.sides[i].key, side->key) == 0)
            return !record.sides[i].gone;
    return false;
}

static void check_side(struct check *c, const struct side *side)
{
    struct side_last *last = side_last(c, side);
    const char *kind = side_kind_name(side->kind);
    last->seen = true;
    if (side->seq > c->store->meta.sequence)
        tell(c, "the row of %s %s reflects record %llu, which is not there", kind, side->key, (ull)side->seq);
    else if (side->seq < last->seq)
        tell(c, "the row of %s %s reflects record %llu, but %llu is below the watermark too", kind, side->key,
             (ull)side->seq, (ull)last->seq);
    else if (judged(c, side->seq) && !sets(c, side->seq, side))
        tell(c, "the row of %s %s reflects record %llu, which is about others", kind, side->key, (ull)side->seq);
}

static void check_sides(struct check *c)
{
    MDB_val key, value;
    MDB_cursor *cursor = cursor_on(c, TABLE_SIDES);
    struct side side;
    const char *name;
    void *last;
    if (!cursor)
        return;
    for (bool first = true; next_of(c, cursor, &key, &value, first); first = false) {
        if (side_unseal(&key, &value, &c->arena, &side) == 0)
            check_side(c, &side);
        else
            tell(c, "%s", store_fault());
    }
    mdb_cursor_close(cursor);
    for (size_t at = 0; textmap_next(&c->sides, &at, &name, &last);) {
        const struct side_last *it = last;
        if (it->seq && !it->gone && !it->seen)
            tell(c, "%s %s has no row, but record %llu about it is below the watermark", side_kind_name(it->kind),
                 strchr(name, ' ') + 1, (ull)it->seq);
    }
}

static void sides_release(struct check *c)
{
    const char *name;
    void *last;
    for (size_t at = 0; textmap_next(&c->sides, &at, &name, &last);)
        free(last);
    textmap_release(&c->sides);
}

static void check_record_policy(struct check *c, const struct record *record)
{
    MDB_val key = {record->policy.len, (void *)record->policy.ptr}, value;
    if (record->kind == RECORD_POLICY && record->policy.len == DIGEST_BYTES &&
        mdb_get(c->txn, c->store->tables[TABLE_POLICIES], &key, &value) != 0)
        tell(c, "the policy that record %llu put in force is not stored", (ull)record->seq);
}

static void check_record(struct check *c, uint64_t seq, const MDB_val *value)
{
    struct record record;
    struct record_head head;
    struct digest chain = c->chain;
    if (record_unseal(value, seq, NULL, &c->arena, &record, NULL) != 0) {
        tell(c, "record %llu is damaged", (ull)seq);
        map_put_seq(&c->broken, seq, seq);
        if (value->mv_size >= sizeof head) /* the next one tells whether this chain value is the damaged part */
            memcpy(&c->chain, (const char *)value->mv_data + offsetof(struct record_head, chain), sizeof c->chain);
        return;
    }
    memcpy(&head, value->mv_data, sizeof head);
    if (record_unseal(value, seq, &chain, &c->arena, &record, NULL) != 0)
        tell(c, "record %llu does not continue the chain", (ull)seq);
    c->chain = head.chain;
    for (size_t i = 0; i < record.change_count; i++)
        check_change(c, &record, &record.changes[i]);
    note_sides(c, &record);
    check_key(c, &record, head.term);
    check_record_policy(c, &record);
}

static void check_records(struct check *c)
{
    MDB_val key, value;
    MDB_cursor *cursor = cursor_on(c, TABLE_RECORDS);
    uint64_t seq = c->store->stored.trimmed;
    c->chain = c->store->stored.trimmed_chain;
    c->keys.cursor = cursor_on(c, TABLE_KEYS);
    if (!cursor || !c->keys.cursor)
        return;
    keys_load(c, true);
    for (bool first = true; next_of(c, cursor, &key, &value, first); first = false) {
        for (seq++; seq < store_key(&key); seq++) {
            tell(c, "record %llu is missing", (ull)seq);
            map_put_seq(&c->broken, seq, seq);
        }
        check_record(c, seq, &value);
    }
    keys_skip_to(c, UINT64_MAX);
    for (; behind_value(c->store, seq + 1, &value); seq++) {
        arena_reset(&c->arena);
        check_record(c, seq + 1, &value);
    }
    mdb_cursor_close(cursor);
    mdb_cursor_close(c->keys.cursor);
}

/* --- rows --- */
static bool touches(struct check *c, uint64_t seq, uint64_t incident)
{
    MDB_val value;
    struct record record;
    if (store_get_value(c->store, c->txn, TABLE_RECORDS, seq, &value) != 0 ||
        record_unseal(&value, seq, NULL, &c->arena, &record, NULL) != 0)
        return false;
    for (size_t i = 0; i < record.change_count; i++)
        if (record.changes[i].incident == incident)
            return true;
    return false;
}

static void check_row_seq(struct check *c, const struct row *row)
{
    ull incident = row->incident, seq = row->seq, needed = map_seq(&c->reflected, row->incident);
    if (row->seq > c->store->meta.sequence)
        tell(c, "the row of incident %llu reflects record %llu, which is not there", incident, seq);
    else if (seq < needed)
        tell(c, "the row of incident %llu reflects record %llu, but %llu is below the watermark too", incident, seq,
             needed);
    else if (judged(c, row->seq) && !touches(c, row->seq, row->incident))
        tell(c, "the row of incident %llu reflects record %llu, which is about others", incident, seq);
}

static void check_closed(struct check *c, const struct row *row, int64_t closed_ms)
{
    struct time_key time = time_key_of(closed_ms, row->incident);
    MDB_val key = {sizeof time, &time}, value;
    if (row->head.closed_ms != closed_ms || mdb_get(c->txn, c->store->tables[TABLE_CLOSED_BY_TIME], &key, &value) != 0)
        tell(c, "closed incident %llu is not in the index by time", (ull)row->incident);
    if (store_get_value(c->store, c->txn, TABLE_LIVE, row->incident, &value) == 0)
        tell(c, "incident %llu is both live and closed", (ull)row->incident);
}

/* A row that is its opening record's change, and that record was found damaged before. */
static bool told_with_record(const struct check *c, const MDB_val *value)
{
    struct row_head head;
    if (value->mv_size != sizeof head || !value_intact(value->mv_data, value->mv_size))
        return false;
    memcpy(&head, value->mv_data, sizeof head);
    return map_get(&c->broken, head.seq) != NULL;
}

static void check_rows(struct check *c, enum store_table table)
{
    MDB_val key, value;
    MDB_cursor *cursor = cursor_on(c, table);
    if (!cursor)
        return;
    for (bool first = true; next_of(c, cursor, &key, &value, first); first = false) {
        struct row row;
        struct row_head head;
        if (row_unseal(c->store, c->txn, &value, store_key(&key), &c->arena, &row, &head) != 0) {
            if (!told_with_record(c, &value))
                tell(c, "%s", store_fault());
            continue;
        }
        check_row_seq(c, &row);
        if (table == TABLE_CLOSED)
            check_closed(c, &row, head.closed_ms);
    }
    mdb_cursor_close(cursor);
}

static void check_time_index(struct check *c)
{
    MDB_val key, nothing, value;
    MDB_cursor *cursor = cursor_on(c, TABLE_CLOSED_BY_TIME);
    if (!cursor)
        return;
    for (bool first = true; next_of(c, cursor, &key, &nothing, first); first = false) {
        struct time_key time, wanted;
        struct row_head head = {0};
        if (key.mv_size != sizeof time) {
            tell(c, "the index by time has a key of %zu bytes", key.mv_size);
            continue;
        }
        memcpy(&time, key.mv_data, sizeof time);
        uint64_t incident = time_key_incident(&time);
        int error = store_get_value(c->store, c->txn, TABLE_CLOSED, incident, &value);
        if (error == 0 && value.mv_size >= sizeof head)
            memcpy(&head, value.mv_data, sizeof head);
        wanted = time_key_of(head.closed_ms, incident);
        if (error != 0 || memcmp(&time, &wanted, sizeof time) != 0)
            tell(c, "the index by time has incident %llu where it did not close", (ull)incident);
    }
    mdb_cursor_close(cursor);
}

static void check_missing_rows(struct check *c)
{
    size_t cursor = 0;
    uint64_t incident;
    void *seq;
    MDB_val value;
    while (map_next(&c->reflected, &cursor, &incident, &seq))
        if (store_get_value(c->store, c->txn, TABLE_LIVE, incident, &value) != 0 &&
            store_get_value(c->store, c->txn, TABLE_CLOSED, incident, &value) != 0)
            tell(c, "incident %llu has no row, but record %llu about it is below the watermark", (ull)incident,
                 (ull)(uintptr_t)seq);
}

/* --- policies and meta --- */
static void check_policies(struct check *c)
{
    MDB_val key, value, bundle;
    MDB_cursor *cursor = cursor_on(c, TABLE_POLICIES);
    for (bool first = true; cursor && next_of(c, cursor, &key, &value, first); first = false)
        if (value.mv_size < sizeof(struct policy_head) || !value_intact(value.mv_data, value.mv_size))
            tell(c, "the text of a policy is damaged");
    if (cursor)
        mdb_cursor_close(cursor);
    cursor = cursor_on(c, TABLE_POLICY_AT);
    for (bool first = true; cursor && next_of(c, cursor, &key, &value, first); first = false) {
        struct policy_head head;
        if (value.mv_size != sizeof head || !value_intact(value.mv_data, value.mv_size)) {
            tell(c, "the policy in force since %llu ms is damaged", (ull)store_key(&key));
            continue;
        }
        memcpy(&head, value.mv_data, sizeof head);
        MDB_val hash = {sizeof head.hash, &head.hash};
        if (mdb_get(c->txn, c->store->tables[TABLE_POLICIES], &hash, &bundle) != 0)
            tell(c, "the policy in force since %llu ms is not stored", (ull)store_key(&key));
    }
    if (cursor)
        mdb_cursor_close(cursor);
}

static void check_meta(struct check *c)
{
    const struct store_meta *meta = &c->store->meta;
    if (meta->watermark > meta->sequence)
        tell(c, "the watermark, %llu, is above the last record, %llu", (ull)meta->watermark, (ull)meta->sequence);
    if (meta->counters.seq > meta->sequence)
        tell(c, "the counters reflect record %llu, which is not there", (ull)meta->counters.seq);
}

static bool tells(struct check *c, uint64_t seq, const char *source)
{
    MDB_val value;
    struct record record;
    if (store_get_value(c->store, c->txn, TABLE_RECORDS, seq, &value) != 0 ||
        record_unseal(&value, seq, NULL, &c->arena, &record, NULL) != 0)
        return false;
    for (size_t i = 0; i < record.tell_count; i++)
        if (strcmp(record.tells[i], source) == 0)
            return true;
    return false;
}

static void check_notices(struct check *c)
{
    MDB_val key, value;
    MDB_cursor *cursor = cursor_on(c, TABLE_NOTICES);
    char source[CODE_MAX_BYTES + 1];
    uint64_t seq;
    for (bool first = true; cursor && next_of(c, cursor, &key, &value, first); first = false) {
        if (!noticelog_read(&key, source, &seq))
            tell(c, "a notice is damaged");
        else if (judged(c, seq) && !tells(c, seq, source))
            tell(c, "record %llu is kept as a notice to %s, and is none", (ull)seq, source);
    }
    if (cursor)
        mdb_cursor_close(cursor);
}

static void check_all(struct check *c)
{
    check_meta(c);
    check_records(c);
    check_rows(c, TABLE_LIVE);
    check_rows(c, TABLE_CLOSED);
    check_time_index(c);
    check_missing_rows(c);
    check_sides(c);
    check_notices(c);
    check_policies(c);
}

int store_check(const char *folder, void (*fn)(void *arg, const char *sentence), void *arg, uint64_t *bad)
{
    struct check c = {.fn = fn, .arg = arg};
    struct store_options options = {.read_only = true};
    *bad = 0;
    int error = store_load(folder, &options, &c.store);
    if (error != 0) {
        tell(&c, "%s", store_fault());
        *bad = c.bad;
        return error;
    }
    arena_init(&c.arena);
    c.txn = store_read_begin(c.store, &error);
    if (c.txn) {
        check_all(&c);
        store_read_end(c.store);
    }
    arena_release(&c.arena);
    map_release(&c.last);
    map_release(&c.reflected);
    map_release(&c.broken);
    sides_release(&c);
    store_close(c.store);
    *bad = c.bad;
    return error;
}
