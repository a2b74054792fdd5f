/* notice.h: what became of it, told to whoever reported: which record is which step, to whom it is told, and when the
 * reporter has been answered. The record names the sources; the store finds their notices by it, until each says that it
 * has dealt with them. */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H

#include "broker/core/incident.h"

/* The step of the loop that the record is; 0: none that a reporter is told of. */
enum notice_step notice_step_at(const struct record *);
/* Before the record is applied: the sources that it becomes a notice to, or that had one of what it takes back. Nothing
 * where no source takes any. */
void notice_tell(const struct step *, struct record *);

/* Whether the reporter is owed an answer beyond the closing: the source's word that it has passed it on, or the centre's. */
bool notice_owes_answer(const struct policy *, const struct incident *);
/* COMMAND_ACKNOWLEDGE: a source has dealt with what it was told. */
void notice_acknowledge(struct step *);
/* The centre answers the reporter by itself. */
bool act_answer(struct acting *);

#endif
