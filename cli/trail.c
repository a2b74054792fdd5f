#include "cli/trail.h"

#include <inttypes.h>
#include <string.h>

#include "broker/base/limits.h"
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
    for (size_t i = row->task_count; i-- > 0;)
        if (row->tasks[i].role == TASK_LEAD)
            return &row->tasks[i];
    return NULL;
}

const char *trail_clock_name(const struct row *row, const struct clock *clock, char *out, size_t size_bytes)
{
    const struct task *lead = trail_lead(row);
    bool others = clock->task && !(lead && lead->no == clock->task);
    int length = snprintf(out, size_bytes, "%s", words_clock(clock->kind));
    if (others && (size_t)length < size_bytes)
        snprintf(out + length, size_bytes - (size_t)length, " #%" PRIu32, clock->task);
    return out;
}

const char *trail_budget(const struct clock *clock, char out[WHEN_TEXT_BYTES])
{
    int days = (int)(clock->budget_ms / WORKING_DAY_MS), minutes = (int)(clock->budget_ms / 60000);
    bool whole = clock->budget_ms % WORKING_DAY_MS == 0;
    if (clock->calendar == CALENDAR_NATURAL || clock->calendar == 0)
        return when_span(clock->budget_ms, out);
    if (clock->calendar == CALENDAR_WORKING_DAYS_NEXT)
        snprintf(out, WHEN_TEXT_BYTES, _("%dwd next"), days);
    else if (clock->calendar == CALENDAR_WORKING_DAYS && whole)
        snprintf(out, WHEN_TEXT_BYTES, _("%dwd"), days);
    else if (minutes % 60 == 0)
        snprintf(out, WHEN_TEXT_BYTES, _("%dwh"), minutes / 60);
    else
        snprintf(out, WHEN_TEXT_BYTES, _("%dwh%02dm"), minutes / 60, minutes % 60);
    return out;
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
    const char *headings[] = {_("INCIDENT"), _("STATE"),  _("SEV"),      _("TYPE"), _("AREA"),
                              _("UNIT"),     _("DETAIL"), _("RECEIVED"), _("NEXT"), _("DUE")};
    table_init(table, sizeof(headings) / sizeof(headings[0]), headings);
    table->right[2] = true;
}

/* What tells most in the incident's state: how it ended, what it waits for, how far its lead is. */
static void standing(const struct row *row, char *out, size_t size_bytes)
{
    const struct incident *head = &row->head;
    const struct task *lead = trail_lead(row);
    const char *outcome = words_outcome(head->outcome), *reason = head->reason ? head->reason : "";
    char into[IDENT_TEXT_BYTES];
    switch (head->state) {
    case INCIDENT_CLOSED:
    case INCIDENT_CANCELLED:
    case INCIDENT_REJECTED:
        snprintf(out, size_bytes, "%s%s%s", outcome, *outcome && *reason ? " " : "", reason);
        return;
    case INCIDENT_MERGED:
        ident_format(head->merged_into, into);
        snprintf(out, size_bytes, _("into %s"), into);
        return;
    case INCIDENT_VERIFYING:
        snprintf(out, size_bytes, "%s", words_verifier(head->verify));
        return;
    case INCIDENT_UNROUTED:
    case INCIDENT_DESK:
        snprintf(out, size_bytes, "%s", words_unrouted(head->unrouted));
        return;
    default:
        snprintf(out, size_bytes, "%s", lead ? words_task_state(lead->state) : "");
    }
}

/* Reported from over the border too, perhaps: somebody must look, and merge. */
static void add_hint(const struct incident *head, char *out, size_t size_bytes)
{
    char other[IDENT_TEXT_BYTES];
    size_t used = strlen(out);
    if (!head->more || !head->more->same_as || head->state == INCIDENT_MERGED)
        return;
    ident_format(head->more->same_as, other);
    snprintf(out + used, size_bytes - used, _("%s= %s?"), used ? " " : "", other);
}

void trail_claimant(const struct incident *head, char *out, size_t size_bytes)
{
    const struct claim *claim = head->more ? head->more->claim : NULL;
    *out = '\0';
    if (claim)
        snprintf(out, size_bytes, "%s", *claim->person ? claim->person : claim->principal);
}

void trail_list_row(struct table *table, const struct row *row, bool utc)
{
    const struct incident *head = &row->head;
    const struct task *lead = trail_lead(row);
    const struct clock *next = trail_next_clock(row);
    char id[IDENT_TEXT_BYTES], time[WHEN_TEXT_BYTES], detail[256], clock[80], claimant[160];
    bool shelved = head->state == INCIDENT_OPEN && lead && lead->state == TASK_SHELVED;
    standing(row, detail, sizeof(detail));
    add_hint(head, detail, sizeof(detail));
    trail_claimant(head, claimant, sizeof(claimant));
    if (*claimant)
        snprintf(detail + strlen(detail), sizeof(detail) - strlen(detail), _(" (claimed by %s)"), claimant);
    ident_format(row->incident, id);
    table_cell(table, COLOUR_NONE, id);
    table_cell(table, trail_state_colour(head->state), words_incident_state(head->state));
    table_cellf(table, head->severity == 1 ? COLOUR_RED : COLOUR_NONE, "%d", head->severity);
    table_cell(table, COLOUR_NONE, head->type);
    table_cell(table, COLOUR_NONE,
               head->responsible_area && *head->responsible_area ? head->responsible_area : head->area);
    table_cell(table, COLOUR_NONE, lead ? lead->unit : "");
    table_cell(table, shelved ? COLOUR_RED : COLOUR_NONE, detail);
    table_cell(table, COLOUR_NONE, when_text(head->received_ms, utc, time));
    table_cell(table, COLOUR_NONE, next ? trail_clock_name(row, next, clock, sizeof(clock)) : "");
    table_cell(table, next && next->rung ? COLOUR_RED : COLOUR_NONE, next ? when_text(next->due_ms, utc, time) : "");
}

void trail_actor(const struct record *record, char *out, size_t size_bytes)
{
    const char *principal = record->principal ? record->principal : "", *person = record->person ? record->person : "";
    snprintf(out, size_bytes, "%s%s%s", principal, *principal && *person ? "/" : "", person);
}

const char *trail_kind(const struct record *record)
{
    return record->kind == RECORD_RUNG && record->rung ? words_rung(record->rung->colour) : words_record(record->kind);
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
    case RECORD_RAISED:
    case RECORD_PASSED_OVER:
        return COLOUR_YELLOW;
    case RECORD_CLOSED:
        return COLOUR_GREEN;
    default:
        return COLOUR_NONE;
    }
}

void trail_records_init(struct table *table)
{
    const char *headings[] = {_("SEQUENCE"), _("TIME"), _("RECORD"), _("WHO"), _("WHAT")};
    table_init(table, sizeof(headings) / sizeof(headings[0]), headings);
    table->right[0] = true;
}

void trail_record_row(struct table *table, const struct record *record, const struct row *row, bool utc)
{
    char time[WHEN_TEXT_BYTES], actor[160];
    struct buffer detail = {0};
    trail_detail(record, row, utc, &detail);
    trail_actor(record, actor, sizeof(actor));
    table_cellf(table, COLOUR_DIM, "%" PRIu64, record->seq);
    table_cell(table, COLOUR_NONE, when_text(record->at_ms, utc, time));
    table_cell(table, trail_record_colour(record), trail_kind(record));
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
