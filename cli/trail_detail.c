/* What a record says beside its time, kind and actor: one function a kind, and at the end which is whose. */
#include "cli/trail.h"

#include <inttypes.h>
#include <string.h>

#include "broker/base/limits.h"
#include "cli/words.h"
#include "schemas/ident.h"
#include "schemas/record.h"

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

static const struct task *task_in(const struct task *tasks, size_t n, uint32_t no)
{
    for (size_t i = 0; i < n; i++)
        if (tasks[i].no == no)
            return &tasks[i];
    return NULL;
}

/* Whose the task is: as the record changed it, or as the row has it; "" when neither says. */
static const char *unit_of_task(const struct record *record, const struct row *row)
{
    const struct task *task = NULL;
    for (size_t i = 0; !task && i < record->change_count; i++)
        task = task_in(record->changes[i].tasks, record->changes[i].task_count, record->task);
    if (!task && row)
        task = task_in(row->tasks, row->task_count, record->task);
    return task && task->unit ? task->unit : "";
}

/* Where the record hands it on to. */
static const char *sub_unit_of_task(const struct record *record)
{
    const struct task *task =
        record->change_count ? task_in(record->changes[0].tasks, record->changes[0].task_count, record->task) : NULL;
    return task && task->more ? task->more->sub_unit : "";
}

static void add_role(struct buffer *out, const struct change *change, enum task_role role, const char *before)
{
    for (size_t i = 0; i < change->task_count; i++) {
        if (change->tasks[i].role != role)
            continue;
        buffer_printf(out, "%s%s", before, change->tasks[i].unit);
        before = ", ";
    }
}

/* " → LEAD, assist A, B, copy to C (RULE)" */
static void add_routed(struct buffer *out, const struct change *change)
{
    for (size_t i = 0; i < change->task_count; i++)
        if (change->tasks[i].role == TASK_LEAD)
            add_named(out, "→", change->tasks[i].unit);
    add_role(out, change, TASK_ASSIST, _(", assist "));
    add_role(out, change, TASK_COPY, _(", copy to "));
    if (change->head && change->head->route && *change->head->route)
        buffer_printf(out, " (%s)", change->head->route);
}

static void opened_detail(const struct record *record, struct buffer *out)
{
    const struct event *event = record->event;
    const struct change *change = record->change_count ? &record->changes[0] : NULL;
    const struct incident *head = change ? change->head : NULL;
    if (event) {
        add(out, event->type);
        add(out, words_nature(event->nature));
        add(out, event->panic ? _("PANIC") : "");
        add(out, event->exercise ? _("EXERCISE") : "");
    }
    if (head) {
        add_named(out, _("at"), head->area);
        add(out, head->state == INCIDENT_OPEN ? "" : words_incident_state(head->state));
        add(out, words_unrouted(head->unrouted));
    }
    if (change)
        add_routed(out, change);
    if (event) {
        add(out, event->text);
        add(out, event->has_reporter ? _("(who reported is sealed)") : "");
    }
}

/* What it was about, where, how many of it lately, and by which channel it was told. */
static void noted_event_detail(const struct record *record, struct buffer *out)
{
    const struct event *event = record->event;
    if (!event)
        return;
    add(out, event->type);
    add(out, words_nature(event->nature));
    add_named(out, _("at"), event->place.area);
    add_named(out, "→", record->channel);
    if (record->count)
        buffer_printf(out, " ×%" PRIu32, record->count);
    if (record->reason && *record->reason)
        buffer_printf(out, " (%s)", record->reason);
    add(out, event->text);
}

/* "from SOURCE, report 3": what it adds, without what the incident says already. */
static void folded_detail(const struct record *record, struct buffer *out)
{
    const struct change *change = record->change_count ? &record->changes[0] : NULL;
    add_named(out, _("from"), record->principal);
    if (change && change->reports)
        buffer_printf(out, _(", report %u"), (unsigned)change->reports->count);
    if (record->event && record->event->place.address)
        add(out, record->event->place.address);
    if (record->event)
        add(out, record->event->text);
}

static void raised_detail(const struct record *record, struct buffer *out)
{
    const struct incident *head = record->change_count ? record->changes[0].head : NULL;
    buffer_printf(out, _("%u reports"), (unsigned)record->count);
    if (head)
        buffer_printf(out, " → %s %d", _("severity"), head->severity);
}

