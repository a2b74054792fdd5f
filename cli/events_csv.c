/* A CSV file through libcsv, a line at a time, so that a row's line is known and one with broken quotes is reported
 * and passed over instead of ending the file. */
#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/base/panic.h"
#include "cli/cli.h"
#include "cli/events_private.h"
#include "cli/when.h"

struct csv_rows {
    struct events events;
    struct lines *lines;
    const struct column_map *map;
    struct csv_parser parser;
    size_t next_line; /* lines read so far */
    size_t name_count;

    /* the row being read */
    struct arena *arena;
    const char **values;
    size_t count, room;
    bool complete, beyond; /* beyond: there is more in the line than the row */
};

/* --- rows --- */

static void take_cell(void *text, size_t length, void *arg)
{
    struct csv_rows *rows = arg;
    rows->beyond |= rows->complete;
    if (rows->count == rows->room) {
        rows->room = rows->room ? rows->room * 2 : 64;
        const char **values = realloc(rows->values, rows->room * sizeof(*values));
        ASSERT(values);
        rows->values = values;
    }
    rows->values[rows->count++] = text ? arena_memdup(rows->arena, text, length) : "";
}

static void take_end(int last, void *arg)
{
    (void)last;
    ((struct csv_rows *)arg)->complete = true;
}

static void start_parser(struct csv_rows *rows)
{
    ASSERT(csv_init(&rows->parser, CSV_STRICT | CSV_STRICT_FINI) == 0);
    csv_set_delim(&rows->parser, (unsigned char)(rows->map ? rows->map->separator : ','));
}

/* One line of text into the parser. */
static bool feed(struct csv_rows *rows, const char *text, size_t length)
{
    return csv_parse(&rows->parser, text, length, take_cell, take_end, rows) == length;
}

static enum reading broken_row(struct csv_rows *rows, struct bad_line *bad)
{
    if (rows->next_line > rows->events.line)
        bad_line(bad, rows->arena, "", _("a quote is not closed; passed over up to line %zu"), rows->next_line);
    else
        bad_line(bad, rows->arena, "", _("a quote where none may be, or one that is not closed"));
    csv_free(&rows->parser);
    start_parser(rows);
    return READING_BAD;
}

/* A carriage return ends a row, so that what follows it in the line would be lost, or join the next line. */
static enum reading split_row(struct csv_rows *rows, struct bad_line *bad)
{
    bad_line(bad, rows->arena, "", _("a carriage return within the line"));
    csv_free(&rows->parser);
    start_parser(rows);
    return READING_BAD;
}

/* The next row that is not empty into rows->values. */
static enum reading next_row(struct csv_rows *rows, struct arena *arena, struct bad_line *bad)
{
    rows->arena = arena;
    rows->count = 0;
    rows->complete = rows->beyond = false;
    while (!rows->complete) {
        const char *text;
        ssize_t length = lines_next(rows->lines, &text);
        errno = length < 0 ? (int)-length : 0;
        if (length < 0)
            return READING_FAILED;
        if (length == 0)
            return csv_fini(&rows->parser, take_cell, take_end, rows) != 0 ? broken_row(rows, bad)
                   : rows->complete                                        ? READING_EVENT
                                                                           : READING_END;
        rows->next_line++;
        if (rows->count == 0 && !rows->parser.entry_pos)
            rows->events.line = rows->next_line;
        size_t mark = rows->next_line == 1 && length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        if (!feed(rows, text + mark, (size_t)length - mark))
            return broken_row(rows, bad);
    }
    return rows->beyond || rows->parser.entry_pos ? split_row(rows, bad) : READING_EVENT;
}

/* --- a row as an event --- */

struct reading_row {
    const struct csv_rows *rows;
    struct arena *arena;
    struct event *event;
    struct bad_line *bad;
};

/* The field's value, NULL when absent; false when it is none. */
static bool value_of(const struct reading_row *row, enum map_field field, const char **out)
{
    if (column_map_value(row->rows->map, field, row->rows->values, row->arena, out))
        return true;
    return bad_line(row->bad, row->arena, map_field_name(field), _("\"%s\" is not among the map's values"), *out);
}

static bool take_texts(const struct reading_row *row)
{
    struct event *event = row->event;
    const struct {
        enum map_field field;
        const char **into;
    } texts[] = {
        {MAP_ID, &event->id},
        {MAP_TYPE, &event->type},
        {MAP_AREA, &event->place.area},
        {MAP_ADDRESS, &event->place.address},
        {MAP_TEXT, &event->text},
        {MAP_SOURCE_REF, &event->source_ref},
        {MAP_RECURRENCE_OF, &event->recurrence_of},
        {MAP_OBJECT, &event->object},
        {MAP_ABOUT, &event->about},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!value_of(row, texts[i].field, texts[i].into))
            return false;
    const char *reporter = NULL;
    return value_of(row, MAP_REPORTER_PLAIN, &reporter) &&
           (!reporter || event_seal(event, "reporter_plain", reporter, row->arena, row->bad));
}

static bool degrees_of(const struct reading_row *row, enum map_field field, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return (end != text && !*end && isfinite(*out)) ||
           bad_line(row->bad, row->arena, map_field_name(field), _("\"%s\" is not a number of degrees"), text);
}

