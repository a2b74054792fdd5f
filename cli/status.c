/* bihuan status: the receipt first given, and how far it is. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"

enum { KEY_EVENT = 0x2000 };

#define LINKS_MAX 10 /* merged into each other */

struct arguments {
    struct common common;
    const char *event;
    uint64_t incident;
};

static const struct argp_option options[] = {
    {"event", KEY_EVENT, N_("ID"), 0, N_("by the event's own id instead, as this source gave it"), 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 1);
        return 0;
    case KEY_EVENT:
        arguments->event = value;
        return 0;
    case ARGP_KEY_ARG:
        arguments->incident = cli_incident(state, value);
        return 0;
    case ARGP_KEY_END:
        if (!arguments->event == !arguments->incident)
            argp_error(state, _("give a receipt's incident id, or --event ID"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* How far it is: its state, and what happened to it last. */
static void print_progress(const struct common *common, const struct answer *answer)
{
    const struct row *row = &answer->rows[0];
    char id[IDENT_TEXT_BYTES], time[WHEN_TEXT_BYTES];
    ident_format(row->incident, id);
    printf(_("%s  %s  accepted %s  as %s"), id, words_incident_state(row->head.state),
           when_text(row->head.received_ms, common->utc, time), row->head.event_id ? row->head.event_id : "");
    if (answer->record_count) {
        const struct record *last = &answer->records[answer->record_count - 1];
        printf(_("  last %s %s"), words_record(last->kind), when_text(last->at_ms, common->utc, time));
    }
    if (row->head.outcome)
        printf("  %s", words_outcome(row->head.outcome));
    putchar('\n');
}

static void print_receipt(const struct common *common, const struct receipt *receipt)
{
    char id[IDENT_TEXT_BYTES] = "", time[WHEN_TEXT_BYTES];
    if (receipt->incident)
        ident_format(receipt->incident, id);
    printf(_("%s  journal %06" PRIu32 "  term %" PRIu32 "  sequence %" PRIu64 "  accepted %s\n"),
           receipt->incident ? id : _("(no incident)"), receipt->journal, receipt->term, receipt->seq,
           when_text(receipt->at_ms, common->utc, time));
}

/* Prints an answer; the incident where it goes on: the receipt's own, or the survivor of a merge. */
static uint64_t print_answer(const struct common *common, const struct message *answer)
{
    if (common->json)
        cli_print_json(answer);
    if (answer->kind == MESSAGE_RECEIPT) {
        if (!common->json)
            print_receipt(common, &answer->receipt);
        return answer->receipt.incident;
    }
    if (answer->kind != MESSAGE_ANSWER || !answer->answer.row_count)
        return 0;
    if (!common->json)
        print_progress(common, &answer->answer);
    return answer->answer.rows[0].head.merged_into;
}

static int follow(struct arguments *arguments, struct client *client, struct arena *arena)
{
    struct message ask = {.kind = MESSAGE_STATUS,
                          .status = {.event_id = arguments->event, .incident = arguments->incident}};
    struct message answer;
    int code = CLI_DONE;
    for (int links = 0; links < LINKS_MAX && !code; links++) {
        code = cli_ask(&arguments->common, client, &ask, arena, &answer);
        uint64_t next = code ? 0 : print_answer(&arguments->common, &answer);
        if (!next)
            break;
        ask.status.event_id = NULL;
        ask.status.incident = next;
    }
    return code;
}

int verb_status(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {
        options,
        parse,
        N_("[INCIDENT]"),
        N_("Shows the receipt first given for an event of this source, and how far what came of it is; or the latter "
           "of an incident. What was merged is followed to its survivor."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {0};
    struct client *client;
    struct arena arena;
    cli_parse(&argp, argc, argv, &arguments);
    int code = cli_connect(&arguments.common, 'P', &client);
    if (code)
        return code;
    arena_init(&arena);
    code = follow(&arguments, client, &arena);
    arena_release(&arena);
    client_close(client);
    return code;
}
