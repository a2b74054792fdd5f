/* flood: sources that go on reporting at a pace of their own, whether or not they are answered (an open loop), as a city does.
 *
 *   flood LOG BASE SOURCES PER_S SECONDS PREFIX TYPE AREA      PER_S 0: a closed loop, for comparison; so many in flight
 *
 * Each report is sent when its time comes, or as soon after as the connection takes it; what has no answer after a second is
 * sent again, with growing pauses, as PROTOCOL.md asks; a refusal is waited out. A source gives up a report after PATIENCE_S.
 * The log has each receipt, as promise.c writes it, and is durable every second. At the end one line of JSON: reported, sent (repeats too), receipts, refusals, what was given up and never sent, and receipts
 * in each second. */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "schemas/ident.h"
#include "schemas/wire.h"

#define PATIENCE_S  10
#define SECONDS_MAX 7200
#define WAITS_MAX   (1u << 15) /* reports of one source that wait for an answer */
#define WINDOW      64         /* of a closed loop: so many of a source in flight */
#define LOOKS       256        /* at what may be due again, of one source in one round */
#define QUEUE_MAX   1000       /* frames in ZeroMQ's queue of one source */

/* A report that has no answer; by number modulo WAITS_MAX. */
struct waits {
    uint64_t number; /* from 1; 0: answered */
    int64_t first_ms, due_ms;
    int pause_ms;
};

struct source {
    size_t at;
    void *socket;
    struct waits *waits;
    uint64_t thought, reported, sent; /* that had something to say; that is kept to be said; that was said once */
    uint64_t oldest, look;            /* none before it waits; where the round over what waits goes on */
};

static struct {
    uint64_t reported, sent, receipts, refused, given_up, unsent, by_second[SECONDS_MAX];
} count;

static FILE *promised;
static const char *prefix, *type, *area;
static struct arena arena;
static struct buffer frame;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct waits *waits_of(struct source *s, uint64_t number)
{
    return &s->waits[number % WAITS_MAX];
}

static bool transmit(struct source *s, const struct message *message)
{
    wire_encode(message, &frame);
    return zmq_send(s->socket, frame.data, frame.size, ZMQ_DONTWAIT) >= 0;
}

static bool report(struct source *s, uint64_t number)
{
    char id[64];
    snprintf(id, sizeof id, "%s-%zu-%" PRIu64, prefix, s->at, number);
    struct message message = {.kind = MESSAGE_PUBLISH, .tag = number * 2};
    message.publish = (struct event){.id = id, .type = type, .place = {.area = area}};
    bool gone = transmit(s, &message);
    count.sent += gone;
    return gone;
}

/* --- answers --- */

static void answered(struct source *s, uint64_t tag, uint64_t incident, uint64_t seq, int64_t second)
{
    struct waits *waits = waits_of(s, tag / 2);
    char name[IDENT_TEXT_BYTES];
    if (waits->number != tag / 2)
        return;
    ident_format(incident, name);
    fprintf(promised, "receipt %" PRId64 " %" PRIu64 " %s %s-%zu-%" PRIu64 "\n", 1000 * now_us(), seq, name, prefix,
            s->at, waits->number);
    waits->number = 0;
    count.receipts++;
    count.by_second[second < SECONDS_MAX ? second : SECONDS_MAX - 1]++;
}

static void put_off(struct source *s, uint64_t tag, uint32_t wait_ms, int64_t now_ms)
{
    struct waits *waits = waits_of(s, tag / 2);
    count.refused++;
    if (waits->number == tag / 2)
        waits->due_ms = now_ms + wait_ms + rand() % (wait_ms / 2 + 1);
}

static void take(struct source *s, const struct message *answer, int64_t second, int64_t now_ms)
{
    if (answer->kind == MESSAGE_RECEIPT)
        answered(s, answer->tag, answer->receipt.incident, answer->receipt.seq, second);
    for (size_t i = 0; answer->kind == MESSAGE_RECEIPTS && i < answer->receipts.count; i++)
        answered(s, answer->receipts.all[i].tag, answer->receipts.all[i].incident, answer->receipts.all[i].seq, second);
    if (answer->kind == MESSAGE_REFUSAL)
        put_off(s, answer->tag, answer->refusal.retry_after_ms, now_ms);
}

static void hear(struct source *s, int64_t second, int64_t now_ms)
{
    zmq_msg_t in;
    struct message answer;
    struct refusal why;
    zmq_msg_init(&in);
    while (zmq_msg_recv(&in, s->socket, ZMQ_DONTWAIT) >= 0) {
        arena_reset(&arena);
        if (wire_decode(zmq_msg_data(&in), zmq_msg_size(&in), &arena, &answer, &why) == 0)
            take(s, &answer, second, now_ms);
    }
    zmq_msg_close(&in);
}

/* --- reports --- */

/* A source whose own memory is full drops what it would report. */
static void think_of(struct source *s, uint64_t upto, int64_t now_ms)
{
    while (s->oldest < s->sent && !waits_of(s, s->oldest + 1)->number)
        s->oldest++;
    for (; s->thought < upto; s->thought++) {
        count.reported++;
        if (s->reported - s->oldest >= WAITS_MAX - 1) {
            count.unsent++;
            continue;
        }
        s->reported++;
        *waits_of(s, s->reported) = (struct waits){s->reported, now_ms, now_ms, 0};
    }
}

