/* bihuan plan: applies a plan to an incident; with --dry-run it shows which tasks would go to whom, with which clocks. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/publish_options.h"
#include "cli/table.h"
#include "cli/trail.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "cli/words.h"

enum { KEY_PLAN = 0x2000, KEY_DRY_RUN, KEY_WHY };

struct arguments {
    struct common common;
    struct event event; /* imagined */
    struct act act;
    bool dry_run;
};

static const struct argp_option options[] = {
    {"plan", KEY_PLAN, N_("NAME"), 0, N_("which plan (with --dry-run: the rule's own)"), 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, N_("show what it would do, of an incident or of an imagined event"), 0},
    {"reason", KEY_WHY, N_("CODE"), 0, N_("why, in a word"), 0},
    {0},
};

static void check_complete(struct argp_state *state, const struct arguments *arguments)
{
    bool imagined = arguments->event.type != NULL;
    if (arguments->dry_run ? !arguments->act.incident == !imagined : !arguments->act.incident || imagined)
        argp_error(state, arguments->dry_run ? _("give an incident, or an event by --type and more")
                                             : _("which incident? An imagined event is for --dry-run"));
    if (!arguments->dry_run && !arguments->act.plan)
        argp_error(state, _("--%s is needed"), "plan");
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 2);
        state->child_inputs[2] = &arguments->event;
        return 0;
    case ARGP_KEY_ARG:
        arguments->act.incident = cli_incident(state, value);
        return 0;
    case KEY_PLAN:
        arguments->act.plan = value;
        return 0;
    case KEY_DRY_RUN:
        arguments->dry_run = true;
        return 0;
    case KEY_WHY:
        arguments->act.reason = value;
        return 0;
    case ARGP_KEY_END:
        check_complete(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- what it would do --- */

static void starts_cell(struct table *table, const struct task *task)
{
    struct buffer text = {0};
    const char *before = _("after task ");
    for (uint32_t no = 1; task->more && no < 32; no++) {
        if (!(task->more->after >> no & 1))
            continue;
        buffer_printf(&text, "%s%" PRIu32, before, no);
        before = ", ";
    }
    if (task->more && task->more->held)
        buffer_printf(&text, "%s", _("together"));
    buffer_append(&text, "", 1);
    table_cell(table, COLOUR_NONE, text.size > 1 ? (const char *)text.data : _("at once"));
    buffer_release(&text);
}

static void limits_cell(struct table *table, const struct row *row, uint32_t task)
{
    struct buffer text = {0};
    char budget[WHEN_TEXT_BYTES];
    const char *before = "";
    for (size_t i = 0; i < row->clock_count; i++) {
        if (row->clocks[i].task != task)
            continue;
        buffer_printf(&text, "%s%s %s", before, words_clock(row->clocks[i].kind),
                      trail_budget(&row->clocks[i], budget));
        before = ", ";
    }
    buffer_append(&text, "", 1);
    table_cell(table, COLOUR_NONE, (const char *)text.data);
    buffer_release(&text);
}

static void print_tasks(const struct row *row)
{
    const char *headings[] = {_("TASK"), _("PART"), _("ROLE"), _("UNIT"), _("STARTS"), _("LIMITS"), _("CHECKLIST")};
    struct table table;
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    for (size_t i = 0; i < row->task_count; i++) {
        const struct task *task = &row->tasks[i];
        table_cellf(&table, COLOUR_NONE, "%" PRIu32, task->no);
        table_cell(&table, COLOUR_NONE, task->more ? task->more->part : "");
        table_cell(&table, COLOUR_NONE, words_task_role(task->role));
        table_cell(&table, COLOUR_NONE, task->unit);
        starts_cell(&table, task);
        limits_cell(&table, row, task->no);
        table_cellf(&table, COLOUR_NONE, "%zu", task->more ? task->more->item_count : 0);
    }
    table_print(&table, stdout, 0, table_colour(stdout));
    table_release(&table);
}

static int print_plan(const struct answer *answer)
{
    const struct explanation *explanation = answer->explanation;
    if (!explanation || !explanation->plan || !*explanation->plan || !answer->row_count) {
        cli_fail(_("no plan: the rule names none, there is none of this name, or the place is unknown"));
        return CLI_REFUSED;
    }
    printf("%s: %s\n\n", _("plan"), explanation->plan);
    print_tasks(&answer->rows[0]);
    return CLI_DONE;
}

static int imagine(const struct arguments *arguments, struct arena *arena)
{
    const struct act *act = &arguments->act;
    const struct message ask = {.kind = MESSAGE_QUERY,
                                .query = {.kind = QUERY_EXPLAIN,
                                          .incident = act->incident,
                                          .event = act->incident ? NULL : &arguments->event,
                                          .plan = act->plan}};
    struct message answer;
    int code = cli_ask_once(&arguments->common, 'C', &ask, arena, &answer);
    if (code == CLI_DONE && arguments->common.json)
        cli_print_json(&answer);
    else if (code == CLI_DONE)
        code = print_plan(&answer.answer);
    return code;
}

static int apply(const struct arguments *arguments)
{
    struct act act = arguments->act;
    act.verb = ACT_PLAN;
    return cli_act(&arguments->common, 'C', act);
}

int verb_plan(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, REQUEST_CHILD, {&event_argp, 0, NULL, 10}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     N_("[INCIDENT]"),
                                     N_("Applies a plan to an incident: its tasks go out, at once, one after another "
                                        "or together. With --dry-run it only shows them."),
                                     children,
                                     NULL,
                                     NULL};
    struct arguments arguments = {0};
    struct arena arena;
    cli_parse(&argp, argc, argv, &arguments);
    arguments.event.id = arguments.event.type ? "plan" : NULL; /* an event has one */
    arena_init(&arena);
    int code = arguments.dry_run ? imagine(&arguments, &arena) : apply(&arguments);
    arena_release(&arena);
    return code;
}
