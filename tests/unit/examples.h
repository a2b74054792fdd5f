/* examples.h: one example of every message, record kind and row, all fields set that its kind uses. What golden.c
 * writes and the codec tests read. Released golden files never change, so neither does what is here: new fields are
 * set in examples of their own version. */
#ifndef TESTS_EXAMPLES_H
#define TESTS_EXAMPLES_H

#include <string.h>

#include "schemas/ident.h"
#include "schemas/record.h"
#include "schemas/wire.h"

#define EXAMPLE_MS      INT64_C(1791882000123) /* 2026-10-13T09:00:00.123Z */
#define EXAMPLE_JOURNAL 620802
#define EXAMPLE_NUMBER  123

static const uint8_t example_hash[32] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                         0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                         0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};

static const struct attachment example_attachments[] = {
    {"https://files.example/2026/10/13/camera-17.jpg", "image/jpeg", {example_hash, sizeof example_hash}},
    {"https://files.example/2026/10/13/camera-17.mp4", "video/mp4", {NULL, 0}},
};

static const struct event example_event = {
    .id = "cam17-20261013-000451",
    .type = "1.02.01",
    .text = "路口垃圾堆放\n\"second line\"\twith a tab",
    .source_ref = "camera-17",
    .recurrence_of = "620802-000099-Z",
    .nature = NATURE_REPORT,
    .severity = 3,
    .place = {.area = "620802001002",
              .address = "东大街 12 号",
              .has_point = true,
              .system = COORDINATES_GCJ02,
              .latitude = 35.5428,
              .longitude = 106.6653},
    .observed_ms = EXAMPLE_MS - 2500,
    .panic = true,
    .sealed = true,
    .attachments = example_attachments,
    .attachment_count = 2,
    .reporter = {(const uint8_t *)"\x00sealed\xff!", 9},
    .done = OUTCOME_RESOLVED,
    .evidence = "photo 2",
};

static const struct incident example_head = {
    .state = INCIDENT_OPEN,
    .nature = NATURE_REPORT,
    .outcome = OUTCOME_PARTLY,
    .verify = VERIFIER_CENTRE,
    .unrouted = UNROUTED_UNKNOWN_AREA,
    .severity = 3,
    .panic = true,
    .flagged = true,
    .sealed = true,
    .exercise = true,
    .type = "1.02.01",
    .area = "620802001002",
    .responsible_area = "620802001",
    .source = "camera-analytics",
    .event_id = "cam17-20261013-000451",
    .route = "routes.yaml:12",
    .reason = "duplicate",
    .ladder = "default",
    .received_ms = EXAMPLE_MS,
    .closed_ms = EXAMPLE_MS + 1800000,
    .opened_seq = 4711,
    .merged_into = (uint64_t)EXAMPLE_JOURNAL << 44 | 99,
    .reworks = 1,
    .reopens = 2,
};

static const struct incident_more example_about = {
    .object = "6208020137", .about = "cg-001 620802001", .special = "国庆安保", .special_clocks = "urgent"};
static const struct incident example_excluded = {
    .state = INCIDENT_UNROUTED,
    .nature = NATURE_REPORT,
    .unrouted = UNROUTED_EXCLUDED,
    .severity = 3,
    .type = "1.02.01",
    .source = "hotline",
    .received_ms = EXAMPLE_MS,
    .opened_seq = 4711,
    .more = &example_about,
};

static const struct claim example_claim = {
    .principal = "desk-1", .person = "李四", .since_ms = EXAMPLE_MS, .until_ms = EXAMPLE_MS + 600000};
static const struct incident_more example_in_hand = {.claim = &example_claim};
static const struct incident example_claimed = {
    .state = INCIDENT_DESK,
    .severity = 3,
    .type = "1.02.01",
    .source = "hotline",
    .received_ms = EXAMPLE_MS,
    .opened_seq = 4711,
    .more = &example_in_hand,
};

