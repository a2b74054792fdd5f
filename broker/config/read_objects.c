/* objects.yaml: whose a manhole, a lamp, a hydrant is. A few lines of codes and prefixes, or a CSV that a department
 * keeps: hundreds of thousands of objects are one table, looked up by hash. */
#include <errno.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/config/nearest.h"
#include "broker/config/reading.h"
#include "broker/config/sheet.h"

enum { FILE_NAME, OBJECT, OBJECTS, UNIT, UNITS, FIELDS };
static const char *const keys[FIELDS] = {"file", "object", "objects", "unit", "units"};

/* One CSV. */
struct owners_sheet {
    struct reading *reading;
    struct sheet sheet;
    struct textmap units; /* what a cell says → a unit, where the file translates */
    size_t object_at, unit_at;
};

static bool add_owner(struct reading *reading, const char *code, const struct unit *unit, const struct origin *origin,
                      const struct owner **first)
{
    struct policy *policy = reading->policy;
    size_t length = strlen(code);
    *first = textmap_get(&policy->owner_map, code);
    if (*first != NULL)
        return (*first)->unit == unit; /* said twice, and the same */
    struct owner *owner = ARENA_NEW(&policy->arena, struct owner, 1);
    *owner = (struct owner){keep(reading, code), unit, *origin};
    textmap_put(&policy->owner_map, owner->code, owner);
    if (code[length - 1] == '*')
        policy->owner_prefix_lengths |= UINT64_C(1) << (length - 1);
    return true;
}

/* A '*' stands at the end only, where it makes a prefix of the code. */
static bool is_object_code(const char *code)
{
    const char *star = strchr(code, '*');
    return *code != '\0' && strlen(code) <= CODE_MAX_BYTES && (star == NULL || star[1] == '\0');
}

/* --- written in objects.yaml itself --- */

static void read_written(struct reading *reading, struct document *document, yaml_node_t *list, const struct unit *unit)
{
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(document, list, i);
        struct origin origin = origin_of(document, item);
        const struct owner *first;
        const char *code = node_text(document, item, "an object's code", CODE_MAX_BYTES);
        if (code == NULL)
            continue;
        if (!is_object_code(code))
            node_fault(document, item, "'%s' is no object's code: '*' stands at its end only, for all that begin so",
                       code);
        else if (!add_owner(reading, code, unit, &origin, &first))
            node_fault(document, item, "object '%s' belongs to unit '%s' at %s:%zu; it has one owner", code,
                       first->unit->id, first->origin.file, first->origin.line);
    }
}

/* --- a CSV --- */

static void fault_cell(const struct owners_sheet *in, size_t at, const char *what, const char *text, const char *more)
{
    const struct sheet *sheet = &in->sheet;
    fault_add(sheet->faults, sheet->file, sheet->line, sheet->cells[at].column, "%s '%s'%s", what, text, more);
}

static const struct unit *unit_of_cell(const struct owners_sheet *in)
{
    const char *text = in->sheet.cells[in->unit_at].text;
    const struct unit *unit = textmap_get(&in->units, text);
    if (unit == NULL)
        unit = policy_unit(in->reading->policy, text);
    if (unit != NULL)
        return unit;
    const char *near = nearest_key(text, &in->reading->policy->unit_map);
    const char *more = near != NULL ? arena_printf(in->reading->scratch, "; did you mean '%s'?", near)
                                    : "; name a unit's id, or translate it under 'units' in objects.yaml";
    fault_cell(in, in->unit_at, "unknown unit", text, more);
    return NULL;
}

static void take_row(const struct owners_sheet *in)
{
    const struct sheet *sheet = &in->sheet;
    struct origin origin = {sheet->file, sheet->line, 1};
    const struct owner *first;
    if (sheet->count <= in->object_at || sheet->count <= in->unit_at) {
        fault_add(sheet->faults, sheet->file, sheet->line, 0, "%zu cells; the first row has more", sheet->count);
        return;
    }
    const char *code = sheet->cells[in->object_at].text;
    const struct unit *unit = unit_of_cell(in);
    if (!is_object_code(code))
        fault_cell(in, in->object_at, "no object's code:", code, "; at most 32 bytes, a '*' at its end only");
    else if (unit != NULL && !add_owner(in->reading, code, unit, &origin, &first))
        fault_cell(in, in->object_at, "object", code,
                   arena_printf(in->reading->scratch, " belongs to unit '%s' at %s:%zu; it has one owner",
                                first->unit->id, first->origin.file, first->origin.line));
}

