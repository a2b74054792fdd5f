/* report.h: what `bihuan report` was asked, and how it shows the answer. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/cli.h"
#include "cli/figures.h"

struct report {
    struct common common;
    const char *from, *to;  /* dates as they were typed, both inclusive */
    const char *utc_offset; /* of the city: where its days begin */
    bool csv;
    const char *level; /* of --by area */
    struct figures_question question;
    uint64_t unseen; /* records of the trail that the reader was not shown */
};

/* In the order of enum figures_by; NULL for none. */
extern const char *const report_by_names[];
/* A level's digits by its default name, or the number itself; 0: neither. */
unsigned report_level(const char *text);

/* To stdout, in the form that was asked for. */
void report_print(const struct report *, const struct figures *);

#endif
