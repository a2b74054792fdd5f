/* The client's promises: hello first, answers found by tag, what is lost is sent again, keys are looked after. */
#include "fake_broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

#include "broker/base/limits.h"
#include "workers/address.h"
#include "workers/client.h"

#define INCIDENT 77

static int64_t now_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct client *open_client(const char *base, char endpoint)
{
    struct client_options options = {.base = base, .endpoint = endpoint, .unit = "u1", .worker = "w1"};
    struct client *client = NULL;
    char fault[256] = "";
    if (client_open(&options, &client, fault) != 0)
        fail_msg("%s", fault);
    return client;
}

static struct message publish(const char *id)
{
    struct message message = {.kind = MESSAGE_PUBLISH};
    message.publish = (struct event){.id = id, .type = "0101"};
    return message;
}

/* One fake, one client and an arena for a test. */
struct room {
    struct fake fake;
    struct client *client;
    struct arena arena;
};

static void enter(struct room *room, fake_script *script)
{
    fake_place(&room->fake, "publish", script);
    fake_start(&room->fake);
    room->client = open_client(room->fake.base, 'P');
    arena_init(&room->arena);
}

static void leave(struct room *room)
{
    client_close(room->client);
    fake_stop(&room->fake);
    fake_remove(&room->fake);
    arena_release(&room->arena);
}

static int ask(struct room *room, const char *id, int timeout_ms, struct message *answer)
{
    struct message message = publish(id);
    return client_ask(room->client, &message, timeout_ms, &room->arena, answer);
}

/* --- scripts --- */

static int obliging(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind != MESSAGE_PUBLISH)
        return fake_manners(fake, in, out);
    out[0] = fake_receipt(in->tag, INCIDENT);
    return 1;
}

static int answers_twice(struct fake *fake, const struct message *in, struct message *out)
{
    int n = obliging(fake, in, out);
    if (in->kind == MESSAGE_PUBLISH)
        out[n++] = fake_receipt(in->tag, INCIDENT + 1);
    return n;
}

static int loses_the_first(struct fake *fake, const struct message *in, struct message *out)
{
    return in->kind == MESSAGE_PUBLISH && fake->heard[MESSAGE_PUBLISH] == 1 ? 0 : obliging(fake, in, out);
}

static int forgets_us_once(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind != MESSAGE_PUBLISH || fake->heard[MESSAGE_HELLO] > 1)
        return obliging(fake, in, out);
    out[0] = fake_refusal(in->tag, REFUSAL_HELLO_FIRST, 0);
    return 1;
}

static int overloaded_once(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind != MESSAGE_PUBLISH || fake->heard[MESSAGE_PUBLISH] > 1)
        return obliging(fake, in, out);
    out[0] = fake_refusal(in->tag, REFUSAL_OVERLOADED, 200);
    return 1;
}

static int overloaded(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind != MESSAGE_PUBLISH)
        return obliging(fake, in, out);
    out[0] = fake_refusal(in->tag, REFUSAL_OVERLOADED, 60000);
    return 1;
}

static int refuses(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind != MESSAGE_PUBLISH)
        return obliging(fake, in, out);
    out[0] = fake_refusal(in->tag, REFUSAL_UNKNOWN_TYPE, 0);
    return 1;
}

static int does_not_know_us(struct fake *fake, const struct message *in, struct message *out)
{
    (void)fake;
    out[0] = fake_refusal(in->tag, REFUSAL_UNKNOWN_SENDER, 0);
    return 1;
}

static int silent(struct fake *fake, const struct message *in, struct message *out)
{
    return in->kind == MESSAGE_HELLO ? fake_manners(fake, in, out) : 0;
}

static int refuses_to_be_read(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind != MESSAGE_SUBSCRIBE)
        return fake_manners(fake, in, out);
    out[0] = fake_refusal(in->tag, REFUSAL_BAD_CURSOR, 0);
    return 1;
}

static int revokes_us(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind != MESSAGE_HEARTBEAT)
        return fake_manners(fake, in, out);
    fake->script = does_not_know_us;
    return does_not_know_us(fake, in, out);
}

