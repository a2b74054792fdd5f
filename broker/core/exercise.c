#include "broker/core/exercise.h"

#include <string.h>

#include "broker/base/digest.h"
#include "broker/core/act.h"

#define HEX_BYTES (2 * DIGEST_BYTES)

bool exercise_commit(struct aside *aside)
{
    const char *hash = aside->act->name;
    struct step *step = aside->step;
    if (strlen(hash) != HEX_BYTES || strspn(hash, "0123456789abcdef") != HEX_BYTES)
        return step_refuse(step, REFUSAL_BAD_VALUE, "name", "a commitment is a SHA-256: %d digits of 0-9, a-f",
                           HEX_BYTES);
    const struct live_side *known = side_find(step->core, SIDE_EXERCISE, hash);
    if (known)
        return step_refuse(step, REFUSAL_WRONG_STATE, "name", "this is %s already; possible is nothing",
                           exercise_state_name(known->facts.state));
    struct side side = {.kind = SIDE_EXERCISE, .key = hash, .state = EXERCISE_COMMITTED};
    side.number = (int64_t)step->core->seq + 1;
    side.first_ms = step->now_ms;
    side.principal = step->who->name;
    side.person = aside->act->person;
    side_set(step->outcome, aside->record, &side, 1);
    return true;
}

/* The row that this text was committed to by, or NULL with a refusal. */
static const struct live_side *commitment(struct acting *acting)
{
    char hash[HEX_BYTES + 1];
    struct digest digest;
    const char *text = text_or_empty(acting->act->text), *id = acting->draft->head.event_id;
    size_t id_bytes = strlen(id);
    digest_bytes(&digest, text, strlen(text));
    digest_hex(&digest, hash);
    const struct live_side *side = side_find(acting->step->core, SIDE_EXERCISE, hash);
    if (strncmp(text, id, id_bytes) != 0 || text[id_bytes] != ' ')
        step_refuse(acting->step, REFUSAL_BAD_VALUE, "text", "the text begins with the id of the incident's event");
    else if (!side || (uint64_t)side->facts.number >= acting->draft->head.opened_seq)
        step_refuse(acting->step, REFUSAL_UNKNOWN_COMMITMENT, "text",
                    "nobody committed to this before the event came in");
    else
        return side;
    return NULL;
}

bool exercise_reveal(struct acting *acting)
{
    struct step *step = acting->step;
    if (acting->draft->head.exercise)
        return step_refuse(step, REFUSAL_WRONG_STATE, "verb", "the incident is an exercise already");
    const struct live_side *row = commitment(acting);
    if (!row)
        return false;
    struct side side = row->facts;
    side.state = EXERCISE_REVEALED;
    side.last_ms = step->now_ms;
    side.incident = acting->draft->id;
    side_set(step->outcome, acting->record, &side, 1);
    draft_head(acting->draft)->exercise = true;
    return true;
}
