/* bihuan ask, bihuan decide: what one asks (more time, parking, suspension), and what somebody else says to it. */
#include <string.h>

#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "cli/when.h"

enum { KEY_BY = 0x2000, KEY_UNTIL, KEY_TASK, KEY_ON_BEHALF, KEY_REASON, KEY_TEXT, KEY_GRANTED, KEY_REFUSED };

struct arguments {
    struct common common;
    struct act act;
    const char *on_behalf;
    bool granted, refused;
};

/* What a verb's own options do; false when the key is not one of them. */
static bool parse_option(int key, char *value, struct argp_state *state, struct arguments *arguments)
{
    struct act *act = &arguments->act;
    switch (key) {
    case KEY_BY:
        if (when_parse_span(value, &act->span_ms) != 0)
            argp_error(state, _("--by: \"%s\" is not a time span like 2h or 1d4h"), value);
        return true;
    case KEY_UNTIL:
        if (when_parse(value, &act->until_ms) != 0)
            argp_error(state, _("--%s: \"%s\" is not a time like \"2026-09-30 17:50\""), "until", value);
        return true;
    case KEY_TASK:
        act->task = (uint32_t)cli_number(state, value, "task", 1, TASKS_MAX);
        return true;
    case KEY_ON_BEHALF:
        arguments->on_behalf = value;
        return true;
    case KEY_REASON:
        act->reason = value;
        return true;
    case KEY_TEXT:
        act->text = value;
        return true;
    case KEY_GRANTED:
        arguments->granted = act->passed = true;
        return true;
    case KEY_REFUSED:
        arguments->refused = true;
        return true;
    default:
        return false;
    }
}

/* --- ask --- */

static const struct argp_option ask_options[] = {
    {"by", KEY_BY, N_("SPAN"), 0, N_("extend: so much more time, like 2h or 1d (a working day, in working time)"), 0},
    {"until", KEY_UNTIL, N_("TIME"), 0, N_("park, suspend: to when"), 0},
    {"task", KEY_TASK, N_("N"), 0, N_("which task (the incident itself; on behalf: the unit's one)"), 0},
    {"on-behalf", KEY_ON_BEHALF, N_("UNIT"), 0, N_("the unit that asks; --person is who of it"), 0},
    {"reason", KEY_REASON, N_("CODE"), 0, N_("why, in a word (needed)"), 0},
    {"text", KEY_TEXT, N_("TEXT"), 0, N_("why, in sentences"), 0},
    {0},
};

static void take_ask(struct argp_state *state, struct act *act, const char *value)
{
    if (!act->incident)
        act->incident = cli_incident(state, value);
    else if (!act->kind)
        act->kind = ask_kind_of(value);
    else
        argp_error(state, _("one ask at a time"));
    if (state->arg_num == 1 && !act->kind)
        argp_error(state, _("\"%s\": not extend, park, suspend or unreasonable"), value);
}

static void check_ask(struct argp_state *state, const struct arguments *arguments)
{
    const struct act *act = &arguments->act;
    if (!act->incident || !act->kind)
        argp_error(state, _("which incident, and what is asked: extend, park, suspend or unreasonable?"));
    if (act->kind == ASK_EXTEND && !act->span_ms)
        argp_error(state, _("--%s is needed"), "by");
    if ((act->kind == ASK_PARK || act->kind == ASK_SUSPEND) && !act->until_ms)
        argp_error(state, _("--%s is needed"), "until");
    if (!act->reason)
        argp_error(state, _("--%s is needed"), "reason");
    if (arguments->on_behalf && !arguments->common.person)
        argp_error(state, _("--%s is needed"), "person");
}

static error_t parse_ask(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        take_ask(state, &arguments->act, value);
        return 0;
    case ARGP_KEY_END:
        check_ask(state, arguments);
        return 0;
    default:
        return parse_option(key, value, state, arguments) ? 0 : ARGP_ERR_UNKNOWN;
    }
}

static int say_ask(const struct arguments *arguments)
{
    const struct act *act = &arguments->act;
    return say_word(&arguments->common, (struct word){.verb = WORD_ASK,
                                                      .incident = act->incident,
                                                      .task = act->task,
                                                      .on_behalf = arguments->on_behalf,
                                                      .reason = act->reason,
                                                      .text = act->text,
                                                      .kind = act->kind,
                                                      .until_ms = act->until_ms,
                                                      .span_ms = act->span_ms});
}

int verb_ask(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {
        ask_options,
        parse_ask,
        N_("INCIDENT KIND"),
        N_("Asks for more time (extend), for an incident to be parked to a date (park), or for a task to be suspended "
           "for a short while (suspend); or proposes that what is wanted is not to be had (unreasonable). Somebody "
           "else "
           "decides; until then the clocks run."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {.act.verb = ACT_ASK};
    cli_parse(&argp, argc, argv, &arguments);
    return arguments.on_behalf ? say_ask(&arguments) : cli_act(&arguments.common, 'C', arguments.act);
}

/* --- decide --- */

static const struct argp_option decide_options[] = {
    {"granted", KEY_GRANTED, NULL, 0, N_("yes"), 0},
    {"refused", KEY_REFUSED, NULL, 0, N_("no"), 0},
    {"reason", KEY_REASON, N_("CODE"), 0, N_("why, in a word"), 0},
    {"text", KEY_TEXT, N_("TEXT"), 0, N_("why, in sentences"), 0},
    {0},
};

static void take_decide(struct argp_state *state, struct act *act, const char *value)
{
    if (!act->incident)
        act->incident = cli_incident(state, value);
    else if (!act->ask)
        act->ask = (uint32_t)cli_number(state, value, "N", 1, ASKS_MAX);
    else
        argp_error(state, _("one ask at a time"));
}

static error_t parse_decide(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        take_decide(state, &arguments->act, value);
        return 0;
    case ARGP_KEY_END:
        if (!arguments->act.incident)
            argp_error(state, _("which incident?"));
        if (arguments->granted == arguments->refused)
            argp_error(state, _("--granted or --refused?"));
        return 0;
    default:
        return parse_option(key, value, state, arguments) ? 0 : ARGP_ERR_UNKNOWN;
    }
}

int verb_decide(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {
        decide_options,
        parse_decide,
        N_("INCIDENT [N]"),
        N_("Grants or refuses ask N of an incident (the only open one). Whoever asked may not."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {.act.verb = ACT_DECIDE};
    cli_parse(&argp, argc, argv, &arguments);
    return cli_act(&arguments.common, 'C', arguments.act);
}
