/* libbihuan's promises to sources and departments, against a broker that answers by script. */
#include "fake_broker.h"

#include <poll.h>
#include <time.h>

#include "schemas/ident.h"
#include "workers/bihuan.h"

static uint64_t incident_no(uint64_t number)
{
    return ident_pack(620802, number);
}

static struct bh_event event_with(const char *id)
{
    struct bh_event event = {0};
    event.id = id;
    event.type = "0101";
    return event;
}

/* --- sources --- */

/* Sources: a receipt for each; type "bad" is refused; type "mute" is never answered. */
static int source_script(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind == MESSAGE_QUERY) {
        out[0] = (struct message){.kind = MESSAGE_ANSWER, .tag = in->tag};
        out[0].answer = (struct answer){.kind = in->query.kind, .cursor = "next"};
        return 1;
    }
    if (in->kind == MESSAGE_STATUS) {
        out[0] = fake_receipt(in->tag, in->status.incident ? in->status.incident : incident_no(5));
        return 1;
    }
    if (in->kind != MESSAGE_PUBLISH)
        return fake_manners(fake, in, out);
    if (strcmp(in->publish.type, "mute") == 0)
        return 0;
    out[0] = strcmp(in->publish.type, "bad") == 0 ? fake_refusal(in->tag, REFUSAL_UNKNOWN_TYPE, 0)
                                                  : fake_receipt(in->tag, incident_no(123));
    out[0].receipt.repeat = out[0].kind == MESSAGE_RECEIPT && fake->heard[MESSAGE_PUBLISH] > 1;
    return 1;
}

struct source {
    struct fake fake;
    struct bh *bh;
};

static void open_source(struct source *source, uint32_t in_flight_max)
{
    char fault[BH_FAULT_BYTES];
    fake_place(&source->fake, "publish", source_script);
    fake_start(&source->fake);
    struct bh_options options = {.broker = source->fake.base, .in_flight_max = in_flight_max};
    assert_int_equal(bh_open(&options, &source->bh, fault), BH_OK);
}

static void close_source(struct source *source)
{
    bh_close(source->bh);
    fake_stop(&source->fake);
    fake_remove(&source->fake);
    assert_int_equal(source->fake.heard[0], 0);
}

static void publishes_and_waits_for_the_receipt(void **state)
{
    (void)state;
    struct source source;
    struct bh_result result;
    char expected[IDENT_TEXT_BYTES];
    struct bh_event event = event_with("e1");
    ident_format(incident_no(123), expected);
    open_source(&source, 0);
    assert_int_equal(bh_publish(source.bh, &event, 5000, &result), BH_OK);
    assert_string_equal(result.receipt.incident, expected);
    assert_int_equal(result.receipt.journal, 620802);
    assert_int_equal(result.receipt.sequence, 7);
    assert_false(result.receipt.repeat);
    assert_int_equal(bh_publish(source.bh, &event, 5000, &result), BH_OK);
    assert_true(result.receipt.repeat);
    event.type = "bad";
    assert_int_equal(bh_publish(source.bh, &event, 5000, &result), BH_REFUSED);
    assert_string_equal(result.refusal.name, "unknown_type");
    assert_string_equal(result.refusal.reason, "because");
    event.type = "mute";
    assert_int_equal(bh_publish(source.bh, &event, 200, &result), BH_UNKNOWN);
    assert_int_equal(bh_publish(source.bh, &event, 200, NULL), BH_UNKNOWN);
    assert_int_equal(bh_in_flight(source.bh), 0);
    close_source(&source);
}

