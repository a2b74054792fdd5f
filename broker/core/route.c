#include "broker/core/route.h"

#include <string.h>

#include "broker/base/panic.h"
#include "broker/core/calendar.h"
#include "broker/core/exclusion.h"
#include "schemas/wire.h"

/* The rules that may hold are found under (type or an ancestor or any) × (area or an ancestor or anywhere): at most
 * depth × depth lookups, however long the table. */

static const struct route_list *rules_at(const struct policy *policy, const struct type *type, const struct area *area)
{
    static const struct route_list none = {0};
    const struct route_list *list = map_get(&policy->route_map, policy_route_key(policy, type, area));
    return list == NULL ? &none : list;
}

static bool same_place_written(const struct route *a, const struct route *b)
{
    return a->origin.line == b->origin.line && a->origin.column == b->origin.column &&
           strcmp(a->origin.file, b->origin.file) == 0;
}

/* --- what was looked at --- */

static struct considered *trace_add(struct route_trace *trace, const struct route *route, const char *verdict)
{
    if (trace->count == trace->capacity) {
        size_t capacity = trace->capacity == 0 ? 16 : 2 * trace->capacity;
        struct considered *larger = ARENA_NEW(trace->arena, struct considered, capacity);
        if (trace->count > 0)
            memcpy(larger, trace->rules, trace->count * sizeof *larger);
        trace->rules = larger;
        trace->capacity = capacity;
    }
    struct considered *considered = &trace->rules[trace->count++];
    *considered = (struct considered){.rule = route->rule, .verdict = verdict};
    return considered;
}

/* --- specificity --- */

enum { BY_TYPE, BY_AREA, BY_SEVERITY, BY_CALENDAR, BY_NATURE, BY_COUNT };

/* In the order of comparison. Nature comes last: a rule for 举报 only is narrower than one for everything. */
static void specificity(const struct route *route, size_t out[BY_COUNT])
{
    out[BY_TYPE] = route->type == NULL ? 0 : route->type->depth;
    out[BY_AREA] = route->area == NULL ? 0 : route->area->level + 1;
    out[BY_SEVERITY] = route->severities != 0;
    out[BY_CALENDAR] = route->calendar != NULL;
    out[BY_NATURE] = route->natures != 0;
}

/* Above 0 when a is the more specific. *by is the first thing they differ in. */
static int compare(const struct route *a, const struct route *b, size_t *by)
{
    size_t of_a[BY_COUNT], of_b[BY_COUNT];
    specificity(a, of_a);
    specificity(b, of_b);
    for (*by = 0; *by < BY_COUNT; (*by)++) {
        if (of_a[*by] != of_b[*by])
            return of_a[*by] > of_b[*by] ? 1 : -1;
    }
    return 0;
}

static const char *less_specific(struct arena *arena, const struct route *route, const struct route *winner)
{
    static const char *const names[BY_COUNT] = {"type depth", "area depth", "severity", "calendar", "nature"};
    size_t by, of_route[BY_COUNT], of_winner[BY_COUNT];
    compare(route, winner, &by);
    if (by == BY_COUNT)
        return "the same rule again";
    if (by >= BY_SEVERITY)
        return arena_printf(arena, "less specific: any %s", names[by]);
    specificity(route, of_route);
    specificity(winner, of_winner);
    return arena_printf(arena, "less specific: %s %zu < %zu", names[by], of_route[by], of_winner[by]);
}

/* --- matching --- */

/* The exclusion that takes the rule out of force at the area, or NULL. */
static const struct route *exception_of(const struct policy *policy, const struct route *route, const struct area *area)
{
    for (; area != NULL; area = area->parent) {
        const struct route_list *list = rules_at(policy, route->type, area);
        for (size_t i = 0; i < list->count; i++) {
            if (list->routes[i]->excludes && list->routes[i]->of == route)
                return list->routes[i];
        }
    }
    return NULL;
}

