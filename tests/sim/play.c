#include "tests/sim/play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "schemas/ident.h"
#include "tests/sim/audit.h"
#include "tests/sim/tell.h"

#define BASE_CITY      "tests/sim/scenarios/city"
#define ATTEMPTS_MAX   4
#define TURNS_MAX      2000 /* at one instant: a tick fires at most TICK_RUNGS_MAX */
#define UNKNOWN_NUMBER 999999
#define START_DATE     "2026-09-30"
#define START_TIME     "09:00"

/* --- complaints --- */

static const char *injection_text(const struct play *play)
{
    static const char *const texts[] = {"", ", everything repeated", ", killed before line %zu",
                                        ", the commit of line %zu lost", ", the commit of line %zu unknown"};
    return texts[play->injection];
}

void play_fail(struct play *play, const char *format, ...)
{
    va_list args;
    size_t size = sizeof(play->fault);
    if (*play->fault)
        return;
    int used = snprintf(play->fault, size, "%s:%zu: ", play->script->path, play->line ? play->line->no : 0);
    va_start(args, format);
    used += vsnprintf(play->fault + used, size - (size_t)used, format, args);
    va_end(args);
    if (play->injection == INJECT_NOTHING || (size_t)used >= size)
        return;
    char where[80];
    snprintf(where, sizeof(where), injection_text(play), play->inject_at ? play->inject_at->no : 0);
    snprintf(play->fault + used, size - (size_t)used, " (run%s)", where);
}

static void broke(struct play *play)
{
    play_fail(play, "the broker did not come up: %s", play->world.fault);
}

/* --- names and times --- */

bool play_time(struct play *play, struct words *words, int64_t *ms)
{
    const char *date = words_next(words);
    *ms = 0;
    if (date && strcmp(date, "never") == 0)
        return true;
    const char *time = words_next(words);
    return time && script_time(date, time, play->world.turn.policy->utc_offset_minutes, ms);
}

const char *play_time_text(struct play *play, int64_t ms)
{
    int64_t local_ms = ms + play->world.turn.policy->utc_offset_minutes * INT64_C(60000);
    time_t seconds = (time_t)(local_ms / 1000);
    struct tm tm;
    char text[40];
    if (!ms)
        return "never";
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    return local_ms % 1000 ? arena_printf(&play->step, "%s.%03d", text, (int)(local_ms % 1000))
                           : arena_strdup(&play->step, text);
}

uint64_t play_incident(struct play *play, const char *event)
{
    if (event && strcmp(event, "unknown") == 0)
        return ident_pack(play->world.turn.policy->journal, UNKNOWN_NUMBER);
    const uint64_t *incident = event ? textmap_get(&play->incidents, event) : NULL;
    if (!incident)
        play_fail(play, "no event %s has been accepted", event ? event : "");
    return incident ? *incident : 0;
}

const char *play_event(struct play *play, uint64_t incident)
{
    size_t cursor = 0;
    const char *event;
    void *value;
    char text[IDENT_TEXT_BYTES];
    while (textmap_next(&play->incidents, &cursor, &event, &value))
        if (*(const uint64_t *)value == incident)
            return event;
    ident_format(incident, text);
    return incident ? arena_strdup(&play->step, text) : "none";
}

static void name_incident(struct play *play, const char *event, uint64_t incident)
{
    uint64_t *known = textmap_get(&play->incidents, event);
    if (known && *known != incident)
        play_fail(play, "event %s has a receipt for another incident than before", event);
    if (known)
        return;
    known = ARENA_NEW(&play->arena, uint64_t, 1);
    *known = incident;
    textmap_put(&play->incidents, event, known);
}

bool play_row(struct play *play, uint64_t incident, struct row *row)
{
    struct turn *t = &play->world.turn;
    if (!play->world.up) {
        play_fail(play, "the broker is down");
        return false;
    }
    return core_row(t->core, incident, &play->step, row) || store_get_row(t->store, incident, &play->step, row) == 0;
}

/* --- time --- */

void play_turn(struct play *play)
{
    struct world *w = &play->world;
    uint64_t restarts = w->restarts;
    if (*play->fault)
        return;
    cast_heartbeats(play);
    if (!world_turn(w)) {
        broke(play);
        return;
    }
    if (w->restarts != restarts)
        cast_reconnect(play);
    else
        cast_listen(play);
    if (!play->question_count)
        tell_records(play);
}

