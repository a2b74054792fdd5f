/* 双随机: the order that a seed gives; the numbers are by another implementation (sorted by SHA-256 of seed and id). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/base/draw.h"

static void the_order_follows_from_the_seed(void **state)
{
    static const uint64_t expected[] = {1099511627781, 3, 1, 2, 1000000007};
    uint64_t ids[] = {1, 2, 3, 1000000007, 1099511627781};
    uint8_t seed[DIGEST_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    draw(seed, ids, 5);
    assert_memory_equal(ids, expected, sizeof ids);
    draw(seed, ids, 0);
}

static void a_part_is_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(draw_part(0, 5), 0);
    assert_int_equal(draw_part(1, 1), 1);
    assert_int_equal(draw_part(40, 5), 2);
    assert_int_equal(draw_part(41, 5), 3);
    assert_int_equal(draw_part(41, 100), 41);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_follows_from_the_seed),
        cmocka_unit_test(a_part_is_rounded_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
