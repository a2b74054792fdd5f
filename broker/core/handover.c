#include "broker/core/handover.h"

#include <stdio.h>
#include <string.h>

#include "broker/base/digest.h"
#include "broker/core/incident.h"
#include "broker/core/live.h"
#include "broker/core/right.h"
#include "broker/core/somebody.h"
#include "schemas/ident.h"
#include "schemas/typed.h"

#define LINE_BYTES          (IDENT_TEXT_BYTES + 16) /* an incident's number, its state, a newline */
#define DIGEST_QUOTED_LEAST 8                       /* digits that whoever takes over quotes */

/* --- what is open: of what the speaker may see --- */

struct items {
    uint32_t in_state[INCIDENT_STATE_END], count, overdue;
    char digest[2 * DIGEST_BYTES + 1];
};

static bool is_handed_on(const struct step *step, const struct live *live)
{
    const struct policy *policy = step->core->policy;
    return !incident_ended(live->head.state) && !incident_kept_from(step, live) &&
           right_in_scope(step->who, policy_type(policy, live->head.type), policy_area(policy, live->head.area));
}

/* The digest is of a line for each, "NUMBER STATE", in the order of their numbers. */
static void take_stock(const struct step *step, struct items *items)
{
    struct digest digest;
    char *lines = arena_alloc(step->outcome->arena, step->core->live.count * LINE_BYTES + 1), id[IDENT_TEXT_BYTES];
    size_t bytes = 0;
    *items = (struct items){.count = 0};
    for (struct live *live = NULL; (live = live_after(step->core, live));) {
        if (!is_handed_on(step, live))
            continue;
        ident_format(live->id, id);
        bytes += (size_t)snprintf(lines + bytes, LINE_BYTES, "%s %s\n", id, incident_state_name(live->head.state));
        items->in_state[live->head.state]++;
        items->overdue += map_get(&step->core->overdue, live->id) != NULL;
        items->count++;
    }
    digest_bytes(&digest, lines, bytes);
    digest_hex(&digest, items->digest);
}

/* "open 12", "verifying 3". */
static void list_states(struct step *step, const struct items *items, struct side *side)
{
    const char **list = ARENA_NEW(step->outcome->arena, const char *, INCIDENT_STATE_END);
    side->list_count = 0;
    for (enum incident_state state = 1; state < INCIDENT_STATE_END; state++) {
        if (items->in_state[state])
            list[side->list_count++] =
                step_text(step, "%s %u", incident_state_name(state), (unsigned)items->in_state[state]);
    }
    side->list = list;
}

/* --- handing over --- */

static bool named(struct aside *aside)
{
    return !typed_blank(aside->act->person) ||
           step_refuse(aside->step, REFUSAL_MISSING_FIELD, "person", "a shift is handed over by two named persons");
}

static bool is_on_duty(struct aside *aside, const struct side *side)
{
    const struct step *step = aside->step;
    if (!side->state || (step->who->roles & PRINCIPAL_DUTY_CHIEF) ||
        somebody_same(step->who->name, aside->act->person, side->principal, side->person))
        return true;
    return step_refuse(aside->step, REFUSAL_NOT_ON_DUTY, "person",
                       "on duty is \"%s\": only they, or a duty chief, hand over", side->person);
}

bool handover_give(struct aside *aside)
{
    struct step *step = aside->step;
    const struct act *act = aside->act;
    struct side side = side_draft(step->core, SIDE_SHIFT, act->name);
    struct items items;
    if (!named(aside) || !is_on_duty(aside, &side))
        return false;
    if (typed_same(act->person, act->target))
        return step_refuse(step, REFUSAL_SAME_PERSON, "target", "somebody else takes over");
    take_stock(step, &items);
    list_states(step, &items, &side);
    side.state = SHIFT_HANDED_OVER;
    side.first_ms = side.first_ms ? side.first_ms : step->now_ms;
    side.last_ms = step->now_ms;
    side.count = items.count;
    side.total = items.overdue;
    side.text = items.digest;
    side.name = act->target;
    side.principal = step->who->name;
    side.person = act->person;
    side_set(step->outcome, aside->record, &side, 1);
    return true;
}

/* --- taking over --- */

static bool was_handed_over(struct aside *aside, const struct side *side)
{
    return side->state == SHIFT_HANDED_OVER ||
           step_refuse(aside->step, REFUSAL_WRONG_STATE, "name", "nobody has handed \"%s\" over; possible is hand_over",
                       aside->act->name);
}

static bool is_successor(struct aside *aside, const struct side *side)
{
    return typed_same(aside->act->person, side->name) ||
           step_refuse(aside->step, REFUSAL_FORBIDDEN, "person", "it was handed over to \"%s\"", side->name);
}

/* Whoever quotes it has read what was handed over. */
static bool has_read(struct aside *aside, const struct side *side)
{
    size_t digits = strlen(aside->act->target);
    return (digits >= DIGEST_QUOTED_LEAST && strncmp(side->text, aside->act->target, digits) == 0) ||
           step_refuse(aside->step, REFUSAL_BAD_VALUE, "target",
                       "not the digest of what was handed over: at least the first %d digits of it, as beside shift "
                       "tells",
                       DIGEST_QUOTED_LEAST);
}

bool handover_take(struct aside *aside)
{
    struct step *step = aside->step;
    struct side side = side_draft(step->core, SIDE_SHIFT, aside->act->name);
    if (!named(aside) || !was_handed_over(aside, &side) || !is_successor(aside, &side) || !has_read(aside, &side))
        return false;
    side.state = SHIFT_ON_DUTY;
    side.first_ms = side.last_ms = step->now_ms;
    side.name = "";
    side.principal = step->who->name;
    side.person = aside->act->person;
    side_set(step->outcome, aside->record, &side, 1);
    return true;
}
