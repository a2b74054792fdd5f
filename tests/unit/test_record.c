/* The trail and the stored incidents: what is written is what is read, for as long as the file lives, and damage is an
 * error, never a wild read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "broker/base/limits.h"
#include "tests/unit/examples.h"

static struct arena arena;
static struct buffer bytes, json, json_again;

static const enum record_kind kinds[] = {
#define KIND(value, NAME, name) RECORD_##NAME,
    RECORD_KINDS(KIND)
#undef KIND
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_release(&arena);
    buffer_release(&bytes);
    buffer_release(&json);
    buffer_release(&json_again);
    return 0;
}

static const char *record_line(const struct record *record, struct buffer *out)
{
    buffer_clear(out);
    record_json(record, out);
    buffer_append(out, "", 1);
    return (const char *)out->data;
}

static const char *row_line(const struct row *row, struct buffer *out)
{
    buffer_clear(out);
    row_json(row, out);
    buffer_append(out, "", 1);
    return (const char *)out->data;
}

static json_t *parsed(const char *text)
{
    json_error_t fault;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &fault);
    if (!value)
        fail_msg("not JSON: %s at %d in %s", fault.text, fault.position, text);
    return value;
}

static void every_record_reads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct record written = example_record(kinds[i]), read;
        arena_reset(&arena);
        record_encode(&written, &bytes);
        assert_int_equal(record_decode(bytes.data, bytes.size, &arena, &read), 0);
        assert_string_equal(record_line(&read, &json_again), record_line(&written, &json));
        json_decref(parsed((const char *)json.data));
    }
}

static const char *side_line(const struct side *side, struct buffer *out)
{
    buffer_clear(out);
    side_json(side, out);
    buffer_append(out, "", 1);
    return (const char *)out->data;
}

static void a_row_beside_incidents_reads_back(void **state)
{
    (void)state;
    struct side read;
    struct record written = example_record(RECORD_POLICY), record;
    written.sides = &example_side;
    written.side_count = 1;
    side_encode(&example_side, &bytes);
    assert_int_equal(side_decode(bytes.data, bytes.size, &arena, &read), 0);
    assert_string_equal(side_line(&read, &json_again), side_line(&example_side, &json));
    json_decref(parsed((const char *)json.data));
    record_encode(&written, &bytes);
    assert_int_equal(record_decode(bytes.data, bytes.size, &arena, &record), 0);
    assert_int_equal(record.side_count, 1);
    assert_string_equal(side_line(&record.sides[0], &json_again), side_line(&example_side, &json));
    assert_int_equal(side_decode(bytes.data, bytes.size, &arena, &read), -EBADMSG);
}

static void fields_are_where_they_belong(void **state)
{
    (void)state;
    struct record written = example_record(RECORD_MERGED), read;
    record_encode(&written, &bytes);
    assert_int_equal(record_decode(bytes.data, bytes.size, &arena, &read), 0);
    assert_int_equal(read.seq, 4711);
    assert_int_equal(read.key.hi, 0x0123456789abcdef);
    assert_int_equal(read.key.lo, 0xfedcba9876543210);
    assert_int_equal(read.change_count, 2);
    assert_int_equal(read.changes[0].head->state, INCIDENT_OPEN);
    assert_int_equal(read.changes[0].clocks[1].kind, CLOCK_RESOLVE);
    assert_int_equal(read.changes[0].clocks[1].calendar, CALENDAR_WORKING_HOURS);
    assert_null(read.changes[1].head);
    assert_int_equal(read.changes[1].task_count, 1);
    assert_null(read.changes[1].clocks);
    assert_string_equal(read.changes[1].tasks[0].spoke_person, "王芳");
    assert_null(read.event);
    assert_null(read.rung);
    /* texts are views of the bytes: nothing is copied on replay */
    assert_in_range((uintptr_t)read.principal, (uintptr_t)bytes.data, (uintptr_t)bytes.data + bytes.size);
}

/* Clocks that begin with their record take half the room, and are the same clocks; one that does not begin with
 * it, and all are written whole. */
