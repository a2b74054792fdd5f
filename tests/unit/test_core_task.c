/* What a department may say of a task, and when; leases from offer to end; the centre on a unit's behalf. */
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

#define NOBODY REFUSAL_NOT_HOLDER
#define NOT    REFUSAL_WRONG_STATE
#define TOP    REFUSAL_NOBODY_ABOVE /* the unit is the whole city's; scenarios show it otherwise */

/* Whoever says it holds the task where its state can be held; elsewhere nobody does. Its checklist is empty. */
/* clang-format off */
static const int by_worker[WORD_END][TASK_STATE_END] = {
    /*                  -  queued  offered  responded  handling  suspended  done    returned  withdrawn  shelved  waiting */
    [WORD_RESPOND]   = {0, NOBODY, 0,       NOT,       NOT,      NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_ARRIVE]    = {0, NOBODY, NOT,     0,         0,        NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_HANDLE]    = {0, NOBODY, NOT,     0,         0,        NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_NOTE]      = {0, NOBODY, 0,       0,         0,        0,         NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_FEEDBACK]  = {0, NOBODY, NOT,     0,         0,        NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_RETURN]    = {0, NOBODY, 0,       0,         0,        NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_GIVE_BACK] = {0, NOBODY, 0,       NOT,       NOT,      NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_ASK]       = {0, NOBODY, 0,       0,         0,        NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_TICK]      = {0, NOBODY, NOT, REFUSAL_BAD_VALUE, REFUSAL_BAD_VALUE, NOT, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY},
    [WORD_DELEGATE]  = {0, NOBODY, 0,       0,         0,        NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_INFORM]    = {0, NOBODY, 0,       0,         0,        0,         NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_ACCOUNT]   = {0, NOBODY, NOT,     NOT,       NOT,      NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_REPORT_UP] = {0, NOBODY, TOP,     TOP,       TOP,      NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_SEND_DOWN] = {0, NOBODY, NOT,     NOT,       NOT,      NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
    [WORD_CONTACT]   = {0, NOBODY, NOT,     0,         0,        NOT,       NOBODY, NOBODY,   NOBODY,    NOBODY,  NOBODY},
};
static const int by_centre[WORD_END][TASK_STATE_END] = {
    /*                  -  queued  offered  responded  handling  suspended  done    returned  withdrawn  shelved  waiting */
    [WORD_RESPOND]   = {0, 0,      0,       NOT,       NOT,      NOT,       NOT,    NOT,      NOT,       0,  NOT},
    [WORD_ARRIVE]    = {0, NOT,    NOT,     0,         0,        NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_HANDLE]    = {0, NOT,    NOT,     0,         0,        NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_NOTE]      = {0, NOT,    0,       0,         0,        0,         NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_FEEDBACK]  = {0, NOT,    NOT,     0,         0,        NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_RETURN]    = {0, NOT,    0,       0,         0,        NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_GIVE_BACK] = {0, NOT,    NOT,     NOT,       NOT,      NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_ASK]       = {0, 0,      0,       0,         0,        NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_TICK]      = {0, NOT, NOT, REFUSAL_BAD_VALUE, REFUSAL_BAD_VALUE, NOT, NOT, NOT, NOT, NOT, NOT},
    [WORD_DELEGATE]  = {0, NOT,    0,       0,         0,        NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_INFORM]    = {0, 0,      0,       0,         0,        0,         NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_ACCOUNT]   = {0, NOT,    NOT,     NOT,       NOT,      NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_REPORT_UP] = {0, TOP,    TOP,     TOP,       TOP,      NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_SEND_DOWN] = {0, NOT,    NOT,     NOT,       NOT,      NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
    [WORD_CONTACT]   = {0, NOT,    NOT,     0,         0,        NOT,       NOT,    NOT,      NOT,       NOT,  NOT},
};
static const enum task_state after[WORD_END] = {
    [WORD_RESPOND] = TASK_RESPONDED, [WORD_ARRIVE] = TASK_HANDLING, [WORD_HANDLE] = TASK_HANDLING,
    [WORD_FEEDBACK] = TASK_DONE,     [WORD_RETURN] = TASK_RETURNED, [WORD_GIVE_BACK] = TASK_QUEUED,
    [WORD_DELEGATE] = TASK_QUEUED,
};
/* clang-format on */

static bool can_be_held(enum task_state state)
{
    return state == TASK_OFFERED || state == TASK_RESPONDED || state == TASK_HANDLING || state == TASK_SUSPENDED;
}

/* An open incident whose lead is in the state, with an assist still open, so that no feedback ends it. */
static uint64_t incident_with(struct fixture *f, enum task_state state)
{
    struct task tasks[2] = {{.no = 1, .epoch = 4, .role = TASK_LEAD, .state = state, .unit = "water"},
                            {.no = 2, .epoch = 1, .role = TASK_ASSIST, .state = TASK_QUEUED, .unit = "gas"}};
    if (can_be_held(state)) {
        tasks[0].principal = "water.dept";
        tasks[0].worker = "w1";
    }
    uint64_t id = ident_pack(JOURNAL, ++f->requests);
    struct row row = {
        .incident = id,
        .seq = 1,
        .head = {.state = INCIDENT_OPEN, .severity = 3, .type = "slow", .area = "620802", .opened_seq = 1},
        .tasks = tasks,
        .task_count = 2};
    core_load(f->core, &row);
    core_ready(f->core, f->now_ms);
    return id;
}

static void assert_cell(struct fixture *f, bool centre, enum task_state state, enum word_verb verb, int expected)
{
    core_set_sequence(f->core, 100);
    uint64_t id = incident_with(f, state);
    hello(f, "water.dept", "water", "w1", 11);
    if (centre)
        say_on_behalf(f, verb, id, 1);
    else
        say(f, "w1", verb, id);
    if ((int)answer(f) != expected)
        fail_msg("%s says %s of a task that is %s: %s, not %s", centre ? "the centre" : "a worker", word_name(verb),
                 task_state_name(state), refusal_text(answer(f)), refusal_text((enum refusal_code)expected));
    enum task_state now = task_of(f, id, 1).state;
    assert_int_equal(now, expected || !after[verb] ? state : after[verb]);
    if (!expected && after[verb] && verb != WORD_GIVE_BACK)
        assert_int_equal(task_of(f, id, 1).on_behalf, centre && verb != WORD_DELEGATE);
}

static void every_state_and_word(void **unused)
{
    (void)unused;
    for (enum task_state state = 1; state < TASK_STATE_END; state++) {
        for (enum word_verb verb = 1; verb < WORD_END; verb++) {
            if (!word_name(verb))
                continue;
            struct fixture *f = fixture_new();
            assert_cell(f, false, state, verb, by_worker[verb][state]);
            assert_cell(f, true, state, verb, by_centre[verb][state]);
            fixture_free(f);
        }
    }
}

static void a_refusal_names_the_state_and_what_is_possible(void **state)
{
    struct fixture *f = *state;
    uint64_t id = incident_with(f, TASK_OFFERED);
    say(f, "w1", WORD_FEEDBACK, id);
    assert_string_equal(
        last_answer(f)->refusal.reason,
        "task 1 is offered; possible is respond, note, return, give_back, ask, delegate, inform, account, "
        "report_up, send_down");
    id = incident_with(f, TASK_DONE);
    say_on_behalf(f, WORD_FEEDBACK, id, 1);
    assert_string_equal(last_answer(f)->refusal.reason, "task 1 is done; possible is nothing");
}

/* --- who, and how exactly --- */

static uint64_t offered(struct fixture *f)
{
    uint64_t id = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
    return id;
}

static void only_the_holder_speaks_by_the_current_epoch(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    struct word word = word_for(f, WORD_RESPOND, id, 1);
    say_as(f, "water.dept", "w2", word);
    assert_refused(f, REFUSAL_NOT_HOLDER);
    say_as(f, "all.dept", "w1", word); /* the same worker name of another principal */
    assert_refused(f, REFUSAL_NOT_HOLDER);
    word.epoch = 0;
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_STALE_EPOCH);
    word.epoch = 2;
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_STALE_EPOCH);
    word.epoch = 1;
    say_as(f, "camera", "w1", word);
    assert_refused(f, REFUSAL_FORBIDDEN);
    word.task = 7;
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_UNKNOWN_TASK);
    word.incident = ident_pack(JOURNAL, 777);
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_UNKNOWN_INCIDENT);
    word.incident = ident_pack(1, 1); /* another journal's */
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_UNKNOWN_INCIDENT);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
}

