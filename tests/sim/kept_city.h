/* kept_city.h: a small random city for the model of exclusion, and the model's own answer to whom a report is kept from:
 * reckoned by sets from the city as it was drawn, with nothing of the broker's. */
#ifndef SIM_KEPT_CITY_H
#define SIM_KEPT_CITY_H

#include "tests/sim/city.h"
#include "tests/sim/world.h"

#define KEPT_UNITS      9
#define KEPT_AREAS      8
#define KEPT_PRINCIPALS 21
#define KEPT_NONE       (-1)

/* Bit i is the i-th unit, area, principal. */
typedef uint32_t kept_set;

struct kept_unit {
    int parent, supervisor, area, successor; /* KEPT_NONE: none; a successor: it is retired */
    bool gone;                               /* it is retired without one */
    int kind;                                /* 0: it is its area's own unit */
};

struct kept_principal {
    char name[12];
    const char *roles;
    kept_set units, areas;
    bool every; /* units: all */
};

enum {
    HOTLINE,
    CAMERA,
    UNIT_SOURCE, /* whose people are of a unit; it takes notices */
    CHIEF,
    DISPATCHER,
    CHECKER,
    OPS,
    AUDITOR,
    EVERYBODY,
    BOTH,
    AREA_DESK,
    UNIT_DESK,
    DEPARTMENTS
};
#define KEPT_DEVICE "cam-1" /* of the camera: it cries wolf */

struct kept_city {
    struct kept_unit units[KEPT_UNITS];
    struct kept_principal principals[KEPT_PRINCIPALS];
    int discipline;
    kept_set vacant;                                   /* areas without anybody on the ladder */
    int area_successor[KEPT_AREAS];                    /* KEPT_NONE: in use */
    int owner, first, candidates[3], assist, fallback; /* of routes.yaml: units */
};

extern const char *const kept_areas[KEPT_AREAS];
/* KEPT_NONE: it is the city. */
int kept_area_above(int area);
/* What `@LEVEL` calls its level, and `@LEVEL.KIND` a unit's kind. */
const char *kept_level_name(int area);
const char *kept_kind_name(int kind);
/* "u3". */
const char *kept_unit_id(int unit);
int kept_unit_of(const char *id);
int kept_area_of(const char *code);
/* Whose department key is that unit's own. */
static inline int kept_department(int unit)
{
    return DEPARTMENTS + unit;
}

void kept_draw(struct kept_city *, struct chance *);
/* Another day: a thing or two of it is otherwise. */
void kept_change(struct kept_city *, struct chance *);
void kept_write(const struct kept_city *, struct city *);
/* The same, but who and where only: without types, rules and what goes by them. */
void kept_write_who(const struct kept_city *, struct city *);
/* Who is meant by the unit, and which place by the area, now; KEPT_NONE: nobody. */
int kept_now(const struct kept_city *, int unit);
int kept_area_now(const struct kept_city *, int area);

/* Whom it is about, as in an event: words with blanks between. */
#define KEPT_ABOUT_BYTES 64
void kept_about(const struct kept_city *, struct chance *, char about[KEPT_ABOUT_BYTES]);
/* Whether each word still means somebody; else it is refused. */
bool kept_means_somebody(const struct kept_city *, const char *about);

/* Everybody who may not learn of it. */
struct kept_from {
    kept_set units, areas, principals;
};
struct kept_from kept_from(const struct kept_city *, const char *about);
/* Who gets it instead: the supervising line, then the discipline unit; KEPT_NONE: nobody may. */
int kept_instead(const struct kept_city *, const char *about);

#endif
