#include "broker/core/step.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/core/denial.h"
#include "broker/core/notice.h"

/* --- the outcome: two arrays that grow in its arena --- */

void outcome_init(struct outcome *outcome, struct arena *arena)
{
    *outcome = (struct outcome){.arena = arena};
}

static void *grown(struct arena *arena, const void *items, size_t count, size_t *capacity, size_t item_bytes)
{
    *capacity = *capacity ? 4 * *capacity : 16;
    void *larger = arena_take(arena, *capacity * item_bytes);
    if (count)
        memcpy(larger, items, count * item_bytes);
    return larger;
}

static void add_record(struct outcome *outcome, const struct record *record)
{
    if (outcome->record_count == outcome->record_capacity)
        outcome->records = grown(outcome->arena, outcome->records, outcome->record_count, &outcome->record_capacity,
                                 sizeof *outcome->records);
    outcome->records[outcome->record_count++] = *record;
}

static struct effect *add_effect(struct step *step, enum effect_kind kind)
{
    struct outcome *outcome = step->outcome;
    if (outcome->effect_count == outcome->effect_capacity)
        outcome->effects = grown(outcome->arena, outcome->effects, outcome->effect_count, &outcome->effect_capacity,
                                 sizeof *outcome->effects);
    struct effect *effect = &outcome->effects[outcome->effect_count++];
    *effect = (struct effect){.kind = kind};
    return effect;
}

static struct effect *add_answer(struct step *step, enum effect_kind kind)
{
    struct effect *effect = add_effect(step, kind);
    effect->peer = step->command->peer;
    effect->tag = step->command->tag;
    return effect;
}

/* --- records --- */

struct record record_of_broker(const struct step *step, enum record_kind kind)
{
    return (struct record){.kind = kind, .at_ms = step->now_ms, .principal = "", .person = ""};
}

static void name_request(const struct command *command, struct record *record)
{
    switch (command->kind) {
    case COMMAND_PUBLISH:
        record->request = command->publish.event->id;
        break;
    case COMMAND_WORD:
        record->request = command->word->request;
        record->person = command->word->person;
        break;
    case COMMAND_ACT:
        record->request = command->act->request;
        record->person = command->act->person;
        break;
    case COMMAND_RELOAD:
        record->request = command->reload.request;
        record->person = command->reload.person;
        break;
    default:
        break;
    }
}

struct record record_of_command(const struct step *step, enum record_kind kind)
{
    struct record record = record_of_broker(step, kind);
    record.principal = text_or_empty(step->command->principal);
    record.key = step->command->key;
    record.digest = step->command->digest;
    name_request(step->command, &record);
    return record;
}

uint64_t step_record(struct step *step, struct record *record)
{
    record->seq = step->core->seq + 1;
    notice_tell(step, record);
    add_record(step->outcome, record);
    core_apply(step->writer, record);
    return record->seq;
}

/* --- answers --- */

static const char *printed(struct arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    size_t size_bytes = (size_t)vsnprintf(NULL, 0, format, again) + 1;
    va_end(again);
    char *text = arena_alloc(arena, size_bytes);
    vsnprintf(text, size_bytes, format, arguments);
    return text;
}

const char *step_text(struct step *step, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = printed(step->outcome->arena, format, arguments);
    va_end(arguments);
    return text;
}

bool step_refuse(struct step *step, enum refusal_code code, const char *field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *reason = printed(step->outcome->arena, format, arguments);
    va_end(arguments);
    add_answer(step, EFFECT_REFUSAL)->refusal = (struct refusal){.code = code, .field = field, .reason = reason};
    denial_count(step, text_or_empty(step->command->principal), code);
    return false;
}

bool step_refuse_later(struct step *step, uint32_t retry_after_ms, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *reason = printed(step->outcome->arena, format, arguments);
    va_end(arguments);
    add_answer(step, EFFECT_REFUSAL)->refusal =
        (struct refusal){.code = REFUSAL_OVERLOADED, .reason = reason, .retry_after_ms = retry_after_ms};
    return false;
}

bool step_overloaded(struct step *step, const char *reason)
{
    return step_refuse_later(step, OVERLOAD_RETRY_MS, "%s", reason);
}

static struct receipt receipt_of(const struct dedup_entry *entry)
{
    return (struct receipt){entry->incident, entry->journal, entry->term, entry->seq, entry->at_ms, false};
}

void step_receipt(struct step *step, uint64_t incident, uint64_t seq)
{
    const struct core *core = step->core;
    add_answer(step, EFFECT_RECEIPT)->receipt =
        (struct receipt){incident, core->options.journal, core->term, seq, step->now_ms, false};
}

void step_receipt_again(struct step *step, struct receipt first)
{
    first.repeat = true;
    add_answer(step, EFFECT_RECEIPT)->receipt = first;
}

bool step_repeats(struct step *step)
{
    const struct command *command = step->command;
    const struct dedup_entry *known = dedup_find(&step->core->dedup, &command->key, step->now_ms);
    if (!known)
        return false;
    if (key_equal(&known->digest, &command->digest))
        step_receipt_again(step, receipt_of(known));
    else
        step_refuse(step, REFUSAL_ID_CONFLICT, command->kind == COMMAND_PUBLISH ? "id" : "request",
                    "this id was used before, with different content (record %llu)", (unsigned long long)known->seq);
    return true;
}

void core_expect(const struct core *core, const struct key128 *key)
{
    dedup_prefetch(&core->dedup, key);
}

bool core_receipt(const struct core *core, const struct key128 *key, int64_t now_ms, struct receipt *out)
{
    const struct dedup_entry *known = dedup_find(&core->dedup, key, now_ms);
    if (!known)
        return false;
    *out = receipt_of(known);
    return true;
}

bool step_permitted(struct step *step, enum right right)
{
    const char *name = text_or_empty(step->command->principal);
    if (!step->who || step->who->revoked)
        return step_refuse(step, REFUSAL_UNKNOWN_SENDER, NULL, "no principal \"%s\" in force", name);
    if (!right_has(step->who, right))
        return step_refuse(step, REFUSAL_FORBIDDEN, NULL, "the roles of \"%s\" do not allow this", name);
    return true;
}

/* --- to workers --- */

void step_deliver(struct step *step, const struct live_task *task, const struct worker *worker)
{
    if (!worker->peer)
        return;
    struct effect *effect = add_effect(step, EFFECT_DELIVER);
    effect->peer = worker->peer;
    effect->incident = task->incident->id;
    effect->task = task->facts.no;
    effect->epoch = task->facts.epoch;
    effect->resume = task->facts.state != TASK_OFFERED;
}

void step_revoke(struct step *step, const struct live_task *task, const char *reason)
{
    if (!task->holder || !task->holder->peer)
        return;
    struct effect *effect = add_effect(step, EFFECT_REVOKE);
    effect->peer = task->holder->peer;
    effect->incident = task->incident->id;
    effect->task = task->facts.no;
    effect->epoch = task->facts.epoch;
    effect->reason = reason;
}

void step_urge(struct step *step, const struct live_task *task, const struct urge *said)
{
    if (!task->holder || !task->holder->peer)
        return;
    struct urge *urge = arena_memdup(step->outcome->arena, said, sizeof *said);
    urge->incident = task->incident->id;
    urge->task = task->facts.no;
    urge->epoch = task->facts.epoch;
    struct effect *effect = add_effect(step, EFFECT_URGE);
    effect->peer = task->holder->peer;
    effect->incident = urge->incident;
    effect->urge = urge;
}
