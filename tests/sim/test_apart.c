/* Department A (fire) can neither see nor touch what is department B's (police): by every act, word, question, message and
 * feed that there is. Each has a row in a table below; one that is new and has none fails the test, so that nobody adds a way
 * and forgets to close it. What A is refused of B's incident it is refused in the same words of one that never was; each
 * refusal is counted in the trail; and nothing that A was ever sent names B or what B said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/core/core.h"
#include "broker/core/right.h"
#include "schemas/ident.h"
#include "tests/sim/world.h"

#define START_MS INT64_C(1790000000000)
#define NOWHERE  UINT64_C(0x123456) /* the number of an incident that never was */
#define AREA     "620899001001"
#define TURNS    8

/* --- who speaks --- */

enum seat { HOTLINE, CHIEF, B_WORKER, A_WORKER, A_DESK, A_FEED, A_SOURCE, SEATS };

static const struct {
    const char *principal;
    char endpoint;
    const char *unit;
} seats[SEATS] = {
    [HOTLINE] = {"hotline", 'P', NULL}, [CHIEF] = {"chief", 'C', NULL}, [B_WORKER] = {"police", 'W', "police"},
    [A_WORKER] = {"fire", 'W', "fire"}, [A_DESK] = {"fire", 'C', NULL}, [A_FEED] = {"fire", 'F', NULL},
    [A_SOURCE] = {"fire", 'P', NULL},
};

/* --- what A may get of it: nothing; by which refusal --- */

struct expected {
    bool listed;
    enum refusal_code code; /* 0: an answer, without anything of B's */
};
#define NO(code)                                                                                                       \
    {                                                                                                                  \
        true, code                                                                                                     \
    }
#define EMPTY                                                                                                          \
    {                                                                                                                  \
        true, 0                                                                                                        \
    }

/* clang-format off */
static const struct expected acts[ACT_END] = {
    [ACT_ASSIGN] = NO(REFUSAL_FORBIDDEN), [ACT_TRANSFER] = NO(REFUSAL_FORBIDDEN), [ACT_MERGE] = NO(REFUSAL_FORBIDDEN),
    [ACT_CLOSE] = NO(REFUSAL_FORBIDDEN), [ACT_CANCEL] = NO(REFUSAL_FORBIDDEN), [ACT_REJECT] = NO(REFUSAL_FORBIDDEN),
    [ACT_RELEASE] = NO(REFUSAL_FORBIDDEN), [ACT_VERIFY] = NO(REFUSAL_FORBIDDEN), [ACT_WITHDRAW] = NO(REFUSAL_FORBIDDEN),
    [ACT_ASK] = NO(REFUSAL_FORBIDDEN), [ACT_DECIDE] = NO(REFUSAL_FORBIDDEN), [ACT_RESUME] = NO(REFUSAL_FORBIDDEN),
    [ACT_UNDO] = NO(REFUSAL_FORBIDDEN), [ACT_WHISTLE] = NO(REFUSAL_FORBIDDEN), [ACT_DISMISS] = NO(REFUSAL_FORBIDDEN),
    [ACT_PLAN] = NO(REFUSAL_FORBIDDEN), [ACT_URGE] = NO(REFUSAL_FORBIDDEN), [ACT_SUPERVISE] = NO(REFUSAL_FORBIDDEN),
    [ACT_CHARGE] = NO(REFUSAL_FORBIDDEN), [ACT_ACCOUNT] = NO(REFUSAL_FORBIDDEN), [ACT_INFORM] = NO(REFUSAL_FORBIDDEN),
    [ACT_RECLASSIFY] = NO(REFUSAL_FORBIDDEN), [ACT_ANSWER] = NO(REFUSAL_FORBIDDEN), [ACT_CONFIRM] = NO(REFUSAL_FORBIDDEN),
    [ACT_CALLBACK] = NO(REFUSAL_FORBIDDEN), [ACT_REOPEN] = NO(REFUSAL_FORBIDDEN), [ACT_EXCLUDE] = NO(REFUSAL_FORBIDDEN),
    [ACT_CLAIM] = NO(REFUSAL_FORBIDDEN), [ACT_UNCLAIM] = NO(REFUSAL_FORBIDDEN), [ACT_REPORT_UP] = NO(REFUSAL_FORBIDDEN),
    [ACT_SEND_DOWN] = NO(REFUSAL_FORBIDDEN), [ACT_ATTRIBUTE] = NO(REFUSAL_FORBIDDEN), [ACT_REVEAL] = NO(REFUSAL_FORBIDDEN),
    [ACT_SEEK_IDENTITY] = NO(REFUSAL_FORBIDDEN), [ACT_GRANT_IDENTITY] = NO(REFUSAL_FORBIDDEN),
    [ACT_OPEN_IDENTITY] = NO(REFUSAL_FORBIDDEN),
    [ACT_APPEAL] = NO(REFUSAL_UNKNOWN_INCIDENT), /* a department's own verb, in what it has a task of */
    /* beside incidents */
    [ACT_DUTY_DONE] = NO(REFUSAL_UNKNOWN_DUTY), /* there is none here */
    [ACT_LIST_AREA] = NO(REFUSAL_FORBIDDEN), [ACT_DELIST_AREA] = NO(REFUSAL_FORBIDDEN),
    [ACT_COMMIT_EXERCISE] = NO(REFUSAL_FORBIDDEN), [ACT_SAMPLE] = NO(REFUSAL_FORBIDDEN),
    [ACT_HAND_OVER] = NO(REFUSAL_FORBIDDEN), [ACT_TAKE_OVER] = NO(REFUSAL_FORBIDDEN),
};