/* While the broker has a silence to notice every instant of it counts; else only deadlines do: those who live will be heard
 * whenever it looks. */
static int64_t next_instant(const struct play *play)
{
    const struct core *core = play->world.turn.core;
    if (!play->world.up)
        return INT64_MAX;
    return cast_unnoticed(play) ? core_next_due(core) : core_next_deadline(core);
}

/* Every deadline on the way has a turn of its own, at its own instant. */
void play_pass_until(struct play *play, int64_t until_ms)
{
    struct world *w = &play->world;
    bool together = play->line->together;
    int turns = 0;
    for (int64_t next_ms; !*play->fault && (next_ms = next_instant(play)) <= until_ms - together;) {
        turns = next_ms > w->now_ms ? 0 : turns + 1;
        if (next_ms > w->now_ms)
            w->now_ms = next_ms;
        if (turns == TURNS_MAX)
            play_fail(play, "time stands still: something is due and does not happen");
        play_turn(play);
        arena_reset(&play->step);
    }
    w->now_ms = until_ms;
    if (w->up && !together)
        play_turn(play);
}

bool play_start(struct play *play)
{
    if (!world_start(&play->world)) {
        broke(play);
        return false;
    }
    cast_reconnect(play);
    return true;
}

/* --- asking --- */

struct question *play_ask(struct play *play, struct seat *seat, const struct message *message)
{
    if (play->question_count == QUESTIONS_MAX) {
        play_fail(play, "more than %d commands in one turn", QUESTIONS_MAX);
        return &play->questions[0];
    }
    struct question *question = &play->questions[play->question_count++];
    *question = (struct question){.line = play->line, .seat = seat, .message = *message};
    question->message.tag = ++play->tag;
    return question;
}

/* Welcomes and credit are given anew with the new connection, a heartbeat with it. */
static bool repeated_by_reconnecting(const struct question *question)
{
    enum message_kind kind = question->message.kind;
    bool works = question->seat->endpoint == 'W';
    return works &&
           (kind == MESSAGE_CREDIT || kind == MESSAGE_HEARTBEAT || (kind == MESSAGE_HELLO && question->seat->welcomed));
}

static void ask_all(struct play *play)
{
    uint64_t restarts = play->world.restarts;
    for (size_t i = 0; i < play->question_count; i++)
        if (!play->questions[i].answered)
            cast_say(play, play->questions[i].seat, &play->questions[i].message);
    play_turn(play);
    if (play->world.up && world_finish_job(&play->world))
        play_turn(play);
    bool died = play->world.restarts != restarts;
    for (size_t i = 0; i < play->question_count; i++) {
        struct question *question = &play->questions[i];
        bool silent = question->message.kind == MESSAGE_CREDIT || question->message.kind == MESSAGE_BYE ||
                      question->message.kind == MESSAGE_HEARTBEAT;
        bool welcome = question->message.kind == MESSAGE_HELLO && question->seat->welcomed;
        question->repeated |= died && !question->answered;
        question->answered |= died ? repeated_by_reconnecting(question) : silent || welcome;
    }
}

static bool all_answered(const struct play *play)
{
    for (size_t i = 0; i < play->question_count; i++)
        if (!play->questions[i].answered)
            return false;
    return true;
}

/* What a client that repeats would find: nothing that was told is taken back, and what was lost is as if never said. */
static void check_receipt(struct play *play, const struct question *question)
{
    const struct receipt *receipt = &question->answer.receipt;
    if (question->answer.kind != MESSAGE_RECEIPT)
        return;
    if (question->event)
        name_incident(play, question->event, receipt->incident);
    if (question->repeated && play->world.struck == CRASH_UNKNOWN && !receipt->repeat)
        play_fail(play, "it was on disk when the broker died, and was done again when repeated");
}

/* --- promises --- */

static void keep_promise(struct play *play, const struct question *question)
{
    enum message_kind kind = question->message.kind;
    bool repeatable = kind == MESSAGE_PUBLISH || kind == MESSAGE_WORD || kind == MESSAGE_ACT;
    if (!repeatable || question->answer.kind != MESSAGE_RECEIPT || play->promise_count == PROMISES_MAX)
        return;
    play->promises[play->promise_count++] =
        (struct promise){question->seat, question->message, question->answer.receipt};
}

