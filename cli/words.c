#include "cli/words.h"

#include <libintl.h>
#include <string.h>

/* The same English word is different words in Chinese (a task is withdrawn 已撤回, a case 撤诉): each has a context. */
#define C_(context, text) context "\004" text

static const char *const incident_states[] = {
    [INCIDENT_CONFIRMING] = C_("incident", "confirming"), [INCIDENT_DESK] = C_("incident", "desk"),
    [INCIDENT_UNROUTED] = C_("incident", "unrouted"),     [INCIDENT_OPEN] = C_("incident", "open"),
    [INCIDENT_VERIFYING] = C_("incident", "verifying"),   [INCIDENT_PARKED] = C_("incident", "parked"),
    [INCIDENT_CLOSED] = C_("incident", "closed"),         [INCIDENT_MERGED] = C_("incident", "merged"),
    [INCIDENT_CANCELLED] = C_("incident", "cancelled"),   [INCIDENT_REJECTED] = C_("incident", "rejected"),
};

static const char *const task_states[] = {
    [TASK_QUEUED] = C_("task", "queued"),       [TASK_OFFERED] = C_("task", "offered"),
    [TASK_RESPONDED] = C_("task", "responded"), [TASK_HANDLING] = C_("task", "handling"),
    [TASK_SUSPENDED] = C_("task", "suspended"), [TASK_DONE] = C_("task", "done"),
    [TASK_RETURNED] = C_("task", "returned"),   [TASK_WITHDRAWN] = C_("task", "withdrawn"),
    [TASK_SHELVED] = C_("task", "shelved"),     [TASK_WAITING] = C_("task", "waiting"),
};

static const char *const task_roles[] = {
    [TASK_LEAD] = C_("role", "lead"),
    [TASK_ASSIST] = C_("role", "assist"),
    [TASK_COPY] = C_("role", "copy"),
};

static const char *const natures[] = {
    [NATURE_HELP] = C_("nature", "help"),       [NATURE_COMPLAINT] = C_("nature", "complaint"),
    [NATURE_REPORT] = C_("nature", "report"),   [NATURE_CONSULT] = C_("nature", "consult"),
    [NATURE_SUGGEST] = C_("nature", "suggest"), [NATURE_PRAISE] = C_("nature", "praise"),
};

static const char *const outcomes[] = {
    [OUTCOME_RESOLVED] = C_("outcome", "resolved"),       [OUTCOME_PARTLY] = C_("outcome", "partly"),
    [OUTCOME_PLANNED] = C_("outcome", "planned"),         [OUTCOME_EXPLAINED] = C_("outcome", "explained"),
    [OUTCOME_NO_ACTION] = C_("outcome", "no_action"),     [OUTCOME_NOT_FOUND] = C_("outcome", "not_found"),
    [OUTCOME_FALSE_ALARM] = C_("outcome", "false_alarm"), [OUTCOME_SELF_CLEARED] = C_("outcome", "self_cleared"),
    [OUTCOME_REFERRED] = C_("outcome", "referred"),       [OUTCOME_WITHDRAWN] = C_("outcome", "withdrawn"),
};

static const char *const clocks[] = {
    [CLOCK_ACCEPT] = C_("clock", "accept"),
    [CLOCK_CONFIRM] = C_("clock", "confirm"),
    [CLOCK_DISPATCH] = C_("clock", "dispatch"),
    [CLOCK_VERIFY] = C_("clock", "verify"),
    [CLOCK_ANSWER] = C_("clock", "answer"),
    [CLOCK_CALLBACK] = C_("clock", "callback"),
    [CLOCK_RESOLVE] = C_("clock", "resolve"),
    [CLOCK_RESPOND] = C_("clock", "respond"),
    [CLOCK_ARRIVE] = C_("clock", "arrive"),
    [CLOCK_HANDLE] = C_("clock", "handle"),
    [CLOCK_FEEDBACK] = C_("clock", "feedback"),
    [CLOCK_CONTACT] = C_("clock", "contact"),
    [CLOCK_PARK] = C_("clock", "park"),
    [CLOCK_SUSPEND] = C_("clock", "suspend"),
    [CLOCK_SUPERVISE] = C_("clock", "supervise"),
    [CLOCK_RETURN_DECIDE] = C_("clock", "return_decide"),
    [CLOCK_ARBITRATE] = C_("clock", "arbitrate"),
    [CLOCK_INFORM] = C_("clock", "inform"),
    [CLOCK_PROGRESS] = C_("clock", "progress"),
    [CLOCK_BEGIN] = C_("clock", "begin"),
    [CLOCK_ACKNOWLEDGE] = C_("clock", "acknowledge"),
    [CLOCK_APPEAL] = C_("clock", "appeal"),
};

