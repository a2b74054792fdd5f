#include "workers/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/base/panic.h"

#define READS_MAX 32 /* more than a pipe holds */

/* --- words --- */

static bool ends_task(enum bh_verb verb)
{
    return verb == BH_FEEDBACK || verb == BH_RETURN || verb == BH_GIVE_BACK || verb == BH_DELEGATE ||
           verb == BH_REPORT_UP || verb == BH_SEND_DOWN;
}

static void drop_first(struct job *job)
{
    struct saying *saying = STAILQ_FIRST(&job->words);
    STAILQ_REMOVE_HEAD(&job->words, next);
    job->word_count--;
    saying_free(saying);
}

static void queue_word(struct job *job, struct saying *saying)
{
    STAILQ_INSERT_TAIL(&job->words, saying, next);
    job->word_count++;
}

static void heard(void *arg, const struct bh_result *result)
{
    struct job *job = arg;
    const struct bh_word *word = &STAILQ_FIRST(&job->words)->word;
    log_word(job->runner->log, bh_work_name(job->runner->work), job->task, word, result);
    if (result->error != BH_OK)
        say(_("%s: \"%s\" was refused: %s: %s"), job->incident, verb_name(word->verb), result->refusal.name,
            result->refusal.reason);
    else if (ends_task(word->verb))
        job->ours = false;
    job->speaking = false;
    drop_first(job);
    job_speak(job);
}

static void tell_end(struct job *);

/* A word on a task that is not ours any more has no hearer. */
void job_speak(struct job *job)
{
    while (!job->speaking && !STAILQ_EMPTY(&job->words)) {
        const struct bh_word *word = &STAILQ_FIRST(&job->words)->word;
        int error = job->ours ? bh_say_start(job->runner->work, job->task, word, -1, heard, job) : BH_NO_TASK;
        if (error == BH_AGAIN)
            return; /* later */
        job->speaking = error == BH_OK;
        if (job->speaking)
            return;
        say(_("%s: \"%s\" was not said: %s"), job->incident, verb_name(word->verb), bh_strerror(error));
        drop_first(job);
    }
    if (!job->speaking && job->end[0] && !job->over)
        tell_end(job);
}

/* --- lines --- */

static void take_output(struct job *job, char *line)
{
    const char *fault;
    line[strcspn(line, "\r")] = '\0';
    if (!line[strspn(line, " \t")] || !job->ours)
        return;
    struct saying *saying = saying_parse(line, &fault);
    if (saying)
        queue_word(job, saying);
    else
        say(_("%s: not understood: \"%.200s\": %s"), job->incident, line, fault);
}

/* Cut between characters: the note that quotes it must be UTF-8. */
static void keep_error(struct job *job, const char *line)
{
    size_t size = strlen(line);
    if (size > sizeof(job->last_error) - 1)
        for (size = sizeof(job->last_error) - 1; size && (line[size] & 0xc0) == 0x80; size--)
            ;
    memcpy(job->last_error, line, size);
    job->last_error[size] = '\0';
}

static void take_error(struct job *job, char *line)
{
    if (line[strspn(line, " \t\r")])
        keep_error(job, text_is_utf8(line) ? line : "(stderr is not UTF-8)");
    fprintf(stderr, "%s: %s\n", job->incident, line);
}

static void take_line(struct job *job, struct lines *lines, char *line)
{
    if (lines == &job->out)
        take_output(job, line);
    else
        take_error(job, line);
}

/* Cuts what was read into lines; what is left waits for its end. A NUL would hide what follows it: it is a mistake. */
static void cut_lines(struct job *job, struct lines *lines)
{
    char *start = lines->text, *end;
    while ((end = memchr(start, '\n', lines->used - (size_t)(start - lines->text)))) {
        *end = '\0';
        if (memchr(start, '\0', (size_t)(end - start)))
            say(_("%s: not understood: a line with a NUL"), job->incident);
        else if (!lines->skipping)
            take_line(job, lines, start);
        lines->skipping = false;
        start = end + 1;
    }
    lines->used -= (size_t)(start - lines->text);
    memmove(lines->text, start, lines->used);
    if (lines->used == sizeof(lines->text) - 1) {
        if (!lines->skipping)
            say(_("%s: not understood: a line longer than %d bytes"), job->incident, LINE_MAX_BYTES - 1);
        lines->skipping = true;
        lines->used = 0;
    }
}

