#include "broker/sight.h"

#include <stdio.h>
#include <string.h>

#include "broker/core/exclusion.h"
#include "broker/core/right.h"
#include "schemas/ident.h"

static bool has_task(const struct principal *who, const struct row *row)
{
    for (size_t i = 0; i < row->task_count; i++)
        if (right_task(who, &row->tasks[i]))
            return true;
    return false;
}

static bool in_scope(const struct turn *t, const struct principal *who, const struct row *row)
{
    return right_in_scope(who, policy_type(t->policy, row->head.type), policy_area(t->policy, row->head.area));
}

bool sight_reported(const char *name, const struct row *row)
{
    for (size_t i = 0; row->reports && i < row->reports->source_count; i++)
        if (strcmp(row->reports->sources[i], name) == 0)
            return true;
    return strcmp(row->head.source, name) == 0;
}

/* What was merged is kept from whom its survivor is kept from, too. */
static bool is_kept(struct turn *t, const struct principal *who, const struct row *row)
{
    struct row survivor;
    struct exclusion exclusion = exclusion_of(t->policy, &row->head);
    if (exclusion_bars_principal(&exclusion, who))
        return true;
    return row->head.merged_into && sight_row(t, row->head.merged_into, &survivor) && is_kept(t, who, &survivor);
}

/* Everything within one's types and areas, or what one reported, or has a task in; never a report about one's own. */
bool sight_may_see(struct turn *t, const struct principal *who, const struct row *row)
{
    if (is_kept(t, who, row))
        return false;
    if (right_has(who, RIGHT_READ_ALL) && in_scope(t, who, row))
        return true;
    if (sight_reported(who->name, row))
        return true;
    return (who->roles & PRINCIPAL_DEPARTMENT) && has_task(who, row);
}

/* A department sees its own tasks and their clocks, not its colleagues'. */
bool sight_own_tasks_only(const struct principal *who)
{
    return !right_has(who, RIGHT_READ_ALL) && (who->roles & PRINCIPAL_DEPARTMENT);
}

bool sight_task(const struct principal *who, const struct row *row, uint32_t no)
{
    for (size_t i = 0; i < row->task_count; i++)
        if (row->tasks[i].no == no)
            return right_task(who, &row->tasks[i]);
    return false;
}

size_t sight_tasks(struct arena *arena, const struct principal *who, const struct task *tasks, size_t n,
                   const struct task **out)
{
    struct task *own = ARENA_NEW(arena, struct task, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (right_task(who, &tasks[i]))
            own[count++] = tasks[i];
    *out = own;
    return count;
}

/* row: of the whole incident, to know whose task a clock belongs to. */
size_t sight_clocks(struct arena *arena, const struct principal *who, const struct row *row, const struct clock *clocks,
                    size_t n, const struct clock **out)
{
    struct clock *own = ARENA_NEW(arena, struct clock, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!clocks[i].task || sight_task(who, row, clocks[i].task))
            own[count++] = clocks[i];
    *out = own;
    return count;
}

size_t sight_asks(struct arena *arena, const struct principal *who, const struct row *row, const struct ask *asks,
                  size_t n, const struct ask **out)
{
    struct ask *own = ARENA_NEW(arena, struct ask, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (asks[i].kind != ASK_IDENTITY && (!asks[i].task || sight_task(who, row, asks[i].task)))
            own[count++] = asks[i];
    *out = own;
    return count;
}

bool sight_row(struct turn *t, uint64_t incident, struct row *row)
{
    return core_row(t->core, incident, &t->arena, row) || store_get_row(t->store, incident, &t->arena, row) == 0;
}

/* An incident that may be the same as one that is kept from the reader does not lead there. */
void sight_keep_head(struct turn *t, const struct principal *who, struct incident *head)
{
    struct row other;
    if (!head->more || !head->more->same_as || !sight_row(t, head->more->same_as, &other) || !is_kept(t, who, &other))
        return;
    struct incident_more *more = arena_memdup(&t->arena, head->more, sizeof(*more));
    more->same_as = 0;
    head->more = more;
}

void sight_keep_own_part(struct turn *t, const struct principal *who, struct row *row)
{
    struct arena *arena = &t->arena;
    sight_keep_head(t, who, &row->head);
    if (!sight_own_tasks_only(who))
        return;
    row->ask_count = sight_asks(arena, who, row, row->asks, row->ask_count, &row->asks);
    row->clock_count = sight_clocks(arena, who, row, row->clocks, row->clock_count, &row->clocks);
    row->task_count = sight_tasks(arena, who, row->tasks, row->task_count, &row->tasks);
    row->voice_count = 0;
}

/* What stands beside incidents is for those who may read everything, everywhere. */
static bool sees_sides(const struct principal *who)
{
    return right_has(who, RIGHT_READ_ALL) && !who->type_count && !who->area_count;
}

static bool sees_side(struct turn *t, const struct principal *who, const struct side *side)
{
    struct side duty = *side;
    char key[SIDE_KEY_MAX + 1];
    if (sees_sides(who))
        return true;
    if (side->kind == SIDE_TARGET) {
        snprintf(key, sizeof(key), "%.*s", (int)strcspn(side->key, "#"), side->key);
        if (!core_side(t->core, SIDE_DUTY, key, &t->arena, &duty))
            return false;
    }
    return duty.kind == SIDE_DUTY && right_unit(who, duty.name);
}

/* Nor does such a row lead to an incident that is kept from the reader. */
static void hide_kept(struct turn *t, const struct principal *who, struct side *side)
{
    struct row row;
    if (side->incident && sight_row(t, side->incident, &row) && is_kept(t, who, &row))
        side->incident = 0;
}

size_t sight_sides(struct turn *t, const struct principal *who, struct side *sides, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!sees_side(t, who, &sides[i]))
            continue;
        hide_kept(t, who, &sides[i]);
        sides[kept++] = sides[i];
    }
    return kept;
}

