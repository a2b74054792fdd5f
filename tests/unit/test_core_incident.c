/* What the command centre may do to an incident, and when; how incidents end. */
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

/* --- the table --- */

#define NOT  REFUSAL_WRONG_STATE
#define TOP  REFUSAL_NOBODY_ABOVE /* of the whole city; scenarios show it otherwise */
#define KEPT REFUSAL_IDENTITY_KEPT

/* Of an incident in the state: where there is a lead its task is done while verifying, returned while open; nobody
 * assists, so that there is nobody to dismiss, and nobody is to be called back. */
/* clang-format off */
static const int expected[ACT_END][INCIDENT_STATE_END] = {
    /*               -  confirming  desk  unrouted  open  verifying  parked  closed  merged  cancelled  rejected */
    [ACT_ASSIGN]   = {0, NOT,        0,    0,        0,    NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_TRANSFER] = {0, NOT,        NOT,  NOT,      0,    NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_MERGE]    = {0, 0,          0,    0,        0,    0,         NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_CLOSE]    = {0, NOT,        0,    0,        0,    0,         NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_CANCEL]   = {0, 0,          0,    0,        0,    0,         0,      NOT,    NOT,    NOT,       NOT},
    [ACT_REJECT]   = {0, 0,          0,    0,        0,    NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_RELEASE]  = {0, NOT,        NOT,  NOT,      0,    NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_VERIFY]   = {0, NOT,        NOT,  NOT,      NOT,  0,         NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_WITHDRAW] = {0, 0,          0,    0,        0,    0,         0,      NOT,    NOT,    NOT,       NOT},
    [ACT_WHISTLE]  = {0, NOT,        NOT,  NOT,      0,    NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_DISMISS]  = {0, NOT,        NOT,  NOT,      NOT,  NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_URGE]     = {0, NOT,        NOT,  NOT,      0,    NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_SUPERVISE] = {0, 0,         0,    0,        0,    0,         NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_CHARGE]   = {0, REFUSAL_MISSING_FIELD, REFUSAL_MISSING_FIELD, REFUSAL_MISSING_FIELD, REFUSAL_MISSING_FIELD,
                      REFUSAL_MISSING_FIELD, REFUSAL_MISSING_FIELD, NOT, NOT, NOT, NOT},
    [ACT_ACCOUNT]  = {0, NOT,        NOT,  NOT,      NOT,  NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_INFORM]   = {0, 0,          0,    0,        0,    0,         NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_PLAN]     = {0, NOT,        0,    0,        0,    NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_ASK]      = {0, NOT,        NOT,  NOT,      NOT,  NOT,       0,      NOT,    NOT,    NOT,       NOT},
    [ACT_DECIDE]   = {0, NOT,        0,    0,        0,    0,         0,      NOT,    NOT,    NOT,       NOT},
    [ACT_RESUME]   = {0, NOT,        NOT,  NOT,      NOT,  NOT,       0,      NOT,    NOT,    NOT,       NOT},
    [ACT_UNDO]     = {0, NOT,        NOT,  NOT,      REFUSAL_TOO_LATE, NOT, NOT, NOT, NOT,    NOT,       NOT},
    [ACT_CONFIRM]  = {0, 0,          NOT,  NOT,      NOT,  NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_CALLBACK] = {0, NOT,        NOT,  NOT,      NOT,  NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_REOPEN]   = {0, NOT,        NOT,  NOT,      NOT,  NOT,       NOT,    0,      NOT,    NOT,       NOT},
    [ACT_RECLASSIFY]={0, 0,          0,    0,        0,    0,         NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_ANSWER]   = {0, NOT,        NOT,  NOT,      NOT,  0,         NOT,    0,      NOT,    NOT,       NOT},
    [ACT_REVEAL]   = {0, REFUSAL_BAD_VALUE, REFUSAL_BAD_VALUE, REFUSAL_BAD_VALUE, REFUSAL_BAD_VALUE, REFUSAL_BAD_VALUE,
                      REFUSAL_BAD_VALUE, REFUSAL_BAD_VALUE, NOT, REFUSAL_BAD_VALUE, REFUSAL_BAD_VALUE},
    [ACT_EXCLUDE]  = {0, 0,          0,    0,        0,    0,         0,      NOT,    NOT,    NOT,       NOT},
    [ACT_CLAIM]    = {0, 0,          0,    0,        0,    0,         0,      NOT,    NOT,    NOT,       NOT},
    [ACT_UNCLAIM]  = {0, NOT,        NOT,  NOT,      NOT,  NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_REPORT_UP] = {0, NOT,       TOP,  TOP,      TOP,  NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_SEND_DOWN] = {0, NOT,       NOT,  NOT,      NOT,  NOT,       NOT,    NOT,    NOT,    NOT,       NOT},
    [ACT_ATTRIBUTE] = {0, REFUSAL_MISSING_FIELD, REFUSAL_MISSING_FIELD, REFUSAL_MISSING_FIELD, REFUSAL_MISSING_FIELD,
                       REFUSAL_MISSING_FIELD, REFUSAL_MISSING_FIELD, NOT, NOT, NOT, NOT},
    [ACT_SEEK_IDENTITY] = {0, 0,     0,    0,        0,    0,         0,      0,      NOT,    0,         0},
    [ACT_GRANT_IDENTITY] = {0, REFUSAL_NOT_ASKED, REFUSAL_NOT_ASKED, REFUSAL_NOT_ASKED, REFUSAL_NOT_ASKED, REFUSAL_NOT_ASKED,
                      REFUSAL_NOT_ASKED, REFUSAL_NOT_ASKED, NOT, REFUSAL_NOT_ASKED, REFUSAL_NOT_ASKED},
    [ACT_OPEN_IDENTITY] = {0, KEPT,  KEPT, KEPT,     KEPT, KEPT,      KEPT,   KEPT,   NOT,    KEPT,      KEPT},
    [ACT_APPEAL]   = {0, REFUSAL_UNKNOWN_INCIDENT, REFUSAL_UNKNOWN_INCIDENT, REFUSAL_UNKNOWN_INCIDENT, REFUSAL_NO_BREACH,
                      REFUSAL_NO_BREACH, REFUSAL_UNKNOWN_INCIDENT, REFUSAL_UNKNOWN_INCIDENT, REFUSAL_UNKNOWN_INCIDENT,
                      REFUSAL_UNKNOWN_INCIDENT, REFUSAL_UNKNOWN_INCIDENT},
};
/* 0: what it was. */
static const enum incident_state after[ACT_END] = {
    [ACT_ASSIGN] = INCIDENT_OPEN,      [ACT_TRANSFER] = INCIDENT_OPEN,     [ACT_MERGE] = INCIDENT_MERGED,
    [ACT_CLOSE] = INCIDENT_CLOSED,     [ACT_CANCEL] = INCIDENT_CANCELLED,  [ACT_REJECT] = INCIDENT_REJECTED,
    [ACT_RELEASE] = INCIDENT_OPEN,     [ACT_VERIFY] = INCIDENT_CLOSED,     [ACT_WITHDRAW] = INCIDENT_CANCELLED,
    [ACT_RESUME] = INCIDENT_OPEN, /* ask and decide leave it as it is: an ask for more time, which is refused */
    [ACT_WHISTLE] = INCIDENT_OPEN,     [ACT_CONFIRM] = INCIDENT_OPEN,     [ACT_REOPEN] = INCIDENT_DESK,
    [ACT_PLAN] = INCIDENT_OPEN,
};
static const char *const actor[ACT_END] = {
    [ACT_ASSIGN] = "desk.one",  [ACT_TRANSFER] = "desk.one", [ACT_MERGE] = "desk.one",  [ACT_CLOSE] = "chief.one",
    [ACT_CANCEL] = "chief.one", [ACT_REJECT] = "chief.one",  [ACT_RELEASE] = "desk.one", [ACT_VERIFY] = "checker",
    [ACT_WITHDRAW] = "camera",  [ACT_WHISTLE] = "chief.one", [ACT_DISMISS] = "desk.one",
    [ACT_URGE] = "desk.one",    [ACT_SUPERVISE] = "chief.one",
    [ACT_PLAN] = "desk.one",    [ACT_CHARGE] = "chief.one", [ACT_ACCOUNT] = "desk.one",  [ACT_INFORM] = "desk.one",
    [ACT_ASK] = "desk.one",     [ACT_DECIDE] = "desk.one",   [ACT_RESUME] = "desk.one",
    [ACT_UNDO] = "desk.one",    [ACT_REPORT_UP] = "desk.one", [ACT_SEND_DOWN] = "desk.one",
    [ACT_CONFIRM] = "checker",  [ACT_CALLBACK] = "checker",  [ACT_REOPEN] = "desk.one",
    [ACT_RECLASSIFY] = "desk.one",
    [ACT_ANSWER] = "desk.one",
    [ACT_REVEAL] = "chief.one",
    [ACT_EXCLUDE] = "desk.one",
    [ACT_CLAIM] = "desk.one",
    [ACT_UNCLAIM] = "desk.one",
    [ACT_ATTRIBUTE] = "desk.one", [ACT_SEEK_IDENTITY] = "checker", [ACT_GRANT_IDENTITY] = "chief.one", [ACT_OPEN_IDENTITY] = "checker",
    [ACT_APPEAL] = "water.dept",
};
/* clang-format on */

