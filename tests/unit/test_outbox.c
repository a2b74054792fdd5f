/* What the outbox promises: nothing leaves before the release, each peer's messages stay in order through a full queue,
 * a dead peer's are dropped, and what is dropped is counted. */
#include "tests/unit/edge_rig.h"

#include "broker/edge/outbox.h"

struct post {
    struct rig rig;
    struct outbox *outbox;
};

static void post_open(struct post *post)
{
    rig_init(&post->rig);
    rig_know_us(&post->rig, "worker");
    rig_endpoint(&post->rig, 'W', "ipc");
    rig_open(&post->rig);
    post->outbox = outbox_new(post->rig.gate);
}

static void post_close(struct post *post)
{
    outbox_free(post->outbox);
    rig_release(&post->rig);
}

static void *join(struct post *post, uint64_t *peer)
{
    struct gate_input input;
    void *client = rig_client(&post->rig, 0, NULL, NULL);
    rig_hello(client, 1);
    rig_receive(&post->rig, &input);
    *peer = input.session->peer;
    return client;
}

static void put(struct post *post, uint64_t peer, uint64_t tag)
{
    struct message receipt = rig_receipt(tag);
    outbox_put(post->outbox, peer, &receipt);
    memset(&receipt, 0xee, sizeof(receipt)); /* the message need not live on */
}

static void expect(struct post *post, void *client, uint64_t tag)
{
    struct message heard;
    rig_hear(&post->rig, client, &heard);
    assert_int_equal(heard.kind, MESSAGE_RECEIPT);
    assert_int_equal(heard.tag, tag);
    arena_reset(&post->rig.arena);
}

static void nothing_leaves_before_the_release(void **unused)
{
    (void)unused;
    struct post post;
    struct message heard;
    uint64_t a_peer, b_peer;
    post_open(&post);
    void *a = join(&post, &a_peer), *b = join(&post, &b_peer);
    put(&post, a_peer, 1);
    put(&post, b_peer, 2);
    put(&post, a_peer, 3);
    assert_false(rig_hear_within(&post.rig, a, &heard, 50));
    assert_int_equal(gate_counts(post.rig.gate)->sent, 0);
    outbox_release(post.outbox);
    expect(&post, a, 1);
    expect(&post, a, 3);
    expect(&post, b, 2);
    outbox_release(post.outbox); /* sent once */
    assert_false(rig_hear_within(&post.rig, a, &heard, 20));
    assert_int_equal(outbox_waiting(post.outbox), 0);
    assert_int_equal(outbox_dropped(post.outbox), 0);
    zmq_close(a);
    zmq_close(b);
    post_close(&post);
}

/* While a turn's commit is under way, what the next one says goes out behind it, however often is released meanwhile. */
static void what_is_set_aside_waits_for_its_own_release(void **unused)
{
    (void)unused;
    struct post post;
    struct message heard;
    uint64_t peer;
    post_open(&post);
    void *socket = join(&post, &peer);
    put(&post, peer, 1);
    outbox_exchange(post.outbox); /* the commit of 1 begins */
    assert_int_equal(outbox_held(post.outbox), 0);
    outbox_release(post.outbox);
    assert_false(rig_hear_within(&post.rig, socket, &heard, 20));
    put(&post, peer, 3);
    outbox_exchange(post.outbox); /* it has landed: 1 is said, and what follows from it */
    put(&post, peer, 2);
    outbox_release(post.outbox);
    expect(&post, socket, 1);
    expect(&post, socket, 2);
    assert_false(rig_hear_within(&post.rig, socket, &heard, 20));
    outbox_exchange(post.outbox); /* and 3 with its own turn */
    outbox_release(post.outbox);
    expect(&post, socket, 3);
    zmq_close(socket);
    post_close(&post);
}

/* Whether what waits finds room all the same: ZeroMQ's thread may still be moving messages to the kernel. */
static bool room_comes(struct post *post)
{
    int fds[GATE_SOCKETS_MAX + 1];
    zmq_pollitem_t item = {.events = ZMQ_POLLIN};
    gate_fds(post->rig.gate, fds);
    item.fd = fds[0];
    while (outbox_waiting(post->outbox) && zmq_poll(&item, 1, 100) > 0) {
        gate_pending(post->rig.gate);
        outbox_release(post->outbox);
    }
    return outbox_waiting(post->outbox) == 0;
}

/* Sends to a peer that reads nothing until the outbox has to keep something back; the number of the last. */
static uint64_t fill(struct post *post, uint64_t peer)
{
    uint64_t tag = 0;
    do {
        assert_true(tag < 1000000);
        put(post, peer, ++tag);
        outbox_release(post->outbox);
    } while (outbox_waiting(post->outbox) == 0 || room_comes(post));
    return tag;
}

