#include "broker/core/side.h"

#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/core/duty.h"
#include "broker/core/live.h"

/* --- names: kind and key in one text --- */

#define NAME_BYTES (SIDE_KEY_MAX + 8)

static const char *name_of(enum side_kind kind, const char *key, char out[NAME_BYTES])
{
    size_t len = strlen(key);
    ASSERT(kind > 0 && kind < SIDE_KIND_END && len > 0 && len <= SIDE_KEY_MAX);
    out[0] = (char)('a' + kind);
    memcpy(out + 1, key, len + 1);
    return out;
}

static struct live_side *find(const struct core *core, enum side_kind kind, const char *key)
{
    char name[NAME_BYTES];
    return textmap_get(&core->sides.by_name, name_of(kind, key, name));
}

const struct live_side *side_find(const struct core *core, enum side_kind kind, const char *key)
{
    const struct live_side *side = find(core, kind, key);
    return side && !side->facts.gone ? side : NULL;
}

const struct live_side *side_after(const struct core *core, enum side_kind kind, const struct live_side *side)
{
    side = side ? TAILQ_NEXT(side, alike) : TAILQ_FIRST(&core->sides.alike[kind]);
    while (side && side->facts.gone)
        side = TAILQ_NEXT(side, alike);
    return side;
}

void side_keep(struct core *core, enum side_kind kind, const char *key)
{
    struct live_side *side = find(core, kind, key);
    if (side)
        side->kept = core->routine.number;
}

const struct live_side *side_unkept(const struct core *core, enum side_kind kind, const struct live_side *side)
{
    side = side_after(core, kind, side);
    while (side && side->kept == core->routine.number)
        side = side_after(core, kind, side);
    return side;
}

bool side_full(const struct core *core, size_t n)
{
    return core->sides.by_name.count + n > SIDES_MAX;
}

const struct live_side *side_due(const struct core *core)
{
    struct heap_node *least = heap_least(&core->sides.due);
    return least ? HEAP_OF(least, struct live_side, due) : NULL;
}

/* --- life --- */

static bool due_before(const struct heap_node *left, const struct heap_node *right)
{
    const struct live_side *a = HEAP_OF(left, struct live_side, due), *b = HEAP_OF(right, struct live_side, due);
    if (a->facts.next_ms != b->facts.next_ms)
        return a->facts.next_ms < b->facts.next_ms;
    return strcmp(a->name, b->name) < 0;
}

void side_init(struct core *core)
{
    TAILQ_INIT(&core->sides.dirty);
    for (int kind = 0; kind < SIDE_KIND_END; kind++)
        TAILQ_INIT(&core->sides.alike[kind]);
    heap_init(&core->sides.due, due_before);
}

static struct live_side *add(struct core *core, enum side_kind kind, const char *key)
{
    char name[NAME_BYTES];
    struct live_side *side = core_alloc(sizeof *side);
    side->name = strdup(name_of(kind, key, name));
    ASSERT(side->name);
    textmap_put(&core->sides.by_name, side->name, side);
    TAILQ_INSERT_TAIL(&core->sides.alike[kind], side, alike);
    side->facts.kind = kind;
    side->facts.key = side->name + 1;
    return side;
}

static void free_texts(struct side *facts)
{
    const char *const texts[] = {facts->name, facts->text, facts->principal, facts->person};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free((char *)texts[i]);
    for (size_t i = 0; i < facts->list_count; i++)
        free((char *)facts->list[i]);
    free((void *)facts->list);
}

static void drop(struct core *core, struct live_side *side)
{
    heap_remove(&core->sides.due, &side->due);
    TAILQ_REMOVE(&core->sides.alike[side->facts.kind], side, alike);
    textmap_remove(&core->sides.by_name, side->name);
    free_texts(&side->facts);
    free(side->name);
    free(side);
}

void side_release(struct core *core)
{
    for (int kind = 0; kind < SIDE_KIND_END; kind++)
        for (struct live_side *side; (side = TAILQ_FIRST(&core->sides.alike[kind]));)
            drop(core, side);
    textmap_release(&core->sides.by_name);
    heap_release(&core->sides.due);
}

/* --- setting --- */

static const char *own(const char *text)
{
    char *copy = has_text(text) ? strdup(text) : NULL;
    ASSERT(copy || !has_text(text));
    return copy;
}

static const char *const *own_list(const char *const *list, size_t n)
{
    const char **copy = n ? core_alloc(n * sizeof *copy) : NULL;
    for (size_t i = 0; i < n; i++) {
        copy[i] = strdup(text_or_empty(list[i]));
        ASSERT(copy[i]);
    }
    return copy;
}

/* What is set may borrow from what was. */
static void set(struct core *core, struct live_side *side, const struct side *facts)
{
    struct side was = side->facts;
    side->facts = *facts;
    side->facts.key = was.key;
    side->facts.name = own(facts->name);
    side->facts.text = own(facts->text);
    side->facts.principal = own(facts->principal);
    side->facts.person = own(facts->person);
    side->facts.list = own_list(facts->list, facts->list_count);
    free_texts(&was);
    heap_remove(&core->sides.due, &side->due);
    if (side->facts.next_ms && !side->facts.gone)
        heap_insert(&core->sides.due, &side->due);
}

static void put_dirty(struct core *core, struct live_side *side)
{
    if (side->is_dirty)
        return;
    side->is_dirty = true;
    core->dirty++;
    TAILQ_INSERT_TAIL(&core->sides.dirty, side, dirty);
}

/* As of an incident's row. One that is being written is dirty again by what comes meanwhile. */
static void touch(struct core *core, struct live_side *side, uint64_t seq)
{
    side->facts.seq = seq;
    if (!side->first_unflushed)
        side->first_unflushed = seq;
    else if (side->handed_seq && !side->first_since)
        side->first_since = seq;
    put_dirty(core, side);
}

