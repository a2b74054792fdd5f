/* power_loss TRACE WORK LOG...: from what a broker did to its store's files (shim.c), the states that a loss of power may
 * leave: all that was durable by then, and of the rest whatever subset of sectors and names. Each is opened as a broker
 * would, checked, and held against what was promised by then.
 *
 *   --base FOLDER  what was there, and durable, before (default: nothing)
 *   --states N     so many, at places drawn from the seed (default 1000)
 *   --seed N
 *   --jobs N       processes
 *   --only N       this one of them alone, kept in WORK
 *   --sub NAME     the store is a folder in it, which may not be there yet: at the end it must
 *   --liar NAME    a disk that says "durable" of files with this in their name, and keeps nothing: the campaign must notice
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/base/panic.h"
#include "tests/crash/oracle.h"
#include "tests/crash/trace.h"
#include "tests/sim/chance.h"

#define SECTOR_BYTES 512u
#define PAGE_BYTES   4096u
#define EARLY        64 /* the first events, while a store is made or recovered, are crashed more often */
#define INODES_MAX   64
#define NUMBERS_MAX  256
#define NAMES_MAX    256
#define A_FOLDER     SIZE_MAX

/* --- chance --- */

static struct chance dice;

static uint64_t draw(uint64_t n)
{
    return chance_below(&dice, n);
}

/* --- the disk --- */

struct image {
    uint8_t *bytes;
    uint64_t size, capacity;
};

static void image_reach(struct image *image, uint64_t size)
{
    if (size > image->capacity) {
        uint64_t capacity = size + size / 2 + (1u << 20);
        image->bytes = realloc(image->bytes, capacity);
        ASSERT(image->bytes);
        memset(image->bytes + image->capacity, 0, capacity - image->capacity);
        image->capacity = capacity;
    }
    image->size = size > image->size ? size : image->size;
}

static void image_size(struct image *image, uint64_t size)
{
    image_reach(image, size);
    if (size < image->size)
        memset(image->bytes + size, 0, image->size - size);
    image->size = size;
}

static void image_put(struct image *image, uint64_t at, const uint8_t *bytes, uint64_t size)
{
    image_reach(image, at + size);
    memcpy(image->bytes + at, bytes, size);
}

/* A write that is not durable yet; without bytes, a change of size. */
struct pending {
    const uint8_t *bytes;
    uint64_t at, size;
    uint32_t op, sync_op; /* sync_op: the flush that takes it along */
    bool returned, dsync;
};

struct inode {
    const char *path; /* its first */
    struct image durable;
    struct pending *pending;
    size_t count, capacity;
};

enum name_kind { NAME_MADE, NAME_MOVED, NAME_GONE };
struct name_change {
    enum name_kind kind;
    const char *path, *to;
    size_t inode;
    uint32_t op;
};

static struct {
    struct inode inodes[INODES_MAX];
    size_t inode_count;
    size_t of_number[NUMBERS_MAX]; /* the trace's file → inode + 1 */
    struct name_change names[NAMES_MAX];
    size_t name_count, names_durable, names_syncing;
    uint32_t folder_sync;
    const char *liar; /* NULL: it says the truth */
} disk;

struct directory {
    const char *paths[INODES_MAX];
    size_t inodes[INODES_MAX], count;
};

static size_t *find_name(struct directory *d, const char *path)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->paths[i], path) == 0)
            return &d->inodes[i];
    return NULL;
}

static void drop_name(struct directory *d, const char *path)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->paths[i], path) == 0) {
            d->count--;
            d->paths[i] = d->paths[d->count];
            d->inodes[i] = d->inodes[d->count];
            return;
        }
}

/* The folder after the first so many changes of names. */
static struct directory directory_after(size_t changes)
{
    struct directory d = {.count = 0};
    for (size_t i = 0; i < changes; i++) {
        const struct name_change *change = &disk.names[i];
        drop_name(&d, change->path);
        if (change->kind == NAME_GONE)
            continue;
        const char *path = change->kind == NAME_MOVED ? change->to : change->path;
        drop_name(&d, path);
        d.paths[d.count] = path;
        d.inodes[d.count++] = change->inode;
    }
    return d;
}

static void add_name(struct name_change change)
{
    ASSERT(disk.name_count < NAMES_MAX);
    disk.names[disk.name_count++] = change;
}

static void apply(struct inode *inode, const struct pending *p)
{
    if (p->bytes)
        image_put(&inode->durable, p->at, p->bytes, p->size);
    else
        image_size(&inode->durable, p->at);
}