static uint64_t incident_in(struct fixture *f, enum incident_state state)
{
    bool has_task = state == INCIDENT_OPEN || state == INCIDENT_VERIFYING;
    struct task task = {.no = 1, .epoch = 2, .role = TASK_LEAD, .state = TASK_RETURNED, .unit = "water"};
    if (state == INCIDENT_VERIFYING)
        task.state = TASK_DONE;
    uint64_t id = ident_pack(JOURNAL, 1000 + ++f->requests);
    struct incident head = {.state = state, .type = "slow", .area = "620802", .source = "camera", .severity = 3};
    struct ask ask = {.no = 1, .kind = ASK_EXTEND, .decision = DECISION_OPEN, .principal = "water.dept"};
    struct row row = {
        .incident = id, .seq = 1, .head = head, .tasks = &task, .task_count = has_task, .asks = &ask, .ask_count = 1};
    core_load(f->core, &row);
    return id;
}

/* An act with all it needs. */
static struct act act_for(struct fixture *f, enum act_verb verb, uint64_t incident)
{
    static const char *const units[] = {"gas"};
    return (struct act){.verb = verb,
                        .incident = incident,
                        .unit = "gas",
                        .units = units,
                        .unit_count = 1,
                        .plan = "row",
                        .into = verb == ACT_MERGE ? incident_in(f, INCIDENT_UNROUTED) : 0,
                        .outcome = verb == ACT_CLOSE ? OUTCOME_EXPLAINED : 0,
                        .type = "both",
                        .reason = "because",
                        .text = "what came of it",
                        .person = "Sun",
                        .satisfaction = SATISFACTION_SATISFIED,
                        .kind = verb == ACT_ASK ? ASK_PARK : 0,
                        .until_ms = verb == ACT_ASK || verb == ACT_SUPERVISE ? f->now_ms + HOUR_MS : 0,
                        .passed = verb != ACT_DECIDE};
}