/* NULL when the rule holds, else why not. Without an arena the reason is not worded. */
static const char *objection(const struct policy *policy, const struct route *route, const struct route_query *query,
                             struct arena *arena)
{
    if (route->natures != 0 && (route->natures & 1u << query->nature) == 0)
        return "other nature";
    if (route->severities != 0 && (route->severities & 1u << query->severity) == 0)
        return "other severity";
    if (route->calendar != NULL && query->at_ms > 0 && !calendar_open(route->calendar, query->at_ms))
        return arena == NULL ? "closed" : arena_printf(arena, "calendar %s is closed then", route->calendar->name);
    const struct route *exclusion = exception_of(policy, route, query->area);
    if (exclusion == NULL)
        return NULL;
    if (arena == NULL)
        return "excluded";
    return arena_printf(arena, "excluded at %s by %s", exclusion->area->code, exclusion->rule);
}

struct search {
    const struct policy *policy;
    const struct route_query *query;
    const struct route *best, *equal; /* equal: as specific as the best, from another place in the files */
    struct route_trace *trace;
};

static void consider(struct search *search, const struct route *route)
{
    if (route->excludes)
        return;
    if (objection(search->policy, route, search->query, NULL) != NULL)
        return;
    size_t by;
    int order = search->best == NULL ? 1 : compare(route, search->best, &by);
    if (order > 0) {
        search->best = route;
        search->equal = NULL;
    } else if (order == 0 && !same_place_written(route, search->best)) {
        search->equal = route;
    }
}

typedef void visit_fn(struct search *, const struct route *);

static void visit_rules(struct search *search, const struct type *type, const struct area *area, visit_fn *visit)
{
    const struct route_list *list = rules_at(search->policy, type, area);
    for (size_t i = 0; i < list->count; i++)
        visit(search, list->routes[i]);
}

static void visit_rules_of(struct search *search, const struct type *type, visit_fn *visit)
{
    for (const struct area *area = search->query->area; area != NULL; area = area->parent)
        visit_rules(search, type, area, visit);
    visit_rules(search, type, NULL, visit);
}

static void for_each_rule(struct search *search, visit_fn *visit)
{
    for (const struct type *type = search->query->type; type != NULL; type = type->parent)
        visit_rules_of(search, type, visit);
    visit_rules_of(search, NULL, visit);
}

/* Second pass, for explain: the best is known now, so each loser can be told what beat it. */
static void judge(struct search *search, const struct route *route)
{
    struct arena *arena = search->trace->arena;
    if (route->excludes || route == search->best)
        return;
    const char *verdict = objection(search->policy, route, search->query, arena);
    size_t by;
    if (verdict == NULL && search->equal != NULL && compare(route, search->best, &by) == 0)
        verdict = arena_printf(arena, "two equals: as specific as %s", search->best->rule);
    if (verdict == NULL)
        verdict = less_specific(arena, route, search->best);
    trace_add(search->trace, route, verdict);
}

static void explain(struct search *search)
{
    struct route_trace *trace = search->trace;
    if (search->equal != NULL)
        trace_add(trace, search->best,
                  arena_printf(trace->arena, "two equals: as specific as %s", search->equal->rule));
    else if (search->best != NULL)
        trace_add(trace, search->best, "chosen")->chosen = true;
    for_each_rule(search, judge);
}

/* --- recipients --- */

static const struct unit *local_unit(const struct policy *policy, const struct area *area, const char *kind)
{
    char key[2 * CODE_MAX_BYTES + 2];
    size_t area_bytes = strlen(area->code), kind_bytes = strlen(kind);
    ASSERT(area_bytes + kind_bytes + 2 <= sizeof key);
    memcpy(key, area->code, area_bytes);
    key[area_bytes] = '/';
    memcpy(key + area_bytes + 1, kind, kind_bytes + 1);
    return policy_unit_now(policy, textmap_get(&policy->local_map, key));
}

static const struct unit *relative_unit(const struct policy *policy, const struct recipient *recipient,
                                        const struct area *area)
{
    while (area != NULL && area->level > recipient->level)
        area = area->parent;
    if (area == NULL || area->level != recipient->level)
        return NULL;
    return local_unit(policy, area, recipient->unit_kind);
}

const struct unit *route_recipient(const struct policy *policy, const struct recipient *recipient,
                                   const struct route_query *query)
{
    const struct unit *unit = NULL;
    const struct area *area = query->area;
    switch (recipient->kind) {
    case RECIPIENT_UNIT:
        return policy_unit_now(policy, recipient->unit);
    case RECIPIENT_RELATIVE:
        return relative_unit(policy, recipient, area);
    case RECIPIENT_LOCAL:
        for (; area != NULL && unit == NULL; area = area->parent)
            unit = local_unit(policy, area, "");
        return unit;
    case RECIPIENT_OWNER:
        return policy_unit_now(policy, policy_owner(policy, query->object));
    case RECIPIENT_DESK:
        return NULL; /* a person, not a unit */
    }
    return NULL;
}

