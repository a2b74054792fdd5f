#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "broker/base/limits.h"
#include "cli/when.h"
#include "schemas/ident.h"

enum { KEY_SERVER_KEY = 0x1000, KEY_KEY_FILE, KEY_TIMEOUT, KEY_UTC, KEY_REQUEST, KEY_PERSON };

static const struct argp_option common_options[] = {
    {"broker", 'b', N_("BASE"), 0, N_("where the broker is: ipc:///run/bihuan, tcp://host:6201 ($BIHUAN_BROKER)"), 0},
    {"server-key", KEY_SERVER_KEY, N_("KEY"), 0, N_("the broker's public key, text or file ($BIHUAN_SERVER_KEY)"), 0},
    {"key-file", KEY_KEY_FILE, N_("FILE"), 0, N_("own secret key ($BIHUAN_KEY_FILE)"), 0},
    {"person", KEY_PERSON, N_("NAME"), 0, N_("who is speaking ($BIHUAN_PERSON)"), 0},
    {"json", 'j', NULL, 0, N_("print JSON"), 0},
    {"timeout", KEY_TIMEOUT, N_("SECONDS"), 0, N_("how long to wait for an answer (10)"), 0},
    {"utc", KEY_UTC, NULL, 0, N_("show times in UTC, not in local time"), 0},
    {0},
};

