/* Rows out of memory: which are ahead of the store, and what readers see. */
#include <string.h>

#include "broker/core/live.h"
#include "broker/core/ending.h"
#include "broker/core/oversight.h"
#include "broker/core/rest.h"
#include "broker/core/side.h"
#include "schemas/ident.h"

/* --- write-behind --- */

uint64_t core_sequence(const struct core *core)
{
    return core->seq;
}

void core_set_sequence(struct core *core, uint64_t seq)
{
    core->seq = seq;
}

struct counters core_counters(const struct core *core)
{
    return core->counters;
}

void core_set_counters(struct core *core, struct counters counters)
{
    core->counters = counters;
}

size_t core_dirty(const struct core *core)
{
    return core->dirty;
}

uint64_t core_first_unflushed(const struct core *core)
{
    uint64_t first = side_first_unflushed(core);
    for (const struct live *live = NULL; (live = index_next(&core->live, live ? ident_number(live->id) + 1 : 0, true));)
        if (!first || live->first_unflushed < first)
            first = live->first_unflushed;
    return first;
}

static void *next_after(const struct core *core, uint64_t cursor, bool dirty)
{
    return index_next(&core->live, cursor ? ident_number(cursor) + 1 : 0, dirty);
}

bool core_next_dirty(struct core *core, uint64_t *cursor, struct arena *arena, struct row *row)
{
    struct live *live = next_after(core, *cursor, true);
    if (!live)
        return false;
    live->handed_seq = live->seq;
    live->first_since = 0;
    live_row(live, arena, row);
    *cursor = live->id;
    return true;
}

static void clean(struct core *core, struct live *live)
{
    live->first_unflushed = live->handed_seq = live->first_since = 0;
    core->dirty--;
    index_mark(&core->live, ident_number(live->id), false);
    if (live_finished(live))
        live_drop(core, live);
    else if (!live->visiting)
        rest_begin(core, live);
}

void core_flushed(struct core *core, uint64_t incident, uint64_t seq)
{
    struct live *live = live_awake(core, incident);
    if (!live || !live->first_unflushed || live->handed_seq != seq)
        return;
    if (live->seq == seq) {
        clean(core, live);
        return;
    }
    live->first_unflushed = live->first_since;
    live->handed_seq = live->first_since = 0;
}

/* --- reading --- */

bool core_has(const struct core *core, uint64_t incident)
{
    return ident_journal(incident) == core->options.journal && index_get(&core->live, ident_number(incident));
}

static void row_of(const struct core *core, void *thing, struct arena *arena, struct row *row)
{
    if (rest_is(thing))
        rest_row(core, thing, arena, row);
    else
        live_row(thing, arena, row);
}

bool core_row(const struct core *core, uint64_t incident, struct arena *arena, struct row *row)
{
    if (!core_has(core, incident))
        return false;
    row_of(core, index_get(&core->live, ident_number(incident)), arena, row);
    return true;
}

bool core_next_live(const struct core *core, uint64_t *cursor, struct arena *arena, struct row *row)
{
    void *thing = next_after(core, *cursor, false);
    if (!thing)
        return false;
    row_of(core, thing, arena, row);
    *cursor = row->incident;
    return true;
}

size_t core_live(const struct core *core)
{
    return core->live.count;
}

/* --- digest: FNV-1a over what a row says, absent texts as empty ones --- */

static void mix_bytes(uint64_t *digest, const void *bytes, size_t size_bytes)
{
    for (const unsigned char *at = bytes; size_bytes > 0; at++, size_bytes--)
        *digest = (*digest ^ *at) * UINT64_C(0x100000001b3);
}

static void mix_number(uint64_t *digest, int64_t number)
{
    mix_bytes(digest, &number, sizeof number);
}

static void mix_text(uint64_t *digest, const char *text)
{
    mix_bytes(digest, text_or_empty(text), strlen(text_or_empty(text)) + 1);
}

