#include "broker/core/denial.h"

#include <string.h>

#include "broker/base/panic.h"

/* To whom not everything is shown, what is somebody else's is unknown: a guess at it is on record, right or wrong, so that
 * the record does not tell which. */
static bool is_guess(const struct principal *who, enum refusal_code code)
{
    return (code == REFUSAL_UNKNOWN_INCIDENT || code == REFUSAL_UNKNOWN_TASK) && who && !right_sees_all(who);
}

static bool of_rights(const struct step *step, enum refusal_code code)
{
    return (code >= REFUSAL_UNKNOWN_SENDER && code < REFUSAL_UNKNOWN_TYPE) || is_guess(step->who, code);
}

static struct denial *denial_find(struct core *core, const char *principal, enum refusal_code code)
{
    for (size_t i = 0; i < core->denial_count; i++) {
        struct denial *denial = &core->denials[i];
        if (denial->principal == principal && denial->code == code)
            return denial;
    }
    return NULL;
}

static void record_refused(struct step *step, const char *principal, enum refusal_code code, uint32_t count)
{
    struct record record = record_of_broker(step, RECORD_REFUSED);
    record.principal = principal;
    record.refusal = code;
    record.count = count;
    step_record(step, &record);
}

void denial_count(struct step *step, const char *principal, enum refusal_code code)
{
    struct core *core = step->writer;
    if (!of_rights(step, code))
        return;
    principal = intern_text(&core->names, principal);
    /* When too many are denied at once the rest are counted under no name. */
    if (!denial_find(core, principal, code) && core->denial_count >= DENIALS_MAX)
        principal = intern_text(&core->names, "");
    struct denial *known = denial_find(core, principal, code);
    if (known) {
        known->count++;
        return;
    }
    ASSERT(core->denial_count < sizeof core->denials / sizeof core->denials[0]);
    core->denials[core->denial_count++] = (struct denial){principal, code, step->now_ms, 0};
    record_refused(step, principal, code, 1);
}

static void denial_close(struct step *step)
{
    struct core *core = step->writer;
    struct denial oldest = core->denials[0];
    memmove(core->denials, core->denials + 1, --core->denial_count * sizeof core->denials[0]);
    if (!oldest.count)
        return;
    record_refused(step, oldest.principal, oldest.code, oldest.count);
    core->denials[core->denial_count++] = (struct denial){oldest.principal, oldest.code, step->now_ms, 0};
}

void denial_tick(struct step *step)
{
    while (denial_due(step->core) <= step->now_ms)
        denial_close(step);
}

int64_t denial_due(const struct core *core)
{
    return core->denial_count ? core->denials[0].since_ms + REFUSAL_RECORD_MS : INT64_MAX;
}
