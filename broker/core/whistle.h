/* whistle.h: 吹哨报到: named units are called to the place; a unit that does not come is told on, and holds nobody up. */
#ifndef CORE_WHISTLE_H
#define CORE_WHISTLE_H

#include "broker/core/act.h"

/* Acts: as in act.h. */
bool act_whistle(struct acting *);
bool act_dismiss(struct acting *);
/* When the lead is done: called units that never checked in are passed over, each on record. */
void whistle_pass_over(struct step *, const struct live *);
/* A called unit is late for its check-in: its supervisor is told beside whoever stands on the ladder. */
void whistle_no_show(const struct policy *, const struct live *, struct rung *, int64_t now_ms);

#endif
