/* events.h: events read from what people have: JSON Lines, or CSV with a column map. What is wrong with a line is
 * found here, named by line and field, before anything is sent. */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include <stdbool.h>

#include "broker/base/arena.h"
#include "cli/column_map.h"
#include "cli/lines.h"
#include "schemas/types.h"

/* What is wrong with one line. */
struct bad_line {
    const char *field; /* "" when it is the line as a whole; in the arena or static */
    const char *what;  /* in the arena */
};

enum reading { READING_EVENT, READING_BAD, READING_END, READING_FAILED /* the file cannot be read: errno */ };

struct events;

/* The lines stay the caller's. */
struct events *events_open_json(struct lines *);
/* Reads the row of names; NULL with *bad (its texts in the arena) when that or the map's columns do not fit. */
struct events *events_open_csv(struct lines *, struct column_map *, struct arena *, struct bad_line *bad);
void events_close(struct events *);

/* The next event, checked; its texts are in the arena. *line: where it began, from 1. */
enum reading events_next(struct events *, struct arena *, struct event *, struct bad_line *, size_t *line);

/* One line of JSON as an event; false with *bad. Not checked yet. (events_json.c) */
bool event_from_json(const char *text, size_t size_bytes, struct arena *, struct event *, struct bad_line *bad);
/* Seals who reported to the custodian that is named (custodian.h); false with *bad when there is none. */
bool event_seal(struct event *, const char *field, const char *text, struct arena *, struct bad_line *bad);
/* What the broker would refuse in any event, found here: lengths, UTF-8, ranges, missing fields. (event_check.c) */
bool event_check(const struct event *, struct arena *, struct bad_line *bad);

/* Fills *bad; always false, so that callers may return it. */
bool bad_line(struct bad_line *bad, struct arena *, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
