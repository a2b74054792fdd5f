/* Figures of clocks and of the units they run for, over records made by hand: rates, times used, returns, check-ins. */
#include "figures_trail.h"

/* respond: 1 met, 2 late, 3 runs past due, 4 runs and is not due in the period. */
static void each_clock_has_its_rate_and_its_time(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    const struct clock clocks[] = {
        clock_at(CLOCK_RESPOND, CLOCK_MET, 10, 5, 12), clock_at(CLOCK_RESPOND, CLOCK_LATE, 10, 5, 30),
        clock_at(CLOCK_RESPOND, CLOCK_RUNNING, 10, 5, 0), clock_at(CLOCK_RESPOND, CLOCK_RUNNING, 998, 5, 0)};
    for (size_t i = 0; i < 4; i++)
        simple(trail, i + 1, 10, "water", &clocks[i], 1);
    expect_of(trail, "on_time", CLOCK_RESPOND, 1, 3);
    expect_of(trail, "on_time", CLOCK_HANDLE, 0, 0);
    expect_span(trail, "used", CLOCK_RESPOND, 2, 2, 20);
    end(trail);
}

/* Of 1 to 10 minutes the median is 5 and p90 is 9: the nearest ranks. */
static void medians_are_nearest_ranks(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    for (int i = 10; i >= 1; i--) {
        struct clock clock = clock_at(CLOCK_HANDLE, CLOCK_MET, 10, 20, 10 + i);
        simple(trail, (uint64_t)i, 10, "water", &clock, 1);
        headed(trail, (uint64_t)i, 10 + i, RECORD_CLOSED, closed_as(OUTCOME_RESOLVED, 10, 10 + i), NULL, 0);
    }
    expect_span(trail, "used", CLOCK_HANDLE, 10, 5, 9);
    expect_span(trail, "lasted", 0, 10, 5, 9);
    end(trail);
}

/* Water gives it back, gas gets it: water's verdicts leave its rate, gas has a fresh clock. */
static void an_upheld_return_leaves_the_rates(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clocks[] = {clock_at(CLOCK_RESPOND, CLOCK_RUNNING, 10, 5, 0),
                             clock_at(CLOCK_FEEDBACK, CLOCK_RUNNING, 10, 60, 0)};
    simple(trail, 1, 10, "water", clocks, 2);
    clocks[0] = clock_at(CLOCK_RESPOND, CLOCK_LATE, 10, 5, 20);
    tasked(trail, 1, 20, RECORD_RESPONDED, task_at("water", TASK_RESPONDED, 10), clocks, 1);
    clocks[1] = clock_at(CLOCK_FEEDBACK, CLOCK_PAUSED, 10, 60, 0);
    tasked(trail, 1, 25, RECORD_RETURNED, task_at("water", TASK_RETURNED, 10), clocks + 1, 1);
    expect_of(trail, "on_time", CLOCK_RESPOND, 0, 1); /* not decided yet */
    expect(trail, "returned", 1, 1);
    expect(trail, "misdirected", 0, 1);
    clocks[0] = clock_at(CLOCK_RESPOND, CLOCK_RUNNING, 30, 5, 0);
    clocks[1] = clock_at(CLOCK_FEEDBACK, CLOCK_RUNNING, 30, 60, 0);
    tasked(trail, 1, 30, RECORD_TRANSFERRED, task_at("gas", TASK_QUEUED, 30), clocks, 2);
    clocks[0] = clock_at(CLOCK_RESPOND, CLOCK_MET, 30, 5, 31);
    tasked(trail, 1, 31, RECORD_RESPONDED, task_at("gas", TASK_RESPONDED, 30), clocks, 1);
    expect_of(trail, "on_time", CLOCK_RESPOND, 1, 1);
    expect_of(trail, "on_time", CLOCK_FEEDBACK, 0, 1);
    expect(trail, "returned", 1, 2);
    expect(trail, "misdirected", 1, 2);
    expect(trail, "well_directed", 1, 2);
    expect(trail, "return_refused", 0, 1);
    trail->question.by = BY_DEPARTMENT;
    expect_in(trail, "water", "misdirected", 1, 1);
    expect_in(trail, "gas", "misdirected", 0, 1);
    expect_in(trail, "gas", "intake", 1, 1); /* the final owner's */
    end(trail);
}

