/* Messages as JSON, for --json, for handlers' stdin and for people. */
#include "schemas/json.hpp"
#include "schemas/wire.h"

namespace facts
{

static void write(Json &json, const struct hello &hello)
{
    json.number("version", hello.version);
    json.text("client", hello.client);
    json.text("unit", hello.unit);
    json.text("worker", hello.worker);
    json.flag("packs", hello.packs);
    if (hello.life)
        json.number("life", hello.life);
}

static void write(Json &json, const struct welcome &welcome)
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

static void write(Json &json, const struct refusal &refusal)
{
    json.text("code", refusal_name(refusal.code));
    json.text("field", refusal.field);
    json.text("reason", refusal.reason);
    json.number("retry_after_ms", refusal.retry_after_ms);
}

static void write(Json &json, const struct receipt &receipt)
{
    json.incident("incident", receipt.incident);
    json.number("journal", receipt.journal);
    json.number("term", receipt.term);
    json.id("seq", receipt.seq);
    json.time("at", receipt.at_ms);
    json.flag("repeat", receipt.repeat);
}

static void write(Json &json, const struct receipt_pack &receipts)
{
    json.number("journal", receipts.journal);
    json.number("term", receipts.term);
    json.open("all", '[');
    for (size_t i = 0; i < receipts.count; i++) {
        json.open(nullptr, '{');
        json.id("tag", receipts.all[i].tag);
        json.incident("incident", receipts.all[i].incident);
        json.id("seq", receipts.all[i].seq);
        json.time("at", receipts.all[i].at_ms);
        json.close('}');
    }
    json.close(']');
}

static void write(Json &json, const struct notice &notice)
{
    json.id("seq", notice.seq);
    json.time("at", notice.at_ms);
    json.incident("incident", notice.incident);
    json.text("step", notice_step_name(notice.step));
    json.text("state", incident_state_name(notice.state));
    json.text("outcome", outcome_name(notice.outcome));
    json.incident("into", notice.into);
    json.text("unit", notice.unit);
    json.text("reason", notice.reason);
    json.text("text", notice.text);
    write_texts(json, "events", notice.events, notice.event_count);
    json.flag("more", notice.more);
}

static void write(Json &json, const struct delivery &delivery)
{
    json.incident("incident", delivery.incident);
    write(json, "task", delivery.task);
    write(json, "head", delivery.head);
    write_if(json, "event", delivery.event);
    write_all(json, "clocks", delivery.clocks, delivery.clock_count);
    json.flag("resume", delivery.resume);
    json.number("urges", delivery.urges);
    json.time("supervised", delivery.supervised_ms);
    json.text("closing", delivery.closing);
}

static void write(Json &json, const struct revoke &revoke)
{
    json.incident("incident", revoke.incident);
    json.number("task", revoke.task);
    json.number("epoch", revoke.epoch);
    json.text("reason", revoke.reason);
}

static void write(Json &json, const struct urge &urge)
{
    json.incident("incident", urge.incident);
    json.number("task", urge.task);
    json.number("epoch", urge.epoch);
    json.number("urges", urge.urges);
    json.time("supervised", urge.supervised_ms);
    json.text("person", urge.person);
    json.text("text", urge.text);
}

static void write(Json &json, const struct word &word)
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
    json.text("kind", ask_kind_name(word.kind));
    json.time("until", word.until_ms);
    json.number("span_ms", word.span_ms);
    json.text("unit", word.unit);
    json.flag("condition_met", word.condition_met);
    json.text("to", word.to);
    json.number("item", word.item);
    json.flag("last", word.last);
}

static void write(Json &json, const struct act &act)
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
    write_texts(json, "units", act.units, act.unit_count);
    json.text("plan", act.plan);
    json.text("kind", ask_kind_name(act.kind));
    json.time("until", act.until_ms);
    json.number("span_ms", act.span_ms);
    json.number("ask", act.ask);
    json.text("satisfaction", satisfaction_name(act.satisfaction));
    json.text("about", act.about);
    json.text("type", act.type);
    json.flag("route", act.route);
    json.flag("condition_met", act.condition_met);
    json.flag("last", act.last);
    json.text("name", act.name);
    json.text("target", act.target);
    json.text("area", act.area);
    json.text("colour", rung_colour_name(act.colour));
    json.time("from", act.from_ms);
    json.number("count", act.count);
    json.number("percent", act.percent);
    json.flag("on_site", act.on_site);
    json.text("to", act.to);
    json.text("post", act.post);
    json.text("clock", clock_kind_name(act.clock));
}

