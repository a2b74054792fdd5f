#include "tests/sim/kept_city.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CITY         0
#define WORDS_MAX    4
#define SHARED_KINDS 3 /* an area's own among them */

const char *const kept_areas[KEPT_AREAS] = {"6208",         "620802",    "620802001",    "620802001001",
                                            "620802001002", "620802002", "620802002001", "620802002002"};
static const int area_above[KEPT_AREAS] = {KEPT_NONE, 0, 1, 2, 2, 1, 5, 5};

const char *kept_unit_id(int unit)
{
    static const char *const ids[KEPT_UNITS] = {"u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8"};
    return ids[unit];
}

int kept_unit_of(const char *id)
{
    for (int i = 0; i < KEPT_UNITS; i++)
        if (strcmp(kept_unit_id(i), id) == 0)
            return i;
    return KEPT_NONE;
}

int kept_area_of(const char *code)
{
    for (int i = 0; i < KEPT_AREAS; i++)
        if (strcmp(kept_areas[i], code) == 0)
            return i;
    return KEPT_NONE;
}

int kept_area_above(int area)
{
    return area_above[area];
}

const char *kept_level_name(int area)
{
    static const char *const names[] = {"city", "district", "street", "community"};
    int depth = 0;
    while ((area = area_above[area]) >= 0)
        depth++;
    return names[depth];
}

/* Few are found at several areas; the others are each a unit's own. */
const char *kept_kind_name(int kind)
{
    static const char *const names[SHARED_KINDS + KEPT_UNITS] = {"",   "执法", "环卫", "k0", "k1", "k2",
                                                                 "k3", "k4",   "k5",   "k6", "k7", "k8"};
    return names[kind];
}

static kept_set bit(int i)
{
    return i < 0 ? 0 : 1u << i;
}

/* --- drawing it --- */

static int any(struct chance *chance, int n)
{
    return (int)chance_below(chance, (uint64_t)n);
}

static int any_or_none(struct chance *chance, int n, unsigned percent)
{
    return chance_percent(chance, percent) ? any(chance, n) : KEPT_NONE;
}

/* Two units in use of one kind at one area are refused: the second has a kind of its own. */
static void settle_kinds(struct kept_city *city)
{
    kept_set found[SHARED_KINDS] = {0};
    for (int i = 0; i < KEPT_UNITS; i++) {
        struct kept_unit *unit = &city->units[i];
        if (unit->successor >= 0 || unit->gone)
            continue;
        if (unit->kind < SHARED_KINDS && (found[unit->kind] & bit(unit->area)))
            unit->kind = SHARED_KINDS + i;
        if (unit->kind < SHARED_KINDS)
            found[unit->kind] |= bit(unit->area);
    }
}

/* Parents and supervisors stand before those below them, so that they never go in a circle. */
static struct kept_unit draw_unit(struct chance *chance, int i)
{
    return (struct kept_unit){.parent = i ? any_or_none(chance, i, 35) : KEPT_NONE,
                              .supervisor = i ? any_or_none(chance, i, 35) : KEPT_NONE,
                              .area = any_or_none(chance, KEPT_AREAS, 60),
                              .successor = KEPT_NONE,
                              .kind = !chance_percent(chance, 40) ? 0
                                      : i % 3 < 2                 ? 1 + i % 3
                                                                  : SHARED_KINDS + i};
}