static void nonsense_is_not_sent(void **state)
{
    (void)state;
    struct source source;
    struct bh_result result;
    struct bh_event good = event_with("e1"), bad;
    open_source(&source, 0);
#define REFUSED_HERE(set, expected)                                                                                    \
    bad = good;                                                                                                        \
    bad.set;                                                                                                           \
    assert_int_equal(bh_publish(source.bh, &bad, 1000, &result), BH_BAD_ARGUMENT);                                     \
    assert_string_equal(result.refusal.field, expected);                                                               \
    assert_int_equal(bh_publish_start(source.bh, &bad, 1000, NULL, NULL), BH_BAD_ARGUMENT)
    REFUSED_HERE(id = NULL, "id");
    REFUSED_HERE(id = "", "id");
    REFUSED_HERE(type = NULL, "type");
    REFUSED_HERE(nature = "anger", "nature");
    REFUSED_HERE(coordinate_system = "gps", "coordinate_system");
    REFUSED_HERE(done = "fixed", "done");
    REFUSED_HERE(severity = -1, "severity");
    REFUSED_HERE(severity = 5, "severity");
    REFUSED_HERE(severity = 257, "severity"); /* would be 1 in a byte */
    REFUSED_HERE(attachment_count = 17, "attachments");
    assert_int_equal(source.fake.heard[MESSAGE_PUBLISH], 0);
    close_source(&source);
}

struct counts {
    struct bh *bh;
    int done, receipts, refusals, unknown, chained;
};

static void count(void *arg, const struct bh_result *result)
{
    struct counts *counts = arg;
    counts->done++;
    counts->receipts += result->error == BH_OK;
    counts->refusals += result->error == BH_REFUSED;
    counts->unknown += result->error == BH_UNKNOWN;
}

static void count_and_chain(void *arg, const struct bh_result *result)
{
    struct counts *counts = arg;
    struct bh_event event = event_with("chained");
    count(arg, result);
    if (counts->chained-- > 0)
        assert_int_equal(bh_publish_start(counts->bh, &event, 5000, count_and_chain, arg), BH_OK);
}

static void pipelines(void **state)
{
    (void)state;
    struct source source;
    struct counts counts = {0};
    int refused_for_room = 0;
    open_source(&source, 64);
    for (int i = 0; i < 1000; i++) {
        char id[16];
        snprintf(id, sizeof(id), "e%d", i);
        struct bh_event event = event_with(id);
        event.type = i % 10 ? "0101" : "bad";
        int error;
        while ((error = bh_publish_start(source.bh, &event, 20000, count, &counts)) == BH_AGAIN) {
            refused_for_room++;
            assert_int_equal(bh_in_flight(source.bh), 64);
            assert_true(bh_poll(source.bh, 20000) > 0);
        }
        assert_int_equal(error, BH_OK);
    }
    while (bh_in_flight(source.bh))
        assert_true(bh_poll(source.bh, 20000) > 0);
    assert_int_equal(counts.done, 1000);
    assert_int_equal(counts.refusals, 100);
    assert_int_equal(counts.receipts, 900);
    assert_true(refused_for_room > 0);
    close_source(&source);
}

static void callbacks_may_start_more_and_end_with_their_time(void **state)
{
    (void)state;
    struct source source;
    struct counts counts = {.chained = 5};
    struct bh_event event = event_with("first"), mute = event_with("mute");
    mute.type = "mute";
    open_source(&source, 2);
    counts.bh = source.bh;
    assert_int_equal(bh_publish_start(source.bh, &event, 5000, count_and_chain, &counts), BH_OK);
    while (bh_in_flight(source.bh))
        bh_poll(source.bh, 5000);
    assert_int_equal(counts.receipts, 6);
    assert_int_equal(bh_publish_start(source.bh, &mute, 150, count, &counts), BH_OK);
    assert_int_equal(bh_poll(source.bh, 5000), 1);
    assert_int_equal(counts.unknown, 1);
    /* What is still in flight at the end is not called back. */
    assert_int_equal(bh_publish_start(source.bh, &mute, 5000, count, &counts), BH_OK);
    close_source(&source);
    assert_int_equal(counts.done, 7);
}

static void can_be_polled_from_outside(void **state)
{
    (void)state;
    struct source source;
    struct counts counts = {0};
    struct bh_event event = event_with("e1");
    open_source(&source, 0);
    assert_int_equal(bh_publish_start(source.bh, &event, 5000, count, &counts), BH_OK);
    struct pollfd wake = {.fd = bh_fd(source.bh), .events = POLLIN};
    for (int turns = 0; !counts.done && turns < 100; turns++) {
        while (bh_poll(source.bh, 0))
            ;
        if (!counts.done)
            poll(&wake, 1, bh_timeout_ms(source.bh));
    }
    assert_int_equal(counts.receipts, 1);
    close_source(&source);
}

