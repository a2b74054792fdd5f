#include "tests/sim/sent_rules.h"

#include <stdio.h>
#include <string.h>

const char *const sent_owner_keys[SENT_OWNERS] = {"9*", "91*", "912", "9123*", "8"};
const char *const sent_objects[] = {"9", "91", "912", "9123", "91234", "8", "81", NULL};
#define OBJECTS (sizeof(sent_objects) / sizeof(*sent_objects) - 1)

static kept_set bit(int i)
{
    return i < 0 ? 0 : 1u << i;
}

static int any(struct chance *chance, int n)
{
    return (int)chance_below(chance, (uint64_t)n);
}

/* --- drawing --- */

static int any_unit_in_use(const struct kept_city *city, struct chance *chance)
{
    int unit = any(chance, KEPT_UNITS);
    for (int i = 0; i < KEPT_UNITS && kept_now(city, unit) == KEPT_NONE; i++)
        unit = (unit + 1) % KEPT_UNITS;
    return unit;
}

/* A level and kind of which there is a unit, or else a unit itself. */
static struct sent_recipient draw_relative(const struct kept_city *city, struct chance *chance)
{
    int unit = any(chance, KEPT_UNITS);
    for (int i = 0; i < KEPT_UNITS && city->units[unit].area < 0; i++)
        unit = (unit + 1) % KEPT_UNITS;
    if (city->units[unit].area < 0)
        return (struct sent_recipient){.kind = SENT_TO_UNIT, .unit = any_unit_in_use(city, chance)};
    return (struct sent_recipient){
        .kind = SENT_TO_LEVEL, .level_of = city->units[unit].area, .of_kind = city->units[unit].kind};
}

static struct sent_recipient draw_recipient(const struct kept_city *city, struct chance *chance)
{
    int what = any(chance, 100);
    if (what < 45)
        return (struct sent_recipient){.kind = SENT_TO_UNIT, .unit = any_unit_in_use(city, chance)};
    if (what < 75)
        return draw_relative(city, chance);
    return (struct sent_recipient){.kind = what < 88 ? SENT_TO_LOCAL : SENT_TO_OWNER};
}

static struct sent_list draw_list(const struct kept_city *city, struct chance *chance, int min, bool desk)
{
    struct sent_list list = {.count = min + any(chance, SENT_LIST_MAX - min)};
    for (int i = 0; i < list.count; i++)
        list.of[i] = draw_recipient(city, chance);
    if (desk && list.count && chance_percent(chance, 15))
        list.of[list.count - 1] = (struct sent_recipient){.kind = SENT_TO_DESK};
    return list;
}

static kept_set draw_some(struct chance *chance, int n, unsigned none_percent)
{
    if (chance_percent(chance, none_percent))
        return 0;
    return bit(any(chance, n)) | (chance_percent(chance, 25) ? bit(any(chance, n)) : 0);
}

/* Whether the area lies in one of them, and is not it. */
static bool lies_below(int area, kept_set areas)
{
    while ((area = kept_area_above(area)) >= 0)
        if (areas & bit(area))
            return true;
    return false;
}

/* Areas within the rule's own, no two exceptions of one rule for the same. */
static void draw_exceptions(struct sent_rule *rule, const struct kept_city *city, struct chance *chance)
{
    kept_set taken = 0;
    int n = chance_percent(chance, 40) ? 1 + any(chance, SENT_EXCEPT_MAX) : 0;
    for (int i = 0; i < n; i++) {
        struct sent_exception *exception = &rule->except[rule->except_count];
        *exception = (struct sent_exception){.elsewhere = chance_percent(chance, 60)};
        for (int k = 0; k < 1 + any(chance, 2); k++) {
            int area = any(chance, KEPT_AREAS);
            if (!(taken & bit(area)) && (!rule->areas || lies_below(area, rule->areas)))
                exception->areas |= bit(area);
            taken |= bit(area);
        }
        exception->to = draw_list(city, chance, 1, true);
        exception->says_assist = exception->elsewhere && chance_percent(chance, 40);
        exception->assist = draw_list(city, chance, 1, false);
        exception->verify = exception->elsewhere && chance_percent(chance, 30) ? VERIFIER_CENTRE : 0;
        rule->except_count += exception->areas != 0;
    }
}

static unsigned draw_bits(struct chance *chance, int n)
{
    return chance_percent(chance, 80) ? 0 : 1u << (1 + any(chance, n)) | 1u << (1 + any(chance, n));
}

