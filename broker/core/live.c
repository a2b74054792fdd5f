#include "broker/core/live.h"

#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"
#include "broker/core/claim.h"
#include "broker/core/derived.h"
#include "broker/core/ending.h"
#include "broker/core/oversight.h"
#include "broker/core/rest.h"
#include "broker/core/task_more.h"
#include "broker/core/undo.h"
#include "schemas/ident.h"

void *core_alloc(size_t size_bytes)
{
    void *memory = calloc(1, size_bytes);
    ASSERT(memory);
    return memory;
}

bool incident_ended(enum incident_state state)
{
    return state == INCIDENT_CLOSED || state == INCIDENT_MERGED || state == INCIDENT_CANCELLED ||
           state == INCIDENT_REJECTED;
}

bool live_finished(const struct live *live)
{
    for (size_t i = 0; i < live->clock_count; i++) {
        if (live->clocks[i].state == CLOCK_RUNNING)
            return false;
    }
    return incident_ended(live->head.state);
}

/* --- finding --- */

/* Looking for one changes nothing that anybody could see. */
static struct live *awake(const struct core *core, void *thing)
{
    return thing && rest_is(thing) ? rest_end((struct core *)core, thing) : thing;
}

static void *thing_of(const struct core *core, uint64_t incident)
{
    return ident_journal(incident) == core->options.journal ? index_get(&core->live, ident_number(incident)) : NULL;
}

struct live *live_find(const struct core *core, uint64_t incident)
{
    return awake(core, thing_of(core, incident));
}

struct live *live_awake(const struct core *core, uint64_t incident)
{
    void *thing = thing_of(core, incident);
    return thing && !rest_is(thing) ? thing : NULL;
}

struct live *live_from(const struct core *core, uint64_t number)
{
    return awake(core, index_next(&core->live, number, false));
}

struct live *live_awake_from(const struct core *core, uint64_t number)
{
    void *thing;
    while ((thing = index_next(&core->live, number, false)) && rest_is(thing))
        number = ident_number(rest_incident(thing)) + 1;
    return thing;
}

/* Whom the walk woke, and nobody changed since. */
static void pass(struct core *core, struct live *live)
{
    if (!live->passing)
        return;
    live->passing = false;
    if (live->visiting) {
        live_stays(core, live);
        rest_begin(core, live);
    }
}

struct live *live_after(const struct core *core, struct live *live)
{
    uint64_t from = live ? ident_number(live->id) + 1 : 0;
    if (live)
        pass((struct core *)core, live);
    void *thing = index_next(&core->live, from, false);
    bool resting = thing && rest_is(thing);
    struct live *next = awake(core, thing);
    if (resting)
        next->passing = true;
    return next;
}

struct live_task *live_task_find(const struct live *live, uint32_t no)
{
    struct live_task *task = live->tasks;
    while (task && task->facts.no != no)
        task = task->next;
    return task;
}

static bool is_lead(const struct task *task)
{
    return task->role == TASK_LEAD && task->state != TASK_WITHDRAWN;
}

const char *live_unit_of(const void *of, uint32_t no)
{
    const struct live *live = of;
    for (const struct live_task *task = live->tasks; task; task = task->next)
        if (no ? task->facts.no == no : is_lead(&task->facts))
            return task->facts.unit;
    return NULL;
}

struct clock *live_clock_find(const struct live *live, enum clock_kind kind, uint32_t task)
{
    for (size_t i = 0; i < live->clock_count; i++) {
        if (live->clocks[i].kind == kind && live->clocks[i].task == task)
            return &live->clocks[i];
    }
    return NULL;
}

/* --- texts: names are shared, free text belongs to one row --- */

static const char *name_of(struct core *core, const char *text)
{
    return has_text(text) ? intern_text(&core->names, text) : "";
}

static void disown(const char *text)
{
    if (has_text(text))
        free((char *)text);
}

static const char *own(const char *text)
{
    if (!has_text(text))
        return "";
    char *copy = strdup(text);
    ASSERT(copy);
    return copy;
}

static void disown_more(const struct incident_more *more)
{
    if (!more)
        return;
    disown(more->object);
    oversight_disown(more->oversight);
    disown(more->about);
    ending_disown(more->ending);
    claim_disown(more->claim);
    disown(more->beside);
    free((void *)more);
}

