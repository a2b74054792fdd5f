/* sides.c: rows beside incidents, written behind the journal as those of incidents are. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <string.h>

#include "broker/base/panic.h"

struct side_name side_name_of(enum side_kind kind, const char *key)
{
    struct side_name name = {.size_bytes = 1 + strlen(key)};
    ASSERT(kind > 0 && kind < SIDE_KIND_END && name.size_bytes > 1 && name.size_bytes <= sizeof name.bytes);
    name.bytes[0] = (uint8_t)kind;
    memcpy(name.bytes + 1, key, name.size_bytes - 1);
    return name;
}

/* --- gathered --- */

enum { SIDE_KEPT, SIDE_GONE };

int store_put_side(struct store *s, const struct side *side)
{
    struct pending *p = &s->pending;
    struct side_head head = {.seq = side->seq};
    if (s->failed || s->read_only)
        return -EIO;
    ASSERT(!s->aloft);
    side_encode(side, &p->scratch);
    queue_value(&p->sides, 0, side->gone ? SIDE_GONE : SIDE_KEPT, &head, sizeof head, p->scratch.data, p->scratch.size);
    p->row_seq = side->seq > p->row_seq ? side->seq : p->row_seq;
    return 0;
}

/* --- written --- */

static int decode(const void *value, size_t size_bytes, struct arena *arena, struct side *out)
{
    const struct side_head *head = value;
    if (side_decode(head + 1, size_bytes - sizeof *head, arena, out) != 0)
        return -EBADMSG;
    bool right = out->seq == head->seq && out->kind && out->key[0] && strlen(out->key) <= SIDE_KEY_MAX;
    return right ? 0 : -EBADMSG;
}

/* A queued value lies 8-aligned and is its own. */
static int write_one(struct store *s, MDB_txn *txn, struct arena *arena, const struct queued *queued,
                     const uint8_t *bytes)
{
    struct side side;
    ASSERT(decode(bytes, queued->size_bytes, arena, &side) == 0);
    struct side_name name = side_name_of(side.kind, side.key);
    MDB_val key = {name.size_bytes, name.bytes}, value = {queued->size_bytes, (void *)bytes};
    if (queued->kind == SIDE_KEPT)
        return store_errno(mdb_put(txn, s->tables[TABLE_SIDES], &key, &value, 0));
    int error = store_errno(mdb_del(txn, s->tables[TABLE_SIDES], &key, NULL));
    return error == -ENOENT ? 0 : error; /* it never was stored */
}

int sides_write(struct store *s, MDB_txn *txn, const struct pending *p)
{
    struct arena arena;
    const struct queued *queued;
    const uint8_t *bytes;
    int error = 0;
    arena_init(&arena);
    for (size_t at = 0; error == 0 && (queued = queue_next(&p->sides, &at, &bytes)) != NULL;) {
        error = write_one(s, txn, &arena, queued, bytes);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return error;
}

size_t sides_tell(const struct buffer *sides, store_flushed_side_fn *fn, void *arg)
{
    struct arena arena;
    const struct queued *queued;
    const uint8_t *bytes;
    size_t count = 0;
    arena_init(&arena);
    for (size_t at = 0; (queued = queue_next(sides, &at, &bytes)) != NULL; count++) {
        struct side side;
        ASSERT(decode(bytes, queued->size_bytes, &arena, &side) == 0);
        fn(arg, side.kind, side.key, side.seq);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return count;
}

/* --- read --- */

int side_unseal(const MDB_val *key, const MDB_val *value, struct arena *arena, struct side *out)
{
    const struct side_head *copy = value_copy(value, sizeof *copy, arena);
    struct side side;
    if (copy == NULL || decode(copy, value->mv_size, arena, &side) != 0)
        return store_fail(-EBADMSG, "a row beside incidents is damaged");
    struct side_name name = side_name_of(side.kind, side.key);
    if (key->mv_size != name.size_bytes || memcmp(key->mv_data, name.bytes, name.size_bytes) != 0)
        return store_fail(-EBADMSG, "the row of %s %s stands under another key", side_kind_name(side.kind), side.key);
    *out = side;
    return 0;
}

static int each(MDB_cursor *cursor, store_side_fn *fn, void *arg)
{
    struct arena arena;
    struct side side;
    MDB_val key, value;
    arena_init(&arena);
    int found = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_FIRST)), result = 0;
    while (found == 0 && result == 0) {
        result = side_unseal(&key, &value, &arena, &side);
        if (result == 0)
            result = fn(arg, &side);
        arena_reset(&arena);
        found = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_NEXT));
    }
    arena_release(&arena);
    return result != 0 ? result : found == -ENOENT ? 0 : found;
}

int store_each_side(struct store *s, store_side_fn *fn, void *arg)
{
    MDB_cursor *cursor;
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return error;
    error = store_errno(mdb_cursor_open(txn, s->tables[TABLE_SIDES], &cursor));
    if (error == 0) {
        error = each(cursor, fn, arg);
        mdb_cursor_close(cursor);
    }
    store_read_end(s);
    return error;
}
