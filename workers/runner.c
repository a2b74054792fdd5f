/* The loop: what the broker sends, what commands print, who has ended, who wants us to stop. */
#include "workers/runner.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/base/secret.h"
#include "workers/language.h"
#include "workers/pace.h"

#define GIVE_UP_MS 2000  /* after a second signal, what is not acknowledged is left so */
#define AWAY_MS    15000 /* a draining worker waits no longer for a broker that is gone */
#define LEAVING_MS 200   /* how often that is looked at */

const char *argp_program_version = "bihuan-worker " BIHUAN_VERSION;

void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    flockfile(stderr);
    fputs("bihuan-worker: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(args);
}

/* --- options --- */

enum { OPTION_SERVER_KEY = 256, OPTION_KEY_FILE, OPTION_AUTO_RESPOND, OPTION_ONCE, OPTION_LOG };

struct arguments {
    struct bh_work_options work;
    struct runner *runner;
    const char *log;
};

#define N_(text) text

static const struct argp_option options[] = {
    {"department", 'd', N_("UNIT"), 0, N_("The unit to work for"), 0},
    {"broker", 'b', N_("BASE"), 0, N_("ipc:///folder or tcp://host:port (BIHUAN_BROKER; ipc:///run/bihuan)"), 0},
    {"server-key", OPTION_SERVER_KEY, N_("KEY"), 0, N_("The broker's public key, or its file (BIHUAN_SERVER_KEY)"), 0},
    {"key-file", OPTION_KEY_FILE, N_("FILE"), 0, N_("Our own secret key (BIHUAN_KEY_FILE)"), 0},
    {"name", 'n', N_("NAME"), 0, N_("This worker's name; the same after a restart, its tasks come back to it"), 0},
    {"credit", 'c', N_("N"), 0, N_("Commands at once (1)"), 0},
    {"auto-respond", OPTION_AUTO_RESPOND, NULL, 0, N_("Respond before the command says so; the record is marked"), 0},
    {"once", OPTION_ONCE, N_("N"), 0, N_("Take N tasks, then leave"), 0},
    {"log", OPTION_LOG, N_("FILE"), 0, N_("Append deliveries and acknowledged words as JSON lines, synced"), 0},
    {0}};

static unsigned number(struct argp_state *state, const char *text, unsigned most)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value < 1 || value > most)
        argp_error(state, _("\"%s\": a number from 1 to %u is expected"), text, most);
    return (unsigned)value;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct bh_options *connection = &arguments->work.connection;
    struct runner *runner = arguments->runner;
    switch (key) {
    case 'd':
        arguments->work.unit = value;
        break;
    case 'b':
        connection->broker = value;
        break;
    case OPTION_SERVER_KEY:
        connection->server_key = value;
        break;
    case OPTION_KEY_FILE:
        connection->key_file = value;
        break;
    case 'n':
        arguments->work.worker = value;
        break;
    case 'c':
        runner->credit = number(state, value, CREDIT_MAX);
        break;
    case OPTION_AUTO_RESPOND:
        runner->auto_respond = true;
        break;
    case OPTION_ONCE:
        runner->once = number(state, value, UINT32_MAX);
        break;
    case OPTION_LOG:
        arguments->log = value;
        break;
    case ARGP_KEY_ARGS:
        runner->command = state->argv + state->next;
        break;
    case ARGP_KEY_END:
        if (!arguments->work.unit)
            argp_error(state, _("which department? --department UNIT"));
        if (!runner->command)
            argp_error(state, _("which command? -- COMMAND [ARGUMENT...]"));
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = N_("-- COMMAND [ARGUMENT...]"),
    .doc = N_(
        "Works for a department: runs COMMAND for each task.\v"
        "The task is on the command's stdin as one line of JSON, and in its environment: BIHUAN_INCIDENT, "
        "BIHUAN_TASK, BIHUAN_EPOCH, BIHUAN_TYPE, BIHUAN_AREA, BIHUAN_UNIT, BIHUAN_RESUME, BIHUAN_SEVERITY, "
        "BIHUAN_EXERCISE.\n\n"
        "What it prints is said, a line a word, at once:\n"
        "  respond | arrive | handle | note TEXT\n"
        "  feedback OUTCOME [TEXT] | return REASON [TEXT] | give_back | delegate UNIT [TEXT] | tick N [TEXT]\n"
        "  inform TEXT | account REASON TEXT | contact TEXT | report_up REASON [TEXT] | send_down UNIT [TEXT]\n"
        "  {\"say\": \"feedback\", \"outcome\": \"resolved\", \"text\": \"...\", \"person\": \"...\"}\n"
        "and where the task has a \"closing\" condition, \"condition_met\": true says that it holds.\n\n"
        "A command that ends before it responded gives the task back, after a note. SIGTERM drains: no new tasks; "
        "running commands finish; a second one stops them, and two seconds later gives up what nobody acknowledged.\n\n"
        "Exit status: 0 done, 2 the command line is wrong, 3 words were given up: whether they were heard is unknown, "
        "5 a failure on this machine (a key, the log, a command that cannot be run)."),
    .argp_domain = "bihuan",
};

