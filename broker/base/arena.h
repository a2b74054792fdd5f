/* arena.h: memory that lives one turn; freed all at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *block; /* newest first */
    size_t used;
};

void arena_init(struct arena *);
/* Forgets everything allocated; keeps the first block for the next turn. */
void arena_reset(struct arena *);
void arena_release(struct arena *);
/* Zeroed, 16-byte aligned; never NULL (out of memory is a panic). */
void *arena_alloc(struct arena *, size_t size_bytes);
/* The same without zeroing, for what is filled at once. */
void *arena_take(struct arena *, size_t size_bytes);
/* Copies of text and bytes; a NULL stays NULL. A copy of bytes is followed by a NUL. */
char *arena_strdup(struct arena *, const char *);
void *arena_memdup(struct arena *, const void *, size_t size_bytes);
/* printf into the arena. */
char *arena_printf(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* n zeroed elements of a type. */
#define ARENA_NEW(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(n)))

#endif
