/* events_private.h: what the readers of JSON Lines and of CSV have in common; nobody else includes it. */
#ifndef CLI_EVENTS_PRIVATE_H
#define CLI_EVENTS_PRIVATE_H

#include "cli/events.h"

/* The first member of each reader. */
struct events {
    enum reading (*next)(struct events *, struct arena *, struct event *, struct bad_line *);
    void (*close)(struct events *);
    size_t line; /* where the last event began */
};

#endif
