/* bihuan tail: the trail of records from a cursor, as far as the reader's rights go. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/trail.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "schemas/ident.h"
#include "schemas/record.h"

enum { KEY_FROM = 0x2000, KEY_LIMIT };

#define CREDIT   256
#define QUIET_MS 200

struct arguments {
    struct common common;
    const char *from;
    bool follow;
    long limit;
};

struct tailing {
    const struct arguments *arguments;
    struct client *client;
    uint32_t greetings; /* when it rises, the subscription is gone */
    uint32_t credit;    /* left at the broker */
    uint64_t seq;       /* of the last record printed */
    char cursor[256];
    long taken;
    bool colour, at_end;
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
    trail_detail(record, NULL, &detail);
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
    printf("{\"cursor\":\"%s\",%.*s\n", tailing->cursor, (int)line.size - 1, (const char *)line.data + 1);
    buffer_release(&line);
}

static void take_entry(struct tailing *tailing, const struct entry *entry)
{
    snprintf(tailing->cursor, sizeof(tailing->cursor), "%s", entry->cursor ? entry->cursor : "");
    tailing->at_end = !entry->record;
    if (!entry->record)
        return;
    tailing->credit -= tailing->credit > 0;
    if (entry->record->seq <= tailing->seq)
        return; /* on its way when we subscribed again */
    tailing->seq = entry->record->seq;
    tailing->taken++;
    if (tailing->arguments->common.json)
        print_json(tailing, entry->record);
    else
        print_text(tailing, entry->record);
}

static void subscribe(struct tailing *tailing)
{
    const struct message subscribe = {.kind = MESSAGE_SUBSCRIBE,
                                      .subscribe = {.cursor = tailing->cursor, .credit = CREDIT}};
    tailing->greetings = client_greetings(tailing->client);
    tailing->credit = CREDIT;
    client_send(tailing->client, &subscribe);
}

/* Subscribes on each new session from where we are; a half-used credit is filled up. */
static void keep_subscribed(struct tailing *tailing)
{
    uint32_t greetings = client_greetings(tailing->client);
    if (greetings && greetings != tailing->greetings) {
        subscribe(tailing);
    } else if (greetings && tailing->credit < CREDIT / 2) {
        const struct message credit = {.kind = MESSAGE_CREDIT, .credit = {.n = CREDIT - tailing->credit}};
        tailing->credit = CREDIT;
        client_send(tailing->client, &credit);
    }
}

static bool wants_more(const struct tailing *tailing)
{
    if (interrupted || ferror(stdout))
        return false;
    if (tailing->arguments->limit && tailing->taken >= tailing->arguments->limit)
        return false;
    return tailing->arguments->follow || !tailing->at_end;
}

/* Everything that is here now. CLI_DONE, or the exit code of a refusal. */
static int take_entries(struct tailing *tailing, struct arena *arena, bool *any)
{
    struct message message;
    arena_reset(arena);
    while (wants_more(tailing) && client_receive(tailing->client, arena, &message)) {
        *any = true;
        if (message.kind == MESSAGE_REFUSAL) {
            cli_say_refusal(&tailing->arguments->common, &message);
            return CLI_REFUSED;
        }
        if (message.kind == MESSAGE_ENTRY)
            take_entry(tailing, &message.entry);
        keep_subscribed(tailing);
        arena_reset(arena);
    }
    keep_subscribed(tailing);
    fflush(stdout);
    return CLI_DONE;
}

/* Following, a broker that restarts is waited for. Not following, who has heard nothing for a moment subscribes again:
 * the broker then says that this is the end, or goes on. */
static int follow(struct tailing *tailing)
{
    const struct common *common = &tailing->arguments->common;
    struct arena arena;
    int code = CLI_DONE, silent_ms = 0;
    arena_init(&arena);
    while (!code && wants_more(tailing)) {
        bool any = false;
        client_wait(tailing->client, QUIET_MS);
        code = take_entries(tailing, &arena, &any);
        silent_ms = any ? 0 : silent_ms + QUIET_MS;
        if (!any && !tailing->arguments->follow && tailing->greetings)
            subscribe(tailing);
        if (!code && silent_ms > common->timeout_ms && (!tailing->arguments->follow || !tailing->greetings)) {
            char trouble[512];
            cli_fail(_("no answer within %d s: %s"), common->timeout_ms / 1000,
                     cli_trouble(common, tailing->client, trouble, sizeof(trouble)));
            code = CLI_UNKNOWN;
        }
    }
    arena_release(&arena);
    return code;
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
    snprintf(tailing.cursor, sizeof(tailing.cursor), "%s", arguments.from);
    int code = (arguments.follow ? cli_connect_early : cli_connect)(&arguments.common, 'F', &tailing.client);
    if (code)
        return code;
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    code = follow(&tailing);
    client_close(tailing.client);
    if (!arguments.common.json && !code)
        fprintf(stderr, _("(next: --from %s)\n"), tailing.cursor);
    return code;
}
