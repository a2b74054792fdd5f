/* dedup.h: what was answered lately, by 128-bit key: a repeat within the window gets the first receipt. Entries expire
 * in the order they were accepted. */
#ifndef CORE_DEDUP_H
#define CORE_DEDUP_H

#include "schemas/types.h"

struct dedup_entry {
    struct key128 key, digest;
    uint64_t incident, seq;
    int64_t at_ms;
    uint32_t journal, term;
};

struct dedup {
    struct dedup_entry *ring; /* in accepted order; capacity is a power of two */
    size_t capacity, first, count;
    uint32_t *slots;     /* open addressing over keys: their places in ring (dedup.c); twice the capacity */
    size_t max, reserve; /* room for all, and of it kept for the centre's commands */
};

void dedup_init(struct dedup *, size_t max, size_t reserve);
void dedup_release(struct dedup *);
/* NULL when unknown or older than the window at now. */
const struct dedup_entry *dedup_find(const struct dedup *, const struct key128 *, int64_t now_ms);
/* The key will be looked for in a moment: its slot is fetched from memory meanwhile. */
void dedup_prefetch(const struct dedup *, const struct key128 *);
/* Adds an entry; one whose key is known already, and not older than the window by then, changes nothing. */
void dedup_add(struct dedup *, const struct dedup_entry *);
/* Forgets what is older than the window at now. */
void dedup_expire(struct dedup *, int64_t now_ms);
/* Whether there is no room for a publish, or (centre) for a command of the centre. */
bool dedup_full(const struct dedup *, bool centre);

bool key_is_none(const struct key128 *);
bool key_equal(const struct key128 *, const struct key128 *);

#endif