static void what_a_word_needs(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    say(f, "w1", WORD_RESPOND, id);
    struct word word = word_for(f, WORD_FEEDBACK, id, 1);
    word.outcome = 0;
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_MISSING_FIELD);
    assert_string_equal(last_answer(f)->refusal.field, "outcome");
    word = word_for(f, WORD_RETURN, id, 1);
    word.reason = "";
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_MISSING_FIELD);
    assert_string_equal(last_answer(f)->refusal.field, "reason");
    word = word_for(f, WORD_HANDLE, id, 1);
    word.request = "";
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_MISSING_FIELD);
    assert_string_equal(last_answer(f)->refusal.field, "request");
    word = word_for(f, WORD_END, id, 1);
    say_as(f, "water.dept", "w1", word);
    assert_refused(f, REFUSAL_BAD_VALUE);
    word = word_for(f, WORD_HANDLE, id, 1);
    word.on_behalf = "gas";
    say_as(f, "desk.one", NULL, word);
    assert_refused(f, REFUSAL_BAD_VALUE); /* it is with water */
    word.on_behalf = NULL;
    say_as(f, "desk.one", NULL, word);
    assert_refused(f, REFUSAL_MISSING_FIELD);
    word.on_behalf = "water";
    word.person = "";
    say_as(f, "desk.one", NULL, word);
    assert_refused(f, REFUSAL_MISSING_FIELD);
    assert_string_equal(last_answer(f)->refusal.field, "person");
}

