/* Clocks as ledgers, and their rungs: each once, in order, also after downtime, pauses and changes of the ladder. */
#include "core_fixture.h"

#include "broker/core/climb.h"

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

/* --- arithmetic --- */

static const struct pace natural = {{CALENDAR_NATURAL, NULL}, {CALENDAR_NATURAL, NULL}};

static struct clock started(int64_t budget_ms, int64_t now_ms)
{
    struct clock clock;
    clock_start(&clock, CLOCK_HANDLE, 1, budget_ms, &natural, now_ms);
    return clock;
}

static void in_time_means_at_or_before_due(void **unused)
{
    (void)unused;
    static const struct {
        int64_t stopped_ms;
        enum clock_state verdict;
    } cases[] = {{1000, CLOCK_MET}, {1099, CLOCK_MET}, {1100, CLOCK_MET}, {1101, CLOCK_LATE}, {9000, CLOCK_LATE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct clock clock = started(100, 1000);
        assert_int_equal(clock.due_ms, 1100);
        clock_stop(&clock, &natural, cases[i].stopped_ms);
        assert_int_equal(clock.state, cases[i].verdict);
        assert_int_equal(clock.stopped_ms, cases[i].stopped_ms);
        assert_int_equal(clock.consumed_ms, cases[i].stopped_ms - 1000);
        assert_int_equal(clock.next_ms, 0);
        clock_stop(&clock, &natural, 99999); /* the verdict stands */
        clock_void(&clock, &natural, 99999);
        assert_int_equal(clock.state, cases[i].verdict);
        assert_int_equal(clock.stopped_ms, cases[i].stopped_ms);
    }
}

static void pauses_are_not_counted(void **unused)
{
    (void)unused;
    struct clock clock = started(100, 1000);
    clock_pause(&clock, &natural, 1030);
    assert_int_equal(clock.state, CLOCK_PAUSED);
    assert_int_equal(clock.due_ms, 0);
    assert_int_equal(clock_used_ms(&clock, &natural, 5000), 30);
    clock_pause(&clock, &natural, 5000);
    clock_resume(&clock, &natural, 6000);
    assert_int_equal(clock.due_ms, 6070);
    assert_int_equal(clock_used_ms(&clock, &natural, 6010), 40);
    clock_resume(&clock, &natural, 6050); /* runs already */
    assert_int_equal(clock.due_ms, 6070);
    clock_pause(&clock, &natural, 6060);
    clock_resume(&clock, &natural, 7000);
    assert_int_equal(clock.due_ms, 7010);
    clock_stop(&clock, &natural, 7010);
    assert_int_equal(clock.state, CLOCK_MET);
    assert_int_equal(clock.consumed_ms, 100);
}

static void what_is_not_owed_is_void(void **unused)
{
    (void)unused;
    struct clock clock = started(100, 1000);
    clock_void(&clock, &natural, 5000);
    assert_int_equal(clock.state, CLOCK_VOID);
    assert_false(clock_open(&clock));
    clock = started(100, 1000);
    clock_pause(&clock, &natural, 1200);
    clock_stop(&clock, &natural, 9000);
    assert_int_equal(clock.state, CLOCK_LATE); /* was over its budget when it was paused */
}

/* --- rungs --- */

struct fired {
    int64_t at_ms;
    enum clock_kind clock;
    uint32_t number;
    enum rung_colour colour;
    const char *area, *post;
};

/* The rungs of one clock of one incident, from the records. */
static size_t rungs_of(const struct fixture *f, uint64_t incident, enum clock_kind kind, const struct record **out)
{
    size_t count = 0;
    for (size_t i = 0; i < f->outcome.record_count; i++) {
        const struct record *record = &f->outcome.records[i];
        if (record->kind == RECORD_RUNG && record->changes[0].incident == incident && record->rung->clock == kind)
            out[count++] = record;
    }
    return count;
}

static void assert_rungs(const struct fixture *f, uint64_t incident, enum clock_kind kind, const struct fired *expected,
                         size_t n)
{
    const struct record *records[64];
    assert_int_equal(rungs_of(f, incident, kind, records), n);
    for (size_t i = 0; i < n; i++) {
        const struct rung *rung = records[i]->rung;
        assert_int_equal(records[i]->at_ms, expected[i].at_ms);
        assert_int_equal(rung->due_ms, expected[i].at_ms);
        assert_int_equal(rung->number, i + 1);
        assert_int_equal(rung->colour, expected[i].colour);
        assert_string_equal(named(rung->to_area), expected[i].area);
        assert_string_equal(named(rung->to_post), expected[i].post);
        assert_true(rung->notice);
        assert_false(rung->in_downtime);
    }
}

static void a_clock_climbs_the_area_line_once(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "urgent"); /* in the community; its ladder steps a minute */
    pass(f, DAY_MS);
    const struct fired respond[] = {
        /* nobody is connected: from half of its time on it goes up */
        {START_MS + 30 * SECOND_MS, CLOCK_RESPOND, 1, RUNG_BLUE, "620802001002", "warden"},
        {START_MS + 48 * SECOND_MS, CLOCK_RESPOND, 2, RUNG_YELLOW, "620802001002", "warden"},
        {START_MS + 60 * SECOND_MS, CLOCK_RESPOND, 3, RUNG_RED, "620802001002", "warden"},
        {START_MS + 120 * SECOND_MS, CLOCK_RESPOND, 4, RUNG_UP, "620802001", "chief"}, /* a vacancy: one level up */
        {START_MS + 180 * SECOND_MS, CLOCK_RESPOND, 5, RUNG_UP, "620802", "chief"},
        {START_MS + 240 * SECOND_MS, CLOCK_RESPOND, 6, RUNG_UP, "6208", "mayor"},
    };
    assert_rungs(f, id, CLOCK_RESPOND, respond, 6);
    struct clock clock = clock_of(f, id, CLOCK_RESPOND, 1);
    assert_int_equal(clock.rung, 6);
    assert_int_equal(clock.next_ms, 0); /* after the top no more */
    assert_int_equal(clock.state, CLOCK_RUNNING);
    assert_true(core_next_due(f->core) == INT64_MAX);
}

