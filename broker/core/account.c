#include "broker/core/account.h"

#include "broker/core/oversight.h"
#include "broker/core/task_more.h"
#include "schemas/typed.h"

static bool owes(const struct task *task)
{
    return task->more && task->more->unaccounted && task->state != TASK_WITHDRAWN;
}

void account_owe(struct draft *draft, const struct rung *rung)
{
    if (rung->task)
        draft_more(draft, rung->task)->unaccounted = true;
    else
        draft_oversight(draft)->unaccounted = true;
}

bool account_owed(const struct draft *draft)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (owes(&draft->tasks[i]))
            return true;
    }
    return oversight_of(&draft->head)->unaccounted;
}

void account_drop(struct draft *draft, uint32_t task)
{
    for (size_t i = 0; i < draft->task_count; i++) {
        if (draft->tasks[i].no == task && owes(&draft->tasks[i]))
            draft_more(draft, task)->unaccounted = false;
    }
}

/* --- given --- */

static bool is_written(struct step *step, const char *reason, const char *text)
{
    if (typed_blank(reason))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "reason", "an account says why, in a word");
    return !typed_blank(text) ||
           step_refuse(step, REFUSAL_MISSING_FIELD, "text", "an account is written: why, in sentences");
}

bool account_fits(struct saying *saying)
{
    if (!is_written(saying->step, saying->word->reason, saying->word->text))
        return false;
    return owes(&saying->of->facts) ||
           step_refuse(saying->step, REFUSAL_WRONG_STATE, "verb",
                       "no clock of task %u went red that is not accounted for", saying->of->facts.no);
}

bool account_take(struct saying *saying)
{
    draft_more(saying->draft, saying->word->task)->unaccounted = false;
    return true;
}

bool act_account(struct acting *acting)
{
    if (!is_written(acting->step, acting->act->reason, acting->act->text))
        return false;
    if (!oversight_of(&acting->draft->head)->unaccounted)
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb",
                           "no clock of the incident's own went red that is not accounted for%s",
                           account_owed(acting->draft) ? "; a unit's is accounted for by its word" : "");
    draft_oversight(acting->draft)->unaccounted = false;
    return true;
}

/* --- not without --- */

bool account_lets_feed_back(struct saying *saying)
{
    return !owes(&saying->of->facts) ||
           step_refuse(saying->step, REFUSAL_NOT_ACCOUNTED, NULL,
                       "a clock of task %u went red: first comes the word account, with reason and text",
                       saying->of->facts.no);
}

bool account_lets_close(struct acting *acting)
{
    const struct draft *draft = acting->draft;
    for (size_t i = 0; i < draft->task_count; i++) {
        if (owes(&draft->tasks[i]))
            return step_refuse(acting->step, REFUSAL_NOT_ACCOUNTED, NULL,
                               "a clock of task %u went red: \"%s\" accounts for it first", draft->tasks[i].no,
                               draft->tasks[i].unit);
    }
    return !oversight_of(&draft->head)->unaccounted ||
           step_refuse(acting->step, REFUSAL_NOT_ACCOUNTED, NULL,
                       "a clock of the incident's own went red: the centre accounts for it first");
}
