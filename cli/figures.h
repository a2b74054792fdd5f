/* figures.h: the indicators of a period, counted from incidents' lives: numerators and denominators, by group. Pure. To
 * add one, give it a row and a counting function in figures_rows.c. docs/FIGURES.md says what each one means. */
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

#include "broker/base/buffer.h"
#include "cli/figures_life.h"

enum figures_by { BY_NOTHING, BY_DEPARTMENT, BY_AREA, BY_TYPE, BY_SOURCE };

struct figures_question {
    int64_t from_ms, to_ms; /* the period's first instant, and the one after its last */
    int64_t as_of_ms;       /* what is not before it is not known: a period that goes on ends there */
    enum figures_by by;
    unsigned cut;  /* area: digits of the level; type: depth */
    bool exercise; /* exercises count too */
};

enum figure_form {
    FIGURE_COUNT, /* part */
    FIGURE_RATE,  /* part of whole */
    FIGURE_SPAN,  /* median and p90 of the samples, whole of them */
};

/* What an indicator is told apart by: a clock's kind, an area's level by its digits, a rung's height, how long a duty's
 * period is: 1 a day or less, 2 a week, 3 a month, 4 a quarter. */
enum figure_of { OF_NOTHING, OF_CLOCK, OF_LEVEL, OF_RUNG, OF_PERIOD };

struct counting;

struct figure {
    const char *name; /* in JSON and CSV: stable */
    enum figure_form form;
    enum figure_of of;
    void (*count)(struct counting *); /* one life */
    const char *title;                /* for people, translated; %s: what it is of */
    const char *part, *whole;         /* what is counted, out of what; NULL: of nothing */
};
extern const struct figure figure_table[];
extern const size_t figure_table_size;

struct cell {
    struct cell *next; /* by what it is of */
    unsigned of;       /* 0: of nothing */
    uint64_t part, whole;
    int64_t median_ms, p90_ms; /* nearest ranks */
    struct buffer samples;
};

struct group {
    const char *key;     /* "": none, as of an incident that is nobody's */
    struct cell **cells; /* the first of each indicator; always there when it is of nothing */
};

struct figures {
    const struct figures_question *question;
    struct arena arena;
    struct group *all;
    struct group **groups; /* by key; none when the question asks for none */
    size_t group_count;
    uint64_t exercises; /* left out */
    struct textmap by_key;
    struct intern keys;
};

/* lives: of the records before as_of_ms. They and the question are borrowed until figures_release. */
void figures_count(struct figures *, const struct figures_question *, const struct lives *);
void figures_release(struct figures *);
/* A rate in tenths of a percent, rounded half up; -1 when whole is 0. */
int figure_tenths(const struct cell *);

/* --- for counting functions --- */

struct counting {
    struct figures *figures;
    const struct figures_question *question;
    const struct life *life;
    const char *key; /* its group; NULL: none, or by department */
    size_t figure;   /* index in figure_table */
};

/* Whether the instant is in the period, as far as it is known. */
bool counting_within(const struct counting *, int64_t at_ms);
/* Counts one in the whole, and in the part when it belongs there too. whose: by department it is that dispatch's unit's;
 * NULL: the lead's. */
void counting_add(struct counting *, unsigned of, const struct dispatch *whose, bool part);
/* One sample of a span. */
void counting_sample(struct counting *, unsigned of, const struct dispatch *whose, int64_t span_ms);

#endif
