/* The loop itself, while the disk holds up a commit: what is said meanwhile, and what is freed. The broker's clock is asked
 * at every pass, and so is the stage whose turn it is. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/base/panic.h"
#include "broker/loop.h"
#include "tests/sim/city.h"
#include "tests/sim/world.h"

#define PASSES 20

static struct {
    struct world world;
    struct arena arena;
    char config[128];
    int stage, passes;
    uint64_t tags[8]; /* of what was said to the first source, in order */
    enum message_kind kinds[8];
    size_t said;
} test;

static void send(size_t actor, struct message message)
{
    network_send(&test.world.network, actor, &message);
}

static void publish(const char *id, uint64_t tag)
{
    struct message message = {.kind = MESSAGE_PUBLISH, .tag = tag};
    message.publish.id = id;
    message.publish.type = "1.01";
    message.publish.place.area = "620802001001";
    message.publish.text = "火";
    send(0, message);
}

static void hello(size_t actor, const char *principal)
{
    struct message message = {.kind = MESSAGE_HELLO, .tag = 1};
    message.hello = (struct hello){.version = WIRE_VERSION, .client = "test"};
    test.world.network.principals[actor] = principal;
    test.world.network.endpoints[actor] = 'P';
    send(actor, message);
}

static size_t hear(void)
{
    struct message message;
    while (test.said < 8 && network_receive(&test.world.network, 0, &test.arena, &message))
        test.kinds[test.said] = message.kind, test.tags[test.said++] = message.tag;
    return test.said;
}

static void begin(int64_t (*stage)(void *))
{
    struct world_options options = {.seed = 1,
                                    .start_ms = INT64_C(1790000000000),
                                    .config_folder = test.config,
                                    .front = true,
                                    .beside_records_min = 1};
    struct turn *t = &test.world.turn;
    assert_true(world_open(&test.world, &options));
    hello(0, "src-1");
    hello(1, "src-2"); /* what it is answered waits, and is tried again and again */
    test.world.network.full[1] = true;
    assert_true(world_turn(&test.world));
    assert_int_equal(outbox_waiting(t->outbox), 1);
    assert_int_equal(hear(), 1);
    test.said = 0;
    jobs_free(t->jobs); /* the loop brings its own */
    t->now = stage;
}

/* As the broker ends. */
static void end(int error)
{
    struct turn *t = &test.world.turn;
    alarm(60);
    assert_int_equal(loop_run(t, NULL), error);
    if (!error)
        assert_int_equal(turn_settle(t), 0);
    alarm(0);
    hear();
    t->jobs = jobs_new(NULL, NULL);
}

static int setup(void **state)
{
    char command[256];
    (void)state;
    memset(&test, 0, sizeof(test));
    arena_init(&test.arena);
    snprintf(test.config, sizeof(test.config), "/tmp/bihuan-aloft-XXXXXX");
    ASSERT(mkdtemp(test.config));
    snprintf(command, sizeof(command), "cp tests/sim/city/* %s", test.config);
    return system(command);
}

static int teardown(void **state)
{
    char command[256];
    (void)state;
    disk_hold(false);
    world_close(&test.world);
    arena_release(&test.arena);
    snprintf(command, sizeof(command), "rm -r %s", test.config);
    return system(command);
}

/* --- what waits for a full queue is tried again --- */

static int64_t retry_stage(void *arg)
{
    struct world *w = arg;
    switch (test.stage) {
    case 0:
        disk_hold(true);
        publish("e-1", 11);
        test.stage++;
        break;
    case 1:
        if (disk_holds()) {
            send(0, (struct message){.kind = MESSAGE_HEARTBEAT, .tag = 12}); /* its echo is the next turn's */
            test.stage++;
        }
        break;
    case 2:
        if (outbox_held(w->turn.outbox) && ++test.passes == PASSES) {
            assert_int_equal(hear(), 0);
            disk_hold(false);
            test.stage++;
        }
        break;
    case 3:
        if (hear() == 2) {
            raise(SIGTERM);
            test.stage++;
        }
        break;
    }
    return w->now_ms;
}

static void a_retry_says_nothing_that_is_not_durable(void **state)
{
    (void)state;
    begin(retry_stage);
    end(0);
    assert_int_equal(test.stage, 4);
    assert_int_equal(test.said, 2);
    assert_int_equal(test.tags[0], 11);
    assert_int_equal(test.tags[1], 12);
}

/* --- whoever says goodbye is answered first --- */

static void say_goodbye(void)
{
    publish("e-2", 12);
    send(0, (struct message){.kind = MESSAGE_BYE, .tag = 13});
    publish("e-3", 14);
}

