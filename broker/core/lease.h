/* lease.h: tasks in workers' hands: offered, delivered again, ended. A lease carries no deadline: it ends by a record,
 * when its worker says so, leaves, or is not heard for the policy's lease_ms. */
#ifndef CORE_LEASE_H
#define CORE_LEASE_H

#include "broker/core/step.h"

/* Ends a task's lease. Unresponded it goes back to the queue, responded it keeps its state and a colleague resumes it;
 * it is shelved when dying workers lost it LOST_MAX times in a row, without a word in between. The record is prepared by record_of_*; its kind is
 * set here. Returns its sequence. */
uint64_t lease_end(struct step *, const struct live_task *, enum lease_end, struct record *);

/* COMMAND_HELLO, HEARD, CREDIT and BYE. */
void lease_hello(struct step *);
void lease_heard(struct step *);
void lease_credit(struct step *);
void lease_bye(struct step *);
/* Another policy is in force: whoever may not work for its unit now leaves. */
void lease_by_policy(struct step *);
/* COMMAND_SILENCE: ends at most TICK_RUNGS_MAX leases. */
void lease_silence(struct step *);

#endif
