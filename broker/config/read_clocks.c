#include <string.h>

#include "broker/config/reading.h"

/* --- ladders.yaml --- */

#define DEFAULT_LADDER "default"
#define WARNINGS_MAX   2 /* blue, yellow */

static const double default_warnings[WARNINGS_MAX] = {0.5, 0.8};

static void read_warnings(struct reading *reading, struct document *document, yaml_node_t *list, struct ladder *ladder)
{
    size_t count = node_items(list);
    if (count > WARNINGS_MAX) {
        node_fault(document, list, "at most %d warnings: blue, then yellow", WARNINGS_MAX);
        return;
    }
    double *warnings = ARENA_NEW(&reading->policy->arena, double, WARNINGS_MAX);
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(document, list, i);
        if (!node_fraction(document, item, &warnings[i]))
            return;
        if (i > 0 && warnings[i] <= warnings[i - 1])
            node_fault(document, item, "warnings rise: write the smaller fraction first");
    }
    ladder->warnings = warnings;
    ladder->warning_count = count;
}

static void read_step(struct reading *reading, struct document *document, yaml_node_t *node, struct ladder *ladder)
{
    struct limit step = {0};
    if (!read_limit(reading, document, node, &step))
        return;
    if (step.calendar == CALENDAR_WORKING_DAYS_NEXT)
        node_fault(document, node, "a step goes on from the one before it; write it without 'next'");
    ladder->step_ms = step.budget_ms;
    ladder->step_calendar = step.calendar;
}

static void read_line(struct document *document, yaml_node_t *node, struct ladder *ladder)
{
    static const char *const known[] = {"area", "supervisor", "both"};
    static const unsigned lines[] = {LINE_AREA, LINE_SUPERVISOR, LINE_AREA | LINE_SUPERVISOR};
    const char *text = node_text(document, node, "a line", CODE_MAX_BYTES);
    for (size_t i = 0; text != NULL && i < sizeof(lines) / sizeof(*lines); i++) {
        if (strcmp(text, known[i]) == 0) {
            ladder->lines = lines[i];
            return;
        }
    }
    if (text != NULL)
        node_fault_unknown(document, node, "line", text, known, sizeof(known) / sizeof(*known));
}

static void read_quiet(struct reading *reading, struct document *document, yaml_node_t *node, struct ladder *ladder)
{
    read_hours(reading, document, node, &ladder->quiet);
    if (ladder->quiet.total_ms >= 24 * 3600 * 1000LL)
        node_fault(document, node,
                   "quiet all day: nobody would ever be told; write 'quiet: [00:00-07:00, 22:00-24:00]'");
}

static void read_ladder(struct reading *reading, struct document *document, yaml_node_t *node, struct ladder *ladder)
{
    static const char *const keys[] = {"warn", "step", "line", "quiet", "account"};
    yaml_node_t *fields[5];
    ladder->warnings = default_warnings;
    ladder->warning_count = WARNINGS_MAX;
    ladder->lines = LINE_AREA;
    if (!node_fields(document, node, "a ladder", keys, 5, fields))
        return;
    if (fields[2] != NULL)
        read_line(document, fields[2], ladder);
    if (fields[0] != NULL)
        read_warnings(reading, document, fields[0], ladder);
    if (fields[1] != NULL && !node_is(fields[1], "budget"))
        read_step(reading, document, fields[1], ladder);
    if (fields[3] != NULL)
        read_quiet(reading, document, fields[3], ladder);
    if (fields[4] != NULL)
        node_flag(document, fields[4], &ladder->account);
}

/* Half of the time to respond is when it is seen whether anybody is there. */
static void add_half(struct reading *reading, struct ladder *ladder)
{
    double *warnings = ARENA_NEW(&reading->policy->arena, double, ladder->warning_count + 1);
    size_t count = 0, i = 0;
    while (i < ladder->warning_count && ladder->warnings[i] < 0.5)
        warnings[count++] = ladder->warnings[i++];
    warnings[count++] = 0.5;
    i += i < ladder->warning_count && ladder->warnings[i] == 0.5;
    while (i < ladder->warning_count)
        warnings[count++] = ladder->warnings[i++];
    ladder->respond_warnings = warnings;
    ladder->respond_warning_count = count;
}

static void default_ladder(struct reading *reading)
{
    struct ladder *ladder = ARENA_NEW(&reading->policy->arena, struct ladder, 1);
    *ladder = (struct ladder){.name = DEFAULT_LADDER,
                              .warnings = default_warnings,
                              .warning_count = WARNINGS_MAX,
                              .lines = LINE_AREA,
                              .is_default = true,
                              .origin = {"(built in)", 0, 0}};
    add_half(reading, ladder);
    reading->policy->ladders = ladder;
    reading->policy->ladder_count = 1;
    textmap_put(&reading->policy->ladder_map, ladder->name, ladder);
}

void read_ladders(struct reading *reading, struct document *document)
{
    static const char *const keys[] = {"ladders", "supervise"};
    yaml_node_t *fields[2];
    if (document == NULL) {
        default_ladder(reading);
        return;
    }
    yaml_node_t *table = root_field(document, keys, 2, fields);
    if (table == NULL || !node_names(document, table, "ladders"))
        return;
    struct policy *policy = reading->policy;
    struct ladder *ladders = ARENA_NEW(&policy->arena, struct ladder, node_pairs(table));
    for (size_t i = 0; i < node_pairs(table); i++) {
        yaml_node_t *key = node_key(document, table, i);
        ladders[i].name = keep(reading, node_text(document, key, "a ladder's name", CODE_MAX_BYTES));
        ladders[i].origin = origin_of(document, key);
        ladders[i].is_default = strcmp(ladders[i].name, DEFAULT_LADDER) == 0;
        read_ladder(reading, document, node_value(document, table, i), &ladders[i]);
        add_half(reading, &ladders[i]);
        textmap_put(&policy->ladder_map, ladders[i].name, &ladders[i]);
    }
    policy->ladders = ladders;
    policy->ladder_count = node_pairs(table);
    if (textmap_get(&policy->ladder_map, DEFAULT_LADDER) == NULL)
        node_fault(document, table, "no ladder named 'default'; profiles that name none take that one");
    if (fields[1] != NULL)
        policy->supervise_ladder = named_ladder(reading, document, fields[1]);
}

/* --- clocks.yaml --- */

void read_clocks(struct reading *reading, struct document *document)
{
    static const char *const keys[] = {"profiles"};
    yaml_node_t *field, *table = root_field(document, keys, 1, &field);
    if (table == NULL || !node_names(document, table, "profiles"))
        return;
    struct policy *policy = reading->policy;
    struct profile *profiles = ARENA_NEW(&policy->arena, struct profile, node_pairs(table));
    for (size_t i = 0; i < node_pairs(table); i++) {
        yaml_node_t *key = node_key(document, table, i);
        profiles[i].name = keep(reading, node_text(document, key, "a profile's name", CODE_MAX_BYTES));
        profiles[i].origin = origin_of(document, key);
        read_limits(reading, document, node_value(document, table, i), &profiles[i]);
        textmap_put(&policy->profile_map, profiles[i].name, &profiles[i]);
    }
    policy->profiles = profiles;
    policy->profile_count = node_pairs(table);
}
