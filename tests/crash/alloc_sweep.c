/* alloc_sweep CONFIG WORK: in a short life of a broker — turns, core, store and codecs, over a network in memory — every single
 * allocation fails, or all from there on. It may refuse, or end with a message; what it had promised by then is kept,
 * and whoever asks again has each of his events once.
 *
 *   --both       each once, and all from there on; else every other one so
 *   --step N     of the allocations that reading the configuration takes, only every Nth (default 1)
 *   --jobs N
 *   --only N     that one, in this process
 *   --recover    the life begins with the recovery of a store whose broker was killed */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/base/panic.h"
#include "tests/crash/alloc_life.h"
#include "tests/crash/oracle.h"

#define START_MS   INT64_C(1790000000000)
#define HOUR_MS    INT64_C(3600000)
#define PATH_BYTES 256

/* --- in processes of their own --- */

struct sweep {
    const char *config, *base; /* base: a killed broker's store, or NULL */
    char folder[PATH_BYTES];   /* of one life; its log and what it said lie beside it */
    uint64_t step, jobs, only;
    bool both, fails;
    struct counted {
        uint64_t life, config; /* of a whole life, and of these, to read the configuration */
    } * counted;               /* shared */
};

struct counts {
    uint64_t runs, panics, unknown, no_start, survived, silent, unanswered, lost, doubled, unopenable, faults;
};

static void command(const char *format, const char *a, const char *b)
{
    char text[3 * PATH_BYTES];
    snprintf(text, sizeof text, format, a, b);
    if (system(text) != 0)
        errx(2, "it failed: %s", text);
}

static char *beside(const struct sweep *s, const char *suffix, char out[PATH_BYTES + 8])
{
    snprintf(out, PATH_BYTES + 8, "%s.%s", s->folder, suffix);
    return out;
}

static int open_beside(const struct sweep *s, const char *suffix)
{
    char path[PATH_BYTES + 8];
    int fd = open(beside(s, suffix, path), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        err(2, "%s", path);
    return fd;
}

enum part { PART_BEFORE, PART_HINDERED, PART_AFTER };

/* Never returns. Before: its broker is killed, and what was last is in the log only. */
static void be(const struct sweep *s, enum part part)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (!s->only && dup2(open_beside(s, "said"), STDERR_FILENO) < 0)
        _exit(2);
    struct alloc_life life = {.config = s->config, .folder = s->folder, .log = open_beside(s, "log")};
    life.prefix = part == PART_BEFORE ? "before" : "e";
    life.start_ms = START_MS + part * HOUR_MS;
    life.killed = part == PART_BEFORE;
    if (part == PART_HINDERED)
        alloc_count();
    alloc_live(&life);
    if (part == PART_HINDERED && !s->fails)
        s->counted->life = alloc_counted();
    _exit(0);
}

/* As the world reads it. Never returns. */
static void be_configured(const struct sweep *s)
{
    alloc_count();
    alloc_read_config(s->config);
    s->counted->config = alloc_counted();
    _exit(0);
}

static int run_part(const struct sweep *s, enum part part)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        be(s, part);
    ASSERT(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static bool said(const struct sweep *s, const char *word)
{
    char text[4096];
    int fd = open_beside(s, "said");
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    return strstr(text, word);
}

/* Whoever it was: we, C++, the C library. */
static bool said_why(const struct sweep *s)
{
    return said(s, "no memory") || said(s, "bad_alloc") || said(s, "out of memory");
}

static void count_end(const struct sweep *s, int status, struct counts *c)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        c->survived++;
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 6 && said(s, "commit unknown"))
        c->unknown++;
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 5 && said(s, "it does not start: "))
        c->no_start++;
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && said_why(s))
        c->panics++;
    else
        c->silent++;
}

static void say_fault(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "#   %s\n", sentence);
}

/* Each event of the life has a receipt now. */
static uint64_t unanswered(const struct sweep *s)
{
    char path[PATH_BYTES + 8], line[256], id[96];
    bool answered[ALLOC_EVENTS] = {0};
    unsigned number;
    uint64_t missing = 0;
    FILE *log = fopen(beside(s, "log", path), "r");
    ASSERT(log);
    while (fgets(line, sizeof line, log))
        if (sscanf(line, "receipt %*s %*s %*s %95s", id) == 1 && sscanf(id, "e-%u", &number) == 1)
            answered[number % (ALLOC_EVENTS)] = true;
    fclose(log);
    for (size_t i = 0; i < ALLOC_EVENTS; i++)
        missing += !answered[i];
    return missing;
}

/* The store as it was left, then what a broker with memory makes of it. */
static void judge(const struct sweep *s, struct counts *c)
{
    char path[PATH_BYTES + 8], *logs[] = {beside(s, "log", path)};
    struct oracle *oracle = oracle_new(logs, 1);
    ASSERT(oracle);
    oracle_expect_journal(oracle, ALLOC_JOURNAL);
    struct verdict v = oracle_judge(oracle, s->folder, UINT64_MAX, say_fault, NULL);
    c->lost += v.lost;
    c->doubled += v.doubled;
    c->unopenable += v.unopenable;
    c->faults += v.faults;
    oracle_free(oracle);
}

/* A folder with the killed store, or with none. */
static void lay(const struct sweep *s)
{
    command(s->base ? "rm -rf '%s'*; cp -r --sparse=always '%s' '%1$s'; cp '%2$s.log' '%1$s.log'"
                    : "rm -rf '%s'*; mkdir '%1$s'",
            s->folder, s->base ? s->base : "");
}

