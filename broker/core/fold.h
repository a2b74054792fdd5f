/* fold.h: repeated reports of one thing become one incident: by source group, type, place and window. Where they go is
 * derived from rows: key → the latest incident opened or merged under it, also for a while after it has ended. */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include <sys/queue.h>

#include "broker/base/map.h"
#include "broker/core/policy.h"
#include "schemas/types.h"

struct command;
struct core;
struct draft;
struct fold_rule;
struct live;
struct route_query;
struct step;

struct folds {
    struct map places; /* key → fold_place */
    TAILQ_HEAD(fold_places, fold_place) ended;
};

void folds_init(struct folds *);
void folds_release(struct folds *);
/* The row has changed, or is new in memory: its keys lead to it, while it is live and after. */
void folds_note(struct core *, const struct live *);

/* How an event folds; without a rule it does not. */
struct folding {
    const struct fold_rule *rule;
    uint64_t key;
};
/* Never of the panic lane or severity 1; nor what is sealed, about somebody, handled on site, or no report of a thing. */
struct folding fold_of(const struct principal *, const struct event *, const struct route_query *);
/* The live incident that takes it, or the closed one that it opens again; NULL when a new one is opened. */
const struct live *fold_target(const struct step *, const struct folding *);
/* The ended incident that must be in memory before the event is decided; 0: none. */
uint64_t fold_wanted(const struct core *, const struct command *);
/* The record's event is one more report of it. Returns its sequence. */
uint64_t fold_add(struct step *, const struct live *, struct record *, int severity);
/* A new incident takes what comes under the key. opening: the event that opens it. */
void fold_begin(struct draft *, const struct folding *, const struct event *opening);
/* The incident that ended under the key and that this is a recurrence of; 0: none. */
uint64_t fold_recurrence(const struct step *, const struct folding *);
/* Whether one of its reports is this source's. */
bool fold_reported(const struct live *, const char *source);
/* In a merge the survivor takes over who reported, and what would have folded into the other. False: too many sources. */
bool fold_join(struct draft *survivor, const struct draft *loser);

#endif