/* Nothing in it is nothing: a row out of the store would not have it. */
static const struct incident_more *own_more(struct core *core, const struct incident_more *more)
{
    if (!more || (!has_text(more->object) && !has_text(more->about) && !more->oversight && !more->ending &&
                  !more->claim && !has_text(more->special) && !has_text(more->beside) && !more->same_as))
        return NULL;
    struct incident_more *copy = core_alloc(sizeof *copy);
    copy->object = own(more->object);
    copy->oversight = oversight_own(core, more->oversight);
    copy->about = own(more->about);
    copy->ending = ending_own(more->ending);
    copy->special = name_of(core, more->special);
    copy->special_clocks = name_of(core, more->special_clocks);
    copy->claim = claim_own(more->claim);
    copy->beside = own(more->beside);
    copy->same_as = more->same_as;
    return copy;
}

void live_own_task(struct core *core, struct task *task)
{
    task->unit = name_of(core, task->unit);
    task->principal = name_of(core, task->principal);
    task->worker = name_of(core, task->worker);
    task->last_worker = name_of(core, task->last_worker);
    task->spoke_principal = name_of(core, task->spoke_principal);
    task->spoke_person = own(task->spoke_person);
    task->reason = own(task->reason);
    task->more = task_more_own(core, task->more);
}

void live_disown_task(const struct task *task)
{
    disown(task->reason);
    disown(task->spoke_person);
    task_more_disown(task->more);
}

void live_own_ask(struct core *core, struct ask *ask)
{
    ask->unit = name_of(core, ask->unit);
    ask->principal = name_of(core, ask->principal);
    ask->decided_by = name_of(core, ask->decided_by);
    ask->agreed_by = name_of(core, ask->agreed_by);
    ask->person = own(ask->person);
    ask->reason = own(ask->reason);
    ask->decided_person = own(ask->decided_person);
    ask->agreed_person = own(ask->agreed_person);
}

void live_disown_ask(const struct ask *ask)
{
    disown(ask->person);
    disown(ask->reason);
    disown(ask->decided_person);
    disown(ask->agreed_person);
}

/* --- making and forgetting --- */

struct live *live_made(uint64_t incident)
{
    struct live *live = core_alloc(sizeof *live);
    live->id = live->due.incident = incident;
    return live;
}

struct live *live_new(struct core *core, uint64_t incident)
{
    ASSERT(ident_journal(incident) == core->options.journal);
    struct live *live = live_made(incident);
    index_put(&core->live, ident_number(incident), live);
    return live;
}

static void free_task(struct live_task *task)
{
    live_disown_task(&task->facts);
    free(task->words);
    free(task);
}

static void free_reports(struct reports *reports)
{
    if (!reports)
        return;
    free((void *)reports->keys);
    free((void *)reports->sources);
    disown(reports->device);
    free(reports);
}

static void free_rare(struct rare *rare)
{
    for (size_t i = 0; rare && i < rare->ask_count; i++)
        live_disown_ask(&rare->asks[i]);
    if (rare) {
        free(rare->asks);
        undo_disown(rare->undo);
        free_reports(rare->reports);
    }
    free(rare);
}

void live_free(struct live *live)
{
    for (struct live_task *task = live->tasks, *next; task; task = next) {
        next = task->next;
        free_task(task);
    }
    for (size_t i = 0; live->voices && i < live->voices->count; i++)
        disown(live->voices->heard[i].person);
    disown(live->head.event_id);
    disown(live->head.reason);
    disown_more(live->head.more);
    free(live->voices);
    free_rare(live->rare);
    free(live->clocks);
    free(live);
}

void live_stays(struct core *core, struct live *live)
{
    if (live->visiting)
        TAILQ_REMOVE(&core->visitors, live, visit);
    live->visiting = live->passing = false;
}

void live_drop(struct core *core, struct live *live)
{
    derived_remove(core, live);
    live_stays(core, live);
    core->dirty -= live->first_unflushed != 0;
    index_remove(&core->live, ident_number(live->id));
    live_free(live);
}

void live_visits(struct core *core, struct live *live)
{
    live->visiting = true;
    TAILQ_INSERT_TAIL(&core->visitors, live, visit);
}

void live_drop_visitors(struct core *core)
{
    struct live *live;
    while ((live = TAILQ_FIRST(&core->visitors))) {
        live_stays(core, live);
        if (live_finished(live))
            live_drop(core, live);
        else
            rest_begin(core, live);
    }
}

/* --- changing --- */

void live_set_head(struct core *core, struct live *live, const struct incident *head)
{
    struct incident was = live->head;
    live->head = *head;
    live->head.type = name_of(core, head->type);
    live->head.area = name_of(core, head->area);
    live->head.responsible_area = name_of(core, head->responsible_area);
    live->head.source = name_of(core, head->source);
    live->head.route = name_of(core, head->route);
    live->head.ladder = name_of(core, head->ladder);
    live->head.event_id = own(head->event_id);
    live->head.reason = own(head->reason);
    live->head.more = own_more(core, head->more);
    disown(was.event_id);
    disown(was.reason);
    disown_more(was.more);
}

