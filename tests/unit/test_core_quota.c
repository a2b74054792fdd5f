/* One source cannot take the room of others: its quota, what is urgent beside it, and what a refusal says. */
#include "tests/unit/core_fixture.h"

#define PER_SECOND 10

static int setup(void **state)
{
    *state = fixture_new();
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static struct principal *source(struct fixture *f, const char *name)
{
    return (struct principal *)policy_principal(core_policy(f->core), name);
}

static void give_quota(struct fixture *f, const char *name)
{
    source(f, name)->quota = (struct quota){.interval_us = 1000000 / PER_SECOND, .burst = PER_SECOND};
}

static enum refusal_code said(struct fixture *f, const char *principal, int severity, bool panic)
{
    struct event event = {.id = arena_printf(&f->arena, "q%llu", (unsigned long long)++f->requests),
                          .type = "slow",
                          .severity = severity,
                          .panic = panic};
    publish_event(f, principal, &event, "620802001002");
    return answer(f);
}

static size_t accepted_of(struct fixture *f, size_t n)
{
    size_t accepted = 0;
    for (size_t i = 0; i < n; i++)
        accepted += said(f, "camera", 0, false) == 0;
    return accepted;
}

static void a_source_has_its_quota(void **state)
{
    struct fixture *f = *state;
    give_quota(f, "camera");
    assert_int_equal(accepted_of(f, 100), PER_SECOND);
    f->now_ms += 300;
    assert_int_equal(accepted_of(f, 100), 3);
    f->now_ms += HOUR_MS;
    assert_int_equal(accepted_of(f, 100), PER_SECOND); /* what was not used is not saved up */
}

static void the_refusal_says_when(void **state)
{
    struct fixture *f = *state;
    give_quota(f, "camera");
    accepted_of(f, PER_SECOND);
    assert_int_equal(said(f, "camera", 0, false), REFUSAL_OVERLOADED);
    uint32_t wait_ms = last_answer(f)->refusal.retry_after_ms;
    assert_in_range(wait_ms, 1, 1000 / PER_SECOND + 1);
    f->now_ms += wait_ms;
    assert_int_equal(said(f, "camera", 0, false), 0);
}

/* One after the other, at the quota's own pace: none is refused a second time. */
static void the_refused_stand_in_line(void **state)
{
    struct fixture *f = *state;
    uint32_t wait_ms[20];
    give_quota(f, "camera");
    accepted_of(f, PER_SECOND);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(said(f, "camera", 0, false), REFUSAL_OVERLOADED);
        wait_ms[i] = last_answer(f)->refusal.retry_after_ms;
        assert_in_range(wait_ms[i], 1 + i * 1000 / PER_SECOND, (i + 1) * 1000 / PER_SECOND + 1);
    }
    int64_t at_ms = f->now_ms;
    for (size_t i = 0; i < 20; i++) {
        f->now_ms = at_ms + wait_ms[i];
        assert_int_equal(said(f, "camera", 0, false), 0);
    }
}

static void the_line_is_no_longer_than_a_minute(void **state)
{
    struct fixture *f = *state;
    give_quota(f, "camera");
    accepted_of(f, 2000);
    assert_int_equal(said(f, "camera", 0, false), REFUSAL_OVERLOADED);
    assert_in_range(last_answer(f)->refusal.retry_after_ms, 1, QUOTA_LINE_US / 1000);
    f->now_ms += HOUR_MS;
    assert_int_equal(accepted_of(f, 100), PER_SECOND);
}

static void others_are_not_touched(void **state)
{
    struct fixture *f = *state;
    give_quota(f, "camera");
    accepted_of(f, 100);
    assert_int_equal(said(f, "hotline", 0, false), 0);
    assert_int_equal(said(f, "button", 0, true), 0);
}

/* Room is kept for what is urgent, and only so much. */
static void what_is_urgent_has_its_own(void **state)
{
    struct fixture *f = *state;
    give_quota(f, "camera");
    accepted_of(f, 100);
    for (int i = 0; i < PER_SECOND; i++)
        assert_int_equal(said(f, "camera", 1, false), 0);
    assert_int_equal(said(f, "camera", 1, false), REFUSAL_OVERLOADED);
    assert_int_equal(said(f, "camera", 0, false), REFUSAL_OVERLOADED);
}

/* What was accepted is answered again whatever the quota. */
static void a_repeat_costs_nothing(void **state)
{
    struct fixture *f = *state;
    const struct event event = {.id = "again", .type = "slow"};
    give_quota(f, "camera");
    for (int i = 0; i < 100; i++)
        publish_event(f, "camera", &event, "620802001002");
    assert_int_equal(answer(f), 0);
    assert_int_equal(accepted_of(f, 100), PER_SECOND - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_source_has_its_quota, setup, teardown),
        cmocka_unit_test_setup_teardown(the_refusal_says_when, setup, teardown),
        cmocka_unit_test_setup_teardown(the_refused_stand_in_line, setup, teardown),
        cmocka_unit_test_setup_teardown(the_line_is_no_longer_than_a_minute, setup, teardown),
        cmocka_unit_test_setup_teardown(others_are_not_touched, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_urgent_has_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_repeat_costs_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
