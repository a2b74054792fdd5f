/* duty.h: what units do again and again (duties.yaml), target by target: 例行. One row for each duty of each of its areas,
 * and one for each target that was ever done. A duty's list is what is to be done while its period runs, and between two what
 * was missing in the last. */
#ifndef CORE_DUTY_H
#define CORE_DUTY_H

#include "broker/core/aside.h"
#include "broker/core/routine.h"

/* A period begins, or is over. */
void duty_due(struct step *, const struct live_side *);
/* After a change of rules: one row (of all duties in order) as it should be. False when there are no more. */
bool duty_reckon(struct sweep *, size_t at);
/* Of a period that runs, how many targets are done; else what the row says. */
uint32_t duty_count(const struct core *, const struct side *);
/* One target is done: ACT_DUTY_DONE. */
bool duty_done(struct aside *);

#endif
