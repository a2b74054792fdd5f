#include "broker/config/document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/base/limits.h"
#include "broker/base/map.h"
#include "broker/base/panic.h"
#include "broker/config/nearest.h"

/* --- loading --- */

static int fault_at(const struct document *document, const yaml_mark_t *mark, const char *sentence)
{
    return fault_add(document->faults, document->file, mark->line + 1, mark->column + 1, "%s", sentence);
}

/* The reader's errors (bad UTF-8, control characters) carry a byte offset instead of a line. */
static int fault_of_reader(const struct document *document, const char *text, size_t size_bytes,
                           const yaml_parser_t *parser)
{
    size_t line = 1, column = 1, end = parser->problem_offset < size_bytes ? parser->problem_offset : size_bytes;
    for (size_t i = 0; i < end; i++) {
        bool continued = ((unsigned char)text[i] & 0xc0) == 0x80;
        column = text[i] == '\n' ? 1 : column + !continued;
        line += text[i] == '\n';
    }
    return fault_add(document->faults, document->file, line, column,
                     "not UTF-8 text: %s; save the file as UTF-8 without control characters", parser->problem);
}

static int fault_of_parser(const struct document *document, const char *text, size_t size_bytes,
                           const yaml_parser_t *parser)
{
    if (parser->error == YAML_READER_ERROR)
        return fault_of_reader(document, text, size_bytes, parser);
    if (parser->error == YAML_MEMORY_ERROR)
        return fault_add(document->faults, document->file, 0, 0, "no memory to read it");
    return fault_add(document->faults, document->file, parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                     "not YAML: %s%s%s", parser->context != NULL ? parser->context : "",
                     parser->context != NULL ? ": " : "", parser->problem != NULL ? parser->problem : "cannot be read");
}

static void parser_start(yaml_parser_t *parser, const char *text, size_t size_bytes)
{
    ASSERT(yaml_parser_initialize(parser)); /* it wants memory, nothing else */
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)text, size_bytes);
}

struct shape {
    size_t depth, documents;
};

/* What document nodes no longer show: anchors, aliases, tags, depth, a second document. */
static int check_event(const struct document *document, const yaml_event_t *event, struct shape *shape)
{
    const unsigned char *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return fault_at(document, &event->start_mark, "an alias (*name) is not allowed; write the value out");
    case YAML_DOCUMENT_START_EVENT:
        if (++shape->documents > 1)
            return fault_at(document, &event->start_mark, "a second document (---); one file holds one");
        break;
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor, tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
        shape->depth++;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
        shape->depth++;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        shape->depth--;
        break;
    default:
        break;
    }
    if (anchor != NULL)
        return fault_at(document, &event->start_mark, "an anchor (&name) is not allowed; write the value out");
    if (tag != NULL)
        return fault_at(document, &event->start_mark, "a tag (!name) is not allowed; leave it out");
    if (shape->depth > CONFIG_DEPTH_MAX)
        return fault_at(document, &event->start_mark, "nested too deeply; flatten the lists");
    return 0;
}

