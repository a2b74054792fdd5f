/* limit.h: which limit holds for a clock: of the type, or, as long as that is open, the strictest that it may be. */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include "broker/core/ladder.h"

/* For what begins now. NULL: none. */
const struct limit *limit_of(const struct climb *, enum nature, enum clock_kind, int64_t now_ms);

#endif
