#include <string.h>

#include "broker/config/reading.h"

/* duties.yaml: what a unit does again and again, target by target, within each period. */

enum { NAME, EVERY, HOURS, CALENDAR, AREA, EACH, WHEN, DURING, RESTS, TO, TARGETS, OPENS, FIELDS };
static const char *const keys[FIELDS] = {"name", "every",  "hours", "calendar", "area",    "each",
                                         "when", "during", "rests", "to",       "targets", "opens"};

static const char *const periods[] = {"day", "working_day", "week", "month", "quarter"};
#define PERIODS (sizeof(periods) / sizeof(*periods))

/* --- when --- */

static enum duty_every read_every(struct document *document, yaml_node_t *node)
{
    const char *name = node_text(document, node, "a period", CODE_MAX_BYTES);
    for (size_t i = 0; name != NULL && i < PERIODS; i++) {
        if (strcmp(name, periods[i]) == 0)
            return (enum duty_every)(i + 1);
    }
    if (name != NULL)
        node_fault_unknown(document, node, "period", name, periods, PERIODS);
    return 0;
}

static void read_working_days(struct reading *reading, struct document *document, yaml_node_t *node,
                              yaml_node_t *calendar, struct duty *duty)
{
    duty->timetable = calendar != NULL ? named_calendar(reading, document, calendar) : reading->policy->timetable;
    if (duty->timetable == NULL && calendar == NULL)
        node_fault(document, node, "which days are working days? write calendars.yaml, or 'every: day'");
}

static void read_when(struct reading *reading, struct document *document, yaml_node_t **fields, struct duty *duty)
{
    duty->every = read_every(document, fields[EVERY]);
    bool daily = duty->every == DUTY_DAY || duty->every == DUTY_WORKING_DAY;
    if (duty->every == DUTY_WORKING_DAY)
        read_working_days(reading, document, fields[EVERY], fields[CALENDAR], duty);
    else if (fields[CALENDAR] != NULL)
        node_fault(document, fields[CALENDAR], "a calendar is for 'every: working_day'");
    if (fields[HOURS] != NULL && !daily)
        node_fault(document, fields[HOURS], "hours are for 'every: day' or 'every: working_day'");
    else if (fields[HOURS] != NULL)
        read_hours(reading, document, fields[HOURS], &duty->hours);
}

/* --- where --- */

/* The areas of a level within one, in use; in the policy's arena. */
static const struct area *const *areas_of_level(struct reading *reading, size_t level, const struct area *within,
                                                size_t *count)
{
    const struct policy *policy = reading->policy;
    const struct area **areas = ARENA_NEW(&reading->policy->arena, const struct area *, policy->area_count);
    *count = 0;
    for (size_t i = 0; i < policy->area_count; i++) {
        const struct area *area = &policy->areas[i];
        if (area->level == level && !area->retired && area_within(area, within))
            areas[(*count)++] = area;
    }
    return areas;
}

static void read_each(struct reading *reading, struct document *document, yaml_node_t *node, const struct area *within,
                      struct duty *duty)
{
    const char *name = node_text(document, node, "a level", CODE_MAX_BYTES);
    size_t level = name != NULL ? named_level(reading, document, node, name) : SIZE_MAX;
    duty->each = true;
    if (level == SIZE_MAX)
        return;
    duty->areas = areas_of_level(reading, level, within, &duty->area_count);
    if (duty->area_count == 0 || duty->area_count > DUTIES_MAX)
        node_fault(document, node, "area '%s' has %zu areas of level '%s'; a duty for each needs 1 to %d", within->code,
                   duty->area_count, name, DUTIES_MAX);
}

static void read_where(struct reading *reading, struct document *document, yaml_node_t **fields, struct duty *duty)
{
    const struct policy *policy = reading->policy;
    const struct area *within =
        fields[AREA] != NULL ? named_area(reading, document, fields[AREA]) : policy_area(policy, policy->city);
    if (within == NULL)
        return;
    if (fields[EACH] != NULL) {
        read_each(reading, document, fields[EACH], within, duty);
        return;
    }
    const struct area **areas = ARENA_NEW(&reading->policy->arena, const struct area *, 1);
    areas[0] = within;
    duty->areas = areas;
    duty->area_count = 1;
}

/* Only while its area is listed in a colour: then who leads there does it, unless somebody is named. */
static void read_colour_listed(struct reading *reading, struct document *document, yaml_node_t *node, struct duty *duty)
{
    const struct rating *rating = &reading->policy->rating;
    duty->when = read_area_colour(document, node);
    if (duty->when != 0 && rating->colours[duty->when].up == 0)
        node_fault(document, node, "no area is ever listed %s: area_levels.yaml has no such colour",
                   rung_colour_name(duty->when));
    else if (duty->when != 0 && duty->area_count > 0 && (!duty->each || duty->areas[0]->level != rating->level))
        node_fault(document, node, "areas of level '%s' are listed, and the duty is not theirs; write 'each: %s'",
                   reading->policy->levels[rating->level].name, reading->policy->levels[rating->level].name);
}

/* Only while a special period is in force. */
static const struct special *read_during(struct reading *reading, struct document *document, yaml_node_t *node)
{
    const struct policy *policy = reading->policy;
    const char *name = node_text(document, node, "a period", CODE_MAX_BYTES);
    const struct special *special = name != NULL ? policy_special(policy, name) : NULL;
    const char **known = ARENA_NEW(reading->scratch, const char *, policy->special_count);
    for (size_t i = 0; i < policy->special_count; i++)
        known[i] = policy->specials[i].name;
    if (name != NULL && special == NULL && policy->special_count == 0)
        node_fault(document, node, "periods.yaml has no period '%s'", name);
    else if (name != NULL && special == NULL)
        node_fault_unknown(document, node, "period", name, known, policy->special_count);
    return special;
}