static bool take_point(const struct reading_row *row)
{
    const char *latitude, *longitude, *system;
    struct place *place = &row->event->place;
    if (!value_of(row, MAP_LATITUDE, &latitude) || !value_of(row, MAP_LONGITUDE, &longitude))
        return false;
    if (!latitude && !longitude)
        return true;
    if (!latitude || !longitude)
        return bad_line(row->bad, row->arena, latitude ? "longitude" : "latitude", _("missing"));
    if (!degrees_of(row, MAP_LATITUDE, latitude, &place->latitude) ||
        !degrees_of(row, MAP_LONGITUDE, longitude, &place->longitude) || !value_of(row, MAP_SYSTEM, &system))
        return false;
    place->has_point = true;
    place->system = system ? coordinates_of(system) : 0;
    return !system || place->system ||
           bad_line(row->bad, row->arena, "system", _("\"%s\": not wgs84, gcj02, bd09 or cgcs2000"), system);
}

/* A time in the map's form; *carries_offset: it says its own. */
static bool parse_form(const char *form, const char *text, int64_t *at_ms, bool *carries_offset)
{
    struct tm broken = {0};
    const char *rest = strptime(text, form, &broken);
    if (!rest || *rest || when_parse_tm(&broken, at_ms) != 0)
        return false;
    *carries_offset = strstr(form, "%z") != NULL;
    if (*carries_offset)
        *at_ms -= (int64_t)broken.tm_gmtoff * 1000;
    return true;
}

static bool parse_time(const char *form, const char *text, int64_t *at_ms, bool *carries_offset)
{
    if (form)
        return parse_form(form, text, at_ms, carries_offset);
    *carries_offset = when_parse_rfc3339(text, at_ms) == 0;
    return *carries_offset || parse_form("%Y-%m-%dT%H:%M:%S", text, at_ms, carries_offset);
}

static bool take_observed(const struct reading_row *row)
{
    const struct column_map *map = row->rows->map;
    const char *text;
    bool carries_offset;
    int64_t at_ms;
    if (!value_of(row, MAP_OBSERVED, &text))
        return false;
    if (!text)
        return true;
    if (!parse_time(map->time_format, text, &at_ms, &carries_offset))
        return bad_line(row->bad, row->arena, "observed", _("\"%s\" is not a time of the form %s"), text,
                        map->time_format ? map->time_format : "RFC 3339");
    if (!carries_offset && !map->has_time_zone)
        return bad_line(row->bad, row->arena, "observed", _("\"%s\" carries no offset and the map has no time_zone"),
                        text);
    row->event->observed_ms = at_ms - (carries_offset ? 0 : map->time_zone_minutes * 60000LL);
    return row->event->observed_ms > 0 || bad_line(row->bad, row->arena, "observed", _("not after 1970"));
}

static bool flag_of(const struct reading_row *row, enum map_field field, bool *out)
{
    const char *text;
    if (!value_of(row, field, &text))
        return false;
    *out = text && strcmp(text, "true") == 0;
    return !text || *out || strcmp(text, "false") == 0 ||
           bad_line(row->bad, row->arena, map_field_name(field), _("\"%s\": not true or false"), text);
}

static bool take_kinds(const struct reading_row *row)
{
    const char *nature, *severity;
    struct event *event = row->event;
    if (!value_of(row, MAP_NATURE, &nature) || !value_of(row, MAP_SEVERITY, &severity))
        return false;
    event->nature = nature ? nature_of(nature) : 0;
    if (nature && !event->nature)
        return bad_line(row->bad, row->arena, "nature",
                        _("\"%s\": not help, complaint, report, consult, suggest or praise"), nature);
    if (severity && (strlen(severity) != 1 || *severity < '1' || *severity > '4'))
        return bad_line(row->bad, row->arena, "severity", _("\"%s\": not 1 to 4"), severity);
    event->severity = severity ? *severity - '0' : 0;
    return flag_of(row, MAP_PANIC, &event->panic) && flag_of(row, MAP_SEALED, &event->sealed);
}

static enum reading next_csv(struct events *events, struct arena *arena, struct event *event, struct bad_line *bad)
{
    struct csv_rows *rows = (struct csv_rows *)events;
    enum reading reading = next_row(rows, arena, bad);
    if (reading != READING_EVENT)
        return reading;
    *event = (struct event){0};
    if (rows->count != rows->name_count) {
        bad_line(bad, arena, "", _("%zu cells, the first row has %zu"), rows->count, rows->name_count);
        return READING_BAD;
    }
    const struct reading_row row = {rows, arena, event, bad};
    return take_texts(&row) && take_kinds(&row) && take_observed(&row) && take_point(&row) ? READING_EVENT
                                                                                           : READING_BAD;
}

static void close_csv(struct events *events)
{
    struct csv_rows *rows = (struct csv_rows *)events;
    csv_free(&rows->parser);
    free(rows->values);
    free(rows);
}

/* The row of names, to which the map is bound. */
static bool open_names(struct csv_rows *rows, struct column_map *map, struct arena *arena, struct bad_line *bad)
{
    struct faults faults = {0};
    enum reading reading = next_row(rows, arena, bad);
    if (reading == READING_FAILED)
        return bad_line(bad, arena, "", "%s", strerror(errno));
    if (reading == READING_END)
        return bad_line(bad, arena, "", _("no row of column names"));
    if (reading == READING_BAD)
        return false;
    rows->name_count = rows->count;
    bool good = column_map_bind(map, rows->values, rows->count, &faults) == 0;
    if (!good)
        bad_line(bad, arena, "", "%s", faults_text(&faults));
    faults_release(&faults);
    return good;
}

struct events *events_open_csv(struct lines *lines, struct column_map *map, struct arena *arena, struct bad_line *bad)
{
    struct csv_rows *rows = calloc(1, sizeof(*rows));
    ASSERT(rows);
    rows->events = (struct events){next_csv, close_csv, 0};
    rows->lines = lines;
    rows->map = map;
    start_parser(rows);
    if (open_names(rows, map, arena, bad))
        return &rows->events;
    close_csv(&rows->events);
    return NULL;
}
