#include "broker/core/somebody.h"

#include <string.h>

#include "schemas/typed.h"

/* --- who is the same --- */

bool somebody_same(const char *principal, const char *person, const char *other_principal, const char *other_person)
{
    if (!has_text(principal) || !has_text(other_principal))
        return false;
    if (!typed_blank(person) && !typed_blank(other_person))
        return typed_same(person, other_person);
    return strcmp(principal, other_principal) == 0;
}

static bool asker_is(const struct acting *acting, const char *principal, const char *person)
{
    return somebody_same(acting->step->command->principal, acting->act->person, principal, person);
}

/* A principal that works for some unit of the other's: its colleagues' word is not somebody else's either. */
static bool colleagues(const struct acting *acting, const char *principal)
{
    const struct principal *other = policy_principal(acting->step->core->policy, principal);
    for (size_t i = 0; other && i < other->unit_count; i++) {
        if (right_unit(acting->step->who, other->units[i]->id))
            return true;
    }
    return false;
}

/* --- who had a hand in it --- */

/* The last speaker of each task, and the unit that has it. */
static bool not_a_handler(struct acting *acting)
{
    for (size_t i = 0; i < acting->draft->task_count; i++) {
        const struct task *task = &acting->draft->tasks[i];
        if (asker_is(acting, task->spoke_principal, task->spoke_person))
            return step_refuse(acting->step, REFUSAL_SAME_PERSON, "person", "whoever handled task %u may not do this",
                               task->no);
        if (task->role != TASK_COPY && task->state != TASK_WITHDRAWN && right_unit(acting->step->who, task->unit))
            return step_refuse(acting->step, REFUSAL_SAME_PERSON, NULL,
                               "nobody of unit \"%s\", which has task %u, may do this", task->unit, task->no);
    }
    return true;
}

bool somebody_else(struct acting *acting)
{
    const struct voices *heard = acting->draft->heard;
    for (size_t i = 0; heard && i < heard->count; i++) {
        const struct voice *voice = &heard->heard[i];
        if (asker_is(acting, voice->principal, voice->person) || colleagues(acting, voice->principal))
            return step_refuse(acting->step, REFUSAL_SAME_PERSON, "person", "whoever %s task %u may not do this",
                               voice->dispatched ? "dispatched" : "handled", voice->task);
    }
    return not_a_handler(acting);
}

/* --- remembering --- */

static bool is(const char *a, const char *a_person, const char *b, const char *b_person)
{
    return strcmp(text_or_empty(a), text_or_empty(b)) == 0 &&
           typed_same(text_or_empty(a_person), text_or_empty(b_person));
}

static bool heard(const struct draft *draft, const char *principal, const char *person)
{
    for (size_t i = 0; draft->heard && i < draft->heard->count; i++) {
        if (is(draft->heard->heard[i].principal, draft->heard->heard[i].person, principal, person))
            return true;
    }
    return false;
}

static bool speaks_now(const struct draft *draft, const char *principal, const char *person)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (is(draft->tasks[i].spoke_principal, draft->tasks[i].spoke_person, principal, person))
            return true;
    }
    return false;
}

/* Whoever is known may always go on: room for each task's last speaker is left to the set. */
static bool has_room(struct draft *draft, const char *principal, const char *person)
{
    if (!draft->heard || draft->heard->count < VOICES_MAX - TASKS_MAX || heard(draft, principal, person) ||
        speaks_now(draft, principal, person))
        return true;
    return step_refuse(draft->step, REFUSAL_TOO_MANY, "person",
                       "%zu others had a hand in the incident before: one of them may go on", draft->heard->count);
}

static void remember(struct draft *draft, struct voice voice)
{
    if (!heard(draft, voice.principal, voice.person))
        draft_hear(draft, voice);
}

bool somebody_speaks(struct draft *draft, const struct task *task, const char *principal, const char *person)
{
    if (!has_room(draft, principal, person))
        return false;
    if (has_text(task->spoke_principal) && !is(task->spoke_principal, task->spoke_person, principal, person))
        remember(draft, (struct voice){task->no, false, task->spoke_principal, text_or_empty(task->spoke_person)});
    return true;
}

bool somebody_dispatches(struct acting *acting, uint32_t task)
{
    const char *principal = acting->step->command->principal, *person = text_or_empty(acting->act->person);
    if (!has_room(acting->draft, principal, person))
        return false;
    remember(acting->draft, (struct voice){task, true, principal, person});
    return true;
}
