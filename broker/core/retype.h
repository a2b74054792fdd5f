/* retype.h: a draft becomes one of another type, and its clocks follow. */
#ifndef CORE_RETYPE_H
#define CORE_RETYPE_H

#include "broker/core/draft.h"

/* It is of this type from now on: what is started after it has the type's limits, and its ladder. */
void retype(struct draft *, const struct type *);
/* What is open of a task begins anew under the type's limits, paused where it was; a verdict stands. */
void retype_task_clocks(struct draft *, const struct task *);
/* The incident's own clock goes on counting since then, pauses left out, under the type's limit. */
void retype_clock(struct draft *, enum clock_kind, int64_t since_ms);

#endif