static void mix_oversight(uint64_t *digest, const struct oversight *oversight)
{
    const int64_t numbers[] = {oversight->urges, oversight->supervisions, oversight->bearer_until_ms};
    mix_bytes(digest, numbers, sizeof numbers);
    mix_text(digest, oversight->post);
    mix_text(digest, oversight->bearer_post);
    mix_text(digest, oversight->bearer);
    mix_number(digest, oversight->held_until_ms);
    mix_number(digest, oversight->informed);
    mix_number(digest, oversight->unaccounted);
    mix_text(digest, oversight->at_area);
    mix_number(digest, oversight->ups);
    mix_number(digest, oversight->downs);
    for (size_t i = 0; i < oversight->held_count; i++) {
        const struct rung *rung = &oversight->held[i];
        const int64_t held[] = {rung->clock, rung->task, rung->number, rung->colour, rung->ups, rung->due_ms};
        mix_bytes(digest, held, sizeof held);
    }
}

static void mix_ending(uint64_t *digest, const struct ending *ending)
{
    mix_text(digest, ending->referred_to);
    mix_number(digest, ending->planned_ms);
    mix_number(digest, ending->withdrawn);
}

static void mix_claim(uint64_t *digest, const struct claim *claim)
{
    if (!claim)
        return;
    mix_text(digest, claim->principal);
    mix_text(digest, claim->person);
    mix_number(digest, claim->since_ms);
    mix_number(digest, claim->until_ms);
}

static void mix_head(uint64_t *digest, const struct incident *head)
{
    const int64_t numbers[] = {head->state,    head->nature,  head->outcome,     head->verify,   head->unrouted,
                               head->severity, head->panic,   head->flagged,     head->sealed,   head->exercise,
                               head->reworks,  head->reopens, head->received_ms, head->closed_ms};
    const uint64_t links[] = {head->opened_seq, head->merged_into};
    const char *const texts[] = {head->type,     head->area,  head->responsible_area, head->source,
                                 head->event_id, head->route, head->reason,           head->ladder};
    mix_bytes(digest, numbers, sizeof numbers);
    mix_bytes(digest, links, sizeof links);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        mix_text(digest, texts[i]);
    if (!head->more)
        return;
    mix_text(digest, head->more->object);
    mix_text(digest, head->more->about);
    mix_claim(digest, head->more->claim);
    mix_oversight(digest, oversight_of(head));
    mix_text(digest, head->more->special);
    mix_text(digest, head->more->special_clocks);
    mix_ending(digest, ending_of(head));
    mix_text(digest, head->more->beside);
    mix_number(digest, head->more->same_as);
}

static void mix_task_more(uint64_t *digest, const struct task_more *more)
{
    mix_number(digest, more->whistled);
    mix_text(digest, more->sub_unit);
    mix_text(digest, more->plan);
    mix_text(digest, more->part);
    mix_number(digest, more->after);
    mix_number(digest, more->held);
    mix_number(digest, more->unaccounted);
    for (size_t i = 0; i < more->item_count; i++) {
        mix_text(digest, more->items[i].text);
        mix_number(digest, more->items[i].optional);
        mix_number(digest, more->items[i].done_ms);
    }
}

static void mix_task(uint64_t *digest, const struct task *facts)
{
    const int64_t numbers[] = {facts->no,           facts->epoch,        facts->lost,
                               facts->role,         facts->state,        facts->outcome,
                               facts->on_behalf,    facts->auto_respond, facts->dispatched_ms,
                               facts->responded_ms, facts->arrived_ms,   facts->done_ms};
    const char *const texts[] = {facts->unit,        facts->principal,       facts->worker,
                                 facts->last_worker, facts->spoke_principal, facts->spoke_person,
                                 facts->reason};
    mix_bytes(digest, numbers, sizeof numbers);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        mix_text(digest, texts[i]);
    if (facts->more)
        mix_task_more(digest, facts->more);
}

static void mix_words(uint64_t *digest, const struct live_task *task)
{
    for (size_t i = 0; i < task->word_count; i++) {
        const struct word_kept *word = &task->words[i];
        const uint64_t kept[] = {word->key.hi, word->key.lo, word->digest.hi, word->digest.lo,
                                 word->seq,    word->task,   word->term,      (uint64_t)word->at_ms};
        mix_bytes(digest, kept, sizeof kept);
    }
}

static void mix_clock(uint64_t *digest, const struct clock *clock)
{
    const int64_t numbers[] = {clock->kind,       clock->task,       clock->state,       clock->calendar,
                               clock->started_ms, clock->budget_ms,  clock->consumed_ms, clock->running_since_ms,
                               clock->due_ms,     clock->stopped_ms, clock->rung,        clock->next_ms,
                               clock->reached};
    mix_bytes(digest, numbers, sizeof numbers);
}

