#include "cli/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"

static struct cell *cell_of(struct figures *figures, const struct group *group, size_t figure, unsigned of)
{
    struct cell **at = &group->cells[figure];
    while (*at && (*at)->of < of)
        at = &(*at)->next;
    if (*at && (*at)->of == of)
        return *at;
    struct cell *cell = ARENA_NEW(&figures->arena, struct cell, 1);
    cell->of = of;
    cell->next = *at;
    return *at = cell;
}

static struct group *group_new(struct figures *figures, const char *key)
{
    struct group *group = ARENA_NEW(&figures->arena, struct group, 1);
    group->key = key;
    group->cells = ARENA_NEW(&figures->arena, struct cell *, figure_table_size);
    for (size_t i = 0; i < figure_table_size; i++)
        if (figure_table[i].of == OF_NOTHING)
            cell_of(figures, group, i, 0);
    return group;
}

static struct group *group_of(struct figures *figures, const char *key)
{
    struct group *group = textmap_get(&figures->by_key, key);
    if (!group) {
        group = group_new(figures, key);
        textmap_put(&figures->by_key, key, group);
    }
    return group;
}

/* --- which group --- */

static const char *keep(struct figures *figures, const char *code, size_t length)
{
    char text[CODE_MAX_BYTES + 1];
    snprintf(text, sizeof(text), "%.*s", (int)length, code);
    return intern_text(&figures->keys, text);
}

/* A code's first so many steps: "1.02.01" at depth 2 is "1.02". */
static size_t depth_length(const char *code, unsigned depth)
{
    const char *end = code;
    for (; depth && *end; depth--)
        end += strcspn(end + 1, ".") + 1;
    return (size_t)(end - code);
}

/* An area's digits are cut at the level; one of a wider level stays what it is. */
static const char *key_of(struct figures *figures, const struct life *life)
{
    unsigned cut = figures->question->cut;
    switch (figures->question->by) {
    case BY_AREA:
        return keep(figures, life->area, strnlen(life->area, cut));
    case BY_TYPE:
        return keep(figures, life->type, depth_length(life->type, cut));
    case BY_SOURCE:
        return life->source;
    default:
        return NULL;
    }
}

static const char *unit_of(const struct life *life, const struct dispatch *whose)
{
    const struct dispatch *dispatch = whose ? whose : life_lead(life);
    return dispatch ? dispatch->unit : "";
}

/* --- counting --- */

bool counting_within(const struct counting *counting, int64_t at_ms)
{
    const struct figures_question *question = counting->question;
    return at_ms >= question->from_ms && at_ms < question->to_ms && at_ms < question->as_of_ms;
}

typedef void into_cell(struct cell *, int64_t);

static void add(struct cell *cell, int64_t part)
{
    cell->whole++;
    cell->part += part != 0;
}

static void sample(struct cell *cell, int64_t span_ms)
{
    cell->whole++;
    buffer_append(&cell->samples, &span_ms, sizeof(span_ms));
}

static void into_groups(struct counting *counting, unsigned of, const struct dispatch *whose, into_cell *into,
                        int64_t value)
{
    struct figures *figures = counting->figures;
    const char *key = counting->question->by == BY_DEPARTMENT ? unit_of(counting->life, whose) : counting->key;
    into(cell_of(figures, figures->all, counting->figure, of), value);
    if (key)
        into(cell_of(figures, group_of(figures, key), counting->figure, of), value);
}

void counting_add(struct counting *counting, unsigned of, const struct dispatch *whose, bool part)
{
    into_groups(counting, of, whose, add, part);
}

void counting_sample(struct counting *counting, unsigned of, const struct dispatch *whose, int64_t span_ms)
{
    into_groups(counting, of, whose, sample, span_ms);
}

/* --- in the end --- */

static int by_length(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Nearest rank: the least sample that is not below so many percent of all. */
static int64_t percentile(const int64_t *sorted, size_t count, size_t percent)
{
    return sorted[(count * percent + 99) / 100 - 1];
}

static void finish_cell(struct cell *cell)
{
    int64_t *spans = (int64_t *)(void *)cell->samples.data;
    if (!spans)
        return;
    qsort(spans, cell->whole, sizeof(*spans), by_length);
    cell->median_ms = percentile(spans, cell->whole, 50);
    cell->p90_ms = percentile(spans, cell->whole, 90);
    buffer_release(&cell->samples);
}

static void finish_group(const struct group *group)
{
    for (size_t i = 0; i < figure_table_size; i++)
        for (struct cell *cell = group->cells[i]; cell; cell = cell->next)
            finish_cell(cell);
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(struct group *const *)a)->key, (*(struct group *const *)b)->key);
}

static void sort_groups(struct figures *figures)
{
    size_t cursor = 0;
    const char *key;
    void *group;
    figures->groups = ARENA_NEW(&figures->arena, struct group *, figures->by_key.count + 1);
    while (textmap_next(&figures->by_key, &cursor, &key, &group))
        figures->groups[figures->group_count++] = group;
    qsort(figures->groups, figures->group_count, sizeof(*figures->groups), by_key);
}

void figures_count(struct figures *figures, const struct figures_question *question, const struct lives *lives)
{
    *figures = (struct figures){.question = question};
    arena_init(&figures->arena);
    figures->all = group_new(figures, "");
    for (const struct life *life = lives->first; life; life = life->next) {
        struct counting counting = {figures, question, life, key_of(figures, life), 0};
        if (life->exercise && !question->exercise) {
            figures->exercises++;
            continue;
        }
        for (; counting.figure < figure_table_size; counting.figure++)
            figure_table[counting.figure].count(&counting);
    }
    sort_groups(figures);
    finish_group(figures->all);
    for (size_t i = 0; i < figures->group_count; i++)
        finish_group(figures->groups[i]);
}

void figures_release(struct figures *figures)
{
    textmap_release(&figures->by_key);
    intern_release(&figures->keys);
    arena_release(&figures->arena);
}

int figure_tenths(const struct cell *cell)
{
    return cell->whole ? (int)((cell->part * 2000 + cell->whole) / (cell->whole * 2)) : -1;
}