/* Two entries of a feed come before the answer. */
static int talkative(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind != MESSAGE_PUBLISH)
        return obliging(fake, in, out);
    out[0] = (struct message){.kind = MESSAGE_ENTRY, .entry = {.cursor = "1"}};
    out[1] = (struct message){.kind = MESSAGE_ENTRY, .entry = {.cursor = "2"}};
    out[2] = fake_receipt(in->tag, INCIDENT);
    return 3;
}

/* Every three are answered in one frame, with a fourth receipt of nothing that was asked. */
static int packs_three(struct fake *fake, const struct message *in, struct message *out)
{
    static struct receipted rows[4];
    static size_t count;
    if (in->kind == MESSAGE_HELLO)
        count = in->hello.packs ? 0 : 3; /* who does not read packs gets none */
    if (in->kind != MESSAGE_PUBLISH || count == 3)
        return fake_manners(fake, in, out);
    rows[count] = (struct receipted){in->tag, INCIDENT + count, 70 + count, 99};
    if (++count < 3)
        return 0;
    rows[3] = (struct receipted){in->tag + 1000, INCIDENT, 70, 99};
    out[0] = (struct message){.kind = MESSAGE_RECEIPTS, .receipts = {620802, 1, rows, 4}};
    count = 0;
    return 1;
}

/* --- asking --- */

static void asks_and_gets_the_receipt(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, obliging);
    assert_null(client_welcome(room.client));
    assert_int_equal(ask(&room, "e1", 5000, &answer), 0);
    assert_int_equal(answer.kind, MESSAGE_RECEIPT);
    assert_int_equal(answer.receipt.incident, INCIDENT);
    assert_string_equal(client_welcome(room.client)->principal, "tester");
    assert_int_equal(room.fake.heard[MESSAGE_HELLO], 1);
    assert_int_equal(client_greetings(room.client), 1);
    leave(&room);
    assert_int_equal(room.fake.heard[MESSAGE_BYE], 1);
    assert_int_equal(room.fake.heard[0], 0);
}

static void the_broker_may_come_later_and_come_back(void **state)
{
    (void)state;
    struct fake fake;
    struct message answer, message = publish("e1");
    struct arena arena;
    arena_init(&arena);
    fake_place(&fake, "publish", obliging);
    struct client *client = open_client(fake.base, 'P');
    assert_int_equal(client_ask(client, &message, 300, &arena, &answer), -ETIMEDOUT);
    assert_string_equal(client_trouble(client), "the broker cannot be reached");
    fake_start(&fake);
    assert_int_equal(client_ask(client, &message, 5000, &arena, &answer), 0);
    fake_stop(&fake);
    fake_start(&fake);
    assert_int_equal(client_ask(client, &message, 5000, &arena, &answer), 0);
    assert_in_range(client_greetings(client), 2, 3);
    client_close(client);
    fake_stop(&fake);
    fake_remove(&fake);
    arena_release(&arena);
}

static void what_is_lost_is_sent_again_under_the_same_tag(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, loses_the_first);
    assert_int_equal(ask(&room, "e1", 8000, &answer), 0);
    assert_int_equal(room.fake.heard[MESSAGE_PUBLISH], 2);
    assert_true(room.fake.last_tag == answer.tag);
    leave(&room);
}

static void an_answer_comes_once(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, answers_twice);
    assert_int_equal(ask(&room, "e1", 5000, &answer), 0);
    assert_int_equal(answer.receipt.incident, INCIDENT);
    client_wait(room.client, 200);
    assert_false(client_receive(room.client, &room.arena, &answer));
    leave(&room);
}

static void a_forgotten_session_is_greeted_again(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    int64_t began_ms = now_ms(CLOCK_MONOTONIC);
    enter(&room, forgets_us_once);
    assert_int_equal(ask(&room, "e1", 5000, &answer), 0);
    assert_int_equal(answer.kind, MESSAGE_RECEIPT);
    assert_int_equal(room.fake.heard[MESSAGE_HELLO], 2);
    assert_in_range(now_ms(CLOCK_MONOTONIC) - began_ms, 0, 900); /* at once, not at the next retry */
    leave(&room);
}

static void not_now_is_waited_out(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, overloaded_once);
    assert_int_equal(ask(&room, "e1", 5000, &answer), 0);
    assert_int_equal(answer.kind, MESSAGE_RECEIPT);
    leave(&room);
    enter(&room, overloaded);
    assert_int_equal(ask(&room, "e1", 1000, &answer), 0); /* there is no time to wait: it is the answer */
    assert_int_equal(answer.refusal.code, REFUSAL_OVERLOADED);
    leave(&room);
}