/* Who has left or may not speak any more cannot ask; and what is older than the window is forgotten. */
static bool claimable(const struct play *play, const struct promise *promise)
{
    const struct seat *seat = promise->seat;
    const struct principal *principal = policy_principal(play->world.turn.policy, seat->principal);
    bool here = seat->endpoint != 'W' || (seat->connected && !seat->silent);
    return here && principal && !principal->revoked && play->world.now_ms - promise->receipt.at_ms < DEDUP_WINDOW_MS;
}

/* The same again must get the first receipt, whatever has happened since. */
static void claim(struct play *play, const struct promise *promise)
{
    struct question *again = play_ask(play, promise->seat, &promise->message);
    const struct receipt *first = &promise->receipt, *receipt = &again->answer.receipt;
    cast_say(play, again->seat, &again->message);
    play_turn(play);
    bool same = again->answer.kind == MESSAGE_RECEIPT && receipt->repeat && receipt->incident == first->incident &&
                receipt->seq == first->seq && receipt->term == first->term && receipt->at_ms == first->at_ms;
    if (!same)
        play_fail(play, "what was accepted %s was said again and did not get its first receipt",
                  play_time_text(play, first->at_ms));
    play->question_count = 0;
}

static void claim_all(struct play *play)
{
    for (size_t i = 0; i < play->promise_count && play->world.up && !*play->fault; i++)
        if (claimable(play, &play->promises[i]))
            claim(play, &play->promises[i]);
}

static void close_questions(struct play *play)
{
    size_t count = play->question_count;
    for (size_t i = 0; i < count; i++) {
        struct question *question = &play->questions[i];
        play->line = question->line;
        check_receipt(play, question);
        tell_answer(play, question);
        expect_answer(play, question);
        if (question->message.kind == MESSAGE_BYE && !question->message.bye.drain)
            question->seat->connected = question->seat->welcomed = false;
        if (question->message.kind == MESSAGE_RELOAD)
            city_keep(&play->city, question->answer.kind == MESSAGE_RECEIPT);
        keep_promise(play, question);
    }
    play->question_count = 0;
    tell_records(play);
}

/* Asks until everything is answered, as clients do. */
static void converse(struct play *play)
{
    if (!play->world.up)
        play_fail(play, "the broker is down: nobody hears this");
    for (int i = 0; i < ATTEMPTS_MAX && !all_answered(play) && !*play->fault; i++)
        ask_all(play);
    if (!all_answered(play))
        play_fail(play, "the broker does not answer");
    close_questions(play);
}

/* --- one line --- */

static bool matches(const struct line *line, const char *form, const char *any[ANY_MAX], struct words *rest)
{
    size_t at = 0, n_any = 0;
    while (*form) {
        size_t length = strcspn(form, " ");
        const char *word = at < line->word_count ? line->words[at] : NULL;
        if (strcmp(form, "...") == 0) {
            *rest = (struct words){line->words + at, line->word_count - at};
            return true;
        }
        if (!word)
            return false;
        if (*form >= 'A' && *form <= 'Z')
            any[n_any++] = word;
        else if (strlen(word) != length || strncmp(form, word, length) != 0)
            return false;
        at++;
        form += length + (form[length] == ' ');
    }
    *rest = (struct words){0};
    return at == line->word_count;
}

const struct sentence *sentence_of(const struct line *line, const char *any[ANY_MAX], struct words *rest)
{
    const struct sentence *tables[] = {expecting, doing};
    for (size_t t = 0; t < 2; t++)
        for (const struct sentence *s = tables[t]; s->form; s++)
            if (matches(line, s->form, any, rest))
                return s;
    return NULL;
}

static void kill_here(struct play *play)
{
    enum crash planted = play->world.next_commit;
    if (!play->world.up || !world_turn(&play->world))
        return;
    world_kill(&play->world);
    if (play_start(play))
        claim_all(play);
    play->world.next_commit = planted;
}

/* Restarts find everything in rows here, everything in the journal elsewhere, and both in a plain run. */
static unsigned quiet_percent(const struct play *play)
{
    return play->injection == INJECT_BEFORE ? 100 : play->injection == INJECT_NOTHING ? 20 : 0;
}

/* Nobody is killed between two halves of a turn. */
static void inject(struct play *play)
{
    if (play->injection == INJECT_BEFORE && !play->question_count)
        kill_here(play);
    if (play->world.next_commit != CRASH_NONE)
        return; /* the scenario's own */
    if (play->injection == INJECT_LOST)
        play->world.next_commit = CRASH_LOST;
    else if (play->injection == INJECT_UNKNOWN)
        play->world.next_commit = CRASH_UNKNOWN;
}

