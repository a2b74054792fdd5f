/* step.h: one command being decided: what it may read, who asks, and where records and effects go. */
#ifndef CORE_STEP_H
#define CORE_STEP_H

#include "broker/core/right.h"
#include "broker/core/state.h"

struct step {
    const struct core *core;       /* what is decided on */
    struct core *writer;           /* the same, for step_record and for presence only */
    const struct command *command; /* NULL: the broker by itself */
    const struct principal *who;   /* NULL: the broker itself, or a name that the policy does not know */
    int64_t now_ms;
    struct outcome *outcome;
};

/* A record of what the broker does by itself. */
struct record record_of_broker(const struct step *, enum record_kind);
/* A record that answers the command: carries its actor, request and key. */
struct record record_of_command(const struct step *, enum record_kind);

/* Numbers the record, appends it and applies it. Returns its sequence. */
uint64_t step_record(struct step *, struct record *);
/* Says no, politely; a refusal of rights is also counted. Always false, so that checks may return it. */
bool step_refuse(struct step *, enum refusal_code, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "Not now": the same with a time after which to try again. */
bool step_refuse_later(struct step *, uint32_t retry_after_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool step_overloaded(struct step *, const char *reason);
/* The command is done, by the record with this sequence. */
void step_receipt(struct step *, uint64_t incident, uint64_t seq);
/* It was done before: the first receipt again. */
void step_receipt_again(struct step *, struct receipt first);
/* Answers a publish, act or reload whose key is known: its first receipt, or id_conflict. Whether it did. */
bool step_repeats(struct step *);
/* Whether the asker is known and has the right; else refuses. */
bool step_permitted(struct step *, enum right);
/* A task goes to the worker's connection, if it has one. */
void step_deliver(struct step *, const struct live_task *, const struct worker *);
/* Whoever holds the task is told that it no longer does. Before the record that says so. */
void step_revoke(struct step *, const struct live_task *, const char *reason);
/* Whoever holds the task is told that it is urged, or its incident supervised: what is said, less the task. */
void step_urge(struct step *, const struct live_task *, const struct urge *);
/* A text in the outcome's arena. */
const char *step_text(struct step *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
