/* What the gate promises: it says who is speaking by key or uid, never by routing id; what is malformed is refused and
 * harms nobody; nothing it accepted for sending is lost silently. */
#include "tests/unit/edge_rig.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* --- who --- */

static void an_ipc_peer_is_its_uid(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    struct message heard;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    rig_hello(client, 77);
    rig_receive(&rig, &input);
    assert_false(input.bad);
    assert_string_equal(input.principal, "camera");
    assert_string_equal(input.session->principal, "camera");
    assert_int_equal(input.session->endpoint, 'P');
    assert_int_equal(input.message.kind, MESSAGE_HELLO);
    assert_int_equal(input.message.tag, 77);
    struct message receipt = rig_receipt(77);
    assert_int_equal(gate_send(rig.gate, input.session->peer, &receipt), 0);
    rig_hear(&rig, client, &heard);
    assert_int_equal(heard.kind, MESSAGE_RECEIPT);
    assert_int_equal(heard.tag, 77);
    assert_int_equal(gate_counts(rig.gate)->connections, 1);
    zmq_close(client);
    rig_release(&rig);
}

static void an_unknown_uid_is_told_so(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    struct message heard;
    rig_init(&rig);
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    rig_hello(client, 5);
    rig_receive(&rig, &input);
    assert_null(input.principal);
    assert_string_equal(input.session->principal, "");
    assert_int_equal(gate_counts(rig.gate)->unknown_sender, 1);
    struct message no = {.kind = MESSAGE_REFUSAL, .tag = 5};
    no.refusal = (struct refusal){.code = REFUSAL_UNKNOWN_SENDER, .field = "", .reason = "who are you"};
    assert_int_equal(gate_send(rig.gate, input.session->peer, &no), 0);
    rig_hear(&rig, client, &heard);
    assert_int_equal(heard.refusal.code, REFUSAL_UNKNOWN_SENDER);
    zmq_close(client);
    rig_release(&rig);
}

static void a_revocation_holds_at_the_next_message(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    rig_hello(client, 1);
    rig_receive(&rig, &input);
    uint64_t before = input.session->peer;
    input.session->welcomed = true;
    rig_heartbeat(client, 2);
    rig_receive(&rig, &input);
    assert_int_equal(input.session->peer, before);
    assert_true(input.session->welcomed);
    rig.known[0].name = NULL;
    rig_heartbeat(client, 3);
    rig_receive(&rig, &input);
    assert_null(input.principal);
    assert_int_not_equal(input.session->peer, before);
    assert_false(input.session->welcomed);
    struct message receipt = rig_receipt(1);
    assert_int_equal(gate_send(rig.gate, before, &receipt), -EHOSTUNREACH);
    zmq_close(client);
    rig_release(&rig);
}

static void a_key_is_its_principal(void **unused)
{
    (void)unused;
    struct rig rig;
    struct rig_keys a, b;
    struct gate_input input;
    struct message heard;
    rig_init(&rig);
    rig_keys_make(&a);
    rig_keys_make(&b);
    rig_know(&rig, "curve", a.public_key, "camera");
    rig_know(&rig, "curve", b.public_key, "hotline");
    rig_endpoint(&rig, 'P', "tcp");
    rig_open(&rig);
    void *first = rig_client(&rig, 0, &a, NULL), *second = rig_client(&rig, 0, &b, NULL);
    rig_hello(first, 1);
    rig_receive(&rig, &input);
    assert_string_equal(input.principal, "camera");
    uint64_t peer = input.session->peer;
    rig_hello(second, 2);
    rig_receive(&rig, &input);
    assert_string_equal(input.principal, "hotline");
    struct message receipt = rig_receipt(9);
    assert_int_equal(gate_send(rig.gate, peer, &receipt), 0);
    rig_hear(&rig, first, &heard);
    assert_int_equal(heard.tag, 9);
    assert_false(rig_hear_within(&rig, second, &heard, 50));
    assert_int_equal(gate_counts(rig.gate)->zap_accepted, 2);
    assert_int_equal(gate_counts(rig.gate)->zap_refused, 0);
    zmq_close(first);
    zmq_close(second);
    rig_release(&rig);
}

