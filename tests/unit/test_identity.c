/* What identities promise: equal contents have equal digests, however they were made, and any field that differs makes
 * another one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker/base/limits.h"
#include "broker/edge/gate.h"

static bool same(struct key128 a, struct key128 b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static void keys_tell_kind_principal_and_id_apart(void **unused)
{
    (void)unused;
    struct key128 key = gate_key("publish", "camera", "42");
    assert_true(same(key, gate_key("publish", "camera", "42")));
    assert_false(key.hi == 0 && key.lo == 0);
    assert_false(same(key, gate_key("act", "camera", "42")));
    assert_false(same(key, gate_key("publish", "hotline", "42")));
    assert_false(same(key, gate_key("publish", "camera", "43")));
    assert_false(same(gate_key("publish", "ab", "c"), gate_key("publish", "a", "bc")));
    assert_false(same(gate_key("publish", "", "a"), gate_key("publish", "a", "")));
}

static const uint8_t hash_a[32] = {1}, hash_b[32] = {2};

static struct event example(struct attachment attachments[2])
{
    attachments[0] = (struct attachment){"s3://a", "image/jpeg", {hash_a, 32}};
    attachments[1] = (struct attachment){"s3://b", "", {NULL, 0}};
    return (struct event){
        .id = "e-1",
        .type = "1.02",
        .text = "井盖缺失",
        .source_ref = "cam-7",
        .nature = NATURE_REPORT,
        .severity = 2,
        .place = {.address = "解放街", .has_point = true, .system = COORDINATES_GCJ02, .latitude = 35.5},
        .observed_ms = 1700000000000,
        .attachments = attachments,
        .attachment_count = 2,
        .reporter = {(const uint8_t *)"sealed", 6},
    };
}

static void absent_and_empty_are_the_same(void **unused)
{
    (void)unused;
    struct event none = {.id = "1", .type = "2"}, empty = {.id = "1", .type = "2", .text = "", .evidence = ""};
    empty.place.area = "";
    empty.reporter = (struct bytes){(const uint8_t *)"", 0};
    assert_true(same(gate_event_digest(&none), gate_event_digest(&empty)));
}

static void equal_events_are_equal_wherever_they_lie(void **unused)
{
    (void)unused;
    struct attachment attachments[2], copies[2];
    struct event event = example(attachments), again = example(copies);
    char text[] = "井盖缺失";
    again.text = text;
    again.place.longitude = -0.0;
    assert_true(same(gate_event_digest(&event), gate_event_digest(&again)));
}

#define DIFFERS(change)                                                                                                \
    do {                                                                                                               \
        struct attachment attachments_[2], others_[2];                                                                 \
        struct event event_ = example(attachments_), other = example(others_);                                         \
        struct attachment *attachment = others_;                                                                       \
        (void)attachment;                                                                                              \
        change;                                                                                                        \
        assert_false(same(gate_event_digest(&event_), gate_event_digest(&other)));                                     \
    } while (0)

static void every_field_of_an_event_counts(void **unused)
{
    (void)unused;
    DIFFERS(other.id = "e-2");
    DIFFERS(other.type = "1.03");
    DIFFERS(other.text = "");
    DIFFERS(other.source_ref = "cam-8");
    DIFFERS(other.object = "6208020137");
    DIFFERS(other.recurrence_of = "620802-000123-K");
    DIFFERS(other.nature = NATURE_HELP);
    DIFFERS(other.severity = 0);
    DIFFERS(other.place.area = "620802");
    DIFFERS(other.place.address = NULL);
    DIFFERS(other.place.has_point = false);
    DIFFERS(other.place.system = COORDINATES_WGS84);
    DIFFERS(other.place.latitude = 35.500000001);
    DIFFERS(other.place.longitude = 1e-9);
    DIFFERS(other.observed_ms++);
    DIFFERS(other.panic = true);
    DIFFERS(other.sealed = true);
    DIFFERS(other.attachment_count = 1);
    DIFFERS(attachment[0].uri = "s3://c");
    DIFFERS(attachment[1].media_type = "image/png");
    DIFFERS((attachment[0].sha256 = (struct bytes){hash_b, 32}));
    DIFFERS((attachment[0].sha256 = (struct bytes){NULL, 0}, attachment[1].sha256 = (struct bytes){hash_a, 32}));
    DIFFERS(other.reporter.len = 0);
    DIFFERS(other.done = OUTCOME_RESOLVED);
    DIFFERS(other.evidence = "photo");
    DIFFERS((other.text = NULL, other.evidence = "井盖缺失")); /* the same text elsewhere */
}