static void a_refusal_is_an_answer(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, refuses);
    assert_int_equal(ask(&room, "e1", 5000, &answer), 0);
    assert_int_equal(answer.kind, MESSAGE_REFUSAL);
    assert_int_equal(answer.refusal.code, REFUSAL_UNKNOWN_TYPE);
    leave(&room);
}

static void a_refused_hello_answers_every_ask(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, does_not_know_us);
    assert_int_equal(ask(&room, "e1", 5000, &answer), 0);
    assert_int_equal(answer.refusal.code, REFUSAL_UNKNOWN_SENDER);
    assert_int_equal(room.fake.heard[MESSAGE_PUBLISH], 0);
    assert_non_null(strstr(client_trouble(room.client), "unknown_sender"));
    leave(&room);
}

static void no_answer_is_unknown(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, silent);
    assert_int_equal(ask(&room, "e1", 300, &answer), -ETIMEDOUT);
    leave(&room);
}

static void what_comes_meanwhile_is_kept_in_order(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, talkative);
    assert_int_equal(ask(&room, "e1", 5000, &answer), 0);
    assert_true(client_wait(room.client, 0));
    assert_true(client_receive(room.client, &room.arena, &answer));
    assert_string_equal(answer.entry.cursor, "1");
    assert_true(client_receive(room.client, &room.arena, &answer));
    assert_string_equal(answer.entry.cursor, "2");
    assert_false(client_receive(room.client, &room.arena, &answer));
    leave(&room);
}

static void too_long_is_refused_here_and_harms_nothing(void **state)
{
    (void)state;
    struct room room;
    struct message answer, message = publish("e1");
    char *text = calloc(1, FRAME_MAX_BYTES + 1);
    memset(text, 'x', FRAME_MAX_BYTES);
    message.publish.text = text;
    enter(&room, talkative);
    assert_int_equal(client_ask(room.client, &message, 5000, &room.arena, &answer), 0);
    assert_int_equal(answer.refusal.code, REFUSAL_TOO_LONG);
    uint64_t tag = client_send(room.client, &message);
    assert_int_equal(ask(&room, "e2", 5000, &answer), 0);
    assert_int_equal(answer.kind, MESSAGE_RECEIPT);
    assert_true(client_receive(room.client, &room.arena, &answer)); /* kept while we asked the other */
    assert_int_equal(answer.refusal.code, REFUSAL_TOO_LONG);
    assert_true(answer.tag == tag);
    assert_int_equal(room.fake.heard[MESSAGE_PUBLISH], 1);
    free(text);
    leave(&room);
}

static void many_in_flight_are_all_answered(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    int answers = 0;
    enter(&room, obliging);
    for (int i = 0; i < 3000; i++) {
        char id[16];
        snprintf(id, sizeof(id), "e%d", i);
        struct message message = publish(id);
        assert_true(client_send(room.client, &message));
    }
    while (answers < 3000 && client_wait(room.client, 5000))
        while (client_receive(room.client, &room.arena, &answer))
            answers += answer.kind == MESSAGE_RECEIPT;
    assert_int_equal(answers, 3000);
    assert_true(room.fake.heard[MESSAGE_PUBLISH] >= 3000); /* more: a slow machine makes it send again */
    leave(&room);
}

static void receipts_may_come_in_one_frame(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    uint64_t tags[2];
    enter(&room, packs_three);
    for (size_t i = 0; i < 2; i++) {
        struct message message = publish(i ? "e2" : "e1");
        tags[i] = client_send(room.client, &message);
    }
    assert_int_equal(ask(&room, "e3", 5000, &answer), 0); /* theirs, and what came before it is kept */
    assert_int_equal(answer.receipt.incident, INCIDENT + 2);
    assert_int_equal(answer.receipt.seq, 72);
    for (size_t i = 0; i < 2; i++) {
        assert_true(client_wait(room.client, 0));
        assert_true(client_receive(room.client, &room.arena, &answer));
        assert_int_equal(answer.kind, MESSAGE_RECEIPT);
        assert_true(answer.tag == tags[i]);
        assert_int_equal(answer.receipt.incident, INCIDENT + i);
        assert_int_equal(answer.receipt.journal, 620802);
        assert_int_equal(answer.receipt.term, 1);
        assert_int_equal(answer.receipt.at_ms, 99);
        assert_false(answer.receipt.repeat);
    }
    assert_false(client_receive(room.client, &room.arena, &answer));
    leave(&room);
}