static void add_task(struct buffer *out, const struct record *record, const struct row *row)
{
    if (record->task)
        buffer_printf(out, "%s%" PRIu32, _("task "), record->task);
    if (record->on_behalf && *record->on_behalf)
        add_named(out, _("on behalf of"), record->on_behalf);
    else
        add(out, unit_of_task(record, row));
}

static void rung_detail(const struct record *record, const struct row *row, bool utc, struct buffer *out)
{
    char time[WHEN_TEXT_BYTES];
    const struct rung *rung = record->rung;
    bool posted = rung->to_post && *rung->to_post;
    add_task(out, record, row);
    buffer_printf(out, _("%s%s: %s"), out->size ? " " : "", words_clock(rung->clock), words_colour(rung->colour));
    add_named(out, "→", posted ? rung->to_post : rung->to_area);
    add(out, rung->to_person);
    if (posted && rung->to_area && *rung->to_area)
        buffer_printf(out, " (%s)", rung->to_area);
    add_named(out, "→", rung->to_unit);
    add(out, rung->unit_post);
    add(out, rung->unit_person);
    add(out, rung->in_downtime ? _("(due while the broker was down)") : "");
    add(out, rung->unconnected ? _("(nobody connected)") : "");
    if (rung->held_ms)
        add_named(out, _("quiet until"), when_text(rung->held_ms, utc, time));
}

/* The how-manieth report, to whom, and how it stands. */
static void informed_detail(const struct record *record, struct buffer *out)
{
    const struct rung *rung = record->rung;
    buffer_printf(out, "#%" PRIu32, record->count);
    add(out, record->last ? _("(last)") : "");
    add_named(out, "→", rung->to_post && *rung->to_post ? rung->to_post : rung->to_area);
    add(out, rung->to_person);
    add_named(out, "→", rung->to_unit);
    add(out, record->kind == RECORD_REPORTED_UP ? record->reason : "");
    add(out, record->text);
}

/* What the record says of the incident's head, for the kinds that live by it. */
static void head_detail(const struct record *record, struct buffer *out)
{
    const struct incident *head = record->change_count ? record->changes[0].head : NULL;
    char into[IDENT_TEXT_BYTES];
    if (head && head->more && head->more->ending && record->outcome == OUTCOME_REFERRED)
        add_named(out, "→", head->more->ending->referred_to);
    if (head && record->kind == RECORD_ATTRIBUTED)
        add_named(out, "→", head->responsible_area);
    if (head && record->kind == RECORD_VERIFYING)
        add(out, words_verifier(head->verify));
    if (head && record->kind == RECORD_MERGED && head->merged_into) {
        ident_format(head->merged_into, into);
        buffer_printf(out, _("into %s"), into);
    }
}

void trail_ask(const struct ask *ask, bool utc, struct buffer *out)
{
    char text[WHEN_TEXT_BYTES];
    add(out, words_ask(ask->kind));
    if (ask->clock)
        add_named(out, _("against late"), words_clock(ask->clock));
    if (ask->span_ms)
        add_named(out, _("by"), when_span(ask->span_ms, text));
    if (ask->until_ms)
        add_named(out, _("until"), when_text(ask->until_ms, utc, text));
}

/* "→ A, B" and why. */
static void called_detail(const struct record *record, struct buffer *out)
{
    const struct change *change = record->change_count ? &record->changes[0] : NULL;
    for (size_t i = 0; change && i < change->task_count; i++)
        buffer_printf(out, "%s%s", i ? ", " : "→ ", change->tasks[i].unit);
    if (record->kind == RECORD_PLANNED && change && change->task_count && change->tasks[0].more)
        buffer_printf(out, " (%s)", change->tasks[0].more->plan);
    add(out, record->reason);
    add(out, record->text);
}

/* What was ticked with the record. */
static void ticked_detail(const struct record *record, const struct row *row, struct buffer *out)
{
    const struct task *task =
        record->change_count ? task_in(record->changes[0].tasks, record->changes[0].task_count, record->task) : NULL;
    add_task(out, record, row);
    for (size_t i = 0; task && task->more && i < task->more->item_count; i++) {
        if (task->more->items[i].done_ms == record->at_ms)
            buffer_printf(out, " %zu %s", i + 1, task->more->items[i].text);
    }
    add(out, record->text);
}

