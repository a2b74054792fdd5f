/* report.h: what `bihuan report` was asked, and how it shows the answer. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/figures.h"
#include "cli/scoring.h"
#include "cli/table.h"

struct report {
    struct common common;
    const char *from, *to;  /* dates as they were typed, both inclusive */
    const char *utc_offset; /* of the city: where its days begin */
    bool csv;
    const char *level; /* of --by area */
    struct figures_question question;
    uint64_t unseen; /* records of the trail that the reader was not shown */
    const char *scoring_file;
    struct scoring *scoring; /* NULL: no ranks */
    bool corrections;        /* only what differs from how it stood at the cut-off */
};

/* In the order of enum figures_by; NULL for none. */
extern const char *const report_by_names[];
/* A level's digits by its default name, or the number itself; 0: neither. */
unsigned report_level(const char *text);

/* What an indicator is told apart by, by its name: "respond", "9", "week"; 0: none that it can be. */
unsigned report_of(const struct figure *, const char *text);

/* To stdout, in the form that was asked for. */
void report_print(const struct report *, const struct figures *);
/* The same of what differs. */
void report_corrections(const struct report *, const struct figures *frozen, const struct figures *now);

/* --- the pieces --- */

const char *report_title(const struct figure *, unsigned of, char *out, size_t size_bytes);
const char *report_of_name(const struct figure *, unsigned of, char *out, size_t size_bytes); /* for programs */
void report_value_cell(struct table *, const struct figure *, const struct cell *);
json_t *report_cell_json(const struct figure *, const struct cell *);
void report_csv_line(const char *const *fields, size_t count);
/* report_ranking.c: how the groups rank, where there is a scoring. */
void report_ranking_text(const struct report *, const struct figures *);
json_t *report_ranking_json(const struct report *, const struct figures *);
void report_ranking_csv(const struct report *, const struct figures *);

#endif
