/* Bytes of released versions stay readable: each golden file decodes to the JSON line beside it. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/examples.h"

static struct arena arena;

static void read_file(const char *path, struct buffer *out)
{
    char chunk[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s: missing", path);
    buffer_clear(out);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(out, chunk, n);
    fclose(file);
}

static int decode_message(const struct buffer *bytes, struct buffer *json)
{
    struct message message;
    struct refusal refusal = {0};
    int result = wire_decode(bytes->data, bytes->size, &arena, &message, &refusal);
    if (result != 0)
        return result;
    assert_true(message.tag == 0xfeedface12345678);
    wire_json(&message, json);
    return 0;
}

static int decode_record(const struct buffer *bytes, struct buffer *json)
{
    struct record record;
    int result = record_decode(bytes->data, bytes->size, &arena, &record);
    if (result == 0)
        record_json(&record, json);
    return result;
}

static int decode_row(const struct buffer *bytes, struct buffer *json)
{
    struct row row;
    int result = row_decode(bytes->data, bytes->size, &arena, &row);
    if (result == 0)
        row_json(&row, json);
    return result;
}

static int decode_side(const struct buffer *bytes, struct buffer *json)
{
    struct side side;
    int result = side_decode(bytes->data, bytes->size, &arena, &side);
    if (result == 0)
        side_json(&side, json);
    return result;
}

/* Decodes all files of a group and version; returns how many there were. */
static size_t decode_all(const char *pattern, int (*decode)(const struct buffer *, struct buffer *))
{
    struct buffer bytes = {0}, expected = {0}, actual = {0};
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        fail_msg("%s: nothing there (run from the project's root)", pattern);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char path[512];
        snprintf(path, sizeof path, "%.*sjson", (int)(strlen(found.gl_pathv[i]) - strlen("bin")), found.gl_pathv[i]);
        read_file(found.gl_pathv[i], &bytes);
        read_file(path, &expected);
        buffer_clear(&actual);
        arena_reset(&arena);
        if (decode(&bytes, &actual) != 0)
            fail_msg("%s: no longer decodes", found.gl_pathv[i]);
        buffer_append(&actual, "\n", 2);
        buffer_append(&expected, "", 1);
        if (strcmp((const char *)actual.data, (const char *)expected.data) != 0)
            fail_msg("%s: decodes to\n%snot to\n%s", found.gl_pathv[i], actual.data, expected.data);
    }
    size_t n = found.gl_pathc;
    globfree(&found);
    buffer_release(&bytes);
    buffer_release(&expected);
    buffer_release(&actual);
    return n;
}

#define PLUS_ONE(...) +1

static void every_message_of_version_1_decodes(void **state)
{
    (void)state;
    assert_int_equal(decode_all("schemas/golden/v1/message_*.bin", decode_message), 0 MESSAGES(PLUS_ONE));
}

static void every_record_of_version_1_decodes(void **state)
{
    (void)state;
    assert_int_equal(decode_all("schemas/golden/v1/record_*.bin", decode_record), 0 RECORD_KINDS(PLUS_ONE));
}

static void every_row_of_version_1_decodes(void **state)
{
    (void)state;
    assert_int_equal(decode_all("schemas/golden/v1/row_*.bin", decode_row), 1);
}

static void every_side_of_version_1_decodes(void **state)
{
    (void)state;
    assert_int_equal(decode_all("schemas/golden/v1/side_*.bin", decode_side), 1);
}

/* The JSON files must say what the examples say, or the comparison above would prove little. */
static void the_examples_are_what_is_written(void **state)
{
    (void)state;
    struct buffer expected = {0}, json = {0};
    struct message message = example_message(MESSAGE_TASK);
    read_file("schemas/golden/v1/message_task.json", &expected);
    wire_json(&message, &json);
    buffer_append(&json, "\n", 1);
    assert_int_equal(expected.size, json.size);
    assert_memory_equal(expected.data, json.data, json.size);
    buffer_release(&expected);
    buffer_release(&json);
}

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
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_of_version_1_decodes), cmocka_unit_test(every_record_of_version_1_decodes),
        cmocka_unit_test(every_row_of_version_1_decodes),     cmocka_unit_test(every_side_of_version_1_decodes),
        cmocka_unit_test(the_examples_are_what_is_written),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
