/* callback.h: 回访: whoever reported a closed incident is asked whether it is solved, and how content they are. */
#ifndef CORE_CALLBACK_H
#define CORE_CALLBACK_H

#include "broker/core/incident.h"

/* As it closes: its clock, where the type has a limit for it and the source's reporters are to be called. */
void callback_start(struct draft *);

bool act_callback(struct acting *);
/* "Not solved" opens it again; "solved but unsatisfied" counts, and does not. */
void callback_follow(struct acting *);

#endif