static void draw_principals(struct kept_city *city, struct chance *chance)
{
    static const struct kept_principal fixed[DEPARTMENTS] = {
        [HOTLINE] = {"hotline", "[source, intake]", 0, 0, false},
        [CAMERA] = {"camera", "source", 0, 0, false},
        [UNIT_SOURCE] = {"unit-source", "source", 0, 0, false},
        [CHIEF] = {"chief", "duty_chief", 0, 0, false},
        [DISPATCHER] = {"dispatcher", "dispatcher", 0, 0, false},
        [CHECKER] = {"checker", "verifier", 0, 0, false},
        [OPS] = {"ops", "operator", 0, 0, false},
        [AUDITOR] = {"auditor", "auditor", 0, 0, false},
        [EVERYBODY] = {"everybody", "department", 0, 0, true},
        [BOTH] = {"both", "department", 0, 0, false},
        [AREA_DESK] = {"area-desk", "[dispatcher, duty_chief]", 0, 0, false},
        [UNIT_DESK] = {"unit-desk", "[dispatcher, verifier]", 0, 0, false},
    };
    memcpy(city->principals, fixed, sizeof(fixed));
    city->principals[BOTH].units = bit(any(chance, KEPT_UNITS)) | bit(any(chance, KEPT_UNITS));
    city->principals[AREA_DESK].areas = bit(1 + any(chance, KEPT_AREAS - 1)) | bit(any_or_none(chance, KEPT_AREAS, 20));
    city->principals[UNIT_DESK].units = bit(any(chance, KEPT_UNITS));
    city->principals[UNIT_SOURCE].units = bit(any(chance, KEPT_UNITS));
    for (int i = 0; i < KEPT_UNITS; i++) {
        struct kept_principal *department = &city->principals[kept_department(i)];
        *department = (struct kept_principal){.roles = "department", .units = bit(i)};
        if (i % 3 == 0) /* a bureau's key may speak for its stations */
            department->units |= bit(city->units[i].parent);
        snprintf(department->name, sizeof(department->name), "dept-%s", kept_unit_id(i));
    }
}

void kept_draw(struct kept_city *city, struct chance *chance)
{
    *city = (struct kept_city){.discipline = any_or_none(chance, KEPT_UNITS, 70),
                               .vacant = (kept_set)chance_next(chance) & (kept_set)chance_next(chance) & 0xfe,
                               .owner = any(chance, KEPT_UNITS),
                               .first = any(chance, KEPT_UNITS),
                               .assist = any(chance, KEPT_UNITS),
                               .fallback = any(chance, KEPT_UNITS)};
    for (int i = 0; i < 3; i++)
        city->candidates[i] = any(chance, KEPT_UNITS);
    for (int i = 0; i < KEPT_AREAS; i++)
        city->area_successor[i] = KEPT_NONE;
    for (int i = 0; i < KEPT_UNITS; i++)
        city->units[i] = draw_unit(chance, i);
    settle_kinds(city);
    draw_principals(city, chance);
}

static void retire_or_revive(struct kept_city *city, struct chance *chance)
{
    int i = any(chance, KEPT_UNITS), successor = any(chance, KEPT_UNITS);
    for (int k = 0; k < KEPT_UNITS; k++)
        if (city->units[k].successor != KEPT_NONE) { /* one at a time: successors are in use */
            city->units[k].successor = KEPT_NONE;
            return;
        }
    if (i != successor && !city->units[i].gone)
        city->units[i].successor = successor;
}

void kept_change(struct kept_city *city, struct chance *chance)
{
    int i = any(chance, KEPT_UNITS);
    struct kept_unit drawn = draw_unit(chance, i), *unit = &city->units[i];
    switch (any(chance, 8)) {
    case 0:
        unit->parent = drawn.parent;
        break;
    case 1:
        unit->supervisor = drawn.supervisor;
        break;
    case 2:
        unit->area = drawn.area;
        break;
    case 3:
        city->principals[BOTH].units = bit(i) | bit(any(chance, KEPT_UNITS));
        break;
    case 4:
        city->principals[UNIT_DESK].units = bit(i);
        city->principals[UNIT_SOURCE].units = bit(any(chance, KEPT_UNITS));
        city->principals[AREA_DESK].areas = bit(1 + any(chance, KEPT_AREAS - 1));
        break;
    case 5:
        city->discipline = any_or_none(chance, KEPT_UNITS, 70);
        break;
    case 6:
        unit->gone = !unit->gone && unit->successor < 0;
        break;
    default:
        retire_or_revive(city, chance);
    }
    settle_kinds(city);
}

/* --- as a configuration --- */

static void put(struct city *files, const char *name, const char *text)
{
    city_edit(files, name, text, false);
}