/* What it was and what it is; who has it, where that changed. */
static void reclassified_detail(const struct record *record, struct buffer *out)
{
    const struct change *change = record->change_count ? &record->changes[0] : NULL;
    add(out, record->was);
    if (change && change->head) {
        add_named(out, "→", change->head->type);
        add(out, change->head->state == INCIDENT_OPEN ? "" : words_incident_state(change->head->state));
    }
    if (change && change->task_count)
        add_routed(out, change);
    add(out, record->reason);
    add(out, record->text);
}

/* The clocks that are due, or ring next, at another time now. */
static void reckoned_detail(const struct record *record, struct buffer *out)
{
    for (size_t i = 0; i < record->change_count; i++) {
        for (size_t c = 0; c < record->changes[i].clock_count; c++)
            buffer_printf(out, "%s%s", out->size ? ", " : "", words_clock(record->changes[i].clocks[c].kind));
    }
}

/* How often it was urged or supervised by now; and within which time it must be done. */
static void oversight_detail(const struct record *record, struct buffer *out)
{
    const struct change *change = record->change_count ? &record->changes[0] : NULL;
    char span[WHEN_TEXT_BYTES];
    buffer_printf(out, "%s×%" PRIu32, out->size ? " " : "", record->count);
    for (size_t i = 0; change && i < change->clock_count; i++)
        if (change->clocks[i].kind == CLOCK_SUPERVISE)
            add_named(out, _("due within"), when_span(change->clocks[i].budget_ms, span));
}

/* The post it is bound to, and who bears it from now on. */
static void charge_detail(const struct record *record, struct buffer *out)
{
    const struct incident *head = record->change_count ? record->changes[0].head : NULL;
    const struct oversight *oversight = head && head->more ? head->more->oversight : NULL;
    if (!oversight)
        return;
    add(out, oversight->post);
    add_named(out, "→", oversight->bearer_post);
    add(out, oversight->bearer);
}

/* Of an area's level: what is proposed, or what it is listed in; and of how many incidents. */
static void level_detail(const struct record *record, const struct side *side, struct buffer *out)
{
    enum rung_colour colour = record->kind == RECORD_LEVEL_PROPOSED ? (enum rung_colour)side->state : side->colour;
    buffer_printf(out, " %s (%" PRIu32 ")", colour ? words_colour(colour) : _("none"), side->count);
}

/* "2/40: 620802-000001-F, …" */
static void sample_detail(const struct sample *sample, struct buffer *out)
{
    char incident[IDENT_TEXT_BYTES];
    buffer_printf(out, "%zu/%" PRIu32, sample->drawn_count, sample->of);
    for (size_t i = 0; i < sample->drawn_count; i++) {
        ident_format(sample->drawn[i], incident);
        buffer_printf(out, "%s%s", i ? ", " : ": ", incident);
    }
}

static void side_detail(const struct record *record, const struct side *side, struct buffer *out)
{
    buffer_printf(out, "%s%s", side == record->sides ? "" : ", ", side->key);
    if (side->kind == SIDE_AREA_LEVEL)
        level_detail(record, side, out);
    if (side->total)
        buffer_printf(out, " %" PRIu32 "/%" PRIu32, side->count, side->total);
}

/* Which rows beside incidents, of many the first few; and what was said. */
static void beside_detail(const struct record *record, struct buffer *out)
{
    for (size_t i = 0; i < record->side_count && i < 4; i++)
        side_detail(record, &record->sides[i], out);
    if (record->side_count > 4)
        buffer_printf(out, ", … (%zu)", record->side_count);
    add(out, record->reason);
    add(out, record->text);
}

/* "not solved, unsatisfied" */
static void callback_detail(const struct record *record, struct buffer *out)
{
    if (!record->satisfaction)
        return;
    if (record->satisfaction != SATISFACTION_UNREACHED)
        add(out, record->solved ? _("solved,") : _("not solved,"));
    add(out, words_satisfaction(record->satisfaction));
    if (record->change_count && record->changes[0].ask_count)
        buffer_printf(out, " #%" PRIu32 " %s", record->changes[0].asks[0].no,
                      words_ask(record->changes[0].asks[0].kind));
}

/* What was asked: "#2 fire extend by 2h00m waiting"; decided: who asked stands in its place. */
static void asked_detail(const struct record *record, bool utc, struct buffer *out)
{
    const struct ask *ask = record->change_count ? record->changes[0].asks : NULL;
    char asker[160];
    if (!ask)
        return;
    buffer_printf(out, "#%" PRIu32, ask->no);
    add(out, ask->unit);
    trail_ask(ask, utc, out);
    snprintf(asker, sizeof(asker), "%s/%s", ask->principal ? ask->principal : "", ask->person ? ask->person : "");
    if (record->kind != RECORD_ASKED && record->kind != RECORD_APPEALED && record->kind != RECORD_IDENTITY_SOUGHT)
        add_named(out, _("asked by"), asker);
    add(out, record->reason);
    add(out, record->text);
}

