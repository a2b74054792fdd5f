#include "broker/core/somebody.h"

#include <string.h>

/* --- who is the same --- */

bool somebody_same(const char *principal, const char *person, const char *other_principal, const char *other_person)
{
    if (!has_text(principal) || !has_text(other_principal))
        return false;
    if (has_text(person) && has_text(other_person))
        return strcmp(person, other_person) == 0;
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
        if (task->state != TASK_WITHDRAWN && right_unit(acting->step->who, task->unit))
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

static bool known(const struct voices *heard, const char *principal, const char *person)
{
    for (size_t i = 0; heard && i < heard->count; i++) {
        if (strcmp(heard->heard[i].principal, principal) == 0 && strcmp(heard->heard[i].person, person) == 0)
            return true;
    }
    return false;
}

static bool remember(struct draft *draft, struct voice voice)
{
    if (known(draft->heard, voice.principal, voice.person))
        return true;
    if (draft->heard && draft->heard->count == VOICES_MAX)
        return step_refuse(draft->step, REFUSAL_TOO_MANY, "person",
                           "%d others had a hand in the incident already: let one of them speak", VOICES_MAX);
    draft_hear(draft, voice);
    return true;
}

bool somebody_speaks(struct draft *draft, const struct task *task, const char *principal, const char *person)
{
    const char *was = text_or_empty(task->spoke_principal), *was_person = text_or_empty(task->spoke_person);
    bool same = strcmp(was, principal) == 0 && strcmp(was_person, text_or_empty(person)) == 0;
    return same || !has_text(was) || remember(draft, (struct voice){task->no, false, was, was_person});
}

bool somebody_dispatches(struct acting *acting, uint32_t task)
{
    return remember(acting->draft, (struct voice){task, true, text_or_empty(acting->step->command->principal),
                                                  text_or_empty(acting->act->person)});
}