/* On B's incident; on B's task of an incident in which A has one too: as on a task that is not there. */
static const struct expected words[WORD_END] = {
    [WORD_RESPOND] = NO(REFUSAL_UNKNOWN_INCIDENT), [WORD_ARRIVE] = NO(REFUSAL_UNKNOWN_INCIDENT),
    [WORD_HANDLE] = NO(REFUSAL_UNKNOWN_INCIDENT), [WORD_NOTE] = NO(REFUSAL_UNKNOWN_INCIDENT),
    [WORD_FEEDBACK] = NO(REFUSAL_UNKNOWN_INCIDENT), [WORD_RETURN] = NO(REFUSAL_UNKNOWN_INCIDENT),
    [WORD_GIVE_BACK] = NO(REFUSAL_UNKNOWN_INCIDENT), [WORD_ASK] = NO(REFUSAL_UNKNOWN_INCIDENT),
    [WORD_TICK] = NO(REFUSAL_UNKNOWN_INCIDENT), [WORD_DELEGATE] = NO(REFUSAL_UNKNOWN_INCIDENT),
    [WORD_INFORM] = NO(REFUSAL_UNKNOWN_INCIDENT), [WORD_ACCOUNT] = NO(REFUSAL_UNKNOWN_INCIDENT),
    [WORD_REPORT_UP] = NO(REFUSAL_UNKNOWN_INCIDENT), [WORD_SEND_DOWN] = NO(REFUSAL_UNKNOWN_INCIDENT),
    [WORD_CONTACT] = NO(REFUSAL_UNKNOWN_INCIDENT),
};

#define QUERY_KINDS_MAX 32
static const struct expected queries[QUERY_KINDS_MAX] = {
    [QUERY_LIST] = EMPTY, [QUERY_SHOW] = NO(REFUSAL_UNKNOWN_INCIDENT), [QUERY_QUEUE] = EMPTY,
    [QUERY_OVERVIEW] = NO(REFUSAL_FORBIDDEN), [QUERY_EXPLAIN] = NO(REFUSAL_FORBIDDEN),
    [QUERY_WORKERS] = NO(REFUSAL_FORBIDDEN), [QUERY_BESIDE] = EMPTY,
};
/* clang-format on */

