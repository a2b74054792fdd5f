/* derived.h: what follows from a row: queue places, leases, the deadline heap, counts. Taken out before a row changes and
 * put back after, so nothing of it can go stale. */
#ifndef CORE_DERIVED_H
#define CORE_DERIVED_H

#include "broker/core/state.h"

void derived_init(struct core *);
void derived_release(struct core *);
void derived_add(struct core *, struct live *);
void derived_remove(struct core *, struct live *);
/* The incident whose earliest rung is due first; NULL when no rung is ahead. */
struct live *derived_due(const struct core *);
/* And when that is; INT64_MAX: never. */
int64_t derived_due_ms(const struct core *);

#endif
