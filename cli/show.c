/* bihuan show: one incident whole: head, tasks, clocks and the timeline. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "cli/trail.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"

struct arguments {
    struct common common;
    uint64_t incident;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        cli_children(state, &arguments->common, 1);
        return 0;
    case ARGP_KEY_ARG:
        arguments->incident = cli_incident(state, value);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, _("which incident?"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void field(struct table *table, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    table_cell(table, COLOUR_DIM, name);
    table_cell(table, COLOUR_NONE, text);
}

static void event_fields(struct table *table, const struct event *event, bool utc)
{
    char text[160], time[WHEN_TEXT_BYTES];
    field(table, _("text"), event->text);
    field(table, _("address"), event->place.address);
    if (event->place.has_point) {
        snprintf(text, sizeof(text), "%.6f, %.6f (%s)", event->place.latitude, event->place.longitude,
                 coordinates_name(event->place.system));
        field(table, _("point"), text);
    }
    field(table, _("device"), event->source_ref);
    field(table, _("observed"), when_text(event->observed_ms, utc, time));
    for (size_t i = 0; i < event->attachment_count; i++)
        field(table, _("attachment"), event->attachments[i].uri);
}

static void head_flags(const struct incident *head, char *out, size_t size_bytes)
{
    snprintf(out, size_bytes, "%s%s%s%s", head->panic ? _("panic ") : "", head->flagged ? _("flagged ") : "",
             head->sealed ? _("sealed ") : "", head->exercise ? _("exercise ") : "");
}

/* Whom it concerns over a border, and what it may be the same as: to be looked at, and merged by a person. */
static void border_fields(struct table *table, const struct incident *head)
{
    char text[64], other[IDENT_TEXT_BYTES];
    if (!head->more)
        return;
    field(table, _("neighbours"), head->more->beside);
    if (!head->more->same_as)
        return;
    ident_format(head->more->same_as, other);
    snprintf(text, sizeof text, _("maybe %s, from over the border"), other);
    field(table, _("the same as"), text);
}

static void head_fields(struct table *table, const struct incident *head, bool utc)
{
    char text[256], time[WHEN_TEXT_BYTES], into[IDENT_TEXT_BYTES] = "";
    field(table, _("type"), head->type);
    field(table, _("nature"), words_nature(head->nature));
    field(table, _("object"), head->more ? head->more->object : "");
    field(table, _("about"), head->more ? head->more->about : "");
    border_fields(table, head);
    field(table, _("area"), head->area);
    if (head->responsible_area && head->area && strcmp(head->responsible_area, head->area) != 0)
        field(table, _("responsible area"), head->responsible_area);
    snprintf(text, sizeof(text), "%s%s%s", head->source ? head->source : "", head->event_id ? " " : "",
             head->event_id ? head->event_id : "");
    field(table, _("source"), text);
    field(table, _("received"), when_text(head->received_ms, utc, time));
    field(table, _("closed"), when_text(head->closed_ms, utc, time));
    field(table, _("outcome"), words_outcome(head->outcome));
    field(table, _("rule"), head->route);
    field(table, _("unrouted because"), words_unrouted(head->unrouted));
    field(table, _("verification"), words_verifier(head->verify));
    field(table, _("reason"), head->reason);
    if (head->merged_into)
        ident_format(head->merged_into, into);
    field(table, _("merged into"), into);
    head_flags(head, text, sizeof(text));
    field(table, _("marks"), text);
}

static void claim_field(struct table *table, const struct claim *claim, bool utc)
{
    char text[200], since[WHEN_TEXT_BYTES], until[WHEN_TEXT_BYTES];
    snprintf(text, sizeof(text), _("%s%s%s, since %s, until %s"), claim->principal, *claim->person ? "/" : "",
             claim->person, when_text(claim->since_ms, utc, since), when_text(claim->until_ms, utc, until));
    field(table, _("claimed by"), text);
}

static void oversight_fields(struct table *table, const struct oversight *oversight)
{
    char text[32], bearer[512];
    snprintf(text, sizeof(text), "%" PRIu32, oversight->urges);
    field(table, _("urged"), oversight->urges ? text : "");
    snprintf(text, sizeof(text), "%" PRIu32, oversight->supervisions);
    field(table, _("supervised"), oversight->supervisions ? text : "");
    snprintf(bearer, sizeof(bearer), "%s: %s %s", oversight->post ? oversight->post : "",
             oversight->bearer_post ? oversight->bearer_post : "", oversight->bearer ? oversight->bearer : "");
    snprintf(text, sizeof(text), "%" PRIu32, oversight->ups);
    field(table, _("reported up"), oversight->ups ? text : "");
    snprintf(text, sizeof(text), "%" PRIu32, oversight->downs);
    field(table, _("sent down"), oversight->downs ? text : "");
    field(table, _("now with"), oversight->at_area);
    field(table, _("owed"), oversight->unaccounted ? _("an account of what went red") : "");
    field(table, _("charged to"), oversight->post && *oversight->post ? bearer : "");
}

