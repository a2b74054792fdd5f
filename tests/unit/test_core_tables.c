/* The core's own tables: numbers in order with marks, and keys that expire in the order they came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/base/limits.h"
#include "broker/core/dedup.h"
#include "broker/core/index.h"

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

/* --- index --- */

enum { KEYS = 700 };
struct shadow {
    uint64_t number;
    int present, marked;
};

/* Spread over all heights of the tree: dense at the low end, sparse towards 44 bits. */
static uint64_t number_of(int key)
{
    return key < 400 ? (uint64_t)key : UINT64_C(1) << (6 + key % 38) | (uint64_t)key * 977;
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = ((const struct shadow *)a)->number, right = ((const struct shadow *)b)->number;
    return left < right ? -1 : left > right;
}

static void assert_order(const struct index *index, struct shadow *shadows, size_t count, bool marked)
{
    struct shadow *found = index_next(index, 0, marked);
    for (size_t i = 0; i < count; i++) {
        if (!shadows[i].present || (marked && !shadows[i].marked))
            continue;
        assert_ptr_equal(found, &shadows[i]);
        found = index_next(index, shadows[i].number + 1, marked);
    }
    assert_null(found);
}

static void the_index_agrees_with_a_sorted_array(void **unused)
{
    (void)unused;
    static struct shadow shadows[KEYS];
    struct index index = {0};
    uint64_t seed = 11;
    size_t present = 0;
    for (int key = 0; key < KEYS; key++)
        shadows[key] = (struct shadow){.number = number_of(key)};
    qsort(shadows, KEYS, sizeof shadows[0], by_number);
    for (int i = 1; i < KEYS; i++)
        assert_true(shadows[i].number > shadows[i - 1].number);
    for (int step = 0; step < 20000; step++) {
        struct shadow *shadow = &shadows[next_random(&seed) % KEYS];
        if (!shadow->present) {
            index_put(&index, shadow->number, shadow);
            shadow->present = 1;
            shadow->marked = 0;
            present++;
        } else if (next_random(&seed) % 3) {
            shadow->marked = !shadow->marked;
            index_mark(&index, shadow->number, shadow->marked);
        } else {
            index_remove(&index, shadow->number);
            shadow->present = 0;
            present--;
        }
        assert_int_equal(index.count, present);
        if (step % 500 == 0) {
            assert_order(&index, shadows, KEYS, false);
            assert_order(&index, shadows, KEYS, true);
        }
    }
    for (int key = 0; key < KEYS; key++) {
        assert_ptr_equal(index_get(&index, shadows[key].number), shadows[key].present ? &shadows[key] : NULL);
        if (shadows[key].present)
            index_remove(&index, shadows[key].number);
    }
    assert_int_equal(index.count, 0);
    assert_null(index_next(&index, 0, false));
    assert_null(index_get(&index, 5));
    index_release(&index);
}

/* --- dedup --- */

static struct dedup_entry entry_of(uint64_t n, int64_t at_ms)
{
    return (struct dedup_entry){
        .key = {n * 31 + 1, n * 7919}, .digest = {n, n}, .incident = n, .seq = n, .at_ms = at_ms};
}

static const struct dedup_entry *find(const struct dedup *dedup, uint64_t n, int64_t now_ms)
{
    struct dedup_entry entry = entry_of(n, 0);
    return dedup_find(dedup, &entry.key, now_ms);
}

static void keys_are_found_until_the_window_is_over(void **unused)
{
    (void)unused;
    enum { MANY = 20000 };
    struct dedup dedup;
    dedup_init(&dedup, 1000000, 1000);
    for (uint64_t n = 1; n <= MANY; n++) {
        struct dedup_entry entry = entry_of(n, (int64_t)n);
        dedup_add(&dedup, &entry);
        if (n % 3 == 0) /* breathes while it grows: the ring wraps and its slots move */
            dedup_expire(&dedup, (int64_t)(n / 2) + DEDUP_WINDOW_MS);
    }
    int64_t now_ms = MANY / 2 + DEDUP_WINDOW_MS;
    dedup_expire(&dedup, now_ms);
    assert_int_equal(dedup.count, MANY / 2);
    for (uint64_t n = 1; n <= MANY; n++) {
        const struct dedup_entry *found = find(&dedup, n, now_ms);
        assert_int_equal(found != NULL, n > MANY / 2);
        assert_true(!found || found->incident == n);
    }
    assert_null(find(&dedup, MANY, MANY + DEDUP_WINDOW_MS)); /* over, though not swept yet */
    assert_non_null(find(&dedup, MANY, MANY + DEDUP_WINDOW_MS - 1));
    dedup_expire(&dedup, INT64_MAX);
    assert_int_equal(dedup.count, 0);
    dedup_release(&dedup);
}

