#include "schemas/wire.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

extern "C" {
#include "broker/base/panic.h"
}

#define PLUS_ONE(...) +1
static_assert(sizeof(decltype(bihuan::EnumValuesQueryKind())) == 1 QUERIES(PLUS_ONE), "wire.fbs has all queries");
static_assert(sizeof(decltype(bihuan::EnumValuesBody())) == 1 MESSAGES(PLUS_ONE), "wire.fbs has all messages");

namespace facts
{

/* --- tables → plain C. What needs the state of things (ids, rights, epochs) is not decided here. --- */

static void read(Reader &reader, const bihuan::Hello &in, struct hello *out)
{
    out->version = in.version();
    reader.require(out->version != 0, "version");
    out->client = reader.text(in.client(), ID_MAX_BYTES, "client");
    out->unit = reader.text(in.unit(), CODE_MAX_BYTES, "unit");
    out->worker = reader.text(in.worker(), ID_MAX_BYTES, "worker");
    out->packs = in.packs();
    out->life = in.life();
}

static void read(Reader &reader, const bihuan::Welcome &in, struct welcome *out)
{
    out->version = in.version();
    out->broker = reader.text(in.broker(), TEXT_MAX_BYTES, "broker");
    out->principal = reader.text(in.principal(), CODE_MAX_BYTES, "principal");
    out->journal = in.journal();
    out->term = in.term();
    out->now_ms = in.now_ms();
    out->heartbeat_ms = in.heartbeat_ms();
    out->silent_ms = in.silent_ms();
    out->exercise = in.exercise();
    out->speed = reader.number(in.speed(), 0, 1e9, "speed");
}

static void read(Reader &, const bihuan::Heartbeat &in, heartbeat_body *out)
{
    out->holding = in.holding();
}

static void read(Reader &, const bihuan::Bye &in, bye_body *out)
{
    out->drain = in.drain();
}

static void read(Reader &reader, const bihuan::Refusal &in, struct refusal *out)
{
    out->code = reader.known(in.code(), refusal_name, "code");
    out->field = reader.text(in.field(), TEXT_MAX_BYTES, "field");
    out->reason = reader.text(in.reason(), TEXT_MAX_BYTES, "reason");
    out->retry_after_ms = in.retry_after_ms();
}

static void read(Reader &, const bihuan::Receipt &in, struct receipt *out)
{
    out->incident = in.incident();
    out->journal = in.journal();
    out->term = in.term();
    out->seq = in.seq();
    out->at_ms = in.at_ms();
    out->repeat = in.repeat();
}

static void read(Reader &, const bihuan::Receipted &in, struct receipted *out)
{
    *out = {in.tag(), in.incident(), in.seq(), in.at_ms()};
}

static void read(Reader &reader, const bihuan::Receipts &in, struct receipt_pack *out)
{
    out->journal = in.journal();
    out->term = in.term();
    out->all = reader.all<struct receipted>(in.all(), RECEIPTS_MAX, "all", &out->count);
}

static void read(Reader &reader, const bihuan::Publish &in, struct event *out)
{
    reader.require(in.event() != nullptr, "event");
    if (!in.event())
        return;
    read(reader, *in.event(), out);
    reader.require(*out->id != '\0', "id");
    reader.require(*out->type != '\0', "type");
}

static void read(Reader &reader, const bihuan::Status &in, status_body *out)
{
    out->event_id = reader.text(in.event_id(), ID_MAX_BYTES, "event_id");
    out->incident = in.incident();
    reader.require(out->incident || *out->event_id, "event_id");
}

static void read(Reader &reader, const bihuan::Notice &in, struct notice *out)
{
    out->seq = in.seq();
    out->at_ms = in.at_ms();
    out->incident = in.incident();
    out->step = reader.known(in.step(), notice_step_name, "step");
    out->state = reader.known(in.state(), incident_state_name, "state");
    out->outcome = reader.known(in.outcome(), outcome_name, "outcome");
    out->into = in.into();
    out->unit = reader.text(in.unit(), TEXT_MAX_BYTES, "unit");
    out->reason = reader.text(in.reason(), TEXT_MAX_BYTES, "reason");
    out->text = reader.text(in.text(), TEXT_MAX_BYTES, "text");
    out->events = reader.texts(in.events(), ID_MAX_BYTES, "events", &out->event_count);
    out->more = in.more();
}

static void read(Reader &reader, const bihuan::Acknowledge &in, acknowledge_body *out)
{
    out->seq = in.seq();
    reader.require(out->seq != 0, "seq");
}

static uint32_t read_credit(Reader &reader, uint32_t n, const char *field)
{
    if (reader.from == From::CLIENT && n > CREDIT_MAX)
        reader.fail(REFUSAL_BAD_VALUE, field, "%s: %u, at most %u", field, n, static_cast<unsigned>(CREDIT_MAX));
    return n;
}

static void read(Reader &reader, const bihuan::Credit &in, credit_body *out)
{
    out->n = read_credit(reader, in.n(), "n");
    reader.require(out->n != 0, "n");
}

static void read(Reader &reader, const bihuan::Delivery &in, struct delivery *out)
{
    out->incident = in.incident();
    if (in.task())
        read(reader, *in.task(), &out->task);
    if (in.head())
        read(reader, *in.head(), &out->head);
    out->event = reader.one<struct event>(in.event());
    out->clocks = reader.all<struct clock>(in.clocks(), CLOCKS_MAX, "clocks", &out->clock_count);
    out->resume = in.resume();
    out->urges = in.urges();
    out->supervised_ms = in.supervised_ms();
}

static void read(Reader &reader, const bihuan::Revoke &in, struct revoke *out)
{
    out->incident = in.incident();
    out->task = in.task();
    out->epoch = in.epoch();
    out->reason = reader.text(in.reason(), TEXT_MAX_BYTES, "reason");
}

static void read(Reader &reader, const bihuan::Urge &in, struct urge *out)
{
    out->incident = in.incident();
    out->task = in.task();
    out->epoch = in.epoch();
    out->urges = in.urges();
    out->supervised_ms = in.supervised_ms();
    out->person = reader.person(in.person(), "person");
    out->text = reader.text(in.text(), TEXT_MAX_BYTES, "text");
}

static void read(Reader &reader, const bihuan::Word &in, struct word *out)
{
    out->request = reader.required(in.request(), ID_MAX_BYTES, "request");
    out->verb = reader.known(in.verb(), word_name, "verb");
    reader.require(in.verb() != bihuan::WordVerb::ABSENT, "verb");
    out->incident = in.incident();
    reader.require(out->incident != 0, "incident");
    out->task = in.task();
    reader.require(out->task != 0, "task");
    out->epoch = in.epoch();
    out->person = reader.person(in.person(), "person");
    out->on_behalf = reader.text(in.on_behalf(), CODE_MAX_BYTES, "on_behalf");
    out->outcome = reader.known(in.outcome(), outcome_name, "outcome");
    out->reason = reader.text(in.reason(), CODE_MAX_BYTES, "reason");
    out->text = reader.text(in.text(), TEXT_MAX_BYTES, "text");
    out->unit_ms = reader.time(in.unit_ms(), "unit_ms");
    out->auto_respond = in.auto_respond();
    out->kind = reader.known(in.kind(), ask_kind_name, "kind");
    out->until_ms = reader.time(in.until_ms(), "until_ms");
    out->span_ms = in.span_ms();
    out->unit = reader.text(in.unit(), CODE_MAX_BYTES, "unit");
    out->condition_met = in.condition_met();
    out->to = reader.text(in.to(), NAME_MAX_BYTES, "to");
    out->item = in.item();
    out->last = in.last();
}

static const char *const *read_units(Reader &reader, const Vector<Offset<String>> *units, size_t *count)
{
    size_t n = units ? units->size() : 0;
    if (reader.from == From::CLIENT && n > TASKS_MAX)
        reader.fail(REFUSAL_TOO_MANY, "units", "units: %zu, at most %d", n, TASKS_MAX);
    *count = reader.code ? 0 : n;
    auto **out = *count ? ARENA_NEW(reader.arena, const char *, n) : nullptr;
    for (size_t i = 0; i < *count; i++)
        out[i] = reader.required(units->Get(static_cast<flatbuffers::uoffset_t>(i)), CODE_MAX_BYTES, "units");
    return out;
}

static void read(Reader &reader, const bihuan::Act &in, struct act *out)
{
    out->request = reader.required(in.request(), ID_MAX_BYTES, "request");
    out->verb = reader.known(in.verb(), act_name, "verb");
    reader.require(in.verb() != bihuan::ActVerb::ABSENT, "verb");
    out->incident = in.incident();
    reader.require(out->incident != 0 || act_beside(out->verb), "incident");
    out->task = in.task();
    out->into = in.into();
    out->unit = reader.text(in.unit(), CODE_MAX_BYTES, "unit");
    out->role = reader.known(in.role(), task_role_name, "role");
    out->person = reader.person(in.person(), "person");
    out->outcome = reader.known(in.outcome(), outcome_name, "outcome");
    out->passed = in.passed();
    out->reason = reader.text(in.reason(), CODE_MAX_BYTES, "reason");
    out->text = reader.text(in.text(), TEXT_MAX_BYTES, "text");
    out->units = read_units(reader, in.units(), &out->unit_count);
    out->plan = reader.text(in.plan(), CODE_MAX_BYTES, "plan");
    out->kind = reader.known(in.kind(), ask_kind_name, "kind");
    out->until_ms = reader.time(in.until_ms(), "until_ms");
    out->span_ms = in.span_ms();
    out->ask = in.ask();
    out->satisfaction = reader.known(in.satisfaction(), satisfaction_name, "satisfaction");
    out->about = reader.text(in.about(), ABOUT_MAX_BYTES, "about");
    out->type = reader.text(in.type(), CODE_MAX_BYTES, "type");
    out->route = in.route();
    out->condition_met = in.condition_met();
    out->last = in.last();
    out->name = reader.text(in.name(), ID_MAX_BYTES, "name");
    out->target = out->verb == ACT_HAND_OVER ? reader.person(in.target(), "target")
                                             : reader.text(in.target(), ID_MAX_BYTES, "target");
    out->area = reader.text(in.area(), CODE_MAX_BYTES, "area");
    out->colour = reader.known(in.colour(), rung_colour_name, "colour");
    out->from_ms = reader.time(in.from_ms(), "from_ms");
    out->count = in.count();
    out->percent = in.percent();
    out->on_site = in.on_site();
    out->to = reader.text(in.to(), NAME_MAX_BYTES, "to");
    out->post = reader.text(in.post(), CODE_MAX_BYTES, "post");
    out->clock = reader.known(in.clock(), clock_kind_name, "clock");
}

static void read(Reader &reader, const bihuan::Query &in, struct query *out)
{
    out->kind = reader.known(in.kind(), query_name, "kind");
    reader.require(in.kind() != bihuan::QueryKind::ABSENT, "kind");
    out->incident = in.incident();
    out->cursor = reader.text(in.cursor(), CURSOR_MAX_BYTES, "cursor");
    out->limit = in.limit();
    out->state = reader.known(in.state(), incident_state_name, "state");
    out->unit = reader.text(in.unit(), CODE_MAX_BYTES, "unit");
    out->type = reader.text(in.type(), CODE_MAX_BYTES, "type");
    out->area = reader.text(in.area(), CODE_MAX_BYTES, "area");
    out->source = reader.text(in.source(), CODE_MAX_BYTES, "source");
    out->overdue = in.overdue();
    out->live_only = in.live_only();
    out->event = reader.one<struct event>(in.event());
    out->at_ms = reader.time(in.at_ms(), "at_ms");
    out->side = reader.known(in.side(), side_kind_name, "side");
    out->plan = reader.text(in.plan(), CODE_MAX_BYTES, "plan");
    out->reporters = in.reporters();
}

static void read(Reader &reader, const bihuan::UnitLoad &in, struct unit_load *out)
{
    out->unit = reader.text(in.unit(), TEXT_MAX_BYTES, "unit");
    out->name = reader.text(in.name(), TEXT_MAX_BYTES, "name");
    out->workers = in.workers();
    out->credit = in.credit();
    out->queued = in.queued();
    out->unsigned_ = in.unsigned_();
    out->working = in.working();
    out->overdue = in.overdue();
    out->shelved = in.shelved();
    out->returned = in.returned();
}

static void read(Reader &reader, const bihuan::Overview &in, struct overview *out)
{
    out->now_ms = in.now_ms();
    out->accepted = in.accepted();
    out->closed = in.closed();
    out->live = in.live();
    out->records = in.records();
    out->unrouted = in.unrouted();
    out->desk = in.desk();
    out->verifying = in.verifying();
    out->returned = in.returned();
    out->shelved = in.shelved();
    out->due_5 = in.due_5();
    out->due_15 = in.due_15();
    out->due_60 = in.due_60();
    out->overdue = in.overdue();
    out->supervised = in.supervised();
    out->areas_proposed = in.areas_proposed();
    out->areas_listed = in.areas_listed();
    for (flatbuffers::uoffset_t i = 0; in.overdue_by_rung() && i < in.overdue_by_rung()->size(); i++)
        if (i < std::size(out->overdue_by_rung))
            out->overdue_by_rung[i] = in.overdue_by_rung()->Get(i);
    out->units = reader.all<struct unit_load>(in.units(), SIZE_MAX, "units", &out->unit_count);
}

static void read(Reader &reader, const bihuan::Considered &in, struct considered *out)
{
    out->rule = reader.text(in.rule(), TEXT_MAX_BYTES, "rule");
    out->verdict = reader.text(in.verdict(), TEXT_MAX_BYTES, "verdict");
    out->chosen = in.chosen();
}

static void read(Reader &reader, const bihuan::Copied &in, struct copied *out)
{
    out->unit = reader.text(in.unit(), CODE_MAX_BYTES, "unit");
    out->beside = reader.text(in.beside(), CODE_MAX_BYTES, "beside");
    out->rule = reader.text(in.rule(), TEXT_MAX_BYTES, "rule");
    out->verdict = reader.text(in.verdict(), TEXT_MAX_BYTES, "verdict");
    out->sent = in.sent();
}

static void read(Reader &reader, const bihuan::Explanation &in, struct explanation *out)
{
    out->area = reader.text(in.area(), CODE_MAX_BYTES, "area");
    out->type = reader.text(in.type(), CODE_MAX_BYTES, "type");
    out->unit = reader.text(in.unit(), CODE_MAX_BYTES, "unit");
    out->rule = reader.text(in.rule(), TEXT_MAX_BYTES, "rule");
    out->unrouted = reader.known(in.unrouted(), unrouted_reason_name, "unrouted");
    out->rules = reader.all<struct considered>(in.rules(), SIZE_MAX, "rules", &out->rule_count);
    out->clocks = reader.text(in.clocks(), TEXT_MAX_BYTES, "clocks");
    out->policy = reader.text(in.policy(), TEXT_MAX_BYTES, "policy");
    out->plan = reader.text(in.plan(), CODE_MAX_BYTES, "plan");
    out->copies = reader.all<struct copied>(in.copies(), SIZE_MAX, "copies", &out->copy_count);
}

static void read(Reader &reader, const bihuan::Answer &in, struct answer *out)
{
    out->kind = reader.known(in.kind(), query_name, "kind");
    out->cursor = reader.text(in.cursor(), TEXT_MAX_BYTES, "cursor");
    out->rows = reader.all<struct row>(in.rows(), SIZE_MAX, "rows", &out->row_count);
    out->records = reader.all<struct record>(in.records(), SIZE_MAX, "records", &out->record_count);
    out->overview = reader.one<struct overview>(in.overview());
    out->explanation = reader.one<struct explanation>(in.explanation());
    out->workers = reader.all<struct unit_load>(in.workers(), SIZE_MAX, "workers", &out->worker_count);
    out->provisional = reader.bytes(in.provisional(), SIZE_MAX, "provisional");
    out->sides = reader.all<struct side>(in.sides(), SIZE_MAX, "sides", &out->side_count);
}

static void read(Reader &reader, const bihuan::Reload &in, reload_body *out)
{
    out->request = reader.required(in.request(), ID_MAX_BYTES, "request");
    out->person = reader.person(in.person(), "person");
}

static void read(Reader &reader, const bihuan::Backup &in, backup_body *out)
{
    out->request = reader.required(in.request(), ID_MAX_BYTES, "request");
    out->person = reader.person(in.person(), "person");
    out->path = reader.required(in.path(), ADDRESS_MAX_BYTES, "path");
}

static void read(Reader &reader, const bihuan::Subscribe &in, subscribe_body *out)
{
    out->cursor = reader.text(in.cursor(), ID_MAX_BYTES, "cursor");
    out->credit = read_credit(reader, in.credit(), "credit");
}

static void read(Reader &reader, const bihuan::Entry &in, struct entry *out)
{
    out->cursor = reader.text(in.cursor(), TEXT_MAX_BYTES, "cursor");
    out->record = reader.one<struct record>(in.record());
}

/* --- every message: its table in the union, and its member of struct message --- */

struct codec {
    enum message_kind kind;
    Offset<void> (*pack)(Builder &, const struct message &);
    void (*read)(Reader &, const void *table, struct message *);
};

template <enum message_kind Kind, bihuan::Body Body> constexpr enum message_kind same()
{
    static_assert(static_cast<int>(Kind) == static_cast<int>(Body), "wire.h and wire.fbs number a message alike");
    return Kind;
}

#define CODEC(KIND, Table, member)                                                                                     \
    {                                                                                                                  \
        same<MESSAGE_##KIND, bihuan::Body::Table>(),                                                                   \
            [](Builder &builder, const struct message &in) { return pack(builder, in.member).Union(); },               \
            [](Reader &reader, const void *table, struct message *out) {                                               \
                read(reader, *static_cast<const bihuan::Table *>(table), &out->member);                                \
            },                                                                                                         \
    }

static constexpr codec codecs[] = {
    CODEC(HELLO, Hello, hello),
    CODEC(WELCOME, Welcome, welcome),
    CODEC(HEARTBEAT, Heartbeat, heartbeat),
    CODEC(BYE, Bye, bye),
    CODEC(REFUSAL, Refusal, refusal),
    CODEC(RECEIPT, Receipt, receipt),
    CODEC(RECEIPTS, Receipts, receipts),
    {same<MESSAGE_PUBLISH, bihuan::Body::Publish>(),
     [](Builder &builder, const struct message &in) {
         return bihuan::CreatePublish(builder, pack(builder, in.publish)).Union();
     },
     [](Reader &reader, const void *table, struct message *out) {
         read(reader, *static_cast<const bihuan::Publish *>(table), &out->publish);
     }},
    CODEC(STATUS, Status, status),
    CODEC(NOTICE, Notice, notice),
    CODEC(ACKNOWLEDGE, Acknowledge, acknowledge),
    CODEC(CREDIT, Credit, credit),
    CODEC(TASK, Delivery, task),
    CODEC(REVOKE, Revoke, revoke),
    CODEC(WORD, Word, word),
    CODEC(URGE, Urge, urge),
    CODEC(ACT, Act, act),
    CODEC(QUERY, Query, query),
    CODEC(ANSWER, Answer, answer),
    CODEC(RELOAD, Reload, reload),
    CODEC(BACKUP, Backup, backup),
    CODEC(SUBSCRIBE, Subscribe, subscribe),
    CODEC(ENTRY, Entry, entry),
};
static_assert(std::size(codecs) == 0 MESSAGES(PLUS_ONE), "every message has a codec");

static const codec *codec_of(unsigned kind)
{
    for (const codec &each : codecs)
        if (static_cast<unsigned>(each.kind) == kind)
            return &each;
    return nullptr;
}

static void encode(const struct message &message, struct buffer *out)
{
    Builder &builder = fresh_builder();
    const codec *codec = codec_of(message.kind);
    ASSERT(codec);
    auto body = codec->pack(builder, message);
    auto type = static_cast<bihuan::Body>(message.kind);
    bihuan::FinishMessageBuffer(builder, bihuan::CreateMessage(builder, WIRE_VERSION, message.tag, type, body));
    take(builder, out);
}

/* What is known of a frame before its body is looked at. */
static const codec *open_envelope(Reader &reader, const uint8_t *frame, size_t size_bytes, uint64_t *tag)
{
    if (size_bytes > ANSWER_MAX_BYTES) {
        reader.fail(REFUSAL_TOO_LONG, "frame", "frame: %zu bytes, at most %d", size_bytes, FRAME_MAX_BYTES);
        return nullptr;
    }
    flatbuffers::Verifier verifier(frame, size_bytes, 2, 1);
    if (!verifier.VerifyBuffer<bihuan::Envelope>(bihuan::MessageIdentifier())) {
        reader.fail(REFUSAL_MALFORMED, "frame", "frame: not a whole %s message", bihuan::MessageIdentifier());
        return nullptr;
    }
    auto *envelope = flatbuffers::GetRoot<bihuan::Envelope>(frame);
    *tag = envelope->tag();
    const codec *codec = codec_of(envelope->body_type());
    if (envelope->version() != WIRE_VERSION)
        reader.fail(REFUSAL_UNKNOWN_VERSION, "version", "version: %u, this side speaks %d", envelope->version(),
                    WIRE_VERSION);
    else if (!codec)
        reader.fail(REFUSAL_UNKNOWN_MESSAGE, "body", "body: unknown message %u", envelope->body_type());
    return codec;
}

static bool is_from_broker(enum message_kind kind)
{
    return !message_accepted(kind, 'P') && !message_accepted(kind, 'W') && !message_accepted(kind, 'C') &&
           !message_accepted(kind, 'F');
}

/* frame is aligned and lives as long as out. */
static void decode(Reader &reader, const uint8_t *frame, size_t size_bytes, bool clients_only, struct message *out)
{
    const codec *codec = open_envelope(reader, frame, size_bytes, &out->tag);
    if (reader.code)
        return;
    bool from_broker = is_from_broker(codec->kind);
    if (from_broker && clients_only) {
        reader.fail(REFUSAL_WRONG_ENDPOINT, "", "this endpoint takes no %s", message_name(codec->kind));
        return;
    }
    if (!from_broker && size_bytes > FRAME_MAX_BYTES) {
        reader.fail(REFUSAL_TOO_LONG, "frame", "frame: %zu bytes, at most %d", size_bytes, FRAME_MAX_BYTES);
        return;
    }
    /* An honest table takes 8 bytes and more: a small frame that names one table many times is not worth the work. */
    size_t tables = from_broker ? std::min<size_t>(ANSWER_TABLES_MAX, size_bytes / 8) : FRAME_TABLES_MAX;
    flatbuffers::Verifier verifier(frame, size_bytes, FRAME_DEPTH_MAX, static_cast<flatbuffers::uoffset_t>(tables));
    if (!verifier.VerifyBuffer<bihuan::Message>(bihuan::MessageIdentifier())) {
        reader.fail(REFUSAL_MALFORMED, "body", "body: damaged, or more than %zu tables", tables);
        return;
    }
    const void *body = bihuan::GetMessage(frame)->body();
    if (!body) {
        reader.fail(REFUSAL_MISSING_FIELD, "body", "body: missing");
        return;
    }
    reader.from = from_broker ? From::BROKER : From::CLIENT;
    out->kind = codec->kind;
    codec->read(reader, body, out);
}

} // namespace facts

