#include <string.h>

#include "broker/config/reading.h"

enum { ID, EACH, NAME, NAMES, AREA, KIND, PARENT, SUPERVISOR, HOURS, RETIRED, SUCCESSOR, FIELDS };
static const char *const keys[FIELDS] = {"id",     "each",       "name",  "names",   "area",     "kind",
                                         "parent", "supervisor", "hours", "retired", "successor"};

/* Where a unit was written, and what it refers to: units may stand in any order. */
struct written {
    yaml_node_t *node, *parent, *supervisor;
};

struct units_reading {
    struct reading *reading;
    struct document *document;
    struct unit *units;
    struct written *written;
    size_t count;
};

/* --- names --- */

static bool read_dated_name(struct units_reading *in, yaml_node_t *node, struct dated_name *name)
{
    static const char *const name_keys[] = {"name", "from", "to"};
    yaml_node_t *fields[3];
    int offset = in->reading->policy->utc_offset_minutes;
    if (!node_fields(in->document, node, "a dated name", name_keys, 3, fields))
        return false;
    if (fields[0] == NULL) {
        node_fault(in->document, node, "a dated name needs its name: {name: 城管局, from: 2024-03-01}");
        return false;
    }
    name->name = read_name(in->reading, in->document, fields[0], "a unit's name", "");
    if (fields[1] != NULL)
        node_date(in->document, fields[1], offset, &name->from_ms);
    if (fields[2] != NULL && node_date(in->document, fields[2], offset, &name->to_ms) && name->to_ms <= name->from_ms)
        node_fault(in->document, fields[2], "a name's 'to' is not after its 'from'");
    return true;
}

static void read_dated_names(struct units_reading *in, yaml_node_t *list, struct unit *unit)
{
    size_t count = node_is_list(in->document, list, "names") ? node_items(list) : 0;
    if (count == 0)
        return;
    struct dated_name *names = ARENA_NEW(&in->reading->policy->arena, struct dated_name, count);
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(in->document, list, i);
        if (!read_dated_name(in, item, &names[i]))
            return;
        if (i > 0 && names[i].from_ms <= names[i - 1].from_ms)
            node_fault(in->document, item, "names stand in order of 'from', newest last");
    }
    unit->names = names;
    unit->name_count = count;
}

static void set_name(struct units_reading *in, struct unit *unit, const char *name)
{
    struct dated_name *names = ARENA_NEW(&in->reading->policy->arena, struct dated_name, 1);
    names->name = name;
    unit->names = names;
    unit->name_count = 1;
}

/* --- one unit --- */

static void add_to_map(struct units_reading *in, yaml_node_t *node, const char *id, struct unit *unit)
{
    const struct unit *first = policy_unit(in->reading->policy, id);
    if (first != NULL) {
        fault_twice(in->document, node, "unit", id, &first->origin);
        return;
    }
    unit->id = id;
    textmap_put(&in->reading->policy->unit_map, id, unit);
}

static const char *read_kind(struct units_reading *in, yaml_node_t *field)
{
    const char *kind = field != NULL ? read_code(in->reading, in->document, field, "a unit's kind", "@./,{}") : NULL;
    return kind != NULL ? kind : "";
}

/* Open all the time: nobody needs telling that such a unit is there by night. */
static bool is_always(const struct timetable *timetable)
{
    return timetable->weekdays == 0x7f && timetable->hours.total_ms == 24 * 3600 * 1000 &&
           timetable->season_count == 0 && timetable->holiday_count == 0;
}

/* `always`, `day` for the city's default calendar, or a calendar's name. */
static const struct timetable *read_unit_hours(struct units_reading *in, yaml_node_t *field)
{
    const struct policy *policy = in->reading->policy;
    const struct timetable *hours = NULL;
    if (field == NULL || node_is(field, "always"))
        return NULL;
    if (!node_is(field, "day"))
        hours = named_calendar(in->reading, in->document, field);
    else if (policy->timetable == NULL)
        node_fault(in->document, field, "'day' is by the city's calendar, and it has none; write calendars.yaml");
    else
        hours = policy->timetable;
    return hours != NULL && !is_always(hours) ? hours : NULL;
}

static struct unit *add_unit(struct units_reading *in, yaml_node_t *node, yaml_node_t *const *fields)
{
    struct unit *unit = &in->units[in->count];
    *unit = (struct unit){.id = "", .kind = "", .origin = origin_of(in->document, node)};
    in->written[in->count++] = (struct written){node, fields[PARENT], fields[SUPERVISOR]};
    set_name(in, unit, "");
    return unit;
}

