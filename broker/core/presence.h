/* presence.h: which workers are there: connection, credit, last heard, and the tasks each holds. Beside state: never
 * stored, empty after a restart but for the holders of leases, outside the digest. */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include "broker/core/state.h"

/* NULL when unknown. */
struct worker *worker_find(const struct core *, const char *principal, const char *name);
/* Who works through this connection; NULL when nobody does. */
struct worker *worker_at(const struct core *, uint64_t peer);
/* A new one of a unit, last heard now, without connection or credit. Forgets the longest silent one when there is no
 * room; NULL when nobody is silent either. */
struct worker *worker_new(struct core *, const char *principal, const char *name, const char *unit, int64_t now_ms);
/* Forgets a worker that holds nothing. */
void worker_forget(struct core *, struct worker *);
/* It works through this connection now, for this unit, and grants credit anew. */
void worker_connect(struct core *, struct worker *, uint64_t peer, const char *unit);
/* It is alive. */
void worker_heard(struct core *, struct worker *, int64_t now_ms);
/* Nobody could be heard until now: whoever is not silent yet was heard just now. */
void presence_grace(struct core *, int64_t now_ms);
/* It was not heard for too long; its leases have ended. */
void worker_silenced(struct core *, struct worker *);
void worker_credit(struct core *, struct worker *, int64_t by);
/* So many of its leases, the first of the list, are to be delivered again; 0: none is. */
void worker_again(struct core *, struct worker *, int32_t n);
void worker_drain(struct core *, struct worker *);
/* When the longest unheard worker falls silent; INT64_MAX when none is there. */
int64_t presence_due(const struct core *);

/* A worker holds the task: a lease. */
bool task_leased(const struct task *);
/* The lease is with the worker, if presence knows it. */
void lease_enter(struct core *, struct live_task *);
void lease_leave(struct live_task *);
/* After a restart: whoever holds a lease is there, heard just now. */
void presence_assume(struct core *, struct live_task *, int64_t now_ms);
void presence_release(struct core *);

#endif