void wire_encode(const struct message *message, struct buffer *out)
{
    facts::contained([&] { facts::encode(*message, out); });
}

static int decode_any(const void *frame, size_t size_bytes, bool clients_only, struct arena *arena, struct message *out,
                      struct refusal *refusal)
{
    struct message message;
    memset(&message, 0, sizeof message);
    facts::Reader reader(arena, facts::From::CLIENT);
    /* Frames arrive at any address; the verifier assumes an aligned one and does not notice. */
    size_t copied = size_bytes <= ANSWER_MAX_BYTES ? size_bytes : 0;
    auto *copy = static_cast<const uint8_t *>(arena_memdup(arena, frame, copied));
    facts::decode(reader, copy, size_bytes, clients_only, &message);
    if (!reader.code) {
        *out = message;
        return 0;
    }
    memset(out, 0, sizeof *out);
    out->tag = message.tag;
    *refusal = {reader.code, reader.field, reader.reason, 0};
    return -EBADMSG;
}

int wire_decode(const void *frame, size_t size_bytes, struct arena *arena, struct message *out, struct refusal *refusal)
{
    return decode_any(frame, size_bytes, false, arena, out, refusal);
}

int wire_decode_client(const void *frame, size_t size_bytes, struct arena *arena, struct message *out,
                       struct refusal *refusal)
{
    return decode_any(frame, size_bytes, true, arena, out, refusal);
}