static struct sent_rule draw_rule(const struct kept_city *city, struct chance *chance)
{
    struct sent_rule rule = {.types = draw_some(chance, SENT_TYPES, 8), .areas = draw_some(chance, KEPT_AREAS, 45)};
    rule.natures = draw_bits(chance, NATURE_PRAISE);
    rule.severities = draw_bits(chance, 4);
    rule.to = draw_list(city, chance, 1, true);
    rule.assist = draw_list(city, chance, 0, false);
    rule.plan = chance_percent(chance, 12) ? any(chance, SENT_PLANS) : KEPT_NONE;
    rule.verify = chance_percent(chance, 70) ? VERIFIER_NONE : VERIFIER_SOURCE;
    rule.confirm = chance_percent(chance, 12);
    draw_exceptions(&rule, city, chance);
    return rule;
}

static void draw_type(struct sent_rules *rules, int i, struct chance *chance)
{
    struct sent_type *type = &rules->types[i];
    const struct sent_type *parent;
    *type = (struct sent_type){.parent = i < 3 ? KEPT_NONE : any(chance, i), .successor = KEPT_NONE};
    parent = type->parent < 0 ? NULL : &rules->types[type->parent];
    type->severity = chance_percent(chance, 40) ? 1 + any(chance, 4) : 0;
    if (parent)
        snprintf(type->code, sizeof(type->code), "%.44s.%02d", parent->code, i);
    else
        snprintf(type->code, sizeof(type->code), "%d", i + 1);
}

static void draw_plans(struct sent_rules *rules, const struct kept_city *city, struct chance *chance)
{
    for (int i = 0; i < SENT_PLANS; i++)
        for (int k = 0; k < SENT_LIST_MAX; k++)
            rules->plans[i][k] = draw_list(city, chance, k == 0, false);
}

/* Nobody asks what it is about by then: no owner. */
static void draw_fallback(struct sent_rules *rules, const struct kept_city *city, struct chance *chance)
{
    rules->fallback = draw_list(city, chance, 1, false);
    for (int i = 0; i < rules->fallback.count; i++)
        if (rules->fallback.of[i].kind == SENT_TO_OWNER)
            rules->fallback.of[i].kind = SENT_TO_LOCAL;
}

void sent_draw(struct sent_rules *rules, const struct kept_city *city, struct chance *chance)
{
    memset(rules, 0, sizeof(*rules));
    for (int i = 0; i < SENT_TYPES; i++)
        draw_type(rules, i, chance);
    draw_plans(rules, city, chance);
    for (int i = 0; i < SENT_RULES; i++)
        rules->rules[i] = draw_rule(city, chance);
    for (int i = 0; i < SENT_OWNERS; i++)
        rules->owners[i] = i && chance_percent(chance, 30) ? KEPT_NONE : any_unit_in_use(city, chance);
    rules->on_one_line = chance_percent(chance, 15);
    draw_fallback(rules, city, chance);
}

/* --- another day --- */

/* Successors stand before: they never go in a circle. */
static void retire_type(struct sent_rules *rules, struct chance *chance)
{
    int i = any(chance, SENT_TYPES);
    struct sent_type *type = &rules->types[i];
    type->retired = !type->retired;
    type->successor = type->retired && i && chance_percent(chance, 85) ? any(chance, i) : KEPT_NONE;
}

static bool leads_to(const struct kept_city *city, int unit, int to)
{
    while (unit >= 0 && unit != to)
        unit = city->units[unit].successor;
    return unit == to;
}

static void retire_unit(struct kept_city *city, struct chance *chance)
{
    int i = any(chance, KEPT_UNITS), successor = any(chance, KEPT_UNITS);
    struct kept_unit *unit = &city->units[i];
    bool in_use = unit->successor < 0 && !unit->gone;
    unit->gone = in_use && chance_percent(chance, 20);
    unit->successor = in_use && !unit->gone && !leads_to(city, successor, i) ? successor : KEPT_NONE;
    if (in_use && chance_percent(chance, 40)) { /* another stands where it stood */
        struct kept_unit *other = &city->units[any_unit_in_use(city, chance)];
        other->area = unit->area;
        other->kind = unit->kind;
    }
}

static void retire_area(struct kept_city *city, struct chance *chance)
{
    int i = 2 + any(chance, KEPT_AREAS - 2), successor = any(chance, i);
    city->area_successor[i] = city->area_successor[i] < 0 ? successor : KEPT_NONE;
}