static void an_unknown_key_is_refused_at_the_handshake(void **unused)
{
    (void)unused;
    struct rig rig;
    struct rig_keys stranger;
    rig_init(&rig);
    rig_keys_make(&stranger);
    rig_know_us(&rig, "camera"); /* a uid is no key */
    rig_endpoint(&rig, 'P', "tcp");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, &stranger, NULL);
    rig_hello(client, 1);
    RIG_UNTIL(&rig, gate_counts(rig.gate)->handshake_failed == 1 && gate_counts(rig.gate)->connections == 0);
    assert_int_equal(gate_counts(rig.gate)->zap_refused, 1);
    assert_int_equal(gate_counts(rig.gate)->received, 0);
    assert_int_equal(sessions_count(gate_sessions(rig.gate)), 0);
    zmq_close(client);
    rig_release(&rig);
}

static void no_key_and_no_curve_are_refused(void **unused)
{
    (void)unused;
    struct rig rig;
    struct rig_keys keys;
    rig_init(&rig);
    rig_keys_make(&keys);
    rig_know(&rig, "curve", keys.public_key, "camera");
    rig_know(&rig, "plain", "", "anybody");
    rig_endpoint(&rig, 'P', "tcp");
    rig_open(&rig);
    void *plain = rig_client(&rig, 0, NULL, NULL);
    rig_hello(plain, 1);
    RIG_UNTIL(&rig, gate_counts(rig.gate)->handshake_failed == 1);
    char right[41];
    memcpy(right, rig.server_public, sizeof(right));
    zmq_curve_keypair(rig.server_public, (char[41]){0}); /* a client that expects another broker */
    void *astray = rig_client(&rig, 0, &keys, NULL);
    rig_hello(astray, 1);
    RIG_UNTIL(&rig, gate_counts(rig.gate)->handshake_failed == 2);
    assert_int_equal(gate_counts(rig.gate)->received, 0);
    zmq_close(plain);
    zmq_close(astray);
    rig_release(&rig);
}

static void insecure_is_one_fixed_principal(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    rig_init(&rig);
    rig_know(&rig, "plain", "", "demo");
    rig_know_us(&rig, "camera");
    rig.options.insecure = true;
    rig_endpoint(&rig, 'P', "tcp");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *tcp = rig_client(&rig, 0, NULL, NULL), *ipc = rig_client(&rig, 1, NULL, NULL);
    rig_hello(tcp, 1);
    rig_receive(&rig, &input);
    assert_string_equal(input.principal, "demo");
    rig_hello(ipc, 1);
    rig_receive(&rig, &input);
    assert_string_equal(input.principal, "camera"); /* ipc stays what it is */
    zmq_close(tcp);
    zmq_close(ipc);
    rig_release(&rig);
}

/* --- a routing id is a claim --- */

static void a_claimed_routing_id_takes_nothing(void **unused)
{
    (void)unused;
    struct rig rig;
    struct rig_keys owner_keys, thief_keys;
    struct gate_input input;
    struct message heard;
    rig_init(&rig);
    rig_keys_make(&owner_keys);
    rig_keys_make(&thief_keys);
    rig_know(&rig, "curve", owner_keys.public_key, "owner");
    rig_know(&rig, "curve", thief_keys.public_key, "thief");
    rig_endpoint(&rig, 'W', "tcp");
    rig_open(&rig);
    void *owner = rig_client(&rig, 0, &owner_keys, "same");
    rig_hello(owner, 1);
    rig_receive(&rig, &input);
    uint64_t peer = input.session->peer;
    void *thief = rig_client(&rig, 0, &thief_keys, "same");
    rig_hello(thief, 2);
    RIG_UNTIL(&rig, gate_counts(rig.gate)->zap_accepted == 2);
    if (rig_receive_within(&rig, &input, 100)) /* if it is heard at all, then by its own name */
        assert_string_equal(input.principal, "thief");
    for (uint64_t tag = 1; tag <= 10; tag++) {
        struct message receipt = rig_receipt(tag);
        assert_int_equal(gate_send(rig.gate, peer, &receipt), 0);
        rig_hear(&rig, owner, &heard);
        assert_int_equal(heard.tag, tag);
    }
    assert_false(rig_hear_within(&rig, thief, &heard, 50));
    rig_heartbeat(owner, 3);
    do
        rig_receive(&rig, &input);
    while (strcmp(input.principal, "owner") != 0);
    assert_int_equal(input.session->peer, peer);
    zmq_close(owner);
    zmq_close(thief);
    rig_release(&rig);
}