/* --- what the broker sends --- */

static void take_task(struct runner *runner, struct bh_task *task)
{
    if (task->revoked) {
        if (task->user)
            job_revoke(task->user);
        return;
    }
    log_delivery(runner->log, bh_work_name(runner->work), task);
    job_new(runner, task);
}

static void hear_urge(void *arg, struct bh_task *task, const struct bh_urge *urge)
{
    struct runner *runner = arg;
    log_urged(runner->log, bh_work_name(runner->work), task, urge);
    if (urge->supervised_ms)
        say(_("%s: supervised: %s"), task->incident, urge->text);
    else
        say(_("%s: urged: %s"), task->incident, urge->text);
}

static void hear_broker(struct runner *runner)
{
    struct bh_task *task;
    while (bh_work_next(runner->work, 0, &task) == BH_OK)
        take_task(runner, task);
    contact_tell(&runner->contact, runner->work);
}

/* --- leaving --- */

static void end_commands(struct runner *runner, int signal)
{
    struct job *job;
    TAILQ_FOREACH(job, &runner->jobs, next)
    if (job->pid)
        kill(-job->pid, signal);
}

/* The first time it drains; the second time it is in earnest. */
static void stop(struct runner *runner)
{
    int64_t now_ms = pace_now_ms();
    if (runner->stops++ == 0) {
        if (runner->running)
            say(_("draining: no new tasks; waiting for %u running"), runner->running);
        runner->stopped_ms = now_ms;
        runner->give_up_ms = INT64_MAX;
        bh_drain(runner->work);
        hear_broker(runner); /* what that takes away */
        return;
    }
    runner->give_up_ms = now_ms + GIVE_UP_MS;
    end_commands(runner, SIGTERM);
}

/* --- jobs --- */

static bool waiting(const struct job *job)
{
    return job->ours && !job->pid && !job->end[0];
}

static void start_waiting(struct runner *runner)
{
    struct job *job;
    TAILQ_FOREACH(job, &runner->jobs, next)
    {
        if (runner->stops || runner->running >= runner->credit || (runner->once && runner->started >= runner->once))
            return;
        if (waiting(job) && !job_start(job)) {
            runner->exit = EXIT_LOCAL;
            stop(runner);
        }
    }
}

static void tidy(struct runner *runner)
{
    struct job *job = TAILQ_FIRST(&runner->jobs), *after;
    for (; job; job = after) {
        after = TAILQ_NEXT(job, next);
        job_speak(job); /* what found no room before */
        if (job_idle(job) && !job->counted) {
            job->counted = true;
            runner->finished++;
        }
        if (!job_idle(job) || job->ours)
            continue;
        TAILQ_REMOVE(&runner->jobs, job, next);
        job_free(job);
    }
}

static void reap(struct runner *runner)
{
    struct job *job;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        TAILQ_FOREACH(job, &runner->jobs, next)
    if (job->pid == pid) {
        job_ended(job, status);
        break;
    }
}

