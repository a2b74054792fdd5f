/* The closed loop through the core: an event becomes an incident, a unit's work, an end; each step with its records, its
 * effects and its clocks. */
#include "core_fixture.h"

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

/* --- the whole way --- */

static void an_event_travels_to_its_close(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "urgent");
    assert_int_equal(ident_journal(id), JOURNAL);
    assert_int_equal(ident_number(id), 1);
    assert_int_equal(last_answer(f)->receipt.seq, 1);
    assert_int_equal(last_answer(f)->receipt.journal, JOURNAL);
    assert_int_equal(last_answer(f)->receipt.at_ms, START_MS);
    assert_int_equal(state_of(f, id), INCIDENT_OPEN);

    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    assert_int_equal(last_effect(f)->kind, EFFECT_DELIVER);
    assert_int_equal(last_effect(f)->peer, 11);
    assert_int_equal(last_effect(f)->incident, id);
    assert_int_equal(last_effect(f)->epoch, 1);
    assert_false(last_effect(f)->resume);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);

    pass(f, 10 * SECOND_MS);
    say(f, "w1", WORD_RESPOND, id);
    assert_done(f);
    assert_int_equal(task_of(f, id, 1).responded_ms, START_MS + 10 * SECOND_MS);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).state, CLOCK_MET);
    say(f, "w1", WORD_ARRIVE, id);
    say(f, "w1", WORD_HANDLE, id);
    say(f, "w1", WORD_NOTE, id);
    say(f, "w1", WORD_FEEDBACK, id);
    assert_done(f);

    struct row row = row_of(f, id);
    assert_int_equal(row.head.state, INCIDENT_CLOSED);
    assert_int_equal(row.head.outcome, OUTCOME_RESOLVED);
    assert_int_equal(row.head.closed_ms, f->now_ms);
    for (size_t i = 0; i < row.clock_count; i++)
        assert_int_equal(row.clocks[i].state, CLOCK_MET);

    static const enum record_kind expected[] = {RECORD_OPENED,   RECORD_OFFERED, RECORD_RESPONDED, RECORD_ARRIVED,
                                                RECORD_HANDLING, RECORD_NOTED,   RECORD_FED_BACK,  RECORD_CLOSED};
    assert_int_equal(f->outcome.record_count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct record *record = &f->outcome.records[i];
        assert_int_equal(record->kind, expected[i]);
        assert_int_equal(record->seq, i + 1);
        assert_int_equal(record->changes[0].incident, id);
        assert_int_equal(record->changes[0].prev, i); /* the timeline, backwards */
    }
    assert_string_equal(f->outcome.records[2].person, "Li");
    assert_string_equal(f->outcome.records[2].principal, "water.dept");
    assert_string_equal(f->outcome.records[7].principal, ""); /* closed by the broker itself */
    struct counters counters = core_counters(f->core);
    assert_int_equal(counters.accepted, 1);
    assert_int_equal(counters.closed, 1);
    assert_int_equal(counters.seq, 8);
}

static void the_row_says_what_was_published(void **state)
{
    struct fixture *f = *state;
    struct event event = {.id = "e", .type = "slow", .nature = NATURE_COMPLAINT, .sealed = true, .text = "a leak"};
    publish_event(f, "camera", &event, "620802001");
    struct row row = row_of(f, last_answer(f)->receipt.incident);
    assert_string_equal(row.head.type, "slow");
    assert_string_equal(row.head.area, "620802001");
    assert_string_equal(row.head.responsible_area, "620802001");
    assert_string_equal(row.head.source, "camera");
    assert_string_equal(row.head.event_id, "e");
    assert_string_equal(row.head.route, "routes.yaml:2");
    assert_string_equal(row.head.ladder, "city");
    assert_int_equal(row.head.nature, NATURE_COMPLAINT);
    assert_int_equal(row.head.severity, 3); /* the type's own */
    assert_int_equal(row.head.opened_seq, row.seq);
    assert_true(row.head.sealed);
    assert_int_equal(row.task_count, 1);
    assert_string_equal(row.tasks[0].unit, "water");
    assert_int_equal(row.tasks[0].role, TASK_LEAD);
    assert_int_equal(row.clock_count, 5); /* resolve; respond, handle, feedback, contact */
    const struct record *record = record_at(f, 0);
    assert_string_equal(record->event->text, "a leak");
    assert_string_equal(record->event->place.area, "620802001");
    assert_int_equal(record->policy.len, DIGEST_BYTES);
    assert_string_equal(record->request, "e");
}

