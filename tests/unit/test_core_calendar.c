/* Clocks in working time at work: rungs at the right instants, returns, and calendars that change under way. */
#include "core_fixture.h"
#include "timetable.h"

#include "broker/core/ladder.h"

/* Respond and handle of "slow" in working time, the rest as it was; the calendar of 2026. */
static struct timetable_2026 office;

static void limit_in(struct city *city, size_t at, enum calendar calendar, int64_t budget_ms)
{
    city->slow_limits[at].calendar = calendar;
    city->slow_limits[at].budget_ms = budget_ms;
}

static void give_calendar(struct city *city, struct timetable_2026 *t)
{
    timetable_fill(t);
    city->policy.timetables = city->policy.timetable = &t->timetable;
    city->policy.timetable_count = 1;
    limit_in(city, 0, CALENDAR_WORKING_HOURS, 2 * HOUR_MS);
    limit_in(city, 1, CALENDAR_WORKING_DAYS, 2 * WORKING_DAY_MS);
}

static int setup(void **state)
{
    struct fixture *f = fixture_new();
    give_calendar(f->city, &office);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static uint64_t publish_at(struct fixture *f, const char *time, const char *type)
{
    f->now_ms = at(time);
    return publish(f, type);
}

static void pass_until(struct fixture *f, const char *time)
{
    pass(f, at(time) - f->now_ms);
}

static void assert_due(struct fixture *f, uint64_t id, enum clock_kind kind, const char *due)
{
    assert_string_equal(text_of(clock_of(f, id, kind, kind >= CLOCK_RESPOND).due_ms), due);
}

/* The rungs of one clock since the start: when each was due, and the area it climbed to. */
struct rang {
    const char *due;
    enum rung_colour colour;
    const char *area;
};

static void assert_rungs(struct fixture *f, uint64_t id, enum clock_kind kind, const struct rang *expected, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < f->outcome.record_count; i++) {
        const struct record *record = &f->outcome.records[i];
        if (record->kind != RECORD_RUNG || record->changes[0].incident != id || record->rung->clock != kind)
            continue;
        assert_true(count < n);
        assert_string_equal(text_of(record->rung->due_ms), expected[count].due);
        assert_int_equal(record->rung->colour, expected[count].colour);
        if (!record->rung->unconnected) /* nobody is connected here, and half of the time to respond goes up */
            assert_string_equal(named(record->rung->to_area), expected[count].area);
        assert_int_equal(record->rung->number, ++count);
    }
    assert_int_equal(count, n);
}

#define STREET    "620802001"
#define COMMUNITY "620802001002"

/* --- rungs --- */

/* Fri 02-13 17:30, 2 working hours: half an hour that day, then the make-up Saturday from eight. A step is the budget
 * again, in the same time: 11:30, and after lunch 15:30, 17:30. */
static void rungs_ring_in_working_time(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish_at(f, "2026-02-13 17:30", "slow");
    pass_until(f, "2026-03-31 00:00");
    static const struct rang respond[] = {
        {"2026-02-14 08:30", RUNG_BLUE, ""},       {"2026-02-14 09:06", RUNG_YELLOW, ""},
        {"2026-02-14 09:30", RUNG_RED, COMMUNITY}, {"2026-02-14 11:30", RUNG_UP, STREET},
        {"2026-02-14 15:30", RUNG_UP, "620802"},   {"2026-02-14 17:30", RUNG_UP, "6208"},
    };
    assert_rungs(f, id, CLOCK_RESPOND, respond, 6);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).calendar, CALENDAR_WORKING_HOURS);
}

/* Red at the closing on Friday; an hour of natural time rings that evening, whatever the clock is counted in. */
static void a_written_step_is_natural(void **state)
{
    struct fixture *f = *state;
    f->city->ladders[0].step_ms = HOUR_MS;
    f->city->ladders[0].step_calendar = CALENDAR_NATURAL;
    uint64_t id = publish_at(f, "2026-11-20 16:00", "slow");
    pass_until(f, "2026-12-31 00:00");
    static const struct rang respond[] = {
        {"2026-11-20 17:00", RUNG_BLUE, ""},       {"2026-11-20 17:36", RUNG_YELLOW, ""},
        {"2026-11-20 18:00", RUNG_RED, COMMUNITY}, {"2026-11-20 19:00", RUNG_UP, STREET},
        {"2026-11-20 20:00", RUNG_UP, "620802"},   {"2026-11-20 21:00", RUNG_UP, "6208"},
    };
    assert_rungs(f, id, CLOCK_RESPOND, respond, 6);
}

