#include "broker/config/reading.h"

#include <string.h>

#include "broker/config/nearest.h"
#include "schemas/typed.h"

const char *keep(struct reading *reading, const char *text)
{
    return arena_strdup(&reading->policy->arena, text);
}

struct origin origin_of(const struct document *document, const yaml_node_t *node)
{
    return (struct origin){document->file, node_line(node), node_column(node)};
}

yaml_node_t *root_field(struct document *document, const char *const *keys, size_t n, yaml_node_t **fields)
{
    yaml_node_t *root = document_root(document);
    if (!node_fields(document, root, document->file, keys, n, fields))
        return NULL;
    if (fields[0] == NULL)
        node_fault(document, root, "nothing under '%s:'; this file's entries stand there", keys[0]);
    return fields[0];
}

/* --- nested lists --- */

static size_t count_nested(struct document *document, yaml_node_t *list, const char *nested)
{
    size_t count = node_items(list);
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *inner = node_find(document, node_item(document, list, i), nested);
        count += inner != NULL ? count_nested(document, inner, nested) : 0;
    }
    return count;
}

static struct entry_node *flatten_into(struct entry_node *next, struct document *document, yaml_node_t *list,
                                       const char *nested, const struct entry_node *outer)
{
    for (size_t i = 0; i < node_items(list); i++) {
        struct entry_node *entry = next++;
        *entry = (struct entry_node){node_item(document, list, i), outer};
        yaml_node_t *inner = node_find(document, entry->node, nested);
        if (inner != NULL && node_is_list(document, inner, nested))
            next = flatten_into(next, document, inner, nested, entry);
    }
    return next;
}

struct entry_node *flatten(struct reading *reading, struct document *document, yaml_node_t *list, const char *nested,
                           size_t *count)
{
    *count = 0;
    if (list == NULL || !node_is_list(document, list, document->file))
        return NULL;
    struct entry_node *entries =
        ARENA_NEW(reading->scratch, struct entry_node, count_nested(document, list, nested) + 1);
    *count = (size_t)(flatten_into(entries, document, list, nested, NULL) - entries);
    return entries;
}

/* --- fields that many things have --- */

const char *read_code(struct reading *reading, struct document *document, yaml_node_t *node, const char *what,
                      const char *without)
{
    const char *text = node_text(document, node, what, CODE_MAX_BYTES);
    if (text == NULL)
        return NULL;
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || strchr(without, *at) != NULL) {
            node_fault(document, node, "%s '%s' holds '%c'; leave blanks and %s out", what, text, *at, without);
            return NULL;
        }
    }
    return keep(reading, text);
}

const char *read_name(struct reading *reading, struct document *document, yaml_node_t *field, const char *what,
                      const char *otherwise)
{
    const char *text = field != NULL ? node_text(document, field, what, NAME_MAX_BYTES) : NULL;
    return text != NULL ? keep(reading, text) : otherwise;
}

/* As a name that is typed in a message (wire.cpp): what is compared is kept alike. */
const char *read_person(struct reading *reading, struct document *document, yaml_node_t *field)
{
    char name[NAME_MAX_BYTES + 1];
    const char *typed = read_name(reading, document, field, "a person", "");
    uint32_t point = typed_name(typed, name);
    if (point != 0)
        node_fault(document, field, "the name holds U+%04X, which nobody sees: it is no part of a name; type it again",
                   (unsigned)point);
    else if (*typed != '\0' && *name == '\0')
        node_fault(document, field, "the name is blank; write it, or leave the key out");
    return point != 0 || strcmp(name, typed) == 0 ? typed : keep(reading, name);
}

void read_retired(struct reading *reading, struct document *document, yaml_node_t *retired, yaml_node_t *successor,
                  bool *is_retired, const char **code)
{
    if (retired != NULL)
        node_flag(document, retired, is_retired);
    if (successor == NULL)
        return;
    if (!*is_retired)
        node_fault(document, successor, "a successor stands only beside 'retired: true'");
    const char *text = node_text(document, successor, "a successor", CODE_MAX_BYTES);
    *code = text != NULL ? keep(reading, text) : NULL;
}