static void a_refused_return_stays_with_its_unit(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_FEEDBACK, CLOCK_RUNNING, 10, 60, 0);
    simple(trail, 1, 10, "water", &clock, 1);
    clock = clock_at(CLOCK_FEEDBACK, CLOCK_PAUSED, 10, 60, 0);
    tasked(trail, 1, 20, RECORD_RETURNED, task_at("water", TASK_RETURNED, 10), &clock, 1);
    clock = clock_at(CLOCK_FEEDBACK, CLOCK_RUNNING, 10, 80, 0);
    tasked(trail, 1, 30, RECORD_RELEASED, task_at("water", TASK_QUEUED, 10), &clock, 1);
    expect(trail, "returned", 1, 1);
    expect(trail, "return_refused", 1, 1);
    expect(trail, "misdirected", 0, 1);
    expect_of(trail, "on_time", CLOCK_FEEDBACK, 0, 1);
    tasked(trail, 1, 40, RECORD_RETURNED, task_at("water", TASK_RETURNED, 10), NULL, 0);
    tasked(trail, 1, 50, RECORD_TRANSFERRED, task_at("gas", TASK_QUEUED, 50), NULL, 0);
    expect(trail, "return_refused", 0, 1); /* upheld in the end */
    expect(trail, "misdirected", 1, 2);
    end(trail);
}

/* The transfer was a slip: it was taken back at once, and the return refused after all. */
static void a_dispatch_taken_back_is_charged_to_nobody(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_FEEDBACK, CLOCK_RUNNING, 10, 60, 0);
    simple(trail, 1, 10, "water", &clock, 1);
    struct clock paused = clock_at(CLOCK_FEEDBACK, CLOCK_PAUSED, 10, 60, 0);
    tasked(trail, 1, 20, RECORD_RETURNED, task_at("water", TASK_RETURNED, 10), &paused, 1);
    clock = clock_at(CLOCK_FEEDBACK, CLOCK_RUNNING, 30, 60, 0);
    tasked(trail, 1, 30, RECORD_TRANSFERRED, task_at("gas", TASK_QUEUED, 30), &clock, 1);
    expect(trail, "misdirected", 1, 2);
    tasked(trail, 1, 30, RECORD_UNDONE, task_at("water", TASK_RETURNED, 10), &paused, 1);
    expect(trail, "misdirected", 0, 1);
    expect(trail, "returned", 1, 1);
    expect_of(trail, "on_time", CLOCK_FEEDBACK, 0, 0);
    clock = clock_at(CLOCK_FEEDBACK, CLOCK_MET, 10, 90, 90);
    tasked(trail, 1, 90, RECORD_FED_BACK, task_at("water", TASK_DONE, 10), &clock, 1);
    expect_of(trail, "on_time", CLOCK_FEEDBACK, 1, 1);
    trail->question.by = BY_DEPARTMENT;
    expect_in(trail, "water", "misdirected", 0, 1);
    end(trail);
}

/* 延期: it belongs to the period of its deadline in force, and is in time by that. 挂账: it leaves until it resumes. */
static void a_deadline_counts_where_it_stands_in_the_end(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_RESOLVE, CLOCK_RUNNING, 10, 40, 0);
    trail->question.to_ms = T(60);
    simple(trail, 1, 10, "water", &clock, 1);
    expect(trail, "due", 1, 1);
    clock = clock_at(CLOCK_RESOLVE, CLOCK_RUNNING, 10, 70, 0); /* granted half an hour more */
    ticked(trail, 1, 20, RECORD_GRANTED, clock);
    expect(trail, "due", 0, 0);
    trail->question.to_ms = T(1000);
    expect(trail, "due", 1, 1);
    ticked(trail, 1, 30, RECORD_GRANTED, clock_at(CLOCK_RESOLVE, CLOCK_PAUSED, 10, 70, 0)); /* parked */
    ticked(trail, 1, 30, RECORD_GRANTED, clock_at(CLOCK_PARK, CLOCK_RUNNING, 30, 170, 0));
    expect(trail, "due", 0, 0);
    expect(trail, "overdue", 0, 0);
    expect_of(trail, "on_time", CLOCK_PARK, 0, 0);
    clock.due_ms = T(250);
    ticked(trail, 1, 200, RECORD_RESUMED, clock);
    expect(trail, "due", 1, 1);
    clock = clock_at(CLOCK_RESOLVE, CLOCK_MET, 10, 240, 240);
    headed(trail, 1, 240, RECORD_CLOSED, closed_as(OUTCOME_RESOLVED, 10, 240), &clock, 1);
    expect(trail, "closed_in_time", 1, 1);
    end(trail);
}

/* The centre closes it while the return waits: nobody said that it was refused. */
static void a_return_that_was_never_decided_is_only_a_return(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    simple(trail, 1, 10, "water", NULL, 0);
    tasked(trail, 1, 20, RECORD_RETURNED, task_at("water", TASK_RETURNED, 10), NULL, 0);
    tasked(trail, 1, 30, RECORD_CLOSED, task_at("water", TASK_WITHDRAWN, 10), NULL, 0);
    expect(trail, "returned", 1, 1);
    expect(trail, "return_refused", 0, 1);
    expect(trail, "misdirected", 0, 1);
    end(trail);
}

