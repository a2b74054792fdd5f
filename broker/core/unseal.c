#include "broker/core/unseal.h"

#include <string.h>

#include "broker/core/somebody.h"

/* It is an ask of the incident's: `until_ms` says to when what was opened is given out; 0: it was not opened yet. */

/* The newest that is so decided, or the one that the act names. NULL: none. */
static const struct ask *find(struct acting *acting, enum decision decision)
{
    for (size_t i = acting->draft->ask_count; i-- > 0;) {
        const struct ask *ask = &acting->draft->asks[i];
        bool meant = !acting->act->ask || acting->act->ask == ask->no;
        if (ask->kind == ASK_IDENTITY && ask->decision == decision && meant)
            return ask;
    }
    return NULL;
}

bool unseal_seek(struct acting *acting)
{
    const struct act *act = acting->act;
    const struct ask *open = find(acting, DECISION_OPEN);
    if (open)
        return step_refuse(acting->step, REFUSAL_WRONG_STATE, "verb",
                           "ask %u, for the same, is not decided yet; possible is grant_identity, by somebody else",
                           open->no);
    if (acting->draft->ask_count == ASKS_MAX)
        return step_refuse(acting->step, REFUSAL_TOO_MANY, NULL, "at most %d asks of one incident", ASKS_MAX);
    draft_add_ask(acting->draft, &(struct ask){.kind = ASK_IDENTITY,
                                               .decision = DECISION_OPEN,
                                               .unit = "",
                                               .principal = acting->step->command->principal,
                                               .person = act->person,
                                               .reason = act->reason,
                                               .asked_ms = acting->step->now_ms});
    return true;
}

bool unseal_grant(struct acting *acting)
{
    const struct act *act = acting->act;
    const struct ask *sought = find(acting, DECISION_OPEN);
    if (!sought)
        return step_refuse(acting->step, REFUSAL_NOT_ASKED, "ask", "nobody seeks to know who reported it");
    /* By another key too: names are as good as whoever types them. */
    if (strcmp(acting->step->command->principal, sought->principal) == 0 ||
        somebody_same(acting->step->command->principal, act->person, sought->principal, sought->person))
        return step_refuse(acting->step, REFUSAL_SAME_PERSON, "person",
                           "whoever asked may not decide: somebody else must");
    struct ask *ask = draft_ask(acting->draft, sought->no);
    ask->decision = act->passed ? DECISION_GRANTED : DECISION_REFUSED;
    ask->decided_ms = acting->step->now_ms;
    ask->decided_by = acting->step->command->principal;
    ask->decided_person = act->person;
    if (!act->passed)
        acting->record->kind = RECORD_IDENTITY_REFUSED;
    return true;
}

/* His own, lately granted, and not opened yet: each opening is granted by itself. */
static bool may_open(const struct acting *acting, const struct ask *ask)
{
    return somebody_same(acting->step->command->principal, acting->act->person, ask->principal, ask->person) &&
           strcmp(acting->step->command->principal, ask->principal) == 0 && !ask->until_ms &&
           acting->step->now_ms - ask->decided_ms <= IDENTITY_GRANT_MS;
}

bool unseal_open(struct acting *acting)
{
    const struct ask *granted = find(acting, DECISION_GRANTED);
    if (!granted || !may_open(acting, granted))
        return step_refuse(acting->step, REFUSAL_IDENTITY_KEPT, NULL,
                           "nobody has granted you this within the last %d h; possible is seek_identity",
                           IDENTITY_GRANT_MS / (60 * 60 * 1000));
    draft_ask(acting->draft, granted->no)->until_ms = acting->step->now_ms + IDENTITY_OPEN_MS;
    return true;
}

bool unseal_opened(const struct ask *asks, size_t count, const char *principal, int64_t merged_ms, int64_t now_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (asks[i].kind == ASK_IDENTITY && asks[i].decision == DECISION_GRANTED && now_ms < asks[i].until_ms &&
            asks[i].decided_ms > merged_ms && strcmp(asks[i].principal, principal) == 0)
            return true;
    }
    return false;
}