static void a_repeated_word_gets_its_first_answer(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    struct word respond = word_for(f, WORD_RESPOND, id, 1), feedback = word_for(f, WORD_FEEDBACK, id, 1);
    respond.request = "r";
    feedback.request = "f";
    say_as(f, "water.dept", "w1", respond);
    uint64_t seq = last_answer(f)->receipt.seq;
    struct receipt first = last_answer(f)->receipt;
    step(f, (struct command){.kind = COMMAND_START, .principal = "", .start = {.term = first.term + 1}});
    pass(f, SECOND_MS);
    say_as(f, "water.dept", "w1", respond);
    assert_true(last_answer(f)->receipt.repeat);
    assert_int_equal(last_answer(f)->receipt.seq, seq);
    assert_int_equal(last_answer(f)->receipt.term, first.term);
    assert_int_equal(last_answer(f)->receipt.at_ms, first.at_ms);
    respond.text = "something else";
    say_as(f, "water.dept", "w1", respond);
    assert_refused(f, REFUSAL_ID_CONFLICT);
    say_as(f, "water.dept", "w1", feedback);
    seq = last_answer(f)->receipt.seq;
    assert_int_equal(state_of(f, id), INCIDENT_CLOSED);
    size_t records = f->outcome.record_count;
    say_as(f, "water.dept", "w1", feedback); /* nobody holds it any more; a retry is answered all the same */
    assert_true(last_answer(f)->receipt.repeat);
    assert_int_equal(last_answer(f)->receipt.seq, seq);
    assert_int_equal(f->outcome.record_count, records);
}

static void the_latest_words_are_kept(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    struct word notes[WORDS_KEPT + 1];
    for (size_t i = 0; i <= WORDS_KEPT; i++) {
        notes[i] = word_for(f, WORD_NOTE, id, 1);
        notes[i].request = arena_printf(&f->arena, "note %zu", i);
        say_as(f, "water.dept", "w1", notes[i]);
        assert_done(f);
    }
    assert_int_equal(row_of(f, id).word_count, WORDS_KEPT);
    say_as(f, "water.dept", "w1", notes[1]);
    assert_true(last_answer(f)->receipt.repeat);
    say_as(f, "water.dept", "w1", notes[0]); /* forgotten: said anew */
    assert_false(last_answer(f)->receipt.repeat);
}

/* Each speaks once; when too many have, only those who did may go on. */
static void who_had_a_hand_in_it_is_remembered_up_to_a_bound(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    say(f, "w1", WORD_RESPOND, id);
    for (size_t i = 0; i <= VOICES_MAX - TASKS_MAX; i++) {
        struct word word = word_for(f, WORD_HANDLE, id, 1);
        word.person = arena_printf(&f->arena, "person %zu", i);
        say_as(f, "water.dept", "w1", word);
        if (i < VOICES_MAX - TASKS_MAX)
            assert_done(f);
    }
    assert_refused(f, REFUSAL_TOO_MANY);
    say(f, "w1", WORD_HANDLE, id); /* "Li" */
    assert_done(f);
    struct row row = row_of(f, id);
    assert_int_equal(row.voice_count, VOICES_MAX - TASKS_MAX + 1);
    assert_string_equal(row.voices[0].person, "Li");
    assert_string_equal(row.voices[32].person, "person 31");
    assert_string_equal(row.tasks[0].spoke_person, "Li");
}

/* --- leases --- */

static void silence_before_respond_gives_it_to_a_colleague(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    pass(f, LEASE_MS - 1);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
    worker_ready(f, "water", "w2", 12, 1);
    pass(f, 1);
    struct task task = task_of(f, id, 1);
    assert_int_equal(task.state, TASK_QUEUED);
    assert_int_equal(task.lost, 1);
    assert_string_equal(task.last_worker, "w1");
    assert_int_equal(record_at(f, 0)->kind, RECORD_LEASE_ENDED);
    assert_int_equal(record_at(f, 0)->lease_end, LEASE_SILENT);
    offer(f);
    task = task_of(f, id, 1);
    assert_string_equal(task.worker, "w2");
    assert_int_equal(task.epoch, 2);
    struct word late = word_for(f, WORD_RESPOND, id, 1);
    late.epoch = 1;
    say_as(f, "water.dept", "w1", late);
    assert_refused(f, REFUSAL_NOT_HOLDER);
    say(f, "w2", WORD_RESPOND, id);
    assert_done(f);
    assert_int_equal(task_of(f, id, 1).lost, 0);
}

static void anything_heard_keeps_the_lease(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    for (int i = 0; i < 10; i++) {
        pass(f, LEASE_MS - 1);
        heard(f, "water.dept", "w1", 11);
    }
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
    for (int i = 0; i < 2; i++) {
        pass(f, LEASE_MS - 1);
        heard(f, "water.dept", "w1", 99); /* not its connection */
    }
    assert_int_equal(task_of(f, id, 1).state, TASK_QUEUED);
}

/* The broker stood still for longer than a lease: what was said meanwhile is read before anybody is called silent. */
static void a_stall_of_the_broker_silences_nobody_who_spoke(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    f->now_ms += 3 * LEASE_MS;
    tick(f);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
    heard(f, "water.dept", "w1", 11);
    hush(f);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
}

static void grace_ends_nothing_and_begins_everybodys_silence_anew(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    f->now_ms += 3 * LEASE_MS;
    step(f, (struct command){.kind = COMMAND_SILENCE, .principal = "", .silence = {.grace = true}});
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
    pass(f, LEASE_MS - 1);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
    pass(f, 1);
    assert_int_equal(task_of(f, id, 1).state, TASK_QUEUED);
}

static size_t deliveries_after(struct fixture *f, int32_t holding)
{
    heard_holding(f, "water.dept", "w1", 11, holding);
    offer(f);
    return count_effects(f, EFFECT_DELIVER);
}

