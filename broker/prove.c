#include "broker/prove.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/recover.h"
#include "broker/store/store.h"
#include "schemas/ident.h"

#define HELD_MIN 200000 /* incidents held before those that have ended are let go */

struct proof {
    struct store *store;
    struct core *replayed;  /* every record, from the first there is */
    struct core *restarted; /* as the broker would find it */
    struct arena arena;
    size_t held_max;
    bool forgot, let_go; /* records were forgotten by a trim; incidents were let go */
    prove_fn *fn;
    void *arg;
    uint64_t bad;
};

static void tell(struct proof *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct proof *p, const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    p->bad++;
    p->fn(p->arg, sentence);
}

static const char *name_of(struct proof *p, uint64_t incident)
{
    char *name = arena_take(&p->arena, IDENT_TEXT_BYTES);
    ident_format(incident, name);
    return name;
}

/* --- the same --- */

static bool same_bytes(struct buffer *a, struct buffer *b)
{
    bool same = a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
    buffer_release(a);
    buffer_release(b);
    return same;
}

static bool same_row(const struct row *mine, const struct row *theirs)
{
    struct buffer a = {0}, b = {0};
    row_encode(mine, &a);
    row_encode(theirs, &b);
    return same_bytes(&a, &b);
}

static bool same_side(const struct side *mine, const struct side *theirs)
{
    struct buffer a = {0}, b = {0};
    side_encode(mine, &a);
    side_encode(theirs, &b);
    return same_bytes(&a, &b);
}

static void compare_rows(struct proof *p)
{
    struct row row, other;
    for (uint64_t cursor = 0; core_next_live(p->restarted, &cursor, &p->arena, &row); arena_reset(&p->arena)) {
        bool there = core_row(p->replayed, row.incident, &p->arena, &other);
        if (there ? !same_row(&row, &other) : !p->let_go)
            tell(p, "incident %s differs after a full replay", name_of(p, row.incident));
    }
}

static size_t count_sides(struct proof *p, const struct core *core)
{
    struct side side;
    size_t count = 0;
    for (size_t cursor = 0; core_next_side(core, &cursor, &p->arena, &side); arena_reset(&p->arena))
        count++;
    return count;
}

/* What is gone from memory is gone after a replay too, so the two are as many. */
static void compare_sides(struct proof *p)
{
    struct side mine, theirs;
    for (size_t cursor = 0; core_next_side(p->restarted, &cursor, &p->arena, &mine); arena_reset(&p->arena))
        if (!core_side(p->replayed, mine.kind, mine.key, &p->arena, &theirs) || !same_side(&mine, &theirs))
            tell(p, "%s %s differs after a full replay", side_kind_name(mine.kind), mine.key);
    size_t restarted = count_sides(p, p->restarted), replayed = count_sides(p, p->replayed);
    if (restarted != replayed)
        tell(p, "%zu rows beside incidents, but %zu after a full replay", restarted, replayed);
}

static void compare_counters(struct proof *p)
{
    struct counters mine = core_counters(p->restarted), theirs = core_counters(p->replayed);
    if (mine.number < theirs.number) /* a restore skips some: none may be given twice */
        tell(p, "the last number is %" PRIu64 ", but %" PRIu64 " after a full replay", mine.number, theirs.number);
    if (mine.accepted != theirs.accepted || mine.closed != theirs.closed || mine.wall_off_ms != theirs.wall_off_ms)
        tell(p, "%" PRIu64 " accepted and %" PRIu64 " closed, but %" PRIu64 " and %" PRIu64 " after a full replay",
             mine.accepted, mine.closed, theirs.accepted, theirs.closed);
}

static void compare(struct proof *p)
{
    compare_rows(p);
    compare_sides(p);
    if (!p->forgot)
        compare_counters(p);
}

uint64_t prove_same(const struct core *memory, const struct core *replayed, prove_fn *fn, void *arg)
{
    struct proof p = {.restarted = (struct core *)memory, .replayed = (struct core *)replayed, .fn = fn, .arg = arg};
    arena_init(&p.arena);
    compare(&p);
    arena_release(&p.arena);
    return p.bad;
}

/* --- a full replay --- */

/* Its opening was forgotten, or it was let go: its row says what came of it. */
static void find_incident(struct proof *p, const struct record *record, uint64_t incident)
{
    struct row row;
    if (record->kind == RECORD_OPENED || core_has(p->replayed, incident))
        return;
    if (store_get_row(p->store, incident, &p->arena, &row) == 0)
        core_load(p->replayed, &row);
    else
        tell(p, "record %" PRIu64 " is about incident %s, of which there is nothing else", record->seq,
             name_of(p, incident));
}