/* Takes the low descriptor numbers that are free, so that the next connection has one never seen, or gives them back. */
static void descriptors_take(int fds[32], bool take)
{
    for (int i = 0; i < 32; i++)
        if (take)
            assert_true((fds[i] = dup(STDERR_FILENO)) >= 0);
        else
            close(fds[i]);
}

static void the_heir_of_a_routing_id_inherits_nothing(void **unused)
{
    (void)unused;
    struct rig rig;
    struct rig_keys owner_keys, heir_keys;
    struct gate_input input;
    struct message heard;
    rig_init(&rig);
    rig_keys_make(&owner_keys);
    rig_keys_make(&heir_keys);
    rig_know(&rig, "curve", owner_keys.public_key, "owner");
    rig_know(&rig, "curve", heir_keys.public_key, "heir");
    rig_endpoint(&rig, 'W', "tcp");
    rig_open(&rig);
    void *owner = rig_client(&rig, 0, &owner_keys, "same");
    rig_hello(owner, 1);
    rig_receive(&rig, &input);
    uint64_t peer = input.session->peer;
    input.session->welcomed = true;
    zmq_close(owner);
    RIG_UNTIL(&rig,
              session_get(gate_sessions(rig.gate), peer) == NULL || session_get(gate_sessions(rig.gate), peer)->gone);
    int fds[32];
    descriptors_take(fds, true);
    void *heir = rig_client(&rig, 0, &heir_keys, "same");
    RIG_UNTIL(&rig, gate_counts(rig.gate)->connections == 1 && gate_counts(rig.gate)->zap_accepted == 2);
    rig_heartbeat(heir, 2);
    for (int64_t deadline_ms = rig_now_ms() + RIG_DEADLINE_MS; !gate_pending(rig.gate); rig_wait(&rig, NULL))
        assert_true(rig_now_ms() < deadline_ms);
    struct message receipt = rig_receipt(1);
    assert_int_equal(gate_send(rig.gate, peer, &receipt), -EHOSTUNREACH); /* before the heir was heard */
    rig_receive(&rig, &input);
    assert_string_equal(input.principal, "heir");
    assert_false(input.session->welcomed);
    assert_int_not_equal(input.session->peer, peer);
    assert_int_equal(gate_send(rig.gate, peer, &receipt), -EHOSTUNREACH);
    assert_false(rig_hear_within(&rig, heir, &heard, 50));
    descriptors_take(fds, false);
    zmq_close(heir);
    rig_release(&rig);
}

/* The same principal, connected anew under its own routing id, says hello again. */
static void a_new_connection_is_a_new_session(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    int fds[32];
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'W', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, "mine");
    rig_hello(client, 1);
    rig_receive(&rig, &input);
    uint64_t peer = input.session->peer;
    input.session->welcomed = true;
    zmq_close(client);
    RIG_UNTIL(&rig, gate_counts(rig.gate)->connections == 0);
    descriptors_take(fds, true);
    client = rig_client(&rig, 0, NULL, "mine");
    rig_heartbeat(client, 2);
    rig_receive(&rig, &input);
    descriptors_take(fds, false);
    assert_string_equal(input.principal, "camera");
    assert_int_not_equal(input.session->peer, peer);
    assert_false(input.session->welcomed);
    assert_false(input.session->gone);
    struct message receipt = rig_receipt(2);
    assert_int_equal(gate_send(rig.gate, input.session->peer, &receipt), 0);
    zmq_close(client);
    rig_release(&rig);
}

