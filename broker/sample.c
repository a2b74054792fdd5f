#include "broker/sample.h"

#include <string.h>

/* Whether it belongs to what is drawn from. Exercises never do. What was handled on site closed as it came in; a
 * consultation that did was answered at the desk. */
static bool fits(const struct act *act, const struct row *row)
{
    const struct incident *head = &row->head;
    if (head->state != INCIDENT_CLOSED || head->exercise)
        return false;
    if (head->closed_ms < act->from_ms || head->closed_ms >= act->until_ms)
        return false;
    return !act->on_site || (head->closed_ms == head->received_ms && head->nature != NATURE_CONSULT);
}

static void add(struct sampling *sampling, uint64_t incident)
{
    if (sampling->count == SAMPLE_OF_MAX)
        sampling->too_many = true;
    else
        sampling->incidents[sampling->count++] = incident;
}

/* What is in memory is as it is now; of what is not, the store knows the end. */
static void gather_live(struct turn *t, const struct act *act, struct sampling *sampling)
{
    struct arena arena;
    struct row row;
    uint64_t cursor = 0;
    arena_init(&arena);
    while (!sampling->too_many && core_next_live(t->core, &cursor, &arena, &row)) {
        if (fits(act, &row))
            add(sampling, row.incident);
        arena_reset(&arena);
    }
    arena_release(&arena);
}

static void gather_closed(struct turn *t, const struct act *act, struct sampling *sampling)
{
    struct arena arena;
    struct row row;
    uint64_t cursor_ms = (uint64_t)act->until_ms, cursor_id = 0;
    arena_init(&arena);
    while (!sampling->too_many && store_next_closed(t->store, &cursor_ms, &cursor_id, &arena, &row) &&
           (int64_t)cursor_ms >= act->from_ms) {
        if (!core_has(t->core, row.incident) && fits(act, &row))
            add(sampling, row.incident);
        arena_reset(&arena);
    }
    arena_release(&arena);
}

void sample_gather(struct turn *t, const struct act *act, struct sampling *sampling)
{
    const struct store_meta *meta = store_meta(t->store);
    *sampling = (struct sampling){.seed_seq = meta->sequence};
    if (act->from_ms <= 0 || act->until_ms <= act->from_ms)
        return; /* refused */
    sampling->incidents = ARENA_NEW(&t->arena, uint64_t, SAMPLE_OF_MAX);
    memcpy(sampling->seed, meta->chain.bytes, DIGEST_BYTES);
    gather_live(t, act, sampling);
    gather_closed(t, act, sampling);
}
