/* Figures over records made by hand: each indicator beside what is counted on fingers. */
#include "figures_trail.h"

/* --- receipt --- */

static void intake_belongs_to_the_period_of_receipt(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    simple(trail, 1, -1, "water", NULL, 0);
    simple(trail, 2, 0, "water", NULL, 0);
    simple(trail, 3, 999, "water", NULL, 0);
    simple(trail, 4, 1000, "water", NULL, 0);
    expect(trail, "intake", 2, 2);
    end(trail);
}

/* 1 dispatched, 2 done on site, 3 at the desk, 4 dispatched and then rejected, 5 merged. */
static void filed_is_what_somebody_was_given_to_do(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    simple(trail, 1, 1, "water", NULL, 0);
    opened(trail, 2, 2, closed_as(OUTCOME_RESOLVED, 2, 2), NULL, NULL, 0);
    opened(trail, 3, 3, head(INCIDENT_DESK, 3, 0), NULL, NULL, 0);
    simple(trail, 4, 4, "water", NULL, 0);
    headed(trail, 4, 5, RECORD_REJECTED, head(INCIDENT_REJECTED, 4, 5), NULL, 0);
    simple(trail, 5, 6, "water", NULL, 0);
    headed(trail, 5, 7, RECORD_MERGED, head(INCIDENT_MERGED, 6, 7), NULL, 0);
    expect(trail, "intake", 5, 5);
    expect(trail, "filed", 2, 4);
    expect(trail, "repeated", 1, 5);
    expect(trail, "on_site", 1, 1);
    end(trail);
}

static void unrouted_stays_counted_when_it_got_an_owner(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    opened(trail, 1, 1, head(INCIDENT_UNROUTED, 1, 0), NULL, NULL, 0);
    tasked(trail, 1, 5, RECORD_ASSIGNED, task_at("water", TASK_QUEUED, 5), NULL, 0);
    headed(trail, 1, 5, RECORD_ASSIGNED, head(INCIDENT_OPEN, 1, 0), NULL, 0);
    simple(trail, 2, 2, "water", NULL, 0);
    expect(trail, "unrouted", 1, 2);
    end(trail);
}

static void one_that_names_an_earlier_one_is_a_repeat(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    const struct event event = {.type = "1", .recurrence_of = "620802-000001-X"};
    put(trail, 1, RECORD_OPENED, (struct change){.incident = 1, .head = head(INCIDENT_OPEN, 1, 0)},
        (struct record){.event = &event});
    expect(trail, "repeated", 1, 1);
    end(trail);
}

/* Two folded within the period, one after it. */
static void a_folded_report_is_a_repeat_of_whoever_made_it(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    const struct event event = {.type = "1"};
    simple(trail, 1, 1, "water", NULL, 0);
    simple(trail, 2, 2, "water", NULL, 0);
    for (int64_t at = 10; at <= 1010; at += 500)
        put(trail, at, RECORD_FOLDED, (struct change){.incident = 1},
            (struct record){.event = &event, .principal = "snap"});
    expect(trail, "intake", 2, 2);
    expect(trail, "reports", 4, 4);
    expect(trail, "repeated", 2, 4);
    trail->question.by = BY_SOURCE;
    count(trail);
    assert_int_equal(trail->figures.group_count, 2);
    expect_cell(cell_of(trail->figures.groups[0], "reports", 0), "reports of camera", 2, 2);
    expect_cell(cell_of(trail->figures.groups[1], "reports", 0), "reports of snap", 2, 2);
    expect_cell(cell_of(trail->figures.groups[1], "intake", 0), "intake of snap", 0, 0);
    figures_release(&trail->figures);
    end(trail);
}

/* The survivor of a merge takes the earlier time; its own receipt stays where it was. */
static void a_merge_does_not_move_the_receipt(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    simple(trail, 1, 500, "water", NULL, 0);
    headed(trail, 1, 510, RECORD_MERGED, head(INCIDENT_OPEN, -500, 0), NULL, 0);
    headed(trail, 1, 520, RECORD_CLOSED, closed_as(OUTCOME_RESOLVED, -500, 520), NULL, 0);
    expect(trail, "intake", 1, 1);
    expect_span(trail, "lasted", 0, 1, 1020, 1020);
    end(trail);
}

/* --- deadlines --- */

