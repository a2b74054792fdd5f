#include <string.h>

#include "broker/core/calendar.h"
#include "broker/survey_parts.h"
#include "schemas/wire.h"

/* Natures and severities that no rule tells apart need one try each. */
struct kinds {
    enum nature natures[NATURE_PRAISE];
    int severities[4];
    size_t nature_count, severity_count;
};

/* What was found of one type, or of one rule: told in one sentence. */
struct finding {
    const struct type *type; /* of the first */
    const struct area *area;
    const char *kind;          /* of what nature or severity, where that matters */
    size_t count;              /* areas, or of a rule types and areas */
    const struct route *route; /* a rule whose recipients are nobody */
    struct finding *next;
};

#define MOMENTS_MAX 16

struct routes_survey {
    struct survey *survey;
    struct kinds kinds;
    struct finding *nobody, **last_nobody;
    int64_t moments[MOMENTS_MAX]; /* that rules tell apart by calendars */
    size_t moment_count;
};

/* --- what to try --- */

static void add_nature(struct kinds *kinds, enum nature nature)
{
    for (size_t i = 0; i < kinds->nature_count; i++)
        if (kinds->natures[i] == nature)
            return;
    kinds->natures[kinds->nature_count++] = nature;
}

static void add_severity(struct kinds *kinds, int severity)
{
    for (size_t i = 0; i < kinds->severity_count; i++)
        if (kinds->severities[i] == severity)
            return;
    kinds->severities[kinds->severity_count++] = severity;
}

static struct kinds kinds_of(const struct policy *policy)
{
    struct kinds kinds = {0};
    add_nature(&kinds, NATURE_COMPLAINT);
    for (size_t i = 0; i < policy->route_count; i++) {
        for (int nature = NATURE_HELP; nature <= NATURE_PRAISE; nature++)
            if (policy->routes[i].natures & 1u << nature)
                add_nature(&kinds, (enum nature)nature);
        for (int severity = 1; severity <= 4; severity++)
            if (policy->routes[i].severities & 1u << severity)
                add_severity(&kinds, severity);
    }
    return kinds;
}

/* What is reported: types without others below, or with filing conditions only. */
static bool is_reported(const struct policy *policy, const struct type *type)
{
    for (size_t i = 0; i < policy->type_count; i++) {
        const struct type *other = &policy->types[i];
        if (other->parent == type && !other->condition && !other->retired)
            return false;
    }
    return !type->retired;
}

/* --- what is found --- */

static const char *kind_text(struct survey *survey, const struct route_query *query)
{
    const char *nature = query->nature == NATURE_COMPLAINT
                             ? ""
                             : arena_printf(&survey->arena, " of nature %s", nature_name(query->nature));
    if (query->severity == query->type->severity)
        return nature;
    return arena_printf(&survey->arena, "%s of severity %d", nature, query->severity);
}

static const char *more(struct survey *survey, size_t others, const char *of_what)
{
    return others == 0 ? "" : arena_printf(&survey->arena, " and %zu more%s", others, of_what);
}

static bool first_time(struct survey *survey, const char *key)
{
    if (textmap_get(&survey->seen, key))
        return false;
    textmap_put(&survey->seen, key, survey);
    return true;
}

static const struct route *route_at(const struct policy *policy, const char *rule)
{
    for (size_t i = 0; i < policy->route_count; i++)
        if (strcmp(policy->routes[i].rule, rule) == 0)
            return &policy->routes[i];
    return NULL;
}

/* Asks again, for the two: the first that a trace tells of is one of them, and its verdict names the other. */
static void two_owners(struct survey *survey, const struct route_query *query)
{
    struct route_trace trace = {.arena = &survey->arena};
    struct route_result result;
    route_find(survey->policy, query, &result, &trace);
    const char *one = trace.rules[0].rule, *other = strrchr(trace.rules[0].verdict, ' ') + 1;
    if (!first_time(survey, arena_printf(&survey->arena, "%s %s", one, other)))
        return;
    const struct route *route = route_at(survey->policy, one);
    FIND(survey, &route->origin,
         "two owners of type '%s' at %s%s: this rule is as specific as %s, and nobody gets it; name a deeper type or "
         "area in one "
         "of them, or except it there",
         query->type->code, query->area->code, kind_text(survey, query), other);
}

static void nobody_found(struct routes_survey *in, const struct route *route, const struct route_query *query,
                         size_t count)
{
    for (struct finding *finding = in->nobody; finding; finding = finding->next) {
        if (strcmp(finding->route->rule, route->rule) == 0) {
            finding->count += count;
            return;
        }
    }
    struct finding *finding = ARENA_NEW(&in->survey->arena, struct finding, 1);
    *finding = (struct finding){query->type, query->area, kind_text(in->survey, query), count, route, NULL};
    *in->last_nobody = finding;
    in->last_nobody = &finding->next;
}

static void tell_nobody(struct survey *survey, const struct finding *finding)
{
    const char *tried = "";
    for (size_t i = 0; i < finding->route->to_count; i++)
        tried = arena_printf(&survey->arena, "%s%s%s", tried, i ? ", " : "", finding->route->to[i].text);
    FIND(survey, &finding->route->origin,
         "nobody is found for type '%s' at %s%s%s: %s; end 'to' with a unit that always is, or with desk",
         finding->type->code, finding->area->code, finding->kind, more(survey, finding->count - 1, ""), tried);
}

