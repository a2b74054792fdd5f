/* live.h: rows in memory: made, changed, read back, forgotten. What a change does to a row depends on the two alone. */
#ifndef CORE_LIVE_H
#define CORE_LIVE_H

#include "broker/core/state.h"

/* Closed, merged, cancelled or rejected. */
bool incident_ended(enum incident_state);

/* It has ended and no clock of it runs: nothing can happen to it by itself. */
bool live_finished(const struct live *);

/* NULL when not in memory. What rests wakes. */
struct live *live_find(const struct core *, uint64_t incident);
/* The same, of what is awake. */
struct live *live_awake(const struct core *, uint64_t incident);
/* Walks over all in id order: after NULL the first, NULL at the end. The one before rests again if it did, and nothing
 * happened to it. */
struct live *live_after(const struct core *, struct live *);
/* The first whose number is at least this; NULL: there is none. */
struct live *live_from(const struct core *, uint64_t number);
/* The same, of those that are awake: somebody is at work on it, or something is known of it that few have. */
struct live *live_awake_from(const struct core *, uint64_t number);
struct live_task *live_task_find(const struct live *, uint32_t no);
/* The unit of a task; of 0, the lead's. NULL: there is none. */
const char *live_unit_of(const void *live, uint32_t task);
struct clock *live_clock_find(const struct live *, enum clock_kind, uint32_t task);
/* An empty row; not in anything derived yet. */
struct live *live_new(struct core *, uint64_t incident);
/* The same, that is not in the core. */
struct live *live_made(uint64_t incident);
/* Frees all it owns. */
void live_free(struct live *);
/* Forgets it: takes it out of everything, and frees it. */
void live_drop(struct core *, struct live *);
/* It is as stored: at the end of the turn it leaves, or rests. */
void live_visits(struct core *, struct live *);
/* Forgets those that were fetched after they ended, and lets those rest that were woken. Not a state change. */
void live_drop_visitors(struct core *);
/* One of them was changed, and is not as stored any more: it leaves, if it does, when it is. */
void live_stays(struct core *, struct live *);

/* Copies what is set over what was. */
void live_set_head(struct core *, struct live *, const struct incident *);
void live_set_task(struct core *, struct live *, const struct task *);
void live_set_clock(struct live *, const struct clock *);
/* Remembers who had a hand in it. */
void live_add_voice(struct core *, struct live *, const struct voice *);
void live_set_ask(struct core *, struct live *, const struct ask *);
/* The dispatch that can be taken back from now on; one until 0 is none. */
void live_set_undo(struct core *, struct live *, const struct undo *);
/* None after its time. */
void live_expire_undo(struct live *, int64_t at_ms);
/* Copies are made the row's own, and given up. */
void live_own_task(struct core *, struct task *);
void live_own_ask(struct core *, struct ask *);
void live_disown_task(const struct task *);
void live_disown_ask(const struct ask *);
void live_set_reports(struct core *, struct live *, const struct reports *);
/* NULL when only the one that opened it is known of. */
const struct reports *live_reports(const struct live *);
/* For so many clocks more, taken at once. */
void live_make_room(struct live *, size_t more);
/* Keeps the answer to a word; beyond WORDS_KEPT the oldest is forgotten. */
void live_keep_word(struct live *, const struct word_kept *);

/* What a row owns may be freed by its next change: copies of it that live as long as the arena. */
void live_lend_head(struct arena *, struct incident *);
void live_lend_task(struct arena *, struct task *);
/* How many there are. */
size_t live_lend_voices(struct arena *, const struct live *, const struct voice **out);
void live_lend_ask(struct arena *, struct ask *);
const struct reports *live_lend_reports(struct arena *, const struct reports *); /* NULL of NULL */
/* A view: names and arrays borrowed or in the arena; valid while the arena and the core's names are. */
void live_row(const struct live *, struct arena *, struct row *);

/* Zeroed; out of memory is a panic. */
void *core_alloc(size_t size_bytes);

#endif
