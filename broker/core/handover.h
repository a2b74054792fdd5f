/* handover.h: 交接班: whoever is on duty hands over to a named person with what is open, counted and by digest; that person
 * takes over by quoting the digest. One row for each shift (SIDE_SHIFT), by its name. */
#ifndef CORE_HANDOVER_H
#define CORE_HANDOVER_H

#include "broker/core/aside.h"

/* ACT_HAND_OVER and ACT_TAKE_OVER. */
bool handover_give(struct aside *);
bool handover_take(struct aside *);

#endif
