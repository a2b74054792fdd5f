/* place.h: point → area code. Coordinates of any of the four systems to WGS84, then polygons (GEOS STRtree). */
#ifndef PLACE_PLACE_H
#define PLACE_PLACE_H

#include "broker/base/fault.h"
#include "broker/core/policy.h"
#include "schemas/types.h"

struct place_index;

/* Reads the policy's polygon sources, relative to folder. NULL index with 0 when there are none. Invalid polygons,
 * unknown areas and missing properties are faults that name file and feature number. The index outlives the policy. */
int place_build(const struct policy *, const char *folder, struct place_index **out, struct faults *);
void place_free(struct place_index *);

/* The code of the area that holds the point, "" when none does. Where polygons share a border: the lowest index.
 * Of areas that are in force then; of one that is over, where no other holds it. Borrowed from the index; index may be NULL (""). */
const char *place_find(const struct place_index *, int64_t at_ms, enum coordinate_system, double latitude,
                       double longitude);

/* The codes of the areas that reach within so many metres of the point, its own among them, in the index's order; NULL with
 * *count 0 when none does. The array is in the arena, the codes are the index's. */
const char *const *place_near(const struct place_index *, const struct place *, double within_m, struct arena *,
                              size_t *count);

/* GCJ-02 and BD-09 to WGS84 (iterated inverse, below 1 m); CGCS2000 equals WGS84 here (they differ by centimetres). */
void place_to_wgs84(enum coordinate_system, double *latitude, double *longitude);

#endif