static void clocks_that_begin_are_short(void **state)
{
    struct clock clocks[2] = {{.kind = CLOCK_RESOLVE, .calendar = CALENDAR_NATURAL}, {.kind = CLOCK_HANDLE, .task = 1}};
    struct record written = {.seq = 1, .at_ms = 1700000000000, .kind = RECORD_OPENED, .change_count = 1}, read;
    written.changes[0] = (struct change){.incident = 1, .clocks = clocks, .clock_count = 2};
    for (size_t i = 0; i < 2; i++) {
        clocks[i].state = CLOCK_RUNNING;
        clocks[i].started_ms = clocks[i].running_since_ms = written.at_ms;
        clocks[i].budget_ms = 3600000;
        clocks[i].due_ms = written.at_ms + 7200000;
        clocks[i].next_ms = written.at_ms + 1800000;
    }
    (void)state;
    size_t size_bytes[2];
    for (size_t i = 0; i < 2; i++, clocks[1].rung = 1) {
        record_encode(&written, &bytes);
        size_bytes[i] = bytes.size;
        assert_int_equal(record_decode(bytes.data, bytes.size, &arena, &read), 0);
        assert_string_equal(record_line(&read, &json_again), record_line(&written, &json));
    }
    assert_true(size_bytes[1] - size_bytes[0] >= 2 * 32);
}

static void a_row_reads_back(void **state)
{
    (void)state;
    struct row written = example_row(), read;
    row_encode(&written, &bytes);
    assert_int_equal(row_decode(bytes.data, bytes.size, &arena, &read), 0);
    assert_string_equal(row_line(&read, &json_again), row_line(&written, &json));
    assert_int_equal(read.words[0].key.lo, 0xfedcba9876543210);
    assert_int_equal(read.tasks[1].no, 2);
    json_decref(parsed((const char *)json.data));
}

static void voices_read_back(void **state)
{
    (void)state;
    static const struct voice heard[] = {{1, false, "dept-chengguan", "王芳"}, {2, true, "dispatcher", ""}};
    struct record record = example_record(RECORD_ASSIGNED), read_record;
    struct row row = example_row(), read;
    record.changes[0].voices = row.voices = heard;
    record.changes[0].voice_count = row.voice_count = 2;
    row_encode(&row, &bytes);
    assert_int_equal(row_decode(bytes.data, bytes.size, &arena, &read), 0);
    assert_string_equal(row_line(&read, &json_again), row_line(&row, &json));
    assert_string_equal(read.voices[0].person, "王芳");
    assert_true(read.voices[1].dispatched);
    record_encode(&record, &bytes);
    assert_int_equal(record_decode(bytes.data, bytes.size, &arena, &read_record), 0);
    assert_string_equal(record_line(&read_record, &json_again), record_line(&record, &json));
    assert_int_equal(read_record.changes[0].voices[1].task, 2);
}

static void the_largest_row_reads_back(void **state)
{
    (void)state;
    struct task tasks[TASKS_MAX];
    struct clock clocks[CLOCKS_MAX];
    struct word_kept words[TASKS_MAX * WORDS_KEPT];
    struct row written = example_row(), read;
    for (size_t i = 0; i < TASKS_MAX; i++)
        tasks[i] = example_tasks[0];
    for (size_t i = 0; i < CLOCKS_MAX; i++)
        clocks[i] = example_clocks[0];
    for (size_t i = 0; i < TASKS_MAX * WORDS_KEPT; i++)
        words[i] = example_words[0];
    written.tasks = tasks;
    written.task_count = TASKS_MAX;
    written.clocks = clocks;
    written.clock_count = CLOCKS_MAX;
    written.words = words;
    written.word_count = TASKS_MAX * WORDS_KEPT;
    row_encode(&written, &bytes);
    assert_int_equal(row_decode(bytes.data, bytes.size, &arena, &read), 0);
    assert_string_equal(row_line(&read, &json_again), row_line(&written, &json));
}

/* A record that carries little must stay in a leaf of the store. */
static void everyday_records_are_small(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct record record = example_record(kinds[i]);
        record_encode(&record, &bytes);
        assert_true(bytes.size <= RECORD_INLINE_BYTES);
    }
}