static void more_fields(struct table *table, const struct incident_more *more, bool utc)
{
    field(table, _("special period"), more->special);
    if (more->claim)
        claim_field(table, more->claim, utc);
    if (more->oversight)
        oversight_fields(table, more->oversight);
}

/* What else was reported of it, and by whom. */
static void reports_fields(struct table *table, const struct reports *reports, bool utc)
{
    char text[160], first[WHEN_TEXT_BYTES], last[WHEN_TEXT_BYTES];
    struct buffer others = {0};
    if (!reports || reports->count < 2)
        return;
    snprintf(text, sizeof(text), _("%u, from %s to %s"), (unsigned)reports->count,
             when_text(reports->first_ms, utc, first), when_text(reports->last_ms, utc, last));
    field(table, _("reports"), text);
    for (size_t i = 0; i < reports->source_count; i++)
        buffer_printf(&others, "%s%s", i ? ", " : "", reports->sources[i]);
    if (others.size)
        field(table, _("also from"), (const char *)others.data);
    buffer_release(&others);
}

static void print_head(const struct row *row, const struct event *event, bool utc, bool colour)
{
    struct table table;
    char id[IDENT_TEXT_BYTES];
    const char *headings[] = {"", ""};
    enum colour state = trail_state_colour(row->head.state);
    ident_format(row->incident, id);
    printf("%s%s%s  %s%s%s  %s %d\n", colour ? table_escape(COLOUR_BOLD) : "", id, colour ? TABLE_PLAIN : "",
           colour ? table_escape(state) : "", words_incident_state(row->head.state), colour ? TABLE_PLAIN : "",
           _("severity"), row->head.severity);
    table_init(&table, 2, headings);
    table_restart(&table); /* no headings here */
    head_fields(&table, &row->head, utc);
    if (row->head.more)
        more_fields(&table, row->head.more, utc);
    reports_fields(&table, row->reports, utc);
    if (event)
        event_fields(&table, event, utc);
    table_print(&table, stdout, 2, colour);
    table_release(&table);
}

/* Who holds it, or who spoke last of it. */
static void task_worker(const struct task *task, char *out, size_t size_bytes)
{
    const char *names[] = {task->worker, task->spoke_person, task->spoke_principal};
    size_t i = 0;
    while (i < 2 && !(names[i] && *names[i]))
        i++;
    snprintf(out, size_bytes, "%s%s", task->on_behalf ? _("(on behalf) ") : "", names[i] ? names[i] : "");
}

/* "fire → fire-east": who answers for it, and whose workers do it. */
static void unit_cell(struct table *table, const struct task *task)
{
    const char *sub_unit = task->more && task->more->sub_unit ? task->more->sub_unit : "";
    table_cellf(table, COLOUR_NONE, "%s%s%s", task->unit, *sub_unit ? " → " : "", sub_unit);
}

/* And what holds it up: "waiting (after 1, 2)", "responded (starts together)", "handling (owes an account)". */
static void state_cell(struct table *table, const struct task *task)
{
    struct buffer text = {0};
    const char *before = _(" (after ");
    buffer_printf(&text, "%s", words_task_state(task->state));
    for (uint32_t no = 1; task->state == TASK_WAITING && task->more && no < 32; no++) {
        if (!(task->more->after >> no & 1))
            continue;
        buffer_printf(&text, "%s%" PRIu32, before, no);
        before = ", ";
    }
    if (task->state == TASK_WAITING)
        buffer_printf(&text, ")");
    if (task->more && task->more->held)
        buffer_printf(&text, "%s", _(" (starts together)"));
    if (task->more && task->more->unaccounted && task->state != TASK_WITHDRAWN)
        buffer_printf(&text, "%s", _(" (owes an account)"));
    buffer_append(&text, "", 1);
    table_cell(table, task->state == TASK_SHELVED ? COLOUR_RED : COLOUR_NONE, (const char *)text.data);
    buffer_release(&text);
}

static void checklist_rows(struct table *table, const struct task *task, bool utc)
{
    char time[WHEN_TEXT_BYTES];
    for (size_t i = 0; task->more && i < task->more->item_count; i++) {
        const struct item *item = &task->more->items[i];
        table_cellf(table, COLOUR_NONE, "%" PRIu32, task->no);
        table_cellf(table, COLOUR_NONE, "%zu", i + 1);
        table_cellf(table, COLOUR_NONE, "%s%s", item->text, item->optional ? _(" (optional)") : "");
        table_cell(table, COLOUR_GREEN, when_text(item->done_ms, utc, time));
    }
}