void sent_change(struct sent_rules *rules, struct kept_city *city, struct chance *chance)
{
    int n = 1 + any(chance, 3);
    for (int i = 0; i < n; i++)
        switch (any(chance, 8)) {
        case 0:
            retire_type(rules, chance);
            break;
        case 1:
        case 2:
            retire_unit(city, chance);
            break;
        case 3:
            retire_area(city, chance);
            break;
        case 4:
            rules->owners[any(chance, SENT_OWNERS)] = any_unit_in_use(city, chance);
            rules->on_one_line = !rules->on_one_line;
            draw_fallback(rules, city, chance);
            break;
        case 5:
            kept_change(city, chance);
            break;
        default:
            rules->rules[any(chance, SENT_RULES)] = draw_rule(city, chance);
        }
}

/* --- as a configuration --- */

static const char *recipient_text(struct city *files, const struct sent_recipient *to)
{
    static const char *const fixed[] = {
        [SENT_TO_LOCAL] = "\"@local\"", [SENT_TO_OWNER] = "\"@owner\"", [SENT_TO_DESK] = "desk"};
    if (to->kind == SENT_TO_UNIT)
        return kept_unit_id(to->unit);
    if (to->kind == SENT_TO_LEVEL)
        return arena_printf(files->arena, "\"@%s%s%s\"", kept_level_name(to->level_of), to->of_kind ? "." : "",
                            kept_kind_name(to->of_kind));
    return fixed[to->kind];
}

static const char *list_text(struct city *files, const char *key, const struct sent_list *list)
{
    const char *text = "";
    for (int i = 0; i < list->count; i++)
        text = arena_printf(files->arena, "%s%s%s", text, i ? ", " : "", recipient_text(files, &list->of[i]));
    return list->count ? arena_printf(files->arena, ", %s: [%s]", key, text) : "";
}

static const char *areas_text(struct city *files, kept_set areas)
{
    const char *text = "";
    for (int i = 0; i < KEPT_AREAS; i++)
        if (areas & bit(i))
            text = arena_printf(files->arena, "%s%s%s", text, *text ? ", " : "", kept_areas[i]);
    return *text ? arena_printf(files->arena, ", areas: [%s]", text) : "";
}

static const char *types_text(const struct sent_rules *rules, struct city *files, kept_set types)
{
    const char *text = "";
    for (int i = 0; i < SENT_TYPES; i++)
        if (types & bit(i))
            text = arena_printf(files->arena, "%s%s%s", text, *text ? ", " : "", rules->types[i].code);
    return *text ? arena_printf(files->arena, ", types: [%s]", text) : "";
}

static const char *bits_text(struct city *files, const char *key, unsigned bits, bool natures)
{
    const char *text = "";
    for (int i = 1; i <= NATURE_PRAISE; i++)
        if (bits >> i & 1)
            text = arena_printf(files->arena, "%s%s%s", text, *text ? ", " : "",
                                natures ? nature_name((enum nature)i) : arena_printf(files->arena, "%d", i));
    return *text ? arena_printf(files->arena, ", %s: [%s]", key, text) : "";
}

static const char *verify_text(struct city *files, enum verifier verify)
{
    return verify ? arena_printf(files->arena, ", verify: %s", verifier_name(verify)) : "";
}

static const char *except_text(struct city *files, const struct sent_rule *rule)
{
    const char *text = "";
    for (int i = 0; i < rule->except_count; i++) {
        const struct sent_exception *exception = &rule->except[i];
        text =
            arena_printf(files->arena, "%s%s{%s%s%s%s}", text, i ? ", " : "", areas_text(files, exception->areas) + 2,
                         exception->elsewhere ? list_text(files, "to", &exception->to) : "",
                         exception->says_assist ? list_text(files, "assist", &exception->assist) : "",
                         verify_text(files, exception->verify));
    }
    return *text ? arena_printf(files->arena, ", except: [%s]", text) : "";
}