static void queries_answer_in_json(void **state)
{
    (void)state;
    struct source source;
    struct bh_result result;
    char *json = NULL;
    struct bh_query query = {.kind = BH_LIST, .state = "open"};
    open_source(&source, 0);
    assert_int_equal(bh_query_json(source.bh, &query, 5000, &json, NULL), BH_OK);
    assert_int_equal(json[0], '{');
    assert_non_null(strstr(json, "\"next\""));
    bh_free(json);
    query = (struct bh_query){.kind = BH_STATUS, .event_id = "e1"};
    assert_int_equal(bh_query_json(source.bh, &query, 5000, &json, NULL), BH_OK);
    assert_non_null(strstr(json, "620802-000005-"));
    bh_free(json);
    query = (struct bh_query){.kind = BH_LIST, .state = "lost"};
    assert_int_equal(bh_query_json(source.bh, &query, 5000, &json, &result), BH_BAD_ARGUMENT);
    assert_string_equal(result.refusal.field, "state");
    query = (struct bh_query){.kind = BH_SHOW, .incident = "620802-000005-?"};
    assert_int_equal(bh_query_json(source.bh, &query, 5000, &json, &result), BH_BAD_ARGUMENT);
    query = (struct bh_query){.kind = BH_STATUS};
    assert_int_equal(bh_query_json(source.bh, &query, 5000, &json, &result), BH_BAD_ARGUMENT);
    query = (struct bh_query){.kind = (enum bh_query_kind)99};
    assert_int_equal(bh_query_json(source.bh, &query, 5000, &json, NULL), BH_BAD_ARGUMENT);
    close_source(&source);
}

static void every_error_has_a_sentence(void **state)
{
    (void)state;
    char fault[BH_FAULT_BYTES] = "";
    struct bh *bh = NULL;
    struct bh_options options = {.broker = "nowhere"};
    for (int error = BH_OK; error <= BH_NO_TASK; error++)
        assert_true(strlen(bh_strerror(error)) > 3);
    assert_string_equal(bh_strerror(-1), "unknown error");
    assert_string_equal(bh_strerror(BH_NO_TASK + 1), "unknown error");
    assert_int_equal(bh_open(&options, &bh, fault), BH_BAD_OPTION);
    assert_non_null(strstr(fault, "nowhere"));
    assert_null(bh);
    bh_close(NULL);
    bh_work_close(NULL);
    bh_free(NULL);
}

/* --- departments --- */

/* What the department script does; set by each test before it starts. */
static struct {
    int offer; /* tasks to offer for credit, in all */
    int offered;
    bool twice;               /* each delivery comes twice */
    enum refusal_code refuse; /* every word */
    int mute;                 /* words to lose */
    bool refuse_hello;
    bool with_revoke; /* revoke each task when a note is said of it, with the note's receipt */
} plan;

static struct message delivery(uint64_t number, uint32_t epoch, enum task_state task_state)
{
    static const struct event event = {.id = "e", .type = "0101", .text = "井盖缺失", .place = {.address = "东关街"}};
    static const struct clock clocks[] = {{.kind = CLOCK_RESPOND, .task = 1, .state = CLOCK_RUNNING, .due_ms = 61000}};
    struct message message = {.kind = MESSAGE_TASK};
    message.task = (struct delivery){.incident = incident_no(number),
                                     .task = {.no = 1, .epoch = epoch, .state = task_state, .unit = "u1"},
                                     .head = {.state = INCIDENT_OPEN, .type = "0101", .area = "620802", .severity = 2},
                                     .event = &event,
                                     .clocks = clocks,
                                     .clock_count = 1};
    return message;
}

static int offer_tasks(struct fake *fake, struct message *out)
{
    int n = 0;
    while (fake->credit > 0 && plan.offered < plan.offer && n < FAKE_ANSWERS_MAX - 1) {
        out[n++] = delivery((uint64_t)++plan.offered, 1, TASK_OFFERED);
        if (plan.twice)
            out[n++] = delivery((uint64_t)plan.offered, 1, TASK_OFFERED);
        fake->credit--;
    }
    return n;
}

