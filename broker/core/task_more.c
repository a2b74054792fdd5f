#include "broker/core/task_more.h"

#include <stdlib.h>

#include "broker/core/live.h"

const struct task_more *task_more_own(struct core *core, const struct task_more *more)
{
    if (!more)
        return NULL;
    struct task_more *copy = core_alloc(sizeof *copy);
    *copy = *more;
    copy->sub_unit = has_text(more->sub_unit) ? intern_text(&core->names, more->sub_unit) : "";
    return copy;
}

void task_more_disown(const struct task_more *more)
{
    free((void *)more);
}

const struct task_more *task_more_lend(struct arena *arena, const struct task_more *more)
{
    return more ? arena_memdup(arena, more, sizeof *more) : NULL;
}
