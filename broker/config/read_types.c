#include <string.h>

#include "broker/config/reading.h"

enum { CODE, NAME, SEVERITY, CLOCKS, RETIRED, SUCCESSOR, TYPES, HAZARD, FIELDS };
static const char *const keys[FIELDS] = {"code",    "name",      "severity", "clocks",
                                         "retired", "successor", "types",    "hazard"};

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
    type->name = read_name(reading, document, fields[NAME], "a type's name", code);
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
        type->hazard = type->hazard || above->hazard;
    }
    if (type->severity == 0)
        type->severity = SEVERITY_DEFAULT;
}

static void check_type(struct reading *reading, struct document *document, const struct entry_node *entry,
                       const struct type *type)
{
    if (type->profile == NULL && !type->retired)
        node_fault(document, entry->node, "type '%s' has no limits, nor any above it; write 'clocks:' here or above",
                   type->code);
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
        if (*types[i].code != '\0')
            check_type(reading, document, &entries[i], &types[i]);
    }
}