static void with_assists_all_must_be_done(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "both");
    worker_ready(f, "water", "w1", 11, 1);
    worker_ready(f, "gas", "g1", 12, 1);
    offer(f);
    say(f, "w1", WORD_RESPOND, id);
    say(f, "w1", WORD_FEEDBACK, id);
    assert_int_equal(state_of(f, id), INCIDENT_OPEN);
    say_as(f, "gas.dept", "g1", word_for(f, WORD_RESPOND, id, 2));
    struct word word = word_for(f, WORD_FEEDBACK, id, 2);
    word.outcome = OUTCOME_PARTLY;
    say_as(f, "gas.dept", "g1", word);
    assert_int_equal(state_of(f, id), INCIDENT_CLOSED);
    assert_int_equal(row_of(f, id).head.outcome, OUTCOME_RESOLVED); /* the lead's */
}

static void handled_on_site_is_one_record(void **state)
{
    struct fixture *f = *state;
    struct event event = {.id = "e", .type = "urgent", .done = OUTCOME_SELF_CLEARED, .evidence = "photo"};
    publish_event(f, "camera", &event, "620802001");
    struct row row = row_of(f, last_answer(f)->receipt.incident);
    assert_int_equal(f->outcome.record_count, 1);
    assert_int_equal(row.head.state, INCIDENT_CLOSED);
    assert_int_equal(row.head.outcome, OUTCOME_SELF_CLEARED);
    assert_int_equal(row.head.closed_ms, START_MS);
    assert_int_equal(row.task_count + row.clock_count, 0);
    assert_int_equal(core_counters(f->core).closed, 1);
    assert_true(core_next_due(f->core) == INT64_MAX);
}

/* --- verification --- */

static uint64_t fed_back(struct fixture *f, const char *type)
{
    uint64_t id = publish(f, type);
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    say(f, "w1", WORD_RESPOND, id);
    say(f, "w1", WORD_FEEDBACK, id);
    assert_done(f);
    return id;
}

static void somebody_else_verifies(void **state)
{
    struct fixture *f = *state;
    uint64_t id = fed_back(f, "verified");
    assert_int_equal(state_of(f, id), INCIDENT_VERIFYING);
    assert_int_equal(clock_of(f, id, CLOCK_VERIFY, 0).state, CLOCK_RUNNING);
    assert_int_equal(clock_of(f, id, CLOCK_RESOLVE, 0).state, CLOCK_RUNNING);
    act_as(f, "checker", (struct act){.verb = ACT_VERIFY, .incident = id, .passed = true, .person = "Li"});
    assert_refused(f, REFUSAL_SAME_PERSON); /* Li gave the feedback */
    act_as(f, "checker", (struct act){.verb = ACT_VERIFY, .incident = id, .passed = true, .person = "Wu"});
    assert_done(f);
    assert_int_equal(state_of(f, id), INCIDENT_CLOSED);
    assert_int_equal(row_of(f, id).head.outcome, OUTCOME_RESOLVED);
    assert_int_equal(clock_of(f, id, CLOCK_VERIFY, 0).state, CLOCK_MET);
    assert_int_equal(record_at(f, 0)->kind, RECORD_VERIFIED);
}

