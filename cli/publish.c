/* bihuan publish: events from JSON Lines, a CSV or options, many in flight at once; every line that is not accepted is
 * named, and the rest goes on. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/base/limits.h"
#include "broker/base/map.h"
#include "cli/custodian.h"
#include "cli/events.h"
#include "cli/publish_options.h"
#include "cli/receipts.h"
#include "cli/verbs.h"

#define PROGRESS_MS 200

/* An event on its way. */
struct flight {
    uint64_t tag;
    size_t line;
    char id[ID_MAX_BYTES + 1];
};

struct publishing {
    const struct publish_options *options;
    const char *file; /* for messages */
    struct client *client;
    struct lines lines;
    struct events *events; /* NULL: the one of the options */
    struct receipts receipts;
    struct arena arena;
    struct map flights; /* by tag */
    bool at_end, stopped;
    int failure; /* exit code of what stopped it, 0: nothing */
    size_t line, sent, accepted, repeated, refused, bad, unknown;
    int64_t heard_ms, shown_ms, began_ms;
};

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void stop(struct publishing *publishing, int failure)
{
    publishing->stopped = true;
    publishing->failure = failure;
}

/* --- what is said of a line --- */

static void clear_progress(const struct publishing *publishing)
{
    if (publishing->shown_ms)
        fputs("\r\033[K", stderr);
}

/* The broker's name of a field as the line has it. */
static const char *line_field(const char *field)
{
    if (!field)
        return "";
    if (strcmp(field, "observed_ms") == 0)
        return "observed";
    if (strcmp(field, "place.area") == 0 || strcmp(field, "place.address") == 0)
        return field + strlen("place.");
    if (strncmp(field, "place.", strlen("place.")) == 0)
        return "point";
    return field;
}

/* One refused line, to stderr and, with --json, as an object on stdout. */
static void say_line(struct publishing *publishing, size_t line, const char *id, const char *code, const char *field,
                     const char *what)
{
    bool named = field && *field;
    clear_progress(publishing);
    fprintf(stderr, "%s:%zu: %s%s%s%s%s\n", publishing->file, line, named ? field : "", named ? ": " : "",
            code ? code : "", code ? ": " : "", what);
    if (!publishing->options->common.json)
        return;
    json_t *object = json_pack("{s:I, s:s, s:s, s:s, s:s}", "line", (json_int_t)line, "id", id, "refused",
                               code ? code : "bad_input", "field", named ? field : "", "reason", what);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text)
        buffer_printf(&publishing->receipts.shown, "%s\n", text);
    free(text);
    json_decref(object);
}

static void show_progress(struct publishing *publishing)
{
    int64_t now_ms = mono_ms();
    if (!publishing->options->progress || now_ms - publishing->began_ms < 1000 ||
        now_ms - publishing->shown_ms < PROGRESS_MS)
        return;
    publishing->shown_ms = now_ms;
    fputs("\r\033[K", stderr);
    fprintf(stderr, _("line %zu: %zu accepted, %zu refused, %zu in flight, %.0f/s"), publishing->line,
            publishing->accepted, publishing->refused + publishing->bad, publishing->flights.count,
            (double)publishing->accepted * 1000 / (double)(now_ms - publishing->began_ms));
}

/* --- sending --- */

static void send_event(struct publishing *publishing, const struct event *event, size_t line)
{
    const struct message message = {.kind = MESSAGE_PUBLISH, .publish = *event};
    struct flight *flight = calloc(1, sizeof(*flight));
    uint64_t tag =
        flight ? client_send_within(publishing->client, &message, publishing->options->common.timeout_ms) : 0;
    if (!tag) {
        cli_fail(_("out of room for messages in flight"));
        free(flight);
        stop(publishing, CLI_LOCAL);
        return;
    }
    if (publishing->flights.count == 0)
        publishing->heard_ms = mono_ms(); /* silence counts from when something was asked */
    flight->tag = tag;
    flight->line = line;
    snprintf(flight->id, sizeof(flight->id), "%s", event->id);
    map_put(&publishing->flights, tag, flight);
    publishing->sent++;
}

