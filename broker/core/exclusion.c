#include "broker/core/exclusion.h"

#include <string.h>

#include "broker/core/right.h"
#include "schemas/wire.h"

/* --- whom it is about: words with blanks between --- */

/* The next word into the buffer; false at the end. What is longer than any code names nothing. */
static bool next_word(const char **at, char word[CODE_MAX_BYTES + 1])
{
    *at += strspn(*at, " ");
    size_t size_bytes = strcspn(*at, " ");
    size_t kept_bytes = size_bytes <= CODE_MAX_BYTES ? size_bytes : 0;
    memcpy(word, *at, kept_bytes);
    word[kept_bytes] = '\0';
    *at += size_bytes;
    return size_bytes > 0;
}

bool exclusion_covers(const char *within, const char *about)
{
    char wanted[CODE_MAX_BYTES + 1], word[CODE_MAX_BYTES + 1];
    while (next_word(&about, wanted)) {
        const char *at = within;
        bool found = false;
        while (!found && next_word(&at, word))
            found = strcmp(word, wanted) == 0;
        if (!found)
            return false;
    }
    return true;
}

const char *exclusion_unknown(const struct policy *policy, const char *about, struct arena *arena)
{
    char word[CODE_MAX_BYTES + 1];
    const char *at = about;
    while (next_word(&at, word)) {
        if (!policy_unit_now(policy, policy_unit(policy, word)) && !policy_area_now(policy, policy_area(policy, word)))
            return arena_strdup(arena, word);
    }
    return NULL;
}

/* --- when it holds --- */

/* 举报 and what is sealed; an ordinary complaint is its unit's to answer. */
static struct exclusion when(const struct policy *policy, enum nature nature, bool sealed, const char *about)
{
    bool holds = (nature == NATURE_REPORT || sealed) && about != NULL;
    return (struct exclusion){policy, holds ? about + strspn(about, " ") : ""};
}

struct exclusion exclusion_of(const struct policy *policy, const struct incident *head)
{
    return when(policy, head->nature, head->sealed, head->more ? head->more->about : NULL);
}

struct exclusion exclusion_of_query(const struct policy *policy, const struct route_query *query)
{
    return when(policy, query->nature, query->sealed, query->about);
}

/* --- the subject: what one word means, and what is under it --- */

static bool unit_within(const struct unit *unit, const struct unit *outer)
{
    while (unit != NULL && unit != outer)
        unit = unit->parent;
    return unit != NULL;
}

/* A retired unit is meant, and who has taken its place. */
static bool is_of_unit(const struct policy *policy, const struct unit *unit, const struct unit *about)
{
    return about != NULL && (unit_within(unit, about) || unit_within(unit, policy_unit_now(policy, about)));
}

/* Units of the place stand under the post there. */
static bool is_of_area(const struct policy *policy, const struct unit *unit, const struct area *about)
{
    return about != NULL &&
           (area_within(unit->area, about) || area_within(unit->area, policy_area_last(policy, about)));
}

/* Whom it is about, without those who only share a key with it. */
static bool is_subject(const struct exclusion *exclusion, const struct unit *unit)
{
    const struct policy *policy = exclusion->policy;
    char word[CODE_MAX_BYTES + 1];
    const char *at = exclusion->about;
    while (next_word(&at, word)) {
        const struct unit *named = policy_unit(policy, word);
        if (is_of_unit(policy, unit, named) || (!named && is_of_area(policy, unit, policy_area(policy, word))))
            return true;
    }
    return false;
}

/* --- principals --- */

/* One that also has a unit above is of that one: a bureau's key speaks for its stations, and supervises them. */
static bool has_unit_above(const struct exclusion *exclusion, const struct principal *principal,
                           const struct unit *unit)
{
    for (unit = unit->parent; unit != NULL; unit = unit->parent) {
        if (!is_subject(exclusion, unit) && right_unit(principal, unit->id))
            return true;
    }
    return false;
}

static bool is_of_subject(const struct exclusion *exclusion, const struct principal *principal)
{
    for (size_t i = 0; i < principal->unit_count; i++) {
        const struct unit *unit = principal->units[i];
        if (is_subject(exclusion, unit) && !has_unit_above(exclusion, principal, unit))
            return true;
    }
    return false;
}

/* An account of the centre for such posts' areas only is theirs. */
static bool sits_below(const struct exclusion *exclusion, const struct principal *principal)
{
    if (!right_has(principal, RIGHT_READ_ALL) || principal->area_count == 0)
        return false;
    for (size_t i = 0; i < principal->area_count; i++) {
        if (!exclusion_bars_post(exclusion, principal->areas[i]))
            return false;
    }
    return true;
}

bool exclusion_bars_principal(const struct exclusion *exclusion, const struct principal *principal)
{
    if (!exclusion_holds(exclusion) || principal == NULL)
        return false;
    return (!principal->every_unit && is_of_subject(exclusion, principal)) || sits_below(exclusion, principal);
}

/* --- units --- */

bool exclusion_bars_unit(const struct exclusion *exclusion, const struct unit *unit)
{
    const struct policy *policy = exclusion->policy;
    if (!exclusion_holds(exclusion) || unit == NULL)
        return false;
    if (is_subject(exclusion, unit))
        return true;
    for (size_t i = 0; i < policy->principal_count; i++) {
        const struct principal *principal = &policy->principals[i];
        if (right_has(principal, RIGHT_WORK) && right_unit(principal, unit->id) &&
            exclusion_bars_principal(exclusion, principal))
            return true;
    }
    return false;
}

