#include "broker/core/told.h"

#include <string.h>

#include "schemas/typed.h"

#define CHANGES_MAX 256 /* of a post's bearers, looked at in a row; config/ allows fewer */

static const struct told nobody = {"", ""};

/* --- one post --- */

static const struct holder *holder_at(const struct holder *holders, size_t count, int64_t at_ms)
{
    for (size_t i = 0; i < count; i++) {
        bool ended = holders[i].to_ms != 0 && holders[i].to_ms <= at_ms;
        if (holders[i].from_ms <= at_ms && !ended && holders[i].name[0])
            return &holders[i];
    }
    return NULL;
}

/* A post without holders is held by somebody the city does not name. */
static bool bears(const struct post *post, int64_t at_ms, struct told *told)
{
    const struct holder *holder = holder_at(post->holders, post->holder_count, at_ms);
    if (!holder)
        holder = holder_at(post->deputies, post->deputy_count, at_ms);
    *told = (struct told){post->title, holder ? holder->name : ""};
    return holder || post->holder_count == 0;
}

/* --- up the lines --- */

static const struct unit *next_above(const struct exclusion *exclusion, const struct unit *unit)
{
    return policy_unit_now(exclusion->policy, unit->supervisor ? unit->supervisor : unit->parent);
}

const struct unit *told_may_know(const struct exclusion *exclusion, const struct unit *unit)
{
    for (int steps = 0; unit && steps < SUCCESSORS_MAX && exclusion_bars_unit(exclusion, unit); steps++)
        unit = next_above(exclusion, unit);
    return unit && exclusion_bars_unit(exclusion, unit) ? NULL : unit;
}

const struct unit *told_above(const struct exclusion *exclusion, const struct unit *unit)
{
    return told_may_know(exclusion, next_above(exclusion, unit));
}

struct told told_area(const struct area *area, int64_t at_ms)
{
    struct told told;
    for (; area; area = area->parent) {
        if (area->seat ? bears(area->seat, at_ms, &told) : area->post[0] != '\0')
            return area->seat ? told : (struct told){area->post, ""};
    }
    return nobody;
}

/* A unit whose city writes no post for it is told as such; one above it that has none is passed over. */
struct told told_unit(const struct exclusion *exclusion, const struct unit *unit, int64_t at_ms)
{
    struct told told;
    if (!unit || !unit->seat)
        return nobody;
    for (size_t steps = 0; unit && steps < SUCCESSORS_MAX; unit = told_above(exclusion, unit), steps++) {
        if (unit->seat && bears(unit->seat, at_ms, &told))
            return told;
    }
    return nobody;
}

/* --- a post that is charged --- */

static struct told bearer(const struct exclusion *exclusion, const struct post *post, int64_t at_ms)
{
    struct told told;
    bool barred = post->area ? exclusion_bars_post(exclusion, post->area) : exclusion_bars_unit(exclusion, post->unit);
    if (!barred && bears(post, at_ms, &told))
        return told;
    return post->area ? told_area(exclusion_area(exclusion, post->area->parent), at_ms)
                      : told_unit(exclusion, told_above(exclusion, post->unit), at_ms);
}

static int64_t earlier_change(const struct holder *holders, size_t count, int64_t at_ms, int64_t found_ms)
{
    for (size_t i = 0; i < count; i++) {
        int64_t from_ms = holders[i].from_ms, to_ms = holders[i].to_ms;
        if (from_ms > at_ms && from_ms < found_ms)
            found_ms = from_ms;
        if (to_ms > at_ms && to_ms < found_ms)
            found_ms = to_ms;
    }
    return found_ms;
}

static int64_t post_change(const struct post *post, int64_t at_ms, int64_t found_ms)
{
    if (!post)
        return found_ms;
    found_ms = earlier_change(post->holders, post->holder_count, at_ms, found_ms);
    return earlier_change(post->deputies, post->deputy_count, at_ms, found_ms);
}

/* The next date anybody on the line comes or goes. */
static int64_t next_change(const struct exclusion *exclusion, const struct post *post, int64_t at_ms)
{
    int64_t found_ms = post_change(post, at_ms, INT64_MAX);
    for (const struct area *area = post->area; area; area = area->parent)
        found_ms = post_change(area->seat, at_ms, found_ms);
    const struct unit *unit = post->unit;
    for (size_t steps = 0; unit && steps < SUCCESSORS_MAX; unit = told_above(exclusion, unit), steps++)
        found_ms = post_change(unit->seat, at_ms, found_ms);
    return found_ms;
}

static bool same(const struct told *a, const struct told *b)
{
    return strcmp(a->post, b->post) == 0 && typed_same(a->person, b->person);
}

struct told told_post(const struct exclusion *exclusion, const struct post *post, int64_t at_ms, int64_t *until_ms)
{
    struct told told = bearer(exclusion, post, at_ms);
    *until_ms = next_change(exclusion, post, at_ms);
    for (int i = 0; i < CHANGES_MAX && *until_ms != INT64_MAX; i++) {
        struct told then = bearer(exclusion, post, *until_ms);
        if (!same(&told, &then))
            break;
        *until_ms = next_change(exclusion, post, *until_ms);
    }
    return told;
}
