/* noticelog.c: which records are notices to which source, until it has acknowledged them: an index over what the records
 * themselves say, written and shortened with them. A source's notices lie together, in order, so that neither a week of
 * absence nor the rest of the trail costs anything to pass over. */
#include "broker/store/store_internal.h"

#include <string.h>

/* One gathered change, followed by the source's name and its NUL. */
struct noted {
    uint64_t seq;
    enum { KEPT, TAKEN_BACK, ACKNOWLEDGED /* all up to seq */ } how;
};

static void gather(struct store *s, const char *source, uint64_t seq, int how)
{
    struct noted noted = {.seq = seq, .how = how};
    buffer_append(&s->pending.notices, &noted, sizeof noted);
    buffer_append(&s->pending.notices, source, strlen(source) + 1);
}

void noticelog_gather(struct store *s, const struct record *record)
{
    for (size_t i = 0; i < record->tell_count; i++)
        gather(s, record->tells[i], record->takes_back ? record->takes_back : record->seq,
               record->takes_back ? TAKEN_BACK : KEPT);
    if (record->kind == RECORD_ACKNOWLEDGED && record->side_count > 0)
        gather(s, record->principal, (uint64_t)record->sides[0].number, ACKNOWLEDGED);
}

/* --- keys: the name, a NUL, the sequence --- */

#define KEY_BYTES (CODE_MAX_BYTES + 1 + sizeof(uint64_t))

static MDB_val key_of(uint8_t out[KEY_BYTES], const char *source, uint64_t seq)
{
    size_t n = strlen(source) + 1;
    memcpy(out, source, n);
    for (int i = 7; i >= 0; i--, seq >>= 8)
        out[n + (size_t)i] = (uint8_t)seq;
    return (MDB_val){n + sizeof seq, out};
}

bool noticelog_read(const MDB_val *key, char source[CODE_MAX_BYTES + 1], uint64_t *seq)
{
    const uint8_t *bytes = key->mv_data;
    size_t n = key->mv_size < sizeof *seq ? 0 : key->mv_size - sizeof *seq;
    if (n == 0 || n > CODE_MAX_BYTES + 1 || memchr(bytes, 0, n) != bytes + n - 1)
        return false;
    memcpy(source, bytes, n);
    *seq = 0;
    for (size_t i = 0; i < sizeof *seq; i++)
        *seq = *seq << 8 | bytes[n + i];
    return true;
}

static bool is_of(const MDB_val *key, const char *source, uint64_t *seq)
{
    char whose[CODE_MAX_BYTES + 1];
    return noticelog_read(key, whose, seq) && strcmp(whose, source) == 0;
}

/* --- writing --- */

static int forget(struct store *s, MDB_txn *txn, const char *source, uint64_t upto)
{
    uint8_t bytes[KEY_BYTES];
    uint64_t seq;
    MDB_val key = key_of(bytes, source, 0), value;
    MDB_cursor *cursor;
    int error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_NOTICES], &cursor));
    if (error != 0)
        return error;
    int found = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (error == 0 && found == 0 && is_of(&key, source, &seq) && seq <= upto) {
        error = store_errno(mdb_cursor_del(cursor, 0));
        found = mdb_cursor_get(cursor, &key, &value, MDB_NEXT); /* of a deleted one: what took its place */
    }
    mdb_cursor_close(cursor);
    return error;
}

static int keep(struct store *s, MDB_txn *txn, const char *source, uint64_t seq)
{
    uint8_t bytes[KEY_BYTES];
    MDB_val key = key_of(bytes, source, seq), nothing = {0, NULL};
    return store_errno(mdb_put(txn, s->tables[TABLE_NOTICES], &key, &nothing, 0));
}

/* It may have been acknowledged. */
static int take_back(struct store *s, MDB_txn *txn, const char *source, uint64_t seq)
{
    uint8_t bytes[KEY_BYTES];
    MDB_val key = key_of(bytes, source, seq);
    int error = mdb_del(txn, s->tables[TABLE_NOTICES], &key, NULL);
    return error == MDB_NOTFOUND ? 0 : store_errno(error);
}

int noticelog_write(struct store *s, MDB_txn *txn)
{
    const struct buffer *notices = &s->pending.notices;
    static int (*const how[])(struct store *, MDB_txn *, const char *,
                              uint64_t) = {[KEPT] = keep, [TAKEN_BACK] = take_back, [ACKNOWLEDGED] = forget};
    struct noted noted;
    int error = 0;
    for (size_t at = 0; error == 0 && at < notices->size;) {
        const char *source = (const char *)notices->data + at + sizeof noted;
        memcpy(&noted, notices->data + at, sizeof noted);
        at += sizeof noted + strlen(source) + 1;
        error = how[noted.how](s, txn, source, noted.seq);
    }
    return error;
}

/* --- reading --- */

bool store_next_notice(struct store *s, const char *source, uint64_t *seq)
{
    uint8_t bytes[KEY_BYTES];
    uint64_t found = 0;
    MDB_val key = key_of(bytes, source, *seq + 1), value;
    MDB_cursor *cursor;
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return false;
    bool there = mdb_cursor_open(txn, s->tables[TABLE_NOTICES], &cursor) == 0;
    if (there) {
        there = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE) == 0 && is_of(&key, source, &found);
        mdb_cursor_close(cursor);
    }
    store_read_end(s);
    if (there)
        *seq = found;
    return there;
}