/* --- the session --- */

static void live(struct room *room, int for_ms)
{
    struct message message;
    struct pollfd wake = {.fd = client_fd(room->client), .events = POLLIN};
    int64_t until_ms = now_ms(CLOCK_MONOTONIC) + for_ms;
    int64_t left_ms;
    while ((left_ms = until_ms - now_ms(CLOCK_MONOTONIC)) > 0) {
        while (client_receive(room->client, &room->arena, &message))
            ;
        int tend_ms = client_tend(room->client);
        poll(&wake, 1, tend_ms < left_ms ? tend_ms : (int)left_ms);
    }
}

static void heartbeats_keep_the_session(void **state)
{
    (void)state;
    struct room room;
    fake_place(&room.fake, "publish", obliging);
    room.fake.heartbeat_ms = 100;
    room.fake.silent_ms = 300;
    fake_start(&room.fake);
    arena_init(&room.arena);
    room.client = open_client(room.fake.base, 'P');
    live(&room, 1000);
    assert_in_range(room.fake.heard[MESSAGE_HEARTBEAT], 7, 15);
    assert_int_equal(room.fake.heard[MESSAGE_HELLO], 1);
    room.fake.script = silent;
    live(&room, 800); /* hellos are answered, heartbeats are not: it greets again after each silence */
    assert_in_range(room.fake.heard[MESSAGE_HELLO], 2, 4);
    leave(&room);
}

static void what_has_no_answer_may_be_refused(void **state)
{
    (void)state;
    struct fake fake;
    struct arena arena;
    struct message message = {.kind = MESSAGE_SUBSCRIBE, .subscribe = {.cursor = "x", .credit = 1}};
    arena_init(&arena);
    fake_place(&fake, "feed", refuses_to_be_read);
    fake_start(&fake);
    struct client *client = open_client(fake.base, 'F');
    uint64_t tag = client_send(client, &message);
    int64_t until_ms = now_ms(CLOCK_MONOTONIC) + 5000;
    while (!client_receive(client, &arena, &message) && now_ms(CLOCK_MONOTONIC) < until_ms)
        client_wait(client, 1000);
    assert_int_equal(message.kind, MESSAGE_REFUSAL);
    assert_int_equal(message.refusal.code, REFUSAL_BAD_CURSOR);
    assert_true(message.tag == tag);
    client_close(client);
    fake_stop(&fake);
    fake_remove(&fake);
    arena_release(&arena);
}

static void who_is_revoked_hears_of_it_by_the_next_heartbeat(void **state)
{
    (void)state;
    struct room room;
    struct message message;
    fake_place(&room.fake, "publish", revokes_us);
    room.fake.heartbeat_ms = 100;
    fake_start(&room.fake);
    arena_init(&room.arena);
    room.client = open_client(room.fake.base, 'P');
    int64_t until_ms = now_ms(CLOCK_MONOTONIC) + 5000;
    while (!client_receive(room.client, &room.arena, &message) && now_ms(CLOCK_MONOTONIC) < until_ms)
        client_wait(room.client, 1000);
    assert_int_equal(message.kind, MESSAGE_REFUSAL);
    assert_int_equal(message.refusal.code, REFUSAL_UNKNOWN_SENDER);
    assert_true(message.tag == 0);
    leave(&room);
}

static void waiting_costs_nothing(void **state)
{
    (void)state;
    struct room room;
    struct message answer;
    enter(&room, obliging);
    assert_int_equal(ask(&room, "e1", 5000, &answer), 0);
    int64_t before_ms = now_ms(CLOCK_PROCESS_CPUTIME_ID);
    assert_false(client_wait(room.client, 700));
    live(&room, 700);
    assert_in_range(now_ms(CLOCK_PROCESS_CPUTIME_ID) - before_ms, 0, 150);
    leave(&room);
    /* Nor does waiting for a broker that is not there. */
    room.client = open_client("ipc:///tmp/bihuan-test-nobody", 'P');
    arena_init(&room.arena);
    before_ms = now_ms(CLOCK_PROCESS_CPUTIME_ID);
    live(&room, 700);
    assert_in_range(now_ms(CLOCK_PROCESS_CPUTIME_ID) - before_ms, 0, 100);
    client_close(room.client);
    arena_release(&room.arena);
}

