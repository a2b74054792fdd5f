#include "broker/core/border.h"

#include <string.h>

#include "broker/core/exclusion.h"
#include "broker/core/live.h"

/* --- whom it concerns: words with blanks between --- */

/* Whether the word stands among the others. */
static bool stands_in(const char *words, const char *word)
{
    size_t size_bytes = strlen(word);
    for (const char *at = text_or_empty(words); (at = strstr(at, word)); at += size_bytes) {
        bool begins = at == words || at[-1] == ' ', ends = at[size_bytes] == ' ' || at[size_bytes] == '\0';
        if (begins && ends)
            return true;
    }
    return false;
}

static const char *with(struct arena *arena, const char *words, const char *word)
{
    if (stands_in(words, word))
        return words;
    return has_text(words) ? arena_printf(arena, "%s %s", words, word) : arena_strdup(arena, word);
}

/* The area, or the one above it, of the level whose borders count. NULL: it lies above that. */
static const struct area *side_of(const struct policy *policy, const struct area *area)
{
    while (area && area->level > policy->border.level)
        area = area->parent;
    return area && area->level == policy->border.level ? area : NULL;
}

static bool is_of(const struct type *type, const struct type *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (type_within(type, types[i]))
            return true;
    }
    return false;
}

/* Over a border that is near; all types, where none are named. */
static const char *with_near(const struct step *step, const struct route_query *query, const char *words)
{
    const struct policy *policy = step->core->policy;
    const struct border *border = &policy->border;
    const struct command *command = step->command;
    const struct area *own = side_of(policy, query->area);
    bool counts = border->near_type_count == 0 || is_of(query->type, border->near_types, border->near_type_count);
    if (!counts || command->kind != COMMAND_PUBLISH)
        return words;
    for (size_t i = 0; i < command->publish.near_count; i++) {
        const struct area *area = policy_area_at(policy, policy_area(policy, command->publish.near[i]), step->now_ms);
        const struct area *other = side_of(policy, area);
        if (other && other != own)
            words = with(step->outcome->arena, words, other->code);
    }
    return words;
}

/* Of a listed type: whoever is listed as a neighbour, wherever it is. */
static const char *with_listed(const struct step *step, const struct type *type, const struct area *area,
                               const char *words)
{
    const struct border *border = &step->core->policy->border;
    if (!is_of(type, border->types, border->type_count))
        return words;
    for (size_t i = 0; i < border->neighbour_count; i++) {
        const struct neighbour *neighbour = &border->neighbours[i];
        if (area && area_within(area, neighbour->area))
            words = with(step->outcome->arena, words, neighbour->unit ? neighbour->unit->id : neighbour->other->code);
    }
    return words;
}

/* --- one thing, seen from both sides --- */

/* Of the same kind and not long ago, over there; and nobody's to know who is not told of it anyway. */
static bool may_be_same(const struct step *step, const struct route_query *query, const char *beside,
                        const struct live *other)
{
    const struct policy *policy = step->core->policy;
    const struct exclusion theirs = exclusion_of(policy, &other->head), ours = exclusion_of_query(policy, query);
    const struct area *there =
        side_of(policy, policy_area_at(policy, policy_area(policy, other->head.area), step->now_ms));
    return there && stands_in(beside, there->code) && strcmp(other->head.type, query->type->code) == 0 &&
           step->now_ms - other->head.received_ms <= policy->border.same_within_ms && !exclusion_holds(&theirs) &&
           !exclusion_holds(&ours);
}

static uint64_t same_as(const struct step *step, const struct route_query *query, const char *beside)
{
    uint64_t found = 0, id;
    void *value;
    size_t cursor = 0;
    while (map_next(&step->core->bordering, &cursor, &id, &value)) {
        if ((!found || id < found) && may_be_same(step, query, beside, value))
            found = id;
    }
    return found;
}

void border_find(const struct step *step, const struct route_query *query, struct incident_more *more)
{
    if (!step->core->policy->border.there || !query->type)
        return;
    more->beside = with_listed(step, query->type, query->area, with_near(step, query, more->beside));
    if (has_text(more->beside))
        more->same_as = same_as(step, query, more->beside);
}

/* --- copies --- */

static const struct unit *recipient(const struct draft *draft, const char *word)
{
    const struct policy *policy = draft->climb.policy;
    const struct unit *unit = policy_unit_now(policy, policy_unit(policy, word));
    struct route_query query = route_asked(policy, &draft->head, draft->step->now_ms);
    if (unit)
        return unit;
    query.area = policy_area_at(policy, policy_area(policy, word), draft->step->now_ms);
    return query.area ? route_first(policy, policy->border.to, policy->border.to_count, &query) : NULL;
}

static bool has_part(const struct draft *draft, const struct unit *unit)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].state != TASK_WITHDRAWN && strcmp(draft->tasks[i].unit, unit->id) == 0)
            return true;
    }
    return false;
}

static void copy_to(struct draft *draft, const struct unit *unit)
{
    const struct exclusion exclusion = exclusion_of(draft->climb.policy, &draft->head);
    if (unit && !exclusion_bars_unit(&exclusion, unit) && !has_part(draft, unit) && draft->task_count < TASKS_MAX)
        draft_new_task(draft, unit->id, TASK_COPY);
}

/* Its type may have become another since it came in. */
static const char *beside_now(struct draft *draft)
{
    const struct policy *policy = draft->climb.policy;
    const char *before = draft->head.more ? text_or_empty(draft->head.more->beside) : "";
    const char *now = with_listed(draft->step, policy_type_now(policy, policy_type(policy, draft->head.type)),
                                  policy_area_now(policy, policy_area(policy, draft->head.area)), before);
    if (strcmp(before, now) != 0)
        draft_head_more(draft)->beside = now;
    return now;
}

void border_copy(struct draft *draft)
{
    if (!draft->climb.policy->border.there)
        return;
    const char *words = arena_strdup(draft->step->outcome->arena, beside_now(draft)), *end;
    for (; *words; words = *end ? end + 1 : end) {
        end = strchr(words, ' ') ? strchr(words, ' ') : words + strlen(words);
        copy_to(draft, recipient(draft, arena_printf(draft->step->outcome->arena, "%.*s", (int)(end - words), words)));
    }
}
