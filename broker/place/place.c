#include "broker/place/place.h"

#include <errno.h>
#include <geos_c.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/arena.h"
#include "broker/base/panic.h"
#include "broker/place/geojson.h"

struct polygon {
    const char *code;       /* in the index's arena: it outlives the policy */
    int64_t from_ms, to_ms; /* when the area is in force, [from, to); 0: open */
    GEOSGeometry *geometry;
    const GEOSPreparedGeometry *prepared;
};

struct place_index {
    struct geometry_context context;
    struct arena arena;
    struct polygon *polygons; /* in the order of the files: where two share a border, the lower index holds the point */
    size_t count, capacity;
    GEOSSTRtree *tree;
};

#define TREE_FANOUT 16

/* --- building --- */

struct build {
    struct place_index *index;
    const struct policy *policy;
    const struct polygon_source *source;
    struct textmap codes; /* property value → area code, where the source translates */
    struct faults *faults;
};

/* The area's code that a property's value stands for; NULL with a fault. */
static const char *code_of(struct build *build, size_t number, const char *value)
{
    const char *code = value;
    if (build->source->code_count > 0)
        code = textmap_get(&build->codes, value);
    if (code == NULL) {
        fault_add(build->faults, build->source->file, 0, 0, "feature %zu: '%s' is not among the codes (%s:%zu); add it",
                  number, value, build->source->origin.file, build->source->origin.line);
        return NULL;
    }
    if (policy_area(build->policy, code) != NULL)
        return code;
    fault_add(build->faults, build->source->file, 0, 0, "feature %zu: unknown area '%s'; add it to areas.yaml", number,
              code);
    return NULL;
}

/* Its own, within those of what it lies in. */
static void set_dates(struct polygon *polygon, const struct area *area)
{
    for (; area != NULL; area = area->parent) {
        if (area->valid_from_ms > polygon->from_ms)
            polygon->from_ms = area->valid_from_ms;
        if (area->valid_to_ms && (!polygon->to_ms || area->valid_to_ms < polygon->to_ms))
            polygon->to_ms = area->valid_to_ms;
    }
}

static void add_polygon(void *arg, size_t number, const char *value, GEOSGeometry *geometry)
{
    struct build *build = arg;
    struct place_index *index = build->index;
    const char *code = code_of(build, number, value);
    if (code == NULL) {
        GEOSGeom_destroy_r(index->context.handle, geometry);
        return;
    }
    if (index->count == index->capacity) {
        index->capacity = index->capacity == 0 ? 64 : 2 * index->capacity;
        index->polygons = realloc(index->polygons, index->capacity * sizeof(*index->polygons));
        if (index->polygons == NULL)
            panic("out of memory for %zu polygons", index->capacity);
    }
    index->polygons[index->count++] = (struct polygon){.code = arena_strdup(&index->arena, code),
                                                       .geometry = geometry,
                                                       .prepared = GEOSPrepare_r(index->context.handle, geometry)};
    set_dates(&index->polygons[index->count - 1], policy_area(build->policy, code));
}

static void read_source(struct build *build, const struct polygon_source *source, const char *folder)
{
    build->source = source;
    for (size_t i = 0; i < source->code_count; i++)
        textmap_put(&build->codes, source->codes[i].value, (void *)source->codes[i].code);
    const char *path = arena_printf(&build->index->arena, "%s/%s", folder, source->file);
    geojson_read(&build->index->context, path, source->file, source->property, add_polygon, build, build->faults);
    textmap_release(&build->codes);
}

static void ignore(void *item, void *arg)
{
    (void)item;
    (void)arg;
}

/* The array is complete and moves no more, so the tree may point into it. */
static void build_tree(struct place_index *index)
{
    GEOSContextHandle_t geos = index->context.handle;
    index->tree = GEOSSTRtree_create_r(geos, TREE_FANOUT);
    for (size_t i = 0; i < index->count; i++)
        GEOSSTRtree_insert_r(geos, index->tree, index->polygons[i].geometry, &index->polygons[i]);
    GEOSGeometry *anywhere = GEOSGeom_createPointFromXY_r(geos, 0, 0);
    GEOSSTRtree_query_r(geos, index->tree, anywhere, ignore,
                        NULL); /* GEOS builds it at the first query: here, not live */
    GEOSGeom_destroy_r(geos, anywhere);
}

int place_build(const struct policy *policy, const char *folder, struct place_index **out, struct faults *faults)
{
    *out = NULL;
    if (policy->polygon_count == 0)
        return 0;
    size_t faults_before = faults->count;
    struct place_index *index = calloc(1, sizeof(*index));
    if (index == NULL)
        panic("out of memory for a place index");
    geometry_context_init(&index->context);
    arena_init(&index->arena);
    struct build build = {.index = index, .policy = policy, .faults = faults};
    for (size_t i = 0; i < policy->polygon_count; i++)
        read_source(&build, &policy->polygons[i], folder);
    if (faults->count > faults_before) {
        place_free(index);
        return -EINVAL;
    }
    build_tree(index);
    *out = index;
    return 0;
}

