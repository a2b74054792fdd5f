/* promise.c: a source or a worker that writes down what it was promised, and makes that durable itself: the oracle of every
 * crash. It goes on over the broker's deaths, and ends with SIGTERM when all it asked is answered.
 *
 *   promise --log FILE [--count N] [--in-flight N] [--gap-us N] [--text BYTES] publish PREFIX TYPE AREA
 *   promise --log FILE [--in-flight CREDIT] [--gap-us N] [--mute 1] work UNIT NAME     the gap is from respond to feedback
 *
 * Lines of the log, times by CLOCK_MONOTONIC in nanoseconds:
 *   receipt NS SEQ INCIDENT REQUEST TERM REPEAT SENT_NS     of an event, and when it was sent first
 *   word    NS SEQ INCIDENT REQUEST TASK EPOCH VERB
 *   refused NS CODE RETRY_MS REQUEST
 *   unknown NS - - REQUEST
 *   lent    NS TASK INCIDENT EPOCH                  a task was handed to us
 *   revoked NS TASK INCIDENT EPOCH                  and taken away */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "workers/bihuan.h"

#define TIMEOUT_MS 60000
#define LINE_BYTES 256
#define CREDIT_MAX 4096

static volatile sig_atomic_t stopping;

static struct {
    int log;
    char lines[1 << 16];
    size_t size;
} out;