struct test;
static void try_hello(struct test *);
static void try_publish(struct test *);
static void try_status(struct test *);
static void try_notices(struct test *);
static void try_acknowledge(struct test *);
static void try_words(struct test *);
static void try_acts(struct test *);
static void try_queries(struct test *);
static void try_reload(struct test *);
static void try_backup(struct test *);
static void subscribed(struct test *);
static void says_nothing_of_any(struct test *);

#define MESSAGE_KINDS_MAX 64
static void (*const messages[MESSAGE_KINDS_MAX])(struct test *) = {
    [MESSAGE_HELLO] = try_hello,
    [MESSAGE_HEARTBEAT] = says_nothing_of_any,
    [MESSAGE_BYE] = says_nothing_of_any,
    [MESSAGE_PUBLISH] = try_publish,
    [MESSAGE_STATUS] = try_status,
    [MESSAGE_ACKNOWLEDGE] = try_acknowledge,
    [MESSAGE_CREDIT] = try_notices,
    [MESSAGE_WORD] = try_words,
    [MESSAGE_ACT] = try_acts,
    [MESSAGE_QUERY] = try_queries,
    [MESSAGE_RELOAD] = try_reload,
    [MESSAGE_BACKUP] = try_backup,
    [MESSAGE_SUBSCRIBE] = subscribed,
};

/* --- the world --- */

struct test {
    struct world w;
    struct arena arena;
    uint64_t tag, asked;            /* asked: the tag that an answer is awaited for */
    struct message answer;          /* to what was asked last */
    struct message held[SEATS];     /* the task that a worker was given last */
    size_t entries;                 /* that A's feed got */
    uint64_t theirs, shared, moved; /* incidents: B's; both have a task in it; A had it, B has it */
    char names[2][IDENT_TEXT_BYTES];
    unsigned refused[REFUSAL_END]; /* what A was refused, by code */
    unsigned recorded[REFUSAL_END];
};

static bool is_a(size_t seat)
{
    return seat >= A_WORKER;
}

/* Nothing of it names B, what B said, or an incident of B's. */
static void hold_silence(const struct test *t, const struct message *message)
{
    const char *const never[] = {"SECRET", "\"police\"", "\"u-police\"", *t->names[0] ? t->names[0] : "SECRET",
                                 *t->names[1] ? t->names[1] : "SECRET"};
    struct buffer text = {0};
    wire_json(message, &text);
    buffer_append(&text, "", 1);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (strstr((const char *)text.data, never[i]))
            fail_msg("A was told of %s: %s", never[i], (const char *)text.data);
    buffer_release(&text);
}

static void hear(struct test *t, size_t seat, const struct message *message)
{
    if (message->kind == MESSAGE_TASK)
        t->held[seat] = *message;
    if (t->asked && message->tag == t->asked) {
        t->answer = *message;
        t->asked = 0;
    }
    if (!is_a(seat))
        return;
    hold_silence(t, message);
    t->entries += message->kind == MESSAGE_ENTRY && message->entry.record;
    if (message->kind == MESSAGE_REFUSAL)
        t->refused[message->refusal.code]++;
}

static void turns(struct test *t, int count)
{
    struct message message;
    for (; count > 0; count--) {
        assert_true(world_turn(&t->w));
        for (size_t seat = 0; seat < SEATS; seat++)
            while (network_receive(&t->w.network, seat, &t->arena, &message))
                hear(t, seat, &message);
    }
}

/* Says it, and waits for the answer, if it gets one. */
static const struct message *say(struct test *t, enum seat seat, struct message message)
{
    message.tag = t->asked = ++t->tag;
    memset(&t->answer, 0, sizeof t->answer);
    network_send(&t->w.network, seat, &message);
    turns(t, 2);
    for (int i = 0; i < TURNS && t->asked; i++)
        turns(t, 1);
    t->asked = 0;
    return &t->answer;
}

