#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/config/reading.h"

enum { CODE, NAME, POST, GRIDS, VALID_FROM, VALID_TO, RETIRED, SUCCESSOR, SUCCEEDED_BY, AREAS, FIELDS };
static const char *const keys[FIELDS] = {"code",     "name",    "post",      "grids",        "valid_from",
                                         "valid_to", "retired", "successor", "succeeded_by", "areas"};

enum { ROOT_AREAS, ROOT_POSTS, ROOT_POLYGONS, ROOT_FIELDS };
static const char *const root_keys[ROOT_FIELDS] = {"areas", "posts", "polygons"};

#define GRIDS_MAX 9999 /* under one area */

struct areas_reading {
    struct reading *reading;
    struct document *document;
    const char *posts[LEVELS_MAX]; /* what stands on the ladder where an area does not say */
    struct area *areas;
    yaml_node_t **nodes; /* where each area was written */
    size_t count;
};

static void read_level_posts(struct areas_reading *in, yaml_node_t *table)
{
    if (!node_names(in->document, table, "posts"))
        return;
    for (size_t i = 0; i < node_pairs(table); i++) {
        yaml_node_t *key = node_key(in->document, table, i);
        const char *name = node_text(in->document, key, "a level", CODE_MAX_BYTES);
        size_t level = named_level(in->reading, in->document, key, name);
        if (level != SIZE_MAX)
            in->posts[level] = read_name(in->reading, in->document, node_value(in->document, table, i), "a post", "");
    }
}

/* --- codes --- */

static size_t level_of_digits(const struct policy *policy, size_t digits)
{
    for (size_t i = 0; i < policy->level_count; i++) {
        if (policy->levels[i].digits == digits)
            return i;
    }
    return SIZE_MAX;
}

static const char *digits_allowed(struct areas_reading *in)
{
    const struct policy *policy = in->reading->policy;
    const char *text = "";
    for (size_t i = 0; i < policy->level_count; i++)
        text = arena_printf(in->reading->scratch, "%s%s%zu", text, i == 0 ? "" : ", ", policy->levels[i].digits);
    return text;
}

/* Sets code and level; false with a fault. */
static bool read_area_code(struct areas_reading *in, yaml_node_t *node, yaml_node_t *field, struct area *area)
{
    if (field == NULL) {
        node_fault(in->document, node, "an area needs a code: {code: 620802001, name: 东关街道}");
        return false;
    }
    const char *code = node_text(in->document, field, "an area's code", CODE_MAX_BYTES);
    if (code == NULL)
        return false;
    if (strspn(code, "0123456789") != strlen(code)) {
        node_fault(in->document, field, "area code '%s' is not all digits", code);
        return false;
    }
    size_t level = level_of_digits(in->reading->policy, strlen(code));
    if (level == SIZE_MAX) {
        node_fault(in->document, field, "area code '%s' has %zu digits; the levels of city.yaml have %s", code,
                   strlen(code), digits_allowed(in));
        return false;
    }
    const struct area *first = policy_area(in->reading->policy, code);
    if (first != NULL) {
        fault_twice(in->document, field, "area", code, &first->origin);
        return false;
    }
    area->code = keep(in->reading, code);
    area->level = level;
    textmap_put(&in->reading->policy->area_map, area->code, area);
    return true;
}

/* --- one area, and its grids --- */

static void read_times(struct areas_reading *in, yaml_node_t *const *fields, struct area *area)
{
    int offset = in->reading->policy->utc_offset_minutes;
    if (fields[VALID_FROM] != NULL)
        node_date(in->document, fields[VALID_FROM], offset, &area->valid_from_ms);
    if (fields[VALID_TO] != NULL && node_date(in->document, fields[VALID_TO], offset, &area->valid_to_ms) &&
        area->valid_to_ms <= area->valid_from_ms)
        node_fault(in->document, fields[VALID_TO], "valid_to is not after valid_from");
    yaml_node_t *successor = fields[SUCCEEDED_BY] != NULL ? fields[SUCCEEDED_BY] : fields[SUCCESSOR];
    if (fields[SUCCEEDED_BY] != NULL && fields[SUCCESSOR] != NULL)
        node_fault(in->document, fields[SUCCESSOR], "successor and succeeded_by say the same; keep one");
    bool ends = area->valid_to_ms != 0 && fields[RETIRED] == NULL;
    read_retired(in->reading, in->document, fields[RETIRED], successor, ends ? &ends : &area->retired,
                 &area->succeeded_by);
    if (ends && successor == NULL)
        node_fault(in->document, fields[VALID_TO],
                   "an area that ends says what follows it: succeeded_by, such as the area above it");
}