/* What is reclassified is sent where it waited for an owner, and else stays as it is. */
static enum incident_state state_after(enum act_verb verb, enum incident_state before)
{
    bool waits = before == INCIDENT_DESK || before == INCIDENT_UNROUTED;
    if (verb == ACT_RECLASSIFY && waits)
        return INCIDENT_OPEN;
    return expected[verb][before] || !after[verb] ? before : after[verb];
}

static void every_state_and_act(void **unused)
{
    (void)unused;
    for (enum incident_state state = 1; state < INCIDENT_STATE_END; state++) {
        for (enum act_verb verb = 1; verb < ACT_END; verb++) {
            if (!act_name(verb) || act_beside(verb))
                continue;
            struct fixture *f = fixture_new();
            core_set_sequence(f->core, 10);
            uint64_t id = incident_in(f, state);
            act_as(f, actor[verb], act_for(f, verb, id));
            if ((int)answer(f) != expected[verb][state])
                fail_msg("%s of an incident that is %s: %s, not %s", act_name(verb), incident_state_name(state),
                         refusal_text(answer(f)), refusal_text((enum refusal_code)expected[verb][state]));
            assert_int_equal(state_of(f, id), state_after(verb, state));
            fixture_free(f);
        }
    }
}

static void a_refusal_names_the_state_and_what_is_possible(void **state)
{
    struct fixture *f = *state;
    act_as(f, "desk.one", act_for(f, ACT_RELEASE, incident_in(f, INCIDENT_DESK)));
    assert_string_equal(
        last_answer(f)->refusal.reason,
        "the incident is desk; possible is assign, merge, close, cancel, reject, withdraw, ask, decide, plan, "
        "supervise, charge, account, inform, reclassify, reveal, exclude, claim, unclaim, appeal, report_up, "
        "send_down, seek_identity, "
        "grant_identity, open_identity, attribute");
    act_as(f, "desk.one", act_for(f, ACT_ASSIGN, incident_in(f, INCIDENT_CLOSED)));
    assert_string_equal(last_answer(f)->refusal.reason,
                        "the incident is closed; possible is decide, answer, callback, reopen, reveal, appeal, "
                        "seek_identity, grant_identity, open_identity");
}

