/* survey.h: what a sound configuration would do wrong, found before it happens: whom nothing reaches, what nobody can keep.
 * The broker runs with such a one; `bihuan check` says where it would fail, and what would be right. */
#ifndef BROKER_SURVEY_H
#define BROKER_SURVEY_H

#include "broker/base/fault.h"
#include "broker/core/policy.h"

/* Errors: something would go to nobody, or be late whatever anybody does. Warnings ("warning: …"): it may be meant so. now_ms:
 * up to when holidays ought to be announced. */
void survey(const struct policy *, int64_t now_ms, struct faults *errors, struct faults *warnings);

#endif
