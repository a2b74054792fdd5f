#include "cli/column_map.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "broker/base/panic.h"
#include "cli/cli.h"
#include "cli/when.h"
#include "schemas/types.h"

/* A map being read. */
struct loading {
    struct column_map *map;
    yaml_document_t document;
    struct faults *faults;
};

static const char *const field_names[] = {
#define FIELD_NAME(N, n) #n,
    MAP_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

const char *map_field_name(enum map_field field)
{
    return field_names[field];
}

static int fault_at(struct loading *loading, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int fault_at(struct loading *loading, const yaml_node_t *node, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return fault_add(loading->faults, loading->map->file, node->start_mark.line + 1, node->start_mark.column + 1, "%s",
                     text);
}

static const char *scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* The text of a scalar, or a fault. NUL bytes would cut it short unseen. */
static const char *text_of(struct loading *loading, const yaml_node_t *node, const char *what)
{
    const char *text = scalar(node);
    if (text && strlen(text) == node->data.scalar.length)
        return arena_strdup(&loading->map->arena, text);
    fault_at(loading, node, _("%s: not a text"), what);
    return NULL;
}

/* --- walking a mapping --- */

typedef void take_key_fn(struct loading *, const char *key, const yaml_node_t *key_node, const yaml_node_t *value,
                         void *arg);

static bool key_repeats(struct loading *loading, const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
    const char *key = scalar(yaml_document_get_node(&loading->document, pair->key));
    for (yaml_node_pair_t *other = mapping->data.mapping.pairs.start; other < pair; other++) {
        const char *earlier = scalar(yaml_document_get_node(&loading->document, other->key));
        if (earlier && strcmp(earlier, key) == 0)
            return true;
    }
    return false;
}

static void each_key(struct loading *loading, const yaml_node_t *mapping, const char *what, take_key_fn *take,
                     void *arg)
{
    if (mapping->type != YAML_MAPPING_NODE) {
        fault_at(loading, mapping, _("%s: keys and values are wanted here"), what);
        return;
    }
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&loading->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&loading->document, pair->value);
        if (!scalar(key))
            fault_at(loading, key, _("%s: a key is a text"), what);
        else if (key_repeats(loading, mapping, pair))
            fault_at(loading, key, _("\"%s\" is written twice"), scalar(key));
        else
            take(loading, scalar(key), key, value, arg);
    }
}

/* --- templates --- */

static void add_piece(struct loading *loading, struct map_source *source, struct buffer *constant, const char *column)
{
    struct map_piece *pieces = (struct map_piece *)source->pieces;
    if (constant->size) {
        char *text = arena_memdup(&loading->map->arena, constant->data, constant->size);
        pieces[source->piece_count++] = (struct map_piece){.text = text};
        buffer_clear(constant);
    }
    if (column)
        pieces[source->piece_count++] = (struct map_piece){.text = column, .is_column = true};
}

/* "{A}.{B}": text with columns in braces; doubled braces are braces. */
static void take_template(struct loading *loading, struct map_source *source, const char *text, const yaml_node_t *node)
{
    struct buffer constant = {0};
    source->pieces = ARENA_NEW(&loading->map->arena, struct map_piece, strlen(text) + 1);
    for (const char *at = text; *at; at++) {
        size_t length = strcspn(at + 1, "{}");
        if ((*at == '{' || *at == '}') && at[1] == *at) {
            buffer_append(&constant, at++, 1);
        } else if (*at == '{' && length > 0 && at[1 + length] == '}') {
            char *column = arena_memdup(&loading->map->arena, at + 1, length);
            add_piece(loading, source, &constant, column);
            at += 1 + length;
        } else if (*at == '{' || *at == '}') {
            fault_at(loading, node,
                     _("\"%s\": a brace without its partner; columns are {NAME}, a brace itself is {{ or }}"), text);
            break;
        } else {
            buffer_append(&constant, at, 1);
        }
    }
    add_piece(loading, source, &constant, NULL);
    buffer_release(&constant);
}

/* --- translations --- */

static void take_value(struct loading *loading, const char *key, const yaml_node_t *key_node, const yaml_node_t *value,
                       void *arg)
{
    struct map_source *source = arg;
    struct map_translation *translation = (struct map_translation *)&source->translations[source->translation_count];
    (void)key_node;
    translation->from = arena_strdup(&loading->map->arena, key);
    translation->to = text_of(loading, value, key);
    source->translation_count++;
}