static void every_act_has_its_roles(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum act_verb verb;
        const char *principal;
        enum refusal_code expected;
    } cases[] = {
        {ACT_ASSIGN, "camera", REFUSAL_FORBIDDEN},
        {ACT_ASSIGN, "checker", REFUSAL_FORBIDDEN},
        {ACT_ASSIGN, "ops", REFUSAL_FORBIDDEN},
        {ACT_ASSIGN, "nobody", REFUSAL_UNKNOWN_SENDER},
        {ACT_TRANSFER, "water.dept", REFUSAL_FORBIDDEN},
        {ACT_CLOSE, "auditor", REFUSAL_FORBIDDEN},
        {ACT_MERGE, "camera", REFUSAL_FORBIDDEN},
        {ACT_VERIFY, "desk.one", REFUSAL_FORBIDDEN},
        {ACT_VERIFY, "chief.one", NOT},
        {ACT_CONFIRM, "desk.one", REFUSAL_FORBIDDEN},
        {ACT_CALLBACK, "desk.one", REFUSAL_FORBIDDEN},
        {ACT_REOPEN, "checker", REFUSAL_FORBIDDEN},
        {ACT_WITHDRAW, "desk.one", REFUSAL_FORBIDDEN},
        {ACT_WITHDRAW, "button", REFUSAL_UNKNOWN_INCIDENT},
        {ACT_WITHDRAW, "hotline", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        act_as(f, cases[i].principal, act_for(f, cases[i].verb, incident_in(f, INCIDENT_UNROUTED)));
        if (answer(f) != cases[i].expected)
            fail_msg("%s by %s: %s", act_name(cases[i].verb), cases[i].principal, refusal_text(answer(f)));
    }
}

/* --- what an act needs --- */

static void what_is_missing_is_named(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    static const struct {
        struct act act;
        enum refusal_code expected;
        const char *field;
    } cases[] = {
        {{.verb = ACT_CLOSE}, REFUSAL_MISSING_FIELD, "outcome"},
        {{.verb = ACT_CANCEL}, REFUSAL_MISSING_FIELD, "reason"},
        {{.verb = ACT_REJECT}, REFUSAL_MISSING_FIELD, "reason"},
        {{.verb = ACT_ASSIGN}, REFUSAL_MISSING_FIELD, "unit"},
        {{.verb = ACT_ASSIGN, .request = ""}, REFUSAL_MISSING_FIELD, "request"},
        {{.verb = ACT_ASSIGN, .unit = "nobody"}, REFUSAL_UNKNOWN_UNIT, "unit"},
        {{.verb = ACT_ASSIGN, .unit = "gas", .role = TASK_LEAD}, REFUSAL_WRONG_STATE, "role"},
        {{.verb = ACT_TRANSFER, .unit = "gas", .task = 5}, REFUSAL_UNKNOWN_TASK, "task"},
        {{.verb = ACT_TRANSFER, .unit = "water"}, REFUSAL_BAD_VALUE, "unit"},
        {{.verb = ACT_RELEASE}, REFUSAL_WRONG_STATE, "verb"},
        {{.verb = ACT_RELEASE, .task = 1}, REFUSAL_WRONG_STATE, "task"},
        {{.verb = ACT_MERGE}, REFUSAL_UNKNOWN_INCIDENT, "into"},
        {{.verb = ACT_END}, REFUSAL_BAD_VALUE, "verb"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct act act = cases[i].act;
        act.incident = id;
        act_as(f, "chief.one", act);
        if (answer(f) != cases[i].expected)
            fail_msg("case %zu: %s", i, refusal_text(answer(f)));
        assert_string_equal(last_answer(f)->refusal.field, cases[i].field);
    }
    assert_int_equal(f->outcome.record_count, 1);
}

static void a_repeated_act_gets_its_first_receipt(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "stray");
    struct act act = {.verb = ACT_CANCEL, .incident = id, .reason = "a test", .request = "r"};
    act_as(f, "chief.one", act);
    uint64_t seq = last_answer(f)->receipt.seq;
    act_as(f, "chief.one", act);
    assert_true(last_answer(f)->receipt.repeat);
    assert_int_equal(last_answer(f)->receipt.seq, seq);
    act.reason = "another";
    act_as(f, "chief.one", act);
    assert_refused(f, REFUSAL_ID_CONFLICT);
    assert_int_equal(count_records(f, RECORD_CANCELLED), 1);
}

