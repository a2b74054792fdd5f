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

int64_t oversight_next_ms(const struct incident *head)
{
    return head->more && !incident_ended(head->state) ? oversight_of(head)->bearer_until_ms : 0;
}

static const char *name_of(struct core *core, const char *text)
{
    return has_text(text) ? intern_text(&core->names, text) : "";
}

const struct oversight *oversight_own(struct core *core, const struct oversight *oversight)
{
    if (!oversight)
        return NULL;
    struct oversight *copy = core_alloc(sizeof *copy);
    *copy = *oversight;
    copy->post = name_of(core, oversight->post);
    copy->bearer_post = name_of(core, oversight->bearer_post);
    copy->bearer = name_of(core, oversight->bearer);
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
