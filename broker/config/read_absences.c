#include <string.h>

#include "broker/config/reading.h"

/* absences.yaml: what must be heard of again and again, or an incident is opened. */

enum { NAME, SOURCE, TYPE, AREA, AREAS, REFS, WITHIN, OPENS, TEXT, FIELDS };
static const char *const keys[FIELDS] = {"name", "source", "type", "area", "areas", "refs", "within", "opens", "text"};

/* --- what is watched --- */

static void read_refs(struct reading *reading, struct document *document, yaml_node_t *list, struct absence *absence)
{
    size_t n = node_items(list);
    struct textmap seen = {0};
    if (n == 0 || n > ABSENCE_TARGETS_MAX) {
        node_fault(document, list, "%s; write 1 to %d devices", n == 0 ? "an empty list" : "too many",
                   ABSENCE_TARGETS_MAX);
        return;
    }
    const char **refs = ARENA_NEW(&reading->policy->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        yaml_node_t *item = node_item(document, list, i);
        refs[i] = keep(reading, node_text(document, item, "a device", ID_MAX_BYTES));
        if (refs[i] == NULL)
            break;
        if (textmap_get(&seen, refs[i]) != NULL)
            node_fault(document, item, "device '%s' is listed twice", refs[i]);
        textmap_put(&seen, refs[i], absence);
        absence->ref_count = i + 1;
    }
    absence->refs = refs;
    textmap_release(&seen);
}

/* An event resets one target: areas that lie in one another would be two. */
static void fault_nested(struct document *document, yaml_node_t *item, const struct absence *absence, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        const struct area *one = absence->areas[i], *other = absence->areas[k];
        if (area_within(one, other) || area_within(other, one))
            node_fault(document, item, "areas '%s' and '%s' lie in one another; watch them by a rule each", one->code,
                       other->code);
    }
}

static void read_places(struct reading *reading, struct document *document, yaml_node_t *list, struct absence *absence)
{
    size_t n = node_items(list);
    if (n == 0 || n > ABSENCE_TARGETS_MAX || (absence->refs != NULL && n > 1)) {
        node_fault(document, list, "%s",
                   n == 0                  ? "an empty list; leave the key out to mean the whole city"
                   : absence->refs != NULL ? "devices have one area, where what is opened for them lies; write 'area'"
                                           : "too many areas; write several rules");
        return;
    }
    const struct area **areas = ARENA_NEW(&reading->policy->arena, const struct area *, n);
    absence->areas = areas;
    for (size_t i = 0; i < n; i++) {
        yaml_node_t *item = node_item(document, list, i);
        areas[i] = named_area(reading, document, item);
        if (areas[i] == NULL)
            return;
        fault_nested(document, item, absence, i);
        absence->area_count = i + 1;
    }
}

static void watch_the_city(struct reading *reading, struct absence *absence)
{
    const struct area **areas = ARENA_NEW(&reading->policy->arena, const struct area *, 1);
    areas[0] = policy_area(reading->policy, reading->policy->city);
    absence->areas = areas;
    absence->area_count = areas[0] != NULL;
}

static void read_targets(struct reading *reading, struct document *document, yaml_node_t **fields,
                         struct absence *absence)
{
    yaml_node_t *places = fields[AREA] != NULL ? fields[AREA] : fields[AREAS];
    if (fields[AREA] != NULL && fields[AREAS] != NULL)
        node_fault(document, fields[AREAS], "'area' and 'areas' say the same; keep one");
    if (fields[REFS] != NULL)
        read_refs(reading, document, fields[REFS], absence);
    if (places != NULL)
        read_places(reading, document, places, absence);
    else
        watch_the_city(reading, absence);
}

/* --- a rule --- */

static const char *read_source(struct reading *reading, struct document *document, yaml_node_t *node)
{
    const struct principal *source = named_principal(reading, document, node);
    if (source != NULL && !(source->roles & (PRINCIPAL_SOURCE | PRINCIPAL_INTAKE)))
        node_fault(document, node, "'%s' is no source: its roles let it publish nothing", source->name);
    return source != NULL ? source->name : NULL;
}

static const char *read_rule_name(struct reading *reading, struct document *document, yaml_node_t *node, size_t done)
{
    const char *name = read_code(reading, document, node, "an absence's name", "/");
    for (size_t i = 0; name != NULL && i < done; i++) {
        const struct absence *other = &reading->policy->absences[i];
        if (other->name != NULL && strcmp(other->name, name) == 0)
            fault_twice(document, node, "absence", name, &other->origin);
    }
    return name;
}

static void read_absence(struct reading *reading, struct document *document, yaml_node_t *node, size_t done,
                         struct absence *absence)
{
    yaml_node_t *fields[FIELDS];
    absence->origin = origin_of(document, node);
    absence->text = "";
    if (!node_fields(document, node, "an absence", keys, FIELDS, fields))
        return;
    if (fields[NAME] == NULL || fields[WITHIN] == NULL || fields[OPENS] == NULL) {
        node_fault(document, node,
                   "an absence needs its name, how long at most nothing is heard, and the type it opens: "
                   "{name: 入户, within: 7d, opens: 1.01}");
        return;
    }
    absence->name = read_rule_name(reading, document, fields[NAME], done);
    absence->source = fields[SOURCE] != NULL ? read_source(reading, document, fields[SOURCE]) : NULL;
    absence->type = fields[TYPE] != NULL ? named_type(reading, document, fields[TYPE]) : NULL;
    absence->opens = named_type(reading, document, fields[OPENS]);
    absence->text = read_name(reading, document, fields[TEXT], "the text", "");
    read_limit(reading, document, fields[WITHIN], &absence->within);
    read_targets(reading, document, fields, absence);
}

void read_absences(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"absences"};
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "absences"))
        return;
    size_t n = node_items(list);
    struct absence *absences = ARENA_NEW(&reading->policy->arena, struct absence, n);
    reading->policy->absences = absences;
    if (n > ABSENCES_MAX)
        node_fault(document, list, "%zu absences; at most %d: one may watch many areas or devices", n, ABSENCES_MAX);
    for (size_t i = 0; i < n && i < ABSENCES_MAX; i++) {
        read_absence(reading, document, node_item(document, list, i), i, &absences[i]);
        reading->policy->absence_count = i + 1;
    }
}
