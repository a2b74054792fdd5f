/* act.h: what each act of the centre (and a source's withdraw) does to an incident. The table in incident.c says when. */
#ifndef CORE_ACT_H
#define CORE_ACT_H

#include "broker/core/incident.h"

/* Each changes the draft and completes the record; false when refused, and then nothing is recorded. */
bool act_assign(struct acting *);
bool act_transfer(struct acting *);
bool act_merge(struct acting *);
bool act_close(struct acting *);
bool act_cancel(struct acting *);
bool act_reject(struct acting *);
bool act_release(struct acting *);
bool act_verify(struct acting *);
bool act_withdraw(struct acting *);

/* The task that the act names, or the only one it can be. NULL when refused. */
struct task *act_choose(struct acting *, bool (*fits)(const struct task *));
/* Whether somebody leads. */
bool act_has_lead(const struct draft *);
/* The centre's time to give it an owner is over when no task waits for one. */
void act_stop_dispatch(struct draft *);

#endif
