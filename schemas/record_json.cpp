/* Records and rows, and the nouns in them, as JSON. */
#include "schemas/json.hpp"
#include "schemas/record.h"

namespace facts
{

static void write(Json &json, const struct place &place)
{
    json.text("area", place.area);
    json.text("address", place.address);
    json.text("system", coordinates_name(place.system));
    if (!place.has_point)
        return;
    json.real("latitude", place.latitude);
    json.real("longitude", place.longitude);
}

static void write(Json &json, const struct attachment &attachment)
{
    json.text("uri", attachment.uri);
    json.text("media_type", attachment.media_type);
    json.hex("sha256", attachment.sha256);
}

void write(Json &json, const struct event &event)
{
    bool has_place = event.place.has_point || (event.place.area && *event.place.area) ||
                     (event.place.address && *event.place.address);
    json.text("id", event.id);
    json.text("type", event.type);
    json.text("text", event.text);
    json.text("source_ref", event.source_ref);
    json.text("recurrence_of", event.recurrence_of);
    json.text("nature", nature_name(event.nature));
    json.number("severity", event.severity);
    write_if(json, "place", has_place ? &event.place : nullptr);
    json.time("observed", event.observed_ms);
    json.flag("panic", event.panic);
    json.flag("sealed", event.sealed);
    json.flag("exercise", event.exercise);
    write_all(json, "attachments", event.attachments, event.attachment_count);
    json.base64("reporter", event.reporter);
    json.flag("has_reporter", event.has_reporter);
    json.text("done", outcome_name(event.done));
    json.text("evidence", event.evidence);
    json.text("object", event.object);
    json.text("about", event.about);
}

static void write(Json &json, const struct rung &rung)
{
    json.text("clock", clock_kind_name(rung.clock));
    json.number("task", rung.task);
    json.number("number", rung.number);
    json.text("colour", rung_colour_name(rung.colour));
    json.number("ups", rung.ups);
    json.time("due", rung.due_ms);
    json.text("to_area", rung.to_area);
    json.text("to_post", rung.to_post);
    json.text("to_unit", rung.to_unit);
    json.text("to_person", rung.to_person);
    json.text("unit_post", rung.unit_post);
    json.text("unit_person", rung.unit_person);
    json.flag("notice", rung.notice);
    json.flag("in_downtime", rung.in_downtime);
    json.time("held_until", rung.held_ms);
    json.flag("unconnected", rung.unconnected);
}

static void write(Json &json, const struct claim &claim)
{
    json.text("principal", claim.principal);
    json.text("person", claim.person);
    json.time("since", claim.since_ms);
    json.time("until", claim.until_ms);
}

static void write(Json &json, const struct oversight &oversight)
{
    json.number("urges", oversight.urges);
    json.number("supervisions", oversight.supervisions);
    json.text("post", oversight.post);
    json.text("bearer_post", oversight.bearer_post);
    json.text("bearer", oversight.bearer);
    json.time("bearer_until", oversight.bearer_until_ms);
    write_all(json, "held", oversight.held, oversight.held_count);
    json.time("held_until", oversight.held_until_ms);
    json.number("informed", oversight.informed);
    json.flag("unaccounted", oversight.unaccounted);
    json.text("at_area", oversight.at_area);
    json.number("reported_up", oversight.ups);
    json.number("sent_down", oversight.downs);
}

static void write(Json &json, const struct ending &ending)
{
    json.text("referred_to", ending.referred_to);
    json.time("planned", ending.planned_ms);
    json.flag("withdrawn", ending.withdrawn);
}

void write(Json &json, const struct incident &incident)
{
    json.text("state", incident_state_name(incident.state));
    json.text("nature", nature_name(incident.nature));
    json.text("outcome", outcome_name(incident.outcome));
    json.text("verify", verifier_name(incident.verify));
    json.text("unrouted", unrouted_reason_name(incident.unrouted));
    json.number("severity", incident.severity);
    json.flag("panic", incident.panic);
    json.flag("flagged", incident.flagged);
    json.flag("sealed", incident.sealed);
    json.flag("exercise", incident.exercise);
    json.text("type", incident.type);
    json.text("area", incident.area);
    json.text("responsible_area", incident.responsible_area);
    json.text("source", incident.source);
    json.text("event_id", incident.event_id);
    json.text("route", incident.route);
    json.text("reason", incident.reason);
    json.text("ladder", incident.ladder);
    json.time("received", incident.received_ms);
    json.time("closed", incident.closed_ms);
    json.id("opened_seq", incident.opened_seq);
    json.incident("merged_into", incident.merged_into);
    json.number("reworks", incident.reworks);
    json.number("reopens", incident.reopens);
    if (!incident.more)
        return;
    json.text("object", incident.more->object);
    json.text("about", incident.more->about);
    write_if(json, "claim", incident.more->claim);
    write_if(json, "oversight", incident.more->oversight);
    json.text("special", incident.more->special);
    json.text("special_clocks", incident.more->special_clocks);
    write_if(json, "ending", incident.more->ending);
    json.text("beside", incident.more->beside);
    json.incident("same_as", incident.more->same_as);
}

static void write(Json &json, const struct item &item)
{
    json.text("text", item.text);
    json.flag("optional", item.optional);
    json.time("done", item.done_ms);
}

/* The numbers that the bits stand for. */
static void write_after(Json &json, uint32_t after)
{
    if (!after)
        return;
    json.open("after", '[');
    for (uint32_t no = 1; no < 32; no++)
        if (after >> no & 1)
            json.count(nullptr, no);
    json.close(']');
}

static void write(Json &json, const struct task_more &more)
{
    json.flag("whistled", more.whistled);
    json.flag("unaccounted", more.unaccounted);
    json.text("sub_unit", more.sub_unit);
    json.text("plan", more.plan);
    json.text("part", more.part);
    write_after(json, more.after);
    json.flag("held", more.held);
    write_all(json, "items", more.items, more.item_count);
}

void write(Json &json, const struct task &task)
{
    json.number("no", task.no);
    json.number("epoch", task.epoch);
    json.number("lost", task.lost);
    json.text("role", task_role_name(task.role));
    json.text("state", task_state_name(task.state));
    json.text("outcome", outcome_name(task.outcome));
    json.flag("on_behalf", task.on_behalf);
    json.flag("auto_respond", task.auto_respond);
    json.text("unit", task.unit);
    json.text("principal", task.principal);
    json.text("worker", task.worker);
    json.text("last_worker", task.last_worker);
    json.text("spoke_principal", task.spoke_principal);
    json.text("spoke_person", task.spoke_person);
    json.text("reason", task.reason);
    json.time("dispatched", task.dispatched_ms);
    json.time("responded", task.responded_ms);
    json.time("arrived", task.arrived_ms);
    json.time("done", task.done_ms);
    write_if(json, "more", task.more);
}

void write(Json &json, const struct clock &clock)
{
    json.text("kind", clock_kind_name(clock.kind));
    json.number("task", clock.task);
    json.text("state", clock_state_name(clock.state));
    json.text("calendar", calendar_name(clock.calendar));
    json.time("started", clock.started_ms);
    json.number("budget_ms", clock.budget_ms);
    json.number("consumed_ms", clock.consumed_ms);
    json.time("running_since", clock.running_since_ms);
    json.time("due", clock.due_ms);
    json.time("stopped", clock.stopped_ms);
    json.number("rung", clock.rung);
    json.number("reached", clock.reached);
    json.time("next", clock.next_ms);
}

static void write(Json &json, const struct voice &voice)
{
    json.number("task", voice.task);
    json.flag("dispatched", voice.dispatched);
    json.text("principal", voice.principal);
    json.text("person", voice.person);
}

static void write(Json &json, const struct ask &ask)
{
    json.number("no", ask.no);
    json.text("kind", ask_kind_name(ask.kind));
    json.text("decision", decision_name(ask.decision));
    json.number("task", ask.task);
    json.text("unit", ask.unit);
    json.time("asked", ask.asked_ms);
    json.text("principal", ask.principal);
    json.text("person", ask.person);
    json.text("reason", ask.reason);
    json.time("until", ask.until_ms);
    json.number("span_ms", ask.span_ms);
    json.time("decided", ask.decided_ms);
    json.text("decided_by", ask.decided_by);
    json.text("decided_person", ask.decided_person);
    json.text("was", task_state_name(ask.was));
    json.text("clock", clock_kind_name(ask.clock));
    json.time("started", ask.started_ms);
    json.time("agreed", ask.agreed_ms);
    json.text("agreed_by", ask.agreed_by);
    json.text("agreed_person", ask.agreed_person);
}

static void write(Json &json, const struct reports &reports)
{
    json.number("count", reports.count);
    json.time("first", reports.first_ms);
    json.time("last", reports.last_ms);
    json.id("last_seq", reports.last);
    json.id("before_seq", reports.before);
    json.id("placed_seq", reports.placed);
    write_texts(json, "sources", reports.sources, reports.source_count);
    json.text("device", reports.device);
}

static void write(Json &json, const struct sample &sample)
{
    json.time("from", sample.from_ms);
    json.time("until", sample.until_ms);
    json.flag("on_site", sample.on_site);
    json.count("of", sample.of);
    json.hex("seed", sample.seed);
    json.id("seed_seq", sample.seed_seq);
    json.open("drawn", '[');
    for (size_t i = 0; i < sample.drawn_count; i++)
        json.incident(nullptr, sample.drawn[i]);
    json.close(']');
}

static void write(Json &json, const struct undo &undo)
{
    json.number("seq", undo.seq);
    json.time("until", undo.until_ms);
    json.number("first", undo.first);
    json.number("last", undo.last);
    json.text("state", incident_state_name(undo.state));
    write_all(json, "tasks", undo.tasks, undo.task_count);
    write_all(json, "clocks", undo.clocks, undo.clock_count);
    write_all(json, "asks", undo.asks, undo.ask_count);
}

static void write(Json &json, const struct change &change)
{
    json.incident("incident", change.incident);
    json.id("prev", change.prev);
    write_if(json, "head", change.head);
    write_all(json, "tasks", change.tasks, change.task_count);
    write_all(json, "clocks", change.clocks, change.clock_count);
    write_all(json, "voices", change.voices, change.voice_count);
    write_all(json, "asks", change.asks, change.ask_count);
    write_if(json, "undo", change.undo);
    write_if(json, "reports", change.reports);
}

void write(Json &json, const struct side &side)
{
    json.text("kind", side_kind_name(side.kind));
    json.text("key", side.key);
    json.id("seq", side.seq);
    json.flag("gone", side.gone);
    json.number("state", side.state);
    json.number("count", side.count);
    json.number("total", side.total);
    json.text("colour", rung_colour_name(side.colour));
    json.number("number", side.number);
    json.time("first", side.first_ms);
    json.time("last", side.last_ms);
    json.time("until", side.until_ms);
    json.time("next", side.next_ms);
    json.incident("incident", side.incident);
    json.text("name", side.name);
    json.text("text", side.text);
    json.text("principal", side.principal);
    json.text("person", side.person);
    json.texts("list", side.list, side.list_count);
}

void write(Json &json, const struct record &record)
{
    json.id("seq", record.seq);
    json.time("at", record.at_ms);
    json.text("kind", record_kind_name(record.kind));
    json.text("principal", record.principal);
    json.text("person", record.person);
    json.text("on_behalf", record.on_behalf);
    json.text("request", record.request);
    json.key128("key", record.key);
    json.key128("digest", record.digest);
    write_all(json, "changes", record.changes, record.change_count);
    write_if(json, "event", record.event);
    write_if(json, "rung", record.rung);
    json.number("task", record.task);
    json.number("epoch", record.epoch);
    json.text("word", word_name(record.word));
    json.text("lease_end", lease_end_name(record.lease_end));
    json.text("outcome", outcome_name(record.outcome));
    json.text("reason", record.reason);
    json.text("text", record.text);
    json.text("was", record.was);
    json.text("channel", record.channel);
    json.text("closing", record.closing);
    json.time("unit_time", record.unit_ms);
    json.flag("auto_respond", record.auto_respond);
    json.text("refusal", refusal_name(record.refusal));
    json.number("count", record.count);
    json.hex("policy", record.policy);
    json.time("from", record.from_ms);
    json.number("offset_ms", record.offset_ms);
    json.number("term", record.term);
    json.text("satisfaction", satisfaction_name(record.satisfaction));
    json.flag("solved", record.solved);
    json.flag("last", record.last);
    write_texts(json, "tells", record.tells, record.tell_count);
    json.number("takes_back", record.takes_back);
    write_if(json, "sample", record.sample);
    write_all(json, "sides", record.sides, record.side_count);
}

static void write(Json &json, const struct word_kept &word)
{
    json.key128("key", word.key);
    json.key128("digest", word.digest);
    json.id("seq", word.seq);
    json.number("task", word.task);
    json.number("term", word.term);
    json.time("at", word.at_ms);
}

void write(Json &json, const struct row &row)
{
    json.incident("incident", row.incident);
    json.id("seq", row.seq);
    write(json, "head", row.head);
    write_all(json, "tasks", row.tasks, row.task_count);
    write_all(json, "clocks", row.clocks, row.clock_count);
    write_all(json, "words", row.words, row.word_count);
    write_all(json, "voices", row.voices, row.voice_count);
    write_all(json, "asks", row.asks, row.ask_count);
    write_if(json, "undo", row.undo);
    write_if(json, "reports", row.reports);
}

} // namespace facts

void record_json(const struct record *record, struct buffer *out)
{
    facts::write_line(*record, out);
}

void row_json(const struct row *row, struct buffer *out)
{
    facts::write_line(*row, out);
}

void side_json(const struct side *side, struct buffer *out)
{
    facts::write_line(*side, out);
}