static void resolve(struct trail *trail, uint64_t incident, int received, int budget, int closed)
{
    struct clock clock = clock_at(CLOCK_RESOLVE, CLOCK_RUNNING, received, budget, 0);
    simple(trail, incident, received, "water", &clock, 1);
    if (!closed)
        return;
    clock = clock_at(CLOCK_RESOLVE, closed <= received + budget ? CLOCK_MET : CLOCK_LATE, received, budget, closed);
    headed(trail, incident, closed, RECORD_CLOSED, closed_as(OUTCOME_RESOLVED, received, closed), &clock, 1);
}

/* Due in the period: 1 in time, 2 at its last instant, 3 late, 4 never; outside: 5 before, 6 after. */
static void a_case_belongs_to_the_period_of_its_deadline(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    resolve(trail, 1, 10, 100, 50);
    resolve(trail, 2, 10, 100, 110);
    resolve(trail, 3, 10, 100, 1500);
    resolve(trail, 4, -100, 200, 0);
    resolve(trail, 5, -100, 50, 5);
    resolve(trail, 6, 900, 200, 950);
    expect(trail, "due", 4, 4);
    expect(trail, "closed", 3, 4);
    expect(trail, "closed_in_time", 2, 4);
    expect(trail, "overdue", 1, 1);
    expect_of(trail, "on_time", CLOCK_RESOLVE, 2, 4);
    expect_of(trail, "used", CLOCK_RESOLVE, 0, 0); /* times used are the units' */
    end(trail);
}

static void what_is_overdue_since_before_the_period_is_in_the_stock(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    resolve(trail, 1, -500, 10, 0);
    resolve(trail, 2, 10, 10, 0);
    resolve(trail, 3, 1000, 10, 0); /* the next period's */
    expect(trail, "due", 1, 1);
    expect(trail, "overdue", 2, 2);
    end(trail);
}

/* A period that goes on ends where the trail does: 1 is due, 2 not yet, though it was closed. */
static void what_is_not_due_yet_is_not_counted(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    trail->question.as_of_ms = T(200);
    resolve(trail, 1, 10, 100, 0);
    resolve(trail, 2, 10, 300, 50);
    expect(trail, "intake", 2, 2);
    expect(trail, "due", 1, 1);
    expect(trail, "closed", 0, 1);
    expect_of(trail, "on_time", CLOCK_RESOLVE, 0, 1);
    end(trail);
}

/* The deadline in force counts, once; while it is held there is none. */
static void a_moved_deadline_moves_the_case(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    resolve(trail, 1, 10, 100, 0);
    ticked(trail, 1, 20, RECORD_NOTED, clock_at(CLOCK_RESOLVE, CLOCK_RUNNING, 10, 1100, 0));
    expect(trail, "due", 0, 0);
    ticked(trail, 1, 30, RECORD_NOTED, clock_at(CLOCK_RESOLVE, CLOCK_RUNNING, 10, 600, 0));
    expect(trail, "due", 1, 1);
    ticked(trail, 1, 40, RECORD_NOTED, clock_at(CLOCK_RESOLVE, CLOCK_PAUSED, 10, 600, 0));
    expect(trail, "due", 0, 0);
    expect(trail, "overdue", 0, 0);
    expect_of(trail, "on_time", CLOCK_RESOLVE, 0, 0);
    end(trail);
}

static void without_resolve_the_leads_feedback_is_the_deadline(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_FEEDBACK, CLOCK_RUNNING, 10, 100, 0);
    simple(trail, 1, 10, "water", &clock, 1);
    expect(trail, "due", 1, 1);
    expect(trail, "overdue", 1, 1);
    clock = clock_at(CLOCK_FEEDBACK, CLOCK_MET, 10, 100, 60);
    tasked(trail, 1, 60, RECORD_FED_BACK, task_at("water", TASK_DONE, 10), &clock, 1);
    headed(trail, 1, 60, RECORD_VERIFYING, head(INCIDENT_VERIFYING, 10, 0), NULL, 0);
    expect(trail, "closed", 0, 1);
    expect(trail, "overdue", 0, 0); /* the unit was in time: the wait is the centre's */
    headed(trail, 1, 300, RECORD_VERIFIED, closed_as(OUTCOME_RESOLVED, 10, 300), NULL, 0);
    expect(trail, "closed_in_time", 1, 1);
    end(trail);
}