/* Those that are chosen become durable, in their order. */
static void harden(struct inode *inode, bool (*chosen)(const struct pending *, const void *), const void *arg)
{
    size_t kept = 0;
    for (size_t i = 0; i < inode->count; i++) {
        if (chosen(&inode->pending[i], arg))
            apply(inode, &inode->pending[i]);
        else
            inode->pending[kept++] = inode->pending[i];
    }
    inode->count = kept;
}

static bool taken_by_sync(const struct pending *p, const void *op)
{
    return p->sync_op == *(const uint32_t *)op;
}

/* A durable write takes along what lies in the same pages, and was written before. */
static bool taken_by_write(const struct pending *p, const void *arg)
{
    const struct pending *durable = arg;
    uint64_t first = durable->at / PAGE_BYTES * PAGE_BYTES, end = durable->at + durable->size;
    return p->op == durable->op ||
           (p->op < durable->op && p->bytes && p->returned && p->at < end && p->at + p->size > first);
}

static void add_pending(struct inode *inode, struct pending p)
{
    if (inode->count == inode->capacity) {
        inode->capacity = inode->capacity ? 2 * inode->capacity : 64;
        inode->pending = realloc(inode->pending, inode->capacity * sizeof *inode->pending);
        ASSERT(inode->pending);
    }
    inode->pending[inode->count++] = p;
}

/* --- the trace --- */

static struct {
    const uint8_t *bytes;
    size_t size;
    const struct trace_event **events;
    size_t count;
} trace;

static const uint8_t *payload(const struct trace_event *event)
{
    return (const uint8_t *)(event + 1);
}

/* A process that was killed may have left half an event at the end. */
static void read_trace(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &status) != 0)
        err(2, "%s", path);
    trace.size = (size_t)status.st_size;
    trace.bytes = mmap(NULL, trace.size, PROT_READ, MAP_PRIVATE, fd, 0);
    ASSERT(trace.bytes != MAP_FAILED);
    close(fd);
    trace.events = calloc(trace.size / sizeof(struct trace_event) + 1, sizeof *trace.events);
    ASSERT(trace.events);
    for (size_t at = 0; at + sizeof(struct trace_event) <= trace.size;) {
        const struct trace_event *event = (const void *)(trace.bytes + at);
        if (event->kind < TRACE_OPEN || event->kind > TRACE_END || at + sizeof *event + event->size > trace.size)
            break;
        trace.events[trace.count++] = event;
        at += sizeof *event + (event->size + 7) / 8 * 8;
    }
}

static bool lies(const struct inode *inode)
{
    return disk.liar && strstr(inode->path, disk.liar);
}

static struct inode *inode_of(uint32_t number)
{
    ASSERT(number < NUMBERS_MAX && disk.of_number[number] > 0);
    return &disk.inodes[disk.of_number[number] - 1];
}

static void on_open(const struct trace_event *event)
{
    const char *path = (const char *)payload(event);
    struct directory now = directory_after(disk.name_count);
    size_t *inode = find_name(&now, path);
    if (event->file == 0)
        return;
    if (!inode && !(event->flags & TRACE_MADE)) {
        disk.of_number[event->file] = A_FOLDER;
    } else if (!inode) {
        ASSERT(disk.inode_count < INODES_MAX);
        size_t made = disk.inode_count++;
        disk.inodes[made].path = path;
        add_name((struct name_change){.kind = NAME_MADE, .path = path, .inode = made, .op = event->op});
        disk.of_number[event->file] = made + 1;
    } else {
        disk.of_number[event->file] = *inode + 1;
    }
}

static void on_sync(const struct trace_event *event)
{
    if (event->file == 0 || disk.of_number[event->file] == A_FOLDER) {
        disk.names_syncing = disk.name_count;
        disk.folder_sync = event->op;
        return;
    }
    struct inode *inode = inode_of(event->file);
    for (size_t i = 0; i < inode->count; i++)
        if (inode->pending[i].returned && !inode->pending[i].sync_op)
            inode->pending[i].sync_op = event->op;
}

static void end_write(struct inode *inode, struct pending *p, int64_t result)
{
    p->returned = true;
    if (p->bytes)
        p->size = result < 0 ? 0 : (uint64_t)result;
    if (!p->dsync || lies(inode))
        return;
    struct pending durable = *p;
    harden(inode, taken_by_write, &durable);
}

static void on_end(const struct trace_event *event)
{
    if (disk.folder_sync == event->op)
        disk.names_durable = disk.names_syncing;
    for (size_t i = 0; i < disk.inode_count; i++) {
        struct inode *inode = &disk.inodes[i];
        if (!lies(inode))
            harden(inode, taken_by_sync, &event->op);
        for (size_t k = 0; k < inode->count; k++)
            if (inode->pending[k].op == event->op) {
                end_write(inode, &inode->pending[k], event->result);
                break;
            }
    }
}