static bool over(struct waits *waits, int64_t now_ms)
{
    if (now_ms - waits->first_ms <= PATIENCE_S * 1000)
        return false;
    count.given_up++;
    waits->number = 0;
    return true;
}

/* False: the connection takes no more now. */
static bool say(struct source *s, struct waits *waits, int64_t now_ms)
{
    if (!report(s, waits->number))
        return false;
    waits->pause_ms = waits->pause_ms ? 2 * waits->pause_ms : 1000;
    waits->due_ms = now_ms + waits->pause_ms * 3 / 4 + rand() % (waits->pause_ms / 2 + 1);
    return true;
}

static void say_new(struct source *s, int64_t now_ms)
{
    for (; s->sent < s->reported; s->sent++) {
        struct waits *waits = waits_of(s, s->sent + 1);
        if (!over(waits, now_ms) && !say(s, waits, now_ms))
            return;
    }
}

/* Some at a time, round and round. */
static void say_again(struct source *s, int64_t now_ms)
{
    for (size_t looks = 0; looks < LOOKS && s->oldest < s->sent; looks++) {
        s->look = s->look < s->oldest || s->look >= s->sent ? s->oldest : s->look;
        struct waits *waits = waits_of(s, s->look + 1);
        if (waits->number && !over(waits, now_ms) && waits->due_ms <= now_ms && !say(s, waits, now_ms))
            return;
        s->look++;
    }
}

static void speak(struct source *s, uint64_t upto, int64_t now_ms)
{
    think_of(s, upto, now_ms);
    say_new(s, now_ms);
    say_again(s, now_ms);
}

static void greet(struct source *s, void *context, const char *base)
{
    char address[256];
    int queue = QUEUE_MAX, none = 0, patience_ms = 1000;
    snprintf(address, sizeof address, "%s/publish", base);
    s->socket = zmq_socket(context, ZMQ_DEALER);
    s->waits = calloc(WAITS_MAX, sizeof *s->waits);
    if (!s->socket || !s->waits)
        errx(1, "out of memory");
    zmq_setsockopt(s->socket, ZMQ_SNDHWM, &queue, sizeof queue);
    zmq_setsockopt(s->socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(s->socket, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
    if (zmq_connect(s->socket, address) != 0)
        errx(1, "%s: %s", address, zmq_strerror(zmq_errno()));
    struct message hello = {.kind = MESSAGE_HELLO, .tag = 1};
    hello.hello = (struct hello){.version = WIRE_VERSION, .client = "flood", .packs = true};
    char welcome[4096];
    for (int tries = 0; transmit(s, &hello) && tries < 60; tries++)
        if (zmq_recv(s->socket, welcome, sizeof welcome, 0) >= 0)
            return;
    errx(1, "no welcome");
}

static void keep(int64_t *kept_us)
{
    if (fflush(promised) != 0 || fdatasync(fileno(promised)) != 0)
        err(1, "the log cannot be written");
    *kept_us = now_us();
}

static void print(int64_t seconds)
{
    printf("{\"reported\": %" PRIu64 ", \"sent\": %" PRIu64 ", \"receipts\": %" PRIu64 ", \"refused\": %" PRIu64
           ", \"given_up\": %" PRIu64 ", \"never_sent\": %" PRIu64 ", \"by_second\": [",
           count.reported, count.sent, count.receipts, count.refused, count.given_up, count.unsent);
    for (int64_t i = 0; i < seconds; i++)
        printf("%s%" PRIu64, i ? ", " : "", count.by_second[i]);
    puts("]}");
}

int main(int argc, char **argv)
{
    if (argc != 9 || !(promised = fopen(argv[1], "a")))
        errx(2, "see the head of flood.c");
    argv++;
    size_t sources = strtoul(argv[2], NULL, 10);
    double per_us = strtod(argv[3], NULL) / 1e6 / (double)sources;
    int64_t seconds = strtoll(argv[4], NULL, 10);
    prefix = argv[5];
    type = argv[6];
    area = argv[7];
    void *context = zmq_ctx_new();
    struct source *all = calloc(sources, sizeof *all);
    if (!all || seconds > SECONDS_MAX)
        errx(2, "too much");
    arena_init(&arena);
    for (size_t i = 0; i < sources; i++) {
        all[i].at = i;
        greet(&all[i], context, argv[1]);
    }
    int64_t began_us = now_us(), kept_us = began_us, spent_us;
    while ((spent_us = now_us() - began_us) < seconds * 1000000) {
        for (size_t i = 0; i < sources; i++) {
            hear(&all[i], spent_us / 1000000, (began_us + spent_us) / 1000);
            uint64_t closed = all[i].thought + WINDOW - (all[i].reported - all[i].oldest);
            uint64_t upto = per_us > 0 ? (uint64_t)((double)spent_us * per_us) : closed;
            speak(&all[i], upto, (began_us + spent_us) / 1000);
        }
        if (now_us() - kept_us > 1000000)
            keep(&kept_us);
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    keep(&kept_us);
    print(seconds);
    return 0;
}