static void apply_side(struct core *core, const struct record *record, const struct side *facts)
{
    struct live_side *side = find(core, facts->kind, facts->key);
    if (side && record->seq <= side->facts.seq)
        return;
    if (!side)
        side = add(core, facts->kind, facts->key);
    set(core, side, facts);
    touch(core, side, record->seq);
}

void side_apply(struct core *core, const struct record *record)
{
    for (size_t i = 0; i < record->side_count; i++)
        apply_side(core, record, &record->sides[i]);
}

void core_load_side(struct core *core, const struct side *facts)
{
    if (!find(core, facts->kind, facts->key))
        set(core, add(core, facts->kind, facts->key), facts);
}

/* --- deciding --- */

struct side side_draft(const struct core *core, enum side_kind kind, const char *key)
{
    const struct live_side *known = side_find(core, kind, key);
    return known ? known->facts : (struct side){.kind = kind, .key = key};
}

static void lend(struct arena *arena, const char **text)
{
    *text = has_text(*text) ? arena_strdup(arena, *text) : "";
}

static struct side lent(struct arena *arena, const struct side *facts)
{
    struct side out = *facts;
    const char **list = ARENA_NEW(arena, const char *, facts->list_count);
    ASSERT(facts->list_count <= SIDE_LIST_MAX);
    lend(arena, &out.key);
    lend(arena, &out.name);
    lend(arena, &out.text);
    lend(arena, &out.principal);
    lend(arena, &out.person);
    for (size_t i = 0; i < facts->list_count; i++)
        list[i] = arena_strdup(arena, facts->list[i]);
    out.list = list;
    return out;
}

void side_set(struct outcome *outcome, struct record *record, const struct side *sides, size_t n)
{
    size_t before = record->side_count;
    struct side *copies = ARENA_NEW(outcome->arena, struct side, before + n);
    ASSERT(before + n <= RECORD_SIDES_MAX);
    if (before)
        memcpy(copies, record->sides, before * sizeof *copies);
    for (size_t i = 0; i < n; i++) {
        copies[before + i] = lent(outcome->arena, &sides[i]);
        copies[before + i].seq = 0;
    }
    record->sides = copies;
    record->side_count = before + n;
}

/* --- write-behind --- */

/* Since when the row is ahead of what was handed out of it. */
static uint64_t ahead_since(const struct live_side *side)
{
    return side->handed_seq ? side->first_since : side->first_unflushed;
}

bool core_next_dirty_side(struct core *core, uint64_t until, struct arena *arena, struct side *out)
{
    struct live_side *side = TAILQ_FIRST(&core->sides.dirty);
    if (!side || ahead_since(side) > until)
        return false;
    ASSERT(!side->handed_seq); /* one sweep at a time */
    TAILQ_REMOVE(&core->sides.dirty, side, dirty);
    side->is_dirty = false;
    core->dirty--;
    side->handed_seq = side->facts.seq;
    *out = lent(arena, &side->facts);
    return true;
}

void core_flushed_side(struct core *core, enum side_kind kind, const char *key, uint64_t seq)
{
    struct live_side *side = find(core, kind, key);
    if (!side || side->handed_seq != seq)
        return;
    side->first_unflushed = side->first_since;
    side->handed_seq = side->first_since = 0;
    if (!side->first_unflushed && side->facts.gone)
        drop(core, side);
}

uint64_t side_first_unflushed(const struct core *core)
{
    uint64_t first = 0;
    for (int kind = 0; kind < SIDE_KIND_END; kind++) {
        const struct live_side *side;
        TAILQ_FOREACH(side, &core->sides.alike[kind], alike)
        if (side->first_unflushed && (!first || side->first_unflushed < first))
            first = side->first_unflushed;
    }
    return first;
}

/* --- reading --- */

size_t core_sides(const struct core *core)
{
    return core->sides.by_name.count;
}

bool core_side(const struct core *core, enum side_kind kind, const char *key, struct arena *arena, struct side *out)
{
    const struct live_side *side = side_find(core, kind, key);
    if (side)
        *out = lent(arena, &side->facts);
    return side != NULL;
}

static int by_key(const void *left, const void *right)
{
    const struct live_side *const *a = left, *const *b = right;
    return strcmp((*a)->facts.key, (*b)->facts.key);
}

size_t core_sides_of(const struct core *core, enum side_kind kind, const char *after, struct arena *arena,
                     struct side *out, size_t n)
{
    size_t count = 0, taken = 0;
    for (const struct live_side *side = NULL; (side = side_after(core, kind, side));)
        count += strcmp(side->facts.key, after) > 0;
    const struct live_side **found = ARENA_NEW(arena, const struct live_side *, count);
    for (const struct live_side *side = NULL; (side = side_after(core, kind, side));)
        if (strcmp(side->facts.key, after) > 0)
            found[taken++] = side;
    if (count > 0)
        qsort(found, count, sizeof *found, by_key);
    for (taken = 0; taken < count && taken < n; taken++) {
        out[taken] = lent(arena, &found[taken]->facts);
        if (kind == SIDE_DUTY)
            out[taken].count = duty_count(core, &found[taken]->facts);
    }
    return taken;
}

bool core_next_side(const struct core *core, size_t *cursor, struct arena *arena, struct side *out)
{
    const char *name;
    void *value;
    while (textmap_next(&core->sides.by_name, cursor, &name, &value)) {
        const struct live_side *side = value;
        if (side->facts.gone)
            continue;
        *out = lent(arena, &side->facts);
        return true;
    }
    return false;
}
