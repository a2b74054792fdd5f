/* scoring.h: what a city makes of its indicators: weights that add up to a score, groups that are ranked among themselves
 * (一类–四类), and one-vote vetoes (一票否决). Read from a file of the city's; pure beyond that. */
#ifndef CLI_SCORING_H
#define CLI_SCORING_H

#include "cli/column_map.h"
#include "cli/figures.h"

/* An indicator, of one clock, level, rung or period where it is of some: "on_time.respond". */
struct scored_figure {
    const char *name; /* as written */
    size_t figure;    /* index in figure_table */
    unsigned of;
};

struct weight {
    struct scored_figure what;
    int percent; /* below 0: the fewer the better */
};

struct veto {
    struct scored_figure what;
    int64_t above; /* a count; percent of a rate */
};

struct ranked_group {
    const char *name;
    const char **keys;
    size_t key_count;
};

struct scoring {
    struct arena arena;
    const char *file;
    struct weight *weights;
    struct veto *vetoes;
    struct ranked_group *groups;
    size_t weight_count, veto_count, group_count;
};

/* 0; or -errno, with faults that name line and column. */
int scoring_load(const char *path, struct scoring **out, struct faults *faults);
void scoring_free(struct scoring *);

/* How one of the report's groups stands. */
struct standing {
    const struct group *group;
    size_t place;               /* the group that it is ranked in; group_count: those of none */
    int tenths;                 /* its score, in tenths of a percent; -1: nothing of it is known */
    size_t rank;                /* 0: none */
    const struct veto **vetoes; /* that it is flagged by */
    size_t veto_count;
};

/* Its name; "" of those of none. */
const char *scoring_group(const struct scoring *, const struct standing *);
/* All of the report's groups that are somebody's, by whom they are ranked with, then rank; in the scoring's arena. */
size_t scoring_rank(struct scoring *, const struct figures *, struct standing **out);

#endif
