/* seal.c: values with a checksum, queues of them, and the chain over records. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "broker/base/panic.h"

/* Any fixed key: it guards against decay, and must stay what it is as long as the format does. */
static const uint8_t checksum_key[crypto_shorthash_KEYBYTES] = "bihuan store v1";

static uint64_t checksum_of(const void *value, size_t size_bytes)
{
    uint64_t sum;
    _Static_assert(sizeof sum == crypto_shorthash_BYTES, "a checksum is 64 bits");
    crypto_shorthash((uint8_t *)&sum, (const uint8_t *)value + sizeof sum, size_bytes - sizeof sum, checksum_key);
    return sum;
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

void queue_value(struct buffer *queue, uint64_t key, uint64_t kind, const void *head, size_t head_bytes,
                 const void *body, size_t body_bytes)
{
    static const uint8_t padding[8];
    struct queued entry = {.key = key, .size_bytes = head_bytes + body_bytes, .kind = kind};
    buffer_append(queue, &entry, sizeof entry);
    size_t at = queue->size;
    buffer_append(queue, head, head_bytes);
    buffer_append(queue, body, body_bytes);
    value_seal(queue->data + at, entry.size_bytes);
    buffer_append(queue, padding, -entry.size_bytes % 8);
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

static void chain_on(struct digest *chain, const uint32_t origin[2], const void *bytes, size_t size_bytes)
{
    struct digest_part parts[] = {{chain->bytes, DIGEST_BYTES}, {origin, 2 * sizeof *origin}, {bytes, size_bytes}};
    struct digest next;
    digest_parts(&next, parts, 3);
    *chain = next;
}

void record_seal(const struct record *record, uint32_t journal, uint32_t term, struct digest *chain,
                 struct buffer *scratch, struct buffer *queue)
{
    record_encode(record, scratch);
    chain_on(chain, (uint32_t[]){journal, term}, scratch->data, scratch->size);
    struct record_head head = {.journal = journal, .term = term, .chain = *chain};
    queue_value(queue, record->seq, 0, &head, sizeof head, scratch->data, scratch->size);
}

int record_unseal(const MDB_val *value, uint64_t seq, struct digest *chain, struct arena *arena, struct record *out,
                  struct bytes *bytes)
{
    const struct record_head *head = value_copy(value, sizeof *head, arena);
    if (head == NULL) {
        return -EBADMSG;
    }
    struct bytes body = {(const uint8_t *)(head + 1), value->mv_size - sizeof *head};
    if (chain != NULL) {
        chain_on(chain, (uint32_t[]){head->journal, head->term}, body.ptr, body.len);
        if (memcmp(chain, &head->chain, sizeof *chain) != 0) {
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
