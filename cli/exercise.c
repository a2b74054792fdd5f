/* Blind exercises 神秘访客: bihuan commit sends the hash of an event's id and a secret beforehand, bihuan reveal both
 * afterwards. */
#include <string.h>

#include "broker/base/digest.h"
#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/verbs.h"

enum { KEY_SECRET = 0x2000 };

struct blind {
    struct common common;
    struct act act;
    const char *event, *secret;
};

static const struct argp_option options[] = {
    {"secret-file", KEY_SECRET, N_("FILE"), 0,
     N_("its first line is what nobody can guess: keep it until the end; mode 0600, or - for stdin"), 0},
    {0},
};
static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};

static void take_name(struct argp_state *state, struct blind *blind, const char *value)
{
    if (blind->act.verb == ACT_REVEAL && !blind->act.incident)
        blind->act.incident = cli_incident(state, value);
    else if (!blind->event)
        blind->event = value;
    else
        argp_error(state, _("one event at a time"));
}

static void check_whole(struct argp_state *state, const struct blind *blind)
{
    if (blind->act.verb == ACT_REVEAL && !blind->act.incident)
        argp_error(state, _("which incident?"));
    if (!blind->event)
        argp_error(state, _("which event, by its source's own id?"));
    if (strchr(blind->event, ' '))
        argp_error(state, _("an exercise's event has an id without blanks"));
    if (!blind->secret || !*blind->secret)
        argp_error(state, _("--%s is needed"), "secret-file");
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct blind *blind = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &blind->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        take_name(state, blind, value);
        return 0;
    case KEY_SECRET:
        blind->secret = cli_secret(state, value);
        return 0;
    case ARGP_KEY_END:
        check_whole(state, blind);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int send_blind(struct blind *blind)
{
    char hash[2 * DIGEST_BYTES + 1];
    struct buffer text = {0};
    struct digest digest;
    buffer_printf(&text, "%s %s", blind->event, blind->secret);
    digest_bytes(&digest, text.data, text.size);
    digest_hex(&digest, hash);
    buffer_append(&text, "", 1);
    if (blind->act.verb == ACT_REVEAL)
        blind->act.text = (const char *)text.data;
    else
        blind->act.name = hash;
    int code = cli_act(&blind->common, 'C', blind->act);
    buffer_release(&text);
    return code;
}

int verb_commit(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        N_("EVENT-ID"),
        N_("Commits to a blind exercise before it is reported: the broker gets the hash of "
           "the event's id and a secret, and nobody can tell which it will be."),
        children,
        NULL,
        NULL};
    struct blind blind = {.act.verb = ACT_COMMIT_EXERCISE};
    cli_parse(&argp, argc, argv, &blind);
    return send_blind(&blind);
}

int verb_reveal(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        N_("INCIDENT EVENT-ID"),
        N_("Shows that an incident was a blind exercise, committed to before its event came "
           "in. From then on it is in no figures."),
        children,
        NULL,
        NULL};
    struct blind blind = {.act.verb = ACT_REVEAL};
    cli_parse(&argp, argc, argv, &blind);
    return send_blind(&blind);
}
