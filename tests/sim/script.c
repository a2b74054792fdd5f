#include "tests/sim/script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINES_MAX 1000
#define WORDS_MAX 64

struct reader {
    struct script *script;
    char *at; /* the rest of the file */
    size_t no;
};

__attribute__((format(printf, 3, 4))) static bool fail(struct script *script, size_t no, const char *format, ...)
{
    va_list args;
    int used = snprintf(script->fault, sizeof(script->fault), "%s:%zu: ", script->path, no);
    va_start(args, format);
    vsnprintf(script->fault + used, sizeof(script->fault) - (size_t)used, format, args);
    va_end(args);
    return false;
}

static char *slurp(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long size;
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        text = arena_alloc(arena, (size_t)size + 1);
        if (fread(text, 1, (size_t)size, file) != (size_t)size)
            text = NULL;
    }
    fclose(file);
    return text;
}

static char *next_line(struct reader *r)
{
    char *line = r->at;
    if (!*line)
        return NULL;
    size_t length = strcspn(line, "\n");
    r->at += length + (line[length] == '\n');
    line[length] = '\0';
    r->no++;
    return line;
}

static bool blank(const char *line)
{
    return line[strspn(line, " \t\r")] == '\0';
}

/* --- words --- */

/* The next word, or what stands between quotes; NULL at the end of the line or at a comment. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " \t\r");
    bool quoted = *word == '"';
    if (!*word || *word == '#')
        return NULL;
    word += quoted;
    char *end = word + strcspn(word, quoted ? "\"" : " \t\r");
    *at = end + (*end != '\0');
    *end = '\0';
    return word;
}

static size_t split(char *text, const char **words)
{
    size_t count = 0;
    char *word;
    while (count < WORDS_MAX && (word = next_word(&text)))
        words[count++] = word;
    return count;
}

static const char **keep(struct script *script, const char **words, size_t count)
{
    return arena_memdup(&script->arena, words, count * sizeof(*words));
}

static struct line *add_line(struct script *script, size_t no, const char *text, const char **words, size_t count)
{
    struct line *line = &script->lines[script->line_count++];
    *line = (struct line){.no = no, .text = text, .words = keep(script, words, count), .word_count = count};
    return line;
}

/* How many words say when: "at 2026-09-30 17:50", "at 17:50", "+ 10m". */
static size_t time_words(const char **words, size_t count)
{
    if (count >= 2 && strcmp(words[0], "+") == 0)
        return 2;
    if (count < 2 || strcmp(words[0], "at") != 0)
        return 0;
    return strchr(words[1], '-') && count >= 3 && strchr(words[2], ':') ? 3 : 2;
}

static bool add_sentence(struct script *script, size_t no, const char *text, const char **words, size_t count)
{
    bool together = strcmp(words[count - 1], "&") == 0;
    size_t when = time_words(words, count -= together);
    if (script->line_count + 2 > LINES_MAX)
        return fail(script, no, "more than %d lines", LINES_MAX);
    if (when)
        add_line(script, no, text, words, when);
    if (count > when)
        add_line(script, no, text, words + when, count - when);
    if (script->line_count == 0)
        return fail(script, no, "nothing goes with what follows");
    script->lines[script->line_count - 1].together = together;
    return true;
}

/* "=> ..." stands at the end of its line, or alone on the next. */
static bool add(struct script *script, size_t no, char *line)
{
    const char *text = arena_strdup(&script->arena, line + strspn(line, " \t"));
    const char *words[WORDS_MAX];
    size_t all = split(line, words), count = 0;
    while (count < all && strcmp(words[count], "=>") != 0)
        count++;
    if (count > 0 && !add_sentence(script, no, text, words, count))
        return false;
    if (count == all)
        return true;
    if (script->line_count == 0)
        return fail(script, no, "an answer to nothing");
    struct line *asked = &script->lines[script->line_count - 1];
    asked->reply = keep(script, words + count + 1, all - count - 1);
    asked->reply_count = all - count - 1;
    return true;
}

/* --- blocks --- */

static size_t indent_of(const char *line)
{
    return strspn(line, " ");
}

/* The indented lines that follow. */
static const char *read_block(struct reader *r)
{
    const char *block = "";
    size_t common = 0;
    while (*r->at == ' ' || *r->at == '\n') {
        char *line = next_line(r);
        if (!common && !blank(line))
            common = indent_of(line);
        size_t cut = indent_of(line) < common ? indent_of(line) : common;
        block = arena_printf(&r->script->arena, "%s%s\n", block, line + cut);
    }
    return block;
}

static bool opens_block(const struct line *line)
{
    const char *last = line->words[line->word_count - 1];
    size_t length = strlen(last);
    return length > 0 && last[length - 1] == ':';
}

/* --- the file --- */

static bool read_name(struct reader *r, const char **name)
{
    char *line = next_line(r);
    if (!line || strncmp(line, "# ", 2) != 0 || blank(line + 2))
        return fail(r->script, r->no, "a scenario begins with its names: \"# 中文名\", then \"# English name\"");
    *name = line + 2;
    return true;
}

bool script_read(struct script *script, const char *path)
{
    struct reader r = {.script = script};
    char *line;
    *script = (struct script){.path = path};
    arena_init(&script->arena);
    script->path = arena_strdup(&script->arena, path);
    script->lines = ARENA_NEW(&script->arena, struct line, LINES_MAX);
    if (!(r.at = slurp(&script->arena, path)))
        return fail(script, 0, "cannot be read");
    if (!read_name(&r, &script->chinese) || !read_name(&r, &script->english))
        return false;
    while ((line = next_line(&r))) {
        size_t before = script->line_count;
        if (!add(script, r.no, line))
            return false;
        if (script->line_count > before && opens_block(&script->lines[script->line_count - 1]))
            script->lines[script->line_count - 1].block = read_block(&r);
    }
    return true;
}

void script_release(struct script *script)
{
    arena_release(&script->arena);
}

/* --- times --- */

bool script_span(const char *word, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    *ms = 0;
    for (bool any = false; *word || !any; any = true) {
        char *end;
        size_t i = 0, length = 0;
        if (!isdigit((unsigned char)*word))
            return false;
        long long n = strtoll(word, &end, 10);
        while (isalpha((unsigned char)end[length]))
            length++;
        while (i < 5 && (strncmp(units[i].unit, end, length) != 0 || units[i].unit[length] || !length))
            i++;
        if (i == 5)
            return false;
        *ms += n * units[i].ms;
        word = end + length;
    }
    return true;
}

bool script_time(const char *date, const char *time, int offset_minutes, int64_t *ms)
{
    struct tm tm = {0};
    const char *rest = strptime(date, "%Y-%m-%d", &tm);
    if (!rest || *rest)
        return false;
    rest = strptime(time, strchr(time, ':') != strrchr(time, ':') ? "%H:%M:%S" : "%H:%M", &tm);
    if (!rest || *rest)
        return false;
    *ms = (int64_t)timegm(&tm) * 1000 - offset_minutes * INT64_C(60000);
    return true;
}
