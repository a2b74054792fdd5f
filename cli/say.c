/* bihuan say: the dispatcher phoned the unit and records what it said: any word, but for what only a worker says of a lease, and
 * asks, which are a verb of their own. */
#include <stdio.h>
#include <string.h>

#include "broker/base/limits.h"
#include "cli/cli.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "cli/when.h"

enum {
    KEY_ON_BEHALF = 0x2000,
    KEY_TASK,
    KEY_OUTCOME,
    KEY_REASON,
    KEY_TEXT,
    KEY_AT,
    KEY_TO,
    KEY_UNTIL,
    KEY_UNIT,
    KEY_CONDITION_MET,
    KEY_LAST,
    KEY_ITEM
};

struct arguments {
    struct common common;
    struct word word;
};

/* --- the words --- */

enum { SAYABLE = 1, OUT = 2, WHY = 4, TEXT = 8, UNIT = 16, ITEM = 32 };

/* What each needs said, as the core has it; 0: not by this verb. */
static const unsigned words[WORD_END] = {
    [WORD_RESPOND] = SAYABLE,          [WORD_ARRIVE] = SAYABLE,
    [WORD_HANDLE] = SAYABLE,           [WORD_NOTE] = SAYABLE | TEXT,
    [WORD_FEEDBACK] = SAYABLE | OUT,   [WORD_RETURN] = SAYABLE | WHY,
    [WORD_TICK] = SAYABLE | ITEM,      [WORD_DELEGATE] = SAYABLE | UNIT,
    [WORD_INFORM] = SAYABLE | TEXT,    [WORD_ACCOUNT] = SAYABLE | WHY | TEXT,
    [WORD_CONTACT] = SAYABLE | TEXT,   [WORD_REPORT_UP] = SAYABLE | WHY,
    [WORD_SEND_DOWN] = SAYABLE | UNIT,
};

#define LIST_BYTES 256

/* "respond, arrive, …": all there are. Returns out. */
static const char *list_words(char out[LIST_BYTES])
{
    size_t used = 0;
    for (enum word_verb word = 1; word < WORD_END; word++)
        if (words[word])
            used += (size_t)snprintf(out + used, LIST_BYTES - used, "%s%s", used ? ", " : "", word_name(word));
    return out;
}

/* "report-up" is the verb's name. 0: none, or not said so. */
static enum word_verb said_word(const char *typed)
{
    char name[32];
    snprintf(name, sizeof(name), "%s", typed);
    for (char *at = name; *at; at++)
        *at = *at == '-' ? '_' : *at;
    enum word_verb word = word_of(name);
    return words[word] ? word : 0;
}

static const struct argp_option options[] = {
    {"on-behalf", KEY_ON_BEHALF, N_("UNIT"), 0, N_("the unit that is spoken for (needed)"), 0},
    {"task", KEY_TASK, N_("N"), 0, N_("which task (the unit's one that is not yet done)"), 0},
    {"outcome", KEY_OUTCOME, N_("OUTCOME"), 0,
     N_("feedback: resolved, partly, planned, explained, no_action, not_found, false_alarm, self_cleared, referred"),
     0},
    {"item", KEY_ITEM, N_("N"), 0, N_("tick: which item of the checklist"), 0},
    {"unit", KEY_UNIT, N_("UNIT"), 0,
     N_("delegate: to which of its sub-units; send_down: to which unit of a level below"), 0},
    {"condition-met", KEY_CONDITION_MET, NULL, 0,
     N_("feedback: its closing condition holds (needed for resolved, where it has one)"), 0},
    {"last", KEY_LAST, NULL, 0, N_("inform: it is the last report"), 0},
    {"to", KEY_TO, N_("BODY"), 0, N_("referred: the body it is handed over to; its reference in --text"), 0},
    {"until", KEY_UNTIL, N_("TIME"), 0, N_("planned: until when"), 0},
    {"reason", KEY_REASON, N_("CODE"), 0, N_("return, account, report_up: why, in a word"), 0},
    {"text", KEY_TEXT, N_("TEXT"), 0, N_("what was said (needed for note, inform, account, contact)"), 0},
    {"at", KEY_AT, N_("TIME"), 0, N_("the unit's own time of it, recorded beside the broker's"), 0},
    {0},
};

static void take_argument(struct argp_state *state, struct word *word, const char *value)
{
    char list[LIST_BYTES];
    if (!word->incident)
        word->incident = cli_incident(state, value);
    else if (word->verb)
        argp_error(state, _("one word at a time"));
    else if (!(word->verb = said_word(value)))
        argp_error(state, _("\"%s\": none of %s"), value, list_words(list));
}

