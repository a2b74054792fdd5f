/* plan.h: 预案: a plan lays out an incident's tasks: at once, one after another, or all to start at one instant (同步), each
 * with its checklist. */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "broker/core/act.h"
#include "broker/core/route.h"
#include "broker/core/task.h"

/* Adds the plan's tasks; a part that nobody is found for is left out, and so is an assist's that would go to whom
 * the report is about (the lead's goes to who stands above them). lead: whether its first task leads, else all assist. */
void plan_lay(struct draft *, const struct plan *, bool lead);
/* Whether a task of it is not over. */
bool plan_under_way(const struct draft *, const struct plan *);
/* Act: as in act.h. */
bool act_plan(struct acting *);

/* After a word, or when a task is let go: what waited for that begins, each step on record. */
void plan_go_on(struct step *, const struct live *);
/* The time to start together is over: all start now. */
void plan_begin_due(struct step *, const struct live *);

/* Whether a task may go to work: it does not wait to start with others. Else refuses. */
bool plan_may_work(struct saying *);
/* The same, and nothing that must be ticked is open. */
bool plan_may_feed_back(struct saying *);
/* Word: an item of the checklist is done. */
bool plan_may_tick(struct saying *);
void plan_tick(struct saying *);

/* What the plan would make of an incident, as a row: the tasks, and all their clocks, paused where they would begin later. */
void plan_imagine(const struct policy *, const struct plan *, const struct incident *, int64_t now_ms, struct arena *,
                  struct row *);

#endif
