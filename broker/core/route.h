/* route.h: which rule sends an incident, and to whom. Pure; reads the policy only.
 * nature × type × area × severity; specificity compares type depth, area depth, severity, calendar, in that order;
 * exclusions first; equals are unrouted. */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include "broker/core/policy.h"

struct route_query {
    const struct type *type; /* NULL: unknown */
    const struct area *area; /* NULL: no place */
    enum nature nature;
    int severity;
    enum unrouted_reason without; /* why type or area is NULL */
    const char *object;           /* code of the thing it is about, or NULL */
    bool sealed;
    const char *about; /* whom it is about, or NULL (exclusion.h) */
    int64_t at_ms;     /* when: areas come and go; 0: whatever the date */
};

/* What an incident asks as it stands now. */
struct route_query route_asked(const struct policy *, const struct incident *, int64_t at_ms);

struct route_result {
    const struct route *route; /* NULL when unrouted for want of a rule */
    const struct unit *lead;   /* NULL when unrouted or desk */
    const struct unit *assists[ASSISTS_MAX];
    size_t assist_count;
    enum unrouted_reason unrouted; /* 0 when sent */
    bool desk;
    const struct plan *plan; /* its tasks, instead of lead and assists; NULL: none */
};

/* Told each rule looked at: for `explain`. verdict is in the arena. */
struct route_trace {
    struct arena *arena;
    struct considered *rules; /* of wire.h; filled by route_find */
    size_t count, capacity;
};

/* trace may be NULL. */
void route_find(const struct policy *, const struct route_query *, struct route_result *, struct route_trace *trace);

/* The first of the candidates that means a unit; NULL: none does. */
const struct unit *route_first(const struct policy *, const struct recipient *, size_t count,
                               const struct route_query *);
/* The unit a recipient means for what is asked about, at its area and for its object; NULL: nobody. Retired units resolve to
 * their successor. */
const struct unit *route_recipient(const struct policy *, const struct recipient *, const struct route_query *);

#endif