static int64_t goodbye_stage(void *arg)
{
    struct world *w = arg;
    switch (test.stage) {
    case 0:
        disk_hold(true);
        publish("e-1", 11);
        test.stage++;
        break;
    case 1:
        if (disk_holds()) { /* the first is not durable yet, the others are the next turn's */
            say_goodbye();
            test.stage++;
        }
        break;
    case 2:
        if (w->turn.outcome.record_count && ++test.passes == PASSES) {
            disk_hold(false);
            test.stage++;
        }
        break;
    case 3:
        if (hear() == 3) {
            raise(SIGTERM);
            test.stage++;
        }
        break;
    }
    return w->now_ms;
}

static void what_was_sent_before_a_goodbye_is_answered(void **state)
{
    (void)state;
    begin(goodbye_stage);
    end(0);
    assert_int_equal(test.stage, 4);
    assert_int_equal(test.tags[0], 11);
    assert_int_equal(test.kinds[0], MESSAGE_RECEIPT);
    assert_int_equal(test.tags[1], 14); /* a refusal is put down as it is made */
    assert_int_equal(test.kinds[1], MESSAGE_REFUSAL);
    assert_int_equal(test.tags[2], 12);
    assert_int_equal(test.kinds[2], MESSAGE_RECEIPT);
}

/* --- a stop during a reload --- */

static void *let_go(void *arg)
{
    (void)arg;
    struct timespec until_left = {.tv_nsec = 300000000}; /* then the loop waits for the disk, or has freed too much */
    nanosleep(&until_left, NULL);
    disk_hold(false);
    return NULL;
}

static pthread_t later;

static int64_t stop_stage(void *arg)
{
    struct world *w = arg;
    switch (test.stage) {
    case 0:
        disk_hold(true);
        publish("e-1", 11);
        test.stage++;
        break;
    case 1:
        if (disk_holds()) {
            publish("e-2", 12);
            test.stage++;
        }
        break;
    case 2:
        if (w->turn.outcome.record_count) { /* decided, and not sealed: it borrows from the policy */
            w->turn.reload_wanted = true;
            test.stage++;
        }
        break;
    case 3:
        if (jobs_busy(w->turn.jobs)) {
            raise(SIGTERM);
            assert_int_equal(pthread_create(&later, NULL, let_go, NULL), 0);
            test.stage++;
        }
        break;
    }
    return w->now_ms;
}

static int note_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    size_t *count = arg;
    (void)bytes, (void)size_bytes;
    if (record->kind == RECORD_OPENED) {
        assert_string_equal(record->changes[0].tasks[0].unit, "u-a");
        assert_string_equal(record->changes[0].head->type, "1.01");
        assert_non_null(strstr(record->changes[0].head->route, "routes.yaml"));
    }
    count[0] += record->kind == RECORD_OPENED;
    count[1] += record->kind == RECORD_POLICY;
    return 0;
}

static void change_rules(void)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/routes.yaml", test.config);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs("\n# another day\n", file);
    fclose(file);
}

static void a_stop_during_a_reload_frees_nothing_that_is_not_sealed(void **state)
{
    size_t count[2] = {0};
    (void)state;
    begin(stop_stage);
    change_rules();
    end(0);
    assert_int_equal(pthread_join(later, NULL), 0);
    assert_int_equal(test.stage, 4);
    assert_int_equal(store_replay(test.world.turn.store, 0, note_record, count), 0);
    assert_int_equal(count[0], 2);
    assert_int_equal(count[1], 2); /* the first, and that of the reload */
}

/* --- a commit that fails during a reload --- */

static int64_t fail_stage(void *arg)
{
    struct world *w = arg;
    switch (test.stage) {
    case 0:
        disk_hold(true);
        publish("e-1", 11);
        test.stage++;
        break;
    case 1:
        if (disk_holds()) {
            w->turn.reload_wanted = true;
            test.stage++;
        }
        break;
    case 2:
        if (jobs_busy(w->turn.jobs)) {
            disk_plant(CRASH_LOST);
            disk_hold(false);
            test.stage++;
        }
        break;
    }
    return w->now_ms;
}

/* It is said how it ended, and no policy is put in force of which nothing is durable. */
static void a_failure_during_a_reload_is_told(void **state)
{
    (void)state;
    begin(fail_stage);
    change_rules();
    end(-EIO);
    assert_int_equal(test.stage, 3);
    assert_int_equal(test.said, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_retry_says_nothing_that_is_not_durable),
        TEST(what_was_sent_before_a_goodbye_is_answered),
        TEST(a_stop_during_a_reload_frees_nothing_that_is_not_sealed),
        TEST(a_failure_during_a_reload_is_told),
    };
    mallopt(M_PERTURB, 0x5a); /* what is freed is not what it was */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
