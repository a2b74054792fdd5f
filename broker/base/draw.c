#include "broker/base/draw.h"

#include <stdlib.h>

#include "broker/base/panic.h"

struct scored {
    uint64_t score, id;
};

static void big_endian(uint8_t out[8], uint64_t number)
{
    for (int i = 7; i >= 0; i--, number >>= 8)
        out[i] = (uint8_t)number;
}

static uint64_t score_of(const uint8_t seed[DIGEST_BYTES], uint64_t id)
{
    uint8_t bytes[8];
    struct digest digest;
    big_endian(bytes, id);
    const struct digest_part parts[] = {{seed, DIGEST_BYTES}, {bytes, sizeof bytes}};
    digest_parts(&digest, parts, 2);
    uint64_t score = 0;
    for (int i = 0; i < 8; i++)
        score = score << 8 | digest.bytes[i];
    return score;
}

static int by_score(const void *left, const void *right)
{
    const struct scored *a = left, *b = right;
    if (a->score != b->score)
        return a->score < b->score ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

void draw(const uint8_t seed[DIGEST_BYTES], uint64_t *ids, size_t count)
{
    if (count == 0)
        return;
    struct scored *scored = calloc(count, sizeof *scored);
    ASSERT(scored);
    for (size_t i = 0; i < count; i++)
        scored[i] = (struct scored){score_of(seed, ids[i]), ids[i]};
    qsort(scored, count, sizeof *scored, by_score);
    for (size_t i = 0; i < count; i++)
        ids[i] = scored[i].id;
    free(scored);
}

size_t draw_part(size_t count, unsigned percent)
{
    return (count * percent + 99) / 100;
}
