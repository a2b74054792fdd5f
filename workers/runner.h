/* runner.h: bihuan-worker: runs a command for each task of a department; what the command prints is what the department
 * says. One thread, one poll loop. */
#ifndef WORKERS_RUNNER_H
#define WORKERS_RUNNER_H

#include <libintl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "workers/bihuan.h"

#define _(text) gettext(text)

/* As those of the command line (docs/CLI.md). */
enum exit_code { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_UNKNOWN = 3, EXIT_LOCAL = 5 };

/* A line of a command is at most this long; a longer one is not understood. */
#define LINE_MAX_BYTES (64 * 1024)
/* Words of one command that wait to be heard; then its output waits too. */
#define WORDS_WAITING_MAX 64

/* --- runner_word.c: what a command's line says --- */

/* A word with its texts. */
struct saying {
    struct bh_word word;
    char *texts; /* all of them, in one block */
    STAILQ_ENTRY(saying) next;
};

/* Reads one line: `respond`, `feedback resolved all done`, or {"say": "feedback", "outcome": "resolved"}. NULL: it is
 * not understood, and *fault says why. */
struct saying *saying_parse(const char *line, const char **fault);
/* A word the runner says by itself; text may be NULL. */
struct saying *saying_new(enum bh_verb verb, const char *text);
void saying_free(struct saying *);

const char *verb_name(enum bh_verb);
bool text_is_utf8(const char *);

/* --- runner_log.c: what came and what was acknowledged, for those who check from outside --- */

/* One JSON line each, on disk when the call returns; a log that cannot be written ends the program. fd < 0: none. */
int log_open(const char *path);
void log_delivery(int fd, const char *worker, const struct bh_task *);
void log_revoked(int fd, const char *worker, const struct bh_task *);
void log_urged(int fd, const char *worker, const struct bh_task *, const struct bh_urge *);
/* The result of a word, receipt or refusal. */
void log_word(int fd, const char *worker, const struct bh_task *, const struct bh_word *, const struct bh_result *);

/* --- runner_job.c: one command at work on one task --- */

/* Collects lines from a descriptor. */
struct lines {
    int fd; /* -1: ended */
    size_t used;
    bool skipping; /* the rest of a line that is too long */
    char text[LINE_MAX_BYTES];
};

struct runner;

struct job {
    TAILQ_ENTRY(job) next;
    struct runner *runner;
    struct bh_task *task;
    bool ours; /* the task: not ended, not taken away */
    char incident[BH_INCIDENT_BYTES];
    pid_t pid;     /* 0: not started, or ended */
    char end[256]; /* how the command ended; "": not yet */
    bool over;     /* it has ended, all it said was heard, and its end was told */
    bool counted;  /* as finished */
    struct lines out, err;
    char last_error[256];        /* last line of its stderr */
    STAILQ_HEAD(, saying) words; /* the first is in flight when speaking */
    size_t word_count;
    bool speaking;
};

/* What was told of the connection. */
struct contact {
    char told[256];            /* the trouble; "": none */
    int64_t told_ms, since_ms; /* when it was told; since when the broker knows us, or does not */
    bool connected, ever;
};

struct runner {
    struct bh_work *work;
    char **command;
    unsigned credit, once; /* once: leave after so many tasks; 0: stay */
    bool auto_respond;
    int log;
    int signals; /* signalfd */
    TAILQ_HEAD(, job) jobs;
    unsigned started, running, finished; /* commands, commands, tasks that are over */
    struct contact contact;
    int stops;           /* reasons to leave so far: signals, or an end of our own */
    int64_t stopped_ms;  /* the first of them */
    int64_t give_up_ms;  /* after a second: when to wait no longer */
    enum exit_code exit; /* what is to be said by leaving */
};

/* Takes up a task: its command starts when there is room for one more. */
void job_new(struct runner *, struct bh_task *);
/* Starts its command. False: this machine cannot; then nothing is said of the task. */
bool job_start(struct job *);
/* Its task was taken away: the command is told to stop. */
void job_revoke(struct job *);
/* Reads what the command printed so far. */
void job_read(struct job *);
/* The command has ended. */
void job_ended(struct job *, int status);
/* Says the next word, if none is in flight. */
void job_speak(struct job *);
/* Its command has ended and nothing is to be said any more. When the task is not ours either, it may be freed. */
bool job_idle(const struct job *);
/* Names on stderr what it said and nobody acknowledged; how many. */
unsigned job_unheard(const struct job *);
void job_free(struct job *);

/* --- runner_contact.c: what is told of the connection --- */

/* Says on stderr when the broker knows us, and once when it does not for a while, or for another reason. */
void contact_tell(struct contact *, const struct bh_work *);

/* --- runner_command.c: the command as a process --- */

/* 0, or errno: what starting it would stumble over, as far as can be known before. */
int command_check(const char *command);
/* Runs it for a task, in a process group of its own; out and err are ours to read from. 0, or errno, also when it cannot
 * be run; then nothing was changed. */
int command_start(char *const *command, const struct bh_task *, pid_t *pid, int *out, int *err);

/* --- runner.c --- */

/* One line to stderr, with the program's name. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
