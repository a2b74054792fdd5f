#include "tests/sim/tell.h"

#include <stdio.h>
#include <string.h>

#include "broker/base/log.h"
#include "schemas/ident.h"

/* The broker's own log is not the scenario's: a run has hundreds of brokers. */
void log_info(const char *format, ...)
{
    (void)format;
}

void log_warn(const char *format, ...)
{
    (void)format;
}

void log_error(const char *format, ...)
{
    (void)format;
}

struct seen seen_of(const struct record *record)
{
    struct seen seen = {.record = *record};
    if (record->rung)
        seen.rung = *record->rung;
    if (record->sample) {
        seen.sample = *record->sample;
        seen.drawn = (uint32_t)record->sample->drawn_count;
    }
    if (record->change_count > 0 && record->changes[0].ask_count > 0)
        seen.ask = record->changes[0].asks[0];
    if (record->event && record->event->recurrence_of)
        ident_parse(record->event->recurrence_of, &seen.again);
    if (record->change_count > 0)
        seen.incident = record->changes[0].incident;
    if (record->change_count > 1)
        seen.into = record->changes[1].incident;
    return seen;
}

static bool says_something(const struct field *field, const char *text)
{
    static const char *const nothing[] = {"", "0", "no", "never", "none", "0ms"};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++)
        if (field->kind == FIELD_NO || strcmp(text, nothing[i]) == 0)
            return false;
    return strcmp(field->key, "at") != 0;
}

const char *tell_record(struct play *play, const struct seen *seen)
{
    struct arena *arena = &play->step;
    const char *text = record_kind_name(seen->record.kind);
    if (seen->incident)
        text = arena_printf(arena, "%s %s", text, play_event(play, seen->incident));
    for (size_t i = 0; i < record_fields.count; i++) {
        const struct field *field = &record_fields.list[i];
        const char *value = field_text(play, field, seen);
        if (says_something(field, value) && field->kind == FIELD_YES)
            text = arena_printf(arena, "%s %s", text, field->key);
        else if (says_something(field, value))
            text = arena_printf(arena, "%s %s %s", text, field->key, value);
    }
    return text;
}

static int tell_one(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct play *play = arg;
    struct seen seen = seen_of(record);
    (void)bytes;
    (void)size;
    play->told = record->seq;
    printf("%s        · %s\n", play_time_text(play, record->at_ms), tell_record(play, &seen));
    return 0;
}

void tell_records(struct play *play)
{
    if (play->loud && play->world.up)
        store_replay(play->world.turn.store, play->told, tell_one, play);
}

static bool is_time(const struct line *line)
{
    return strcmp(line->words[0], "at") == 0 || strcmp(line->words[0], "+") == 0;
}

void tell_line(struct play *play)
{
    const struct line *line = play->line;
    if (play->loud && !is_time(line))
        printf("%s  %3zu %s\n", play_time_text(play, play->world.now_ms), line->no, line->text);
}

static const char *answer_text(struct play *play, const struct message *answer)
{
    switch (answer->kind) {
    case MESSAGE_RECEIPT:
        return arena_printf(&play->step, "receipt of %s%s", play_event(play, answer->receipt.incident),
                            answer->receipt.repeat ? ", as before" : "");
    case MESSAGE_REFUSAL:
        return arena_printf(&play->step, "refused %s: %s", refusal_name(answer->refusal.code), answer->refusal.reason);
    default:
        return message_name(answer->kind);
    }
}

void tell_answer(struct play *play, const struct question *question)
{
    if (play->loud && question->answer.kind)
        printf("%19s        → %s\n", "", answer_text(play, &question->answer));
}
