/* Who is sent: what a rule, or a plan, says of its recipients. */
#include <string.h>

#include "broker/config/reading.h"

void index_kinds(struct reading *reading)
{
    const struct policy *policy = reading->policy;
    for (size_t i = 0; i < policy->unit_count; i++) {
        const struct unit *unit = &policy->units[i];
        if (unit->area == NULL)
            continue;
        const char *level = policy->levels[unit->area->level].name;
        textmap_put(&reading->kinds, arena_printf(reading->scratch, "%s.%s", level, unit->kind), (void *)unit);
    }
}

/* "@street.执法", "@community": a level, and the kind of a unit there. */
static bool read_relative(struct reading *reading, struct document *document, yaml_node_t *node, struct recipient *to)
{
    const char *dot = strchr(to->text, '.');
    size_t level_bytes = dot != NULL ? (size_t)(dot - to->text - 1) : strlen(to->text + 1);
    const char *level = arena_memdup(reading->scratch, to->text + 1, level_bytes);
    to->kind = RECIPIENT_RELATIVE;
    to->unit_kind = dot != NULL ? dot + 1 : "";
    to->level = named_level(reading, document, node, level);
    if (to->level == SIZE_MAX)
        return false;
    if (textmap_get(&reading->kinds, arena_printf(reading->scratch, "%s.%s", level, to->unit_kind)) != NULL)
        return true;
    node_fault(document, node, "'%s' can never find anybody: units.yaml has no unit of kind '%s' at a %s", to->text,
               to->unit_kind, level);
    return false;
}

static bool read_owner(struct reading *reading, struct document *document, yaml_node_t *node, struct recipient *to)
{
    to->kind = RECIPIENT_OWNER;
    if (reading->policy->owner_map.count > 0)
        return true;
    node_fault(document, node, "'@owner' can never find anybody: write objects.yaml, which says whose each object is");
    return false;
}

static bool read_recipient(struct reading *reading, struct document *document, yaml_node_t *node, struct recipient *to)
{
    const char *text = node_text(document, node, "a recipient", CODE_MAX_BYTES);
    if (text == NULL)
        return false;
    to->text = keep(reading, text);
    if (strcmp(text, "@local") == 0) {
        to->kind = RECIPIENT_LOCAL;
        return true;
    }
    if (strcmp(text, "@owner") == 0)
        return read_owner(reading, document, node, to);
    if (strcmp(text, "desk") == 0) {
        to->kind = RECIPIENT_DESK;
        return true;
    }
    if (*text == '@')
        return read_relative(reading, document, node, to);
    to->kind = RECIPIENT_UNIT;
    to->unit = named_unit(reading, document, node);
    if (to->unit != NULL && policy_unit_now(reading->policy, to->unit) == NULL)
        node_fault(document, node, "unit '%s' is retired without a successor; name another", text);
    return to->unit != NULL;
}

/* A person dispatches when nobody before is found, so nobody can stand after. */
static void check_desk(struct document *document, yaml_node_t *list, const struct recipient *to, size_t count,
                       size_t desk_at)
{
    for (size_t i = 0; i < count; i++) {
        if (to[i].kind == RECIPIENT_DESK && i != desk_at)
            node_fault(document, node_item(document, list, i),
                       "'desk' is where a person dispatches: write it as the last of 'to', nowhere else");
    }
}

const struct recipient *read_recipients(struct reading *reading, struct document *document, yaml_node_t *list,
                                        size_t max, bool desk, size_t *count)
{
    size_t n = node_items(list);
    if (n == 0 || n > max) {
        node_fault(document, list, "%s; write 1 to %zu", n == 0 ? "an empty list" : "too many", max);
        return NULL;
    }
    struct recipient *recipients = ARENA_NEW(&reading->policy->arena, struct recipient, n);
    for (size_t i = 0; i < n; i++) {
        if (!read_recipient(reading, document, node_item(document, list, i), &recipients[i]))
            return NULL;
    }
    check_desk(document, list, recipients, n, desk ? n - 1 : SIZE_MAX);
    *count = n;
    return recipients;
}

void read_local_recipient(struct reading *reading, struct document *document, yaml_node_t *node, struct recipient *out)
{
    size_t count;
    const struct recipient *to = read_recipients(reading, document, node, 1, false, &count);
    if (to != NULL && to->kind == RECIPIENT_OWNER)
        node_fault(document, node,
                   "this is about no object, so '@owner' is nobody; name a unit, @LEVEL.KIND or @local");
    else if (to != NULL)
        *out = *to;
}
