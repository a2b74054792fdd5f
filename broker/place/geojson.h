/* geojson.h: the polygons of a GeoJSON file, with the property that names each. jansson reads, GEOS builds. */
#ifndef PLACE_GEOJSON_H
#define PLACE_GEOJSON_H

#include <geos_c.h>

#include "broker/base/fault.h"

/* GEOS reports what is wrong only as text, through its context. */
struct geometry_context {
    GEOSContextHandle_t handle;
    char complaint[256]; /* of the last call that failed */
};

void geometry_context_init(struct geometry_context *);
void geometry_context_release(struct geometry_context *);

/* One feature: its number in the file from 1, the property's text, and the geometry, which the callee takes over. */
typedef void geojson_fn(void *arg, size_t number, const char *value, GEOSGeometry *);

/* Calls back for each valid feature in order. 0, or -EINVAL or -errno with faults: file as `name`, feature by number. */
int geojson_read(struct geometry_context *, const char *path, const char *name, const char *property, geojson_fn *,
                 void *arg, struct faults *);

#endif
