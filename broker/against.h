/* against.h: a configuration held against rows of what really happened: which unit had what, where. */
#ifndef BROKER_AGAINST_H
#define BROKER_AGAINST_H

#include "broker/base/buffer.h"
#include "broker/base/fault.h"
#include "broker/core/policy.h"

/* What a table of rows says, counted. */
struct against {
    size_t rows, agree, nobody, elsewhere; /* sent to the unit it names; to none; to another */
    size_t contradictory;                  /* rows of a type and area that others of the same say otherwise of */
};

/* Routes every row of a CSV with columns type, area and unit; others are left aside. A type that is not listed counts as the
 * nearest above it. Each type and area whose rows disagree, with each other or with the route, is a line of `said`. 0; or
 * -EINVAL with faults for rows that cannot be read. */
int against_rows(const struct policy *, const char *path, struct against *, struct buffer *said, struct faults *);

#endif