static const char *const clock_states[] = {
    [CLOCK_RUNNING] = C_("clock state", "running"), [CLOCK_PAUSED] = C_("clock state", "paused"),
    [CLOCK_MET] = C_("clock state", "met"),         [CLOCK_LATE] = C_("clock state", "late"),
    [CLOCK_VOID] = C_("clock state", "void"),
};

static const char *const records[] = {
    [RECORD_STARTED] = C_("record", "started"),
    [RECORD_POLICY] = C_("record", "policy"),
    [RECORD_WALL_STEP] = C_("record", "wall_step"),
    [RECORD_REFUSED] = C_("record", "refused"),
    [RECORD_OPENED] = C_("record", "opened"),
    [RECORD_OFFERED] = C_("record", "offered"),
    [RECORD_LEASE_ENDED] = C_("record", "lease_ended"),
    [RECORD_RESPONDED] = C_("record", "responded"),
    [RECORD_ARRIVED] = C_("record", "arrived"),
    [RECORD_HANDLING] = C_("record", "handling"),
    [RECORD_NOTED] = C_("record", "noted"),
    [RECORD_FED_BACK] = C_("record", "fed_back"),
    [RECORD_RETURNED] = C_("record", "returned"),
    [RECORD_SHELVED] = C_("record", "shelved"),
    [RECORD_ASSIGNED] = C_("record", "assigned"),
    [RECORD_TRANSFERRED] = C_("record", "transferred"),
    [RECORD_RELEASED] = C_("record", "released"),
    [RECORD_MERGED] = C_("record", "merged"),
    [RECORD_CLOSED] = C_("record", "closed"),
    [RECORD_CANCELLED] = C_("record", "cancelled"),
    [RECORD_REJECTED] = C_("record", "rejected"),
    [RECORD_WITHDRAWN] = C_("record", "withdrawn"),
    [RECORD_EXCLUDED] = C_("record", "excluded"),
    [RECORD_CLAIMED] = C_("record", "claimed"),
    [RECORD_HANDED_OVER] = C_("record", "handed_over"),
    [RECORD_TAKEN_OVER] = C_("record", "taken_over"),
    [RECORD_UNCLAIMED] = C_("record", "unclaimed"),
    [RECORD_CONTACTED] = C_("record", "contacted"),
    [RECORD_ATTRIBUTED] = C_("record", "attributed"),
    [RECORD_IDENTITY_SOUGHT] = C_("record", "identity_sought"),
    [RECORD_IDENTITY_GRANTED] = C_("record", "identity_granted"),
    [RECORD_IDENTITY_REFUSED] = C_("record", "identity_refused"),
    [RECORD_IDENTITY_OPENED] = C_("record", "identity_opened"),
    [RECORD_VERIFIED] = C_("record", "verified"),
    [RECORD_REWORKED] = C_("record", "reworked"),
    [RECORD_RUNG] = C_("record", "rung"),
    [RECORD_VERIFYING] = C_("record", "verifying"),
    [RECORD_RECKONED] = C_("record", "reckoned"),
    [RECORD_FOLDED] = C_("record", "folded"),
    [RECORD_RAISED] = C_("record", "raised"),
    [RECORD_ACKNOWLEDGED] = C_("record", "acknowledged"),
    [RECORD_ANSWERED] = C_("record", "answered"),
    [RECORD_RECLASSIFIED] = C_("record", "reclassified"),
    [RECORD_RECORDED] = C_("record", "recorded"),
    [RECORD_NOTIFIED] = C_("record", "notified"),
    [RECORD_WHISTLED] = C_("record", "whistled"),
    [RECORD_PASSED_OVER] = C_("record", "passed_over"),
    [RECORD_DISMISSED] = C_("record", "dismissed"),
    [RECORD_PLANNED] = C_("record", "planned"),
    [RECORD_BEGUN] = C_("record", "begun"),
    [RECORD_TICKED] = C_("record", "ticked"),
    [RECORD_DELEGATED] = C_("record", "delegated"),
    [RECORD_CONFIRMED] = C_("record", "confirmed"),
    [RECORD_CALLED_BACK] = C_("record", "called_back"),
    [RECORD_REOPENED] = C_("record", "reopened"),
    [RECORD_ROUTINE] = C_("record", "routine"),
    [RECORD_URGED] = C_("record", "urged"),
    [RECORD_SUPERVISED] = C_("record", "supervised"),
    [RECORD_CHARGED] = C_("record", "charged"),
    [RECORD_CHARGE_PASSED] = C_("record", "charge_passed"),
    [RECORD_TOLD] = C_("record", "told"),
    [RECORD_SWITCHED] = C_("record", "switched"),
    [RECORD_ACCOUNTED] = C_("record", "accounted"),
    [RECORD_INFORMED] = C_("record", "informed"),
    [RECORD_SPECIAL_BEGAN] = C_("record", "special_began"),
    [RECORD_SPECIAL_ENDED] = C_("record", "special_ended"),
    [RECORD_ASKED] = C_("record", "asked"),
    [RECORD_GRANTED] = C_("record", "granted"),
    [RECORD_DENIED] = C_("record", "denied"),
    [RECORD_RESUMED] = C_("record", "resumed"),
    [RECORD_FELL_BACK] = C_("record", "fell_back"),
    [RECORD_DUTY_OPENED] = C_("record", "duty_opened"),
    [RECORD_DUTY_ENDED] = C_("record", "duty_ended"),
    [RECORD_DUTY_DONE] = C_("record", "duty_done"),
    [RECORD_LEVEL_PROPOSED] = C_("record", "level_proposed"),
    [RECORD_LEVEL_LISTED] = C_("record", "level_listed"),
    [RECORD_LEVEL_DELISTED] = C_("record", "level_delisted"),
    [RECORD_EXERCISE_COMMITTED] = C_("record", "exercise_committed"),
    [RECORD_EXERCISE_REVEALED] = C_("record", "exercise_revealed"),
    [RECORD_SAMPLED] = C_("record", "sampled"),
    [RECORD_UNDONE] = C_("record", "undone"),
    [RECORD_REPORTED_UP] = C_("record", "reported_up"),
    [RECORD_SENT_DOWN] = C_("record", "sent_down"),
    [RECORD_APPEALED] = C_("record", "appealed"),
    [RECORD_AGREED] = C_("record", "agreed"),
    [RECORD_EXEMPTED] = C_("record", "exempted"),
    [RECORD_UNREASONABLE] = C_("record", "unreasonable"),
};