static void check_complete(struct argp_state *state, const struct arguments *arguments)
{
    const struct word *word = &arguments->word;
    const struct {
        unsigned needed;
        bool is_there;
        const char *option;
    } needs[] = {
        {SAYABLE, word->on_behalf, "on-behalf"},
        {SAYABLE, arguments->common.person, "person"},
        {OUT, word->outcome, "outcome"},
        {WHY, word->reason, "reason"},
        {TEXT, word->text, "text"},
        {ITEM, word->item, "item"},
        {UNIT, word->unit, "unit"},
    };
    char list[LIST_BYTES];
    if (!word->incident || !word->verb)
        argp_error(state, _("which incident, and what is said: one of %s?"), list_words(list));
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if ((words[word->verb] & needs[i].needed) && !needs[i].is_there)
            argp_error(state, _("--%s is needed"), needs[i].option);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct word *word = &arguments->word;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 2);
        return 0;
    case ARGP_KEY_ARG:
        take_argument(state, word, value);
        return 0;
    case KEY_ON_BEHALF:
        word->on_behalf = value;
        return 0;
    case KEY_TASK:
        word->task = (uint32_t)cli_number(state, value, "task", 1, TASKS_MAX);
        return 0;
    case KEY_OUTCOME:
        word->outcome = cli_outcome(state, value);
        return 0;
    case KEY_ITEM:
        word->item = (uint32_t)cli_number(state, value, "item", 1, ITEMS_MAX);
        return 0;
    case KEY_CONDITION_MET:
        word->condition_met = true;
        return 0;
    case KEY_LAST:
        word->last = true;
        return 0;
    case KEY_UNIT:
        word->unit = value;
        return 0;
    case KEY_REASON:
        word->reason = value;
        return 0;
    case KEY_TEXT:
        word->text = value;
        return 0;
    case KEY_TO:
        word->to = value;
        return 0;
    case KEY_UNTIL:
        if (when_parse(value, &word->until_ms) != 0)
            argp_error(state, _("--%s: \"%s\" is not a time like \"2026-09-30 17:50\""), "until", value);
        return 0;
    case KEY_AT:
        if (when_parse(value, &word->unit_ms) != 0)
            argp_error(state, _("--%s: \"%s\" is not a time like \"2026-09-30 17:50\""), "at", value);
        return 0;
    case ARGP_KEY_END:
        check_complete(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool is_theirs(const struct task *task, const char *unit)
{
    bool ended = task->state == TASK_DONE || task->state == TASK_RETURNED || task->state == TASK_WITHDRAWN;
    bool delegated = task->more && task->more->sub_unit && strcmp(task->more->sub_unit, unit) == 0;
    return !ended && (delegated || (task->unit && strcmp(task->unit, unit) == 0));
}

/* The unit's one task that is not over. CLI_DONE, or says that there is none or several. */
static int find_task(const struct common *common, const struct word *word, struct client *client, struct arena *arena,
                     uint32_t *out)
{
    const struct message ask = {.kind = MESSAGE_QUERY,
                                .query = {.kind = QUERY_SHOW, .incident = word->incident, .limit = 1}};
    struct message answer;
    int code = cli_ask(common, client, &ask, arena, &answer);
    size_t found = 0;
    if (code)
        return code;
    for (size_t i = 0; answer.answer.row_count && i < answer.answer.rows[0].task_count; i++)
        if (is_theirs(&answer.answer.rows[0].tasks[i], word->on_behalf)) {
            *out = answer.answer.rows[0].tasks[i].no;
            found++;
        }
    if (found == 1)
        return CLI_DONE;
    cli_fail(found ? _("%s has several tasks in this incident: say which with --task")
                   : _("%s has no task in this incident that is not over"),
             word->on_behalf);
    return found ? CLI_USAGE : CLI_REFUSED;
}

static int say(const struct common *common, struct word *word, struct client *client, struct arena *arena)
{
    struct message answer;
    int code = word->task ? CLI_DONE : find_task(common, word, client, arena, &word->task);
    if (code)
        return code;
    const struct message ask = {.kind = MESSAGE_WORD, .word = *word};
    code = cli_ask(common, client, &ask, arena, &answer);
    if (code == CLI_DONE)
        cli_print_done(common, &answer);
    return code;
}

int say_word(const struct common *common, struct word word)
{
    struct client *client;
    struct arena arena;
    word.request = common->request;
    word.person = common->person;
    int code = cli_connect(common, 'C', &client);
    if (code)
        return code;
    arena_init(&arena);
    code = say(common, &word, client, &arena);
    arena_release(&arena);
    client_close(client);
    return code;
}

/* The words stand in the help, whatever there are. */
static char *help(int key, const char *text, void *input)
{
    char list[LIST_BYTES], *filled = NULL;
    (void)input;
    if (key != ARGP_KEY_HELP_PRE_DOC || asprintf(&filled, text, list_words(list)) < 0)
        return (char *)text;
    return filled;
}

int verb_say(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     N_("INCIDENT WORD"),
                                     N_("Says on behalf of a unit what it would say of its task: %s. The record names "
                                        "the unit, you and the --person: "
                                        "who of the unit is quoted, and may not verify it later."),
                                     children,
                                     help,
                                     NULL};
    struct arguments arguments = {0};
    cli_parse(&argp, argc, argv, &arguments);
    return say_word(&arguments.common, arguments.word);
}
