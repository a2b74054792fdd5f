/* What `bihuan publish` promises of its input: every good line becomes the event that was written, every bad one is
 * named by line and field before anything is sent, and the lines after it go on. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/base/limits.h"
#include "cli/events.h"

/* --- a file of text, read through `lines` --- */

struct input {
    FILE *file;
    struct lines lines;
    struct arena arena;
};

static void input_open_bytes(struct input *input, const char *text, size_t size_bytes)
{
    input->file = tmpfile();
    assert_non_null(input->file);
    assert_int_equal(fwrite(text, 1, size_bytes, input->file), size_bytes);
    fflush(input->file);
    lseek(fileno(input->file), 0, SEEK_SET);
    lines_init(&input->lines, fileno(input->file));
    arena_init(&input->arena);
}

static void input_open(struct input *input, const char *text)
{
    input_open_bytes(input, text, strlen(text));
}

static void input_close(struct input *input)
{
    lines_release(&input->lines);
    arena_release(&input->arena);
    fclose(input->file);
}

static void expect_bad(struct events *events, struct arena *arena, size_t line, const char *field)
{
    struct event event;
    struct bad_line bad;
    size_t at;
    assert_int_equal(events_next(events, arena, &event, &bad, &at), READING_BAD);
    assert_int_equal(at, line);
    assert_string_equal(bad.field, field);
    assert_true(*bad.what != '\0');
}

static struct event expect_event(struct events *events, struct arena *arena, size_t line, const char *id)
{
    struct event event;
    struct bad_line bad = {"", ""};
    size_t at;
    enum reading reading = events_next(events, arena, &event, &bad, &at);
    if (reading == READING_BAD)
        print_message("%zu: %s: %s\n", at, bad.field, bad.what);
    assert_int_equal(reading, READING_EVENT);
    assert_int_equal(at, line);
    assert_string_equal(event.id, id);
    return event;
}

static void expect_end(struct events *events, struct arena *arena)
{
    struct event event;
    struct bad_line bad;
    size_t at;
    assert_int_equal(events_next(events, arena, &event, &bad, &at), READING_END);
}

/* --- JSON Lines --- */

static void every_field_of_json_arrives(void **unused)
{
    (void)unused;
    struct input input;
    input_open(&input,
               "\xef\xbb\xbf{\"id\":\"a\",\"type\":\"1.02\",\"nature\":\"report\",\"severity\":1,\"area\":\"620802\","
               "\"address\":\"街\","
               "\"point\":{\"lat\":35.5,\"lon\":106,\"system\":\"gcj02\"},\"text\":\"文\","
               "\"observed\":\"2026-09-30T17:50:00.25+08:00\",\"panic\":true,\"sealed\":true,\"source_ref\":\"cam\","
               "\"recurrence_of\":\"x\",\"done\":\"resolved\",\"evidence\":\"e\",\"object\":\"0101\",\"reporter\":"
               "\"AQID\",\"attachments\":"
               "[{\"uri\":\"u\","
               "\"media_type\":\"image/jpeg\",\"sha256\":"
               "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}]}\n"
               "\n"
               "{\"id\":\"b\",\"type\":\"2\",\"observed\":1790000000000,\"text\":null}"); /* no newline at the end */
    struct events *events = events_open_json(&input.lines);
    struct event event = expect_event(events, &input.arena, 1, "a");
    assert_string_equal(event.type, "1.02");
    assert_int_equal(event.nature, NATURE_REPORT);
    assert_int_equal(event.severity, 1);
    assert_string_equal(event.place.area, "620802");
    assert_true(event.place.has_point && event.place.system == COORDINATES_GCJ02);
    assert_true(event.place.latitude == 35.5 && event.place.longitude == 106);
    assert_int_equal(event.observed_ms, INT64_C(1790761800250));
    assert_true(event.panic && event.sealed);
    assert_int_equal(event.done, OUTCOME_RESOLVED);
    assert_string_equal(event.object, "0101");
    assert_int_equal(event.reporter.len, 3);
    assert_memory_equal(event.reporter.ptr, "\1\2\3", 3);
    assert_int_equal(event.attachment_count, 1);
    assert_int_equal(event.attachments[0].sha256.len, 32);
    assert_int_equal(event.attachments[0].sha256.ptr[1], 0x11);
    event = expect_event(events, &input.arena, 3, "b");
    assert_int_equal(event.observed_ms, INT64_C(1790000000000));
    assert_null(event.text);
    expect_end(events, &input.arena);
    events_close(events);
    input_close(&input);
}

