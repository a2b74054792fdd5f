#include "heap.h"

#include <stdlib.h>

#include "panic.h"

void heap_init(struct heap *heap, bool (*less)(const struct heap_node *, const struct heap_node *))
{
    *heap = (struct heap){.less = less};
}

void heap_release(struct heap *heap)
{
    free(heap->nodes);
    *heap = (struct heap){.less = heap->less};
}

struct heap_node *heap_least(const struct heap *heap)
{
    return heap->count ? heap->nodes[1] : NULL;
}

static void place(struct heap *heap, struct heap_node *node, size_t at)
{
    heap->nodes[at] = node;
    node->at = at;
}

static void sift_up(struct heap *heap, struct heap_node *node)
{
    size_t at = node->at;
    for (; at > 1 && heap->less(node, heap->nodes[at / 2]); at /= 2)
        place(heap, heap->nodes[at / 2], at);
    place(heap, node, at);
}

static void sift_down(struct heap *heap, struct heap_node *node)
{
    size_t at = node->at;
    for (size_t child; (child = 2 * at) <= heap->count; at = child) {
        if (child < heap->count && heap->less(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!heap->less(heap->nodes[child], node))
            break;
        place(heap, heap->nodes[child], at);
    }
    place(heap, node, at);
}

void heap_insert(struct heap *heap, struct heap_node *node)
{
    ASSERT(node->at == 0);
    if (heap->count + 2 > heap->capacity) {
        size_t capacity = heap->capacity ? heap->capacity * 2 : 64;
        struct heap_node **nodes = realloc(heap->nodes, capacity * sizeof(struct heap_node *));
        if (!nodes)
            panic("out of memory: heap of %zu", capacity);
        heap->nodes = nodes;
        heap->capacity = capacity;
    }
    place(heap, node, ++heap->count);
    sift_up(heap, node);
}

void heap_update(struct heap *heap, struct heap_node *node)
{
    ASSERT(node->at && heap->nodes[node->at] == node);
    sift_up(heap, node);
    sift_down(heap, node);
}

void heap_moved(struct heap *heap, struct heap_node *node)
{
    if (node->at)
        heap->nodes[node->at] = node;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    size_t at = node->at;
    if (!at)
        return;
    ASSERT(heap->nodes[at] == node);
    struct heap_node *last = heap->nodes[heap->count--];
    node->at = 0;
    if (last == node)
        return;
    place(heap, last, at);
    heap_update(heap, last);
}
