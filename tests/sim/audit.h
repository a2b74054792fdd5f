/* audit.h: what must be true of every trail, however often the broker died: sequences dense, time goes on, no rung is early, no event opened twice, no
 * rung and no epoch twice, nothing closed without an outcome; and a full replay gives the state that is live. */
#ifndef SIM_AUDIT_H
#define SIM_AUDIT_H

#include "broker/base/map.h"
#include "broker/turn.h"

struct audit {
    uint64_t seq;          /* looked at so far */
    int64_t at_ms;         /* of the last */
    uint64_t trace;        /* hash over the records, in order */
    uint64_t reckoned;     /* records of clocks reckoned anew */
    uint64_t absences;     /* incidents that the broker opened by itself */
    struct textmap opened; /* "source/id" → incident */
    struct textmap once;   /* rungs and epochs seen */
    struct arena arena;
    char fault[300]; /* the first violation */
};

/* Reads the whole trail, then compares a full replay with what is live. */
void audit_init(struct audit *, struct turn *, int64_t now_ms);
void audit_release(struct audit *);
/* The incident that the trail says the event opened; 0: none. */
uint64_t audit_opened(const struct audit *, const char *source, const char *id);

#endif
