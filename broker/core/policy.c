#include "broker/core/policy.h"

#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"

struct policy *policy_new(void)
{
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy == NULL)
        panic("out of memory for a policy");
    arena_init(&policy->arena);
    policy->extensions_max = 1;
    policy->extend_clocks = EXTEND_CLOCKS_DEFAULT;
    policy->suspend_max_ms = SUSPEND_DEFAULT_MAX_MS;
    policy->park_max_ms = PARK_DEFAULT_MAX_MS;
    policy->undo_within_ms = UNDO_DEFAULT_MS;
    policy->appeal_within_ms = APPEAL_DEFAULT_MS;
    policy->unreasonable_within_ms = UNREASONABLE_DEFAULT_MS;
    return policy;
}

void policy_free(struct policy *policy)
{
    if (policy == NULL)
        return;
    struct textmap *maps[] = {&policy->type_map,      &policy->area_map,       &policy->unit_map,
                              &policy->principal_map, &policy->credential_map, &policy->profile_map,
                              &policy->ladder_map,    &policy->local_map,      &policy->timetable_map,
                              &policy->post_map,      &policy->owner_map,      &policy->plan_map};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        textmap_release(maps[i]);
    map_release(&policy->route_map);
    arena_release(&policy->arena);
    free(policy);
}

/* --- indexing --- */

/* Who is found at a place: rather whoever is in use there, then one that has a successor. */
static int found_at(const struct policy *policy, const struct unit *unit)
{
    return unit == NULL ? 0 : !unit->retired ? 3 : policy_unit_now(policy, unit) != NULL ? 2 : 1;
}

static void index_locals(struct policy *policy)
{
    for (size_t i = 0; i < policy->unit_count; i++) {
        const struct unit *unit = &policy->units[i];
        if (unit->area == NULL)
            continue;
        const char *key = arena_printf(&policy->arena, "%s/%s", unit->area->code, unit->kind);
        if (found_at(policy, unit) > found_at(policy, textmap_get(&policy->local_map, key)))
            textmap_put(&policy->local_map, key, (void *)unit);
    }
}

static void index_principals(struct policy *policy)
{
    for (size_t i = 0; i < policy->principal_count; i++) {
        const struct principal *principal = &policy->principals[i];
        textmap_put(&policy->principal_map, principal->name, (void *)principal);
        for (size_t c = 0; c < principal->credential_count; c++)
            textmap_put(&policy->credential_map, principal->credentials[c], (void *)principal);
    }
}

/* Lists grow by doubling: a list is full whenever its count is a power of two. */
static void list_add(struct arena *arena, struct route_list *list, const struct route *route)
{
    if ((list->count & (list->count - 1)) == 0) {
        const struct route **larger = ARENA_NEW(arena, const struct route *, list->count == 0 ? 1 : 2 * list->count);
        if (list->count > 0)
            memcpy(larger, list->routes, list->count * sizeof *larger);
        list->routes = larger;
    }
    list->routes[list->count++] = route;
}

static void index_routes(struct policy *policy)
{
    for (size_t i = 0; i < policy->route_count; i++) {
        const struct route *route = &policy->routes[i];
        uint64_t key = policy_route_key(policy, route->type, route->area);
        struct route_list *list = map_get(&policy->route_map, key);
        if (list == NULL) {
            list = ARENA_NEW(&policy->arena, struct route_list, 1);
            map_put(&policy->route_map, key, list);
        }
        list_add(&policy->arena, list, route);
    }
}

void policy_index(struct policy *policy)
{
    for (size_t i = 0; i < policy->type_count; i++)
        textmap_put(&policy->type_map, policy->types[i].code, (void *)&policy->types[i]);
    for (size_t i = 0; i < policy->area_count; i++)
        textmap_put(&policy->area_map, policy->areas[i].code, (void *)&policy->areas[i]);
    for (size_t i = 0; i < policy->unit_count; i++)
        textmap_put(&policy->unit_map, policy->units[i].id, (void *)&policy->units[i]);
    for (size_t i = 0; i < policy->profile_count; i++)
        textmap_put(&policy->profile_map, policy->profiles[i].name, (void *)&policy->profiles[i]);
    for (size_t i = 0; i < policy->ladder_count; i++)
        textmap_put(&policy->ladder_map, policy->ladders[i].name, (void *)&policy->ladders[i]);
    index_locals(policy);
    index_principals(policy);
    index_routes(policy);
}

uint64_t policy_route_key(const struct policy *policy, const struct type *type, const struct area *area)
{
    uint64_t type_number = type == NULL ? 0 : (uint64_t)(type - policy->types) + 1;
    uint64_t area_number = area == NULL ? 0 : (uint64_t)(area - policy->areas) + 1;
    return type_number << 32 | area_number;
}

/* --- looking up (config/ refuses circles of successors; SUCCESSORS_MAX only keeps a bug from looping) --- */

static void *find(const struct textmap *map, const char *key)
{
    return key == NULL ? NULL : textmap_get(map, key);
}

const struct type *policy_type(const struct policy *policy, const char *code)
{
    return find(&policy->type_map, code);
}

const struct area *policy_area(const struct policy *policy, const char *code)
{
    return find(&policy->area_map, code);
}

const struct unit *policy_unit(const struct policy *policy, const char *id)
{
    return find(&policy->unit_map, id);
}

const struct post *policy_post(const struct policy *policy, const char *id)
{
    return find(&policy->post_map, id);
}

