/* bihuan tail: the trail of records from a cursor, as far as the reader's rights go. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "broker/base/limits.h"
#include "cli/feed.h"
#include "cli/table.h"
#include "cli/trail.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "schemas/ident.h"
#include "schemas/record.h"

enum { KEY_FROM = 0x2000, KEY_LIMIT };

struct arguments {
    struct common common;
    const char *from;
    bool follow;
    long limit;
};

struct tailing {
    const struct arguments *arguments;
    struct feed feed;
    long taken;
    bool colour;
};

static const struct argp_option options[] = {
    {"from", KEY_FROM, N_("CURSOR"), 0, N_("after this cursor: 0 the beginning (default), end: from now"), 0},
    {"follow", 'f', NULL, 0, N_("go on as records are made"), 0},
    {"limit", KEY_LIMIT, N_("N"), 0, N_("at most so many"), 0},
    {0},
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 1);
        return 0;
    case KEY_FROM:
        if (strlen(value) > ID_MAX_BYTES)
            argp_error(state, _("--from: not a cursor"));
        arguments->from = value;
        return 0;
    case 'f':
        arguments->follow = true;
        return 0;
    case KEY_LIMIT:
        arguments->limit = cli_number(state, value, "limit", 1, 1000000000);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A line as it comes: columns of a fixed width, because what follows is not known yet. */
static void print_text(const struct tailing *tailing, const struct record *record)
{
    const char *headings[] = {"", "", "", "", "", ""};
    struct table table;
    char id[IDENT_TEXT_BYTES] = "-", time[WHEN_TEXT_BYTES], actor[160];
    struct buffer detail = {0};
    if (record->change_count)
        ident_format(record->changes[0].incident, id);
    trail_actor(record, actor, sizeof(actor));
    trail_detail(record, NULL, tailing->arguments->common.utc, &detail);
    table_init(&table, 6, headings);
    table_restart(&table);
    table_cellf(&table, COLOUR_DIM, "%8" PRIu64, record->seq);
    table_cell(&table, COLOUR_NONE, when_text(record->at_ms, tailing->arguments->common.utc, time));
    table_pad(&table, COLOUR_NONE, id, 15);
    table_pad(&table, trail_record_colour(record), trail_kind(record), 11);
    table_pad(&table, COLOUR_NONE, actor, 16);
    table_cell(&table, COLOUR_NONE, (const char *)detail.data);
    table_print(&table, stdout, 0, tailing->colour);
    table_release(&table);
    buffer_release(&detail);
}

/* The record, with the cursor that --from takes as its first key. Cursors are the broker's and need no escapes. */
static void print_json(const struct tailing *tailing, const struct record *record)
{
    struct buffer line = {0};
    record_json(record, &line);
    printf("{\"cursor\":\"%s\",%.*s\n", tailing->feed.cursor, (int)line.size - 1, (const char *)line.data + 1);
    buffer_release(&line);
}

static bool take(void *arg, const struct record *record)
{
    struct tailing *tailing = arg;
    if (tailing->arguments->common.json)
        print_json(tailing, record);
    else
        print_text(tailing, record);
    return ++tailing->taken != tailing->arguments->limit; /* a limit of 0 is none */
}

int verb_tail(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        N_("Prints the trail of records from a cursor, as far as your rights go; ends at the "
           "end of the trail unless --follow."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {.from = "0"};
    cli_parse(&argp, argc, argv, &arguments);
    struct tailing tailing = {.arguments = &arguments, .colour = table_colour(stdout)};
    tailing.feed = (struct feed){
        .common = &arguments.common, .take = take, .arg = &tailing, .follow = arguments.follow, .stop = &interrupted};
    snprintf(tailing.feed.cursor, sizeof(tailing.feed.cursor), "%s", arguments.from);
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int code = feed_read(&tailing.feed);
    if (!arguments.common.json && !code)
        fprintf(stderr, _("(next: --from %s)\n"), tailing.feed.cursor);
    return code;
}