/* Contact is natural: 3 hours from 17:00. Its ladder climbs by working hours: nobody above is called at night. */
static void a_step_in_working_time_lets_the_mayor_sleep(void **state)
{
    struct fixture *f = *state;
    f->city->ladders[0].step_ms = HOUR_MS;
    f->city->ladders[0].step_calendar = CALENDAR_WORKING_HOURS;
    uint64_t id = publish_at(f, "2026-11-20 17:00", "slow");
    pass_until(f, "2026-12-31 00:00");
    static const struct rang contact[] = {
        {"2026-11-20 18:30", RUNG_BLUE, ""},       {"2026-11-20 19:24", RUNG_YELLOW, ""},
        {"2026-11-20 20:00", RUNG_RED, COMMUNITY}, {"2026-11-23 09:00", RUNG_UP, STREET},
        {"2026-11-23 10:00", RUNG_UP, "620802"},   {"2026-11-23 11:00", RUNG_UP, "6208"},
    };
    assert_rungs(f, id, CLOCK_CONTACT, contact, 6);
}

/* Mon 11-23, 2 days from the next one: fractions are of the working time of Tue and Wed. */
static void days_from_the_next_one_warn_by_their_hours(void **state)
{
    struct fixture *f = *state;
    limit_in(f->city, 1, CALENDAR_WORKING_DAYS_NEXT, 2 * WORKING_DAY_MS);
    uint64_t id = publish_at(f, "2026-11-23 09:00", "slow");
    pass_until(f, "2026-12-31 00:00");
    static const struct rang handle[] = {
        {"2026-11-24 18:00", RUNG_BLUE, ""},       {"2026-11-25 14:48", RUNG_YELLOW, ""}, /* 12.8 of 16 hours */
        {"2026-11-25 18:00", RUNG_RED, COMMUNITY}, {"2026-11-27 18:00", RUNG_UP, STREET},
        {"2026-12-01 18:00", RUNG_UP, "620802"},   {"2026-12-03 18:00", RUNG_UP, "6208"},
    };
    assert_rungs(f, id, CLOCK_HANDLE, handle, 6);
}

/* --- returns --- */

static void return_task(struct fixture *f, uint64_t id)
{
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    say(f, "w1", WORD_RETURN, id);
    assert_done(f);
}

static void release(struct fixture *f, uint64_t id)
{
    act_as(f, "desk.one", (struct act){.verb = ACT_RELEASE, .incident = id});
    assert_done(f);
}

/* Mon 10:00, 2 hours; returned at 11:00, given back on Tue 17:30: half an hour that day, half on Wednesday. */
static void a_refused_return_comes_back_with_what_was_left(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish_at(f, "2026-11-23 10:00", "slow");
    pass_until(f, "2026-11-23 11:00");
    return_task(f, id);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).rung, 1);
    pass_until(f, "2026-11-24 17:30");
    release(f, id);
    assert_due(f, id, CLOCK_RESPOND, "2026-11-25 08:30");
    pass_until(f, "2026-11-25 08:30");
    static const struct rang respond[] = {
        {"2026-11-23 11:00", RUNG_BLUE, ""},
        {"2026-11-25 08:06", RUNG_YELLOW, ""}, /* at 1.6 hours: 0.6 of them after the pause */
        {"2026-11-25 08:30", RUNG_RED, COMMUNITY},
    };
    assert_rungs(f, id, CLOCK_RESPOND, respond, 3);
}

