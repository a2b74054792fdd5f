/* bihuan explain: which rule sends an incident where, by which line, and what it beat. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/publish_options.h"
#include "cli/table.h"
#include "cli/trail.h"
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

/* --- the broker's verdicts in the user's language --- */

/* How a verdict begins, and by what a rule was less specific; what follows is codes and numbers. */
static const char *const beginnings[] = {
    N_("chosen"),         N_("less specific"), N_("two equals"), N_("no recipient"),          N_("the same rule again"),
    N_("other severity"), N_("other nature"),  N_("excluded"),   N_("near, when it came in"), N_("near"),
    N_("listed"),
};
static const char *const measures[] = {
    N_("type depth"),
    N_("area depth"),
    N_("any severity"),
    N_("any calendar"),
    N_("any nature"),
    N_("as specific as"),
    N_("within"),
    N_("nobody is found there"),
    N_("the report is about them"),
    N_("has a part of it"),
};

/* The word that text begins with, translated, and the rest; else the text as it is. */
static const char *translated(const char *text, const char *const *words, size_t n, const char **rest)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0) {
            *rest = text + strlen(words[i]);
            return _(words[i]);
        }
    *rest = text;
    return "";
}

static const char *verdict_words(const char *verdict, char *out, size_t size_bytes)
{
    const char *rest, *tail;
    const char *begins = translated(verdict, beginnings, sizeof(beginnings) / sizeof(beginnings[0]), &rest);
    if (strncmp(rest, ": ", 2) != 0) {
        snprintf(out, size_bytes, "%s%s", begins, rest);
        return out;
    }
    const char *measure = translated(rest + 2, measures, sizeof(measures) / sizeof(measures[0]), &tail);
    snprintf(out, size_bytes, "%s: %s%s", begins, measure, tail);
    return out;
}

/* --- printing --- */

/* What became of it by that rule: who assists, who verifies, how long each step may take. */
static void print_row(const struct row *row)
{
    char span[WHEN_TEXT_BYTES], clock[80];
    const char *before = "";
    struct buffer text = {0};
    for (size_t i = 0; i < row->task_count; i++)
        if (row->tasks[i].role == TASK_ASSIST) {
            buffer_printf(&text, "%s%s", before, row->tasks[i].unit);
            before = ", ";
        }
    buffer_append(&text, "", 1);
    line(_("assisted by"), (const char *)text.data);
    buffer_clear(&text);
    before = "";
    for (size_t i = 0; i < row->clock_count; i++) {
        buffer_printf(&text, "%s%s %s", before, trail_clock_name(row, &row->clocks[i], clock, sizeof(clock)),
                      trail_budget(&row->clocks[i], span));
        before = ", ";
    }
    buffer_append(&text, "", 1);
    line(_("verification"), words_verifier(row->head.verify));
    line(_("limits"), (const char *)text.data);
    buffer_release(&text);
}

static void print_explanation(const struct explanation *explanation, const struct row *row)
{
    const char *headings[] = {_("RULE"), _("VERDICT")};
    struct table table;
    char verdict[512];
    line(_("type"), explanation->type);
    line(_("area"), explanation->area);
    line(_("goes to"), explanation->unit);
    line(_("unrouted because"), words_unrouted(explanation->unrouted));
    line(_("by"), explanation->rule);
    line(_("clocks"), explanation->clocks);
    if (row)
        print_row(row);
    snprintf(verdict, sizeof(verdict), "%.8s", explanation->policy ? explanation->policy : "");
    line(_("policy"), verdict);
    table_init(&table, 2, headings);
    for (size_t i = 0; i < explanation->rule_count; i++) {
        enum colour colour = explanation->rules[i].chosen ? COLOUR_GREEN : COLOUR_NONE;
        table_cell(&table, colour, explanation->rules[i].rule);
        table_cell(&table, colour, verdict_words(explanation->rules[i].verdict, verdict, sizeof(verdict)));
    }
    if (!table_empty(&table)) {
        putchar('\n');
        table_print(&table, stdout, 0, table_colour(stdout));
    }
    table_release(&table);
}

/* 知会: who gets a copy, and who does not. */
static void print_copies(const struct explanation *explanation)
{
    const char *headings[] = {_("RULE"), _("COPY TO"), _("BESIDE"), _("VERDICT")};
    struct table table;
    char verdict[512];
    table_init(&table, 4, headings);
    for (size_t i = 0; i < explanation->copy_count; i++) {
        const struct copied *copied = &explanation->copies[i];
        table_cell(&table, copied->sent ? COLOUR_GREEN : COLOUR_NONE, copied->rule);
        table_cell(&table, COLOUR_NONE, copied->sent ? copied->unit : "-");
        table_cell(&table, COLOUR_NONE, copied->beside);
        table_cell(&table, COLOUR_NONE, verdict_words(copied->verdict, verdict, sizeof(verdict)));
    }
    if (!table_empty(&table)) {
        putchar('\n');
        table_print(&table, stdout, 0, table_colour(stdout));
    }
    table_release(&table);
}

/* The explanation; of an incident with what the rule has made of it. */
static int explain(const struct arguments *arguments, struct client *client, struct arena *arena)
{
    const struct common *common = &arguments->common;
    const struct message ask = {.kind = MESSAGE_QUERY,
                                .query = {.kind = QUERY_EXPLAIN,
                                          .incident = arguments->incident,
                                          .event = arguments->incident ? NULL : &arguments->event,
                                          .at_ms = arguments->at_ms}};
    const struct message show = {.kind = MESSAGE_QUERY,
                                 .query = {.kind = QUERY_SHOW, .incident = arguments->incident, .limit = 1}};
    bool with_row = arguments->incident && !arguments->at_ms && !common->json;
    struct message answer, shown = {0};
    int code = cli_ask(common, client, &ask, arena, &answer);
    if (code == CLI_DONE && with_row)
        code = cli_ask(common, client, &show, arena, &shown);
    if (code == CLI_DONE && common->json)
        cli_print_json(&answer);
    else if (code == CLI_DONE && answer.answer.explanation) {
        print_explanation(answer.answer.explanation, shown.answer.row_count ? &shown.answer.rows[0] : NULL);
        print_copies(answer.answer.explanation);
    }
    return code;
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
    struct client *client;
    struct arena arena;
    cli_parse(&argp, argc, argv, &arguments);
    arguments.event.id = arguments.incident ? NULL : "explain"; /* an event has one */
    int code = cli_connect(&arguments.common, 'C', &client);
    if (code)
        return code;
    arena_init(&arena);
    code = explain(&arguments, client, &arena);
    arena_release(&arena);
    client_close(client);
    return code;
}
