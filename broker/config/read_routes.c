#include <string.h>

#include "broker/config/reading.h"

enum {
    TO,
    TYPE,
    TYPES,
    AREA,
    AREAS,
    NATURE,
    SEVERITY,
    ASSIST,
    VERIFY,
    EXCEPT,
    WHISTLE,
    CONFIRM,
    PLAN,
    CALENDAR,
    FIELDS
};
static const char *const keys[FIELDS] = {"to",     "type",   "types",  "area",    "areas",   "nature", "severity",
                                         "assist", "verify", "except", "whistle", "confirm", "plan",   "calendar"};

/* A rule of the file becomes one struct route for each of its types and areas, and more for its exceptions. Routes
 * move while their array grows: an exclusion remembers the number of its rule until all are there. */
struct routes_reading {
    struct reading *reading;
    struct document *document;
    struct buffer routes; /* struct route */
    struct buffer of;     /* size_t: number of the rule an exclusion belongs to, SIZE_MAX: none */
};

static size_t route_count(const struct routes_reading *in)
{
    return in->routes.size / sizeof(struct route);
}

static void add_route(struct routes_reading *in, const struct route *route, size_t of)
{
    buffer_append(&in->routes, route, sizeof(*route));
    buffer_append(&in->of, &of, sizeof(of));
}

static struct route route_at(struct routes_reading *in, const yaml_node_t *node)
{
    struct origin origin = origin_of(in->document, node);
    const char *rule = arena_printf(&in->reading->policy->arena, "%s:%zu", origin.file, origin.line);
    return (struct route){.verify = VERIFIER_NONE, .origin = origin, .rule = rule};
}

/* --- where to --- */

/* to, assist, verify: of a rule, or of an exception that overrides the rule's. */
static void read_sending(struct routes_reading *in, yaml_node_t *to, yaml_node_t *assist, yaml_node_t *verify,
                         struct route *route)
{
#define VERIFIER_TEXT(v, N, n) #n,
    static const char *const known[] = {VERIFIERS(VERIFIER_TEXT)};
    if (to != NULL) {
        route->plan = NULL;
        route->to = read_recipients(in->reading, in->document, to, CANDIDATES_MAX, true, &route->to_count);
    }
    if (assist != NULL)
        route->assists = read_recipients(in->reading, in->document, assist, ASSISTS_MAX, false, &route->assist_count);
    if (verify == NULL)
        return;
    const char *name = node_text(in->document, verify, "verify", CODE_MAX_BYTES);
    route->verify = name != NULL ? verifier_of(name) : 0;
    if (name != NULL && route->verify == 0)
        node_fault_unknown(in->document, verify, "verifier", name, known, sizeof(known) / sizeof(*known));
}

/* --- conditions --- */

/* Types or areas of a rule: one, a list, or none, which is one NULL: any. */
struct subjects {
    const void **of;
    size_t count;
    bool sound;
};

static yaml_node_t *one_of(struct routes_reading *in, yaml_node_t *one, yaml_node_t *several, const char *what)
{
    if (one != NULL && several != NULL)
        node_fault(in->document, several, "'%s' and '%ss' say the same; keep one", what, what);
    return one != NULL ? one : several;
}

static struct subjects read_subjects(struct routes_reading *in, yaml_node_t *list, bool types)
{
    struct subjects subjects = {.count = list != NULL ? node_items(list) : 1, .sound = true};
    subjects.of = ARENA_NEW(in->reading->scratch, const void *, subjects.count);
    if (list != NULL && subjects.count == 0) {
        node_fault(in->document, list, "an empty list; leave the key out to mean any");
        subjects.sound = false;
    }
    for (size_t i = 0; list != NULL && i < subjects.count; i++) {
        yaml_node_t *item = node_item(in->document, list, i);
        if (types)
            subjects.of[i] = named_type(in->reading, in->document, item);
        else
            subjects.of[i] = named_area(in->reading, in->document, item);
        subjects.sound = subjects.sound && subjects.of[i] != NULL;
    }
    return subjects;
}

/* --- exceptions --- */

struct exception {
    yaml_node_t *list; /* of its areas */
    struct subjects areas;
    struct route exclusion;
};

/* Routes number first … own are the rule's, up to end those of its exceptions. An exclusion takes out of force what holds around
 * its area: of the rule whatever overlaps it, so that the exception goes first also where the rule names an area twice over;
 * of other exceptions the wider ones, so that the narrowest counts. False when the rule's areas are not around it. */
