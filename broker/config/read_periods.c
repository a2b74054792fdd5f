/* periods.yaml: special periods (特殊时段): other clocks and another ladder for a time. */
#include <stdio.h>
#include <string.h>

#include "broker/config/reading.h"

enum { NAME, FROM, TO, TYPES, AREAS, CLOCKS, LADDER, FIELDS };
static const char *const keys[FIELDS] = {"name", "from", "to", "types", "areas", "clocks", "ladder"};

#define MINUTE_MS (60 * 1000LL)

/* A date, or a date and a time of day, of the city. */
static void read_instant(struct reading *reading, struct document *document, yaml_node_t *node, int64_t *ms)
{
    int64_t day = 0;
    int hour = 0, minute = 0, end = 0;
    const char *text = node_text(document, node, "a time", CODE_MAX_BYTES);
    const char *rest = text != NULL ? text_day(text, &day) : NULL;
    bool timed = rest != NULL && sscanf(rest, " %2d:%2d%n", &hour, &minute, &end) == 2 && rest[end] == '\0';
    if (text != NULL &&
        (rest == NULL || (*rest != '\0' && !timed) || hour < 0 || hour > 23 || minute < 0 || minute > 59))
        node_fault(document, node, "'%s' is no time; write 2026-10-01, or \"2026-06-07 08:00\"", text);
    *ms = (day * 24 * 60 + hour * 60 + minute - reading->policy->utc_offset_minutes) * MINUTE_MS;
}

static void read_span_of(struct reading *reading, struct document *document, yaml_node_t *node, yaml_node_t **fields,
                         struct special *special)
{
    if (fields[FROM] == NULL || fields[TO] == NULL) {
        node_fault(document, node, "a period has a beginning and an end: from: 2026-10-01, to: 2026-10-09");
        return;
    }
    read_instant(reading, document, fields[FROM], &special->from_ms);
    read_instant(reading, document, fields[TO], &special->to_ms);
    if (special->to_ms <= special->from_ms)
        node_fault(document, fields[TO], "'to' is the first instant after it, and not before 'from'");
}

static void read_scope(struct reading *reading, struct document *document, yaml_node_t **fields,
                       struct special *special)
{
    struct arena *arena = &reading->policy->arena;
    size_t types = fields[TYPES] != NULL ? node_items(fields[TYPES]) : 0;
    size_t areas = fields[AREAS] != NULL ? node_items(fields[AREAS]) : 0;
    special->types = ARENA_NEW(arena, const struct type *, types);
    special->areas = ARENA_NEW(arena, const struct area *, areas);
    for (size_t i = 0; i < types; i++) {
        const struct type *type = named_type(reading, document, node_item(document, fields[TYPES], i));
        if (type != NULL)
            special->types[special->type_count++] = type;
    }
    for (size_t i = 0; i < areas; i++) {
        const struct area *area = named_area(reading, document, node_item(document, fields[AREAS], i));
        if (area != NULL)
            special->areas[special->area_count++] = area;
    }
}

static void read_one(struct reading *reading, struct document *document, yaml_node_t *node, struct special *specials)
{
    yaml_node_t *fields[FIELDS];
    struct policy *policy = reading->policy;
    if (!node_fields(document, node, "a period", keys, FIELDS, fields))
        return;
    if (fields[NAME] == NULL) {
        node_fault(document, node, "a period needs a name: {name: 国庆安保, from: 2026-10-01, to: 2026-10-09}");
        return;
    }
    struct special special = {.name = read_code(reading, document, fields[NAME], "a period's name", "/#"),
                              .origin = origin_of(document, node)};
    const struct special *first = special.name != NULL ? policy_special(policy, special.name) : NULL;
    if (special.name == NULL)
        return;
    if (first != NULL)
        fault_twice(document, fields[NAME], "period", special.name, &first->origin);
    read_span_of(reading, document, node, fields, &special);
    read_scope(reading, document, fields, &special);
    special.profile = fields[CLOCKS] != NULL ? named_profile(reading, document, fields[CLOCKS]) : NULL;
    special.ladder = fields[LADDER] != NULL ? named_ladder(reading, document, fields[LADDER]) : NULL;
    specials[policy->special_count++] = special;
}

void read_periods(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"periods"};
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "periods"))
        return;
    struct special *specials = ARENA_NEW(&reading->policy->arena, struct special, node_items(list));
    reading->policy->specials = specials;
    for (size_t i = 0; i < node_items(list); i++)
        read_one(reading, document, node_item(document, list, i), specials);
}
