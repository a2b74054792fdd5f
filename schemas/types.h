/* types.h: the nouns of the job as plain C, shared by wire, trail, core and clients. DOMAIN words; no behaviour.
 *
 * Text is UTF-8 in `const char *`, NUL-terminated, borrowed from whoever made the struct; NULL or "" is absent.
 * Times are milliseconds since 1970-01-01 UTC (`_ms`), 0 is "none". Enumerations start at 1; 0 is "absent".
 * Each list below is the only place of its names: X(value, NAME, name). The values are those of facts.fbs and
 * never change once released (wire.cpp asserts that they agree). */
#ifndef TYPES_H
#define TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */

/* 诉求性质 */
#define NATURES(X) \
    X(1, HELP, help) X(2, COMPLAINT, complaint) X(3, REPORT, report) X(4, CONSULT, consult) \
    X(5, SUGGEST, suggest) X(6, PRAISE, praise)

/* Untagged points are refused: GCJ-02 is off by hundreds of metres. */
#define COORDINATE_SYSTEMS(X) X(1, WGS84, wgs84) X(2, GCJ02, gcj02) X(3, BD09, bd09) X(4, CGCS2000, cgcs2000)

#define INCIDENT_STATES(X) \
    X(1, CONFIRMING, confirming) X(2, DESK, desk) X(3, UNROUTED, unrouted) X(4, OPEN, open) \
    X(5, VERIFYING, verifying) X(6, PARKED, parked) X(7, CLOSED, closed) X(8, MERGED, merged) \
    X(9, CANCELLED, cancelled) X(10, REJECTED, rejected)

#define TASK_STATES(X) \
    X(1, QUEUED, queued) X(2, OFFERED, offered) X(3, RESPONDED, responded) X(4, HANDLING, handling) \
    X(5, SUSPENDED, suspended) X(6, DONE, done) X(7, RETURNED, returned) X(8, WITHDRAWN, withdrawn) \
    X(9, SHELVED, shelved) X(10, WAITING, waiting)

/* copy: 知会, to a neighbour: it may respond and help, owes nothing, and is waited for by nobody. */
#define TASK_ROLES(X) X(1, LEAD, lead) X(2, ASSIST, assist) X(3, COPY, copy)

#define OUTCOMES(X) \
    X(1, RESOLVED, resolved) X(2, PARTLY, partly) X(3, PLANNED, planned) X(4, EXPLAINED, explained) \
    X(5, NO_ACTION, no_action) X(6, NOT_FOUND, not_found) X(7, FALSE_ALARM, false_alarm) \
    X(8, SELF_CLEARED, self_cleared) X(9, REFERRED, referred) X(10, WITHDRAWN, withdrawn)

/* Incident clocks are the centre's, task clocks the unit's. park and suspend are no limits: they run to where what was
 * granted is over, begin to where a plan's tasks start together. supervise is an incident's; acknowledge is the level's above
 * after an up-report. */
#define CLOCK_KINDS(X) \
    X(1, ACCEPT, accept) X(2, CONFIRM, confirm) X(3, DISPATCH, dispatch) X(4, VERIFY, verify) \
    X(5, ANSWER, answer) X(6, CALLBACK, callback) X(7, RESOLVE, resolve) \
    X(8, RESPOND, respond) X(9, ARRIVE, arrive) X(10, HANDLE, handle) X(11, FEEDBACK, feedback) \
    X(12, CONTACT, contact) X(13, PARK, park) X(14, SUSPEND, suspend) \
    X(15, SUPERVISE, supervise) X(16, RETURN_DECIDE, return_decide) X(17, ARBITRATE, arbitrate) \
    X(18, INFORM, inform) X(19, PROGRESS, progress) \
    X(20, BEGIN, begin) X(21, ACKNOWLEDGE, acknowledge)

#define CALENDARS(X) \
    X(1, NATURAL, natural) X(2, WORKING_HOURS, working_hours) X(3, WORKING_DAYS, working_days) \
    X(4, WORKING_DAYS_NEXT, working_days_next)

/* met and late are verdicts: in time means stopped at or before due. void: the clock's task was withdrawn, or the
 * incident ended without it being owed. */
#define CLOCK_STATES(X) X(1, RUNNING, running) X(2, PAUSED, paused) X(3, MET, met) X(4, LATE, late) X(5, VOID, void)

/* Who checks a fed back incident before it closes. */
#define VERIFIERS(X) X(1, NONE, none) X(2, SOURCE, source) X(3, CENTRE, centre)

/* What the reporter says of how it was dealt with, when called back: 满意, 基本满意, 不满意; 未接通. */
#define SATISFACTIONS(X) \
    X(1, SATISFIED, satisfied) X(2, BASICALLY, basically) X(3, UNSATISFIED, unsatisfied) X(4, UNREACHED, unreached)