static bool exclude(struct routes_reading *in, struct route *exclusion, size_t first, size_t own, size_t end)
{
    bool around = false;
    for (size_t i = first; i < end; i++) {
        const struct route *rule = &((const struct route *)(const void *)in->routes.data)[i];
        bool wider = !rule->area || (rule->area != exclusion->area && area_within(exclusion->area, rule->area));
        if (!wider && (i >= own || !area_within(rule->area, exclusion->area)))
            continue;
        around = around || (wider && i < own);
        exclusion->type = rule->type;
        exclusion->natures = rule->natures;
        exclusion->severities = rule->severities;
        exclusion->calendar = rule->calendar;
        add_route(in, exclusion, i);
    }
    return around;
}

/* What it sends elsewhere. Where the rule does not hold is known when all its exceptions are. */
static void read_exception(struct routes_reading *in, yaml_node_t *node, const struct route *rule,
                           const struct subjects *types, struct exception *out)
{
    enum { E_AREA, E_AREAS, E_TO, E_ASSIST, E_VERIFY, E_FIELDS };
    static const char *const exception_keys[E_FIELDS] = {"area", "areas", "to", "assist", "verify"};
    yaml_node_t *fields[E_FIELDS];
    if (!node_fields(in->document, node, "an exception", exception_keys, E_FIELDS, fields))
        return;
    yaml_node_t *list = one_of(in, fields[E_AREA], fields[E_AREAS], "area");
    if (list == NULL) {
        node_fault(in->document, node, "an exception needs its area: {area: 620802003, to: …}");
        return;
    }
    struct route other = *rule, exclusion = route_at(in, node);
    exclusion.excludes = true;
    *out = (struct exception){list, read_subjects(in, list, false), exclusion};
    other.origin = exclusion.origin;
    other.rule = exclusion.rule;
    if (fields[E_TO] == NULL && (fields[E_ASSIST] != NULL || fields[E_VERIFY] != NULL))
        node_fault(in->document, node, "an exception without 'to' only says where the rule does not hold");
    read_sending(in, fields[E_TO], fields[E_ASSIST], fields[E_VERIFY], &other);
    for (size_t i = 0; fields[E_TO] != NULL && out->areas.sound && i < out->areas.count; i++) {
        other.area = out->areas.of[i];
        for (size_t t = 0; t < types->count; t++) {
            other.type = types->of[t];
            add_route(in, &other, SIZE_MAX);
        }
    }
}

/* Two for one area could mean either. */
static bool said_before(const struct exception *exceptions, size_t at, const struct area *area)
{
    for (size_t i = 0; i < at; i++) {
        for (size_t k = 0; k < exceptions[i].areas.count; k++) {
            if (exceptions[i].areas.sound && exceptions[i].areas.of[k] == area)
                return true;
        }
    }
    return false;
}

static void exclude_all(struct routes_reading *in, struct exception *exceptions, size_t count, size_t first, size_t own)
{
    size_t end = route_count(in);
    for (size_t i = 0; i < count; i++) {
        const struct subjects *areas = &exceptions[i].areas;
        for (size_t k = 0; areas->sound && k < areas->count; k++) {
            struct route *exclusion = &exceptions[i].exclusion;
            yaml_node_t *node = node_item(in->document, exceptions[i].list, k);
            exclusion->area = areas->of[k];
            if (said_before(exceptions, i, exclusion->area))
                node_fault(in->document, node, "area '%s' stands in two exceptions of this rule; keep one",
                           exclusion->area->code);
            else if (!exclude(in, exclusion, first, own, end))
                node_fault(in->document, node,
                           "area '%s' is not within the rule's own areas; this exception changes nothing",
                           exclusion->area->code);
        }
    }
}

static void read_exceptions(struct routes_reading *in, yaml_node_t *list, const struct route *rule,
                            const struct subjects *types, size_t first)
{
    size_t count = node_items(list), own = route_count(in);
    struct exception *exceptions = ARENA_NEW(in->reading->scratch, struct exception, count);
    for (size_t i = 0; i < count; i++)
        read_exception(in, node_item(in->document, list, i), rule, types, &exceptions[i]);
    exclude_all(in, exceptions, count, first, own);
}

/* --- rules --- */

static void add_rule(struct routes_reading *in, struct route *rule, const struct subjects *types,
                     const struct subjects *areas)
{
    for (size_t t = 0; t < types->count; t++) {
        for (size_t a = 0; a < areas->count; a++) {
            rule->type = types->of[t];
            rule->area = areas->of[a];
            add_route(in, rule, SIZE_MAX);
        }
    }
}

/* A plan says itself who leads and who assists. */
static void read_plan_of(struct routes_reading *in, yaml_node_t *const *fields, struct route *rule)
{
    if (fields[PLAN] == NULL)
        return;
    rule->plan = named_plan(in->reading, in->document, fields[PLAN]);
    if (fields[TO] != NULL || fields[ASSIST] != NULL)
        node_fault(in->document, fields[PLAN], "a plan says who is sent; leave 'to' and 'assist' out beside it");
    if (rule->plan == NULL || rule->plan->task_count == 0)
        return;
    rule->to = rule->plan->tasks[0].to;
    rule->to_count = rule->plan->tasks[0].to_count;
}

