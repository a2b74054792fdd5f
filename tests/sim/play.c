#include "tests/sim/play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/core/right.h"
#include "schemas/ident.h"
#include "tests/sim/tell.h"

#define BASE_CITY      "tests/sim/scenarios/city"
#define ATTEMPTS_MAX   4
#define TURNS_MAX      2000 /* at one instant: a tick fires at most TICK_RUNGS_MAX */
#define UNKNOWN        "unknown"
#define UNKNOWN_NUMBER 999999

/* --- complaints --- */

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
    if (*play->run && (size_t)used < size)
        snprintf(play->fault + used, size - (size_t)used, " (%s)", play->run);
}

void play_broke(struct play *play)
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
    bool timed = words->left && strchr(*words->at, ':');
    const char *time = timed ? words_next(words) : "00:00";
    return date && script_time(date, time, play->world.turn.policy->utc_offset_minutes, ms);
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

static struct named *named(struct play *play, const char *event)
{
    for (size_t i = 0; i < play->named_count; i++)
        if (strcmp(play->named[i].event, event) == 0)
            return &play->named[i];
    return NULL;
}

bool play_knows(struct play *play, const char *event)
{
    return strcmp(event, UNKNOWN) == 0 || named(play, event);
}

uint64_t play_incident(struct play *play, const char *event)
{
    const struct named *known = named(play, event);
    if (strcmp(event, UNKNOWN) == 0)
        return ident_pack(play->world.turn.policy->journal, UNKNOWN_NUMBER);
    if (!known)
        play_fail(play, "no event %s has been accepted", event);
    return known ? known->incident : 0;
}

/* Of several events of one incident, the first named. */
const char *play_event(struct play *play, uint64_t incident)
{
    char text[IDENT_TEXT_BYTES];
    for (size_t i = 0; i < play->named_count; i++)
        if (play->named[i].incident == incident)
            return play->named[i].event;
    ident_format(incident, text);
    return incident ? arena_strdup(&play->step, text) : "none";
}

void play_name(struct play *play, const char *event, uint64_t incident)
{
    const struct named *known = named(play, event);
    if (known && known->incident != incident)
        play_fail(play, "event %s has a receipt for another incident than before", event);
    else if (!known && play->named_count == NAMED_MAX)
        play_fail(play, "more than %d events", NAMED_MAX);
    else if (!known)
        play->named[play->named_count++] = (struct named){event, incident};
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
        play_broke(play);
        return;
    }
    if (w->restarts != restarts)
        cast_reconnect(play);
    else
        cast_listen(play);
    if (!play->question_count)
        tell_records(play);
}

/* While the broker has a silence to notice every instant of it counts; else only deadlines do: those who live will be
 * heard whenever it looks. */
static int64_t next_instant(const struct play *play)
{
    const struct core *core = play->world.turn.core;
    if (!play->world.up)
        return INT64_MAX;
    int64_t due_ms = cast_unnoticed(play) ? core_next_due(core) : core_next_deadline(core);
    int64_t notices_ms = play->world.turn.notices_ms;
    return notices_ms && notices_ms < due_ms ? notices_ms : due_ms;
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
        play_broke(play);
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

static bool gets_no_answer(enum message_kind kind)
{
    return kind == MESSAGE_CREDIT || kind == MESSAGE_HEARTBEAT || kind == MESSAGE_BYE;
}

/* After a death what a worker says of itself came anew with its new connection, but for its leave. A source's wish for
 * notices may have been refused, on record: it is said again. */
static void settle(struct question *question, bool died)
{
    enum message_kind kind = question->message.kind;
    question->repeated |= died && !question->answered;
    if (kind == MESSAGE_HELLO)
        question->answered |= question->seat->welcomed;
    else if (gets_no_answer(kind))
        question->answered |= !died || (kind != MESSAGE_BYE && question->seat->endpoint != 'P');
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
    for (size_t i = 0; i < play->question_count; i++)
        settle(&play->questions[i], play->world.restarts != restarts);
}

static bool all_answered(const struct play *play)
{
    for (size_t i = 0; i < play->question_count; i++)
        if (!play->questions[i].answered)
            return false;
    return true;
}

/* What was on disk when the broker died is not done again. */
static void check_receipt(struct play *play, const struct question *question)
{
    const struct receipt *receipt = &question->answer.receipt;
    if (question->answer.kind != MESSAGE_RECEIPT)
        return;
    if (question->event)
        play_name(play, question->event, receipt->incident);
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
    if (!principal)
        return false;
    bool here = seat->endpoint != 'W' || (seat->connected && !seat->silent && right_unit(principal, seat->unit));
    return here && !principal->revoked && play->world.now_ms - promise->receipt.at_ms < DEDUP_WINDOW_MS;
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

void play_claim_all(struct play *play)
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

void play_converse(struct play *play)
{
    if (!play->world.up)
        play_fail(play, "the broker is down: nobody hears this");
    for (int i = 0; i < ATTEMPTS_MAX && !all_answered(play) && !*play->fault; i++)
        ask_all(play);
    if (!all_answered(play))
        play_fail(play, "the broker does not answer");
    close_questions(play);
}
