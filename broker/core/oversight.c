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
    const struct oversight *oversight = oversight_of(head);
    int64_t bearer_ms = oversight->bearer_until_ms, held_ms = oversight->held_until_ms;
    if (!head->more || incident_ended(head->state))
        return 0;
    return held_ms && (!bearer_ms || held_ms < bearer_ms) ? held_ms : bearer_ms;
}

static const char *name_of(struct core *core, const char *text)
{
    return has_text(text) ? intern_text(&core->names, text) : "";
}

/* To whom they go is found when they are told. */
static const struct rung *own_held(const struct oversight *oversight)
{
    struct rung *held = oversight->held_count ? core_alloc(oversight->held_count * sizeof *held) : NULL;
    for (size_t i = 0; i < oversight->held_count; i++) {
        const struct rung *rung = &oversight->held[i];
        held[i] = (struct rung){.clock = rung->clock, .task = rung->task, .number = rung->number};
        held[i].colour = rung->colour;
        held[i].ups = rung->ups;
        held[i].due_ms = rung->due_ms;
        held[i].unconnected = rung->unconnected;
    }
    return held;
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
    copy->at_area = name_of(core, oversight->at_area);
    copy->held = own_held(oversight);
    return copy;
}

void oversight_disown(const struct oversight *oversight)
{
    if (oversight)
        free((void *)oversight->held);
    free((void *)oversight);
}

const struct oversight *oversight_lend(struct arena *arena, const struct oversight *oversight)
{
    if (!oversight)
        return NULL;
    struct oversight *copy = arena_memdup(arena, oversight, sizeof *oversight);
    copy->held = arena_memdup(arena, oversight->held, oversight->held_count * sizeof *oversight->held);
    return copy;
}
