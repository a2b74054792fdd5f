#include "broker/core/level.h"

#include "broker/core/period.h"
#include "broker/core/route.h"
#include "schemas/typed.h"

/* --- days and their counts --- */

struct tally {
    int64_t days[RATING_DAYS_MAX];
    uint32_t counts[RATING_DAYS_MAX];
    size_t n;
};

static int64_t today(const struct step *step)
{
    return period_day(step->now_ms, step->core->policy->utc_offset_minutes);
}

/* The number that the text begins with; the text goes on behind it. */
static int64_t number_of(const char **text)
{
    int64_t number = 0;
    for (; **text >= '0' && **text <= '9'; ++*text)
        number = 10 * number + (**text - '0');
    return number;
}

/* Those within the window that ends today. */
static struct tally tally_of(const struct side *side, int64_t day, int64_t window_days)
{
    struct tally tally = {0};
    for (size_t i = 0; i < side->list_count && tally.n < RATING_DAYS_MAX; i++) {
        const char *text = side->list[i];
        int64_t at = number_of(&text);
        if (at <= day - window_days)
            continue;
        text++;
        tally.days[tally.n] = at;
        tally.counts[tally.n++] = (uint32_t)number_of(&text);
    }
    return tally;
}

static uint32_t sum_from(const struct tally *tally, int64_t first_day)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < tally->n; i++)
        sum += tally->days[i] >= first_day ? tally->counts[i] : 0;
    return sum;
}

static void write_tally(struct step *step, const struct tally *tally, struct side *side)
{
    const char **list = ARENA_NEW(step->outcome->arena, const char *, tally->n);
    for (size_t i = 0; i < tally->n; i++)
        list[i] = step_text(step, "%lld:%u", (long long)tally->days[i], tally->counts[i]);
    side->list = list;
    side->list_count = tally->n;
}

/* --- what is proposed --- */

/* Up at a colour's `up`, down from it below its `down`. */
static uint32_t proposed(const struct rating *rating, uint32_t count, uint32_t now)
{
    uint32_t colour = RUNG_RED;
    while (colour > 0 && !(rating->colours[colour].up && count >= rating->colours[colour].up))
        colour--;
    if (colour >= now)
        return colour;
    while (now > colour && (!rating->colours[now].up || count < rating->colours[now].down))
        now--;
    return now;
}

/* The first midnight at which it falls, if nothing comes; 0: never. */
static int64_t falls_ms(const struct step *step, const struct rating *rating, const struct tally *tally, uint32_t state)
{
    for (size_t i = 0; state && i < tally->n; i++) {
        int64_t day = tally->days[i] + rating->window_days; /* the first without this day, and those before it */
        uint32_t left = sum_from(tally, tally->days[i] + 1);
        if (proposed(rating, left, state) != state)
            return period_midnight(day, step->core->policy->utc_offset_minutes);
    }
    return 0;
}

/* Count and deadline as of today. Whether the proposal stands. */
static bool take_stock(struct step *step, struct side *side)
{
    const struct rating *rating = &step->core->policy->rating;
    struct tally tally = tally_of(side, today(step), rating->window_days);
    side->count = sum_from(&tally, 0);
    side->next_ms = falls_ms(step, rating, &tally, side->state);
    write_tally(step, &tally, side);
    return proposed(rating, side->count, side->state) == side->state;
}

static void record_proposal(struct step *step, struct side *side)
{
    const struct rating *rating = &step->core->policy->rating;
    struct record record = record_of_broker(step, RECORD_LEVEL_PROPOSED);
    side->state = proposed(rating, side->count, side->state);
    take_stock(step, side);
    side_set(step->outcome, &record, side, 1);
    step_record(step, &record);
}

/* --- rows --- */

