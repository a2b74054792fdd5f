/* bihuan status: the receipt first given. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"

enum { KEY_EVENT = 0x2000 };

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

/* By incident the broker answers with what became of it: the receipt is in its head. */
static void print_row(const struct common *common, const struct row *row)
{
    char id[IDENT_TEXT_BYTES], time[WHEN_TEXT_BYTES];
    ident_format(row->incident, id);
    printf(_("%s  %s  accepted %s  as %s\n"), id, words_incident_state(row->head.state),
           when_text(row->head.received_ms, common->utc, time), row->head.event_id ? row->head.event_id : "");
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

int verb_status(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {
        options,
        parse,
        N_("[INCIDENT]"),
        N_("Shows the receipt first given for an event of this source, or what became of an incident."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {0};
    cli_parse(&argp, argc, argv, &arguments);
    struct message ask = {.kind = MESSAGE_STATUS,
                          .status = {.event_id = arguments.event, .incident = arguments.incident}};
    struct message answer;
    struct arena arena;
    arena_init(&arena);
    int code = cli_ask_once(&arguments.common, 'P', &ask, &arena, &answer);
    if (code == CLI_DONE && arguments.common.json)
        cli_print_json(&answer);
    else if (code == CLI_DONE && answer.kind == MESSAGE_ANSWER && answer.answer.row_count)
        print_row(&arguments.common, &answer.answer.rows[0]);
    else if (code == CLI_DONE && answer.kind == MESSAGE_RECEIPT)
        print_receipt(&arguments.common, &answer.receipt);
    arena_release(&arena);
    return code;
}