/* No client library sends one, but the protocol can carry it: as ZMTP's bytes, over a socket of our own. */
static void a_routing_id_too_long_is_survived(void **unused)
{
    (void)unused;
    enum { ID_BYTES = 300 };
    struct rig rig;
    struct gate_input input;
    uint8_t bytes[512] = {0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, 'N', 'U', 'L', 'L'}, *at = bytes + 64;
    static const char ready[] = "\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\1\54";
    const size_t ready_bytes = sizeof(ready) - 1;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    memcpy(at, "\6\0\0\0\0\0\0", 7); /* a long command, its size in 8 bytes */
    at[7] = (uint8_t)((ready_bytes + ID_BYTES) >> 8);
    at[8] = (uint8_t)(ready_bytes + ID_BYTES);
    memcpy(at + 9, ready, ready_bytes);
    memset(at + 9 + ready_bytes, 'x', ID_BYTES);
    at += 9 + ready_bytes + ID_BYTES;
    struct sockaddr_un file = {.sun_family = AF_UNIX};
    memcpy(file.sun_path, rig.address[0] + strlen("ipc://"), strlen(rig.address[0]) - strlen("ipc://"));
    int raw = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(raw, (struct sockaddr *)&file, sizeof(file)), 0);
    assert_int_equal(send(raw, bytes, (size_t)(at - bytes), 0), at - bytes);
    RIG_UNTIL(&rig, gate_counts(rig.gate)->zap_accepted == 1);
    for (ssize_t seen = 0, size; seen <= 64; seen += size) { /* its greeting, and the beginning of its READY */
        size = recv(raw, bytes, sizeof(bytes), 0);
        assert_true(size > 0);
    }
    assert_int_equal(send(raw, "\0\2hi", 4, 0), 4); /* a message of two bytes */
    RIG_UNTIL(&rig, gate_counts(rig.gate)->malformed == 1);
    assert_int_equal(gate_counts(rig.gate)->received, 1);
    assert_int_equal(sessions_count(gate_sessions(rig.gate)), 0);
    void *good = rig_client(&rig, 0, NULL, NULL);
    rig_hello(good, 3);
    rig_receive(&rig, &input);
    assert_int_equal(input.message.tag, 3);
    close(raw);
    zmq_close(good);
    rig_release(&rig);
}

/* --- bad input --- */

static void an_oversized_frame_costs_only_its_connection(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *good = rig_client(&rig, 0, NULL, NULL), *bad = rig_client(&rig, 0, NULL, NULL);
    rig_hello(good, 1);
    rig_receive(&rig, &input);
    rig_hello(bad, 2);
    rig_receive(&rig, &input);
    uint64_t peer = input.session->peer;
    void *huge = calloc(1, FRAME_MAX_BYTES + 1);
    assert_true(zmq_send(bad, huge, FRAME_MAX_BYTES + 1, ZMQ_DONTWAIT) > 0);
    RIG_UNTIL(&rig, gate_counts(rig.gate)->connections == 1);
    struct message receipt = rig_receipt(1);
    assert_int_equal(gate_send(rig.gate, peer, &receipt), -EHOSTUNREACH);
    rig_heartbeat(good, 3);
    rig_receive(&rig, &input);
    assert_int_equal(input.message.tag, 3);
    assert_int_equal(gate_counts(rig.gate)->received, 3);
    free(huge);
    zmq_close(good);
    zmq_close(bad);
    rig_release(&rig);
}