/* Returned when it has climbed already: it goes on between the same two rungs. */
static void a_pause_after_the_breach_neither_loses_nor_doubles_a_rung(void **state)
{
    struct fixture *f = *state;
    f->city->ladders[0].step_ms = DAY_MS;
    f->city->ladders[0].step_calendar = CALENDAR_NATURAL;
    uint64_t id = publish_at(f, "2026-11-20 16:00", "slow"); /* red that Friday at 18:00, up on Saturday */
    pass_until(f, "2026-11-22 06:00");                       /* half a day on */
    return_task(f, id);
    pass_until(f, "2026-11-25 10:00");
    release(f, id);
    assert_true(clock_of(f, id, CLOCK_RESPOND, 1).due_ms < f->now_ms);
    pass_until(f, "2026-12-31 00:00");
    static const struct rang respond[] = {
        {"2026-11-20 17:00", RUNG_BLUE, ""},       {"2026-11-20 17:36", RUNG_YELLOW, ""},
        {"2026-11-20 18:00", RUNG_RED, COMMUNITY}, {"2026-11-21 18:00", RUNG_UP, STREET},
        {"2026-11-25 22:00", RUNG_UP, "620802"},   {"2026-11-26 22:00", RUNG_UP, "6208"},
    };
    assert_rungs(f, id, CLOCK_RESPOND, respond, 6);
}

/* The same where steps are the budget again: at 11:00 an hour of the second one is used. */
static void nor_does_it_in_working_time(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish_at(f, "2026-11-23 08:00", "slow"); /* red at 10:00 */
    pass_until(f, "2026-11-23 11:00");
    return_task(f, id);
    pass_until(f, "2026-11-24 17:30");
    release(f, id);
    pass_until(f, "2026-11-25 12:00");
    static const struct rang respond[] = {
        {"2026-11-23 09:00", RUNG_BLUE, ""},       {"2026-11-23 09:36", RUNG_YELLOW, ""},
        {"2026-11-23 10:00", RUNG_RED, COMMUNITY}, {"2026-11-25 08:30", RUNG_UP, STREET},
        {"2026-11-25 10:30", RUNG_UP, "620802"},
    };
    assert_rungs(f, id, CLOCK_RESPOND, respond, 5);
}

/* --- which calendar --- */

static void a_limit_may_name_a_calendar(void **state)
{
    struct fixture *f = *state;
    static const struct span night[] = {{20 * 3600000, 24 * 3600000}};
    struct timetable bar = {
        .name = "night", .utc_offset_minutes = 8 * 60, .weekdays = 0x7f, .hours = {night, 1, 4 * 3600000}};
    f->city->slow_limits[0].timetable = &bar;
    uint64_t id = publish_at(f, "2026-11-22 12:00", "slow"); /* a Sunday */
    assert_due(f, id, CLOCK_RESPOND, "2026-11-22 22:00");
    assert_due(f, id, CLOCK_HANDLE, "2026-11-24 18:00"); /* the city's own */
}

/* Of 2 working hours and 5 natural ones that is due first which is strictest, and at night it is another. */
static void of_an_unknown_type_the_limit_that_is_due_first_runs(void **state)
{
    struct fixture *f = *state;
    struct event event = {.id = "night", .type = "no such", .severity = 1};
    limit_in(f->city, 4, CALENDAR_WORKING_HOURS, 2 * HOUR_MS);
    f->city->urgent_limits[4].budget_ms = 5 * HOUR_MS;
    f->now_ms = at("2026-11-23 09:00");
    publish_event(f, "camera", &event, COMMUNITY);
    assert_due(f, last_answer(f)->receipt.incident, CLOCK_RESOLVE, "2026-11-23 11:00");
    event.id = "day";
    f->now_ms = at("2026-11-23 20:00");
    publish_event(f, "camera", &event, COMMUNITY);
    assert_due(f, last_answer(f)->receipt.incident, CLOCK_RESOLVE, "2026-11-24 01:00");
}

/* --- another calendar under way --- */

/* The same city, where one more range of days is free (or none). */
static struct city *city_with_holiday(uint8_t hash, struct timetable_2026 *t, const char *from, const char *to)
{
    struct city *city = city_new(hash);
    give_calendar(city, t);
    if (from)
        t->holidays[6] = (struct day_range){day(from), day(to)};
    city_index(city);
    return city;
}

