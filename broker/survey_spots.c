/* Routing a type at every area of a city would take minutes, and most areas differ in nothing: what rules and units say of
 * an area, and of those above it, is its likeness, and of those alike one is tried. */
#include <string.h>

#include "broker/survey_parts.h"

struct likeness {
    struct survey *survey;
    struct textmap own;   /* area code → what is said of it */
    struct textmap inner; /* areas that have others within */
};

static const char *own_of(const struct likeness *likeness, const struct area *area)
{
    const char *own = textmap_get(&likeness->own, area->code);
    return own ? own : "";
}

static void add(struct likeness *likeness, const struct area *area, const char *what)
{
    char *own = arena_printf(&likeness->survey->arena, "%s,%s", own_of(likeness, area), what);
    textmap_put(&likeness->own, area->code, own);
}

/* Units that one line makes for every area of a level are alike; an area that a rule names is like no other. */
static void take_all(struct likeness *likeness)
{
    const struct policy *policy = likeness->survey->policy;
    for (size_t i = 0; i < policy->unit_count; i++) {
        const struct unit *unit = &policy->units[i];
        if (unit->area && !unit->retired)
            add(likeness, unit->area,
                arena_printf(&likeness->survey->arena, "%zu:%zu", unit->origin.line, unit->origin.column));
    }
    for (size_t i = 0; i < policy->route_count; i++) {
        const struct area *area = policy->routes[i].area;
        if (area && !strstr(own_of(likeness, area), area->code))
            add(likeness, area, area->code);
    }
    for (size_t i = 0; i < policy->area_count; i++) {
        const struct area *area = &policy->areas[i];
        if (area->parent && !area->retired)
            textmap_put(&likeness->inner, area->parent->code, (void *)area);
    }
}

static const char *whole(struct likeness *likeness, const struct area *area)
{
    const char *text = "";
    for (; area; area = area->parent)
        text = arena_printf(&likeness->survey->arena, "%s/%zu%s", text, area->level, own_of(likeness, area));
    return text;
}

void survey_spots(struct survey *survey)
{
    const struct policy *policy = survey->policy;
    struct likeness likeness = {.survey = survey};
    struct textmap kinds = {0};
    take_all(&likeness);
    survey->finest = ARENA_NEW(&survey->arena, const struct area *, policy->area_count);
    survey->spots = ARENA_NEW(&survey->arena, struct spot, policy->area_count);
    for (size_t i = 0; i < policy->area_count; i++) {
        const struct area *area = &policy->areas[i];
        if (area->retired || textmap_get(&likeness.inner, area->code))
            continue;
        survey->finest[survey->finest_count++] = area;
        const char *key = whole(&likeness, area);
        struct spot *spot = textmap_get(&kinds, key);
        if (!spot) {
            spot = &survey->spots[survey->spot_count++];
            spot->area = area;
            textmap_put(&kinds, key, spot);
        }
        spot->count++;
    }
    textmap_release(&kinds);
    textmap_release(&likeness.own);
    textmap_release(&likeness.inner);
}
