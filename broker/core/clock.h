/* clock.h: a budget and its ledger: start, pause, resume, stop. Arithmetic only; the rungs it climbs are ladder.c's. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "schemas/types.h"

/* A fresh budget, running from now. next_ms is left for clock_arm of ladder.h. */
void clock_start(struct clock *, enum clock_kind, uint32_t task, int64_t budget_ms, int64_t now_ms);
/* Running becomes paused: what was used is kept, nothing is due. Others stay as they are. */
void clock_pause(struct clock *, int64_t now_ms);
/* Paused becomes running with what was left. Others stay as they are. */
void clock_resume(struct clock *, int64_t now_ms);
/* The verdict: met when at or before due, late after. For running and paused clocks. */
void clock_stop(struct clock *, int64_t now_ms);
/* It was not owed after all. For running and paused clocks. */
void clock_void(struct clock *, int64_t now_ms);
/* Milliseconds of the budget used at now, over pauses. */
int64_t clock_used_ms(const struct clock *, int64_t now_ms);
/* Running or paused: no verdict yet. */
bool clock_open(const struct clock *);
/* Running, and its red rung has fired. */
bool clock_breached(const struct clock *);

#endif
