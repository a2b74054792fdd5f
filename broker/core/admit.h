/* admit.h: a published event becomes an incident, or is refused: who, what, where, then the route and the clocks. */
#ifndef CORE_ADMIT_H
#define CORE_ADMIT_H

#include "broker/core/draft.h"
#include "broker/core/route.h"

/* COMMAND_PUBLISH. */
void admit_publish(struct step *);
/* The tasks of a route that has a lead. */
void admit_dispatch(struct draft *, const struct route_result *);

#endif