static void take_translation_key(struct loading *loading, const char *key, const yaml_node_t *key_node,
                                 const yaml_node_t *value, void *arg)
{
    struct map_source *source = arg;
    struct arena *arena = &loading->map->arena;
    if (strcmp(key, "column") == 0) {
        struct map_piece *piece = ARENA_NEW(arena, struct map_piece, 1);
        *piece = (struct map_piece){.text = text_of(loading, value, key), .is_column = true};
        source->pieces = piece;
        source->piece_count = piece->text ? 1 : 0;
    } else if (strcmp(key, "values") == 0) {
        if (value->type == YAML_MAPPING_NODE)
            source->translations = ARENA_NEW(arena, struct map_translation,
                                             value->data.mapping.pairs.top - value->data.mapping.pairs.start + 1);
        each_key(loading, value, key, take_value, source);
    } else if (strcmp(key, "otherwise") == 0) {
        source->otherwise = text_of(loading, value, key);
    } else {
        fault_at(loading, key_node, _("no key \"%s\" here; a translation has column, values and otherwise"), key);
    }
}

static void take_translation(struct loading *loading, struct map_source *source, const yaml_node_t *node)
{
    source->translated = true;
    each_key(loading, node, _("translation"), take_translation_key, source);
    if (!source->piece_count)
        fault_at(loading, node, _("a translation needs column: NAME"));
}

/* --- the map --- */

static void take_field(struct loading *loading, const char *key, const yaml_node_t *key_node, const yaml_node_t *value,
                       void *arg)
{
    (void)arg;
    for (size_t i = 0; i < MAP_FIELD_COUNT; i++) {
        struct map_source *source = &loading->map->sources[i];
        if (strcmp(field_names[i], key) != 0)
            continue;
        source->line = value->start_mark.line + 1;
        source->column = value->start_mark.column + 1;
        if (value->type == YAML_MAPPING_NODE)
            take_translation(loading, source, value);
        else if (scalar(value))
            take_template(loading, source, scalar(value), value);
        else
            fault_at(loading, value, _("%s: a template \"{COLUMN}\" or a translation {column, values} is wanted"), key);
        return;
    }
    fault_at(
        loading, key_node,
        _("no field \"%s\"; there are id, type, area, address, latitude, longitude, system, "
          "observed, nature, severity, text, source_ref, recurrence_of, panic, sealed, object, about, reporter_plain"),
        key);
}

static void take_top(struct loading *loading, const char *key, const yaml_node_t *key_node, const yaml_node_t *value,
                     void *arg)
{
    struct column_map *map = loading->map;
    const char *text;
    (void)arg;
    if (strcmp(key, "columns") == 0) {
        each_key(loading, value, key, take_field, NULL);
    } else if (strcmp(key, "time_zone") == 0) {
        text = text_of(loading, value, key);
        map->has_time_zone = text && when_parse_offset(text, &map->time_zone_minutes) == 0;
        if (text && !map->has_time_zone)
            fault_at(loading, value, _("time_zone: \"%s\" is not an offset like \"+08:00\""), text);
    } else if (strcmp(key, "time_format") == 0) {
        map->time_format = text_of(loading, value, key);
    } else if (strcmp(key, "separator") == 0) {
        text = text_of(loading, value, key);
        if (text && (strlen(text) != 1 || strchr("\"\r\n", *text)))
            fault_at(loading, value, _("separator: one character is wanted, not a quote"));
        else if (text)
            map->separator = *text;
    } else {
        fault_at(loading, key_node, _("no key \"%s\"; a map has time_zone, time_format, separator and columns"), key);
    }
}

static bool is_constant(const struct map_source *source)
{
    return source->piece_count == 1 && !source->pieces[0].is_column;
}

static bool good_value(enum map_field field, const char *text)
{
    switch (field) {
    case MAP_NATURE:
        return nature_of(text) != 0;
    case MAP_SYSTEM:
        return coordinates_of(text) != 0;
    case MAP_SEVERITY:
        return strlen(text) == 1 && *text >= '1' && *text <= '4';
    case MAP_PANIC:
    case MAP_SEALED:
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    default:
        return true;
    }
}

static void check_written(struct loading *loading, enum map_field field, const char *text)
{
    const struct map_source *source = &loading->map->sources[field];
    if (text && !good_value(field, text))
        fault_add(loading->faults, loading->map->file, source->line, source->column,
                  _("%s: \"%s\" is not one of its values"), field_names[field], text);
}

