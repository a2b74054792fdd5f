/* appeal.h: 申诉: a unit says that a late verdict was not its fault. Two reviewers decide; the verdict itself stays. */
#ifndef CORE_APPEAL_H
#define CORE_APPEAL_H

#include "broker/core/incident.h"

/* Whether it is for the asker to appeal: some task of it is one of its units'. */
bool appeal_visible(const struct step *, const struct live *);
bool act_appeal(struct acting *);
/* One was decided: where none is left the reviewers' clock has its verdict. */
void appeal_decided(struct draft *);
/* How many nobody has decided. */
size_t appeal_open(const struct ask *, size_t n);

#endif
