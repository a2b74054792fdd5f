/* load_bihuan: a broker of ours. ADDRESS is its base, as in $BIHUAN_BROKER; keys come from the environment.
 *   publish        an event; done with its receipt
 *   loop           an event, its offer, respond, handle, feedback, which closes it; each with its receipt
 *   urge           an act of the centre (催办) on an incident, any of --from to --to
 *   list, queue    a first page */
#include "bench/load.h"
#include "schemas/ident.h"
#include "schemas/wire.h"
#include "workers/address.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORKER_ID_BYTES 8
#define WORKERS_MAX     4096
#define DELAYED_MAX     4096
#define SLOW_NS         500000000LL
#define TEXT_MAX        400

enum step { WHOLE, RESPOND, HANDLE, FEEDBACK };

/* The tasks under way, by their event's number; of all publishers, since any worker may get any. */
static struct under_way {
    uint64_t incident;
    uint32_t task, epoch;
    unsigned worker;
} cases[IN_FLIGHT_MAX];

static struct crew {
    void *socket; /* one ROUTER that has connected for each worker */
    unsigned credit, owed[WORKERS_MAX];
    struct {
        int64_t when_ns;
        uint64_t number;
    } delayed[DELAYED_MAX];
    size_t first_delayed, last_delayed;
} crew;

static void *context;
static struct arena arena;
static struct buffer frame;
static uint64_t run; /* makes the ids of this run new */
static char text[TEXT_MAX + 1];

struct publisher {
    void *socket;
    unsigned index;
    enum query_kind query;
    bool publishes, loops;
    uint64_t random;
};

/* --- sockets --- */

static void send_frame(void *socket, unsigned worker, const struct message *message)
{
    char id[WORKER_ID_BYTES + 1];
    wire_encode(message, &frame);
    snprintf(id, sizeof(id), "w%07u", worker);
    if (socket == crew.socket && zmq_send(socket, id, WORKER_ID_BYTES, ZMQ_SNDMORE) < 0)
        load_fail("send", zmq_strerror(errno));
    if (zmq_send(socket, frame.data, frame.size, 0) < 0)
        load_fail("send", zmq_strerror(errno));
}

/* Who wrote, in the crew; false when there is nothing. */
static bool receive(void *socket, unsigned *worker, struct message *out, int flags)
{
    char id[WORKER_ID_BYTES + 1] = "";
    zmq_msg_t got;
    if (socket == crew.socket && zmq_recv(socket, id, WORKER_ID_BYTES, flags) < 0)
        return false;
    *worker = (unsigned)strtoul(id + 1, NULL, 10);
    zmq_msg_init(&got);
    if (zmq_msg_recv(&got, socket, flags) < 0)
        return false;
    arena_reset(&arena);
    struct refusal refusal;
    if (wire_decode(zmq_msg_data(&got), zmq_msg_size(&got), &arena, out, &refusal) != 0)
        load_fail("answer", refusal.reason);
    zmq_msg_close(&got);
    return true;
}

static void greet(void *socket, unsigned worker, struct hello hello)
{
    struct message message = {.kind = MESSAGE_HELLO};
    hello.version = WIRE_VERSION;
    hello.client = "bench";
    message.hello = hello;
    send_frame(socket, worker, &message);
    if (!receive(socket, &worker, &message, 0) || message.kind != MESSAGE_WELCOME)
        load_fail("hello", message.kind == MESSAGE_REFUSAL ? message.refusal.reason : "no welcome");
}

static void set_int(void *socket, int option, int value)
{
    zmq_setsockopt(socket, option, &value, sizeof(value));
}

