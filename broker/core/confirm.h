/* confirm.h: 核实: what was reported is looked at before it is filed. */
#ifndef CORE_CONFIRM_H
#define CORE_CONFIRM_H

#include "broker/core/incident.h"

/* It is so: routed and dispatched now. It is not: it ends, with a name under it. */
bool act_confirm(struct acting *);

#endif