static void a_message_is_one_frame(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    struct buffer frame = {0};
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    wire_encode(&(struct message){.kind = MESSAGE_HEARTBEAT, .tag = 1}, &frame);
    zmq_send(client, frame.data, frame.size, ZMQ_SNDMORE);
    zmq_send(client, frame.data, frame.size, ZMQ_SNDMORE);
    zmq_send(client, "", 0, 0);
    zmq_send(client, "", 0, ZMQ_SNDMORE); /* as a REQ does */
    zmq_send(client, frame.data, frame.size, 0);
    rig_heartbeat(client, 2);
    for (int i = 0; i < 2; i++) {
        rig_receive(&rig, &input);
        assert_true(input.bad);
        assert_int_equal(input.refusal.code, REFUSAL_MALFORMED);
        assert_non_null(input.session); /* can be told */
    }
    rig_receive(&rig, &input);
    assert_false(input.bad);
    assert_int_equal(input.message.tag, 2);
    assert_int_equal(gate_counts(rig.gate)->malformed, 2);
    assert_int_equal(gate_counts(rig.gate)->refused[REFUSAL_MALFORMED], 2);
    buffer_release(&frame);
    zmq_close(client);
    rig_release(&rig);
}

static void garbage_is_refused_and_counted(void **unused)
{
    (void)unused;
    enum { TIMES = 300 };
    struct rig rig;
    struct gate_input input;
    uint8_t garbage[512];
    uint32_t state = 1;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    for (size_t i = 0; i < TIMES; i++) {
        for (size_t j = 0; j < sizeof(garbage); j++)
            garbage[j] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
        zmq_send(client, garbage, i % sizeof(garbage), 0);
        rig_receive(&rig, &input);
        assert_true(input.bad);
        assert_int_not_equal(input.refusal.code, 0);
        assert_non_null(input.refusal.reason);
        arena_reset(&rig.arena);
    }
    assert_int_equal(gate_counts(rig.gate)->malformed, TIMES);
    rig_hello(client, 1);
    rig_receive(&rig, &input);
    assert_false(input.bad);
    zmq_close(client);
    rig_release(&rig);
}

static void a_truncated_message_is_refused(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    struct buffer frame = {0};
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    struct message hello = {.kind = MESSAGE_HELLO, .tag = 1};
    hello.hello = (struct hello){.version = WIRE_VERSION, .client = "a client with a name"};
    wire_encode(&hello, &frame);
    for (size_t size = 0; size < frame.size / 2; size++) {
        zmq_send(client, frame.data, size, 0);
        rig_receive(&rig, &input);
        assert_true(input.bad);
    }
    buffer_release(&frame);
    zmq_close(client);
    rig_release(&rig);
}

static void a_message_at_the_wrong_endpoint_is_refused(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_endpoint(&rig, 'W', "ipc");
    rig_open(&rig);
    void *publish = rig_client(&rig, 0, NULL, NULL), *work = rig_client(&rig, 1, NULL, NULL);
    struct message credit = {.kind = MESSAGE_CREDIT, .tag = 8, .credit = {.n = 3}};
    struct message subscribe = {.kind = MESSAGE_SUBSCRIBE, .tag = 8, .subscribe = {.cursor = "0", .credit = 3}};
    rig_say(publish, &subscribe);
    rig_receive(&rig, &input);
    assert_true(input.bad);
    assert_int_equal(input.refusal.code, REFUSAL_WRONG_ENDPOINT);
    assert_int_equal(input.message.tag, 8);
    rig_say(work, &credit);
    rig_receive(&rig, &input);
    assert_false(input.bad);
    assert_int_equal(input.session->endpoint, 'W');
    struct message receipt = rig_receipt(9); /* the broker's own to send */
    rig_say(work, &receipt);
    rig_receive(&rig, &input);
    assert_int_equal(input.refusal.code, REFUSAL_WRONG_ENDPOINT);
    assert_int_equal(gate_counts(rig.gate)->refused[REFUSAL_WRONG_ENDPOINT], 2);
    zmq_close(publish);
    zmq_close(work);
    rig_release(&rig);
}

/* --- sending --- */