static void *new_socket(int type, char endpoint, struct address *address)
{
    struct client_options options = {.base = load_options.address, .endpoint = endpoint};
    char fault[256];
    if (address_resolve(&options, address, fault) != 0)
        load_fail("address", fault);
    void *socket = zmq_socket(context, type);
    set_int(socket, ZMQ_LINGER, 0);
    set_int(socket, ZMQ_RECONNECT_IVL, 5); /* for the time from a restart to the first receipt */
    set_int(socket, ZMQ_RCVTIMEO, 30000);
    set_int(socket, ZMQ_SNDHWM, 0);
    set_int(socket, ZMQ_RCVHWM, 0);
    if (address->curve && (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, address->server_key, KEY_TEXT_BYTES) != 0 ||
                           zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, address->public_key, KEY_TEXT_BYTES) != 0 ||
                           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, address->secret_key, KEY_TEXT_BYTES) != 0))
        load_fail("keys", zmq_strerror(errno));
    return socket;
}

/* A socket of this kind names each connection before it makes it. */
static void open_crew(void)
{
    struct address address;
    struct message credit = {.kind = MESSAGE_CREDIT};
    unsigned share = 2 * load_options.window / load_options.workers;
    crew.credit = share < 1 ? 1 : share > 2048 ? 2048 : share;
    crew.socket = new_socket(ZMQ_ROUTER, 'W', &address);
    set_int(crew.socket, ZMQ_ROUTER_MANDATORY, 1);
    for (unsigned i = 0; i < load_options.workers; i++) {
        char name[64];
        snprintf(name, sizeof(name), "w%07u", i);
        zmq_setsockopt(crew.socket, ZMQ_CONNECT_ROUTING_ID, name, WORKER_ID_BYTES);
        if (zmq_connect(crew.socket, address.endpoint) != 0)
            load_fail(address.endpoint, zmq_strerror(errno));
        snprintf(name, sizeof(name), "crew-%llx-%u", (unsigned long long)run, i);
        greet(crew.socket, i, (struct hello){.unit = load_options.unit, .worker = name});
        credit.credit.n = crew.credit;
        send_frame(crew.socket, i, &credit);
    }
}

static void fill_text(struct message *);

static void set_up(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    run = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 + ((uint64_t)getpid() << 48);
    arena_init(&arena);
    context = zmq_ctx_new();
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 4096);
    zmq_ctx_set(context, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH); /* as libbihuan does */
    struct message message = {.kind = MESSAGE_PUBLISH};
    do {
        text[strlen(text)] = 'x';
        fill_text(&message);
        wire_encode(&message, &frame);
    } while (frame.size < BODY_BYTES && strlen(text) < TEXT_MAX);
    if (strcmp(load_options.what, "loop") == 0)
        open_crew();
}

static void *open_publisher(unsigned index)
{
    static const struct {
        const char *what;
        enum query_kind query;
    } queries[] = {{"list", QUERY_LIST}, {"queue", QUERY_QUEUE}};
    struct publisher *p = calloc(1, sizeof(*p));
    struct address address;
    if (!p || load_options.workers < 1 || load_options.workers > WORKERS_MAX)
        load_fail("workers", "1 to 4096");
    if (index == 0)
        set_up();
    p->index = index;
    p->random = index * 0x9e3779b97f4a7c15u + 1;
    p->loops = strcmp(load_options.what, "loop") == 0;
    p->publishes = p->loops || strcmp(load_options.what, "publish") == 0;
    for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++)
        p->query = strcmp(load_options.what, queries[i].what) == 0 ? queries[i].query : p->query;
    p->socket = new_socket(ZMQ_DEALER, p->publishes ? 'P' : 'C', &address);
    if (zmq_connect(p->socket, address.endpoint) != 0)
        load_fail(address.endpoint, zmq_strerror(errno));
    greet(p->socket, 0, (struct hello){.packs = p->publishes});
    return p;
}

static size_t items(void *self, zmq_pollitem_t out[LOAD_ITEMS_MAX])
{
    struct publisher *p = self;
    out[0] = (zmq_pollitem_t){.socket = p->socket, .events = ZMQ_POLLIN};
    out[1] = (zmq_pollitem_t){.socket = crew.socket, .events = ZMQ_POLLIN};
    return p->loops ? 2 : 1;
}

