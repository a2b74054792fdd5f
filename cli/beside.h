/* beside.h: acts that name no incident. */
#ifndef CLI_BESIDE_H
#define CLI_BESIDE_H

#include "cli/cli.h"

/* Asks once, with the request and the person of the command line, and prints what came. Returns the exit code. */
int beside_act(const struct common *, struct act);

#endif
