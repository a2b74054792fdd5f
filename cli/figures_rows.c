/* The indicators: how each is counted, and the table of them. Every function is called once for each life. */
#include <string.h>

#include "cli/cli.h"
#include "cli/figures.h"

/* --- when it was received --- */

static bool received(const struct counting *c)
{
    return c->life->received_ms && counting_within(c, c->life->received_ms);
}

static void count_intake(struct counting *c)
{
    if (received(c))
        counting_add(c, 0, NULL, true);
}

static void count_recorded(struct counting *c)
{
    if (c->life->noted == RECORD_RECORDED && counting_within(c, c->life->noted_ms))
        counting_add(c, 0, NULL, true);
}

static void count_notified(struct counting *c)
{
    if (c->life->noted == RECORD_NOTIFIED && counting_within(c, c->life->noted_ms))
        counting_add(c, 0, NULL, true);
}

static bool done_without_a_unit(const struct life *life)
{
    const struct closing *closing = life->closings;
    while (closing && !closing->on_site && !closing->at_desk)
        closing = closing->next;
    return closing != NULL;
}

/* One that is merged is filed with its survivor. */
static void count_filed(struct counting *c)
{
    const struct life *life = c->life;
    bool voided = life->state == INCIDENT_REJECTED || life->state == INCIDENT_CANCELLED;
    if (received(c) && life->state != INCIDENT_MERGED)
        counting_add(c, 0, NULL, !voided && (life->dispatches || done_without_a_unit(life)));
}

static void count_unrouted(struct counting *c)
{
    if (received(c))
        counting_add(c, 0, NULL, c->life->unrouted);
}

/* Each report belongs to whoever made it, whichever incident it went into. */
static void count_folds(const struct counting *c)
{
    for (const struct fold *fold = c->life->folds; fold; fold = fold->next) {
        struct counting own = *c;
        if (c->question->by == BY_SOURCE)
            own.key = fold->source;
        if (counting_within(c, fold->at_ms))
            counting_add(&own, 0, NULL, true);
    }
}

static void count_reports(struct counting *c)
{
    count_intake(c);
    count_folds(c);
}

static void count_repeated(struct counting *c)
{
    if (received(c))
        counting_add(c, 0, NULL, c->life->repeated || c->life->state == INCIDENT_MERGED);
    count_folds(c);
}

/* --- when its deadline was --- */

static bool due(const struct counting *c)
{
    const struct run *run = life_deadline(c->life);
    return run && counting_within(c, run->due_ms);
}

static bool is_closed(const struct life *life)
{
    return life->state == INCIDENT_CLOSED;
}

static void count_due(struct counting *c)
{
    if (due(c))
        counting_add(c, 0, NULL, true);
}

static void count_closed(struct counting *c)
{
    if (due(c))
        counting_add(c, 0, NULL, is_closed(c->life));
}

static void count_closed_in_time(struct counting *c)
{
    if (due(c))
        counting_add(c, 0, NULL, is_closed(c->life) && life_deadline(c->life)->state == CLOCK_MET);
}

/* 申诉后: without the breaches that a unit was exempted from. */
static void count_closed_in_time_appealed(struct counting *c)
{
    if (due(c) && !life_deadline(c->life)->exempt)
        counting_add(c, 0, NULL, is_closed(c->life) && life_deadline(c->life)->state == CLOCK_MET);
}

/* 延期率: its deadline is in the period because it was moved there. */
static void count_extended(struct counting *c)
{
    if (due(c))
        counting_add(c, 0, NULL, c->life->extended);
}

/* 挂账数: a stock as well. What is parked has no deadline until it resumes. */
static void count_parked(struct counting *c)
{
    if (c->life->state == INCIDENT_PARKED && c->life->received_ms < c->question->to_ms)
        counting_add(c, 0, NULL, true);
}

/* A stock, of the periods before too. What waits for its verification after a feedback in time is not overdue. */
static void count_overdue(struct counting *c)
{
    const struct run *run = life_deadline(c->life);
    bool open = run && !is_closed(c->life) && run->state != CLOCK_MET;
    if (open && run->due_ms < c->question->to_ms && run->due_ms < c->question->as_of_ms)
        counting_add(c, 0, NULL, true);
}

