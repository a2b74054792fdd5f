#include "broker/core/admit.h"

#include "broker/core/absence.h"
#include "broker/core/border.h"
#include "broker/core/exclusion.h"
#include "broker/core/fold.h"
#include "broker/core/inform.h"
#include "broker/core/level.h"
#include "broker/core/plan.h"
#include "broker/core/quota.h"
#include "broker/core/screen.h"
#include "broker/core/sensor.h"
#include "broker/core/special.h"
#include "schemas/ident.h"
#include "schemas/typed.h"

#define SEVERITY_MOST  1
#define SEVERITY_LEAST 4 /* also of a type that does not say */

/* An event being admitted. */
struct admission {
    struct step *step;
    const struct event *event;
    const char *area;         /* found by place/ */
    struct route_query query; /* type, area, nature, severity */
    bool flagged;             /* something about it is unknown, and it is too urgent to be refused for that */
    struct route_result result;
    struct folding folding;
    struct suspicion suspicion;
};

/* --- checks --- */

static bool may_publish(struct step *step, const struct event *event)
{
    if (!step_permitted(step, RIGHT_PUBLISH))
        return false;
    if (event->panic && !step->who->panic)
        return step_refuse(step, REFUSAL_FORBIDDEN, "panic", "\"%s\" may not use the panic lane", step->who->name);
    if (event->exercise && !step->who->exercise)
        return step_refuse(step, REFUSAL_FORBIDDEN, "exercise", "\"%s\" may not report exercises", step->who->name);
    if (typed_blank(event->id) || key_is_none(&step->command->key))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "id", "an event carries its source's id");
    return true;
}

/* Refused before it is accepted; the last of the room is for what is urgent. */
static bool has_room(struct step *step, bool urgent)
{
    const struct core *core = step->core;
    if (core->live.count >= LIVE_MAX - (urgent ? 0 : LIVE_RESERVE))
        return step_overloaded(step, "too many live incidents");
    if (dedup_full(&core->dedup, urgent))
        return step_overloaded(step, "too many events are remembered");
    if (core->names.map.count >= SYMBOLS_MAX)
        return step_overloaded(step, "too many names are known");
    return true;
}

static bool check_fields(struct admission *admission)
{
    struct step *step = admission->step;
    const struct event *event = admission->event;
    if (event->observed_ms > step->now_ms + FUTURE_MAX_MS)
        return step_refuse(step, REFUSAL_TIME_IN_FUTURE, "observed_ms", "observed %lld s from now",
                           (long long)(event->observed_ms - step->now_ms) / 1000);
    if (event->severity < 0 || event->severity > SEVERITY_LEAST)
        return step_refuse(step, REFUSAL_BAD_VALUE, "severity", "1 to 4, or 0 for the type's own");
    return true;
}

/* What is over when it is reported: nobody is asked, so it says what shows it where the city wants that. */
static bool check_on_site(struct admission *admission)
{
    const struct event *event = admission->event;
    if (event->done == OUTCOME_PLANNED || event->done == OUTCOME_REFERRED || event->done == OUTCOME_WITHDRAWN)
        return step_refuse(admission->step, REFUSAL_BAD_VALUE, "done", "what was handled on site is not %s",
                           outcome_name(event->done));
    if (!event->done || !admission->step->core->policy->on_site_evidence || !typed_blank(event->evidence) ||
        event->attachment_count > 0)
        return true;
    return step_refuse(admission->step, REFUSAL_MISSING_FIELD, "evidence",
                       "what was handled on site is reported with what shows it");
}

/* On the panic lane and at severity 1 an unknown code is a flag, not a reason to refuse. */
static bool tolerates_unknown(const struct admission *admission)
{
    return admission->event->panic || admission->query.severity == SEVERITY_MOST;
}

