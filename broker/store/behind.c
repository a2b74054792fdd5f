/* behind.c: the tables follow the log in front. What turns made durable there is gathered into a batch; a helper thread
 * writes one batch in one transaction while the next is gathered, so there are two, as there are two files in front.c:
 * what a file holds is in the batch gathered with it, and the file is written again when that batch is in the tables.
 *
 * Until then the records are read from here, and the rows are not yet durable. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/base/panic.h"
#include "broker/store/front.h"
#include "broker/store/helper.h"

struct batch {
    struct pending pending;
    struct buffer places;      /* size_t: where the value of first, first + 1, … lies in pending.records */
    struct buffer kept, taken; /* size_t: where each notice lies in pending.notices, and each that is taken back */
    uint64_t first, last;      /* records; first 0: none */
    int64_t since_ms;          /* 0: it is empty */
};

struct behind {
    struct store *store;
    struct batch batches[2];
    struct batch *gathered, *written; /* written: the helper's while it is under way */
    bool under_way;                   /* until it has landed */
    struct helper *helper;            /* NULL until the first batch */
    int error;                        /* of the helper */
    pthread_mutex_t mutex;            /* of what behind_await asks for */
    pthread_cond_t changed;
    uint64_t stored; /* the last record in the tables */
    bool failed;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void behind_new(struct store *s)
{
    struct behind *b = calloc(1, sizeof *b);
    ASSERT(b);
    b->store = s;
    b->stored = s->meta.sequence;
    b->gathered = &b->batches[0];
    b->written = &b->batches[1];
    pthread_mutex_init(&b->mutex, NULL);
    pthread_cond_init(&b->changed, NULL);
    s->behind = b;
}

void behind_free(struct store *s)
{
    struct behind *b = s->behind;
    if (!b)
        return;
    helper_free(b->helper);
    for (size_t i = 0; i < 2; i++) {
        pending_release(&b->batches[i].pending);
        buffer_release(&b->batches[i].places);
        buffer_release(&b->batches[i].kept);
        buffer_release(&b->batches[i].taken);
    }
    pthread_mutex_destroy(&b->mutex);
    pthread_cond_destroy(&b->changed);
    free(b);
}

/* --- what is behind --- */

static uint64_t batch_bytes(const struct batch *batch)
{
    const struct pending *p = &batch->pending;
    return p->records.size + p->keys.size + p->notices.size + p->rows.size + p->sides.size + p->policies.size;
}

uint64_t behind_bytes(const struct store *s)
{
    return s->behind ? batch_bytes(&s->behind->batches[0]) + batch_bytes(&s->behind->batches[1]) : 0;
}

static bool has_rows(const struct batch *batch)
{
    return batch->pending.rows.size > 0 || batch->pending.sides.size > 0;
}

bool store_rows_behind(const struct store *s)
{
    return s->behind && (has_rows(s->behind->gathered) || has_rows(s->behind->written));
}

static bool batch_value(const struct batch *batch, uint64_t seq, MDB_val *out)
{
    if (batch->first == 0 || seq < batch->first || seq > batch->last)
        return false;
    size_t at = ((const size_t *)batch->places.data)[seq - batch->first];
    const uint8_t *value;
    const struct queued *queued = queue_next(&batch->pending.records, &at, &value);
    *out = (MDB_val){queued->size_bytes, (void *)value};
    return true;
}

bool behind_value(const struct store *s, uint64_t seq, MDB_val *out)
{
    return s->behind && (batch_value(s->behind->gathered, seq, out) || batch_value(s->behind->written, seq, out));
}

static bool batch_next_notice(const struct batch *batch, const char *source, uint64_t *seq)
{
    return noticelog_next(&batch->pending.notices, &batch->kept, source, seq);
}

bool behind_next_notice(const struct store *s, const char *source, uint64_t *seq)
{
    const struct behind *b = s->behind;
    return b && (batch_next_notice(b->written, source, seq) || batch_next_notice(b->gathered, source, seq));
}

static bool batch_took_back(const struct batch *batch, const char *source, uint64_t seq)
{
    return noticelog_took_back(&batch->pending.notices, &batch->taken, source, seq);
}

bool behind_took_back(const struct store *s, const char *source, uint64_t seq)
{
    const struct behind *b = s->behind;
    return b && (batch_took_back(b->written, source, seq) || batch_took_back(b->gathered, source, seq));
}

/* --- gathering --- */

static void append(struct buffer *to, const struct buffer *from)
{
    if (from->size > 0)
        buffer_append(to, from->data, from->size);
}

static void gather_records(struct batch *batch, const struct buffer *records)
{
    const struct queued *queued;
    const uint8_t *value;
    size_t base = batch->pending.records.size;
    for (size_t at = 0, place = base; (queued = queue_next(records, &at, &value)) != NULL; place = base + at) {
        buffer_append(&batch->places, &place, sizeof place);
        batch->first = batch->first ? batch->first : queued->key;
        batch->last = queued->key;
    }
    append(&batch->pending.records, records);
}

void behind_gather(struct store *s)
{
    struct batch *batch = s->behind->gathered;
    struct pending *p = &s->pending, *to = &batch->pending;
    gather_records(batch, &p->records);
    append(&to->keys, &p->keys);
    noticelog_places(&p->notices, to->notices.size, &batch->kept, &batch->taken);
    append(&to->notices, &p->notices);
    append(&to->rows, &p->rows);
    append(&to->sides, &p->sides);
    append(&to->policies, &p->policies);
    to->record_count += p->record_count;
    to->row_seq = p->row_seq > to->row_seq ? p->row_seq : to->row_seq;
    to->meta_changed |= p->meta_changed;
    to->meta = p->meta;
    batch->since_ms = batch->since_ms ? batch->since_ms : now_ms();
}

static void batch_clear(struct batch *batch, const struct store_meta *meta)
{
    pending_clear(&batch->pending, meta);
    buffer_clear(&batch->places);
    buffer_clear(&batch->kept);
    buffer_clear(&batch->taken);
    batch->first = batch->last = 0;
    batch->since_ms = 0;
}

/* --- the helper --- */

static void tell_stored(struct behind *b, uint64_t seq)
{
    pthread_mutex_lock(&b->mutex);
    b->failed |= b->error != 0;
    b->stored = b->failed ? b->stored : seq;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}

static void write_batch(void *arg)
{
    struct behind *b = arg;
    b->error = store_write(b->store, &b->written->pending);
    tell_stored(b, b->written->pending.meta.sequence);
}

void behind_passed(struct store *s)
{
    if (s->behind)
        tell_stored(s->behind, s->meta.sequence);
}

void behind_give_up(struct store *s)
{
    struct behind *b = s->behind;
    if (!b)
        return;
    pthread_mutex_lock(&b->mutex);
    b->failed = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}

static void ring(void *arg)
{
    struct behind *b = arg;
    store_ring(b->store);
}

int behind_await(struct store *s, uint64_t seq)
{
    struct behind *b = s->behind;
    if (!b)
        return 0;
    pthread_mutex_lock(&b->mutex);
    while (b->stored < seq && !b->failed)
        pthread_cond_wait(&b->changed, &b->mutex);
    bool failed = b->failed;
    pthread_mutex_unlock(&b->mutex);
    return failed ? -EIO : 0;
}

static void hand_over(struct behind *b)
{
    struct batch *batch = b->gathered;
    ASSERT(!b->under_way && !b->store->aloft);
    if (!b->helper)
        b->helper = helper_new(write_batch, ring, b);
    batch->pending.stored = b->store->stored;
    b->gathered = b->written;
    b->written = batch;
    b->under_way = true;
    front_turn(b->store->front);
    helper_start(b->helper);
}

static int land(struct behind *b)
{
    struct store *s = b->store;
    b->under_way = false;
    if (b->error != 0) {
        s->failed = true;
        return store_fail(b->error, "the tables cannot follow the log in front: %s", strerror(-b->error));
    }
    s->stored = b->written->pending.stored;
    s->space_ms = 0;
    store_flushed(s, &b->written->pending);
    batch_clear(b->written, &s->meta);
    return 0;
}

/* --- when --- */

static bool due(const struct batch *batch, bool hurry)
{
    return batch->since_ms && (hurry || batch_bytes(batch) >= BEHIND_BYTES || now_ms() - batch->since_ms >= BEHIND_MS);
}

bool store_wants(struct store *s, bool hurry)
{
    struct behind *b = s->behind;
    if (!b || s->failed)
        return false;
    return b->under_way ? helper_idle(b->helper) : due(b->gathered, hurry);
}

int store_tend(struct store *s, bool hurry)
{
    struct behind *b = s->behind;
    int error = 0;
    if (!b)
        return 0;
    if (s->failed)
        return -EIO;
    if (b->under_way && helper_idle(b->helper))
        error = land(b);
    if (error == 0 && !b->under_way && due(b->gathered, hurry))
        hand_over(b);
    return error;
}

static int await_helper(struct behind *b)
{
    if (!b->under_way)
        return 0;
    helper_await(b->helper);
    return land(b);
}

int store_room(struct store *s)
{
    struct behind *b = s->behind;
    if (s->pending.policies.size > 0)
        return store_drain(s);
    if (!b || batch_bytes(b->gathered) < BEHIND_BYTES_MAX)
        return 0;
    int error = await_helper(b);
    if (error == 0)
        hand_over(b);
    return error;
}

int store_drain(struct store *s)
{
    struct behind *b = s->behind;
    int error = 0;
    while (b && error == 0 && (b->under_way || b->gathered->since_ms)) {
        error = await_helper(b);
        if (error == 0 && b->gathered->since_ms)
            hand_over(b);
    }
    return error;
}

/* --- after a crash --- */

struct recovering_front {
    struct store *store;
    struct arena arena;
};

/* What the tables have is skipped; the rest must follow it, along the chain. */
static int recover_record(void *arg, const struct queued *queued, const uint8_t *bytes)
{
    struct recovering_front *r = arg;
    struct pending *p = &r->store->pending;
    MDB_val value = {queued->size_bytes, (void *)bytes};
    struct record record;
    if (queued->key <= p->meta.sequence)
        return 0;
    arena_reset(&r->arena);
    if (queued->key != p->meta.sequence + 1)
        return store_fail(-EBADMSG, "the log in front of the tables goes on from record %llu, the tables end with %llu",
                          (unsigned long long)queued->key, (unsigned long long)p->meta.sequence);
    if (record_unseal(&value, queued->key, &p->meta.chain, &r->arena, &record, NULL) != 0)
        return store_fail(-EBADMSG, "record %llu of the log in front of the tables does not continue the chain",
                          (unsigned long long)queued->key);
    queue_value_again(&p->records, queued, bytes);
    p->meta.sequence = record.seq;
    p->meta.last_ms = record.at_ms;
    p->record_count++;
    keylog_gather(r->store, &record);
    noticelog_gather(r->store, &record);
    return 0;
}

int behind_recover(struct store *s, const char *folder)
{
    struct recovering_front r = {.store = s};
    s->pending.meta = s->meta;
    arena_init(&r.arena);
    int error = front_read(folder, s->salt, &s->pending.meta, recover_record, &r);
    arena_release(&r.arena);
    return error;
}
