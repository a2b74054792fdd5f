#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panic.h"

#define BLOCK_BYTES ((size_t)64 * 1024)
/* The first block grows to what a turn used, up to this, so that a busy turn settles on one block. */
#define KEEP_BYTES ((size_t)8 * 1024 * 1024)
#define ALIGNMENT  ((size_t)16)

struct arena_block {
    struct arena_block *older;
    size_t capacity;
    _Alignas(16) uint8_t data[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

static struct arena_block *block_new(size_t capacity)
{
    struct arena_block *block = malloc(sizeof(*block) + capacity);
    if (!block)
        panic("out of memory: arena block of %zu bytes", capacity);
    block->older = NULL;
    block->capacity = capacity;
    return block;
}

void arena_release(struct arena *arena)
{
    while (arena->block) {
        struct arena_block *older = arena->block->older;
        free(arena->block);
        arena->block = older;
    }
    arena->used = 0;
}

void arena_reset(struct arena *arena)
{
    size_t total = 0;
    arena->used = 0;
    if (!arena->block || !arena->block->older)
        return;
    for (struct arena_block *block = arena->block; block; block = block->older)
        total += block->capacity;
    arena_release(arena);
    arena->block = block_new(total < KEEP_BYTES ? total : KEEP_BYTES);
}

void *arena_take(struct arena *arena, size_t size_bytes)
{
    size_t size = (size_bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (!arena->block || arena->block->capacity - arena->used < size) {
        struct arena_block *block = block_new(size > BLOCK_BYTES ? size : BLOCK_BYTES);
        block->older = arena->block;
        arena->block = block;
        arena->used = 0;
    }
    void *memory = arena->block->data + arena->used;
    arena->used += size;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
    return memset(arena_take(arena, size_bytes), 0, size_bytes);
}

void *arena_memdup(struct arena *arena, const void *bytes, size_t size_bytes)
{
    if (!bytes)
        return NULL;
    char *copy = arena_take(arena, size_bytes + 1);
    copy[size_bytes] = '\0';
    return memcpy(copy, bytes, size_bytes);
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_memdup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(size >= 0);
    char *text = arena_take(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}