static bool find_type(struct admission *admission)
{
    const struct policy *policy = admission->step->core->policy;
    const char *code = text_or_empty(admission->event->type);
    struct route_query *query = &admission->query;
    query->type = policy_type_now(policy, policy_type(policy, code));
    query->severity = admission->event->severity;
    if (!query->severity && query->type)
        query->severity = query->type->severity;
    if (!query->severity)
        query->severity = SEVERITY_LEAST;
    if (query->type)
        return true;
    if (!tolerates_unknown(admission))
        return step_refuse(admission->step, code[0] ? REFUSAL_UNKNOWN_TYPE : REFUSAL_MISSING_FIELD, "type",
                           "no such type: \"%s\"", code);
    admission->flagged = true;
    query->without = UNROUTED_UNKNOWN_TYPE;
    return true;
}

static bool find_area(struct admission *admission)
{
    const struct policy *policy = admission->step->core->policy;
    const char *code = admission->area;
    struct route_query *query = &admission->query;
    query->at_ms = admission->step->now_ms;
    query->area = code ? policy_area_at(policy, policy_area(policy, code), query->at_ms) : NULL;
    if (query->area)
        return true;
    bool unknown = has_text(code);
    if (unknown && !tolerates_unknown(admission))
        return step_refuse(admission->step, REFUSAL_UNKNOWN_AREA, "place.area", "no such area%s: \"%s\"",
                           policy_area(policy, code) ? " today" : "", code);
    admission->flagged |= unknown;
    if (!query->without)
        query->without = unknown ? UNROUTED_UNKNOWN_AREA : code ? UNROUTED_NO_POLYGON : UNROUTED_NO_PLACE;
    return true;
}

static bool find_about(struct admission *admission)
{
    struct step *step = admission->step;
    const char *about = text_or_empty(admission->event->about);
    const char *unknown = exclusion_unknown(step->core->policy, about, step->outcome->arena);
    if (!unknown)
        return true;
    return step_refuse(step, REFUSAL_UNKNOWN_UNIT, "about", "neither a unit nor an area: \"%s\"", unknown);
}

static bool in_scope(struct admission *admission)
{
    struct step *step = admission->step;
    if (right_in_scope(step->who, admission->query.type, admission->query.area))
        return true;
    return step_refuse(step, REFUSAL_OUT_OF_SCOPE, NULL, "\"%s\" may not report this type here", step->who->name);
}

/* --- the incident --- */

static enum incident_state state_sent(const struct route_result *result)
{
    if (result->desk)
        return INCIDENT_DESK;
    return result->lead ? INCIDENT_OPEN : INCIDENT_UNROUTED;
}

/* What is on the panic lane or of the highest severity is acted on at once, whatever the rule says. */
static bool looked_at_first(const struct admission *admission)
{
    const struct route *route = admission->result.route;
    return route && route->confirm && !admission->event->panic && admission->query.severity != SEVERITY_MOST;
}

static enum incident_state state_of(const struct admission *admission)
{
    if (admission->event->done)
        return INCIDENT_CLOSED;
    return admission->suspicion.holds || looked_at_first(admission) ? INCIDENT_CONFIRMING
                                                                    : state_sent(&admission->result);
}

/* What the policy calls it now; an unknown code stays as it was sent. */
static const char *area_code(const struct admission *admission)
{
    return admission->query.area ? admission->query.area->code : text_or_empty(admission->area);
}

/* NULL: nothing of it. */
static const struct incident_more *more_of(const struct admission *admission)
{
    const struct step *step = admission->step;
    const struct special *special =
        special_at(step->core->policy, admission->query.type, admission->query.area, step->now_ms);
    struct incident_more more = {.object = admission->event->object,
                                 .about = admission->event->about,
                                 .special = special ? special->name : "",
                                 .special_clocks = special_clocks(special),
                                 .beside = ""};
    if (!admission->event->done)
        border_find(step, &admission->query, &more);
    if (!has_text(more.object) && !has_text(more.about) && !special && !has_text(more.beside))
        return NULL;
    return arena_memdup(admission->step->outcome->arena, &more, sizeof more);
}

static enum verifier verifier_of_route(const struct route *route)
{
    return route && route->verify ? route->verify : VERIFIER_NONE;
}

