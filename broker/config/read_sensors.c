#include "broker/config/reading.h"

/* --- sensors.yaml: whose devices are watched for false alarms --- */

enum { SOURCE, TYPE, FALSE_ALARMS, WITHIN, REPAIR, FOR, FIELDS };
static const char *const keys[FIELDS] = {"source", "type", "false_alarms", "within", "repair", "for"};

#define FALSE_ALARMS_DEFAULT 3
#define WITHIN_DEFAULT_MS    (7 * 24 * 3600 * 1000LL)
#define FOR_DEFAULT_MS       (24 * 3600 * 1000LL)
#define FALSE_ALARMS_MOST    1000

static void read_source(struct reading *reading, struct document *document, yaml_node_t *node, struct sensor_rule *rule)
{
    struct principal *source = (struct principal *)named_principal(reading, document, node); /* not yet sealed */
    rule->source = source;
    if (source == NULL)
        return;
    source->watched = true;
    if ((source->roles & (PRINCIPAL_SOURCE | PRINCIPAL_INTAKE)) == 0)
        node_fault(document, node, "'%s' reports nothing: it has neither the role source nor intake", source->name);
}

static void read_rule(struct reading *reading, struct document *document, yaml_node_t *node, struct sensor_rule *rule)
{
    yaml_node_t *fields[FIELDS];
    long most;
    *rule = (struct sensor_rule){.false_alarms = FALSE_ALARMS_DEFAULT,
                                 .within_ms = WITHIN_DEFAULT_MS,
                                 .for_ms = FOR_DEFAULT_MS,
                                 .origin = origin_of(document, node)};
    if (!node_fields(document, node, "a rule", keys, FIELDS, fields))
        return;
    if (fields[SOURCE] == NULL || fields[REPAIR] == NULL) {
        node_fault(document, node, "a rule says whose devices, and who mends them: {source: sensors, repair: water}");
        return;
    }
    read_source(reading, document, fields[SOURCE], rule);
    rule->repair = read_recipients(reading, document, fields[REPAIR], CANDIDATES_MAX, false, &rule->repair_count);
    if (fields[TYPE] != NULL)
        rule->type = named_type(reading, document, fields[TYPE]);
    if (fields[FALSE_ALARMS] != NULL &&
        node_number(document, fields[FALSE_ALARMS], "false_alarms", 1, FALSE_ALARMS_MOST, &most))
        rule->false_alarms = (uint32_t)most;
    if (fields[WITHIN] != NULL)
        node_duration(document, fields[WITHIN], &rule->within_ms);
    if (fields[FOR] != NULL)
        node_duration(document, fields[FOR], &rule->for_ms);
}

void read_sensors(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"sensors"};
    struct policy *policy = reading->policy;
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "sensors"))
        return;
    struct sensor_rule *rules = ARENA_NEW(&policy->arena, struct sensor_rule, node_items(list));
    policy->sensors = rules;
    policy->sensor_count = node_items(list);
    for (size_t i = 0; i < policy->sensor_count; i++)
        read_rule(reading, document, node_item(document, list, i), &rules[i]);
}
