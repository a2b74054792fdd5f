#include "cli/trail.h"

#include <inttypes.h>
#include <string.h>

#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"
#include "schemas/record.h"

const struct clock *trail_next_clock(const struct row *row)
{
    const struct clock *next = NULL;
    for (size_t i = 0; i < row->clock_count; i++) {
        const struct clock *clock = &row->clocks[i];
        if (clock->state == CLOCK_RUNNING && (!next || clock->due_ms < next->due_ms))
            next = clock;
    }
    return next;
}

const struct task *trail_lead(const struct row *row)
{
    for (size_t i = row->task_count; i-- > 0;) {
        const struct task *task = &row->tasks[i];
        if (task->role == TASK_LEAD && task->state != TASK_WITHDRAWN && task->state != TASK_RETURNED)
            return task;
    }
    return NULL;
}

enum colour trail_state_colour(enum incident_state state)
{
    switch (state) {
    case INCIDENT_UNROUTED:
        return COLOUR_RED;
    case INCIDENT_DESK:
    case INCIDENT_CONFIRMING:
    case INCIDENT_VERIFYING:
        return COLOUR_YELLOW;
    case INCIDENT_CLOSED:
        return COLOUR_GREEN;
    case INCIDENT_MERGED:
    case INCIDENT_CANCELLED:
    case INCIDENT_REJECTED:
        return COLOUR_DIM;
    default:
        return COLOUR_NONE;
    }
}

void trail_list_init(struct table *table)
{
    const char *headings[] = {_("INCIDENT"), _("STATE"), _("SEV"),      _("TYPE"), _("AREA"),
                              _("UNIT"),     _("TASK"),  _("RECEIVED"), _("NEXT"), _("DUE")};
    table_init(table, sizeof(headings) / sizeof(headings[0]), headings);
    table->right[2] = true;
}

void trail_list_row(struct table *table, const struct row *row, bool utc)
{
    const struct incident *head = &row->head;
    const struct task *lead = trail_lead(row);
    const struct clock *next = trail_next_clock(row);
    char id[IDENT_TEXT_BYTES], time[WHEN_TEXT_BYTES];
    ident_format(row->incident, id);
    table_cell(table, COLOUR_NONE, id);
    table_cell(table, trail_state_colour(head->state), words_incident_state(head->state));
    table_cellf(table, head->severity == 1 ? COLOUR_RED : COLOUR_NONE, "%d", head->severity);
    table_cell(table, COLOUR_NONE, head->type);
    table_cell(table, COLOUR_NONE,
               head->responsible_area && *head->responsible_area ? head->responsible_area : head->area);
    table_cell(table, COLOUR_NONE, lead ? lead->unit : "");
    table_cell(table, lead && lead->state == TASK_SHELVED ? COLOUR_RED : COLOUR_NONE,
               lead ? words_task_state(lead->state) : words_unrouted(head->unrouted));
    table_cell(table, COLOUR_NONE, when_text(head->received_ms, utc, time));
    table_cell(table, COLOUR_NONE, next ? words_clock(next->kind) : "");
    table_cell(table, next && next->rung ? COLOUR_RED : COLOUR_NONE, next ? when_text(next->due_ms, utc, time) : "");
}

void trail_actor(const struct record *record, char *out, size_t size_bytes)
{
    const char *principal = record->principal ? record->principal : "", *person = record->person ? record->person : "";
    snprintf(out, size_bytes, "%s%s%s", principal, *principal && *person ? "/" : "", person);
}

/* Appends " text" when there is one. */
static void add(struct buffer *out, const char *text)
{
    if (text && *text)
        buffer_printf(out, "%s%s", out->size ? " " : "", text);
}

static void add_named(struct buffer *out, const char *name, const char *text)
{
    if (text && *text)
        buffer_printf(out, "%s%s %s", out->size ? " " : "", name, text);
}

static void opened_detail(const struct record *record, struct buffer *out)
{
    const struct event *event = record->event;
    const struct incident *head = record->change_count ? record->changes[0].head : NULL;
    if (event) {
        add(out, event->type);
        add(out, words_nature(event->nature));
        add(out, event->panic ? _("PANIC") : "");
    }
    if (head) {
        add_named(out, _("at"), head->area);
        add(out, words_incident_state(head->state));
        add(out, words_unrouted(head->unrouted));
        add_named(out, _("by"), head->route);
    }
    for (size_t i = 0; record->change_count && i < record->changes[0].task_count; i++)
        add_named(out, "→", record->changes[0].tasks[i].unit);
    if (event)
        add(out, event->text);
}