static const struct task example_tasks[] = {
    {.no = 1,
     .epoch = 3,
     .lost = 1,
     .role = TASK_LEAD,
     .state = TASK_HANDLING,
     .outcome = OUTCOME_RESOLVED,
     .on_behalf = true,
     .auto_respond = true,
     .unit = "cg-001",
     .principal = "dept-chengguan",
     .worker = "desk-2",
     .last_worker = "desk-1",
     .spoke_principal = "dept-chengguan",
     .spoke_person = "王芳",
     .reason = "not_ours",
     .dispatched_ms = EXAMPLE_MS + 1000,
     .responded_ms = EXAMPLE_MS + 30000,
     .arrived_ms = EXAMPLE_MS + 240000,
     .done_ms = EXAMPLE_MS + 1700000},
    {.no = 2, .epoch = 1, .role = TASK_ASSIST, .state = TASK_QUEUED, .unit = "sz-004", .dispatched_ms = EXAMPLE_MS},
};

static const struct task_more example_more = {.whistled = true};

static const struct task example_called = {.no = 3,
                                           .role = TASK_ASSIST,
                                           .state = TASK_QUEUED,
                                           .unit = "gas",
                                           .dispatched_ms = EXAMPLE_MS,
                                           .more = &example_more};

static const struct task_more example_sub_unit = {.sub_unit = "cg-001-east"};

static const struct task example_handed_on = {.no = 1,
                                              .epoch = 4,
                                              .role = TASK_LEAD,
                                              .state = TASK_QUEUED,
                                              .unit = "cg-001",
                                              .dispatched_ms = EXAMPLE_MS,
                                              .responded_ms = EXAMPLE_MS + 1000,
                                              .more = &example_sub_unit};

static const struct item example_items[] = {
    {.text = "疏散人员", .done_ms = EXAMPLE_MS},
    {.text = "拍照", .optional = true},
};

static const struct task_more example_parts[] = {
    {.plan = "fire", .part = "灭火", .held = true, .items = example_items, .item_count = 2},
    {.plan = "fire", .part = "恢复供水", .after = 1u << 1},
};

static const struct task example_planned[] = {
    {.no = 1, .role = TASK_LEAD, .state = TASK_RESPONDED, .unit = "cg-001", .more = &example_parts[0]},
    {.no = 2, .role = TASK_ASSIST, .state = TASK_WAITING, .unit = "sz-004", .more = &example_parts[1]},
};

static const struct clock example_clocks[] = {
    {.kind = CLOCK_RESPOND,
     .task = 1,
     .state = CLOCK_RUNNING,
     .calendar = CALENDAR_NATURAL,
     .started_ms = EXAMPLE_MS + 1000,
     .budget_ms = 60000,
     .consumed_ms = 5000,
     .running_since_ms = EXAMPLE_MS + 6000,
     .due_ms = EXAMPLE_MS + 61000,
     .stopped_ms = EXAMPLE_MS + 30000,
     .rung = 1,
     .next_ms = EXAMPLE_MS + 61000},
    {.kind = CLOCK_RESOLVE,
     .state = CLOCK_RUNNING,
     .calendar = CALENDAR_WORKING_HOURS,
     .started_ms = EXAMPLE_MS,
     .budget_ms = 7200000,
     .running_since_ms = EXAMPLE_MS,
     .due_ms = EXAMPLE_MS + 7200000},
};

static const struct word_kept example_words[] = {
    {{0x0123456789abcdef, 0xfedcba9876543210}, {0x1111111111111111, 0x2222222222222222}, 4720, 1, 3, EXAMPLE_MS},
};

static const struct oversight example_oversight = {
    .urges = 2,
    .supervisions = 1,
};

static inline const struct incident *example_overseen(void)
{
    static struct incident_more more;
    static struct incident head;
    head = example_head;
    more = (struct incident_more){.oversight = &example_oversight};
    head.more = &more;
    return &head;
}

static const struct rung example_held = {
    .clock = CLOCK_HANDLE, .task = 1, .number = 3, .colour = RUNG_RED, .due_ms = EXAMPLE_MS + 60000};

static const struct oversight example_charge = {
    .post = "shuji-620802001",
    .bearer_post = "街道书记",
    .bearer = "王五",
    .bearer_until_ms = EXAMPLE_MS + 86400000,
    .held = &example_held,
    .held_count = 1,
    .held_until_ms = EXAMPLE_MS + 3600000,
};

static const struct oversight example_up = {.at_area = "620802001", .ups = 2, .downs = 1};