/* What a department says of a task (state × word table: task.c). give_back: an unresponded task, at once. */
#define WORDS(X) \
    X(1, RESPOND, respond) X(2, ARRIVE, arrive) X(3, HANDLE, handle) X(4, NOTE, note) \
    X(5, FEEDBACK, feedback) X(6, RETURN, return) X(7, GIVE_BACK, give_back) X(8, ASK, ask) \
    X(9, TICK, tick) X(10, DELEGATE, delegate) X(11, INFORM, inform) X(12, ACCOUNT, account) \
    X(13, REPORT_UP, report_up) X(14, SEND_DOWN, send_down) X(20, CONTACT, contact)

/* What the command centre (or, for withdraw, the source) does to an incident (state × act table: incident.c). */
#define ACTS(X) \
    X(1, ASSIGN, assign) X(2, TRANSFER, transfer) X(3, MERGE, merge) X(4, CLOSE, close) X(5, CANCEL, cancel) \
    X(6, REJECT, reject) X(7, RELEASE, release) X(8, VERIFY, verify) X(9, WITHDRAW, withdraw) \
    X(10, ASK, ask) X(11, DECIDE, decide) X(12, RESUME, resume) X(13, UNDO, undo) \
    X(15, WHISTLE, whistle) X(16, DISMISS, dismiss) X(17, PLAN, plan) \
    X(20, URGE, urge) X(21, SUPERVISE, supervise) X(22, CHARGE, charge) \
    X(23, ACCOUNT, account) X(24, INFORM, inform) \
    X(25, RECLASSIFY, reclassify) \
    X(27, ANSWER, answer) \
    X(28, CONFIRM, confirm) X(29, CALLBACK, callback) X(30, REOPEN, reopen) \
    X(34, DUTY_DONE, duty_done) X(35, LIST_AREA, list_area) X(36, DELIST_AREA, delist_area) \
    X(37, COMMIT_EXERCISE, commit_exercise) X(38, REVEAL, reveal) X(39, SAMPLE, sample) \
    X(41, EXCLUDE, exclude) X(42, CLAIM, claim) X(43, UNCLAIM, unclaim) \
    X(44, HAND_OVER, hand_over) X(45, TAKE_OVER, take_over) X(46, APPEAL, appeal) \
    X(51, REPORT_UP, report_up) X(52, SEND_DOWN, send_down) \
    X(56, SEEK_IDENTITY, seek_identity) X(57, GRANT_IDENTITY, grant_identity) X(58, OPEN_IDENTITY, open_identity) \
    X(59, ATTRIBUTE, attribute)

/* What one asks and somebody else decides: 延期, 挂账, 挂起, the unit's return 退单, its appeal 申诉, 不合理诉求 (what each needs,
 * and does when it is granted: ask.c); identity: who reported (unseal.c). */
#define ASK_KINDS(X) \
    X(1, EXTEND, extend) X(2, PARK, park) X(3, SUSPEND, suspend) X(4, RETURN, return) X(5, APPEAL, appeal) \
    X(6, UNREASONABLE, unreasonable) X(9, IDENTITY, identity)
#define DECISIONS(X) X(1, OPEN, open) X(2, GRANTED, granted) X(3, REFUSED, refused)

