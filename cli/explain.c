/* bihuan explain: which rule sends an incident where, by which line, and what it beat. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/publish_options.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "cli/words.h"

enum { KEY_AT = 0x2000 };

struct arguments {
    struct common common;
    struct event event;
    uint64_t incident;
    int64_t at_ms;
};

static const struct argp_option options[] = {
    {"at", KEY_AT, N_("DATE"), 0, N_("under the rules in force then (an incident: when it came in; an event: now)"), 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 1);
        state->child_inputs[1] = &arguments->event;
        return 0;
    case ARGP_KEY_ARG:
        arguments->incident = cli_incident(state, value);
        return 0;
    case KEY_AT:
        if (when_parse(value, &arguments->at_ms) != 0)
            argp_error(state, _("--%s: \"%s\" is not a time like \"2026-09-30 17:50\""), "at", value);
        return 0;
    case ARGP_KEY_END:
        if (!arguments->event.type == !arguments->incident)
            argp_error(state, _("give an incident, or an event by --type and more"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void line(const char *name, const char *value)
{
    if (value && *value)
        printf("%s: %s\n", name, value);
}

static void print_explanation(const struct explanation *explanation)
{
    const char *headings[] = {_("RULE"), _("VERDICT")};
    struct table table;
    line(_("type"), explanation->type);
    line(_("area"), explanation->area);
    line(_("goes to"), explanation->unit);
    line(_("unrouted because"), words_unrouted(explanation->unrouted));
    line(_("by"), explanation->rule);
    line(_("clocks"), explanation->clocks);
    line(_("policy"), explanation->policy);
    table_init(&table, 2, headings);
    for (size_t i = 0; i < explanation->rule_count; i++) {
        enum colour colour = explanation->rules[i].chosen ? COLOUR_GREEN : COLOUR_NONE;
        table_cell(&table, colour, explanation->rules[i].rule);
        table_cell(&table, colour, explanation->rules[i].verdict);
    }
    if (!table_empty(&table)) {
        putchar('\n');
        table_print(&table, stdout, 0, table_colour(stdout));
    }
    table_release(&table);
}

int verb_explain(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {&event_argp, 0, NULL, 10}, {0}};
    static const struct argp argp = {
        options,
        parse,
        N_("[INCIDENT]"),
        N_("Shows which rule sends an incident, or an imagined event, where; by which line, and "
           "what it beat."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {0};
    struct arena arena;
    struct message answer;
    cli_parse(&argp, argc, argv, &arguments);
    const struct message ask = {.kind = MESSAGE_QUERY,
                                .query = {.kind = QUERY_EXPLAIN,
                                          .incident = arguments.incident,
                                          .event = arguments.incident ? NULL : &arguments.event,
                                          .at_ms = arguments.at_ms}};
    arguments.event.id = arguments.incident ? NULL : "explain"; /* an event has one */
    arena_init(&arena);
    int code = cli_ask_once(&arguments.common, 'C', &ask, &arena, &answer);
    if (code == CLI_DONE && arguments.common.json)
        cli_print_json(&answer);
    else if (code == CLI_DONE && answer.answer.explanation)
        print_explanation(answer.answer.explanation);
    arena_release(&arena);
    return code;
}
