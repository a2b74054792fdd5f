/* Where an event belongs, by a second reading of the rules: slow, and as they are written down. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sent_rules.h"

static kept_set bit(int i)
{
    return i < 0 ? 0 : 1u << i;
}

/* --- where it belongs: types and areas --- */

int sent_type_now(const struct sent_rules *rules, int type)
{
    while (type >= 0 && rules->types[type].retired)
        type = rules->types[type].successor;
    return type;
}

static int severity_of(const struct sent_rules *rules, int type)
{
    while (type >= 0 && !rules->types[type].severity)
        type = rules->types[type].parent;
    return type < 0 ? 4 : rules->types[type].severity;
}

bool sent_settle(const struct sent_rules *rules, const struct kept_city *city, struct sent_event *event)
{
    bool worst;
    event->type = sent_type_now(rules, event->type);
    event->severity = event->severity ? event->severity : severity_of(rules, event->type);
    worst = event->severity == 1;
    if (event->type < 0)
        event->type = SENT_UNKNOWN;
    if (event->area >= 0)
        event->area = kept_area_now(city, event->area);
    return (event->type >= 0 || worst) && (event->area != SENT_UNKNOWN || worst) &&
           kept_means_somebody(city, event->about);
}

static int depth_of_type(const struct sent_rules *rules, int type)
{
    return type < 0 ? 0 : 1 + depth_of_type(rules, rules->types[type].parent);
}

static int depth_of_area(int area)
{
    return area < 0 ? 0 : 1 + depth_of_area(kept_area_above(area));
}

/* The nearest of the set that it is, or lies in; KEPT_NONE: none. */
static int type_among(const struct sent_rules *rules, int type, kept_set types)
{
    while (type >= 0 && !(types & bit(type)))
        type = rules->types[type].parent;
    return type;
}

static int area_among(int area, kept_set areas)
{
    while (area >= 0 && !(areas & bit(area)))
        area = kept_area_above(area);
    return area;
}

/* --- who is meant --- */

/* The unit of that kind there: the one in use, or else who has taken the place of the one that was. */
static int unit_at(const struct kept_city *city, int area, int kind)
{
    int was = KEPT_NONE;
    for (int i = 0; i < KEPT_UNITS; i++) {
        const struct kept_unit *unit = &city->units[i];
        if (unit->area != area || unit->kind != kind)
            continue;
        if (unit->successor < 0 && !unit->gone)
            return i;
        was = kept_now(city, i) != KEPT_NONE ? kept_now(city, i) : was;
    }
    return was;
}

static int owner_of(const struct sent_rules *rules, const char *object)
{
    int found = KEPT_NONE;
    size_t longest = 0;
    for (int i = 0; object && i < SENT_OWNERS; i++) {
        size_t length = strlen(sent_owner_keys[i]);
        bool begins = sent_owner_keys[i][length - 1] == '*' && strncmp(object, sent_owner_keys[i], length - 1) == 0;
        if (rules->owners[i] >= 0 && strcmp(object, sent_owner_keys[i]) == 0)
            return rules->owners[i];
        if (rules->owners[i] >= 0 && begins && length > longest) {
            longest = length;
            found = rules->owners[i];
        }
    }
    return found;
}

static int local_unit(const struct kept_city *city, int area)
{
    int unit = KEPT_NONE;
    for (; area >= 0 && unit == KEPT_NONE; area = kept_area_above(area))
        unit = unit_at(city, area, 0);
    return unit;
}

int sent_meant_by(const struct sent_rules *rules, const struct kept_city *city, const struct sent_recipient *to,
                  const struct sent_event *event)
{
    int area = event->area;
    if (to->kind == SENT_TO_DESK)
        return KEPT_NONE; /* a person, and no unit */
    if (to->kind == SENT_TO_UNIT)
        return kept_now(city, to->unit);
    if (to->kind == SENT_TO_LOCAL)
        return local_unit(city, area);
    if (to->kind == SENT_TO_OWNER)
        return kept_now(city, owner_of(rules, event->object));
    while (depth_of_area(area) > depth_of_area(to->level_of))
        area = kept_area_above(area);
    return depth_of_area(area) == depth_of_area(to->level_of) ? unit_at(city, area, to->of_kind) : KEPT_NONE;
}

static int first_of(const struct sent_rules *rules, const struct kept_city *city, const struct sent_list *list,
                    const struct sent_event *event)
{
    int unit = KEPT_NONE;
    for (int i = 0; i < list->count && unit == KEPT_NONE; i++)
        unit = sent_meant_by(rules, city, &list->of[i], event);
    return unit;
}

/* --- which rule --- */

/* A rule as it holds at a place. */
struct holding {
    const struct sent_rule *rule;
    const struct sent_exception *exception; /* NULL: the rule itself */
    int rank[5]; /* type, area, severity, calendar, nature: the greater is the more specific */
};