static struct live_task *add_task(struct live *live, uint32_t no)
{
    struct live_task **at = &live->tasks;
    while (*at && (*at)->facts.no < no)
        at = &(*at)->next;
    struct live_task *task = core_alloc(sizeof *task);
    task->incident = live;
    task->next = *at;
    *at = task;
    live->task_count++;
    ASSERT(live->task_count <= TASKS_MAX);
    return task;
}

void live_set_task(struct core *core, struct live *live, const struct task *facts)
{
    struct live_task *task = live_task_find(live, facts->no);
    if (!task)
        task = add_task(live, facts->no);
    struct task was = task->facts;
    task->facts = *facts;
    live_own_task(core, &task->facts);
    live_disown_task(&was);
}

void live_set_clock(struct live *live, const struct clock *clock)
{
    struct clock *known = live_clock_find(live, clock->kind, clock->task);
    if (known) {
        *known = *clock;
        return;
    }
    ASSERT(live->clock_count < CLOCKS_MAX);
    live_make_room(live, 1);
    live->clocks[live->clock_count++] = *clock;
}

static struct rare *rare_of(struct live *live)
{
    if (!live->rare)
        live->rare = core_alloc(sizeof *live->rare);
    return live->rare;
}

static struct ask *ask_at(struct live *live, uint32_t no)
{
    struct rare *rare = rare_of(live);
    ASSERT(no > 0 && no <= rare->ask_count + 1 && no <= ASKS_MAX);
    if (no > rare->ask_count) {
        rare->asks = reallocarray(rare->asks, no, sizeof *rare->asks);
        ASSERT(rare->asks);
        rare->asks[rare->ask_count++] = (struct ask){0};
    }
    return &rare->asks[no - 1];
}

void live_set_ask(struct core *core, struct live *live, const struct ask *from)
{
    struct ask *ask = ask_at(live, from->no), was = *ask;
    *ask = *from;
    live_own_ask(core, ask);
    live_disown_ask(&was);
}

static void drop_undo(struct rare *rare)
{
    undo_disown(rare->undo);
    rare->undo = NULL;
}

void live_set_undo(struct core *core, struct live *live, const struct undo *undo)
{
    struct rare *rare = rare_of(live);
    drop_undo(rare);
    if (undo->until_ms)
        rare->undo = undo_own(core, undo);
}

void live_expire_undo(struct live *live, int64_t at_ms)
{
    if (live->rare && live->rare->undo && live->rare->undo->until_ms < at_ms)
        drop_undo(live->rare);
}

void live_make_room(struct live *live, size_t more)
{
    if (live->clock_count + more <= live->clock_room)
        return;
    live->clock_room = (uint8_t)(live->clock_count + more);
    live->clocks = reallocarray(live->clocks, live->clock_room, sizeof *live->clocks);
    ASSERT(live->clocks);
}

static void *copy_of(const void *items, size_t size_bytes)
{
    void *copy = size_bytes ? malloc(size_bytes) : NULL;
    ASSERT(copy || !size_bytes);
    return size_bytes ? memcpy(copy, items, size_bytes) : NULL;
}

void live_set_reports(struct core *core, struct live *live, const struct reports *reports)
{
    struct reports *copy = copy_of(reports, sizeof *reports);
    const char **sources = copy_of(reports->sources, reports->source_count * sizeof *sources);
    for (size_t i = 0; i < reports->source_count; i++)
        sources[i] = name_of(core, sources[i]);
    copy->keys = copy_of(reports->keys, reports->key_count * sizeof *reports->keys);
    copy->sources = sources;
    copy->device = own(reports->device);
    struct rare *rare = rare_of(live);
    free_reports(rare->reports);
    rare->reports = copy;
}

void live_keep_word(struct live *live, const struct word_kept *word)
{
    struct live_task *task = live_task_find(live, word->task);
    ASSERT(task);
    if (task->word_count == WORDS_KEPT) {
        memmove(task->words, task->words + 1, (WORDS_KEPT - 1) * sizeof *task->words);
    } else {
        task->words = reallocarray(task->words, task->word_count + 1, sizeof *task->words);
        ASSERT(task->words);
        task->word_count++;
    }
    task->words[task->word_count - 1] = *word;
}