static void rung_detail(const struct rung *rung, struct buffer *out)
{
    add(out, words_clock(rung->clock));
    add(out, words_colour(rung->colour));
    buffer_printf(out, " #%" PRIu32, rung->number);
    add_named(out, "→", rung->to_post);
    add_named(out, _("at"), rung->to_area);
    add(out, rung->in_downtime ? _("(due while the broker was down)") : "");
    add(out, rung->notice ? "" : _("(no notice of its own)"));
}

static const char *unit_of_task(const struct record *record)
{
    for (size_t i = 0; i < record->change_count; i++)
        for (size_t k = 0; k < record->changes[i].task_count; k++)
            if (record->changes[i].tasks[k].no == record->task)
                return record->changes[i].tasks[k].unit;
    return "";
}

static void spoken_detail(const struct record *record, struct buffer *out)
{
    if (record->task)
        buffer_printf(out, "%s%" PRIu32, _("task "), record->task);
    add(out, unit_of_task(record));
    add_named(out, _("on behalf of"), record->on_behalf);
    add(out, record->auto_respond ? _("(automatic)") : "");
    add(out, words_lease_end(record->lease_end));
    add(out, words_outcome(record->outcome));
    if (record->refusal)
        buffer_printf(out, "%s%s ×%" PRIu32, out->size ? " " : "", refusal_name(record->refusal), record->count);
    add(out, record->reason);
    add(out, record->text);
}

void trail_detail(const struct record *record, struct buffer *out)
{
    char span[WHEN_TEXT_BYTES];
    buffer_clear(out);
    if (record->kind == RECORD_OPENED)
        opened_detail(record, out);
    else if (record->kind == RECORD_RUNG && record->rung)
        rung_detail(record->rung, out);
    else if (record->kind == RECORD_WALL_STEP)
        add_named(out, _("offset"), when_span(record->offset_ms, span));
    else if (record->kind == RECORD_STARTED)
        buffer_printf(out, "%s%" PRIu32, _("term "), record->term);
    else
        spoken_detail(record, out);
    buffer_append(out, "", 1);
}

enum colour trail_record_colour(const struct record *record)
{
    switch (record->kind) {
    case RECORD_RUNG:
        if (!record->rung || record->rung->colour == RUNG_BLUE)
            return COLOUR_BLUE;
        return record->rung->colour == RUNG_YELLOW ? COLOUR_YELLOW : COLOUR_RED;
    case RECORD_SHELVED:
    case RECORD_REFUSED:
        return COLOUR_RED;
    case RECORD_LEASE_ENDED:
    case RECORD_RETURNED:
    case RECORD_REWORKED:
        return COLOUR_YELLOW;
    case RECORD_CLOSED:
        return COLOUR_GREEN;
    default:
        return COLOUR_NONE;
    }
}

void trail_records_init(struct table *table, bool with_incident)
{
    const char *headings[] = {_("SEQUENCE"), _("TIME"), _("INCIDENT"), _("RECORD"), _("WHO"), _("WHAT")};
    const char *narrow[] = {_("SEQUENCE"), _("TIME"), _("RECORD"), _("WHO"), _("WHAT")};
    table_init(table, with_incident ? 6 : 5, with_incident ? headings : narrow);
    table->right[0] = true;
}

void trail_record_row(struct table *table, const struct record *record, bool with_incident, bool utc)
{
    char id[IDENT_TEXT_BYTES] = "", time[WHEN_TEXT_BYTES], actor[160];
    struct buffer detail = {0};
    trail_detail(record, &detail);
    trail_actor(record, actor, sizeof(actor));
    table_cellf(table, COLOUR_DIM, "%" PRIu64, record->seq);
    table_cell(table, COLOUR_NONE, when_text(record->at_ms, utc, time));
    if (with_incident) {
        if (record->change_count)
            ident_format(record->changes[0].incident, id);
        table_cell(table, COLOUR_NONE, id);
    }
    table_cell(table, trail_record_colour(record), words_record(record->kind));
    table_cell(table, COLOUR_NONE, actor);
    table_cell(table, COLOUR_NONE, (const char *)detail.data);
    buffer_release(&detail);
}

static void print_line(struct buffer *line)
{
    fwrite(line->data, 1, line->size, stdout);
    putchar('\n');
    buffer_release(line);
}

void trail_row_json(const struct row *row)
{
    struct buffer line = {0};
    row_json(row, &line);
    print_line(&line);
}

void trail_record_json(const struct record *record)
{
    struct buffer line = {0};
    record_json(record, &line);
    print_line(&line);
}