static const char *joined(const char *a, const char *b)
{
    char *text;
    ASSERT(asprintf(&text, "%s%s", a, b) > 0);
    return text;
}

/* Of a file, or of a folder with what is in it. */
static void on_rename(const struct trace_event *event)
{
    const char *from = (const char *)payload(event), *to = from + strlen(from) + 1;
    struct directory now = directory_after(disk.name_count);
    size_t length = strlen(from), moved = 0;
    for (size_t i = 0; i < now.count; i++) {
        const char *rest = strncmp(now.paths[i], from, length) == 0 ? now.paths[i] + length : NULL;
        if (!rest || (*rest && *rest != '/'))
            continue;
        add_name((struct name_change){NAME_MOVED, now.paths[i], joined(to, rest), now.inodes[i], event->op});
        moved++;
    }
    ASSERT(moved > 0);
}

static void on_unlink(const struct trace_event *event)
{
    const char *path = (const char *)payload(event);
    struct directory now = directory_after(disk.name_count);
    size_t *inode = find_name(&now, path);
    if (inode)
        add_name((struct name_change){.kind = NAME_GONE, .path = path, .inode = *inode, .op = event->op});
}

static void step(const struct trace_event *event)
{
    bool dsync = event->flags & TRACE_DSYNC;
    switch (event->kind) {
    case TRACE_OPEN:
        on_open(event);
        break;
    case TRACE_WRITE:
        add_pending(inode_of(event->file),
                    (struct pending){payload(event), event->offset, event->size, event->op, 0, false, dsync});
        break;
    case TRACE_SIZE:
        add_pending(inode_of(event->file), (struct pending){NULL, event->offset, 0, event->op, 0, false, false});
        break;
    case TRACE_SYNC:
        on_sync(event);
        break;
    case TRACE_RENAME:
        on_rename(event);
        break;
    case TRACE_UNLINK:
        on_unlink(event);
        break;
    case TRACE_END:
        on_end(event);
    }
}

/* --- what was there before --- */

static void load_file(const char *folder, const char *name)
{
    char path[1024];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &status) != 0)
        err(2, "%s", path);
    struct image *image = &disk.inodes[disk.inode_count].durable;
    disk.inodes[disk.inode_count].path = strdup(name);
    image_reach(image, (uint64_t)status.st_size);
    if (read(fd, image->bytes, image->size) != (ssize_t)image->size)
        err(2, "%s", path);
    close(fd);
    add_name((struct name_change){.kind = NAME_MADE, .path = strdup(name), .inode = disk.inode_count++});
}

static void load_base(const char *folder)
{
    struct dirent *entry;
    DIR *all = opendir(folder);
    if (!all)
        err(2, "%s", folder);
    while ((entry = readdir(all)))
        if (*entry->d_name != '.' && !strstr(entry->d_name, "lock"))
            load_file(folder, entry->d_name);
    closedir(all);
    disk.names_durable = disk.name_count;
}

/* --- a crash --- */

enum subset { KEEP_NONE, KEEP_ALL, KEEP_WRITES, KEEP_SECTORS, KEEP_MOST, KEEP_LATER, SUBSETS };
static const char *const subset_names[SUBSETS] = {"none",     "all", "writes", "sectors", "all but one sector",
                                                  "the later"};

struct state {
    size_t at; /* events that happened */
    enum subset subset;
    uint64_t pending, torn; /* writes not durable; of these, those that came in part */
};

static bool keep_write(enum subset subset, size_t i, size_t count)
{
    switch (subset) {
    case KEEP_NONE:
        return false;
    case KEEP_WRITES:
        return draw(2);
    case KEEP_LATER:
        return i >= count / 2;
    default:
        return true;
    }
}

static void keep_sectors(struct state *state, struct image *image, const struct pending *p)
{
    uint64_t sectors = (p->size + SECTOR_BYTES - 1) / SECTOR_BYTES, missing = draw(sectors);
    bool torn = false;
    for (uint64_t i = 0; i < sectors; i++) {
        uint64_t at = i * SECTOR_BYTES, size = p->size - at < SECTOR_BYTES ? p->size - at : SECTOR_BYTES;
        bool keep = state->subset == KEEP_SECTORS ? draw(2) : state->subset == KEEP_MOST ? i != missing : true;
        torn |= !keep;
        if (keep)
            image_put(image, p->at + at, p->bytes + at, size);
        else if (draw(2))
            image_reach(image, p->at + at + size); /* the size is there, the bytes are not */
    }
    state->torn += torn;
}

