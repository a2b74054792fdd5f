/* index.h: numbers → things, in order, some of them marked: a radix tree of 64-way nodes. Finding the next marked one
 * costs its depth, not the size of the gap before it. */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index {
    struct index_node *root;
    unsigned height; /* levels below the root's */
    size_t count;
};

/* Frees the tree, not the things. */
void index_release(struct index *);
void *index_get(const struct index *, uint64_t number); /* NULL when absent */
/* thing is not NULL; the number was absent. */
void index_put(struct index *, uint64_t number, void *thing);
/* The number is present: another thing stands for it. */
void index_replace(struct index *, uint64_t number, void *thing);
void index_remove(struct index *, uint64_t number);
/* The number is present. */
void index_mark(struct index *, uint64_t number, bool marked);
/* The first thing at or after a number, of all or of the marked ones; NULL at the end. */
void *index_next(const struct index *, uint64_t from, bool marked);

#endif