static inline const struct incident *example_raised(void)
{
    static struct incident_more more;
    static struct incident head;
    head = example_head;
    more = (struct incident_more){.oversight = &example_up};
    head.more = &more;
    return &head;
}

static inline const struct incident *example_charged(void)
{
    static struct incident_more more;
    static struct incident head;
    head = example_head;
    more = (struct incident_more){.oversight = &example_charge};
    head.more = &more;
    return &head;
}

static const struct rung example_rung = {
    .clock = CLOCK_RESPOND,
    .task = 1,
    .number = 4,
    .colour = RUNG_UP,
    .due_ms = EXAMPLE_MS + 61000,
    .to_area = "620802001",
    .to_post = "street-duty-chief",
    .to_person = "赵六",
    .to_unit = "cg",
    .unit_post = "队长",
    .unit_person = "周七",
    .held_ms = EXAMPLE_MS + 3600000,
    .notice = true,
    .in_downtime = true,
};

static const struct ask example_asks[] = {
    {.no = 2,
     .task = 1,
     .kind = ASK_SUSPEND,
     .decision = DECISION_GRANTED,
     .was = TASK_HANDLING,
     .unit = "cg-001",
     .principal = "dept-chengguan",
     .person = "王芳",
     .reason = "no_access",
     .asked_ms = EXAMPLE_MS - 600000,
     .until_ms = EXAMPLE_MS + 7200000,
     .span_ms = 7200000,
     .decided_ms = EXAMPLE_MS,
     .decided_by = "duty-chief",
     .decided_person = "李强"},
};

static const struct ask example_unsealed = {.no = 3,
                                            .kind = ASK_IDENTITY,
                                            .decision = DECISION_GRANTED,
                                            .principal = "checker",
                                            .person = "赵六",
                                            .reason = "callback",
                                            .asked_ms = EXAMPLE_MS - 600000,
                                            .until_ms = EXAMPLE_MS + 600000,
                                            .decided_ms = EXAMPLE_MS,
                                            .decided_by = "duty-chief",
                                            .decided_person = "李强"};
static const struct ask example_appeals[] = {
    {.no = 3,
     .task = 1,
     .kind = ASK_APPEAL,
     .decision = DECISION_GRANTED,
     .unit = "cg-001",
     .principal = "dept-chengguan",
     .person = "王芳",
     .reason = "road_closed",
     .asked_ms = EXAMPLE_MS - 600000,
     .decided_ms = EXAMPLE_MS,
     .decided_by = "duty-chief",
     .decided_person = "李强",
     .clock = CLOCK_ARRIVE,
     .started_ms = EXAMPLE_MS - 7200000,
     .agreed_ms = EXAMPLE_MS - 300000,
     .agreed_by = "checker",
     .agreed_person = "赵六"},
};

static const struct ask example_proposals[] = {
    {.no = 1,
     .kind = ASK_UNREASONABLE,
     .decision = DECISION_GRANTED,
     .unit = "",
     .principal = "hotline",
     .person = "甲",
     .reason = "beyond_the_law",
     .asked_ms = EXAMPLE_MS - 600000,
     .decided_ms = EXAMPLE_MS,
     .decided_by = "duty-chief",
     .decided_person = "李强"},
};

static const struct undo example_undo = {
    .seq = 4700,
    .until_ms = EXAMPLE_MS + 30000,
    .first = 2,
    .last = 2,
    .state = INCIDENT_DESK,
    .tasks = example_tasks,
    .task_count = 1,
    .clocks = example_clocks,
    .clock_count = 2,
    .asks = example_asks,
    .ask_count = 1,
};

static const struct unit_load example_units[] = {
    {"cg-001", "城管执法大队", 3, 12, 1, 2, 3, 4, 5, 6},
    {.unit = "sz-004", .name = "市政养护中心"},
};

static const struct overview example_overview = {
    .now_ms = EXAMPLE_MS,
    .accepted = 1000,
    .closed = 900,
    .live = 100,
    .records = 12345,
    .unrouted = 1,
    .desk = 2,
    .verifying = 3,
    .returned = 4,
    .shelved = 5,
    .due_5 = 6,
    .due_15 = 7,
    .due_60 = 8,
    .overdue = 9,
    .overdue_by_rung = {4, 3, 2, 0, 0, 0, 0, 1},
    .units = example_units,
    .unit_count = 2,
};

