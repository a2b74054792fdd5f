/* bihuan ls and bihuan queue: incidents in tables, page after page. */
#include <stdio.h>
#include <string.h>

#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/overview.h"
#include "cli/table.h"
#include "cli/trail.h"
#include "cli/verbs.h"

enum { KEY_STATE = 0x2000, KEY_UNIT, KEY_TYPE, KEY_AREA, KEY_SOURCE, KEY_OVERDUE, KEY_LIVE, KEY_LIMIT };

struct arguments {
    struct common common;
    struct query query;
    long limit; /* incidents in all; 0: every one */
};

static const struct argp_option options[] = {
    {"state", KEY_STATE, N_("STATE"), 0, N_("in this state: open, unrouted, desk, verifying, closed, ..."), 0},
    {"unit", KEY_UNIT, N_("UNIT"), 0, N_("with a task of this unit"), 0},
    {"type", KEY_TYPE, N_("CODE"), 0, N_("of this type, or one below it"), 0},
    {"area", KEY_AREA, N_("CODE"), 0, N_("in this area, or one below it"), 0},
    {"source", KEY_SOURCE, N_("NAME"), 0, N_("reported by this principal"), 0},
    {"overdue", KEY_OVERDUE, NULL, 0, N_("with a running clock past due"), 0},
    {"live", KEY_LIVE, NULL, 0, N_("not yet ended"), 0},
    {"limit", KEY_LIMIT, N_("N"), 0, N_("at most so many (200; 0: all)"), 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct query *query = &arguments->query;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 1);
        return 0;
    case KEY_STATE:
        query->state = incident_state_of(value);
        if (!query->state)
            argp_error(state, _("--state: no state \"%s\""), value);
        return 0;
    case KEY_UNIT:
        query->unit = value;
        return 0;
    case KEY_TYPE:
        query->type = value;
        return 0;
    case KEY_AREA:
        query->area = value;
        return 0;
    case KEY_SOURCE:
        query->source = value;
        return 0;
    case KEY_OVERDUE:
        query->overdue = true;
        return 0;
    case KEY_LIVE:
        query->live_only = true;
        return 0;
    case KEY_LIMIT:
        arguments->limit = cli_number(state, value, "limit", 0, 100000000);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_queue(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 1);
        return 0;
    case ARGP_KEY_ARG:
        arguments->query.unit = value;
        return 0;
    case KEY_LIMIT:
        arguments->limit = cli_number(state, value, "limit", 0, 100000000);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One page into the table (or out as JSON lines); the number of its rows. */
static size_t take_page(const struct arguments *arguments, struct table *table, const struct answer *answer,
                        size_t taken)
{
    size_t n = answer->row_count;
    if (arguments->limit && n > (size_t)arguments->limit - taken)
        n = (size_t)arguments->limit - taken;
    for (size_t i = 0; i < n; i++) {
        if (arguments->common.json)
            trail_row_json(&answer->rows[i]);
        else
            trail_list_row(table, &answer->rows[i], arguments->common.utc);
    }
    return n;
}

static int take_pages(struct arguments *arguments, struct client *client, struct table *table, bool *more)
{
    char cursor[512] = "";
    size_t taken = 0;
    struct arena arena;
    arena_init(&arena);
    int code;
    for (;;) {
        struct message ask = {.kind = MESSAGE_QUERY, .query = arguments->query}, answer;
        ask.query.cursor = cursor;
        ask.query.limit = PAGE_ROWS_MAX;
        arena_reset(&arena);
        code = cli_ask(&arguments->common, client, &ask, &arena, &answer);
        if (code)
            break;
        taken += take_page(arguments, table, &answer.answer, taken);
        snprintf(cursor, sizeof(cursor), "%s", answer.answer.cursor ? answer.answer.cursor : "");
        *more = *cursor != '\0';
        if (!*more || (arguments->limit && taken >= (size_t)arguments->limit))
            break;
    }
    arena_release(&arena);
    return code;
}

static int list(struct arguments *arguments)
{
    struct client *client;
    int code = cli_connect(&arguments->common, 'C', &client);
    if (code)
        return code;
    bool more = false;
    struct table table;
    trail_list_init(&table);
    code = take_pages(arguments, client, &table, &more);
    if (!arguments->common.json && !table_empty(&table))
        table_print(&table, stdout, 0, table_colour(stdout));
    if (!arguments->common.json && code == CLI_DONE && table_empty(&table))
        fprintf(stderr, _("(none)\n"));
    if (code == CLI_DONE && more)
        fprintf(stderr, _("(more: raise --limit, or narrow the filters)\n"));
    table_release(&table);
    client_close(client);
    return code;
}

int verb_ls(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {options,  parse, NULL, N_("Lists incidents; what is set must match."),
                                     children, NULL,  NULL};
    struct arguments arguments = {.query.kind = QUERY_LIST, .limit = 200};
    cli_parse(&argp, argc, argv, &arguments);
    return list(&arguments);
}

#define UNITS_NAMED 20

/* Which there are: those with most to do first. */
static int ask_which_unit(const struct common *common)
{
    const struct message ask = {.kind = MESSAGE_QUERY, .query = {.kind = QUERY_OVERVIEW}};
    char list[UNITS_NAMED * (CODE_MAX_BYTES + 2) + 1] = "";
    struct arena arena;
    struct message answer;
    arena_init(&arena);
    const struct overview *overview = NULL;
    if (cli_ask_once(common, 'C', &ask, &arena, &answer) == CLI_DONE)
        overview = answer.answer.overview;
    const struct unit_load *units = overview ? overview_by_need(overview, &arena) : NULL;
    for (size_t i = 0, used = 0; units && i < overview->unit_count && i < UNITS_NAMED; i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", units[i].unit);
    cli_fail(_("which unit?"));
    if (*list)
        cli_fail(_("with work or workers are %s"), list);
    arena_release(&arena);
    return CLI_USAGE;
}

int verb_queue(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp_option queue_options[] = {
        {"limit", KEY_LIMIT, N_("N"), 0, N_("at most so many (200)"), 0},
        {0},
    };
    static const struct argp argp = {
        queue_options, parse_queue, N_("UNIT"), N_("Shows what waits for a unit, in the order it is offered."),
        children,      NULL,        NULL};
    struct arguments arguments = {.query.kind = QUERY_QUEUE, .limit = 200};
    cli_parse(&argp, argc, argv, &arguments);
    return arguments.query.unit ? list(&arguments) : ask_which_unit(&arguments.common);
}
