/* Messages, records and rows as one line of JSON each, for --json, for handlers' stdin and for people. The keys are
 * the fields of the .fbs files; what is absent is left out. One way only: no JSON is ever read from the wire. */
#include "schemas/facts.hpp"
#include "schemas/ident.h"
#include "schemas/record.h"
#include "schemas/wire.h"

#include <charconv>
#include <cmath>
#include <ctime>

#include <flatbuffers/util.h>

namespace
{

/* Writes keys and values into a buffer, with commas where they belong. key is NULL within an array. */
class Json
{
  public:
    explicit Json(struct buffer *buffer) : out(buffer)
    {
    }

    void open(const char *key, char bracket)
    {
        start(key);
        put(bracket);
        comma = false;
    }

    void close(char bracket)
    {
        put(bracket);
        comma = true;
    }

    void text(const char *key, const char *value)
    {
        if (!value || !*value)
            return;
        start(key);
        quote(value);
    }

    void count(const char *key, uint64_t value)
    {
        char digits[24];
        auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        start(key);
        buffer_append(out, digits, size_t(end - digits));
    }

    void number(const char *key, int64_t value)
    {
        char digits[24];
        auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        if (value == 0)
            return;
        start(key);
        buffer_append(out, digits, size_t(end - digits));
    }

    void id(const char *key, uint64_t value)
    {
        if (value)
            count(key, value);
    }

    /* The shortest digits that read back as the same number, in any locale. */
    void real(const char *key, double value)
    {
        char digits[40];
        if (!std::isfinite(value))
            return;
        auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        start(key);
        buffer_append(out, digits, size_t(end - digits));
    }

    void truth(const char *key, bool value)
    {
        start(key);
        buffer_append(out, value ? "true" : "false", value ? 4 : 5);
    }

    void flag(const char *key, bool value)
    {
        if (value)
            truth(key, true);
    }

