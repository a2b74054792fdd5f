#include "broker/place/geojson.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"

struct reader {
    struct geometry_context *context;
    const char *name, *property;
    struct faults *faults;
    size_t number; /* of the feature being read */
};

/* --- context --- */

static void complain(const char *message, void *arg)
{
    struct geometry_context *context = arg;
    snprintf(context->complaint, sizeof(context->complaint), "%s", message);
}

void geometry_context_init(struct geometry_context *context)
{
    context->complaint[0] = '\0';
    context->handle = GEOS_init_r();
    if (context->handle == NULL)
        panic("out of memory for GEOS");
    GEOSContext_setErrorMessageHandler_r(context->handle, complain, context);
}

void geometry_context_release(struct geometry_context *context)
{
    GEOS_finish_r(context->handle);
}

__attribute__((format(printf, 2, 3))) static int fault(const struct reader *reader, const char *format, ...)
{
    char sentence[400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    return fault_add(reader->faults, reader->name, 0, 0, "feature %zu: %s", reader->number, sentence);
}

/* --- geometry --- */

static bool read_position(const json_t *position, double *xy)
{
    const json_t *x = json_array_get(position, 0), *y = json_array_get(position, 1);
    if (!json_is_number(x) || !json_is_number(y))
        return false;
    xy[0] = json_number_value(x);
    xy[1] = json_number_value(y);
    return fabs(xy[0]) <= 180 && fabs(xy[1]) <= 90;
}

/* NULL with a fault. GEOS itself refuses a ring that is short or not closed. */
static GEOSGeometry *read_ring(const struct reader *reader, const json_t *ring)
{
    GEOSContextHandle_t geos = reader->context->handle;
    size_t n = json_array_size(ring);
    double *xy = n > 0 ? calloc(n, 2 * sizeof(*xy)) : NULL;
    GEOSGeometry *geometry = NULL;
    bool sound = xy != NULL;
    for (size_t i = 0; sound && i < n; i++)
        sound = read_position(json_array_get(ring, i), xy + 2 * i);
    if (!sound) {
        fault(reader, "a position is not [longitude, latitude] in degrees (WGS84)");
    } else {
        GEOSCoordSequence *sequence = GEOSCoordSeq_copyFromBuffer_r(geos, xy, (unsigned)n, 0, 0);
        geometry = sequence != NULL ? GEOSGeom_createLinearRing_r(geos, sequence) : NULL;
        if (geometry == NULL)
            fault(reader, "%s; a ring has four positions or more and ends where it begins", reader->context->complaint);
    }
    free(xy);
    return geometry;
}

static void destroy_all(GEOSContextHandle_t geos, GEOSGeometry **parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        GEOSGeom_destroy_r(geos, parts[i]);
    free(parts);
}

typedef GEOSGeometry *read_part_fn(const struct reader *, const json_t *);

/* All elements of an array, or NULL with a fault. */
static GEOSGeometry **read_parts(const struct reader *reader, const json_t *array, read_part_fn *read_part)
{
    size_t n = json_array_size(array);
    GEOSGeometry **parts = n > 0 ? calloc(n, sizeof(GEOSGeometry *)) : NULL;
    if (parts == NULL) {
        fault(reader, "coordinates are empty or nested wrongly");
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        parts[i] = read_part(reader, json_array_get(array, i));
        if (parts[i] == NULL) {
            destroy_all(reader->context->handle, parts, i);
            return NULL;
        }
    }
    return parts;
}

static GEOSGeometry *read_polygon(const struct reader *reader, const json_t *rings)
{
    GEOSGeometry **parts = read_parts(reader, rings, read_ring);
    if (parts == NULL)
        return NULL;
    GEOSGeometry *polygon =
        GEOSGeom_createPolygon_r(reader->context->handle, parts[0], parts + 1, (unsigned)json_array_size(rings) - 1);
    free(parts); /* the rings belong to the polygon now, even when it failed */
    if (polygon == NULL)
        fault(reader, "%s", reader->context->complaint);
    return polygon;
}

static GEOSGeometry *read_multipolygon(const struct reader *reader, const json_t *polygons)
{
    GEOSGeometry **parts = read_parts(reader, polygons, read_polygon);
    if (parts == NULL)
        return NULL;
    GEOSGeometry *all = GEOSGeom_createCollection_r(reader->context->handle, GEOS_MULTIPOLYGON, parts,
                                                    (unsigned)json_array_size(polygons));
    free(parts);
    if (all == NULL)
        fault(reader, "%s", reader->context->complaint);
    return all;
}

static bool is_valid(const struct reader *reader, const GEOSGeometry *geometry)
{
    GEOSContextHandle_t geos = reader->context->handle;
    if (GEOSisValid_r(geos, geometry) == 1)
        return true;
    char *reason = GEOSisValidReason_r(geos, geometry);
    fault(reader, "invalid polygon: %s; repair it in the tool that drew it", reason != NULL ? reason : "unknown");
    GEOSFree_r(geos, reason);
    return false;
}

static GEOSGeometry *read_geometry(const struct reader *reader, const json_t *geometry)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    GEOSGeometry *result = NULL;
    if (type != NULL && strcmp(type, "Polygon") == 0)
        result = read_polygon(reader, coordinates);
    else if (type != NULL && strcmp(type, "MultiPolygon") == 0)
        result = read_multipolygon(reader, coordinates);
    else
        fault(reader, "its geometry is %s; an area is a Polygon or MultiPolygon", type != NULL ? type : "missing");
    if (result != NULL && !is_valid(reader, result)) {
        GEOSGeom_destroy_r(reader->context->handle, result);
        return NULL;
    }
    return result;
}

