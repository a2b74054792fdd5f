/* map.h: hash maps, open addressing, from 64-bit numbers or from text to a pointer. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    struct map_slot *slots;
    size_t count, capacity; /* capacity is a power of two or 0 */
};

void map_release(struct map *);
void *map_get(const struct map *, uint64_t key);       /* NULL when absent */
void map_put(struct map *, uint64_t key, void *value); /* replaces; value is not NULL */
void *map_remove(struct map *, uint64_t key);          /* the value removed, or NULL */
/* Walks all slots: start with *cursor = 0; false at the end. Do not change the map meanwhile. */
bool map_next(const struct map *, size_t *cursor, uint64_t *key, void **value);

/* Text keys are borrowed: the caller keeps them alive while they are in the map. */
struct textmap {
    struct textmap_slot *slots;
    size_t count, capacity;
};

void textmap_release(struct textmap *);
void *textmap_get(const struct textmap *, const char *key);
void textmap_put(struct textmap *, const char *key, void *value);
void *textmap_remove(struct textmap *, const char *key);
bool textmap_next(const struct textmap *, size_t *cursor, const char **key, void **value);

/* A stable copy of each text that is used as a name: equal texts have equal pointers. Never shrinks. */
#define INTERN_GUESSES 256
struct intern {
    struct textmap map;
    const char **numbered;
    size_t numbered_room;
    struct intern_guess {
        const char *from, *known; /* what was asked for last by this address, and its copy */
    } guesses[INTERN_GUESSES];
};

void intern_release(struct intern *);
/* Names are numbered as they come. intern_number takes the stable copy; */
uint32_t intern_number(const struct intern *, const char *known);
const char *intern_numbered(const struct intern *, uint32_t number);
const char *intern_text(struct intern *, const char *); /* NULL stays NULL */

uint64_t hash_bytes(const void *, size_t size_bytes); /* for tables only, not for identity */

#endif
