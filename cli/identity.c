/* bihuan identity: who reported. Sought with a reason, granted or refused by somebody else, and opened with the custodian's
 * key: the broker gives the sealed bytes out when the opening is on record, and has no key itself. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/custodian.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "schemas/ident.h"

enum { KEY_KEY = 0x2000, KEY_REASON, KEY_TEXT };

#define MERGES_MAX 16 /* incidents that were merged, one into the other */

struct arguments {
    struct common common;
    struct act act;
    const char *step, *key;
    struct custodian *custodian;
};

static const struct argp_option options[] = {
    {"key", KEY_KEY, N_("FILE"), 0, N_("open: the custodian's secret key, mode 0600"), 0},
    {"reason", KEY_REASON, N_("CODE"), 0, N_("seek: why (needed); grant, refuse: why"), 0},
    {"text", KEY_TEXT, N_("TEXT"), 0, N_("why, in sentences"), 0},
    {0},
};

/* --- what is asked --- */

static void take_step(struct argp_state *state, struct arguments *arguments, const char *value)
{
    static const struct {
        const char *name;
        enum act_verb verb;
    } steps[] = {{"seek", ACT_SEEK_IDENTITY},
                 {"grant", ACT_GRANT_IDENTITY},
                 {"refuse", ACT_GRANT_IDENTITY},
                 {"open", ACT_OPEN_IDENTITY}};
    arguments->step = value;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (strcmp(value, steps[i].name) == 0)
            arguments->act.verb = steps[i].verb;
    if (!arguments->act.verb)
        argp_error(state, _("\"%s\": not seek, grant, refuse or open"), value);
    arguments->act.passed = strcmp(value, "grant") == 0;
}

static void take_name(struct argp_state *state, struct arguments *arguments, const char *value)
{
    if (!arguments->step)
        take_step(state, arguments, value);
    else if (!arguments->act.incident)
        arguments->act.incident = cli_incident(state, value);
    else
        argp_error(state, _("one incident at a time"));
}

static void check_whole(struct argp_state *state, const struct arguments *arguments)
{
    const struct act *act = &arguments->act;
    if (!act->incident)
        argp_error(state, _("seek, grant, refuse or open, and which incident?"));
    if (act->verb == ACT_SEEK_IDENTITY && !act->reason)
        argp_error(state, _("--%s is needed"), "reason");
    if (act->verb == ACT_OPEN_IDENTITY && !arguments->key)
        argp_error(state, _("--%s is needed"), "key");
    if (!arguments->common.person)
        argp_error(state, _("--%s is needed"), "person");
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        take_name(state, arguments, value);
        return 0;
    case KEY_KEY:
        arguments->key = value;
        return 0;
    case KEY_REASON:
        arguments->act.reason = value;
        return 0;
    case KEY_TEXT:
        arguments->act.text = value;
        return 0;
    case ARGP_KEY_END:
        check_whole(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- what was opened --- */

static void print_reporter(const struct arguments *arguments, uint64_t incident, const struct record *record,
                           const char *text)
{
    char id[IDENT_TEXT_BYTES];
    struct arena arena;
    ident_format(incident, id);
    if (arguments->common.json) {
        json_t *object = json_pack("{s:s, s:s, s:s, s:s?}", "incident", id, "source", record->principal, "id",
                                   record->event->id, "reporter", text);
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(object);
        return;
    }
    arena_init(&arena);
    printf("%s  %s/%s  %s\n", id, record->principal, table_safe(&arena, record->event->id),
           text ? table_safe(&arena, text) : _("(not sealed to this key)"));
    arena_release(&arena);
}

static int print_incident(const struct arguments *arguments, struct client *client, uint64_t incident, int depth);

static int print_record(const struct arguments *arguments, struct client *client, uint64_t incident,
                        const struct record *record, int depth)
{
    struct arena arena;
    if (record->event && record->event->reporter.len) {
        arena_init(&arena);
        print_reporter(arguments, incident, record,
                       custodian_unseal(arguments->custodian, &arena, record->event->reporter));
        arena_release(&arena);
    }
    bool survived = record->kind == RECORD_MERGED && record->change_count > 1 &&
                    record->changes[0].incident != incident && depth < MERGES_MAX;
    return survived ? print_incident(arguments, client, record->changes[0].incident, depth + 1) : CLI_DONE;
}

/* Its timeline, page by page, the latest first; and of what was merged into it. */
static int print_incident(const struct arguments *arguments, struct client *client, uint64_t incident, int depth)
{
    struct message ask = {
        .kind = MESSAGE_QUERY,
        .query = {.kind = QUERY_SHOW, .incident = incident, .reporters = true, .cursor = "", .limit = PAGE_ROWS_MAX}};
    struct arena arena;
    int code = CLI_DONE;
    arena_init(&arena);
    do {
        struct message page = {0};
        code = cli_ask(&arguments->common, client, &ask, &arena, &page);
        for (size_t i = 0; code == CLI_DONE && i < page.answer.record_count; i++)
            code = print_record(arguments, client, incident, &page.answer.records[i], depth);
        ask.query.cursor = code == CLI_DONE ? page.answer.cursor : "";
    } while (code == CLI_DONE && *ask.query.cursor);
    arena_release(&arena);
    return code;
}

static int say(const struct arguments *arguments, struct client *client)
{
    const struct message ask = {.kind = MESSAGE_ACT, .act = arguments->act};
    struct message answer;
    struct arena arena;
    arena_init(&arena);
    int code = cli_ask(&arguments->common, client, &ask, &arena, &answer);
    if (code == CLI_DONE && arguments->act.verb != ACT_OPEN_IDENTITY)
        cli_print_done(&arguments->common, &answer);
    arena_release(&arena);
    return code;
}

/* The key is looked at first: a wrong one must not use up what was granted. */
static int identity(struct arguments *arguments)
{
    char fault[256];
    struct client *client;
    bool opens = arguments->act.verb == ACT_OPEN_IDENTITY;
    if (opens && !(arguments->custodian = custodian_open(arguments->key, fault))) {
        cli_fail("%s", fault);
        return CLI_BAD_INPUT;
    }
    int code = cli_connect(&arguments->common, 'C', &client);
    if (code)
        return code;
    code = say(arguments, client);
    if (code == CLI_DONE && opens)
        code = print_incident(arguments, client, arguments->act.incident, 0);
    client_close(client);
    return code;
}

int verb_identity(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {
        options,
        parse,
        N_("seek|grant|refuse|open INCIDENT"),
        N_("Who reported is sealed to a custodian's key. One person seeks to know it, with a reason; another grants or "
           "refuses it; then it is opened, once, with the custodian's key, and each step is on record before."),
        children,
        NULL,
        NULL};
    struct arguments arguments = {0};
    cli_parse(&argp, argc, argv, &arguments);
    arguments.act.request = arguments.common.request;
    arguments.act.person = arguments.common.person;
    int code = identity(&arguments);
    custodian_close(arguments.custodian);
    return code;
}