static void try_one(struct sweep *s, uint64_t number, bool from_there, struct counts *c)
{
    struct counts before = *c;
    lay(s);
    alloc_fail(number, from_there);
    s->fails = number > 0;
    int status = run_part(s, PART_HINDERED);
    alloc_fail(0, false);
    c->runs++;
    count_end(s, status, c);
    judge(s, c);
    if (run_part(s, PART_AFTER) != 0)
        c->unopenable++;
    c->unanswered += unanswered(s);
    judge(s, c);
    if (c->silent + c->unanswered + c->lost + c->doubled + c->unopenable + c->faults !=
        before.silent + before.unanswered + before.lost + before.doubled + before.unopenable + before.faults) {
        fprintf(stderr, "# allocation %" PRIu64 "%s: status %x\n", number, from_there ? " and all after" : "",
                (unsigned)status);
        command("tail -n 4 '%s.said' | cut -c1-300 | sed 's/^/#   /' >&2", s->folder, "");
    }
}

static struct counts share(struct sweep *s, uint64_t job)
{
    struct counts c = {0};
    size_t length = strlen(s->folder);
    snprintf(s->folder + length, sizeof s->folder - length, "-%" PRIu64, job);
    for (uint64_t n = 1 + job; n <= s->counted->life; n += s->jobs) {
        if (n <= s->counted->config && n / s->jobs % s->step != 0)
            continue;
        for (int from_there = 0; from_there <= 1; from_there++)
            if (s->both || n / s->jobs % 2 == (uint64_t)from_there)
                try_one(s, n, from_there, &c);
    }
    return c;
}

static struct counts run_jobs(struct sweep *s)
{
    struct counts sum = {0}, one;
    int ends[2];
    ASSERT(pipe(ends) == 0);
    for (uint64_t job = 0; job < s->jobs; job++)
        if (fork() == 0) {
            one = share(s, job);
            _exit(write(ends[1], &one, sizeof one) == sizeof one ? 0 : 2);
        }
    close(ends[1]);
    uint64_t *to = (uint64_t *)&sum, *from = (uint64_t *)&one;
    for (uint64_t job = 0; job < s->jobs; job++) {
        if (read(ends[0], &one, sizeof one) != sizeof one)
            errx(2, "a job ended early");
        for (size_t i = 0; i < sizeof sum / sizeof *to; i++)
            to[i] += from[i];
    }
    while (wait(NULL) > 0) {
    }
    return sum;
}

static int report(const struct counts *c, const struct counted *counted)
{
    printf("{\"allocations\": %" PRIu64 ", \"of_config\": %" PRIu64 ", \"runs\": %" PRIu64 ", \"panics\": %" PRIu64
           ", \"unknown\": %" PRIu64 ", \"no_start\": %" PRIu64 ", \"survived\": %" PRIu64 ", \"silent\": %" PRIu64
           ", \"unanswered\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"doubled\": %" PRIu64 ", \"unopenable\": %" PRIu64
           ", \"faults\": %" PRIu64 "}\n",
           counted->life, counted->config, c->runs, c->panics, c->unknown, c->no_start, c->survived, c->silent,
           c->unanswered, c->lost, c->doubled, c->unopenable, c->faults);
    return c->silent || c->unanswered || c->lost || c->doubled || c->unopenable || c->faults || !c->panics;
}

int main(int argc, char **argv)
{
    static const struct option flags[] = {{"both", 0, NULL, 'b'}, {"step", 1, NULL, 's'},    {"jobs", 1, NULL, 'j'},
                                          {"only", 1, NULL, 'o'}, {"recover", 0, NULL, 'r'}, {0}};
    struct sweep s = {.step = 1, .jobs = 1};
    char base[PATH_BYTES];
    bool recovers = false;
    for (int option; (option = getopt_long(argc, argv, "", flags, NULL)) != -1;) {
        if (option == 's')
            s.step = strtoull(optarg, NULL, 10);
        else if (option == 'j')
            s.jobs = strtoull(optarg, NULL, 10);
        else if (option == 'b')
            s.both = true;
        else if (option == 'o')
            s.only = strtoull(optarg, NULL, 10);
        else if (option == 'r')
            recovers = true;
        else
            return 2;
    }
    if (argc - optind != 2 || !s.step || !s.jobs)
        errx(2, "see the head of alloc_sweep.c");
    s.config = argv[optind];
    s.counted = mmap(NULL, sizeof *s.counted, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(s.counted != MAP_FAILED);
    snprintf(base, sizeof base, "%s/base", argv[optind + 1]);
    snprintf(s.folder, sizeof s.folder, "%s", base);
    command("mkdir -p '%s'", base, "");
    if (recovers && run_part(&s, PART_BEFORE) != 0)
        errx(2, "the life before ended badly");
    s.base = recovers ? base : NULL;
    snprintf(s.folder, sizeof s.folder, "%s/life", argv[optind + 1]);
    if (s.only) {
        lay(&s);
        alloc_fail(s.only, false);
        be(&s, PART_HINDERED);
    }
    if (fork() == 0)
        be_configured(&s);
    ASSERT(wait(NULL) > 0 && s.counted->config > 0);
    struct counts first = {0};
    try_one(&s, 0, false, &first);
    if (first.survived != 1)
        errx(2, "a life in which nothing fails ended badly");
    struct counts counts = run_jobs(&s);
    return report(&counts, s.counted);
}