static void tell_no_rule(struct survey *survey, const struct finding *finding)
{
    FIND(survey, &finding->type->origin,
         "type '%s' has no owner at %s%s%s: no rule of routes.yaml holds; write one for it, 'to: desk' where a person "
         "decides",
         finding->type->code, finding->area->code,
         more(survey, finding->count - 1, finding->count == 2 ? " area" : " areas"), finding->kind);
}

/* The other tasks of a plan: a unit's clocks, or nobody, and then the task is left out without a word. */
static void survey_plan(struct survey *survey, const struct plan *plan, const struct route_query *query)
{
    for (size_t i = 1; i < plan->task_count; i++) {
        const struct plan_task *task = &plan->tasks[i];
        const struct unit *unit = route_first(survey->policy, task->to, task->to_count, query);
        if (unit)
            survey_duty(survey, unit, query->type);
        else if (first_time(survey, arena_printf(&survey->arena, "plan %s/%s", plan->name, task->name)))
            WARN(survey, &plan->origin,
                 "plan '%s' leaves its task '%s' out for type '%s' at %s: nobody is found; end its 'to' with a unit "
                 "that always is",
                 plan->name, task->name, query->type->code, query->area->code);
    }
}

/* --- one type --- */

/* False when no rule holds. */
static bool try_one(struct routes_survey *in, const struct route_query *query, size_t count)
{
    struct route_result result;
    route_find(in->survey->policy, query, &result, NULL);
    if (result.unrouted == UNROUTED_TWO_EQUALS)
        two_owners(in->survey, query);
    if (result.unrouted == UNROUTED_NO_RECIPIENT)
        nobody_found(in, result.route, query, count);
    if (result.lead && !(result.route && result.route->calendar && result.route->calendar == result.lead->hours))
        survey_duty(in->survey, result.lead, query->type); /* else it is sent there by day only */
    for (size_t i = 0; i < result.assist_count; i++)
        survey_duty(in->survey, result.assists[i], query->type);
    if (result.plan && result.lead)
        survey_plan(in->survey, result.plan, query);
    return result.unrouted != UNROUTED_NO_RULE;
}

/* At every moment that rules tell apart; false when at one no rule holds. */
static bool try_moments(struct routes_survey *in, struct route_query *query, size_t count)
{
    for (size_t i = 0; i < in->moment_count; i++) {
        query->at_ms = in->moments[i];
        if (!try_one(in, query, count))
            return false;
    }
    return true;
}

/* At one spot, of every kind; what is true of the commonest kind is not told of the others. */
static void try_spot(struct routes_survey *in, const struct type *type, const struct spot *spot,
                     struct finding *no_rule)
{
    struct kinds kinds = in->kinds;
    struct route_query query = {.type = type, .area = spot->area, .severity = type->severity};
    for (size_t n = 0; n < kinds.nature_count; n++) {
        for (size_t s = 0; s <= kinds.severity_count; s++) {
            if (s > 0 && kinds.severities[s - 1] == type->severity)
                continue;
            query.nature = kinds.natures[n];
            query.severity = s > 0 ? kinds.severities[s - 1] : type->severity;
            if (try_moments(in, &query, spot->count))
                continue;
            if (no_rule->count == 0)
                *no_rule = (struct finding){.type = type, .area = spot->area, .kind = kind_text(in->survey, &query)};
            no_rule->count += spot->count;
            return;
        }
    }
}

/* --- when --- */

/* Which of the rules' calendars are open then, a bit each. */
static uint64_t open_at(const struct policy *policy, int64_t at_ms)
{
    uint64_t open = 0;
    for (size_t i = 0; i < policy->timetable_count && i < 64; i++)
        open |= (uint64_t)calendar_open(&policy->timetables[i], at_ms) << i;
    return open;
}

static bool has_calendars(const struct policy *policy)
{
    for (size_t i = 0; i < policy->route_count; i++)
        if (policy->routes[i].calendar)
            return true;
    return false;
}

/* Of a fortnight, so that each of the weekdays and a week of holidays do not hide one another: the first half hour of each
 * combination of open calendars. Without rules that name a calendar: whenever. */
static void find_moments(struct routes_survey *in)
{
    uint64_t seen[MOMENTS_MAX];
    int64_t from_ms = in->survey->now_ms;
    in->moment_count = 1;
    in->moments[0] = 0;
    if (!has_calendars(in->survey->policy))
        return;
    in->moment_count = 0;
    for (int i = 0; i < 2 * 14 * 24 && in->moment_count < MOMENTS_MAX; i++) {
        int64_t at_ms = from_ms + i * 30 * INT64_C(60000);
        uint64_t open = open_at(in->survey->policy, at_ms);
        size_t k = 0;
        while (k < in->moment_count && seen[k] != open)
            k++;
        if (k < in->moment_count)
            continue;
        seen[in->moment_count] = open;
        in->moments[in->moment_count++] = at_ms;
    }
}

void survey_routes(struct survey *survey)
{
    const struct policy *policy = survey->policy;
    struct routes_survey in = {.survey = survey, .kinds = kinds_of(policy)};
    in.last_nobody = &in.nobody;
    find_moments(&in);
    for (size_t t = 0; t < policy->type_count; t++) {
        struct finding no_rule = {0};
        if (!is_reported(policy, &policy->types[t]))
            continue;
        for (size_t p = 0; p < survey->spot_count; p++)
            try_spot(&in, &policy->types[t], &survey->spots[p], &no_rule);
        if (no_rule.count > 0)
            tell_no_rule(survey, &no_rule);
    }
    for (const struct finding *finding = in.nobody; finding; finding = finding->next)
        tell_nobody(survey, finding);
    survey_duties(survey);
}
