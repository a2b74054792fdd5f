/* task_more.h: what only some tasks have, behind one pointer, so that the others do not pay for it: copies of it as a row
 * owns it, and as a decision lends it. */
#ifndef CORE_TASK_MORE_H
#define CORE_TASK_MORE_H

#include "broker/core/state.h"

/* Of a row: its names interned. NULL for NULL. */
const struct task_more *task_more_own(struct core *, const struct task_more *);
void task_more_disown(const struct task_more *);
/* A copy that lives as long as the arena. NULL for NULL. */
const struct task_more *task_more_lend(struct arena *, const struct task_more *);

static inline bool task_whistled(const struct task *task)
{
    return task->more && task->more->whistled;
}

static inline bool task_delegated(const struct task *task)
{
    return task->more && has_text(task->more->sub_unit);
}

/* Whose workers do it. */
static inline const char *task_desk(const struct task *task)
{
    return task_delegated(task) ? task->more->sub_unit : task->unit;
}

#endif
