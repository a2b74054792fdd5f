/* heap.h: a binary heap of pointers; each element knows its place, so it can be moved and removed. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in the element. at is 0 when the element is in no heap. */
struct heap_node {
    size_t at;
};

struct heap {
    struct heap_node **nodes; /* nodes[1] is the least */
    size_t count, capacity;
    bool (*less)(const struct heap_node *, const struct heap_node *);
};

void heap_init(struct heap *, bool (*less)(const struct heap_node *, const struct heap_node *));
void heap_release(struct heap *);
struct heap_node *heap_least(const struct heap *);   /* NULL when empty */
void heap_insert(struct heap *, struct heap_node *); /* not in any heap before */
void heap_update(struct heap *, struct heap_node *); /* after its order changed */
void heap_moved(struct heap *, struct heap_node *);  /* to another address, with its place */
void heap_remove(struct heap *, struct heap_node *); /* no effect when in no heap */

/* The element that embeds node as member. */
#define HEAP_OF(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

#endif