static bool find_columns(struct owners_sheet *in, const char *object, const char *unit)
{
    const char *missing = NULL;
    in->object_at = sheet_heading(&in->sheet, object);
    in->unit_at = sheet_heading(&in->sheet, unit);
    if (in->object_at == SIZE_MAX)
        missing = object;
    else if (in->unit_at == SIZE_MAX)
        missing = unit;
    if (missing != NULL)
        fault_add(in->sheet.faults, in->sheet.file, in->sheet.line, 0,
                  "no column '%s'; say in objects.yaml what the columns are called: {file: %s, object: …, unit: …}",
                  missing, in->sheet.file);
    return missing == NULL;
}

static void read_translation(struct owners_sheet *in, struct document *document, yaml_node_t *table)
{
    if (!node_names(document, table, "units"))
        return;
    for (size_t i = 0; i < node_pairs(table); i++) {
        const char *text = node_text(document, node_key(document, table, i), "what the file says", NAME_MAX_BYTES);
        const struct unit *unit = named_unit(in->reading, document, node_value(document, table, i));
        if (text != NULL && unit != NULL)
            textmap_put(&in->units, text, (void *)unit);
    }
}

static const struct file *open_sheet(struct reading *reading, struct document *document, yaml_node_t *node)
{
    const struct file *file;
    const char *name = node_text(document, node, "a file's name", NAME_MAX_BYTES);
    int result = name != NULL ? files_read(reading->files, name, &file) : 0;
    if (name == NULL)
        return NULL;
    if (result == 0)
        return file;
    if (result == -EINVAL)
        node_fault(document, node, "'%s' leads out of the city's folder, or holds a blank", name);
    else
        node_fault(document, node, "cannot read '%s': %s", name, strerror(-result));
    return NULL;
}

static void read_sheet(struct reading *reading, struct document *document, yaml_node_t **fields)
{
    struct owners_sheet in = {.reading = reading};
    const struct file *file = open_sheet(reading, document, fields[FILE_NAME]);
    const char *object = read_name(reading, document, fields[OBJECT], "a column", "object");
    const char *unit = read_name(reading, document, fields[UNIT], "a column", "unit");
    if (file == NULL)
        return;
    if (fields[UNITS] != NULL)
        read_translation(&in, document, fields[UNITS]);
    sheet_open(&in.sheet, keep(reading, file->name), file->text, file->size_bytes, reading->scratch, reading->faults);
    if (!sheet_next(&in.sheet))
        node_fault(document, fields[FILE_NAME], "'%s' is empty; its first row names the columns", file->name);
    else if (find_columns(&in, object, unit))
        while (sheet_next(&in.sheet))
            take_row(&in);
    textmap_release(&in.units);
}

/* --- the file --- */

static void read_entry(struct reading *reading, struct document *document, yaml_node_t *node)
{
    yaml_node_t *fields[FIELDS];
    if (!node_fields(document, node, "an owner", keys, FIELDS, fields))
        return;
    if (fields[FILE_NAME] != NULL && fields[OBJECTS] == NULL) {
        read_sheet(reading, document, fields);
        return;
    }
    yaml_node_t *list = fields[OBJECT] != NULL ? fields[OBJECT] : fields[OBJECTS];
    const struct unit *unit = fields[UNIT] != NULL ? named_unit(reading, document, fields[UNIT]) : NULL;
    if (list == NULL || fields[UNIT] == NULL || fields[UNITS] != NULL || (fields[OBJECT] && fields[OBJECTS]))
        node_fault(document, node,
                   "an owner is {object: 01020304, unit: ID}, {objects: [0102*, 0103*], unit: ID}, or "
                   "{file: manholes.csv, object: COLUMN, unit: COLUMN}");
    else if (unit != NULL)
        read_written(reading, document, list, unit);
}

void read_objects(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"objects"};
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "objects"))
        return;
    for (size_t i = 0; i < node_items(list); i++)
        read_entry(reading, document, node_item(document, list, i));
}
