/* bihuan sample: 双随机, closed incidents drawn by lot, to be looked at again. */
#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "cli/when.h"

enum { KEY_FROM = 0x2000, KEY_UNTIL, KEY_COUNT, KEY_PERCENT, KEY_ON_SITE };

struct sampling_options {
    struct common common;
    struct act act;
};

static int64_t take_time(struct argp_state *state, const char *option, const char *value)
{
    int64_t at_ms;
    if (when_parse(value, &at_ms) != 0)
        argp_error(state, _("--%s: \"%s\" is not a time like \"2026-09-30 17:50\""), option, value);
    return at_ms;
}

static void check_whole(struct argp_state *state, const struct act *act)
{
    if (!act->from_ms || !act->until_ms)
        argp_error(state, _("--%s is needed"), act->from_ms ? "until" : "from");
    if (!act->count == !act->percent)
        argp_error(state, _("--count or --percent?"));
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct sampling_options *options = state->input;
    struct act *act = &options->act;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &options->common, 2);
        return 0;
    case KEY_FROM:
        act->from_ms = take_time(state, "from", value);
        return 0;
    case KEY_UNTIL:
        act->until_ms = take_time(state, "until", value);
        return 0;
    case KEY_COUNT:
        act->count = (uint32_t)cli_number(state, value, "count", 1, SAMPLE_DRAWN_MAX);
        return 0;
    case KEY_PERCENT:
        act->percent = (uint32_t)cli_number(state, value, "percent", 1, 100);
        return 0;
    case KEY_ON_SITE:
        act->on_site = true;
        return 0;
    case ARGP_KEY_END:
        check_whole(state, act);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int verb_sample(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"from", KEY_FROM, N_("TIME"), 0, N_("of what closed from here on"), 0},
        {"until", KEY_UNTIL, N_("TIME"), 0, N_("and before there, which is past"), 0},
        {"count", KEY_COUNT, "N", 0, N_("so many"), 0},
        {"percent", KEY_PERCENT, "N", 0, N_("or so many percent, rounded up"), 0},
        {"on-site", KEY_ON_SITE, NULL, 0, N_("only of what was handled on site"), 0},
        {0},
    };
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     NULL,
                                     N_("Draws closed incidents by lot, to be looked at again. The record says which, "
                                        "among how many, and by which seed: anybody can draw again."),
                                     children,
                                     NULL,
                                     NULL};
    struct sampling_options sampling = {.act.verb = ACT_SAMPLE};
    cli_parse(&argp, argc, argv, &sampling);
    return cli_act(&sampling.common, 'C', sampling.act);
}