static void reload(struct fixture *f, const struct policy *policy)
{
    struct command command = {.kind = COMMAND_RELOAD, .principal = ""};
    command.reload.policy = policy;
    step(f, command);
}

/* Until the sweep is through, as the loop does. */
static void sweep(struct fixture *f)
{
    while (core_next_due(f->core) <= f->now_ms)
        tick(f);
}

static void a_published_holiday_moves_what_is_due(void **state)
{
    struct fixture *f = *state;
    struct timetable_2026 changed;
    struct city *city = city_with_holiday(2, &changed, "2026-11-24", "2026-11-25");
    uint64_t id = publish_at(f, "2026-11-23 15:00", "slow"), urgent = publish(f, "urgent");
    assert_due(f, id, CLOCK_HANDLE, "2026-11-25 15:00"); /* 2 days: 3 hours, 8, and 5 */
    reload(f, &city->policy);
    sweep(f);
    assert_due(f, id, CLOCK_HANDLE, "2026-11-27 15:00");
    assert_due(f, id, CLOCK_RESPOND, "2026-11-23 17:00"); /* not concerned */
    assert_int_equal(count_records(f, RECORD_RECKONED), 1);
    const struct record *record = record_at(f, 0);
    assert_int_equal(record->kind, RECORD_RECKONED);
    assert_int_equal(record->change_count, 1);
    assert_int_equal(record->changes[0].incident, id);
    assert_int_equal(record->changes[0].clock_count, 1);
    assert_memory_equal(record->policy.ptr, city->policy.hash.bytes, DIGEST_BYTES);
    assert_int_equal(row_of(f, urgent).seq + 2, record->seq); /* only the reload came between */
    pass_until(f, "2026-11-27 15:00");
    static const struct rang handle[] = {
        {"2026-11-26 15:00", RUNG_BLUE, ""},
        {"2026-11-27 09:48", RUNG_YELLOW, ""}, /* 12.8 of 16 hours: 3 + 8 (11-26) + 1.8 */
        {"2026-11-27 15:00", RUNG_RED, COMMUNITY},
    };
    size_t last = f->outcome.record_count;
    assert_rungs(f, id, CLOCK_HANDLE, handle, 3);
    reload(f, &city->policy); /* again: nothing changes, nothing is recorded */
    sweep(f);
    assert_int_equal(f->outcome.record_count, last);
    core_set_policy(f->core, &f->city->policy);
    city_free(city);
}

/* Red has rung on Wednesday; then Wednesday was free after all. It does not ring again, and 15:00 on Thursday is in
 * time. */
static void what_has_rung_stands(void **state)
{
    struct fixture *f = *state;
    struct timetable_2026 changed;
    struct city *city = city_with_holiday(2, &changed, "2026-11-25", "2026-11-25");
    uint64_t id = publish_at(f, "2026-11-23 15:00", "slow"), met = publish(f, "slow");
    pass_until(f, "2026-11-25 16:00");
    say_on_behalf(f, WORD_RESPOND, met, 1);
    struct clock verdict = clock_of(f, met, CLOCK_RESPOND, 1);
    assert_int_equal(verdict.state, CLOCK_LATE);
    reload(f, &city->policy);
    sweep(f);
    struct clock after = clock_of(f, met, CLOCK_RESPOND, 1);
    assert_memory_equal(&after, &verdict, sizeof verdict); /* a verdict given stands */
    assert_due(f, id, CLOCK_HANDLE, "2026-11-26 15:00");
    assert_int_equal(clock_of(f, id, CLOCK_HANDLE, 1).rung, 3);
    pass_until(f, "2026-11-26 15:00");
    assert_int_equal(clock_of(f, id, CLOCK_HANDLE, 1).rung, 3);
    say_on_behalf(f, WORD_RESPOND, id, 1);
    say_on_behalf(f, WORD_HANDLE, id, 1);
    assert_int_equal(clock_of(f, id, CLOCK_HANDLE, 1).state, CLOCK_MET);
    pass_until(f, "2026-12-31 00:00");
    static const struct rang handle[] = {
        {"2026-11-24 15:00", RUNG_BLUE, ""},
        {"2026-11-25 09:48", RUNG_YELLOW, ""},
        {"2026-11-25 15:00", RUNG_RED, COMMUNITY},
    };
    assert_rungs(f, id, CLOCK_HANDLE, handle, 3);
    core_set_policy(f->core, &f->city->policy);
    city_free(city);
}

