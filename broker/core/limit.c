#include "broker/core/limit.h"

static int64_t due_of(const struct climb *climb, const struct limit *limit, int64_t now_ms)
{
    struct pace pace = climb_pace(climb, limit->kind, limit->calendar);
    struct clock clock;
    clock_start(&clock, limit->kind, 0, limit->budget_ms, &pace, now_ms);
    return clock.due_ms;
}

/* The stricter of two limits is the one that is due first; either may be NULL. */
static const struct limit *stricter(const struct climb *climb, const struct limit *one, const struct limit *other,
                                    int64_t now_ms)
{
    if (!one || !other)
        return one ? one : other;
    return due_of(climb, other, now_ms) < due_of(climb, one, now_ms) ? other : one;
}

/* Until somebody says what it is, the strictest limit of any type runs. */
static const struct limit *strictest_of_all(const struct climb *climb, enum clock_kind kind, int64_t now_ms)
{
    const struct policy *policy = climb->policy;
    const struct limit *strictest = NULL;
    for (size_t i = 0; i < policy->profile_count; i++)
        strictest = stricter(climb, strictest, profile_limit(&policy->profiles[i], kind), now_ms);
    return strictest;
}

/* Until somebody picks a filing condition, the strictest of those below the type; where they have none, its own. */
static const struct limit *limit_of_type(const struct climb *climb, enum clock_kind kind, int64_t now_ms)
{
    const struct type *type = climb->type;
    const struct limit *strictest = NULL;
    for (size_t i = 0; i < type->open_limit_count; i++) {
        if (type->open_limits[i].kind == kind)
            strictest = stricter(climb, strictest, &type->open_limits[i], now_ms);
    }
    return strictest ? strictest : profile_limit(type->profile, kind);
}

/* 建议 and 表扬 are passed on and answered: nothing is there to be handled in time. */
static bool is_handled(enum nature nature, enum clock_kind kind)
{
    bool handling = kind == CLOCK_RESOLVE || (kind >= CLOCK_RESPOND && kind <= CLOCK_CONTACT);
    return !handling || (nature != NATURE_SUGGEST && nature != NATURE_PRAISE);
}

/* Where no profile says, what waits for the centre has a limit all the same. */
static const struct limit *default_limit(enum clock_kind kind)
{
    static const struct limit limits[] = {{CLOCK_DISPATCH, CALENDAR_NATURAL, DISPATCH_DEFAULT_MS, NULL},
                                          {CLOCK_RETURN_DECIDE, CALENDAR_NATURAL, RETURN_DEFAULT_MS, NULL},
                                          {CLOCK_ARBITRATE, CALENDAR_NATURAL, ARBITRATE_DEFAULT_MS, NULL},
                                          {CLOCK_ACKNOWLEDGE, CALENDAR_NATURAL, ACKNOWLEDGE_DEFAULT_MS, NULL},
                                          {CLOCK_APPEAL, CALENDAR_NATURAL, REVIEW_DEFAULT_MS, NULL},
                                          {CLOCK_CONFIRM, CALENDAR_NATURAL, CONFIRM_DEFAULT_MS, NULL}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].kind == kind)
            return &limits[i];
    }
    return NULL;
}

const struct limit *limit_of(const struct climb *climb, enum nature nature, enum clock_kind kind, int64_t now_ms)
{
    if (!is_handled(nature, kind))
        return NULL;
    const struct limit *limit = climb->special ? profile_limit(climb->special->profile, kind) : NULL;
    if (limit)
        return limit;
    limit = climb->type ? limit_of_type(climb, kind, now_ms) : strictest_of_all(climb, kind, now_ms);
    return limit ? limit : default_limit(kind);
}