static void greet(struct test *t, enum seat seat)
{
    struct message hello = {.kind = MESSAGE_HELLO}, credit = {.kind = MESSAGE_CREDIT, .credit = {10}};
    hello.hello = (struct hello){
        .version = WIRE_VERSION, .client = "test", .unit = seats[seat].unit, .worker = seats[seat].unit ? "w" : NULL};
    t->w.network.principals[seat] = seats[seat].principal;
    t->w.network.endpoints[seat] = seats[seat].endpoint;
    assert_int_equal(say(t, seat, hello)->kind, MESSAGE_WELCOME);
    if (seats[seat].unit)
        say(t, seat, credit);
}

static void subscribe(struct test *t)
{
    struct message message = {.kind = MESSAGE_SUBSCRIBE};
    message.subscribe.cursor = "";
    message.subscribe.credit = 4000;
    network_send(&t->w.network, A_FEED, &message);
    turns(t, 2);
}

/* --- B at work --- */

static uint64_t publish(struct test *t, const char *id, const char *type, const char *text)
{
    struct message message = {.kind = MESSAGE_PUBLISH};
    message.publish = (struct event){.id = id, .type = type, .text = text, .nature = NATURE_HELP};
    message.publish.place.area = AREA;
    const struct message *answer = say(t, HOTLINE, message);
    assert_int_equal(answer->kind, MESSAGE_RECEIPT);
    return answer->receipt.incident;
}

/* Whoever did it is on record: by which key, and who. */
static void hold_actor(struct test *t, enum seat seat, const struct message *said, uint64_t seq)
{
    struct record record;
    assert_int_equal(store_get_record(t->w.turn.store, seq, &t->arena, &record), 0);
    assert_string_equal(record.principal, seats[seat].principal);
    assert_string_equal(record.request, said->kind == MESSAGE_ACT ? said->act.request : said->word.request);
    assert_string_equal(record.person, said->kind == MESSAGE_ACT ? said->act.person : said->word.person);
}

static void must(struct test *t, enum seat seat, struct message message)
{
    const struct message *answer = say(t, seat, message);
    if (answer->kind != MESSAGE_RECEIPT)
        fail_msg("%s was refused: %s", seats[seat].principal, answer->refusal.reason);
    hold_actor(t, seat, &message, answer->receipt.seq);
}

static struct message a_word(struct test *t, enum word_verb verb, uint64_t incident, uint32_t task, uint32_t epoch)
{
    struct message message = {.kind = MESSAGE_WORD};
    message.word = (struct word){.request = arena_printf(&t->arena, "w%llu", (unsigned long long)t->tag),
                                 .verb = verb,
                                 .incident = incident,
                                 .task = task,
                                 .epoch = epoch,
                                 .person = "张三",
                                 .outcome = OUTCOME_RESOLVED,
                                 .reason = "SECRET",
                                 .text = "SECRET",
                                 .kind = ASK_EXTEND,
                                 .span_ms = 60000,
                                 .until_ms = t->w.now_ms + 60000,
                                 .unit = "u",
                                 .condition_met = true,
                                 .to = "x",
                                 .item = 1};
    return message;
}

static void b_says(struct test *t, enum word_verb verb, uint64_t incident)
{
    const struct delivery *held = &t->held[B_WORKER].task;
    assert_true(held->incident == incident);
    must(t, B_WORKER, a_word(t, verb, incident, held->task.no, held->task.epoch));
}

static struct message an_act(struct test *t, enum act_verb verb, uint64_t incident, uint32_t task)
{
    static const char *const units[] = {"fire"};
    struct message message = {.kind = MESSAGE_ACT};
    message.act = (struct act){.request = arena_printf(&t->arena, "a%llu", (unsigned long long)t->tag),
                               .verb = verb,
                               .incident = incident,
                               .task = task,
                               .into = NOWHERE,
                               .unit = "fire",
                               .person = "李四",
                               .outcome = OUTCOME_RESOLVED,
                               .passed = true,
                               .reason = "SECRET",
                               .text = "SECRET",
                               .units = units,
                               .unit_count = 1,
                               .kind = ASK_PARK,
                               .until_ms = t->w.now_ms + 60000,
                               .span_ms = 60000,
                               .about = "fire",
                               .type = "1.01",
                               .name = "x",
                               .target = "x",
                               .area = AREA,
                               .colour = RUNG_RED,
                               .to = "x",
                               .post = "x",
                               .from_ms = 1,
                               .count = 1};
    return message;
}