static void read_one(struct units_reading *in, yaml_node_t *node, yaml_node_t *const *fields)
{
    struct unit *unit = add_unit(in, node, fields);
    const char *id = read_code(in->reading, in->document, fields[ID], "a unit's id", "@,/{}");
    if (id == NULL)
        return;
    if (strcmp(id, "desk") == 0 || strcmp(id, "all") == 0)
        node_fault(in->document, fields[ID], "'%s' has a meaning of its own; give the unit another id", id);
    add_to_map(in, node, id, unit);
    set_name(in, unit, read_name(in->reading, in->document, fields[NAME], "a unit's name", id));
    if (fields[NAMES] != NULL && fields[NAME] != NULL)
        node_fault(in->document, fields[NAMES], "name and names say the same; keep one");
    else if (fields[NAMES] != NULL)
        read_dated_names(in, fields[NAMES], unit);
    if (fields[AREA] != NULL)
        unit->area = named_area(in->reading, in->document, fields[AREA]);
    unit->kind = read_kind(in, fields[KIND]);
    unit->hours = read_unit_hours(in, fields[HOURS]);
    read_retired(in->reading, in->document, fields[RETIRED], fields[SUCCESSOR], &unit->retired, &unit->successor);
}

/* --- one unit for each area of a level --- */

/* A template with {code} and {name} of the area filled in. */
static const char *fill(struct units_reading *in, const char *text, const struct area *area)
{
    struct arena *arena = &in->reading->policy->arena;
    const char *out = "", *open;
    while ((open = strchr(text, '{')) != NULL) {
        bool code = strncmp(open, "{code}", 6) == 0;
        const char *value = code ? area->code : strncmp(open, "{name}", 6) == 0 ? area->name : "{";
        out = arena_printf(arena, "%s%.*s%s", out, (int)(open - text), text, value);
        text = open + (*value == '{' ? 1 : 6);
    }
    return arena_printf(arena, "%s%s", out, text);
}

struct each {
    const char *id, *name, *kind; /* id and name with holes */
    size_t level;
    const struct timetable *hours;
};

static void make_each(struct units_reading *in, yaml_node_t *node, yaml_node_t *const *fields, const struct each *each)
{
    const struct policy *policy = in->reading->policy;
    for (size_t i = 0; i < policy->area_count; i++) {
        const struct area *area = &policy->areas[i];
        if (area->level != each->level || area->retired || *area->code == '\0')
            continue;
        const char *id = fill(in, each->id, area);
        if (strlen(id) > CODE_MAX_BYTES) {
            node_fault(in->document, fields[ID], "'%s' is too long; at most %d bytes with the code", id,
                       CODE_MAX_BYTES);
            return;
        }
        struct unit *unit = add_unit(in, node, fields);
        add_to_map(in, node, id, unit);
        set_name(in, unit, fill(in, each->name, area));
        unit->area = area;
        unit->kind = each->kind;
        unit->hours = each->hours;
    }
}

static void read_each(struct units_reading *in, yaml_node_t *node, yaml_node_t *const *fields)
{
    const char *level_name = node_text(in->document, fields[EACH], "a level", CODE_MAX_BYTES);
    size_t level = level_name != NULL ? named_level(in->reading, in->document, fields[EACH], level_name) : SIZE_MAX;
    const char *id = read_code(in->reading, in->document, fields[ID], "a unit's id", "@,/");
    const char *name = read_name(in->reading, in->document, fields[NAME], "a unit's name", "{name}");
    const char *kind = read_kind(in, fields[KIND]);
    const struct timetable *hours = read_unit_hours(in, fields[HOURS]);
    if (id != NULL && strstr(id, "{code}") == NULL)
        node_fault(in->document, fields[ID], "the id of 'each' needs the area's code in it: \"zf-{code}\"");
    else if (fields[AREA] != NULL || fields[NAMES] != NULL || fields[RETIRED] != NULL || fields[SUCCESSOR] != NULL)
        node_fault(in->document, node, "'each' goes with id, name, kind, parent, supervisor and hours only");
    else if (id != NULL && level != SIZE_MAX)
        make_each(in, node, fields, &(struct each){id, name, kind, level, hours});
}

static void read_unit(struct units_reading *in, yaml_node_t *node)
{
    yaml_node_t *fields[FIELDS];
    if (!node_fields(in->document, node, "a unit", keys, FIELDS, fields))
        return;
    if (fields[ID] == NULL)
        node_fault(in->document, node, "a unit needs an id: {id: cg, name: 城管局}");
    else if (fields[EACH] != NULL)
        read_each(in, node, fields);
    else
        read_one(in, node, fields);
}

/* --- references among units --- */

static void check_parents(struct units_reading *in, yaml_node_t *node, struct unit *unit)
{
    const struct unit *above = unit->parent;
    for (size_t steps = 0; above != NULL && steps < SUCCESSORS_MAX; steps++)
        above = above->parent;
    if (above == NULL)
        return;
    node_fault(in->document, node, "the parents of unit '%s' go in a circle", unit->id);
    unit->parent = NULL; /* cut it, so that what is read next does not run in it */
}

