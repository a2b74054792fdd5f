/* events.yaml: what becomes of an event: an incident (the default), a record that is counted, or a notice. The first rule
 * that holds is the one. */
#include <string.h>

#include "broker/config/reading.h"

enum { DO, TYPE, TYPES, AREA, AREAS, SOURCE, SOURCES, NATURE, SEVERITY, CHANNEL, COUNT, WITHIN, FIELDS };
static const char *const keys[FIELDS] = {"do",      "type",   "types",    "area",    "areas", "source",
                                         "sources", "nature", "severity", "channel", "count", "within"};

/* The events.yaml being read. */
struct events_reading {
    struct reading *reading;
    struct document *document;
    struct event_rule *rules;
    size_t count;
};

/* --- what it holds for --- */

static yaml_node_t *one_of(struct events_reading *in, yaml_node_t **fields, int one)
{
    if (fields[one] != NULL && fields[one + 1] != NULL)
        node_fault(in->document, fields[one + 1], "'%s' and '%s' say the same; keep one", keys[one], keys[one + 1]);
    return fields[one] != NULL ? fields[one] : fields[one + 1];
}

static const void *named(struct events_reading *in, int what, yaml_node_t *item)
{
    if (what == TYPE)
        return named_type(in->reading, in->document, item);
    if (what == AREA)
        return named_area(in->reading, in->document, item);
    const struct principal *source = named_principal(in->reading, in->document, item);
    if (source == NULL || (source->roles & (PRINCIPAL_SOURCE | PRINCIPAL_INTAKE)) != 0)
        return source;
    node_fault(in->document, item, "'%s' reports nothing: it has neither the role source nor intake", source->name);
    return NULL;
}

static const void **read_subjects(struct events_reading *in, yaml_node_t **fields, int what, size_t *count)
{
    yaml_node_t *list = one_of(in, fields, what);
    size_t n = list != NULL ? node_items(list) : 0;
    const void **subjects = ARENA_NEW(&in->reading->policy->arena, const void *, n);
    if (list != NULL && n == 0)
        node_fault(in->document, list, "an empty list; leave the key out to mean any");
    for (size_t i = 0; i < n; i++) {
        const void *subject = named(in, what, node_item(in->document, list, i));
        if (subject != NULL)
            subjects[(*count)++] = subject;
    }
    return subjects;
}

/* --- what is done --- */

static enum event_does read_does(struct events_reading *in, yaml_node_t *node, yaml_node_t *field)
{
    static const char *const known[] = {"open", "record", "notify"};
    const char *name = field != NULL ? node_text(in->document, field, "what is done", CODE_MAX_BYTES) : NULL;
    if (field == NULL)
        node_fault(in->document, node, "a rule says what is done: do: open, record or notify");
    for (size_t i = 0; name != NULL && i < 3; i++) {
        if (strcmp(name, known[i]) == 0)
            return (enum event_does)(EVENT_OPEN + i);
    }
    if (name != NULL)
        node_fault_unknown(in->document, field, "deed", name, known, 3);
    return 0;
}

/* {do: record, count: 3, within: 10m}: the third within ten minutes opens. */
static void read_threshold(struct events_reading *in, yaml_node_t **fields, struct event_rule *rule)
{
    long count = 0;
    if (fields[COUNT] == NULL && fields[WITHIN] == NULL)
        return;
    if (rule->does != EVENT_RECORD || fields[COUNT] == NULL || fields[WITHIN] == NULL) {
        node_fault(in->document, fields[COUNT] != NULL ? fields[COUNT] : fields[WITHIN],
                   "'count' and 'within' go together, with do: record: {do: record, count: 3, within: 10m}");
        return;
    }
    if (node_number(in->document, fields[COUNT], "count", 2, EVENT_COUNT_MAX, &count) &&
        node_duration(in->document, fields[WITHIN], &rule->within_ms))
        rule->count = (uint32_t)count;
}

static void read_channel(struct events_reading *in, yaml_node_t *node, yaml_node_t *field, struct event_rule *rule)
{
    bool notifies = rule->does == EVENT_NOTIFY;
    rule->channel = notifies ? read_name(in->reading, in->document, field, "a channel", "") : "";
    if (notifies && field == NULL)
        node_fault(in->document, node, "a notice goes by a channel: {do: notify, channel: 弹窗}");
    else if (!notifies && field != NULL)
        node_fault(in->document, field, "'channel' goes with do: notify");
}

