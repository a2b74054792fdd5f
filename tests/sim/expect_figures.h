/* expect_figures.h: what can be expected of figures. */
#ifndef SIM_EXPECT_FIGURES_H
#define SIM_EXPECT_FIGURES_H

#include "tests/sim/play.h"

/* "expect figure NAME from DATE to DATE is PART/WHOLE": both days are within. */
void expect_figure(struct play *, const char *const *any, struct words *rest);

#endif