static void a_lost_delivery_is_made_up_for(void **state)
{
    struct fixture *f = *state;
    offered(f);
    size_t delivered = count_effects(f, EFFECT_DELIVER);
    assert_int_equal(deliveries_after(f, 0), delivered); /* it may be on its way */
    assert_int_equal(deliveries_after(f, 0), delivered + 1);
    assert_int_equal(last_effect(f)->epoch, 1);
    assert_int_equal(deliveries_after(f, 0), delivered + 1); /* and so may that one */
    assert_int_equal(deliveries_after(f, 1), delivered + 1);
    assert_int_equal(deliveries_after(f, 0), delivered + 1);
    heard(f, "water.dept", "w1", 11);
    offer(f);
    assert_int_equal(count_effects(f, EFFECT_DELIVER), delivered + 1);
}

/* Whoever is busy comes to hold more with each heartbeat: that hides what was lost for so long only. */
static void a_lost_delivery_is_made_up_for_however_busy_its_worker_is(void **state)
{
    struct fixture *f = *state;
    enum { BEATS = 40 };
    worker_ready(f, "water", "w1", 11, BEATS + 1);
    publish(f, "slow"); /* its delivery is lost */
    offer(f);
    size_t again = 0;
    for (int32_t beat = 1; beat <= BEATS; beat++) {
        publish(f, "slow");
        offer(f);
        again = deliveries_after(f, beat) - (size_t)beat - 1;
    }
    assert_true(again > 0);
}

/* Who takes long to read what it was sent would only have the more to read. */
static void a_worker_that_reads_slowly_is_not_told_again(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 40 };
    for (int i = 0; i < MANY; i++)
        publish(f, "slow");
    worker_ready(f, "water", "w1", 11, MANY);
    offer(f);
    for (int32_t holding = 0; holding < MANY; holding += 4)
        assert_int_equal(deliveries_after(f, holding), MANY);
    assert_int_equal(deliveries_after(f, MANY - 4), MANY + MANY); /* and now it stands still */
}

/* As many as come back at once, it is no more in one turn than what is offered. */
static void what_is_delivered_again_comes_at_the_pace_of_offers(void **state)
{
    struct fixture *f = *state;
    enum { MANY = OFFERS_MAX };
    for (int i = 0; i < MANY; i++)
        publish(f, "slow");
    worker_ready(f, "water", "w1", 11, MANY);
    offer(f);
    assert_int_equal(count_effects(f, EFFECT_DELIVER), MANY);
    hello(f, "water.dept", "water", "w1", 12);
    assert_true(core_offers(f->core));
    offer(f);
    assert_int_equal(count_effects(f, EFFECT_DELIVER), MANY + OFFERS_MAX / 2);
    offer(f);
    assert_int_equal(count_effects(f, EFFECT_DELIVER), 2 * MANY);
    assert_false(core_offers(f->core));
}

static void hello_of_life(struct fixture *f, const char *worker, uint64_t life)
{
    step(f, (struct command){.kind = COMMAND_HELLO,
                             .principal = "water.dept",
                             .endpoint = 'W',
                             .unit = "water",
                             .worker = worker,
                             .peer = 11,
                             .hello = {life}});
    credit(f, "water.dept", worker, 11, 4);
    offer(f);
}

/* Its supervisor starts it anew at once, so it is never silent. */
static void a_task_that_kills_whoever_starts_it_is_shelved_however_soon_that_one_is_back(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow"), begun = publish(f, "slow");
    hello_of_life(f, "w1", 1);
    say(f, "w1", WORD_RESPOND, begun);
    hello_of_life(f, "w1", 1); /* a connection, not a life */
    assert_int_equal(task_of(f, id, 1).lost, 0);
    for (uint64_t life = 2; life < 2 + LOST_MAX; life++) {
        assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
        hello_of_life(f, "w1", life);
    }
    assert_int_equal(task_of(f, id, 1).state, TASK_SHELVED);
    assert_int_equal(task_of(f, begun, 1).state, TASK_RESPONDED); /* is still its own */
    assert_string_equal(task_of(f, begun, 1).worker, "w1");
}

static void a_silent_worker_goes_on_when_heard_again(void **state)
{
    struct fixture *f = *state;
    worker_ready(f, "water", "w1", 11, 2);
    pass(f, LEASE_MS);
    uint64_t id = publish(f, "slow");
    offer(f);
    assert_int_equal(task_of(f, id, 1).state, TASK_QUEUED);
    heard(f, "water.dept", "w1", 11);
    offer(f);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
    assert_true(core_next_due(f->core) == f->now_ms + LEASE_MS);
}

static void silence_after_respond_is_resumed_by_a_colleague(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    say(f, "w1", WORD_RESPOND, id);
    struct clock handle = clock_of(f, id, CLOCK_HANDLE, 1);
    pass(f, LEASE_MS);
    struct task task = task_of(f, id, 1);
    assert_int_equal(task.state, TASK_RESPONDED);
    assert_string_equal(task.worker, "");
    assert_int_equal(task.lost, 1);
    worker_ready(f, "water", "w2", 12, 1);
    offer(f);
    task = task_of(f, id, 1);
    assert_int_equal(task.state, TASK_RESPONDED);
    assert_string_equal(task.worker, "w2");
    assert_int_equal(task.epoch, 2);
    assert_true(last_effect(f)->resume);
    assert_int_equal(clock_of(f, id, CLOCK_HANDLE, 1).due_ms, handle.due_ms);
    say(f, "w2", WORD_FEEDBACK, id);
    assert_int_equal(state_of(f, id), INCIDENT_CLOSED);
}