/* Task 1 was taken from water, task 2 is gas's; then task 3 was given to fire and taken away again. */
static void the_final_owner_is_the_lead_that_stands(void **unused)
{
    (void)unused;
    static const struct {
        const char *unit;
        enum task_state state;
    } leads[] = {{"water", TASK_WITHDRAWN}, {"gas", TASK_HANDLING}, {"fire", TASK_WITHDRAWN}};
    struct trail *trail = begin();
    opened(trail, 1, 10, head(INCIDENT_OPEN, 10, 0), NULL, NULL, 0);
    for (uint32_t i = 0; i < 3; i++) {
        struct task task = task_at(leads[i].unit, leads[i].state, 10);
        task.no = i + 1;
        tasked(trail, 1, 20, RECORD_ASSIGNED, task, NULL, 0);
    }
    trail->question.by = BY_DEPARTMENT;
    expect_in(trail, "gas", "intake", 1, 1);
    expect_in(trail, "fire", "intake", 0, 0);
    end(trail);
}

/* The centre takes it away: from water after it ran out, from gas before. */
static void a_task_taken_away_after_its_deadline_was_late(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_RESPOND, CLOCK_RUNNING, 10, 5, 0);
    simple(trail, 1, 10, "water", &clock, 1);
    clock = clock_at(CLOCK_RESPOND, CLOCK_RUNNING, 20, 5, 0);
    tasked(trail, 1, 20, RECORD_TRANSFERRED, task_at("gas", TASK_QUEUED, 20), &clock, 1);
    clock = clock_at(CLOCK_RESPOND, CLOCK_MET, 22, 5, 23);
    tasked(trail, 1, 22, RECORD_TRANSFERRED, task_at("fire", TASK_QUEUED, 22), &clock, 1);
    expect_of(trail, "on_time", CLOCK_RESPOND, 1, 2);
    expect_span(trail, "used", CLOCK_RESPOND, 1, 1, 1); /* only what was stopped */
    end(trail);
}

static void a_retired_units_successor_bears_the_verdict(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_FEEDBACK, CLOCK_RUNNING, 10, 60, 0);
    simple(trail, 1, 10, "old", &clock, 1);
    tasked(trail, 1, 20, RECORD_TRANSFERRED, task_at("water", TASK_QUEUED, 10), NULL, 0);
    clock = clock_at(CLOCK_FEEDBACK, CLOCK_MET, 10, 60, 30);
    tasked(trail, 1, 30, RECORD_FED_BACK, task_at("water", TASK_DONE, 10), &clock, 1);
    trail->question.by = BY_DEPARTMENT;
    count(trail);
    assert_int_equal(trail->figures.group_count, 1);
    assert_string_equal(trail->figures.groups[0]->key, "water");
    expect_cell(cell_of(trail->figures.all, "well_directed", 0), "dispatches", 1, 1);
    figures_release(&trail->figures);
    end(trail);
}

/* Assists: gas in time, fire late, police released. */
static void assists_check_in(void **unused)
{
    (void)unused;
    static const struct {
        const char *unit;
        enum task_state task;
        enum clock_state clock;
    } assists[] = {
        {"gas", TASK_HANDLING, CLOCK_MET}, {"fire", TASK_HANDLING, CLOCK_LATE}, {"police", TASK_WITHDRAWN, CLOCK_VOID}};
    static const struct task_more called = {.whistled = true};
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_ARRIVE, CLOCK_MET, 10, 30, 20);
    simple(trail, 1, 10, "water", &clock, 1); /* the lead's arrival is not a check-in */
    for (uint32_t i = 0; i < 3; i++) {
        struct task task = task_at(assists[i].unit, assists[i].task, 10);
        task.no = i + 2;
        task.role = TASK_ASSIST;
        task.more = &called;
        clock = clock_at(CLOCK_ARRIVE, assists[i].clock, 10, 30, 45);
        clock.task = task.no;
        tasked(trail, 1, 45, RECORD_ARRIVED, task, &clock, 1);
    }
    expect(trail, "checked_in", 1, 2);
    expect_of(trail, "on_time", CLOCK_ARRIVE, 2, 3);
    end(trail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_clock_has_its_rate_and_its_time),
        cmocka_unit_test(medians_are_nearest_ranks),
        cmocka_unit_test(an_upheld_return_leaves_the_rates),
        cmocka_unit_test(a_refused_return_stays_with_its_unit),
        cmocka_unit_test(a_return_that_was_never_decided_is_only_a_return),
        cmocka_unit_test(the_final_owner_is_the_lead_that_stands),
        cmocka_unit_test(a_task_taken_away_after_its_deadline_was_late),
        cmocka_unit_test(a_retired_units_successor_bears_the_verdict),
        cmocka_unit_test(assists_check_in),
        cmocka_unit_test(a_dispatch_taken_back_is_charged_to_nobody),
        cmocka_unit_test(a_deadline_counts_where_it_stands_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