static void without_a_step_the_budget_is_the_step(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    pass(f, 30 * DAY_MS);
    const struct fired respond[] = {
        {START_MS + HOUR_MS, CLOCK_RESPOND, 1, RUNG_BLUE, "620802001002", "warden"},
        {START_MS + 96 * MINUTE_MS, CLOCK_RESPOND, 2, RUNG_YELLOW, "620802001002", "warden"},
        {START_MS + 2 * HOUR_MS, CLOCK_RESPOND, 3, RUNG_RED, "620802001002", "warden"},
        {START_MS + 4 * HOUR_MS, CLOCK_RESPOND, 4, RUNG_UP, "620802001", "chief"},
        {START_MS + 6 * HOUR_MS, CLOCK_RESPOND, 5, RUNG_UP, "620802", "chief"},
        {START_MS + 8 * HOUR_MS, CLOCK_RESPOND, 6, RUNG_UP, "6208", "mayor"},
    };
    assert_rungs(f, id, CLOCK_RESPOND, respond, 6);
}

static void without_an_area_only_the_top_is_told(void **state)
{
    struct fixture *f = *state;
    struct event event = {.id = "e", .type = "urgent"};
    publish_event(f, "camera", &event, NULL);
    uint64_t id = last_answer(f)->receipt.incident;
    pass(f, DAY_MS);
    const struct record *records[64];
    assert_int_equal(rungs_of(f, id, CLOCK_RESOLVE, records), 3);
    assert_int_equal(records[2]->rung->colour, RUNG_RED);
    assert_string_equal(records[2]->rung->to_area, "6208");
    assert_string_equal(records[2]->rung->to_post, "mayor");
    assert_int_equal(clock_of(f, id, CLOCK_RESOLVE, 0).next_ms, 0);
}

static void a_stopped_clock_fires_no_more(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    pass(f, HOUR_MS + 1);
    say_on_behalf(f, WORD_RESPOND, id, 1);
    pass(f, 10 * HOUR_MS);
    const struct record *records[64];
    assert_int_equal(rungs_of(f, id, CLOCK_RESPOND, records), 1);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).rung, 1);
}

static void stopping_first_records_the_rungs_it_has_passed(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    f->now_ms += 2 * HOUR_MS; /* no tick comes before the word */
    say_on_behalf(f, WORD_RESPOND, id, 1);
    struct clock clock = clock_of(f, id, CLOCK_RESPOND, 1);
    assert_int_equal(clock.state, CLOCK_MET); /* at due: in time, though the red rung has fired */
    assert_int_equal(clock.rung, 3);
    const struct record *records[64];
    assert_int_equal(rungs_of(f, id, CLOCK_RESPOND, records), 3);
    assert_false(records[0]->rung->notice); /* one notice, for the highest */
    assert_false(records[1]->rung->notice);
    assert_true(records[2]->rung->notice);
    assert_true(records[2]->seq < record_at(f, 0)->seq);
    assert_int_equal(record_at(f, 0)->kind, RECORD_RESPONDED);
}