/* What was stored long ago and read back after fresh ones must neither answer nor stand in the way. */
static void an_old_entry_makes_way_though_fresh_ones_are_before_it(void **unused)
{
    (void)unused;
    struct dedup dedup;
    int64_t now_ms = DEDUP_WINDOW_MS + 100;
    struct dedup_entry fresh = entry_of(1, now_ms - 10), old = entry_of(2, 0), again = entry_of(2, now_ms);
    dedup_init(&dedup, 100, 10);
    dedup_add(&dedup, &fresh);
    dedup_add(&dedup, &old);
    assert_null(find(&dedup, 2, now_ms));
    dedup_add(&dedup, &again);
    assert_int_equal(find(&dedup, 2, now_ms)->at_ms, now_ms);
    dedup_expire(&dedup, fresh.at_ms + DEDUP_WINDOW_MS); /* sweeps the old one, not its key */
    assert_int_equal(dedup.count, 1);
    assert_int_equal(find(&dedup, 2, now_ms)->at_ms, now_ms);
    dedup_release(&dedup);
}

static void the_first_entry_of_a_key_stands(void **unused)
{
    (void)unused;
    struct dedup dedup;
    struct dedup_entry first = entry_of(1, 10), second = entry_of(1, 20);
    second.seq = 99;
    dedup_init(&dedup, 100, 10);
    assert_null(find(&dedup, 1, 10));
    dedup_add(&dedup, &first);
    dedup_add(&dedup, &second);
    assert_int_equal(dedup.count, 1);
    assert_int_equal(find(&dedup, 1, 20)->seq, 1);
    dedup_add(&dedup, &(struct dedup_entry){.seq = 5}); /* no key: nothing to remember */
    assert_int_equal(dedup.count, 1);
    dedup_release(&dedup);
}

static void the_centre_has_room_of_its_own(void **unused)
{
    (void)unused;
    struct dedup dedup;
    dedup_init(&dedup, 100, 10);
    for (uint64_t n = 1; n <= 100; n++) {
        assert_int_equal(dedup_full(&dedup, false), n > 90);
        assert_false(dedup_full(&dedup, true));
        struct dedup_entry entry = entry_of(n, 0);
        dedup_add(&dedup, &entry);
    }
    assert_true(dedup_full(&dedup, true));
    dedup_release(&dedup);
}

/* Keys of one home slot: a search must not stop at the hole that an expired one leaves. */
static void keys_that_collide_are_all_found(void **unused)
{
    (void)unused;
    struct dedup dedup;
    dedup_init(&dedup, 100, 10);
    for (uint64_t n = 1; n <= 20; n++)
        dedup_add(&dedup, &(struct dedup_entry){.key = {n, n % 2 ? 5 : 6}, .seq = n, .at_ms = (int64_t)n});
    dedup_expire(&dedup, 1 + DEDUP_WINDOW_MS);
    for (uint64_t n = 2; n <= 20; n++) {
        struct key128 key = {n, n % 2 ? 5 : 6};
        assert_non_null(dedup_find(&dedup, &key, 20)); /* 2 stands at its own home and must stay there */
    }
    dedup_expire(&dedup, 10 + DEDUP_WINDOW_MS);
    for (uint64_t n = 11; n <= 20; n++) {
        struct key128 key = {n, n % 2 ? 5 : 6};
        assert_non_null(dedup_find(&dedup, &key, 20));
    }
    dedup_release(&dedup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_agrees_with_a_sorted_array),
        cmocka_unit_test(keys_are_found_until_the_window_is_over),
        cmocka_unit_test(an_old_entry_makes_way_though_fresh_ones_are_before_it),
        cmocka_unit_test(the_first_entry_of_a_key_stands),
        cmocka_unit_test(the_centre_has_room_of_its_own),
        cmocka_unit_test(keys_that_collide_are_all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
