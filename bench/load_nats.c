/* load_nats: NATS JetStream, a file stream of one replica over its text protocol; an acknowledgement names the event's
 * number in its subject. The server does not fsync before it. A loop is publish, deliver, ack (which the server answers).
 * ADDRESS is HOST:PORT. */
#include "bench/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM                                                                                                         \
    "{\"name\":\"BENCH\",\"subjects\":[\"bench\"],\"storage\":\"file\",\"num_replicas\":1,\"discard\":\"new\"}"
#define CONSUMER                                                                                                       \
    "{\"stream_name\":\"BENCH\",\"config\":{\"durable_name\":\"crew\",\"deliver_subject\":\"offers\","                 \
    "\"deliver_group\":\"crew\",\"ack_policy\":\"explicit\",\"max_ack_pending\":65536,\"ack_wait\":60000000000}}"

struct publisher {
    struct lines lines;
    unsigned index;
    bool loops;
};

/* MSG SUBJECT SID [REPLY] SIZE; HMSG is never sent to us. */
static size_t sized(const char *line)
{
    const char *size = strrchr(line, ' ');
    return strncmp(line, "MSG ", 4) == 0 && size ? strtoul(size, NULL, 10) : 0;
}

/* A request to the server itself, and its answer. */
static void order(struct lines *l, const char *subject, const char *text, bool may_fail)
{
    char *line, *body;
    size_t size;
    lines_say(l, "PUB $JS.API.%s inbox.order %zu\r\n", subject, strlen(text));
    lines_put(l, text, strlen(text));
    lines_say(l, "\r\n");
    do {
        line = lines_await(l, sized, &body, &size);
    } while (strncmp(line, "MSG ", 4) != 0);
    if (!may_fail && memmem(body, size, "\"error\"", 7))
        load_fail(subject, body);
}

static void *open_publisher(unsigned index)
{
    struct publisher *p = calloc(1, sizeof(*p));
    if (!p)
        load_fail("memory", "none");
    p->index = index;
    p->loops = strcmp(load_options.what, "loop") == 0;
    lines_open(&p->lines, load_options.address);
    lines_say(&p->lines, "CONNECT {\"verbose\":false,\"pedantic\":false,\"protocol\":1,\"name\":\"bench\"}\r\n");
    if (index == 0) {
        lines_say(&p->lines, "SUB inbox.order 1\r\n");
        order(&p->lines, "STREAM.DELETE.BENCH", "", true);
        order(&p->lines, "STREAM.CREATE.BENCH", STREAM, false);
        if (p->loops)
            order(&p->lines, "CONSUMER.DURABLE.CREATE.BENCH.crew", CONSUMER, false);
    }
    lines_say(&p->lines, "SUB in.%u.> 2\r\n", index);
    if (p->loops)
        lines_say(&p->lines, "SUB offers crew 3\r\n");
    lines_flush(&p->lines);
    return p;
}

static size_t items(void *self, zmq_pollitem_t out[LOAD_ITEMS_MAX])
{
    out[0] = lines_item(&((struct publisher *)self)->lines);
    return 1;
}

static void start(void *self, uint64_t number)
{
    struct publisher *p = self;
    lines_say(&p->lines, "PUB bench in.%u.r.%llu %d\r\n", p->index, (unsigned long long)number, BODY_BYTES);
    lines_put(&p->lines, load_body(number), BODY_BYTES);
    lines_put(&p->lines, "\r\n", 2);
}

static void flush(void *self)
{
    lines_flush(&((struct publisher *)self)->lines);
}

/* bench 3 $JS.ACK… SIZE: work; it is done when the server has answered our ack, on in.I.a.NUMBER. */
static void take_offer(struct publisher *p, const char *line, const char *body, size_t size)
{
    char reply[256];
    if (sscanf(line, "MSG %*s %*s %255s", reply) != 1)
        load_fail("offer", line);
    lines_say(&p->lines, "PUB %s in.%u.a.%llu 4\r\n+ACK\r\n", reply, p->index,
              (unsigned long long)load_number(body, size));
}

static void take_answer(struct publisher *p, const char *line, const char *body, size_t size)
{
    unsigned index;
    char step;
    unsigned long long number;
    if (sscanf(line, "MSG in.%u.%c.%llu ", &index, &step, &number) != 3)
        load_fail("answer", line);
    if (step == 'r' && memmem(body, size, "\"error\"", 7))
        load_fail("publish", body);
    if (step == 'r')
        load_receipt(number);
    if (step == 'a' || !p->loops)
        load_done(number);
}

static bool take(void *self)
{
    struct publisher *p = self;
    char *line, *body;
    size_t size;
    bool any = lines_read(&p->lines);
    while ((line = lines_next(&p->lines, sized, &body, &size))) {
        if (strncmp(line, "MSG bench ", 10) == 0)
            take_offer(p, line, body, size);
        else if (strncmp(line, "MSG in.", 7) == 0)
            take_answer(p, line, body, size);
        else if (strncmp(line, "PING", 4) == 0)
            lines_say(&p->lines, "PONG\r\n");
        else if (strncmp(line, "-ERR", 4) == 0)
            load_fail("server", line);
    }
    lines_flush(&p->lines);
    return any;
}

static void close_publisher(void *self)
{
    lines_close(&((struct publisher *)self)->lines);
    free(self);
}

const struct peer peer = {.name = "nats",
                          .open = open_publisher,
                          .items = items,
                          .start = start,
                          .flush = flush,
                          .take = take,
                          .close = close_publisher};