/* Blue has rung on Tuesday; that day was free after all, so less is used. Returned and given back, it rings
 * blue no second time. */
static void nor_does_it_ring_again_after_a_pause(void **state)
{
    struct fixture *f = *state;
    struct timetable_2026 changed;
    struct city *city = city_with_holiday(2, &changed, "2026-11-24", "2026-11-24");
    uint64_t id = publish_at(f, "2026-11-23 15:00", "slow");
    pass_until(f, "2026-11-24 16:00");
    assert_int_equal(clock_of(f, id, CLOCK_HANDLE, 1).rung, 1);
    reload(f, &city->policy);
    return_task(f, id);
    assert_int_equal(clock_of(f, id, CLOCK_HANDLE, 1).consumed_ms, 3 * HOUR_MS);
    pass_until(f, "2026-11-25 08:00");
    release(f, id);
    pass_until(f, "2026-11-26 15:00"); /* 3 hours were used, 13 are left */
    static const struct rang handle[] = {
        {"2026-11-24 15:00", RUNG_BLUE, ""},
        {"2026-11-26 09:48", RUNG_YELLOW, ""}, /* 12.8 of 16 hours: 3 + 8 (11-25) + 1.8 */
        {"2026-11-26 15:00", RUNG_RED, COMMUNITY},
    };
    assert_rungs(f, id, CLOCK_HANDLE, handle, 3);
    core_set_policy(f->core, &f->city->policy);
    city_free(city);
}

/* A make-up day that was forgotten: what is overdue by it rings at once, each rung with the time it was due. */
static void what_should_have_rung_rings_at_once(void **state)
{
    struct fixture *f = *state;
    struct timetable_2026 changed;
    struct city *city = city_with_holiday(2, &changed, NULL, NULL);
    changed.makeups[5] = (struct day_range){day("2026-11-21"), day("2026-11-22")};
    uint64_t id = publish_at(f, "2026-11-20 18:00", "slow"); /* 2 hours: Monday 10:00 */
    pass_until(f, "2026-11-22 20:00");
    reload(f, &city->policy);
    sweep(f);
    assert_due(f, id, CLOCK_RESPOND, "2026-11-21 10:00");
    static const struct rang respond[] = {
        {"2026-11-21 09:00", RUNG_BLUE, ""},       {"2026-11-21 09:36", RUNG_YELLOW, ""},
        {"2026-11-21 10:00", RUNG_RED, COMMUNITY}, {"2026-11-21 12:00", RUNG_UP, STREET},
        {"2026-11-21 16:00", RUNG_UP, "620802"},   {"2026-11-21 18:00", RUNG_UP, "6208"},
    };
    assert_rungs(f, id, CLOCK_RESPOND, respond, 6);
    core_set_policy(f->core, &f->city->policy);
    city_free(city);
}

enum { MANY = 3 * TICK_RUNGS_MAX };

static void open_many(struct fixture *f)
{
    f->now_ms = at("2026-11-23 09:00");
    for (int i = 0; i < MANY; i++)
        publish(f, "slow");
}

static uint64_t incident_no(uint64_t number)
{
    return ident_pack(JOURNAL, number);
}

