/* bihuan check, bihuan restore and bihuan extract: work for `bihuand` without a running broker. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/lines.h"
#include "cli/verbs.h"

/* bihuand's own exit codes that are told apart here. */
enum { BIHUAND_DONE = 0, BIHUAND_USAGE = 2, BIHUAND_BAD_CONFIGURATION = 3 };

enum { KEY_JSON = 'j', KEY_AGAINST = 256 };

struct arguments {
    const char *paths[2], *against, *missing; /* missing: what is asked when there are too few */
    int wanted;
    bool json;
};

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, N_("print JSON"), 0},
    {0},
};

static const struct argp_option check_options[] = {
    {"json", KEY_JSON, NULL, 0, N_("print JSON"), 0},
    {"against", KEY_AGAINST, N_("CSV"), 0,
     N_("route each row of a CSV with columns type, area and unit, and tell where it goes elsewhere, and what "
        "contradicts itself"),
     0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_JSON:
        arguments->json = true;
        return 0;
    case KEY_AGAINST:
        arguments->against = value;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num >= (unsigned)arguments->wanted)
            argp_error(state, _("too many arguments"));
        arguments->paths[state->arg_num] = value;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < (unsigned)arguments->wanted)
            argp_error(state, "%s", _(arguments->missing));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
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
    case BIHUAND_DONE:
        return CLI_DONE;
    case BIHUAND_USAGE:
        return CLI_USAGE;
    case BIHUAND_BAD_CONFIGURATION:
        return CLI_BAD_INPUT;
    default:
        return CLI_LOCAL;
    }
}

/* said: where what it writes goes, -1: where ours does. Its process id, or -1. */
static pid_t start_bihuand(char *const *argv, int said)
{
    fflush(NULL);
    pid_t child = fork();
    if (child != 0)
        return child;
    if (said >= 0) {
        dup2(said, STDOUT_FILENO);
        dup2(said, STDERR_FILENO);
    }
    become_bihuand(argv);
    cli_fail(_("bihuand is neither beside bihuan nor in PATH"));
    _exit(127);
}

static int await_bihuand(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return CLI_LOCAL;
    return exit_code(status);
}

/* "routes.yaml:4:9: what" as an object; any other line has only its "what", and its level once all is known. */
static json_t *fault_of(const char *line)
{
    static const char warning[] = "warning: ";
    char *file = NULL, *what = NULL;
    int line_number, column;
    json_t *fault;
    if (sscanf(line, "%m[^:]:%d:%d: %m[^\n]", &file, &line_number, &column, &what) == 4) {
        bool warned = strncmp(what, warning, strlen(warning)) == 0;
        fault = json_pack("{s:s, s:i, s:i, s:s, s:s}", "file", file, "line", line_number, "column", column, "what",
                          what + (warned ? strlen(warning) : 0), "level", warned ? "warning" : "error");
    } else {
        fault = json_pack("{s:s%}", "what", line, strcspn(line, "\n"));
    }
    free(file);
    free(what);
    return fault;
}

/* What stands at no place is an error where there are errors, and else what is told of a sound city. */
static void level_the_rest(json_t *said, bool done)
{
    size_t i;
    json_t *line;
    json_array_foreach(said, i, line)
    {
        if (!json_object_get(line, "level"))
            json_object_set_new(line, "level", json_string(done ? "note" : "error"));
    }
}

/* What it says as {"done": …, "said": […]}. */
static int run_as_json(char *const *argv)
{
    int ends[2];
    struct lines lines;
    const char *text;
    ssize_t length;
    json_t *said = json_array();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return CLI_LOCAL;
    pid_t child = start_bihuand(argv, ends[1]);
    close(ends[1]);
    lines_init(&lines, ends[0]);
    while ((length = lines_next(&lines, &text)) > 0) {
        char *line = strndup(text, (size_t)length);
        json_array_append_new(said, fault_of(line));
        free(line);
    }
    lines_release(&lines);
    close(ends[0]);
    int code = child < 0 ? CLI_LOCAL : await_bihuand(child);
    level_the_rest(said, code == CLI_DONE);
    json_t *object = json_pack("{s:b, s:o}", "done", code == CLI_DONE, "said", said);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
    return code;
}

static int run_bihuand(const struct arguments *arguments, char *const *argv)
{
    if (arguments->json)
        return run_as_json(argv);
    pid_t child = start_bihuand(argv, -1);
    if (child >= 0)
        return await_bihuand(child);
    cli_fail("%s", strerror(errno));
    return CLI_LOCAL;
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
    static const struct argp argp = {check_options,
                                     parse,
                                     N_("FILE_OR_FOLDER"),
                                     N_("Checks a city's configuration without a broker and prints every fault as "
                                        "file:line:column. A file is checked with the others of its folder."),
                                     NULL,
                                     NULL,
                                     NULL};
    struct arguments arguments = {.wanted = 1, .missing = N_("which file or folder?")};
    char folder[4096];
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (access(arguments.paths[0], R_OK) != 0) {
        cli_fail("%s: %s", arguments.paths[0], strerror(errno));
        return CLI_BAD_INPUT;
    }
    char *command[] = {"bihuand",
                       "--check",
                       (char *)folder_of(arguments.paths[0], folder, sizeof(folder)),
                       arguments.against ? "--against" : NULL,
                       (char *)arguments.against,
                       NULL};
    return run_bihuand(&arguments, command);
}

int verb_restore(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        N_("BACKUP FOLDER"),
        N_("Makes a store in FOLDER, which must not hold one, from a backup. It begins a new "
           "term, so that no number is given twice."),
        NULL,
        NULL,
        NULL};
    struct arguments arguments = {.wanted = 2, .missing = N_("which backup, and which folder?")};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (access(arguments.paths[0], R_OK) != 0) {
        cli_fail("%s: %s", arguments.paths[0], strerror(errno));
        return CLI_BAD_INPUT;
    }
    char *command[] = {"bihuand", "--restore", (char *)arguments.paths[0], "--store", (char *)arguments.paths[1], NULL};
    return run_bihuand(&arguments, command);
}

int verb_extract(int argc, char **argv)
{
    static const struct argp argp = {options,
                                     parse,
                                     N_("STORE INCIDENT"),
                                     N_("Writes an incident's records as they are in the trail of STORE, which is a "
                                        "backup or a store that no broker "
                                        "has open: one a line, as JSON beside the bytes that were hashed into the "
                                        "chain, for `bihuan verify-extract`."),
                                     NULL,
                                     NULL,
                                     NULL};
    struct arguments arguments = {.wanted = 2, .missing = N_("which store or backup, and which incident?")};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    arguments.json = false; /* it is JSON as it is */
    char *command[] = {"bihuand", "--extract", (char *)arguments.paths[1], "--store", (char *)arguments.paths[0], NULL};
    return run_bihuand(&arguments, command);
}