void sight_keep_sides(struct turn *t, const struct principal *who, struct record *record)
{
    record->side_count = sees_sides(who) ? record->side_count : 0;
    record->sample = sees_sides(who) && !who->unit_count ? record->sample : NULL; /* it may name what is kept */
    if (!record->side_count || !who->unit_count) /* of no unit: nothing is kept from whoever sees all */
        return;
    struct side *sides = arena_memdup(&t->arena, record->sides, record->side_count * sizeof(*sides));
    for (size_t i = 0; i < record->side_count; i++)
        hide_kept(t, who, &sides[i]);
    record->sides = sides;
}

static void keep_head_of(struct turn *t, const struct principal *who, struct change *change)
{
    if (!change->head || !change->head->more || !change->head->more->same_as)
        return;
    struct incident *head = arena_memdup(&t->arena, change->head, sizeof(*head));
    sight_keep_head(t, who, head);
    change->head = head;
}

/* Leaves in the record the changes to incidents that the reader may see. Whether any is left. */
bool sight_keep_changes(struct turn *t, const struct principal *who, struct record *record)
{
    struct row row;
    size_t kept = 0;
    for (size_t i = 0; i < record->change_count; i++)
        if (sight_row(t, record->changes[i].incident, &row) && sight_may_see(t, who, &row)) {
            record->changes[kept] = record->changes[i];
            keep_head_of(t, who, &record->changes[kept++]);
        }
    record->change_count = kept;
    sight_keep_sides(t, who, record);
    return kept > 0;
}

/* That somebody wants to know is nothing for the units. */
bool sight_is_of_reporter(const struct record *record)
{
    return record->kind >= RECORD_IDENTITY_SOUGHT && record->kind <= RECORD_IDENTITY_OPENED;
}

/* Who reported is given out by one way only (query.c), and else it is told that there is somebody. */
const struct event *sight_event_kept(struct arena *arena, const struct event *event)
{
    if (!event || event->reporter.len == 0)
        return event;
    struct event *kept = arena_memdup(arena, event, sizeof(*event));
    kept->reporter = (struct bytes){NULL, 0};
    kept->has_reporter = true;
    return kept;
}

const struct event *sight_event_told(struct turn *t, const struct principal *who, const struct event *event)
{
    struct row earlier;
    uint64_t incident = 0;
    if (!event || !event->recurrence_of || !event->recurrence_of[0] || ident_parse(event->recurrence_of, &incident) ||
        !sight_row(t, incident, &earlier) || !is_kept(t, who, &earlier))
        return event;
    struct event *told = arena_memdup(&t->arena, event, sizeof(*event));
    told->recurrence_of = "";
    return told;
}

/* For its source, and for who may see such things there. */
bool sight_event(struct turn *t, const struct principal *who, struct record *record)
{
    const struct event *event = record->event;
    bool own = record->principal && strcmp(record->principal, who->name) == 0;
    sight_keep_sides(t, who, record);
    return own || (right_has(who, RIGHT_READ_ALL) &&
                   right_in_scope(who, policy_type(t->policy, event->type), policy_area(t->policy, event->place.area)));
}
