/* Who may: refusals of rights and their records, scopes, and a reload that may not drop what open incidents refer to. */
#include "core_fixture.h"

#include "broker/core/state.h"

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

/* --- refusals of rights on record --- */

static void forbidden_publish(struct fixture *f, const char *principal)
{
    struct event event = {.id = "e", .type = "slow"};
    publish_event(f, principal, &event, "620802");
    assert_int_equal(last_effect(f)->kind, EFFECT_REFUSAL);
}

static void refusals_are_recorded_once_a_minute_with_a_count(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 50; i++)
        forbidden_publish(f, "auditor");
    assert_int_equal(count_effects(f, EFFECT_REFUSAL), 50); /* each is answered */
    assert_int_equal(f->outcome.record_count, 1);
    assert_string_equal(record_at(f, 0)->principal, "auditor");
    assert_int_equal(record_at(f, 0)->refusal, REFUSAL_FORBIDDEN);
    assert_int_equal(record_at(f, 0)->count, 1);
    assert_true(core_next_due(f->core) == f->now_ms + REFUSAL_RECORD_MS);
    pass(f, REFUSAL_RECORD_MS);
    assert_int_equal(f->outcome.record_count, 2);
    assert_int_equal(record_at(f, 0)->count, 49);
    forbidden_publish(f, "auditor");
    pass(f, REFUSAL_RECORD_MS);
    assert_int_equal(record_at(f, 0)->count, 1);
    assert_int_equal(f->outcome.record_count, 3);
    pass(f, REFUSAL_RECORD_MS);
    assert_true(core_next_due(f->core) == INT64_MAX);
    forbidden_publish(f, "auditor"); /* after a quiet minute: at once again */
    assert_int_equal(f->outcome.record_count, 4);
}

static void each_principal_and_code_counts_apart(void **state)
{
    struct fixture *f = *state;
    forbidden_publish(f, "auditor");
    forbidden_publish(f, "ops");
    forbidden_publish(f, "nobody");
    step(f, (struct command){.kind = COMMAND_DENY, .principal = "auditor", .deny = {REFUSAL_FORBIDDEN}});
    step(f, (struct command){.kind = COMMAND_DENY, .principal = "auditor", .deny = {REFUSAL_OUT_OF_SCOPE}});
    assert_int_equal(f->outcome.record_count, 4);
    assert_int_equal(count_effects(f, EFFECT_REFUSAL), 3); /* who denies also answers */
    step(f, (struct command){.kind = COMMAND_DENY, .principal = "auditor", .deny = {REFUSAL_MALFORMED}});
    assert_int_equal(f->outcome.record_count, 4); /* not a matter of rights */
}

static void a_flood_of_names_is_bounded(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < DENIALS_MAX + 100; i++)
        step(f, (struct command){
                    .kind = COMMAND_DENY, .principal = arena_printf(&f->arena, "p%d", i), .deny = {REFUSAL_FORBIDDEN}});
    assert_int_equal(f->outcome.record_count, DENIALS_MAX + 1);
    pass(f, REFUSAL_RECORD_MS);
    assert_int_equal(f->outcome.record_count, DENIALS_MAX + 2);
    assert_int_equal(record_at(f, 0)->count, 99);
    assert_string_equal(record_at(f, 0)->principal, "");
}

static void a_revoked_principal_is_unknown(void **state)
{
    struct fixture *f = *state;
    f->city->principals[0].revoked = true;
    assert_int_equal(publish(f, "slow"), 0);
    assert_refused(f, REFUSAL_UNKNOWN_SENDER);
}

static void a_dispatcher_stays_within_its_areas(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    const struct area *elsewhere[] = {&f->city->areas[4]};
    f->city->principals[7].areas = elsewhere;
    f->city->principals[7].area_count = 1;
    act_as(f, "desk.one", (struct act){.verb = ACT_TRANSFER, .incident = id, .unit = "gas"});
    assert_refused(f, REFUSAL_OUT_OF_SCOPE);
    say_on_behalf(f, WORD_RESPOND, id, 1);
    assert_refused(f, REFUSAL_OUT_OF_SCOPE);
}

static void a_worker_whose_principal_lost_the_unit_is_refused(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    f->city->principals[4].unit_count = 0;
    say(f, "w1", WORD_RESPOND, id);
    assert_refused(f, REFUSAL_OUT_OF_SCOPE);
}

/* --- room --- */

static void without_room_publishes_are_refused_before_acts(void **state)
{
    struct fixture *f = *state;
    uint64_t first = publish(f, "stray"), second = publish(f, "stray");
    f->core->dedup.max = 4;
    f->core->dedup.reserve = 2;
    assert_int_equal(publish(f, "slow"), 0);
    assert_refused(f, REFUSAL_OVERLOADED);
    assert_true(last_answer(f)->refusal.retry_after_ms > 0);
    act_as(f, "chief.one", (struct act){.verb = ACT_CANCEL, .incident = first, .reason = "x"});
    assert_done(f);
    act_as(f, "chief.one", (struct act){.verb = ACT_ASSIGN, .incident = second, .unit = "gas"});
    assert_done(f);
    act_as(f, "chief.one", (struct act){.verb = ACT_CANCEL, .incident = second, .reason = "x"});
    assert_refused(f, REFUSAL_OVERLOADED);
    f->now_ms += DEDUP_WINDOW_MS;
    assert_true(publish(f, "slow") != 0);
}

