/* 双随机: how much one sample may be, and that it is not more. */
#include "tests/unit/core_fixture.h"

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

/* An auditor's, of the last hour, among so many incidents. */
static enum refusal_code draw_among(struct fixture *f, size_t n, uint32_t count, uint32_t percent)
{
    struct sampling sampling = {.count = n < SAMPLE_OF_MAX ? n : SAMPLE_OF_MAX, .too_many = n > SAMPLE_OF_MAX};
    const struct act act = {.verb = ACT_SAMPLE,
                            .request = arena_printf(&f->arena, "s%llu", (unsigned long long)++f->requests),
                            .from_ms = f->now_ms - HOUR_MS,
                            .until_ms = f->now_ms,
                            .count = count,
                            .percent = percent};
    sampling.incidents = ARENA_NEW(&f->arena, uint64_t, SAMPLE_OF_MAX);
    for (size_t i = 0; i < sampling.count; i++)
        sampling.incidents[i] = ident_pack(JOURNAL, i + 1);
    step(f, (struct command){.kind = COMMAND_ACT,
                             .peer = 1,
                             .tag = 1,
                             .principal = "auditor",
                             .endpoint = 'C',
                             .key = test_key("sample", act.request),
                             .digest = test_key("same", "content"),
                             .sampling = &sampling,
                             .act = arena_memdup(&f->arena, &act, sizeof act)});
    return answer(f);
}

static size_t drawn(struct fixture *f)
{
    return record_at(f, 0)->sample->drawn_count;
}

static void so_many_are_drawn_and_a_percentage_is_rounded_up(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(draw_among(f, 1000, SAMPLE_DRAWN_MAX, 0), 0);
    assert_int_equal(drawn(f), SAMPLE_DRAWN_MAX);
    assert_int_equal(draw_among(f, 1001, 0, 1), 0);
    assert_int_equal(drawn(f), 11);
    assert_int_equal(draw_among(f, SAMPLE_OF_MAX, 0, 2), 0);
    assert_int_equal(drawn(f), SAMPLE_DRAWN_MAX);
}

static void what_is_too_much_is_refused_with_what_would_be_right(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(draw_among(f, 1000, 0, 21), REFUSAL_TOO_MANY);
    assert_string_equal(last_answer(f)->refusal.reason, "210 of 1000 would be drawn, at most 200");
    assert_int_equal(draw_among(f, SAMPLE_OF_MAX + 1, 1, 0), REFUSAL_TOO_MANY);
    assert_string_equal(last_answer(f)->refusal.reason, "more than 10000 incidents closed then; sample less time");
    assert_int_equal(draw_among(f, 1000, SAMPLE_DRAWN_MAX + 1, 0), REFUSAL_BAD_VALUE);
    assert_int_equal(count_records(f, RECORD_SAMPLED), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(so_many_are_drawn_and_a_percentage_is_rounded_up, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_too_much_is_refused_with_what_would_be_right, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
