#include "broker/survey_parts.h"

void survey(const struct policy *policy, int64_t now_ms, struct faults *errors, struct faults *warnings)
{
    struct survey s = {.policy = policy, .now_ms = now_ms, .errors = errors, .warnings = warnings};
    arena_init(&s.arena);
    survey_spots(&s);
    survey_routes(&s);
    survey_time(&s);
    survey_people(&s);
    textmap_release(&s.seen);
    arena_release(&s.arena);
}