static void mix_voices(uint64_t *digest, const struct voices *voices)
{
    for (size_t i = 0; voices && i < voices->count; i++) {
        const struct voice *voice = &voices->heard[i];
        mix_number(digest, voice->task);
        mix_number(digest, voice->dispatched);
        mix_text(digest, voice->principal);
        mix_text(digest, voice->person);
    }
}

static void mix_ask(uint64_t *digest, const struct ask *ask)
{
    const int64_t numbers[] = {ask->no,         ask->task,     ask->kind,       ask->decision,
                               ask->was,        ask->asked_ms, ask->until_ms,   ask->span_ms,
                               ask->decided_ms, ask->clock,    ask->started_ms, ask->agreed_ms};
    const char *const texts[] = {ask->unit,       ask->principal,      ask->person,    ask->reason,
                                 ask->decided_by, ask->decided_person, ask->agreed_by, ask->agreed_person};
    mix_bytes(digest, numbers, sizeof numbers);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        mix_text(digest, texts[i]);
}

static void mix_reports(uint64_t *digest, const struct reports *reports)
{
    const uint64_t numbers[] = {
        reports->count, (uint64_t)reports->first_ms, (uint64_t)reports->last_ms, reports->last, reports->before,
        reports->placed};
    mix_bytes(digest, numbers, sizeof numbers);
    mix_bytes(digest, reports->keys, reports->key_count * sizeof *reports->keys);
    for (size_t i = 0; i < reports->source_count; i++)
        mix_text(digest, reports->sources[i]);
    mix_text(digest, reports->device);
}

static void mix_undo(uint64_t *digest, const struct undo *undo)
{
    const int64_t numbers[] = {(int64_t)undo->seq, undo->until_ms, undo->first, undo->last, undo->state};
    mix_bytes(digest, numbers, sizeof numbers);
    for (size_t i = 0; i < undo->task_count; i++)
        mix_task(digest, &undo->tasks[i]);
    for (size_t i = 0; i < undo->clock_count; i++)
        mix_clock(digest, &undo->clocks[i]);
    for (size_t i = 0; i < undo->ask_count; i++)
        mix_ask(digest, &undo->asks[i]);
}

static void mix_live(uint64_t *digest, const struct live *live)
{
    mix_number(digest, (int64_t)live->id);
    mix_number(digest, (int64_t)live->seq);
    mix_head(digest, &live->head);
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        mix_task(digest, &task->facts);
        mix_words(digest, task);
    }
    for (size_t i = 0; i < live->clock_count; i++)
        mix_clock(digest, &live->clocks[i]);
    mix_voices(digest, live->voices);
    for (size_t i = 0; live->rare && i < live->rare->ask_count; i++)
        mix_ask(digest, &live->rare->asks[i]);
    if (live->rare && live->rare->undo)
        mix_undo(digest, live->rare->undo);
    if (live_reports(live))
        mix_reports(digest, live_reports(live));
}

static uint64_t digest_of_side(const struct side *side)
{
    const int64_t numbers[] = {side->kind,        side->state,   side->count,    side->total,
                               side->colour,      side->number,  side->gone,     side->next_ms,
                               side->first_ms,    side->last_ms, side->until_ms, (int64_t)side->incident,
                               (int64_t)side->seq};
    const char *const texts[] = {side->key, side->name, side->text, side->principal, side->person};
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    mix_bytes(&digest, numbers, sizeof numbers);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        mix_text(&digest, texts[i]);
    for (size_t i = 0; i < side->list_count; i++)
        mix_text(&digest, side->list[i]);
    return digest;
}

/* These have no order: a sum. */
static uint64_t digest_of_sides(const struct core *core)
{
    uint64_t sum = 0;
    for (enum side_kind kind = 1; kind < SIDE_KIND_END; kind++)
        for (const struct live_side *side = NULL; (side = side_after(core, kind, side));)
            sum += digest_of_side(&side->facts);
    return sum;
}

uint64_t core_digest(const struct core *core)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325) + digest_of_sides(core);
    struct live *live = NULL;
    while ((live = live_after(core, live)))
        mix_live(&digest, live);
    return digest;
}