static struct side draft_of(struct step *step, const char *area)
{
    struct side side = side_draft(step->core, SIDE_AREA_LEVEL, area);
    struct arena *arena = step->outcome->arena;
    side.key = arena_strdup(arena, area);
    side.name = arena_strdup(arena, text_or_empty(side.name));
    side.text = arena_strdup(arena, text_or_empty(side.text));
    side.principal = arena_strdup(arena, text_or_empty(side.principal));
    side.person = arena_strdup(arena, text_or_empty(side.person));
    return side;
}

/* The area of the rated level around this one; NULL: none. */
static const struct area *rated_area(const struct policy *policy, const char *code)
{
    const struct area *area = policy_area_now(policy, policy_area(policy, code));
    while (area && area->level != policy->rating.level)
        area = area->parent;
    return area;
}

/* --- counted --- */

static bool is_counted(const struct policy *policy, const struct incident *head)
{
    const struct rating *rating = &policy->rating;
    const struct type *type = policy_type_now(policy, policy_type(policy, head->type));
    bool fits = rating->type_count == 0;
    for (size_t i = 0; !fits && type && i < rating->type_count; i++)
        fits = type_within(type, rating->types[i]);
    return rating->window_days && fits && !head->exercise;
}

static const struct area *counted_area(const struct step *step, const struct incident *head)
{
    const struct policy *policy = step->core->policy;
    return policy->rating.window_days && is_counted(policy, head) ? rated_area(policy, head->area) : NULL;
}

static void add_today(struct step *step, struct side *side)
{
    int64_t day = today(step);
    struct tally tally = tally_of(side, day, step->core->policy->rating.window_days);
    if (tally.n == 0 || tally.days[tally.n - 1] != day) {
        tally.days[tally.n] = day;
        tally.counts[tally.n++] = 0;
    }
    tally.counts[tally.n - 1]++;
    write_tally(step, &tally, side);
    side->last_ms = step->now_ms;
}

void level_count(struct step *step, struct record *record, const struct incident *head)
{
    const struct area *area = counted_area(step, head);
    if (!area || (side_full(step->core, 1) && !side_find(step->core, SIDE_AREA_LEVEL, area->code)))
        return;
    struct side side = draft_of(step, area->code);
    add_today(step, &side);
    take_stock(step, &side);
    side_set(step->outcome, record, &side, 1);
}

void level_settle(struct step *step, const struct incident *head)
{
    const struct area *area = counted_area(step, head);
    if (!area || !side_find(step->core, SIDE_AREA_LEVEL, area->code))
        return;
    struct side side = draft_of(step, area->code);
    if (!take_stock(step, &side))
        record_proposal(step, &side);
}

void level_due(struct step *step, const struct live_side *row)
{
    struct side side = draft_of(step, row->facts.key);
    if (step->core->policy->rating.window_days) {
        take_stock(step, &side);
        record_proposal(step, &side);
        return;
    }
    struct record record = record_of_broker(step, RECORD_ROUTINE); /* the sweep has not come to it */
    side.next_ms = 0;
    side_set(step->outcome, &record, &side, 1);
    step_record(step, &record);
}

/* --- listed --- */

enum rung_colour level_of(const struct core *core, const char *area)
{
    const struct live_side *row = *area ? side_find(core, SIDE_AREA_LEVEL, area) : NULL;
    return row ? row->facts.colour : 0;
}

/* By a person, within what the asker may touch. */
static bool may_list(struct aside *aside)
{
    struct step *step = aside->step;
    const struct area *area = policy_area(step->core->policy, text_or_empty(aside->act->area));
    if (typed_blank(aside->act->person))
        return step_refuse(step, REFUSAL_MISSING_FIELD, "person", "%s is done by a person, by name",
                           act_name(aside->act->verb));
    return right_in_scope(step->who, NULL, area) ||
           step_refuse(step, REFUSAL_OUT_OF_SCOPE, NULL, "area \"%s\" is outside what \"%s\" may touch", area->code,
                       step->who->name);
}