static void print_checklists(const struct row *row, bool utc, bool colour)
{
    const char *headings[] = {_("TASK"), _("ITEM"), _("CHECKLIST"), _("TICKED")};
    struct table table;
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    for (size_t i = 0; i < row->task_count; i++)
        checklist_rows(&table, &row->tasks[i], utc);
    if (!table_empty(&table)) {
        putchar('\n');
        table_print(&table, stdout, 0, colour);
    }
    table_release(&table);
}

static void print_tasks(const struct row *row, bool utc, bool colour)
{
    const char *headings[] = {_("TASK"),       _("ROLE"),      _("UNIT"), _("STATE"),   _("EPOCH"), _("WORKER"),
                              _("DISPATCHED"), _("RESPONDED"), _("DONE"), _("OUTCOME"), _("REASON")};
    struct table table;
    char time[WHEN_TEXT_BYTES], worker[160];
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    for (size_t i = 0; i < row->task_count; i++) {
        const struct task *task = &row->tasks[i];
        task_worker(task, worker, sizeof(worker));
        table_cellf(&table, COLOUR_NONE, "%" PRIu32, task->no);
        table_cell(&table, COLOUR_NONE, words_task_role(task->role));
        unit_cell(&table, task);
        state_cell(&table, task);
        table_cellf(&table, COLOUR_NONE, "%" PRIu32, task->epoch);
        table_cell(&table, COLOUR_NONE, worker);
        table_cell(&table, COLOUR_NONE, when_text(task->dispatched_ms, utc, time));
        table_cell(&table, COLOUR_NONE, when_text(task->responded_ms, utc, time));
        table_cell(&table, COLOUR_NONE, when_text(task->done_ms, utc, time));
        table_cell(&table, COLOUR_NONE, words_outcome(task->outcome));
        table_cell(&table, COLOUR_NONE, task->reason);
    }
    if (!table_empty(&table)) {
        putchar('\n');
        table_print(&table, stdout, 0, colour);
    }
    table_release(&table);
}

static enum colour clock_colour(const struct clock *clock)
{
    switch (clock->state) {
    case CLOCK_MET:
        return COLOUR_GREEN;
    case CLOCK_LATE:
        return COLOUR_RED;
    case CLOCK_RUNNING:
        return clock->rung ? COLOUR_YELLOW : COLOUR_NONE;
    default:
        return COLOUR_DIM;
    }
}

/* When it is due; provisionally where the days up to then are not announced. */
static void due_cell(struct table *table, const struct answer *answer, size_t at, bool utc)
{
    const struct clock *clock = &answer->rows[0].clocks[at];
    const struct bytes *provisional = &answer->provisional;
    char time[WHEN_TEXT_BYTES];
    bool is_provisional = provisional->len && memchr(provisional->ptr, (int)at, provisional->len);
    table_cellf(table, COLOUR_NONE, "%s%s", when_text(clock->due_ms, utc, time),
                is_provisional ? _(" (provisional)") : "");
}

static void print_clocks(const struct answer *answer, bool utc, bool colour)
{
    const struct row *row = &answer->rows[0];
    const char *headings[] = {_("CLOCK"),   _("TASK"), _("STATE"),   _("BUDGET"),
                              _("STARTED"), _("DUE"),  _("STOPPED"), _("RUNGS")};
    struct table table;
    char time[WHEN_TEXT_BYTES];
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    for (size_t i = 0; i < row->clock_count; i++) {
        const struct clock *clock = &row->clocks[i];
        table_cell(&table, COLOUR_NONE, words_clock(clock->kind));
        if (clock->task)
            table_cellf(&table, COLOUR_NONE, "%" PRIu32, clock->task);
        else
            table_cell(&table, COLOUR_NONE, "");
        table_cell(&table, clock_colour(clock), words_clock_state(clock->state));
        table_cell(&table, COLOUR_NONE, trail_budget(clock, time));
        table_cell(&table, COLOUR_NONE, when_text(clock->started_ms, utc, time));
        due_cell(&table, answer, i, utc);
        table_cell(&table, COLOUR_NONE, when_text(clock->stopped_ms, utc, time));
        table_cellf(&table, clock->rung ? COLOUR_RED : COLOUR_NONE, "%" PRIu32, clock->rung);
    }
    if (!table_empty(&table)) {
        putchar('\n');
        table_print(&table, stdout, 0, colour);
    }
    table_release(&table);
}

static const char *whoever(const char *principal, const char *person)
{
    return person && *person ? person : principal ? principal : "";
}

/* Where it takes two, the one who agreed first stands first, also as long as the other is missing. */
static void deciders(const struct ask *ask, char *out, size_t size_bytes)
{
    const char *last = whoever(ask->decided_by, ask->decided_person);
    snprintf(out, size_bytes, "%s%s%s", whoever(ask->agreed_by, ask->agreed_person),
             ask->agreed_ms && *last ? ", " : "", last);
}

