#include <stdlib.h>
#include <string.h>

#include "broker/config/reading.h"

/* borders.yaml: who beside its own is told of what happens at a border. */

enum { TO, LEVEL, NEAR, TYPES, NEIGHBOURS, SAME_WITHIN, FIELDS };
static const char *const keys[FIELDS] = {"to", "level", "near", "types", "neighbours", "same_within"};

enum { N_WITHIN, N_TYPES, N_FIELDS };
static const char *const near_keys[N_FIELDS] = {"within", "types"};

enum { B_AREA, B_AREAS, B_UNITS, B_FIELDS };
static const char *const neighbour_keys[B_FIELDS] = {"area", "areas", "units"};

/* --- how near --- */

/* 300m, 1.5km. */
static bool read_distance(struct document *document, yaml_node_t *node, double *metres)
{
    const char *text = node_text(document, node, "a distance", CODE_MAX_BYTES);
    char *unit = NULL;
    double value = text != NULL ? strtod(text, &unit) : 0;
    if (text == NULL)
        return false;
    *metres = strcmp(unit, "km") == 0 ? value * 1000 : value;
    if (unit != text && (strcmp(unit, "m") == 0 || strcmp(unit, "km") == 0) && *metres >= 1 && *metres <= NEAR_MAX_M)
        return true;
    node_fault(document, node, "'%s' is no distance here: 300m or 1.5km, from 1m to %dkm", text, NEAR_MAX_M / 1000);
    return false;
}

static const struct type *const *read_types_of(struct reading *reading, struct document *document, yaml_node_t *list,
                                               size_t *count)
{
    size_t n = node_items(list);
    const struct type **types = ARENA_NEW(&reading->policy->arena, const struct type *, n);
    if (n == 0)
        node_fault(document, list, "an empty list of types; leave the key out");
    for (size_t i = 0; i < n; i++) {
        const struct type *type = named_type(reading, document, node_item(document, list, i));
        if (type != NULL)
            types[(*count)++] = type;
    }
    return types;
}

static void read_near(struct reading *reading, struct document *document, yaml_node_t *node, struct border *border)
{
    yaml_node_t *fields[N_FIELDS];
    if (!node_fields(document, node, "near", near_keys, N_FIELDS, fields))
        return;
    if (fields[N_WITHIN] == NULL) {
        node_fault(document, node, "how near? {within: 300m}");
        return;
    }
    read_distance(document, fields[N_WITHIN], &border->near_m);
    border->near_origin = origin_of(document, node);
    if (fields[N_TYPES] != NULL)
        border->near_types = read_types_of(reading, document, fields[N_TYPES], &border->near_type_count);
    if (reading->policy->polygon_count == 0)
        node_fault(document, node,
                   "without polygons nothing is near a border: add them to areas.yaml, or list "
                   "'neighbours' and 'types'");
}

/* --- who is beside whom --- */

struct neighbours_reading {
    struct reading *reading;
    struct document *document;
    struct neighbour *neighbours;
    size_t count;
    struct origin origin; /* of the entry that is read */
};

static void add(struct neighbours_reading *in, const struct area *area, const struct area *other,
                const struct unit *unit)
{
    in->neighbours[in->count++] = (struct neighbour){area, other, unit, in->origin};
}

/* Of the level whose borders count. NULL with a fault. */
static const struct area *read_side(struct neighbours_reading *in, yaml_node_t *node)
{
    const struct policy *policy = in->reading->policy;
    const struct area *area = named_area(in->reading, in->document, node);
    if (area == NULL || area->level == policy->border.level)
        return area;
    node_fault(in->document, node, "'%s' is no %s, whose borders count here ('level')", area->code,
               policy->levels[policy->border.level].name);
    return NULL;
}

static void read_beside(struct neighbours_reading *in, const struct area *area, yaml_node_t *list)
{
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(in->document, list, i);
        const struct area *other = read_side(in, item);
        if (other == area)
            node_fault(in->document, item, "'%s' does not lie beside itself", area->code);
        if (other == NULL || other == area)
            continue;
        add(in, area, other, NULL);
        add(in, other, area, NULL);
    }
}

