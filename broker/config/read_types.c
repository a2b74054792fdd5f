#include <string.h>

#include "broker/config/reading.h"

enum { CODE, NAME, SEVERITY, CLOCKS, CONDITION, CLOSING, RETIRED, SUCCESSOR, TYPES, HAZARD, FIELDS };
static const char *const keys[FIELDS] = {"code",    "name",    "severity",  "clocks", "condition",
                                         "closing", "retired", "successor", "types",  "hazard"};

#define SEVERITY_DEFAULT 4

static void read_profile(struct reading *reading, struct document *document, yaml_node_t *node, struct type *type)
{
    if (node_is_mapping(node)) {
        struct profile *own = ARENA_NEW(&reading->policy->arena, struct profile, 1);
        own->name = arena_printf(&reading->policy->arena, "of %s", type->code);
        own->origin = origin_of(document, node);
        read_limits(reading, document, node, own);
        type->profile = own;
        return;
    }
    type->profile = named_profile(reading, document, node);
}

/* A dotted path: no empty part. */
static bool is_path(const char *code)
{
    return *code != '.' && code[strlen(code) - 1] != '.' && strstr(code, "..") == NULL;
}

static const char *read_type_code(struct reading *reading, struct document *document, const struct entry_node *entry,
                                  yaml_node_t *field)
{
    if (field == NULL) {
        node_fault(document, entry->node, "a type needs a code: {code: 1.02, name: 暴露垃圾, clocks: refuse}");
        return NULL;
    }
    const char *code = read_code(reading, document, field, "a type's code", "/@,{}");
    if (code != NULL && !is_path(code)) {
        node_fault(document, field, "type code '%s' is no dotted path; write 1.02.01", code);
        return NULL;
    }
    return code;
}

static const char *read_sentence(struct reading *reading, struct document *document, yaml_node_t *field,
                                 const char *what)
{
    const char *text = field != NULL ? node_text(document, field, what, CONDITION_MAX_BYTES) : NULL;
    return text != NULL ? keep(reading, text) : NULL;
}

static void read_type(struct reading *reading, struct document *document, const struct entry_node *entry,
                      struct type *type)
{
    yaml_node_t *fields[FIELDS];
    long severity;
    type->code = "";
    type->origin = origin_of(document, entry->node);
    if (!node_fields(document, entry->node, "a type", keys, FIELDS, fields))
        return;
    const char *code = read_type_code(reading, document, entry, fields[CODE]);
    if (code == NULL)
        return;
    const struct type *first = policy_type(reading->policy, code);
    if (first != NULL) {
        fault_twice(document, fields[CODE], "type", code, &first->origin);
        return;
    }
    type->code = code;
    type->condition = read_sentence(reading, document, fields[CONDITION], "a filing condition");
    type->closing = read_sentence(reading, document, fields[CLOSING], "a closing condition");
    type->name =
        read_name(reading, document, fields[NAME], "a type's name", type->condition != NULL ? type->condition : code);
    if (fields[SEVERITY] != NULL && node_number(document, fields[SEVERITY], "severity", 1, 4, &severity))
        type->severity = (int)severity;
    if (fields[HAZARD] != NULL)
        node_flag(document, fields[HAZARD], &type->hazard);
    if (fields[CLOCKS] != NULL)
        read_profile(reading, document, fields[CLOCKS], type);
    read_retired(reading, document, fields[RETIRED], fields[SUCCESSOR], &type->retired, &type->successor);
    textmap_put(&reading->policy->type_map, code, type);
}

static void link_parent(struct reading *reading, struct document *document, const struct entry_node *entry,
                        struct type *type)
{
    const char *dot = strrchr(type->code, '.');
    type->depth = 1;
    for (const char *at = type->code; *at != '\0'; at++)
        type->depth += *at == '.';
    if (dot == NULL)
        return;
    char *above = arena_memdup(reading->scratch, type->code, (size_t)(dot - type->code));
    type->parent = policy_type(reading->policy, above);
    if (type->parent == NULL)
        node_fault(document, entry->node, "type '%s' has no parent; add a type with code %s", type->code, above);
}

/* Belongs where its code says; nesting is for the eye, and must not say otherwise. */
static void check_nesting(struct document *document, const struct entry_node *entry, const struct type *type,
                          const struct type *outer)
{
    if (outer != NULL && *outer->code != '\0' && type->parent != NULL && !type_within(type, outer))
        node_fault(document, entry->node, "type '%s' is written under '%s', which its code does not begin with",
                   type->code, outer->code);
}

