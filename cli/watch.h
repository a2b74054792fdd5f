/* watch.h: what the live screen knows (watch.c hears it) and its drawing (watch_draw.c); nobody else includes it. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/cli.h"
#include "cli/table.h"

#define FEED_KEPT 256 /* latest lines; a higher screen shows no more */
#define CASES_MAX 8   /* of each list */

struct feed_line {
    enum colour colour;
    char *text;
};

/* Incidents that wait for us or are late, the eldest of each kind. */
enum case_list { CASES_OVERDUE, CASES_UNROUTED, CASES_DESK, CASES_VERIFYING, CASES_END };

struct cases {
    struct arena arena; /* holds the rows */
    const struct row *rows;
    size_t count;
    uint64_t asked; /* tag of the query under way, 0: none */
};

struct watching {
    const struct common *common;
    struct client *command, *feed;
    struct arena shown; /* holds the overview on the screen */
    const struct overview *overview;
    struct cases cases[CASES_END];
    uint64_t asked; /* tag of the overview under way, 0: none */
    int64_t ask_ms, ask_cases_ms;
    uint32_t greetings, credit; /* of the feed */
    char cursor[256];           /* "": not known where to begin yet */
    char refused[256], trouble[512];
    uint64_t seq;    /* of the last record heard */
    int64_t last_ms; /* its time */
    struct feed_line lines[FEED_KEPT];
    size_t line_count; /* ever; the latest are kept */
};

/* Draws all of it on stdscr. */
void watch_draw(const struct watching *);

#endif
