/* oversee.h: what the centre and its leaders do beside the way of an incident: urge it (催办), supervise it (督办),
 * charge it to a post (领导包案). */
#ifndef CORE_OVERSEE_H
#define CORE_OVERSEE_H

#include "broker/core/incident.h"

/* Acts, as those of act.h: false when refused. */
bool oversee_urge(struct acting *);
bool oversee_supervise(struct acting *);
bool oversee_charge(struct acting *);
/* Whoever bears the post an incident is charged to may be another now, by date, by a reload, or because it is about them:
 * then there is a record. */
bool oversee_bearer(struct step *, const struct live *);
/* After an exclusion: whoever bears it may be whom it is about. */
void oversee_follow(struct acting *);
/* Opened again: while it was over nobody looked who bears it. */
void oversee_again(struct draft *);
/* As oversee_bearer, or a notice that is held, when it is due before the clock's next rung, which may be NULL. */
bool oversee_due(struct step *, const struct live *, const struct clock *next);
/* The survivor of a merge is supervised if the loser was, and charged to its post. */
void oversee_merge(struct draft *survivor, const struct draft *loser);

#endif