/* --- what is said --- */

static void fill_text(struct message *message)
{
    message->publish.text = text;
    message->publish.type = load_options.type;
    message->publish.source_ref = "cam-0017";
    message->publish.id = "bench-0123456789abcdef-01234567";
    message->publish.observed_ms = 1790000000000;
    message->publish.place = (struct place){.area = load_options.area,
                                            .address = "Dongguan subdistrict, Hangtian road 17, south side",
                                            .has_point = true,
                                            .system = COORDINATES_GCJ02,
                                            .latitude = 35.54,
                                            .longitude = 106.66};
}

static void start_event(struct publisher *p, uint64_t number)
{
    char id[64];
    struct message message = {.kind = MESSAGE_PUBLISH, .tag = number << 2};
    fill_text(&message);
    snprintf(id, sizeof(id), "bench-%llx-%llu", (unsigned long long)run, (unsigned long long)number);
    message.publish.id = id;
    message.publish.place.latitude += (double)(number % 7919) / 1e6;
    message.publish.place.longitude += (double)(number % 9973) / 1e6;
    send_frame(p->socket, 0, &message);
}

static uint64_t any_incident(struct publisher *p)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return ident_pack(620899, load_options.from + p->random % (load_options.to - load_options.from + 1));
}

static void start_urge(struct publisher *p, uint64_t number)
{
    char request[64];
    struct message message = {.kind = MESSAGE_ACT, .tag = number << 2};
    snprintf(request, sizeof(request), "urge-%llx-%llu", (unsigned long long)run, (unsigned long long)number);
    message.act = (struct act){.request = request,
                               .verb = ACT_URGE,
                               .incident = any_incident(p),
                               .person = "p-0042",
                               .text = "the third call about it, please see to it"};
    send_frame(p->socket, 0, &message);
}

static void start(void *self, uint64_t number)
{
    struct publisher *p = self;
    struct message message = {.kind = MESSAGE_QUERY, .tag = number << 2};
    message.query = (struct query){.kind = p->query, .unit = load_options.unit, .limit = 50, .live_only = true};
    if (p->publishes)
        start_event(p, number);
    else if (p->query)
        send_frame(p->socket, 0, &message);
    else
        start_urge(p, number);
}

static void say(uint64_t number, enum step step)
{
    static const enum word_verb verbs[] = {
        [RESPOND] = WORD_RESPOND, [HANDLE] = WORD_HANDLE, [FEEDBACK] = WORD_FEEDBACK};
    static const char *const requests[] = {[RESPOND] = "r", [HANDLE] = "h", [FEEDBACK] = "f"};
    const struct under_way *c = &cases[number % IN_FLIGHT_MAX];
    struct message message = {.kind = MESSAGE_WORD, .tag = number << 2 | step};
    message.word =
        (struct word){.request = requests[step],
                      .verb = verbs[step],
                      .incident = c->incident,
                      .task = c->task,
                      .epoch = c->epoch,
                      .person = "p-0042",
                      .outcome = step == FEEDBACK ? OUTCOME_RESOLVED : 0,
                      .text = step == RESPOND ? NULL : "on the spot, cleared, two bags, photograph attached"};
    send_frame(crew.socket, c->worker, &message);
}

/* --- what is heard --- */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void give_credit(unsigned worker)
{
    struct message message = {.kind = MESSAGE_CREDIT};
    if (++crew.owed[worker] <= crew.credit / 4)
        return;
    message.credit.n = crew.owed[worker];
    crew.owed[worker] = 0;
    send_frame(crew.socket, worker, &message);
}

