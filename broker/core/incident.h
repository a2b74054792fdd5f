/* incident.h: the life of an incident between opening and end: the state × act table, and how it ends. */
#ifndef CORE_INCIDENT_H
#define CORE_INCIDENT_H

#include "broker/core/draft.h"
#include "broker/core/step.h"

/* COMMAND_ACT. */
void incident_act(struct step *);
/* Whether the table allows the act in the state. */
bool incident_allows(enum incident_state, enum act_verb);

/* A report about the asker's own people: for them there is no such incident. */
bool incident_kept_from(const struct step *, const struct live *);
/* Whether it is the asker's to see: all of it, or what it reported. */
bool incident_visible(const struct step *, const struct live *);
/* Whether the asker may touch it, by its type and area; else refuses. */
bool incident_in_scope(struct step *, const struct live *);
/* After a feedback: when the lead and all others are done it closes, or goes to whoever verifies. */
void incident_settle(struct step *, const struct live *);
/* The lead's task when it is fed back, else NULL. */
const struct task *incident_lead_done(const struct draft *);

/* An act being decided. */
struct acting {
    struct step *step;
    const struct act *act;
    const struct live *live;
    struct draft *draft;
    struct record *record;
};

/* Ends the draft's incident: tasks not done are withdrawn, clocks stop; owed: as in draft_end_clocks. */
void incident_end(struct draft *, const struct live *, enum incident_state, bool owed);

#endif
