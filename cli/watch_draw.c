/* How the live screen looks: from the title down, each part takes what room it may, and the feed the rest. */
#include <inttypes.h>
#include <ncurses.h>
#include <stdlib.h>

#include "cli/overview.h"
#include "cli/trail.h"
#include "cli/watch.h"
#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"

/* Where the next piece goes. */
struct pen {
    struct arena *arena;
    int row, column, end; /* end: the column where text is cut */
};

static attr_t attribute_of(enum colour colour)
{
    switch (colour) {
    case COLOUR_BOLD:
        return A_BOLD;
    case COLOUR_DIM:
        return A_DIM;
    case COLOUR_RED:
        return COLOR_PAIR(COLOUR_RED) | A_BOLD;
    case COLOUR_YELLOW:
    case COLOUR_BLUE:
    case COLOUR_GREEN:
        return COLOR_PAIR(colour);
    default:
        return A_NORMAL;
    }
}

static void put(void *arg, enum colour colour, const char *text)
{
    struct pen *pen = arg;
    if (pen->row >= LINES || pen->column >= pen->end)
        return;
    char *fitting = table_cut(pen->arena, text, (size_t)(pen->end - pen->column));
    attrset((int)attribute_of(colour));
    mvaddstr(pen->row, pen->column, fitting);
    attrset(A_NORMAL);
    pen->column += (int)table_width(fitting);
}

static void next_row(struct pen *pen)
{
    pen->row++;
    pen->column = 0;
}

/* "name 3  ", lit up when it is not zero. */
static void put_count(struct pen *pen, const char *name, uint32_t count, enum colour colour)
{
    put(pen, COLOUR_NONE, name);
    put(pen, count ? colour : COLOUR_DIM, arena_printf(pen->arena, " %" PRIu32, count));
    put(pen, COLOUR_NONE, "   ");
}

/* The later of the overview's time and the last record's. */
static int64_t now_of(const struct watching *watching)
{
    int64_t now_ms = watching->overview ? watching->overview->now_ms : 0;
    return now_ms > watching->last_ms ? now_ms : watching->last_ms;
}

/* What must not be cut comes first, or from the right. */
static void draw_title(const struct watching *watching, struct pen *pen)
{
    const struct overview *overview = watching->overview;
    const struct welcome *welcome = client_welcome(watching->command);
    const char *quit = _("q: quit");
    char time[WHEN_TEXT_BYTES];
    int width = (int)table_width(quit);
    pen->end = COLS - width - 2;
    put(pen, COLOUR_BOLD, _("Bihuan  "));
    if (overview)
        put(pen, COLOUR_BOLD, when_text(now_of(watching), watching->common->utc, time));
    if (welcome && welcome->exercise)
        put(pen, COLOUR_YELLOW, arena_printf(pen->arena, _("   EXERCISE ×%g"), welcome->speed));
    if (overview)
        put(pen, COLOUR_NONE,
            arena_printf(pen->arena, _("   accepted %" PRIu64 "   closed %" PRIu64 "   live %" PRIu64),
                         overview->accepted, overview->closed, overview->live));
    pen->end = COLS;
    pen->column = COLS > width ? COLS - width : 0;
    put(pen, COLOUR_DIM, quit);
    next_row(pen);
    put(pen, COLOUR_RED, watching->trouble);
    next_row(pen);
}

static void draw_counts(const struct overview *overview, struct pen *pen)
{
    put(pen, COLOUR_BOLD, _("waiting for us   "));
    put_count(pen, _("unrouted"), overview->unrouted, COLOUR_RED);
    put_count(pen, _("desk"), overview->desk, COLOUR_YELLOW);
    put_count(pen, _("verifying"), overview->verifying, COLOUR_YELLOW);
    put_count(pen, _("returned"), overview->returned, COLOUR_YELLOW);
    put_count(pen, _("shelved"), overview->shelved, COLOUR_RED);
    next_row(pen);
    put(pen, COLOUR_BOLD, _("due within       "));
    put_count(pen, _("5 min"), overview->due_5, COLOUR_RED);
    put_count(pen, _("15 min"), overview->due_15, COLOUR_YELLOW);
    put_count(pen, _("60 min"), overview->due_60, COLOUR_BLUE);
    next_row(pen);
    put(pen, COLOUR_BOLD, _("overdue          "));
    put_count(pen, _("all"), overview->overdue, COLOUR_RED);
    for (uint32_t rung = 0; rung < sizeof(overview->overdue_by_rung) / sizeof(overview->overdue_by_rung[0]); rung++)
        if (overview->overdue_by_rung[rung] || rung < 4)
            put_count(pen, arena_printf(pen->arena, rung ? _("up %" PRIu32) : _("red"), rung),
                      overview->overdue_by_rung[rung], COLOUR_RED);
    next_row(pen);
    next_row(pen);
}

static size_t width_of(const struct table *table)
{
    size_t width = 2 * (table->columns - 1);
    for (size_t i = 0; i < table->columns; i++)
        width += table->widths[i];
    return width;
}

