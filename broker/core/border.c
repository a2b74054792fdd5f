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

/* The next of several words; NULL at the end. */
static const char *next_word(struct arena *arena, const char **words)
{
    const char *word = *words + strspn(*words, " ");
    size_t length = strcspn(word, " ");
    *words = word + length;
    return length ? arena_printf(arena, "%.*s", (int)length, word) : NULL;
}

/* --- copies --- */

static const struct unit *recipient(const struct policy *policy, const struct route_query *asked, const char *word)
{
    const struct unit *unit = policy_unit_now(policy, policy_unit(policy, word));
    struct route_query query = *asked;
    if (unit)
        return unit;
    query.area = policy_area_at(policy, policy_area(policy, word), asked->at_ms);
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

static bool has_open_part(const struct draft *draft, const struct unit *unit)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        enum task_state state = draft->tasks[i].state;
        if (state != TASK_WITHDRAWN && state != TASK_DONE && strcmp(draft->tasks[i].unit, unit->id) == 0)
            return true;
    }
    return false;
}

/* Done, or let go. */
static struct task *ended_copy(struct draft *draft, const struct unit *unit)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        const struct task *task = &draft->tasks[i];
        bool ended = task->state == TASK_DONE || task->state == TASK_WITHDRAWN;
        if (task->role == TASK_COPY && ended && strcmp(task->unit, unit->id) == 0)
            return draft_task(draft, task->no);
    }
    return NULL;
}

static void send_again(struct draft *draft, struct task *task)
{
    *task = (struct task){
        .no = task->no,
        .epoch = task->epoch + 1,
        .role = TASK_COPY,
        .state = TASK_QUEUED,
        .unit = task->unit,
        .dispatched_ms = draft->step->now_ms,
        .spoke_principal = task->spoke_principal, /* who had a hand in it is not forgotten */
        .spoke_person = task->spoke_person,
    };
}

static void copy_to(struct draft *draft, const struct unit *unit, bool again)
{
    const struct exclusion exclusion = exclusion_of(draft->climb.policy, &draft->head);
    if (!unit || exclusion_bars_unit(&exclusion, unit))
        return;
    struct task *ended = again ? ended_copy(draft, unit) : NULL;
    if (ended && !has_open_part(draft, unit))
        send_again(draft, ended);
    else if (!has_part(draft, unit) && draft->task_count < TASKS_MAX)
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

static void copy_all(struct draft *draft, bool again)
{
    const struct policy *policy = draft->climb.policy;
    if (!policy->border.there)
        return;
    const struct route_query query = route_asked(policy, &draft->head, draft->step->now_ms);
    const char *words = arena_strdup(draft->step->outcome->arena, beside_now(draft)), *word;
    while ((word = next_word(draft->step->outcome->arena, &words)))
        copy_to(draft, recipient(policy, &query, word), again);
}

void border_copy(struct draft *draft)
{
    copy_all(draft, draft->head.reopens > 0);
}

void border_copy_again(struct draft *draft)
{
    copy_all(draft, true);
}

/* --- explained --- */

struct telling {
    const struct policy *policy;
    const struct route_query *query;
    const struct route_result *result;
    struct arena *arena;
    const char *told; /* words */
    struct copied *copies;
    size_t count;
};

static bool takes_part(const struct route_result *result, const struct unit *unit)
{
    bool part = result->lead == unit;
    for (size_t i = 0; i < result->assist_count; i++)
        part |= result->assists[i] == unit;
    return part;
}

/* NULL: nothing speaks against it. */
static const char *objection(const struct telling *telling, const struct unit *unit)
{
    const struct exclusion exclusion = exclusion_of_query(telling->policy, telling->query);
    if (!unit)
        return "nobody is found there";
    if (exclusion_bars_unit(&exclusion, unit))
        return "the report is about them";
    return takes_part(telling->result, unit) ? "has a part of it" : NULL;
}

/* detail: what more there is to say of why; NULL: nothing. */
static void tell(struct telling *telling, const char *word, const struct origin *origin, const char *why,
                 const char *detail)
{
    const struct unit *unit = recipient(telling->policy, telling->query, word);
    const char *against = objection(telling, unit), *more = against ? against : detail;
    if (stands_in(telling->told, word))
        return;
    telling->told = with(telling->arena, telling->told, word);
    telling->copies[telling->count++] = (struct copied){
        .unit = unit ? unit->id : "",
        .beside = arena_strdup(telling->arena, word),
        .rule = arena_printf(telling->arena, "%s:%zu", origin->file ? origin->file : "", origin->line),
        .verdict = more ? arena_printf(telling->arena, "%s: %s", why, more) : why,
        .sent = !against,
    };
}

static void tell_near(struct telling *telling, const char *const *near, size_t count)
{
    const struct policy *policy = telling->policy;
    const struct border *border = &policy->border;
    const struct area *own = side_of(policy, telling->query->area);
    bool counts =
        border->near_type_count == 0 || is_of(telling->query->type, border->near_types, border->near_type_count);
    const char *how = arena_printf(telling->arena, "within %.0f m", border->near_m);
    for (size_t i = 0; counts && i < count; i++) {
        const struct area *other =
            side_of(policy, policy_area_at(policy, policy_area(policy, near[i]), telling->query->at_ms));
        if (other && other != own)
            tell(telling, other->code, &border->near_origin, "near", how);
    }
}

static void tell_listed(struct telling *telling)
{
    const struct border *border = &telling->policy->border;
    const struct area *area = telling->query->area;
    if (!is_of(telling->query->type, border->types, border->type_count))
        return;
    for (size_t i = 0; i < border->neighbour_count; i++) {
        const struct neighbour *neighbour = &border->neighbours[i];
        if (area && area_within(area, neighbour->area))
            tell(telling, neighbour->unit ? neighbour->unit->id : neighbour->other->code, &neighbour->origin, "listed",
                 NULL);
    }
}

/* What an incident knew when it came in, and no list says now. */
static void tell_known(struct telling *telling, const char *beside)
{
    const char *word;
    while ((word = next_word(telling->arena, &beside)))
        tell(telling, word, &telling->policy->border.near_origin, "near, when it came in", NULL);
}

size_t border_explain(const struct policy *policy, const struct route_query *asked, const struct route_result *result,
                      const char *const *near, size_t near_count, const char *beside, struct arena *arena,
                      const struct copied **out)
{
    struct route_query query = *asked;
    query.type = policy_type_now(policy, asked->type);
    query.area = policy_area_at(policy, asked->area, asked->at_ms);
    beside = text_or_empty(beside);
    struct telling telling = {policy, &query, result, arena, "", NULL, 0};
    size_t most = near_count + policy->border.neighbour_count + strlen(beside);
    if (!policy->border.there || !query.type || most == 0)
        return 0;
    telling.copies = arena_take(arena, most * sizeof *telling.copies);
    tell_near(&telling, near, near_count);
    tell_listed(&telling);
    tell_known(&telling, beside);
    *out = telling.copies;
    return telling.count;
}
