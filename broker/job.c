#include "broker/job.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "broker/base/panic.h"

struct jobs {
    pthread_t thread;
    struct job *job; /* running or finished; owned by the loop */
    atomic_bool finished;
    void (*wake)(void *arg);
    void *arg;
};

struct jobs *jobs_new(void (*wake)(void *arg), void *arg)
{
    struct jobs *jobs = calloc(1, sizeof(*jobs));
    ASSERT(jobs);
    jobs->wake = wake;
    jobs->arg = arg;
    return jobs;
}

static void *work(void *arg)
{
    struct jobs *jobs = arg;
    jobs->job->run(jobs->job);
    atomic_store(&jobs->finished, true);
    jobs->wake(jobs->arg);
    return NULL;
}

bool jobs_start(struct jobs *jobs, struct job *job)
{
    sigset_t all, before;
    if (jobs->job)
        return false;
    jobs->job = job;
    atomic_store(&jobs->finished, false);
    /* Signals belong to the loop's thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ASSERT(pthread_create(&jobs->thread, NULL, work, jobs) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return true;
}

void jobs_reap(struct jobs *jobs)
{
    if (!jobs->job || !atomic_load(&jobs->finished))
        return;
    pthread_join(jobs->thread, NULL);
    struct job *job = jobs->job;
    jobs->job = NULL;
    job->done(job);
}

bool jobs_busy(struct jobs *jobs)
{
    return jobs->job != NULL;
}

void jobs_abandon(struct jobs *jobs)
{
    if (jobs->job)
        pthread_join(jobs->thread, NULL);
}

void jobs_free(struct jobs *jobs)
{
    if (jobs->job) {
        pthread_join(jobs->thread, NULL);
        jobs->job->done(jobs->job);
    }
    free(jobs);
}