/* --- to a unit --- */

static void assigning_gives_an_owner_and_starts_its_clocks(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "desk");
    pass(f, MINUTE_MS);
    act_as(f, "desk.one", (struct act){.verb = ACT_ASSIGN, .incident = id, .unit = "old"}); /* retired for gas */
    assert_done(f);
    struct task task = task_of(f, id, 1);
    assert_string_equal(task.unit, "gas");
    assert_int_equal(task.role, TASK_LEAD);
    assert_int_equal(task.dispatched_ms, f->now_ms);
    assert_int_equal(clock_of(f, id, CLOCK_DISPATCH, 0).state, CLOCK_MET);
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).due_ms, f->now_ms + 2 * HOUR_MS);
    assert_int_equal(clock_of(f, id, CLOCK_RESOLVE, 0).due_ms, START_MS + 7 * DAY_MS); /* from receipt */
    assert_int_equal(record_at(f, 0)->policy.len, DIGEST_BYTES);
    act_as(f, "desk.one", (struct act){.verb = ACT_ASSIGN, .incident = id, .unit = "water"});
    assert_int_equal(task_of(f, id, 2).role, TASK_ASSIST);
    assert_int_equal(record_at(f, 0)->task, 2);
}

static void an_incident_has_at_most_so_many_tasks(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "urgent");
    for (int i = 1; i < TASKS_MAX; i++)
        act_as(f, "desk.one", (struct act){.verb = ACT_ASSIGN, .incident = id, .unit = "gas"});
    assert_done(f);
    act_as(f, "desk.one", (struct act){.verb = ACT_ASSIGN, .incident = id, .unit = "gas"});
    assert_refused(f, REFUSAL_TOO_MANY);
    assert_int_equal(row_of(f, id).task_count, TASKS_MAX);
}

static void a_transfer_takes_the_task_away_with_a_fresh_budget(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    say(f, "w1", WORD_RESPOND, id);
    pass(f, HOUR_MS);
    heard(f, "water.dept", "w1", 11);
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    size_t revokes = count_effects(f, EFFECT_REVOKE);
    act_as(f, "desk.one",
           (struct act){.verb = ACT_TRANSFER, .incident = id, .unit = "gas", .reason = "a gas main", .person = "Sun"});
    assert_done(f);
    assert_int_equal(count_effects(f, EFFECT_REVOKE), revokes + 1);
    assert_int_equal(last_of(f, EFFECT_REVOKE)->peer, 11);
    struct task task = task_of(f, id, 1);
    assert_string_equal(task.unit, "gas");
    assert_int_equal(task.state, TASK_QUEUED);
    assert_string_equal(task.worker, "");
    assert_int_equal(task.responded_ms, 0);
    struct clock respond = clock_of(f, id, CLOCK_RESPOND, 1);
    assert_int_equal(respond.state, CLOCK_RUNNING);
    assert_int_equal(respond.due_ms, f->now_ms + 2 * HOUR_MS);
    assert_int_equal(respond.rung, 0);
    assert_int_equal(clock_of(f, id, CLOCK_RESOLVE, 0).due_ms, START_MS + 7 * DAY_MS);
    uint32_t epoch = task.epoch;
    worker_ready(f, "gas", "g1", 12, 1);
    offer(f);
    assert_int_equal(task_of(f, id, 1).epoch, epoch + 1);
    assert_string_equal(task_of(f, id, 1).worker, "g1");
}