static void an_act_first_records_the_rungs_passed_too(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    f->now_ms += 2 * HOUR_MS + 1;
    act_as(f, "chief.one", (struct act){.verb = ACT_CLOSE, .incident = id, .outcome = OUTCOME_NO_ACTION});
    const struct record *records[64];
    assert_int_equal(rungs_of(f, id, CLOCK_RESPOND, records), 3);
    assert_int_equal(record_at(f, 0)->kind, RECORD_CLOSED);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).state, CLOCK_VOID);
}

static void a_pause_neither_loses_nor_doubles_a_rung(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    for (int i = 0; i < 301; i++) { /* 75 minutes and a quarter, heard all the time */
        pass(f, LEASE_MS - 1);
        heard(f, "water.dept", "w1", 11);
    }
    int64_t used_ms = f->now_ms - START_MS;
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).rung, 1);
    say(f, "w1", WORD_RETURN, id);
    assert_done(f);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).next_ms, 0);
    pass(f, 5 * HOUR_MS);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).rung, 1);
    act_as(f, "desk.one", (struct act){.verb = ACT_RELEASE, .incident = id});
    struct clock clock = clock_of(f, id, CLOCK_RESPOND, 1);
    assert_int_equal(clock.due_ms, f->now_ms + 2 * HOUR_MS - used_ms);
    assert_int_equal(clock.next_ms, f->now_ms + 96 * MINUTE_MS - used_ms); /* yellow is next */
    pass(f, DAY_MS);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).rung, 6);
}

static void after_downtime_all_are_recorded_and_one_is_told(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    f->now_ms += 65 * MINUTE_MS; /* blue was due, and the broker stopped before it fired */
    int64_t stopped_ms = f->now_ms;
    f->now_ms = START_MS + 5 * HOUR_MS;
    step(f, (struct command){.kind = COMMAND_START, .principal = "", .start = {7, stopped_ms, false}});
    assert_int_equal(record_at(f, 0)->kind, RECORD_STARTED);
    assert_int_equal(record_at(f, 0)->term, 7);
    assert_int_equal(record_at(f, 0)->from_ms, stopped_ms);
    tick(f);
    const struct record *records[64];
    assert_int_equal(rungs_of(f, id, CLOCK_RESPOND, records), 4);
    static const enum rung_colour colours[] = {RUNG_BLUE, RUNG_YELLOW, RUNG_RED, RUNG_UP};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(records[i]->rung->colour, colours[i]);
        assert_int_equal(records[i]->rung->in_downtime, i > 0);
        assert_int_equal(records[i]->rung->notice, i == 3);
        assert_int_equal(records[i]->at_ms, f->now_ms);
    }
    size_t count = f->outcome.record_count;
    tick(f);
    assert_int_equal(f->outcome.record_count, count);
    publish(f, "slow");
    assert_int_equal(last_answer(f)->receipt.term, 7);
    pass(f, 2 * HOUR_MS);
    assert_int_equal(rungs_of(f, id, CLOCK_RESPOND, records), 5);
    assert_false(records[4]->rung->in_downtime);
}

static void a_tick_fires_only_so_many(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < TICK_RUNGS_MAX; i++)
        publish(f, "slow");
    f->now_ms += 97 * MINUTE_MS; /* blue and yellow of respond, blue of contact */
    tick(f);
    assert_int_equal(count_records(f, RECORD_RUNG), TICK_RUNGS_MAX);
    assert_true(core_next_due(f->core) <= f->now_ms);
    for (int i = 0; i < 3; i++)
        tick(f);
    assert_int_equal(count_records(f, RECORD_RUNG), 3 * TICK_RUNGS_MAX);
    assert_true(core_next_due(f->core) > f->now_ms);
}

static void due_first_fires_first(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 20; i++) {
        publish(f, i % 2 ? "slow" : "urgent");
        f->now_ms += 7 * SECOND_MS;
    }
    size_t from = f->outcome.record_count;
    f->now_ms += DAY_MS;
    while (core_next_due(f->core) <= f->now_ms)
        tick(f);
    int64_t last_ms = 0;
    for (size_t i = from; i < f->outcome.record_count; i++) {
        assert_true(f->outcome.records[i].rung->due_ms >= last_ms);
        last_ms = f->outcome.records[i].rung->due_ms;
    }
}