static void credit_belongs_to_a_session(void **state)
{
    (void)state;
    struct fake fake;
    struct room room;
    struct message credit = {.kind = MESSAGE_CREDIT, .credit = {.n = 3}};
    arena_init(&room.arena);
    fake_place(&fake, "work", fake_manners);
    fake_start(&fake);
    room.client = open_client(fake.base, 'W');
    client_send(room.client, &credit); /* before the first welcome: kept */
    live(&room, 300);
    assert_int_equal(fake.credit, 3);
    fake_stop(&fake);
    live(&room, 100);
    client_send(room.client, &credit); /* nobody there: it would belong to no session */
    fake_start(&fake);
    live(&room, 1500);
    assert_in_range(client_greetings(room.client), 2, 3);
    assert_int_equal(fake.credit, 0);
    client_close(room.client);
    fake_stop(&fake);
    fake_remove(&fake);
    arena_release(&room.arena);
}

/* --- addresses and keys --- */

static void resolves(const char *base, char endpoint, const char *expected)
{
    struct address address;
    char fault[256] = "";
    struct client_options options = {.base = base, .endpoint = endpoint};
    int error = address_resolve(&options, &address, fault);
    if (expected) {
        assert_int_equal(error, 0);
        assert_string_equal(address.endpoint, expected);
    } else if (error >= 0 || strlen(fault) < 10) {
        fail_msg("%s is accepted", base);
    }
}

static void addresses_are_found_or_explained(void **state)
{
    (void)state;
    unsetenv("BIHUAN_SERVER_KEY");
    unsetenv("BIHUAN_BROKER");
    resolves(NULL, 'P', "ipc:///run/bihuan/publish");
    resolves("ipc:///tmp/x/", 'W', "ipc:///tmp/x/work");
    resolves("tcp://127.0.0.1:6201", 'P', "tcp://127.0.0.1:6201");
    resolves("tcp://127.0.0.1:6201", 'F', "tcp://127.0.0.1:6204");
    setenv("BIHUAN_BROKER", "ipc:///tmp/y", 1);
    resolves(NULL, 'C', "ipc:///tmp/y/command");
    unsetenv("BIHUAN_BROKER");
    resolves("ipc://relative", 'P', NULL);
    resolves("ipc:///tmp/a-folder-whose-name-is-so-long-that-no-unix-socket-may-lie-in-it-"
             "because-the-address-of-one-holds-107-bytes",
             'P', NULL);
    resolves("udp://127.0.0.1:1", 'P', NULL);
    resolves("/run/bihuan", 'P', NULL);
    resolves("tcp://127.0.0.1", 'P', NULL);
    resolves("tcp://127.0.0.1:", 'P', NULL);
    resolves("tcp://127.0.0.1:62x1", 'P', NULL);
    resolves("tcp://127.0.0.1:65535", 'W', NULL);
    resolves("tcp://127.0.0.1:0", 'P', NULL);
    resolves("tcp://192.0.2.1:6201", 'P', NULL); /* plain tcp leaves the machine */
    resolves("tcp://localhost:6201", 'P', NULL); /* a name may mean anything */
    resolves("ipc:///run/bihuan", 'X', NULL);
}

struct keys {
    char folder[32], file[64], public_key[41], secret_key[41];
};

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void make_keys(struct keys *keys)
{
    char line[64];
    snprintf(keys->folder, sizeof(keys->folder), "/tmp/bihuan-test-XXXXXX");
    assert_non_null(mkdtemp(keys->folder));
    snprintf(keys->file, sizeof(keys->file), "%s/key", keys->folder);
    assert_int_equal(zmq_curve_keypair(keys->public_key, keys->secret_key), 0);
    snprintf(line, sizeof(line), "%s\n", keys->secret_key);
    write_file(keys->file, line, 0600);
}

static void remove_keys(struct keys *keys)
{
    unlink(keys->file);
    rmdir(keys->folder);
}

