/* aside.h: acts that are about no incident, but about what stands beside them: a duty, an area's level, a shift. */
#ifndef CORE_ASIDE_H
#define CORE_ASIDE_H

#include "broker/core/side.h"
#include "broker/core/step.h"

/* One being decided. */
struct aside {
    struct step *step;
    const struct act *act;
    struct record *record;
};

/* COMMAND_ACT whose verb act_beside() says so. */
void aside_act(struct step *);

#endif