static error_t parse_common(int key, char *value, struct argp_state *state)
{
    struct common *common = state->input;
    switch (key) {
    case 'b':
        common->broker = value;
        return 0;
    case KEY_SERVER_KEY:
        common->server_key = value;
        return 0;
    case KEY_KEY_FILE:
        common->key_file = value;
        return 0;
    case KEY_PERSON:
        common->person = value;
        return 0;
    case 'j':
        common->json = true;
        return 0;
    case KEY_UTC:
        common->utc = true;
        return 0;
    case KEY_TIMEOUT:
        common->timeout_ms = 1000 * (int)cli_number(state, value, "timeout", 1, 86400);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp common_argp = {common_options, parse_common, NULL, NULL, NULL, NULL, NULL};

static const struct argp_option request_options[] = {
    {"request", KEY_REQUEST, N_("ID"), 0, N_("id of this request: a repeat gets the first answer (a fresh random one)"),
     0},
    {0},
};

static error_t parse_request(int key, char *value, struct argp_state *state)
{
    struct common *common = state->input;
    if (key != KEY_REQUEST)
        return ARGP_ERR_UNKNOWN;
    if (!*value || strlen(value) > ID_MAX_BYTES)
        argp_error(state, _("--request: 1 to %d bytes"), ID_MAX_BYTES);
    common->request = value;
    return 0;
}

const struct argp request_argp = {request_options, parse_request, NULL, NULL, NULL, NULL, NULL};

static const char *fresh_request(void)
{
    static char text[33];
    uint64_t random[2];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        abort();
    snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
    return text;
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    struct common *common = input;
    common->timeout_ms = 10000;
    common->person = getenv("BIHUAN_PERSON");
    common->request = fresh_request();
    argp_parse(argp, argc, argv, 0, NULL, input);
}

void cli_children(struct argp_state *state, struct common *common, int n)
{
    for (int i = 0; i < n; i++)
        state->child_inputs[i] = common;
}

/* --- the broker, and why it does not answer --- */

#define DEFAULT_BROKER "ipc:///run/bihuan" /* as workers/client.h has it */

static const char *broker_of(const struct common *common)
{
    const char *named = common->broker && *common->broker ? common->broker : getenv("BIHUAN_BROKER");
    return named && *named ? named : DEFAULT_BROKER;
}

/* A socket that is not there needs no waiting for. */
static bool socket_is_missing(const struct client *client)
{
    const char *address = client_address(client);
    if (strncmp(address, "ipc://", strlen("ipc://")) != 0)
        return false;
    return access(address + strlen("ipc://"), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* What client_trouble says when no refusal of the broker's is in it. */
static const char *const troubles[] = {
    N_("the broker cannot be reached"),        N_("the broker has not answered yet"),
    N_("the broker has not welcomed us yet"),  N_("the broker has fallen silent"),
    N_("the broker refuses this key or user"), N_("the handshake failed: a wrong server key, or no broker"),
};

const char *cli_trouble(const struct common *common, const struct client *client, char *out, size_t size_bytes)
{
    const char *trouble = client_trouble(client);
    if (socket_is_missing(client))
        trouble = _("no socket there; is bihuand running?");
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
        if (strcmp(trouble, troubles[i]) == 0)
            trouble = _(troubles[i]);
    snprintf(out, size_bytes, "%s: %s", broker_of(common), trouble);
    return out;
}

/* What was typed, a key file, or this machine. */
static int code_of(int error)
{
    switch (error) {
    case -EINVAL:
    case -ENAMETOOLONG:
        return CLI_USAGE;
    case -ENOENT:
    case -EPERM:
    case -EACCES:
        return CLI_BAD_INPUT;
    default:
        return CLI_LOCAL;
    }
}

int cli_connect(const struct common *common, char endpoint, struct client **out)
{
    int code = cli_connect_early(common, endpoint, out);
    if (code || !socket_is_missing(*out))
        return code;
    cli_fail(_("%s: no socket there; is bihuand running?"), client_address(*out));
    client_close(*out);
    *out = NULL;
    return CLI_UNKNOWN;
}

int cli_connect_early(const struct common *common, char endpoint, struct client **out)
{
    struct client_options options = {
        .base = common->broker,
        .endpoint = endpoint,
        .server_key = common->server_key,
        .key_file = common->key_file,
        .software = "bihuan " BIHUAN_VERSION,
    };
    char fault[256] = "";
    int error = client_open(&options, out, fault);
    if (!error)
        return CLI_DONE;
    cli_fail("%s", *fault ? fault : strerror(-error));
    return code_of(error);
}

static const char *request_of(const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_ACT:
        return message->act.request;
    case MESSAGE_WORD:
        return message->word.request;
    case MESSAGE_RELOAD:
        return message->reload.request;
    case MESSAGE_BACKUP:
        return message->backup.request;
    default:
        return NULL;
    }
}

/* Silence is not a no: the same request asked again gets the first answer, so its id is named. */
static void say_silence(const struct common *common, const struct client *client, const struct message *message,
                        int error)
{
    const char *request = request_of(message);
    char trouble[512];
    cli_trouble(common, client, trouble, sizeof(trouble));
    if (error == -EACCES)
        cli_fail("%s", trouble);
    else
        cli_fail(_("no answer within %d s: %s"), common->timeout_ms / 1000, trouble);
    if (request)
        cli_fail(_("whether it was done is unknown; ask again with --request %s"), request);
}

int cli_ask(const struct common *common, struct client *client, const struct message *message, struct arena *arena,
            struct message *answer)
{
    int error = client_ask(client, message, common->timeout_ms, arena, answer);
    if (error) {
        say_silence(common, client, message, error);
        return CLI_UNKNOWN;
    }
    if (answer->kind == MESSAGE_REFUSAL) {
        cli_say_refusal(common, answer);
        return CLI_REFUSED;
    }
    return CLI_DONE;
}

int cli_ask_once(const struct common *common, char endpoint, const struct message *message, struct arena *arena,
                 struct message *answer)
{
    struct client *client;
    int code = cli_connect(common, endpoint, &client);
    if (code)
        return code;
    code = cli_ask(common, client, message, arena, answer);
    client_close(client);
    return code;
}

void cli_say_refusal(const struct common *common, const struct message *message)
{
    const struct refusal *refusal = &message->refusal;
    const char *name = refusal_name(refusal->code);
    const char *field = refusal->field && *refusal->field ? refusal->field : NULL;
    if (common->json)
        cli_print_json(message);
    const char *reason = refusal->reason ? refusal->reason : "";
    size_t length = strlen(reason); /* faults of a file end in a newline */
    while (length && reason[length - 1] == '\n')
        length--;
    cli_fail(_("refused: %s%s%s%s: %.*s"), name ? name : "?", field ? " (" : "", field ? field : "", field ? ")" : "",
             (int)length, reason);
}

void cli_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs("bihuan: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void cli_print_json(const struct message *message)
{
    struct buffer line = {0};
    wire_json(message, &line);
    fwrite(line.data, 1, line.size, stdout);
    putchar('\n');
    buffer_release(&line);
}

void cli_print_done(const struct common *common, const struct message *answer)
{
    if (common->json) {
        cli_print_json(answer);
        return;
    }
    const struct receipt *receipt = &answer->receipt;
    char id[IDENT_TEXT_BYTES] = "", time[WHEN_TEXT_BYTES];
    if (receipt->incident)
        ident_format(receipt->incident, id);
    printf(receipt->repeat ? _("done before%s%s, sequence %" PRIu64 ", %s\n")
                           : _("done%s%s, sequence %" PRIu64 ", %s\n"),
           *id ? " " : "", id, receipt->seq, when_text(receipt->at_ms, common->utc, time));
}

uint64_t cli_incident(struct argp_state *state, const char *text)
{
    uint64_t id = 0;
    if (ident_parse(text, &id) != 0)
        argp_error(state, _("\"%s\" is not an incident id (like 620802-000123-W, its last character checks the rest)"),
                   text);
    return id;
}

enum outcome_code cli_outcome(struct argp_state *state, const char *name)
{
#define NAME_X(v, N, n) " " #n
    enum outcome_code outcome = outcome_of(name);
    if (!outcome)
        argp_error(state, _("--outcome: no outcome \"%s\"; there are:%s"), name, OUTCOMES(NAME_X));
    return outcome;
#undef NAME_X
}

long cli_number(struct argp_state *state, const char *text, const char *option, long low, long high)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < low || value > high)
        argp_error(state, _("--%s: \"%s\" is not a number from %ld to %ld"), option, text, low, high);
    return value;
}

bool cli_own_folder(char *out, size_t size_bytes)
{
    ssize_t n = readlink("/proc/self/exe", out, size_bytes - 1);
    if (n <= 0)
        return false;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}