static void b_works(struct test *t)
{
    t->theirs = publish(t, "b-1", "8", "SECRET");
    ident_format(t->theirs, t->names[0]);
    b_says(t, WORD_RESPOND, t->theirs);
    b_says(t, WORD_NOTE, t->theirs);
    b_says(t, WORD_ASK, t->theirs);
    must(t, CHIEF, an_act(t, ACT_SUPERVISE, t->theirs, 0));
    t->shared = publish(t, "ab-1", "6", "both");
    b_says(t, WORD_RESPOND, t->shared);
    b_says(t, WORD_NOTE, t->shared);
    b_says(t, WORD_ASK, t->shared);
    must(t, CHIEF, an_act(t, ACT_URGE, t->shared, t->held[B_WORKER].task.task.no));
}

/* A had it; what B says of it afterwards A does not hear. */
static void b_takes_over(struct test *t)
{
    t->moved = publish(t, "a-1", "1.01", "fire");
    struct message transfer = an_act(t, ACT_TRANSFER, t->moved, 1);
    transfer.act.unit = "police";
    transfer.act.reason = transfer.act.text = "";
    must(t, CHIEF, transfer);
    ident_format(t->moved, t->names[1]);
    b_says(t, WORD_RESPOND, t->moved);
    b_says(t, WORD_NOTE, t->moved);
}

/* --- A tries --- */

static void hold(const char *what, const char *name, const struct message *answer, const struct expected *expected)
{
    if (!expected->listed)
        fail_msg("%s %s has no row here: may A see or touch what is B's by it?", what, name);
    if (expected->code && (answer->kind != MESSAGE_REFUSAL || answer->refusal.code != expected->code))
        fail_msg("%s %s: %s (%s %s)", what, name, message_name(answer->kind),
                 answer->kind == MESSAGE_REFUSAL ? refusal_name(answer->refusal.code) : "",
                 answer->kind == MESSAGE_REFUSAL ? answer->refusal.reason : "");
    if (!expected->code && answer->kind != MESSAGE_ANSWER)
        fail_msg("%s %s: %s", what, name, message_name(answer->kind));
}

/* Each time as something new. */
static void aim(struct test *t, struct message *message, uint64_t incident)
{
    const char *request = arena_printf(&t->arena, "r%llu", (unsigned long long)t->tag);
    if (message->kind == MESSAGE_WORD) {
        message->word.incident = incident;
        message->word.request = request;
    } else if (message->kind == MESSAGE_ACT) {
        message->act.incident = incident;
        message->act.request = request;
    } else {
        message->query.incident = incident;
    }
}

/* It must be refused in the same words of an incident that never was. */
static void hold_same(struct test *t, const char *what, const char *name, enum seat seat, struct message message,
                      const struct expected *expected)
{
    const uint64_t incidents[] = {t->theirs, t->moved, NOWHERE};
    const char *reason = NULL;
    for (size_t i = 0; i < 3; i++) {
        aim(t, &message, incidents[i]);
        const struct message *answer = say(t, seat, message);
        hold(what, name, answer, expected);
        if (answer->kind != MESSAGE_REFUSAL)
            continue;
        if (reason && strcmp(reason, answer->refusal.reason) != 0)
            fail_msg("%s %s tells B's from nothing: \"%s\", \"%s\"", what, name, reason, answer->refusal.reason);
        reason = answer->refusal.reason;
    }
}