static void what_does_not_pass_is_done_again(void **state)
{
    struct fixture *f = *state;
    uint64_t id = fed_back(f, "verified");
    pass(f, HOUR_MS);
    act_as(f, "checker", (struct act){.verb = ACT_VERIFY, .incident = id, .reason = "still leaks"});
    assert_done(f);
    struct task task = task_of(f, id, 1);
    assert_int_equal(record_at(f, 0)->kind, RECORD_REWORKED);
    assert_int_equal(state_of(f, id), INCIDENT_OPEN);
    assert_int_equal(row_of(f, id).head.reworks, 1);
    assert_int_equal(task.state, TASK_QUEUED);
    assert_int_equal(task.epoch, 2);
    assert_int_equal(task.outcome, 0);
    struct clock handle = clock_of(f, id, CLOCK_HANDLE, 1);
    assert_int_equal(handle.state, CLOCK_RUNNING);
    assert_int_equal(handle.due_ms, f->now_ms + DAY_MS);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).state, CLOCK_MET);
    worker_ready(f, "water", "w1", 13, 1);
    offer(f);
    assert_int_equal(task_of(f, id, 1).epoch, 3);
    say(f, "w1", WORD_RESPOND, id);
    say(f, "w1", WORD_FEEDBACK, id);
    assert_int_equal(state_of(f, id), INCIDENT_VERIFYING);
}

static void the_source_verifies_its_own_where_the_route_says_so(void **state)
{
    struct fixture *f = *state;
    uint64_t id = fed_back(f, "own");
    act_as(f, "button", (struct act){.verb = ACT_VERIFY, .incident = id, .passed = true});
    assert_refused(f, REFUSAL_UNKNOWN_INCIDENT); /* another source is not told that it exists */
    act_as(f, "camera", (struct act){.verb = ACT_VERIFY, .incident = id, .passed = true});
    assert_done(f);
    assert_int_equal(state_of(f, id), INCIDENT_CLOSED);
}

static void the_source_does_not_verify_for_the_centre(void **state)
{
    struct fixture *f = *state;
    uint64_t id = fed_back(f, "verified");
    act_as(f, "camera", (struct act){.verb = ACT_VERIFY, .incident = id, .passed = true});
    assert_refused(f, REFUSAL_FORBIDDEN);
}

/* --- admission --- */

static void repeats_get_the_first_receipt(void **state)
{
    struct fixture *f = *state;
    struct event event = {.id = "same", .type = "urgent"};
    publish_event(f, "camera", &event, "620802");
    struct receipt first = last_answer(f)->receipt;
    pass(f, 2 * MINUTE_MS);
    publish_event(f, "camera", &event, "620802");
    struct receipt again = last_answer(f)->receipt;
    assert_true(again.repeat);
    assert_false(first.repeat);
    assert_int_equal(again.seq, first.seq);
    assert_int_equal(again.incident, first.incident);
    assert_int_equal(again.at_ms, first.at_ms);
    assert_int_equal(core_counters(f->core).accepted, 1);
    publish_event(f, "button", &event, "620802"); /* another source's id of the same name */
    assert_int_equal(core_counters(f->core).accepted, 2);
    event.type = "slow";
    publish_event(f, "camera", &event, "620802");
    assert_refused(f, REFUSAL_ID_CONFLICT);
}

static void the_window_ends(void **state)
{
    struct fixture *f = *state;
    struct event event = {.id = "same", .type = "stray"};
    struct receipt receipt;
    publish_event(f, "camera", &event, "620802");
    f->now_ms += DEDUP_WINDOW_MS - 1;
    publish_event(f, "camera", &event, "620802");
    assert_true(last_answer(f)->receipt.repeat);
    struct key128 key = test_key("camera", "same");
    assert_true(core_receipt(f->core, &key, f->now_ms, &receipt));
    f->now_ms += 1;
    assert_false(core_receipt(f->core, &key, f->now_ms, &receipt));
    publish_event(f, "camera", &event, "620802");
    assert_false(last_answer(f)->receipt.repeat);
    assert_int_equal(core_counters(f->core).accepted, 2);
}

