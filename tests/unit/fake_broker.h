/* fake_broker.h: a ROUTER in a thread that answers by a script, for tests of the client side. */
#ifndef TESTS_FAKE_BROKER_H
#define TESTS_FAKE_BROKER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "schemas/wire.h"

#define FAKE_ANSWERS_MAX 8

struct fake;

/* Fills at most FAKE_ANSWERS_MAX answers to one message; returns how many. Runs in the fake's thread. */
typedef int fake_script(struct fake *, const struct message *in, struct message *out);

struct fake {
    void *context, *router;
    char folder[32], base[64];
    const char *endpoint;   /* "publish", "work", … */
    const char *secret_key; /* of the broker, for CURVE */
    fake_script *script;
    pthread_t thread;
    atomic_bool stop;
    uint32_t heartbeat_ms, silent_ms; /* of the welcome; 0: five and fifteen seconds */
    atomic_int heard[64];             /* messages by kind */
    atomic_int credit;                /* granted since the last hello */
    atomic_int holding;               /* of the last heartbeat */
    uint64_t last_tag;                /* of the last message that was not a heartbeat */
    char last_request[80];            /* of the last word or publish */
};

static inline struct message fake_welcome(const struct fake *fake, uint64_t tag)
{
    struct message message = {.kind = MESSAGE_WELCOME, .tag = tag};
    message.welcome = (struct welcome){.version = WIRE_VERSION,
                                       .broker = "fake",
                                       .principal = "tester",
                                       .journal = 620802,
                                       .term = 1,
                                       .now_ms = 1,
                                       .heartbeat_ms = fake->heartbeat_ms ? fake->heartbeat_ms : 5000,
                                       .silent_ms = fake->silent_ms ? fake->silent_ms : 15000,
                                       .speed = 1};
    return message;
}

static inline struct message fake_receipt(uint64_t tag, uint64_t incident)
{
    struct message message = {.kind = MESSAGE_RECEIPT, .tag = tag};
    message.receipt = (struct receipt){.incident = incident, .journal = 620802, .term = 1, .seq = 7, .at_ms = 99};
    return message;
}

static inline struct message fake_refusal(uint64_t tag, enum refusal_code code, uint32_t retry_after_ms)
{
    struct message message = {.kind = MESSAGE_REFUSAL, .tag = tag};
    message.refusal = (struct refusal){.code = code, .reason = "because", .retry_after_ms = retry_after_ms};
    return message;
}

/* Polite: welcomes, echoes heartbeats; 0 for all else. */
static inline int fake_manners(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind == MESSAGE_HELLO) {
        fake->credit = 0;
        out[0] = fake_welcome(fake, in->tag);
        return 1;
    }
    if (in->kind == MESSAGE_CREDIT)
        fake->credit += (int)in->credit.n;
    if (in->kind != MESSAGE_HEARTBEAT)
        return 0;
    fake->holding = in->heartbeat.holding;
    out[0] = (struct message){.kind = MESSAGE_HEARTBEAT, .tag = in->tag};
    return 1;
}

static inline void fake_note(struct fake *fake, const struct message *in)
{
    fake->heard[in->kind]++;
    if (in->kind != MESSAGE_HEARTBEAT)
        fake->last_tag = in->tag;
    if (in->kind == MESSAGE_WORD)
        snprintf(fake->last_request, sizeof(fake->last_request), "%s", in->word.request);
    if (in->kind == MESSAGE_PUBLISH)
        snprintf(fake->last_request, sizeof(fake->last_request), "%s", in->publish.id);
}

static inline void fake_turn(struct fake *fake, struct arena *arena, struct buffer *buffer)
{
    uint8_t id[256], frame[128 * 1024];
    struct message in, out[FAKE_ANSWERS_MAX];
    struct refusal refusal;
    int id_bytes = zmq_recv(fake->router, id, sizeof(id), ZMQ_DONTWAIT);
    int size = id_bytes < 0 ? -1 : zmq_recv(fake->router, frame, sizeof(frame), 0);
    if (size < 0)
        return;
    arena_reset(arena);
    if (wire_decode(frame, (size_t)size, arena, &in, &refusal) != 0) {
        fprintf(stderr, "fake: %s %s\n", refusal_name(refusal.code), refusal.reason);
        fake->heard[0]++;
        return;
    }
    fake_note(fake, &in);
    int n = fake->script(fake, &in, out);
    for (int i = 0; i < n; i++) {
        wire_encode(&out[i], buffer);
        zmq_send(fake->router, id, (size_t)id_bytes, ZMQ_SNDMORE);
        zmq_send(fake->router, buffer->data, buffer->size, 0);
    }
}

static inline void *fake_run(void *arg)
{
    struct fake *fake = arg;
    struct arena arena;
    struct buffer buffer = {0};
    zmq_pollitem_t item = {fake->router, 0, ZMQ_POLLIN, 0};
    arena_init(&arena);
    while (!fake->stop)
        if (zmq_poll(&item, 1, 10) > 0)
            fake_turn(fake, &arena, &buffer);
    arena_release(&arena);
    buffer_release(&buffer);
    return NULL;
}

/* A folder and an address; nobody listens yet. */
static inline void fake_place(struct fake *fake, const char *endpoint, fake_script *script)
{
    memset(fake, 0, sizeof(*fake));
    snprintf(fake->folder, sizeof(fake->folder), "/tmp/bihuan-test-XXXXXX");
    assert_non_null(mkdtemp(fake->folder));
    snprintf(fake->base, sizeof(fake->base), "ipc://%s", fake->folder);
    fake->endpoint = endpoint;
    fake->script = script;
}

static inline void fake_start(struct fake *fake)
{
    char address[128];
    int linger = 0, server = 1;
    size_t size = sizeof(fake->base);
    fake->stop = false;
    fake->context = zmq_ctx_new();
    fake->router = zmq_socket(fake->context, ZMQ_ROUTER);
    zmq_setsockopt(fake->router, ZMQ_LINGER, &linger, sizeof(linger));
    snprintf(address, sizeof(address), "%s/%s", fake->base, fake->endpoint);
    if (fake->secret_key) {
        zmq_setsockopt(fake->router, ZMQ_CURVE_SERVER, &server, sizeof(server));
        zmq_setsockopt(fake->router, ZMQ_CURVE_SECRETKEY, fake->secret_key, 41);
        assert_int_equal(zmq_bind(fake->router, "tcp://127.0.0.1:*"), 0);
        assert_int_equal(zmq_getsockopt(fake->router, ZMQ_LAST_ENDPOINT, fake->base, &size), 0);
    } else {
        assert_int_equal(zmq_bind(fake->router, address), 0);
    }
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
}

static inline void fake_stop(struct fake *fake)
{
    fake->stop = true;
    pthread_join(fake->thread, NULL);
    zmq_close(fake->router);
    zmq_ctx_term(fake->context);
}

static inline void fake_remove(struct fake *fake)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", fake->folder, fake->endpoint);
    unlink(path);
    rmdir(fake->folder);
}

#endif