void place_free(struct place_index *index)
{
    if (index == NULL)
        return;
    GEOSContextHandle_t geos = index->context.handle;
    if (index->tree != NULL)
        GEOSSTRtree_destroy_r(geos, index->tree);
    for (size_t i = 0; i < index->count; i++) {
        GEOSPreparedGeom_destroy_r(geos, index->polygons[i].prepared);
        GEOSGeom_destroy_r(geos, index->polygons[i].geometry);
    }
    free(index->polygons);
    arena_release(&index->arena);
    geometry_context_release(&index->context);
    free(index);
}

/* --- finding --- */

struct hit {
    const struct place_index *index;
    int64_t at_ms;
    const GEOSGeometry *point;
    const struct polygon *found;
};

static bool is_over(const struct polygon *polygon, int64_t at_ms)
{
    return polygon->to_ms && polygon->to_ms <= at_ms;
}

/* The first that is in force; else the first whose area is over, so that its successor has it. */
static bool comes_before(const struct polygon *a, const struct polygon *b, int64_t at_ms)
{
    bool over_a = is_over(a, at_ms), over_b = is_over(b, at_ms);
    return over_a == over_b ? a < b : over_b;
}

/* Called for each polygon whose box holds the point, in no order. */
static void test_polygon(void *item, void *arg)
{
    struct polygon *polygon = item;
    struct hit *hit = arg;
    if (polygon->from_ms > hit->at_ms || (hit->found != NULL && !comes_before(polygon, hit->found, hit->at_ms)))
        return;
    if (GEOSPreparedIntersects_r(hit->index->context.handle, polygon->prepared, hit->point) == 1)
        hit->found = polygon;
}

const char *place_find(const struct place_index *index, int64_t at_ms, enum coordinate_system system, double latitude,
                       double longitude)
{
    if (index == NULL)
        return "";
    place_to_wgs84(system, &latitude, &longitude);
    if (!isfinite(latitude) || !isfinite(longitude))
        return "";
    GEOSContextHandle_t geos = index->context.handle;
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(geos, longitude, latitude);
    struct hit hit = {.index = index, .at_ms = at_ms, .point = point};
    if (point != NULL)
        GEOSSTRtree_query_r(geos, index->tree, point, test_polygon, &hit);
    GEOSGeom_destroy_r(geos, point);
    return hit.found != NULL ? hit.found->code : "";
}

/* --- what is near --- */

#define CIRCLE_POINTS 64
#define NEAR_MAX      16 /* areas that meet about one point */
#define DEGREE_M      111320.0
#define RADIANS       (3.14159265358979323846 / 180)

/* Around the point, in degrees; NULL when GEOS has none. */
static GEOSGeometry *circle(GEOSContextHandle_t geos, double latitude, double longitude, double radius_m)
{
    GEOSCoordSequence *ring = GEOSCoordSeq_create_r(geos, CIRCLE_POINTS + 1, 2);
    double across_m = DEGREE_M * cos(latitude * RADIANS);
    for (unsigned i = 0; i <= CIRCLE_POINTS; i++) {
        double angle = (double)(i % CIRCLE_POINTS) * 360 / CIRCLE_POINTS * RADIANS;
        GEOSCoordSeq_setXY_r(geos, ring, i, longitude + radius_m / across_m * cos(angle),
                             latitude + radius_m / DEGREE_M * sin(angle));
    }
    GEOSGeometry *shell = GEOSGeom_createLinearRing_r(geos, ring);
    return shell != NULL ? GEOSGeom_createPolygon_r(geos, shell, NULL, 0) : NULL;
}

struct about {
    const struct place_index *index;
    const GEOSGeometry *circle;
    const struct polygon *found[NEAR_MAX]; /* in the index's order */
    size_t count;
};

static void keep_in_order(struct about *about, const struct polygon *polygon)
{
    size_t at = about->count;
    while (at > 0 && about->found[at - 1] > polygon) {
        about->found[at] = about->found[at - 1];
        at--;
    }
    about->found[at] = polygon;
    about->count++;
}

static void test_near(void *item, void *arg)
{
    const struct polygon *polygon = item;
    struct about *about = arg;
    if (about->count < NEAR_MAX - 1 &&
        GEOSPreparedIntersects_r(about->index->context.handle, polygon->prepared, about->circle) == 1)
        keep_in_order(about, polygon);
}

const char *const *place_near(const struct place_index *index, const struct place *place, double within_m,
                              struct arena *arena, size_t *count)
{
    double latitude = place->latitude, longitude = place->longitude;
    *count = 0;
    if (index == NULL || !place->has_point)
        return NULL;
    place_to_wgs84(place->system, &latitude, &longitude);
    if (!isfinite(latitude) || !isfinite(longitude) || fabs(latitude) > 89)
        return NULL;
    GEOSContextHandle_t geos = index->context.handle;
    struct about about = {.index = index, .circle = circle(geos, latitude, longitude, within_m)};
    if (about.circle != NULL)
        GEOSSTRtree_query_r(geos, index->tree, about.circle, test_near, &about);
    GEOSGeom_destroy_r(geos, (GEOSGeometry *)about.circle);
    const char **codes = ARENA_NEW(arena, const char *, about.count);
    for (size_t i = 0; i < about.count; i++)
        codes[i] = about.found[i]->code;
    *count = about.count;
    return codes;
}