/* A ladder goes up from unit to unit: to who supervises it, else to what it is part of. */
static void check_line(struct units_reading *in, yaml_node_t *node, struct unit *unit)
{
    const struct unit *above = unit;
    for (size_t i = 0; above != NULL && i <= in->count; i++)
        above = above->supervisor != NULL ? above->supervisor : above->parent;
    if (above == NULL)
        return;
    node_fault(in->document, node,
               "from unit '%s' upward, supervisors and parents go in a circle; the top one has neither", unit->id);
    unit->supervisor = unit->parent = NULL;
}

static void check_successor(struct units_reading *in, yaml_node_t *node, const struct unit *unit)
{
    const struct policy *policy = in->reading->policy;
    if (unit->successor != NULL && policy_unit(policy, unit->successor) == NULL)
        node_fault(in->document, node, "unknown successor '%s' of unit '%s'", unit->successor, unit->id);
    else if (unit->successor != NULL && policy_unit_now(policy, unit) == NULL)
        node_fault(in->document, node,
                   "the successors of unit '%s' end nowhere: in a circle, or in one retired without", unit->id);
}

static const char *local_key(struct units_reading *in, const struct unit *unit)
{
    return arena_printf(in->reading->scratch, "%s/%s", unit->area->code, unit->kind);
}

/* `@street.执法` must mean one unit. */
static void check_local(struct units_reading *in, struct textmap *locals, yaml_node_t *node, const struct unit *unit)
{
    if (unit->area == NULL || unit->retired)
        return;
    const char *key = local_key(in, unit);
    const struct unit *first = textmap_get(locals, key);
    if (first == NULL)
        textmap_put(locals, key, (void *)unit);
    else
        node_fault(in->document, node,
                   "units '%s' (line %zu) and '%s' are both of kind '%s' at %s; give one another kind", first->id,
                   first->origin.line, unit->id, unit->kind, unit->area->code);
}

/* Where none is in use, who has taken its place: then two that are retired must have gone the same way. */
static void check_local_retired(struct units_reading *in, struct textmap *locals, yaml_node_t *node,
                                const struct unit *unit)
{
    const struct unit *now = policy_unit_now(in->reading->policy, unit);
    if (unit->area == NULL || !unit->retired || now == NULL)
        return;
    const char *key = local_key(in, unit);
    const struct unit *first = textmap_get(locals, key);
    if (first == NULL)
        textmap_put(locals, key, (void *)unit);
    else if (first->retired && policy_unit_now(in->reading->policy, first) != now)
        node_fault(in->document, node,
                   "units '%s' (line %zu) and '%s' were both of kind '%s' at %s, and have other successors; give one "
                   "another kind",
                   first->id, first->origin.line, unit->id, unit->kind, unit->area->code);
}

static void link_units(struct units_reading *in)
{
    struct textmap locals = {0};
    for (size_t i = 0; i < in->count; i++) {
        const struct written *written = &in->written[i];
        if (written->parent != NULL)
            in->units[i].parent = named_unit(in->reading, in->document, written->parent);
        if (written->supervisor != NULL)
            in->units[i].supervisor = named_unit(in->reading, in->document, written->supervisor);
    }
    for (size_t i = 0; i < in->count; i++) {
        yaml_node_t *node = in->written[i].node;
        check_parents(in, node, &in->units[i]);
        check_line(in, node, &in->units[i]);
        check_successor(in, node, &in->units[i]);
        check_local(in, &locals, node, &in->units[i]);
    }
    for (size_t i = 0; i < in->count; i++)
        check_local_retired(in, &locals, in->written[i].node, &in->units[i]);
    textmap_release(&locals);
}

/* How many units the list makes at most: one an entry, and for `each` as many as its level has areas. */
static size_t count_units(struct units_reading *in, yaml_node_t *list)
{
    const struct policy *policy = in->reading->policy;
    size_t of_level[LEVELS_MAX] = {0}, count = node_items(list);
    for (size_t i = 0; i < policy->area_count; i++)
        of_level[policy->areas[i].level]++;
    for (size_t i = 0; i < node_items(list); i++) {
        const yaml_node_t *each = node_find(in->document, node_item(in->document, list, i), "each");
        for (size_t level = 0; each != NULL && level < policy->level_count; level++)
            count += node_is(each, policy->levels[level].name) ? of_level[level] : 0;
    }
    return count;
}

void read_units(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"units"};
    struct units_reading in = {.reading = reading, .document = document};
    yaml_node_t *field, *list = root_field(document, root_keys, 1, &field);
    if (list == NULL || !node_is_list(document, list, "units"))
        return;
    size_t capacity = count_units(&in, list);
    in.units = ARENA_NEW(&reading->policy->arena, struct unit, capacity);
    in.written = ARENA_NEW(reading->scratch, struct written, capacity);
    for (size_t i = 0; i < node_items(list); i++)
        read_unit(&in, node_item(document, list, i));
    reading->policy->units = in.units;
    reading->policy->unit_count = in.count;
    link_units(&in);
    index_kinds(reading);
    if (reading->discipline.node != NULL)
        reading->policy->discipline = named_unit(reading, reading->discipline.document, reading->discipline.node);
}