static enum refusal_code published(struct fixture *f, const char *principal, struct event event, const char *area)
{
    if (!event.id)
        event.id = arena_printf(&f->arena, "e%llu", (unsigned long long)++f->requests);
    publish_event(f, principal, &event, area);
    return answer(f);
}

static void what_is_wrong_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *principal;
        struct event event;
        const char *area;
        enum refusal_code expected;
    } cases[] = {
        {"camera", {.type = "urgent", .observed_ms = START_MS + FUTURE_MAX_MS + 1}, "620802", REFUSAL_TIME_IN_FUTURE},
        {"camera", {.type = "urgent", .observed_ms = START_MS + FUTURE_MAX_MS}, "620802", 0},
        {"camera", {.type = "urgent", .severity = 5}, "620802", REFUSAL_BAD_VALUE},
        {"camera", {.type = "urgent", .severity = -1}, "620802", REFUSAL_BAD_VALUE},
        {"camera", {.type = "nothing"}, "620802", REFUSAL_UNKNOWN_TYPE},
        {"camera", {.type = "nothing", .severity = 2}, "620802", REFUSAL_UNKNOWN_TYPE},
        {"camera", {.type = ""}, "620802", REFUSAL_MISSING_FIELD},
        {"camera", {.id = "", .type = "urgent"}, "620802", REFUSAL_MISSING_FIELD},
        {"camera", {.type = "urgent"}, "999999", REFUSAL_UNKNOWN_AREA},
        {"camera", {.type = "urgent", .panic = true}, "620802", REFUSAL_FORBIDDEN},
        {"water.dept", {.type = "urgent"}, "620802", REFUSAL_FORBIDDEN},
        {"nobody", {.type = "urgent"}, "620802", REFUSAL_UNKNOWN_SENDER},
        {"narrow", {.type = "urgent"}, "620802", REFUSAL_OUT_OF_SCOPE},
        {"narrow", {.type = "slow"}, "6208", REFUSAL_OUT_OF_SCOPE},
        {"narrow", {.type = "slow"}, "620802001002", 0},
        {"hotline", {.type = "slow"}, "6208", 0},
    };
    uint64_t accepted = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum refusal_code got = published(f, cases[i].principal, cases[i].event, cases[i].area);
        accepted += got == 0;
        if (got != cases[i].expected)
            fail_msg("case %zu: %s, not %s", i, refusal_text(got), refusal_text(cases[i].expected));
    }
    assert_int_equal(core_counters(f->core).accepted, accepted);
    assert_int_equal(core_live(f->core), accepted);
}

static struct row accepted(struct fixture *f, const char *principal, struct event event, const char *area)
{
    assert_string_equal(refusal_text(published(f, principal, event, area)), "done");
    return row_of(f, last_answer(f)->receipt.incident);
}

static void what_has_no_owner_is_unrouted_and_its_clocks_run(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct event event;
        const char *area;
        enum unrouted_reason why;
        bool flagged;
    } cases[] = {
        {{.type = "urgent"}, NULL, UNROUTED_NO_PLACE, false},
        {{.type = "urgent"}, "", UNROUTED_NO_POLYGON, false},
        {{.type = "stray"}, "620802", UNROUTED_NO_RULE, false},
        {{.type = "nothing", .panic = true}, "620802", UNROUTED_UNKNOWN_TYPE, true},
        {{.type = "nothing", .severity = 1}, "620802", UNROUTED_UNKNOWN_TYPE, true},
        {{.type = "urgent", .severity = 1}, "999999", UNROUTED_UNKNOWN_AREA, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct row row = accepted(f, "button", cases[i].event, cases[i].area);
        assert_int_equal(row.head.state, INCIDENT_UNROUTED);
        assert_int_equal(row.head.unrouted, cases[i].why);
        assert_int_equal(row.head.flagged, cases[i].flagged);
        assert_int_equal(row.task_count, 0);
        assert_int_equal(clock_of(f, row.incident, CLOCK_RESOLVE, 0).state, CLOCK_RUNNING);
        assert_int_equal(clock_of(f, row.incident, CLOCK_DISPATCH, 0).state, CLOCK_RUNNING);
    }
}