static void write_city(const struct kept_city *city, struct city *files)
{
    const char *discipline =
        city->discipline < 0 ? "" : arena_printf(files->arena, "discipline: %s\n", kept_unit_id(city->discipline));
    put(files, "city.yaml",
        arena_printf(files->arena, "name: 闭环市\ncity: 6208\njournal: 620802\nlease: 15s\nundo_within: 10m\n%s",
                     discipline));
}

static const char *key_of(struct city *files, const char *key, const char *value)
{
    return value ? arena_printf(files->arena, ", %s: %s", key, value) : "";
}

static void write_areas(const struct kept_city *city, struct city *files)
{
    const char *text = "polygons: [{file: areas.geojson, property: code}]\nareas:\n";
    for (int i = 0; i < KEPT_AREAS; i++)
        text = arena_printf(files->arena, "%s  - {code: %s, name: a%d, post: \"%s\"%s}\n", text, kept_areas[i], i,
                            city->vacant & bit(i) ? "" : arena_printf(files->arena, "p%d", i),
                            key_of(files, "retired: true, succeeded_by",
                                   city->area_successor[i] < 0 ? NULL : kept_areas[city->area_successor[i]]));
    put(files, "areas.yaml", text);
}

/* Of every area and unit, but for the vacant. */
static void write_posts(const struct kept_city *city, struct city *files)
{
    const char *text = "posts:\n";
    for (int i = 0; i < KEPT_AREAS; i++)
        text = arena_printf(files->arena, "%s  - {id: a%d, title: p%d, area: %s%s}\n", text, i, i, kept_areas[i],
                            city->vacant & bit(i) ? ", holders: [{name: 某某, to: 2020-01-01}]" : "");
    for (int i = 0; i < KEPT_UNITS; i++)
        text = arena_printf(files->arena, "%s  - {id: q%d, title: q%d, unit: %s}\n", text, i, i, kept_unit_id(i));
    put(files, "posts.yaml", text);
}

static void write_units(const struct kept_city *city, struct city *files)
{
    const char *text = "units:\n";
    for (int i = 0; i < KEPT_UNITS; i++) {
        const struct kept_unit *unit = &city->units[i];
        text = arena_printf(
            files->arena, "%s  - {id: %s, name: 单位%d%s%s%s%s%s%s}\n", text, kept_unit_id(i), i,
            key_of(files, "parent", unit->parent < 0 ? NULL : kept_unit_id(unit->parent)),
            key_of(files, "supervisor", unit->supervisor < 0 ? NULL : kept_unit_id(unit->supervisor)),
            key_of(files, "area", unit->area < 0 ? NULL : kept_areas[unit->area]),
            key_of(files, "kind", unit->kind ? kept_kind_name(unit->kind) : NULL),
            key_of(files, "retired: true, successor", unit->successor < 0 ? NULL : kept_unit_id(unit->successor)),
            key_of(files, "retired", unit->gone ? "true" : NULL));
    }
    put(files, "units.yaml", text);
}

static const char *list_of(struct city *files, kept_set set, const char *const *names)
{
    const char *text = "";
    for (int i = 0; i < 32; i++)
        if (set & bit(i))
            text = arena_printf(files->arena, "%s%s%s", text, *text ? ", " : "", names ? names[i] : kept_unit_id(i));
    return arena_printf(files->arena, "[%s]", text);
}

static void write_principals(const struct kept_city *city, struct city *files)
{
    const char *text = "principals:\n";
    for (int i = 0; i < KEPT_PRINCIPALS; i++) {
        const struct kept_principal *principal = &city->principals[i];
        text = arena_printf(
            files->arena, "%s  - {name: %s, roles: %s%s%s%s%s}\n", text, principal->name, principal->roles,
            i == UNIT_SOURCE ? ", notices: true" : "", principal->every ? ", units: all" : "",
            key_of(files, "units", principal->units ? list_of(files, principal->units, NULL) : NULL),
            key_of(files, "areas", principal->areas ? list_of(files, principal->areas, kept_areas) : NULL));
    }
    put(files, "principals.yaml", text);
}

