/* kept_stage.h: what chance alone would seldom bring about in the model of exclusion. */
#ifndef SIM_KEPT_STAGE_H
#define SIM_KEPT_STAGE_H

#include "tests/sim/kept_model.h"

/* One of them. */
void kept_stage(struct kept_model *);

#endif
