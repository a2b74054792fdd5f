/* script.h: a scenario as it is written: its names, and its lines split into words. What the words mean is the business
 * of steps.c and expect.c. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/base/arena.h"

/* A line that begins with a time and goes on is two: the time, and the rest. */
struct line {
    size_t no;        /* in the file, from 1 */
    const char *text; /* as written */
    const char **words;
    size_t word_count;
    const char **reply; /* the words after "=>" */
    size_t reply_count;
    bool together;     /* "&": in one turn with what follows */
    bool commits;      /* played plainly, it put something on disk */
    const char *block; /* the indented lines below it, their common indent taken away; NULL: none */
};

struct script {
    struct arena arena;
    const char *path;
    const char *chinese, *english; /* its names: the first two lines */
    struct line *lines;
    size_t line_count;
    char fault[300]; /* what is wrong, with file and line */
};

/* Release it in any case. */
bool script_read(struct script *, const char *path);
void script_release(struct script *);

/* "1h30m", "90s", "2d", "500ms"; false when it is none. */
bool script_span(const char *word, int64_t *ms);
/* "2026-09-30" and "17:50" or "17:50:30", in the city's time; false when they are not. */
bool script_time(const char *date, const char *time, int offset_minutes, int64_t *ms);

#endif