static void a_bad_line_of_json_is_named_and_the_rest_goes_on(void **unused)
{
    static const struct {
        const char *line, *field;
    } cases[] = {
        {"{", ""},
        {"[1]", ""},
        {"{\"id\":\"a\",\"id\":\"b\",\"type\":\"1\"}", ""},
        {"{\"type\":\"1\"}", "id"},
        {"{\"id\":\"\",\"type\":\"1\"}", "id"},
        {"{\"id\":\"a\"}", "type"},
        {"{\"id\":7,\"type\":\"1\"}", "id"},
        {"{\"id\":\"a\",\"type\":\"1\",\"colour\":\"red\"}", "colour"},
        {"{\"id\":\"a\",\"type\":\"1\",\"nature\":\"angry\"}", "nature"},
        {"{\"id\":\"a\",\"type\":\"1\",\"severity\":5}", "severity"},
        {"{\"id\":\"a\",\"type\":\"1\",\"severity\":\"1\"}", "severity"},
        {"{\"id\":\"a\",\"type\":\"1\",\"observed\":\"yesterday\"}", "observed"},
        {"{\"id\":\"a\",\"type\":\"1\",\"observed\":\"2026-02-31T00:00:00Z\"}", "observed"},
        {"{\"id\":\"a\",\"type\":\"1\",\"observed\":\"2026-02-01T00:00:00\"}", "observed"},
        {"{\"id\":\"a\",\"type\":\"1\",\"observed\":-5}", "observed"},
        {"{\"id\":\"a\",\"type\":\"1\",\"observed\":\"1013-09-30T17:50:00+08:00\"}", "observed"},
        {"{\"id\":\"a\",\"type\":\"1\",\"point\":{\"lat\":1,\"lon\":2}}", "point.system"},
        {"{\"id\":\"a\",\"type\":\"1\",\"point\":{\"lat\":1,\"system\":\"wgs84\"}}", "point.lon"},
        {"{\"id\":\"a\",\"type\":\"1\",\"point\":{\"lat\":91,\"lon\":2,\"system\":\"wgs84\"}}", "point.lat"},
        {"{\"id\":\"a\",\"type\":\"1\",\"point\":{\"lat\":1,\"lon\":2,\"system\":\"mars\"}}", "point.system"},
        {"{\"id\":\"a\",\"type\":\"1\",\"point\":{\"lat\":1,\"lon\":2,\"system\":\"wgs84\",\"z\":3}}", "point.z"},
        {"{\"id\":\"a\",\"type\":\"1\",\"point\":\"35,106\"}", "point"},
        {"{\"id\":\"a\",\"type\":\"1\",\"panic\":1}", "panic"},
        {"{\"id\":\"a\",\"type\":\"1\",\"reporter\":\"***\"}", "reporter"},
        {"{\"id\":\"a\",\"type\":\"1\",\"done\":\"fixed\"}", "done"},
        {"{\"id\":\"a\",\"type\":\"1\",\"attachments\":{}}", "attachments"},
        {"{\"id\":\"a\",\"type\":\"1\",\"attachments\":[{}]}", "attachments.uri"},
        {"{\"id\":\"a\",\"type\":\"1\",\"attachments\":[{\"uri\":\"u\",\"sha256\":\"00\"}]}", "attachments.sha256"},
        {"{\"id\":\"a\\u0000b\",\"type\":\"1\"}", ""},
        {"{\"id\":\"\xff\",\"type\":\"1\"}", ""},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        struct input input;
        snprintf(text, sizeof(text), "%s\n{\"id\":\"next\",\"type\":\"1\"}\n", cases[i].line);
        input_open(&input, text);
        struct events *events = events_open_json(&input.lines);
        expect_bad(events, &input.arena, 1, cases[i].field);
        expect_event(events, &input.arena, 2, "next");
        expect_end(events, &input.arena);
        events_close(events);
        input_close(&input);
    }
}