static const char *rule_text(const struct sent_rules *rules, struct city *files, const struct sent_rule *rule)
{
    const char *to = rule->plan < 0 ? arena_printf(files->arena, "%s%s", list_text(files, "to", &rule->to),
                                                   list_text(files, "assist", &rule->assist))
                                    : arena_printf(files->arena, ", plan: p%d", rule->plan);
    return arena_printf(files->arena, "{confirm: %s%s%s%s%s%s%s%s}", rule->confirm ? "true" : "false",
                        types_text(rules, files, rule->types), areas_text(files, rule->areas),
                        bits_text(files, "nature", rule->natures, true),
                        bits_text(files, "severity", rule->severities, false), to, verify_text(files, rule->verify),
                        except_text(files, rule));
}

static void write_rules(const struct sent_rules *rules, struct city *files)
{
    const char *text = rules->on_one_line ? "routes: [" : "routes:\n";
    for (int i = 0; i < SENT_RULES; i++)
        text = arena_printf(files->arena, rules->on_one_line ? "%s%s, " : "%s  - %s\n", text,
                            rule_text(rules, files, &rules->rules[i]));
    text = arena_printf(files->arena, "%s%s%s\n", text, rules->on_one_line ? "]\n" : "",
                        list_text(files, "fallback", &rules->fallback) + 2);
    city_edit(files, "routes.yaml", text, false);
}

static void write_types(const struct sent_rules *rules, struct city *files)
{
    const char *text = "types:\n";
    for (int i = 0; i < SENT_TYPES; i++) {
        const struct sent_type *type = &rules->types[i];
        text = arena_printf(files->arena, "%s  - {code: %s, name: t%d%s", text, type->code, i,
                            type->parent < 0 ? ", clocks: urgent" : "");
        if (type->severity)
            text = arena_printf(files->arena, "%s, severity: %d", text, type->severity);
        if (type->retired)
            text = arena_printf(files->arena, "%s, retired: true", text);
        if (type->successor >= 0)
            text = arena_printf(files->arena, "%s, successor: %s", text, rules->types[type->successor].code);
        text = arena_printf(files->arena, "%s}\n", text);
    }
    city_edit(files, "types.yaml", text, false);
    city_edit(files, "clocks.yaml",
              "profiles:\n  urgent: {respond: 1m, handle: 5m, dispatch: 2m, confirm: 5m, resolve: 1h, return_decide: "
              "1m, arbitrate: 2m}\n",
              false);
    city_edit(files, "ladders.yaml", "ladders:\n  default: {warn: [0.5], step: 1h}\n", false);
}

static void write_plans(const struct sent_rules *rules, struct city *files)
{
    const char *text = "plans:\n";
    for (int i = 0; i < SENT_PLANS; i++) {
        text = arena_printf(files->arena, "%s  - name: p%d\n    tasks:\n", text, i);
        for (int k = 0; k < SENT_LIST_MAX; k++)
            if (rules->plans[i][k].count)
                text = arena_printf(files->arena, "%s      - {name: t%d%s}\n", text, k,
                                    list_text(files, "to", &rules->plans[i][k]));
    }
    city_edit(files, "plans.yaml", text, false);
}

void sent_write(const struct sent_rules *rules, const struct kept_city *city, struct city *files)
{
    const char *text = "objects:\n";
    kept_write_who(city, files);
    for (int i = 0; i < SENT_OWNERS; i++)
        if (rules->owners[i] >= 0)
            text = arena_printf(files->arena, "%s  - {object: \"%s\", unit: %s}\n", text, sent_owner_keys[i],
                                kept_unit_id(rules->owners[i]));
    city_edit(files, "objects.yaml", text, false);
    write_types(rules, files);
    write_plans(rules, files);
    write_rules(rules, files);
}

/* --- events --- */

void sent_draw_event(const struct sent_rules *rules, const struct kept_city *city, struct chance *chance,
                     struct sent_event *event)
{
    (void)rules;
    *event = (struct sent_event){.type = chance_percent(chance, 97) ? any(chance, SENT_TYPES) : SENT_UNKNOWN,
                                 .nature = (enum nature)(1 + any(chance, NATURE_PRAISE)),
                                 .severity = chance_percent(chance, 40) ? 1 + any(chance, 4) : 0,
                                 .sealed = chance_percent(chance, 12),
                                 .object = sent_objects[any(chance, (int)OBJECTS + 1)]};
    event->area = chance_percent(chance, 95) ? any(chance, KEPT_AREAS) : any(chance, 2) ? SENT_UNKNOWN : KEPT_NONE;
    event->off_the_map = event->area == KEPT_NONE && chance_percent(chance, 50);
    if (chance_percent(chance, 45))
        kept_about(city, chance, event->about);
}
