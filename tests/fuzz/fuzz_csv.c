/* Any bytes as rows that people have: CSV by a column map, JSON Lines, a table of the configuration. A line is an event that
 * the broker would not refuse for its form, or it is bad and says why; reading ends. The first byte says as which. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/panic.h"
#include "broker/config/sheet.h"
#include "cli/column_map.h"
#include "cli/events.h"
#include "schemas/wire.h"
#include "tests/fuzz/fuzz.h"

static const char map_text[] = "time_zone: \"+08:00\"\n"
                               "columns:\n"
                               "  id: \"no-{id}\"\n"
                               "  type: {column: kind, values: {a: 1.01, b: 2}, otherwise: 3}\n"
                               "  area: \"{area}\"\n"
                               "  latitude: \"{lat}\"\n"
                               "  longitude: \"{lon}\"\n"
                               "  system: wgs84\n"
                               "  observed: \"{at}\"\n"
                               "  severity: \"{severity}\"\n"
                               "  panic: \"{panic}\"\n"
                               "  text: \"{text}\"\n";

static struct arena arena;

/* What passed here passes the broker's gate. */
static void expect_sendable(const struct event *event)
{
    static struct buffer frame;
    struct message message = {.kind = MESSAGE_PUBLISH, .publish = *event}, heard;
    struct refusal refusal = {0};
    wire_encode(&message, &frame);
    if (wire_decode(frame.data, frame.size, &arena, &heard, &refusal) != 0)
        panic("%s: %s", refusal.field, refusal.reason);
}

static void read_events(struct events *events)
{
    struct event event;
    struct bad_line bad = {"", ""};
    size_t line = 0, last = 0;
    enum reading reading;
    while ((reading = events_next(events, &arena, &event, &bad, &line)) == READING_EVENT || reading == READING_BAD) {
        ASSERT(line > last);
        last = line;
        if (reading == READING_BAD)
            ASSERT(*bad.what);
        else
            expect_sendable(&event);
    }
    ASSERT(reading == READING_END);
    events_close(events);
}

static void read_csv(struct lines *lines)
{
    struct column_map *map = NULL;
    struct faults faults = {0};
    struct bad_line bad = {"", ""};
    if (column_map_load(fuzz_file("map", map_text, strlen(map_text)), &map, &faults) != 0)
        panic("%s", faults_text(&faults));
    struct events *events = events_open_csv(lines, map, &arena, &bad);
    if (events)
        read_events(events);
    else
        ASSERT(*bad.what);
    column_map_free(map);
}

static void read_sheet(const uint8_t *data, size_t size)
{
    static struct sheet sheet;
    struct faults faults = {0};
    size_t last = 0;
    sheet_open(&sheet, "table.csv", (const char *)data, size, &arena, &faults);
    while (sheet_next(&sheet)) {
        ASSERT(sheet.line > last && sheet.count <= SHEET_CELLS_MAX);
        last = sheet.line;
        for (size_t i = 0; i < sheet.count; i++)
            ASSERT(sheet.cells[i].column > 0 && strlen(sheet.cells[i].text) <= size);
    }
    faults_release(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lines lines;
    if (size == 0)
        return 0;
    arena_reset(&arena);
    if (*data == 's') {
        read_sheet(data + 1, size - 1);
        return 0;
    }
    int fd = open(fuzz_file("rows", data + 1, size - 1), O_RDONLY | O_CLOEXEC);
    ASSERT(fd >= 0);
    lines_init(&lines, fd);
    if (*data == 'j')
        read_events(events_open_json(&lines));
    else
        read_csv(&lines);
    lines_release(&lines);
    close(fd);
    return 0;
}