static const char *const ask_kinds[] = {
    [ASK_EXTEND] = C_("ask", "extend"),
    [ASK_PARK] = C_("ask", "park"),
    [ASK_SUSPEND] = C_("ask", "suspend"),
    [ASK_RETURN] = C_("ask", "return"),
    [ASK_APPEAL] = C_("ask", "appeal"),
    [ASK_IDENTITY] = C_("ask", "identity"),
    [ASK_UNREASONABLE] = C_("ask", "unreasonable"),
};

static const char *const decisions[] = {
    [DECISION_OPEN] = C_("decision", "open"),
    [DECISION_GRANTED] = C_("decision", "granted"),
    [DECISION_REFUSED] = C_("decision", "refused"),
};

static const char *const colours[] = {
    [RUNG_BLUE] = C_("rung", "blue"),
    [RUNG_YELLOW] = C_("rung", "yellow"),
    [RUNG_RED] = C_("rung", "red"),
    [RUNG_UP] = C_("rung", "up"),
};

static const char *const rungs[] = {
    [RUNG_BLUE] = C_("warning", "rung"),
    [RUNG_YELLOW] = C_("warning", "rung"),
    [RUNG_RED] = C_("breach", "rung"),
    [RUNG_UP] = C_("escalation", "rung"),
};

