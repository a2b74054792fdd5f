/* tell.h: a play as a log to read: what was said, what was answered, what went on record. */
#ifndef SIM_TELL_H
#define SIM_TELL_H

#include "tests/sim/play.h"

/* All of it only of a loud play. */
void tell_line(struct play *);
void tell_answer(struct play *, const struct question *);
void tell_records(struct play *); /* those that are new */

/* A record in the words of a scenario, in the arena of the step. */
const char *tell_record(struct play *, const struct seen *);
struct seen seen_of(const struct record *);

#endif