/* Sealing draws a key each time: the same publication, sealed again, must be a repeat. */
static void sealed_again_is_the_same(void **unused)
{
    (void)unused;
    struct attachment attachments[2], copies[2];
    struct event event = example(attachments), again = example(copies);
    again.reporter = (struct bytes){(const uint8_t *)"unlike", 6};
    assert_true(same(gate_event_digest(&event), gate_event_digest(&again)));
}

static void most_attachments_fit(void **unused)
{
    (void)unused;
    struct attachment many[ATTACHMENTS_MAX];
    struct attachment one[2];
    struct event event = example(one);
    for (size_t i = 0; i < ATTACHMENTS_MAX; i++)
        many[i] = (struct attachment){"s3://x", "image/jpeg", {hash_a, 32}};
    event.attachments = many;
    event.attachment_count = ATTACHMENTS_MAX;
    event.recurrence_of = event.evidence = event.place.area = "1";
    event.panic = event.sealed = true;
    event.done = OUTCOME_RESOLVED;
    struct key128 all = gate_event_digest(&event);
    event.attachment_count--;
    assert_false(same(all, gate_event_digest(&event)));
}

static void every_field_of_a_word_counts(void **unused)
{
    (void)unused;
    const struct word word = {.request = "r", .verb = WORD_FEEDBACK, .incident = 9, .task = 1, .epoch = 2};
    struct word others[] = {word, word, word, word, word, word, word, word, word,
                            word, word, word, word, word, word, word, word, word};
    others[0].request = "s";
    others[1].verb = WORD_NOTE;
    others[2].incident = 10;
    others[3].task = 2;
    others[4].epoch = 3;
    others[5].person = "张三";
    others[6].on_behalf = "u1";
    others[7].outcome = OUTCOME_RESOLVED;
    others[8].reason = "not_mine";
    others[9].text = "done";
    others[10].unit_ms = 1;
    others[11].auto_respond = true;
    others[12].kind = ASK_PARK;
    others[13].until_ms = 1;
    others[14].span_ms = 1;
    others[15].condition_met = true;
    others[16].to = "court";
    others[17].last = true;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(same(gate_word_digest(&word), gate_word_digest(&others[i])));
}

static void every_field_of_an_act_counts(void **unused)
{
    (void)unused;
    const struct act act = {.request = "r", .verb = ACT_ASSIGN, .incident = 9, .unit = "u1"};
    struct act others[] = {act, act, act, act, act, act, act, act, act, act, act, act,
                           act, act, act, act, act, act, act, act, act, act, act};
    others[0].request = "s";
    others[1].verb = ACT_TRANSFER;
    others[2].incident = 10;
    others[3].task = 1;
    others[4].into = 9;
    others[5].unit = "u2";
    others[6].role = TASK_ASSIST;
    others[7].person = "李四";
    others[8].outcome = OUTCOME_EXPLAINED;
    others[9].passed = true;
    others[10].reason = "x";
    others[11].text = "x";
    others[12].kind = ASK_PARK;
    others[13].until_ms = 1;
    others[14].span_ms = 1;
    others[15].ask = 1;
    others[16].satisfaction = SATISFACTION_SATISFIED;
    others[17].type = "1.01";
    others[18].route = true;
    others[19].condition_met = true;
    others[20].to = "court";
    others[21].last = true;
    others[22].clock = CLOCK_RESPOND;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(same(gate_act_digest(&act), gate_act_digest(&others[i])));
}

/* Remembered across versions and restarts: what is hashed may not drift. The numbers come from another program that
 * hashes tag, length and value by the same description. */
static void digests_stay_what_they_were(void **unused)
{
    (void)unused;
    struct attachment attachments[2];
    struct event event = example(attachments);
    assert_true(same(gate_key("publish", "camera", "42"), (struct key128){0x2e69fdfcffa81fea, 0xef920e3435cc71db}));
    assert_true(same(gate_event_digest(&event), (struct key128){0x25facb63d95341a2, 0x945e99377b2931e5}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_tell_kind_principal_and_id_apart),
        cmocka_unit_test(absent_and_empty_are_the_same),
        cmocka_unit_test(equal_events_are_equal_wherever_they_lie),
        cmocka_unit_test(every_field_of_an_event_counts),
        cmocka_unit_test(sealed_again_is_the_same),
        cmocka_unit_test(most_attachments_fit),
        cmocka_unit_test(every_field_of_a_word_counts),
        cmocka_unit_test(every_field_of_an_act_counts),
        cmocka_unit_test(digests_stay_what_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
