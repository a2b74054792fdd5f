#include "broker/durable.h"

#include "broker/now.h"
#include "schemas/ident.h"

/* Rows are written behind: when this many records are above the watermark, or when it has been quiet for a while. */
#define FLUSH_LAG        20000
#define FLUSH_QUIET_MS   200
#define FLUSH_FAR        (TAIL_MAX / 8)
#define FLUSH_SLICE_PART 16 /* of what is dirty, so that slices grow with a lag beyond that */

/* --- rows --- */

static bool terminal(enum incident_state state)
{
    return state == INCIDENT_CLOSED || state == INCIDENT_MERGED || state == INCIDENT_CANCELLED ||
           state == INCIDENT_REJECTED;
}

/* A row stays in the live table while a clock of it runs. */
static bool row_closed(const struct row *row)
{
    if (!terminal(row->head.state))
        return false;
    for (size_t i = 0; i < row->clock_count; i++)
        if (row->clocks[i].state == CLOCK_RUNNING)
            return false;
    return true;
}

static void begin_sweep(struct turn *t)
{
    t->sweep_began = core_sequence(t->core);
    t->sweep_last = ident_pack(store_meta(t->store)->journal, core_counters(t->core).number);
    t->sweep = 0;
}

static int end_sweep(struct turn *t)
{
    struct counters now = core_counters(t->core);
    struct store_counters stored = {now.seq, now.number, now.accepted, now.closed, now.wall_off_ms};
    int error = store_put_watermark(t->store, t->sweep_began, &stored);
    t->sweep_began = 0;
    return error;
}

/* The next row of the sweep: 1, or 0 at its end, or -errno. */
static int write_row(struct turn *t)
{
    struct row row;
    if (t->sweep >= t->sweep_last || !core_next_dirty(t->core, &t->sweep, &t->arena, &row)) {
        t->sweep = t->sweep_last;
        return 0;
    }
    int error = store_put_row(t->store, &row, row_closed(&row));
    return error ? error : 1;
}

static int write_side(struct turn *t)
{
    struct side side;
    if (!core_next_dirty_side(t->core, t->sweep_began, &t->arena, &side))
        return 0;
    int error = store_put_side(t->store, &side);
    return error ? error : 1;
}

/* A sweep walks the dirty rows in id order, a slice a turn, up to the last incident there was when it began (what is
 * opened meanwhile lies behind that: a sweep that followed it would never end), then those beside incidents that were
 * dirty when it began. At its end every record up to the sequence at which it began is in a stored row: that is the
 * watermark (STORE: rule 1). */
static int write_rows(struct turn *t, size_t slice)
{
    if (!t->sweep_began)
        begin_sweep(t);
    while (slice-- > 0) {
        int written = write_row(t);
        if (written == 0)
            written = write_side(t);
        if (written == 0)
            return end_sweep(t);
        if (written < 0)
            return written;
    }
    return 0;
}

static bool quiet(const struct turn *t)
{
    return now_mono_ms() - t->touched_ms >= FLUSH_QUIET_MS;
}

/* A sweep begins when the rows of the last one are clean: they become so with the tables, later than the turn. */
static bool rows_wait(const struct turn *t)
{
    return t->sweep_began || (core_dirty(t->core) && !store_rows_behind(t->store));
}

/* How many rows to write in this turn: more than it makes dirty, and no more than whoever asks meanwhile notices, however
 * many wait. */
static size_t slice_of(const struct turn *t)
{
    uint64_t lag = core_sequence(t->core) - store_meta(t->store)->watermark;
    if (!rows_wait(t) || !(lag > FLUSH_LAG || quiet(t)))
        return 0;
    size_t slice = t->flush_slice_min + 2 * t->outcome.record_count;
    return lag > FLUSH_FAR ? slice + core_dirty(t->core) / FLUSH_SLICE_PART : slice;
}

static int put_rows(struct turn *t, size_t slice)
{
    return slice == 0 ? 0 : write_rows(t, slice);
}

/* --- the commit --- */

static void depart(struct turn *t)
{
    t->aloft.began_us = now_mono_us();
    t->aloft.sequence = core_sequence(t->core);
}

static void count(struct turn *t)
{
    uint64_t took_us = (uint64_t)(now_mono_us() - t->aloft.began_us);
    t->stats.commits++;
    t->stats.commit_us += took_us;
    if (took_us > t->stats.commit_max_us)
        t->stats.commit_max_us = took_us;
    t->stats.records += t->outcome.record_count;
}

static void row_flushed(void *arg, uint64_t incident, uint64_t seq)
{
    core_flushed(((struct turn *)arg)->core, incident, seq);
}

static void side_flushed(void *arg, enum side_kind kind, const char *key, uint64_t seq)
{
    core_flushed_side(((struct turn *)arg)->core, kind, key, seq);
}

/* Rows that have become durable are clean, and what is clean and ended leaves memory. */
static void note_flushed(struct turn *t)
{
    t->stats.rows_flushed += store_take_flushed(t->store, row_flushed, side_flushed, t);
}

static void arrive(struct turn *t)
{
    count(t);
    t->held_sequence = t->aloft.sequence;
    note_flushed(t);
}

static int tend(struct turn *t)
{
    int error = store_tend(t->store, quiet(t));
    note_flushed(t);
    return error;
}

static int commit(struct turn *t, size_t slice)
{
    if (!t->outcome.record_count && !slice)
        return tend(t);
    int error = put_rows(t, slice);
    depart(t);
    if (!error)
        error = store_append(t->store, t->outcome.records, t->outcome.record_count);
    if (!error)
        error = store_commit(t->store);
    if (!error)
        arrive(t);
    return error ? error : tend(t);
}

int durable_commit(struct turn *t)
{
    return commit(t, slice_of(t));
}

int durable_commit_all(struct turn *t)
{
    int error = store_drain(t->store); /* what was put becomes clean, and is not put again */
    note_flushed(t);
    if (!error)
        error = commit(t, core_dirty(t->core) + 1);
    if (!error)
        error = store_drain(t->store);
    note_flushed(t);
    return error;
}

void durable_exchange(struct turn *t)
{
    struct arena arena = t->arena;
    struct outcome outcome = t->outcome;
    t->arena = t->aloft.arena;
    t->outcome = t->aloft.outcome;
    t->aloft.arena = arena;
    t->aloft.outcome = outcome;
    outbox_exchange(t->outbox);
}

int durable_launch(struct turn *t)
{
    int error = put_rows(t, slice_of(t));
    depart(t);
    if (!error)
        error = store_launch(t->store, t->outcome.records, t->outcome.record_count);
    if (error)
        return error;
    t->aloft.on = true;
    outcome_init(&t->aloft.outcome, &t->arena); /* of the turn that begins now */
    durable_exchange(t);
    return 0;
}

int durable_land(struct turn *t)
{
    int error = store_land(t->store);
    t->aloft.on = false;
    if (error)
        return error;
    durable_exchange(t);
    arrive(t);
    return 0;
}

/* --- when --- */

bool durable_wants(const struct turn *t)
{
    return t->outcome.record_count || t->outcome.effect_count || rows_wait(t);
}

bool durable_wants_quietly(const struct turn *t)
{
    return (rows_wait(t) && quiet(t)) || store_wants(t->store, quiet(t));
}

int64_t durable_wait_ms(const struct turn *t)
{
    struct store_space space;
    store_space(t->store, &space);
    return rows_wait(t) || space.behind ? FLUSH_QUIET_MS : 1000;
}
