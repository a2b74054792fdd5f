/* The only writer of state, live and on replay. It never reads policy: a record carries whole post-states. */
#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/core/derived.h"
#include "broker/core/live.h"
#include "broker/core/presence.h"
#include "broker/core/reckon.h"
#include "broker/core/rest.h"
#include "broker/core/routine.h"
#include "broker/core/side.h"
#include "schemas/ident.h"

/* --- write-behind: since when a row is ahead of the store --- */

static void touch(struct core *core, struct live *live, uint64_t seq)
{
    live->seq = seq;
    if (!live->first_unflushed) {
        live->first_unflushed = seq;
        core->dirty++;
        index_mark(&core->live, ident_number(live->id), true);
    } else if (live->handed_seq && !live->first_since) {
        live->first_since = seq;
    }
}

/* --- one change to one row --- */

static void keep_word(struct live *live, const struct record *record)
{
    if (record->word && !key_is_none(&record->key))
        live_keep_word(live, &(struct word_kept){record->key, record->digest, record->seq, record->task, record->term,
                                                 record->at_ms});
}

static void apply_change(struct core *core, const struct record *record, const struct change *change)
{
    struct live *live = live_find(core, change->incident);
    if (live && record->seq <= live->seq)
        return;
    ASSERT(live || record->kind == RECORD_OPENED);
    if (live)
        derived_remove(core, live);
    else
        live_make_room(live = live_new(core, change->incident), change->clock_count);
    if (change->head)
        live_set_head(core, live, change->head);
    for (size_t i = 0; i < change->task_count; i++)
        live_set_task(core, live, &change->tasks[i]);
    for (size_t i = 0; i < change->clock_count; i++)
        live_set_clock(live, &change->clocks[i]);
    for (size_t i = 0; i < change->voice_count; i++)
        live_add_voice(core, live, &change->voices[i]);
    for (size_t i = 0; i < change->ask_count; i++)
        live_set_ask(core, live, &change->asks[i]);
    live_expire_undo(live, record->at_ms);
    if (change->undo)
        live_set_undo(core, live, change->undo);
    if (change->reports)
        live_set_reports(core, live, change->reports);
    keep_word(live, record);
    live_stays(core, live);
    touch(core, live, record->seq);
    derived_add(core, live);
}

/* --- what is not in a row --- */

/* An incident ends by exactly one record. */
static bool ends_incident(const struct record *record)
{
    const struct incident *head = record->change_count ? record->changes[0].head : NULL;
    return head && incident_ended(head->state);
}

/* A small step is slewed away; a large one stays beside the broker's time until an operator accepts it. */
static int64_t unaccepted(int64_t offset_ms)
{
    return offset_ms > -STEP_SLEW_MS && offset_ms < STEP_SLEW_MS ? 0 : offset_ms;
}

static void apply_counters(struct core *core, const struct record *record)
{
    struct counters *counters = &core->counters;
    if (record->seq <= counters->seq)
        return;
    counters->seq = record->seq;
    if (record->kind == RECORD_WALL_STEP)
        counters->wall_off_ms += unaccepted(record->offset_ms);
    if (record->kind == RECORD_OPENED) {
        uint64_t number = ident_number(record->changes[0].incident);
        counters->accepted++;
        counters->number = number > counters->number ? number : counters->number;
    }
    if (ends_incident(record))
        counters->closed++;
    if (record->kind == RECORD_REOPENED)
        counters->closed--;
}

/* Words are kept in their task; everything else with a key is remembered for the window. */
static void apply_key(struct core *core, const struct record *record)
{
    if (record->word)
        return;
    dedup_add(&core->dedup, &(struct dedup_entry){
                                .key = record->key,
                                .digest = record->digest,
                                .incident = record->change_count ? record->changes[0].incident : 0,
                                .seq = record->seq,
                                .at_ms = record->at_ms,
                                .journal = core->options.journal,
                                .term = core->term,
                            });
}

void core_apply(struct core *core, const struct record *record)
{
    if (record->kind == RECORD_STARTED) {
        core->term = record->term;
        core->stopped_ms = record->from_ms;
        core->started_ms = record->at_ms;
    }
    for (size_t i = 0; i < record->change_count; i++)
        apply_change(core, record, &record->changes[i]);
    side_apply(core, record);
    apply_counters(core, record);
    apply_key(core, record);
    if (record->seq > core->seq)
        core->seq = record->seq;
}

/* --- restart, and fetching an evicted incident --- */

void core_load(struct core *core, const struct row *row)
{
    if (core_has(core, row->incident))
        return;
    struct live *live = live_new(core, row->incident);
    live_set_head(core, live, &row->head);
    for (size_t i = 0; i < row->task_count; i++)
        live_set_task(core, live, &row->tasks[i]);
    live_make_room(live, row->clock_count);
    for (size_t i = 0; i < row->clock_count; i++)
        live_set_clock(live, &row->clocks[i]);
    for (size_t i = 0; i < row->ask_count; i++)
        live_set_ask(core, live, &row->asks[i]);
    if (row->undo)
        live_set_undo(core, live, row->undo);
    for (size_t i = 0; i < row->word_count; i++)
        live_keep_word(live, &row->words[i]);
    for (size_t i = 0; i < row->voice_count; i++)
        live_add_voice(core, live, &row->voices[i]);
    if (row->reports)
        live_set_reports(core, live, row->reports);
    live->seq = row->seq;
    derived_add(core, live);
    if (live_finished(live))
        live_visits(core, live);
    else
        rest_begin(core, live);
}

void core_load_key(struct core *core, const struct key128 *key, const struct key128 *digest,
                   const struct receipt *receipt)
{
    dedup_expire(&core->dedup, receipt->at_ms);
    dedup_add(&core->dedup, &(struct dedup_entry){*key, *digest, receipt->incident, receipt->seq, receipt->at_ms,
                                                  receipt->journal, receipt->term});
}

void core_ready(struct core *core, int64_t now_ms)
{
    reckon_begin(core);
    routine_begin(core);
    uint64_t from = 0;
    for (struct live *live; (live = live_awake_from(core, from)); from = ident_number(live->id) + 1) {
        for (struct live_task *task = live->tasks; task; task = task->next) {
            if (task_leased(&task->facts))
                presence_assume(core, task, now_ms);
        }
    }
}