/* The exception for the narrowest area around the place. */
static const struct sent_exception *exception_at(const struct sent_rule *rule, int area, int *where)
{
    const struct sent_exception *found = NULL;
    for (int i = 0; i < rule->except_count; i++) {
        int at = area_among(area, rule->except[i].areas);
        if (at >= 0 && (!found || depth_of_area(at) > depth_of_area(*where))) {
            found = &rule->except[i];
            *where = at;
        }
    }
    return found;
}

static bool holds(const struct sent_rules *rules, const struct sent_rule *rule, const struct sent_event *event,
                  struct holding *out)
{
    int type = type_among(rules, event->type, rule->types), area = area_among(event->area, rule->areas);
    *out = (struct holding){.rule = rule};
    if ((rule->types && type < 0) || (rule->areas && area < 0) ||
        (rule->natures && !(rule->natures >> event->nature & 1)) ||
        (rule->severities && !(rule->severities >> event->severity & 1)))
        return false;
    out->exception = exception_at(rule, event->area, &area);
    out->rank[0] = rule->types ? depth_of_type(rules, type) : 0;
    out->rank[1] = rule->areas || out->exception ? depth_of_area(area) : 0;
    out->rank[2] = rule->severities != 0;
    out->rank[4] = rule->natures != 0;
    return !out->exception || out->exception->elsewhere;
}

/* How many are the most specific; one of them. */
static int most_specific(const struct sent_rules *rules, const struct sent_event *event, struct holding *best)
{
    int count = 0;
    for (int i = 0; i < SENT_RULES; i++) {
        struct holding holding;
        int order = 0;
        if (!holds(rules, &rules->rules[i], event, &holding))
            continue;
        for (int k = 0; k < 5 && count && !order; k++)
            order = holding.rank[k] - best->rank[k];
        if (!count || order > 0)
            *best = holding;
        count = !count || order > 0 ? 1 : count + (order == 0);
    }
    return count;
}

/* --- sending --- */

static void add_assist(struct sent_to *to, int unit)
{
    if (unit != KEPT_NONE && to->assist_count < SENT_ASSISTS_MAX)
        to->assists[to->assist_count++] = unit;
}

static bool is_of(const struct sent_to *to, int unit)
{
    for (int i = 0; i < to->assist_count; i++)
        if (to->assists[i] == unit)
            return true;
    return unit == to->lead;
}

static void send_by_plan(const struct sent_rules *rules, const struct kept_city *city, const struct holding *by,
                         const struct sent_event *event, struct sent_to *to)
{
    const struct sent_list *parts = rules->plans[by->rule->plan];
    to->lead = first_of(rules, city, &parts[0], event);
    for (int i = 1; i < SENT_LIST_MAX; i++)
        add_assist(to, first_of(rules, city, &parts[i], event));
}

static void send_by_rule(const struct sent_rules *rules, const struct kept_city *city, const struct holding *by,
                         const struct sent_event *event, struct sent_to *to)
{
    const struct sent_exception *exception = by->exception;
    const struct sent_list *list = exception ? &exception->to : &by->rule->to;
    const struct sent_list *assist = exception && exception->says_assist ? &exception->assist : &by->rule->assist;
    to->lead = first_of(rules, city, list, event);
    if (by->rule->plan >= 0 && !(exception && exception->says_assist))
        return; /* what it does not say, the rule says: which has none beside its plan */
    for (int i = 0; i < assist->count; i++) {
        int unit = sent_meant_by(rules, city, &assist->of[i], event);
        if (!is_of(to, unit))
            add_assist(to, unit);
    }
}

static bool ends_at_desk(const struct holding *by)
{
    const struct sent_list *list = by->exception ? &by->exception->to : &by->rule->to;
    bool planned = by->rule->plan >= 0 && !by->exception;
    return !planned && list->of[list->count - 1].kind == SENT_TO_DESK;
}

static struct sent_to nowhere(enum unrouted_reason why)
{
    return (struct sent_to){.state = INCIDENT_UNROUTED, .unrouted = why, .lead = KEPT_NONE, .verify = VERIFIER_NONE};
}

static struct sent_to by_rule(const struct sent_rules *rules, const struct kept_city *city, const struct holding *by,
                              const struct sent_event *event)
{
    struct sent_to to = {.state = INCIDENT_OPEN, .lead = KEPT_NONE, .verify = by->rule->verify};
    if (by->exception && by->exception->verify)
        to.verify = by->exception->verify;
    if (by->rule->plan >= 0 && !by->exception)
        send_by_plan(rules, city, by, event, &to);
    else
        send_by_rule(rules, city, by, event, &to);
    if (to.lead != KEPT_NONE)
        return to;
    to.assist_count = 0;
    to.state = ends_at_desk(by) ? INCIDENT_DESK : INCIDENT_UNROUTED;
    to.unrouted = ends_at_desk(by) ? 0 : UNROUTED_NO_RECIPIENT;
    return to;
}