const struct plan *policy_plan(const struct policy *policy, const char *name)
{
    return find(&policy->plan_map, name);
}

const struct special *policy_special(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->special_count; i++) {
        if (strcmp(policy->specials[i].name, name) == 0)
            return &policy->specials[i];
    }
    return NULL;
}

const struct principal *policy_principal(const struct policy *policy, const char *name)
{
    return find(&policy->principal_map, name);
}

const struct principal *policy_credential(const struct policy *policy, const char *credential)
{
    return find(&policy->credential_map, credential);
}

const struct ladder *policy_ladder(const struct policy *policy, const char *name)
{
    const struct ladder *ladder = find(&policy->ladder_map, name);
    for (size_t i = 0; ladder == NULL && i < policy->ladder_count; i++) {
        if (policy->ladders[i].is_default)
            ladder = &policy->ladders[i];
    }
    return ladder;
}

const struct type *policy_type_now(const struct policy *policy, const struct type *type)
{
    for (int i = 0; i < SUCCESSORS_MAX && type != NULL && type->retired; i++)
        type = policy_type(policy, type->successor);
    return type != NULL && type->retired ? NULL : type;
}

const struct area *policy_area_now(const struct policy *policy, const struct area *area)
{
    for (int i = 0; i < SUCCESSORS_MAX && area != NULL && area->retired; i++)
        area = policy_area(policy, area->succeeded_by);
    return area != NULL && area->retired ? NULL : area;
}

static bool is_over(const struct area *area, int64_t at_ms)
{
    return at_ms && area->valid_to_ms && area->valid_to_ms <= at_ms;
}

/* Itself, or the nearest above it, that is over by then: its successor follows. NULL: none is. */
static const struct area *over_by(const struct area *area, int64_t at_ms)
{
    if (area->retired)
        return area;
    while (area != NULL && !is_over(area, at_ms))
        area = area->parent;
    return area;
}

static bool is_to_come(const struct area *area, int64_t at_ms)
{
    while (area != NULL && (!at_ms || area->valid_from_ms <= at_ms))
        area = area->parent;
    return area != NULL;
}

const struct area *policy_area_at(const struct policy *policy, const struct area *area, int64_t at_ms)
{
    const struct area *over = area != NULL ? over_by(area, at_ms) : NULL;
    for (int i = 0; i < SUCCESSORS_MAX && over != NULL; i++) {
        area = policy_area(policy, area->succeeded_by != NULL ? area->succeeded_by : over->succeeded_by);
        over = area != NULL ? over_by(area, at_ms) : NULL;
    }
    return area == NULL || over != NULL || is_to_come(area, at_ms) ? NULL : area;
}

const struct area *policy_area_last(const struct policy *policy, const struct area *area)
{
    for (int i = 0; i < SUCCESSORS_MAX && area != NULL && area->succeeded_by != NULL; i++)
        area = policy_area(policy, area->succeeded_by);
    return area;
}

const struct unit *policy_unit_now(const struct policy *policy, const struct unit *unit)
{
    for (int i = 0; i < SUCCESSORS_MAX && unit != NULL && unit->retired; i++)
        unit = policy_unit(policy, unit->successor);
    return unit != NULL && unit->retired ? NULL : unit;
}

const struct unit *policy_owner(const struct policy *policy, const char *object)
{
    char key[CODE_MAX_BYTES + 2];
    const struct owner *owner = find(&policy->owner_map, object);
    size_t size_bytes = object == NULL ? 0 : strlen(object);
    ASSERT(size_bytes <= CODE_MAX_BYTES);
    for (size_t n = size_bytes + 1; owner == NULL && object != NULL && n-- > 0;) {
        if ((policy->owner_prefix_lengths & UINT64_C(1) << n) == 0)
            continue;
        memcpy(key, object, n);
        memcpy(key + n, "*", 2);
        owner = textmap_get(&policy->owner_map, key);
    }
    return owner == NULL ? NULL : owner->unit;
}

bool season_holds(const struct season *season, int date)
{
    if (season->from <= season->to)
        return season->from <= date && date <= season->to;
    return date >= season->from || date <= season->to;
}

const struct limit *profile_limit(const struct profile *profile, enum clock_kind kind)
{
    for (size_t i = 0; profile != NULL && i < profile->limit_count; i++) {
        if (profile->limits[i].kind == kind)
            return &profile->limits[i];
    }
    return NULL;
}

const struct limit *type_limit(const struct type *type, enum clock_kind kind, enum calendar calendar)
{
    for (size_t i = 0; i < type->open_limit_count; i++) {
        if (type->open_limits[i].kind == kind && type->open_limits[i].calendar == calendar)
            return &type->open_limits[i];
    }
    return profile_limit(type->profile, kind);
}

const char *unit_name(const struct unit *unit, int64_t at_ms)
{
    for (size_t i = unit->name_count; i-- > 0;) {
        const struct dated_name *name = &unit->names[i];
        if (name->from_ms <= at_ms && (name->to_ms == 0 || at_ms < name->to_ms))
            return name->name;
    }
    return unit->names[unit->name_count - 1].name; /* a gap between names: the newest is what people know */
}

bool type_within(const struct type *inner, const struct type *outer)
{
    while (inner != NULL && inner != outer)
        inner = inner->parent;
    return inner != NULL;
}

bool area_within(const struct area *inner, const struct area *outer)
{
    while (inner != NULL && inner != outer)
        inner = inner->parent;
    return inner != NULL;
}