/* 1 came in time, 2 late, 3 not, 4 was dismissed, 5 assists by the rule and was not whistled for. */
static void check_ins_are_of_units_called(void **unused)
{
    (void)unused;
    static const struct task_more called = {.whistled = true};
    static const enum clock_state states[] = {CLOCK_MET, CLOCK_LATE, CLOCK_RUNNING, CLOCK_VOID, CLOCK_MET};
    struct trail *trail = begin();
    for (uint64_t i = 1; i <= 5; i++) {
        struct task task = task_at("water", TASK_QUEUED, 10);
        struct clock clock = clock_at(CLOCK_ARRIVE, states[i - 1], 10, 30, 0);
        task.role = TASK_ASSIST;
        task.more = i < 5 ? &called : NULL;
        tasked(trail, i, 10, RECORD_WHISTLED, task, &clock, 1);
    }
    expect(trail, "checked_in", 1, 3);
    end(trail);
}

/* 1 is a plan's part that waits, then begins; 2 waits and is let go; 3 is a neighbour's copy. */
static void a_waiting_part_and_a_copy_are_no_dispatches(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct task part = task_at("water", TASK_WAITING, 10), copy = task_at("gas", TASK_QUEUED, 10);
    part.dispatched_ms = 0;
    copy.role = TASK_COPY;
    tasked(trail, 1, 10, RECORD_PLANNED, part, NULL, 0);
    tasked(trail, 2, 10, RECORD_PLANNED, part, NULL, 0);
    tasked(trail, 3, 10, RECORD_OPENED, copy, NULL, 0);
    expect(trail, "well_directed", 0, 0);
    tasked(trail, 1, 30, RECORD_BEGUN, task_at("water", TASK_QUEUED, 30), NULL, 0);
    part.state = TASK_WITHDRAWN;
    tasked(trail, 2, 40, RECORD_DISMISSED, part, NULL, 0);
    expect(trail, "well_directed", 1, 1);
    end(trail);
}

static void what_is_cancelled_owes_nothing(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    resolve(trail, 1, 10, 100, 0);
    struct clock clock = clock_at(CLOCK_RESOLVE, CLOCK_VOID, 10, 100, 500);
    headed(trail, 1, 500, RECORD_CANCELLED, head(INCIDENT_CANCELLED, 10, 500), &clock, 1);
    expect(trail, "due", 0, 0);
    expect(trail, "overdue", 0, 0);
    expect_of(trail, "on_time", CLOCK_RESOLVE, 0, 0);
    expect(trail, "filed", 0, 1);
    end(trail);
}

/* --- verification, closing, escalation --- */

static void rework_is_of_verifications(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    simple(trail, 1, 10, "water", NULL, 0);
    tasked(trail, 1, 20, RECORD_REWORKED, task_at("water", TASK_QUEUED, 10), NULL, 0);
    tasked(trail, 1, 30, RECORD_REWORKED, task_at("water", TASK_QUEUED, 10), NULL, 0);
    headed(trail, 1, 40, RECORD_VERIFIED, closed_as(OUTCOME_RESOLVED, 10, 40), NULL, 0);
    simple(trail, 2, 10, "gas", NULL, 0);
    headed(trail, 2, 40, RECORD_VERIFIED, closed_as(OUTCOME_RESOLVED, 10, 40), NULL, 0);
    expect(trail, "reworked", 2, 4);
    trail->question.by = BY_DEPARTMENT;
    expect_in(trail, "water", "reworked", 2, 3);
    expect_in(trail, "gas", "reworked", 0, 1);
    end(trail);
}

static struct incident *consulted(struct incident *as)
{
    as->nature = NATURE_CONSULT;
    return as;
}

/* Of four consultations one is explained in the opening record, one at the desk, one by a unit, one cannot be found. */
static void a_consultation_is_answered_at_the_desk(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    opened(trail, 1, 2, consulted(closed_as(OUTCOME_EXPLAINED, 2, 2)), NULL, NULL, 0);
    opened(trail, 2, 3, consulted(head(INCIDENT_DESK, 3, 0)), NULL, NULL, 0);
    headed(trail, 2, 9, RECORD_CLOSED, consulted(closed_as(OUTCOME_EXPLAINED, 3, 9)), NULL, 0);
    simple(trail, 3, 4, "water", NULL, 0);
    headed(trail, 3, 9, RECORD_CLOSED, consulted(closed_as(OUTCOME_EXPLAINED, 4, 9)), NULL, 0);
    opened(trail, 4, 5, consulted(closed_as(OUTCOME_NOT_FOUND, 5, 5)), NULL, NULL, 0);
    opened(trail, 5, 6, closed_as(OUTCOME_EXPLAINED, 6, 6), NULL, NULL, 0);
    expect(trail, "answered_at_desk", 2, 4);
    expect(trail, "on_site", 2, 5);
    expect(trail, "filed", 5, 5);
    end(trail);
}

