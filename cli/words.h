/* words.h: the names of types.h in the user's language: states, outcomes, clocks, rungs, records. In English they are
 * the names themselves; JSON never uses these. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "schemas/types.h"

/* Never NULL; "" for 0, "?" for a value this version does not know. */
const char *words_incident_state(enum incident_state);
const char *words_task_state(enum task_state);
const char *words_task_role(enum task_role);
const char *words_nature(enum nature);
const char *words_outcome(enum outcome_code);
const char *words_clock(enum clock_kind);
const char *words_clock_state(enum clock_state);
const char *words_record(enum record_kind);
const char *words_ask(enum ask_kind);
const char *words_decision(enum decision);
const char *words_colour(enum rung_colour);
const char *words_satisfaction(enum satisfaction);
const char *words_unrouted(enum unrouted_reason);
const char *words_notice_step(enum notice_step);
const char *words_lease_end(enum lease_end);
/* The kind of a rung's record, by its colour: a warning, a breach or an escalation; in English all are "rung". */
const char *words_rung(enum rung_colour);
/* The kind of a row beside incidents, and its state: "" where the kind has none. */
const char *words_side(enum side_kind);
const char *words_side_state(const struct side *);
/* Who checks what was fed back: "by the centre"; "" for nobody. */
const char *words_verifier(enum verifier);

#endif
