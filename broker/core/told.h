/* told.h: whom a rung is told. Posts stand on ladders, not persons; a post that nobody holds at that instant is its deputy's,
 * and without one the next level's to bear: of the area line (块) the area above, of the supervising line (条) the unit
 * above. Whom a report is about is passed over on the supervising line as on the other (exclusion.h). */
#ifndef CORE_TOLD_H
#define CORE_TOLD_H

#include "broker/core/exclusion.h"

/* A post's title, and who holds it, where the city names persons; "" for both: nobody. */
struct told {
    const char *post, *person;
};

/* The post of an area who may know of it, and of such a unit. NULL is nowhere. */
struct told told_area(const struct area *, int64_t at_ms);
struct told told_unit(const struct exclusion *, const struct unit *, int64_t at_ms);
/* Whoever bears a post that an incident is bound to (领导包案), and until when it is certain to be the same; INT64_MAX: for
 * good, as far as the file says. */
struct told told_post(const struct exclusion *, const struct post *, int64_t at_ms, int64_t *until_ms);

/* The unit above in its own line, its supervisor or the unit it is part of, who may know of it. NULL: none. */
const struct unit *told_above(const struct exclusion *, const struct unit *);
/* The unit, or the first above who may. */
const struct unit *told_may_know(const struct exclusion *, const struct unit *);

#endif