static const char *const sides[] = {
    [SIDE_DEVICE] = C_("side", "device"),         [SIDE_SOURCE] = C_("side", "source"),
    [SIDE_AREA_LEVEL] = C_("side", "area_level"), [SIDE_DUTY] = C_("side", "duty"),
    [SIDE_ABSENCE] = C_("side", "absence"),       [SIDE_SHIFT] = C_("side", "shift"),
    [SIDE_TARGET] = C_("side", "target"),         [SIDE_EXERCISE] = C_("side", "exercise"),
    [SIDE_SPECIAL] = C_("side", "special"),
};

static const char *const absence_states[] = {
    [ABSENCE_WATCHED] = C_("absence", "watched"),
    [ABSENCE_ABSENT] = C_("absence", "absent"),
};

static const char *const special_states[] = {
    [SPECIAL_WAITS] = C_("special", "waits"),
    [SPECIAL_IN_FORCE] = C_("special", "in_force"),
    [SPECIAL_OVER] = C_("special", "over"),
};

static const char *const duty_states[] = {
    [DUTY_WAITS] = C_("duty", "waits"),
    [DUTY_RUNS] = C_("duty", "runs"),
    [DUTY_RESTS] = C_("duty", "rests"),
};

static const char *const shift_states[] = {
    [SHIFT_ON_DUTY] = C_("shift", "on_duty"),
    [SHIFT_HANDED_OVER] = C_("shift", "handed_over"),
};

static const char *const exercise_states[] = {
    [EXERCISE_COMMITTED] = C_("exercise", "committed"),
    [EXERCISE_REVEALED] = C_("exercise", "revealed"),
};

static const char *const verifiers[] = {
    [VERIFIER_SOURCE] = C_("verification", "by the source"),
    [VERIFIER_CENTRE] = C_("verification", "by the centre"),
};

static const char *const satisfactions[] = {
    [SATISFACTION_SATISFIED] = C_("satisfaction", "satisfied"),
    [SATISFACTION_BASICALLY] = C_("satisfaction", "basically"),
    [SATISFACTION_UNSATISFIED] = C_("satisfaction", "unsatisfied"),
    [SATISFACTION_UNREACHED] = C_("satisfaction", "unreached"),
};

static const char *const unrouted_reasons[] = {
    [UNROUTED_NO_PLACE] = C_("unrouted", "no_place"),         [UNROUTED_NO_POLYGON] = C_("unrouted", "no_polygon"),
    [UNROUTED_NO_RULE] = C_("unrouted", "no_rule"),           [UNROUTED_TWO_EQUALS] = C_("unrouted", "two_equals"),
    [UNROUTED_NO_RECIPIENT] = C_("unrouted", "no_recipient"), [UNROUTED_UNKNOWN_TYPE] = C_("unrouted", "unknown_type"),
    [UNROUTED_UNKNOWN_AREA] = C_("unrouted", "unknown_area"), [UNROUTED_EXCLUDED] = C_("unrouted", "excluded"),
};

