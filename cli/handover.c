/* 交接班: bihuan hand-over gives a shift with what is open to a named person, bihuan take-over takes it by quoting the digest
 * that bihuan beside shift tells. */
#include "cli/cli.h"
#include "cli/verbs.h"

enum { KEY_TO = 0x2000, KEY_TEXT };

struct shift {
    struct common common;
    struct act act;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct shift *shift = state->input;
    struct act *act = &shift->act;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &shift->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        if (!act->name)
            act->name = value;
        else if (!act->target && act->verb == ACT_TAKE_OVER)
            act->target = value;
        else
            argp_error(state, _("one shift at a time"));
        return 0;
    case KEY_TO:
        act->target = value;
        return 0;
    case KEY_TEXT:
        act->text = value;
        return 0;
    case ARGP_KEY_END:
        if (!act->name)
            argp_error(state, _("which shift?"));
        if (!act->target)
            argp_error(state, act->verb == ACT_TAKE_OVER ? _("the digest of what was handed over is needed")
                                                         : _("--to says who takes over"));
        if (!shift->common.person)
            argp_error(state, _("--%s is needed"), "person");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int verb_hand_over(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"to", KEY_TO, N_("PERSON"), 0, N_("who takes over"), 0},
        {"text", KEY_TEXT, N_("TEXT"), 0, N_("what they should know"), 0},
        {0},
    };
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     N_("SHIFT"),
                                     N_("Hands a shift over to somebody: on record are how many incidents are open and "
                                        "overdue, by state, and the digest of their list."),
                                     children,
                                     NULL,
                                     NULL};
    struct shift shift = {.act.verb = ACT_HAND_OVER};
    cli_parse(&argp, argc, argv, &shift);
    return cli_act(&shift.common, 'C', shift.act);
}

int verb_take_over(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"text", KEY_TEXT, N_("TEXT"), 0, N_("what is to be said of it"), 0},
        {0},
    };
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {
        options,
        parse,
        N_("SHIFT DIGEST"),
        N_("Takes over a shift that was handed over to --person. The digest is what bihuan "
           "beside shift tells of it, or its first eight digits: whoever quotes it has read "
           "what is open."),
        children,
        NULL,
        NULL};
    struct shift shift = {.act.verb = ACT_TAKE_OVER};
    cli_parse(&argp, argc, argv, &shift);
    return cli_act(&shift.common, 'C', shift.act);
}
