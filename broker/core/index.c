#include "broker/core/index.h"

#include <stdlib.h>

#include "broker/base/panic.h"

#define FAN_BITS 6
#define FAN      (1u << FAN_BITS)

struct index_node {
    uint64_t present, marked; /* a bit a slot; marked: something below is */
    void *slots[FAN];         /* nodes, or at height 0 the things */
};

static unsigned slot_of(uint64_t number, unsigned height)
{
    return (unsigned)(number >> (FAN_BITS * height)) & (FAN - 1);
}

static uint64_t bit(unsigned slot)
{
    return UINT64_C(1) << slot;
}

static struct index_node *node_new(void)
{
    struct index_node *node = calloc(1, sizeof *node);
    ASSERT(node);
    return node;
}

static void node_free(struct index_node *node, unsigned height)
{
    for (unsigned slot = 0; height > 0 && slot < FAN; slot++) {
        if (node->slots[slot])
            node_free(node->slots[slot], height - 1);
    }
    free(node);
}

void index_release(struct index *index)
{
    if (index->root)
        node_free(index->root, index->height);
    *index = (struct index){0};
}

static bool fits(const struct index *index, uint64_t number)
{
    unsigned bits = FAN_BITS * (index->height + 1);
    return bits >= 64 || number >> bits == 0;
}

/* The node whose slots are things. */
static struct index_node *leaf_of(const struct index *index, uint64_t number)
{
    struct index_node *node = fits(index, number) ? index->root : NULL;
    for (unsigned height = index->height; node && height > 0; height--)
        node = node->slots[slot_of(number, height)];
    return node;
}

void *index_get(const struct index *index, uint64_t number)
{
    const struct index_node *leaf = leaf_of(index, number);
    return leaf ? leaf->slots[slot_of(number, 0)] : NULL;
}

void index_replace(struct index *index, uint64_t number, void *thing)
{
    struct index_node *leaf = leaf_of(index, number);
    ASSERT(leaf && leaf->slots[slot_of(number, 0)]);
    leaf->slots[slot_of(number, 0)] = thing;
}

/* The tree grows at the top: the old root becomes slot 0 of a new one. */
static void grow(struct index *index)
{
    struct index_node *root = node_new();
    root->slots[0] = index->root;
    root->present = 1;
    root->marked = index->root->marked ? 1 : 0;
    index->root = root;
    index->height++;
}

void index_put(struct index *index, uint64_t number, void *thing)
{
    if (!index->root)
        index->root = node_new();
    while (!fits(index, number))
        grow(index);
    struct index_node *node = index->root;
    for (unsigned height = index->height; height > 0; height--) {
        unsigned slot = slot_of(number, height);
        if (!node->slots[slot])
            node->slots[slot] = node_new();
        node->present |= bit(slot);
        node = node->slots[slot];
    }
    ASSERT(!node->slots[slot_of(number, 0)]);
    node->slots[slot_of(number, 0)] = thing;
    node->present |= bit(slot_of(number, 0));
    index->count++;
}

static bool remove_below(struct index_node *node, unsigned height, uint64_t number)
{
    unsigned slot = slot_of(number, height);
    struct index_node *child = node->slots[slot];
    ASSERT(child);
    if (height > 0) {
        bool empty = remove_below(child, height - 1, number);
        if (!child->marked)
            node->marked &= ~bit(slot);
        if (!empty)
            return false;
        free(child);
    }
    node->slots[slot] = NULL;
    node->present &= ~bit(slot);
    node->marked &= ~bit(slot);
    return node->present == 0;
}

void index_remove(struct index *index, uint64_t number)
{
    if (remove_below(index->root, index->height, number)) {
        free(index->root);
        *index = (struct index){0};
        return;
    }
    index->count--;
}

static void mark_below(struct index_node *node, unsigned height, uint64_t number, bool marked)
{
    unsigned slot = slot_of(number, height);
    if (height > 0) {
        struct index_node *child = node->slots[slot];
        mark_below(child, height - 1, number, marked);
        marked = child->marked != 0;
    }
    node->marked = marked ? node->marked | bit(slot) : node->marked & ~bit(slot);
}

void index_mark(struct index *index, uint64_t number, bool marked)
{
    ASSERT(index_get(index, number));
    mark_below(index->root, index->height, number, marked);
}

static void *next_below(const struct index_node *node, unsigned height, uint64_t from, bool marked)
{
    unsigned first = slot_of(from, height);
    uint64_t left = (marked ? node->marked : node->present) & (~UINT64_C(0) << first);
    for (; left; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        if (height == 0)
            return node->slots[slot];
        void *thing = next_below(node->slots[slot], height - 1, slot == first ? from : 0, marked);
        if (thing)
            return thing;
    }
    return NULL;
}

void *index_next(const struct index *index, uint64_t from, bool marked)
{
    if (!index->root || !fits(index, from))
        return NULL;
    return next_below(index->root, index->height, from, marked);
}