/* Two only recorded and one told: of their type, and in no other figure. */
static void what_is_only_noted_is_counted_apart(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    const struct event event = {.type = "1.02.01", .place.area = "620802001"};
    static const enum record_kind kinds[] = {RECORD_RECORDED, RECORD_NOTIFIED, RECORD_RECORDED, RECORD_RECORDED};
    for (size_t i = 0; i < 4; i++) {
        struct record record = {.seq = ++trail->seq,
                                .at_ms = T(i < 3 ? 5 : 1000),
                                .kind = kinds[i],
                                .principal = "camera",
                                .event = &event};
        lives_take(&trail->lives, &record);
    }
    simple(trail, 1, 5, "water", NULL, 0);
    expect(trail, "recorded", 2, 2);
    expect(trail, "notified", 1, 1);
    expect(trail, "intake", 1, 1);
    expect(trail, "filed", 1, 1);
    trail->question.by = BY_AREA;
    trail->question.cut = 9;
    expect_in(trail, "620802001", "recorded", 2, 2);
    end(trail);
}

/* Two weeks of one duty and a month of another, which ended in the period; one day that ended after it. */
static void what_duties_cover_is_counted_by_their_periods(void **unused)
{
    (void)unused;
    static const struct {
        int ended, days;
        uint32_t done, total;
    } periods[] = {{5, 7, 3, 4}, {900, 7, 4, 4}, {10, 30, 1, 2}, {1000, 1, 0, 1}};
    struct trail *trail = begin();
    for (size_t i = 0; i < 4; i++) {
        struct side side = {.kind = SIDE_DUTY,
                            .key = "x",
                            .name = "water",
                            .text = "620802001",
                            .last_ms = T(periods[i].ended),
                            .count = periods[i].done,
                            .total = periods[i].total};
        struct record record = {.seq = ++trail->seq,
                                .at_ms = T(periods[i].ended),
                                .kind = RECORD_DUTY_ENDED,
                                .from_ms = T(periods[i].ended - periods[i].days * 24 * 60),
                                .sides = &side,
                                .side_count = 1};
        lives_take(&trail->lives, &record);
    }
    expect_of(trail, "covered", 2, 7, 8);
    expect_of(trail, "covered", 3, 1, 2);
    expect_of(trail, "duties_done", 2, 1, 2);
    expect(trail, "intake", 0, 0);
    expect(trail, "well_directed", 0, 0);
    trail->question.by = BY_DEPARTMENT;
    expect_in_of(trail, "water", "covered", 3, 1, 2);
    end(trail);
}

/* Received as 1.02, closed as 3.01: it belongs to the type it turned out to be. */
static void the_last_type_counts(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct incident *fall = head(INCIDENT_OPEN, 1, 0);
    simple(trail, 1, 1, "police", NULL, 0);
    fall->type = "3.01";
    headed(trail, 1, 5, RECORD_RECLASSIFIED, fall, NULL, 0);
    simple(trail, 2, 2, "police", NULL, 0);
    trail->question.by = BY_TYPE;
    trail->question.cut = 1;
    expect_in(trail, "3", "intake", 1, 1);
    expect_in(trail, "1", "intake", 1, 1);
    end(trail);
}

/* One false alarm, two confirmed; an explanation is neither. */
static void false_alarms_are_of_what_was_looked_at(void **unused)
{
    (void)unused;
    static const enum outcome_code outcomes[] = {OUTCOME_FALSE_ALARM, OUTCOME_RESOLVED, OUTCOME_SELF_CLEARED,
                                                 OUTCOME_EXPLAINED};
    struct trail *trail = begin();
    for (uint64_t i = 0; i < 4; i++) {
        simple(trail, i + 1, 10, "water", NULL, 0);
        headed(trail, i + 1, 20, RECORD_CLOSED, closed_as(outcomes[i], 10, 20), NULL, 0);
    }
    expect(trail, "false_alarms", 1, 3);
    expect(trail, "on_site", 0, 4);
    end(trail);
}