static void the_centre_decides_until_no_task_is_returned(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "both");
    worker_ready(f, "water", "w1", 11, 1);
    worker_ready(f, "gas", "g1", 12, 1);
    offer(f);
    say(f, "w1", WORD_RETURN, id);
    int64_t since_ms = f->now_ms;
    pass(f, SECOND_MS);
    say_as(f, "gas.dept", "g1", word_for(f, WORD_RETURN, id, 2));
    assert_int_equal(clock_of(f, id, CLOCK_RETURN_DECIDE, 0).started_ms, since_ms);
    act_as(f, "desk.one", (struct act){.verb = ACT_RELEASE, .incident = id});
    assert_refused(f, REFUSAL_MISSING_FIELD); /* which of the two */
    act_as(f, "desk.one", (struct act){.verb = ACT_RELEASE, .incident = id, .task = 1});
    assert_int_equal(clock_of(f, id, CLOCK_RETURN_DECIDE, 0).state, CLOCK_RUNNING);
    act_as(f, "desk.one", (struct act){.verb = ACT_TRANSFER, .incident = id, .task = 2, .unit = "water"});
    assert_int_equal(clock_of(f, id, CLOCK_RETURN_DECIDE, 0).state, CLOCK_MET);
}

/* --- into another --- */

static void a_merge_keeps_the_earlier_promise(void **state)
{
    struct fixture *f = *state;
    uint64_t first = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    pass(f, 10 * SECOND_MS);
    struct event event = {.id = "second", .type = "slow", .severity = 2};
    publish_event(f, "camera", &event, "620802");
    uint64_t second = last_answer(f)->receipt.incident;
    struct clock promised = clock_of(f, first, CLOCK_RESOLVE, 0);
    uint64_t seq_first = row_of(f, first).seq, seq_second = row_of(f, second).seq;
    act_as(f, "desk.one", (struct act){.verb = ACT_MERGE, .incident = first, .into = second});
    assert_done(f);
    struct row loser = row_of(f, first), survivor = row_of(f, second);
    assert_int_equal(loser.head.state, INCIDENT_MERGED);
    assert_int_equal(loser.head.merged_into, second);
    assert_int_equal(loser.tasks[0].state, TASK_WITHDRAWN);
    for (size_t i = 0; i < loser.clock_count; i++)
        assert_int_equal(loser.clocks[i].state, CLOCK_VOID);
    assert_int_equal(last_of(f, EFFECT_REVOKE)->peer, 11);
    assert_int_equal(survivor.head.state, INCIDENT_OPEN);
    assert_int_equal(survivor.head.received_ms, START_MS);
    assert_int_equal(survivor.head.severity, 2);
    assert_int_equal(clock_of(f, second, CLOCK_RESOLVE, 0).due_ms, promised.due_ms);
    const struct record *record = record_at(f, 0);
    assert_int_equal(record->change_count, 2);
    assert_int_equal(record->changes[0].prev, seq_first);
    assert_int_equal(record->changes[1].prev, seq_second);
    assert_int_equal(last_answer(f)->receipt.incident, first);
    assert_int_equal(core_counters(f->core).closed, 1);
    act_as(f, "desk.one", (struct act){.verb = ACT_MERGE, .incident = second, .into = first});
    assert_refused(f, REFUSAL_WRONG_STATE);
    act_as(f, "desk.one", (struct act){.verb = ACT_MERGE, .incident = second, .into = second});
    assert_refused(f, REFUSAL_BAD_VALUE);
}

/* --- to its end --- */

static void closing_withdraws_what_is_open(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "both");
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    say(f, "w1", WORD_RESPOND, id);
    act_as(f, "chief.one",
           (struct act){.verb = ACT_CLOSE, .incident = id, .outcome = OUTCOME_REFERRED, .to = "119", .reason = "119"});
    assert_done(f);
    struct row row = row_of(f, id);
    assert_int_equal(row.head.state, INCIDENT_CLOSED);
    assert_int_equal(row.head.outcome, OUTCOME_REFERRED);
    assert_string_equal(row.head.reason, "119");
    assert_int_equal(row.tasks[0].state, TASK_WITHDRAWN);
    assert_int_equal(row.tasks[1].state, TASK_WITHDRAWN);
    assert_int_equal(clock_of(f, id, CLOCK_RESOLVE, 0).state, CLOCK_MET); /* owed, and in time */
    assert_int_equal(clock_of(f, id, CLOCK_RESPOND, 1).state, CLOCK_MET);
    assert_int_equal(clock_of(f, id, CLOCK_FEEDBACK, 1).state, CLOCK_VOID);
    assert_int_equal(last_of(f, EFFECT_REVOKE)->peer, 11);
    say(f, "w1", WORD_FEEDBACK, id);
    assert_refused(f, REFUSAL_NOT_HOLDER);
}

