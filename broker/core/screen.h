/* screen.h: what becomes of an event that no open incident takes: an incident, a record that is counted, or a notice. Never of
 * the panic lane, of severity 1, of what is handled on site, nor of a report against somebody: those open. */
#ifndef CORE_SCREEN_H
#define CORE_SCREEN_H

#include "broker/core/route.h"
#include "broker/core/step.h"

/* The rule that holds for the event, of events.yaml in its order; NULL: it opens. */
const struct event_rule *screen_rule(const struct step *, const struct event *, const struct route_query *);
/* Completes the record of the event under a rule that does not open: `recorded` or `notified`, with the count it makes. True
 * when it is the one too many: then an incident is to be opened, by this record. */
bool screen_event(struct step *, const struct event_rule *, const struct event *, struct record *);
/* A count that is over is forgotten. */
void screen_due(struct step *, const struct live_side *);

#endif
