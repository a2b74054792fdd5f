#include "schemas/facts.hpp"

/* The lists of types.h and the enumerations of facts.fbs are one thing: every value agrees, and none is left over. */
#define SAME_VALUE(value, NAME, name) static_assert(static_cast<int>(Listed::NAME) == (value), #NAME);
#define PLUS_ONE(value, NAME, name)   +1
#define SAME(Enum, LIST)                                                                                               \
    namespace same_##Enum                                                                                              \
    {                                                                                                                  \
        using Listed = bihuan::Enum;                                                                                   \
        LIST(SAME_VALUE)                                                                                               \
        static_assert(sizeof(decltype(bihuan::EnumValues##Enum())) == 1 LIST(PLUS_ONE),                                \
                      #Enum " has ABSENT and these");                                                                  \
    }
SAME(Nature, NATURES)
SAME(CoordinateSystem, COORDINATE_SYSTEMS)
SAME(IncidentState, INCIDENT_STATES)
SAME(TaskState, TASK_STATES)
SAME(TaskRole, TASK_ROLES)
SAME(Outcome, OUTCOMES)
SAME(ClockKind, CLOCK_KINDS)
SAME(Calendar, CALENDARS)
SAME(ClockState, CLOCK_STATES)
SAME(Verifier, VERIFIERS)
SAME(Satisfaction, SATISFACTIONS)
SAME(WordVerb, WORDS)
SAME(ActVerb, ACTS)
SAME(AskKind, ASK_KINDS)
SAME(Decision, DECISIONS)
SAME(RecordKind, RECORD_KINDS)
SAME(NoticeStep, NOTICE_STEPS)
SAME(LeaseEnd, LEASE_ENDS)
SAME(RungColour, RUNG_COLOURS)
SAME(SideKind, SIDE_KINDS)
SAME(UnroutedReason, UNROUTED_REASONS)
SAME(RefusalCode, REFUSALS)

namespace facts
{

/* --- packing --- */

/* The short texts of the message being packed. The same code or name stands in several places of a record (an opened
 * incident says its area three times), and every byte of it would be hashed and written: it is stored once. */
#define SHARED_MAX      16
#define SHARED_TEXT_MAX 40
static thread_local struct {
    struct {
        const char *text;
        size_t len;
        Offset<String> offset;
    } known[SHARED_MAX];
    size_t count;
} shared;

Builder &fresh_builder()
{
    static thread_local Builder builder(4096);
    builder.Clear();
    shared.count = 0;
    return builder;
}

static Offset<String> pack_shared(Builder &builder, const char *text, size_t len)
{
    for (size_t i = 0; i < shared.count; i++)
        if (shared.known[i].len == len && memcmp(shared.known[i].text, text, len) == 0)
            return shared.known[i].offset;
    auto offset = builder.CreateString(text, len);
    if (shared.count < SHARED_MAX)
        shared.known[shared.count++] = {text, len, offset};
    return offset;
}

void take(const Builder &builder, struct buffer *out)
{
    buffer_clear(out);
    buffer_append(out, builder.GetBufferPointer(), builder.GetSize());
}

Offset<String> pack(Builder &builder, const char *text)
{
    if (!text || !*text)
        return {};
    size_t len = strlen(text);
    return len <= SHARED_TEXT_MAX ? pack_shared(builder, text, len) : builder.CreateString(text, len);
}

Offset<Octets> pack(Builder &builder, const struct bytes &bytes)
{
    return bytes.len ? builder.CreateVector(bytes.ptr, bytes.len) : Offset<Octets>();
}

static bihuan::Key128 key_of(const struct key128 &key)
{
    return {key.hi, key.lo};
}

static bool is_set(const struct key128 &key)
{
    return key.hi || key.lo;
}

static Offset<bihuan::Place> pack(Builder &builder, const struct place &place)
{
    auto area = pack(builder, place.area);
    auto address = pack(builder, place.address);
    if (area.IsNull() && address.IsNull() && !place.has_point)
        return {};
    bihuan::Point point(place.latitude, place.longitude);
    bihuan::PlaceBuilder out(builder);
    out.add_area(area);
    out.add_address(address);
    if (place.has_point)
        out.add_point(&point);
    out.add_system(static_cast<bihuan::CoordinateSystem>(place.system));
    return out.Finish();
}

static Offset<bihuan::Attachment> pack(Builder &builder, const struct attachment &attachment)
{
    auto uri = pack(builder, attachment.uri);
    auto media_type = pack(builder, attachment.media_type);
    auto sha256 = pack(builder, attachment.sha256);
    bihuan::AttachmentBuilder out(builder);
    out.add_uri(uri);
    out.add_media_type(media_type);
    out.add_sha256(sha256);
    return out.Finish();
}

Offset<bihuan::Event> pack(Builder &builder, const struct event &event)
{
    auto id = pack(builder, event.id);
    auto type = pack(builder, event.type);
    auto text = pack(builder, event.text);
    auto source_ref = pack(builder, event.source_ref);
    auto recurrence_of = pack(builder, event.recurrence_of);
    auto place = pack(builder, event.place);
    auto attachments = pack_all<bihuan::Attachment>(builder, event.attachments, event.attachment_count);
    auto reporter = pack(builder, event.reporter);
    auto evidence = pack(builder, event.evidence);
    auto object = pack(builder, event.object);
    auto about = pack(builder, event.about);
    bihuan::EventBuilder out(builder);
    out.add_id(id);
    out.add_type(type);
    out.add_text(text);
    out.add_source_ref(source_ref);
    out.add_recurrence_of(recurrence_of);
    out.add_nature(static_cast<bihuan::Nature>(event.nature));
    out.add_severity(static_cast<uint8_t>(event.severity));
    out.add_place(place);
    out.add_observed_ms(event.observed_ms);
    out.add_panic(event.panic);
    out.add_sealed(event.sealed);
    out.add_exercise(event.exercise);
    out.add_attachments(attachments);
    out.add_reporter(reporter);
    out.add_has_reporter(event.has_reporter);
    out.add_done(static_cast<bihuan::Outcome>(event.done));
    out.add_evidence(evidence);
    out.add_object(object);
    out.add_about(about);
    return out.Finish();
}

static Offset<bihuan::Rung> pack(Builder &builder, const struct rung &rung)
{
    auto to_area = pack(builder, rung.to_area);
    auto to_post = pack(builder, rung.to_post);
    auto to_unit = pack(builder, rung.to_unit);
    auto to_person = pack(builder, rung.to_person);
    auto unit_post = pack(builder, rung.unit_post);
    auto unit_person = pack(builder, rung.unit_person);
    bihuan::RungBuilder out(builder);
    out.add_due_ms(rung.due_ms);
    out.add_task(rung.task);
    out.add_number(rung.number);
    out.add_to_area(to_area);
    out.add_to_post(to_post);
    out.add_to_unit(to_unit);
    out.add_to_person(to_person);
    out.add_unit_post(unit_post);
    out.add_unit_person(unit_person);
    out.add_clock(static_cast<bihuan::ClockKind>(rung.clock));
    out.add_colour(static_cast<bihuan::RungColour>(rung.colour));
    out.add_notice(rung.notice);
    out.add_in_downtime(rung.in_downtime);
    out.add_held_ms(rung.held_ms);
    out.add_unconnected(rung.unconnected);
    out.add_ups(rung.ups);
    return out.Finish();
}

static Offset<bihuan::Claim> pack(Builder &builder, const struct claim &claim)
{
    auto principal = pack(builder, claim.principal);
    auto person = pack(builder, claim.person);
    return bihuan::CreateClaim(builder, principal, person, claim.since_ms, claim.until_ms);
}

static Offset<bihuan::Oversight> pack(Builder &builder, const struct oversight &oversight)
{
    auto post = pack(builder, oversight.post);
    auto bearer_post = pack(builder, oversight.bearer_post);
    auto bearer = pack(builder, oversight.bearer);
    auto held = pack_all<bihuan::Rung>(builder, oversight.held, oversight.held_count);
    auto at_area = pack(builder, oversight.at_area);
    bihuan::OversightBuilder out(builder);
    out.add_urges(oversight.urges);
    out.add_supervisions(oversight.supervisions);
    out.add_post(post);
    out.add_bearer_post(bearer_post);
    out.add_bearer(bearer);
    out.add_bearer_until_ms(oversight.bearer_until_ms);
    out.add_held(held);
    out.add_held_until_ms(oversight.held_until_ms);
    out.add_informed(oversight.informed);
    out.add_unaccounted(oversight.unaccounted);
    out.add_at_area(at_area);
    out.add_ups(oversight.ups);
    out.add_downs(oversight.downs);
    return out.Finish();
}

static Offset<bihuan::Ending> pack(Builder &builder, const struct ending &ending)
{
    auto referred_to = pack(builder, ending.referred_to);
    bihuan::EndingBuilder out(builder);
    out.add_referred_to(referred_to);
    out.add_planned_ms(ending.planned_ms);
    out.add_withdrawn(ending.withdrawn);
    return out.Finish();
}

Offset<bihuan::Incident> pack(Builder &builder, const struct incident &incident)
{
    auto type = pack(builder, incident.type);
    auto area = pack(builder, incident.area);
    auto responsible_area = pack(builder, incident.responsible_area);
    auto source = pack(builder, incident.source);
    auto event_id = pack(builder, incident.event_id);
    auto route = pack(builder, incident.route);
    auto reason = pack(builder, incident.reason);
    auto ladder = pack(builder, incident.ladder);
    auto object = incident.more ? pack(builder, incident.more->object) : Offset<String>();
    auto oversight = pack_if(builder, incident.more ? incident.more->oversight : nullptr);
    auto claim = pack_if(builder, incident.more ? incident.more->claim : nullptr);
    auto about = incident.more ? pack(builder, incident.more->about) : Offset<String>();
    auto ending = pack_if(builder, incident.more ? incident.more->ending : nullptr);
    auto special = incident.more ? pack(builder, incident.more->special) : Offset<String>();
    auto special_clocks = incident.more ? pack(builder, incident.more->special_clocks) : Offset<String>();
    auto beside = incident.more ? pack(builder, incident.more->beside) : Offset<String>();
    bihuan::IncidentBuilder out(builder);
    out.add_special(special);
    out.add_special_clocks(special_clocks);
    out.add_claim(claim);
    out.add_about(about);
    out.add_beside(beside);
    out.add_same_as(incident.more ? incident.more->same_as : 0);
    out.add_received_ms(incident.received_ms);
    out.add_closed_ms(incident.closed_ms);
    out.add_opened_seq(incident.opened_seq);
    out.add_merged_into(incident.merged_into);
    out.add_type(type);
    out.add_area(area);
    out.add_responsible_area(responsible_area);
    out.add_source(source);
    out.add_event_id(event_id);
    out.add_route(route);
    out.add_reason(reason);
    out.add_ladder(ladder);
    out.add_object(object);
    out.add_oversight(oversight);
    out.add_ending(ending);
    out.add_reworks(incident.reworks);
    out.add_reopens(incident.reopens);
    out.add_state(static_cast<bihuan::IncidentState>(incident.state));
    out.add_nature(static_cast<bihuan::Nature>(incident.nature));
    out.add_outcome(static_cast<bihuan::Outcome>(incident.outcome));
    out.add_verify(static_cast<bihuan::Verifier>(incident.verify));
    out.add_unrouted(static_cast<bihuan::UnroutedReason>(incident.unrouted));
    out.add_severity(static_cast<uint8_t>(incident.severity));
    out.add_panic(incident.panic);
    out.add_flagged(incident.flagged);
    out.add_sealed(incident.sealed);
    out.add_exercise(incident.exercise);
    return out.Finish();
}

static Offset<bihuan::Item> pack(Builder &builder, const struct item &item)
{
    auto text = pack(builder, item.text);
    bihuan::ItemBuilder out(builder);
    out.add_done_ms(item.done_ms);
    out.add_text(text);
    out.add_optional(item.optional);
    return out.Finish();
}

static Offset<bihuan::TaskMore> pack(Builder &builder, const struct task_more &more)
{
    auto sub_unit = pack(builder, more.sub_unit);
    auto plan = pack(builder, more.plan);
    auto part = pack(builder, more.part);
    auto items = pack_all<bihuan::Item>(builder, more.items, more.item_count);
    bihuan::TaskMoreBuilder out(builder);
    out.add_sub_unit(sub_unit);
    out.add_plan(plan);
    out.add_part(part);
    out.add_items(items);
    out.add_after(more.after);
    out.add_held(more.held);
    out.add_whistled(more.whistled);
    out.add_unaccounted(more.unaccounted);
    return out.Finish();
}

Offset<bihuan::Task> pack(Builder &builder, const struct task &task)
{
    auto unit = pack(builder, task.unit);
    auto principal = pack(builder, task.principal);
    auto worker = pack(builder, task.worker);
    auto last_worker = pack(builder, task.last_worker);
    auto spoke_principal = pack(builder, task.spoke_principal);
    auto spoke_person = pack(builder, task.spoke_person);
    auto reason = pack(builder, task.reason);
    auto more = pack_if(builder, task.more);
    bihuan::TaskBuilder out(builder);
    out.add_dispatched_ms(task.dispatched_ms);
    out.add_responded_ms(task.responded_ms);
    out.add_arrived_ms(task.arrived_ms);
    out.add_done_ms(task.done_ms);
    out.add_no(task.no);
    out.add_epoch(task.epoch);
    out.add_lost(task.lost);
    out.add_unit(unit);
    out.add_principal(principal);
    out.add_worker(worker);
    out.add_last_worker(last_worker);
    out.add_spoke_principal(spoke_principal);
    out.add_spoke_person(spoke_person);
    out.add_reason(reason);
    out.add_more(more);
    out.add_role(static_cast<bihuan::TaskRole>(task.role));
    out.add_state(static_cast<bihuan::TaskState>(task.state));
    out.add_outcome(static_cast<bihuan::Outcome>(task.outcome));
    out.add_on_behalf(task.on_behalf);
    out.add_auto_respond(task.auto_respond);
    return out.Finish();
}

static_assert(TASKS_MAX <= UINT8_MAX, "a clock says its task in one byte");

static bihuan::Clock clock_of(const struct clock &clock)
{
    return {static_cast<bihuan::ClockKind>(clock.kind),
            static_cast<bihuan::ClockState>(clock.state),
            static_cast<bihuan::Calendar>(clock.calendar),
            static_cast<uint8_t>(clock.task),
            static_cast<uint16_t>(clock.rung),
            static_cast<uint16_t>(clock.reached),
            clock.started_ms,
            clock.budget_ms,
            clock.consumed_ms,
            clock.running_since_ms,
            clock.due_ms,
            clock.stopped_ms,
            clock.next_ms};
}

Offset<Vector<const bihuan::Clock *>> pack(Builder &builder, const struct clock *clocks, size_t n)
{
    if (n == 0)
        return {};
    return builder.CreateVectorOfStructs<bihuan::Clock>(
        n, [clocks](size_t i, bihuan::Clock *out) { *out = clock_of(clocks[i]); });
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

static Offset<Vector<Offset<String>>> pack_list(Builder &builder, const char *const *texts, size_t n)
{
    if (n == 0)
        return {};
    std::vector<Offset<String>> offsets(n);
    for (size_t i = 0; i < n; i++)
        offsets[i] = builder.CreateString(texts[i]);
    return builder.CreateVector(offsets);
}

Offset<bihuan::Side> pack(Builder &builder, const struct side &side)
{
    auto key = pack(builder, side.key);
    auto name = pack(builder, side.name);
    auto text = pack(builder, side.text);
    auto principal = pack(builder, side.principal);
    auto person = pack(builder, side.person);
    auto list = pack_list(builder, side.list, side.list_count);
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