static int answer_word(const struct message *in, struct message *out)
{
    if (plan.mute-- > 0)
        return 0;
    out[0] = plan.refuse ? fake_refusal(in->tag, plan.refuse, 0) : fake_receipt(in->tag, in->word.incident);
    if (!plan.with_revoke || in->word.verb != WORD_NOTE)
        return 1;
    out[1] = (struct message){.kind = MESSAGE_REVOKE};
    out[1].revoke = (struct revoke){in->word.incident, in->word.task, in->word.epoch, "transferred"};
    return 2;
}

static int department_script(struct fake *fake, const struct message *in, struct message *out)
{
    if (in->kind == MESSAGE_HELLO && plan.refuse_hello) {
        out[0] = fake_refusal(in->tag, REFUSAL_OUT_OF_SCOPE, 0);
        return 1;
    }
    if (in->kind == MESSAGE_WORD)
        return answer_word(in, out);
    int n = fake_manners(fake, in, out);
    return n + (in->kind == MESSAGE_CREDIT ? offer_tasks(fake, out + n) : 0);
}

struct department {
    struct fake fake;
    struct bh_work *work;
};

static void open_department(struct department *department, uint32_t credit)
{
    char fault[BH_FAULT_BYTES];
    fake_place(&department->fake, "work", department_script);
    fake_start(&department->fake);
    struct bh_work_options options = {.unit = "u1", .worker = "w1", .credit = credit};
    options.connection.broker = department->fake.base;
    assert_int_equal(bh_work_open(&options, &department->work, fault), BH_OK);
}

static void close_department(struct department *department)
{
    bh_work_close(department->work);
    fake_stop(&department->fake);
    fake_remove(&department->fake);
    assert_int_equal(department->fake.heard[0], 0);
    memset(&plan, 0, sizeof(plan));
}

static int no_plan(void **state)
{
    (void)state;
    memset(&plan, 0, sizeof(plan));
    return 0;
}

static int utter(struct bh_work *work, struct bh_task *task, enum bh_verb verb)
{
    struct bh_word word = {.verb = verb, .outcome = verb == BH_FEEDBACK ? "resolved" : NULL};
    word.reason = verb == BH_RETURN ? "not_ours" : NULL;
    return bh_say(work, task, &word, 5000, NULL);
}

static void a_task_comes_whole_and_ends_with_feedback(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task, *none;
    plan.offer = 2;
    open_department(&d, 1);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_string_equal(task->unit, "u1");
    assert_string_equal(task->type, "0101");
    assert_string_equal(task->area, "620802");
    assert_string_equal(task->address, "东关街");
    assert_string_equal(task->text, "井盖缺失");
    assert_int_equal(task->severity, 2);
    assert_int_equal(task->respond_due_ms, 61000);
    assert_int_equal(task->feedback_due_ms, 0);
    assert_false(task->resume || task->responded || task->revoked);
    assert_int_equal(task->json[0], '{');
    assert_non_null(strstr(task->json, "井盖缺失"));
    assert_null(strchr(task->json, '\n'));
    /* One credit: the second task waits until the first has ended. */
    assert_int_equal(bh_work_next(d.work, 150, &none), BH_AGAIN);
    assert_int_equal(utter(d.work, task, BH_RESPOND), BH_OK);
    assert_true(task->responded);
    assert_int_equal(utter(d.work, task, BH_FEEDBACK), BH_OK);
    assert_int_equal(utter(d.work, task, BH_NOTE), BH_NO_TASK);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_int_equal(bh_work_held(d.work), 1);
    close_department(&d);
}