/* A wrong constant would be an error of every row: it is said once, before the first. */
static void check_map(struct loading *loading)
{
    struct column_map *map = loading->map;
    for (size_t field = 0; field < MAP_FIELD_COUNT; field++) {
        const struct map_source *source = &map->sources[field];
        check_written(loading, field, is_constant(source) ? source->pieces[0].text : NULL);
        check_written(loading, field, source->otherwise);
        for (size_t i = 0; i < source->translation_count; i++)
            check_written(loading, field, source->translations[i].to);
    }
    bool latitude = map->sources[MAP_LATITUDE].piece_count, longitude = map->sources[MAP_LONGITUDE].piece_count;
    bool system = map->sources[MAP_SYSTEM].piece_count;
    if (!map->sources[MAP_ID].piece_count || !map->sources[MAP_TYPE].piece_count)
        fault_add(loading->faults, map->file, 1, 1, _("columns: id and type are needed"));
    if (latitude != longitude || (latitude && !system))
        fault_add(loading->faults, map->file, 1, 1, _("columns: a point needs latitude, longitude and system"));
}

static int load_document(struct loading *loading, FILE *file)
{
    struct column_map *map = loading->map;
    yaml_parser_t parser;
    ASSERT(yaml_parser_initialize(&parser));
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &loading->document)) {
        fault_add(loading->faults, map->file, parser.problem_mark.line + 1, parser.problem_mark.column + 1, "%s",
                  parser.problem ? parser.problem : _("not YAML"));
        yaml_parser_delete(&parser);
        return -EINVAL;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&loading->document);
    if (root)
        each_key(loading, root, _("column map"), take_top, NULL);
    if (loading->faults->count == 0)
        check_map(loading);
    yaml_document_delete(&loading->document);
    yaml_parser_delete(&parser);
    return loading->faults->count ? -EINVAL : 0;
}

int column_map_load(const char *path, struct column_map **out, struct faults *faults)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        int error = -errno;
        fault_add(faults, path, 0, 0, "%s", strerror(-error));
        return error;
    }
    struct column_map *map = calloc(1, sizeof(*map));
    ASSERT(map);
    arena_init(&map->arena);
    map->file = arena_strdup(&map->arena, path);
    map->separator = ',';
    struct loading loading = {.map = map, .faults = faults};
    int error = load_document(&loading, file);
    fclose(file);
    if (error)
        column_map_free(map);
    else
        *out = map;
    return error;
}

void column_map_free(struct column_map *map)
{
    if (!map)
        return;
    arena_release(&map->arena);
    free(map);
}

/* --- use --- */

int column_map_bind(struct column_map *map, const char *const *names, size_t name_count, struct faults *faults)
{
    for (size_t field = 0; field < MAP_FIELD_COUNT; field++) {
        const struct map_source *source = &map->sources[field];
        for (size_t i = 0; i < source->piece_count; i++) {
            struct map_piece *piece = (struct map_piece *)&source->pieces[i];
            if (!piece->is_column)
                continue;
            for (piece->column = 0; piece->column < name_count; piece->column++)
                if (strcmp(names[piece->column], piece->text) == 0)
                    break;
            if (piece->column == name_count)
                fault_add(faults, map->file, source->line, source->column, _("%s: the CSV has no column \"%s\""),
                          field_names[field], piece->text);
        }
    }
    return faults->count ? -EINVAL : 0;
}

/* Blanks around a value are removed. */
static const char *trimmed(const char *text, size_t *length)
{
    while (isspace((unsigned char)*text))
        text++;
    for (*length = strlen(text); *length && isspace((unsigned char)text[*length - 1]);)
        (*length)--;
    return text;
}

static const char *filled(const struct map_source *source, const char *const *values, struct arena *arena)
{
    struct buffer out = {0};
    bool any_column = false, any_value = false;
    for (size_t i = 0; i < source->piece_count; i++) {
        const struct map_piece *piece = &source->pieces[i];
        size_t length;
        const char *text = piece->is_column ? trimmed(values[piece->column], &length) : piece->text;
        if (!piece->is_column)
            length = strlen(text);
        any_column |= piece->is_column;
        any_value |= piece->is_column && length;
        buffer_append(&out, text, length);
    }
    bool present = out.size && (any_value || !any_column);
    const char *text = present ? arena_memdup(arena, out.data, out.size) : NULL;
    buffer_release(&out);
    return text;
}

bool column_map_value(const struct column_map *map, enum map_field field, const char *const *values,
                      struct arena *arena, const char **out)
{
    const struct map_source *source = &map->sources[field];
    *out = filled(source, values, arena);
    if (!source->translated)
        return true;
    for (size_t i = 0; *out && i < source->translation_count; i++)
        if (strcmp(source->translations[i].from, *out) == 0) {
            *out = source->translations[i].to;
            return true;
        }
    if (*out && !source->otherwise)
        return false;
    *out = source->otherwise;
    return true;
}
