/* figures_trail.h: a trail made by hand, and what is expected of the figures counted from it. Times are minutes. */
#ifndef FIGURES_TRAIL_H
#define FIGURES_TRAIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/figures.h"

#define MIN  INT64_C(60000)
#define T(m) (INT64_C(1790000000000) + (m)*MIN)

/* A trail that is written record by record; figures of the minutes 0 to 999, as of minute 2000, unless said. */
struct trail {
    struct lives lives;
    struct figures_question question;
    struct figures figures;
    uint64_t seq;
    bool returned; /* and not decided yet */
};

static inline struct trail *begin(void)
{
    struct trail *trail = calloc(1, sizeof(*trail));
    lives_init(&trail->lives);
    trail->question = (struct figures_question){.from_ms = T(0), .to_ms = T(1000), .as_of_ms = T(2000)};
    return trail;
}

static inline void end(struct trail *trail)
{
    lives_release(&trail->lives);
    free(trail);
}

static inline void put(struct trail *trail, int minute, enum record_kind kind, struct change change, struct record rest)
{
    struct record record = rest;
    record.seq = ++trail->seq;
    record.at_ms = T(minute);
    record.kind = kind;
    record.changes[0] = change;
    record.change_count = 1;
    lives_take(&trail->lives, &record);
}

/* --- parts of a record --- */

static inline struct incident *head(enum incident_state state, int received, int closed)
{
    static struct incident heads[8];
    static size_t next;
    struct incident *made = &heads[next++ % 8];
    *made = (struct incident){.state = state,
                              .type = "1.02.01",
                              .area = "620802001002",
                              .source = "camera",
                              .received_ms = T(received),
                              .closed_ms = closed ? T(closed) : 0};
    return made;
}

static inline struct incident *closed_as(enum outcome_code outcome, int received, int closed)
{
    struct incident *made = head(INCIDENT_CLOSED, received, closed);
    made->outcome = outcome;
    return made;
}

static inline struct task task_at(const char *unit, enum task_state state, int dispatched)
{
    return (struct task){.no = 1, .role = TASK_LEAD, .state = state, .unit = unit, .dispatched_ms = T(dispatched)};
}

static inline struct clock clock_at(enum clock_kind kind, enum clock_state state, int started, int budget, int stopped)
{
    struct clock clock = {.kind = kind,
                          .task = kind >= CLOCK_RESPOND ? 1 : 0,
                          .state = state,
                          .started_ms = T(started),
                          .budget_ms = budget * MIN,
                          .due_ms = state == CLOCK_PAUSED ? 0 : T(started + budget),
                          .stopped_ms = stopped ? T(stopped) : 0};
    clock.consumed_ms = stopped ? (stopped - started) * MIN : 0;
    return clock;
}

static inline void opened(struct trail *trail, uint64_t incident, int minute, struct incident *as,
                          const struct task *task, const struct clock *clocks, size_t clock_count)
{
    const struct event event = {.type = as->type};
    put(trail, minute, RECORD_OPENED,
        (struct change){.incident = incident,
                        .head = as,
                        .tasks = task,
                        .task_count = task != NULL,
                        .clocks = clocks,
                        .clock_count = clock_count},
        (struct record){.event = &event});
}

/* A return is asked, and decided by who gets the task. */
static inline struct ask asked_by(struct trail *trail, enum record_kind kind, uint32_t task)
{
    struct ask ask = {.no = 1, .task = task, .kind = ASK_RETURN, .decision = DECISION_OPEN};
    if (kind == RECORD_TRANSFERRED)
        ask.decision = DECISION_GRANTED;
    if (kind == RECORD_RELEASED)
        ask.decision = DECISION_REFUSED;
    trail->returned = kind == RECORD_RETURNED || kind == RECORD_UNDONE;
    return ask;
}