/* --- whom it is about --- */

static bool is_kept(const struct sent_event *event)
{
    return (event->nature == NATURE_REPORT || event->sealed) && *event->about;
}

static void leave_out(struct sent_to *to, kept_set units)
{
    int n = 0;
    for (int i = 0; i < to->assist_count; i++)
        if (!(units & bit(to->assists[i])))
            to->assists[n++] = to->assists[i];
    to->assist_count = n;
}

/* What may not be theirs goes to whoever stands above. */
static void keep_from(const struct kept_city *city, const struct sent_event *event, struct sent_to *to)
{
    kept_set barred = kept_from(city, event->about).units;
    if (to->state == INCIDENT_OPEN && (barred & bit(to->lead))) {
        to->lead = kept_instead(city, event->about);
        to->state = to->lead == KEPT_NONE ? INCIDENT_UNROUTED : INCIDENT_OPEN;
        to->unrouted = to->lead == KEPT_NONE ? UNROUTED_EXCLUDED : 0;
    }
    leave_out(to, barred);
}

/* An ordinary word about a unit's work is that unit's, whatever the rules say. */
static int whose_work(const struct kept_city *city, const struct sent_event *event)
{
    char text[KEPT_ABOUT_BYTES], *rest = text, *word;
    bool of_work =
        event->nature == NATURE_COMPLAINT || event->nature == NATURE_SUGGEST || event->nature == NATURE_PRAISE;
    int unit = KEPT_NONE;
    snprintf(text, sizeof(text), "%s", event->about);
    while (of_work && unit == KEPT_NONE && (word = strsep(&rest, " ")))
        unit = kept_now(city, kept_unit_of(word));
    return unit;
}

/* What nobody leads nobody assists; whoever leads by a rule does not assist. */
static void settle_assists(struct sent_to *to, bool planned)
{
    if (to->lead == KEPT_NONE)
        to->assist_count = 0;
    else if (!planned)
        leave_out(to, bit(to->lead));
}

static void give_to_its_unit(int unit, bool planned, struct sent_to *to)
{
    to->state = INCIDENT_OPEN;
    to->unrouted = 0;
    to->lead = unit;
    if (planned)
        to->assist_count = 0;
}

/* --- all of it --- */

static struct sent_to where(const struct sent_rules *rules, const struct kept_city *city,
                            const struct sent_event *event, bool looked_at)
{
    struct holding by = {0};
    int count = event->type >= 0 && event->area >= 0 ? most_specific(rules, event, &by) : 0;
    struct sent_to to = event->type < 0               ? nowhere(UNROUTED_UNKNOWN_TYPE)
                        : event->area == SENT_UNKNOWN ? nowhere(UNROUTED_UNKNOWN_AREA)
                        : event->off_the_map          ? nowhere(UNROUTED_NO_POLYGON)
                        : event->area < 0             ? nowhere(UNROUTED_NO_PLACE)
                        : count == 0                  ? nowhere(UNROUTED_NO_RULE)
                        : count > 1                   ? nowhere(UNROUTED_TWO_EQUALS)
                                                      : by_rule(rules, city, &by, event);
    int unit = whose_work(city, event);
    bool planned = count == 1 && by.rule->plan >= 0 && !by.exception;
    if (is_kept(event))
        keep_from(city, event, &to);
    else if (unit != KEPT_NONE && event->type >= 0)
        give_to_its_unit(unit, planned, &to);
    settle_assists(&to, planned);
    if (!looked_at && count == 1 && by.rule->confirm && event->severity != 1)
        to = (struct sent_to){.state = INCIDENT_CONFIRMING, .lead = KEPT_NONE, .verify = to.verify};
    return to;
}

struct sent_to sent_where(const struct sent_rules *rules, const struct kept_city *city, const struct sent_event *event)
{
    return where(rules, city, event, false);
}

struct sent_to sent_confirmed(const struct sent_rules *rules, const struct kept_city *city,
                              const struct sent_event *event)
{
    struct sent_event now = *event;
    now.type = sent_type_now(rules, event->type);
    now.area = event->area >= 0 ? kept_area_now(city, event->area) : event->area;
    return where(rules, city, &now, true);
}

void sent_reload(const struct kept_city *city, const struct sent_event *event, struct sent_to *to)
{
    if (to->lead != KEPT_NONE)
        to->lead = kept_now(city, to->lead);
    for (int i = 0; i < to->assist_count; i++)
        to->assists[i] = kept_now(city, to->assists[i]);
    if (is_kept(event))
        keep_from(city, event, to);
}
