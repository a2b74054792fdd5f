/* admit.h: a published event becomes an incident, or is refused: who, what, where, then the route and the clocks. */
#ifndef CORE_ADMIT_H
#define CORE_ADMIT_H

#include "broker/core/draft.h"
#include "broker/core/step.h"

/* COMMAND_PUBLISH. */
void admit_publish(struct step *);

/* An incident that was held back goes where the rules in force send it now: its state, its rule, and its tasks, or the time
 * that the centre has to find it an owner. */
void admit_send(struct draft *);

#endif