static int resolve_keys(const char *server_key, const char *key_file, struct address *address)
{
    char fault[256];
    struct client_options options = {
        .base = "tcp://192.0.2.1:6201", .endpoint = 'P', .server_key = server_key, .key_file = key_file};
    return address_resolve(&options, address, fault);
}

static void key_files_are_checked(void **state)
{
    (void)state;
    struct keys keys;
    struct address address;
    make_keys(&keys);
    assert_int_equal(resolve_keys(keys.public_key, keys.file, &address), 0);
    assert_true(address.curve);
    assert_string_equal(address.public_key, keys.public_key); /* derived from the secret one */
    assert_int_equal(resolve_keys(keys.public_key, NULL, &address), -EINVAL);
    assert_int_equal(resolve_keys(keys.public_key, "/nonexistent", &address), -ENOENT);
    assert_int_equal(resolve_keys("tooshort", keys.file, &address), -ENOENT);
    chmod(keys.file, 0640);
    assert_int_equal(resolve_keys(keys.public_key, keys.file, &address), -EACCES);
    write_file(keys.file, "", 0600);
    assert_int_equal(resolve_keys(keys.public_key, keys.file, &address), -EINVAL);
    write_file(keys.file, "0123456789012345678901234567890123456789x\n", 0600); /* 41 characters */
    assert_int_equal(resolve_keys(keys.public_key, keys.file, &address), -EINVAL);
    write_file(keys.file, "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n", 0600); /* 40 that are not Z85 */
    assert_int_equal(resolve_keys(keys.public_key, keys.file, &address), -EINVAL);
    remove_keys(&keys);
}

static void speaks_curve(void **state)
{
    (void)state;
    struct fake fake;
    struct keys keys;
    struct arena arena;
    struct message answer, message = publish("e1");
    char server_public[41], server_secret[41], other_public[41], other_secret[41], fault[256];
    struct client *client;
    arena_init(&arena);
    make_keys(&keys);
    assert_int_equal(zmq_curve_keypair(server_public, server_secret), 0);
    assert_int_equal(zmq_curve_keypair(other_public, other_secret), 0);
    fake_place(&fake, "publish", obliging);
    rmdir(fake.folder);
    fake.secret_key = server_secret;
    fake_start(&fake);
    struct client_options options = {
        .base = fake.base, .endpoint = 'P', .server_key = server_public, .key_file = keys.file};
    assert_int_equal(client_open(&options, &client, fault), 0);
    assert_int_equal(client_ask(client, &message, 5000, &arena, &answer), 0);
    client_close(client);
    options.server_key = other_public; /* somebody else's key: no word gets through */
    assert_int_equal(client_open(&options, &client, fault), 0);
    assert_int_equal(client_ask(client, &message, 500, &arena, &answer), -ETIMEDOUT);
    assert_non_null(strstr(client_trouble(client), "wrong server key"));
    client_close(client);
    assert_int_equal(fake.heard[MESSAGE_PUBLISH], 1);
    fake_stop(&fake);
    remove_keys(&keys);
    arena_release(&arena);
}

/* Answers for the fake broker, in its context, whether a key is let in. */
struct doorkeeper {
    void *socket;
    pthread_t thread;
    atomic_bool open, stop;
    atomic_int asked;
};

static void *keep_the_door(void *arg)
{
    struct doorkeeper *keeper = arg;
    zmq_pollitem_t item = {keeper->socket, 0, ZMQ_POLLIN, 0};
    while (!keeper->stop) {
        char parts[8][256];
        int n = 0, size[8] = {0}, more = 1;
        size_t more_bytes = sizeof(more);
        if (zmq_poll(&item, 1, 10) <= 0)
            continue;
        for (; n < 8 && more; n++) {
            size[n] = zmq_recv(keeper->socket, parts[n], sizeof(parts[n]), 0);
            zmq_getsockopt(keeper->socket, ZMQ_RCVMORE, &more, &more_bytes);
        }
        keeper->asked++;
        const char *code = keeper->open ? "200" : "400";
        zmq_send(keeper->socket, parts[0], (size_t)size[0], ZMQ_SNDMORE);
        zmq_send(keeper->socket, parts[1], (size_t)size[1], ZMQ_SNDMORE);
        zmq_send(keeper->socket, code, 3, ZMQ_SNDMORE);
        zmq_send(keeper->socket, "", 0, ZMQ_SNDMORE);
        zmq_send(keeper->socket, "", 0, ZMQ_SNDMORE);
        zmq_send(keeper->socket, "", 0, 0);
    }
    return NULL;
}