static void lengths_are_limited_at_the_byte(void **unused)
{
    (void)unused;
    struct arena arena;
    struct bad_line bad;
    char id[ID_MAX_BYTES + 2];
    memset(id, 'x', sizeof(id));
    id[ID_MAX_BYTES] = '\0';
    struct event event = {.id = id, .type = "1"};
    arena_init(&arena);
    assert_true(event_check(&event, &arena, &bad));
    id[ID_MAX_BYTES] = 'x';
    id[ID_MAX_BYTES + 1] = '\0';
    assert_false(event_check(&event, &arena, &bad));
    assert_string_equal(bad.field, "id");
    static const char *const not_utf8[] = {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4\xb8", "\x80", "a\xff"};
    for (size_t i = 0; i < sizeof(not_utf8) / sizeof(not_utf8[0]); i++) {
        event = (struct event){.id = "a", .type = "1", .text = not_utf8[i]};
        assert_false(event_check(&event, &arena, &bad));
        assert_string_equal(bad.field, "text");
    }
    event = (struct event){.id = "a", .type = "1", .text = "中文😀"};
    assert_true(event_check(&event, &arena, &bad));
    arena_release(&arena);
}

/* --- column maps --- */

static char *map_file(const char *text)
{
    static char path[] = "/tmp/bihuan-map-XXXXXX";
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

static struct column_map *load_map(const char *text)
{
    struct faults faults = {0};
    struct column_map *map = NULL;
    char *path = map_file(text);
    if (column_map_load(path, &map, &faults) != 0)
        fail_msg("%s", faults_text(&faults));
    unlink(path);
    faults_release(&faults);
    return map;
}

static const char good_map[] = "time_zone: \"+08:00\"\n"
                               "time_format: \"%Y-%m-%d %H:%M:%S\"\n"
                               "columns:\n"
                               "  id: \"{No}\"\n"
                               "  type: \"{A}.{B}\"\n"
                               "  text: \"{{{Text}}}\"\n"
                               "  observed: \"{When}\"\n"
                               "  severity: 4\n"
                               "  nature: {column: Kind, values: {投诉: complaint, 咨询: consult}}\n"
                               "  latitude: \"{Lat}\"\n"
                               "  longitude: \"{Lon}\"\n"
                               "  system: wgs84\n";

static void a_row_becomes_the_event_the_map_says(void **unused)
{
    (void)unused;
    struct input input;
    struct bad_line bad;
    struct column_map *map = load_map(good_map);
    input_open(&input, "\xef\xbb\xbfNo,A,B,Text,When,Kind,Lat,Lon\r\n"
                       "r1, 1 ,02,\"a \"\"quoted\"\", and\nbroken line\",2026-09-30 17:50:00,投诉,35.5,106.6\r\n"
                       "r2,1,02,,,,,\r\n"
                       "\r\n"
                       "r3,1,,x,,咨询,,");
    struct events *events = events_open_csv(&input.lines, map, &input.arena, &bad);
    assert_non_null(events);
    struct event event = expect_event(events, &input.arena, 2, "r1");
    assert_string_equal(event.type, "1.02");
    assert_string_equal(event.text, "{a \"quoted\", and\nbroken line}");
    assert_int_equal(event.observed_ms, INT64_C(1790761800000));
    assert_int_equal(event.nature, NATURE_COMPLAINT);
    assert_int_equal(event.severity, 4);
    assert_true(event.place.has_point && event.place.longitude == 106.6);
    event = expect_event(events, &input.arena, 4, "r2");
    assert_null(event.text); /* its one column is empty */
    assert_int_equal(event.nature, 0);
    assert_int_equal(event.observed_ms, 0);
    assert_false(event.place.has_point);
    event = expect_event(events, &input.arena, 6, "r3");
    assert_string_equal(event.type, "1.");
    expect_end(events, &input.arena);
    events_close(events);
    column_map_free(map);
    input_close(&input);
}

static void a_bad_row_is_named_and_the_rest_goes_on(void **unused)
{
    (void)unused;
    struct input input;
    struct bad_line bad;
    struct column_map *map = load_map(good_map);
    input_open(&input, "No,A,B,Text,When,Kind,Lat,Lon\n"
                       "r1,1,02,x,yesterday,,,\n"
                       "r2,1,02,x,2026-02-31 00:00:00,,,\n"
                       "r3,1,02,x,,表扬,,\n"
                       "r4,1,02,x,,,north,1\n"
                       "r5,1,02,x,,,35,\n"
                       "r6,1,02,x\n"
                       "r7,1,02,a \"b\" c,,,,\n"
                       ",1,02,x,,,,\n"
                       "r8,1,02,x,,,95,1\n"
                       "r9,1,02,\xff,,,,\n"
                       "good,1,02,x,,,,\n"
                       "r10,1,02,\"never closed,,,,\n");
    struct events *events = events_open_csv(&input.lines, map, &input.arena, &bad);
    assert_non_null(events);
    expect_bad(events, &input.arena, 2, "observed");
    expect_bad(events, &input.arena, 3, "observed");
    expect_bad(events, &input.arena, 4, "nature");
    expect_bad(events, &input.arena, 5, "latitude");
    expect_bad(events, &input.arena, 6, "longitude");
    expect_bad(events, &input.arena, 7, "");
    expect_bad(events, &input.arena, 8, "");
    expect_bad(events, &input.arena, 9, "id");
    expect_bad(events, &input.arena, 10, "point.lat");
    expect_bad(events, &input.arena, 11, "text");
    expect_event(events, &input.arena, 12, "good");
    expect_bad(events, &input.arena, 13, "");
    expect_end(events, &input.arena);
    events_close(events);
    column_map_free(map);
    input_close(&input);
}

static void times_without_an_offset_need_the_maps(void **unused)
{
    (void)unused;
    static const struct {
        const char *map, *time;
        int64_t at_ms; /* 0: refused */
    } cases[] = {
        {"", "2020-01-01T00:00:00", 0},
        {"", "2020-01-01T00:00:00Z", INT64_C(1577836800000)},
        {"time_zone: \"-05:00\"\n", "2020-01-01T00:00:00", INT64_C(1577854800000)},
        {"time_zone: \"-05:00\"\n", "2020-01-01T00:00:00Z", INT64_C(1577836800000)},
        {"time_format: \"%Y%m%d\"\n", "20200101", 0},
        {"time_format: \"%Y%m%d %z\"\n", "20200101 +0100", INT64_C(1577833200000)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        struct input input;
        struct bad_line bad;
        snprintf(text, sizeof(text), "%scolumns: {id: \"{I}\", type: 1, observed: \"{T}\"}\n", cases[i].map);
        struct column_map *map = load_map(text);
        snprintf(text, sizeof(text), "I,T\na,%s\n", cases[i].time);
        input_open(&input, text);
        struct events *events = events_open_csv(&input.lines, map, &input.arena, &bad);
        if (cases[i].at_ms)
            assert_int_equal(expect_event(events, &input.arena, 2, "a").observed_ms, cases[i].at_ms);
        else
            expect_bad(events, &input.arena, 2, "observed");
        events_close(events);
        column_map_free(map);
        input_close(&input);
    }
}

static void a_bad_map_is_refused_where_it_is_wrong(void **unused)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        {"columns: {id: a, type: b\n", ":"},
        {"- a\n", ":1:1:"},
        {"columns:\n  id: a\n", ":1:1:"},
        {"columns: {id: a, type: b}\ncolours: {}\n", ":2:1:"},
        {"columns:\n  id: a\n  type: b\n  colour: c\n", ":4:3:"},
        {"columns:\n  id: \"{A\"\n  type: b\n", ":2:7:"},
        {"columns:\n  id: \"A}\"\n  type: b\n", ":2:7:"},
        {"columns:\n  id: \"{}\"\n  type: b\n", ":2:7:"},
        {"columns:\n  id: a\n  id: b\n  type: b\n", ":3:3:"},
        {"columns:\n  id: [a]\n  type: b\n", ":2:7:"},
        {"columns:\n  id: a\n  type: b\n  severity: 9\n", ":4:13:"},
        {"columns:\n  id: a\n  type: b\n  nature: {column: K, values: {x: angry}}\n", ":4:11:"},
        {"columns:\n  id: a\n  type: b\n  nature: {values: {x: help}}\n", ":4:11:"},
        {"columns:\n  id: a\n  type: b\n  nature: {column: K, value: {x: help}}\n", ":4:23:"},
        {"columns:\n  id: a\n  type: b\n  latitude: \"{A}\"\n  longitude: \"{B}\"\n", ":1:1:"},
        {"time_zone: Beijing\ncolumns: {id: a, type: b}\n", ":1:12:"},
        {"separator: \";;\"\ncolumns: {id: a, type: b}\n", ":1:12:"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct faults faults = {0};
        struct column_map *map = NULL;
        char *path = map_file(cases[i].text);
        assert_int_equal(column_map_load(path, &map, &faults), -EINVAL);
        if (!strstr(faults_text(&faults), cases[i].where))
            fail_msg("case %zu: %s", i, faults_text(&faults));
        unlink(path);
        faults_release(&faults);
    }
}

static void a_column_the_file_does_not_have_is_named(void **unused)
{
    (void)unused;
    struct input input;
    struct bad_line bad;
    struct column_map *map = load_map("columns: {id: \"{No}\", type: \"{Missing}\"}\n");
    input_open(&input, "No,Type\n1,2\n");
    assert_null(events_open_csv(&input.lines, map, &input.arena, &bad));
    assert_non_null(strstr(bad.what, "Missing"));
    input_close(&input);
    input_open(&input, "");
    assert_null(events_open_csv(&input.lines, map, &input.arena, &bad));
    input_close(&input);
    column_map_free(map);
}

/* --- lines --- */

static void a_line_is_ready_only_when_it_is_whole(void **unused)
{
    (void)unused;
    int ends[2];
    struct lines lines;
    const char *text;
    assert_int_equal(pipe(ends), 0);
    lines_init(&lines, ends[0]);
    assert_false(lines_ready(&lines));
    assert_int_equal(write(ends[1], "ab", 2), 2);
    assert_false(lines_ready(&lines));
    assert_int_equal(write(ends[1], "c\nde", 4), 4);
    assert_true(lines_ready(&lines));
    assert_int_equal(lines_next(&lines, &text), 4);
    assert_memory_equal(text, "abc\n", 4);
    assert_false(lines_ready(&lines));
    close(ends[1]);
    assert_true(lines_ready(&lines));
    assert_int_equal(lines_next(&lines, &text), 2);
    assert_memory_equal(text, "de", 2);
    assert_int_equal(lines_next(&lines, &text), 0);
    lines_release(&lines);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_json_arrives),
        cmocka_unit_test(a_bad_line_of_json_is_named_and_the_rest_goes_on),
        cmocka_unit_test(lengths_are_limited_at_the_byte),
        cmocka_unit_test(a_row_becomes_the_event_the_map_says),
        cmocka_unit_test(a_bad_row_is_named_and_the_rest_goes_on),
        cmocka_unit_test(times_without_an_offset_need_the_maps),
        cmocka_unit_test(a_bad_map_is_refused_where_it_is_wrong),
        cmocka_unit_test(a_column_the_file_does_not_have_is_named),
        cmocka_unit_test(a_line_is_ready_only_when_it_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