/* The next worker takes it up and falls silent. */
static void take_and_die(struct fixture *f, const char *worker, uint64_t peer)
{
    worker_ready(f, "water", worker, peer, 1);
    offer(f);
    pass(f, LEASE_MS);
}

static void a_task_that_kills_whoever_resumes_it_is_shelved(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    say(f, "w1", WORD_RESPOND, id);
    pass(f, LEASE_MS);
    take_and_die(f, "w2", 12);
    assert_int_equal(task_of(f, id, 1).lost, 2);
    worker_ready(f, "water", "w3", 13, 1);
    offer(f);
    say(f, "w3", WORD_NOTE, id); /* a sign of life */
    assert_int_equal(task_of(f, id, 1).lost, 0);
    pass(f, LEASE_MS);
    take_and_die(f, "w4", 14);
    assert_int_equal(task_of(f, id, 1).state, TASK_RESPONDED);
    take_and_die(f, "w5", 15);
    assert_int_equal(task_of(f, id, 1).state, TASK_SHELVED);
    assert_int_equal(record_at(f, 0)->kind, RECORD_SHELVED);
    act_as(f, "desk.one", (struct act){.verb = ACT_RELEASE, .incident = id});
    assert_int_equal(task_of(f, id, 1).state, TASK_QUEUED);
    assert_int_equal(task_of(f, id, 1).lost, 0);
}

static void a_connection_is_one_worker(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    hello(f, "water.dept", "water", "other", 11);
    struct task task = task_of(f, id, 1);
    assert_int_equal(task.state, TASK_QUEUED);
    assert_int_equal(task.lost, 0);
    assert_int_equal(record_at(f, 0)->lease_end, LEASE_LEFT);
    struct unit_load *loads;
    assert_int_equal(core_workers(f->core, &f->arena, &loads), 1);
    hello(f, "water.dept", "water", "other", 11); /* again: it is that worker already */
    assert_int_equal(core_workers(f->core, &f->arena, &loads), 1);
}

static void lost_too_often_is_shelved_where_people_see_it(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 9);
    for (int i = 0; i < LOST_MAX; i++) {
        assert_int_equal(task_of(f, id, 1).state, TASK_QUEUED);
        offer(f);
        say(f, "w1", WORD_GIVE_BACK, id);
        assert_done(f);
    }
    struct overview overview;
    core_overview(f->core, f->now_ms, &f->arena, &overview);
    assert_int_equal(overview.shelved, 1);
    assert_int_equal(task_of(f, id, 1).state, TASK_SHELVED);
    assert_int_equal(record_at(f, 0)->kind, RECORD_SHELVED);
    offer(f);
    assert_int_equal(task_of(f, id, 1).state, TASK_SHELVED);
    act_as(f, "desk.one", (struct act){.verb = ACT_RELEASE, .incident = id});
    offer(f);
    struct task task = task_of(f, id, 1);
    assert_int_equal(task.state, TASK_OFFERED);
    assert_int_equal(task.lost, 0);
}

static void restarts_do_not_count_as_lost(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    struct row row = row_of(f, id);
    struct fixture *after_restart = fixture_new();
    after_restart->now_ms = f->now_ms + DAY_MS;
    core_load(after_restart->core, &row);
    core_set_sequence(after_restart->core, row.seq);
    core_ready(after_restart->core, after_restart->now_ms);
    pass(after_restart, LEASE_MS - 1);
    assert_int_equal(task_of(after_restart, id, 1).state, TASK_OFFERED);
    hello(after_restart, "water.dept", "water", "w1", 21);
    offer(after_restart);
    assert_int_equal(last_effect(after_restart)->kind, EFFECT_DELIVER); /* again, by the same epoch */
    assert_int_equal(last_effect(after_restart)->epoch, 1);
    assert_int_equal(last_effect(after_restart)->peer, 21);
    say(after_restart, "w1", WORD_RESPOND, id);
    assert_done(after_restart);
    assert_int_equal(task_of(after_restart, id, 1).lost, 0);
    fixture_free(after_restart);
}

static void a_name_that_says_hello_again_takes_over_its_leases(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    hello(f, "water.dept", "water", "w1", 12);
    offer(f);
    assert_int_equal(last_effect(f)->kind, EFFECT_DELIVER);
    assert_int_equal(last_effect(f)->peer, 12);
    assert_int_equal(last_effect(f)->epoch, 1);
    publish(f, "slow");
    size_t offers = count_records(f, RECORD_OFFERED);
    offer(f); /* credit is granted anew after hello */
    assert_int_equal(count_records(f, RECORD_OFFERED), offers);
    credit(f, "water.dept", "w1", 11, 5); /* the old connection speaks for nobody */
    assert_refused(f, REFUSAL_HELLO_FIRST);
    credit(f, "water.dept", "w1", 12, 5);
    offer(f);
    assert_int_equal(count_records(f, RECORD_OFFERED), offers + 1);
    assert_int_equal(task_of(f, id, 1).state, TASK_OFFERED);
}

