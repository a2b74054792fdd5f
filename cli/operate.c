/* bihuan reload and bihuan backup: what an operator asks of a running broker. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/verbs.h"

struct arguments {
    struct common common;
    const char *path;
};

static error_t parse_reload(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    (void)value;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    cli_children(state, &arguments->common, 2);
    return 0;
}

static error_t parse_backup(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        arguments->path = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, _("where to?"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int verb_reload(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {
        NULL,
        parse_reload,
        NULL,
        N_("Puts the broker's configuration files in force, all at once; when a file is bad, or "
           "drops what open incidents refer to, nothing changes and the faults are printed."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {0};
    cli_parse(&argp, argc, argv, &arguments);
    const struct message message = {.kind = MESSAGE_RELOAD,
                                    .reload = {.request = arguments.common.request, .person = arguments.common.person}};
    return cli_do(&arguments.common, 'C', &message);
}

int verb_backup(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {
        NULL,
        parse_backup,
        N_("PATH"),
        N_("Has the broker write a compact copy of its store to PATH on its own machine, while "
           "it works on. `bihuan restore` makes a store of it."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {0};
    char folder[2048], path[4096];
    cli_parse(&argp, argc, argv, &arguments);
    /* The broker's working folder is not ours. */
    if (!getcwd(folder, sizeof(folder))) {
        cli_fail("%s", strerror(errno));
        return CLI_LOCAL;
    }
    snprintf(path, sizeof(path), "%s/%s", folder, arguments.path);
    const struct message message = {.kind = MESSAGE_BACKUP,
                                    .backup = {.request = arguments.common.request,
                                               .person = arguments.common.person,
                                               .path = *arguments.path == '/' ? arguments.path : path}};
    return cli_do(&arguments.common, 'C', &message);
}
