/* job.h: the one helper thread, for what must not hold up a turn: parsing a new policy, a backup, reading a policy of a
 * past day. It touches nothing but its own job; the result is taken between turns. One job at a time. */
#ifndef BROKER_JOB_H
#define BROKER_JOB_H

#include <stdbool.h>

struct job {
    void (*run)(struct job *);  /* on the helper thread */
    void (*done)(struct job *); /* on the loop, between turns; frees the job */
};

struct jobs;

/* wake is called on the helper thread when a job is finished: it must only wake the loop. */
struct jobs *jobs_new(void (*wake)(void *arg), void *arg);
/* Waits for the running job, and takes what it did. */
void jobs_free(struct jobs *);
/* Waits for it, and takes nothing: after a failure, when the process ends. */
void jobs_abandon(struct jobs *);
/* False when one is running: the asker is told to come again. */
bool jobs_start(struct jobs *, struct job *);
/* Calls done of a finished job, if there is one. */
void jobs_reap(struct jobs *);
bool jobs_busy(struct jobs *);

#endif