const struct unit *route_first(const struct policy *policy, const struct recipient *to, size_t count,
                               const struct route_query *query)
{
    const struct unit *unit = NULL;
    for (size_t i = 0; i < count && unit == NULL; i++)
        unit = route_recipient(policy, &to[i], query);
    return unit;
}

static bool has_assist(const struct route_result *result, const struct unit *unit)
{
    for (size_t i = 0; i < result->assist_count; i++) {
        if (result->assists[i] == unit)
            return true;
    }
    return false;
}

/* The candidates in order: the first that means somebody, be it a person at the desk. */
static void choose_lead(const struct policy *policy, const struct route *route, const struct route_query *query,
                        struct route_result *result)
{
    for (size_t i = 0; i < route->to_count && result->lead == NULL && !result->desk; i++) {
        result->desk = route->to[i].kind == RECIPIENT_DESK;
        result->lead = route_recipient(policy, &route->to[i], query);
    }
}

static void send_to(const struct policy *policy, const struct route *route, const struct route_query *query,
                    struct route_result *result)
{
    choose_lead(policy, route, query, result);
    result->plan = route->plan;
    if (result->lead == NULL) {
        result->unrouted = result->desk ? 0 : UNROUTED_NO_RECIPIENT;
        return;
    }
    for (size_t i = 0; i < route->assist_count && result->assist_count < ASSISTS_MAX; i++) {
        const struct unit *unit = route_recipient(policy, &route->assists[i], query);
        if (unit != NULL && unit != result->lead && !has_assist(result, unit))
            result->assists[result->assist_count++] = unit;
    }
}

static void explain_no_recipient(struct route_trace *trace, const struct route *route, const struct area *area)
{
    const char *tried = "";
    for (size_t i = 0; i < route->to_count; i++)
        tried = arena_printf(trace->arena, "%s%s%s", tried, i == 0 ? "" : ", ", route->to[i].text);
    for (size_t i = 0; i < trace->count; i++) {
        if (trace->rules[i].chosen) {
            trace->rules[i].chosen = false;
            trace->rules[i].verdict = arena_printf(trace->arena, "no recipient: %s at %s", tried, area->code);
        }
    }
}

struct route_query route_asked(const struct policy *policy, const struct incident *head, int64_t at_ms)
{
    return (struct route_query){
        .type = policy_type(policy, head->type),
        .area = policy_area(policy, head->area),
        .at_ms = at_ms,
        .nature = head->nature,
        .severity = head->severity,
        .without = head->unrouted,
        .object = head->more != NULL ? head->more->object : NULL,
        .sealed = head->sealed,
        .about = head->more != NULL ? head->more->about : NULL,
    };
}

static void find(const struct policy *policy, const struct route_query *asked, struct route_result *result,
                 struct route_trace *trace)
{
    struct route_query query = *asked;
    query.type = policy_type_now(policy, asked->type);
    query.area = policy_area_at(policy, asked->area, asked->at_ms);
    if (query.type == NULL || query.area == NULL) {
        enum unrouted_reason retired = query.type == NULL ? UNROUTED_UNKNOWN_TYPE : UNROUTED_UNKNOWN_AREA;
        result->unrouted = asked->without != 0 ? asked->without : retired;
        return;
    }
    struct search search = {.policy = policy, .query = &query, .trace = trace};
    for_each_rule(&search, consider);
    if (trace != NULL)
        explain(&search);
    if (search.best == NULL) {
        result->unrouted = UNROUTED_NO_RULE;
    } else if (search.equal != NULL) {
        result->unrouted = UNROUTED_TWO_EQUALS;
    } else {
        result->route = search.best;
        send_to(policy, search.best, &query, result);
        if (trace != NULL && result->unrouted == UNROUTED_NO_RECIPIENT)
            explain_no_recipient(trace, search.best, query.area);
    }
}

void route_find(const struct policy *policy, const struct route_query *query, struct route_result *result,
                struct route_trace *trace)
{
    *result = (struct route_result){0};
    find(policy, query, result, trace);
    exclusion_bend(policy, query, result, trace);
}
