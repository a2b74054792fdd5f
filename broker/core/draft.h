/* draft.h: an incident being decided on: a copy of its row, changed step by step, from which a record takes exactly what
 * was changed. Nothing here writes state. */
#ifndef CORE_DRAFT_H
#define CORE_DRAFT_H

#include "broker/core/ladder.h"

struct draft {
    struct step *step;
    uint64_t id, prev; /* prev: the record that touched it last */
    struct incident head;
    struct task tasks[TASKS_MAX];
    struct clock clocks[CLOCKS_MAX];
    struct ask asks[ASKS_MAX];
    size_t task_count, clock_count, ask_count;
    bool head_changed, task_changed[TASKS_MAX], clock_changed[CLOCKS_MAX], ask_changed[ASKS_MAX];
    const struct undo *undo;    /* NULL: what there was stays */
    const struct voices *heard; /* before; NULL: nobody */
    struct voice voice;         /* and now, once */
    size_t voice_count;
    const struct reports *reports; /* the row's own; or changed, in the outcome's arena */
    bool reports_changed;
    struct climb climb; /* of a type that is unknown: then the strictest limits of all hold */
};

/* A copy of a live incident. */
void draft_of(struct draft *, struct step *, const struct live *);
/* A new one with this head. */
void draft_new(struct draft *, struct step *, uint64_t id, const struct incident *head);

/* What its clocks are counted and climb by, of the head as it is now. */
void draft_climb(struct draft *);

/* What will be changed: the pointers stay good, and the record will carry it. */
struct incident *draft_head(struct draft *);
/* What only an incident under somebody's eye has: what is set in it is the incident's from now on. */
struct oversight *draft_oversight(struct draft *);
/* What few incidents have: what is set in it is the incident's from now on. */
struct incident_more *draft_head_more(struct draft *);
struct task *draft_task(struct draft *, uint32_t no); /* exists */
struct task *draft_add_task(struct draft *, const char *unit, enum task_role);
struct ask *draft_ask(struct draft *, uint32_t no);                  /* exists */
struct ask *draft_add_ask(struct draft *, const struct ask *wanted); /* gives it its number; there is room */
/* The same without its clocks. */
struct task *draft_new_task(struct draft *, const char *unit, enum task_role);
/* What only some tasks have: what is set in it is the task's from now on. */
struct task_more *draft_more(struct draft *, uint32_t no);

/* Somebody had a hand in a task, and is remembered for it: one in a decision, and not known yet (somebody.h). */
void draft_hear(struct draft *, struct voice);
/* Of an incident that had none: the one report that opened it. */
struct reports *draft_reports(struct draft *);

/* Clocks. A type without a limit of the kind gets none; what waits for the centre has a default. */
void draft_start_clock(struct draft *, enum clock_kind, uint32_t task);
void draft_start_task_clocks(struct draft *, uint32_t task);
/* The limit of the incident's type; NULL: none. */
const struct limit *draft_limit(const struct draft *, enum clock_kind);
void draft_start_limit(struct draft *, enum clock_kind, uint32_t task, const struct limit *);
void draft_stop_clock(struct draft *, enum clock_kind, uint32_t task);
/* Its time is up and nobody did what it was for: late, at due already. */
void draft_fail_clock(struct draft *, enum clock_kind, uint32_t task);
void draft_stop_task_clocks(struct draft *, uint32_t task);
void draft_pause_task_clocks(struct draft *, uint32_t task);
void draft_resume_task_clocks(struct draft *, uint32_t task);
void draft_void_task_clocks(struct draft *, uint32_t task);
void draft_void_clock(struct draft *, enum clock_kind, uint32_t task);
/* All that run are paused; all that are paused run. */
void draft_hold_clocks(struct draft *);
void draft_resume_clocks(struct draft *);
/* So much more of its budget, in the clock's own time, in which a day is a day of it. */
void draft_extend_clock(struct draft *, enum clock_kind, uint32_t task, int64_t span_ms);
/* A clock that is no limit: it ends at that instant. */
void draft_run_until(struct draft *, enum clock_kind, uint32_t task, int64_t until_ms);
/* All that is open: resolve, answer, verify and supervise get their verdict if they were owed, the rest is void. */
void draft_end_clocks(struct draft *, bool owed);
/* The clock as it is now; NULL when there is none. */
const struct clock *draft_clock(const struct draft *, enum clock_kind, uint32_t task);
/* Each open clock goes on under the profile's limit, from now, where that is due earlier. */
void draft_tighten_clocks(struct draft *, const struct profile *);
/* Takes over a clock as it stands (of a merged incident). */
void draft_put_clock(struct draft *, const struct clock *);

/* What changed, in the outcome's arena. */
struct change draft_change(const struct draft *);
/* Makes the change the record's first and records it. Returns its sequence. */
uint64_t draft_record(struct draft *, struct record *);

#endif