/* A stored row reflects exactly the records up to its own: what they give then is what it says. */
static void hold_row_against(struct proof *p, const struct record *record, uint64_t incident)
{
    struct row stored, row;
    if (store_get_row(p->store, incident, &p->arena, &stored) != 0 || stored.seq != record->seq)
        return;
    if (!core_row(p->replayed, incident, &p->arena, &row) || !same_row(&stored, &row))
        tell(p, "the row of incident %s is not what the records up to %" PRIu64 " say", name_of(p, incident),
             record->seq);
}

/* A repeat within the window gets the first receipt. */
static void ask_for_key(struct proof *p, const struct record *record)
{
    struct receipt receipt;
    int64_t last_ms = store_meta(p->store)->last_ms;
    if ((record->key.hi | record->key.lo) == 0 || record->word || record->at_ms <= last_ms - DEDUP_WINDOW_MS)
        return;
    uint64_t incident = record->change_count ? record->changes[0].incident : 0;
    if (!core_receipt(p->restarted, &record->key, last_ms, &receipt))
        tell(p, "the key of record %" PRIu64 " is forgotten: a repeat would be taken for new", record->seq);
    else if (receipt.seq != record->seq || receipt.incident != incident)
        tell(p, "a repeat of record %" PRIu64 " would be told of record %" PRIu64, record->seq, receipt.seq);
}

static void let_go(struct proof *p)
{
    struct row row;
    if (core_live(p->replayed) < p->held_max)
        return;
    for (uint64_t cursor = 0; core_next_dirty(p->replayed, &cursor, &p->arena, &row); arena_reset(&p->arena))
        core_flushed(p->replayed, row.incident, row.seq);
    p->let_go = true;
    p->held_max = HELD_MIN + 2 * core_live(p->replayed);
}

static int load_side(void *arg, const struct side *side)
{
    core_load_side(arg, side);
    return 0;
}

static int replay_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct proof *p = arg;
    (void)bytes, (void)size_bytes;
    if (core_sequence(p->replayed) == 0 && record->seq > 1) {
        p->forgot = true;
        store_each_side(p->store, load_side, p->replayed);
    }
    uint64_t bad = p->bad;
    for (size_t i = 0; i < record->change_count; i++)
        find_incident(p, record, record->changes[i].incident);
    if (p->bad > bad)
        return 1; /* what follows cannot be judged */
    core_apply(p->replayed, record);
    for (size_t i = 0; i < record->change_count; i++)
        hold_row_against(p, record, record->changes[i].incident);
    ask_for_key(p, record);
    let_go(p);
    arena_reset(&p->arena);
    return 0;
}

/* What a restart does not hold has ended, and its row is as new as its records. */
static void find_forgotten(struct proof *p)
{
    struct row row, stored;
    for (uint64_t cursor = 0; core_next_live(p->replayed, &cursor, &p->arena, &row); arena_reset(&p->arena))
        if (!core_has(p->restarted, row.incident) &&
            (store_get_row(p->store, row.incident, &p->arena, &stored) != 0 || stored.seq != row.seq))
            tell(p, "incident %s is forgotten by a restart", name_of(p, row.incident));
}

static int prove_open(struct proof *p)
{
    char fault[256];
    struct recovered count;
    int error = recover(p->restarted, p->store, &count, fault);
    if (error == 0)
        error = store_replay(p->store, 0, replay_record, p);
    else
        tell(p, "%s", fault);
    if (error < 0 && p->bad == 0)
        tell(p, "%s", store_fault());
    if (error == 0) {
        find_forgotten(p);
        compare(p);
    }
    return error < 0 ? error : 0;
}

int prove_store(const char *folder, prove_fn *fn, void *arg, uint64_t *bad)
{
    struct proof p = {.fn = fn, .arg = arg, .held_max = HELD_MIN};
    struct store_options options = {.read_only = true};
    const char *fault = "";
    int error = store_open(folder, &options, &p.store, &fault);
    if (error != 0) {
        tell(&p, "%s", fault);
        *bad = p.bad;
        return error;
    }
    struct core_options made = {.journal = store_meta(p.store)->journal, .exercise = store_meta(p.store)->exercise};
    p.replayed = core_new(&made);
    p.restarted = core_new(&made);
    arena_init(&p.arena);
    error = prove_open(&p);
    arena_release(&p.arena);
    core_free(p.restarted);
    core_free(p.replayed);
    store_close(p.store);
    *bad = p.bad;
    return error;
}