static void another_ladder_skips_no_breach(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    pass(f, 97 * MINUTE_MS); /* blue and yellow have fired */
    f->city->ladders[0].warning_count = 1;
    f->city->ladders[0].step_ms = 30 * MINUTE_MS;
    pass(f, HOUR_MS);
    const struct record *records[64];
    assert_int_equal(rungs_of(f, id, CLOCK_RESPOND, records), 4);
    assert_int_equal(records[2]->rung->colour, RUNG_RED);
    assert_int_equal(records[2]->rung->due_ms, START_MS + 2 * HOUR_MS);
    assert_int_equal(records[3]->rung->colour, RUNG_UP);
    assert_int_equal(records[3]->rung->due_ms, START_MS + 150 * MINUTE_MS);
}

/* Rows of a build that counted rungs and did not say how far they took a clock. */
static void what_an_earlier_build_counted_stands(void **unused)
{
    static const double warnings[] = {0.5, 0.8};
    const struct ladder ladder = {.warnings = warnings, .warning_count = 2, .step_ms = HOUR_MS};
    const struct climb climb = {.ladder = &ladder};
    struct clock clock = started(HOUR_MS, 0);
    const uint32_t reached[] = {0, 5000, 8000, 10000, 10001, 10002};
    (void)unused;
    for (uint32_t rung = 0; rung < 6; rung++) {
        clock.rung = rung;
        clock.next_ms = rung > 2 ? 0 : clock.due_ms;
        assert_int_equal(climb_reached(&climb, &clock), reached[rung]);
    }
    clock.rung = 1; /* its warnings were passed over: breached all the same */
    clock.next_ms = 0;
    assert_int_equal(climb_reached(&climb, &clock), 10000);
}

static void overdue_and_due_soon_are_counted(void **state)
{
    struct fixture *f = *state;
    struct overview overview;
    publish(f, "slow");
    publish(f, "urgent");
    core_overview(f->core, f->now_ms, &f->arena, &overview);
    assert_int_equal(overview.accepted, 2);
    assert_int_equal(overview.live, 2);
    assert_int_equal(overview.overdue, 0);
    assert_int_equal(overview.due_5, 3); /* urgent: respond, arrive, handle */
    assert_int_equal(overview.due_15, 3);
    assert_int_equal(overview.due_60, 6); /* feedback, resolve, answer too */
    pass(f, 4 * MINUTE_MS + 30 * SECOND_MS);
    core_overview(f->core, f->now_ms, &f->arena, &overview);
    assert_int_equal(overview.overdue, 2); /* respond climbed to the top, arrive is just breached */
    assert_int_equal(overview.overdue_by_rung[3], 1);
    assert_int_equal(overview.overdue_by_rung[0], 1);
    assert_int_equal(overview.due_5, 1);
    assert_int_equal(overview.unit_count, 1);
    assert_string_equal(overview.units[0].unit, "water");
    assert_int_equal(overview.units[0].queued, 2);
    assert_int_equal(overview.units[0].unsigned_, 2);
    assert_int_equal(overview.units[0].overdue, 2);
    assert_int_equal(overview.units[0].workers, 0);
    pass(f, 30 * DAY_MS);
    core_overview(f->core, f->now_ms, &f->arena, &overview);
    assert_int_equal(overview.overdue, 11); /* every clock of both, though no rung is left */
    assert_int_equal(overview.overdue_by_rung[3], 11);
    assert_int_equal(overview.due_60, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_time_means_at_or_before_due),
        cmocka_unit_test(pauses_are_not_counted),
        cmocka_unit_test(what_is_not_owed_is_void),
        cmocka_unit_test(what_an_earlier_build_counted_stands),
        cmocka_unit_test_setup_teardown(a_clock_climbs_the_area_line_once, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_step_the_budget_is_the_step, setup, teardown),
        cmocka_unit_test_setup_teardown(without_an_area_only_the_top_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stopped_clock_fires_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(stopping_first_records_the_rungs_it_has_passed, setup, teardown),
        cmocka_unit_test_setup_teardown(an_act_first_records_the_rungs_passed_too, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pause_neither_loses_nor_doubles_a_rung, setup, teardown),
        cmocka_unit_test_setup_teardown(after_downtime_all_are_recorded_and_one_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_tick_fires_only_so_many, setup, teardown),
        cmocka_unit_test_setup_teardown(due_first_fires_first, setup, teardown),
        cmocka_unit_test_setup_teardown(another_ladder_skips_no_breach, setup, teardown),
        cmocka_unit_test_setup_teardown(overdue_and_due_soon_are_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