/* Not while any of these is in force. */
static void read_rests(struct reading *reading, struct document *document, yaml_node_t *list, struct duty *duty)
{
    size_t n = node_items(list);
    const struct special **rests = ARENA_NEW(&reading->policy->arena, const struct special *, n);
    duty->rests = rests;
    for (size_t i = 0; i < n; i++) {
        yaml_node_t *item = node_item(document, list, i);
        rests[i] = read_during(reading, document, item);
        if (rests[i] == NULL)
            return;
        if (rests[i] == duty->during)
            node_fault(document, item, "it is there only during '%s', and would rest in it: it would never be there",
                       rests[i]->name);
        duty->rest_count = i + 1;
    }
}

/* --- what --- */

static void read_target_list(struct reading *reading, struct document *document, yaml_node_t *list, struct duty *duty)
{
    size_t n = node_items(list);
    struct textmap seen = {0};
    if (n == 0 || n > SIDE_LIST_MAX) {
        node_fault(document, list, "%s; write 1 to %d targets", n == 0 ? "an empty list" : "too many", SIDE_LIST_MAX);
        return;
    }
    const char **targets = ARENA_NEW(&reading->policy->arena, const char *, n);
    duty->targets = targets;
    for (size_t i = 0; i < n; i++) {
        yaml_node_t *item = node_item(document, list, i);
        targets[i] = keep(reading, node_text(document, item, "a target", ID_MAX_BYTES));
        if (targets[i] == NULL)
            break;
        if (textmap_get(&seen, targets[i]) != NULL)
            node_fault(document, item, "target '%s' is listed twice", targets[i]);
        textmap_put(&seen, targets[i], duty);
        duty->target_count = i + 1;
    }
    textmap_release(&seen);
}

static void read_target_level(struct reading *reading, struct document *document, yaml_node_t *node, struct duty *duty)
{
    const char *name = node_text(document, node, "a level", CODE_MAX_BYTES);
    duty->target_level = name != NULL ? named_level(reading, document, node, name) : SIZE_MAX;
    for (size_t i = 0; duty->target_level != SIZE_MAX && i < duty->area_count; i++) {
        size_t count;
        areas_of_level(reading, duty->target_level, duty->areas[i], &count);
        if (count == 0 || count > SIDE_LIST_MAX)
            node_fault(document, node, "area '%s' has %zu areas of level '%s'; a duty needs 1 to %d targets",
                       duty->areas[i]->code, count, name, SIDE_LIST_MAX);
    }
}

/* --- a duty --- */

static const char *read_duty_name(struct reading *reading, struct document *document, yaml_node_t *node, size_t done)
{
    const char *name = read_code(reading, document, node, "a duty's name", "/#");
    for (size_t i = 0; name != NULL && i < done; i++) {
        const struct duty *other = &reading->policy->duties[i];
        if (other->name != NULL && strcmp(other->name, name) == 0)
            fault_twice(document, node, "duty", name, &other->origin);
    }
    return name;
}

static void read_duty(struct reading *reading, struct document *document, yaml_node_t *node, size_t done,
                      struct duty *duty)
{
    yaml_node_t *fields[FIELDS];
    duty->origin = origin_of(document, node);
    if (!node_fields(document, node, "a duty", keys, FIELDS, fields))
        return;
    if (fields[NAME] == NULL || fields[EVERY] == NULL || fields[TARGETS] == NULL || fields[OPENS] == NULL) {
        node_fault(document, node,
                   "a duty needs its name, every, targets, and the type opened when some are missing: "
                   "{name: 周排查, every: week, targets: grid, opens: 2.01}");
        return;
    }
    duty->name = read_duty_name(reading, document, fields[NAME], done);
    duty->opens = named_type(reading, document, fields[OPENS]);
    read_when(reading, document, fields, duty);
    read_where(reading, document, fields, duty);
    if (fields[WHEN] != NULL)
        read_colour_listed(reading, document, fields[WHEN], duty);
    if (fields[DURING] != NULL)
        duty->during = read_during(reading, document, fields[DURING]);
    if (fields[RESTS] != NULL)
        read_rests(reading, document, fields[RESTS], duty);
    if (fields[TO] != NULL)
        read_local_recipient(reading, document, fields[TO], &duty->to);
    if (fields[TARGETS]->type == YAML_SCALAR_NODE)
        read_target_level(reading, document, fields[TARGETS], duty);
    else
        read_target_list(reading, document, fields[TARGETS], duty);
}

void read_duties(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"duties"};
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "duties"))
        return;
    size_t n = node_items(list), areas = 0;
    struct duty *duties = ARENA_NEW(&reading->policy->arena, struct duty, n);
    reading->policy->duties = duties;
    for (size_t i = 0; i < n && areas <= DUTIES_MAX; i++) {
        read_duty(reading, document, node_item(document, list, i), i, &duties[i]);
        reading->policy->duty_count = i + 1;
        areas += duties[i].area_count;
    }
    if (areas > DUTIES_MAX)
        node_fault(document, list, "more than %d duties, each area counted", DUTIES_MAX);
}