static void send_own(struct publishing *publishing)
{
    struct bad_line bad;
    struct event event = publishing->options->event;
    const char *reporter = publishing->options->reporter ? publishing->options->reporter : "";
    publishing->at_end = true;
    if (event_seal(&event, "reporter", reporter, &publishing->arena, &bad) &&
        event_check(&event, &publishing->arena, &bad)) {
        send_event(publishing, &event, 1);
        return;
    }
    publishing->bad++;
    say_line(publishing, 1, "", NULL, bad.field, bad.what);
}

static void send_next(struct publishing *publishing)
{
    struct event event;
    struct bad_line bad;
    arena_reset(&publishing->arena);
    switch (events_next(publishing->events, &publishing->arena, &event, &bad, &publishing->line)) {
    case READING_EVENT:
        send_event(publishing, &event, publishing->line);
        return;
    case READING_BAD:
        publishing->bad++;
        say_line(publishing, publishing->line, "", NULL, bad.field, bad.what);
        return;
    case READING_END:
        publishing->at_end = true;
        return;
    case READING_FAILED:
        cli_fail("%s: %s", publishing->file, strerror(errno));
        publishing->at_end = true;
        publishing->failure = CLI_LOCAL;
        return;
    }
}

static bool has_room(const struct publishing *publishing)
{
    return !publishing->at_end && !publishing->stopped && publishing->flights.count < publishing->options->in_flight;
}

/* As far as input is there: a slow source must not hold up the receipts of what it sent before. */
static void fill_window(struct publishing *publishing)
{
    while (has_room(publishing)) {
        if (!publishing->events)
            send_own(publishing);
        else if (lines_ready(&publishing->lines))
            send_next(publishing);
        else
            break;
    }
}

/* --- answers --- */

static void take_answer(struct publishing *publishing, const struct message *answer)
{
    if (answer->kind == MESSAGE_REFUSAL && answer->tag == 0) { /* of the connection, not of an event */
        clear_progress(publishing);
        cli_say_refusal(&publishing->options->common, answer);
        stop(publishing, CLI_REFUSED);
        return;
    }
    struct flight *flight = map_remove(&publishing->flights, answer->tag);
    if (!flight)
        return;
    publishing->heard_ms = mono_ms();
    if (answer->kind == MESSAGE_RECEIPT) {
        publishing->accepted++;
        publishing->repeated += answer->receipt.repeat;
        receipts_add(&publishing->receipts, flight->id, &answer->receipt);
    } else if (answer->kind == MESSAGE_REFUSAL) {
        const char *code = refusal_name(answer->refusal.code);
        publishing->refused++;
        say_line(publishing, flight->line, flight->id, code ? code : "?", line_field(answer->refusal.field),
                 answer->refusal.reason ? answer->refusal.reason : "");
    }
    free(flight);
}

static void take_answers(struct publishing *publishing)
{
    struct message answer;
    struct arena arena;
    arena_init(&arena);
    while (!publishing->stopped && client_receive(publishing->client, &arena, &answer)) {
        take_answer(publishing, &answer);
        arena_reset(&arena);
    }
    arena_release(&arena);
    int error = receipts_flush(&publishing->receipts);
    if (error) {
        cli_fail(_("cannot write receipts: %s"), strerror(-error));
        stop(publishing, CLI_LOCAL);
    }
}

/* Until there is an answer, or input and room for it. */
static void await_any(struct publishing *publishing)
{
    int tend_ms = client_tend(publishing->client), most_ms = publishing->options->progress ? PROGRESS_MS : 1000;
    bool reading = has_room(publishing) && publishing->events;
    struct pollfd wakes[] = {{.fd = client_fd(publishing->client), .events = POLLIN},
                             {.fd = reading ? publishing->lines.fd : -1, .events = POLLIN}};
    if (publishing->stopped || (!publishing->flights.count && publishing->at_end))
        return;
    /* Tending may have made the client readable without a wake. */
    if (client_wait(publishing->client, 0))
        return;
    poll(wakes, 2, tend_ms < most_ms ? tend_ms : most_ms);
}

static void await_answers(struct publishing *publishing)
{
    const struct common *common = &publishing->options->common;
    int timeout_ms = common->timeout_ms;
    char trouble[512];
    take_answers(publishing); /* before the wait: the client's descriptor tells of what is new only */
    await_any(publishing);
    take_answers(publishing);
    if (publishing->flights.count && !publishing->stopped && mono_ms() - publishing->heard_ms > timeout_ms) {
        clear_progress(publishing);
        cli_fail(_("no answer within %d s: %s"), timeout_ms / 1000,
                 cli_trouble(common, publishing->client, trouble, sizeof(trouble)));
        stop(publishing, CLI_UNKNOWN);
    }
}

