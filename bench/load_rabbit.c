/* load_rabbit: RabbitMQ, a quorum queue with publisher confirms and manual acks, which are fire and forget. A loop is
 * publish, deliver, ack, over a connection for each side. ADDRESS is HOST:PORT. */
#include "bench/load.h"

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE "bench"

struct publisher {
    bool loops;
    amqp_connection_state_t put, work;
    uint64_t tag, confirmed, delivery; /* of the last one sent; up to here all are confirmed; the one being read */
    uint64_t numbers[IN_FLIGHT_MAX];   /* by delivery tag; UINT64_MAX: confirmed */
};

static void check(amqp_rpc_reply_t reply, const char *what)
{
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        load_fail(what, reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION ? amqp_error_string2(reply.library_error)
                                                                            : "the server refuses");
}

static amqp_connection_state_t connect_to(void)
{
    amqp_connection_state_t c = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(c);
    const char *port = strrchr(load_options.address, ':');
    if (!socket || !port || amqp_socket_open(socket, "127.0.0.1", (int)strtol(port + 1, NULL, 10)) != 0)
        load_fail(load_options.address, "cannot connect");
    check(amqp_login(c, "/", 1, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"), "login");
    amqp_channel_open(c, 1);
    check(amqp_get_rpc_reply(c), "channel");
    return c;
}

static void declare_queue(amqp_connection_state_t c)
{
    amqp_table_entry_t entry = {.key = amqp_cstring_bytes("x-queue-type"),
                                .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")}};
    amqp_table_t arguments = {1, &entry};
    amqp_queue_delete(c, 1, amqp_cstring_bytes(QUEUE), 0, 0);
    check(amqp_get_rpc_reply(c), "delete queue");
    amqp_queue_declare(c, 1, amqp_cstring_bytes(QUEUE), 0, 1, 0, 0, arguments);
    check(amqp_get_rpc_reply(c), "declare queue");
}

static void *open_publisher(unsigned index)
{
    struct publisher *p = calloc(1, sizeof(*p));
    if (!p)
        load_fail("memory", "none");
    p->put = connect_to();
    if (index == 0)
        declare_queue(p->put);
    amqp_confirm_select(p->put, 1);
    check(amqp_get_rpc_reply(p->put), "confirms");
    p->loops = strcmp(load_options.what, "loop") == 0;
    if (p->loops) {
        p->work = connect_to();
        amqp_basic_qos(p->work, 1, 0, 1024, 0);
        check(amqp_get_rpc_reply(p->work), "qos");
        amqp_basic_consume(p->work, 1, amqp_cstring_bytes(QUEUE), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
        check(amqp_get_rpc_reply(p->work), "consume");
    }
    return p;
}

static size_t items(void *self, zmq_pollitem_t out[LOAD_ITEMS_MAX])
{
    struct publisher *p = self;
    out[0] = (zmq_pollitem_t){.fd = amqp_get_sockfd(p->put), .events = ZMQ_POLLIN};
    if (p->loops)
        out[1] = (zmq_pollitem_t){.fd = amqp_get_sockfd(p->work), .events = ZMQ_POLLIN};
    return p->loops ? 2 : 1;
}

static void start(void *self, uint64_t number)
{
    struct publisher *p = self;
    amqp_basic_properties_t persistent = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};
    amqp_bytes_t body = {BODY_BYTES, (void *)load_body(number)};
    int error = amqp_basic_publish(p->put, 1, amqp_empty_bytes, amqp_cstring_bytes(QUEUE), 0, 0, &persistent, body);
    if (error)
        load_fail("publish", amqp_error_string2(error));
    p->numbers[++p->tag % IN_FLIGHT_MAX] = number;
}

/* The library writes each message by itself. */
static void flush(void *self)
{
    (void)self;
}

/* The next frame if one is here. */
static bool next_frame(amqp_connection_state_t c, amqp_frame_t *frame)
{
    struct timeval now = {0};
    int status = amqp_simple_wait_frame_noblock(c, frame, &now);
    if (status != AMQP_STATUS_OK && status != AMQP_STATUS_TIMEOUT)
        load_fail("read", amqp_error_string2(status));
    return status == AMQP_STATUS_OK;
}

static void confirm(struct publisher *p, uint64_t tag)
{
    uint64_t *number = &p->numbers[tag % IN_FLIGHT_MAX];
    if (*number == UINT64_MAX)
        return;
    load_receipt(*number);
    if (!p->loops)
        load_done(*number);
    *number = UINT64_MAX;
}

static bool take_confirms(struct publisher *p)
{
    amqp_frame_t frame;
    bool any = false;
    for (; next_frame(p->put, &frame); any = true) {
        if (frame.frame_type != AMQP_FRAME_METHOD)
            continue;
        if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
            load_fail("publish", "not acknowledged");
        const amqp_basic_ack_t *ack = frame.payload.method.decoded;
        for (uint64_t tag = ack->multiple ? p->confirmed + 1 : ack->delivery_tag; tag <= ack->delivery_tag; tag++)
            confirm(p, tag);
        while (p->confirmed < p->tag && p->numbers[(p->confirmed + 1) % IN_FLIGHT_MAX] == UINT64_MAX)
            p->confirmed++;
    }
    amqp_maybe_release_buffers(p->put);
    return any;
}

/* A delivery is a method, a header, and here always one frame of body. */
static bool take_work(struct publisher *p)
{
    amqp_frame_t frame;
    bool any = false;
    for (; next_frame(p->work, &frame); any = true) {
        if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_DELIVER_METHOD)
            p->delivery = ((const amqp_basic_deliver_t *)frame.payload.method.decoded)->delivery_tag;
        if (frame.frame_type != AMQP_FRAME_BODY)
            continue;
        uint64_t number = load_number(frame.payload.body_fragment.bytes, frame.payload.body_fragment.len);
        if (amqp_basic_ack(p->work, 1, p->delivery, 0) != AMQP_STATUS_OK)
            load_fail("ack", "cannot send");
        load_done(number);
    }
    amqp_maybe_release_buffers(p->work);
    return any;
}

static bool take(void *self)
{
    struct publisher *p = self;
    bool any = take_confirms(p);
    return p->loops ? take_work(p) || any : any;
}

static void close_publisher(void *self)
{
    struct publisher *p = self;
    amqp_destroy_connection(p->put);
    if (p->loops)
        amqp_destroy_connection(p->work);
    free(p);
}

const struct peer peer = {.name = "rabbitmq",
                          .open = open_publisher,
                          .items = items,
                          .start = start,
                          .flush = flush,
                          .take = take,
                          .close = close_publisher};
