/* bihuan overview and bihuan workers. */
#include "cli/overview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verbs.h"
#include "cli/when.h"

/* Overdue first, then unsigned; else by id, so that rows stay where they are. */
static int by_need(const void *a, const void *b)
{
    const struct unit_load *one = a, *other = b;
    if (one->overdue != other->overdue)
        return one->overdue < other->overdue ? 1 : -1;
    if (one->unsigned_ != other->unsigned_)
        return one->unsigned_ < other->unsigned_ ? 1 : -1;
    return strcmp(one->unit, other->unit);
}

static void count_cell(struct table *table, uint32_t count, enum colour colour)
{
    if (count)
        table_cellf(table, colour, "%" PRIu32, count);
    else
        table_cell(table, COLOUR_DIM, "·");
}

static void unit_row(struct table *table, const struct unit_load *unit, bool names)
{
    table_cell(table, COLOUR_NONE, unit->unit);
    if (names)
        table_cell(table, COLOUR_NONE, unit->name);
    if (unit->workers == 0)
        table_cell(table, COLOUR_RED, _("offline"));
    else
        table_cellf(table, COLOUR_NONE, "%" PRIu32, unit->workers);
    count_cell(table, unit->unsigned_, COLOUR_YELLOW);
    count_cell(table, unit->working, COLOUR_NONE);
    count_cell(table, unit->overdue, COLOUR_RED);
    count_cell(table, unit->shelved, COLOUR_RED);
    count_cell(table, unit->returned, COLOUR_YELLOW);
}

const struct unit_load *overview_by_need(const struct overview *overview, struct arena *arena)
{
    struct unit_load *units = ARENA_NEW(arena, struct unit_load, overview->unit_count + 1);
    for (size_t i = 0; i < overview->unit_count; i++)
        units[i] = overview->units[i];
    qsort(units, overview->unit_count, sizeof(*units), by_need);
    return units;
}

void overview_units(struct table *table, const struct overview *overview, bool names)
{
    const char *headings[] = {_("UNIT"),    _("NAME"),    _("WORKERS"), _("UNSIGNED"),
                              _("WORKING"), _("OVERDUE"), _("SHELVED"), _("RETURNED")};
    const size_t columns = sizeof(headings) / sizeof(headings[0]);
    if (!names)
        memmove(&headings[1], &headings[2], (columns - 2) * sizeof(headings[0]));
    table_init(table, names ? columns : columns - 1, headings);
    for (size_t i = names ? 2 : 1; i < table->columns; i++)
        table->right[i] = true;
    const struct unit_load *units = overview_by_need(overview, &table->arena);
    for (size_t i = 0; i < overview->unit_count; i++)
        unit_row(table, &units[i], names);
}

static void print_overview(const struct overview *overview, bool utc)
{
    char time[WHEN_TEXT_BYTES];
    struct table table;
    printf(_("%s  accepted %" PRIu64 "  closed %" PRIu64 "  live %" PRIu64 "  records %" PRIu64 "\n"),
           when_text(overview->now_ms, utc, time), overview->accepted, overview->closed, overview->live,
           overview->records);
    printf(_("waiting for us: unrouted %" PRIu32 "  desk %" PRIu32 "  verifying %" PRIu32 "  returned %" PRIu32
             "  shelved %" PRIu32 "\n"),
           overview->unrouted, overview->desk, overview->verifying, overview->returned, overview->shelved);
    if (overview->areas_proposed || overview->areas_listed)
        printf(_("areas: listed %" PRIu32 "  another colour proposed %" PRIu32 "\n"), overview->areas_listed,
               overview->areas_proposed);
    printf(_("due: %" PRIu32 " in 5 min  %" PRIu32 " in 15 min  %" PRIu32 " in 60 min\n"), overview->due_5,
           overview->due_15, overview->due_60);
    printf(_("overdue: %" PRIu32 "  red %" PRIu32), overview->overdue, overview->overdue_by_rung[0]);
    for (uint32_t rung = 1; rung < sizeof(overview->overdue_by_rung) / sizeof(overview->overdue_by_rung[0]); rung++)
        if (overview->overdue_by_rung[rung] || rung < 4)
            printf(_("  up %" PRIu32 " %" PRIu32), rung, overview->overdue_by_rung[rung]);
    printf("\n\n");
    overview_units(&table, overview, true);
    table_print(&table, stdout, 0, table_colour(stdout));
    table_release(&table);
}

int overview_print(const struct common *common)
{
    const struct message ask = {.kind = MESSAGE_QUERY, .query = {.kind = QUERY_OVERVIEW}};
    struct arena arena;
    struct message answer;
    arena_init(&arena);
    int code = cli_ask_once(common, 'C', &ask, &arena, &answer);
    if (code == CLI_DONE && common->json)
        cli_print_json(&answer);
    else if (code == CLI_DONE && answer.answer.overview)
        print_overview(answer.answer.overview, common->utc);
    arena_release(&arena);
    return code;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    (void)value;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    cli_children(state, state->input, 1);
    return 0;
}

int verb_overview(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {
        NULL,     parse, NULL, N_("Shows what waits for the centre, what is due, what is late and each unit's load."),
        children, NULL,  NULL};
    struct common common = {0};
    cli_parse(&argp, argc, argv, &common);
    return overview_print(&common);
}

static void print_workers(const struct answer *answer)
{
    const char *headings[] = {_("UNIT"), _("WORKER"), _("CREDIT"), _("WORKING")};
    struct table table;
    table_init(&table, 4, headings);
    table.right[2] = table.right[3] = true;
    for (size_t i = 0; i < answer->worker_count; i++) {
        table_cell(&table, COLOUR_NONE, answer->workers[i].unit);
        table_cell(&table, COLOUR_NONE, answer->workers[i].name);
        count_cell(&table, answer->workers[i].credit, COLOUR_NONE);
        count_cell(&table, answer->workers[i].working, COLOUR_NONE);
    }
    table_print(&table, stdout, 0, table_colour(stdout));
    table_release(&table);
}

int verb_workers(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {NULL, parse, NULL, N_("Lists the workers connected now."), children, NULL, NULL};
    const struct message ask = {.kind = MESSAGE_QUERY, .query = {.kind = QUERY_WORKERS}};
    struct common common = {0};
    struct arena arena;
    struct message answer;
    cli_parse(&argp, argc, argv, &common);
    arena_init(&arena);
    int code = cli_ask_once(&common, 'C', &ask, &arena, &answer);
    if (code == CLI_DONE && common.json)
        cli_print_json(&answer);
    else if (code == CLI_DONE)
        print_workers(&answer.answer);
    arena_release(&arena);
    return code;
}
