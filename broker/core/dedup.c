#include "broker/core/dedup.h"

#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"

#define FIRST_CAPACITY 1024

/* A slot holds a place in the ring plus 1 (0: empty), and above it 8 bits of the key, so that a search seldom has to look
 * into the ring, whose memory is far away. */
#define PLACE_BITS 24
#define PLACE_MASK ((1u << PLACE_BITS) - 1)
_Static_assert(DEDUP_MAX <= 1 << (PLACE_BITS - 1), "a slot has room for every place of the ring");

static uint32_t slot_for(size_t place, const struct key128 *key)
{
    return (uint32_t)(place + 1) | (uint32_t)(key->hi & 0xff) << PLACE_BITS;
}

static size_t place_in(uint32_t slot)
{
    return (slot & PLACE_MASK) - 1;
}

bool key_is_none(const struct key128 *key)
{
    return key->hi == 0 && key->lo == 0;
}

bool key_equal(const struct key128 *a, const struct key128 *b)
{
    return a->hi == b->hi && a->lo == b->lo;
}

void dedup_init(struct dedup *dedup, size_t max, size_t reserve)
{
    *dedup = (struct dedup){.max = max, .reserve = reserve};
}

void dedup_release(struct dedup *dedup)
{
    free(dedup->ring);
    free(dedup->slots);
    *dedup = (struct dedup){0};
}

static size_t slot_mask(const struct dedup *dedup)
{
    return 2 * dedup->capacity - 1;
}

/* The key is a cryptographic hash already: its low bits are as good as any. */
static size_t home_of(const struct dedup *dedup, const struct key128 *key)
{
    return (size_t)key->lo & slot_mask(dedup);
}

static bool holds(const struct dedup *dedup, uint32_t slot, const struct key128 *key)
{
    return slot >> PLACE_BITS == (key->hi & 0xff) && key_equal(&dedup->ring[place_in(slot)].key, key);
}

/* The slot that holds the key, or the empty one where it would be. */
static size_t slot_of(const struct dedup *dedup, const struct key128 *key)
{
    size_t slot = home_of(dedup, key);
    while (dedup->slots[slot] && !holds(dedup, dedup->slots[slot], key))
        slot = (slot + 1) & slot_mask(dedup);
    return slot;
}

void dedup_prefetch(const struct dedup *dedup, const struct key128 *key)
{
    if (dedup->count > 0)
        __builtin_prefetch(&dedup->slots[home_of(dedup, key)]);
}

static bool expired(const struct dedup_entry *entry, int64_t now_ms)
{
    return entry->at_ms <= now_ms - DEDUP_WINDOW_MS;
}

const struct dedup_entry *dedup_find(const struct dedup *dedup, const struct key128 *key, int64_t now_ms)
{
    if (dedup->count == 0 || key_is_none(key))
        return NULL;
    uint32_t slot = dedup->slots[slot_of(dedup, key)];
    if (!slot || expired(&dedup->ring[place_in(slot)], now_ms))
        return NULL;
    return &dedup->ring[place_in(slot)];
}

static void grow(struct dedup *dedup)
{
    size_t old = dedup->capacity;
    dedup->capacity = old ? 2 * old : FIRST_CAPACITY;
    dedup->ring = reallocarray(dedup->ring, dedup->capacity, sizeof *dedup->ring);
    free(dedup->slots);
    dedup->slots = calloc(2 * dedup->capacity, sizeof *dedup->slots);
    ASSERT(dedup->ring && dedup->slots);
    /* What had wrapped around the old end continues behind it. */
    memcpy(dedup->ring + old, dedup->ring, dedup->first * sizeof *dedup->ring);
    for (size_t i = 0; i < dedup->count; i++) {
        size_t place = (dedup->first + i) & (dedup->capacity - 1);
        dedup->slots[slot_of(dedup, &dedup->ring[place].key)] = slot_for(place, &dedup->ring[place].key);
    }
}

void dedup_add(struct dedup *dedup, const struct dedup_entry *entry)
{
    if (key_is_none(&entry->key))
        return;
    if (dedup->count == dedup->capacity)
        grow(dedup);
    size_t slot = slot_of(dedup, &entry->key);
    if (dedup->slots[slot] && !expired(&dedup->ring[place_in(dedup->slots[slot])], entry->at_ms))
        return;
    size_t place = (dedup->first + dedup->count++) & (dedup->capacity - 1);
    dedup->ring[place] = *entry;
    dedup->slots[slot] = slot_for(place, &entry->key);
}

/* Empties a slot and moves later ones of its run back, so that no search stops short of them. */
static void vacate(struct dedup *dedup, size_t hole)
{
    size_t mask = slot_mask(dedup);
    for (size_t slot = (hole + 1) & mask; dedup->slots[slot]; slot = (slot + 1) & mask) {
        size_t home = home_of(dedup, &dedup->ring[place_in(dedup->slots[slot])].key);
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
            dedup->slots[hole] = dedup->slots[slot];
            hole = slot;
        }
    }
    dedup->slots[hole] = 0;
}

void dedup_expire(struct dedup *dedup, int64_t now_ms)
{
    while (dedup->count > 0 && expired(&dedup->ring[dedup->first], now_ms)) {
        size_t slot = slot_of(dedup, &dedup->ring[dedup->first].key);
        if (place_in(dedup->slots[slot]) == dedup->first) /* unless its key was given again */
            vacate(dedup, slot);
        dedup->first = (dedup->first + 1) & (dedup->capacity - 1);
        dedup->count--;
    }
}

bool dedup_full(const struct dedup *dedup, bool centre)
{
    return dedup->count >= dedup->max - (centre ? 0 : dedup->reserve);
}