static void read_rule(struct routes_reading *in, yaml_node_t *node)
{
    yaml_node_t *fields[FIELDS];
    struct route rule = route_at(in, node);
    if (!node_fields(in->document, node, "a rule", keys, FIELDS, fields))
        return;
    struct subjects types = read_subjects(in, one_of(in, fields[TYPE], fields[TYPES], "type"), true);
    struct subjects areas = read_subjects(in, one_of(in, fields[AREA], fields[AREAS], "area"), false);
    if (fields[TO] == NULL && fields[PLAN] == NULL)
        node_fault(in->document, node,
                   "a rule needs 'to': a unit, @LEVEL.KIND, @owner, a list of them, or desk; or 'plan'");
    read_plan_of(in, fields, &rule);
    rule.natures = fields[NATURE] != NULL ? read_natures(in->document, fields[NATURE]) : 0;
    rule.severities = fields[SEVERITY] != NULL ? read_severities(in->document, fields[SEVERITY]) : 0;
    if (fields[CALENDAR] != NULL)
        rule.calendar = named_calendar(in->reading, in->document, fields[CALENDAR]);
    read_sending(in, fields[TO], fields[ASSIST], fields[VERIFY], &rule);
    if (fields[WHISTLE] != NULL)
        read_limit(in->reading, in->document, fields[WHISTLE], &rule.whistle);
    if (fields[CONFIRM] != NULL)
        node_flag(in->document, fields[CONFIRM], &rule.confirm);
    if (!types.sound || !areas.sound)
        return;
    size_t first = route_count(in);
    add_rule(in, &rule, &types, &areas);
    if (fields[EXCEPT] != NULL && node_is_list(in->document, fields[EXCEPT], "except"))
        read_exceptions(in, fields[EXCEPT], &rule, &types, first);
}

static void settle(struct routes_reading *in)
{
    struct policy *policy = in->reading->policy;
    size_t count = route_count(in);
    const size_t *of = (const size_t *)(const void *)in->of.data;
    if (count == 0)
        return;
    struct route *routes = arena_memdup(&policy->arena, in->routes.data, in->routes.size);
    for (size_t i = 0; i < count; i++)
        routes[i].of = of[i] != SIZE_MAX ? &routes[of[i]] : NULL;
    policy->routes = routes;
    policy->route_count = count;
}

/* 属地兜底: who gets what nobody arbitrates in time. */
static void read_fallback(struct routes_reading *in, yaml_node_t *list)
{
    struct policy *policy = in->reading->policy;
    policy->fallback = read_recipients(in->reading, in->document, list, CANDIDATES_MAX, false, &policy->fallback_count);
    for (size_t i = 0; i < policy->fallback_count; i++) {
        if (policy->fallback[i].kind == RECIPIENT_OWNER)
            node_fault(in->document, node_item(in->document, list, i),
                       "a fallback owner is always found: a unit, @LEVEL, @LEVEL.KIND or @local, not '%s'",
                       policy->fallback[i].text);
    }
}

/* 上报: who of a level takes up what is reported to it. */
static void read_upward(struct routes_reading *in, yaml_node_t *table)
{
    struct policy *policy = in->reading->policy;
    if (!node_names(in->document, table, "report_up"))
        return;
    for (size_t i = 0; i < node_pairs(table); i++) {
        yaml_node_t *key = node_key(in->document, table, i), *list = node_value(in->document, table, i);
        const char *name = node_text(in->document, key, "a level", CODE_MAX_BYTES);
        size_t level = name != NULL ? named_level(in->reading, in->document, key, name) : SIZE_MAX;
        size_t count = 0;
        const struct recipient *to = read_recipients(in->reading, in->document, list, CANDIDATES_MAX, true, &count);
        if (level != SIZE_MAX && to != NULL)
            policy->upward[level] = (struct candidates){to, count};
    }
}

void read_routes(struct reading *reading, struct document *document)
{
    static const char *const root_keys[] = {"routes", "fallback", "report_up"};
    struct routes_reading in = {.reading = reading, .document = document};
    yaml_node_t *fields[3], *list = root_field(document, root_keys, 3, fields);
    if (list == NULL || !node_is_list(document, list, "routes"))
        return;
    for (size_t i = 0; i < node_items(list); i++)
        read_rule(&in, node_item(document, list, i));
    settle(&in);
    if (fields[1] != NULL)
        read_fallback(&in, fields[1]);
    if (fields[2] != NULL)
        read_upward(&in, fields[2]);
    buffer_release(&in.routes);
    buffer_release(&in.of);
}
