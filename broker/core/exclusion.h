/* exclusion.h: a report (举报), or what is sealed, never reaches whom it is about, by any path: the unit, its sub-units,
 * the post, and the ladder of either. This is the one place that knows who that is; whatever would show, send or give an
 * incident to somebody asks here. */
#ifndef CORE_EXCLUSION_H
#define CORE_EXCLUSION_H

#include "broker/core/route.h"

/* Of one incident, under one policy. */
struct exclusion {
    const struct policy *policy;
    const char *about; /* "": nobody is excluded */
};

struct exclusion exclusion_of(const struct policy *, const struct incident *);
/* The same of an event that is on its way in. */
struct exclusion exclusion_of_query(const struct policy *, const struct route_query *);
/* Whether anybody is excluded. */
static inline bool exclusion_holds(const struct exclusion *exclusion)
{
    return exclusion->about[0] != '\0';
}

/* A unit: itself, under another that it is about, or with people who are also of such a one (they share a key). */
bool exclusion_bars_unit(const struct exclusion *, const struct unit *);
/* A principal whose people are of such a unit or post. */
bool exclusion_bars_principal(const struct exclusion *, const struct principal *);
/* Whoever stands on the ladder at an area. Whoever is below one who is barred is barred too. */
bool exclusion_bars_post(const struct exclusion *, const struct area *);
/* The first area from here upward whose post is not barred; NULL: none. */
const struct area *exclusion_area(const struct exclusion *, const struct area *);
/* Who gets it instead: the supervising line of whom it is about, then the discipline unit; NULL: all are barred. */
const struct unit *exclusion_instead(const struct exclusion *);
/* The unit itself, or who gets it instead; NULL: nobody. */
const struct unit *exclusion_unit(const struct exclusion *, const struct unit *);

/* A route is bent: who is barred is passed over, and an ordinary complaint about a unit's work goes to that unit. */
void exclusion_bend(const struct policy *, const struct route_query *, struct route_result *, struct route_trace *);

/* The first word of whom it is about that is neither a unit nor an area in force; NULL: all are. In the arena. */
const char *exclusion_unknown(const struct policy *, const char *about, struct arena *);
/* Whether everybody in `about` is in `within` too. */
bool exclusion_covers(const char *within, const char *about);

#endif