/* --- clocks --- */

/* Owed in the period: it has a verdict or has run out. An upheld return means that it was never the unit's to keep. */
static bool owed(const struct counting *c, const struct run *run)
{
    bool counts = run->state == CLOCK_MET || run->state == CLOCK_LATE || run->state == CLOCK_RUNNING;
    return counts && counting_within(c, run->due_ms) &&
           !(run->dispatch && (run->dispatch->upheld || run->dispatch->undone));
}

static void count_on_time(struct counting *c)
{
    for (const struct run *run = c->life->runs; run; run = run->next)
        if (owed(c, run))
            counting_add(c, run->kind, run->dispatch, run->state == CLOCK_MET);
}

/* One that was let go, or was passed over within its time, has no clock left to keep. */
static void count_checked_in(struct counting *c)
{
    for (const struct run *run = c->life->runs; run; run = run->next)
        if (run->kind == CLOCK_ARRIVE && run->dispatch && run->dispatch->whistled && owed(c, run))
            counting_add(c, 0, run->dispatch, run->state == CLOCK_MET);
}

static void count_on_time_appealed(struct counting *c)
{
    for (const struct run *run = c->life->runs; run; run = run->next)
        if (owed(c, run) && !run->exempt)
            counting_add(c, run->kind, run->dispatch, run->state == CLOCK_MET);
}

static void count_checked_in_appealed(struct counting *c)
{
    for (const struct run *run = c->life->runs; run; run = run->next)
        if (run->kind == CLOCK_ARRIVE && run->dispatch && run->dispatch->whistled && owed(c, run) && !run->exempt)
            counting_add(c, 0, run->dispatch, run->state == CLOCK_MET);
}

static void count_appeals(struct counting *c)
{
    for (const struct appeal *appeal = c->life->appeals; appeal; appeal = appeal->next)
        if (counting_within(c, appeal->at_ms))
            counting_add(c, 0, appeal->dispatch, appeal->granted);
}

static void count_used(struct counting *c)
{
    for (const struct run *run = c->life->runs; run; run = run->next)
        if (run->task && run->stopped_ms && owed(c, run))
            counting_sample(c, run->kind, run->dispatch, run->used_ms);
}

/* --- when it was dispatched --- */

static bool given(const struct counting *c, const struct dispatch *dispatch)
{
    return counting_within(c, dispatch->at_ms) && !dispatch->undone && dispatch->role != TASK_COPY;
}

static void count_well_directed(struct counting *c)
{
    for (const struct dispatch *d = c->life->dispatches; d; d = d->next)
        if (given(c, d))
            counting_add(c, 0, d, !d->upheld);
}

static void count_misdirected(struct counting *c)
{
    for (const struct dispatch *d = c->life->dispatches; d; d = d->next)
        if (given(c, d))
            counting_add(c, 0, d, d->upheld);
}

static void count_returned(struct counting *c)
{
    for (const struct dispatch *d = c->life->dispatches; d; d = d->next)
        if (given(c, d))
            counting_add(c, 0, d, d->returned);
}

static void count_return_refused(struct counting *c)
{
    for (const struct dispatch *d = c->life->dispatches; d; d = d->next)
        if (given(c, d) && d->returned)
            counting_add(c, 0, d, d->refused && !d->upheld);
}

/* --- when it was verified, closed, escalated --- */

static void count_reworked(struct counting *c)
{
    for (const struct verification *v = c->life->verifications; v; v = v->next)
        if (counting_within(c, v->at_ms))
            counting_add(c, 0, v->dispatch, !v->passed);
}

/* Whether there was something: explanations and withdrawals do not say. */
static bool confirms(enum outcome_code outcome)
{
    return outcome == OUTCOME_RESOLVED || outcome == OUTCOME_PARTLY || outcome == OUTCOME_PLANNED ||
           outcome == OUTCOME_REFERRED || outcome == OUTCOME_SELF_CLEARED;
}

static void count_false_alarms(struct counting *c)
{
    for (const struct closing *closing = c->life->closings; closing; closing = closing->next) {
        bool is_false = closing->outcome == OUTCOME_FALSE_ALARM;
        if (counting_within(c, closing->at_ms) && (is_false || confirms(closing->outcome)))
            counting_add(c, 0, NULL, is_false);
    }
}

