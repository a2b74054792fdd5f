/* run.h: a scenario is a promise that must hold however the broker dies. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "tests/sim/script.h"

/* Plays it plainly, with everything repeated, and with every crash there can be. The fault, which names file, line and
 * run; or NULL: all was well. The text is good until the next call. loud: tells what happens in the plain run, and in
 * one that failed. */
const char *run_scenario(struct script *, bool loud);

#endif
