/* delegate.h: 二级派遣: a unit hands its task on to a sub-unit of its own and stays answerable: the task is still its own, and
 * its clocks run on. */
#ifndef CORE_DELEGATE_H
#define CORE_DELEGATE_H

#include "broker/core/task.h"

/* Whether the word's unit is a sub-unit of whoever has the task; else refuses. */
bool delegate_fits(struct saying *);
void delegate_task(struct saying *);
/* A sub-unit says that it is not theirs: the task goes back up to whoever handed it on. False: it was not handed on. */
bool delegate_give_up(struct saying *);

#endif