/* --- features --- */

/* The property as text; numbers are how some offices write codes. NULL with a fault. */
static const char *read_property(const struct reader *reader, const json_t *feature, char text[32])
{
    const json_t *value = json_object_get(json_object_get(feature, "properties"), reader->property);
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(text, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return text;
    }
    fault(reader, "property '%s' is %s", reader->property,
          value == NULL ? "missing; name one that every feature has" : "neither text nor a whole number");
    return NULL;
}

static void read_feature(const struct reader *reader, const json_t *feature, geojson_fn *each, void *arg)
{
    char text[32];
    const char *value = read_property(reader, feature, text);
    GEOSGeometry *geometry = value != NULL ? read_geometry(reader, json_object_get(feature, "geometry")) : NULL;
    if (geometry != NULL)
        each(arg, reader->number, value, geometry);
}

/* Old files name their system; only degrees of WGS84 (or CGCS2000, the same here) are read. */
static int check_system(const struct reader *reader, const json_t *root)
{
    const json_t *properties = json_object_get(json_object_get(root, "crs"), "properties");
    const char *name = json_string_value(json_object_get(properties, "name"));
    if (name == NULL || strstr(name, "CRS84") != NULL || strstr(name, "4326") != NULL || strstr(name, "4490") != NULL)
        return 0;
    return fault_add(reader->faults, reader->name, 0, 0, "coordinates are in '%s'; convert them to WGS84 degrees",
                     name);
}

static int open_root(const char *path, const char *name, json_t **root, struct faults *faults)
{
    struct stat status;
    json_error_t error;
    if (stat(path, &status) != 0) {
        int result = -errno;
        fault_add(faults, name, 0, 0, "%s", strerror(-result));
        return result;
    }
    if (status.st_size > POLYGON_FILE_MAX_BYTES)
        return fault_add(faults, name, 0, 0, "larger than %lld bytes; simplify the polygons", POLYGON_FILE_MAX_BYTES);
    *root = json_load_file(path, 0, &error);
    if (*root == NULL)
        return fault_add(faults, name, error.line > 0 ? (size_t)error.line : 0,
                         error.column > 0 ? (size_t)error.column : 0, "not JSON: %s", error.text);
    return 0;
}

int geojson_read(struct geometry_context *context, const char *path, const char *name, const char *property,
                 geojson_fn *each, void *arg, struct faults *faults)
{
    struct reader reader = {.context = context, .name = name, .property = property, .faults = faults};
    size_t faults_before = faults->count;
    json_t *root;
    int result = open_root(path, name, &root, faults);
    if (result != 0)
        return result;
    const json_t *features = json_object_get(root, "features");
    if (!json_is_array(features))
        fault_add(faults, name, 0, 0, "not a FeatureCollection: it has no list 'features'");
    check_system(&reader, root);
    for (size_t i = 0; i < json_array_size(features); i++) {
        reader.number = i + 1;
        read_feature(&reader, json_array_get(features, i), each, arg);
    }
    json_decref(root);
    return faults->count > faults_before ? -EINVAL : 0;
}
