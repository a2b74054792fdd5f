/* What the report would say: the indicators of a period, counted from the trail as whoever reads it counts them. */
#include <inttypes.h>
#include <string.h>

#include "cli/figures.h"
#include "tests/sim/expect_figures.h"

#define DAY_MS (24 * 3600 * 1000LL)

static int take(void *arg, const struct record *record, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    lives_take(arg, record);
    return 0;
}

static bool read_period(struct play *play, struct words *rest, struct figures_question *question)
{
    const char *from = words_next(rest);
    if (!from || strcmp(from, "from") != 0 || !play_time(play, rest, &question->from_ms))
        return false;
    const char *to = words_next(rest);
    if (!to || strcmp(to, "to") != 0 || !play_time(play, rest, &question->to_ms))
        return false;
    question->to_ms += DAY_MS; /* the last day is within */
    question->as_of_ms = play->world.now_ms + 1;
    return true;
}

static const struct cell *cell_of(const struct figures *figures, const char *name)
{
    for (size_t i = 0; i < figure_table_size; i++)
        if (strcmp(figure_table[i].name, name) == 0)
            return figures->all->cells[i];
    return NULL;
}

void expect_figure(struct play *play, const char *const *any, struct words *rest)
{
    struct figures_question question = {0};
    struct lives lives;
    struct figures figures;
    if (!read_period(play, rest, &question) || rest->left != 2 || strcmp(words_next(rest), "is") != 0) {
        play_fail(play, "a figure is expected as: from 2026-07-01 to 2026-09-30 is 2/3");
        return;
    }
    lives_init(&lives);
    store_replay(play->world.turn.store, 0, take, &lives);
    figures_count(&figures, &question, &lives);
    const struct cell *cell = cell_of(&figures, any[0]);
    const char *wanted = words_next(rest);
    const char *counted = cell ? arena_printf(&play->step, "%" PRIu64 "/%" PRIu64, cell->part, cell->whole) : "unknown";
    if (strcmp(counted, wanted) != 0)
        play_fail(play, "figure %s: expected %s, it is %s", any[0], wanted, counted);
    figures_release(&figures);
    lives_release(&lives);
}