static struct area *add_area(struct areas_reading *in, yaml_node_t *node)
{
    struct area *area = &in->areas[in->count];
    *area = (struct area){.code = "", .name = "", .post = "", .origin = origin_of(in->document, node)};
    in->nodes[in->count++] = node;
    return area;
}

static void add_grids(struct areas_reading *in, yaml_node_t *node, const struct area *community, long count)
{
    struct policy *policy = in->reading->policy;
    for (long i = 1; i <= count; i++) {
        struct area *grid = add_area(in, node);
        grid->level = community->level + 1;
        int width = (int)(policy->levels[grid->level].digits - policy->levels[community->level].digits);
        grid->code = arena_printf(&policy->arena, "%s%0*ld", community->code, width, i);
        grid->name = arena_printf(&policy->arena, "第%ld网格", i);
        grid->post = in->posts[grid->level];
        const struct area *first = policy_area(policy, grid->code);
        if (first != NULL)
            fault_twice(in->document, node, "area", grid->code, &first->origin);
        else
            textmap_put(&policy->area_map, grid->code, grid);
    }
}

/* As many as the digits of the next level can number. */
static long max_grids(const struct policy *policy, size_t level)
{
    long max = 1;
    if (level + 1 >= policy->level_count)
        return 0;
    for (size_t i = policy->levels[level].digits; i < policy->levels[level + 1].digits && max < GRIDS_MAX; i++)
        max *= 10;
    return max - 1 < GRIDS_MAX ? max - 1 : GRIDS_MAX;
}

/* Belongs where its code says; nesting is for the eye, and must not say otherwise. */
static void check_nesting(struct areas_reading *in, yaml_node_t *node, const struct area *area,
                          const struct area *outer)
{
    if (outer != NULL && strncmp(area->code, outer->code, strlen(outer->code)) != 0)
        node_fault(in->document, node, "area '%s' is written under '%s', which its code does not begin with",
                   area->code, outer->code);
}

static struct area *read_area(struct areas_reading *in, yaml_node_t *node, const struct area *outer)
{
    yaml_node_t *fields[FIELDS];
    struct area *area = add_area(in, node);
    long grids;
    if (!node_fields(in->document, node, "an area", keys, FIELDS, fields) ||
        !read_area_code(in, node, fields[CODE], area))
        return area;
    check_nesting(in, node, area, outer);
    area->name = read_name(in->reading, in->document, fields[NAME], "an area's name", area->code);
    area->post = in->posts[area->level];
    if (fields[POST] != NULL) {
        const char *post = node_text_or_empty(in->document, fields[POST], "a post", NAME_MAX_BYTES);
        area->post = post != NULL ? keep(in->reading, post) : "";
    }
    read_times(in, fields, area);
    if (fields[GRIDS] != NULL && node_number(in->document, fields[GRIDS], "grids (of a level with one below it)", 0,
                                             max_grids(in->reading->policy, area->level), &grids))
        add_grids(in, fields[GRIDS], area, grids);
    return area;
}

/* How many areas the entries make, grids included; a bad number counts as none and is a fault later. */
static size_t count_areas(struct areas_reading *in, const struct entry_node *entries, size_t n)
{
    size_t count = n;
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *grids = node_find(in->document, entries[i].node, "grids");
        if (grids == NULL || grids->type != YAML_SCALAR_NODE)
            continue;
        unsigned long value = strtoul((const char *)grids->data.scalar.value, NULL, 10);
        count += value <= GRIDS_MAX ? value : 0;
    }
    return count;
}

/* --- the tree --- */

static void link_area(struct areas_reading *in, yaml_node_t *node, struct area *area)
{
    struct policy *policy = in->reading->policy;
    if (strcmp(area->code, policy->city) == 0)
        return;
    if (strncmp(area->code, policy->city, strlen(policy->city)) != 0 || area->level == 0) {
        node_fault(in->document, node, "area '%s' is not below the city's %s (city.yaml)", area->code, policy->city);
        return;
    }
    char *above = arena_memdup(in->reading->scratch, area->code, policy->levels[area->level - 1].digits);
    area->parent = policy_area(policy, above);
    if (area->parent == NULL)
        node_fault(in->document, node, "area '%s' has no parent; add an area with code %s", area->code, above);
}

static void check_successor(struct areas_reading *in, yaml_node_t *node, const struct area *area)
{
    const struct policy *policy = in->reading->policy;
    if (area->succeeded_by != NULL && policy_area(policy, area->succeeded_by) == NULL)
        node_fault(in->document, node, "unknown successor '%s' of area '%s'", area->succeeded_by, area->code);
    else if (area->succeeded_by != NULL && policy_area_now(policy, area) == NULL)
        node_fault(in->document, node,
                   "the successors of area '%s' end nowhere: in a circle, or in one retired without", area->code);
    else if (area->succeeded_by != NULL && !area->retired && policy_area_at(policy, area, area->valid_to_ms) == NULL)
        node_fault(
            in->document, node,
            "nothing follows area '%s' on the day it ends: '%s' is not in force then; let its valid_from be that "
            "day, or earlier",
            area->code, area->succeeded_by);
}

