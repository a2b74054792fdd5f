/* ending.h: what only some incidents have of how they end, behind one pointer of their head: to whom it was referred (移交),
 * to what date it is planned (列入计划), that its reporter took it back (撤诉). And what an outcome needs beside its name. */
#ifndef CORE_ENDING_H
#define CORE_ENDING_H

#include "broker/core/draft.h"

/* Never NULL: of most incidents there is nothing to say. */
const struct ending *ending_of(const struct incident *);
/* What is set in it is the incident's from now on. */
struct ending *ending_draft(struct draft *);

/* An outcome that somebody says: `referred` names a body, `planned` a date in reach; they are kept. False: refused. */
bool ending_take(struct draft *, enum outcome_code, const char *to, int64_t until_ms);
/* It has closed: what is planned opens again at its date. */
void ending_plan(struct draft *);

/* Of a row. NULL for NULL. */
const struct ending *ending_own(const struct ending *);
void ending_disown(const struct ending *);
/* A copy that lives as long as the arena. NULL for NULL. */
const struct ending *ending_lend(struct arena *, const struct ending *);

#endif