/* One kind a decision. */
#define RECORD_KINDS(X) \
    X(1, STARTED, started) X(2, POLICY, policy) X(3, WALL_STEP, wall_step) X(4, REFUSED, refused) \
    X(10, OPENED, opened) X(11, OFFERED, offered) X(12, LEASE_ENDED, lease_ended) X(13, RESPONDED, responded) \
    X(14, ARRIVED, arrived) X(15, HANDLING, handling) X(16, NOTED, noted) X(17, FED_BACK, fed_back) \
    X(18, RETURNED, returned) X(19, SHELVED, shelved) \
    X(20, ASSIGNED, assigned) X(21, TRANSFERRED, transferred) X(22, RELEASED, released) X(23, MERGED, merged) \
    X(24, CLOSED, closed) X(25, CANCELLED, cancelled) X(26, REJECTED, rejected) X(27, WITHDRAWN, withdrawn) \
    X(28, VERIFIED, verified) X(29, REWORKED, reworked) X(30, RUNG, rung) \
    X(31, VERIFYING, verifying) X(32, RECKONED, reckoned) \
    X(33, ASKED, asked) X(34, GRANTED, granted) X(35, DENIED, denied) X(36, RESUMED, resumed) \
    X(37, FELL_BACK, fell_back) X(38, UNDONE, undone) \
    X(40, WHISTLED, whistled) X(41, PASSED_OVER, passed_over) X(42, DISMISSED, dismissed) \
    X(43, PLANNED, planned) X(44, BEGUN, begun) X(45, TICKED, ticked) \
    X(46, DELEGATED, delegated) \
    X(47, URGED, urged) X(48, SUPERVISED, supervised) X(49, CHARGED, charged) \
    X(50, CHARGE_PASSED, charge_passed) X(51, TOLD, told) X(52, SWITCHED, switched) \
    X(53, RECLASSIFIED, reclassified) X(54, RECORDED, recorded) X(55, NOTIFIED, notified) \
    X(56, FOLDED, folded) X(57, RAISED, raised) X(58, ACKNOWLEDGED, acknowledged) X(59, ANSWERED, answered) \
    X(62, CONFIRMED, confirmed) X(63, CALLED_BACK, called_back) X(64, REOPENED, reopened) \
    X(70, ROUTINE, routine) X(71, DUTY_OPENED, duty_opened) X(72, DUTY_ENDED, duty_ended) X(73, DUTY_DONE, duty_done) \
    X(74, LEVEL_PROPOSED, level_proposed) X(75, LEVEL_LISTED, level_listed) X(76, LEVEL_DELISTED, level_delisted) \
    X(77, EXERCISE_COMMITTED, exercise_committed) X(78, EXERCISE_REVEALED, exercise_revealed) \
    X(79, SAMPLED, sampled) \
    X(83, EXCLUDED, excluded) X(84, CLAIMED, claimed) X(85, UNCLAIMED, unclaimed) \
    X(90, SPECIAL_BEGAN, special_began) X(91, SPECIAL_ENDED, special_ended) \
    X(92, ACCOUNTED, accounted) X(93, INFORMED, informed) \
    X(95, HANDED_OVER, handed_over) X(96, TAKEN_OVER, taken_over) \
    X(97, APPEALED, appealed) X(98, AGREED, agreed) X(99, EXEMPTED, exempted) X(100, UNREASONABLE, unreasonable) \
    X(105, REPORTED_UP, reported_up) X(106, SENT_DOWN, sent_down) \
    X(111, IDENTITY_SOUGHT, identity_sought) X(112, IDENTITY_GRANTED, identity_granted) \
    X(113, IDENTITY_REFUSED, identity_refused) X(114, IDENTITY_OPENED, identity_opened) \
    X(115, CONTACTED, contacted) X(116, ATTRIBUTED, attributed)

/* What whoever reported is told of: a step of the loop (of which records: notice.c). */
#define NOTICE_STEPS(X) \
    X(1, ACCEPTED, accepted) X(2, JOINED, joined) X(3, DISPATCHED, dispatched) X(4, RESPONDED, responded) \
    X(5, ARRIVED, arrived) X(6, FED_BACK, fed_back) X(7, REWORKED, reworked) X(8, CLOSED, closed) X(9, MERGED, merged) \
    X(10, CANCELLED, cancelled) X(11, REJECTED, rejected) X(12, WITHDRAWN, withdrawn) X(13, REOPENED, reopened) \
    X(14, PARKED, parked) X(15, ANSWERED, answered)

/* Why a lease ended. */
#define LEASE_ENDS(X) X(1, SILENT, silent) X(2, LEFT, left) X(3, DRAINED, drained) X(4, GIVEN_BACK, given_back)

/* Colours of a rung: warnings blue and yellow, breach red, then escalation one level up per step. */
#define RUNG_COLOURS(X) X(1, BLUE, blue) X(2, YELLOW, yellow) X(3, RED, red) X(4, UP, up)

/* What has a row of its own beside incidents: a device 设备, a source 来源, an area's level 红黄蓝, a duty 例行任务, an
 * absence 缺失, a special period 特殊时段, a shift 班次, one target of a duty, what a blind exercise was committed to
 * by. */
#define SIDE_KINDS(X) \
    X(1, DEVICE, device) X(2, SOURCE, source) X(3, AREA_LEVEL, area_level) X(4, DUTY, duty) X(5, ABSENCE, absence) \
    X(6, SHIFT, shift) X(7, RECORDED, recorded) X(8, TARGET, target) X(9, EXERCISE, exercise) \
    X(20, SPECIAL, special)

/* state of a row beside incidents, by its kind. waits: between two periods; rests: in one, while a special period says so. */
#define ABSENCE_STATES(X) X(1, WATCHED, watched) X(2, ABSENT, absent)
#define DUTY_STATES(X) X(1, WAITS, waits) X(2, RUNS, runs) X(3, RESTS, rests)
#define EXERCISE_STATES(X) X(1, COMMITTED, committed) X(2, REVEALED, revealed)
#define SHIFT_STATES(X) X(1, ON_DUTY, on_duty) X(2, HANDED_OVER, handed_over)
#define SPECIAL_STATES(X) X(1, WAITS, waits) X(2, IN_FORCE, in_force) X(3, OVER, over)

/* Why an accepted incident has no owner. */
#define UNROUTED_REASONS(X) \
    X(1, NO_PLACE, no_place) X(2, NO_POLYGON, no_polygon) X(3, NO_RULE, no_rule) X(4, TWO_EQUALS, two_equals) \
    X(5, NO_RECIPIENT, no_recipient) X(6, UNKNOWN_TYPE, unknown_type) X(7, UNKNOWN_AREA, unknown_area) \
    X(20, EXCLUDED, excluded)

