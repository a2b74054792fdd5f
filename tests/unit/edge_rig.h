/* edge_rig.h: a gate with real sockets and clients of it in one process, for test_gate and test_outbox. Waits are for
 * events, with a deadline; the gate is served meanwhile, so that handshakes go on. */
#ifndef EDGE_RIG_H
#define EDGE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "broker/base/limits.h"
#include "broker/edge/gate.h"

#define RIG_DEADLINE_MS 10000
#define RIG_KNOWN_MAX   8

struct rig {
    char folder[64], address[GATE_SOCKETS_MAX][128], key_file[96];
    char server_public[41];
    struct gate_endpoint endpoints[GATE_SOCKETS_MAX];
    struct gate_options options;
    struct known {
        char credential[64];
        const char *name; /* NULL: no longer */
    } known[RIG_KNOWN_MAX];
    size_t known_count;
    struct gate *gate;
    struct arena arena;
    void *clients; /* context */
};

static inline int64_t rig_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline const char *rig_principal(void *arg, const char *credential)
{
    const struct rig *rig = arg;
    for (size_t i = 0; i < rig->known_count; i++)
        if (strcmp(rig->known[i].credential, credential) == 0)
            return rig->known[i].name;
    return NULL;
}

static inline void rig_know(struct rig *rig, const char *kind, const char *value, const char *name)
{
    assert_true(rig->known_count < RIG_KNOWN_MAX);
    struct known *known = &rig->known[rig->known_count++];
    snprintf(known->credential, sizeof(known->credential), "%s:%s", kind, value);
    known->name = name;
}

/* This process's own uid, as most tests want it. */
static inline void rig_know_us(struct rig *rig, const char *name)
{
    char uid[16];
    snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
    rig_know(rig, "uid", uid, name);
}

static inline void rig_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static inline void rig_init(struct rig *rig)
{
    char secret[41], folder[sizeof(rig->folder)];
    *rig = (struct rig){.folder = "/tmp/bihuan-edge-XXXXXX"};
    assert_non_null(mkdtemp(rig->folder));
    assert_int_equal(zmq_curve_keypair(rig->server_public, secret), 0);
    memcpy(folder, rig->folder, sizeof(folder));
    snprintf(rig->key_file, sizeof(rig->key_file), "%s/secret", folder);
    rig_file(rig->key_file, secret, 0600);
    rig->options.endpoints = rig->endpoints;
    arena_init(&rig->arena);
    rig->clients = zmq_ctx_new();
}

/* The transport is "ipc", or "tcp" on a port the system chooses. */
static inline void rig_endpoint(struct rig *rig, char endpoint, const char *transport)
{
    size_t i = rig->options.endpoint_count++;
    char folder[sizeof(rig->folder)];
    memcpy(folder, rig->folder, sizeof(folder));
    if (strcmp(transport, "ipc") == 0)
        snprintf(rig->address[i], sizeof(rig->address[i]), "ipc://%s/run/%c%zu", folder, endpoint, i);
    else
        snprintf(rig->address[i], sizeof(rig->address[i]), "tcp://127.0.0.1:*");
    rig->endpoints[i] = (struct gate_endpoint){endpoint, rig->address[i]};
    if (strcmp(transport, "tcp") == 0 && !rig->options.insecure)
        rig->options.secret_key_file = rig->key_file;
}

static inline void rig_open(struct rig *rig)
{
    char fault[256] = "";
    if (gate_open(&rig->options, rig_principal, rig, &rig->gate, fault) != 0)
        fail_msg("%s", fault);
}

static inline void rig_release(struct rig *rig)
{
    char path[160];
    gate_close(rig->gate);
    zmq_ctx_term(rig->clients);
    arena_release(&rig->arena);
    unlink(rig->key_file);
    snprintf(path, sizeof(path), "%s/run", rig->folder);
    rmdir(path);
    assert_int_equal(rmdir(rig->folder), 0); /* the sockets' files are gone too */
}

struct rig_keys {
    char public_key[41], secret_key[41];
};

/* A DEALER, not yet connected. keys and routing_id may be NULL. */
static inline void *rig_dealer(struct rig *rig, const struct rig_keys *keys, const char *routing_id)
{
    void *dealer = zmq_socket(rig->clients, ZMQ_DEALER);
    int linger_ms = 200, never = -1;
    assert_non_null(dealer);
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    zmq_setsockopt(dealer, ZMQ_RECONNECT_IVL, &never, sizeof(never));
    if (routing_id)
        zmq_setsockopt(dealer, ZMQ_ROUTING_ID, routing_id, strlen(routing_id));
    if (keys) {
        zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, rig->server_public, 40);
        zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, keys->public_key, 40);
        zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, keys->secret_key, 40);
    }
    return dealer;
}

