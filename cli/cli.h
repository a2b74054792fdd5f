/* cli.h: what every verb of `bihuan` shares: common options, exit codes, asking the broker, saying no.
 *
 * A verb is one function: it parses its own arguments with argp (common options are a child parser) and returns one
 * of the exit codes below, which are documented in docs/CLI.md and never change their meaning. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <argp.h>
#include <libintl.h>
#include <stdbool.h>
#include <stdint.h>

#include "broker/base/arena.h"
#include "schemas/wire.h"
#include "workers/client.h"

#define _(text)  gettext(text)
#define N_(text) text

enum cli_exit {
    CLI_DONE = 0,
    CLI_REFUSED = 1,   /* the broker said no */
    CLI_USAGE = 2,     /* the command line is wrong */
    CLI_UNKNOWN = 3,   /* not reachable, or no answer: what became of it is unknown */
    CLI_BAD_INPUT = 4, /* a file or line of input is wrong */
    CLI_LOCAL = 5,     /* something failed on this machine */
};

struct common {
    const char *broker, *server_key, *key_file, *person, *request;
    bool json, utc;
    int timeout_ms;
};

/* Child parsers: the first is for every verb, the second adds --request for verbs that change state. The input of
 * both is a struct common *. */
extern const struct argp common_argp;
extern const struct argp request_argp;
#define COMMON_CHILD                                                                                                   \
    {                                                                                                                  \
        &common_argp, 0, N_("Common options:"), 90                                                                     \
    }
#define REQUEST_CHILD                                                                                                  \
    {                                                                                                                  \
        &request_argp, 0, NULL, 0                                                                                      \
    }

/* Fills the defaults, then parses; a mistake ends the process with CLI_USAGE. input starts with a struct common. */
void cli_parse(const struct argp *, int argc, char **argv, void *input);
/* For a verb's parser on ARGP_KEY_INIT: gives its common options to the n child parsers. */
void cli_children(struct argp_state *, struct common *, int n);

/* Opens the endpoint 'P', 'C' or 'F'. CLI_DONE, or says why and returns the exit code: also when there is no socket. */
int cli_connect(const struct common *, char endpoint, struct client **out);
/* The same, for who waits for a broker that is not there yet. */
int cli_connect_early(const struct common *, char endpoint, struct client **out);
/* Why there is no answer, with the address, in the user's language. Returns out. */
const char *cli_trouble(const struct common *, const struct client *, char *out, size_t size_bytes);
/* Asks and waits. CLI_DONE with the answer; or the refusal or silence is said and its exit code returned. */
int cli_ask(const struct common *, struct client *, const struct message *, struct arena *, struct message *answer);
/* Connects, asks once, closes. The answer lives in the arena. */
int cli_ask_once(const struct common *, char endpoint, const struct message *, struct arena *, struct message *answer);

/* Code and reason to stderr; with --json the refusal as one line on stdout too. */
void cli_say_refusal(const struct common *, const struct message *refusal);
/* "bihuan: …" and a newline to stderr. */
void cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The message's content as one line of JSON on stdout. */
void cli_print_json(const struct message *);
/* The receipt of a done act, for people or as JSON. */
void cli_print_done(const struct common *, const struct message *answer);
/* Connects, asks for something to be done, once, and prints its receipt. An act is the person's who is named. */
int cli_do(const struct common *, char endpoint, const struct message *);
int cli_act(const struct common *, char endpoint, struct act);
/* The first line of a file that is kept as secret.h says, or of stdin ("-"), for what must not stand among arguments, which
 * anybody on the machine can read. Ends the process when it cannot be read. */
const char *cli_secret(struct argp_state *, const char *file);
/* Parses an incident id from the command line, or ends with CLI_USAGE. */
uint64_t cli_incident(struct argp_state *, const char *text);
/* Parses an outcome's name, or ends with CLI_USAGE naming those there are. */
enum outcome_code cli_outcome(struct argp_state *, const char *name);
/* Parses a whole number within [low, high], or ends with CLI_USAGE naming the option. */
long cli_number(struct argp_state *, const char *text, const char *option, long low, long high);

/* The folder of the running program ends up in out; false when it cannot be known. */
bool cli_own_folder(char *out, size_t size_bytes);

#endif
