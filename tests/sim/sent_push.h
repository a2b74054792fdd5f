/* sent_push.h: pushing back, in the model of misdelivery: a unit returns what it was sent, the centre sends it to another or
 * gives it back, and what is returned twice and decided by nobody goes to the fallback owner (属地兜底). Whose it is then is
 * read out of docs/CONFIGURATION.md. */
#ifndef SIM_SENT_PUSH_H
#define SIM_SENT_PUSH_H

#include "tests/sim/sent_rules.h"

struct sent_desk {
    struct chance *chance;
    struct arena *arena;
    const struct sent_rules *rules;
    const struct kept_city *city;
    struct core *core;
    uint64_t number; /* of what is said: none is said twice */
    /* Says it as the duty chief, and waits for the answer. */
    const struct message *(*say)(void *model, struct message *);
    void *model;
};

/* What the lead has is returned, and decided; then it is where `to` says. NULL, or what is wrong with it. */
const char *sent_push(const struct sent_desk *, uint64_t incident, const struct sent_event *, struct sent_to *to);
/* It is returned a second time, and nobody decides: when that is over it is where `to` says. False: it cannot be. */
bool sent_push_twice(const struct sent_desk *, uint64_t incident, const struct sent_event *, struct sent_to *to);

#endif
