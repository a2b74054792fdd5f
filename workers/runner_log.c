#include "workers/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/base/panic.h"

#define TIME_BYTES 48

int log_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        say(_("cannot open the log %s: %s"), path, strerror(errno));
    return fd;
}

/* One write a line: several workers may share a file. */
static void write_line(int fd, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    ASSERT(text);
    size_t size = strlen(text);
    text[size] = '\n'; /* in place of the NUL */
    if (write(fd, text, size + 1) != (ssize_t)(size + 1) || fdatasync(fd) != 0) {
        say(_("cannot write the log: %s"), strerror(errno));
        exit(EXIT_LOCAL);
    }
    free(text);
    json_decref(line);
}

/* In UTC, as everywhere in the project's JSON. */
static const char *rfc3339(int64_t at_ms, char out[TIME_BYTES])
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm broken;
    char day[TIME_BYTES - 8] = "";
    if (gmtime_r(&seconds, &broken))
        strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &broken);
    snprintf(out, TIME_BYTES, "%s.%03dZ", day, (int)(at_ms % 1000));
    return out;
}

static json_t *line_of(const char *what, const char *worker, const struct bh_task *task)
{
    struct timespec now;
    char at[TIME_BYTES];
    clock_gettime(CLOCK_REALTIME, &now);
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "log", what, "at",
                  rfc3339((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, at), "worker", worker, "unit", task->unit,
                  "incident", task->incident, "task", (int)task->task, "epoch", (int)task->epoch);
    ASSERT(line);
    return line;
}

void log_delivery(int fd, const char *worker, const struct bh_task *task)
{
    if (fd < 0)
        return;
    json_t *line = line_of("delivery", worker, task);
    json_object_set_new(line, "type", json_string(task->type));
    json_object_set_new(line, "resume", json_boolean(task->resume));
    write_line(fd, line);
}

void log_revoked(int fd, const char *worker, const struct bh_task *task)
{
    if (fd < 0)
        return;
    json_t *line = line_of("revoked", worker, task);
    json_object_set_new(line, "reason", json_string(task->revoke_reason));
    write_line(fd, line);
}

void log_urged(int fd, const char *worker, const struct bh_task *task, const struct bh_urge *urge)
{
    if (fd < 0)
        return;
    json_t *line = line_of("urged", worker, task);
    char until[TIME_BYTES];
    json_object_set_new(line, "urges", json_integer(urge->urges));
    if (urge->supervised_ms)
        json_object_set_new(line, "supervised", json_string(rfc3339(urge->supervised_ms, until)));
    json_object_set_new(line, "person", json_string(urge->person));
    json_object_set_new(line, "text", json_string(urge->text));
    write_line(fd, line);
}

void log_word(int fd, const char *worker, const struct bh_task *task, const struct bh_word *word,
              const struct bh_result *result)
{
    if (fd < 0)
        return;
    json_t *line = line_of(result->error == BH_OK ? "word" : "refused", worker, task);
    char at[TIME_BYTES];
    json_object_set_new(line, "verb", json_string(verb_name(word->verb)));
    if (word->outcome)
        json_object_set_new(line, "outcome", json_string(word->outcome));
    if (result->error == BH_OK) {
        json_object_set_new(line, "seq", json_integer((json_int_t)result->receipt.sequence));
        json_object_set_new(line, "broker_at", json_string(rfc3339(result->receipt.at_ms, at)));
        json_object_set_new(line, "repeat", json_boolean(result->receipt.repeat));
    } else {
        json_object_set_new(line, "refusal", json_string(result->refusal.name));
    }
    write_line(fd, line);
}