/* --- posts --- */

/* Of the whole city: the posts below are not its ladder, unless it is the city's own. */
static bool has_ladder(const struct unit *unit)
{
    return unit->area != NULL && (unit->area->parent != NULL || unit->kind[0] == '\0');
}

static bool names_area(const struct exclusion *exclusion, const struct area *area)
{
    const struct policy *policy = exclusion->policy;
    char word[CODE_MAX_BYTES + 1];
    const char *at = exclusion->about;
    while (next_word(&at, word)) {
        const struct area *about = policy_unit(policy, word) ? NULL : policy_area(policy, word);
        if (about && (area_within(area, about) || area_within(area, policy_area_last(policy, about))))
            return true;
    }
    return false;
}

bool exclusion_bars_post(const struct exclusion *exclusion, const struct area *area)
{
    const struct policy *policy = exclusion->policy;
    if (!exclusion_holds(exclusion) || area == NULL)
        return false;
    if (names_area(exclusion, area))
        return true;
    for (size_t i = 0; i < policy->unit_count; i++) {
        const struct unit *unit = &policy->units[i];
        if (has_ladder(unit) && area_within(area, unit->area) && is_subject(exclusion, unit))
            return true;
    }
    return false;
}

const struct area *exclusion_area(const struct exclusion *exclusion, const struct area *area)
{
    if (!exclusion_holds(exclusion))
        return area;
    while (area != NULL && exclusion_bars_post(exclusion, area))
        area = area->parent;
    return area;
}

/* --- instead --- */

static const struct unit *free_to_get(const struct exclusion *exclusion, const struct unit *unit)
{
    unit = policy_unit_now(exclusion->policy, unit);
    return unit != NULL && !exclusion_bars_unit(exclusion, unit) ? unit : NULL;
}

/* Nobody checks supervisors for circles: the count does. */
static const struct unit *up_the_line(const struct exclusion *exclusion, const struct unit *unit)
{
    const struct unit *found = NULL;
    for (int i = 0; i < SUCCESSORS_MAX && unit != NULL && found == NULL; i++) {
        unit = unit->supervisor != NULL ? unit->supervisor : unit->parent;
        found = free_to_get(exclusion, unit);
    }
    return found;
}

const struct unit *exclusion_instead(const struct exclusion *exclusion)
{
    char word[CODE_MAX_BYTES + 1];
    const char *at = exclusion->about;
    const struct unit *found = NULL;
    while (found == NULL && next_word(&at, word))
        found = up_the_line(exclusion, policy_unit(exclusion->policy, word));
    return found != NULL ? found : free_to_get(exclusion, exclusion->policy->discipline);
}

const struct unit *exclusion_unit(const struct exclusion *exclusion, const struct unit *unit)
{
    return exclusion_bars_unit(exclusion, unit) ? exclusion_instead(exclusion) : unit;
}

/* --- a route --- */

static void tell(struct route_trace *trace, const struct route_result *result, const char *what)
{
    for (size_t i = 0; trace != NULL && i < trace->count; i++) {
        if (!trace->rules[i].chosen)
            continue;
        trace->rules[i].verdict = result->lead != NULL ? arena_printf(trace->arena, "%s: %s", what, result->lead->id)
                                                       : arena_printf(trace->arena, "%s: nobody", what);
        trace->rules[i].chosen = result->lead != NULL;
    }
}

static void keep_assists(const struct exclusion *exclusion, struct route_result *result)
{
    size_t kept = 0;
    for (size_t i = 0; i < result->assist_count; i++) {
        if (result->assists[i] != result->lead && !exclusion_bars_unit(exclusion, result->assists[i]))
            result->assists[kept++] = result->assists[i];
    }
    result->assist_count = kept;
}

static void pass_over(const struct exclusion *exclusion, struct route_result *result, struct route_trace *trace)
{
    if (exclusion_bars_unit(exclusion, result->lead)) {
        result->lead = exclusion_instead(exclusion);
        result->unrouted = result->lead != NULL ? 0 : UNROUTED_EXCLUDED;
        tell(trace, result, "it is about whom the rule sends it to; instead");
    }
    keep_assists(exclusion, result);
}

/* Complaints, suggestions and praise about a unit's work are that unit's. */
static void send_to_its_unit(const struct exclusion *nobody, const struct route_query *query,
                             struct route_result *result, struct route_trace *trace)
{
    char word[CODE_MAX_BYTES + 1];
    const char *at = query->about;
    bool about_work =
        query->nature == NATURE_COMPLAINT || query->nature == NATURE_SUGGEST || query->nature == NATURE_PRAISE;
    const struct unit *unit = NULL;
    while (about_work && unit == NULL && next_word(&at, word))
        unit = policy_unit_now(nobody->policy, policy_unit(nobody->policy, word));
    if (unit == NULL || query->type == NULL)
        return;
    result->lead = unit;
    result->plan = NULL;
    result->unrouted = 0;
    result->desk = false;
    tell(trace, result, "it is about this unit's work");
    keep_assists(nobody, result);
}

void exclusion_bend(const struct policy *policy, const struct route_query *query, struct route_result *result,
                    struct route_trace *trace)
{
    struct exclusion exclusion = exclusion_of_query(policy, query);
    if (exclusion_holds(&exclusion))
        pass_over(&exclusion, result, trace);
    else if (query->about != NULL && query->about[0] != '\0')
        send_to_its_unit(&exclusion, query, result, trace);
}