static void a_stalled_peer_blocks_and_loses_nothing(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    struct message heard;
    uint64_t sent = 0;
    int error = 0;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    rig_hello(client, 1);
    rig_receive(&rig, &input);
    uint64_t peer = input.session->peer;
    while (sent < 1000000 && error == 0) {
        struct message receipt = rig_receipt(sent + 1);
        error = gate_send(rig.gate, peer, &receipt);
        sent += error == 0;
    }
    assert_int_equal(error, -EAGAIN);
    assert_int_equal(gate_counts(rig.gate)->sent, sent);
    assert_true(gate_counts(rig.gate)->blocked > 0);
    for (uint64_t tag = 1; tag <= sent; tag++) {
        rig_hear(&rig, client, &heard);
        assert_int_equal(heard.tag, tag);
        arena_reset(&rig.arena);
    }
    struct message receipt = rig_receipt(0);
    /* All is heard; ZeroMQ's thread may still be about to tell the socket so. */
    RIG_UNTIL(&rig, (error = gate_send(rig.gate, peer, &receipt)) != -EAGAIN);
    assert_int_equal(error, 0);
    zmq_close(client);
    rig_release(&rig);
}

static void a_peer_that_left_is_unreachable(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    rig_hello(client, 1);
    rig_receive(&rig, &input);
    uint64_t peer = input.session->peer;
    struct message receipt = rig_receipt(1);
    assert_int_equal(gate_send(rig.gate, peer, &receipt), 0);
    zmq_close(client);
    RIG_UNTIL(&rig, gate_counts(rig.gate)->connections == 0);
    assert_int_equal(gate_send(rig.gate, peer, &receipt), -EHOSTUNREACH);
    assert_int_equal(gate_send(rig.gate, 12345, &receipt), -EHOSTUNREACH);
    assert_int_equal(gate_counts(rig.gate)->gone, 2);
    rig_release(&rig);
}

