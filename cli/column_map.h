/* column_map.h: a YAML file that says how a row of a CSV becomes an event; docs/CONFIGURATION.md describes it. */
#ifndef CLI_COLUMN_MAP_H
#define CLI_COLUMN_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/base/arena.h"
#include "broker/base/fault.h"

/* X(NAME, name): the fields a map may fill. */
/* clang-format off */
#define MAP_FIELDS(X) \
    X(ID, id) X(TYPE, type) X(AREA, area) X(ADDRESS, address) X(LATITUDE, latitude) X(LONGITUDE, longitude) \
    X(SYSTEM, system) X(OBSERVED, observed) X(NATURE, nature) X(SEVERITY, severity) X(TEXT, text) \
    X(SOURCE_REF, source_ref) X(RECURRENCE_OF, recurrence_of) X(PANIC, panic) X(SEALED, sealed) \
    X(OBJECT, object) X(ABOUT, about) X(REPORTER_PLAIN, reporter_plain)
/* clang-format on */
#define MAP_FIELD_X(N, n) MAP_##N,
enum map_field { MAP_FIELDS(MAP_FIELD_X) MAP_FIELD_COUNT };

/* A template is a chain of pieces: constants and columns. */
struct map_piece {
    const char *text; /* the constant, or the column's name */
    bool is_column;
    size_t column; /* its position, once bound to a file */
};

struct map_translation {
    const char *from, *to;
};

/* Where a field's value comes from; neither pieces nor translations: the map does not fill it. */
struct map_source {
    const struct map_piece *pieces; /* a translation has one: its column */
    size_t piece_count;
    bool translated;
    const struct map_translation *translations;
    size_t translation_count;
    const char *otherwise; /* NULL: a value not listed is an error */
    size_t line, column;   /* in the map's file */
};

struct column_map {
    struct arena arena;
    const char *file;
    bool has_time_zone;
    int time_zone_minutes;
    const char *time_format; /* NULL: RFC 3339 */
    char separator;
    struct map_source sources[MAP_FIELD_COUNT];
};

const char *map_field_name(enum map_field);

/* 0 and a map to be freed; or -EINVAL, or -errno of the file, with faults as file:line:column. */
int column_map_load(const char *file, struct column_map **out, struct faults *);
void column_map_free(struct column_map *);

/* Finds the columns by their names. 0; -EINVAL with faults naming those the CSV does not have. */
int column_map_bind(struct column_map *, const char *const *names, size_t name_count, struct faults *);

/* The field's value in a row. true with *out NULL when the field is absent in it; false when a value is not among the
 * translations (*out is that value). */
bool column_map_value(const struct column_map *, enum map_field, const char *const *values, struct arena *,
                      const char **out);

#endif
