/* side.h: rows beside incidents: what is known of a device, a source, an area's level, a duty, an absence, a shift. One by
 * (kind, key); a record sets it whole (record.sides), so that applying is copying, as with incidents. */
#ifndef CORE_SIDE_H
#define CORE_SIDE_H

#include "broker/core/state.h"

/* A row in memory. */
struct live_side {
    struct side facts; /* texts owned */
    char *name;        /* kind and key: its name in the map */
    /* write-behind, as of an incident */
    uint64_t first_unflushed, handed_seq, first_since;
    TAILQ_ENTRY(live_side) dirty; /* in the order of first_unflushed, or of first_since when handed out before */
    bool is_dirty;
    TAILQ_ENTRY(live_side) alike; /* of its kind */
    struct heap_node due;
    unsigned kept; /* beside state: by which sweep (routine.h) */
};

void side_init(struct core *);
void side_release(struct core *);

/* NULL when there is none, or when it is forgotten. */
const struct live_side *side_find(const struct core *, enum side_kind, const char *key);
/* The next of a kind, in no order that lasts over a restart; after NULL the first. NULL at the end. Forgotten ones are left
 * out. */
const struct live_side *side_after(const struct core *, enum side_kind, const struct live_side *);
/* Whether n more would be too many: asked before what needs them is accepted. */
bool side_full(const struct core *, size_t n);
/* The one that is due first; NULL when none is. */
const struct live_side *side_due(const struct core *);

/* For a sweep: marks a row, if there is one, with the number of the running sweep; and the next without that mark. */
void side_keep(struct core *, enum side_kind, const char *key);
const struct live_side *side_unkept(const struct core *, enum side_kind, const struct live_side *);

/* Sets what the record says. */
void side_apply(struct core *, const struct record *);

/* A row to be changed and given to a record: what is known, or an empty one. Texts borrowed. */
struct side side_draft(const struct core *, enum side_kind, const char *key);
/* Copies the rows into the outcome's arena, with all their texts, and adds them to the record's. At most RECORD_SIDES_MAX. */
void side_set(struct outcome *, struct record *, const struct side *, size_t n);

/* The smallest first-unflushed sequence; 0 when none is dirty. Looks at each: for tests. */
uint64_t side_first_unflushed(const struct core *);

#endif