static const struct considered example_rules[] = {
    {"routes.yaml:12", "chosen", true},
    {"routes.yaml:3", "less specific: type depth 1 < 2", false},
};

static const struct copied example_copies[] = {
    {"zf-620802002", "620802002", "borders.yaml:2", "near: within 200 m", true},
    {"", "620802003", "borders.yaml:4", "listed: nobody is found there", false},
};

static const struct explanation example_explanation = {
    .area = "620802001002",
    .type = "1.02.01",
    .unit = "cg-001",
    .rule = "routes.yaml:12",
    .unrouted = UNROUTED_NO_RECIPIENT,
    .rules = example_rules,
    .rule_count = 2,
    .copies = example_copies,
    .copy_count = 2,
    .clocks = "1-5-30",
    .policy = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};

static const char *const example_targets[] = {"东街1号", "东街2号"};

static const struct side example_side = {
    .kind = SIDE_DUTY,
    .key = "周排查",
    .seq = 4730,
    .gone = true,
    .state = 1,
    .count = 2,
    .total = 3,
    .colour = RUNG_YELLOW,
    .number = -4,
    .first_ms = EXAMPLE_MS - 5000,
    .last_ms = EXAMPLE_MS - 4000,
    .until_ms = EXAMPLE_MS + 5000,
    .next_ms = EXAMPLE_MS + 6000,
    .incident = 4711,
    .name = "fire",
    .text = "东大街",
    .principal = "chief",
    .person = "王五",
    .list = example_targets,
    .list_count = 2,
};

static inline uint64_t example_incident(void)
{
    return ident_pack(EXAMPLE_JOURNAL, EXAMPLE_NUMBER);
}

static inline struct row example_row(void)
{
    return (struct row){
        .incident = example_incident(),
        .seq = 4722,
        .head = example_head,
        .tasks = example_tasks,
        .task_count = 2,
        .clocks = example_clocks,
        .clock_count = 2,
        .words = example_words,
        .word_count = 1,
    };
}

static const uint64_t example_keys[] = {UINT64_C(0xc0ffee0000000001)};
static const char *const example_sources[] = {"hotline", "snap"};
static const struct reports example_reports = {
    .count = 3,
    .first_ms = EXAMPLE_MS - 60000,
    .last_ms = EXAMPLE_MS,
    .last = 4711,
    .before = 4690,
    .placed = 4690,
    .keys = example_keys,
    .key_count = 1,
    .sources = example_sources,
    .source_count = 2,
};

static const uint64_t example_drawn[] = {0x97562000000001, 0x97562000000007};
static const struct sample example_sample = {
    .from_ms = EXAMPLE_MS - 86400000,
    .until_ms = EXAMPLE_MS,
    .on_site = true,
    .of = 40,
    .seed = {example_hash, sizeof example_hash},
    .seed_seq = 1234,
    .drawn = example_drawn,
    .drawn_count = 2,
};

