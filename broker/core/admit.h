/* admit.h: a published event becomes an incident, or is refused: who, what, where, then the route and the clocks. */
#ifndef CORE_ADMIT_H
#define CORE_ADMIT_H

#include "broker/core/draft.h"
#include "broker/core/route.h"
#include "broker/core/step.h"

/* COMMAND_PUBLISH. */
void admit_publish(struct step *);
/* The tasks of a route that has a lead. */
void admit_dispatch(struct draft *, const struct route_result *);

/* An incident that was held back goes where the rules in force send it now: its state, its rule, and its tasks, or the time
 * that the centre has to find it an owner. */
void admit_send(struct draft *);

/* The source of what the broker itself finds: no principal may be called so. */
#define BROKER_SOURCE "broker"

/* What the broker itself finds: nothing heard, a duty not done. Always opened, with the rows that say so in its record. */
struct broker_event {
    const struct event *event; /* of a type that the policy knows */
    const char *area;
    const struct unit *lead; /* NULL: by the routes */
    const struct side *sides;
    size_t side_count;
};
void admit_by_broker(struct step *, const struct broker_event *);
/* The incident that the next record opens. */
uint64_t admit_next_incident(const struct core *);

#endif