static void read_beyond(struct neighbours_reading *in, const struct area *area, yaml_node_t *list)
{
    for (size_t i = 0; i < node_items(list); i++) {
        const struct unit *unit = named_unit(in->reading, in->document, node_item(in->document, list, i));
        if (unit != NULL)
            add(in, area, NULL, unit);
    }
}

static void read_neighbour(struct neighbours_reading *in, yaml_node_t *node)
{
    yaml_node_t *fields[B_FIELDS];
    if (!node_fields(in->document, node, "a neighbour", neighbour_keys, B_FIELDS, fields))
        return;
    if (fields[B_AREA] == NULL || (fields[B_AREAS] == NULL && fields[B_UNITS] == NULL)) {
        node_fault(in->document, node,
                   "an area and who is beside it: {area: 620802001, areas: [620802002]}, or 'units' "
                   "beyond the city");
        return;
    }
    in->origin = origin_of(in->document, node);
    const struct area *area = read_side(in, fields[B_AREA]);
    if (area != NULL && fields[B_AREAS] != NULL)
        read_beside(in, area, fields[B_AREAS]);
    if (area != NULL && fields[B_UNITS] != NULL)
        read_beyond(in, area, fields[B_UNITS]);
}

static size_t named_in(struct document *document, yaml_node_t *list)
{
    size_t count = 0;
    for (size_t i = 0; i < node_items(list); i++) {
        yaml_node_t *item = node_item(document, list, i), *areas = node_find(document, item, "areas"),
                    *units = node_find(document, item, "units");
        count += (areas != NULL ? 2 * node_items(areas) : 0) + (units != NULL ? node_items(units) : 0);
    }
    return count;
}

static void read_neighbours(struct reading *reading, struct document *document, yaml_node_t *list)
{
    struct border *border = &reading->policy->border;
    struct neighbours_reading in = {.reading = reading, .document = document};
    if (!node_is_list(document, list, "neighbours"))
        return;
    in.neighbours = ARENA_NEW(&reading->policy->arena, struct neighbour, named_in(document, list));
    for (size_t i = 0; i < node_items(list); i++)
        read_neighbour(&in, node_item(document, list, i));
    border->neighbours = in.neighbours;
    border->neighbour_count = in.count;
}

/* --- the file --- */

static bool read_level(struct reading *reading, struct document *document, yaml_node_t *node, struct border *border)
{
    const char *name = node != NULL ? node_text(document, node, "a level", CODE_MAX_BYTES) : "street";
    if (name == NULL)
        return false;
    border->level = node != NULL ? named_level(reading, document, node, name) : level_index(reading->policy, name);
    if (border->level == SIZE_MAX && node == NULL)
        node_fault(document, document_root(document),
                   "the city has no level 'street': say whose borders count, 'level'");
    return border->level != SIZE_MAX;
}

void read_borders(struct reading *reading, struct document *document)
{
    yaml_node_t *fields[FIELDS];
    struct border *border = &reading->policy->border;
    if (document == NULL || !node_fields(document, document_root(document), document->file, keys, FIELDS, fields))
        return;
    border->there = true;
    border->same_within_ms = SAME_DEFAULT_MS;
    if (!read_level(reading, document, fields[LEVEL], border))
        return;
    if (fields[TO] == NULL)
        node_fault(document, document_root(document), "who of a neighbour is told? 'to': \"@street.执法\", or a list");
    else
        border->to = read_recipients(reading, document, fields[TO], CANDIDATES_MAX, false, &border->to_count);
    if (fields[NEAR] == NULL && fields[TYPES] == NULL)
        node_fault(document, document_root(document),
                   "told of what? 'near: {within: 300m}' of what is so near, 'types' of these wherever they are");
    if (fields[NEAR] != NULL)
        read_near(reading, document, fields[NEAR], border);
    if (fields[TYPES] != NULL)
        border->types = read_types_of(reading, document, fields[TYPES], &border->type_count);
    if (fields[TYPES] != NULL && fields[NEIGHBOURS] == NULL)
        node_fault(document, fields[TYPES], "of these types the listed neighbours are told: list them, 'neighbours'");
    if (fields[NEIGHBOURS] != NULL)
        read_neighbours(reading, document, fields[NEIGHBOURS]);
    if (fields[SAME_WITHIN] != NULL)
        node_duration(document, fields[SAME_WITHIN], &border->same_within_ms);
}
