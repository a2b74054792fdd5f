/* query.h: what a reader may see, beside the turn: answers once everything decided before is durable. What is live comes
 * from memory, the rest from a committed snapshot, in pages, within a time budget a turn. */
#ifndef BROKER_QUERY_H
#define BROKER_QUERY_H

#include "broker/turn.h"

/* Whether the sender may ask this at all; asked before the turn's commit, since a denial may be recorded. */
bool query_permitted(const struct turn *, const struct gate_input *);
/* Whether one to whom not everything is shown asks for an incident that is not there, or not for it; asked before, too. */
bool query_guesses(struct turn *, const struct gate_input *);
/* Answers status, query and subscribe messages by the outbox; after the commit. */
void query_answer(struct turn *, const struct gate_input *);

#endif