static void take_signals(struct runner *runner)
{
    struct signalfd_siginfo signal;
    while (read(runner->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
        if (signal.ssi_signo != SIGCHLD)
            stop(runner);
    reap(runner); /* several ends may share one signal */
}

/* --- the loop --- */

/* Whether nobody will hear any more what we have to say. A command that does not stop for SIGTERM is ended. */
static bool gives_up(struct runner *runner)
{
    int64_t now_ms = pace_now_ms();
    const struct contact *contact = &runner->contact;
    int64_t away_ms = now_ms - (contact->since_ms > runner->stopped_ms ? contact->since_ms : runner->stopped_ms);
    if (now_ms >= runner->give_up_ms && runner->running) {
        end_commands(runner, SIGKILL);
        runner->give_up_ms = now_ms + GIVE_UP_MS;
    }
    return now_ms >= runner->give_up_ms || (!contact->connected && !runner->running && away_ms >= AWAY_MS);
}

static bool finished(struct runner *runner)
{
    const struct job *job;
    if (!runner->stops)
        return false;
    if (gives_up(runner))
        return true;
    TAILQ_FOREACH(job, &runner->jobs, next)
    if (!job_idle(job) && !waiting(job))
        return false;
    return true;
}

/* Two descriptors of our own, then two for each job; -1 is passed over by poll. */
static size_t descriptors(const struct runner *runner, struct pollfd **fds, size_t *capacity)
{
    const struct job *job;
    size_t n = 2;
    TAILQ_FOREACH(job, &runner->jobs, next)
    n += 2;
    if (n > *capacity) {
        *capacity = 2 * n;
        *fds = realloc(*fds, *capacity * sizeof(**fds));
        ASSERT(*fds);
    }
    (*fds)[0] = (struct pollfd){.fd = bh_work_fd(runner->work), .events = POLLIN};
    (*fds)[1] = (struct pollfd){.fd = runner->signals, .events = POLLIN};
    n = 2;
    TAILQ_FOREACH(job, &runner->jobs, next)
    {
        bool full = job->word_count >= WORDS_WAITING_MAX;
        (*fds)[n++] = (struct pollfd){.fd = full ? -1 : job->out.fd, .events = POLLIN};
        (*fds)[n++] = (struct pollfd){.fd = job->err.fd, .events = POLLIN};
    }
    return n;
}

static void run(struct runner *runner)
{
    struct pollfd *fds = NULL;
    size_t capacity = 0;
    for (;;) {
        struct job *job;
        hear_broker(runner);
        tidy(runner);
        start_waiting(runner);
        if (runner->once && runner->finished >= runner->once && !runner->stops)
            stop(runner);
        if (finished(runner))
            break;
        size_t n = descriptors(runner, &fds, &capacity);
        int wait_ms = bh_work_timeout_ms(runner->work);
        if (poll(fds, n, runner->stops && wait_ms > LEAVING_MS ? LEAVING_MS : wait_ms) < 0)
            ASSERT(errno == EINTR);
        TAILQ_FOREACH(job, &runner->jobs, next)
        job_read(job);
        take_signals(runner);
    }
    free(fds);
}

/* Blocked before any thread exists, so that all of them come here. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void close_all(struct runner *runner)
{
    struct job *job;
    while ((job = TAILQ_FIRST(&runner->jobs))) {
        if (job_unheard(job) && !runner->exit)
            runner->exit = EXIT_UNKNOWN;
        if (job->ours)
            say(_("%s: responded and left without feedback"), job->incident);
        TAILQ_REMOVE(&runner->jobs, job, next);
        job_free(job);
    }
    bh_work_close(runner->work);
    close(runner->signals);
    if (runner->log >= 0)
        close(runner->log);
}

int main(int argc, char **argv)
{
    struct runner runner = {.credit = 1, .log = -1};
    struct arguments arguments = {.runner = &runner};
    char fault[BH_FAULT_BYTES];
    secret_keep();
    language_begin();
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &arguments);
    TAILQ_INIT(&runner.jobs);
    int error = command_check(runner.command[0]);
    if (error) {
        say(_("%s: cannot be run: %s%s"), runner.command[0], strerror(error), error == EACCES ? " (chmod +x?)" : "");
        return EXIT_LOCAL;
    }
    runner.signals = open_signals();
    ASSERT(runner.signals >= 0);
    if (arguments.log && (runner.log = log_open(arguments.log)) < 0)
        return EXIT_LOCAL;
    arguments.work.credit = runner.credit;
    arguments.work.tasks_max = runner.once;
    arguments.work.connection.software = "bihuan-worker " BIHUAN_VERSION;
    arguments.work.urged = hear_urge;
    arguments.work.urged_arg = &runner;
    if (bh_work_open(&arguments.work, &runner.work, fault) != BH_OK) {
        say("%s", fault);
        return EXIT_LOCAL;
    }
    run(&runner);
    close_all(&runner);
    return (int)runner.exit;
}