static inline void *rig_client(struct rig *rig, size_t endpoint, const struct rig_keys *keys, const char *routing_id)
{
    void *dealer = rig_dealer(rig, keys, routing_id);
    assert_int_equal(zmq_connect(dealer, gate_address(rig->gate, endpoint)), 0);
    return dealer;
}

static inline void rig_keys_make(struct rig_keys *keys)
{
    assert_int_equal(zmq_curve_keypair(keys->public_key, keys->secret_key), 0);
}

static inline void rig_say(void *client, const struct message *message)
{
    struct buffer frame = {0};
    wire_encode(message, &frame);
    assert_int_equal(zmq_send(client, frame.data, frame.size, ZMQ_DONTWAIT), frame.size);
    buffer_release(&frame);
}

static inline void rig_hello(void *client, uint64_t tag)
{
    rig_say(client, &(struct message){.kind = MESSAGE_HELLO,
                                      .tag = tag,
                                      .hello = {.version = WIRE_VERSION, .client = "test", .unit = "", .worker = ""}});
}

static inline void rig_heartbeat(void *client, uint64_t tag)
{
    rig_say(client, &(struct message){.kind = MESSAGE_HEARTBEAT, .tag = tag});
}

/* Waits until the gate or a client (may be NULL) has something, or a while has passed. */
static inline void rig_wait(struct rig *rig, void *client)
{
    int fds[GATE_SOCKETS_MAX + 1];
    zmq_pollitem_t items[GATE_SOCKETS_MAX + 2];
    int count = (int)gate_fds(rig->gate, fds);
    for (int i = 0; i < count; i++)
        items[i] = (zmq_pollitem_t){.fd = fds[i], .events = ZMQ_POLLIN};
    if (client)
        items[count++] = (zmq_pollitem_t){.socket = client, .events = ZMQ_POLLIN};
    zmq_poll(items, count, 20);
}

/* The next message at the gate; false when none comes within the time. */
static inline bool rig_receive_within(struct rig *rig, struct gate_input *input, int within_ms)
{
    int64_t deadline_ms = rig_now_ms() + within_ms;
    do {
        if (gate_receive(rig->gate, &rig->arena, rig_now_ms(), input))
            return true;
        rig_wait(rig, NULL);
    } while (rig_now_ms() < deadline_ms);
    return false;
}

static inline void rig_receive(struct rig *rig, struct gate_input *input)
{
    if (!rig_receive_within(rig, input, RIG_DEADLINE_MS))
        fail_msg("nothing came");
}

/* Waits for a condition over rig, while ZAP and the watches are served; no message may come meanwhile. */
#define RIG_UNTIL(rig, condition)                                                                                      \
    do {                                                                                                               \
        struct gate_input none_;                                                                                       \
        int64_t deadline_ms_ = rig_now_ms() + RIG_DEADLINE_MS;                                                         \
        while (!(condition)) {                                                                                         \
            if (rig_now_ms() > deadline_ms_)                                                                           \
                fail_msg("never: %s", #condition);                                                                     \
            assert_false(gate_receive((rig)->gate, &(rig)->arena, rig_now_ms(), &none_));                              \
            if (!(condition))                                                                                          \
                rig_wait((rig), NULL);                                                                                 \
        }                                                                                                              \
    } while (0)

/* The next message at a client, decoded; false when none comes within the time. */
static inline bool rig_hear_within(struct rig *rig, void *client, struct message *message, int within_ms)
{
    int64_t deadline_ms = rig_now_ms() + within_ms;
    static uint8_t frame[FRAME_MAX_BYTES];
    struct refusal refusal;
    do {
        int size = zmq_recv(client, frame, sizeof(frame), ZMQ_DONTWAIT);
        if (size >= 0) {
            assert_int_equal(wire_decode(frame, (size_t)size, &rig->arena, message, &refusal), 0);
            return true;
        }
        gate_pending(rig->gate);
        rig_wait(rig, client);
    } while (rig_now_ms() < deadline_ms);
    return false;
}

static inline void rig_hear(struct rig *rig, void *client, struct message *message)
{
    if (!rig_hear_within(rig, client, message, RIG_DEADLINE_MS))
        fail_msg("nothing heard");
}

static inline struct message rig_receipt(uint64_t tag)
{
    return (struct message){
        .kind = MESSAGE_RECEIPT, .tag = tag, .receipt = {.incident = 1, .journal = 620802, .seq = tag}};
}

#endif
