#include "tests/sim/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "broker/prove.h"

/* --- the trail --- */

static int fault_of(struct audit *a, const char *what, const char *key)
{
    if (!*a->fault)
        snprintf(a->fault, sizeof(a->fault), "%s: %s (sequence %" PRIu64 ")", what, key, a->seq);
    return -1;
}

static int once(struct audit *a, const char *what, const char *key)
{
    if (textmap_get(&a->once, key))
        return fault_of(a, what, key);
    textmap_put(&a->once, key, a);
    return 0;
}

static int opened(struct audit *a, const struct record *record)
{
    char *key = arena_printf(&a->arena, "%s/%s", record->principal, record->event->id);
    uint64_t *incident = ARENA_NEW(&a->arena, uint64_t, 1);
    if (textmap_get(&a->opened, key))
        return fault_of(a, "an event opened two incidents", key);
    *incident = record->changes[0].incident;
    textmap_put(&a->opened, key, incident);
    return 0;
}

static int look(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct audit *a = arg;
    const struct change *change = record->change_count ? &record->changes[0] : NULL;
    if (record->seq != ++a->seq)
        return fault_of(a, "sequence is not dense", "");
    if (record->at_ms < a->at_ms)
        return fault_of(a, "time went back", "");
    if (record->rung && record->rung->due_ms > record->at_ms)
        return fault_of(a, "a rung fired before it was due", "");
    a->at_ms = record->at_ms;
    a->trace = hash_bytes(&(uint64_t[]){a->trace, record->seq, (uint64_t)record->at_ms, record->kind,
                                        change ? change->incident : 0, hash_bytes(bytes, size)},
                          6 * sizeof(uint64_t));
    switch (record->kind) {
    case RECORD_OPENED:
        a->absences += !*record->principal;
        return opened(a, record);
    case RECORD_RUNG:
        return once(a, "a rung fired twice",
                    arena_printf(&a->arena, "rung %" PRIu64 "/%u/%d/%" PRId64 "/%u", change->incident,
                                 record->rung->task, (int)record->rung->clock, change->clocks[0].started_ms,
                                 record->rung->number));
    case RECORD_OFFERED:
        return once(a, "an epoch was given twice",
                    arena_printf(&a->arena, "offer %" PRIu64 "/%u/%u", change->incident, record->task, record->epoch));
    case RECORD_FED_BACK:
        return once(
            a, "one epoch fed back twice",
            arena_printf(&a->arena, "feedback %" PRIu64 "/%u/%u", change->incident, record->task, record->epoch));
    case RECORD_RECKONED:
        a->reckoned++;
        return 0;
    case RECORD_CLOSED:
        return change->head && change->head->outcome ? 0 : fault_of(a, "closed without an outcome", "");
    default:
        return 0;
    }
}

/* --- a full replay --- */

static int apply(void *arg, const struct record *record, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    core_apply(arg, record);
    return 0;
}

static void tell_fault(void *arg, const char *sentence)
{
    fault_of(arg, sentence, "");
}

void audit_init(struct audit *a, struct turn *t, int64_t now_ms)
{
    *a = (struct audit){0};
    arena_init(&a->arena);
    int error = store_replay(t->store, 0, look, a);
    if (error)
        fault_of(a, "the trail cannot be read to its end", strerror(-error));
    struct core *replayed = core_new(&(struct core_options){.journal = store_meta(t->store)->journal});
    store_replay(t->store, 0, apply, replayed);
    core_ready(replayed, now_ms);
    prove_same(t->core, replayed, tell_fault, a);
    core_free(replayed);
}

void audit_release(struct audit *a)
{
    textmap_release(&a->opened);
    textmap_release(&a->once);
    arena_release(&a->arena);
}

uint64_t audit_opened(const struct audit *a, const char *source, const char *id)
{
    char key[256];
    snprintf(key, sizeof(key), "%s/%s", source, id);
    const uint64_t *incident = textmap_get(&a->opened, key);
    return incident ? *incident : 0;
}
