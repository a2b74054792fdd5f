#include "map.h"

#include <stdlib.h>
#include <string.h>

#include "panic.h"

/* Linear probing with backward-shift deletion: no tombstones, so a map that breathes does not slow down. */

struct map_slot {
    uint64_t key;
    void *value; /* NULL: free */
};

struct textmap_slot {
    const char *key;
    void *value;
    uint64_t hash;
};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

uint64_t hash_bytes(const void *bytes, size_t size_bytes)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ size_bytes;
    for (; size_bytes >= 8; at += 8, size_bytes -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = mix(hash ^ word);
    }
    uint64_t rest = 0;
    memcpy(&rest, at, size_bytes);
    return mix(hash ^ rest);
}

static void *slots_new(size_t n, size_t size)
{
    void *slots = calloc(n, size);
    if (!slots)
        panic("out of memory: map of %zu slots", n);
    return slots;
}

/* Kept at most 5/8 full. */
static bool crowded(size_t count, size_t capacity)
{
    return (count + 1) * 8 > capacity * 5;
}

static size_t map_find(const struct map *map, uint64_t key)
{
    size_t at = mix(key) & (map->capacity - 1);
    while (map->slots[at].value && map->slots[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return at;
}

void map_release(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}

void *map_get(const struct map *map, uint64_t key)
{
    return map->capacity ? map->slots[map_find(map, key)].value : NULL;
}

static void map_grow(struct map *map)
{
    struct map bigger = {.capacity = map->capacity ? map->capacity * 2 : 16, .count = map->count};
    bigger.slots = slots_new(bigger.capacity, sizeof(*bigger.slots));
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].value)
            bigger.slots[map_find(&bigger, map->slots[i].key)] = map->slots[i];
    free(map->slots);
    *map = bigger;
}

void map_put(struct map *map, uint64_t key, void *value)
{
    ASSERT(value);
    if (crowded(map->count, map->capacity))
        map_grow(map);
    struct map_slot *slot = &map->slots[map_find(map, key)];
    if (!slot->value)
        map->count++;
    *slot = (struct map_slot){key, value};
}

void *map_remove(struct map *map, uint64_t key)
{
    if (!map->capacity)
        return NULL;
    size_t mask = map->capacity - 1, hole = map_find(map, key);
    void *value = map->slots[hole].value;
    if (!value)
        return NULL;
    map->slots[hole].value = NULL;
    map->count--;
    for (size_t at = (hole + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        size_t home = mix(map->slots[at].key) & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        map->slots[hole] = map->slots[at];
        map->slots[at].value = NULL;
        hole = at;
    }
    return value;
}

bool map_next(const struct map *map, size_t *cursor, uint64_t *key, void **value)
{
    for (; *cursor < map->capacity; (*cursor)++) {
        const struct map_slot *slot = &map->slots[*cursor];
        if (!slot->value)
            continue;
        *key = slot->key;
        *value = slot->value;
        (*cursor)++;
        return true;
    }
    return false;
}

static size_t text_find(const struct textmap *map, const char *key, uint64_t hash)
{
    size_t at = hash & (map->capacity - 1);
    while (map->slots[at].value && (map->slots[at].hash != hash || strcmp(map->slots[at].key, key) != 0))
        at = (at + 1) & (map->capacity - 1);
    return at;
}

void textmap_release(struct textmap *map)
{
    free(map->slots);
    *map = (struct textmap){0};
}

void *textmap_get(const struct textmap *map, const char *key)
{
    if (!map->capacity || !key)
        return NULL;
    return map->slots[text_find(map, key, hash_bytes(key, strlen(key)))].value;
}

static void text_grow(struct textmap *map)
{
    struct textmap bigger = {.capacity = map->capacity ? map->capacity * 2 : 16, .count = map->count};
    bigger.slots = slots_new(bigger.capacity, sizeof(*bigger.slots));
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].value)
            bigger.slots[text_find(&bigger, map->slots[i].key, map->slots[i].hash)] = map->slots[i];
    free(map->slots);
    *map = bigger;
}

void textmap_put(struct textmap *map, const char *key, void *value)
{
    ASSERT(value && key);
    if (crowded(map->count, map->capacity))
        text_grow(map);
    uint64_t hash = hash_bytes(key, strlen(key));
    struct textmap_slot *slot = &map->slots[text_find(map, key, hash)];
    if (!slot->value)
        map->count++;
    *slot = (struct textmap_slot){key, value, hash};
}

void *textmap_remove(struct textmap *map, const char *key)
{
    if (!map->capacity)
        return NULL;
    size_t mask = map->capacity - 1, hole = text_find(map, key, hash_bytes(key, strlen(key)));
    void *value = map->slots[hole].value;
    if (!value)
        return NULL;
    map->slots[hole].value = NULL;
    map->count--;
    for (size_t at = (hole + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        size_t home = map->slots[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        map->slots[hole] = map->slots[at];
        map->slots[at].value = NULL;
        hole = at;
    }
    return value;
}

bool textmap_next(const struct textmap *map, size_t *cursor, const char **key, void **value)
{
    for (; *cursor < map->capacity; (*cursor)++) {
        const struct textmap_slot *slot = &map->slots[*cursor];
        if (!slot->value)
            continue;
        *key = slot->key;
        *value = slot->value;
        (*cursor)++;
        return true;
    }
    return false;
}

/* A name lies behind its number. */
struct name {
    uint32_t number;
    char text[];
};

static struct name *name_of(const char *known)
{
    return (struct name *)(known - offsetof(struct name, text));
}

static struct name *name_new(struct intern *intern, const char *text)
{
    size_t count = intern->map.count, bytes = strlen(text) + 1;
    struct name *name = malloc(sizeof(*name) + bytes);
    if (count == intern->numbered_room) {
        intern->numbered_room = count ? 2 * count : 64;
        intern->numbered = reallocarray(intern->numbered, intern->numbered_room, sizeof(*intern->numbered));
    }
    if (!name || !intern->numbered)
        panic("out of memory: name of %zu bytes", bytes);
    name->number = (uint32_t)count;
    memcpy(name->text, text, bytes);
    intern->numbered[count] = name->text;
    return name;
}

uint32_t intern_number(const struct intern *intern, const char *known)
{
    uint32_t number = name_of(known)->number;
    ASSERT(number < intern->map.count && intern->numbered[number] == known);
    return number;
}

const char *intern_numbered(const struct intern *intern, uint32_t number)
{
    ASSERT(number < intern->map.count);
    return intern->numbered[number];
}

void intern_release(struct intern *intern)
{
    size_t cursor = 0;
    const char *key;
    void *known;
    while (textmap_next(&intern->map, &cursor, &key, &known))
        free(name_of(key));
    textmap_release(&intern->map);
    free(intern->numbered);
    *intern = (struct intern){0};
}

static const char *intern_slowly(struct intern *intern, const char *text)
{
    char *known = textmap_get(&intern->map, text);
    if (known)
        return known;
    known = name_new(intern, text)->text;
    textmap_put(&intern->map, known, known);
    return known;
}

/* Most names come again from where they came before, as the policy's do: what stood there last is a good guess. */
const char *intern_text(struct intern *intern, const char *text)
{
    if (!text)
        return NULL;
    struct intern_guess *guess = &intern->guesses[mix((uintptr_t)text) % INTERN_GUESSES];
    if (guess->from != text || strcmp(guess->known, text) != 0)
        *guess = (struct intern_guess){text, intern_slowly(intern, text)};
    return guess->known;
}