static void stop(int number)
{
    (void)number;
    stopping = 1;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- the log --- */

static void flush(void)
{
    if (out.size == 0)
        return;
    if (write(out.log, out.lines, out.size) != (ssize_t)out.size || fdatasync(out.log) != 0)
        err(1, "the log cannot be written");
    out.size = 0;
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
    va_list args;
    if (out.size + LINE_BYTES > sizeof out.lines)
        flush();
    va_start(args, format);
    int size = vsnprintf(out.lines + out.size, LINE_BYTES, format, args);
    va_end(args);
    if (size < 0 || size >= LINE_BYTES)
        errx(1, "a line is too long");
    out.size += (size_t)size;
}

/* --- a source --- */

struct asked {
    char id[80];
    uint64_t sent_ns;
};

static void told(void *arg, const struct bh_result *result)
{
    struct asked *asked = arg;
    const struct bh_receipt *receipt = &result->receipt;
    if (result->error == BH_OK)
        note("receipt %" PRIu64 " %" PRIu64 " %s %s %u %d %" PRIu64 "\n", now_ns(), receipt->sequence,
             *receipt->incident ? receipt->incident : "-", asked->id, receipt->term, receipt->repeat, asked->sent_ns);
    else if (result->error == BH_REFUSED)
        note("refused %" PRIu64 " %s %u %s\n", now_ns(), result->refusal.name, result->refusal.retry_after_ms,
             asked->id);
    else
        note("unknown %" PRIu64 " - - %s\n", now_ns(), asked->id);
    free(asked);
}

static void publish_one(struct bh *bh, const char *prefix, uint64_t number, struct bh_event event)
{
    struct asked *asked = calloc(1, sizeof *asked);
    if (!asked)
        errx(1, "out of memory");
    snprintf(asked->id, sizeof asked->id, "%s-%" PRIu64, prefix, number);
    event.id = asked->id;
    asked->sent_ns = now_ns();
    int error = bh_publish_start(bh, &event, TIMEOUT_MS, told, asked);
    if (error != BH_OK)
        errx(1, "publish: %s", bh_strerror(error));
}

struct load {
    uint64_t count, gap_us;
    uint32_t in_flight;
    size_t text_bytes;
    bool mute; /* a worker that takes and never says a word */
};

static char *text_of(size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        errx(1, "out of memory");
    memset(text, 'x', size);
    text[size] = '\0';
    return text;
}

static void be_source(const struct load *load, const char *prefix, const char *type, const char *area)
{
    char fault[BH_FAULT_BYTES];
    struct bh *bh;
    char *text = load->text_bytes ? text_of(load->text_bytes) : NULL;
    struct bh_event event = {.type = type, .area = area, .text = text};
    if (bh_open(&(struct bh_options){.in_flight_max = load->in_flight}, &bh, fault) != BH_OK)
        errx(1, "%s", fault);
    uint64_t next_ns = now_ns();
    for (uint64_t sent = 0; bh_in_flight(bh) > 0 || !(stopping || (load->count && sent == load->count));) {
        bool more = !stopping && (!load->count || sent < load->count) && bh_in_flight(bh) < load->in_flight;
        if (more && now_ns() >= next_ns) {
            publish_one(bh, prefix, sent++, event);
            next_ns += load->gap_us * 1000;
            if (next_ns < now_ns())
                next_ns = now_ns();
            bh_poll(bh, 0);
        } else {
            bh_poll(bh, more ? 1 : 20);
        }
        flush();
    }
    bh_close(bh);
    free(text);
}

/* --- a worker --- */

static bool say(struct bh_work *work, struct bh_task *task, struct bh_word word, const char *name)
{
    struct bh_result result;
    char request[80];
    struct bh_task said = *task; /* it ends with its last word */
    snprintf(request, sizeof request, "%s-%s-%u-%u", name, said.incident, said.task, said.epoch);
    word.request = request;
    word.person = "张三";
    int error = bh_say(work, task, &word, TIMEOUT_MS, &result);
    if (error == BH_OK)
        note("word %" PRIu64 " %" PRIu64 " %s %s %u %u %s\n", now_ns(), result.receipt.sequence, said.incident, request,
             said.task, said.epoch, name);
    else if (error == BH_REFUSED)
        note("refused %" PRIu64 " %s %u %s\n", now_ns(), result.refusal.name, result.refusal.retry_after_ms, request);
    else
        note("unknown %" PRIu64 " - - %s\n", now_ns(), request);
    flush();
    return error == BH_OK;
}

/* Tasks responded to, in order of their feedback. */
struct hands {
    struct {
        struct bh_task *task;
        uint64_t due_ns;
    } held[CREDIT_MAX];
    size_t count;
};

static void drop(struct hands *hands, const struct bh_task *task)
{
    size_t kept = 0;
    for (size_t i = 0; i < hands->count; i++)
        if (hands->held[i].task != task)
            hands->held[kept++] = hands->held[i];
    hands->count = kept;
}

static void take(struct bh_work *work, const struct load *load, struct hands *hands, struct bh_task *task)
{
    note("%s %" PRIu64 " %u %s %u\n", task->revoked ? "revoked" : "lent", now_ns(), task->task, task->incident,
         task->epoch);
    if (task->revoked)
        drop(hands, task);
    else if (!load->mute && (task->responded || say(work, task, (struct bh_word){.verb = BH_RESPOND}, "respond"))) {
        hands->held[hands->count].task = task;
        hands->held[hands->count++].due_ns = now_ns() + load->gap_us * 1000;
    }
}

static void finish_due(struct bh_work *work, struct hands *hands)
{
    while (hands->count > 0 && hands->held[0].due_ns <= now_ns()) {
        struct bh_task *task = hands->held[0].task;
        drop(hands, task);
        say(work, task, (struct bh_word){.verb = BH_FEEDBACK, .outcome = "resolved"}, "feedback");
    }
}

static void be_worker(const struct load *load, const char *unit, const char *name)
{
    static struct hands hands;
    char fault[BH_FAULT_BYTES];
    struct bh_work *work;
    struct bh_task *task;
    uint32_t credit = load->in_flight < CREDIT_MAX ? load->in_flight : CREDIT_MAX;
    struct bh_work_options options = {.unit = unit, .worker = name, .credit = credit};
    if (bh_work_open(&options, &work, fault) != BH_OK)
        errx(1, "%s", fault);
    while (!stopping) {
        if (bh_work_next(work, hands.count ? 1 : 50, &task) == BH_OK)
            take(work, load, &hands, task);
        else
            flush();
        finish_due(work, &hands);
    }
    bh_work_close(work);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"log", 1, NULL, 'l'},
                                            {"count", 1, NULL, 'n'},
                                            {"in-flight", 1, NULL, 'i'},
                                            {"gap-us", 1, NULL, 'g'},
                                            {"text", 1, NULL, 't'},
                                            {"mute", 1, NULL, 'm'},
                                            {0}};
    struct load load = {.in_flight = 8};
    const char *log = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        uint64_t number = option == 'l' ? 0 : strtoull(optarg, NULL, 10);
        if (option == 'l')
            log = optarg;
        else if (option == 'n')
            load.count = number;
        else if (option == 'i')
            load.in_flight = (uint32_t)number;
        else if (option == 'g')
            load.gap_us = number;
        else if (option == 't')
            load.text_bytes = number;
        else if (option == 'm')
            load.mute = number != 0;
        else
            return 2;
    }
    argv += optind;
    argc -= optind;
    if (!log || argc < 3)
        errx(2, "see the head of promise.c");
    signal(SIGTERM, stop);
    out.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out.log < 0)
        err(1, "%s", log);
    if (strcmp(argv[0], "publish") == 0 && argc == 4)
        be_source(&load, argv[1], argv[2], argv[3]);
    else if (strcmp(argv[0], "work") == 0)
        be_worker(&load, argv[1], argv[2]);
    else
        return 2;
    flush();
    return 0;
}