static struct image crash_image(struct state *state, const struct inode *inode)
{
    struct image image = {0};
    image_reach(&image, inode->durable.size);
    memcpy(image.bytes, inode->durable.bytes ? inode->durable.bytes : (const uint8_t *)"", inode->durable.size);
    state->pending += inode->count;
    for (size_t i = 0; i < inode->count; i++) {
        const struct pending *p = &inode->pending[i];
        if (!keep_write(state->subset, i, inode->count))
            continue;
        if (p->bytes)
            keep_sectors(state, &image, p);
        else
            image_size(&image, p->at);
    }
    return image;
}

static void write_file(const char *folder, const char *name, const struct image *image)
{
    static const uint8_t zeros[PAGE_BYTES];
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)image->size) != 0)
        err(2, "%s", path);
    for (uint64_t at = 0; at < image->size; at += PAGE_BYTES) {
        uint64_t size = image->size - at < PAGE_BYTES ? image->size - at : PAGE_BYTES;
        if (memcmp(image->bytes + at, zeros, size) != 0 &&
            pwrite(fd, image->bytes + at, size, (off_t)at) != (ssize_t)size)
            err(2, "%s", path);
    }
    close(fd);
}

/* The folder as the loss leaves it. */
static void materialise(struct state *state, const char *folder)
{
    size_t names = disk.names_durable + draw(disk.name_count - disk.names_durable + 1);
    struct directory d = directory_after(names);
    mkdir(folder, 0700);
    for (size_t i = 0; i < d.count; i++) {
        struct image image = crash_image(state, &disk.inodes[d.inodes[i]]);
        write_file(folder, d.paths[i], &image);
        free(image.bytes);
    }
}

/* --- the campaign --- */

struct counts {
    uint64_t states, promises, pending, torn, states_pending, states_torn, lost, doubled, unopenable, faults, died,
        absent;
};

struct options {
    uint64_t states, seed, jobs, only;
    const char *work, *sub;
    struct oracle *oracle;
};

static void say(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "#   %s\n", sentence);
}

static void remove_folder(const char *folder)
{
    char command[700];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        errx(2, "cannot remove %s", folder);
}

/* In a process of its own: a panic is a verdict too. */
static bool judge(const struct options *o, const char *folder, uint64_t before_ns, struct verdict *out)
{
    int ends[2], status;
    struct verdict verdict;
    ASSERT(pipe(ends) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        verdict = oracle_judge(o->oracle, folder, before_ns, say, NULL);
        _exit(write(ends[1], &verdict, sizeof verdict) == sizeof verdict ? 0 : 2);
    }
    close(ends[1]);
    bool said = read(ends[0], out, sizeof *out) == sizeof *out;
    close(ends[0]);
    ASSERT(waitpid(child, &status, 0) == child);
    return said && status == 0;
}

static void add_verdict(struct counts *c, const struct verdict *v, bool said)
{
    c->lost += said ? v->lost : 0;
    c->doubled += said ? v->doubled : 0;
    c->unopenable += said ? v->unopenable : 0;
    c->faults += said ? v->faults : 0;
    c->died += !said;
}

/* A folder that has not its name yet is none. */
static bool judge_there(const struct options *o, const char *folder, uint64_t before_ns, bool over, struct verdict *out,
                        struct counts *c)
{
    char path[700];
    struct stat status;
    snprintf(path, sizeof path, "%s%s%s", folder, o->sub ? "/" : "", o->sub ? o->sub : "");
    if (!o->sub || stat(path, &status) == 0)
        return judge(o, path, before_ns, out);
    out->unopenable = over;
    c->absent++;
    return true;
}

static void try_state(const struct options *o, uint64_t number, size_t at, struct counts *c)
{
    char folder[600];
    struct verdict verdict = {0};
    struct state state = {.at = at};
    dice.state = o->seed * 1000003 + number;
    state.subset = (enum subset)draw(SUBSETS);
    uint64_t before_ns = at < trace.count ? trace.events[at]->ns : UINT64_MAX;
    snprintf(folder, sizeof folder, "%s/state-%" PRIu64, o->work, number);
    materialise(&state, folder);
    bool said = judge_there(o, folder, before_ns, at == trace.count, &verdict, c);
    add_verdict(c, &verdict, said);
    c->states++;
    c->promises += oracle_given(o->oracle, before_ns);
    c->pending += state.pending;
    c->torn += state.torn;
    c->states_pending += state.pending > 0;
    c->states_torn += state.torn > 0;
    if (!said || verdict_bad(&verdict))
        fprintf(stderr,
                "# state %" PRIu64 ": after %zu of %zu events, kept %s: lost %" PRIu64 " doubled %" PRIu64
                " unopenable %" PRIu64 " faults %" PRIu64 "%s\n",
                number, at, trace.count, subset_names[state.subset], verdict.lost, verdict.doubled, verdict.unopenable,
                verdict.faults, said ? "" : ", and it died");
    if (o->only != number)
        remove_folder(folder);
}

