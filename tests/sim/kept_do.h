/* kept_do.h: what is said in the model of exclusion, and what must be so of the answer. */
#ifndef SIM_KEPT_DO_H
#define SIM_KEPT_DO_H

#include "tests/sim/kept_model.h"

void kept_publish(struct kept_model *, const struct kept_saying *);
void kept_act(struct kept_model *, const struct kept_saying *, struct kept_case *);
void kept_word(struct kept_model *, const struct kept_saying *, struct kept_case *);
void kept_reload(struct kept_model *);
void kept_crash(struct kept_model *);
/* What an accepted event, or act, means for who is kept from what. */
void kept_follow_event(struct kept_model *);
void kept_follow_act(struct kept_model *);
/* What was just refused for want of anybody who may do it again, nobody may. */
void kept_hold_rework(struct kept_model *, uint64_t incident);

#endif