void live_add_voice(struct core *core, struct live *live, const struct voice *voice)
{
    size_t count = live->voices ? live->voices->count : 0;
    ASSERT(count < VOICES_MAX);
    live->voices = realloc(live->voices, sizeof *live->voices + (count + 1) * sizeof *voice);
    ASSERT(live->voices);
    live->voices->heard[count] = *voice;
    live->voices->heard[count].principal = name_of(core, voice->principal);
    live->voices->heard[count].person = own(voice->person);
    live->voices->count = count + 1;
}

/* --- reading back --- */

const struct reports *live_reports(const struct live *live)
{
    return live->rare ? live->rare->reports : NULL;
}

static void lend(struct arena *arena, const char **text)
{
    *text = has_text(*text) ? arena_strdup(arena, *text) : "";
}

void live_lend_head(struct arena *arena, struct incident *head)
{
    lend(arena, &head->event_id);
    lend(arena, &head->reason);
    if (!head->more)
        return;
    struct incident_more *more = arena_memdup(arena, head->more, sizeof *head->more);
    lend(arena, &more->object);
    more->oversight = oversight_lend(arena, more->oversight);
    lend(arena, &more->about);
    more->ending = ending_lend(arena, more->ending);
    more->claim = claim_lend(arena, more->claim);
    lend(arena, &more->beside);
    head->more = more;
}

void live_lend_task(struct arena *arena, struct task *task)
{
    lend(arena, &task->reason);
    lend(arena, &task->spoke_person);
    task->more = task_more_lend(arena, task->more);
}

size_t live_lend_voices(struct arena *arena, const struct live *live, const struct voice **out)
{
    size_t count = live->voices ? live->voices->count : 0;
    struct voice *voices = arena_take(arena, count * sizeof *voices);
    for (size_t i = 0; i < count; i++) {
        voices[i] = live->voices->heard[i];
        lend(arena, &voices[i].person);
    }
    *out = voices;
    return count;
}

void live_lend_ask(struct arena *arena, struct ask *ask)
{
    lend(arena, &ask->person);
    lend(arena, &ask->reason);
    lend(arena, &ask->decided_person);
    lend(arena, &ask->agreed_person);
}

static void lend_asks(const struct rare *rare, struct arena *arena, struct row *row)
{
    struct ask *asks = arena_memdup(arena, rare->asks, rare->ask_count * sizeof *asks);
    for (size_t i = 0; i < rare->ask_count; i++)
        live_lend_ask(arena, &asks[i]);
    row->asks = asks;
    row->ask_count = rare->ask_count;
    row->undo = undo_lend(arena, rare->undo);
}

const struct reports *live_lend_reports(struct arena *arena, const struct reports *reports)
{
    if (!reports)
        return NULL;
    struct reports *copy = arena_memdup(arena, reports, sizeof *reports);
    copy->keys = arena_memdup(arena, reports->keys, reports->key_count * sizeof *reports->keys);
    copy->sources = arena_memdup(arena, reports->sources, reports->source_count * sizeof *reports->sources);
    lend(arena, &copy->device);
    return copy;
}

static void lend_tasks(const struct live *live, struct arena *arena, struct row *row)
{
    struct task *tasks = arena_take(arena, live->task_count * sizeof *tasks);
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        tasks[row->task_count] = task->facts;
        live_lend_task(arena, &tasks[row->task_count++]);
    }
    row->tasks = tasks;
}

static void lend_words(const struct live *live, struct arena *arena, struct row *row)
{
    size_t count = 0;
    for (const struct live_task *task = live->tasks; task; task = task->next)
        count += task->word_count;
    struct word_kept *words = ARENA_NEW(arena, struct word_kept, count);
    for (const struct live_task *task = live->tasks; task; task = task->next) {
        for (size_t i = 0; i < task->word_count; i++)
            words[row->word_count++] = task->words[i];
    }
    row->words = words;
}

void live_row(const struct live *live, struct arena *arena, struct row *row)
{
    *row = (struct row){.incident = live->id, .seq = live->seq, .head = live->head};
    live_lend_head(arena, &row->head);
    lend_tasks(live, arena, row);
    lend_words(live, arena, row);
    row->voice_count = live_lend_voices(arena, live, &row->voices);
    row->reports = live_lend_reports(arena, live_reports(live));
    struct clock *clocks = arena_take(arena, live->clock_count * sizeof *clocks);
    if (live->clock_count)
        memcpy(clocks, live->clocks, live->clock_count * sizeof *clocks);
    row->clocks = clocks;
    row->clock_count = live->clock_count;
    if (live->rare)
        lend_asks(live->rare, arena, row);
}