static int check_events(const struct document *document, const char *text, size_t size_bytes)
{
    yaml_parser_t parser;
    struct shape shape = {0};
    int result = 0;
    parser_start(&parser, text, size_bytes);
    for (bool ended = false; !ended && result == 0;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            result = fault_of_parser(document, text, size_bytes, &parser);
            break;
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        result = check_event(document, &event, &shape);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return result;
}

int document_load(struct document *document, const char *file, const void *text, size_t size_bytes,
                  struct faults *faults)
{
    *document = (struct document){.file = file, .faults = faults};
    int result = check_events(document, text, size_bytes);
    if (result != 0)
        return result;
    yaml_parser_t parser;
    parser_start(&parser, text, size_bytes);
    if (!yaml_parser_load(&parser, &document->nodes))
        result = fault_of_parser(document, text, size_bytes, &parser);
    yaml_parser_delete(&parser);
    if (result == 0 && document_root(document) == NULL) {
        result = fault_add(faults, file, 1, 1, "the file is empty; delete it or fill it");
        document_release(document);
    }
    return result;
}

void document_release(struct document *document)
{
    yaml_document_delete(&document->nodes);
}

yaml_node_t *document_root(struct document *document)
{
    return yaml_document_get_root_node(&document->nodes);
}

int node_fault(const struct document *document, const yaml_node_t *node, const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    if (node == NULL)
        return fault_add(document->faults, document->file, 0, 0, "%s", sentence);
    return fault_at(document, &node->start_mark, sentence);
}

void node_fault_unknown(const struct document *document, const yaml_node_t *node, const char *what, const char *text,
                        const char *const *known, size_t n)
{
    const char *near = nearest(text, known, n);
    struct buffer list = {0};
    for (size_t i = 0; i < n; i++)
        buffer_printf(&list, "%s%s", i == 0 ? "" : ", ", known[i]);
    if (near != NULL)
        node_fault(document, node, "unknown %s '%s'; did you mean '%s'?", what, text, near);
    else
        node_fault(document, node, "unknown %s '%s'; one of %s", what, text, (const char *)list.data);
    buffer_release(&list);
}

size_t node_line(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

size_t node_column(const yaml_node_t *node)
{
    return node->start_mark.column + 1;
}

/* --- mappings and lists --- */

static const char *scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

bool node_is_mapping(const yaml_node_t *node)
{
    return node->type == YAML_MAPPING_NODE;
}

size_t node_pairs(const yaml_node_t *node)
{
    return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

yaml_node_t *node_key(struct document *document, const yaml_node_t *node, size_t i)
{
    return yaml_document_get_node(&document->nodes, node->data.mapping.pairs.start[i].key);
}

yaml_node_t *node_value(struct document *document, const yaml_node_t *node, size_t i)
{
    return yaml_document_get_node(&document->nodes, node->data.mapping.pairs.start[i].value);
}

yaml_node_t *node_find(struct document *document, const yaml_node_t *node, const char *key)
{
    for (size_t i = 0; node_is_mapping(node) && i < node_pairs(node); i++) {
        if (node_is(node_key(document, node, i), key))
            return node_value(document, node, i);
    }
    return NULL;
}

static bool check_mapping(const struct document *document, const yaml_node_t *node, const char *what)
{
    if (node_is_mapping(node))
        return true;
    node_fault(document, node, "%s is written as key: value pairs", what);
    return false;
}

static void place_field(struct document *document, const yaml_node_t *node, size_t pair, const char *const *keys,
                        size_t n, yaml_node_t **fields)
{
    yaml_node_t *key = node_key(document, node, pair);
    const char *text = scalar(key);
    for (size_t i = 0; text != NULL && i < n; i++) {
        if (strcmp(text, keys[i]) != 0)
            continue;
        if (fields[i] != NULL)
            node_fault(document, key, "the key '%s' is written twice; keep one", text);
        fields[i] = node_value(document, node, pair);
        return;
    }
    node_fault_unknown(document, key, "key", text != NULL ? text : "?", keys, n);
}

bool node_fields(struct document *document, yaml_node_t *node, const char *what, const char *const *keys, size_t n,
                 yaml_node_t **fields)
{
    memset(fields, 0, n * sizeof(*fields));
    if (!check_mapping(document, node, what))
        return false;
    for (size_t pair = 0; pair < node_pairs(node); pair++)
        place_field(document, node, pair, keys, n, fields);
    return true;
}

bool node_names(struct document *document, yaml_node_t *node, const char *what)
{
    if (!check_mapping(document, node, what))
        return false;
    struct textmap seen = {0};
    bool sound = true;
    for (size_t i = 0; i < node_pairs(node); i++) {
        yaml_node_t *key = node_key(document, node, i);
        const char *name = node_text(document, key, "a name", CODE_MAX_BYTES);
        if (name != NULL && textmap_get(&seen, name) != NULL) {
            node_fault(document, key, "'%s' is written twice; keep one", name);
            name = NULL;
        }
        if (name != NULL)
            textmap_put(&seen, name, key);
        sound = sound && name != NULL;
    }
    textmap_release(&seen);
    return sound;
}

size_t node_items(const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return 1;
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

yaml_node_t *node_item(struct document *document, yaml_node_t *node, size_t i)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return node;
    return yaml_document_get_node(&document->nodes, node->data.sequence.items.start[i]);
}

bool node_is_list(struct document *document, yaml_node_t *node, const char *what)
{
    if (node->type == YAML_SEQUENCE_NODE)
        return true;
    node_fault(document, node, "%s is a list: one entry a line, each after a '-'", what);
    return false;
}

/* --- scalars --- */

const char *node_text_or_empty(const struct document *document, const yaml_node_t *node, const char *what,
                               size_t max_bytes)
{
    const char *text = scalar(node);
    if (text == NULL)
        node_fault(document, node, "%s is one value, not a list or mapping", what);
    else if (strlen(text) != node->data.scalar.length)
        node_fault(document, node, "%s holds a NUL character; leave it out", what);
    else if (strlen(text) > max_bytes)
        node_fault(document, node, "%s is too long; at most %zu bytes", what, max_bytes);
    else
        return text;
    return NULL;
}

const char *node_text(const struct document *document, const yaml_node_t *node, const char *what, size_t max_bytes)
{
    const char *text = node_text_or_empty(document, node, what, max_bytes);
    if (text != NULL && *text == '\0') {
        node_fault(document, node, "%s is empty; write it or leave the key out", what);
        return NULL;
    }
    return text;
}

bool node_is(const yaml_node_t *node, const char *text)
{
    return scalar(node) != NULL && strcmp(scalar(node), text) == 0;
}

bool node_flag(const struct document *document, const yaml_node_t *node, bool *out)
{
    *out = node_is(node, "true");
    if (*out || node_is(node, "false"))
        return true;
    node_fault(document, node, "'%s' is neither true nor false", scalar(node) != NULL ? scalar(node) : "this");
    return false;
}

bool node_number(const struct document *document, const yaml_node_t *node, const char *what, long min, long max,
                 long *out)
{
    const char *text = scalar(node);
    char *end = NULL;
    errno = 0;
    long value = text != NULL ? strtol(text, &end, 10) : 0;
    if (text == NULL || end == text || *end != '\0' || errno != 0 || value < min || value > max) {
        node_fault(document, node, "%s is a whole number from %ld to %ld", what, min, max);
        return false;
    }
    *out = value;
    return true;
}

bool node_fraction(const struct document *document, const yaml_node_t *node, double *out)
{
    const char *text = scalar(node);
    char *end = NULL;
    double value = text != NULL ? strtod(text, &end) : 0;
    if (text == NULL || end == text || *end != '\0' || !(value > 0 && value < 1)) {
        node_fault(document, node, "a warning is a fraction of the limit between 0 and 1, such as 0.8");
        return false;
    }
    *out = value;
    return true;
}

static int64_t unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return 60 * 1000;
    case 'h':
        return 3600 * 1000;
    case 'd':
        return 24 * 3600 * 1000;
    default:
        return 0;
    }
}

/* Numbers each with a unit, "1h30m"; 0 when it is no duration or out of bounds. */
static int64_t duration_ms(const char *text)
{
    int64_t total = 0;
    while (*text != '\0') {
        char *end;
        errno = 0;
        long long n = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : 0;
        if (n <= 0 || errno != 0 || n > DURATION_MAX_MS / 1000 || unit_ms(*end) == 0)
            return 0;
        total += n * unit_ms(*end);
        if (total > DURATION_MAX_MS)
            return 0;
        text = end + 1;
    }
    return total;
}

bool node_duration(const struct document *document, const yaml_node_t *node, int64_t *ms)
{
    *ms = scalar(node) != NULL ? duration_ms(scalar(node)) : 0;
    if (*ms > 0)
        return true;
    node_fault(document, node, "'%s' is no duration; write 90s, 5m, 2h, 7d or 1h30m (at most ten years)",
               scalar(node) != NULL ? scalar(node) : "this");
    return false;
}

const char *text_day(const char *text, int64_t *day)
{
    struct tm date = {0}, normal;
    const char *end = strptime(text, "%Y-%m-%d", &date);
    normal = date;
    *day = (int64_t)timegm(&normal) / (24 * 3600);
    return normal.tm_mday == date.tm_mday && normal.tm_mon == date.tm_mon ? end : NULL;
}

bool node_date(const struct document *document, const yaml_node_t *node, int utc_offset_minutes, int64_t *ms)
{
    int64_t day = 0;
    const char *text = scalar(node), *end = text != NULL ? text_day(text, &day) : NULL;
    if (end == NULL || *end != '\0') {
        node_fault(document, node, "'%s' is no date; write it as 2026-01-31", text != NULL ? text : "this");
        return false;
    }
    *ms = (day * 24 * 60 - utc_offset_minutes) * 60 * 1000;
    return true;
}

bool node_utc_offset(const struct document *document, const yaml_node_t *node, int *minutes)
{
    const char *text = scalar(node);
    int hour, minute, used = 0;
    char sign;
    if (text == NULL || strlen(text) != 6 || sscanf(text, "%c%2d:%2d%n", &sign, &hour, &minute, &used) != 3 ||
        used != 6 || (sign != '+' && sign != '-') || hour > 14 || hour < 0 || minute > 59 || minute < 0) {
        node_fault(document, node, "a UTC offset is written \"+08:00\"");
        return false;
    }
    *minutes = (sign == '-' ? -1 : 1) * (hour * 60 + minute);
    return true;
}
