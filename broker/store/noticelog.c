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

/* The one at a place, and the place of the next. */
static const char *noted_at(const struct buffer *notices, size_t at, struct noted *noted, size_t *next)
{
    const char *source = (const char *)notices->data + at + sizeof *noted;
    memcpy(noted, notices->data + at, sizeof *noted);
    *next = at + sizeof *noted + strlen(source) + 1;
    return source;
}

int noticelog_write(struct store *s, MDB_txn *txn, const struct pending *p)
{
    static int (*const how[])(struct store *, MDB_txn *, const char *,
                              uint64_t) = {[KEPT] = keep, [TAKEN_BACK] = take_back, [ACKNOWLEDGED] = forget};
    struct noted noted;
    int error = 0;
    for (size_t at = 0; error == 0 && at < p->notices.size;) {
        const char *source = noted_at(&p->notices, at, &noted, &at);
        error = how[noted.how](s, txn, source, noted.seq);
    }
    return error;
}

/* --- behind the log --- */

void noticelog_places(const struct buffer *notices, size_t base, struct buffer *kept, struct buffer *taken)
{
    struct noted noted;
    for (size_t at = 0, next; at < notices->size; at = next) {
        size_t place = base + at;
        noted_at(notices, at, &noted, &next);
        if (noted.how != ACKNOWLEDGED) /* its reader knows, and does not ask for it again */
            buffer_append(noted.how == KEPT ? kept : taken, &place, sizeof place);
    }
}

/* Of so many in order, how many are not after seq. */
static size_t places_upto(const struct buffer *notices, const size_t *places, size_t count, uint64_t seq)
{
    size_t low = 0, next;
    struct noted noted;
    for (size_t high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        noted_at(notices, places[middle], &noted, &next);
        if (noted.seq <= seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool noticelog_next(const struct buffer *notices, const struct buffer *kept, const char *source, uint64_t *seq)
{
    const size_t *place = (const size_t *)kept->data;
    size_t count = kept->size / sizeof *place, next;
    struct noted noted;
    for (size_t i = places_upto(notices, place, count, *seq); i < count; i++) {
        const char *whose = noted_at(notices, place[i], &noted, &next);
        if (strcmp(whose, source) == 0) {
            *seq = noted.seq;
            return true;
        }
    }
    return false;
}

bool noticelog_took_back(const struct buffer *notices, const struct buffer *taken, const char *source, uint64_t seq)
{
    const size_t *place = (const size_t *)taken->data;
    size_t next;
    struct noted noted;
    for (size_t i = 0; i < taken->size / sizeof *place; i++)
        if (strcmp(noted_at(notices, place[i], &noted, &next), source) == 0 && noted.seq == seq)
            return true;
    return false;
}

/* --- reading --- */

static bool next_in_table(struct store *s, const char *source, uint64_t *seq)
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

bool store_next_notice(struct store *s, const char *source, uint64_t *seq)
{
    uint64_t found = *seq;
    while (next_in_table(s, source, &found) || behind_next_notice(s, source, &found)) {
        if (behind_took_back(s, source, found))
            continue;
        *seq = found;
        return true;
    }
    return false;
}
