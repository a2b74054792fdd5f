/* A commit beside its caller: durable exactly when it has landed, invisible before, and unknown when it fails. */
#include <pthread.h>

#include "tests/unit/store_fixture.h"

static int count_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    (void)record, (void)bytes, (void)size_bytes;
    ++*(size_t *)arg;
    return 0;
}

static size_t records_in(struct fixture *f)
{
    size_t count = 0;
    assert_int_equal(store_replay(f->store, 0, count_record, &count), 0);
    return count;
}

/* --- a bell that is heard --- */
struct bell {
    pthread_mutex_t mutex;
    pthread_cond_t rung;
    unsigned times;
};

static void ring(void *arg)
{
    struct bell *bell = arg;
    pthread_mutex_lock(&bell->mutex);
    bell->times++;
    pthread_cond_signal(&bell->rung);
    pthread_mutex_unlock(&bell->mutex);
}

static void hear(struct bell *bell, unsigned times)
{
    pthread_mutex_lock(&bell->mutex);
    while (bell->times < times)
        pthread_cond_wait(&bell->rung, &bell->mutex);
    pthread_mutex_unlock(&bell->mutex);
}

/* --- tests --- */
static void what_has_landed_is_durable(void **state)
{
    struct fixture *f = *state;
    struct bell bell = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    store_set_bell(f->store, ring, &bell);
    for (uint64_t number = 1; number <= 20; number++) {
        struct record *record = record_opened(f, number);
        if (number > 1) { /* a row of what was durable before goes with it */
            struct row row = row_of(f, number - 1, INCIDENT_OPEN);
            assert_int_equal(store_put_row(f->store, &row, false), 0);
        }
        assert_int_equal(store_launch(f->store, record, 1), 0);
        hear(&bell, (unsigned)number);
        assert_true(store_landed(f->store));
        assert_int_equal(store_land(f->store), 0);
        assert_int_equal(store_meta(f->store)->sequence, number);
    }
    fixture_reopen(f);
    assert_int_equal(records_in(f), 20);
    struct row row;
    assert_int_equal(store_get_row(f->store, incident_id(19), &f->arena, &row), 0);
    assert_int_equal(row.seq, 19);
}

/* Readers are told of what was committed before, even when the disk is faster than they are. */
static void what_is_aloft_is_not_told(void **state)
{
    struct fixture *f = *state;
    struct bell bell = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    struct record read;
    open_incidents(f, 1, 3);
    store_set_bell(f->store, ring, &bell);
    assert_int_equal(store_launch(f->store, record_opened(f, 4), 1), 0);
    hear(&bell, 1);
    assert_int_equal(store_meta(f->store)->sequence, 3);
    assert_int_equal(records_in(f), 3);
    assert_int_equal(store_get_record(f->store, 3, &f->arena, &read), 0);
    assert_int_equal(store_get_record(f->store, 4, &f->arena, &read), -ENOENT);
    assert_int_equal(store_land(f->store), 0);
    assert_int_equal(store_get_record(f->store, 4, &f->arena, &read), 0);
}

/* Commits of both kinds follow one another: one chain, no gap. */
static void both_kinds_make_one_journal(void **state)
{
    struct fixture *f = *state;
    uint64_t number = 1;
    for (int round = 0; round < 10; round++) {
        open_incidents(f, number, number + 1);
        assert_int_equal(store_launch(f->store, record_opened(f, number + 2), 1), 0);
        assert_int_equal(store_land(f->store), 0);
        number += 3;
    }
    fixture_reopen(f);
    assert_int_equal(records_in(f), 30); /* verified along the chain */
}

static void closing_waits_for_what_is_aloft(void **state)
{
    struct fixture *f = *state;
    open_incidents(f, 1, 2);
    assert_int_equal(store_launch(f->store, record_opened(f, 3), 1), 0);
    fixture_reopen(f);
    assert_int_equal(records_in(f), 3); /* nobody was told; a retry finds it */
}

static void a_failed_flight_ends_everything(void **state)
{
    struct fixture *f = *state;
    uint64_t landed = 0;
    int error = 0;
    fixture_close(f);
    f->options.map_bytes = 1 << 20;
    assert_int_equal(fixture_open(f), 0);
    char *text = arena_alloc(&f->arena, TEXT_MAX_BYTES + 1);
    memset(text, 'x', TEXT_MAX_BYTES);
    while (error == 0 && landed < 1000) {
        struct record *record = record_opened(f, 1 + landed % 50);
        record->text = text;
        assert_int_equal(store_launch(f->store, record, 1), 0);
        error = store_land(f->store);
        landed += error == 0;
    }
    assert_int_equal(error, -ENOSPC);
    assert_non_null(strstr(store_fault(), "cannot be committed"));
    assert_int_equal(store_launch(f->store, record_opened(f, 1), 1), -EIO); /* unknown: nothing goes on */
    fixture_close(f);
    f->options.map_bytes = MAP_BYTES;
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(records_in(f), landed);
}

/* Another log is asked when the flight lands, so that a crash before loses it. */
static void another_journal_is_asked_at_the_landing(void **state)
{
    struct fixture *f = *state;
    f->options.other = journal_mem_new();
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_launch(f->store, record_opened(f, 1), 1), 0);
    assert_int_equal(store_land(f->store), 0);
    assert_int_equal(store_launch(f->store, record_opened(f, 2), 1), 0);
    fixture_close(f);
    journal_mem_crash(f->options.other);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(records_in(f), 1);
    fixture_close(f);
    journal_mem_free(f->options.other);
}

int main(void)
{
#define TEST(name)        cmocka_unit_test_setup_teardown(name, fixture_setup_open, fixture_teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_has_landed_is_durable),      TEST(what_is_aloft_is_not_told),
        TEST(both_kinds_make_one_journal),     TEST(closing_waits_for_what_is_aloft),
        TEST(a_failed_flight_ends_everything), TEST_CLOSED(another_journal_is_asked_at_the_landing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