static void called(struct trail *trail, uint64_t incident, enum satisfaction satisfaction, bool solved)
{
    struct clock clock = clock_at(CLOCK_CALLBACK, CLOCK_MET, 20, 30, 40);
    put(trail, 40, RECORD_CALLED_BACK, (struct change){.incident = incident, .clocks = &clock, .clock_count = 1},
        (struct record){.satisfaction = satisfaction, .solved = solved});
}

/* Five were to be called: one was not yet, one was not reached; of the three others two are content, and two say solved. */
static void reporters_are_called_back(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_CALLBACK, CLOCK_RUNNING, 20, 30, 0);
    for (uint64_t i = 1; i <= 5; i++) {
        simple(trail, i, 10, "water", NULL, 0);
        headed(trail, i, 20, RECORD_CLOSED, closed_as(OUTCOME_RESOLVED, 10, 20), &clock, 1);
    }
    called(trail, 1, SATISFACTION_SATISFIED, true);
    called(trail, 2, SATISFACTION_BASICALLY, false);
    called(trail, 3, SATISFACTION_UNSATISFIED, true);
    called(trail, 4, SATISFACTION_UNREACHED, false);
    expect(trail, "called_back", 4, 5);
    expect(trail, "satisfied", 2, 3);
    expect(trail, "solved", 2, 3);
    end(trail);
}

static void a_reopened_case_was_closed_too_early(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    for (uint64_t i = 1; i <= 2; i++) {
        simple(trail, i, 10, "water", NULL, 0);
        headed(trail, i, 20, RECORD_CLOSED, closed_as(OUTCOME_RESOLVED, 10, 20), NULL, 0);
    }
    headed(trail, 1, 30, RECORD_NOTED, head(INCIDENT_OPEN, 10, 0), NULL, 0);
    headed(trail, 1, 50, RECORD_CLOSED, closed_as(OUTCOME_RESOLVED, 10, 50), NULL, 0);
    expect(trail, "reopened", 1, 3);
    expect_span(trail, "lasted", 0, 3, 10, 40);
    end(trail);
}

static void climb(struct trail *trail, uint64_t incident, int minute, enum rung_colour colour)
{
    struct clock clock = clock_at(CLOCK_RESPOND, CLOCK_RUNNING, 10, 5, 0);
    const struct rung rung = {.clock = CLOCK_RESPOND, .task = 1, .colour = colour};
    put(trail, minute, RECORD_RUNG, (struct change){.incident = incident, .clocks = &clock, .clock_count = 1},
        (struct record){.rung = &rung, .task = 1});
}

/* 1 climbs twice, 2 is only late, 3 is a street's. */
static void contained_means_that_nobody_above_was_told(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct clock clock = clock_at(CLOCK_RESPOND, CLOCK_RUNNING, 10, 5, 0);
    for (uint64_t i = 1; i <= 3; i++)
        simple(trail, i, 10, "water", &clock, 1);
    climb(trail, 1, 13, RUNG_BLUE);
    climb(trail, 1, 15, RUNG_RED);
    climb(trail, 1, 20, RUNG_UP);
    climb(trail, 1, 25, RUNG_UP);
    climb(trail, 2, 15, RUNG_RED);
    for (uint64_t i = 1; i <= 3; i++) {
        struct incident *as = closed_as(OUTCOME_RESOLVED, 10, 40);
        as->responsible_area = i == 3 ? "620802001" : "";
        headed(trail, i, 40, RECORD_CLOSED, as, NULL, 0);
    }
    expect_of(trail, "contained", 12, 1, 2);
    expect_of(trail, "contained", 9, 1, 1);
    expect_of(trail, "escalated", 1, 1, 1);
    expect_of(trail, "escalated", 2, 1, 1);
    expect_of(trail, "escalated", 3, 0, 0);
    end(trail);
}

/* --- who and what --- */

static void exercises_never_count_unless_asked_for(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    struct incident *as = head(INCIDENT_OPEN, 10, 0);
    as->exercise = true;
    opened(trail, 1, 10, as, NULL, NULL, 0);
    simple(trail, 2, 10, "water", NULL, 0);
    expect(trail, "intake", 1, 1);
    count(trail);
    assert_int_equal(trail->figures.exercises, 1);
    figures_release(&trail->figures);
    trail->question.exercise = true;
    expect(trail, "intake", 2, 2);
    end(trail);
}

