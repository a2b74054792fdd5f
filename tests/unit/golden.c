/* Writes the golden files of this wire version: one example of every message, record kind and row as bytes, and the
 * JSON line that they must decode to. Run once a version, before its release:
 *
 *     make build/tests/golden && build/tests/golden schemas/golden/v1
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tests/unit/examples.h"

static int write_file(const char *folder, const char *group, const char *name, const char *ending,
                      const struct buffer *content)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s_%s.%s", folder, group, name, ending);
    FILE *file = fopen(path, "wb");
    size_t written = file ? fwrite(content->data, 1, content->size, file) : 0;
    if (!file || fclose(file) != 0 || written != content->size) {
        fprintf(stderr, "%s: cannot be written\n", path);
        return 1;
    }
    return 0;
}

static int write_pair(const char *folder, const char *group, const char *name, const struct buffer *bytes,
                      struct buffer *json)
{
    buffer_append(json, "\n", 1);
    return write_file(folder, group, name, "bin", bytes) + write_file(folder, group, name, "json", json);
}

static int write_message(const char *folder, enum message_kind kind, struct buffer *bytes, struct buffer *json)
{
    struct message message = example_message(kind);
    buffer_clear(json);
    wire_encode(&message, bytes);
    wire_json(&message, json);
    return write_pair(folder, "message", message_name(kind), bytes, json);
}

static int write_record(const char *folder, enum record_kind kind, struct buffer *bytes, struct buffer *json)
{
    struct record record = example_record(kind);
    buffer_clear(json);
    record_encode(&record, bytes);
    record_json(&record, json);
    return write_pair(folder, "record", record_kind_name(kind), bytes, json);
}

static int write_row(const char *folder, struct buffer *bytes, struct buffer *json)
{
    struct row row = example_row();
    buffer_clear(json);
    row_encode(&row, bytes);
    row_json(&row, json);
    return write_pair(folder, "row", "open", bytes, json);
}

static int write_side(const char *folder, struct buffer *bytes, struct buffer *json)
{
    buffer_clear(json);
    side_encode(&example_side, bytes);
    side_json(&example_side, json);
    return write_pair(folder, "side", "duty", bytes, json);
}

int main(int argc, char **argv)
{
    struct buffer bytes = {0}, json = {0};
    int failures = 0;
    if (argc != 2 || (mkdir(argv[1], 0777) != 0 && errno != EEXIST)) {
        fprintf(stderr, "usage: golden FOLDER\n");
        return 64;
    }
#define WRITE_MESSAGE(value, NAME, name, endpoints) failures += write_message(argv[1], MESSAGE_##NAME, &bytes, &json);
    MESSAGES(WRITE_MESSAGE)
#define WRITE_RECORD(value, NAME, name) failures += write_record(argv[1], RECORD_##NAME, &bytes, &json);
    RECORD_KINDS(WRITE_RECORD)
    failures += write_row(argv[1], &bytes, &json);
    failures += write_side(argv[1], &bytes, &json);
    buffer_release(&bytes);
    buffer_release(&json);
    return failures ? 1 : 0;
}