static void whoever_handled_it_may_not_close_it(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "both");
    say_on_behalf(f, WORD_RESPOND, id, 1); /* Zhao, by the key of desk.one */
    struct act act = {.verb = ACT_CLOSE, .incident = id, .outcome = OUTCOME_EXPLAINED};
    act.person = "Zhao";
    act_as(f, "chief.one", act);
    assert_refused(f, REFUSAL_SAME_PERSON);
    act.person = NULL;
    act_as(f, "desk.one", act); /* nobody named: the principal decides */
    assert_refused(f, REFUSAL_SAME_PERSON);
    act.person = "Qian";
    act_as(f, "desk.one", act); /* another person at the same desk */
    assert_done(f);
}

static void rejecting_ends_with_the_first_respond(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    say_on_behalf(f, WORD_RESPOND, id, 1);
    act_as(f, "chief.one", act_for(f, ACT_REJECT, id));
    assert_refused(f, REFUSAL_WRONG_STATE);
    id = publish(f, "slow");
    act_as(f, "camera", act_for(f, ACT_WITHDRAW, id));
    assert_done(f);
    struct row row = row_of(f, id);
    assert_int_equal(row.head.state, INCIDENT_CANCELLED);
    assert_int_equal(row.head.outcome, OUTCOME_WITHDRAWN);
    assert_int_equal(record_at(f, 0)->kind, RECORD_WITHDRAWN);
    for (size_t i = 0; i < row.clock_count; i++)
        assert_int_equal(row.clocks[i].state, CLOCK_VOID);
}

static void ended_and_stored_incidents_leave_memory_and_come_back(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    act_as(f, "chief.one", act_for(f, ACT_CANCEL, id));
    uint64_t cursor = 0;
    struct row row;
    assert_true(core_next_dirty(f->core, &cursor, &f->arena, &row));
    core_flushed(f->core, id, row.seq);
    assert_false(core_has(f->core, id));
    assert_int_equal(core_dirty(f->core), 0);
    struct act again = act_for(f, ACT_CLOSE, id);
    struct command command = {.kind = COMMAND_ACT, .principal = "chief.one", .act = &again};
    assert_int_equal(core_wants(f->core, &command), id);
    core_load(f->core, &row);
    assert_int_equal(core_wants(f->core, &command), 0);
    act_as(f, "chief.one", again);
    assert_refused(f, REFUSAL_WRONG_STATE);
    offer(f); /* the turn's end */
    assert_false(core_has(f->core, id));
}

static void a_merge_wants_both_incidents(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow"), other = ident_pack(JOURNAL, 99);
    struct act act = {.verb = ACT_MERGE, .incident = id, .into = other};
    struct command command = {.kind = COMMAND_ACT, .principal = "desk.one", .act = &act};
    assert_int_equal(core_wants(f->core, &command), other);
    act.incident = other;
    act.into = id;
    assert_int_equal(core_wants(f->core, &command), other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_act),
        cmocka_unit_test_setup_teardown(a_refusal_names_the_state_and_what_is_possible, setup, teardown),
        cmocka_unit_test_setup_teardown(every_act_has_its_roles, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_repeated_act_gets_its_first_receipt, setup, teardown),
        cmocka_unit_test_setup_teardown(assigning_gives_an_owner_and_starts_its_clocks, setup, teardown),
        cmocka_unit_test_setup_teardown(an_incident_has_at_most_so_many_tasks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_transfer_takes_the_task_away_with_a_fresh_budget, setup, teardown),
        cmocka_unit_test_setup_teardown(the_centre_decides_until_no_task_is_returned, setup, teardown),
        cmocka_unit_test_setup_teardown(a_merge_keeps_the_earlier_promise, setup, teardown),
        cmocka_unit_test_setup_teardown(closing_withdraws_what_is_open, setup, teardown),
        cmocka_unit_test_setup_teardown(whoever_handled_it_may_not_close_it, setup, teardown),
        cmocka_unit_test_setup_teardown(rejecting_ends_with_the_first_respond, setup, teardown),
        cmocka_unit_test_setup_teardown(ended_and_stored_incidents_leave_memory_and_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_merge_wants_both_incidents, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