/* Roles of a principal, as bits. */
#define ROLES(X) \
    X(0x01, SOURCE, source) X(0x02, DEPARTMENT, department) X(0x04, INTAKE, intake) X(0x08, DISPATCHER, dispatcher) \
    X(0x10, VERIFIER, verifier) X(0x20, DUTY_CHIEF, duty_chief) X(0x40, AUDITOR, auditor) X(0x80, OPERATOR, operator)

/* A polite no. The ranges: 1 what was sent is wrong · 20 who sent it · 30 what it names · 40 it conflicts with what
 * is · 50 not now · 60 a reload · 65 what stands beside incidents. */
#define REFUSALS(X) \
    X(1, MALFORMED, malformed) X(2, UNKNOWN_VERSION, unknown_version) X(3, UNKNOWN_MESSAGE, unknown_message) \
    X(4, BAD_TEXT, bad_text) X(5, TOO_LONG, too_long) X(6, BAD_NUMBER, bad_number) X(7, MISSING_FIELD, missing_field) \
    X(8, NO_COORDINATE_SYSTEM, no_coordinate_system) X(9, TIME_IN_FUTURE, time_in_future) \
    X(10, BAD_VALUE, bad_value) X(11, WRONG_ENDPOINT, wrong_endpoint) \
    X(20, UNKNOWN_SENDER, unknown_sender) X(21, FORBIDDEN, forbidden) X(22, OUT_OF_SCOPE, out_of_scope) \
    X(23, SAME_PERSON, same_person) X(24, HELLO_FIRST, hello_first) \
    X(30, UNKNOWN_TYPE, unknown_type) X(31, UNKNOWN_AREA, unknown_area) X(32, UNKNOWN_INCIDENT, unknown_incident) \
    X(33, UNKNOWN_TASK, unknown_task) X(34, UNKNOWN_UNIT, unknown_unit) X(35, UNKNOWN_RECEIPT, unknown_receipt) \
    X(40, ID_CONFLICT, id_conflict) X(41, STALE_EPOCH, stale_epoch) X(42, WRONG_STATE, wrong_state) \
    X(43, NOT_HOLDER, not_holder) X(44, BAD_CURSOR, bad_cursor) X(45, TOO_MANY, too_many) \
    X(46, TOO_LATE, too_late) X(47, NOT_ASKED, not_asked) \
    X(48, CALLED_ALREADY, called_already) X(49, ITEMS_OPEN, items_open) \
    X(50, OVERLOADED, overloaded) X(51, STORE_FULL, store_full) X(52, BUSY, busy) X(53, INTERNAL, internal) \
    X(54, NOT_ACCOUNTED, not_accounted) \
    X(56, CONDITION_NOT_MET, condition_not_met) \
    X(60, BAD_POLICY, bad_policy) X(61, POLICY_IN_USE, policy_in_use) \
    X(65, UNKNOWN_DUTY, unknown_duty) X(66, UNKNOWN_COMMITMENT, unknown_commitment) \
    X(68, EXCLUDED, excluded) X(69, CLAIMED, claimed) X(70, NOT_ON_DUTY, not_on_duty) \
    X(71, APPEALED_ALREADY, appealed_already) X(72, NO_BREACH, no_breach) \
    X(75, NOBODY_ABOVE, nobody_above) X(76, REPORTED_UP, reported_up) X(77, REPORT_OWED, report_owed) \
    X(79, IDENTITY_KEPT, identity_kept)

/* clang-format on */

