/* reading.h: one reading of a city's files: what every reader of a file shares. config.c holds the order; each reader
 * may rely on the tables of those before it. */
#ifndef CONFIG_READING_H
#define CONFIG_READING_H

#include "broker/config/document.h"
#include "broker/config/files.h"
#include "broker/core/policy.h"

/* X(NAME, file, needed) in the order in which they are read. */
#define CITY_FILES(X)                                                                                                  \
    X(CITY, "city.yaml", true)                                                                                         \
    X(CALENDARS, "calendars.yaml", false)                                                                              \
    X(LADDERS, "ladders.yaml", false)                                                                                  \
    X(CLOCKS, "clocks.yaml", true)                                                                                     \
    X(TYPES, "types.yaml", true)                                                                                       \
    X(AREAS, "areas.yaml", true)                                                                                       \
    X(UNITS, "units.yaml", true)                                                                                       \
    X(POSTS, "posts.yaml", false)                                                                                      \
    X(OBJECTS, "objects.yaml", false)                                                                                  \
    X(PLANS, "plans.yaml", false)                                                                                      \
    X(BORDERS, "borders.yaml", false)                                                                                  \
    X(ROUTES, "routes.yaml", true)                                                                                     \
    X(PRINCIPALS, "principals.yaml", false)                                                                            \
    X(ABSENCES, "absences.yaml", false)                                                                                \
    X(FOLDS, "folds.yaml", false)                                                                                      \
    X(PERIODS, "periods.yaml", false)                                                                                  \
    X(RATING, "area_levels.yaml", false)                                                                               \
    X(DUTIES, "duties.yaml", false)                                                                                    \
    X(EVENTS, "events.yaml", false)                                                                                    \
    X(NOTICES, "notices.yaml", false)                                                                                  \
    X(SENSORS, "sensors.yaml", false)

#define CITY_FILE_ENUM(N, file, needed) FILE_##N,
enum city_file { CITY_FILES(CITY_FILE_ENUM) FILE_COUNT };

/* What names something that is read later. */
struct later {
    struct document *document;
    yaml_node_t *node; /* NULL: not written */
};

struct reading {
    struct policy *policy; /* being filled; its maps too, to find what is written twice */
    struct files *files;
    struct faults *faults;
    struct arena *scratch;
    const char *keys_folder; /* of city.yaml, or NULL */
    struct textmap kinds;    /* "level.kind" of the units there are */
    struct later discipline; /* the same: a unit */
};

/* Each turns one file into its part of the policy; all that is wrong becomes faults. A document that is NULL means the
 * file is not there and the default stands. */
void read_city(struct reading *, struct document *);
void read_calendars(struct reading *, struct document *);
void read_ladders(struct reading *, struct document *);
void read_clocks(struct reading *, struct document *);
void read_types(struct reading *, struct document *);
void read_areas(struct reading *, struct document *);
void read_units(struct reading *, struct document *);
void read_posts(struct reading *, struct document *);
void read_objects(struct reading *, struct document *);
void read_plans(struct reading *, struct document *);
void read_borders(struct reading *, struct document *);
void read_routes(struct reading *, struct document *);
void read_principals(struct reading *, struct document *);
void read_periods(struct reading *, struct document *);
void read_absences(struct reading *, struct document *);
void read_folds(struct reading *, struct document *);
void read_rating(struct reading *, struct document *);
void read_duties(struct reading *, struct document *);
void read_events(struct reading *, struct document *);
void read_notices(struct reading *, struct document *);
void read_sensors(struct reading *, struct document *);

/* --- what they share (reading.c) --- */

/* A copy in the policy's arena. */
const char *keep(struct reading *, const char *text);
struct origin origin_of(const struct document *, const yaml_node_t *);

/* The root's main list or mapping, such as `types:` of types.yaml; NULL with a fault. Other keys: see node_fields. */
yaml_node_t *root_field(struct document *, const char *const *keys, size_t n, yaml_node_t **fields);

/* The entries of a list, and of lists nested in them under `nested`, as one array: parents before children. */
struct entry_node {
    yaml_node_t *node;
    const struct entry_node *outer; /* the entry it is nested in, or NULL */
};
struct entry_node *flatten(struct reading *, struct document *, yaml_node_t *list, const char *nested, size_t *count);

/* A code or id: fits CODE_MAX_BYTES, has no blank and none of the characters in `without`. NULL with a fault. */
const char *read_code(struct reading *, struct document *, yaml_node_t *, const char *what, const char *without);
/* A name for people; `otherwise` when the field is absent. */
const char *read_name(struct reading *, struct document *, yaml_node_t *field, const char *what, const char *otherwise);
/* A person's name, "" without a field. */
const char *read_person(struct reading *, struct document *, yaml_node_t *field);
/* Fills *retired and *successor from the two fields, either may be NULL. */
void read_retired(struct reading *, struct document *, yaml_node_t *retired, yaml_node_t *successor, bool *is_retired,
                  const char **code);

/* What a node names, NULL with a fault that suggests the nearest. */
const struct type *named_type(struct reading *, struct document *, yaml_node_t *);
const struct area *named_area(struct reading *, struct document *, yaml_node_t *);
const struct unit *named_unit(struct reading *, struct document *, yaml_node_t *);
const struct principal *named_principal(struct reading *, struct document *, yaml_node_t *);
const struct profile *named_profile(struct reading *, struct document *, yaml_node_t *);
const struct timetable *named_calendar(struct reading *, struct document *, yaml_node_t *);
const struct plan *named_plan(struct reading *, struct document *, yaml_node_t *);
const struct ladder *named_ladder(struct reading *, struct document *, yaml_node_t *);
/* The index of a level; SIZE_MAX when there is none, for named_level with a fault at the node. */
size_t level_index(const struct policy *, const char *name);
size_t named_level(struct reading *, struct document *, const yaml_node_t *, const char *name);

/* A colour that areas are listed in; 0 with a fault. */
enum rung_colour read_area_colour(struct document *, yaml_node_t *);
/* Spans of a day, in order and apart: 08:00-12:00. */
void read_hours(struct reading *, struct document *, yaml_node_t *, struct hours *);
/* One or several, as bits by value; an unknown one is a fault. */
unsigned read_natures(struct document *, yaml_node_t *);
unsigned read_severities(struct document *, yaml_node_t *);
/* A clock that has a limit, by its name; 0 with a fault. */
enum clock_kind read_clock_kind(struct document *, yaml_node_t *);
/* Fills kinds, when the units are there: for read_recipients. */
void index_kinds(struct reading *);
/* One recipient or several; desk: whether a person may be the last. NULL with a fault. */
const struct recipient *read_recipients(struct reading *, struct document *, yaml_node_t *, size_t max, bool desk,
                                        size_t *count);
/* One, where there is an area and nothing else to go by: no desk, and no object's owner. */
void read_local_recipient(struct reading *, struct document *, yaml_node_t *, struct recipient *);

/* A limit in its short form, `4h` or `4wh`: calendar and budget. False with a fault. */
bool read_limit(struct reading *, struct document *, yaml_node_t *, struct limit *);
/* Limits of a profile, or written inside a type: kind → limit, beside `ladder`. */
void read_limits(struct reading *, struct document *, yaml_node_t *, struct profile *);

/* A second thing under the same key: a fault that names the first's line. */
void fault_twice(struct document *, yaml_node_t *, const char *what, const char *key, const struct origin *first);

#endif
