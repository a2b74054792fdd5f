#include <string.h>

#include "broker/config/reading.h"

/* --- folds.yaml: which reports are one thing --- */

enum { TYPE, WINDOW, PLACE, SOURCES, RAISE, AGAIN, REOPEN, FIELDS };
static const char *const keys[FIELDS] = {"type", "window", "place", "sources", "raise", "again", "reopen"};

#define AGAIN_DEFAULT_MS (24 * 3600 * 1000LL)
#define COUNT_MAX        1000000

static void read_sources(struct reading *reading, struct document *document, yaml_node_t *list, struct fold_rule *rule)
{
    if (node_is(list, "all"))
        return;
    rule->each = node_is(list, "each");
    if (rule->each)
        return;
    if (!node_is_list(document, list, "sources (all, each, or a list of principals)"))
        return;
    rule->sources = ARENA_NEW(&reading->policy->arena, const struct principal *, node_items(list));
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(document, list, i);
        const struct principal *source = named_principal(reading, document, item);
        if (source != NULL && (source->roles & (PRINCIPAL_SOURCE | PRINCIPAL_INTAKE)) == 0)
            node_fault(document, item, "'%s' reports nothing: it has neither the role source nor intake", source->name);
        else if (source != NULL)
            rule->sources[rule->source_count++] = source;
    }
}

static void read_raise(struct reading *reading, struct document *document, yaml_node_t *node, struct fold_raise *raise)
{
    static const char *const raise_keys[] = {"at", "severity", "clocks"};
    yaml_node_t *fields[3];
    long count = 0, severity = 0;
    if (!node_fields(document, node, "a raise", raise_keys, 3, fields))
        return;
    if (fields[0] == NULL || fields[1] == NULL) {
        node_fault(document, node, "a raise says from how many reports on, and to what: {at: 5, severity: 2}");
        return;
    }
    if (node_number(document, fields[0], "reports", 2, COUNT_MAX, &count))
        raise->count = (uint32_t)count;
    if (node_number(document, fields[1], "severity", 1, 4, &severity))
        raise->severity = (int)severity;
    if (fields[2] != NULL)
        raise->profile = named_profile(reading, document, fields[2]);
}

static void check_rising(struct document *document, yaml_node_t *node, const struct fold_raise *raise)
{
    if (raise[0].count <= raise[-1].count || raise[0].severity >= raise[-1].severity)
        node_fault(document, node, "raises go on: more reports, and severer (1 is the most), than the one before");
}

static void read_raises(struct reading *reading, struct document *document, yaml_node_t *list, struct fold_rule *rule)
{
    struct fold_raise *raises = ARENA_NEW(&reading->policy->arena, struct fold_raise, node_items(list));
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(document, list, i);
        read_raise(reading, document, item, &raises[i]);
        if (i > 0)
            check_rising(document, item, &raises[i]);
    }
    rule->raises = raises;
    rule->raise_count = node_items(list);
}

static void read_window(struct document *document, yaml_node_t *node, struct fold_rule *rule)
{
    if (!node_is(node, "never"))
        node_duration(document, node, &rule->window_ms);
}

static void read_again(struct document *document, yaml_node_t *node, struct fold_rule *rule)
{
    if (node_duration(document, node, &rule->again_ms) && rule->again_ms > FOLD_AGAIN_MAX_MS)
        node_fault(document, node, "what was closed is remembered for at most 31d");
}

static size_t read_place(struct reading *reading, struct document *document, yaml_node_t *node)
{
    const char *name = node != NULL ? node_text(document, node, "a level", CODE_MAX_BYTES) : NULL;
    return name != NULL ? named_level(reading, document, node, name) : reading->policy->level_count - 1;
}

static void read_rule(struct reading *reading, struct document *document, yaml_node_t *node, struct fold_rule *rule)
{
    yaml_node_t *fields[FIELDS];
    rule->origin = origin_of(document, node);
    rule->again_ms = AGAIN_DEFAULT_MS;
    if (!node_fields(document, node, "a rule", keys, FIELDS, fields))
        return;
    if (fields[TYPE] == NULL || fields[WINDOW] == NULL) {
        node_fault(document, node, "a rule says what folds and within what time: {type: 2.01, window: 30m}");
        return;
    }
    rule->type = named_type(reading, document, fields[TYPE]);
    read_window(document, fields[WINDOW], rule);
    rule->level = read_place(reading, document, fields[PLACE]);
    if (fields[SOURCES] != NULL)
        read_sources(reading, document, fields[SOURCES], rule);
    if (fields[RAISE] != NULL)
        read_raises(reading, document, fields[RAISE], rule);
    if (fields[AGAIN] != NULL)
        read_again(document, fields[AGAIN], rule);
    if (fields[REOPEN] != NULL)
        node_flag(document, fields[REOPEN], &rule->reopens);
    reading->policy->folds_reopen |= rule->reopens;
}

/* --- each type has the rule of the nearest type above that has one --- */

static const struct fold_rule *rule_of(const struct policy *policy, const struct type *type)
{
    for (size_t i = 0; i < policy->fold_count; i++) {
        if (policy->folds[i].type == type)
            return &policy->folds[i];
    }
    return NULL;
}

static void give_to_types(struct policy *policy)
{
    struct type *types = (struct type *)policy->types; /* read, but not yet sealed */
    for (size_t i = 0; i < policy->type_count; i++) {
        const struct type *above = &types[i];
        while (above != NULL && types[i].fold == NULL) {
            types[i].fold = rule_of(policy, above);
            above = above->parent;
        }
    }
}

static void check_once(struct document *document, yaml_node_t *node, const struct policy *policy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (policy->folds[i].type != NULL && policy->folds[i].type == policy->folds[n].type)
            fault_twice(document, node, "a rule for type", policy->folds[n].type->code, &policy->folds[i].origin);
    }
}

void read_folds(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"folds"};
    struct policy *policy = reading->policy;
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "folds"))
        return;
    struct fold_rule *rules = ARENA_NEW(&policy->arena, struct fold_rule, node_items(list));
    policy->folds = rules;
    policy->fold_count = node_items(list);
    for (size_t i = 0; i < policy->fold_count; i++) {
        read_rule(reading, document, node_item(document, list, i), &rules[i]);
        check_once(document, node_item(document, list, i), policy, i);
    }
    give_to_types(policy);
}
