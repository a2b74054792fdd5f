/* upward.h: 上报, 下派: what a unit, or the centre of a level, cannot deal with by itself is reported up one level of areas,
 * whose unit takes it over, or whose desk says who does; and it may be sent down again. No return: nobody was asked wrongly,
 * nothing is charged, and resolve runs on. The level above has a clock of its own to take it up. */
#ifndef CORE_UPWARD_H
#define CORE_UPWARD_H

#include "broker/core/incident.h"
#include "broker/core/task.h"

/* The words, said by the unit that leads. */
bool upward_fits(struct saying *);
void upward_report(struct saying *);
bool upward_down_fits(struct saying *);
void upward_send_down(struct saying *);

/* The same by the centre: up, of a level that the asker speaks for; down, whoever has it. */
bool act_report_up(struct acting *);
bool act_send_down(struct acting *);
/* What was reported up is the level's above to dispatch and end; else refuses. */
bool upward_permits(struct step *, const struct incident *);

#endif
