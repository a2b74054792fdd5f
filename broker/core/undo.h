/* undo.h: a wrong dispatch taken back within half a minute, before the unit has responded: what it changed is again as it was,
 * and nobody is charged with it. */
#ifndef CORE_UNDO_H
#define CORE_UNDO_H

#include "broker/core/incident.h"

/* After a dispatch by hand was decided: the draft remembers what it changed. */
void undo_keep(struct acting *);
/* A task that the dispatch gave and whose unit has signed for it: then it stands. NULL: none. */
const struct task *undo_responded(const struct undo *, const struct task *, size_t count);
/* The unit says of a task that the dispatch gave that it is not its own, or is beyond it: that is an answer, and it stands. */
void undo_stands(struct draft *, const struct live *, uint32_t task);
/* The incident is of another type: its clocks as they were before would be another type's. */
void undo_over(struct draft *, const struct live *);
bool act_undo(struct acting *);

/* Of a row: names interned, texts owned. NULL for NULL. */
struct undo *undo_own(struct core *, const struct undo *);
void undo_disown(struct undo *);
/* A copy that lives as long as the arena. NULL for NULL. */
const struct undo *undo_lend(struct arena *, const struct undo *);

#endif