static void take_offer(unsigned worker, const struct delivery *offer)
{
    const char *dash = strrchr(offer->event->id, '-');
    uint64_t number = dash ? strtoull(dash + 1, NULL, 10) : 0;
    char mine[64];
    snprintf(mine, sizeof(mine), "bench-%llx-", (unsigned long long)run);
    if (strncmp(offer->event->id, mine, strlen(mine)) != 0)
        load_fail("offer", "of an event of another run");
    cases[number % IN_FLIGHT_MAX] = (struct under_way){offer->incident, offer->task.no, offer->task.epoch, worker};
    if (worker >= load_options.slow) {
        say(number, RESPOND);
        return;
    }
    crew.delayed[crew.last_delayed % DELAYED_MAX].when_ns = now_ns() + SLOW_NS;
    crew.delayed[crew.last_delayed++ % DELAYED_MAX].number = number;
}

static void say_what_was_delayed(void)
{
    while (crew.first_delayed < crew.last_delayed && crew.delayed[crew.first_delayed % DELAYED_MAX].when_ns <= now_ns())
        say(crew.delayed[crew.first_delayed++ % DELAYED_MAX].number, RESPOND);
}

static void take_step(unsigned worker, uint64_t tag)
{
    if ((tag & 3) == FEEDBACK) {
        load_done(tag >> 2);
        give_credit(worker);
    } else {
        say(tag >> 2, (tag & 3) + 1);
    }
}

static bool take_work(void)
{
    struct message got;
    unsigned worker;
    bool any = false;
    say_what_was_delayed();
    for (; receive(crew.socket, &worker, &got, ZMQ_DONTWAIT); any = true) {
        if (got.kind == MESSAGE_TASK)
            take_offer(worker, &got.task);
        else if (got.kind == MESSAGE_RECEIPT)
            take_step(worker, got.tag);
        else if (got.kind == MESSAGE_REFUSAL)
            load_fail("refused", got.refusal.reason);
    }
    return any;
}

static void take_receipt(struct publisher *p, uint64_t tag)
{
    load_receipt(tag >> 2);
    if (!p->loops)
        load_done(tag >> 2);
}

/* What is asked to wait is sent again at once: it is a closed loop's business to fill what there is. */
static void take_answer(struct publisher *p, const struct message *got)
{
    if (got->kind == MESSAGE_REFUSAL && !got->refusal.retry_after_ms)
        load_fail("refused", got->refusal.reason);
    if (got->kind == MESSAGE_REFUSAL) {
        load_refused();
        start(p, got->tag >> 2);
    } else if (got->kind == MESSAGE_RECEIPTS) {
        for (size_t i = 0; i < got->receipts.count; i++)
            take_receipt(p, got->receipts.all[i].tag);
    } else if (got->kind == MESSAGE_RECEIPT || got->kind == MESSAGE_ANSWER) {
        take_receipt(p, got->tag);
    }
}

static bool take(void *self)
{
    struct publisher *p = self;
    struct message got;
    unsigned nobody;
    bool any = false;
    for (; receive(p->socket, &nobody, &got, ZMQ_DONTWAIT); any = true)
        take_answer(p, &got);
    return p->loops ? take_work() || any : any;
}

/* ZeroMQ sends by itself. */
static void flush(void *self)
{
    (void)self;
}

/* Who leaves without a word would be offered what comes next, as long as its lease is. */
static void close_crew(void)
{
    struct message bye = {.kind = MESSAGE_BYE};
    for (unsigned i = 0; crew.socket && i < load_options.workers; i++)
        send_frame(crew.socket, i, &bye);
    if (crew.socket) {
        set_int(crew.socket, ZMQ_LINGER, 2000);
        zmq_close(crew.socket);
    }
    zmq_ctx_term(context);
}

/* The first is closed last. */
static void close_publisher(void *self)
{
    struct publisher *p = self;
    bool last = p->index == 0;
    zmq_close(p->socket);
    free(p);
    if (last)
        close_crew();
}

const struct peer peer = {.name = "bihuan",
                          .open = open_publisher,
                          .items = items,
                          .start = start,
                          .flush = flush,
                          .take = take,
                          .close = close_publisher};