static void a_repeated_delivery_is_one_task(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task;
    plan.offer = 3;
    plan.twice = true;
    open_department(&d, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_int_equal(bh_work_next(d.work, 200, &task), BH_AGAIN);
    assert_int_equal(bh_work_held(d.work), 3);
    close_department(&d);
}

static void heartbeats_tell_what_is_held(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task;
    char fault[BH_FAULT_BYTES];
    fake_place(&d.fake, "work", department_script);
    d.fake.heartbeat_ms = 50;
    plan.offer = 2;
    fake_start(&d.fake);
    struct bh_work_options options = {.unit = "u1", .credit = 2, .connection.broker = d.fake.base};
    assert_int_equal(bh_work_open(&options, &d.work, fault), BH_OK);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_int_equal(bh_work_next(d.work, 300, &task), BH_AGAIN);
    assert_int_equal(d.fake.holding, 2);
    close_department(&d);
}

static void words_are_checked(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task;
    struct bh_word word = {0};
    plan.offer = 1;
    open_department(&d, 1);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_int_equal(bh_say(d.work, task, &word, 1000, NULL), BH_BAD_ARGUMENT);
    word.verb = BH_FEEDBACK;
    assert_int_equal(bh_say(d.work, task, &word, 1000, NULL), BH_BAD_ARGUMENT);
    word.outcome = "fixed";
    assert_int_equal(bh_say(d.work, task, &word, 1000, NULL), BH_BAD_ARGUMENT);
    word = (struct bh_word){.verb = BH_RETURN};
    assert_int_equal(bh_say(d.work, task, &word, 1000, NULL), BH_BAD_ARGUMENT);
    word.verb = (enum bh_verb)42;
    assert_int_equal(bh_say(d.work, task, &word, 1000, NULL), BH_BAD_ARGUMENT);
    assert_int_equal(d.fake.heard[MESSAGE_WORD], 0);
    close_department(&d);
}

static void a_lost_word_is_said_again_with_the_same_request(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task;
    char first[80];
    plan.offer = 1;
    plan.mute = 1;
    open_department(&d, 1);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    struct bh_word word = {.verb = BH_RESPOND};
    assert_int_equal(bh_say(d.work, task, &word, 300, NULL), BH_UNKNOWN); /* lost, and not yet sent again */
    assert_false(task->responded);
    snprintf(first, sizeof(first), "%s", d.fake.last_request);
    assert_int_equal(utter(d.work, task, BH_RESPOND), BH_OK);
    assert_string_not_equal(first, d.fake.last_request); /* another call is another word */
    plan.mute = 1;
    int heard = d.fake.heard[MESSAGE_WORD];
    word = (struct bh_word){.verb = BH_ARRIVE, .request = "mine-1"};
    assert_int_equal(bh_say(d.work, task, &word, 8000, NULL), BH_OK);
    assert_int_equal(d.fake.heard[MESSAGE_WORD], heard + 2);
    assert_string_equal(d.fake.last_request, "mine-1");
    close_department(&d);
}

static void a_revoked_task_is_handed_out_once_more(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task, *again;
    plan.offer = 2;
    plan.with_revoke = true;
    open_department(&d, 1);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_int_equal(utter(d.work, task, BH_NOTE), BH_OK);
    assert_int_equal(bh_work_next(d.work, 5000, &again), BH_OK);
    assert_ptr_equal(again, task);
    assert_true(again->revoked);
    assert_string_equal(again->revoke_reason, "transferred");
    assert_int_equal(utter(d.work, task, BH_RESPOND), BH_NO_TASK);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK); /* its credit is free again */
    assert_false(task->revoked);
    close_department(&d);
}

static void a_stale_word_tells_that_the_task_is_gone(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task, *again;
    plan.offer = 1;
    plan.refuse = REFUSAL_STALE_EPOCH;
    open_department(&d, 1);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_int_equal(utter(d.work, task, BH_RESPOND), BH_REFUSED);
    assert_int_equal(bh_work_next(d.work, 5000, &again), BH_OK);
    assert_true(again == task && again->revoked);
    close_department(&d);
}

static void a_refused_respond_leaves_the_task_unresponded(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task, *again;
    plan.offer = 1;
    plan.refuse = REFUSAL_FORBIDDEN;
    open_department(&d, 1);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_int_equal(utter(d.work, task, BH_RESPOND), BH_REFUSED);
    assert_false(task->responded);
    bh_drain(d.work);
    assert_int_equal(bh_work_next(d.work, 5000, &again), BH_OK);
    assert_true(again->revoked);
    close_department(&d);
}