static const char *const notice_steps[] = {
    [NOTICE_ACCEPTED] = C_("step", "accepted"),     [NOTICE_JOINED] = C_("step", "joined"),
    [NOTICE_DISPATCHED] = C_("step", "dispatched"), [NOTICE_RESPONDED] = C_("step", "responded"),
    [NOTICE_ARRIVED] = C_("step", "arrived"),       [NOTICE_FED_BACK] = C_("step", "fed_back"),
    [NOTICE_REWORKED] = C_("step", "reworked"),     [NOTICE_CLOSED] = C_("step", "closed"),
    [NOTICE_MERGED] = C_("step", "merged"),         [NOTICE_CANCELLED] = C_("step", "cancelled"),
    [NOTICE_REJECTED] = C_("step", "rejected"),     [NOTICE_WITHDRAWN] = C_("step", "withdrawn"),
    [NOTICE_REOPENED] = C_("step", "reopened"),     [NOTICE_PARKED] = C_("step", "parked"),
    [NOTICE_ANSWERED] = C_("step", "answered"),
};

static const char *const lease_ends[] = {
    [LEASE_SILENT] = C_("lease", "silent"),       [LEASE_LEFT] = C_("lease", "left"),
    [LEASE_DRAINED] = C_("lease", "drained"),     [LEASE_GIVEN_BACK] = C_("lease", "given_back"),
    [LEASE_RESTARTED] = C_("lease", "restarted"),
};

static const char *shown(const char *const *table, size_t count, unsigned value)
{
    if (value == 0)
        return "";
    if (value >= count || !table[value])
        return "?";
    const char *text = gettext(table[value]);
    return text == table[value] ? strchr(text, '\004') + 1 : text;
}
#define SHOWN(table, value) shown(table, sizeof(table) / sizeof(table[0]), (unsigned)(value))

const char *words_incident_state(enum incident_state value)
{
    return SHOWN(incident_states, value);
}

const char *words_task_state(enum task_state value)
{
    return SHOWN(task_states, value);
}

const char *words_task_role(enum task_role value)
{
    return SHOWN(task_roles, value);
}

const char *words_nature(enum nature value)
{
    return SHOWN(natures, value);
}

const char *words_outcome(enum outcome_code value)
{
    return SHOWN(outcomes, value);
}

const char *words_clock(enum clock_kind value)
{
    return SHOWN(clocks, value);
}

const char *words_clock_state(enum clock_state value)
{
    return SHOWN(clock_states, value);
}

const char *words_record(enum record_kind value)
{
    return SHOWN(records, value);
}

const char *words_ask(enum ask_kind value)
{
    return SHOWN(ask_kinds, value);
}

const char *words_decision(enum decision value)
{
    return SHOWN(decisions, value);
}

const char *words_colour(enum rung_colour value)
{
    return SHOWN(colours, value);
}

const char *words_rung(enum rung_colour value)
{
    return SHOWN(rungs, value);
}

const char *words_side(enum side_kind value)
{
    return SHOWN(sides, value);
}

const char *words_side_state(const struct side *side)
{
    if (side->kind == SIDE_ABSENCE)
        return SHOWN(absence_states, side->state);
    if (side->kind == SIDE_SHIFT)
        return SHOWN(shift_states, side->state);
    if (side->kind == SIDE_EXERCISE)
        return SHOWN(exercise_states, side->state);
    if (side->kind == SIDE_SPECIAL)
        return SHOWN(special_states, side->state);
    return side->kind == SIDE_DUTY ? SHOWN(duty_states, side->state) : "";
}

const char *words_verifier(enum verifier value)
{
    return value > VERIFIER_NONE ? SHOWN(verifiers, value) : "";
}

const char *words_satisfaction(enum satisfaction value)
{
    return SHOWN(satisfactions, value);
}

const char *words_unrouted(enum unrouted_reason value)
{
    return SHOWN(unrouted_reasons, value);
}

const char *words_notice_step(enum notice_step value)
{
    return SHOWN(notice_steps, value);
}

const char *words_lease_end(enum lease_end value)
{
    return SHOWN(lease_ends, value);
}