static void write_routes(const struct kept_city *city, struct city *files)
{
    const char *first = kept_unit_id(city->first), *second = kept_unit_id(city->candidates[1]);
    put(files, "objects.yaml",
        arena_printf(files->arena, "objects:\n  - {object: \"9*\", unit: %s}\n", kept_unit_id(city->owner)));
    put(files, "plans.yaml",
        arena_printf(files->arena,
                     "plans:\n  - name: 预案\n    start: together\n    tasks:\n"
                     "      - {name: 甲, to: %s, checklist: [看, 拍照]}\n      - {name: 乙, to: %s}\n"
                     "      - {name: 丙, to: %s, after: 甲}\n",
                     first, second, kept_unit_id(city->assist)));
    put(files, "routes.yaml",
        arena_printf(files->arena,
                     "routes:\n"
                     "  - {type: 1.01, to: %s}\n"
                     "  - {type: 1.02, to: [\"@owner\", %s], verify: centre}\n"
                     "  - {type: 1.03, to: \"@local\", assist: %s, verify: source}\n"
                     "  - {type: 1.04, to: desk}\n"
                     "  - {type: 1.05, to: %s, confirm: true}\n"
                     "  - {type: 1.06, to: %s, assist: [%s, %s], verify: centre}\n"
                     "  - {type: 1.06, area: 620802002, plan: 预案}\n"
                     "fallback: [%s, %s]\nreport_up: {street: %s, district: [%s, desk]}\n",
                     first, second, kept_unit_id(city->assist), second, kept_unit_id(city->candidates[2]), first,
                     kept_unit_id(city->assist), kept_unit_id(city->fallback), kept_unit_id(city->candidates[0]), first,
                     kept_unit_id(city->candidates[2])));
}

void kept_write_who(const struct kept_city *city, struct city *files)
{
    write_city(city, files);
    write_areas(city, files);
    write_units(city, files);
    write_principals(city, files);
    write_posts(city, files);
}

void kept_write(const struct kept_city *city, struct city *files)
{
    kept_write_who(city, files);
    write_routes(city, files);
    put(files, "ladders.yaml",
        arena_printf(
            files->arena,
            "ladders:\n  default: {warn: [0.5, 0.8], step: 2m, line: both, quiet: [22:20-22:50], account: %s}\n",
            city->first % 3 == 0 ? "true" : "false"));
    put(files, "area_levels.yaml", "rate: community\nwindow: 1d\ncolours:\n  yellow: {up: 2, lead: u3}\n");
    put(files, "absences.yaml",
        "absences:\n  - {name: 巡查, type: 1.05, areas: [620802001], within: 12m, opens: 1.06}\n");
    put(files, "duties.yaml",
        arena_printf(files->arena, "duties:\n  - {name: 看护, every: day, to: %s, targets: [甲, 乙], opens: 1.02}\n",
                     kept_unit_id(city->owner)));
    put(files, "sensors.yaml",
        arena_printf(files->arena, "sensors:\n  - {source: camera, false_alarms: 1, repair: %s, for: 2h}\n",
                     kept_unit_id(city->assist)));
    put(files, "borders.yaml",
        arena_printf(files->arena,
                     "to: [\"@local\", %s]\ntypes: [1.02, 1.05, 1.06]\nsame_within: 2h\n"
                     "neighbours:\n  - {area: 620802001, areas: [620802002], units: [%s, %s]}\n",
                     kept_unit_id(city->assist), kept_unit_id(city->candidates[0]), kept_unit_id(city->owner)));
    put(files, "folds.yaml", "folds:\n  - {type: 1.01, window: 30m, place: community}\n");
    put(files, "events.yaml", "events:\n  - {type: 1.06, severity: 4, do: record}\n");
    put(files, "clocks.yaml",
        arena_printf(
            files->arena,
            "profiles:\n  urgent: {respond: 1m, arrive: 3m, handle: 5m, feedback: 30m, dispatch: 2m, verify: 10m, "
            "confirm: 5m,\n"
            "           callback: 1h, answer: 1h, resolve: 1h, supervise: 10m, return_decide: 5m, arbitrate: 5m,\n"
            "           inform: 5m%s}\n",
            city->first % 3 == 1 ? ", progress: 10m" : ""));
    put(files, "types.yaml",
        "types:\n"
        "  - {code: 1, name: 一, severity: 2, clocks: urgent}\n"
        "  - {code: 1.01, name: 一一}\n  - {code: 1.02, name: 一二}\n  - {code: 1.03, name: 一三, closing: 恢复}\n"
        "  - {code: 1.04, name: 一四}\n  - {code: 1.05, name: 一五}\n  - {code: 1.06, name: 一六, hazard: true}\n");
}