/* Severity, limits and danger come from the nearest type above that has them; parents may stand below in the file. */
static void inherit(struct type *type)
{
    for (const struct type *above = type->parent; above != NULL; above = above->parent) {
        if (type->severity == 0)
            type->severity = above->severity;
        if (type->profile == NULL)
            type->profile = above->profile;
        if (type->closing == NULL)
            type->closing = above->closing;
        type->hazard = type->hazard || above->hazard;
    }
    if (type->severity == 0)
        type->severity = SEVERITY_DEFAULT;
}

/* --- filing conditions: until one is picked, the strictest limits of those below a type hold --- */

/* Grows by doubling: it is full whenever its count is a power of two. */
static struct limit *new_open_limit(struct reading *reading, struct type *type, const struct limit *limit)
{
    size_t count = type->open_limit_count;
    struct limit *limits = (struct limit *)type->open_limits;
    if ((count & (count - 1)) == 0) {
        limits = ARENA_NEW(&reading->policy->arena, struct limit, count == 0 ? 1 : 2 * count);
        if (count > 0)
            memcpy(limits, type->open_limits, count * sizeof(*limits));
        type->open_limits = limits;
    }
    limits[type->open_limit_count++] = *limit;
    return &limits[count];
}

static struct limit *open_limit(struct reading *reading, struct type *type, const struct limit *like)
{
    for (size_t i = 0; i < type->open_limit_count; i++) {
        const struct limit *limit = &type->open_limits[i];
        if (limit->kind == like->kind && limit->calendar == like->calendar)
            return (struct limit *)limit;
    }
    return new_open_limit(reading, type, like);
}

/* In one kind of time the less is the stricter; calendars of the same kind are not told apart. */
static void add_open_limits(struct reading *reading, struct type *type, const struct profile *profile)
{
    for (size_t i = 0; i < profile->limit_count; i++) {
        struct limit *strictest = open_limit(reading, type, &profile->limits[i]);
        if (profile->limits[i].budget_ms < strictest->budget_ms)
            *strictest = profile->limits[i];
    }
}

static void take_condition(struct reading *reading, struct document *document, const struct entry_node *entry,
                           const struct type *type)
{
    if (type->parent == NULL)
        node_fault(document, entry->node, "a filing condition stands below a type; give '%s' a code such as 1.01.01.1",
                   type->code);
    for (const struct type *above = type->parent; above != NULL && !type->retired; above = above->parent) {
        if (above->condition == NULL && type->profile != NULL)
            add_open_limits(reading, (struct type *)above, type->profile);
    }
}

static void check_type(struct reading *reading, struct document *document, const struct entry_node *entry,
                       const struct type *type)
{
    if (type->profile == NULL && !type->retired)
        node_fault(document, entry->node, "type '%s' has no limits, nor any above it; write 'clocks:' here or above",
                   type->code);
    if (type->parent != NULL && type->parent->condition != NULL)
        node_fault(document, entry->node,
                   "type '%s' is below a filing condition, which is the last level; write it beside", type->code);
    if (type->successor == NULL)
        return;
    if (policy_type(reading->policy, type->successor) == NULL)
        node_fault(document, entry->node, "unknown successor '%s' of type '%s'", type->successor, type->code);
    else if (policy_type_now(reading->policy, type) == NULL)
        node_fault(document, entry->node,
                   "the successors of type '%s' end nowhere: in a circle, or in one retired without", type->code);
}

void read_types(struct reading *reading, struct document *document)
{
    yaml_node_t *field;
    static const char *const root_keys[] = {"types"};
    struct policy *policy = reading->policy;
    struct entry_node *entries =
        flatten(reading, document, root_field(document, root_keys, 1, &field), "types", &policy->type_count);
    struct type *types = ARENA_NEW(&policy->arena, struct type, policy->type_count);
    policy->types = types;
    for (size_t i = 0; i < policy->type_count; i++)
        read_type(reading, document, &entries[i], &types[i]);
    for (size_t i = 0; i < policy->type_count; i++) {
        if (*types[i].code != '\0')
            link_parent(reading, document, &entries[i], &types[i]);
    }
    for (size_t i = 0; i < policy->type_count; i++) {
        const struct entry_node *outer = entries[i].outer;
        check_nesting(document, &entries[i], &types[i], outer != NULL ? &types[outer - entries] : NULL);
        inherit(&types[i]);
    }
    for (size_t i = 0; i < policy->type_count; i++) {
        if (types[i].condition != NULL)
            take_condition(reading, document, &entries[i], &types[i]);
        if (*types[i].code != '\0')
            check_type(reading, document, &entries[i], &types[i]);
    }
}