#define NATURE_X(v, N, n) NATURE_##N = v,
enum nature { NATURES(NATURE_X) };
#define COORDINATES_X(v, N, n) COORDINATES_##N = v,
enum coordinate_system { COORDINATE_SYSTEMS(COORDINATES_X) };
#define INCIDENT_X(v, N, n) INCIDENT_##N = v,
enum incident_state { INCIDENT_STATES(INCIDENT_X) INCIDENT_STATE_END };
#define TASK_X(v, N, n) TASK_##N = v,
enum task_state { TASK_STATES(TASK_X) TASK_STATE_END };
#define ROLE_X(v, N, n) TASK_##N = v,
enum task_role { TASK_ROLES(ROLE_X) };
#define OUTCOME_X(v, N, n) OUTCOME_##N = v,
enum outcome_code { OUTCOMES(OUTCOME_X) OUTCOME_END };
#define CLOCK_X(v, N, n) CLOCK_##N = v,
enum clock_kind { CLOCK_KINDS(CLOCK_X) CLOCK_KIND_END };
enum clock_state { CLOCK_STATES(CLOCK_X) };
#define CALENDAR_X(v, N, n) CALENDAR_##N = v,
enum calendar { CALENDARS(CALENDAR_X) };
#define VERIFIER_X(v, N, n) VERIFIER_##N = v,
enum verifier { VERIFIERS(VERIFIER_X) };
#define SATISFACTION_X(v, N, n) SATISFACTION_##N = v,
enum satisfaction { SATISFACTIONS(SATISFACTION_X) };
#define WORD_X(v, N, n) WORD_##N = v,
enum word_verb { WORDS(WORD_X) WORD_END };
#define ACT_X(v, N, n) ACT_##N = v,
enum act_verb { ACTS(ACT_X) ACT_END };
#define ASK_X(v, N, n) ASK_##N = v,
enum ask_kind { ASK_KINDS(ASK_X) ASK_KIND_END };
#define DECISION_X(v, N, n) DECISION_##N = v,
enum decision { DECISIONS(DECISION_X) };
#define RECORD_X(v, N, n) RECORD_##N = v,
enum record_kind { RECORD_KINDS(RECORD_X) };
#define NOTICE_STEP_X(v, N, n) NOTICE_##N = v,
enum notice_step { NOTICE_STEPS(NOTICE_STEP_X) NOTICE_STEP_END };
#define LEASE_X(v, N, n) LEASE_##N = v,
enum lease_end { LEASE_ENDS(LEASE_X) };
#define RUNG_X(v, N, n) RUNG_##N = v,
enum rung_colour { RUNG_COLOURS(RUNG_X) };
#define SIDE_X(v, N, n) SIDE_##N = v,
enum side_kind { SIDE_KINDS(SIDE_X) SIDE_KIND_END };
#define ABSENCE_X(v, N, n) ABSENCE_##N = v,
enum absence_state { ABSENCE_STATES(ABSENCE_X) };
#define DUTY_X(v, N, n) DUTY_##N = v,
enum duty_state { DUTY_STATES(DUTY_X) };
#define EXERCISE_X(v, N, n) EXERCISE_##N = v,
enum exercise_state { EXERCISE_STATES(EXERCISE_X) };
#define SHIFT_X(v, N, n) SHIFT_##N = v,
enum shift_state { SHIFT_STATES(SHIFT_X) };
#define SPECIAL_X(v, N, n) SPECIAL_##N = v,
enum special_state { SPECIAL_STATES(SPECIAL_X) };
#define UNROUTED_X(v, N, n) UNROUTED_##N = v,
enum unrouted_reason { UNROUTED_REASONS(UNROUTED_X) };
#define PRINCIPAL_X(v, N, n) PRINCIPAL_##N = v,
enum principal_role { ROLES(PRINCIPAL_X) };
#define REFUSAL_X(v, N, n) REFUSAL_##N = v,
enum refusal_code { REFUSALS(REFUSAL_X) };
/* For tables by code: one more than the largest, in whatever order the list grew. */
#define REFUSAL_SIZE_X(v, N, n) char n[(v) + 1];
union refusal_sizes {
    REFUSALS(REFUSAL_SIZE_X)
};
#define REFUSAL_END sizeof(union refusal_sizes)

/* Names as written in configuration, wire text and the CLI's --json; NULL for an unknown value.
 * The second of each pair is the way back; 0 for an unknown name. (names.c) */
const char *nature_name(enum nature);
enum nature nature_of(const char *name);
const char *coordinates_name(enum coordinate_system);
enum coordinate_system coordinates_of(const char *name);
const char *incident_state_name(enum incident_state);
enum incident_state incident_state_of(const char *name);
const char *task_state_name(enum task_state);
enum task_state task_state_of(const char *name);
const char *task_role_name(enum task_role);
enum task_role task_role_of(const char *name);
const char *outcome_name(enum outcome_code);
enum outcome_code outcome_of(const char *name);
const char *clock_kind_name(enum clock_kind);
enum clock_kind clock_kind_of(const char *name);
const char *calendar_name(enum calendar);
enum calendar calendar_of(const char *name);
const char *clock_state_name(enum clock_state);
const char *verifier_name(enum verifier);
enum verifier verifier_of(const char *name);
const char *satisfaction_name(enum satisfaction);
enum satisfaction satisfaction_of(const char *name);
const char *word_name(enum word_verb);
enum word_verb word_of(const char *name);
const char *act_name(enum act_verb);
enum act_verb act_of(const char *name);
const char *ask_kind_name(enum ask_kind);
enum ask_kind ask_kind_of(const char *name);
const char *decision_name(enum decision);
bool act_beside(enum act_verb); /* it names no incident */
const char *record_kind_name(enum record_kind);
const char *notice_step_name(enum notice_step);
enum notice_step notice_step_of(const char *name);
const char *lease_end_name(enum lease_end);
const char *rung_colour_name(enum rung_colour);
enum rung_colour rung_colour_of(const char *name);
const char *side_kind_name(enum side_kind);
enum side_kind side_kind_of(const char *name);
const char *absence_state_name(enum absence_state);
const char *duty_state_name(enum duty_state);
const char *exercise_state_name(enum exercise_state);
const char *unrouted_reason_name(enum unrouted_reason);
const char *role_name(enum principal_role);
enum principal_role role_of(const char *name);
const char *refusal_name(enum refusal_code);