/* --- whom it is about --- */

int kept_now(const struct kept_city *city, int unit)
{
    while (unit >= 0 && city->units[unit].successor >= 0)
        unit = city->units[unit].successor;
    return unit >= 0 && !city->units[unit].gone ? unit : KEPT_NONE;
}

int kept_area_now(const struct kept_city *city, int area)
{
    while (area >= 0 && city->area_successor[area] >= 0)
        area = city->area_successor[area];
    return area;
}

/* Rather a unit that somebody else's people are of, too. */
static int any_subject(const struct kept_city *city, struct chance *chance)
{
    static const int shared[] = {BOTH, UNIT_DESK, UNIT_SOURCE};
    kept_set among = city->principals[shared[any(chance, 3)]].units;
    int unit = any(chance, KEPT_UNITS);
    bool rather = chance_percent(chance, 40);
    while (rather && !(among & bit(unit)))
        unit = (unit + 1) % KEPT_UNITS;
    return unit;
}

void kept_about(const struct kept_city *city, struct chance *chance, char about[KEPT_ABOUT_BYTES])
{
    int n = chance_percent(chance, 25) ? 2 : 1;
    *about = '\0';
    for (int i = 0; i < n; i++) {
        bool post = chance_percent(chance, 30);
        const char *word = post ? kept_areas[1 + any(chance, KEPT_AREAS - 1)] : kept_unit_id(any_subject(city, chance));
        size_t length = strlen(about);
        snprintf(about + length, KEPT_ABOUT_BYTES - length, "%s%s", length ? " " : "", word);
    }
}

bool kept_means_somebody(const struct kept_city *city, const char *about)
{
    char text[KEPT_ABOUT_BYTES], *rest = text, *word;
    snprintf(text, sizeof(text), "%s", about);
    while (*about && (word = strsep(&rest, " ")))
        if (kept_area_of(word) < 0 && kept_now(city, kept_unit_of(word)) == KEPT_NONE)
            return false;
    return true;
}

/* Units and areas that the text names, in its order. */
struct named {
    int units[WORDS_MAX], areas[WORDS_MAX];
    int unit_count, area_count;
};

static struct named names_in(const char *about)
{
    struct named named = {.unit_count = 0};
    char text[KEPT_ABOUT_BYTES], *rest = text, *word;
    snprintf(text, sizeof(text), "%s", about);
    while ((word = strsep(&rest, " ")))
        if (kept_unit_of(word) >= 0 && named.unit_count < WORDS_MAX)
            named.units[named.unit_count++] = kept_unit_of(word);
        else if (kept_area_of(word) >= 0 && named.area_count < WORDS_MAX)
            named.areas[named.area_count++] = kept_area_of(word);
    return named;
}

/* --- sets, each closed downwards --- */

static kept_set areas_under(kept_set areas)
{
    for (int i = 0; i < KEPT_AREAS; i++) /* whatever is above stands before */
        areas |= area_above[i] >= 0 && (areas & bit(area_above[i])) ? bit(i) : 0;
    return areas;
}

static kept_set units_under(const struct kept_city *city, kept_set units)
{
    for (int i = 0; i < KEPT_UNITS; i++)
        units |= city->units[i].parent >= 0 && (units & bit(city->units[i].parent)) ? bit(i) : 0;
    return units;
}

