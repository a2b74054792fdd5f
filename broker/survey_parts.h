/* survey_parts.h: what the parts of a survey share. */
#ifndef BROKER_SURVEY_PARTS_H
#define BROKER_SURVEY_PARTS_H

#include "broker/core/route.h"
#include "broker/survey.h"

/* Finest areas that rules and units cannot tell apart, and one that stands for them. */
struct spot {
    const struct area *area;
    size_t count;
};

struct burden;

struct survey {
    const struct policy *policy;
    int64_t now_ms;
    struct faults *errors, *warnings;
    struct arena arena;
    const struct area **finest; /* areas without others within */
    size_t finest_count;
    struct spot *spots;
    size_t spot_count;
    struct burden *burdens; /* clocks that units cannot keep, newest first */
    struct textmap seen;    /* by what it is about, so that it is told once */
};

#define FIND(survey, origin, ...)                                                                                      \
    fault_add((survey)->errors, (origin)->file, (origin)->line, (origin)->column, __VA_ARGS__)
#define WARN(survey, origin, ...)                                                                                      \
    fault_add((survey)->warnings, (origin)->file, (origin)->line, (origin)->column, "warning: " __VA_ARGS__)

/* survey_spots.c */
void survey_spots(struct survey *);
/* survey_routes.c: no owner, two owners, nobody found; and clocks that the unit found cannot keep. */
void survey_routes(struct survey *);
/* survey_time.c: limits that contradict each other, types without one, calendars with gaps. */
void survey_time(struct survey *);
/* One unit gets what is of a type: remembered, and told in the end. */
void survey_duty(struct survey *, const struct unit *, const struct type *);
void survey_duties(struct survey *);
/* survey_people.c: ladders that lead to nobody, roles that check themselves. */
void survey_people(struct survey *);

#endif
