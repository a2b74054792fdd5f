/* sight.h: who may see what: everything within one's types and areas, what one reported, what one has a task in; and of
 * that a department its own tasks and clocks only. What a report is about sees nothing of it. One place for lists, timelines and feeds. */
#ifndef BROKER_SIGHT_H
#define BROKER_SIGHT_H

#include "broker/turn.h"

/* The incident as it is: from memory, else from the store; in the turn's arena. False: there is none. */
bool sight_row(struct turn *, uint64_t incident, struct row *);
bool sight_may_see(struct turn *, const struct principal *, const struct row *);
/* Whether one of the incident's reports is the principal's. */
bool sight_reported(const char *name, const struct row *);
/* A reader who sees only its own tasks of an incident that others work on too. */
bool sight_own_tasks_only(const struct principal *);
/* Whether the task with this number is the reader's. */
bool sight_task(const struct principal *, const struct row *, uint32_t no);
/* The reader's own among these, in the arena; how many. row: of the whole incident, to know whose task a clock is of. */
size_t sight_tasks(struct arena *, const struct principal *, const struct task *, size_t n, const struct task **out);
size_t sight_clocks(struct arena *, const struct principal *, const struct row *, const struct clock *, size_t n,
                    const struct clock **out);
size_t sight_asks(struct arena *, const struct principal *, const struct row *, const struct ask *, size_t n,
                  const struct ask **out);
/* Leaves in the row what the reader may see of it. */
void sight_keep_own_part(struct turn *, const struct principal *, struct row *);
void sight_keep_head(struct turn *, const struct principal *, struct incident *);
/* The event without who reported it, in the arena; told is only that there is somebody. NULL for none. */
const struct event *sight_event_kept(struct arena *, const struct event *);
/* The event as it is told to a reader: one that comes again of an incident kept from the reader does not lead there. */
const struct event *sight_event_told(struct turn *, const struct principal *, const struct event *);
/* Whether the record is of somebody who wants to know that: nothing for the units. */
bool sight_is_of_reporter(const struct record *);
/* Whether the reader may see the record of an event that opened nothing; leaves in it what it may. */
bool sight_event(struct turn *, const struct principal *, struct record *);
/* Leaves in the record the rows beside incidents that the reader may see, and of them what it may. */
void sight_keep_sides(struct turn *, const struct principal *, struct record *);
/* Leaves in the record the changes to incidents that the reader may see. Whether any is left. */
bool sight_keep_changes(struct turn *, const struct principal *, struct record *);

/* Leaves of rows beside incidents those that the reader may see, in place; returns how many. A department sees its own
 * duties and their targets. */
size_t sight_sides(struct turn *, const struct principal *who, struct side *, size_t n);

#endif
