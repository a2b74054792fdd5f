/* ask.h: what one asks and somebody else decides: 延期 (extend: more time), 挂账 (park: to a date), 挂起 (suspend: a task,
 * shortly), 申诉 (appeal.h). A unit asks by its word, the centre by its act. While nothing is decided everything goes on. */
#ifndef CORE_ASK_H
#define CORE_ASK_H

#include "broker/core/draft.h"
#include "broker/core/incident.h"

/* Adds to the draft what is asked at this step by the command's principal; its number, or 0 when refused. */
uint32_t ask_add(struct draft *, struct ask wanted);
/* The same for whoever says what kind: some are asked for in other words only. False when refused. */
bool ask_for(struct draft *, struct ask wanted);
/* The last granted one of this kind for the task (0: for the incident); NULL: none. */
const struct ask *ask_granted(const struct draft *, enum ask_kind, uint32_t task);

bool act_ask(struct acting *);
bool act_decide(struct acting *);
bool act_resume(struct acting *);

/* A clock of park or suspend has come to its end: what it held goes on by itself, what was planned opens again. */
void ask_over(struct step *, const struct live *, const struct clock *);

#endif