static void draining_finishes_what_was_responded(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *first, *second, *task;
    plan.offer = 3;
    open_department(&d, 3);
    assert_int_equal(bh_work_next(d.work, 5000, &first), BH_OK);
    assert_int_equal(bh_work_next(d.work, 5000, &second), BH_OK);
    assert_int_equal(utter(d.work, first, BH_RESPOND), BH_OK); /* the third is here and not handed out */
    bh_drain(d.work);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    assert_true(task == second && task->revoked);
    assert_int_equal(bh_work_next(d.work, 100, &task), BH_AGAIN);
    assert_int_equal(bh_work_held(d.work), 1);
    assert_int_equal(utter(d.work, first, BH_FEEDBACK), BH_OK);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_DRAINED);
    assert_int_equal(d.fake.heard[MESSAGE_BYE], 1);
    close_department(&d);
}

static void after_a_restart_of_the_broker_work_goes_on(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task, *other;
    plan.offer = 1;
    open_department(&d, 2);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_OK);
    fake_stop(&d.fake);
    d.fake.credit = 0;
    plan.offer = 2;
    plan.offered = 0; /* the same task comes again, then a new one: there is credit for one only */
    fake_start(&d.fake);
    for (int i = 0; i < 80 && plan.offered < 1; i++)
        assert_int_equal(bh_work_next(d.work, 100, &other), BH_AGAIN); /* that credit went to the repeat */
    assert_int_equal(bh_work_next(d.work, 200, &other), BH_AGAIN);
    assert_int_equal(plan.offered, 1);
    assert_int_equal(utter(d.work, task, BH_RESPOND), BH_OK);
    assert_int_equal(utter(d.work, task, BH_FEEDBACK), BH_OK);
    assert_int_equal(bh_work_next(d.work, 5000, &other), BH_OK);
    close_department(&d);
}

static void a_worker_that_is_not_accepted_is_told_why(void **state)
{
    (void)state;
    struct department d;
    struct bh_task *task;
    struct bh_work *work;
    char fault[BH_FAULT_BYTES] = "";
    struct bh_work_options nobody = {0};
    assert_int_equal(bh_work_open(&nobody, &work, fault), BH_BAD_ARGUMENT);
    assert_true(strlen(fault) > 5);
    plan.refuse_hello = true;
    plan.offer = 1;
    open_department(&d, 1);
    assert_int_equal(bh_work_next(d.work, 5000, &task), BH_REFUSED);
    assert_string_equal(bh_work_refusal(d.work)->name, "out_of_scope");
    plan.refuse_hello = false; /* mended by a reload: the library has gone on trying */
    assert_int_equal(bh_work_next(d.work, 8000, &task), BH_OK);
    close_department(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(publishes_and_waits_for_the_receipt, no_plan),
        cmocka_unit_test_setup(nonsense_is_not_sent, no_plan),
        cmocka_unit_test_setup(pipelines, no_plan),
        cmocka_unit_test_setup(callbacks_may_start_more_and_end_with_their_time, no_plan),
        cmocka_unit_test_setup(can_be_polled_from_outside, no_plan),
        cmocka_unit_test_setup(queries_answer_in_json, no_plan),
        cmocka_unit_test_setup(every_error_has_a_sentence, no_plan),
        cmocka_unit_test_setup(a_task_comes_whole_and_ends_with_feedback, no_plan),
        cmocka_unit_test_setup(a_repeated_delivery_is_one_task, no_plan),
        cmocka_unit_test_setup(heartbeats_tell_what_is_held, no_plan),
        cmocka_unit_test_setup(words_are_checked, no_plan),
        cmocka_unit_test_setup(a_lost_word_is_said_again_with_the_same_request, no_plan),
        cmocka_unit_test_setup(a_revoked_task_is_handed_out_once_more, no_plan),
        cmocka_unit_test_setup(a_stale_word_tells_that_the_task_is_gone, no_plan),
        cmocka_unit_test_setup(a_refused_respond_leaves_the_task_unresponded, no_plan),
        cmocka_unit_test_setup(draining_finishes_what_was_responded, no_plan),
        cmocka_unit_test_setup(after_a_restart_of_the_broker_work_goes_on, no_plan),
        cmocka_unit_test_setup(a_worker_that_is_not_accepted_is_told_why, no_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
