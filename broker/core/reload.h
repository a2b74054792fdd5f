/* reload.h: another policy takes the old one's place, between two commands, unless open incidents refer to what it drops. */
#ifndef CORE_RELOAD_H
#define CORE_RELOAD_H

#include "broker/core/step.h"

/* COMMAND_RELOAD. */
void reload_policy(struct step *);

#endif
