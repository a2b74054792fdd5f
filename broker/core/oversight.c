#include "broker/core/oversight.h"

#include <stdlib.h>

#include "broker/core/live.h"

const struct oversight *oversight_of(const struct incident *head)
{
    static const struct oversight nothing;
    return head->more && head->more->oversight ? head->more->oversight : &nothing;
}

bool oversight_supervised(const struct incident *head)
{
    return head->more && oversight_of(head)->supervisions > 0 && !incident_ended(head->state);
}

const struct oversight *oversight_own(const struct oversight *oversight)
{
    if (!oversight)
        return NULL;
    struct oversight *copy = core_alloc(sizeof *copy);
    *copy = *oversight;
    return copy;
}

void oversight_disown(const struct oversight *oversight)
{
    free((void *)oversight);
}

const struct oversight *oversight_lend(struct arena *arena, const struct oversight *oversight)
{
    return oversight ? arena_memdup(arena, oversight, sizeof *oversight) : NULL;
}
