#include "broker/recover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/log.h"
#include "broker/config/config.h"

struct recovering {
    struct core *core;
    struct store *store;
    struct recovered *count;
    struct arena arena;
};

static int load_row(void *arg, const struct row *row)
{
    struct recovering *r = arg;
    core_load(r->core, row);
    r->count->rows++;
    return 0;
}

static int load_side(void *arg, const struct side *side)
{
    struct recovering *r = arg;
    core_load_side(r->core, side);
    return 0;
}

static int load_key(void *arg, const struct key128 *key, const struct key128 *digest, const struct receipt *receipt)
{
    struct recovering *r = arg;
    core_load_key(r->core, key, digest, receipt);
    r->count->keys++;
    return 0;
}

/* A record about an incident that is not in memory: it may have been closed and evicted, so its row comes first, and
 * core_apply skips the record if that row is as new. */
static int replay_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct recovering *r = arg;
    struct row row;
    (void)bytes;
    (void)size_bytes;
    for (size_t i = 0; i < record->change_count; i++)
        if (!core_has(r->core, record->changes[i].incident) &&
            store_get_row(r->store, record->changes[i].incident, &r->arena, &row) == 0)
            core_load(r->core, &row);
    core_apply(r->core, record);
    arena_reset(&r->arena);
    r->count->records++;
    return 0;
}

int recover(struct core *core, struct store *store, struct recovered *count, char fault[256])
{
    struct recovering r = {.core = core, .store = store, .count = count};
    const struct store_meta *meta = store_meta(store);
    *count = (struct recovered){0};
    core_set_sequence(core, meta->watermark);
    core_set_counters(core, (struct counters){meta->counters.seq, meta->counters.number, meta->counters.accepted,
                                              meta->counters.closed, meta->counters.wall_off_ms});
    arena_init(&r.arena);
    int error = store_each_live(store, load_row, &r);
    if (!error)
        error = store_each_side(store, load_side, &r);
    if (!error)
        error = store_each_key(store, meta->last_ms - DEDUP_WINDOW_MS, load_key, &r);
    if (!error)
        error = store_replay(store, meta->watermark, replay_record, &r);
    arena_release(&r.arena);
    if (error) {
        snprintf(fault, 256, "cannot be recovered: %s: %s (%zu rows, %zu keys, %zu records read)", strerror(-error),
                 store_fault(), count->rows, count->keys, count->records);
        return error;
    }
    core_set_sequence(core, meta->sequence);
    return 0;
}

/* The policy last in force, as the store keeps it: what a new one is held against. NULL in a new store. */
static int last_policy(struct turn *t, struct policy **out)
{
    const struct store_meta *meta = store_meta(t->store);
    static const uint8_t none[DIGEST_BYTES];
    struct faults faults = {0};
    const char *bundle;
    size_t size;
    *out = NULL;
    if (memcmp(meta->policy, none, DIGEST_BYTES) == 0)
        return 0;
    int error = store_get_policy(t->store, INT64_MAX, &t->arena, &bundle, &size);
    if (!error)
        error = config_parse(bundle, size, out, &faults);
    if (error)
        log_error("policy unreadable=1 error=\"%s\" fault=\"%s\"", strerror(-error), faults_text(&faults));
    faults_release(&faults);
    return error;
}

/* A restart with other rules is a reload: decided against the rules that were in force. */
static int change_policy(struct turn *t, char fault[256])
{
    struct policy *last;
    int error = last_policy(t, &last);
    if (error) {
        snprintf(fault, 256, "the policy last in force cannot be read back: %s", strerror(-error));
        return error;
    }
    size_t before = t->outcome.effect_count;
    core_set_policy(t->core, last);
    turn_command(t, &(struct command){.kind = COMMAND_RELOAD, .principal = "", .reload = {t->policy, NULL, NULL}});
    bool refused = core_policy(t->core) != t->policy;
    if (refused && t->outcome.effect_count > before)
        snprintf(fault, 256, "the configuration cannot take the place of the one last in force: %s",
                 t->outcome.effects[before].refusal.reason);
    policy_free(last);
    if (refused)
        return -EBUSY;
    return store_put_policy(t->store, &t->policy->hash, t->policy->bundle, t->policy->bundle_bytes, t->now_ms);
}

static int64_t remembered_since(const struct turn *t)
{
    int64_t longest_ms = 0;
    for (size_t i = 0; i < t->policy->fold_count; i++)
        if (t->policy->folds[i].again_ms > longest_ms)
            longest_ms = t->policy->folds[i].again_ms;
    return t->now(t->time) - longest_ms;
}

/* What was closed lately may come again. */
static void load_ended(struct turn *t)
{
    int64_t since_ms = remembered_since(t);
    uint64_t cursor_ms = 0, cursor_id = 0;
    struct arena arena;
    struct row row;
    if (t->policy->fold_count == 0)
        return;
    arena_init(&arena);
    while (store_next_closed(t->store, &cursor_ms, &cursor_id, &arena, &row) && row.head.closed_ms >= since_ms) {
        core_load_ended(t->core, &row);
        arena_reset(&arena);
    }
    arena_release(&arena);
}

int recover_announce(struct turn *t, char fault[256])
{
    const struct store_meta *meta = store_meta(t->store);
    struct command start = {.kind = COMMAND_START, .principal = ""};
    int error = 0;
    core_ready(t->core, t->now(t->time));
    load_ended(t);
    start.start.term = meta->term;
    start.start.last_ms = meta->last_ms;
    start.start.exercise = meta->exercise;
    turn_command(t, &start);
    if (memcmp(meta->policy, t->policy->hash.bytes, DIGEST_BYTES) == 0)
        core_set_policy(t->core, t->policy);
    else
        error = change_policy(t, fault);
    if (error)
        return error;
    error = turn_run(t);
    if (!error)
        error = turn_land(t);
    if (error)
        snprintf(fault, 256, "the start could not be recorded: %s", strerror(-error));
    return error;
}