/* A client may say its last words and leave at once. */
static void last_words_are_heard_in_their_session(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    rig_init(&rig);
    rig_know_us(&rig, "worker");
    rig_endpoint(&rig, 'W', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    rig_hello(client, 1);
    rig_receive(&rig, &input);
    uint64_t peer = input.session->peer;
    input.session->welcomed = true;
    rig_say(client, &(struct message){.kind = MESSAGE_BYE, .tag = 2});
    zmq_close(client);
    int64_t deadline_ms = rig_now_ms() + RIG_DEADLINE_MS;
    for (; gate_counts(rig.gate)->connections > 0; gate_watch(rig.gate)) { /* the news of its end comes first */
        assert_true(rig_now_ms() < deadline_ms);
        rig_wait(&rig, NULL);
    }
    assert_true(session_get(gate_sessions(rig.gate), peer)->gone);
    rig_receive(&rig, &input);
    assert_int_equal(input.message.kind, MESSAGE_BYE);
    assert_int_equal(input.session->peer, peer);
    assert_true(input.session->welcomed);
    rig_release(&rig);
}

static void an_expired_session_starts_anew(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    void *client = rig_client(&rig, 0, NULL, NULL);
    rig_hello(client, 1);
    rig_receive(&rig, &input);
    uint64_t peer = input.session->peer;
    input.session->welcomed = true;
    sessions_expire(gate_sessions(rig.gate), INT64_MAX);
    struct message receipt = rig_receipt(1);
    assert_int_equal(gate_send(rig.gate, peer, &receipt), -EHOSTUNREACH);
    rig_heartbeat(client, 2);
    rig_receive(&rig, &input);
    assert_int_not_equal(input.session->peer, peer);
    assert_false(input.session->welcomed);
    assert_int_equal(gate_send(rig.gate, input.session->peer, &receipt), 0);
    zmq_close(client);
    rig_release(&rig);
}

static void no_socket_starves_another(void **unused)
{
    (void)unused;
    enum { EACH = 100 };
    struct rig rig;
    struct gate_input input;
    size_t from[2] = {0, 0};
    rig_init(&rig);
    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_endpoint(&rig, 'W', "ipc");
    rig_open(&rig);
    void *clients[2] = {rig_client(&rig, 0, NULL, NULL), rig_client(&rig, 1, NULL, NULL)};
    for (int i = 0; i < 2; i++) {
        rig_hello(clients[i], 1);
        rig_receive(&rig, &input);
    }
    for (int i = 0; i < EACH; i++) {
        rig_heartbeat(clients[0], 2);
        rig_heartbeat(clients[1], 2);
    }
    while (from[0] + from[1] < 2 * EACH) {
        rig_receive(&rig, &input);
        from[input.session->socket]++;
    }
    assert_int_equal(from[0], EACH);
    assert_int_equal(from[1], EACH);
    zmq_close(clients[0]);
    zmq_close(clients[1]);
    rig_release(&rig);
}

/* --- opening --- */

static int try_open(struct rig *rig, const char *address, const char *key_file, bool insecure, char fault[256])
{
    struct gate_endpoint endpoint = {'P', address};
    struct gate_options options = {&endpoint, 1, key_file, insecure};
    struct gate *gate = NULL;
    int error = gate_open(&options, rig_principal, rig, &gate, fault);
    if (error == 0)
        gate_close(gate);
    else
        assert_null(gate);
    return error;
}

static void unsafe_addresses_are_refused(void **unused)
{
    (void)unused;
    struct rig rig;
    char fault[256], path[160], long_path[256];
    rig_init(&rig);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", NULL, false, fault), -EINVAL);
    assert_non_null(strstr(fault, "secret key"));
    assert_int_equal(try_open(&rig, "tcp://0.0.0.0:*", NULL, true, fault), -EINVAL);
    assert_non_null(strstr(fault, "127.0.0.1 only"));
    assert_int_equal(try_open(&rig, "tcp://localhost:*", NULL, true, fault), -EINVAL);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1.example:1", NULL, true, fault), -EINVAL);
    assert_int_equal(try_open(&rig, "tcp://*:*", NULL, true, fault), -EINVAL);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", rig.key_file, true, fault), -EINVAL);
    assert_non_null(strstr(fault, "exclude each other")); /* never plain where somebody meant curve */
    assert_int_equal(try_open(&rig, "ipc://@abstract", NULL, false, fault), -EINVAL);
    assert_int_equal(try_open(&rig, "ipc://*", NULL, false, fault), -EINVAL);
    assert_int_equal(try_open(&rig, "ipc://relative", NULL, false, fault), -EINVAL);
    assert_int_equal(try_open(&rig, "inproc://here", NULL, false, fault), -EINVAL);
    assert_int_equal(try_open(&rig, "", NULL, false, fault), -EINVAL);
    memset(long_path, 'x', sizeof(long_path) - 1);
    memcpy(long_path, "ipc:///tmp/", 11);
    long_path[sizeof(long_path) - 1] = '\0';
    assert_int_equal(try_open(&rig, long_path, NULL, false, fault), -ENAMETOOLONG);
    snprintf(path, sizeof(path), "ipc://%s/no/such/folder", rig.folder);
    assert_int_equal(try_open(&rig, path, NULL, false, fault), -ENOENT);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", rig.key_file, false, fault), 0);
    rig_release(&rig);
}

static void a_key_file_must_be_private_and_whole(void **unused)
{
    (void)unused;
    struct rig rig;
    char fault[256], path[160], secret[41], line[64];
    rig_init(&rig);
    assert_int_equal(zmq_curve_keypair((char[41]){0}, secret), 0);
    snprintf(path, sizeof(path), "%s/key", rig.folder);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", path, false, fault), -ENOENT);
    snprintf(line, sizeof(line), "%s\n", secret);
    rig_file(path, line, 0600);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", path, false, fault), 0);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", path, false, fault), -EACCES);
    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", path, false, fault), -EACCES);
    rig_file(path, "", 0600);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", path, false, fault), -EINVAL);
    snprintf(line, sizeof(line), "%.39s\n", secret);
    rig_file(path, line, 0600);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", path, false, fault), -EINVAL);
    snprintf(line, sizeof(line), "%sx\n", secret);
    rig_file(path, line, 0600);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", path, false, fault), -EINVAL);
    rig_file(path, "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n", 0600);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", path, false, fault), -EINVAL);
    assert_int_equal(try_open(&rig, "tcp://127.0.0.1:*", rig.folder, false, fault), -EINVAL);
    unlink(path);
    rig_release(&rig);
}

