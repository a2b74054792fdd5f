/* draw.h: 双随机: which of a set is drawn, from a seed that is there before, so that anybody can draw again. */
#ifndef BASE_DRAW_H
#define BASE_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "broker/base/digest.h"

/* Rearranges the ids by rising score: the first eight bytes of SHA-256 over the seed and the id, big-endian both. Who draws
 * n takes the first n. */
void draw(const uint8_t seed[DIGEST_BYTES], uint64_t *ids, size_t count);
/* How many a percentage of so many is, rounded up. */
size_t draw_part(size_t count, unsigned percent);

#endif
