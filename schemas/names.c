/* The names of every list in types.h and wire.h, indexed by value. */
#include "schemas/wire.h"

#include <string.h>

struct names {
    const char *const *name; /* by value; NULL where there is none */
    size_t count;
};

static const char *name_at(const struct names *names, size_t value)
{
    return value < names->count ? names->name[value] : NULL;
}

static int value_of(const struct names *names, const char *name)
{
    if (!name)
        return 0;
    for (size_t value = 1; value < names->count; value++)
        if (names->name[value] && strcmp(names->name[value], name) == 0)
            return (int)value;
    return 0;
}

#define ENTRY(value, NAME, name) [value] = #name,

/* Defines the table of a list and its x_name. */
#define NAMED(x, type, LIST)                                                                                           \
    static const char *const x##_list[] = {LIST(ENTRY)};                                                               \
    static const struct names x##_names = {x##_list, sizeof x##_list / sizeof x##_list[0]};                            \
    const char *x##_name(enum type value)                                                                              \
    {                                                                                                                  \
        return name_at(&x##_names, (size_t)value);                                                                     \
    }

/* The same with x_of, the way back. */
#define NAMED_BOTH_WAYS(x, type, LIST)                                                                                 \
    NAMED(x, type, LIST)                                                                                               \
    enum type x##_of(const char *name)                                                                                 \
    {                                                                                                                  \
        return (enum type)value_of(&x##_names, name);                                                                  \
    }

NAMED_BOTH_WAYS(nature, nature, NATURES)
NAMED_BOTH_WAYS(coordinates, coordinate_system, COORDINATE_SYSTEMS)
NAMED_BOTH_WAYS(incident_state, incident_state, INCIDENT_STATES)
NAMED_BOTH_WAYS(task_state, task_state, TASK_STATES)
NAMED_BOTH_WAYS(task_role, task_role, TASK_ROLES)
NAMED_BOTH_WAYS(outcome, outcome_code, OUTCOMES)
NAMED_BOTH_WAYS(clock_kind, clock_kind, CLOCK_KINDS)
NAMED_BOTH_WAYS(calendar, calendar, CALENDARS)
NAMED(clock_state, clock_state, CLOCK_STATES)
NAMED_BOTH_WAYS(verifier, verifier, VERIFIERS)
NAMED_BOTH_WAYS(satisfaction, satisfaction, SATISFACTIONS)
NAMED_BOTH_WAYS(word, word_verb, WORDS)
NAMED_BOTH_WAYS(act, act_verb, ACTS)
NAMED_BOTH_WAYS(ask_kind, ask_kind, ASK_KINDS)
NAMED(decision, decision, DECISIONS)
NAMED(record_kind, record_kind, RECORD_KINDS)
NAMED_BOTH_WAYS(notice_step, notice_step, NOTICE_STEPS)
NAMED(lease_end, lease_end, LEASE_ENDS)
NAMED_BOTH_WAYS(rung_colour, rung_colour, RUNG_COLOURS)
NAMED_BOTH_WAYS(side_kind, side_kind, SIDE_KINDS)
NAMED(absence_state, absence_state, ABSENCE_STATES)
NAMED(duty_state, duty_state, DUTY_STATES)
NAMED(exercise_state, exercise_state, EXERCISE_STATES)
NAMED(unrouted_reason, unrouted_reason, UNROUTED_REASONS)
NAMED_BOTH_WAYS(role, principal_role, ROLES)
NAMED(refusal, refusal_code, REFUSALS)
NAMED(query, query_kind, QUERIES)

bool act_beside(enum act_verb verb)
{
    return verb == ACT_DUTY_DONE || verb == ACT_LIST_AREA || verb == ACT_DELIST_AREA || verb == ACT_COMMIT_EXERCISE ||
           verb == ACT_SAMPLE;
}

#define MESSAGE_ENTRY(value, NAME, name, endpoints) ENTRY(value, NAME, name)
#define MESSAGE_NAMES(X)                            MESSAGES(MESSAGE_ENTRY)
NAMED(message, message_kind, MESSAGE_NAMES)

bool message_accepted(enum message_kind kind, char endpoint)
{
#define ENDPOINTS(value, NAME, name, endpoints) [value] = (endpoints),
    static const char *const accepted[] = {MESSAGES(ENDPOINTS)};
    if ((size_t)kind >= sizeof accepted / sizeof accepted[0] || !accepted[kind] || !endpoint || endpoint == '-')
        return false;
    return strchr(accepted[kind], endpoint) != NULL;
}