/* Bytes, borrowed. */
struct bytes {
    const uint8_t *ptr;
    size_t len;
};

/* 128 bits of a hash: identity for idempotency. All zero is "none". */
struct key128 {
    uint64_t hi, lo;
};

/* Where. A code, or a point with its system; the broker fills area from the point. */
struct place {
    const char *area; /* division code, digits */
    const char *address;
    bool has_point;
    enum coordinate_system system;
    double latitude, longitude; /* degrees */
};

struct attachment {
    const char *uri, *media_type;
    struct bytes sha256; /* 32 bytes or none */
};

/* 上报信息: one message from a source. */
struct event {
    const char *id;                /* the source's own id of the event: idempotency */
    const char *type;              /* type code */
    const char *text, *source_ref; /* source_ref: device or channel behind the source */
    const char *recurrence_of;     /* an earlier incident, if the source knows */
    const char *object;            /* code of the thing it is about: a manhole, a lamp */
    const char *about;             /* whom it is about: units, or areas for the posts there, with blanks between */
    enum nature nature;
    int severity; /* 1 特别重大 … 4 一般; 0: the type's own */
    struct place place;
    int64_t observed_ms;
    bool panic;    /* the panic lane */
    bool sealed;   /* treat as 举报: exclusion applies */
    bool exercise; /* 演练: marked so to its end, never in figures */
    const struct attachment *attachments;
    size_t attachment_count;
    struct bytes reporter;  /* sealed to the custodian's key; opaque here */
    bool has_reporter;      /* it is kept, and not given out here */
    enum outcome_code done; /* handled on site: arrives with its outcome */
    const char *evidence;
};

/* A rung of a ladder that fired; of `informed`, who was told. */
struct rung {
    enum clock_kind clock;
    uint32_t task, number; /* number counts from 1 */
    enum rung_colour colour;
    uint32_t ups;                  /* levels above breach */
    int64_t due_ms;                /* when this rung was due; the record's at_ms is when it fired */
    const char *to_area, *to_post; /* who is told; to_area is the level it climbed to */
    const char *to_person;         /* who holds the post */
    const char *to_unit;           /* up the supervising line (条); of a whistled unit's no-show: its supervisor */
    const char *unit_post, *unit_person;
    bool notice;      /* false: a higher rung of the same clock fired with it after downtime */
    bool in_downtime; /* due while the broker was down */
    int64_t held_ms;  /* quiet hours: it is told then, unless another of its clock is; 0: at once */
    bool unconnected; /* a warning that goes up: nobody of the unit is connected */
};

/* 督办: what only an incident under somebody's eye has. */
struct oversight {
    uint32_t urges;                   /* 催办: how often */
    uint32_t supervisions;            /* 督办: how often; from the first on it goes before others */
    const char *post;                 /* 领导包案: the post that it is bound to; "": none */
    const char *bearer_post, *bearer; /* who bears it now: title and person; "" for both: nobody */
    int64_t bearer_until_ms;          /* when that is to be looked at again; 0: never */
    const struct rung *held;          /* quiet hours: of each clock the last rung that nobody was told of yet */
    size_t held_count;
    int64_t held_until_ms;
    uint32_t informed;   /* 第一时间上报: how often the centre above was told */
    bool unaccounted;    /* 说明原因: a clock of its own went red, and nobody has said why */
    const char *at_area; /* 上报, 下派: the area of the level that has it since; "": it was neither */
    uint32_t ups, downs; /* how often it was reported up a level, and sent down */
};

/* 如何了结: what few have of it. */
struct ending {
    const char *referred_to; /* referred: the body it was handed over to */
    int64_t planned_ms;      /* planned: the date at which it opens again */
    bool withdrawn;          /* its reporter took it back; it goes on, for a hazard is left */
};

/* 认领: who works on it, so that nobody else does meanwhile. */
struct claim {
    const char *principal, *person;
    int64_t since_ms, until_ms; /* until: without an act */
};

/* What few incidents have: behind one pointer, so that the others do not pay for it. */
struct incident_more {
    const char *object;                /* code of the thing it is about */
    const struct oversight *oversight; /* NULL: none */
    const char *about;                 /* whom it is about, as in the event */
    const struct ending *ending;       /* NULL: nothing of it */
    const char *special;               /* 特殊时段: the special period it is in; "": none */
    const char *special_clocks;        /* whose limits that has put in; "": none */
    const struct claim *claim;         /* NULL: nobody's */
    const char *beside; /* 毗邻: whom it concerns beside its own: areas over a border, and units, with blanks between */
    uint64_t same_as;   /* an earlier incident from over the border that it may be the same as */
};