static void a_draining_worker_keeps_only_what_it_responded_to(void **state)
{
    struct fixture *f = *state;
    uint64_t first = publish(f, "slow"), second = publish(f, "slow"), third = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 2);
    offer(f);
    say(f, "w1", WORD_RESPOND, first);
    bye(f, "water.dept", "w1", 11, true);
    assert_int_equal(task_of(f, first, 1).state, TASK_RESPONDED);
    assert_string_equal(task_of(f, first, 1).worker, "w1");
    assert_int_equal(task_of(f, second, 1).state, TASK_QUEUED);
    assert_int_equal(task_of(f, second, 1).lost, 0);
    assert_int_equal(record_at(f, 0)->lease_end, LEASE_DRAINED);
    credit(f, "water.dept", "w1", 11, 5);
    offer(f);
    assert_int_equal(task_of(f, third, 1).state, TASK_QUEUED);
    say(f, "w1", WORD_HANDLE, first);
    assert_done(f);
    bye(f, "water.dept", "w1", 11, false);
    assert_int_equal(record_at(f, 0)->lease_end, LEASE_LEFT);
    assert_int_equal(task_of(f, first, 1).state, TASK_HANDLING);
    assert_string_equal(task_of(f, first, 1).worker, "");
    assert_true(core_next_due(f->core) > f->now_ms + LEASE_MS);
}

static void draining_gives_back_all_tasks_of_one_incident(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "both");
    act_as(f, "desk.one", (struct act){.verb = ACT_TRANSFER, .incident = id, .task = 2, .unit = "water"});
    worker_ready(f, "water", "w1", 11, 5);
    publish(f, "slow");
    offer(f);
    assert_int_equal(count_records(f, RECORD_OFFERED), 3);
    bye(f, "water.dept", "w1", 11, true);
    assert_int_equal(count_records(f, RECORD_LEASE_ENDED), 3);
}

static void hello_is_for_members_of_the_unit(void **state)
{
    struct fixture *f = *state;
    hello(f, "water.dept", "gas", "w1", 11);
    assert_refused(f, REFUSAL_OUT_OF_SCOPE);
    hello(f, "camera", "water", "w1", 11);
    assert_refused(f, REFUSAL_FORBIDDEN);
    hello(f, "water.dept", "", "w1", 11);
    assert_refused(f, REFUSAL_MISSING_FIELD);
    hello(f, "water.dept", "water", NULL, 11);
    assert_refused(f, REFUSAL_MISSING_FIELD);
    char name[ID_MAX_BYTES + 2];
    memset(name, 'w', sizeof name - 1);
    name[sizeof name - 1] = 0;
    hello(f, "water.dept", "water", name, 11);
    assert_refused(f, REFUSAL_TOO_LONG);
    struct unit_load *workers;
    assert_int_equal(core_workers(f->core, &f->arena, &workers), 0);
}

static void there_are_so_many_workers_and_the_longest_silent_makes_room(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < WORKERS_MAX; i++) {
        hello(f, "water.dept", "water", arena_printf(&f->arena, "w%d", i), 100 + (uint64_t)i);
        f->now_ms += i < 2;
    }
    assert_int_equal(f->outcome.effect_count, 0);
    hello(f, "water.dept", "water", "late", 11);
    assert_refused(f, REFUSAL_TOO_MANY);
    pass(f, LEASE_MS - 2); /* w0 falls silent */
    hello(f, "water.dept", "water", "late", 11);
    struct unit_load *workers;
    assert_int_equal(core_workers(f->core, &f->arena, &workers), WORKERS_MAX);
    credit(f, "water.dept", "w0", 100, 1);
    assert_refused(f, REFUSAL_HELLO_FIRST); /* forgotten */
    credit(f, "water.dept", "late", 11, 1);
    publish(f, "slow");
    offer(f);
    assert_int_equal(last_effect(f)->peer, 11);
}

static void a_worker_that_changes_its_unit_leaves_its_tasks(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    hello(f, "all.dept", "water", "w1", 11);
    credit(f, "all.dept", "w1", 11, 1);
    offer(f);
    assert_string_equal(task_of(f, id, 1).worker, "w1");
    hello(f, "all.dept", "gas", "w1", 11);
    assert_int_equal(task_of(f, id, 1).state, TASK_QUEUED);
    credit(f, "all.dept", "w1", 11, 1);
    offer(f);
    assert_int_equal(task_of(f, id, 1).state, TASK_QUEUED);
}

/* --- the order of offers --- */

static uint64_t publish_severe(struct fixture *f, const char *type, int severity)
{
    struct event event = {
        .id = arena_printf(&f->arena, "e%llu", (unsigned long long)++f->requests), .type = type, .severity = severity};
    publish_event(f, "camera", &event, "620802");
    return last_answer(f)->receipt.incident;
}

static void the_queue_is_by_severity_respond_due_and_order(void **state)
{
    struct fixture *f = *state;
    uint64_t late = publish_severe(f, "slow", 3), same = publish_severe(f, "slow", 3);
    uint64_t urgent = publish_severe(f, "urgent", 3), severe = publish_severe(f, "slow", 1);
    uint64_t incidents[9];
    uint32_t tasks[9];
    assert_int_equal(core_queue(f->core, "water", incidents, tasks, 9), 4);
    const uint64_t expected[] = {severe, urgent, late, same};
    assert_memory_equal(incidents, expected, sizeof expected);
    assert_int_equal(core_queue(f->core, "water", incidents, tasks, 2), 2);
    assert_memory_equal(incidents, expected, 2 * sizeof expected[0]);
    assert_int_equal(core_queue(f->core, "nothing", incidents, tasks, 9), 0);
    worker_ready(f, "water", "w1", 11, 4);
    offer(f);
    size_t delivered = 0;
    for (size_t i = 0; i < f->outcome.effect_count; i++) {
        if (f->outcome.effects[i].kind == EFFECT_DELIVER)
            assert_true(f->outcome.effects[i].incident == expected[delivered++]);
    }
    assert_int_equal(delivered, 4);
}

