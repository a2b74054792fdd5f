/* quota.h: how fast each source may publish, so that none takes the room of others. Beside state: after a restart every
 * source has its whole quota again. */
#ifndef CORE_QUOTA_H
#define CORE_QUOTA_H

#include "broker/core/step.h"

/* Whether the source's quota has room for one more; else refuses with the time to wait. urgent: of the panic lane or
 * severity 1, which has a quota of the same size for itself. Costs nothing for a source without a quota. */
bool quota_take(struct step *, bool urgent);
void quota_release(struct core *);

#endif