static void write(Json &json, const struct query &query)
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
    json.text("side", side_kind_name(query.side));
    json.text("plan", query.plan);
}

/* Counts are written when they are 0 too: here nothing is something. */
static void write(Json &json, const struct unit_load &load)
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

static void write(Json &json, const struct overview &overview)
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
    json.number("supervised", overview.supervised);
    json.number("areas_proposed", overview.areas_proposed);
    json.number("areas_listed", overview.areas_listed);
    json.open("overdue_by_rung", '[');
    for (uint32_t n : overview.overdue_by_rung)
        json.count(nullptr, n);
    json.close(']');
    write_all(json, "units", overview.units, overview.unit_count);
}

static void write(Json &json, const struct considered &considered)
{
    json.text("rule", considered.rule);
    json.text("verdict", considered.verdict);
    json.flag("chosen", considered.chosen);
}

static void write(Json &json, const struct copied &copied)
{
    json.text("unit", copied.unit);
    json.text("beside", copied.beside);
    json.text("rule", copied.rule);
    json.text("verdict", copied.verdict);
    json.flag("sent", copied.sent);
}

static void write(Json &json, const struct explanation &explanation)
{
    json.text("area", explanation.area);
    json.text("type", explanation.type);
    json.text("unit", explanation.unit);
    json.text("rule", explanation.rule);
    json.text("unrouted", unrouted_reason_name(explanation.unrouted));
    write_all(json, "rules", explanation.rules, explanation.rule_count);
    json.text("clocks", explanation.clocks);
    json.text("policy", explanation.policy);
    json.text("plan", explanation.plan);
    write_all(json, "copies", explanation.copies, explanation.copy_count);
}

static void write_provisional(Json &json, const struct bytes &clocks)
{
    if (clocks.len == 0)
        return;
    json.open("provisional", '[');
    for (size_t i = 0; i < clocks.len; i++)
        json.count(nullptr, clocks.ptr[i]);
    json.close(']');
}

static void write(Json &json, const struct answer &answer)
{
    json.text("kind", query_name(answer.kind));
    json.text("cursor", answer.cursor);
    write_all(json, "rows", answer.rows, answer.row_count);
    write_all(json, "records", answer.records, answer.record_count);
    write_if(json, "overview", answer.overview);
    write_if(json, "explanation", answer.explanation);
    write_all(json, "workers", answer.workers, answer.worker_count);
    write_provisional(json, answer.provisional);
    write_all(json, "sides", answer.sides, answer.side_count);
}

static void write(Json &json, const struct entry &entry)
{
    json.text("cursor", entry.cursor);
    write_if(json, "record", entry.record);
}

static void write(Json &json, const struct message &message)
{
    json.text("message", message_name(message.kind));
    switch (message.kind) {
    case MESSAGE_HELLO:
        return write(json, message.hello);
    case MESSAGE_WELCOME:
        return write(json, message.welcome);
    case MESSAGE_HEARTBEAT:
        if (message.heartbeat.holding >= 0)
            json.count("holding", static_cast<uint64_t>(message.heartbeat.holding));
        return;
    case MESSAGE_BYE:
        return json.flag("drain", message.bye.drain);
    case MESSAGE_REFUSAL:
        return write(json, message.refusal);
    case MESSAGE_RECEIPT:
        return write(json, message.receipt);
    case MESSAGE_RECEIPTS:
        return write(json, message.receipts);
    case MESSAGE_PUBLISH:
        return write(json, "event", message.publish);
    case MESSAGE_STATUS:
        json.text("event_id", message.status.event_id);
        return json.incident("incident", message.status.incident);
    case MESSAGE_NOTICE:
        return write(json, message.notice);
    case MESSAGE_ACKNOWLEDGE:
        return json.id("seq", message.acknowledge.seq);
    case MESSAGE_CREDIT:
        return json.number("n", message.credit.n);
    case MESSAGE_TASK:
        return write(json, message.task);
    case MESSAGE_REVOKE:
        return write(json, message.revoke);
    case MESSAGE_WORD:
        return write(json, message.word);
    case MESSAGE_URGE:
        return write(json, message.urge);
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

} // namespace facts

void wire_json(const struct message *message, struct buffer *out)
{
    facts::write_line(*message, out);
}