static void a_long_queue_is_told_in_order(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 300 };
    static uint64_t incidents[MANY];
    static uint32_t tasks[MANY];
    for (int i = 0; i < MANY; i++) {
        publish_severe(f, i % 3 ? "slow" : "urgent", 1 + i * 7 % 4);
        f->now_ms += i * 37 % 11;
    }
    assert_int_equal(core_queue(f->core, "water", incidents, tasks, MANY), MANY);
    int last_severity = 0;
    int64_t last_due_ms = 0;
    for (int i = 0; i < MANY; i++) {
        int severity = row_of(f, incidents[i]).head.severity;
        int64_t due_ms = clock_of(f, incidents[i], CLOCK_RESPOND, 1).due_ms;
        assert_true(severity > last_severity || (severity == last_severity && due_ms >= last_due_ms));
        last_severity = severity;
        last_due_ms = due_ms;
    }
}

static void offers_go_round_and_use_up_credit(void **state)
{
    struct fixture *f = *state;
    uint64_t ids[6];
    for (int i = 0; i < 6; i++)
        ids[i] = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 3);
    worker_ready(f, "water", "w2", 12, 2);
    offer(f);
    const char *const expected[] = {"w1", "w2", "w1", "w2", "w1", ""};
    for (int i = 0; i < 6; i++)
        assert_string_equal(task_of(f, ids[i], 1).worker, expected[i]);
    offer(f);
    assert_int_equal(count_records(f, RECORD_OFFERED), 5);
    credit(f, "water.dept", "w2", 12, 1);
    offer(f);
    assert_string_equal(task_of(f, ids[5], 1).worker, "w2");
}

static void whoever_lost_it_last_is_asked_last(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    worker_ready(f, "water", "w1", 11, 1);
    offer(f);
    say(f, "w1", WORD_GIVE_BACK, id);
    credit(f, "water.dept", "w1", 11, 1); /* next in turn */
    worker_ready(f, "water", "w2", 12, 1);
    offer(f);
    assert_string_equal(task_of(f, id, 1).worker, "w2");
    say(f, "w2", WORD_GIVE_BACK, id);
    bye(f, "water.dept", "w1", 11, false);
    credit(f, "water.dept", "w2", 12, 1);
    offer(f);
    assert_string_equal(task_of(f, id, 1).worker, "w2"); /* nobody else is there */
}

static void a_resume_goes_before_everything_queued(void **state)
{
    struct fixture *f = *state;
    uint64_t begun = offered(f);
    say(f, "w1", WORD_RESPOND, begun);
    bye(f, "water.dept", "w1", 11, false);
    uint64_t severe = publish_severe(f, "urgent", 1);
    worker_ready(f, "water", "w2", 12, 1);
    offer(f);
    assert_string_equal(task_of(f, begun, 1).worker, "w2");
    assert_int_equal(task_of(f, severe, 1).state, TASK_QUEUED);
}

static void a_turn_offers_only_so_much_and_no_unit_starves(void **state)
{
    struct fixture *f = *state;
    uint64_t gas = 0;
    for (int i = 0; i < OFFERS_MAX + 5; i++)
        gas = publish(f, "slow");
    act_as(f, "desk.one", (struct act){.verb = ACT_TRANSFER, .incident = gas, .unit = "gas"});
    worker_ready(f, "water", "w1", 11, CREDIT_MAX);
    worker_ready(f, "gas", "g1", 12, 1);
    offer(f);
    assert_int_equal(count_records(f, RECORD_OFFERED), OFFERS_MAX);
    assert_int_equal(task_of(f, gas, 1).state, TASK_OFFERED);
    offer(f);
    assert_int_equal(count_records(f, RECORD_OFFERED), OFFERS_MAX + 5);
}

static void credit_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct unit_load *workers;
    worker_ready(f, "water", "w1", 11, UINT32_MAX);
    credit(f, "water.dept", "w1", 11, UINT32_MAX);
    assert_int_equal(core_workers(f->core, &f->arena, &workers), 1);
    assert_int_equal(workers[0].credit, CREDIT_MAX);
    assert_string_equal(workers[0].unit, "water");
    assert_string_equal(workers[0].name, "w1");
}

/* --- on behalf --- */

static void the_centre_speaks_for_a_unit_without_workers(void **state)
{
    struct fixture *f = *state;
    uint64_t id = publish(f, "slow");
    say_on_behalf(f, WORD_RESPOND, id, 1);
    assert_done(f);
    const struct record *record = record_at(f, 0);
    assert_string_equal(record->on_behalf, "water");
    assert_string_equal(record->person, "Zhao");
    assert_string_equal(record->principal, "desk.one");
    worker_ready(f, "water", "w1", 11, 5);
    offer(f);
    assert_string_equal(task_of(f, id, 1).worker, ""); /* the centre speaks for the unit now */
    act_as(f, "desk.one", (struct act){.verb = ACT_RELEASE, .incident = id});
    assert_done(f);
    offer(f);
    assert_string_equal(task_of(f, id, 1).worker, "w1");
    assert_true(last_effect(f)->resume);
}