/* --- the end --- */

/* Of what is still in flight nobody knows; publishing the same file again is safe and tells. */
static void count_unknown(struct publishing *publishing)
{
    size_t cursor = 0, first_line = SIZE_MAX;
    uint64_t tag;
    void *value;
    while (map_next(&publishing->flights, &cursor, &tag, &value)) {
        struct flight *flight = value;
        if (flight->line < first_line)
            first_line = flight->line;
        publishing->unknown++;
        free(flight);
    }
    if (publishing->unknown && publishing->failure != CLI_REFUSED)
        cli_fail(_("%zu unknown, the first from line %zu; publish again: what was accepted gets its first receipt"),
                 publishing->unknown, first_line);
}

static void say_sum(const struct publishing *publishing)
{
    clear_progress(publishing);
    if (!publishing->options->single)
        fprintf(stderr, _("%zu accepted (%zu of them again), %zu refused, %zu bad lines, %zu unknown\n"),
                publishing->accepted, publishing->repeated, publishing->refused, publishing->bad, publishing->unknown);
}

static int exit_code(const struct publishing *publishing)
{
    if (publishing->failure)
        return publishing->failure;
    return publishing->refused ? CLI_REFUSED : publishing->bad ? CLI_BAD_INPUT : CLI_DONE;
}

static int run(struct publishing *publishing)
{
    publishing->began_ms = mono_ms();
    do {
        fill_window(publishing);
        await_answers(publishing);
        show_progress(publishing);
    } while (!publishing->stopped && (!publishing->at_end || publishing->flights.count));
    receipts_flush(&publishing->receipts);
    count_unknown(publishing);
    say_sum(publishing);
    return exit_code(publishing);
}

/* --- set-up --- */

static int open_csv(struct publishing *publishing, struct column_map **map)
{
    struct faults faults = {0};
    struct bad_line bad;
    int error = column_map_load(publishing->options->map, map, &faults);
    if (error)
        fputs(faults_text(&faults), stderr);
    faults_release(&faults);
    if (error)
        return CLI_BAD_INPUT;
    publishing->events = events_open_csv(&publishing->lines, *map, &publishing->arena, &bad);
    if (publishing->events)
        return CLI_DONE;
    cli_fail("%s: %s", publishing->file, bad.what);
    return CLI_BAD_INPUT;
}

static int open_and_run(struct publishing *publishing, struct column_map **map)
{
    const struct publish_options *options = publishing->options;
    int code = CLI_DONE, error = receipts_open(&publishing->receipts, options->log);
    char fault[256];
    if (error) {
        cli_fail("%s: %s", options->log, strerror(-error));
        return CLI_LOCAL;
    }
    if (!custodian_name(options->custodian, fault)) {
        cli_fail("%s", fault);
        return CLI_BAD_INPUT;
    }
    if (options->map)
        code = open_csv(publishing, map);
    else if (!options->single)
        publishing->events = events_open_json(&publishing->lines);
    if (!code)
        code = cli_connect_early(&options->common, 'P', &publishing->client);
    if (!code)
        code = run(publishing);
    return code;
}

int verb_publish(int argc, char **argv)
{
    struct publish_options options;
    publish_options_parse(&options, argc, argv);
    struct publishing publishing = {.options = &options, .file = options.file ? options.file : "stdin"};
    struct column_map *map = NULL;
    bool from_stdin = options.single || !options.file || strcmp(options.file, "-") == 0;
    int fd = from_stdin ? STDIN_FILENO : open(options.file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        cli_fail("%s: %s", options.file, strerror(errno));
        return CLI_BAD_INPUT;
    }
    arena_init(&publishing.arena);
    lines_init(&publishing.lines, fd);
    publishing.receipts =
        (struct receipts){.json = options.common.json, .utc = options.common.utc, .quiet = options.quiet};
    int code = open_and_run(&publishing, &map);
    client_close(publishing.client);
    events_close(publishing.events);
    column_map_free(map);
    receipts_close(&publishing.receipts);
    map_release(&publishing.flights);
    lines_release(&publishing.lines);
    arena_release(&publishing.arena);
    if (!from_stdin)
        close(fd);
    return code;
}
