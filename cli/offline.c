/* bihuan check and bihuan restore: work for `bihuand` without a running broker. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/verbs.h"

/* bihuand's own exit codes that are told apart here. */
enum { BIHUAND_DONE = 0, BIHUAND_USAGE = 2, BIHUAND_BAD_CONFIGURATION = 3 };

struct arguments {
    const char *paths[2];
    int wanted;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num >= (unsigned)arguments->wanted)
            argp_error(state, _("too many arguments"));
        arguments->paths[state->arg_num] = value;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < (unsigned)arguments->wanted)
            argp_error(state, arguments->wanted == 1 ? _("which file or folder?") : _("which backup, and which folder?"));
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The one built or installed with us is the one that fits; else the one in PATH. */
static void become_bihuand(char *const *argv)
{
    char folder[4096], beside[4128];
    if (cli_own_folder(folder, sizeof(folder))) {
        snprintf(beside, sizeof(beside), "%s/bihuand", folder);
        execv(beside, argv);
    }
    execvp("bihuand", argv);
}

static int exit_code(int status)
{
    if (!WIFEXITED(status))
        return CLI_LOCAL;
    switch (WEXITSTATUS(status)) {
    case BIHUAND_DONE: return CLI_DONE;
    case BIHUAND_USAGE: return CLI_USAGE;
    case BIHUAND_BAD_CONFIGURATION: return CLI_BAD_INPUT;
    default: return CLI_LOCAL;
    }
}

static int run_bihuand(char *const *argv)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        become_bihuand(argv);
        cli_fail(_("bihuand is neither beside bihuan nor in PATH"));
        _exit(127);
    }
    if (child < 0) {
        cli_fail("%s", strerror(errno));
        return CLI_LOCAL;
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return CLI_LOCAL;
    return exit_code(status);
}

/* A file is checked with its folder: routes mean nothing without types and units. */
static const char *folder_of(const char *path, char *out, size_t size_bytes)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return path;
    const char *slash = strrchr(path, '/');
    snprintf(out, size_bytes, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return *out ? out : "/";
}

int verb_check(int argc, char **argv)
{
    static const struct argp argp = {NULL, parse, N_("FILE_OR_FOLDER"),
                                     N_("Checks a city's configuration without a broker and prints every fault as "
                                        "file:line:column. A file is checked with the others of its folder."),
                                     NULL, NULL, NULL};
    struct arguments arguments = {.wanted = 1};
    char folder[4096];
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (access(arguments.paths[0], R_OK) != 0) {
        cli_fail("%s: %s", arguments.paths[0], strerror(errno));
        return CLI_BAD_INPUT;
    }
    char *command[] = {"bihuand", "--check", (char *)folder_of(arguments.paths[0], folder, sizeof(folder)), NULL};
    return run_bihuand(command);
}

int verb_restore(int argc, char **argv)
{
    static const struct argp argp = {NULL, parse, N_("BACKUP FOLDER"),
                                     N_("Makes a store in FOLDER, which must not hold one, from a backup. It begins a new "
                                        "term, so that no number is given twice."),
                                     NULL, NULL, NULL};
    struct arguments arguments = {.wanted = 2};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (access(arguments.paths[0], R_OK) != 0) {
        cli_fail("%s: %s", arguments.paths[0], strerror(errno));
        return CLI_BAD_INPUT;
    }
    char *command[] = {"bihuand", "--restore", (char *)arguments.paths[0], "--store", (char *)arguments.paths[1], NULL};
    return run_bihuand(command);
}
