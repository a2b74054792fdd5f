/* durable.h: a turn made durable: its records, the rows written behind them, one commit; at once, or beside the next
 * turn. */
#ifndef BROKER_DURABLE_H
#define BROKER_DURABLE_H

#include "broker/turn.h"

/* 0; or -errno: the commit's fate is unknown. */
int durable_commit(struct turn *);
/* The same with every dirty row. */
int durable_commit_all(struct turn *);
/* Begins the commit and sets the turn aside with what it holds for its peers: the running one is empty again. */
int durable_launch(struct turn *);
/* Waits for it. 0, and the turn that was set aside is the running one until durable_exchange; else as durable_commit. */
int durable_land(struct turn *);
void durable_exchange(struct turn *);

/* Whether records, dirty rows or a sweep wait for a commit. */
bool durable_wants(const struct turn *);
/* Whether it is quiet, so that rows are worth a commit of their own now, or the tables are to follow the log; and in how many
 * milliseconds it may be. */
bool durable_wants_quietly(const struct turn *);
int64_t durable_wait_ms(const struct turn *);

#endif
