/* oversee.h: what the centre and its leaders do beside the way of an incident: urge it (催办), supervise it (督办). */
#ifndef CORE_OVERSEE_H
#define CORE_OVERSEE_H

#include "broker/core/incident.h"

/* Acts, as those of act.h: false when refused. */
bool oversee_urge(struct acting *);
bool oversee_supervise(struct acting *);
/* The survivor of a merge is supervised if the loser was. */
void oversee_merge(struct draft *survivor, const struct draft *loser);

#endif
