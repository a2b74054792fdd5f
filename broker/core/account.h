/* account.h: the written explanation (说明原因) that a red rung asks for where its ladder says `account`: of a task's clock its
 * unit gives it, of the incident's own the centre. Until then the task is not fed back, and the incident not closed. */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include "broker/core/incident.h"
#include "broker/core/task.h"

/* A rung of such a ladder fired. */
void account_owe(struct draft *, const struct rung *);
/* Whether the centre, or a task that is not withdrawn, owes one. */
bool account_owed(const struct draft *);
/* The task is another unit's: what was owed was the last one's. */
void account_drop(struct draft *, uint32_t task);

/* The word, as those of task.c: whether it may be said, and what it does. */
bool account_fits(struct saying *);
bool account_take(struct saying *);
/* The act, as those of act.h. */
bool act_account(struct acting *);

/* Whether the task may be fed back, and the incident be closed; false when refused. */
bool account_lets_feed_back(struct saying *);
bool account_lets_close(struct acting *);

#endif