static void the_centre_takes_a_task_out_of_a_workers_hands(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    say_on_behalf(f, WORD_RESPOND, id, 1);
    assert_done(f);
    const struct effect *revoke = last_of(f, EFFECT_REVOKE);
    assert_non_null(revoke);
    assert_int_equal(revoke->peer, 11);
    assert_int_equal(revoke->incident, id);
    assert_int_equal(revoke->epoch, 1);
    say(f, "w1", WORD_HANDLE, id);
    assert_refused(f, REFUSAL_NOT_HOLDER);
    say_on_behalf(f, WORD_FEEDBACK, id, 1);
    assert_int_equal(state_of(f, id), INCIDENT_CLOSED);
    assert_string_equal(task_of(f, id, 1).spoke_person, "Zhao");
}

static void a_return_waits_for_the_centre_on_its_own_clock(void **state)
{
    struct fixture *f = *state;
    uint64_t id = offered(f);
    pass(f, 10 * SECOND_MS);
    say(f, "w1", WORD_RETURN, id);
    assert_done(f);
    struct task task = task_of(f, id, 1);
    assert_int_equal(task.state, TASK_RETURNED);
    assert_string_equal(task.reason, "not_ours");
    assert_int_equal(task.epoch, 2);
    struct clock respond = clock_of(f, id, CLOCK_RESPOND, 1);
    assert_int_equal(respond.state, CLOCK_PAUSED);
    assert_int_equal(respond.consumed_ms, 10 * SECOND_MS);
    assert_int_equal(clock_of(f, id, CLOCK_RESOLVE, 0).state, CLOCK_RUNNING);
    struct clock decide = clock_of(f, id, CLOCK_RETURN_DECIDE, 0);
    assert_int_equal(decide.state, CLOCK_RUNNING);
    assert_int_equal(decide.started_ms, f->now_ms);
    pass(f, MINUTE_MS);
    act_as(f, "desk.one", (struct act){.verb = ACT_RELEASE, .incident = id}); /* refused: theirs after all */
    respond = clock_of(f, id, CLOCK_RESPOND, 1);
    assert_int_equal(respond.state, CLOCK_RUNNING);
    assert_int_equal(respond.due_ms, f->now_ms + 2 * HOUR_MS - 10 * SECOND_MS);
    assert_int_equal(clock_of(f, id, CLOCK_RETURN_DECIDE, 0).state, CLOCK_MET);
    assert_int_equal(task_of(f, id, 1).state, TASK_QUEUED);
    assert_int_equal(task_of(f, id, 1).epoch, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_word),
        cmocka_unit_test_setup_teardown(a_refusal_names_the_state_and_what_is_possible, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_holder_speaks_by_the_current_epoch, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_word_needs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_repeated_word_gets_its_first_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(the_latest_words_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(who_had_a_hand_in_it_is_remembered_up_to_a_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_before_respond_gives_it_to_a_colleague, setup, teardown),
        cmocka_unit_test_setup_teardown(anything_heard_keeps_the_lease, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_delivery_is_made_up_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_worker_that_reads_slowly_is_not_told_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_delivery_is_made_up_for_however_busy_its_worker_is, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_delivered_again_comes_at_the_pace_of_offers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_task_that_kills_whoever_starts_it_is_shelved_however_soon_that_one_is_back,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_stall_of_the_broker_silences_nobody_who_spoke, setup, teardown),
        cmocka_unit_test_setup_teardown(grace_ends_nothing_and_begins_everybodys_silence_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_worker_goes_on_when_heard_again, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_after_respond_is_resumed_by_a_colleague, setup, teardown),
        cmocka_unit_test_setup_teardown(a_task_that_kills_whoever_resumes_it_is_shelved, setup, teardown),
        cmocka_unit_test_setup_teardown(a_connection_is_one_worker, setup, teardown),
        cmocka_unit_test_setup_teardown(lost_too_often_is_shelved_where_people_see_it, setup, teardown),
        cmocka_unit_test_setup_teardown(restarts_do_not_count_as_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_that_says_hello_again_takes_over_its_leases, setup, teardown),
        cmocka_unit_test_setup_teardown(a_draining_worker_keeps_only_what_it_responded_to, setup, teardown),
        cmocka_unit_test_setup_teardown(draining_gives_back_all_tasks_of_one_incident, setup, teardown),
        cmocka_unit_test_setup_teardown(hello_is_for_members_of_the_unit, setup, teardown),
        cmocka_unit_test_setup_teardown(there_are_so_many_workers_and_the_longest_silent_makes_room, setup, teardown),
        cmocka_unit_test_setup_teardown(a_worker_that_changes_its_unit_leaves_its_tasks, setup, teardown),
        cmocka_unit_test_setup_teardown(the_queue_is_by_severity_respond_due_and_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_queue_is_told_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(offers_go_round_and_use_up_credit, setup, teardown),
        cmocka_unit_test_setup_teardown(whoever_lost_it_last_is_asked_last, setup, teardown),
        cmocka_unit_test_setup_teardown(a_resume_goes_before_everything_queued, setup, teardown),
        cmocka_unit_test_setup_teardown(a_turn_offers_only_so_much_and_no_unit_starves, setup, teardown),
        cmocka_unit_test_setup_teardown(credit_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(the_centre_speaks_for_a_unit_without_workers, setup, teardown),
        cmocka_unit_test_setup_teardown(the_centre_takes_a_task_out_of_a_workers_hands, setup, teardown),
        cmocka_unit_test_setup_teardown(a_return_waits_for_the_centre_on_its_own_clock, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
