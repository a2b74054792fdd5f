/* condition.h: 结案条件: what must hold before a case of this type counts as resolved, and somebody says that it does. */
#ifndef CORE_CONDITION_H
#define CORE_CONDITION_H

#include "broker/core/step.h"

/* Whether the outcome may be said of the incident: `resolved` of a type with a closing condition needs it ticked, and then
 * *closing is the condition, for the record; else "". False when refused. */
bool condition_holds(struct step *, const struct incident *, enum outcome_code, bool ticked, const char **closing);

#endif
