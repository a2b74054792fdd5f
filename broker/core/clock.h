/* clock.h: a budget and its ledger: start, pause, resume, stop, each in the clock's own time. Arithmetic only; by what
 * time is measured and which rungs a clock climbs is ladder.c's to say. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "broker/core/calendar.h"

/* How a clock's time is counted: up to its budget in its own calendar, beyond it in that of its ladder's steps. The
 * ledger is in both, so that a clock that is paused after its breach goes on between the same two rungs. */
struct pace {
    struct measure within, beyond;
};

/* A fresh budget, running from now. next_ms is left for clock_arm of ladder.h. */
void clock_start(struct clock *, enum clock_kind, uint32_t task, int64_t budget_ms, const struct pace *,
                 int64_t now_ms);
/* Running becomes paused: what was used is kept, nothing is due. Others stay as they are. */
void clock_pause(struct clock *, const struct pace *, int64_t now_ms);
/* Paused becomes running with what was left. Others stay as they are. */
void clock_resume(struct clock *, const struct pace *, int64_t now_ms);
/* The verdict: met when at or before due, late after. For running and paused clocks. */
void clock_stop(struct clock *, const struct pace *, int64_t now_ms);
/* It was not owed after all. For running and paused clocks. */
void clock_void(struct clock *, const struct pace *, int64_t now_ms);
/* More budget, in days and milliseconds of the clock's own time: a day of span_ms (24 hours) is a working day where it
 * counts working time. For running and paused clocks. */
void clock_extend(struct clock *, const struct pace *, int64_t span_ms);
/* A running clock's due, from its ledger: again, after its calendar has changed. */
void clock_reckon(struct clock *, const struct pace *);

/* Milliseconds of the budget used at now, over pauses: more than the budget exactly when it is after due. */
int64_t clock_used_ms(const struct clock *, const struct pace *, int64_t now_ms);
/* When a running clock will have used so much. */
int64_t clock_instant(const struct clock *, const struct pace *, int64_t used_ms);
/* No limit, but the end of what was granted: it warns nobody, climbs no ladder, and has no verdict. */
bool clock_is_term(enum clock_kind);
/* Running or paused: no verdict yet. */
bool clock_open(const struct clock *);
/* Running, and its red rung has fired. */
bool clock_breached(const struct clock *);

#endif