/* One that can be listed, or NULL with a refusal. */
static const struct area *area_of(struct aside *aside)
{
    struct step *step = aside->step;
    const struct policy *policy = step->core->policy;
    const char *code = text_or_empty(aside->act->area);
    const struct area *area = policy_area_at(policy, policy_area(policy, code), step->now_ms);
    if (!policy->rating.window_days)
        step_refuse(step, REFUSAL_BAD_VALUE, "area", "no area has a level here: area_levels.yaml says which do");
    else if (!area)
        step_refuse(step, REFUSAL_UNKNOWN_AREA, "area", "no such area: \"%s\"", code);
    else if (area->level != policy->rating.level)
        step_refuse(step, REFUSAL_BAD_VALUE, "area", "area \"%s\" is no %s: only these have a level", area->code,
                    policy->levels[policy->rating.level].name);
    else
        return area;
    return NULL;
}

static const struct unit *lead_of(const struct step *step, enum rung_colour colour, const struct area *area)
{
    const struct recipient *lead = &step->core->policy->rating.colours[colour].lead;
    struct route_query query = {.area = area};
    return lead->kind ? route_recipient(step->core->policy, lead, &query) : NULL;
}

/* Its duties begin, or end: the sweep sees to that. */
static bool set_colour(struct aside *aside, struct side *side, enum rung_colour colour, const struct unit *lead)
{
    struct step *step = aside->step;
    side->colour = colour;
    side->name = lead ? lead->id : "";
    side->principal = step->who->name;
    side->person = aside->act->person;
    side->text = aside->act->reason;
    side->first_ms = step->now_ms;
    side_set(step->outcome, aside->record, side, 1);
    routine_begin(step->writer);
    return true;
}

bool level_list(struct aside *aside)
{
    struct step *step = aside->step;
    const struct area *area = may_list(aside) ? area_of(aside) : NULL;
    enum rung_colour colour = aside->act->colour;
    if (!area)
        return false;
    if (colour < RUNG_BLUE || colour > RUNG_RED || !step->core->policy->rating.colours[colour].up)
        return step_refuse(step, REFUSAL_BAD_VALUE, "colour", "area_levels.yaml has no such colour");
    struct side side = draft_of(step, area->code);
    if (side.colour == colour)
        return step_refuse(step, REFUSAL_WRONG_STATE, "colour",
                           "the area is listed %s; possible is another colour, or delist_area",
                           rung_colour_name(colour));
    take_stock(step, &side);
    return set_colour(aside, &side, colour, lead_of(step, colour, area));
}

/* Also when areas of its level are not rated any more. */
bool level_delist(struct aside *aside)
{
    struct step *step = aside->step;
    const char *code = text_or_empty(aside->act->area);
    if (!may_list(aside))
        return false;
    if (!level_of(step->core, code))
        return step_refuse(step, REFUSAL_WRONG_STATE, "area", "the area is not listed; possible is list_area");
    struct side side = draft_of(step, code);
    return set_colour(aside, &side, 0, NULL);
}

/* --- after a change of rules --- */

/* A row whose area is listed stays; others only while areas of that level are rated. A proposal that the new rules do not
 * make is due at once. */
static void reckon(struct sweep *sweep, const struct area *area)
{
    struct step *step = sweep->step;
    const struct rating *rating = &step->core->policy->rating;
    bool rated = rating->window_days && area->level == rating->level && !area->retired;
    const struct live_side *row = side_find(step->core, SIDE_AREA_LEVEL, area->code);
    if (!row || (!rated && !row->facts.colour))
        return;
    struct side side = draft_of(step, area->code);
    int64_t next_ms = side.next_ms;
    bool stands = rated ? take_stock(step, &side) : true;
    side.next_ms = !rated ? 0 : stands ? side.next_ms : step->now_ms;
    if (side.next_ms != next_ms)
        sweep_set(sweep, &side);
    sweep_keep(sweep, SIDE_AREA_LEVEL, area->code);
}

bool level_reckon(struct sweep *sweep, size_t at)
{
    const struct policy *policy = sweep->step->core->policy;
    if (at >= policy->area_count)
        return false;
    reckon(sweep, &policy->areas[at]);
    return true;
}