static void close_lines(struct job *job, struct lines *lines)
{
    if (lines->fd < 0)
        return;
    close(lines->fd);
    lines->fd = -1;
    if (lines->used && !lines->skipping) { /* a last line without its end is a line */
        lines->text[lines->used++] = '\n';
        cut_lines(job, lines);
    }
}

static bool read_lines(struct job *job, struct lines *lines)
{
    if (lines->fd < 0 || (lines == &job->out && job->pid && job->word_count >= WORDS_WAITING_MAX))
        return false;
    ssize_t size = read(lines->fd, lines->text + lines->used, sizeof(lines->text) - 1 - lines->used);
    if (size < 0)
        return errno == EINTR;
    if (size == 0) {
        close_lines(job, lines);
        return false;
    }
    lines->used += (size_t)size;
    cut_lines(job, lines);
    return true;
}

/* So much at a time that one command that never stops talking does not keep the others waiting. */
static void read_some(struct job *job, struct lines *lines)
{
    for (int n = 0; n < READS_MAX && read_lines(job, lines); n++)
        ;
}

void job_read(struct job *job)
{
    read_some(job, &job->err);
    read_some(job, &job->out);
    job_speak(job);
}

/* --- its end --- */

/* A command that did not end its task: the trail says so, and an unresponded task goes back to a colleague. */
static void tell_end(struct job *job)
{
    char text[sizeof(job->end) + sizeof(job->last_error) + 2];
    job->over = true;
    if (!job->ours)
        return;
    snprintf(text, sizeof(text), "%s%s%s", job->end, job->last_error[0] ? ": " : "", job->last_error);
    queue_word(job, saying_new(BH_NOTE, text));
    if (job->task->responded)
        say(_("%s: responded, but no feedback: %s; the task stays with %s"), job->incident, text,
            bh_work_name(job->runner->work));
    else
        queue_word(job, saying_new(BH_GIVE_BACK, job->end));
    job_speak(job);
}

void job_ended(struct job *job, int status)
{
    job->pid = 0;
    job->runner->running--;
    if (WIFSIGNALED(status))
        snprintf(job->end, sizeof(job->end), "the command was ended by signal %d", WTERMSIG(status));
    else
        snprintf(job->end, sizeof(job->end), "the command ended with status %d", WEXITSTATUS(status));
    /* All that it printed is in the pipes now; what a process it left behind may print is not its word. */
    read_some(job, &job->err);
    read_some(job, &job->out);
    close_lines(job, &job->err);
    close_lines(job, &job->out);
    job_speak(job);
}

/* That the command cannot be started is no fault of the task: no note, and no giving back, which would count. */
bool job_start(struct job *job)
{
    int error = command_start(job->runner->command, job->task, &job->pid, &job->out.fd, &job->err.fd);
    if (error) {
        say(_("%s: cannot start %s: %s"), job->incident, job->runner->command[0], strerror(error));
        return false;
    }
    job->runner->started++;
    job->runner->running++;
    if (job->runner->auto_respond && !job->task->responded) {
        struct saying *saying = saying_new(BH_RESPOND, NULL);
        saying->word.auto_respond = true;
        queue_word(job, saying);
        job_speak(job);
    }
    return true;
}

void job_revoke(struct job *job)
{
    log_revoked(job->runner->log, bh_work_name(job->runner->work), job->task);
    say(_("%s: taken away: %s"), job->incident, job->task->revoke_reason);
    if (job->pid)
        kill(-job->pid, SIGTERM);
    else
        job->over = true;
    job->ours = false;
}

/* --- the job --- */

void job_new(struct runner *runner, struct bh_task *task)
{
    struct job *job = calloc(1, sizeof(*job));
    ASSERT(job);
    job->runner = runner;
    job->task = task;
    job->ours = true;
    job->out.fd = job->err.fd = -1;
    snprintf(job->incident, sizeof(job->incident), "%s", task->incident);
    STAILQ_INIT(&job->words);
    task->user = job;
    TAILQ_INSERT_TAIL(&runner->jobs, job, next);
}

bool job_idle(const struct job *job)
{
    return job->over && STAILQ_EMPTY(&job->words);
}

unsigned job_unheard(const struct job *job)
{
    const struct saying *saying;
    unsigned n = 0;
    STAILQ_FOREACH(saying, &job->words, next)
    {
        say(_("%s: \"%s\" was not acknowledged: whether it was heard is unknown"), job->incident,
            verb_name(saying->word.verb));
        n++;
    }
    return n;
}

void job_free(struct job *job)
{
    while (!STAILQ_EMPTY(&job->words))
        drop_first(job);
    free(job);
}