/* What records of each kind carry beside the actor and the change. */
static inline void example_record_details(struct record *record)
{
    switch (record->kind) {
    case RECORD_STARTED:
        record->from_ms = EXAMPLE_MS - 60000;
        record->term = 2;
        break;
    case RECORD_POLICY:
    case RECORD_RECKONED:
        record->policy = (struct bytes){example_hash, sizeof example_hash};
        break;
    case RECORD_WALL_STEP:
        record->offset_ms = -1500;
        break;
    case RECORD_REFUSED:
        record->refusal = REFUSAL_OUT_OF_SCOPE;
        record->count = 17;
        break;
    case RECORD_OPENED:
        record->event = &example_event;
        record->policy = (struct bytes){example_hash, sizeof example_hash};
        break;
    case RECORD_FOLDED:
        record->event = &example_event;
        record->changes[0].reports = &example_reports;
        break;
    case RECORD_SAMPLED:
        record->sample = &example_sample;
        break;
    case RECORD_RAISED:
        record->count = 5;
        break;
    case RECORD_ANSWERED:
        record->text = "已清理，谢谢";
        record->tells = example_sources;
        record->tell_count = 2;
        break;
    case RECORD_LEASE_ENDED:
        record->lease_end = LEASE_SILENT;
        break;
    case RECORD_RESPONDED:
        record->word = WORD_RESPOND;
        record->auto_respond = true;
        break;
    case RECORD_FED_BACK:
        record->word = WORD_FEEDBACK;
        record->outcome = OUTCOME_RESOLVED;
        record->text = "已清理";
        record->unit_ms = EXAMPLE_MS - 1000;
        break;
    case RECORD_RETURNED:
        record->word = WORD_RETURN;
        record->reason = "not_ours";
        break;
    case RECORD_CALLED_BACK:
        record->satisfaction = SATISFACTION_UNSATISFIED;
        record->solved = true;
        break;
    case RECORD_URGED:
    case RECORD_SUPERVISED:
        record->changes[0].head = example_overseen();
        record->count = 2;
        break;
    case RECORD_CHARGED:
    case RECORD_CHARGE_PASSED:
        record->changes[0].head = example_charged();
        break;
    case RECORD_INFORMED:
        record->word = WORD_INFORM;
        record->rung = &example_rung;
        record->count = 2;
        record->text = "火已扑灭，正在清查";
        record->last = true;
        break;
    case RECORD_REPORTED_UP:
        record->changes[0].head = example_raised();
        record->word = WORD_REPORT_UP;
        record->rung = &example_rung;
        record->count = 1;
        record->reason = "beyond_us";
        break;
    case RECORD_SENT_DOWN:
        record->changes[0].head = example_raised();
        record->word = WORD_SEND_DOWN;
        record->count = 1;
        record->text = "由社区处置";
        break;
    case RECORD_CONTACTED:
        record->word = WORD_CONTACT;
        record->text = "已电话联系，下午上门";
        break;
    case RECORD_ATTRIBUTED:
        record->reason = "construction_site";
        break;
    case RECORD_ACCOUNTED:
        record->word = WORD_ACCOUNT;
        record->reason = "road_closed";
        record->text = "封路绕行";
        break;
    case RECORD_TOLD:
    case RECORD_RUNG:
        record->rung = &example_rung;
        break;
    case RECORD_ASKED:
        record->word = WORD_ASK;
        record->reason = "no_access";
        record->changes[0].asks = example_asks;
        record->changes[0].ask_count = 1;
        break;
    case RECORD_IDENTITY_SOUGHT:
    case RECORD_IDENTITY_GRANTED:
    case RECORD_IDENTITY_REFUSED:
    case RECORD_IDENTITY_OPENED:
        record->reason = "callback";
        record->changes[0].asks = &example_unsealed;
        record->changes[0].ask_count = 1;
        break;
    case RECORD_UNDONE:
        record->changes[0].undo = &example_undo;
        record->takes_back = 4700;
        break;
    case RECORD_APPEALED:
    case RECORD_AGREED:
    case RECORD_EXEMPTED:
        record->changes[0].asks = example_appeals;
        record->changes[0].ask_count = 1;
        break;
    case RECORD_UNREASONABLE:
        record->changes[0].asks = example_proposals;
        record->changes[0].ask_count = 1;
        record->outcome = OUTCOME_EXPLAINED;
        break;
    case RECORD_GRANTED:
    case RECORD_DENIED:
        record->changes[0].asks = example_asks;
        record->changes[0].ask_count = 1;
        break;
    case RECORD_WHISTLED:
        record->changes[0].tasks = &example_called;
        record->changes[0].task_count = 1;
        record->text = "现场需要封路";
        break;
    case RECORD_PLANNED:
    case RECORD_BEGUN:
        record->changes[0].tasks = example_planned;
        record->changes[0].task_count = 2;
        break;
    case RECORD_TICKED:
        record->word = WORD_TICK;
        record->changes[0].tasks = example_planned;
        record->changes[0].task_count = 1;
        break;
    case RECORD_DELEGATED:
        record->word = WORD_DELEGATE;
        record->changes[0].tasks = &example_handed_on;
        record->changes[0].task_count = 1;
        break;
    case RECORD_CLAIMED:
        record->changes[0].head = &example_claimed;
        break;
    case RECORD_EXCLUDED:
        record->changes[0].head = &example_excluded;
        record->reason = "named";
        break;
    case RECORD_RECORDED:
    case RECORD_NOTIFIED:
        record->change_count = 0;
        record->event = &example_event;
        record->channel = record->kind == RECORD_NOTIFIED ? "弹窗" : "";
        record->count = record->kind == RECORD_RECORDED ? 2 : 0;
        record->reason = "events.yaml:3";
        break;
    case RECORD_RECLASSIFIED:
        record->was = "1.01";
        record->policy = (struct bytes){example_hash, sizeof example_hash};
        break;
    case RECORD_PASSED_OVER:
        record->reason = "no_show";
        break;
    default:
        break;
    }
}

