/* exercise.h: blind exercises 神秘访客: committed to by a hash beforehand, revealed later; until then nobody can tell. */
#ifndef CORE_EXERCISE_H
#define CORE_EXERCISE_H

#include "broker/core/aside.h"
#include "broker/core/incident.h"

/* A row: its key is the hash in hex, number the record that committed to it; state 1 committed, 2 revealed; then incident. */

/* ACT_COMMIT_EXERCISE: name is the SHA-256, in hex, of "EVENT-ID SECRET". */
bool exercise_commit(struct aside *);
/* ACT_REVEAL: text is "EVENT-ID SECRET" of the incident's event, and was committed to before that came in. From then on the
 * incident is an exercise. */
bool exercise_reveal(struct acting *);

#endif
