#include "tests/crash/alloc_life.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/panic.h"
#include "schemas/ident.h"
#include "tests/sim/world.h"

/* --- allocations --- */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_uint_fast64_t counted;
static uint64_t fail_at; /* 0: never */
static bool ever;
static _Thread_local bool ours; /* what the test itself allocates does not count */
static atomic_bool counting;

static bool fails(void)
{
    if (ours || !counting)
        return false;
    uint64_t number = atomic_fetch_add(&counted, 1) + 1;
    if (!fail_at || number < fail_at || (number > fail_at && !ever))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *memory = fails() ? NULL : __libc_memalign(alignment, size);
    if (!memory)
        return ENOMEM;
    *out = memory;
    return 0;
}

/* --- a life --- */

enum actor { SOURCE, WORKER, CENTRE, SEATS };
enum { ROUNDS = ALLOC_EVENTS / 4, EVENTS = 4 };
static const char *const types[EVENTS] = {"1.01", "1.02", "1.03", "2.01"};

struct life {
    struct world world;
    struct arena arena;
    char round_id[16]; /* of the events: other lives ask for others, or for the same again */
    int log;
};

static void note(struct life *l, const char *kind, const struct receipt *receipt, const char *request)
{
    char line[256], incident[IDENT_TEXT_BYTES] = "-";
    if (receipt->incident)
        ident_format(receipt->incident, incident);
    int size = snprintf(line, sizeof line, "%s 1 %" PRIu64 " %s %s %u %d\n", kind, receipt->seq, incident, request,
                        receipt->term, receipt->repeat);
    ASSERT(write(l->log, line, (size_t)size) == size);
}

static void send(struct life *l, enum actor actor, const struct message *message)
{
    ours = true;
    network_send(&l->world.network, actor, message);
    ours = false;
}

static void hello(struct life *l, enum actor actor, char endpoint, const char *principal)
{
    struct message m = {.kind = MESSAGE_HELLO}, credit = {.kind = MESSAGE_CREDIT};
    l->world.network.principals[actor] = principal;
    l->world.network.endpoints[actor] = endpoint;
    m.hello = (struct hello){.version = WIRE_VERSION, .client = "sweep"};
    m.hello.unit = endpoint == 'W' ? "u-a" : NULL;
    m.hello.worker = endpoint == 'W' ? "hand" : NULL;
    send(l, actor, &m);
    credit.credit.n = 100;
    if (endpoint == 'W')
        send(l, actor, &credit);
}

static void publish(struct life *l, unsigned number)
{
    struct message m = {.kind = MESSAGE_PUBLISH, .tag = number};
    m.publish.id = arena_printf(&l->arena, "%s-%u", l->round_id, number);
    m.publish.type = types[number % EVENTS];
    m.publish.place.area = "620802001001";
    m.publish.text = "一件事";
    send(l, SOURCE, &m);
}

static void say(struct life *l, const struct delivery *d, enum word_verb verb)
{
    struct message m = {.kind = MESSAGE_WORD, .tag = d->incident * 2 + (verb == WORD_FEEDBACK)};
    const char *request = verb == WORD_FEEDBACK ? "done" : "seen";
    m.word = (struct word){.request = arena_printf(&l->arena, "%s-%" PRIu64 "-%u", request, d->incident, d->task.epoch),
                           .verb = verb,
                           .incident = d->incident,
                           .task = d->task.no,
                           .epoch = d->task.epoch,
                           .person = "张三",
                           .outcome = verb == WORD_FEEDBACK ? OUTCOME_RESOLVED : 0};
    send(l, WORKER, &m);
}

static void assign(struct life *l, const struct receipt *receipt)
{
    struct message m = {.kind = MESSAGE_ACT};
    m.act = (struct act){.request = arena_printf(&l->arena, "assign-%" PRIu64, receipt->incident),
                         .verb = ACT_ASSIGN,
                         .incident = receipt->incident,
                         .unit = "u-a",
                         .person = "王五"};
    send(l, CENTRE, &m);
}

static void hear(struct life *l, enum actor actor, const struct message *m)
{
    if (actor == SOURCE && m->kind == MESSAGE_RECEIPT) {
        note(l, "receipt", &m->receipt, arena_printf(&l->arena, "%s-%" PRIu64, l->round_id, m->tag));
        if (m->tag % EVENTS == EVENTS - 1)
            assign(l, &m->receipt);
    } else if (actor == WORKER && m->kind == MESSAGE_TASK) {
        say(l, &m->task, WORD_RESPOND);
        if (m->task.incident % 2)
            say(l, &m->task, WORD_FEEDBACK);
    }
}

static void listen(struct life *l)
{
    struct message m;
    ours = true;
    for (enum actor actor = SOURCE; actor < SEATS; actor++)
        while (network_receive(&l->world.network, actor, &l->arena, &m)) {
            hear(l, actor, &m);
            ours = true;
        }
    ours = false;
}

/* As main.c says it. */
static void end_unknown(int error)
{
    fprintf(stderr, "commit unknown=1 error=\"%s\"\n", strerror(-error));
    _exit(6);
}

static void turns(struct life *l, int count)
{
    for (int i = 0; i < count; i++) {
        l->world.turn.touched_ms = i % 2 ? 0 : INT64_MAX / 2; /* rows are written when it is quiet */
        int error = turn_run(&l->world.turn);
        listen(l); /* what has been said is said */
        if (error)
            end_unknown(error);
    }
}

static void ask_for_all(struct life *l)
{
    struct message m = {.kind = MESSAGE_QUERY};
    m.query.kind = QUERY_LIST;
    send(l, CENTRE, &m);
}

static void open_life(struct life *l, const char *config, const char *folder, int64_t start_ms)
{
    struct world_options options = {
        .seed = 1, .start_ms = start_ms, .config_folder = config, .folder = folder, .front = true};
    if (!world_open(&l->world, &options)) {
        fprintf(stderr, "it does not start: %s\n", l->world.fault);
        _exit(5);
    }
    disk_be_late(false);
}

static void live(struct life *l)
{
    hello(l, SOURCE, 'P', "src-1");
    hello(l, WORKER, 'W', "dept-a");
    hello(l, CENTRE, 'C', "chief");
    turns(l, 1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < EVENTS; i++)
            publish(l, round * EVENTS + i);
        turns(l, 4);
        ask_for_all(l);
        l->world.now_ms += 40000; /* clocks run out in the third round */
        turns(l, 2);
    }
}

static void settle(struct life *l)
{
    int error = turn_settle(&l->world.turn);
    listen(l);
    if (error)
        end_unknown(error);
}

void alloc_fail(uint64_t number, bool from_there)
{
    fail_at = number;
    ever = from_there;
}

void alloc_count(void)
{
    counting = true;
}

uint64_t alloc_counted(void)
{
    return counted;
}

void alloc_read_config(const char *config)
{
    struct world world = {.options.config_folder = config};
    ASSERT(world_read_config(&world));
}

static struct life *dying;

/* What had left the broker when it ended was promised. */
static void on_abort(int number)
{
    (void)number;
    if (dying)
        listen(dying);
}

void alloc_live(const struct alloc_life *life)
{
    struct life l = {.log = life->log};
    arena_init(&l.arena);
    snprintf(l.round_id, sizeof l.round_id, "%s", life->prefix);
    open_life(&l, life->config, life->folder, life->start_ms);
    dying = &l;
    signal(SIGABRT, on_abort);
    live(&l);
    if (!life->killed)
        settle(&l);
}
