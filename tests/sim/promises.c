#include "tests/sim/promises.h"

#include <stdio.h>
#include <string.h>

/* Who did what, by the trail. */
struct doing {
    const char *principal, *request;
    uint64_t incident;
};

struct trail {
    struct arena arena;
    struct doing *by_seq; /* from 1 on */
    uint64_t count, room;
    struct textmap done; /* "principal/request/kind" */
    promises_fn *fn;
    void *arg;
};

static void note(struct trail *t, const struct record *record)
{
    const char *key = arena_printf(&t->arena, "%s/%s/%d", record->principal, record->request, (int)record->kind);
    if (textmap_get(&t->done, key))
        t->fn(t->arg, "done twice", key);
    textmap_put(&t->done, key, t);
    t->by_seq[record->seq] =
        (struct doing){arena_strdup(&t->arena, record->principal), arena_strdup(&t->arena, record->request),
                       record->change_count ? record->changes[0].incident : 0};
}

static int take(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct trail *t = arg;
    (void)bytes;
    (void)size;
    if (record->seq <= t->room && record->request && *record->request)
        note(t, record);
    return 0;
}

static void read_trail(struct trail *t, struct turn *turn)
{
    arena_init(&t->arena);
    t->room = core_sequence(turn->core);
    t->by_seq = ARENA_NEW(&t->arena, struct doing, t->room + 1);
    if (store_replay(turn->store, 0, take, t) != 0)
        t->fn(t->arg, "the trail cannot be read", store_fault());
}

/* --- each log --- */

static void hold_events(struct trail *t, const struct actor *a, const char *name, const struct audit *audit)
{
    for (size_t k = 0; k < a->event_count; k++) {
        const struct promise *p = &a->events[k];
        if (!p->promised)
            t->fn(t->arg, "never answered", p->id);
        else if (audit_opened(audit, name, p->id) != p->receipt.incident)
            t->fn(t->arg, "promised and not in the trail", p->id);
    }
}

static void hold_said(struct trail *t, const struct actor *a, const char *name)
{
    for (const struct said *said = a->said; said; said = said->before) {
        const struct doing *doing = said->seq <= t->room ? &t->by_seq[said->seq] : NULL;
        if (!doing || !doing->principal || strcmp(doing->principal, name) != 0 ||
            strcmp(doing->request, said->request) != 0 || (said->incident && doing->incident != said->incident))
            t->fn(t->arg, "said to be done, and not in the trail", said->request);
    }
}

void promises_hold(const struct actor *actors, size_t actor_count, struct turn *turn, const struct audit *audit,
                   promises_fn *fn, void *arg)
{
    struct trail trail = {.fn = fn, .arg = arg};
    read_trail(&trail, turn);
    for (size_t i = 0; i < actor_count; i++) {
        const char *name = actors[i].world->network.principals[actors[i].at];
        hold_events(&trail, &actors[i], name, audit);
        hold_said(&trail, &actors[i], name);
    }
    textmap_release(&trail.done);
    arena_release(&trail.arena);
}
