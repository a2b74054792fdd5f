/* right.h: role × verb. The gate says who is speaking, the core says what they may; reads too. */
#ifndef CORE_RIGHT_H
#define CORE_RIGHT_H

#include "broker/core/policy.h"

/* X(NAME, roles that may) */
#define RIGHTS(X)                                                                                                      \
    X(PUBLISH, PRINCIPAL_SOURCE | PRINCIPAL_INTAKE)                                                                    \
    X(WITHDRAW, PRINCIPAL_SOURCE | PRINCIPAL_INTAKE)                                                                   \
    X(STATUS, PRINCIPAL_SOURCE | PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR)   \
    X(WORK, PRINCIPAL_DEPARTMENT)                                                                                      \
    X(ON_BEHALF, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF)                                                          \
    X(DISPATCH, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF)                    /* assign, transfer, release, merge */ \
    X(ARBITRATE, PRINCIPAL_DUTY_CHIEF)                                          /* a second return */                  \
    X(DECIDE, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF)                      /* what somebody asks */               \
    X(WHISTLE, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF)                     /* of a level that city.yaml lists */  \
    X(DUTY, PRINCIPAL_DEPARTMENT | PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF) /* its own; or on a unit's behalf */   \
    X(LEVEL, PRINCIPAL_DUTY_CHIEF)                                              /* list_area, delist_area */           \
    X(EXERCISE, PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR)                       /* commit_exercise, reveal */          \
    X(SAMPLE, PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR | PRINCIPAL_VERIFIER)                                           \
    X(APPEAL, PRINCIPAL_DEPARTMENT)                                          /* against a late verdict of its own */   \
    X(REVIEW, PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR) /* decide an appeal */                    \
    X(OVERSEE, PRINCIPAL_DUTY_CHIEF)                                         /* supervise, charge */                   \
    X(END, PRINCIPAL_DUTY_CHIEF | PRINCIPAL_DISPATCHER)                      /* close, cancel, reject */               \
    X(ANSWER, PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF)                                          \
    X(CALLBACK, PRINCIPAL_INTAKE | PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF)                                          \
    X(OVERRULE, PRINCIPAL_DUTY_CHIEF) /* what was done so often that it is nobody else's to do again */                \
    X(CLAIM, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF)                                                              \
    X(HANDOVER, PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF)                   \
    X(EXCLUDE, PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF)                                         \
    X(IDENTITY, PRINCIPAL_INTAKE | PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR) /* seek, open */     \
    X(UNSEAL, PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR) /* grant that who reported is opened */                        \
    X(VERIFY, PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF)                                                               \
    X(VERIFY_OWN, PRINCIPAL_SOURCE) /* what it reported, where the route says verify: source */                        \
    X(READ_ALL,                                                                                                        \
      PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR)         \
    X(READ_OWN, PRINCIPAL_SOURCE | PRINCIPAL_DEPARTMENT) /* what it reported, or has a task in */                      \
    X(OPERATE, PRINCIPAL_OPERATOR)                       /* reload, backup */

#define RIGHT_ENUM(N, roles) RIGHT_##N,
enum right { RIGHTS(RIGHT_ENUM) RIGHT_COUNT };

bool right_has(const struct principal *, enum right);
/* Whether type and area are within what the principal may use. NULL is unknown, which nothing says is outside: what
 * has no place or no known type must be seen by somebody. */
bool right_in_scope(const struct principal *, const struct type *, const struct area *);
/* Whether nothing is kept from it but what is kept from everybody: it reads all, everywhere, and is of no unit. */
bool right_sees_all(const struct principal *);
bool right_unit(const struct principal *, const char *unit); /* one of its units; config/ lists their sub-units too */
/* The task is one of its units', or was handed on to one of them. */
bool right_task(const struct principal *, const struct task *);

#endif