/* --- reload --- */

static void reload(struct fixture *f, const char *principal, const struct policy *policy, const char *request)
{
    struct command command = {.kind = COMMAND_RELOAD, .principal = principal, .endpoint = 'C'};
    command.reload.policy = policy;
    command.reload.request = request;
    if (request) {
        command.key = test_key(principal, request);
        memcpy(&command.digest, policy->hash.bytes, sizeof command.digest);
    }
    step(f, command);
}

static void a_reload_takes_effect_at_once(void **state)
{
    struct fixture *f = *state;
    struct city *other = city_new(2);
    other->types[0].severity = 1;
    city_index(other);
    reload(f, "chief.one", &other->policy, "r0");
    assert_refused(f, REFUSAL_FORBIDDEN);
    assert_ptr_equal(core_policy(f->core), &f->city->policy);
    reload(f, "ops", &other->policy, "r1");
    assert_done(f);
    assert_ptr_equal(core_policy(f->core), &other->policy);
    assert_int_equal(record_at(f, 0)->kind, RECORD_POLICY);
    assert_memory_equal(record_at(f, 0)->policy.ptr, other->policy.hash.bytes, DIGEST_BYTES);
    uint64_t seq = last_answer(f)->receipt.seq;
    reload(f, "ops", &other->policy, "r1");
    assert_true(last_answer(f)->receipt.repeat);
    assert_int_equal(last_answer(f)->receipt.seq, seq);
    reload(f, "ops", &f->city->policy, "r1");
    assert_refused(f, REFUSAL_ID_CONFLICT);
    assert_int_equal(row_of(f, publish(f, "urgent")).head.severity, 1);
    core_set_policy(f->core, &f->city->policy);
    city_free(other);
}

static void the_policy_in_force_needs_no_record_but_its_key_does(void **state)
{
    struct fixture *f = *state;
    struct city *same = city_new(1);
    city_index(same);
    reload(f, "", &same->policy, NULL);
    assert_done(f);
    assert_int_equal(f->outcome.record_count, 0);
    reload(f, "ops", &same->policy, "r1");
    assert_int_equal(f->outcome.record_count, 1);
    reload(f, "ops", &same->policy, "r1");
    assert_true(last_answer(f)->receipt.repeat);
    core_set_policy(f->core, &f->city->policy);
    city_free(same);
}

/* The new policy without the last unit, type, area or principal. */
static enum refusal_code reload_without(struct fixture *f, struct city *other)
{
    city_index(other);
    reload(f, "ops", &other->policy, NULL);
    enum refusal_code code = answer(f);
    assert_ptr_equal(core_policy(f->core), code ? &f->city->policy : &other->policy);
    core_set_policy(f->core, &f->city->policy);
    city_free(other);
    return code;
}

static void what_open_incidents_refer_to_cannot_vanish(void **state)
{
    struct fixture *f = *state;
    struct city *other = city_new(2);
    other->policy.type_count = 7; /* nothing refers to "gone" */
    assert_int_equal(reload_without(f, other), 0);

    uint64_t id = publish(f, "both");
    publish(f, "both");
    other = city_new(2);
    other->types[6].code = "renamed";
    assert_int_equal(reload_without(f, other), REFUSAL_POLICY_IN_USE);
    assert_string_equal(last_answer(f)->refusal.reason, "what open incidents refer to would be gone: references 2 to "
                                                        "type both; keep it, retired with a successor");
    other = city_new(2);
    other->areas[3].code = "620802001003";
    assert_int_equal(reload_without(f, other), REFUSAL_POLICY_IN_USE);
    other = city_new(2);
    other->units[1].id = "steam";
    other->units[2].successor = "steam";
    assert_int_equal(reload_without(f, other), REFUSAL_POLICY_IN_USE);
    other = city_new(2);
    other->principals[0].name = "webcam";
    assert_int_equal(reload_without(f, other), REFUSAL_POLICY_IN_USE);
    assert_non_null(strstr(last_answer(f)->refusal.reason, "2 to source camera"));

    other = city_new(2);
    other->units[1].retired = true;
    other->units[1].successor = "nobody";
    assert_int_equal(reload_without(f, other), REFUSAL_POLICY_IN_USE); /* retired without a successor that exists */
    other = city_new(2);
    other->units[1].retired = true;
    other->units[1].successor = "water";
    assert_int_equal(reload_without(f, other), 0);

    act_as(f, "chief.one", (struct act){.verb = ACT_CANCEL, .incident = id, .reason = "x"});
    other = city_new(2);
    other->types[6].code = "renamed";
    assert_int_equal(reload_without(f, other), REFUSAL_POLICY_IN_USE);
    assert_non_null(strstr(last_answer(f)->refusal.reason, "1 to type both"));
}