/* 案件: the incident itself, without its tasks and clocks. */
struct incident {
    enum incident_state state;
    enum nature nature;
    enum outcome_code outcome;
    enum verifier verify;
    enum unrouted_reason unrouted;
    int severity;
    bool panic, flagged, sealed, exercise; /* flagged: accepted with something unknown */
    const char *type, *area, *responsible_area;
    const char *source, *event_id; /* the principal that reported, and its id */
    const char *route;             /* the rule that sent it: "routes.yaml:12" */
    const char *reason;            /* of the last act that ended or moved it */
    const char *ladder;
    int64_t received_ms, closed_ms;
    uint64_t opened_seq;  /* the record that carries the event */
    uint64_t merged_into; /* incident id */
    uint32_t reworks, reopens;
    const struct incident_more *more; /* NULL: nothing of it */
};

/* One line of a task's checklist. */
struct item {
    const char *text;
    bool optional;
    int64_t done_ms; /* 0: open */
};

/* What only some tasks have. */
struct task_more {
    bool whistled;           /* 吹哨: called to report on site (报到) */
    const char *sub_unit;    /* 二级派遣: whose workers do it; "": the unit's own */
    const char *plan, *part; /* 预案: which, and what it calls this task */
    uint32_t after;          /* waiting: bit per number of the tasks it waits for */
    bool held;               /* 同步: it starts together with others, and has not */
    const struct item *items;
    size_t item_count;
    bool unaccounted; /* 说明原因: a clock of it went red, and its unit has not said why */
};

/* 派遣任务: one unit's part. */
struct task {
    uint32_t no; /* 1, 2, … within the incident */
    uint32_t epoch;
    uint32_t lost; /* offers lost by a dying worker, in a row */
    enum task_role role;
    enum task_state state;
    enum outcome_code outcome;
    bool on_behalf;    /* the centre speaks for the unit; not offered to workers */
    bool auto_respond; /* responded by the runner, not by a person */
    const char *unit;
    const char *principal, *worker;             /* the lease's holder; "" when nobody holds it */
    const char *last_worker;                    /* who lost or gave it back last: a colleague is preferred */
    const char *spoke_principal, *spoke_person; /* the last actor: may not verify, nor may any voice */
    const char *reason;
    int64_t dispatched_ms, responded_ms, arrived_ms, done_ms;
    const struct task_more *more; /* NULL: an ordinary task */
};

/* A budget and a ledger, in the calendar's own time. While running, due = running_since + budget - consumed there. What is
 * consumed beyond the budget is counted as the ladder's steps are. */
struct clock {
    enum clock_kind kind;
    uint32_t task; /* 0: the incident's own */
    enum clock_state state;
    enum calendar calendar;
    int64_t started_ms, budget_ms, consumed_ms, running_since_ms, due_ms, stopped_ms;
    uint32_t rung;    /* rungs fired so far */
    uint32_t reached; /* how far up its ladder they took it: broker/core/climb.h */
    int64_t next_ms;  /* when the next rung fires; 0: none left or not running */
};

/* Who dispatched a task, or spoke of it before its last speaker did. Nobody is heard twice. */
struct voice {
    uint32_t task;
    bool dispatched;
    const char *principal, *person;
};

/* 申请: what was asked, and what somebody else decided. */
struct ask {
    uint32_t no;   /* 1, 2, … within the incident */
    uint32_t task; /* 0: the incident itself */
    enum ask_kind kind;
    enum decision decision;
    enum task_state was;                     /* granted suspend: what the task was */
    const char *unit;                        /* whose task it is, when it asks */
    const char *principal, *person, *reason; /* who asked, and why */
    int64_t asked_ms;
    int64_t until_ms; /* park, suspend: to when */
    int64_t span_ms;  /* extend: so much more, in the clocks' own time, where a day is a day of it */
    int64_t decided_ms;
    const char *decided_by, *decided_person;
    enum clock_kind clock;                 /* appeal: of which clock the late verdict is */
    int64_t started_ms;                    /* and of which of its runs: it may run again */
    int64_t agreed_ms;                     /* decided by two: when the first of them agreed; 0: nobody has */
    const char *agreed_by, *agreed_person; /* and who */
};

/* 并案: what is kept of the events of an incident beside the one that opened it, once another folded into it or may. */
struct reports {
    uint32_t count;            /* events, the first included */
    int64_t first_ms, last_ms; /* when they were accepted */
    uint64_t last, before; /* the record that carries the last of them, and the one before it: a chain to the first */
    uint64_t placed;       /* the record whose event says best where it is; 0: the one that opened it, or none */
    const uint64_t *keys;  /* of source group, type and place: what comes under one of these folds into it */
    const char *const *sources; /* who reported, beside the head's source */
    size_t key_count, source_count;
    const char *device; /* whose alarm it is, "source/ref", when it is watched for false ones */
};

/* The last dispatch by hand, as long as it can be taken back: what it changed, as that was before. */
struct undo {
    uint64_t seq;         /* the dispatch itself */
    int64_t until_ms;     /* 0: there is none any more */
    uint32_t first, last; /* tasks that are new with it; first > last: none */
    enum incident_state state;
    const struct task *tasks;
    size_t task_count;
    const struct clock *clocks;
    size_t clock_count;
    const struct ask *asks;
    size_t ask_count;
};

