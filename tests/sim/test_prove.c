/* prove_store tells what store_check cannot see: values that are whole and say something else than the records. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/base/panic.h"
#include "broker/prove.h"
#include "broker/store/store_internal.h"
#include "tests/sim/world.h"

static struct {
    struct world world;
    struct arena arena;
    char folder[64], told[512];
} test;

static void send(struct message message)
{
    network_send(&test.world.network, 0, &message);
    assert_true(world_turn(&test.world));
}

static void publish(const char *id)
{
    struct message message = {.kind = MESSAGE_PUBLISH, .tag = 7};
    message.publish.id = id;
    message.publish.type = "1.01";
    message.publish.place.area = "620802001001";
    message.publish.text = "火";
    send(message);
}

/* A store with a few incidents, closed, its rows in the tables. */
static int setup(void **state)
{
    struct world_options options = {
        .seed = 1, .start_ms = INT64_C(1790000000000), .config_folder = "tests/sim/city", .front = true};
    struct message hello = {.kind = MESSAGE_HELLO, .tag = 1};
    (void)state;
    memset(&test, 0, sizeof test);
    arena_init(&test.arena);
    assert_true(world_open(&test.world, &options));
    hello.hello = (struct hello){.version = WIRE_VERSION, .client = "test"};
    test.world.network.principals[0] = "src-1";
    test.world.network.endpoints[0] = 'P';
    send(hello);
    for (int i = 0; i < 5; i++)
        publish(arena_printf(&test.arena, "e-%d", i));
    assert_true(world_stop(&test.world));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&test.world);
    arena_release(&test.arena);
    return 0;
}

static void take_sentence(void *arg, const char *sentence)
{
    (void)arg;
    snprintf(test.told, sizeof test.told, "%s", sentence);
}

static uint64_t prove(void)
{
    uint64_t bad = 0, unproven = 0;
    assert_int_equal(store_check(test.world.folder, take_sentence, NULL, &bad), 0);
    assert_int_equal(bad, 0); /* each value is well */
    prove_store(test.world.folder, take_sentence, NULL, &unproven);
    return unproven;
}

static int first_row(void *arg, const struct row *row)
{
    *(uint64_t *)arg = row->incident;
    return 1;
}

/* Changes the first live row, as a wrong program would: whole, sealed, and not what the records say. */
static void harm(void (*change)(struct row *))
{
    struct store *s;
    struct row row;
    MDB_txn *txn;
    uint64_t incident = 0;
    struct buffer bytes = {0}, queue = {0};
    size_t at = 0;
    const uint8_t *value;
    assert_int_equal(store_load(test.world.folder, &(struct store_options){0}, &s), 0);
    assert_int_equal(store_each_live(s, first_row, &incident), 1);
    assert_int_equal(store_get_row(s, incident, &test.arena, &row), 0);
    change(&row);
    struct row_head head = {.seq = row.seq};
    row_encode(&row, &bytes);
    queue_value(&queue, incident, 0, &head, sizeof head, bytes.data, bytes.size);
    const struct queued *entry = queue_next(&queue, &at, &value);
    assert_int_equal(mdb_txn_begin(s->env, NULL, 0, &txn), 0);
    assert_int_equal(store_put_value(s, txn, TABLE_LIVE, incident, value, entry->size_bytes, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    buffer_release(&bytes);
    buffer_release(&queue);
    store_close(s);
}

static void leave(struct row *row)
{
    (void)row;
}

static void another_severity(struct row *row)
{
    row->head.severity++;
}

static void another_deadline(struct row *row)
{
    assert_true(row->clock_count > 0);
    struct clock *clock = arena_memdup(&test.arena, row->clocks, row->clock_count * sizeof *clock);
    clock->due_ms++;
    row->clocks = clock;
}

static void a_store_that_is_well_is_proven(void **state)
{
    (void)state;
    assert_int_equal(prove(), 0);
    harm(leave);
    assert_int_equal(prove(), 0);
}

static void a_row_that_says_otherwise_is_told(void **state)
{
    (void)state;
    harm(another_severity);
    assert_true(prove() > 0);
    assert_non_null(strstr(test.told, "differs after a full replay"));
}

static void a_deadline_that_moved_is_told(void **state)
{
    (void)state;
    harm(another_deadline);
    assert_true(prove() > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_store_that_is_well_is_proven),
        TEST(a_row_that_says_otherwise_is_told),
        TEST(a_deadline_that_moved_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
