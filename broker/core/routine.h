/* routine.h: what time brings to rows beside incidents: a table from kind to what happens when one is due. */
#ifndef CORE_ROUTINE_H
#define CORE_ROUTINE_H

#include "broker/core/side.h"
#include "broker/core/step.h"

/* The row that is due first, if it is due: one decision. False when none is. */
bool routine_fire(struct step *);

#endif
