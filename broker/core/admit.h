/* admit.h: a published event becomes an incident, or is refused: who, what, where, then the route and the clocks. */
#ifndef CORE_ADMIT_H
#define CORE_ADMIT_H

#include "broker/core/step.h"

/* COMMAND_PUBLISH. */
void admit_publish(struct step *);

#endif