static void a_unit_that_is_done_may_get_rework_and_cannot_vanish(void **state)
{
    struct fixture *f = *state;
    worker_ready(f, "water", "w1", 11, 1);
    uint64_t id = publish(f, "verified");
    offer(f);
    say(f, "w1", WORD_RESPOND, id);
    say(f, "w1", WORD_FEEDBACK, id);
    assert_int_equal(state_of(f, id), INCIDENT_VERIFYING);
    struct city *other = city_new(2);
    other->units[0].id = "steam";
    assert_int_equal(reload_without(f, other), REFUSAL_POLICY_IN_USE);
    assert_non_null(strstr(last_answer(f)->refusal.reason, "1 to unit water"));
    other = city_new(3);
    other->units[0].retired = true;
    other->units[0].successor = "gas";
    city_index(other);
    reload(f, "ops", &other->policy, NULL);
    assert_done(f);
    assert_string_equal(task_of(f, id, 1).unit, "water"); /* who did it stays on record */
    act_as(f, "checker", (struct act){.verb = ACT_VERIFY, .incident = id});
    assert_string_equal(task_of(f, id, 1).unit, "gas");
    core_set_policy(f->core, &f->city->policy);
    city_free(other);
}

/* water is retired, gas follows it. */
static struct city *retire_water(struct fixture *f)
{
    struct city *other = city_new(2);
    other->units[0].retired = true;
    other->units[0].successor = "gas";
    city_index(other);
    reload(f, "ops", &other->policy, NULL);
    assert_done(f);
    return other;
}

static void open_tasks_of_a_retired_unit_are_its_successors(void **state)
{
    struct fixture *f = *state;
    worker_ready(f, "water", "w1", 11, 2);
    uint64_t responded = publish(f, "slow");
    offer(f);
    uint64_t offered = publish(f, "slow");
    offer(f);
    uint64_t waiting = publish(f, "slow");
    say(f, "w1", WORD_RESPOND, responded);
    struct clock handle = clock_of(f, responded, CLOCK_HANDLE, 1), respond = clock_of(f, waiting, CLOCK_RESPOND, 1);
    pass(f, SECOND_MS);
    struct city *other = retire_water(f);
    assert_int_equal(count_records(f, RECORD_TRANSFERRED), 3);
    assert_string_equal(record_at(f, 0)->principal, "");
    assert_string_equal(record_at(f, 0)->reason, "unit retired");
    assert_int_equal(count_effects(f, EFFECT_REVOKE), 2);
    const uint64_t moved[] = {responded, offered, waiting};
    const enum task_state states[] = {TASK_RESPONDED, TASK_QUEUED, TASK_QUEUED};
    const uint32_t epochs[] = {2, 2, 1};
    for (size_t i = 0; i < 3; i++) {
        struct task task = task_of(f, moved[i], 1);
        assert_string_equal(task.unit, "gas");
        assert_string_equal(task.worker, "");
        assert_int_equal(task.state, states[i]);
        assert_int_equal(task.epoch, epochs[i]);
    }
    assert_int_equal(clock_of(f, responded, CLOCK_HANDLE, 1).due_ms, handle.due_ms);
    assert_int_equal(clock_of(f, waiting, CLOCK_RESPOND, 1).due_ms, respond.due_ms);
    hello(f, "gas.dept", "gas", "g1", 12);
    credit(f, "gas.dept", "g1", 12, 1);
    offer(f);
    assert_true(last_effect(f)->resume);
    assert_int_equal(last_effect(f)->incident, responded);
    core_set_policy(f->core, &f->city->policy);
    city_free(other);
}

static void what_was_unknown_before_may_stay_unknown(void **state)
{
    struct fixture *f = *state;
    struct event event = {.id = "e", .type = "?", .panic = true};
    publish_event(f, "button", &event, "999999");
    assert_done(f);
    assert_int_equal(reload_without(f, city_new(2)), 0);
}

static void wall_steps_are_on_record(void **state)
{
    struct fixture *f = *state;
    step(f, (struct command){.kind = COMMAND_WALL_STEP, .principal = "", .wall_step = {-90000}});
    assert_int_equal(record_at(f, 0)->kind, RECORD_WALL_STEP);
    assert_int_equal(record_at(f, 0)->offset_ms, -90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refusals_are_recorded_once_a_minute_with_a_count, setup, teardown),
        cmocka_unit_test_setup_teardown(each_principal_and_code_counts_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_of_names_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(a_revoked_principal_is_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dispatcher_stays_within_its_areas, setup, teardown),
        cmocka_unit_test_setup_teardown(a_worker_whose_principal_lost_the_unit_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(without_room_publishes_are_refused_before_acts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_takes_effect_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_policy_in_force_needs_no_record_but_its_key_does, setup, teardown),
        cmocka_unit_test_setup_teardown(what_open_incidents_refer_to_cannot_vanish, setup, teardown),
        cmocka_unit_test_setup_teardown(a_unit_that_is_done_may_get_rework_and_cannot_vanish, setup, teardown),
        cmocka_unit_test_setup_teardown(open_tasks_of_a_retired_unit_are_its_successors, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_unknown_before_may_stay_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(wall_steps_are_on_record, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
