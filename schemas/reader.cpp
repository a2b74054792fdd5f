/* Tables of facts.fbs into plain C, with what is refused on the way (facts.hpp). */
#include "schemas/facts.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <flatbuffers/util.h>

#include "schemas/typed.h"

namespace facts
{

void Reader::fail(enum refusal_code why, const char *about, const char *format, ...)
{
    if (code)
        return;
    char sentence[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    code = why;
    field = about;
    reason = arena_strdup(arena, sentence);
}

void Reader::require(bool present, const char *about)
{
    if (from == From::CLIENT && !present)
        fail(REFUSAL_MISSING_FIELD, about, "%s: missing", about);
}

/* Most text is plain: eight bytes at a time, as long as none is NUL or beyond ASCII. */
static size_t plain_prefix(const char *text, size_t len)
{
    static constexpr uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    size_t at = 0;
    for (uint64_t eight; at + sizeof eight <= len; at += sizeof eight) {
        memcpy(&eight, text + at, sizeof eight);
        if ((eight | (eight - ones)) & highs)
            break;
    }
    return at;
}

static bool is_text(const String &string)
{
    size_t plain = plain_prefix(string.c_str(), string.size());
    return plain + text_prefix(string.c_str() + plain) == string.size();
}

size_t text_prefix(const char *text)
{
    const char *at = text;
    for (const char *next = at; *at; at = next)
        if (static_cast<signed char>(*at) > 0)
            next++;
        else if (flatbuffers::FromUTF8(&next) < 0)
            break;
    return static_cast<size_t>(at - text);
}

const char *Reader::text(const String *string, size_t max_bytes, const char *about)
{
    if (!string)
        return "";
    if (from == From::CLIENT && string->size() > max_bytes)
        fail(REFUSAL_TOO_LONG, about, "%s: %zu bytes, at most %zu", about, size_t(string->size()), max_bytes);
    else if (from != From::STORE && !is_text(*string))
        fail(REFUSAL_BAD_TEXT, about, "%s: not UTF-8, or a NUL within", about);
    return string->c_str();
}

const char *Reader::required(const String *string, size_t max_bytes, const char *about)
{
    const char *value = text(string, max_bytes, about);
    require(*value != '\0', about);
    return value;
}

const char *Reader::person(const String *string, const char *about)
{
    const char *name = text(string, ID_MAX_BYTES, about);
    if (from != From::CLIENT || code || *name == '\0')
        return name;
    auto *kept = static_cast<char *>(arena_alloc(arena, strlen(name) + 1));
    if (uint32_t point = typed_name(name, kept))
        fail(REFUSAL_BAD_TEXT, about, "%s: holds U+%04X, which nobody sees: it is no part of a name; type it again",
             about, static_cast<unsigned>(point));
    return kept;
}

struct bytes Reader::bytes(const Octets *octets, size_t max_bytes, const char *about)
{
    if (!octets)
        return {nullptr, 0};
    if (from == From::CLIENT && octets->size() > max_bytes)
        fail(REFUSAL_TOO_LONG, about, "%s: %zu bytes, at most %zu", about, size_t(octets->size()), max_bytes);
    return {octets->data(), octets->size()};
}

struct bytes Reader::sha256(const Octets *octets, const char *about)
{
    struct bytes hash = bytes(octets, 32, about);
    if (from == From::CLIENT && hash.len != 0 && hash.len != 32)
        fail(REFUSAL_BAD_VALUE, about, "%s: %zu bytes, a SHA-256 has 32", about, hash.len);
    return hash;
}

/* Years 1970 to 9999: what RFC 3339 can write. */
int64_t Reader::time(int64_t ms, const char *about)
{
    if (from == From::CLIENT && (ms < 0 || ms > INT64_C(253402300799999)))
        fail(REFUSAL_BAD_NUMBER, about, "%s: not between the years 1970 and 9999", about);
    return ms;
}

double Reader::number(double value, double least, double most, const char *about)
{
    if (from != From::STORE && !(value >= least && value <= most)) /* so written, NaN fails too */
        fail(REFUSAL_BAD_NUMBER, about, "%s: not a number from %g to %g", about, least, most);
    return value;
}

static struct key128 key_of(const bihuan::Key128 *key)
{
    return key ? key128{key->hi(), key->lo()} : key128{0, 0};
}

static void read(Reader &reader, const bihuan::Place &in, struct place *out)
{
    out->area = reader.text(in.area(), CODE_MAX_BYTES, "place.area");
    out->address = reader.text(in.address(), ADDRESS_MAX_BYTES, "place.address");
    out->system = reader.known(in.system(), coordinates_name, "place.system");
    out->has_point = in.point() != nullptr;
    if (!out->has_point)
        return;
    out->latitude = reader.number(in.point()->latitude(), -90, 90, "place.latitude");
    out->longitude = reader.number(in.point()->longitude(), -180, 180, "place.longitude");
    if (reader.from == From::CLIENT && !out->system)
        reader.fail(REFUSAL_NO_COORDINATE_SYSTEM, "place.system",
                    "place.system: a point needs wgs84, gcj02, bd09 or cgcs2000");
}

static void read(Reader &reader, const bihuan::Attachment &in, struct attachment *out)
{
    out->uri = reader.required(in.uri(), ADDRESS_MAX_BYTES, "attachments.uri");
    out->media_type = reader.text(in.media_type(), ADDRESS_MAX_BYTES, "attachments.media_type");
    out->sha256 = reader.sha256(in.sha256(), "attachments.sha256");
}

void read(Reader &reader, const bihuan::Event &in, struct event *out)
{
    out->id = reader.text(in.id(), ID_MAX_BYTES, "id");
    out->type = reader.text(in.type(), CODE_MAX_BYTES, "type");
    out->text = reader.text(in.text(), TEXT_MAX_BYTES, "text");
    out->source_ref = reader.text(in.source_ref(), ID_MAX_BYTES, "source_ref");
    out->recurrence_of = reader.text(in.recurrence_of(), ID_MAX_BYTES, "recurrence_of");
    out->nature = reader.known(in.nature(), nature_name, "nature");
    out->severity = in.severity();
    if (reader.from == From::CLIENT && out->severity > 4)
        reader.fail(REFUSAL_BAD_VALUE, "severity", "severity: %d, not 1 to 4 (0: the type's own)", out->severity);
    out->place.area = out->place.address = "";
    if (in.place())
        read(reader, *in.place(), &out->place);
    out->observed_ms = reader.time(in.observed_ms(), "observed_ms");
    out->panic = in.panic();
    out->sealed = in.sealed();
    out->exercise = in.exercise();
    out->attachments =
        reader.all<struct attachment>(in.attachments(), ATTACHMENTS_MAX, "attachments", &out->attachment_count);
    out->reporter = reader.bytes(in.reporter(), SEALED_MAX_BYTES, "reporter");
    out->has_reporter = in.has_reporter();
    out->done = reader.known(in.done(), outcome_name, "done");
    out->evidence = reader.text(in.evidence(), TEXT_MAX_BYTES, "evidence");
    out->object = reader.text(in.object(), CODE_MAX_BYTES, "object");
    out->about = reader.text(in.about(), ABOUT_MAX_BYTES, "about");
}

/* What follows comes from the store or the broker only, so lengths are not limited here. */
static constexpr size_t ANY = SIZE_MAX;

static void read(Reader &reader, const bihuan::Rung &in, struct rung *out)
{
    out->clock = reader.known(in.clock(), clock_kind_name, "rung.clock");
    out->task = in.task();
    out->number = in.number();
    out->ups = in.ups();
    out->colour = reader.known(in.colour(), rung_colour_name, "rung.colour");
    out->due_ms = in.due_ms();
    out->to_area = reader.text(in.to_area(), ANY, "rung.to_area");
    out->to_post = reader.text(in.to_post(), ANY, "rung.to_post");
    out->to_unit = reader.text(in.to_unit(), ANY, "rung.to_unit");
    out->to_person = reader.text(in.to_person(), ANY, "rung.to_person");
    out->unit_post = reader.text(in.unit_post(), ANY, "rung.unit_post");
    out->unit_person = reader.text(in.unit_person(), ANY, "rung.unit_person");
    out->notice = in.notice();
    out->in_downtime = in.in_downtime();
    out->held_ms = in.held_ms();
    out->unconnected = in.unconnected();
}

/* NULL when there is nothing of it. */
static void read(Reader &reader, const bihuan::Claim &in, struct claim *out)
{
    out->principal = reader.text(in.principal(), ANY, "claim.principal");
    out->person = reader.text(in.person(), ANY, "claim.person");
    out->since_ms = in.since_ms();
    out->until_ms = in.until_ms();
}

static void read(Reader &reader, const bihuan::Oversight &in, struct oversight *out)
{
    out->urges = in.urges();
    out->supervisions = in.supervisions();
    out->post = reader.text(in.post(), ANY, "oversight.post");
    out->bearer_post = reader.text(in.bearer_post(), ANY, "oversight.bearer_post");
    out->bearer = reader.text(in.bearer(), ANY, "oversight.bearer");
    out->bearer_until_ms = in.bearer_until_ms();
    out->held = reader.all<struct rung>(in.held(), ANY, "oversight.held", &out->held_count);
    out->held_until_ms = in.held_until_ms();
    out->informed = in.informed();
    out->unaccounted = in.unaccounted();
    out->at_area = reader.text(in.at_area(), ANY, "oversight.at_area");
    out->ups = in.ups();
    out->downs = in.downs();
}

static void read(Reader &reader, const bihuan::Ending &in, struct ending *out)
{
    out->referred_to = reader.text(in.referred_to(), ANY, "head.referred_to");
    out->planned_ms = in.planned_ms();
    out->withdrawn = in.withdrawn();
}

static const struct incident_more *read_more(Reader &reader, const bihuan::Incident &in)
{
    if (!in.object() && !in.oversight() && !in.about() && !in.ending() && !in.special() && !in.claim() &&
        !in.beside() && !in.same_as())
        return nullptr;
    auto *more = ARENA_NEW(reader.arena, struct incident_more, 1);
    more->object = reader.text(in.object(), ANY, "head.object");
    more->about = reader.text(in.about(), ANY, "head.about");
    more->claim = reader.one<struct claim>(in.claim());
    more->oversight = reader.one<struct oversight>(in.oversight());
    more->special = reader.text(in.special(), ANY, "head.special");
    more->special_clocks = reader.text(in.special_clocks(), ANY, "head.special_clocks");
    more->ending = reader.one<struct ending>(in.ending());
    more->beside = reader.text(in.beside(), ANY, "head.beside");
    more->same_as = in.same_as();
    return more;
}

void read(Reader &reader, const bihuan::Incident &in, struct incident *out)
{
    out->state = reader.known(in.state(), incident_state_name, "head.state");
    out->nature = reader.known(in.nature(), nature_name, "head.nature");
    out->outcome = reader.known(in.outcome(), outcome_name, "head.outcome");
    out->verify = reader.known(in.verify(), verifier_name, "head.verify");
    out->unrouted = reader.known(in.unrouted(), unrouted_reason_name, "head.unrouted");
    out->severity = in.severity();
    out->panic = in.panic();
    out->flagged = in.flagged();
    out->sealed = in.sealed();
    out->exercise = in.exercise();
    out->type = reader.text(in.type(), ANY, "head.type");
    out->area = reader.text(in.area(), ANY, "head.area");
    out->responsible_area = reader.text(in.responsible_area(), ANY, "head.responsible_area");
    out->source = reader.text(in.source(), ANY, "head.source");
    out->event_id = reader.text(in.event_id(), ANY, "head.event_id");
    out->route = reader.text(in.route(), ANY, "head.route");
    out->reason = reader.text(in.reason(), ANY, "head.reason");
    out->ladder = reader.text(in.ladder(), ANY, "head.ladder");
    out->received_ms = in.received_ms();
    out->closed_ms = in.closed_ms();
    out->opened_seq = in.opened_seq();
    out->merged_into = in.merged_into();
    out->reworks = in.reworks();
    out->reopens = in.reopens();
    out->more = read_more(reader, in);
}

static void read(Reader &reader, const bihuan::Item &in, struct item *out)
{
    out->text = reader.text(in.text(), ANY, "item.text");
    out->optional = in.optional();
    out->done_ms = in.done_ms();
}

static void read(Reader &reader, const bihuan::TaskMore &in, struct task_more *out)
{
    out->whistled = in.whistled();
    out->unaccounted = in.unaccounted();
    out->sub_unit = reader.text(in.sub_unit(), ANY, "more.sub_unit");
    out->plan = reader.text(in.plan(), ANY, "more.plan");
    out->part = reader.text(in.part(), ANY, "more.part");
    out->after = in.after();
    out->held = in.held();
    out->items = reader.all<struct item>(in.items(), ANY, "more.items", &out->item_count);
}

void read(Reader &reader, const bihuan::Task &in, struct task *out)
{
    out->no = in.no();
    out->epoch = in.epoch();
    out->lost = in.lost();
    out->role = reader.known(in.role(), task_role_name, "task.role");
    out->state = reader.known(in.state(), task_state_name, "task.state");
    out->outcome = reader.known(in.outcome(), outcome_name, "task.outcome");
    out->on_behalf = in.on_behalf();
    out->auto_respond = in.auto_respond();
    out->unit = reader.text(in.unit(), ANY, "task.unit");
    out->principal = reader.text(in.principal(), ANY, "task.principal");
    out->worker = reader.text(in.worker(), ANY, "task.worker");
    out->last_worker = reader.text(in.last_worker(), ANY, "task.last_worker");
    out->spoke_principal = reader.text(in.spoke_principal(), ANY, "task.spoke_principal");
    out->spoke_person = reader.text(in.spoke_person(), ANY, "task.spoke_person");
    out->reason = reader.text(in.reason(), ANY, "task.reason");
    out->dispatched_ms = in.dispatched_ms();
    out->responded_ms = in.responded_ms();
    out->arrived_ms = in.arrived_ms();
    out->done_ms = in.done_ms();
    out->more = reader.one<struct task_more>(in.more());
}

void read(Reader &reader, const bihuan::Clock &in, struct clock *out)
{
    out->kind = reader.known(in.kind(), clock_kind_name, "clock.kind");
    out->task = in.task();
    out->state = reader.known(in.state(), clock_state_name, "clock.state");
    out->calendar = reader.known(in.calendar(), calendar_name, "clock.calendar");
    out->started_ms = in.started_ms();
    out->budget_ms = in.budget_ms();
    out->consumed_ms = in.consumed_ms();
    out->running_since_ms = in.running_since_ms();
    out->due_ms = in.due_ms();
    out->stopped_ms = in.stopped_ms();
    out->rung = in.rung();
    out->reached = in.reached();
    out->next_ms = in.next_ms();
}

static void read(Reader &reader, const bihuan::Started &in, struct clock *out)
{
    out->kind = reader.known(in.kind(), clock_kind_name, "started.kind");
    out->task = in.task();
    out->state = CLOCK_RUNNING;
    out->calendar = reader.known(in.calendar(), calendar_name, "started.calendar");
    out->budget_ms = in.budget_ms();
    out->due_ms = in.due_ms();
    out->next_ms = in.next_ms();
}

static const struct clock *read_started(Reader &reader, const bihuan::Change &in, int64_t at_ms, size_t *count)
{
    auto *clocks = const_cast<struct clock *>(reader.all<struct clock>(in.started(), ANY, "started", count));
    for (size_t i = 0; i < *count; i++)
        clocks[i].started_ms = clocks[i].running_since_ms = at_ms;
    return clocks;
}

static void read(Reader &reader, const bihuan::Voice &in, struct voice *out)
{
    out->task = in.task();
    out->dispatched = in.dispatched();
    out->principal = reader.text(in.principal(), ANY, "voice.principal");
    out->person = reader.text(in.person(), ANY, "voice.person");
}

static void read(Reader &reader, const bihuan::Ask &in, struct ask *out)
{
    out->no = in.no();
    out->task = in.task();
    out->kind = reader.known(in.kind(), ask_kind_name, "ask.kind");
    out->decision = reader.known(in.decision(), decision_name, "ask.decision");
    out->was = reader.known(in.was(), task_state_name, "ask.was");
    out->unit = reader.text(in.unit(), ANY, "ask.unit");
    out->principal = reader.text(in.principal(), ANY, "ask.principal");
    out->person = reader.text(in.person(), ANY, "ask.person");
    out->reason = reader.text(in.reason(), ANY, "ask.reason");
    out->asked_ms = in.asked_ms();
    out->until_ms = in.until_ms();
    out->span_ms = in.span_ms();
    out->decided_ms = in.decided_ms();
    out->decided_by = reader.text(in.decided_by(), ANY, "ask.decided_by");
    out->decided_person = reader.text(in.decided_person(), ANY, "ask.decided_person");
    out->clock = reader.known(in.clock(), clock_kind_name, "ask.clock");
    out->started_ms = in.started_ms();
    out->agreed_ms = in.agreed_ms();
    out->agreed_by = reader.text(in.agreed_by(), ANY, "ask.agreed_by");
    out->agreed_person = reader.text(in.agreed_person(), ANY, "ask.agreed_person");
}

static const uint64_t *read_numbers(Reader &reader, const Vector<uint64_t> *in, size_t *count)
{
    *count = in ? in->size() : 0;
    auto *numbers = *count ? ARENA_NEW(reader.arena, uint64_t, *count) : nullptr;
    for (size_t i = 0; i < *count; i++)
        numbers[i] = in->Get(static_cast<flatbuffers::uoffset_t>(i));
    return numbers;
}

static void read(Reader &reader, const bihuan::Sample &in, struct sample *out)
{
    out->from_ms = in.from_ms();
    out->until_ms = in.until_ms();
    out->on_site = in.on_site();
    out->of = in.of();
    out->seed = reader.sha256(in.seed(), "sample.seed");
    out->seed_seq = in.seed_seq();
    out->drawn = read_numbers(reader, in.drawn(), &out->drawn_count);
}

static void read(Reader &reader, const bihuan::Reports &in, struct reports *out)
{
    out->count = in.count();
    out->first_ms = in.first_ms();
    out->last_ms = in.last_ms();
    out->last = in.last();
    out->before = in.before();
    out->placed = in.placed();
    out->keys = read_numbers(reader, in.keys(), &out->key_count);
    out->sources = reader.texts(in.sources(), ANY, "reports.sources", &out->source_count);
    out->device = reader.text(in.device(), ANY, "reports.device");
}

static void read(Reader &reader, const bihuan::Undo &in, struct undo *out)
{
    out->until_ms = in.until_ms();
    out->first = in.first();
    out->last = in.last();
    out->seq = in.seq();
    out->state = reader.known(in.state(), incident_state_name, "undo.state");
    out->tasks = reader.all<struct task>(in.tasks(), ANY, "undo.tasks", &out->task_count);
    out->clocks = reader.all<struct clock>(in.clocks(), ANY, "undo.clocks", &out->clock_count);
    out->asks = reader.all<struct ask>(in.asks(), ANY, "undo.asks", &out->ask_count);
}

static void read(Reader &reader, const bihuan::Change &in, int64_t at_ms, struct change *out)
{
    out->incident = in.incident();
    out->prev = in.prev();
    out->head = reader.one<struct incident>(in.head());
    out->tasks = reader.all<struct task>(in.tasks(), ANY, "tasks", &out->task_count);
    out->clocks = in.started() ? read_started(reader, in, at_ms, &out->clock_count)
                               : reader.all<struct clock>(in.clocks(), ANY, "clocks", &out->clock_count);
    out->voices = reader.all<struct voice>(in.voices(), ANY, "voices", &out->voice_count);
    out->asks = reader.all<struct ask>(in.asks(), ANY, "asks", &out->ask_count);
    out->undo = reader.one<struct undo>(in.undo());
    out->reports = reader.one<struct reports>(in.reports());
}

static const char *const *read_list(Reader &reader, const Vector<Offset<String>> *texts, size_t *count)
{
    *count = texts ? texts->size() : 0;
    auto *list = *count ? ARENA_NEW(reader.arena, const char *, *count) : nullptr;
    for (size_t i = 0; i < *count; i++)
        list[i] = reader.text(texts->Get(static_cast<flatbuffers::uoffset_t>(i)), ANY, "side.list");
    return list;
}

void read(Reader &reader, const bihuan::Side &in, struct side *out)
{
    out->kind = reader.known(in.kind(), side_kind_name, "side.kind");
    out->key = reader.text(in.key(), ANY, "side.key");
    out->seq = in.seq();
    out->gone = in.gone();
    out->state = in.state();
    out->count = in.count();
    out->total = in.total();
    out->colour = reader.known(in.colour(), rung_colour_name, "side.colour");
    out->number = in.number();
    out->first_ms = in.first_ms();
    out->last_ms = in.last_ms();
    out->until_ms = in.until_ms();
    out->next_ms = in.next_ms();
    out->incident = in.incident();
    out->name = reader.text(in.name(), ANY, "side.name");
    out->text = reader.text(in.text(), ANY, "side.text");
    out->principal = reader.text(in.principal(), ANY, "side.principal");
    out->person = reader.text(in.person(), ANY, "side.person");
    out->list = read_list(reader, in.list(), &out->list_count);
}

void read(Reader &reader, const bihuan::Record &in, struct record *out)
{
    out->seq = in.seq();
    out->at_ms = in.at_ms();
    out->kind = reader.known(in.kind(), record_kind_name, "record.kind");
    out->principal = reader.text(in.principal(), ANY, "record.principal");
    out->person = reader.text(in.person(), ANY, "record.person");
    out->on_behalf = reader.text(in.on_behalf(), ANY, "record.on_behalf");
    out->request = reader.text(in.request(), ANY, "record.request");
    out->key = key_of(in.key());
    out->digest = key_of(in.digest());
    size_t changes = in.changes() ? in.changes()->size() : 0;
    if (changes > sizeof out->changes / sizeof out->changes[0])
        reader.fail(REFUSAL_TOO_MANY, "record.changes", "record.changes: %zu", changes);
    for (; !reader.code && out->change_count < changes; out->change_count++)
        read(reader, *in.changes()->Get(static_cast<flatbuffers::uoffset_t>(out->change_count)), out->at_ms,
             &out->changes[out->change_count]);
    out->event = reader.one<struct event>(in.event());
    out->rung = reader.one<struct rung>(in.rung());
    out->task = in.task();
    out->epoch = in.epoch();
    out->word = reader.known(in.word(), word_name, "record.word");
    out->lease_end = reader.known(in.lease_end(), lease_end_name, "record.lease_end");
    out->outcome = reader.known(in.outcome(), outcome_name, "record.outcome");
    out->reason = reader.text(in.reason(), ANY, "record.reason");
    out->text = reader.text(in.text(), ANY, "record.text");
    out->unit_ms = in.unit_ms();
    out->auto_respond = in.auto_respond();
    out->refusal = reader.known(in.refusal(), refusal_name, "record.refusal");
    out->count = in.count();
    out->policy = reader.bytes(in.policy(), ANY, "record.policy");
    out->from_ms = in.from_ms();
    out->offset_ms = in.offset_ms();
    out->term = in.term();
    out->satisfaction = reader.known(in.satisfaction(), satisfaction_name, "record.satisfaction");
    out->solved = in.solved();
    out->last = in.last();
    out->channel = reader.text(in.channel(), ANY, "record.channel");
    out->takes_back = in.takes_back();
    out->sample = reader.one<struct sample>(in.sample());
    out->tells = reader.texts(in.tells(), ANY, "record.tells", &out->tell_count);
    out->was = reader.text(in.was(), ANY, "record.was");
    out->closing = reader.text(in.closing(), ANY, "record.closing");
    out->sides = reader.all<struct side>(in.sides(), ANY, "sides", &out->side_count);
}

static void read(Reader &, const bihuan::WordKept &in, struct word_kept *out)
{
    out->key = key_of(in.key());
    out->digest = key_of(in.digest());
    out->seq = in.seq();
    out->task = in.task();
    out->term = in.term();
    out->at_ms = in.at_ms();
}

void read(Reader &reader, const bihuan::Row &in, struct row *out)
{
    out->incident = in.incident();
    out->seq = in.seq();
    if (in.head())
        read(reader, *in.head(), &out->head);
    out->tasks = reader.all<struct task>(in.tasks(), ANY, "tasks", &out->task_count);
    out->clocks = reader.all<struct clock>(in.clocks(), ANY, "clocks", &out->clock_count);
    out->words = reader.all<struct word_kept>(in.words(), ANY, "words", &out->word_count);
    out->voices = reader.all<struct voice>(in.voices(), ANY, "voices", &out->voice_count);
    out->asks = reader.all<struct ask>(in.asks(), ANY, "asks", &out->ask_count);
    out->undo = reader.one<struct undo>(in.undo());
    out->reports = reader.one<struct reports>(in.reports());
}

} // namespace facts