static void a_full_queue_delays_but_keeps_the_order(void **unused)
{
    (void)unused;
    enum { MORE = 1000 };
    struct post post;
    uint64_t stalled_peer, busy_peer;
    post_open(&post);
    void *stalled = join(&post, &stalled_peer), *busy = join(&post, &busy_peer);
    uint64_t last = fill(&post, stalled_peer);
    assert_true(outbox_waits(post.outbox, stalled_peer));
    for (int i = 0; i < MORE; i++)
        put(&post, stalled_peer, ++last);
    put(&post, busy_peer, 7);
    outbox_release(post.outbox);
    expect(&post, busy, 7); /* one stalled peer holds up nobody else */
    assert_false(outbox_waits(post.outbox, busy_peer));
    assert_true(outbox_waiting(post.outbox) > MORE / 2);
    for (uint64_t tag = 1; tag <= last; tag++) {
        expect(&post, stalled, tag);
        outbox_release(post.outbox);
    }
    assert_int_equal(outbox_waiting(post.outbox), 0);
    assert_int_equal(outbox_dropped(post.outbox), 0);
    put(&post, stalled_peer, ++last);
    outbox_release(post.outbox);
    expect(&post, stalled, last);
    zmq_close(stalled);
    zmq_close(busy);
    post_close(&post);
}

/* Room in a full queue wakes a descriptor of the gate: nobody need spin. */
static void room_wakes_the_loop(void **unused)
{
    (void)unused;
    struct post post;
    uint64_t peer;
    int64_t deadline_ms = rig_now_ms() + RIG_DEADLINE_MS;
    post_open(&post);
    void *client = join(&post, &peer);
    uint64_t last = fill(&post, peer), heard = 0;
    int fd;
    size_t size = sizeof(fd);
    assert_int_equal(zmq_getsockopt(client, ZMQ_FD, &fd, &size), 0);
    while (gate_pending(post.rig.gate)) { /* asked, so the descriptors are armed */
    }
    while (outbox_waiting(post.outbox)) {
        char byte[FRAME_MAX_BYTES];
        assert_true(rig_now_ms() < deadline_ms);
        while (zmq_recv(client, byte, sizeof(byte), ZMQ_DONTWAIT) >= 0)
            heard++;
        int fds[GATE_SOCKETS_MAX + 1];
        gate_fds(post.rig.gate, fds);
        zmq_pollitem_t items[2] = {{.fd = fds[0], .events = ZMQ_POLLIN}, {.fd = fd, .events = ZMQ_POLLIN}};
        zmq_poll(items, 2, 1000);
        if (items[0].revents) {
            gate_pending(post.rig.gate);
            outbox_release(post.outbox);
        }
    }
    for (; heard < last; heard++)
        expect(&post, client, heard + 1);
    zmq_close(client);
    post_close(&post);
}

static void beyond_its_share_the_newest_are_dropped_and_counted(void **unused)
{
    (void)unused;
    enum { EXTRA = 10 };
    struct post post;
    uint64_t peer;
    post_open(&post);
    void *client = join(&post, &peer);
    uint64_t last = fill(&post, peer);
    for (int i = 1; i < OUTBOX_PEER_MAX + EXTRA; i++)
        put(&post, peer, ++last);
    outbox_release(post.outbox);
    uint64_t kept = last - outbox_dropped(post.outbox);
    assert_true(outbox_dropped(post.outbox) > 0);
    assert_true(outbox_dropped(post.outbox) <= EXTRA);
    assert_true(outbox_waiting(post.outbox) <= OUTBOX_PEER_MAX);
    for (uint64_t tag = 1; tag <= kept; tag++) { /* the oldest, without a gap */
        expect(&post, client, tag);
        outbox_release(post.outbox);
    }
    assert_int_equal(outbox_waiting(post.outbox), 0);
    zmq_close(client);
    post_close(&post);
}

static void a_dead_peer_takes_its_messages_with_it(void **unused)
{
    (void)unused;
    struct post post;
    uint64_t peer, other_peer;
    post_open(&post);
    void *client = join(&post, &peer), *other = join(&post, &other_peer);
    uint64_t last = fill(&post, peer);
    for (int i = 0; i < 100; i++)
        put(&post, peer, ++last);
    outbox_release(post.outbox);
    size_t waited = outbox_waiting(post.outbox);
    assert_true(waited >= 50);
    zmq_close(client);
    RIG_UNTIL(&post.rig, gate_counts(post.rig.gate)->connections == 1);
    put(&post, peer, ++last);
    put(&post, 4711, 1); /* never was */
    put(&post, other_peer, 8);
    outbox_release(post.outbox);
    assert_int_equal(outbox_waiting(post.outbox), 0);
    assert_int_equal(outbox_dropped(post.outbox), waited + 2);
    expect(&post, other, 8);
    zmq_close(other);
    post_close(&post);
}

static void an_expired_session_frees_what_waits(void **unused)
{
    (void)unused;
    struct post post;
    uint64_t peer;
    post_open(&post);
    void *client = join(&post, &peer);
    fill(&post, peer);
    sessions_expire(gate_sessions(post.rig.gate), INT64_MAX);
    outbox_release(post.outbox);
    assert_int_equal(outbox_waiting(post.outbox), 0);
    assert_false(outbox_waits(post.outbox, peer));
    assert_true(outbox_dropped(post.outbox) > 0);
    zmq_close(client);
    post_close(&post);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_leaves_before_the_release),
        cmocka_unit_test(what_is_set_aside_waits_for_its_own_release),
        cmocka_unit_test(a_full_queue_delays_but_keeps_the_order),
        cmocka_unit_test(room_wakes_the_loop),
        cmocka_unit_test(beyond_its_share_the_newest_are_dropped_and_counted),
        cmocka_unit_test(a_dead_peer_takes_its_messages_with_it),
        cmocka_unit_test(an_expired_session_frees_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
