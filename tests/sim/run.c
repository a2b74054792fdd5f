/* A scenario is run many times: plainly, with everything repeated, and with every crash there can be. */
#include "tests/sim/run.h"

#include <stdio.h>
#include <string.h>

#include "broker/base/panic.h"
#include "tests/sim/audit.h"
#include "tests/sim/play.h"
#include "tests/sim/tell.h"

#define BASE_CITY  "tests/sim/scenarios/city"
#define START_DATE "2026-09-30"
#define START_TIME "09:00"

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

/* The sentence that a line is, with the words that stand for its capitals; NULL when there is none. */
static const struct sentence *sentence_of(const struct line *line, const char *any[ANY_MAX], struct words *rest)
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
    if (!play->world.up)
        return;
    play->world.next_commit = CRASH_NONE;
    play_turn(play); /* a quiet one: rows are written */
    world_kill(&play->world);
    if (play_start(play))
        play_claim_all(play);
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
    if (play->line->reply_count && sentence->kind != ASKS) {
        play_fail(play, "nobody answers this");
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
        play_converse(play);
    if (play->injection == INJECT_NOTHING)
        play->line->commits = play->world.turn.stats.commits != commits;
    if (injected)
        play->world.next_commit = CRASH_NONE;
    if (play->injection == INJECT_REPEAT && sentence->kind != LOOKS && !play->question_count)
        play_claim_all(play);
}

/* --- a run --- */

static bool is_date(const struct line *line)
{
    return line->word_count > 1 && strcmp(line->words[0], "at") == 0 && strchr(line->words[1], '-');
}

static const char *time_of_day(const struct line *line)
{
    return line->word_count > 2 ? line->words[2] : "00:00";
}

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
        else if (!is_date(play->line) || !script_time(play->line->words[1], time_of_day(play->line), 8 * 60, &start_ms))
            break;
    }
    city_try(&play->city);
    city_keep(&play->city, true);
    struct world_options options = {1, start_ms, play->city.folder, .quiet_percent = quiet_percent(play)};
    if (!world_open(&play->world, &options))
        play_broke(play);
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
    fprintf(stderr, "panic scenario=%s line=%zu run=\"%s\"\n", play->script->path, play->line ? play->line->no : 0,
            play->run);
}

static void name_run(struct play *play)
{
    static const char *const names[] = {"", "everything repeated", "killed before line %zu",
                                        "the commit of line %zu lost", "the commit of line %zu unknown"};
    snprintf(play->run, sizeof(play->run), names[play->injection], play->inject_at ? play->inject_at->no : 0);
}

static void open_play(struct play *play, struct script *script, enum injection injection, const struct line *at)
{
    memset(play, 0, sizeof(*play));
    play->script = script;
    play->injection = injection;
    play->inject_at = at;
    arena_init(&play->arena);
    arena_init(&play->step);
    name_run(play);
    panic_set_story(tell_story, play);
    if (!city_open(&play->city, &play->arena, BASE_CITY))
        play_fail(play, "no city in %s", BASE_CITY);
}

static void close_play(struct play *play)
{
    world_close(&play->world);
    city_close(&play->city);
    arena_release(&play->step);
    arena_release(&play->arena);
    panic_set_story(NULL, NULL);
}

/* False with the play's fault filled. */
static bool run(struct play *play, struct script *script, enum injection injection, const struct line *at, bool loud)
{
    open_play(play, script, injection, at);
    play->loud = loud;
    for (size_t i = begin(play); i < script->line_count && !*play->fault; i++) {
        play->line = &script->lines[i];
        play_line(play);
    }
    check_trail(play);
    close_play(play);
    return !*play->fault;
}

/* With every crash that the line can meet. */
static bool run_with_crashes(struct play *play, struct script *script, const struct line *line)
{
    const char *any[ANY_MAX];
    struct words rest;
    if (sentence_of(line, any, &rest)->kind == LOOKS)
        return true;
    return run(play, script, INJECT_BEFORE, line, false) &&
           (!line->commits ||
            (run(play, script, INJECT_LOST, line, false) && run(play, script, INJECT_UNKNOWN, line, false)));
}

const char *run_scenario(struct script *script, bool loud)
{
    static struct play play;
    bool well = run(&play, script, INJECT_NOTHING, NULL, loud);
    bool plainly = well;
    well = well && run(&play, script, INJECT_REPEAT, NULL, false);
    for (size_t i = 0; i < script->line_count && well; i++)
        well = run_with_crashes(&play, script, &script->lines[i]);
    if (plainly && !well && loud)
        run(&play, script, play.injection, play.inject_at, true);
    return well ? NULL : play.fault;
}