static int by_place(const void *a, const void *b)
{
    size_t mine = *(const size_t *)a, theirs = *(const size_t *)b;
    return mine < theirs ? -1 : mine > theirs;
}

/* One job's share: the states whose number leaves this rest. */
static struct counts campaign(const struct options *o, uint64_t job)
{
    struct counts counts = {0};
    size_t *places = calloc(o->states, sizeof *places), done = 0;
    ASSERT(places);
    dice.state = o->seed;
    for (uint64_t i = 0; i < o->states; i++)
        places[i] = draw(i % 8 ? trace.count + 1 : trace.count < EARLY ? trace.count : EARLY);
    qsort(places, o->states, sizeof *places, by_place);
    for (uint64_t i = 0; i < o->states; i++) {
        for (; done < places[i]; done++)
            step(trace.events[done]);
        if (o->only == UINT64_MAX ? i % o->jobs == job : i == o->only)
            try_state(o, i, places[i], &counts);
    }
    free(places);
    return counts;
}

static struct counts run_jobs(const struct options *o)
{
    struct counts sum = {0}, one;
    int ends[2];
    ASSERT(pipe(ends) == 0);
    for (uint64_t job = 0; job < o->jobs; job++)
        if (fork() == 0) {
            one = campaign(o, job);
            _exit(write(ends[1], &one, sizeof one) == sizeof one ? 0 : 2);
        }
    close(ends[1]);
    uint64_t *to = (uint64_t *)&sum, *from = (uint64_t *)&one;
    for (uint64_t job = 0; job < o->jobs; job++) {
        if (read(ends[0], &one, sizeof one) != sizeof one)
            errx(2, "a job ended early");
        for (size_t i = 0; i < sizeof sum / sizeof *to; i++)
            to[i] += from[i];
    }
    while (wait(NULL) > 0) {
    }
    return sum;
}

static int report(const struct counts *c)
{
    printf("{\"states\": %" PRIu64 ", \"with_pending\": %" PRIu64 ", \"torn\": %" PRIu64 ", \"promises\": %" PRIu64
           ", \"lost\": %" PRIu64 ", \"doubled\": %" PRIu64 ", \"unopenable\": %" PRIu64 ", \"faults\": %" PRIu64
           ", \"died\": %" PRIu64 ", \"absent\": %" PRIu64 "}\n",
           c->states, c->states_pending, c->states_torn, c->promises, c->lost, c->doubled, c->unopenable, c->faults,
           c->died, c->absent);
    return c->lost || c->doubled || c->unopenable || c->faults || c->died;
}

int main(int argc, char **argv)
{
    static const struct option flags[] = {
        {"states", 1, NULL, 'n'}, {"seed", 1, NULL, 's'}, {"jobs", 1, NULL, 'j'}, {"only", 1, NULL, 'o'},
        {"liar", 1, NULL, 'l'},   {"base", 1, NULL, 'b'}, {"sub", 1, NULL, 'u'},  {0}};
    struct options o = {.states = 1000, .seed = 1, .jobs = 1, .only = UINT64_MAX};
    for (int option; (option = getopt_long(argc, argv, "", flags, NULL)) != -1;) {
        uint64_t number = option != 'b' && option != 'l' && option != 'u' ? strtoull(optarg, NULL, 10) : 0;
        if (option == 'n')
            o.states = number;
        else if (option == 's')
            o.seed = number;
        else if (option == 'j')
            o.jobs = number;
        else if (option == 'o')
            o.only = number;
        else if (option == 'u')
            o.sub = optarg;
        else if (option == 'b')
            load_base(optarg);
        else if (option == 'l')
            disk.liar = optarg;
        else
            return 2;
    }
    if (argc - optind < 2 || !o.states || !o.jobs)
        errx(2, "see the head of power_loss.c");
    read_trace(argv[optind]);
    o.work = argv[optind + 1];
    o.jobs = o.only == UINT64_MAX ? o.jobs : 1;
    o.oracle = oracle_new(argv + optind + 2, (size_t)(argc - optind - 2));
    if (!o.oracle)
        return 2;
    struct counts counts = run_jobs(&o);
    return report(&counts);
}