static kept_set units_above(const struct kept_city *city, int unit)
{
    kept_set above = 0;
    while ((unit = city->units[unit].parent) >= 0)
        above |= bit(unit);
    return above;
}

static kept_set units_at(const struct kept_city *city, kept_set areas)
{
    kept_set units = 0;
    for (int i = 0; i < KEPT_UNITS; i++)
        units |= areas & bit(city->units[i].area) ? bit(i) : 0;
    return units;
}

/* The unit that is meant and its sub-units; of a post, the units that stand under it. */
static kept_set subjects(const struct kept_city *city, const struct named *named)
{
    kept_set units = 0, areas = 0;
    for (int i = 0; i < named->unit_count; i++)
        units |= bit(named->units[i]) | bit(kept_now(city, named->units[i]));
    for (int i = 0; i < named->area_count; i++)
        areas |= bit(named->areas[i]) | bit(kept_area_now(city, named->areas[i]));
    return units_under(city, units) | units_at(city, areas_under(areas));
}

/* The posts named, and the ladder at home of every unit that it is about. What works for the whole city has no post of its
 * own there, unless it is the city's own unit. */
static kept_set posts(const struct kept_city *city, const struct named *named, kept_set units)
{
    kept_set areas = 0;
    for (int i = 0; i < named->area_count; i++)
        areas |= bit(named->areas[i]) | bit(kept_area_now(city, named->areas[i]));
    for (int i = 0; i < KEPT_UNITS; i++) {
        const struct kept_unit *unit = &city->units[i];
        if (unit->area >= 0 && (units & bit(i)) && !(unit->area == CITY && unit->kind))
            areas |= bit(unit->area);
    }
    return areas_under(areas);
}

static bool reads_everything(const struct kept_principal *principal)
{
    return strstr(principal->roles, "intake") || strstr(principal->roles, "dispatcher") ||
           strstr(principal->roles, "verifier") || strstr(principal->roles, "duty_chief") ||
           strstr(principal->roles, "auditor");
}

/* Whose people are of such a unit, and not of one above it that it is not about; and whose whole ground lies under such posts. */
static bool on_their_side(const struct kept_city *city, const struct kept_principal *principal, kept_set units,
                          kept_set areas)
{
    kept_set works_for = units_under(city, principal->units);
    if (reads_everything(principal) && principal->areas && !(principal->areas & ~areas))
        return true;
    for (int i = 0; i < KEPT_UNITS; i++)
        if ((works_for & units & bit(i)) && !(works_for & ~units & units_above(city, i)))
            return true;
    return false;
}

struct kept_from kept_from(const struct kept_city *city, const char *about)
{
    struct named named = names_in(about);
    kept_set units = subjects(city, &named);
    struct kept_from from = {.units = units, .areas = posts(city, &named, units)};
    for (int i = 0; i < KEPT_PRINCIPALS; i++) {
        const struct kept_principal *principal = &city->principals[i];
        if (!on_their_side(city, principal, units, from.areas))
            continue;
        from.principals |= bit(i);
        if (strcmp(principal->roles, "department") == 0) /* who shares a key with them would hand it to them */
            from.units |= units_under(city, principal->units);
    }
    return from;
}

int kept_instead(const struct kept_city *city, const char *about)
{
    struct named named = names_in(about);
    struct kept_from from = kept_from(city, about);
    for (int i = 0; i < named.unit_count; i++) {
        int unit = named.units[i];
        for (int steps = 0; steps < 2 * KEPT_UNITS && unit >= 0; steps++) {
            unit = city->units[unit].supervisor >= 0 ? city->units[unit].supervisor : city->units[unit].parent;
            if (kept_now(city, unit) >= 0 && !(from.units & bit(kept_now(city, unit))))
                return kept_now(city, unit);
        }
    }
    int discipline = kept_now(city, city->discipline);
    return discipline >= 0 && !(from.units & bit(discipline)) ? discipline : KEPT_NONE;
}