static void what_is_no_record_is_told(void **state)
{
    (void)state;
    struct record record = example_record(RECORD_OPENED), untouched = {.seq = 77}, read = untouched;
    struct row row = example_row(), row_read;
    record_encode(&record, &bytes);
    assert_int_equal(row_decode(bytes.data, bytes.size, &arena, &row_read), -EBADMSG);
    row_encode(&row, &bytes);
    assert_int_equal(record_decode(bytes.data, bytes.size, &arena, &read), -EBADMSG);
    assert_int_equal(record_decode("", 0, &arena, &read), -EBADMSG);
    assert_memory_equal(&read, &untouched, sizeof read);
}

static void damage_never_harms(void **state)
{
    (void)state;
    struct record record = example_record(RECORD_MERGED), read;
    record.event = &example_event;
    record.rung = &example_rung;
    record_encode(&record, &bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        uint64_t *exact = malloc(size ? size : 1);
        memcpy(exact, bytes.data, size);
        arena_reset(&arena);
        if (record_decode(exact, size, &arena, &read) == 0)
            record_line(&read, &json);
        free(exact);
    }
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        arena_reset(&arena);
        if (record_decode(bytes.data, bytes.size, &arena, &read) == 0)
            json_decref(parsed(record_line(&read, &json)));
        bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void json_is_json_whatever_the_text(void **state)
{
    (void)state;
    struct record record = {.seq = 1, .kind = RECORD_NOTED};
    char all[256];
    for (int byte = 1; byte < 256; byte++)
        all[byte - 1] = (char)byte;
    all[255] = '\0';
    record.text = all;
    json_t *value = parsed(record_line(&record, &json));
    const char *text = json_string_value(json_object_get(value, "text"));
    assert_memory_equal(text, all, 0x7f); /* ASCII as it was; from there on U+FFFD, one a byte */
    assert_memory_equal(text + 0x7f, "\xef\xbf\xbd\xef\xbf\xbd", 6);
    assert_int_equal(strlen(text), 0x7f + 128 * 3);
    json_decref(value);
}

static void times_are_utc_with_milliseconds(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } times[] = {
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {EXAMPLE_MS, "2026-10-13T09:00:00.123Z"},
        {INT64_C(1709164800000), "2024-02-29T00:00:00.000Z"},
        {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
        {0, NULL},
        {INT64_MAX, NULL},
        {INT64_MIN, NULL},
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct record record = {.seq = 1, .kind = RECORD_NOTED, .at_ms = times[i].ms};
        json_t *value = parsed(record_line(&record, &json));
        json_t *at = json_object_get(value, "at");
        if (times[i].text)
            assert_string_equal(json_string_value(at), times[i].text);
        else
            assert_null(at);
        json_decref(value);
    }
}

static void bytes_are_hex_or_base64(void **state)
{
    (void)state;
    static const char *const base64[] = {"Zg==", "Zm8=", "Zm9v", "Zm9vYg=="}; /* RFC 4648 */
    for (size_t n = 1; n <= 4; n++) {
        struct event event = {.id = "1", .type = "2", .reporter = {(const uint8_t *)"foob", n}};
        struct record record = {.seq = 1, .kind = RECORD_OPENED, .event = &event, .policy = {example_hash, 32}};
        json_t *value = parsed(record_line(&record, &json));
        assert_string_equal(json_string_value(json_object_get(json_object_get(value, "event"), "reporter")),
                            base64[n - 1]);
        assert_string_equal(json_string_value(json_object_get(value, "policy")),
                            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        json_decref(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_reads_back),
        cmocka_unit_test(a_row_beside_incidents_reads_back),
        cmocka_unit_test(fields_are_where_they_belong),
        cmocka_unit_test(clocks_that_begin_are_short),
        cmocka_unit_test(a_row_reads_back),
        cmocka_unit_test(voices_read_back),
        cmocka_unit_test(the_largest_row_reads_back),
        cmocka_unit_test(everyday_records_are_small),
        cmocka_unit_test(what_is_no_record_is_told),
        cmocka_unit_test(damage_never_harms),
        cmocka_unit_test(json_is_json_whatever_the_text),
        cmocka_unit_test(times_are_utc_with_milliseconds),
        cmocka_unit_test(bytes_are_hex_or_base64),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