/* One change to one incident: what is set replaces what was. */
struct change {
    uint64_t incident; /* packed id */
    uint64_t prev; /* sequence of the record that touched it before, 0 if none: the timeline is walked back along it */
    const struct incident *head; /* NULL: untouched */
    const struct task *tasks;    /* by number, whole */
    size_t task_count;
    const struct clock *clocks; /* by (kind, task), whole */
    size_t clock_count;
    const struct voice *voices; /* those heard for the first time */
    size_t voice_count;
    const struct ask *asks; /* by number, whole */
    size_t ask_count;
    const struct reports *reports; /* whole; NULL: untouched */
    const struct undo *undo;       /* of a dispatch by hand, or of one taken back */
};

/* A word on a task that a retry may repeat: hash of (epoch, verb, request id) and the record that answered it. */
struct word_kept {
    struct key128 key, digest;
    uint64_t seq;
    uint32_t task;
    uint32_t term;
    int64_t at_ms;
};

/* An incident as stored: the sum of its changes up to seq. */
struct row {
    uint64_t incident, seq;
    struct incident head;
    const struct task *tasks;
    size_t task_count;
    const struct clock *clocks;
    size_t clock_count;
    const struct word_kept *words;
    size_t word_count;
    const struct voice *voices; /* as they were heard */
    size_t voice_count;
    const struct ask *asks;
    size_t ask_count;
    const struct reports *reports; /* NULL: the one that opened it, and no other may fold into it */
    const struct undo *undo;       /* NULL: nothing to take back */
};

/* A row beside incidents: what is known of one thing of a kind, by its key (an area's code, a duty's name). A kind uses
 * the fields it needs; a record carries the whole row, which replaces what was. */
struct side {
    enum side_kind kind;
    const char *key;
    uint64_t seq; /* the record that set it last; 0 within a record: that one */
    bool gone;    /* it is forgotten */
    uint32_t state, count, total;
    enum rung_colour colour;
    int64_t number;
    int64_t first_ms, last_ms, until_ms;
    int64_t next_ms; /* when something is due; 0: nothing is */
    uint64_t incident;
    const char *name, *text;
    const char *principal, *person; /* who set it so */
    const char *const *list;
    size_t list_count;
};

/* 双随机: a draw among the incidents that closed within a period. */
struct sample {
    int64_t from_ms, until_ms; /* [from, until) */
    bool on_site;              /* of those that were handled on site only */
    uint32_t of;               /* among so many */
    struct bytes seed;         /* SHA-256: the chain at record seed_seq */
    uint64_t seed_seq;
    const uint64_t *drawn;
    size_t drawn_count;
};

/* 记录: one decision's facts. */
struct record {
    uint64_t seq;
    int64_t at_ms;
    enum record_kind kind;
    const char *principal, *person; /* the actor; "" is the broker itself */
    const char *on_behalf;          /* the unit it spoke for */
    const char *request;            /* request id, or the event's id */
    struct key128 key, digest;      /* idempotency of request and content */
    struct change changes[2];       /* [0] the incident; [1] the survivor of a merge */
    size_t change_count;
    const struct event *event; /* opened, folded */
    const struct rung *rung;   /* rung */
    uint32_t task, epoch;      /* the task a word or offer is about */
    enum word_verb word;
    enum lease_end lease_end;
    enum outcome_code outcome;
    const char *reason, *text;
    int64_t unit_ms; /* the unit's own time of what it reports */
    bool auto_respond;
    enum refusal_code refusal;      /* refused */
    uint32_t count;                 /* refused, raised: how many */
    struct bytes policy;            /* policy, opened, assigned, reckoned: SHA-256 of the policy in force */
    int64_t from_ms, offset_ms;     /* started: last record before the stop; wall_step: the step */
    uint32_t term;                  /* started */
    enum satisfaction satisfaction; /* called_back */
    bool solved;                    /* called_back: so the reporter says */
    bool last;                      /* informed: 终报 */
    const struct side *sides;       /* rows beside incidents, whole */
    size_t side_count;
    const char *channel;      /* notified: 弹窗, 后台记录, 第三方接口推送 */
    const char *was;          /* reclassified: the type before */
    const char *closing;      /* fed_back, closed, verified: 结案条件 that was said to hold */
    const char *const *tells; /* sources to whom it becomes a notice; undone: whose notice of that is none any more */
    size_t tell_count;
    uint64_t takes_back;         /* undone: the dispatch */
    const struct sample *sample; /* sampled */
};

/* What was promised to a publisher. */
struct receipt {
    uint64_t incident;
    uint32_t journal, term;
    uint64_t seq;
    int64_t at_ms;
    bool repeat; /* the first receipt again */
};

#ifdef __cplusplus
}
#endif

#endif
