/* The bodies of messages from plain C to tables (wire.hpp). */
#include "schemas/wire.hpp"

#include <iterator>

namespace facts
{

Offset<bihuan::Hello> pack(Builder &builder, const struct hello &hello)
{
    auto client = pack(builder, hello.client);
    auto unit = pack(builder, hello.unit);
    auto worker = pack(builder, hello.worker);
    return bihuan::CreateHello(builder, hello.version, client, unit, worker, hello.packs, hello.life);
}

Offset<bihuan::Welcome> pack(Builder &builder, const struct welcome &welcome)
{
    auto broker = pack(builder, welcome.broker);
    auto principal = pack(builder, welcome.principal);
    bihuan::WelcomeBuilder out(builder);
    out.add_version(welcome.version);
    out.add_broker(broker);
    out.add_principal(principal);
    out.add_journal(welcome.journal);
    out.add_term(welcome.term);
    out.add_now_ms(welcome.now_ms);
    out.add_heartbeat_ms(welcome.heartbeat_ms);
    out.add_silent_ms(welcome.silent_ms);
    out.add_exercise(welcome.exercise);
    out.add_speed(welcome.speed);
    return out.Finish();
}

Offset<bihuan::Heartbeat> pack(Builder &builder, const heartbeat_body &heartbeat)
{
    return bihuan::CreateHeartbeat(builder, heartbeat.holding);
}

Offset<bihuan::Bye> pack(Builder &builder, const bye_body &bye)
{
    return bihuan::CreateBye(builder, bye.drain);
}

/* A reason may have been cut to fit on its way here: a character cut in half would make the whole refusal unreadable,
 * so it is dropped. */
static Offset<String> pack_whole_characters(Builder &builder, const char *text)
{
    size_t whole = text ? text_prefix(text) : 0;
    return whole ? builder.CreateString(text, whole) : Offset<String>();
}

Offset<bihuan::Refusal> pack(Builder &builder, const struct refusal &refusal)
{
    auto field = pack_whole_characters(builder, refusal.field);
    auto reason = pack_whole_characters(builder, refusal.reason);
    return bihuan::CreateRefusal(builder, static_cast<bihuan::RefusalCode>(refusal.code), field, reason,
                                 refusal.retry_after_ms);
}

Offset<bihuan::Receipt> pack(Builder &builder, const struct receipt &receipt)
{
    return bihuan::CreateReceipt(builder, receipt.incident, receipt.journal, receipt.term, receipt.seq, receipt.at_ms,
                                 receipt.repeat);
}

Offset<bihuan::Receipts> pack(Builder &builder, const struct receipt_pack &receipts)
{
    auto all = builder.CreateVectorOfStructs<bihuan::Receipted>(receipts.count, [&](size_t i, bihuan::Receipted *out) {
        const struct receipted &in = receipts.all[i];
        *out = bihuan::Receipted(in.tag, in.incident, in.seq, in.at_ms);
    });
    return bihuan::CreateReceipts(builder, receipts.journal, receipts.term, all);
}

Offset<bihuan::Status> pack(Builder &builder, const status_body &status)
{
    auto event_id = pack(builder, status.event_id);
    return bihuan::CreateStatus(builder, event_id, status.incident);
}

Offset<bihuan::Notice> pack(Builder &builder, const struct notice &notice)
{
    auto unit = pack(builder, notice.unit);
    auto reason = pack(builder, notice.reason);
    auto text = pack(builder, notice.text);
    auto events = pack_texts(builder, notice.events, notice.event_count);
    bihuan::NoticeBuilder out(builder);
    out.add_seq(notice.seq);
    out.add_at_ms(notice.at_ms);
    out.add_incident(notice.incident);
    out.add_into(notice.into);
    out.add_unit(unit);
    out.add_reason(reason);
    out.add_text(text);
    out.add_events(events);
    out.add_step(static_cast<bihuan::NoticeStep>(notice.step));
    out.add_state(static_cast<bihuan::IncidentState>(notice.state));
    out.add_outcome(static_cast<bihuan::Outcome>(notice.outcome));
    out.add_more(notice.more);
    return out.Finish();
}

Offset<bihuan::Acknowledge> pack(Builder &builder, const acknowledge_body &acknowledge)
{
    return bihuan::CreateAcknowledge(builder, acknowledge.seq);
}

Offset<bihuan::Credit> pack(Builder &builder, const credit_body &credit)
{
    return bihuan::CreateCredit(builder, credit.n);
}

Offset<bihuan::Delivery> pack(Builder &builder, const struct delivery &delivery)
{
    auto task = pack(builder, delivery.task);
    auto head = pack(builder, delivery.head);
    auto event = pack_if(builder, delivery.event);
    auto clocks = pack(builder, delivery.clocks, delivery.clock_count);
    auto closing = pack(builder, delivery.closing);
    return bihuan::CreateDelivery(builder, delivery.incident, task, head, event, clocks, delivery.resume,
                                  delivery.urges, delivery.supervised_ms, closing);
}

Offset<bihuan::Revoke> pack(Builder &builder, const struct revoke &revoke)
{
    auto reason = pack(builder, revoke.reason);
    return bihuan::CreateRevoke(builder, revoke.incident, revoke.task, revoke.epoch, reason);
}

Offset<bihuan::Urge> pack(Builder &builder, const struct urge &urge)
{
    auto person = pack(builder, urge.person);
    auto text = pack(builder, urge.text);
    return bihuan::CreateUrge(builder, urge.incident, urge.task, urge.epoch, urge.urges, urge.supervised_ms, person,
                              text);
}

Offset<bihuan::Word> pack(Builder &builder, const struct word &word)
{
    auto request = pack(builder, word.request);
    auto person = pack(builder, word.person);
    auto on_behalf = pack(builder, word.on_behalf);
    auto reason = pack(builder, word.reason);
    auto text = pack(builder, word.text);
    auto to = pack(builder, word.to);
    auto unit = pack(builder, word.unit);
    bihuan::WordBuilder out(builder);
    out.add_request(request);
    out.add_verb(static_cast<bihuan::WordVerb>(word.verb));
    out.add_incident(word.incident);
    out.add_task(word.task);
    out.add_epoch(word.epoch);
    out.add_person(person);
    out.add_on_behalf(on_behalf);
    out.add_outcome(static_cast<bihuan::Outcome>(word.outcome));
    out.add_reason(reason);
    out.add_text(text);
    out.add_unit_ms(word.unit_ms);
    out.add_auto_respond(word.auto_respond);
    out.add_kind(static_cast<bihuan::AskKind>(word.kind));
    out.add_until_ms(word.until_ms);
    out.add_span_ms(word.span_ms);
    out.add_unit(unit);
    out.add_condition_met(word.condition_met);
    out.add_to(to);
    out.add_item(word.item);
    out.add_last(word.last);
    return out.Finish();
}

Offset<bihuan::Act> pack(Builder &builder, const struct act &act)
{
    auto request = pack(builder, act.request);
    auto unit = pack(builder, act.unit);
    auto person = pack(builder, act.person);
    auto reason = pack(builder, act.reason);
    auto text = pack(builder, act.text);
    auto to = pack(builder, act.to);
    auto units = pack_texts(builder, act.units, act.unit_count);
    auto post = pack(builder, act.post);
    auto about = pack(builder, act.about);
    auto type = pack(builder, act.type);
    auto name = pack(builder, act.name);
    auto target = pack(builder, act.target);
    auto area = pack(builder, act.area);
    auto plan = pack(builder, act.plan);
    bihuan::ActBuilder out(builder);
    out.add_about(about);
    out.add_request(request);
    out.add_verb(static_cast<bihuan::ActVerb>(act.verb));
    out.add_incident(act.incident);
    out.add_task(act.task);
    out.add_into(act.into);
    out.add_unit(unit);
    out.add_role(static_cast<bihuan::TaskRole>(act.role));
    out.add_person(person);
    out.add_outcome(static_cast<bihuan::Outcome>(act.outcome));
    out.add_passed(act.passed);
    out.add_reason(reason);
    out.add_text(text);
    out.add_units(units);
    out.add_plan(plan);
    out.add_kind(static_cast<bihuan::AskKind>(act.kind));
    out.add_until_ms(act.until_ms);
    out.add_span_ms(act.span_ms);
    out.add_ask(act.ask);
    out.add_post(post);
    out.add_satisfaction(static_cast<bihuan::Satisfaction>(act.satisfaction));
    out.add_type(type);
    out.add_route(act.route);
    out.add_condition_met(act.condition_met);
    out.add_last(act.last);
    out.add_name(name);
    out.add_target(target);
    out.add_area(area);
    out.add_colour(static_cast<bihuan::RungColour>(act.colour));
    out.add_from_ms(act.from_ms);
    out.add_count(act.count);
    out.add_percent(act.percent);
    out.add_on_site(act.on_site);
    out.add_to(to);
    out.add_clock(static_cast<bihuan::ClockKind>(act.clock));
    return out.Finish();
}

Offset<bihuan::Query> pack(Builder &builder, const struct query &query)
{
    auto cursor = pack(builder, query.cursor);
    auto unit = pack(builder, query.unit);
    auto type = pack(builder, query.type);
    auto area = pack(builder, query.area);
    auto source = pack(builder, query.source);
    auto event = pack_if(builder, query.event);
    auto plan = pack(builder, query.plan);
    bihuan::QueryBuilder out(builder);
    out.add_kind(static_cast<bihuan::QueryKind>(query.kind));
    out.add_incident(query.incident);
    out.add_cursor(cursor);
    out.add_limit(query.limit);
    out.add_state(static_cast<bihuan::IncidentState>(query.state));
    out.add_unit(unit);
    out.add_type(type);
    out.add_area(area);
    out.add_source(source);
    out.add_overdue(query.overdue);
    out.add_live_only(query.live_only);
    out.add_event(event);
    out.add_at_ms(query.at_ms);
    out.add_side(static_cast<bihuan::SideKind>(query.side));
    out.add_plan(plan);
    out.add_reporters(query.reporters);
    return out.Finish();
}

static Offset<bihuan::UnitLoad> pack(Builder &builder, const struct unit_load &load)
{
    auto unit = pack(builder, load.unit);
    auto name = pack(builder, load.name);
    bihuan::UnitLoadBuilder out(builder);
    out.add_unit(unit);
    out.add_name(name);
    out.add_workers(load.workers);
    out.add_credit(load.credit);
    out.add_queued(load.queued);
    out.add_unsigned_(load.unsigned_);
    out.add_working(load.working);
    out.add_overdue(load.overdue);
    out.add_shelved(load.shelved);
    out.add_returned(load.returned);
    return out.Finish();
}

static Offset<bihuan::Overview> pack(Builder &builder, const struct overview &overview)
{
    auto by_rung = builder.CreateVector(overview.overdue_by_rung, std::size(overview.overdue_by_rung));
    auto units = pack_all<bihuan::UnitLoad>(builder, overview.units, overview.unit_count);
    bihuan::OverviewBuilder out(builder);
    out.add_now_ms(overview.now_ms);
    out.add_accepted(overview.accepted);
    out.add_closed(overview.closed);
    out.add_live(overview.live);
    out.add_records(overview.records);
    out.add_unrouted(overview.unrouted);
    out.add_desk(overview.desk);
    out.add_verifying(overview.verifying);
    out.add_returned(overview.returned);
    out.add_shelved(overview.shelved);
    out.add_due_5(overview.due_5);
    out.add_due_15(overview.due_15);
    out.add_due_60(overview.due_60);
    out.add_overdue(overview.overdue);
    out.add_supervised(overview.supervised);
    out.add_areas_proposed(overview.areas_proposed);
    out.add_areas_listed(overview.areas_listed);
    out.add_overdue_by_rung(by_rung);
    out.add_units(units);
    return out.Finish();
}

static Offset<bihuan::Considered> pack(Builder &builder, const struct considered &considered)
{
    auto rule = pack(builder, considered.rule);
    auto verdict = pack(builder, considered.verdict);
    return bihuan::CreateConsidered(builder, rule, verdict, considered.chosen);
}

static Offset<bihuan::Copied> pack(Builder &builder, const struct copied &copied)
{
    auto unit = pack(builder, copied.unit);
    auto beside = pack(builder, copied.beside);
    auto rule = pack(builder, copied.rule);
    auto verdict = pack(builder, copied.verdict);
    return bihuan::CreateCopied(builder, unit, beside, rule, verdict, copied.sent);
}

static Offset<bihuan::Explanation> pack(Builder &builder, const struct explanation &explanation)
{
    auto area = pack(builder, explanation.area);
    auto type = pack(builder, explanation.type);
    auto unit = pack(builder, explanation.unit);
    auto rule = pack(builder, explanation.rule);
    auto rules = pack_all<bihuan::Considered>(builder, explanation.rules, explanation.rule_count);
    auto clocks = pack(builder, explanation.clocks);
    auto policy = pack(builder, explanation.policy);
    auto plan = pack(builder, explanation.plan);
    auto copies = pack_all<bihuan::Copied>(builder, explanation.copies, explanation.copy_count);
    return bihuan::CreateExplanation(builder, area, type, unit, rule,
                                     static_cast<bihuan::UnroutedReason>(explanation.unrouted), rules, clocks, policy,
                                     plan, copies);
}

Offset<bihuan::Answer> pack(Builder &builder, const struct answer &answer)
{
    auto cursor = pack(builder, answer.cursor);
    auto rows = pack_all<bihuan::Row>(builder, answer.rows, answer.row_count);
    auto records = pack_all<bihuan::Record>(builder, answer.records, answer.record_count);
    auto overview = pack_if(builder, answer.overview);
    auto explanation = pack_if(builder, answer.explanation);
    auto workers = pack_all<bihuan::UnitLoad>(builder, answer.workers, answer.worker_count);
    auto provisional = pack(builder, answer.provisional);
    auto sides = pack_all<bihuan::Side>(builder, answer.sides, answer.side_count);
    return bihuan::CreateAnswer(builder, static_cast<bihuan::QueryKind>(answer.kind), cursor, rows, records, overview,
                                explanation, workers, provisional, sides);
}

Offset<bihuan::Reload> pack(Builder &builder, const reload_body &reload)
{
    auto request = pack(builder, reload.request);
    auto person = pack(builder, reload.person);
    return bihuan::CreateReload(builder, request, person);
}

Offset<bihuan::Backup> pack(Builder &builder, const backup_body &backup)
{
    auto request = pack(builder, backup.request);
    auto person = pack(builder, backup.person);
    auto path = pack(builder, backup.path);
    return bihuan::CreateBackup(builder, request, person, path);
}

Offset<bihuan::Subscribe> pack(Builder &builder, const subscribe_body &subscribe)
{
    auto cursor = pack(builder, subscribe.cursor);
    return bihuan::CreateSubscribe(builder, cursor, subscribe.credit);
}

Offset<bihuan::Entry> pack(Builder &builder, const struct entry &entry)
{
    auto cursor = pack(builder, entry.cursor);
    auto record = pack_if(builder, entry.record);
    return bihuan::CreateEntry(builder, cursor, record);
}

} // namespace facts
