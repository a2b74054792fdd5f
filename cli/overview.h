/* overview.h: what waits, what is due, what is late: as lines for `overview` and, live, for `watch`. */
#ifndef CLI_OVERVIEW_H
#define CLI_OVERVIEW_H

#include "cli/cli.h"
#include "cli/table.h"

/* Asks once and prints, for people or as JSON: also what `watch` does without a terminal. An exit code. */
int overview_print(const struct common *);
/* The units, those with most overdue first, then most unsigned. */
const struct unit_load *overview_by_need(const struct overview *, struct arena *);
/* One row per unit that has work or workers, those with most overdue first, then most unsigned: load, and "offline"
 * where nobody is connected. A narrow screen does without the names. */
void overview_units(struct table *, const struct overview *, bool names);

#endif
