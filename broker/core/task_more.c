#include "broker/core/task_more.h"

#include <stdlib.h>

#include "broker/core/live.h"

static const char *name_of(struct core *core, const char *text)
{
    return has_text(text) ? intern_text(&core->names, text) : "";
}

/* A checklist's lines are the plan's: many tasks have the same. */
static const struct item *own_items(struct core *core, const struct item *items, size_t count)
{
    struct item *own = count ? core_alloc(count * sizeof *own) : NULL;
    for (size_t i = 0; i < count; i++) {
        own[i] = items[i];
        own[i].text = name_of(core, items[i].text);
    }
    return own;
}

const struct task_more *task_more_own(struct core *core, const struct task_more *more)
{
    if (!more)
        return NULL;
    struct task_more *copy = core_alloc(sizeof *copy);
    *copy = *more;
    copy->sub_unit = name_of(core, more->sub_unit);
    copy->plan = name_of(core, more->plan);
    copy->part = name_of(core, more->part);
    copy->items = own_items(core, more->items, more->item_count);
    return copy;
}

void task_more_disown(const struct task_more *more)
{
    if (more)
        free((void *)more->items);
    free((void *)more);
}

const struct task_more *task_more_lend(struct arena *arena, const struct task_more *more)
{
    if (!more)
        return NULL;
    struct task_more *copy = arena_memdup(arena, more, sizeof *more);
    if (copy->item_count)
        copy->items = arena_memdup(arena, copy->items, copy->item_count * sizeof *copy->items);
    return copy;
}