static void count_on_site(struct counting *c)
{
    for (const struct closing *closing = c->life->closings; closing; closing = closing->next)
        if (counting_within(c, closing->at_ms))
            counting_add(c, 0, NULL, closing->on_site);
}

static void count_answered_at_desk(struct counting *c)
{
    for (const struct closing *closing = c->life->closings; closing; closing = closing->next)
        if (closing->consultation && counting_within(c, closing->at_ms))
            counting_add(c, 0, NULL, closing->at_desk);
}

static void count_reopened(struct counting *c)
{
    for (const struct closing *closing = c->life->closings; closing; closing = closing->next)
        if (counting_within(c, closing->at_ms))
            counting_add(c, 0, NULL, closing->reopened && closing->outcome != OUTCOME_PLANNED);
}

/* --- when the reporter was called back --- */

static void count_called_back(struct counting *c)
{
    for (const struct run *run = c->life->runs; run; run = run->next)
        if (run->kind == CLOCK_CALLBACK && owed(c, run))
            counting_add(c, 0, NULL, run->state != CLOCK_RUNNING);
}

static bool valid(const struct counting *c, const struct callback *callback)
{
    return counting_within(c, callback->at_ms) && callback->satisfaction != SATISFACTION_UNREACHED &&
           !callback->unreasonable;
}

static void count_satisfied(struct counting *c)
{
    for (const struct callback *call = c->life->callbacks; call; call = call->next)
        if (valid(c, call))
            counting_add(c, 0, NULL, call->satisfaction != SATISFACTION_UNSATISFIED);
}

static void count_solved(struct counting *c)
{
    for (const struct callback *call = c->life->callbacks; call; call = call->next)
        if (valid(c, call))
            counting_add(c, 0, NULL, call->solved);
}

static void count_unreasonable(struct counting *c)
{
    for (const struct finding *finding = c->life->findings; finding; finding = finding->next)
        if (counting_within(c, finding->at_ms))
            counting_add(c, 0, NULL, finding->unreasonable);
}

static void count_contained(struct counting *c)
{
    unsigned level = (unsigned)strlen(c->life->area);
    for (const struct closing *closing = c->life->closings; closing; closing = closing->next)
        if (level && counting_within(c, closing->at_ms))
            counting_add(c, level, NULL, !c->life->escalations && !c->life->went_up);
}

static void count_reported_up(struct counting *c)
{
    unsigned level = (unsigned)strlen(c->life->area);
    for (const struct closing *closing = c->life->closings; closing; closing = closing->next)
        if (level && counting_within(c, closing->at_ms))
            counting_add(c, level, NULL, c->life->went_up);
}

static void count_sent_down(struct counting *c)
{
    unsigned level = (unsigned)strlen(c->life->area);
    for (const struct closing *closing = c->life->closings; closing; closing = closing->next)
        if (level && c->life->went_up && counting_within(c, closing->at_ms))
            counting_add(c, level, NULL, c->life->came_down);
}

static void count_escalated(struct counting *c)
{
    for (const struct escalation *e = c->life->escalations; e; e = e->next)
        if (counting_within(c, e->at_ms))
            counting_add(c, e->height, e->dispatch, true);
}

static void count_pressings(struct counting *c, bool supervised)
{
    for (const struct pressing *p = c->life->pressings; p; p = p->next)
        if (p->supervised == supervised && counting_within(c, p->at_ms))
            counting_add(c, 0, NULL, true);
}

static void count_urged(struct counting *c)
{
    count_pressings(c, false);
}

static void count_supervised(struct counting *c)
{
    count_pressings(c, true);
}

static void count_lasted(struct counting *c)
{
    for (const struct closing *closing = c->life->closings; closing; closing = closing->next)
        if (counting_within(c, closing->at_ms))
            counting_sample(c, 0, NULL, closing->lasted_ms);
}

/* --- what is done again and again --- */

static unsigned period_of(const struct duty_period *duty)
{
    const int64_t day_ms = 24 * 3600 * INT64_C(1000);
    if (duty->lasted_ms <= day_ms)
        return 1;
    return duty->lasted_ms <= 7 * day_ms ? 2 : duty->lasted_ms <= 31 * day_ms ? 3 : 4;
}

