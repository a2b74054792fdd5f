/* bench_publish: publishes to a broker over one connection with so many in flight; an answer is a durable receipt.
 *   bench_publish BASE WINDOW SECONDS TYPE AREA      BASE as in $BIHUAN_BROKER: ipc:///run/bihuan, insecure tcp */
#include "bench/measure.h"
#include "schemas/wire.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define TEXT_BYTES 300 /* makes a frame of about 512 bytes */

struct publisher {
    void *context, *socket;
    struct arena arena;
    struct buffer frame;
    const char *type, *area, *text;
    uint64_t run; /* makes the ids of this run new */
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void say(struct publisher *p, const struct message *message)
{
    wire_encode(message, &p->frame);
    if (zmq_send(p->socket, p->frame.data, p->frame.size, 0) < 0)
        fail("send", zmq_strerror(errno));
}

/* Waits for one message and decodes it. */
static void hear(struct publisher *p, struct message *out)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    if (zmq_msg_recv(&frame, p->socket, 0) < 0)
        fail("receive", zmq_strerror(errno));
    arena_reset(&p->arena);
    struct refusal refusal;
    if (wire_decode(zmq_msg_data(&frame), zmq_msg_size(&frame), &p->arena, out, &refusal) != 0)
        fail("answer", refusal.reason);
    if (out->kind == MESSAGE_REFUSAL)
        fail("refused", out->refusal.reason);
    zmq_msg_close(&frame);
}

static void connect_to(struct publisher *p, const char *base)
{
    char address[256];
    snprintf(address, sizeof(address), strncmp(base, "ipc:", 4) == 0 ? "%s/publish" : "%s", base);
    int no_linger = 0, patience_ms = 10000;
    p->context = zmq_ctx_new();
    zmq_ctx_set(p->context, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH); /* as libbihuan does */
    p->socket = zmq_socket(p->context, ZMQ_DEALER);
    zmq_setsockopt(p->socket, ZMQ_LINGER, &no_linger, sizeof(no_linger));
    zmq_setsockopt(p->socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    if (zmq_connect(p->socket, address) != 0)
        fail(address, zmq_strerror(errno));
    struct message message = {.kind = MESSAGE_HELLO};
    message.hello = (struct hello){.version = WIRE_VERSION, .client = "bench_publish", .packs = true};
    say(p, &message);
    hear(p, &message);
    if (message.kind != MESSAGE_WELCOME)
        fail("hello", "no welcome");
}

static void publish(struct publisher *p, uint64_t number)
{
    char id[64];
    snprintf(id, sizeof(id), "bench-%llx-%llu", (unsigned long long)p->run, (unsigned long long)number);
    struct message message = {.kind = MESSAGE_PUBLISH, .tag = number + 1};
    message.publish = (struct event){.id = id, .type = p->type, .text = p->text, .place = {.area = p->area}};
    say(p, &message);
}

static size_t receipts_in(const struct message *answer)
{
    return answer->kind == MESSAGE_RECEIPTS ? answer->receipts.count : answer->kind == MESSAGE_RECEIPT;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return fprintf(stderr, "usage: %s BASE WINDOW SECONDS TYPE AREA\n", argv[0]), 2;
    static char text[TEXT_BYTES + 1];
    memset(text, 'x', TEXT_BYTES);
    struct publisher p = {.type = argv[4], .area = argv[5], .text = text};
    p.run = (uint64_t)measure_now_us() << 16 ^ (uint64_t)getpid();
    arena_init(&p.arena);
    connect_to(&p, argv[1]);
    struct measure m;
    measure_begin(&m, strtoul(argv[2], NULL, 10), strtod(argv[3], NULL));
    while (!measure_over(&m)) {
        while (measure_room(&m)) {
            publish(&p, m.sent);
            measure_sent(&m);
        }
        if (m.answered == m.sent)
            continue;
        struct message answer;
        hear(&p, &answer);
        for (size_t i = 0; i < receipts_in(&answer); i++)
            measure_answered(&m);
    }
    measure_print(&m, "bihuan");
    zmq_close(p.socket);
    zmq_ctx_term(p.context);
    arena_release(&p.arena);
    buffer_release(&p.frame);
    return 0;
}
