/* kept_hold.h: what must be true after every step in the model of exclusion, of records, rows and questions. */
#ifndef SIM_KEPT_HOLD_H
#define SIM_KEPT_HOLD_H

#include "tests/sim/kept_model.h"

/* Everybody it is kept from asks everything, and reads the trail from its beginning. */
void kept_pry(struct kept_model *, const struct kept_saying *, const struct kept_case *);
/* What is on record so far, before who is kept from what is otherwise. */
void kept_read(struct kept_model *);
/* No record since the last time, and nothing live, is otherwise than it must be. */
void kept_hold(struct kept_model *);

#endif
