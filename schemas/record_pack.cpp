/* Plain C into the tables of facts.fbs: records and the changes in them, rows, and what stands beside incidents. */
#include "schemas/facts.hpp"

namespace facts
{

static bihuan::Key128 key_of(const struct key128 &key)
{
    return {key.hi, key.lo};
}

static bool is_set(const struct key128 &key)
{
    return key.hi || key.lo;
}

static Offset<bihuan::Voice> pack(Builder &builder, const struct voice &voice)
{
    auto principal = pack(builder, voice.principal);
    auto person = pack(builder, voice.person);
    bihuan::VoiceBuilder out(builder);
    out.add_task(voice.task);
    out.add_dispatched(voice.dispatched);
    out.add_principal(principal);
    out.add_person(person);
    return out.Finish();
}

static bool begins_at(const struct clock &clock, int64_t at_ms)
{
    return clock.state == CLOCK_RUNNING && clock.started_ms == at_ms && clock.running_since_ms == at_ms &&
           !clock.consumed_ms && !clock.stopped_ms && !clock.rung && !clock.reached;
}

static bool all_begin(const struct change &change, int64_t at_ms)
{
    for (size_t i = 0; i < change.clock_count; i++)
        if (!begins_at(change.clocks[i], at_ms))
            return false;
    return true;
}

static bihuan::Started started_of(const struct clock &clock)
{
    return {static_cast<bihuan::ClockKind>(clock.kind),
            static_cast<bihuan::Calendar>(clock.calendar),
            static_cast<uint8_t>(clock.task),
            clock.budget_ms,
            clock.due_ms,
            clock.next_ms};
}

static Offset<Vector<const bihuan::Started *>> pack_started(Builder &builder, const struct change &change)
{
    if (change.clock_count == 0)
        return {};
    return builder.CreateVectorOfStructs<bihuan::Started>(
        change.clock_count, [&change](size_t i, bihuan::Started *out) { *out = started_of(change.clocks[i]); });
}

static Offset<bihuan::Ask> pack(Builder &builder, const struct ask &ask)
{
    auto unit = pack(builder, ask.unit);
    auto principal = pack(builder, ask.principal);
    auto person = pack(builder, ask.person);
    auto reason = pack(builder, ask.reason);
    auto decided_by = pack(builder, ask.decided_by);
    auto decided_person = pack(builder, ask.decided_person);
    auto agreed_by = pack(builder, ask.agreed_by);
    auto agreed_person = pack(builder, ask.agreed_person);
    bihuan::AskBuilder out(builder);
    out.add_asked_ms(ask.asked_ms);
    out.add_until_ms(ask.until_ms);
    out.add_span_ms(ask.span_ms);
    out.add_decided_ms(ask.decided_ms);
    out.add_no(ask.no);
    out.add_task(ask.task);
    out.add_unit(unit);
    out.add_principal(principal);
    out.add_person(person);
    out.add_reason(reason);
    out.add_decided_by(decided_by);
    out.add_decided_person(decided_person);
    out.add_started_ms(ask.started_ms);
    out.add_agreed_ms(ask.agreed_ms);
    out.add_agreed_by(agreed_by);
    out.add_agreed_person(agreed_person);
    out.add_clock(static_cast<bihuan::ClockKind>(ask.clock));
    out.add_kind(static_cast<bihuan::AskKind>(ask.kind));
    out.add_decision(static_cast<bihuan::Decision>(ask.decision));
    out.add_was(static_cast<bihuan::TaskState>(ask.was));
    return out.Finish();
}

static Offset<Vector<uint64_t>> pack(Builder &builder, const uint64_t *numbers, size_t n)
{
    return n ? builder.CreateVector(numbers, n) : Offset<Vector<uint64_t>>();
}

static Offset<bihuan::Sample> pack(Builder &builder, const struct sample &sample)
{
    auto seed = pack(builder, sample.seed);
    auto drawn = pack(builder, sample.drawn, sample.drawn_count);
    bihuan::SampleBuilder out(builder);
    out.add_from_ms(sample.from_ms);
    out.add_until_ms(sample.until_ms);
    out.add_on_site(sample.on_site);
    out.add_of(sample.of);
    out.add_seed(seed);
    out.add_seed_seq(sample.seed_seq);
    out.add_drawn(drawn);
    return out.Finish();
}

static Offset<bihuan::Reports> pack(Builder &builder, const struct reports &reports)
{
    auto keys = pack(builder, reports.keys, reports.key_count);
    auto sources = pack_texts(builder, reports.sources, reports.source_count);
    auto device = pack(builder, reports.device);
    bihuan::ReportsBuilder out(builder);
    out.add_first_ms(reports.first_ms);
    out.add_last_ms(reports.last_ms);
    out.add_last(reports.last);
    out.add_before(reports.before);
    out.add_placed(reports.placed);
    out.add_count(reports.count);
    out.add_keys(keys);
    out.add_sources(sources);
    out.add_device(device);
    return out.Finish();
}

static Offset<bihuan::Undo> pack(Builder &builder, const struct undo &undo)
{
    auto tasks = pack_all<bihuan::Task>(builder, undo.tasks, undo.task_count);
    auto clocks = pack(builder, undo.clocks, undo.clock_count);
    auto asks = pack_all<bihuan::Ask>(builder, undo.asks, undo.ask_count);
    bihuan::UndoBuilder out(builder);
    out.add_seq(undo.seq);
    out.add_until_ms(undo.until_ms);
    out.add_first(undo.first);
    out.add_last(undo.last);
    out.add_state(static_cast<bihuan::IncidentState>(undo.state));
    out.add_tasks(tasks);
    out.add_clocks(clocks);
    out.add_asks(asks);
    return out.Finish();
}

static Offset<bihuan::Change> pack(Builder &builder, const struct change &change, int64_t at_ms)
{
    bool begin = all_begin(change, at_ms);
    auto head = pack_if(builder, change.head);
    auto tasks = pack_all<bihuan::Task>(builder, change.tasks, change.task_count);
    auto clocks = pack(builder, change.clocks, begin ? 0 : change.clock_count);
    auto started = begin ? pack_started(builder, change) : Offset<Vector<const bihuan::Started *>>();
    auto voices = pack_all<bihuan::Voice>(builder, change.voices, change.voice_count);
    auto asks = pack_all<bihuan::Ask>(builder, change.asks, change.ask_count);
    auto undo = pack_if(builder, change.undo);
    auto reports = pack_if(builder, change.reports);
    bihuan::ChangeBuilder out(builder);
    out.add_incident(change.incident);
    out.add_prev(change.prev);
    out.add_head(head);
    out.add_tasks(tasks);
    out.add_clocks(clocks);
    out.add_started(started);
    out.add_voices(voices);
    out.add_asks(asks);
    out.add_undo(undo);
    out.add_reports(reports);
    return out.Finish();
}

static Offset<Vector<Offset<bihuan::Change>>> pack_changes(Builder &builder, const struct record &record)
{
    Offset<bihuan::Change> changes[sizeof record.changes / sizeof record.changes[0]];
    for (size_t i = 0; i < record.change_count; i++)
        changes[i] = pack(builder, record.changes[i], record.at_ms);
    return record.change_count ? builder.CreateVector(changes, record.change_count)
                               : Offset<Vector<Offset<bihuan::Change>>>();
}

Offset<bihuan::Side> pack(Builder &builder, const struct side &side)
{
    auto key = pack(builder, side.key);
    auto name = pack(builder, side.name);
    auto text = pack(builder, side.text);
    auto principal = pack(builder, side.principal);
    auto person = pack(builder, side.person);
    auto list = pack_texts(builder, side.list, side.list_count);
    bihuan::SideBuilder out(builder);
    out.add_seq(side.seq);
    out.add_number(side.number);
    out.add_first_ms(side.first_ms);
    out.add_last_ms(side.last_ms);
    out.add_until_ms(side.until_ms);
    out.add_next_ms(side.next_ms);
    out.add_incident(side.incident);
    out.add_key(key);
    out.add_state(side.state);
    out.add_count(side.count);
    out.add_total(side.total);
    out.add_name(name);
    out.add_text(text);
    out.add_principal(principal);
    out.add_person(person);
    out.add_list(list);
    out.add_kind(static_cast<bihuan::SideKind>(side.kind));
    out.add_gone(side.gone);
    out.add_colour(static_cast<bihuan::RungColour>(side.colour));
    return out.Finish();
}

Offset<bihuan::Record> pack(Builder &builder, const struct record &record)
{
    auto principal = pack(builder, record.principal);
    auto person = pack(builder, record.person);
    auto on_behalf = pack(builder, record.on_behalf);
    auto request = pack(builder, record.request);
    auto changes = pack_changes(builder, record);
    auto event = pack_if(builder, record.event);
    auto rung = pack_if(builder, record.rung);
    auto reason = pack(builder, record.reason);
    auto text = pack(builder, record.text);
    auto policy = pack(builder, record.policy);
    auto was = pack(builder, record.was);
    auto channel = pack(builder, record.channel);
    auto closing = pack(builder, record.closing);
    auto sides = pack_all<bihuan::Side>(builder, record.sides, record.side_count);
    auto key = key_of(record.key);
    auto digest = key_of(record.digest);
    auto tells = pack_texts(builder, record.tells, record.tell_count);
    auto sample = pack_if(builder, record.sample);
    bihuan::RecordBuilder out(builder);
    out.add_seq(record.seq);
    out.add_at_ms(record.at_ms);
    out.add_kind(static_cast<bihuan::RecordKind>(record.kind));
    out.add_principal(principal);
    out.add_person(person);
    out.add_on_behalf(on_behalf);
    out.add_request(request);
    if (is_set(record.key))
        out.add_key(&key);
    if (is_set(record.digest))
        out.add_digest(&digest);
    out.add_changes(changes);
    out.add_event(event);
    out.add_rung(rung);
    out.add_task(record.task);
    out.add_epoch(record.epoch);
    out.add_word(static_cast<bihuan::WordVerb>(record.word));
    out.add_lease_end(static_cast<bihuan::LeaseEnd>(record.lease_end));
    out.add_outcome(static_cast<bihuan::Outcome>(record.outcome));
    out.add_reason(reason);
    out.add_text(text);
    out.add_unit_ms(record.unit_ms);
    out.add_auto_respond(record.auto_respond);
    out.add_refusal(static_cast<bihuan::RefusalCode>(record.refusal));
    out.add_count(record.count);
    out.add_policy(policy);
    out.add_from_ms(record.from_ms);
    out.add_offset_ms(record.offset_ms);
    out.add_term(record.term);
    out.add_was(was);
    out.add_channel(channel);
    out.add_closing(closing);
    out.add_sides(sides);
    out.add_satisfaction(static_cast<bihuan::Satisfaction>(record.satisfaction));
    out.add_solved(record.solved);
    out.add_last(record.last);
    out.add_tells(tells);
    out.add_takes_back(record.takes_back);
    out.add_sample(sample);
    return out.Finish();
}

static Offset<bihuan::WordKept> pack(Builder &builder, const struct word_kept &word)
{
    auto key = key_of(word.key);
    auto digest = key_of(word.digest);
    bihuan::WordKeptBuilder out(builder);
    out.add_key(&key);
    out.add_digest(&digest);
    out.add_seq(word.seq);
    out.add_at_ms(word.at_ms);
    out.add_task(word.task);
    out.add_term(word.term);
    return out.Finish();
}

Offset<bihuan::Row> pack(Builder &builder, const struct row &row)
{
    auto head = pack(builder, row.head);
    auto tasks = pack_all<bihuan::Task>(builder, row.tasks, row.task_count);
    auto clocks = pack(builder, row.clocks, row.clock_count);
    auto words = pack_all<bihuan::WordKept>(builder, row.words, row.word_count);
    auto voices = pack_all<bihuan::Voice>(builder, row.voices, row.voice_count);
    auto asks = pack_all<bihuan::Ask>(builder, row.asks, row.ask_count);
    auto undo = pack_if(builder, row.undo);
    auto reports = pack_if(builder, row.reports);
    bihuan::RowBuilder out(builder);
    out.add_incident(row.incident);
    out.add_seq(row.seq);
    out.add_head(head);
    out.add_tasks(tasks);
    out.add_clocks(clocks);
    out.add_words(words);
    out.add_voices(voices);
    out.add_asks(asks);
    out.add_undo(undo);
    out.add_reports(reports);
    return out.Finish();
}

} // namespace facts