/* What is too grave to be only recorded opens, whatever a rule says: so it must not say so. */
static void check_gravity(struct events_reading *in, yaml_node_t **fields, const struct event_rule *rule)
{
    if (rule->does == EVENT_OPEN)
        return;
    if ((rule->severities & 1u << 1) != 0)
        node_fault(in->document, fields[SEVERITY], "severity 1 always opens an incident; write 2 to 4");
    if ((rule->natures & 1u << NATURE_REPORT) != 0)
        node_fault(in->document, fields[NATURE], "a report (举报) always opens an incident; leave it out");
}

/* --- a rule that is never reached --- */

static bool wider_types(const struct event_rule *first, const struct event_rule *rule)
{
    for (size_t i = 0; first->type_count > 0 && i < (rule->type_count > 0 ? rule->type_count : 1); i++) {
        bool within = false;
        for (size_t f = 0; rule->type_count > 0 && f < first->type_count; f++)
            within |= type_within(rule->types[i], first->types[f]);
        if (!within)
            return false;
    }
    return true;
}

static bool wider_areas(const struct event_rule *first, const struct event_rule *rule)
{
    for (size_t i = 0; first->area_count > 0 && i < (rule->area_count > 0 ? rule->area_count : 1); i++) {
        bool within = false;
        for (size_t f = 0; rule->area_count > 0 && f < first->area_count; f++)
            within |= area_within(rule->areas[i], first->areas[f]);
        if (!within)
            return false;
    }
    return true;
}

static bool wider_sources(const struct event_rule *first, const struct event_rule *rule)
{
    for (size_t i = 0; first->source_count > 0 && i < (rule->source_count > 0 ? rule->source_count : 1); i++) {
        bool within = false;
        for (size_t f = 0; rule->source_count > 0 && f < first->source_count; f++)
            within |= rule->sources[i] == first->sources[f];
        if (!within)
            return false;
    }
    return true;
}

static bool wider_bits(unsigned first, unsigned rule)
{
    return first == 0 || (rule != 0 && (rule & ~first) == 0);
}

static void check_reached(struct events_reading *in, yaml_node_t *node, const struct event_rule *rule)
{
    for (size_t i = 0; i < in->count; i++) {
        const struct event_rule *first = &in->rules[i];
        if (wider_types(first, rule) && wider_areas(first, rule) && wider_sources(first, rule) &&
            wider_bits(first->natures, rule->natures) && wider_bits(first->severities, rule->severities)) {
            node_fault(in->document, node, "never reached: %s holds for all of it; put this rule before that one",
                       first->rule);
            return;
        }
    }
}

/* --- the file --- */

static void read_rule(struct events_reading *in, yaml_node_t *node)
{
    yaml_node_t *fields[FIELDS];
    struct event_rule *rule = &in->rules[in->count];
    rule->origin = origin_of(in->document, node);
    rule->rule = arena_printf(&in->reading->policy->arena, "%s:%zu", rule->origin.file, rule->origin.line);
    if (!node_fields(in->document, node, "a rule", keys, FIELDS, fields))
        return;
    rule->does = read_does(in, node, fields[DO]);
    rule->types = (const struct type **)read_subjects(in, fields, TYPE, &rule->type_count);
    rule->areas = (const struct area **)read_subjects(in, fields, AREA, &rule->area_count);
    rule->sources = (const struct principal **)read_subjects(in, fields, SOURCE, &rule->source_count);
    rule->natures = fields[NATURE] != NULL ? read_natures(in->document, fields[NATURE]) : 0;
    rule->severities = fields[SEVERITY] != NULL ? read_severities(in->document, fields[SEVERITY]) : 0;
    read_threshold(in, fields, rule);
    read_channel(in, node, fields[CHANNEL], rule);
    check_gravity(in, fields, rule);
    check_reached(in, node, rule);
    in->count++;
}

void read_events(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"events"};
    struct policy *policy = reading->policy;
    struct events_reading in = {.reading = reading, .document = document};
    yaml_node_t *field, *list = document != NULL ? root_field(document, root_keys, 1, &field) : NULL;
    if (list == NULL || !node_is_list(document, list, "events"))
        return;
    in.rules = ARENA_NEW(&policy->arena, struct event_rule, node_items(list));
    for (size_t i = 0; i < node_items(list); i++)
        read_rule(&in, node_item(document, list, i));
    policy->event_rules = in.rules;
    policy->event_rule_count = in.count;
}