static inline struct record example_record(enum record_kind kind)
{
    bool of_incident = kind >= RECORD_OPENED;
    struct record record = {
        .seq = 4711,
        .at_ms = EXAMPLE_MS,
        .kind = kind,
        .principal = "dept-chengguan",
        .person = "王芳",
        .on_behalf = of_incident ? "cg-001" : NULL,
        .request = "req-000042",
        .key = {0x0123456789abcdef, 0xfedcba9876543210},
        .digest = {0x1111111111111111, 0x2222222222222222},
        .task = of_incident ? 1 : 0,
        .epoch = of_incident ? 3 : 0,
        .change_count = !of_incident            ? 0
                        : kind == RECORD_MERGED ? 2
                                                : 1,
    };
    if (of_incident)
        record.changes[0] = (struct change){.incident = example_incident(),
                                            .prev = 4700,
                                            .head = &example_head,
                                            .tasks = example_tasks,
                                            .task_count = 2,
                                            .clocks = example_clocks,
                                            .clock_count = 2};
    if (kind == RECORD_MERGED)
        record.changes[1] =
            (struct change){.incident = example_incident() - 1, .prev = 4690, .tasks = example_tasks, .task_count = 1};
    example_record_details(&record);
    return record;
}

static inline struct message example_message(enum message_kind kind)
{
    static struct row rows[2];
    static struct record records[2];
    static struct receipted receipted[2];
    rows[0] = rows[1] = example_row();
    records[0] = example_record(RECORD_OPENED);
    records[1] = example_record(RECORD_RUNG);
    struct message message = {.kind = kind, .tag = 0xfeedface12345678};
    switch (kind) {
    case MESSAGE_HELLO:
        message.hello =
            (struct hello){.version = WIRE_VERSION, .client = "example/1.0", .unit = "cg-001", .worker = "desk-2"};
        break;
    case MESSAGE_WELCOME:
        message.welcome = (struct welcome){.version = WIRE_VERSION,
                                           .broker = "bihuan/0.1.0",
                                           .principal = "dept-chengguan",
                                           .journal = EXAMPLE_JOURNAL,
                                           .term = 2,
                                           .now_ms = EXAMPLE_MS,
                                           .heartbeat_ms = 5000,
                                           .silent_ms = 15000,
                                           .exercise = true,
                                           .speed = 60.5};
        break;
    case MESSAGE_HEARTBEAT:
        message.heartbeat.holding = 2;
        break;
    case MESSAGE_BYE:
        message.bye.drain = true;
        break;
    case MESSAGE_REFUSAL:
        message.refusal = (struct refusal){REFUSAL_OVERLOADED, "type", "too much at once", 2000};
        break;
    case MESSAGE_RECEIPT:
        message.receipt = (struct receipt){example_incident(), EXAMPLE_JOURNAL, 2, 4711, EXAMPLE_MS, true};
        break;
    case MESSAGE_RECEIPTS:
        receipted[0] = (struct receipted){7, example_incident(), 4711, EXAMPLE_MS};
        receipted[1] = (struct receipted){9, example_incident() + 1, 4712, EXAMPLE_MS + 1};
        message.receipts = (struct receipt_pack){EXAMPLE_JOURNAL, 2, receipted, 2};
        break;
    case MESSAGE_PUBLISH:
        message.publish = example_event;
        break;
    case MESSAGE_STATUS:
        message.status.event_id = "cam17-20261013-000451";
        message.status.incident = example_incident();
        break;
    case MESSAGE_NOTICE:
        message.notice = (struct notice){.seq = 4722,
                                         .at_ms = EXAMPLE_MS,
                                         .incident = example_incident(),
                                         .into = example_incident() - 1,
                                         .step = NOTICE_MERGED,
                                         .state = INCIDENT_MERGED,
                                         .outcome = OUTCOME_RESOLVED,
                                         .unit = "cg-001",
                                         .reason = "same",
                                         .text = "已清理，谢谢",
                                         .events = example_sources,
                                         .event_count = 2,
                                         .more = true};
        break;
    case MESSAGE_ACKNOWLEDGE:
        message.acknowledge.seq = 4722;
        break;
    case MESSAGE_CREDIT:
        message.credit.n = 16;
        break;
    case MESSAGE_TASK:
        message.task = (struct delivery){.incident = example_incident(),
                                         .task = example_tasks[0],
                                         .head = example_head,
                                         .event = &example_event,
                                         .clocks = example_clocks,
                                         .clock_count = 1,
                                         .resume = true};
        break;
    case MESSAGE_REVOKE:
        message.revoke = (struct revoke){example_incident(), 1, 3, "the lease ended: silent for 15000 ms"};
        break;
    case MESSAGE_URGE:
        message.urge = (struct urge){example_incident(), 1, 3, 2, EXAMPLE_MS + 3600000, "李强", "请尽快处置"};
        break;
    case MESSAGE_WORD:
        message.word = (struct word){.request = "req-000042",
                                     .verb = WORD_FEEDBACK,
                                     .incident = example_incident(),
                                     .task = 1,
                                     .epoch = 3,
                                     .person = "王芳",
                                     .on_behalf = "cg-001",
                                     .outcome = OUTCOME_RESOLVED,
                                     .reason = "not_ours",
                                     .text = "已清理",
                                     .unit_ms = EXAMPLE_MS - 1000,
                                     .auto_respond = true};
        break;
    case MESSAGE_ACT:
        message.act = (struct act){.request = "req-000043",
                                   .verb = ACT_MERGE,
                                   .incident = example_incident(),
                                   .task = 1,
                                   .into = example_incident() - 1,
                                   .unit = "sz-004",
                                   .role = TASK_ASSIST,
                                   .person = "李强",
                                   .outcome = OUTCOME_REFERRED,
                                   .passed = true,
                                   .reason = "duplicate",
                                   .text = "同一处",
                                   .name = "周排查",
                                   .target = "东街1号",
                                   .area = "620802001",
                                   .colour = RUNG_YELLOW,
                                   .from_ms = EXAMPLE_MS,
                                   .count = 2,
                                   .percent = 5,
                                   .on_site = true,
                                   .post = "shuji-620802001"};
        break;
    case MESSAGE_QUERY:
        message.query = (struct query){.kind = QUERY_LIST,
                                       .incident = example_incident(),
                                       .cursor = "c:4711",
                                       .limit = 50,
                                       .state = INCIDENT_OPEN,
                                       .unit = "cg-001",
                                       .type = "1.02",
                                       .area = "620802",
                                       .source = "camera-analytics",
                                       .overdue = true,
                                       .live_only = true,
                                       .event = &example_event,
                                       .at_ms = EXAMPLE_MS};
        break;
    case MESSAGE_ANSWER:
        message.answer = (struct answer){.kind = QUERY_SHOW,
                                         .cursor = "c:4800",
                                         .rows = rows,
                                         .row_count = 2,
                                         .records = records,
                                         .record_count = 2,
                                         .overview = &example_overview,
                                         .explanation = &example_explanation,
                                         .workers = example_units,
                                         .worker_count = 2};
        break;
    case MESSAGE_RELOAD:
        message.reload.request = "req-000044";
        message.reload.person = "李强";
        break;
    case MESSAGE_BACKUP:
        message.backup.request = "req-000045";
        message.backup.person = "李强";
        message.backup.path = "/var/backups/bihuan/2026-10-13";
        break;
    case MESSAGE_SUBSCRIBE:
        message.subscribe.cursor = "end";
        message.subscribe.credit = 64;
        break;
    case MESSAGE_ENTRY:
        message.entry = (struct entry){"4712", &records[1]};
        break;
    }
    return message;
}

#endif