static struct incident head_of(const struct admission *admission)
{
    struct step *step = admission->step;
    const struct event *event = admission->event;
    const struct route *route = admission->result.route;
    enum incident_state state = state_of(admission);
    return (struct incident){
        .state = state,
        .nature = event->nature,
        .outcome = event->done,
        .verify = verifier_of_route(route),
        .unrouted = state == INCIDENT_UNROUTED ? admission->result.unrouted : 0,
        .severity = admission->query.severity,
        .panic = event->panic,
        .flagged = admission->flagged,
        .sealed = event->sealed,
        .exercise = step->core->options.exercise || event->exercise,
        .type = admission->query.type ? admission->query.type->code : text_or_empty(event->type),
        .area = area_code(admission),
        .responsible_area = area_code(admission),
        .source = step->who ? step->who->name : BROKER_SOURCE,
        .event_id = event->id,
        .route = route ? route->rule : "",
        .reason = "",
        .ladder = climb_ladder_named(admission->step->core->policy, admission->query.type),
        .received_ms = step->now_ms,
        .closed_ms = event->done ? step->now_ms : 0,
        .opened_seq = step->core->seq + 1,
        .more = more_of(admission),
    };
}

static void add_tasks(struct draft *draft, const struct route_result *result)
{
    draft_add_task(draft, result->lead->id, TASK_LEAD);
    for (size_t i = 0; i < result->assist_count && draft->task_count < TASKS_MAX; i++)
        draft_add_task(draft, result->assists[i]->id, TASK_ASSIST);
}

void admit_dispatch(struct draft *draft, const struct route_result *result)
{
    if (result->plan)
        plan_lay(draft, result->plan, true);
    else
        add_tasks(draft, result);
    border_copy(draft);
}

/* To its units; what has none waits for the centre, on its clock. */
static void dispatch_or_wait(struct draft *draft, const struct route_result *result)
{
    if (draft->head.state == INCIDENT_OPEN)
        admit_dispatch(draft, result);
    else
        draft_start_clock(draft, CLOCK_DISPATCH, 0);
}

static void start(struct draft *draft, const struct route_result *result)
{
    if (draft->head.state == INCIDENT_CLOSED)
        return; /* handled on site: nothing is owed */
    draft_start_clock(draft, CLOCK_RESOLVE, 0);
    draft_start_clock(draft, CLOCK_ANSWER, 0);
    inform_begin(draft);
    if (draft->head.state != INCIDENT_OPEN)
        draft_start_clock(draft, CLOCK_ACCEPT, 0); /* until somebody takes it in hand */
    if (draft->head.state == INCIDENT_CONFIRMING)
        draft_start_clock(draft, CLOCK_CONFIRM, 0);
    else
        dispatch_or_wait(draft, result);
}

void admit_send(struct draft *draft)
{
    const struct policy *policy = draft->climb.policy;
    const struct route_query query = route_asked(policy, &draft->head, draft->step->now_ms);
    struct incident *head = draft_head(draft);
    struct route_result result;
    route_find(policy, &query, &result, NULL);
    head->state = state_sent(&result);
    head->unrouted = result.unrouted;
    head->route = result.route ? result.route->rule : "";
    head->verify = verifier_of_route(result.route);
    dispatch_or_wait(draft, &result);
}

/* The record's own event, with the area that was found. Its texts stay the message's. */
static struct event *event_of(const struct admission *admission)
{
    struct event *event = arena_memdup(admission->step->outcome->arena, admission->event, sizeof *event);
    event->place.area = area_code(admission);
    event->has_reporter = false; /* a reader's to be told */
    return event;
}

/* What ended under the same key lately has come again; the source may know better. */
static void link_recurrence(const struct admission *admission, struct event *event)
{
    uint64_t ended = fold_recurrence(admission->step, &admission->folding);
    char text[IDENT_TEXT_BYTES];
    if (!ended || has_text(event->recurrence_of))
        return;
    ident_format(ended, text);
    event->recurrence_of = step_text(admission->step, "%s", text);
}

uint64_t admit_next_incident(const struct core *core)
{
    return ident_pack(core->options.journal, core->counters.number + 1);
}