static void try_acts(struct test *t)
{
    for (enum act_verb verb = 1; verb < ACT_END; verb++)
        if (act_name(verb))
            hold_same(t, "act", act_name(verb), A_DESK, an_act(t, verb, 0, 1), &acts[verb]);
}

/* B's task of the incident that is A's too, and one that is not there. */
static void try_word_on_shared(struct test *t, enum word_verb verb)
{
    static const struct expected expected = NO(REFUSAL_UNKNOWN_TASK);
    for (uint32_t task = 2; task <= 9; task += 7)
        hold("word on a colleague's task", word_name(verb), say(t, A_WORKER, a_word(t, verb, t->shared, task, 1)),
             &expected);
}

static void try_words(struct test *t)
{
    static const struct expected on_behalf = NO(REFUSAL_FORBIDDEN);
    for (enum word_verb verb = 1; verb < WORD_END; verb++) {
        if (!word_name(verb))
            continue;
        struct message word = a_word(t, verb, 0, 1, 2);
        hold_same(t, "word", word_name(verb), A_WORKER, word, &words[verb]);
        try_word_on_shared(t, verb);
        word.word.on_behalf = "fire";
        hold_same(t, "word on behalf", word_name(verb), A_DESK, word, &on_behalf);
    }
}

static void try_queries(struct test *t)
{
    struct message query = {.kind = MESSAGE_QUERY};
#define TRY_QUERY(v, N, n)                                                                                             \
    assert_true((v) < QUERY_KINDS_MAX);                                                                                \
    query.query = (struct query){.kind = QUERY_##N, .cursor = "", .unit = QUERY_##N == QUERY_QUEUE ? "police" : NULL}; \
    hold_same(t, "query", #n, A_DESK, query, &queries[v]);
    QUERIES(TRY_QUERY)
    query.query = (struct query){.kind = QUERY_SHOW, .cursor = "", .incident = t->shared}; /* its own part */
    const struct message *answer = say(t, A_DESK, query);
    assert_int_equal(answer->kind, MESSAGE_ANSWER);
    assert_int_equal(answer->answer.row_count, 1);
    assert_int_equal(answer->answer.rows[0].task_count, 1);
}

static void must_not(struct test *t, enum seat seat, struct message message, enum refusal_code code)
{
    const struct expected expected = NO(code);
    hold("message", message_name(message.kind), say(t, seat, message), &expected);
}

static void try_hello(struct test *t)
{
    struct message hello = {.kind = MESSAGE_HELLO};
    hello.hello = (struct hello){.version = WIRE_VERSION, .client = "test", .unit = "police", .worker = "w"};
    must_not(t, A_WORKER, hello, REFUSAL_OUT_OF_SCOPE);
}

static void try_publish(struct test *t)
{
    struct message message = {.kind = MESSAGE_PUBLISH};
    message.publish = (struct event){.id = "x", .type = "8"};
    message.publish.place.area = AREA;
    must_not(t, A_SOURCE, message, REFUSAL_FORBIDDEN);
}

static void try_status(struct test *t)
{
    struct message message = {.kind = MESSAGE_STATUS};
    message.status.event_id = "b-1";
    must_not(t, A_SOURCE, message, REFUSAL_FORBIDDEN);
    message.status.event_id = "";
    message.status.incident = t->theirs;
    must_not(t, A_DESK, message, REFUSAL_FORBIDDEN);
}

static void try_notices(struct test *t)
{
    must_not(t, A_SOURCE, (struct message){.kind = MESSAGE_CREDIT, .credit = {10}}, REFUSAL_FORBIDDEN);
}

static void try_acknowledge(struct test *t)
{
    must_not(t, A_SOURCE, (struct message){.kind = MESSAGE_ACKNOWLEDGE, .acknowledge = {1}}, REFUSAL_FORBIDDEN);
}

static void try_reload(struct test *t)
{
    struct message message = {.kind = MESSAGE_RELOAD};
    message.reload.request = "x";
    must_not(t, A_DESK, message, REFUSAL_FORBIDDEN);
}

static void try_backup(struct test *t)
{
    struct message message = {.kind = MESSAGE_BACKUP};
    message.backup.request = message.backup.path = "/tmp/x";
    must_not(t, A_DESK, message, REFUSAL_FORBIDDEN);
}

/* It has been since the start, and is anew: what it gets is looked at as all else. */
static void subscribed(struct test *t)
{
    assert_true(t->entries > 0);
    subscribe(t);
}

static void says_nothing_of_any(struct test *t)
{
    (void)t;
}

/* --- what is promised --- */

static int add_recorded(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct test *t = arg;
    (void)bytes;
    (void)size_bytes;
    if (record->kind == RECORD_REFUSED && strcmp(record->principal, "fire") == 0)
        t->recorded[record->refusal] += record->count;
    return 0;
}

static uint64_t last_of(struct test *t, uint64_t incident)
{
    struct row row;
    assert_true(core_row(t->w.turn.core, incident, &t->arena, &row));
    return row.seq;
}

static void hold_records(struct test *t)
{
    t->w.now_ms += 61000; /* the minute in which the rest was counted is over */
    turns(t, 2);
    store_read(t->w.turn.store, 0, &t->arena, add_recorded, t);
    static const enum refusal_code of_rights[] = {REFUSAL_FORBIDDEN, REFUSAL_OUT_OF_SCOPE, REFUSAL_UNKNOWN_INCIDENT,
                                                  REFUSAL_UNKNOWN_TASK};
    for (size_t i = 0; i < sizeof of_rights / sizeof *of_rights; i++) {
        assert_true(t->refused[of_rights[i]] > 0);
        if (t->recorded[of_rights[i]] != t->refused[of_rights[i]])
            fail_msg("refused as %s %u times, in the trail %u times", refusal_name(of_rights[i]),
                     t->refused[of_rights[i]], t->recorded[of_rights[i]]);
    }
}

static void a_department_neither_sees_nor_touches_what_is_anothers(void **state)
{
    struct test *t = *state;
    b_works(t);
    b_takes_over(t);
    uint64_t before[] = {last_of(t, t->theirs), last_of(t, t->moved), last_of(t, t->shared)};
#define TRY_MESSAGE(v, N, n, e)                                                                                        \
    assert_true((v) < MESSAGE_KINDS_MAX);                                                                              \
    if (*(e) != '-' && !messages[v])                                                                                   \
        fail_msg("message %s has no row here: may A see or touch what is B's by it?", #n);                             \
    if (*(e) != '-')                                                                                                   \
        messages[v](t);
    MESSAGES(TRY_MESSAGE)
    turns(t, TURNS);
    assert_true(last_of(t, t->theirs) == before[0]);
    assert_true(last_of(t, t->moved) == before[1]);
    assert_true(last_of(t, t->shared) == before[2]);
    assert_true(t->held[A_WORKER].task.incident != t->theirs);
    hold_records(t);
}

/* What a principal may is its roles' and nothing else: one without any may nothing. */
static void nobody_may_anything_unless_told_so(void **state)
{
    (void)state;
    struct principal none = {.name = "none"};
    for (enum right right = 0; right < RIGHT_COUNT; right++)
        assert_false(right_has(&none, right));
    assert_false(right_unit(&none, "fire"));
}

static int setup(void **state)
{
    static struct test test;
    struct world_options options = {.seed = 1, .start_ms = START_MS, .config_folder = "tests/system/city"};
    memset(&test, 0, sizeof test);
    arena_init(&test.arena);
    if (!world_open(&test.w, &options))
        fail_msg("%s", test.w.fault);
    for (enum seat seat = 0; seat < SEATS; seat++)
        greet(&test, seat);
    subscribe(&test);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *t = *state;
    world_close(&t->w);
    arena_release(&t->arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_department_neither_sees_nor_touches_what_is_anothers, setup, teardown),
        cmocka_unit_test(nobody_may_anything_unless_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