static void dispatch_has_a_default_and_the_unknown_the_strictest_limits(void **state)
{
    struct fixture *f = *state;
    struct row slow = accepted(f, "button", (struct event){.type = "stray"}, "620802");
    assert_int_equal(clock_of(f, slow.incident, CLOCK_DISPATCH, 0).budget_ms, HOUR_MS);
    struct row urgent = accepted(f, "button", (struct event){.type = "urgent"}, NULL);
    assert_int_equal(clock_of(f, urgent.incident, CLOCK_DISPATCH, 0).budget_ms, DISPATCH_DEFAULT_MS);
    struct row unknown = accepted(f, "button", (struct event){.type = "?", .panic = true}, NULL);
    assert_int_equal(clock_of(f, unknown.incident, CLOCK_RESOLVE, 0).budget_ms, HOUR_MS);
    assert_string_equal(unknown.head.type, "?");
    act_as(f, "desk.one", (struct act){.verb = ACT_ASSIGN, .incident = unknown.incident, .unit = "gas"});
    assert_int_equal(clock_of(f, unknown.incident, CLOCK_RESPOND, 1).budget_ms, MINUTE_MS);
}

static void retired_codes_lead_to_their_successors(void **state)
{
    struct fixture *f = *state;
    struct row row = accepted(f, "camera", (struct event){.type = "gone"}, "620899");
    assert_string_equal(row.head.type, "slow");
    assert_string_equal(row.head.area, "620802");
    assert_string_equal(row.tasks[0].unit, "water");
}

static void a_desk_rule_leaves_it_to_a_person(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "desk");
    assert_int_equal(state_of(f, id), INCIDENT_DESK);
    assert_string_equal(row_of(f, id).head.route, "routes.yaml:5");
    assert_int_equal(clock_of(f, id, CLOCK_DISPATCH, 0).state, CLOCK_RUNNING);
}

static void exercise_marks_every_incident(void **state)
{
    struct fixture *f = *state;
    core_free(f->core);
    f->core = core_new(&(struct core_options){.journal = JOURNAL, .exercise = true});
    core_set_policy(f->core, &f->city->policy);
    assert_true(row_of(f, publish(f, "slow")).head.exercise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_travels_to_its_close, setup, teardown),
        cmocka_unit_test_setup_teardown(the_row_says_what_was_published, setup, teardown),
        cmocka_unit_test_setup_teardown(with_assists_all_must_be_done, setup, teardown),
        cmocka_unit_test_setup_teardown(handled_on_site_is_one_record, setup, teardown),
        cmocka_unit_test_setup_teardown(somebody_else_verifies, setup, teardown),
        cmocka_unit_test_setup_teardown(what_does_not_pass_is_done_again, setup, teardown),
        cmocka_unit_test_setup_teardown(the_source_verifies_its_own_where_the_route_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(the_source_does_not_verify_for_the_centre, setup, teardown),
        cmocka_unit_test_setup_teardown(repeats_get_the_first_receipt, setup, teardown),
        cmocka_unit_test_setup_teardown(the_window_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_no_owner_is_unrouted_and_its_clocks_run, setup, teardown),
        cmocka_unit_test_setup_teardown(dispatch_has_a_default_and_the_unknown_the_strictest_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(retired_codes_lead_to_their_successors, setup, teardown),
        cmocka_unit_test_setup_teardown(a_desk_rule_leaves_it_to_a_person, setup, teardown),
        cmocka_unit_test_setup_teardown(exercise_marks_every_incident, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
