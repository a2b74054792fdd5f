/* What the broker's time promises, with clocks of the test's own: it never goes back, small wall steps are slewed in,
 * large ones left aside, also over a restart, and an exercise knows none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static int64_t fake_wall_ns, fake_boot_ns;
static int sleep_at; /* before the nth read from now; 0: never */

static int fake_clock(clockid_t id, struct timespec *out)
{
    if (sleep_at > 0 && --sleep_at == 0) {
        fake_wall_ns += INT64_C(90000000000);
        fake_boot_ns += INT64_C(90000000000);
    }
    int64_t ns = id == CLOCK_REALTIME ? fake_wall_ns : fake_boot_ns;
    *out = (struct timespec){ns / 1000000000, ns % 1000000000};
    return 0;
}

#define clock_gettime fake_clock
#include "broker/now.c"
#undef clock_gettime

#define START_MS INT64_C(1790000000000)

static struct now started(int64_t last_ms, int64_t off_ms, double speed)
{
    struct now now;
    fake_wall_ns = START_MS * 1000000;
    fake_boot_ns = INT64_C(5000000000);
    now_start(&now, &(struct now_before){last_ms, off_ms, false}, speed);
    return now;
}

static void pass(int64_t ms)
{
    fake_wall_ns += ms * 1000000;
    fake_boot_ns += ms * 1000000;
}

static void time_passes_with_boottime(void **unused)
{
    (void)unused;
    struct now now = started(0, 0, 1);
    assert_int_equal(now_ms(&now), START_MS);
    pass(3600000);
    assert_int_equal(now_ms(&now), START_MS + 3600000);
    assert_int_equal(now_step(&now), 0);
}

static void it_starts_no_earlier_than_the_last_record(void **unused)
{
    (void)unused;
    struct now now = started(START_MS + 5000, 0, 1);
    assert_int_equal(now_ms(&now), START_MS + 5000);
    assert_int_equal(now_step(&now), -5000); /* the wall went back meanwhile */
    assert_int_equal(now_step(&now), 0);
    pass(200000);
    assert_int_equal(now_ms(&now), START_MS + 200000); /* slewed away */
}

/* Its clock has lost a year, as that of a machine without a battery, and finds it again later. */
static void a_wall_found_far_behind_is_a_step(void **unused)
{
    (void)unused;
    const int64_t year_ms = INT64_C(365) * 86400000;
    struct now now = started(START_MS + year_ms, 0, 1);
    assert_int_equal(now_step(&now), -year_ms);
    fake_wall_ns += year_ms * 1000000;
    assert_int_equal(now_step(&now), year_ms);
    pass(1000);
    assert_int_equal(now_step(&now), 0);
    assert_int_equal(now_ms(&now), START_MS + year_ms + 1000);
}

static void an_accepted_wall_that_is_behind_is_slewed_to(void **unused)
{
    (void)unused;
    struct now now;
    fake_wall_ns = START_MS * 1000000;
    fake_boot_ns = 0;
    now_start(&now, &(struct now_before){START_MS + 3600000, -3600000, true}, 1);
    assert_int_equal(now_ms(&now), START_MS + 3600000);
    assert_int_equal(now_step(&now), 0);
    pass(20 * 3600000);
    assert_int_equal(now_ms(&now), START_MS + 20 * 3600000);
    pass(1000);
    assert_int_equal(now_ms(&now), START_MS + 20 * 3600000 + 1000);
}

/* The machine sleeps between the two reads. */
static void a_sleep_between_two_reads_is_no_step(void **unused)
{
    (void)unused;
    struct now now = started(0, 0, 1);
    sleep_at = 2;
    assert_int_equal(now_step(&now), 0);
    assert_int_equal(sleep_at, 0);
    assert_int_equal(now_ms(&now), START_MS + 90000);
}

static void a_small_step_is_slewed_at_a_twentieth(void **unused)
{
    (void)unused;
    struct now now = started(0, 0, 1);
    fake_wall_ns += INT64_C(60000) * 1000000; /* a minute ahead */
    assert_int_equal(now_step(&now), 60000);
    assert_int_equal(now_step(&now), 0); /* told once */
    assert_int_equal(now_ms(&now), START_MS);
    pass(100000);
    assert_int_equal(now_ms(&now), START_MS + 105000);
    for (int i = 0; i < 20; i++) {
        pass(100000);
        now_ms(&now);
    }
    assert_int_equal(now_ms(&now), START_MS + 2100000 + 60000);
}

static void it_never_goes_back(void **unused)
{
    (void)unused;
    struct now now = started(0, 0, 1);
    int64_t last = now_ms(&now);
    fake_wall_ns -= INT64_C(240000) * 1000000; /* four minutes back */
    assert_int_equal(now_step(&now), -240000);
    for (int i = 0; i < 10000; i++) {
        pass(7);
        assert_true(now_ms(&now) >= last);
        last = now_ms(&now);
    }
    assert_true(last < START_MS + 70000); /* it is slower meanwhile */
    assert_true(last > START_MS + 60000); /* and does not stand */
}

static void a_large_step_is_left_aside(void **unused)
{
    (void)unused;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct now now = started(0, 0, 1);
        fake_wall_ns += sign * INT64_C(3600000) * 1000000;
        assert_int_equal(now_step(&now), sign * 3600000);
        pass(100000);
        assert_int_equal(now_step(&now), 0);
        assert_int_equal(now_ms(&now), START_MS + 100000);
    }
}

static void what_was_left_aside_stays_so_over_a_restart(void **unused)
{
    (void)unused;
    struct now now = started(START_MS - 3600000 - 10, 3600000, 1); /* the wall is an hour ahead of the broker */
    assert_int_equal(now_ms(&now), START_MS - 3600000);
    pass(1000);
    assert_int_equal(now_step(&now), 0);
    assert_int_equal(now_ms(&now), START_MS - 3600000 + 1000);
}

static void an_exercise_runs_faster_and_knows_no_steps(void **unused)
{
    (void)unused;
    struct now now = started(0, 0, 60);
    pass(1000);
    assert_int_equal(now_ms(&now), START_MS + 60000);
    fake_wall_ns += INT64_C(3600000) * 1000000;
    assert_int_equal(now_step(&now), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_passes_with_boottime),
        cmocka_unit_test(it_starts_no_earlier_than_the_last_record),
        cmocka_unit_test(a_wall_found_far_behind_is_a_step),
        cmocka_unit_test(an_accepted_wall_that_is_behind_is_slewed_to),
        cmocka_unit_test(a_sleep_between_two_reads_is_no_step),
        cmocka_unit_test(a_small_step_is_slewed_at_a_twentieth),
        cmocka_unit_test(it_never_goes_back),
        cmocka_unit_test(a_large_step_is_left_aside),
        cmocka_unit_test(what_was_left_aside_stays_so_over_a_restart),
        cmocka_unit_test(an_exercise_runs_faster_and_knows_no_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