static void link_areas(struct areas_reading *in)
{
    for (size_t i = 0; i < in->count; i++)
        if (*in->areas[i].code != '\0') /* else its code was a fault already */
            link_area(in, in->nodes[i], &in->areas[i]);
    for (size_t i = 0; i < in->count; i++)
        if (*in->areas[i].code != '\0')
            check_successor(in, in->nodes[i], &in->areas[i]);
}

/* --- polygons --- */

static void read_codes(struct areas_reading *in, yaml_node_t *table, struct polygon_source *source)
{
    if (!node_names(in->document, table, "codes"))
        return;
    struct value_code *codes = ARENA_NEW(&in->reading->policy->arena, struct value_code, node_pairs(table));
    for (size_t i = 0; i < node_pairs(table); i++) {
        yaml_node_t *key = node_key(in->document, table, i), *value = node_value(in->document, table, i);
        const struct area *area = named_area(in->reading, in->document, value);
        codes[i].value = keep(in->reading, node_text(in->document, key, "a value", CODE_MAX_BYTES));
        codes[i].code = area != NULL ? area->code : "";
    }
    source->codes = codes;
    source->code_count = node_pairs(table);
}

static void read_polygon(struct areas_reading *in, yaml_node_t *node, struct polygon_source *source)
{
    static const char *const polygon_keys[] = {"file", "property", "codes"};
    yaml_node_t *fields[3];
    const struct file *digest;
    source->origin = origin_of(in->document, node);
    if (!node_fields(in->document, node, "a polygon source", polygon_keys, 3, fields))
        return;
    if (fields[0] == NULL || fields[1] == NULL) {
        node_fault(in->document, node,
                   "polygons need a file and the property that names the area: "
                   "{file: streets.geojson, property: code}");
        return;
    }
    source->file = read_name(in->reading, in->document, fields[0], "a file's name", "");
    source->property = read_name(in->reading, in->document, fields[1], "a property", "");
    if (fields[2] != NULL)
        read_codes(in, fields[2], source);
    int result = *source->file != '\0' ? files_read_digest(in->reading->files, source->file, &digest) : 0;
    if (result == -EINVAL)
        node_fault(in->document, fields[0], "'%s' leads out of the city's folder, or holds a blank", source->file);
    else if (result != 0)
        node_fault(in->document, fields[0], "cannot read '%s': %s", source->file, strerror(-result));
}

static void read_polygons(struct areas_reading *in, yaml_node_t *list)
{
    if (!node_is_list(in->document, list, "polygons"))
        return;
    size_t count = node_items(list);
    struct polygon_source *sources = ARENA_NEW(&in->reading->policy->arena, struct polygon_source, count);
    for (size_t i = 0; i < count; i++)
        read_polygon(in, node_item(in->document, list, i), &sources[i]);
    in->reading->policy->polygons = sources;
    in->reading->policy->polygon_count = count;
}

void read_areas(struct reading *reading, struct document *document)
{
    struct areas_reading in = {.reading = reading, .document = document};
    yaml_node_t *fields[ROOT_FIELDS] = {NULL};
    size_t entry_count;
    for (size_t i = 0; i < LEVELS_MAX; i++)
        in.posts[i] = "";
    yaml_node_t *list = root_field(document, root_keys, ROOT_FIELDS, fields);
    if (fields[ROOT_POSTS] != NULL)
        read_level_posts(&in, fields[ROOT_POSTS]);
    struct entry_node *entries = flatten(reading, document, list, "areas", &entry_count);
    size_t capacity = count_areas(&in, entries, entry_count);
    const struct area **of_entry = ARENA_NEW(reading->scratch, const struct area *, entry_count);
    in.areas = ARENA_NEW(&reading->policy->arena, struct area, capacity);
    in.nodes = ARENA_NEW(reading->scratch, yaml_node_t *, capacity);
    for (size_t i = 0; i < entry_count; i++) {
        const struct entry_node *outer = entries[i].outer;
        of_entry[i] = read_area(&in, entries[i].node, outer != NULL ? of_entry[outer - entries] : NULL);
    }
    reading->policy->areas = in.areas;
    reading->policy->area_count = in.count;
    link_areas(&in);
    if (*reading->policy->city != '\0' && policy_area(reading->policy, reading->policy->city) == NULL)
        node_fault(document, list, "the city itself is missing; add an area with code %s", reading->policy->city);
    if (fields[ROOT_POLYGONS] != NULL)
        read_polygons(&in, fields[ROOT_POLYGONS]);
}