static void groups_are_cut_where_it_was_asked(void **unused)
{
    (void)unused;
    static const char *const types[] = {"1", "1.02", "1.02.01", "12.02"}, *const areas[] = {"6208", "620802001",
                                                                                            "620802001002", ""};
    struct trail *trail = begin();
    for (size_t i = 0; i < 4; i++) {
        struct incident *as = head(INCIDENT_OPEN, 10, 0);
        as->type = types[i];
        as->area = areas[i];
        opened(trail, i + 1, 10, as, NULL, NULL, 0);
    }
    trail->question.by = BY_TYPE;
    trail->question.cut = 1;
    expect_in(trail, "1", "intake", 3, 3);
    expect_in(trail, "12", "intake", 1, 1);
    trail->question.cut = 2;
    expect_in(trail, "1.02", "intake", 2, 2);
    trail->question.by = BY_AREA;
    trail->question.cut = 9;
    expect_in(trail, "620802001", "intake", 2, 2);
    expect_in(trail, "6208", "intake", 1, 1);
    expect_in(trail, "", "intake", 1, 1);
    trail->question.by = BY_SOURCE;
    expect_in(trail, "camera", "intake", 4, 4);
    end(trail);
}

static void rates_are_rounded_half_up_and_never_made_of_nothing(void **unused)
{
    (void)unused;
    static const int cases[][3] = {{0, 0, -1},  {0, 7, 0},    {6, 7, 857}, {1, 3, 333},
                                   {2, 3, 667}, {1, 2000, 1}, {7, 7, 1000}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct cell cell = {.part = (uint64_t)cases[i][0], .whole = (uint64_t)cases[i][1]};
        assert_int_equal(figure_tenths(&cell), cases[i][2]);
    }
}

static void counted_again_it_is_the_same(void **unused)
{
    (void)unused;
    struct trail *trail = begin();
    resolve(trail, 1, 10, 100, 50);
    trail->question.by = BY_DEPARTMENT;
    for (int i = 0; i < 3; i++)
        expect_in(trail, "water", "closed_in_time", 1, 1);
    end(trail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intake_belongs_to_the_period_of_receipt),
        cmocka_unit_test(filed_is_what_somebody_was_given_to_do),
        cmocka_unit_test(unrouted_stays_counted_when_it_got_an_owner),
        cmocka_unit_test(one_that_names_an_earlier_one_is_a_repeat),
        cmocka_unit_test(a_folded_report_is_a_repeat_of_whoever_made_it),
        cmocka_unit_test(a_merge_does_not_move_the_receipt),
        cmocka_unit_test(a_case_belongs_to_the_period_of_its_deadline),
        cmocka_unit_test(what_is_overdue_since_before_the_period_is_in_the_stock),
        cmocka_unit_test(what_is_not_due_yet_is_not_counted),
        cmocka_unit_test(a_moved_deadline_moves_the_case),
        cmocka_unit_test(without_resolve_the_leads_feedback_is_the_deadline),
        cmocka_unit_test(check_ins_are_of_units_called),
        cmocka_unit_test(a_waiting_part_and_a_copy_are_no_dispatches),
        cmocka_unit_test(what_is_cancelled_owes_nothing),
        cmocka_unit_test(rework_is_of_verifications),
        cmocka_unit_test(a_consultation_is_answered_at_the_desk),
        cmocka_unit_test(the_last_type_counts),
        cmocka_unit_test(what_is_only_noted_is_counted_apart),
        cmocka_unit_test(what_duties_cover_is_counted_by_their_periods),
        cmocka_unit_test(false_alarms_are_of_what_was_looked_at),
        cmocka_unit_test(reporters_are_called_back),
        cmocka_unit_test(a_reopened_case_was_closed_too_early),
        cmocka_unit_test(contained_means_that_nobody_above_was_told),
        cmocka_unit_test(exercises_never_count_unless_asked_for),
        cmocka_unit_test(groups_are_cut_where_it_was_asked),
        cmocka_unit_test(rates_are_rounded_half_up_and_never_made_of_nothing),
        cmocka_unit_test(counted_again_it_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