/* Of a transfer or a release: what became of the unit's return. */
static const char *ruling(const struct record *record)
{
    const struct ask *ask = record->change_count ? record->changes[0].asks : NULL;
    if (!ask || ask->kind != ASK_RETURN || ask->decision == DECISION_OPEN)
        return "";
    return ask->decision == DECISION_GRANTED ? _("(return upheld)") : _("(return refused)");
}

static void spoken_detail(const struct record *record, const struct row *row, struct buffer *out)
{
    add_task(out, record, row);
    add(out, record->auto_respond ? _("(automatic)") : "");
    if (record->kind == RECORD_DELEGATED)
        add_named(out, "→", sub_unit_of_task(record));
    add(out, words_lease_end(record->lease_end));
    add(out, words_outcome(record->outcome));
    if (record->closing && *record->closing)
        buffer_printf(out, _(" (closing condition: %s)"), record->closing);
    add(out, ruling(record));
    callback_detail(record, out);
    head_detail(record, out);
    if (record->kind == RECORD_URGED || record->kind == RECORD_SUPERVISED)
        oversight_detail(record, out);
    if (record->kind == RECORD_CHARGED || record->kind == RECORD_CHARGE_PASSED)
        charge_detail(record, out);
    if (record->refusal)
        buffer_printf(out, "%s%s ×%" PRIu32, out->size ? " " : "", refusal_name(record->refusal), record->count);
    add(out, record->reason);
    add(out, record->text);
}

/* As many digits of the hash as tell one policy from another. */
static void policy_detail(const struct record *record, struct buffer *out)
{
    for (size_t i = 0; i < record->policy.len && i < 4; i++)
        buffer_printf(out, "%02x", record->policy.ptr[i]);
}

static bool is_of_ask(enum record_kind kind)
{
    return kind == RECORD_ASKED || kind == RECORD_GRANTED || kind == RECORD_DENIED || kind == RECORD_APPEALED ||
           kind == RECORD_AGREED || kind == RECORD_EXEMPTED || kind == RECORD_UNREASONABLE ||
           (kind >= RECORD_IDENTITY_SOUGHT && kind <= RECORD_IDENTITY_OPENED);
}

void trail_detail(const struct record *record, const struct row *row, bool utc, struct buffer *out)
{
    char span[WHEN_TEXT_BYTES];
    buffer_clear(out);
    if (record->kind == RECORD_OPENED)
        opened_detail(record, out);
    else if ((record->kind == RECORD_INFORMED || record->kind == RECORD_REPORTED_UP) && record->rung)
        informed_detail(record, out);
    else if (record->rung)
        rung_detail(record, row, utc, out);
    else if (record->kind == RECORD_FOLDED)
        folded_detail(record, out);
    else if (record->kind == RECORD_RAISED)
        raised_detail(record, out);
    else if (record->kind == RECORD_RECORDED || record->kind == RECORD_NOTIFIED)
        noted_event_detail(record, out);
    else if (record->kind == RECORD_RECLASSIFIED)
        reclassified_detail(record, out);
    else if (record->kind == RECORD_RECKONED)
        reckoned_detail(record, out);
    else if (record->sample)
        sample_detail(record->sample, out);
    else if (record->side_count && !record->change_count)
        beside_detail(record, out);
    else if (record->kind == RECORD_WHISTLED || record->kind == RECORD_PLANNED || record->kind == RECORD_BEGUN)
        called_detail(record, out);
    else if (record->kind == RECORD_TICKED)
        ticked_detail(record, row, out);
    else if (record->kind == RECORD_POLICY)
        policy_detail(record, out);
    else if (record->kind == RECORD_WALL_STEP)
        add_named(out, _("offset"), when_span(record->offset_ms, span));
    else if (record->kind == RECORD_STARTED)
        buffer_printf(out, "%s%" PRIu32, _("term "), record->term);
    else if (is_of_ask(record->kind))
        asked_detail(record, utc, out);
    else
        spoken_detail(record, row, out);
    buffer_append(out, "", 1);
}