/* A few records a turn; whoever speaks of an incident that the sweep has not reached finds it reckoned all the same. */
static void a_sweep_is_bounded_and_nobody_waits_for_it(void **state)
{
    struct fixture *f = *state;
    struct timetable_2026 changed;
    struct city *city = city_with_holiday(2, &changed, "2026-11-23", "2026-11-23");
    open_many(f);
    f->now_ms = at("2026-11-23 10:59"); /* before the red of 11:00, which is not due any more */
    sweep(f);
    reload(f, &city->policy);
    tick(f);
    assert_int_equal(count_records(f, RECORD_RECKONED), TICK_RUNGS_MAX);
    f->now_ms = at("2026-11-23 13:00");
    say_on_behalf(f, WORD_RESPOND, incident_no(MANY), 1);
    assert_int_equal(clock_of(f, incident_no(MANY), CLOCK_RESPOND, 1).state, CLOCK_MET);
    assert_due(f, incident_no(MANY), CLOCK_HANDLE, "2026-11-25 18:00");
    sweep(f);
    assert_int_equal(count_records(f, RECORD_RECKONED), MANY);
    for (size_t i = 0; i < f->outcome.record_count; i++) {
        if (f->outcome.records[i].kind == RECORD_RUNG && f->outcome.records[i].rung->clock == CLOCK_RESPOND)
            assert_int_not_equal(f->outcome.records[i].rung->colour, RUNG_RED);
    }
    core_set_policy(f->core, &f->city->policy);
    city_free(city);
}

/* Another core from the records alone, as a restart makes it: it needs no policy to apply them. */
static struct core *replayed(struct fixture *f, size_t count)
{
    struct core *core = core_new(&(struct core_options){.journal = JOURNAL});
    for (size_t i = 0; i < count; i++)
        core_apply(core, &f->outcome.records[i]);
    return core;
}

static void a_crash_within_the_sweep_is_made_good_at_the_start(void **state)
{
    struct fixture *f = *state;
    struct timetable_2026 changed;
    struct city *city = city_with_holiday(2, &changed, "2026-11-24", "2026-11-24");
    open_many(f);
    reload(f, &city->policy);
    tick(f); /* a third of them */
    struct core *before = f->core;
    struct core *restarted = replayed(f, f->outcome.record_count);
    sweep(f);
    uint64_t whole = core_digest(f->core), seq = core_sequence(f->core);
    f->core = restarted;
    core_set_policy(f->core, &city->policy);
    core_ready(f->core, f->now_ms);
    f->outcome.record_count = 0;
    sweep(f);
    assert_int_equal(core_digest(f->core), whole);
    assert_int_equal(core_sequence(f->core), seq);
    assert_int_equal(count_records(f, RECORD_RECKONED), MANY - TICK_RUNGS_MAX);
    f->outcome.record_count = 0;
    core_ready(f->core, f->now_ms); /* and once more, when all is reckoned */
    sweep(f);
    assert_int_equal(f->outcome.record_count, 0);
    core_free(before);
    city_free(city);
}

static void a_reload_that_drops_the_calendars_is_refused(void **state)
{
    struct fixture *f = *state;
    struct city *city = city_new(2);
    city_index(city);
    publish_at(f, "2026-11-23 09:00", "slow");
    reload(f, &city->policy);
    assert_refused(f, REFUSAL_POLICY_IN_USE);
    assert_non_null(strstr(last_answer(f)->refusal.reason, "1 to calendars working_hours"));
    city_free(city);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(rungs_ring_in_working_time),
        TEST(a_written_step_is_natural),
        TEST(a_step_in_working_time_lets_the_mayor_sleep),
        TEST(days_from_the_next_one_warn_by_their_hours),
        TEST(a_refused_return_comes_back_with_what_was_left),
        TEST(a_pause_after_the_breach_neither_loses_nor_doubles_a_rung),
        TEST(nor_does_it_in_working_time),
        TEST(a_limit_may_name_a_calendar),
        TEST(of_an_unknown_type_the_limit_that_is_due_first_runs),
        TEST(a_published_holiday_moves_what_is_due),
        TEST(what_has_rung_stands),
        TEST(nor_does_it_ring_again_after_a_pause),
        TEST(what_should_have_rung_rings_at_once),
        TEST(a_sweep_is_bounded_and_nobody_waits_for_it),
        TEST(a_crash_within_the_sweep_is_made_good_at_the_start),
        TEST(a_reload_that_drops_the_calendars_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
