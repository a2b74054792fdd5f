#include "broker/durable.h"

#include "broker/now.h"
#include "schemas/ident.h"

/* Rows are written behind: when this many records are above the watermark, or when it has been quiet for a while. */
#define FLUSH_LAG        20000
#define FLUSH_QUIET_MS   200
#define FLUSH_SLICE_MIN  256
#define FLUSH_SLICE_PART 16 /* of what is dirty, so that slices grow with the lag */

/* Of an incident, or of what stands beside. */
struct written {
    uint64_t incident, seq;
    enum side_kind kind;
    const char *key;
};

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
    t->aloft.written[t->aloft.written_count++] = (struct written){.incident = row.incident, .seq = row.seq};
    int error = store_put_row(t->store, &row, row_closed(&row));
    return error ? error : 1;
}

static int write_side(struct turn *t)
{
    struct side side;
    if (!core_next_dirty_side(t->core, t->sweep_began, &t->arena, &side))
        return 0;
    t->aloft.written[t->aloft.written_count++] = (struct written){.kind = side.kind, .key = side.key, .seq = side.seq};
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
    while (t->aloft.written_count < slice) {
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

static bool rows_wait(const struct turn *t)
{
    return core_dirty(t->core) || t->sweep_began;
}

/* How many rows to write in this turn. */
static size_t slice_of(const struct turn *t)
{
    size_t dirty = core_dirty(t->core);
    bool behind = core_sequence(t->core) - store_meta(t->store)->watermark > FLUSH_LAG;
    if (!behind && !durable_wants_quietly(t))
        return 0;
    return dirty / FLUSH_SLICE_PART + FLUSH_SLICE_MIN;
}

static int put_rows(struct turn *t, size_t slice)
{
    t->aloft.written_count = 0;
    if (slice == 0)
        return 0;
    t->aloft.written = ARENA_NEW(&t->arena, struct written, slice);
    return write_rows(t, slice);
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
    t->stats.rows_flushed += t->aloft.written_count;
}

/* It is durable: so are its rows, and what is clean and ended leaves memory. */
static void arrive(struct turn *t)
{
    count(t);
    t->held_sequence = t->aloft.sequence;
    for (size_t i = 0; i < t->aloft.written_count; i++) {
        const struct written *row = &t->aloft.written[i];
        if (row->kind)
            core_flushed_side(t->core, row->kind, row->key, row->seq);
        else
            core_flushed(t->core, row->incident, row->seq);
    }
}

static int commit(struct turn *t, size_t slice)
{
    if (!t->outcome.record_count && !slice)
        return 0;
    int error = put_rows(t, slice);
    depart(t);
    if (!error)
        error = store_append(t->store, t->outcome.records, t->outcome.record_count);
    if (!error)
        error = store_commit(t->store);
    if (!error)
        arrive(t);
    return error;
}

int durable_commit(struct turn *t)
{
    return commit(t, slice_of(t));
}

int durable_commit_all(struct turn *t)
{
    return commit(t, core_dirty(t->core) + 1);
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
    return rows_wait(t) && quiet(t);
}

int64_t durable_wait_ms(const struct turn *t)
{
    return rows_wait(t) ? FLUSH_QUIET_MS : 1000;
}