static uint64_t fold_in(const struct admission *admission, const struct live *target, struct record *record)
{
    record->event = event_of(admission);
    return fold_add(admission->step, target, record, admission->query.severity);
}

static uint64_t open_incident(struct admission *admission, struct record *record)
{
    struct step *step = admission->step;
    const struct core *core = step->core;
    struct incident head = head_of(admission);
    struct draft draft;
    struct event *event = event_of(admission);
    link_recurrence(admission, event);
    record->event = event;
    record->outcome = head.outcome;
    record->policy = (struct bytes){core->policy->hash.bytes, sizeof core->policy->hash.bytes};
    draft_new(&draft, step, admit_next_incident(core), &head);
    start(&draft, &admission->result);
    if (admission->folding.rule)
        fold_begin(&draft, &admission->folding, event);
    sensor_begin(&draft, &admission->suspicion);
    level_count(step, record, &head);
    uint64_t seq = draft_record(&draft, record);
    level_settle(step, &head);
    return seq;
}

/* No place, an unknown code: without a route. Somebody must look at it. */
static void find_route(struct admission *admission)
{
    if (!admission->event->done && !admission->suspicion.holds)
        route_find(admission->step->core->policy, &admission->query, &admission->result, NULL);
}

/* Whether a rule has it recorded or told, and no more. */
static bool only_noted(const struct admission *admission, struct record *record)
{
    const struct event_rule *rule = screen_rule(admission->step, admission->event, &admission->query);
    return rule && !screen_event(admission->step, rule, event_of(admission), record);
}

void admit_publish(struct step *step)
{
    const struct event *event = step->command->publish.event;
    struct admission admission = {
        .step = step,
        .event = event,
        .area = step->command->publish.area,
        .query = {.nature = event->nature, .object = event->object, .sealed = event->sealed, .about = event->about},
    };
    if (!may_publish(step, event) || step_repeats(step) || !check_fields(&admission) || !check_on_site(&admission) ||
        !find_type(&admission))
        return;
    bool urgent = tolerates_unknown(&admission);
    if (!has_room(step, urgent) || !quota_take(step, urgent) || !find_area(&admission) || !find_about(&admission) ||
        !in_scope(&admission))
        return;
    admission.suspicion = sensor_of(step, event, &admission.query);
    admission.folding =
        admission.suspicion.holds ? sensor_folding(&admission.suspicion) : fold_of(step->who, event, &admission.query);
    const struct live *target = fold_target(step, &admission.folding);
    struct record record = record_of_command(step, target ? RECORD_FOLDED : RECORD_OPENED);
    if (!event->exercise)
        absence_heard(step, &record, event, admission.query.type, admission.query.area);
    if (!target && only_noted(&admission, &record)) {
        step_receipt(step, 0, step_record(step, &record));
        return;
    }
    if (!target)
        find_route(&admission);
    uint64_t id = target ? target->id : admit_next_incident(step->core);
    uint64_t seq = target ? fold_in(&admission, target, &record) : open_incident(&admission, &record);
    step_receipt(step, id, seq);
}

void admit_by_broker(struct step *step, const struct broker_event *found)
{
    const struct policy *policy = step->core->policy;
    struct step own = *step;
    struct admission admission = {.step = &own, .event = found->event, .area = found->area};
    struct route_query *query = &admission.query;
    struct record record = record_of_broker(step, RECORD_OPENED);
    own.who = NULL;
    query->type = policy_type_now(policy, policy_type(policy, found->event->type));
    query->severity = query->type && query->type->severity ? query->type->severity : SEVERITY_LEAST;
    query->at_ms = step->now_ms;
    query->area = policy_area_at(policy, policy_area(policy, found->area), step->now_ms);
    query->without = !query->type ? UNROUTED_UNKNOWN_TYPE : !query->area ? UNROUTED_UNKNOWN_AREA : 0;
    admission.result.lead = found->lead;
    if (!found->lead)
        find_route(&admission);
    record.request = found->event->id;
    side_set(step->outcome, &record, found->sides, found->side_count);
    open_incident(&admission, &record);
}