static const struct duty_period *ended(const struct counting *c)
{
    const struct duty_period *duty = c->life->duty;
    return duty && counting_within(c, c->life->noted_ms) ? duty : NULL;
}

static void count_covered(struct counting *c)
{
    const struct duty_period *duty = ended(c);
    for (uint32_t i = 0; duty && i < duty->total; i++)
        counting_add(c, period_of(duty), &duty->of, i < duty->done);
}

static void count_whole(struct counting *c)
{
    const struct duty_period *duty = ended(c);
    if (duty)
        counting_add(c, period_of(duty), &duty->of, duty->done == duty->total);
}

/* --- the table, in the order of the report --- */

/* clang-format off */
const struct figure figure_table[] = {
    {"intake",         FIGURE_COUNT, OF_NOTHING, count_intake,         N_("incidents received"),
     N_("received in the period"), NULL},
    {"reports",        FIGURE_COUNT, OF_NOTHING, count_reports,        N_("reports received"),
     N_("opened an incident, or folded into one"), NULL},
    {"recorded",       FIGURE_COUNT, OF_NOTHING, count_recorded,       N_("events only recorded"),
     N_("recorded in the period"), NULL},
    {"notified",       FIGURE_COUNT, OF_NOTHING, count_notified,       N_("events passed on as notices"),
     N_("told in the period"), NULL},
    {"filed",          FIGURE_RATE,  OF_NOTHING, count_filed,          N_("filing rate"),
     N_("dispatched, or done on site, not voided"), N_("received, not merged")},
    {"unrouted",       FIGURE_RATE,  OF_NOTHING, count_unrouted,       N_("without an owner"),
     N_("unrouted when received"), N_("incidents received")},
    {"repeated",       FIGURE_RATE,  OF_NOTHING, count_repeated,       N_("repeat rate"),
     N_("folded, merged, or naming an earlier one"), N_("reports received")},
    {"due",            FIGURE_COUNT, OF_NOTHING, count_due,            N_("due to be closed"),
     N_("deadline in the period"), NULL},
    {"closed",         FIGURE_RATE,  OF_NOTHING, count_closed,         N_("closing rate"),
     N_("closed since"), N_("deadline in the period")},
    {"closed_in_time", FIGURE_RATE,  OF_NOTHING, count_closed_in_time, N_("in-time closing rate"),
     N_("closed by their deadline"), N_("deadline in the period")},
    {"closed_in_time_appealed", FIGURE_RATE, OF_NOTHING, count_closed_in_time_appealed,
     N_("in-time closing rate after appeal"),
     N_("closed by their deadline"), N_("deadline in the period, not exempted")},
    {"extended",       FIGURE_RATE,  OF_NOTHING, count_extended,       N_("extension rate"),
     N_("given more time"), N_("deadline in the period")},
    {"parked",         FIGURE_COUNT, OF_NOTHING, count_parked,         N_("parked"),
     N_("parked to a date at the cut-off"), NULL},
    {"overdue",        FIGURE_COUNT, OF_NOTHING, count_overdue,        N_("overdue, not closed"),
     N_("open, deadline in the period or before"), NULL},
    {"on_time",        FIGURE_RATE,  OF_CLOCK,   count_on_time,        N_("on time: %s"),
     N_("stopped by its deadline"), N_("deadline in the period, no upheld return")},
    {"checked_in",     FIGURE_RATE,  OF_NOTHING, count_checked_in,     N_("check-in rate"),
     N_("called units that came in time"), N_("units called by a whistle, less released")},
    {"on_time_appealed", FIGURE_RATE, OF_CLOCK,  count_on_time_appealed, N_("on time after appeal: %s"),
     N_("stopped by its deadline"), N_("deadline in the period, no upheld return, not exempted")},
    {"checked_in_appealed", FIGURE_RATE, OF_NOTHING, count_checked_in_appealed, N_("check-in rate after appeal"),
     N_("called units that came in time"), N_("units called by a whistle, less released and exempted")},
    {"appeals",        FIGURE_RATE,  OF_NOTHING, count_appeals,        N_("appeals granted"),
     N_("granted by two reviewers"), N_("appeals made in the period")},
    {"well_directed",  FIGURE_RATE,  OF_NOTHING, count_well_directed,  N_("dispatch accuracy"),
     N_("not returned and upheld"), N_("dispatches")},
    {"misdirected",    FIGURE_RATE,  OF_NOTHING, count_misdirected,    N_("misdirection rate"),
     N_("returned and upheld"), N_("dispatches")},
    {"returned",       FIGURE_RATE,  OF_NOTHING, count_returned,       N_("return rate"),
     N_("returned by the unit"), N_("dispatches")},
    {"return_refused", FIGURE_RATE,  OF_NOTHING, count_return_refused, N_("unfounded return rate"),
     N_("given back to the same unit"), N_("returned by the unit")},
    {"reworked",       FIGURE_RATE,  OF_NOTHING, count_reworked,       N_("rework rate"),
     N_("verifications not passed"), N_("verifications")},
    {"false_alarms",   FIGURE_RATE,  OF_NOTHING, count_false_alarms,   N_("false alarm rate"),
     N_("closed as false alarms"), N_("closed as false alarms or as real")},
    {"on_site",        FIGURE_RATE,  OF_NOTHING, count_on_site,        N_("handled on site"),
     N_("reported as done"), N_("closed in the period")},
    {"answered_at_desk", FIGURE_RATE, OF_NOTHING, count_answered_at_desk, N_("answered at the desk"),
     N_("explained without a unit"), N_("consultations closed in the period")},
    {"reopened",       FIGURE_RATE,  OF_NOTHING, count_reopened,       N_("reopening rate"),
     N_("opened again since"), N_("closed in the period")},
    {"called_back",    FIGURE_RATE,  OF_NOTHING, count_called_back,    N_("callback rate"),
     N_("reporters called back since"), N_("callback due in the period")},
    {"satisfied",      FIGURE_RATE,  OF_NOTHING, count_satisfied,      N_("satisfaction rate"),
     N_("satisfied, or basically"), N_("reporters reached by a callback")},
    {"solved",         FIGURE_RATE,  OF_NOTHING, count_solved,         N_("solved rate"),
     N_("solved, the reporter says"), N_("reporters reached by a callback")},
    {"unreasonable",   FIGURE_RATE,  OF_NOTHING, count_unreasonable,   N_("found unreasonable"),
     N_("found so by a second person"), N_("proposals decided in the period")},
    {"contained",      FIGURE_RATE,  OF_LEVEL,   count_contained,      N_("contained at its level: %s"),
     N_("no rung above the breach fired, not reported up"), N_("closed in the period")},
    {"reported_up",    FIGURE_RATE,  OF_LEVEL,   count_reported_up,    N_("reported up a level: %s"),
     N_("reported up at least once"), N_("closed in the period")},
    {"sent_down",      FIGURE_RATE,  OF_LEVEL,   count_sent_down,      N_("sent down again: %s"),
     N_("sent down at least once"), N_("reported up, closed in the period")},
    {"escalated",      FIGURE_COUNT, OF_RUNG,    count_escalated,      N_("late escalations: rung %s"),
     N_("rungs above the breach fired in the period"), NULL},
    {"urged",          FIGURE_COUNT, OF_NOTHING, count_urged,          N_("urged"),
     N_("times urged in the period"), NULL},
    {"supervised",     FIGURE_COUNT, OF_NOTHING, count_supervised,     N_("supervised"),
     N_("times put under supervision in the period"), NULL},
    {"used",           FIGURE_SPAN,  OF_CLOCK,   count_used,           N_("time used: %s"),
     N_("until it was stopped"), N_("deadline in the period, no upheld return")},
    {"lasted",         FIGURE_SPAN,  OF_NOTHING, count_lasted,         N_("from receipt to close"),
     N_("until it was closed"), N_("closed in the period")},
    {"covered",        FIGURE_RATE,  OF_PERIOD,  count_covered,        N_("coverage of duties: %s"),
     N_("targets done"), N_("targets of periods that ended")},
    {"duties_done",    FIGURE_RATE,  OF_PERIOD,  count_whole,          N_("duties wholly done: %s"),
     N_("periods without anything missing"), N_("periods that ended")},
};
/* clang-format on */
const size_t figure_table_size = sizeof(figure_table) / sizeof(figure_table[0]);