static void print_asks(const struct row *row, bool utc, bool colour)
{
    const char *headings[] = {_("ASK"), _("TASK"), _("WHAT"), _("ASKED"), _("BY"), _("REASON"), _("DECISION"), _("BY")};
    struct table table;
    char time[WHEN_TEXT_BYTES], who[320];
    table_init(&table, sizeof(headings) / sizeof(headings[0]), headings);
    for (size_t i = 0; i < row->ask_count; i++) {
        const struct ask *ask = &row->asks[i];
        struct buffer what = {0};
        trail_ask(ask, utc, &what);
        buffer_append(&what, "", 1);
        table_cellf(&table, COLOUR_NONE, "%" PRIu32, ask->no);
        table_cell(&table, COLOUR_NONE, ask->unit);
        table_cell(&table, COLOUR_NONE, (const char *)what.data);
        table_cell(&table, COLOUR_NONE, when_text(ask->asked_ms, utc, time));
        table_cell(&table, COLOUR_NONE, whoever(ask->principal, ask->person));
        table_cell(&table, COLOUR_NONE, ask->reason);
        table_cell(&table, ask->decision == DECISION_OPEN ? COLOUR_YELLOW : COLOUR_NONE, words_decision(ask->decision));
        deciders(ask, who, sizeof(who));
        table_cell(&table, COLOUR_NONE, who);
        buffer_release(&what);
    }
    if (!table_empty(&table)) {
        putchar('\n');
        table_print(&table, stdout, 0, colour);
    }
    table_release(&table);
}

static void print_text(const struct answer *answer, bool utc)
{
    bool colour = table_colour(stdout);
    const struct row *row = &answer->rows[0];
    const struct event *event = answer->record_count ? answer->records[0].event : NULL;
    struct table table;
    print_head(row, event, utc, colour);
    print_tasks(row, utc, colour);
    print_checklists(row, utc, colour);
    print_clocks(answer, utc, colour);
    print_asks(row, utc, colour);
    trail_records_init(&table);
    for (size_t i = 0; i < answer->record_count; i++)
        trail_record_row(&table, &answer->records[i], row, utc);
    if (!table_empty(&table)) { /* a department sees its task, not the trail */
        putchar('\n');
        table_print(&table, stdout, 0, colour);
    }
    table_release(&table);
}

/* Puts a page, which is older than what is there, before it. */
static void prepend(struct answer *whole, const struct answer *page, struct arena *arena)
{
    size_t count = page->record_count + whole->record_count;
    struct record *records = ARENA_NEW(arena, struct record, count + 1);
    if (page->record_count)
        memcpy(records, page->records, page->record_count * sizeof(*records));
    if (whole->record_count)
        memcpy(records + page->record_count, whole->records, whole->record_count * sizeof(*records));
    whole->records = records;
    whole->record_count = count;
}

/* The timeline comes in pages, the latest first; all of it ends up in *whole. */
static int ask_pages(const struct arguments *arguments, struct client *client, struct arena *arena,
                     struct message *whole)
{
    struct message ask = {.kind = MESSAGE_QUERY, .query = {.kind = QUERY_SHOW, .incident = arguments->incident}};
    int code = cli_ask(&arguments->common, client, &ask, arena, whole);
    ask.query.cursor = code ? "" : whole->answer.cursor;
    while (!code && ask.query.cursor && *ask.query.cursor) {
        struct message page;
        code = cli_ask(&arguments->common, client, &ask, arena, &page);
        if (code)
            break;
        prepend(&whole->answer, &page.answer, arena);
        ask.query.cursor = page.answer.cursor;
    }
    if (!code)
        whole->answer.cursor = "";
    return code;
}

int verb_show(int argc, char **argv)
{
    static const struct argp_child children[] = {COMMON_CHILD, {0}};
    static const struct argp argp = {
        NULL, parse, N_("INCIDENT"), N_("Shows one incident: head, tasks, clocks and the timeline."), children,
        NULL, NULL};
    struct arguments arguments = {0};
    struct client *client;
    struct arena arena;
    struct message answer;
    cli_parse(&argp, argc, argv, &arguments);
    int code = cli_connect(&arguments.common, 'C', &client);
    if (code)
        return code;
    arena_init(&arena);
    code = ask_pages(&arguments, client, &arena, &answer);
    if (code == CLI_DONE && arguments.common.json)
        cli_print_json(&answer);
    else if (code == CLI_DONE && answer.answer.row_count)
        print_text(&answer.answer, arguments.common.utc);
    arena_release(&arena);
    client_close(client);
    return code;
}
