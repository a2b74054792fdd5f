/* What the report would say: the indicators of a period, counted from the trail as whoever reads it counts them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/figures.h"
#include "tests/sim/expect_figures.h"

#define DAY_MS (24 * 3600 * 1000LL)

struct reading {
    struct lives lives;
    const struct figures_question *question;
};

static int take(void *arg, const struct record *record, const void *bytes, size_t size)
{
    struct reading *reading = arg;
    (void)bytes;
    (void)size;
    if (record->at_ms >= reading->question->as_of_ms)
        return 1;
    lives_take(&reading->lives, record);
    return 0;
}

/* Whether the word comes next, which it then has. */
static bool comes(struct words *rest, const char *word)
{
    if (!rest->left || strcmp(*rest->at, word) != 0)
        return false;
    words_next(rest);
    return true;
}

/* "of respond", "of 12": which of an indicator's cells, by clock, or by level or rung; 0: the only one. */
static unsigned read_of(struct words *rest)
{
    const char *of = comes(rest, "of") ? words_next(rest) : NULL;
    enum clock_kind kind = of ? clock_kind_of(of) : 0;
    return kind || !of ? kind : (unsigned)strtoul(of, NULL, 10);
}

static bool read_period(struct play *play, struct words *rest, struct figures_question *question)
{
    if (!comes(rest, "from") || !play_time(play, rest, &question->from_ms))
        return false;
    if (!comes(rest, "to") || !play_time(play, rest, &question->to_ms))
        return false;
    question->to_ms += DAY_MS; /* the last day is within */
    question->as_of_ms = play->world.now_ms + 1;
    return !comes(rest, "as-of") || play_time(play, rest, &question->as_of_ms);
}

static const struct cell *cell_of(const struct figures *figures, const char *name, unsigned of)
{
    static const struct cell none;
    for (size_t i = 0; i < figure_table_size; i++) {
        const struct cell *cell = figures->all->cells[i];
        if (strcmp(figure_table[i].name, name) != 0)
            continue;
        while (cell && of && cell->of != of)
            cell = cell->next;
        return cell ? cell : &none;
    }
    return NULL;
}

void expect_figure(struct play *play, const char *const *any, struct words *rest)
{
    struct figures_question question = {0};
    struct reading reading = {.question = &question};
    struct figures figures;
    unsigned of = read_of(rest);
    if (!read_period(play, rest, &question) || rest->left != 2 || strcmp(words_next(rest), "is") != 0) {
        play_fail(play, "a figure is expected as: from 2026-07-01 to 2026-09-30 is 2/3");
        return;
    }
    lives_init(&reading.lives);
    store_replay(play->world.turn.store, 0, take, &reading);
    figures_count(&figures, &question, &reading.lives);
    const struct cell *cell = cell_of(&figures, any[0], of);
    const char *wanted = words_next(rest);
    const char *counted = cell ? arena_printf(&play->step, "%" PRIu64 "/%" PRIu64, cell->part, cell->whole) : "unknown";
    if (strcmp(counted, wanted) != 0)
        play_fail(play, "figure %s: expected %s, it is %s", any[0], wanted, counted);
    figures_release(&figures);
    lives_release(&reading.lives);
}
