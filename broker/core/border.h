/* border.h: 一方报警、多方响应: what happens near a border, or is of a listed type, concerns the neighbours too: each gets a
 * copy (知会), which owes nothing and is waited for by nobody. Two reports of one thing from both sides of a border are
 * offered as one; a person merges them. */
#ifndef CORE_BORDER_H
#define CORE_BORDER_H

#include "broker/core/draft.h"
#include "broker/core/route.h"

/* Of an event on its way in: whom it concerns beside its own, and the incident that it may be the same as. */
void border_find(const struct step *, const struct route_query *, struct incident_more *);
/* The neighbours get their copies, whoever has no part in it yet; never whom a report is about. */
void border_copy(struct draft *);
/* The same after it was closed: whose copy was ended gets it once more. */
void border_copy_again(struct draft *);

/* What would be copied of what is asked about, to whom, by which line, and whom it is not; in the arena. near: areas that lie
 * so near as the policy asks; beside: what an incident's head says, or NULL. How many. */
size_t border_explain(const struct policy *, const struct route_query *, const struct route_result *,
                      const char *const *near, size_t near_count, const char *beside, struct arena *,
                      const struct copied **);

#endif