static void a_socket_file_is_for_owner_and_group(void **unused)
{
    (void)unused;
    struct rig rig;
    struct stat found;
    char path[160];
    rig_init(&rig);
    rig_endpoint(&rig, 'P', "ipc");
    mode_t before = umask(0);
    rig_open(&rig);
    assert_int_equal(umask(before), 0); /* left as it was */
    assert_int_equal(stat(rig.address[0] + strlen("ipc://"), &found), 0);
    assert_true(S_ISSOCK(found.st_mode));
    assert_int_equal(found.st_mode & 0777, 0660);
    snprintf(path, sizeof(path), "%s/run", rig.folder);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0750);
    rig_release(&rig);
}

static void only_a_stale_socket_is_replaced(void **unused)
{
    (void)unused;
    struct rig rig;
    struct gate_input input;
    char fault[256], path[96], address[128];
    rig_init(&rig);
    snprintf(path, sizeof(path), "%s/publish", rig.folder);
    snprintf(address, sizeof(address), "ipc://%s", path);
    rig_file(path, "precious", 0600);
    assert_int_equal(try_open(&rig, address, NULL, false, fault), -EEXIST);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);

    struct sockaddr_un file = {.sun_family = AF_UNIX};
    memcpy(file.sun_path, path, strlen(path));
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&file, sizeof(file)), 0);
    close(dead);
    assert_int_equal(try_open(&rig, address, NULL, false, fault), 0);

    rig_know_us(&rig, "camera");
    rig_endpoint(&rig, 'P', "ipc");
    rig_open(&rig);
    assert_int_equal(try_open(&rig, rig.address[0], NULL, false, fault), -EADDRINUSE);
    void *client = rig_client(&rig, 0, NULL, NULL); /* and the one that was there still is */
    rig_hello(client, 1);
    rig_receive(&rig, &input);
    assert_string_equal(input.principal, "camera");
    zmq_close(client);
    rig_release(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipc_peer_is_its_uid),
        cmocka_unit_test(an_unknown_uid_is_told_so),
        cmocka_unit_test(a_revocation_holds_at_the_next_message),
        cmocka_unit_test(a_key_is_its_principal),
        cmocka_unit_test(an_unknown_key_is_refused_at_the_handshake),
        cmocka_unit_test(no_key_and_no_curve_are_refused),
        cmocka_unit_test(insecure_is_one_fixed_principal),
        cmocka_unit_test(a_claimed_routing_id_takes_nothing),
        cmocka_unit_test(the_heir_of_a_routing_id_inherits_nothing),
        cmocka_unit_test(a_new_connection_is_a_new_session),
        cmocka_unit_test(a_routing_id_too_long_is_survived),
        cmocka_unit_test(an_oversized_frame_costs_only_its_connection),
        cmocka_unit_test(a_message_is_one_frame),
        cmocka_unit_test(garbage_is_refused_and_counted),
        cmocka_unit_test(a_truncated_message_is_refused),
        cmocka_unit_test(a_message_at_the_wrong_endpoint_is_refused),
        cmocka_unit_test(a_stalled_peer_blocks_and_loses_nothing),
        cmocka_unit_test(a_peer_that_left_is_unreachable),
        cmocka_unit_test(last_words_are_heard_in_their_session),
        cmocka_unit_test(an_expired_session_starts_anew),
        cmocka_unit_test(no_socket_starves_another),
        cmocka_unit_test(unsafe_addresses_are_refused),
        cmocka_unit_test(a_key_file_must_be_private_and_whole),
        cmocka_unit_test(a_socket_file_is_for_owner_and_group),
        cmocka_unit_test(only_a_stale_socket_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