static void play_line(struct play *play)
{
    const char *any[ANY_MAX];
    struct words rest;
    const struct sentence *sentence = sentence_of(play->line, any, &rest);
    if (!sentence) {
        play_fail(play, "not understood: %s", play->line->text);
        return;
    }
    bool injected = play->line == play->inject_at;
    uint64_t commits = play->world.turn.stats.commits;
    tell_line(play);
    if (injected)
        inject(play);
    if (!play->question_count)
        arena_reset(&play->step);
    sentence->play(play, any, &rest);
    if (play->question_count && !play->line->together && !*play->fault)
        converse(play);
    if (play->injection == INJECT_NOTHING)
        play->line->commits = play->world.turn.stats.commits != commits;
    if (injected)
        play->world.next_commit = CRASH_NONE;
    if (play->injection == INJECT_REPEAT && !play->question_count)
        claim_all(play);
}

/* --- a run --- */

/* What a scenario says before its first time and its first word is true from the start. */
static size_t begin(struct play *play)
{
    int64_t start_ms;
    size_t i = 0;
    const char *any[ANY_MAX];
    struct words rest;
    script_time(START_DATE, START_TIME, 8 * 60, &start_ms);
    for (; i < play->script->line_count; i++) {
        play->line = &play->script->lines[i];
        const struct sentence *sentence = sentence_of(play->line, any, &rest);
        if (play->line->block && sentence)
            sentence->play(play, any, &rest);
        else if (strcmp(play->line->words[0], "at") == 0 && play->line->word_count == 3)
            script_time(play->line->words[1], play->line->words[2], 8 * 60, &start_ms);
        else
            break;
    }
    city_try(&play->city);
    city_keep(&play->city, true);
    struct world_options options = {1, start_ms, play->city.folder, .quiet_percent = quiet_percent(play)};
    if (!world_open(&play->world, &options))
        broke(play);
    return i;
}

static void check_trail(struct play *play)
{
    struct audit audit;
    if (!play->world.up || *play->fault)
        return;
    audit_init(&audit, &play->world.turn, play->world.now_ms);
    if (*audit.fault)
        play_fail(play, "%s", audit.fault);
    audit_release(&audit);
}

static void tell_story(void *arg)
{
    const struct play *play = arg;
    fprintf(stderr, "panic scenario=%s line=%zu", play->script->path, play->line ? play->line->no : 0);
    fprintf(stderr, injection_text(play), play->inject_at ? play->inject_at->no : 0);
    fputc('\n', stderr);
}

bool play_once(struct play *play, struct script *script, enum injection injection, const struct line *at, bool loud)
{
    memset(play, 0, sizeof(*play));
    play->script = script;
    play->injection = injection;
    play->inject_at = at;
    play->loud = loud;
    arena_init(&play->arena);
    arena_init(&play->step);
    panic_set_story(tell_story, play);
    if (!city_open(&play->city, &play->arena, BASE_CITY))
        play_fail(play, "no city in %s", BASE_CITY);
    size_t i = begin(play);
    for (; i < script->line_count && !*play->fault; i++) {
        play->line = &script->lines[i];
        play_line(play);
    }
    check_trail(play);
    world_close(&play->world);
    city_close(&play->city);
    textmap_release(&play->incidents);
    arena_release(&play->step);
    arena_release(&play->arena);
    panic_set_story(NULL, NULL);
    return !*play->fault;
}

static bool play_with_crashes(struct play *play, struct script *script, const struct line *line)
{
    const char *any[ANY_MAX];
    struct words rest;
    if (sentence_of(line, any, &rest)->kind == LOOKS)
        return true;
    bool well = play_once(play, script, INJECT_BEFORE, line, false);
    if (well && line->commits)
        well =
            play_once(play, script, INJECT_LOST, line, false) && play_once(play, script, INJECT_UNKNOWN, line, false);
    return well;
}

const char *play_all(struct script *script, bool loud)
{
    static struct play play;
    bool well =
        play_once(&play, script, INJECT_NOTHING, NULL, loud) && play_once(&play, script, INJECT_REPEAT, NULL, false);
    for (size_t i = 0; i < script->line_count && well; i++)
        well = play_with_crashes(&play, script, &script->lines[i]);
    return well ? NULL : play.fault;
}