/* The heading and as many rows as fit; what does not is counted. */
static void draw_rows(const struct table *table, int most, struct pen *pen)
{
    int rows = (int)table->rows, shown = rows <= most ? rows : most > 2 ? most - 1 : 0;
    for (int row = 0; row < shown; row++) {
        table_walk(table, (size_t)row, put, pen);
        next_row(pen);
    }
    if (shown < rows && most > 0) {
        put(pen, COLOUR_DIM,
            arena_printf(pen->arena, shown ? _("... and %d more units") : _("%d units"), rows - (shown ? shown : 1)));
        next_row(pen);
    }
}

/* Units take at most what leaves a third of the screen to the feed. */
static void draw_units(const struct overview *overview, struct pen *pen)
{
    struct table table;
    overview_units(&table, overview, true);
    if (width_of(&table) > (size_t)COLS) {
        table_release(&table);
        overview_units(&table, overview, false);
    }
    draw_rows(&table, LINES - pen->row - LINES / 3, pen);
    table_release(&table);
    next_row(pen);
}

static int64_t due_of(const struct row *row)
{
    const struct clock *next = trail_next_clock(row);
    return next ? next->due_ms : INT64_MAX;
}

static int by_due(const void *a, const void *b)
{
    const struct row *const *one = a, *const *other = b;
    int64_t left_ms = due_of(*one), right_ms = due_of(*other);
    if (left_ms != right_ms)
        return left_ms < right_ms ? -1 : 1;
    return (*one)->incident < (*other)->incident ? -1 : (*one)->incident > (*other)->incident;
}

/* Each once: what is late is in the list of its state too. */
static size_t gather_cases(const struct watching *watching, const struct row **out)
{
    size_t count = 0;
    for (size_t list = 0; list < CASES_END; list++)
        for (size_t i = 0; i < watching->cases[list].count; i++) {
            const struct row *row = &watching->cases[list].rows[i];
            size_t seen = 0;
            while (seen < count && out[seen]->incident != row->incident)
                seen++;
            if (seen == count)
                out[count++] = row;
        }
    qsort(out, count, sizeof(*out), by_due);
    return count;
}

static void case_row(struct table *table, const struct row *row, int64_t now_ms)
{
    const struct clock *next = trail_next_clock(row);
    const struct task *lead = trail_lead(row);
    char text[96], span[WHEN_TEXT_BYTES], claimant[160];
    ident_format(row->incident, text);
    table_cell(table, COLOUR_NONE, text);
    table_cell(table, trail_state_colour(row->head.state), words_incident_state(row->head.state));
    table_cell(table, COLOUR_NONE, row->head.type);
    table_cell(table, COLOUR_NONE, lead ? lead->unit : "");
    trail_claimant(&row->head, claimant, sizeof(claimant));
    table_cell(table, COLOUR_NONE, claimant);
    table_cell(table, COLOUR_NONE, next ? trail_clock_name(row, next, text, sizeof(text)) : "");
    if (!next)
        table_cell(table, COLOUR_NONE, "");
    else if (next->due_ms < now_ms)
        table_cellf(table, COLOUR_RED, _("late %s"), when_span(now_ms - next->due_ms, span));
    else
        table_cellf(table, COLOUR_NONE, _("in %s"), when_span(next->due_ms - now_ms, span));
}

/* The most pressing of what waits for us or is late, in at most a third of what is left, when that is much. */
static void draw_cases(const struct watching *watching, struct pen *pen)
{
    const char *headings[] = {"", "", "", "", "", "", ""};
    const struct row *rows[CASES_END * CASES_MAX];
    int most = LINES - pen->row < 9 ? 0 : (LINES - pen->row) / 3;
    size_t count = gather_cases(watching, rows);
    struct table table;
    table_init(&table, 6, headings);
    table_restart(&table);
    for (size_t i = 0; i < count && (int)i < most; i++)
        case_row(&table, rows[i], now_of(watching));
    for (size_t i = 0; i < table.rows; i++) {
        table_walk(&table, i, put, pen);
        next_row(pen);
    }
    if (table.rows)
        next_row(pen);
    table_release(&table);
}

/* The latest at the bottom. */
static void draw_feed(const struct watching *watching, struct pen *pen)
{
    size_t room = pen->row < LINES ? (size_t)(LINES - pen->row) : 0;
    size_t there = watching->line_count < FEED_KEPT ? watching->line_count : FEED_KEPT;
    size_t n = there < room ? there : room;
    for (size_t i = watching->line_count - n; i < watching->line_count; i++) {
        const struct feed_line *line = &watching->lines[i % FEED_KEPT];
        put(pen, line->colour, line->text ? line->text : "");
        next_row(pen);
    }
}

void watch_draw(const struct watching *watching)
{
    struct arena arena;
    struct pen pen = {&arena, 0, 0, COLS};
    arena_init(&arena);
    erase();
    draw_title(watching, &pen);
    if (watching->overview) {
        draw_counts(watching->overview, &pen);
        draw_units(watching->overview, &pen);
        draw_cases(watching, &pen);
    }
    draw_feed(watching, &pen);
    refresh();
    arena_release(&arena);
}
