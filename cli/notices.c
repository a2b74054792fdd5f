/* bihuan notices: what became of what this source reported, until it says that it has dealt with it. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"

#define CREDIT   256
#define QUIET_MS 200

enum { KEY_ACK = 0x2000 };

struct arguments {
    struct common common;
    bool follow, acknowledge;
};

struct reading {
    const struct arguments *arguments;
    struct client *client;
    uint32_t greetings, credit;
    uint64_t seq;          /* of the last one taken */
    uint64_t acknowledged; /* and asked to be */
    bool at_end;
};

static const struct argp_option options[] = {
    {"follow", 'f', NULL, 0, N_("go on as steps are made"), 0},
    {"ack", KEY_ACK, NULL, 0, N_("acknowledge what is printed: it does not come again"), 0},
    {0},
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    (void)value;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 1);
        return 0;
    case 'f':
        arguments->follow = true;
        return 0;
    case KEY_ACK:
        arguments->acknowledge = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- printing --- */

static void print_events(const struct notice *notice)
{
    for (size_t i = 0; i < notice->event_count; i++)
        printf("%s%s", i ? ", " : "  ", notice->events[i]);
    if (notice->more)
        fputs(" …", stdout);
}

static void print_text(const struct reading *reading, const struct notice *notice)
{
    char id[IDENT_TEXT_BYTES], time[WHEN_TEXT_BYTES];
    const char *const parts[] = {words_outcome(notice->outcome), notice->unit, notice->reason, notice->text};
    ident_format(notice->incident, id);
    printf("%8" PRIu64 "  %s  %s  %s", notice->seq, when_text(notice->at_ms, reading->arguments->common.utc, time), id,
           words_notice_step(notice->step));
    if (notice->into) {
        ident_format(notice->into, id);
        printf(_(" into %s"), id);
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i] && *parts[i])
            printf("  %s", parts[i]);
    print_events(notice);
    putchar('\n');
}

static void take(struct reading *reading, const struct message *message)
{
    const struct notice *notice = &message->notice;
    reading->at_end = !notice->incident;
    if (reading->at_end)
        return;
    reading->credit -= reading->credit > 0;
    if (notice->seq <= reading->seq)
        return; /* again, on a new connection */
    reading->seq = notice->seq;
    if (reading->arguments->common.json)
        cli_print_json(message);
    else
        print_text(reading, notice);
}

/* --- the conversation --- */

static void give_credit(struct reading *reading)
{
    uint32_t greetings = client_greetings(reading->client);
    if (greetings && greetings != reading->greetings)
        reading->credit = 0; /* a new session has none */
    reading->greetings = greetings;
    if (!greetings || reading->credit > CREDIT / 2)
        return;
    const struct message credit = {.kind = MESSAGE_CREDIT, .credit = {.n = CREDIT - reading->credit}};
    reading->credit = CREDIT;
    client_send(reading->client, &credit);
}

/* CLI_DONE, or the exit code of a refusal. */
static int take_all(struct reading *reading, struct arena *arena)
{
    struct message message;
    arena_reset(arena);
    while (!interrupted && client_receive(reading->client, arena, &message)) {
        if (message.kind == MESSAGE_REFUSAL) {
            cli_say_refusal(&reading->arguments->common, &message);
            return CLI_REFUSED;
        }
        if (message.kind == MESSAGE_NOTICE)
            take(reading, &message);
        give_credit(reading);
        arena_reset(arena);
    }
    give_credit(reading);
    return fflush(stdout) == 0 ? CLI_DONE : CLI_LOCAL;
}

/* What has been written out is dealt with. */
static int acknowledge(struct reading *reading, struct arena *arena)
{
    const struct message ask = {.kind = MESSAGE_ACKNOWLEDGE, .acknowledge = {reading->seq}};
    struct message answer;
    if (!reading->arguments->acknowledge || reading->seq <= reading->acknowledged)
        return CLI_DONE;
    int code = cli_ask(&reading->arguments->common, reading->client, &ask, arena, &answer);
    if (code == CLI_DONE)
        reading->acknowledged = reading->seq;
    return code;
}

static int say_silence(const struct reading *reading)
{
    char trouble[512];
    const struct common *common = &reading->arguments->common;
    cli_fail(_("no answer within %d s: %s"), common->timeout_ms / 1000,
             cli_trouble(common, reading->client, trouble, sizeof(trouble)));
    return CLI_UNKNOWN;
}

static int read_all(struct reading *reading, struct arena *arena)
{
    int code = CLI_DONE, silent_ms = 0;
    while (!code && !interrupted && !ferror(stdout) && (reading->arguments->follow || !reading->at_end)) {
        uint64_t before = reading->seq;
        client_wait(reading->client, QUIET_MS);
        code = take_all(reading, arena);
        if (!code)
            code = acknowledge(reading, arena);
        silent_ms = reading->seq > before ? 0 : silent_ms + QUIET_MS;
        if (!code && !reading->at_end && !reading->arguments->follow &&
            silent_ms > reading->arguments->common.timeout_ms)
            code = say_silence(reading);
    }
    return code;
}

int verb_notices(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        N_("Prints the steps of what this source reported, those it has not acknowledged. Each is kept until --ack."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {0};
    struct reading reading = {.arguments = &arguments};
    struct sigaction action = {.sa_handler = interrupt};
    struct arena arena;
    cli_parse(&argp, argc, argv, &arguments);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int code = (arguments.follow ? cli_connect_early : cli_connect)(&arguments.common, 'P', &reading.client);
    if (code)
        return code;
    arena_init(&arena);
    code = read_all(&reading, &arena);
    arena_release(&arena);
    client_close(reading.client);
    return code;
}