static void start_doorkeeper(struct doorkeeper *keeper, struct fake *fake)
{
    *keeper = (struct doorkeeper){.socket = zmq_socket(fake->context, ZMQ_REP)};
    assert_int_equal(zmq_bind(keeper->socket, "inproc://zeromq.zap.01"), 0);
    assert_int_equal(pthread_create(&keeper->thread, NULL, keep_the_door, keeper), 0);
}

static void stop_doorkeeper(struct doorkeeper *keeper)
{
    keeper->stop = true;
    pthread_join(keeper->thread, NULL);
    zmq_close(keeper->socket);
}

static void a_refused_key_is_told_at_once_and_tried_again(void **state)
{
    (void)state;
    struct fake fake;
    struct keys keys;
    struct arena arena;
    struct doorkeeper keeper;
    struct message answer, message = publish("e1");
    char server_public[41], server_secret[41], fault[256];
    struct client *client;
    arena_init(&arena);
    make_keys(&keys);
    assert_int_equal(zmq_curve_keypair(server_public, server_secret), 0);
    fake_place(&fake, "publish", obliging);
    rmdir(fake.folder);
    fake.secret_key = server_secret;
    fake_start(&fake);
    start_doorkeeper(&keeper, &fake);
    struct client_options options = {
        .base = fake.base, .endpoint = 'P', .server_key = server_public, .key_file = keys.file};
    assert_int_equal(client_open(&options, &client, fault), 0);
    int64_t began_ms = now_ms(CLOCK_MONOTONIC);
    assert_int_equal(client_ask(client, &message, 20000, &arena, &answer), -EACCES);
    assert_in_range(now_ms(CLOCK_MONOTONIC) - began_ms, 0, 3000);
    assert_string_equal(client_trouble(client), "the broker refuses this key or user");
    while (keeper.asked < 2 && now_ms(CLOCK_MONOTONIC) - began_ms < 10000) /* it does not give up */
        client_wait(client, 100);
    assert_in_range(keeper.asked, 2, 4);
    assert_string_equal(client_trouble(client), "the broker refuses this key or user");
    keeper.open = true; /* a reload: now the key is known */
    while (!client_connected(client) && now_ms(CLOCK_MONOTONIC) - began_ms < 20000) {
        client_wait(client, 100);
        client_receive(client, &arena, &answer);
    }
    assert_int_equal(client_ask(client, &message, 5000, &arena, &answer), 0);
    client_close(client);
    stop_doorkeeper(&keeper);
    fake_stop(&fake);
    remove_keys(&keys);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_and_gets_the_receipt),
        cmocka_unit_test(the_broker_may_come_later_and_come_back),
        cmocka_unit_test(what_is_lost_is_sent_again_under_the_same_tag),
        cmocka_unit_test(an_answer_comes_once),
        cmocka_unit_test(a_forgotten_session_is_greeted_again),
        cmocka_unit_test(not_now_is_waited_out),
        cmocka_unit_test(a_refusal_is_an_answer),
        cmocka_unit_test(a_refused_hello_answers_every_ask),
        cmocka_unit_test(no_answer_is_unknown),
        cmocka_unit_test(what_comes_meanwhile_is_kept_in_order),
        cmocka_unit_test(too_long_is_refused_here_and_harms_nothing),
        cmocka_unit_test(many_in_flight_are_all_answered),
        cmocka_unit_test(receipts_may_come_in_one_frame),
        cmocka_unit_test(heartbeats_keep_the_session),
        cmocka_unit_test(what_has_no_answer_may_be_refused),
        cmocka_unit_test(who_is_revoked_hears_of_it_by_the_next_heartbeat),
        cmocka_unit_test(waiting_costs_nothing),
        cmocka_unit_test(credit_belongs_to_a_session),
        cmocka_unit_test(addresses_are_found_or_explained),
        cmocka_unit_test(key_files_are_checked),
        cmocka_unit_test(speaks_curve),
        cmocka_unit_test(a_refused_key_is_told_at_once_and_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