/* --- natures and severities --- */

unsigned read_natures(struct document *document, yaml_node_t *list)
{
#define NATURE_TEXT(v, N, n) #n,
    static const char *const known[] = {NATURES(NATURE_TEXT)};
    unsigned natures = 0;
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(document, list, i);
        const char *name = node_text(document, item, "a nature", CODE_MAX_BYTES);
        enum nature nature = name != NULL ? nature_of(name) : 0;
        if (name != NULL && nature == 0)
            node_fault_unknown(document, item, "nature", name, known, sizeof(known) / sizeof(*known));
        natures |= nature != 0 ? 1u << nature : 0;
    }
    return natures;
}

unsigned read_severities(struct document *document, yaml_node_t *list)
{
    unsigned severities = 0;
    for (size_t i = 0; i < node_items(list); i++) {
        long severity;
        if (node_number(document, node_item(document, list, i), "severity", 1, 4, &severity))
            severities |= 1u << severity;
    }
    return severities;
}

/* --- references --- */

static const void *named(struct document *document, yaml_node_t *node, const char *what, const struct textmap *known)
{
    const char *text = node_text(document, node, what, CODE_MAX_BYTES);
    const void *found = text != NULL ? textmap_get(known, text) : NULL;
    if (found != NULL || text == NULL)
        return found;
    const char *near = nearest_key(text, known);
    if (near != NULL)
        node_fault(document, node, "unknown %s '%s'; did you mean '%s'?", what, text, near);
    else
        node_fault(document, node, "unknown %s '%s'; it is not in this city's files", what, text);
    return NULL;
}

const struct type *named_type(struct reading *reading, struct document *document, yaml_node_t *node)
{
    return named(document, node, "type", &reading->policy->type_map);
}

const struct area *named_area(struct reading *reading, struct document *document, yaml_node_t *node)
{
    return named(document, node, "area", &reading->policy->area_map);
}

const struct unit *named_unit(struct reading *reading, struct document *document, yaml_node_t *node)
{
    return named(document, node, "unit", &reading->policy->unit_map);
}

const struct principal *named_principal(struct reading *reading, struct document *document, yaml_node_t *node)
{
    return named(document, node, "principal", &reading->policy->principal_map);
}

const struct profile *named_profile(struct reading *reading, struct document *document, yaml_node_t *node)
{
    return named(document, node, "profile", &reading->policy->profile_map);
}

const struct timetable *named_calendar(struct reading *reading, struct document *document, yaml_node_t *node)
{
    return named(document, node, "calendar", &reading->policy->timetable_map);
}

const struct plan *named_plan(struct reading *reading, struct document *document, yaml_node_t *node)
{
    return named(document, node, "plan", &reading->policy->plan_map);
}

const struct ladder *named_ladder(struct reading *reading, struct document *document, yaml_node_t *node)
{
    return named(document, node, "ladder", &reading->policy->ladder_map);
}

size_t level_index(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->level_count; i++) {
        if (strcmp(policy->levels[i].name, name) == 0)
            return i;
    }
    return SIZE_MAX;
}

size_t named_level(struct reading *reading, struct document *document, const yaml_node_t *node, const char *name)
{
    const struct policy *policy = reading->policy;
    const char *known[LEVELS_MAX];
    size_t level = level_index(policy, name);
    for (size_t i = 0; i < policy->level_count; i++)
        known[i] = policy->levels[i].name;
    if (level == SIZE_MAX)
        node_fault_unknown(document, node, "level", name, known, policy->level_count);
    return level;
}

void fault_twice(struct document *document, yaml_node_t *node, const char *what, const char *key,
                 const struct origin *first)
{
    node_fault(document, node, "%s '%s' is also at %s:%zu; give one of them another", what, key, first->file,
               first->line);
}