static inline void tasked(struct trail *trail, uint64_t incident, int minute, enum record_kind kind, struct task task,
                          const struct clock *clocks, size_t clock_count)
{
    bool ruled = trail->returned && (kind == RECORD_TRANSFERRED || kind == RECORD_RELEASED);
    struct ask ask = asked_by(trail, kind, task.no);
    put(trail, minute, kind,
        (struct change){.incident = incident,
                        .tasks = &task,
                        .task_count = 1,
                        .clocks = clocks,
                        .clock_count = clock_count,
                        .asks = &ask,
                        .ask_count = ruled || kind == RECORD_RETURNED || kind == RECORD_UNDONE},
        (struct record){.task = task.no});
}

static inline void headed(struct trail *trail, uint64_t incident, int minute, enum record_kind kind,
                          struct incident *as, const struct clock *clocks, size_t clock_count)
{
    put(trail, minute, kind,
        (struct change){.incident = incident, .head = as, .clocks = clocks, .clock_count = clock_count},
        (struct record){0});
}

static inline void ticked(struct trail *trail, uint64_t incident, int minute, enum record_kind kind, struct clock clock)
{
    put(trail, minute, kind, (struct change){.incident = incident, .clocks = &clock, .clock_count = 1},
        (struct record){0});
}

/* An incident of its own, with nothing but a lead and the clocks given. */
static inline void simple(struct trail *trail, uint64_t incident, int minute, const char *unit,
                          const struct clock *clocks, size_t clock_count)
{
    struct task task = task_at(unit, TASK_QUEUED, minute);
    opened(trail, incident, minute, head(INCIDENT_OPEN, minute, 0), &task, clocks, clock_count);
}

/* --- what is asserted --- */

static inline const struct cell *cell_of(const struct group *group, const char *name, unsigned of)
{
    static const struct cell none;
    for (size_t i = 0; i < figure_table_size; i++) {
        const struct cell *cell = group->cells[i];
        if (strcmp(figure_table[i].name, name) != 0)
            continue;
        while (cell && cell->of != of)
            cell = cell->next;
        return cell ? cell : &none;
    }
    fail_msg("no indicator %s", name);
    return NULL;
}

static inline void expect_cell(const struct cell *cell, const char *what, uint64_t part, uint64_t whole)
{
    if (cell->part != part || cell->whole != whole)
        fail_msg("%s is %d of %d, not %d of %d", what, (int)cell->part, (int)cell->whole, (int)part, (int)whole);
}

static inline void count(struct trail *trail)
{
    figures_count(&trail->figures, &trail->question, &trail->lives);
}

static inline void expect_of(struct trail *trail, const char *name, unsigned of, uint64_t part, uint64_t whole)
{
    count(trail);
    expect_cell(cell_of(trail->figures.all, name, of), name, part, whole);
    figures_release(&trail->figures);
}

static inline void expect(struct trail *trail, const char *name, uint64_t part, uint64_t whole)
{
    expect_of(trail, name, 0, part, whole);
}

static inline void expect_span(struct trail *trail, const char *name, unsigned of, uint64_t samples, int median,
                               int p90)
{
    count(trail);
    const struct cell *cell = cell_of(trail->figures.all, name, of);
    expect_cell(cell, name, 0, samples);
    assert_int_equal(cell->median_ms, median * MIN);
    assert_int_equal(cell->p90_ms, p90 * MIN);
    figures_release(&trail->figures);
}

/* Of group key: part of whole; absent when whole is 0. */
static inline void expect_in_of(struct trail *trail, const char *key, const char *name, unsigned of, uint64_t part,
                                uint64_t whole)
{
    const struct group *found = NULL;
    count(trail);
    for (size_t i = 0; i < trail->figures.group_count; i++)
        if (strcmp(trail->figures.groups[i]->key, key) == 0)
            found = trail->figures.groups[i];
    if (!found)
        fail_msg("no group \"%s\"", key);
    expect_cell(cell_of(found, name, of), key, part, whole);
    figures_release(&trail->figures);
}

static inline void expect_in(struct trail *trail, const char *key, const char *name, uint64_t part, uint64_t whole)
{
    expect_in_of(trail, key, name, 0, part, whole);
}

#endif