    /* RFC 3339 has four digits for the year; what lies beyond is no time of ours. */
    void time(const char *key, int64_t ms)
    {
        time_t seconds = time_t(ms / 1000 - (ms % 1000 < 0));
        struct tm tm;
        if (ms == 0 || !gmtime_r(&seconds, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
            return;
        start(key);
        buffer_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                      tm.tm_hour, tm.tm_min, tm.tm_sec, int((ms % 1000 + 1000) % 1000));
    }

    void incident(const char *key, uint64_t id)
    {
        char written[IDENT_TEXT_BYTES];
        if (!id)
            return;
        ident_format(id, written);
        text(key, written);
    }

    void hex(const char *key, const struct bytes &bytes)
    {
        if (!bytes.len)
            return;
        start(key);
        put('"');
        for (size_t i = 0; i < bytes.len; i++)
            buffer_printf(out, "%02x", bytes.ptr[i]);
        put('"');
    }

    void key128(const char *key, const struct key128 &value)
    {
        if (!value.hi && !value.lo)
            return;
        start(key);
        buffer_printf(out, "\"%016llx%016llx\"", static_cast<unsigned long long>(value.hi),
                      static_cast<unsigned long long>(value.lo));
    }

    void base64(const char *key, const struct bytes &bytes)
    {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        if (!bytes.len)
            return;
        start(key);
        put('"');
        for (size_t i = 0; i < bytes.len; i += 3) {
            size_t left = bytes.len - i;
            unsigned word = unsigned(bytes.ptr[i]) << 16 | (left > 1 ? unsigned(bytes.ptr[i + 1]) << 8 : 0) |
                            (left > 2 ? unsigned(bytes.ptr[i + 2]) : 0);
            put(digits[word >> 18]);
            put(digits[word >> 12 & 63]);
            put(left > 1 ? digits[word >> 6 & 63] : '=');
            put(left > 2 ? digits[word & 63] : '=');
        }
        put('"');
    }

  private:
    void put(char byte)
    {
        buffer_append(out, &byte, 1);
    }

    void start(const char *key)
    {
        if (comma)
            put(',');
        comma = true;
        if (!key)
            return;
        quote(key);
        put(':');
    }

    /* Text of the store is not checked again: a byte that is not UTF-8 becomes U+FFFD, so that the line stays JSON. */
    void quote(const char *at)
    {
        const char *plain = at; /* from here on nothing needs an escape */
        put('"');
        while (*at) {
            const char *next = at;
            int code = flatbuffers::FromUTF8(&next);
            if (code >= 0x20 && code != '"' && code != '\\' && code != 0x7f) {
                at = next;
                continue;
            }
            buffer_append(out, plain, size_t(at - plain));
            escape(code);
            plain = at = code < 0 ? at + 1 : next;
        }
        buffer_append(out, plain, size_t(at - plain));
        put('"');
    }

    void escape(int code)
    {
        if (code < 0)
            buffer_append(out, "\xef\xbf\xbd", 3);
        else if (code == '\n')
            buffer_append(out, "\\n", 2);
        else if (code == '"' || code == '\\')
            buffer_printf(out, "\\%c", code);
        else
            buffer_printf(out, "\\u%04x", unsigned(code));
    }

    struct buffer *out;
    bool comma = false;
};

template <class Item> void write(Json &json, const char *key, const Item &item)
{
    json.open(key, '{');
    write(json, item);
    json.close('}');
}

template <class Item> void write_if(Json &json, const char *key, const Item *item)
{
    if (item)
        write(json, key, *item);
}

template <class Item> void write_all(Json &json, const char *key, const Item *items, size_t n)
{
    if (n == 0)
        return;
    json.open(key, '[');
    for (size_t i = 0; i < n; i++)
        write(json, nullptr, items[i]);
    json.close(']');
}

void write(Json &json, const struct place &place)
{
    json.text("area", place.area);
    json.text("address", place.address);
    json.text("system", coordinates_name(place.system));
    if (!place.has_point)
        return;
    json.real("latitude", place.latitude);
    json.real("longitude", place.longitude);
}

void write(Json &json, const struct attachment &attachment)
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
    write_all(json, "attachments", event.attachments, event.attachment_count);
    json.base64("reporter", event.reporter);
    json.text("done", outcome_name(event.done));
    json.text("evidence", event.evidence);
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
    json.time("next", clock.next_ms);
}

void write(Json &json, const struct change &change)
{
    json.incident("incident", change.incident);
    json.id("prev", change.prev);
    write_if(json, "head", change.head);
    write_all(json, "tasks", change.tasks, change.task_count);
    write_all(json, "clocks", change.clocks, change.clock_count);
}

void write(Json &json, const struct rung &rung)
{
    json.text("clock", clock_kind_name(rung.clock));
    json.number("task", rung.task);
    json.number("number", rung.number);
    json.text("colour", rung_colour_name(rung.colour));
    json.time("due", rung.due_ms);
    json.text("to_area", rung.to_area);
    json.text("to_post", rung.to_post);
    json.flag("notice", rung.notice);
    json.flag("in_downtime", rung.in_downtime);
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
    json.time("unit_time", record.unit_ms);
    json.flag("auto_respond", record.auto_respond);
    json.text("refusal", refusal_name(record.refusal));
    json.number("count", record.count);
    json.hex("policy", record.policy);
    json.time("from", record.from_ms);
    json.number("offset_ms", record.offset_ms);
    json.number("term", record.term);
}

void write(Json &json, const struct word_kept &word)
{
    json.key128("key", word.key);
    json.key128("digest", word.digest);
    json.id("seq", word.seq);
    json.number("task", word.task);
}

void write(Json &json, const struct row &row)
{
    json.incident("incident", row.incident);
    json.id("seq", row.seq);
    write(json, "head", row.head);
    write_all(json, "tasks", row.tasks, row.task_count);
    write_all(json, "clocks", row.clocks, row.clock_count);
    write_all(json, "words", row.words, row.word_count);
}

/* --- messages --- */

void write(Json &json, const struct hello &hello)
{
    json.number("version", hello.version);
    json.text("client", hello.client);
    json.text("unit", hello.unit);
    json.text("worker", hello.worker);
}

void write(Json &json, const struct welcome &welcome)
{
    json.number("version", welcome.version);
    json.text("broker", welcome.broker);
    json.text("principal", welcome.principal);
    json.number("journal", welcome.journal);
    json.number("term", welcome.term);
    json.time("now", welcome.now_ms);
    json.number("heartbeat_ms", welcome.heartbeat_ms);
    json.number("silent_ms", welcome.silent_ms);
    json.flag("exercise", welcome.exercise);
    json.real("speed", welcome.speed);
}

void write(Json &json, const struct refusal &refusal)
{
    json.text("code", refusal_name(refusal.code));
    json.text("field", refusal.field);
    json.text("reason", refusal.reason);
    json.number("retry_after_ms", refusal.retry_after_ms);
}

void write(Json &json, const struct receipt &receipt)
{
    json.incident("incident", receipt.incident);
    json.number("journal", receipt.journal);
    json.number("term", receipt.term);
    json.id("seq", receipt.seq);
    json.time("at", receipt.at_ms);
    json.flag("repeat", receipt.repeat);
}

void write(Json &json, const struct delivery &delivery)
{
    json.incident("incident", delivery.incident);
    write(json, "task", delivery.task);
    write(json, "head", delivery.head);
    write_if(json, "event", delivery.event);
    write_all(json, "clocks", delivery.clocks, delivery.clock_count);
    json.flag("resume", delivery.resume);
}

void write(Json &json, const struct revoke &revoke)
{
    json.incident("incident", revoke.incident);
    json.number("task", revoke.task);
    json.number("epoch", revoke.epoch);
    json.text("reason", revoke.reason);
}

void write(Json &json, const struct word &word)
{
    json.text("request", word.request);
    json.text("verb", word_name(word.verb));
    json.incident("incident", word.incident);
    json.number("task", word.task);
    json.number("epoch", word.epoch);
    json.text("person", word.person);
    json.text("on_behalf", word.on_behalf);
    json.text("outcome", outcome_name(word.outcome));
    json.text("reason", word.reason);
    json.text("text", word.text);
    json.time("unit_time", word.unit_ms);
    json.flag("auto_respond", word.auto_respond);
}

void write(Json &json, const struct act &act)
{
    json.text("request", act.request);
    json.text("verb", act_name(act.verb));
    json.incident("incident", act.incident);
    json.number("task", act.task);
    json.incident("into", act.into);
    json.text("unit", act.unit);
    json.text("role", task_role_name(act.role));
    json.text("person", act.person);
    json.text("outcome", outcome_name(act.outcome));
    json.flag("passed", act.passed);
    json.text("reason", act.reason);
    json.text("text", act.text);
}

void write(Json &json, const struct query &query)
{
    json.text("kind", query_name(query.kind));
    json.incident("incident", query.incident);
    json.text("cursor", query.cursor);
    json.number("limit", query.limit);
    json.text("state", incident_state_name(query.state));
    json.text("unit", query.unit);
    json.text("type", query.type);
    json.text("area", query.area);
    json.text("source", query.source);
    json.flag("overdue", query.overdue);
    json.flag("live_only", query.live_only);
    write_if(json, "event", query.event);
    json.time("at", query.at_ms);
}

/* Counts are written when they are 0 too: here nothing is something. */
void write(Json &json, const struct unit_load &load)
{
    json.text("unit", load.unit);
    json.text("name", load.name);
    json.count("workers", load.workers);
    json.count("credit", load.credit);
    json.count("queued", load.queued);
    json.count("unsigned", load.unsigned_);
    json.count("working", load.working);
    json.count("overdue", load.overdue);
    json.count("shelved", load.shelved);
    json.count("returned", load.returned);
}

void write(Json &json, const struct overview &overview)
{
    json.time("now", overview.now_ms);
    json.count("accepted", overview.accepted);
    json.count("closed", overview.closed);
    json.count("live", overview.live);
    json.count("records", overview.records);
    json.count("unrouted", overview.unrouted);
    json.count("desk", overview.desk);
    json.count("verifying", overview.verifying);
    json.count("returned", overview.returned);
    json.count("shelved", overview.shelved);
    json.count("due_5", overview.due_5);
    json.count("due_15", overview.due_15);
    json.count("due_60", overview.due_60);
    json.count("overdue", overview.overdue);
    json.open("overdue_by_rung", '[');
    for (uint32_t n : overview.overdue_by_rung)
        json.count(nullptr, n);
    json.close(']');
    write_all(json, "units", overview.units, overview.unit_count);
}

void write(Json &json, const struct considered &considered)
{
    json.text("rule", considered.rule);
    json.text("verdict", considered.verdict);
    json.flag("chosen", considered.chosen);
}

void write(Json &json, const struct explanation &explanation)
{
    json.text("area", explanation.area);
    json.text("type", explanation.type);
    json.text("unit", explanation.unit);
    json.text("rule", explanation.rule);
    json.text("unrouted", unrouted_reason_name(explanation.unrouted));
    write_all(json, "rules", explanation.rules, explanation.rule_count);
    json.text("clocks", explanation.clocks);
    json.text("policy", explanation.policy);
}

void write(Json &json, const struct answer &answer)
{
    json.text("kind", query_name(answer.kind));
    json.text("cursor", answer.cursor);
    write_all(json, "rows", answer.rows, answer.row_count);
    write_all(json, "records", answer.records, answer.record_count);
    write_if(json, "overview", answer.overview);
    write_if(json, "explanation", answer.explanation);
    write_all(json, "workers", answer.workers, answer.worker_count);
}

void write(Json &json, const struct entry &entry)
{
    json.text("cursor", entry.cursor);
    write_if(json, "record", entry.record);
}

void write(Json &json, const struct message &message)
{
    json.text("message", message_name(message.kind));
    switch (message.kind) {
    case MESSAGE_HELLO:
        return write(json, message.hello);
    case MESSAGE_WELCOME:
        return write(json, message.welcome);
    case MESSAGE_HEARTBEAT:
        return json.number("holding", message.heartbeat.holding);
    case MESSAGE_BYE:
        return json.flag("drain", message.bye.drain);
    case MESSAGE_REFUSAL:
        return write(json, message.refusal);
    case MESSAGE_RECEIPT:
        return write(json, message.receipt);
    case MESSAGE_PUBLISH:
        return write(json, "event", message.publish);
    case MESSAGE_STATUS:
        json.text("event_id", message.status.event_id);
        return json.incident("incident", message.status.incident);
    case MESSAGE_CREDIT:
        return json.number("n", message.credit.n);
    case MESSAGE_TASK:
        return write(json, message.task);
    case MESSAGE_REVOKE:
        return write(json, message.revoke);
    case MESSAGE_WORD:
        return write(json, message.word);
    case MESSAGE_ACT:
        return write(json, message.act);
    case MESSAGE_QUERY:
        return write(json, message.query);
    case MESSAGE_ANSWER:
        return write(json, message.answer);
    case MESSAGE_RELOAD:
        json.text("request", message.reload.request);
        return json.text("person", message.reload.person);
    case MESSAGE_BACKUP:
        json.text("request", message.backup.request);
        json.text("person", message.backup.person);
        return json.text("path", message.backup.path);
    case MESSAGE_SUBSCRIBE:
        json.text("cursor", message.subscribe.cursor);
        return json.number("credit", message.subscribe.credit);
    case MESSAGE_ENTRY:
        return write(json, message.entry);
    }
}

template <class Item> void write_line(const Item &item, struct buffer *out)
{
    facts::contained([&] {
        Json json(out);
        write(json, nullptr, item);
    });
}

} // namespace

void record_json(const struct record *record, struct buffer *out)
{
    write_line(*record, out);
}

void row_json(const struct row *row, struct buffer *out)
{
    write_line(*row, out);
}

void wire_json(const struct message *message, struct buffer *out)
{
    write_line(*message, out);
}
