/* bihuan keys: CURVE keys. NAME.key is the secret (mode 0600), NAME.pub what the other side is told. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "cli/cli.h"
#include "cli/verbs.h"

#define KEY_TEXT_BYTES 41 /* Z85: 40 characters and a NUL */

enum { KEY_FOLDER = 0x2000, KEY_JSON };

struct arguments {
    const char *action, *name, *folder;
    bool json;
};

static const struct argp_option options[] = {
    {"folder", KEY_FOLDER, N_("FOLDER"), 0, N_("where the files are made (here)"), 0},
    {"json", KEY_JSON, NULL, 0, N_("print JSON"), 0},
    {0},
};

static bool is_name(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/') && strlen(name) < 200;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_FOLDER:
        arguments->folder = value;
        return 0;
    case KEY_JSON:
        arguments->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            argp_error(state, _("too many arguments"));
        *(state->arg_num ? &arguments->name : &arguments->action) = value;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->name || (strcmp(arguments->action, "make") != 0 && strcmp(arguments->action, "show") != 0))
            argp_error(state, _("make NAME, or show FILE"));
        if (strcmp(arguments->action, "make") == 0 && !is_name(arguments->name))
            argp_error(state, _("\"%s\" is not a name for a file"), arguments->name);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A key that is there already is in use somewhere: never written over. 0 or -errno. */
static int write_key(const char *path, const char *key, mode_t mode)
{
    char line[KEY_TEXT_BYTES + 1];
    int length = snprintf(line, sizeof(line), "%s\n", key), error = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return -errno;
    if (write(fd, line, (size_t)length) != length || fsync(fd) != 0)
        error = errno ? -errno : -EIO;
    close(fd);
    if (error)
        unlink(path);
    return error;
}

static void show(const struct arguments *arguments, const char *public_key, const char *secret_file)
{
    if (!arguments->json) {
        printf("%s\n", public_key);
        if (secret_file)
            /* Z85 has characters that mean something in YAML: always quoted. */
            fprintf(stderr,
                    _("%s is secret. Tell the broker the public key: write   keys: [\"%s\"]   in principals.yaml, or "
                      "put %.*s.pub into its keys_folder, named as the principal.\n"),
                    secret_file, public_key, (int)(strlen(secret_file) - strlen(".key")), secret_file);
        return;
    }
    json_t *object = json_pack("{s:s, s:o}", "public", public_key, "credential", json_sprintf("curve:%s", public_key));
    if (secret_file)
        json_object_set_new(object, "secret_file", json_string(secret_file));
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static int make(const struct arguments *arguments)
{
    char public_key[KEY_TEXT_BYTES], secret_key[KEY_TEXT_BYTES], secret_file[4096], public_file[4096];
    const char *folder = arguments->folder ? arguments->folder : ".";
    snprintf(secret_file, sizeof(secret_file), "%s/%s.key", folder, arguments->name);
    snprintf(public_file, sizeof(public_file), "%s/%s.pub", folder, arguments->name);
    if (zmq_curve_keypair(public_key, secret_key) != 0) {
        cli_fail(_("cannot make a key: %s"), zmq_strerror(zmq_errno()));
        return CLI_LOCAL;
    }
    const char *failed = secret_file;
    int error = write_key(secret_file, secret_key, 0600);
    if (!error) {
        failed = public_file;
        error = write_key(public_file, public_key, 0644);
        if (error)
            unlink(secret_file);
    }
    explicit_bzero(secret_key, sizeof(secret_key));
    if (error) {
        cli_fail("%s: %s", failed, strerror(-error));
        return CLI_LOCAL;
    }
    show(arguments, public_key, secret_file);
    return CLI_DONE;
}

/* The first line of a key file. */
static bool read_key(const char *path, char out[KEY_TEXT_BYTES])
{
    char text[128];
    uint8_t bytes[32];
    FILE *file = fopen(path, "re");
    if (!file || !fgets(text, sizeof(text), file)) {
        cli_fail("%s: %s", path, file ? _("empty") : strerror(errno));
        if (file)
            fclose(file);
        return false;
    }
    fclose(file);
    text[strcspn(text, " \t\r\n")] = '\0';
    bool good = strlen(text) == KEY_TEXT_BYTES - 1 && zmq_z85_decode(bytes, text);
    if (good)
        memcpy(out, text, KEY_TEXT_BYTES);
    else
        cli_fail(_("%s: not a key; 40 characters of Z85 are expected"), path);
    explicit_bzero(text, sizeof(text));
    explicit_bzero(bytes, sizeof(bytes));
    return good;
}

static int show_file(const struct arguments *arguments)
{
    char key[KEY_TEXT_BYTES], public_key[KEY_TEXT_BYTES];
    const char *dot = strrchr(arguments->name, '.');
    if (!read_key(arguments->name, key))
        return CLI_BAD_INPUT;
    if (dot && strcmp(dot, ".pub") == 0)
        memcpy(public_key, key, sizeof(public_key));
    else if (zmq_curve_public(public_key, key) != 0)
        return CLI_BAD_INPUT;
    explicit_bzero(key, sizeof(key));
    show(arguments, public_key, NULL);
    return CLI_DONE;
}

int verb_keys(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        N_("make NAME | show FILE"),
        N_("make: writes NAME.key (secret, mode 0600) and NAME.pub, and prints the public key. "
           "show: prints the public key of either file."),
        NULL,
        NULL,
        NULL};
    struct arguments arguments = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return strcmp(arguments.action, "make") == 0 ? make(&arguments) : show_file(&arguments);
}
