/* seal.c: values with a checksum, queues of them, and the chain over records. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

#include "broker/base/panic.h"

static uint64_t checksum_of(const void *value, size_t size_bytes)
{
    return XXH3_64bits((const uint8_t *)value + sizeof(uint64_t), size_bytes - sizeof(uint64_t));
}

void value_seal(void *value, size_t size_bytes)
{
    ASSERT(size_bytes >= sizeof(uint64_t));
    uint64_t sum = checksum_of(value, size_bytes);
    memcpy(value, &sum, sizeof sum);
}

bool value_intact(const void *value, size_t size_bytes)
{
    uint64_t sum;
    if (size_bytes < sizeof sum) {
        return false;
    }
    memcpy(&sum, value, sizeof sum);
    return sum == checksum_of(value, size_bytes);
}

void *value_copy(const MDB_val *value, size_t head_bytes, struct arena *arena)
{
    if (value->mv_size < head_bytes || !value_intact(value->mv_data, value->mv_size)) {
        return NULL;
    }
    return arena_memdup(arena, value->mv_data, value->mv_size);
}

/* Its value's bytes, still to be sealed; borrowed until the queue grows. */
static uint8_t *queue_open(struct buffer *queue, uint64_t key, uint64_t kind, const void *head, size_t head_bytes,
                           const void *body, size_t body_bytes)
{
    struct queued entry = {.key = key, .size_bytes = head_bytes + body_bytes, .kind = kind};
    size_t padding_bytes = -entry.size_bytes % 8;
    uint8_t *at = buffer_extend(queue, sizeof entry + entry.size_bytes + padding_bytes), *value = at + sizeof entry;
    memcpy(at, &entry, sizeof entry);
    memcpy(value, head, head_bytes);
    if (body_bytes > 0)
        memcpy(value + head_bytes, body, body_bytes);
    memset(value + entry.size_bytes, 0, padding_bytes);
    return value;
}

void queue_value(struct buffer *queue, uint64_t key, uint64_t kind, const void *head, size_t head_bytes,
                 const void *body, size_t body_bytes)
{
    value_seal(queue_open(queue, key, kind, head, head_bytes, body, body_bytes), head_bytes + body_bytes);
}

void queue_value_again(struct buffer *queue, const struct queued *entry, const uint8_t *value)
{
    size_t size_bytes = sizeof *entry + (entry->size_bytes + 7) / 8 * 8;
    ASSERT(value == (const uint8_t *)(entry + 1));
    buffer_append(queue, entry, size_bytes);
}

const struct queued *queue_next(const struct buffer *queue, size_t *at, const uint8_t **value)
{
    if (*at == queue->size) {
        return NULL;
    }
    const struct queued *entry = (const struct queued *)(queue->data + *at);
    *value = (const uint8_t *)(entry + 1);
    *at += sizeof *entry + (entry->size_bytes + 7) / 8 * 8;
    return entry;
}

/* What is hashed lies in one piece in the value itself: all behind the checksum, with the chain before in the place of
 * the chain after. */
static void chain_on(struct digest *chain, struct record_head *head, size_t size_bytes)
{
    head->chain = *chain;
    digest_bytes(chain, &head->journal, size_bytes - offsetof(struct record_head, journal));
    head->chain = *chain;
}

void record_seal(const struct record *record, uint32_t journal, uint32_t term, struct digest *chain,
                 struct buffer *scratch, struct buffer *queue)
{
    struct record_head head = {.journal = journal, .term = term};
    size_t size_bytes = sizeof head;
    record_encode(record, scratch);
    size_bytes += scratch->size;
    uint8_t *value = queue_open(queue, record->seq, 0, &head, sizeof head, scratch->data, scratch->size);
    chain_on(chain, (struct record_head *)value, size_bytes);
    value_seal(value, size_bytes);
}

int record_unseal(const MDB_val *value, uint64_t seq, struct digest *chain, struct arena *arena, struct record *out,
                  struct bytes *bytes)
{
    struct record_head *head = value_copy(value, sizeof *head, arena);
    if (head == NULL) {
        return -EBADMSG;
    }
    struct bytes body = {(const uint8_t *)(head + 1), value->mv_size - sizeof *head};
    if (chain != NULL) {
        struct digest kept = head->chain;
        chain_on(chain, head, value->mv_size);
        if (memcmp(chain, &kept, sizeof kept) != 0) {
            return -EBADMSG;
        }
    }
    struct record record;
    if (record_decode(body.ptr, body.len, arena, &record) != 0 || record.seq != seq) {
        return -EBADMSG;
    }
    *out = record;
    if (bytes != NULL) {
        *bytes = body;
    }
    return 0;
}
