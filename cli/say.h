/* say.h: a word on a unit's behalf, from whatever verb. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "cli/cli.h"

/* Asks the broker; a word that names no task is about the unit's one task that is not over. An exit code of cli.h. */
int say_word(const struct common *, struct word);

#endif
