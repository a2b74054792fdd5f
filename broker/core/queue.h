/* queue.h: each unit's tasks that wait for a worker, in the order they are offered, and its workers with credit in the
 * order they are asked. Derived from rows and presence; a unit with both is "ready", so that offering costs what is
 * offered, not what exists. */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "broker/core/state.h"

/* Finds or makes; a unit once named keeps its queue. */
struct queue *queue_of(struct core *, const char *unit);
void queue_free(struct queue *);
/* Queued, or responded to by a worker that fell silent: a colleague is wanted. */
bool task_waits(const struct task *);
/* A task that waits enters and leaves. Leaving when it is not in it has no effect. */
void queue_enter(struct core *, struct queue *, struct live_task *);
void queue_leave(struct core *, struct queue *, struct live_task *);
/* The first task of a unit; NULL when none waits. */
struct live_task *queue_first(const struct core *, const struct queue *);
/* Adds (or with -1 takes away) a task in the unit's counts. */
void queue_count(struct queue *, const struct task *, int by);

/* A worker's credit, silence or drain changed: whether it may be asked, and last in turn. */
void queue_seat(struct core *, struct worker *);
/* Whom to ask about a task: the next in turn, but rather a colleague of whoever lost it last. NULL when nobody is. */
struct worker *queue_worker(const struct queue *, const struct live_task *);

#endif
