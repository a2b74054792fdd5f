/* task.h: what a department says of a task, through its worker or through the centre on its behalf: the state × word
 * table. */
#ifndef CORE_TASK_H
#define CORE_TASK_H

#include "broker/core/step.h"

/* A word being decided. */
struct saying {
    struct step *step;
    const struct word *word;
    const struct live_task *of;
    bool on_behalf;
    struct draft *draft;
    struct task *task;   /* in the draft */
    const char *closing; /* the closing condition that was said to hold, or NULL */
    struct record *record;
};

/* COMMAND_WORD. */
void task_word(struct step *);
/* Whether the table allows the word in the state, from a worker or (on behalf) from the centre. */
bool task_allows(enum task_state, enum word_verb, bool on_behalf);

#endif
