#include "tests/sim/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/play.h"

/* --- enumerations: X(KIND, enumeration, prefix of its x_name) --- */

/* clang-format off */
#define ENUMERATIONS(X) \
    X(NATURE, nature, nature) X(SYSTEM, coordinate_system, coordinates) X(STATE, incident_state, incident_state) \
    X(TASK_STATE, task_state, task_state) X(ROLE, task_role, task_role) X(OUTCOME, outcome_code, outcome) \
    X(CLOCK, clock_kind, clock_kind) X(CLOCK_STATE, clock_state, clock_state) X(VERIFIER, verifier, verifier) \
    X(WORD, word_verb, word) X(ENDS, lease_end, lease_end) X(COLOUR, rung_colour, rung_colour) \
    X(UNROUTED, unrouted_reason, unrouted_reason) X(SIDE, side_kind, side_kind) X(REFUSAL, refusal_code, refusal) \
    X(ASK, ask_kind, ask_kind) X(DECISION, decision, decision) X(SATISFACTION, satisfaction, satisfaction) \
    X(STEP, notice_step, notice_step)
/* clang-format on */

#define ENUM_KIND(N, type, x) FIELD_##N,
enum { FIELD_BEFORE_NAMES = FIELD_NAMES - 1, ENUMERATIONS(ENUM_KIND) FIELD_KIND_END };

#define ENUM_NAME(N, type, x)                                                                                          \
    static const char *name_of_##x(int value)                                                                          \
    {                                                                                                                  \
        return x##_name((enum type)value);                                                                             \
    }
ENUMERATIONS(ENUM_NAME)

#define ENUM_ENTRY(N, type, x) [FIELD_##N - FIELD_NAMES] = name_of_##x,
static const char *(*const names[])(int) = {ENUMERATIONS(ENUM_ENTRY)};
#define NAME_VALUES_MAX 100

static int value_of(int kind, const char *name)
{
    for (int value = 1; value < NAME_VALUES_MAX; value++) {
        const char *known = names[kind - FIELD_NAMES](value);
        if (known && strcmp(known, name) == 0)
            return value;
    }
    return 0;
}

/* --- the nouns --- */

#define FIELDS(name, noun)                                                                                             \
    const struct fields name##_fields = {noun, name##_list, sizeof(name##_list) / sizeof(name##_list[0])}

#define AT(field) offsetof(struct message, field)
static const struct field publish_list[] = {
    {"type", FIELD_TEXT, AT(publish.type)},           {"area", FIELD_TEXT, AT(publish.place.area)},
    {"point", FIELD_POINT, AT(publish.place)},        {"address", FIELD_TEXT, AT(publish.place.address)},
    {"nature", FIELD_NATURE, AT(publish.nature)},     {"severity", FIELD_NUMBER, AT(publish.severity)},
    {"text", FIELD_TEXT, AT(publish.text)},           {"observed", FIELD_TIME, AT(publish.observed_ms)},
    {"panic", FIELD_YES, AT(publish.panic)},          {"sealed", FIELD_YES, AT(publish.sealed)},
    {"exercise", FIELD_YES, AT(publish.exercise)},    {"done", FIELD_OUTCOME, AT(publish.done)},
    {"evidence", FIELD_TEXT, AT(publish.evidence)},   {"ref", FIELD_TEXT, AT(publish.source_ref)},
    {"again", FIELD_TEXT, AT(publish.recurrence_of)}, {"id", FIELD_TEXT, AT(publish.id)},
    {"object", FIELD_TEXT, AT(publish.object)},       {"about", FIELD_TEXT, AT(publish.about)},
    {"reporter", FIELD_BYTES, AT(publish.reporter)},
};
FIELDS(publish, "an event");

static const struct field word_list[] = {
    {"task", FIELD_COUNT, AT(word.task)},        {"epoch", FIELD_COUNT, AT(word.epoch)},
    {"for", FIELD_TEXT, AT(word.on_behalf)},     {"outcome", FIELD_OUTCOME, AT(word.outcome)},
    {"reason", FIELD_TEXT, AT(word.reason)},     {"text", FIELD_TEXT, AT(word.text)},
    {"unit-time", FIELD_TIME, AT(word.unit_ms)}, {"auto", FIELD_YES, AT(word.auto_respond)},
    {"request", FIELD_TEXT, AT(word.request)},   {"kind", FIELD_ASK, AT(word.kind)},
    {"until", FIELD_TIME, AT(word.until_ms)},    {"by", FIELD_SPAN, AT(word.span_ms)},
    {"to", FIELD_TEXT, AT(word.unit)},           {"condition-met", FIELD_YES, AT(word.condition_met)},
    {"last", FIELD_YES, AT(word.last)},          {"body", FIELD_TEXT, AT(word.to)},
    {"to", FIELD_TEXT, AT(word.unit)},           {"item", FIELD_COUNT, AT(word.item)},
};
FIELDS(word, "a word");

static const struct field act_list[] = {
    {"task", FIELD_COUNT, AT(act.task)},
    {"into", FIELD_EVENT, AT(act.into)},
    {"to", FIELD_TEXT, AT(act.unit)},
    {"units", FIELD_UNITS, AT(act)},
    {"plan", FIELD_TEXT, AT(act.plan)},
    {"role", FIELD_ROLE, AT(act.role)},
    {"outcome", FIELD_OUTCOME, AT(act.outcome)},
    {"pass", FIELD_YES, AT(act.passed)},
    {"fail", FIELD_NO, AT(act.passed)},
    {"reason", FIELD_TEXT, AT(act.reason)},
    {"text", FIELD_TEXT, AT(act.text)},
    {"request", FIELD_TEXT, AT(act.request)},
    {"kind", FIELD_ASK, AT(act.kind)},
    {"until", FIELD_TIME, AT(act.until_ms)},
    {"by", FIELD_SPAN, AT(act.span_ms)},
    {"ask", FIELD_COUNT, AT(act.ask)},
    {"granted", FIELD_YES, AT(act.passed)},
    {"refused", FIELD_NO, AT(act.passed)},
    {"solved", FIELD_YES, AT(act.passed)},
    {"unsolved", FIELD_NO, AT(act.passed)},
    {"satisfaction", FIELD_SATISFACTION, AT(act.satisfaction)},
    {"about", FIELD_TEXT, AT(act.about)},
    {"type", FIELD_TEXT, AT(act.type)},
    {"route", FIELD_YES, AT(act.route)},
    {"condition-met", FIELD_YES, AT(act.condition_met)},
    {"last", FIELD_YES, AT(act.last)},
    {"body", FIELD_TEXT, AT(act.to)},
    {"name", FIELD_TEXT, AT(act.name)},
    {"target", FIELD_TEXT, AT(act.target)},
    {"area", FIELD_TEXT, AT(act.area)},
    {"colour", FIELD_COLOUR, AT(act.colour)},
    {"from", FIELD_TIME, AT(act.from_ms)},
    {"count", FIELD_COUNT, AT(act.count)},
    {"percent", FIELD_COUNT, AT(act.percent)},
    {"on-site", FIELD_YES, AT(act.on_site)},
    {"post", FIELD_TEXT, AT(act.post)},
    {"clock", FIELD_CLOCK, AT(act.clock)},
};
FIELDS(act, "an act");

static const struct field query_list[] = {
    {"of", FIELD_EVENT, AT(query.incident)},
    {"state", FIELD_STATE, AT(query.state)},
    {"unit", FIELD_TEXT, AT(query.unit)},
    {"type", FIELD_TEXT, AT(query.type)},
    {"area", FIELD_TEXT, AT(query.area)},
    {"source", FIELD_TEXT, AT(query.source)},
    {"overdue", FIELD_YES, AT(query.overdue)},
    {"live", FIELD_YES, AT(query.live_only)},
    {"limit", FIELD_COUNT, AT(query.limit)},
    {"side", FIELD_SIDE, AT(query.side)},
    {"limit", FIELD_COUNT, AT(query.limit)},
    {"plan", FIELD_TEXT, AT(query.plan)},
    {"point", FIELD_POINT, offsetof(struct imagined, event.place)},
    {"nature", FIELD_NATURE, offsetof(struct imagined, event.nature)},
    {"about", FIELD_TEXT, offsetof(struct imagined, event.about)},
    {"reporters", FIELD_YES, AT(query.reporters)},
};
FIELDS(query, "a query");
#undef AT

#define AT(field) offsetof(struct whole_head, head.field)
static const struct field incident_list[] = {
    {"state", FIELD_STATE, AT(state)},
    {"outcome", FIELD_OUTCOME, AT(outcome)},
    {"unrouted", FIELD_UNROUTED, AT(unrouted)},
    {"nature", FIELD_NATURE, AT(nature)},
    {"verify", FIELD_VERIFIER, AT(verify)},
    {"severity", FIELD_NUMBER, AT(severity)},
    {"panic", FIELD_YES, AT(panic)},
    {"flagged", FIELD_YES, AT(flagged)},
    {"unflagged", FIELD_NO, AT(flagged)},
    {"sealed", FIELD_YES, AT(sealed)},
    {"exercise", FIELD_YES, AT(exercise)},
    {"real", FIELD_NO, AT(exercise)},
    {"type", FIELD_TEXT, AT(type)},
    {"area", FIELD_TEXT, AT(area)},
    {"responsible", FIELD_TEXT, AT(responsible_area)},
    {"source", FIELD_TEXT, AT(source)},
    {"route", FIELD_TEXT, AT(route)},
    {"reason", FIELD_TEXT, AT(reason)},
    {"ladder", FIELD_TEXT, AT(ladder)},
    {"received", FIELD_TIME, AT(received_ms)},
    {"ended", FIELD_TIME, AT(closed_ms)},
    {"into", FIELD_EVENT, AT(merged_into)},
    {"reworks", FIELD_COUNT, AT(reworks)},
    {"reopens", FIELD_COUNT, AT(reopens)},
    {"object", FIELD_TEXT, offsetof(struct whole_head, more.object)},
    {"about", FIELD_TEXT, offsetof(struct whole_head, more.about)},
    {"beside", FIELD_TEXT, offsetof(struct whole_head, more.beside)},
    {"same-as", FIELD_EVENT, offsetof(struct whole_head, more.same_as)},
    {"referred-to", FIELD_TEXT, offsetof(struct whole_head, ending.referred_to)},
    {"planned", FIELD_TIME, offsetof(struct whole_head, ending.planned_ms)},
    {"taken-back", FIELD_YES, offsetof(struct whole_head, ending.withdrawn)},
    {"special", FIELD_TEXT, offsetof(struct whole_head, more.special)},
    {"special-clocks", FIELD_TEXT, offsetof(struct whole_head, more.special_clocks)},
    {"charged", FIELD_TEXT, offsetof(struct whole_head, oversight.post)},
    {"bearer-post", FIELD_TEXT, offsetof(struct whole_head, oversight.bearer_post)},
    {"bearer", FIELD_TEXT, offsetof(struct whole_head, oversight.bearer)},
    {"at-area", FIELD_TEXT, offsetof(struct whole_head, oversight.at_area)},
    {"ups", FIELD_COUNT, offsetof(struct whole_head, oversight.ups)},
    {"downs", FIELD_COUNT, offsetof(struct whole_head, oversight.downs)},
    {"claimed-by", FIELD_TEXT, offsetof(struct whole_head, claim.principal)},
    {"claimed-person", FIELD_TEXT, offsetof(struct whole_head, claim.person)},
    {"claimed-at", FIELD_TIME, offsetof(struct whole_head, claim.since_ms)},
    {"claimed-until", FIELD_TIME, offsetof(struct whole_head, claim.until_ms)},
};
FIELDS(incident, "an incident");
#undef AT

#define AT(field) offsetof(struct task, field)
static const struct field task_list[] = {
    {"state", FIELD_TASK_STATE, AT(state)},
    {"role", FIELD_ROLE, AT(role)},
    {"outcome", FIELD_OUTCOME, AT(outcome)},
    {"at", FIELD_TEXT, AT(unit)},
    {"with", FIELD_SUB_UNIT, AT(more)},
    {"part", FIELD_PART, AT(more)},
    {"held", FIELD_HELD, AT(more)},
    {"unheld", FIELD_UNHELD, AT(more)},
    {"worker", FIELD_TEXT, AT(worker)},
    {"epoch", FIELD_COUNT, AT(epoch)},
    {"lost", FIELD_COUNT, AT(lost)},
    {"on-behalf", FIELD_YES, AT(on_behalf)},
    {"auto", FIELD_YES, AT(auto_respond)},
    {"person", FIELD_TEXT, AT(spoke_person)},
    {"reason", FIELD_TEXT, AT(reason)},
    {"dispatched-at", FIELD_TIME, AT(dispatched_ms)},
    {"responded-at", FIELD_TIME, AT(responded_ms)},
    {"arrived-at", FIELD_TIME, AT(arrived_ms)},
    {"done-at", FIELD_TIME, AT(done_ms)},
};
FIELDS(task, "a task");
#undef AT

#define AT(field) offsetof(struct reports, field)
static const struct field reports_list[] = {
    {"count", FIELD_COUNT, AT(count)},
    {"first", FIELD_TIME, AT(first_ms)},
    {"last", FIELD_TIME, AT(last_ms)},
    {"others", FIELD_BIG, AT(source_count)},
};
FIELDS(reports, "reports");
#undef AT

#define AT(field) offsetof(struct clock, field)
static const struct field clock_list[] = {
    {"state", FIELD_CLOCK_STATE, AT(state)},   {"due", FIELD_TIME, AT(due_ms)},
    {"started", FIELD_TIME, AT(started_ms)},   {"stopped", FIELD_TIME, AT(stopped_ms)},
    {"next", FIELD_TIME, AT(next_ms)},         {"budget", FIELD_SPAN, AT(budget_ms)},
    {"consumed", FIELD_SPAN, AT(consumed_ms)}, {"rungs", FIELD_COUNT, AT(rung)},
};
FIELDS(clock, "a clock");
#undef AT

#define AT(field) offsetof(struct ask, field)
static const struct field ask_list[] = {
    {"decision", FIELD_DECISION, AT(decision)},
    {"kind", FIELD_ASK, AT(kind)},
    {"task", FIELD_COUNT, AT(task)},
    {"unit", FIELD_TEXT, AT(unit)},
    {"by", FIELD_TEXT, AT(principal)},
    {"person", FIELD_TEXT, AT(person)},
    {"reason", FIELD_TEXT, AT(reason)},
    {"asked", FIELD_TIME, AT(asked_ms)},
    {"until", FIELD_TIME, AT(until_ms)},
    {"span", FIELD_SPAN, AT(span_ms)},
    {"decided", FIELD_TIME, AT(decided_ms)},
    {"decider", FIELD_TEXT, AT(decided_by)},
    {"decider-person", FIELD_TEXT, AT(decided_person)},
    {"clock", FIELD_CLOCK, AT(clock)},
    {"started", FIELD_TIME, AT(started_ms)},
    {"agreed", FIELD_TIME, AT(agreed_ms)},
    {"agreer", FIELD_TEXT, AT(agreed_by)},
    {"agreer-person", FIELD_TEXT, AT(agreed_person)},
};
FIELDS(ask, "an ask");
#undef AT

#define AT(field) offsetof(struct told, field)
static const struct field told_list[] = {
    {"step", FIELD_STEP, AT(notice.step)},    {"outcome", FIELD_OUTCOME, AT(notice.outcome)},
    {"state", FIELD_STATE, AT(notice.state)}, {"into", FIELD_EVENT, AT(notice.into)},
    {"unit", FIELD_TEXT, AT(notice.unit)},    {"reason", FIELD_TEXT, AT(notice.reason)},
    {"text", FIELD_TEXT, AT(notice.text)},    {"at", FIELD_TIME, AT(notice.at_ms)},
    {"events", FIELD_TEXT, AT(events)},
};
FIELDS(told, "a notice");
#undef AT

#define AT(field) offsetof(struct seen, field)
static const struct field record_list[] = {
    {"clock", FIELD_CLOCK, AT(rung.clock)},
    {"colour", FIELD_COLOUR, AT(rung.colour)},
    {"outcome", FIELD_OUTCOME, AT(record.outcome)},
    {"lease", FIELD_ENDS, AT(record.lease_end)},
    {"refusal", FIELD_REFUSAL, AT(record.refusal)},
    {"said", FIELD_WORD, AT(record.word)},
    {"satisfaction", FIELD_SATISFACTION, AT(record.satisfaction)},
    {"solved", FIELD_YES, AT(record.solved)},
    {"last", FIELD_YES, AT(record.last)},
    {"unsolved", FIELD_NO, AT(record.solved)},

    {"number", FIELD_COUNT, AT(rung.number)},
    {"level", FIELD_COUNT, AT(rung.ups)},
    {"to", FIELD_TEXT, AT(rung.to_area)},
    {"post", FIELD_TEXT, AT(rung.to_post)},
    {"holder", FIELD_TEXT, AT(rung.to_person)},
    {"to-unit", FIELD_TEXT, AT(rung.to_unit)},
    {"unit-post", FIELD_TEXT, AT(rung.unit_post)},
    {"unit-holder", FIELD_TEXT, AT(rung.unit_person)},
    {"due", FIELD_TIME, AT(rung.due_ms)},
    {"notice", FIELD_YES, AT(rung.notice)},
    {"held", FIELD_TIME, AT(rung.held_ms)},
    {"unconnected", FIELD_YES, AT(rung.unconnected)},
    {"connected", FIELD_NO, AT(rung.unconnected)},
    {"no-notice", FIELD_NO, AT(rung.notice)},
    {"in-downtime", FIELD_YES, AT(rung.in_downtime)},
    {"at", FIELD_TIME, AT(record.at_ms)},
    {"by", FIELD_TEXT, AT(record.principal)},
    {"person", FIELD_TEXT, AT(record.person)},
    {"for", FIELD_TEXT, AT(record.on_behalf)},
    {"request", FIELD_TEXT, AT(record.request)},
    {"task", FIELD_COUNT, AT(record.task)},
    {"epoch", FIELD_COUNT, AT(record.epoch)},
    {"into", FIELD_EVENT, AT(into)},
    {"again", FIELD_EVENT, AT(again)},
    {"reason", FIELD_TEXT, AT(record.reason)},
    {"text", FIELD_TEXT, AT(record.text)},
    {"was", FIELD_TEXT, AT(record.was)},
    {"channel", FIELD_TEXT, AT(record.channel)},
    {"closing", FIELD_TEXT, AT(record.closing)},
    {"unit-time", FIELD_TIME, AT(record.unit_ms)},
    {"auto", FIELD_YES, AT(record.auto_respond)},
    {"count", FIELD_COUNT, AT(record.count)},
    {"from", FIELD_TIME, AT(record.from_ms)},
    {"offset", FIELD_SPAN, AT(record.offset_ms)},
    {"of", FIELD_COUNT, AT(sample.of)},
    {"drawn", FIELD_COUNT, AT(drawn)},
    {"on-site", FIELD_YES, AT(sample.on_site)},
    {"ask", FIELD_COUNT, AT(ask.no)},
    {"kind", FIELD_ASK, AT(ask.kind)},
    {"decision", FIELD_DECISION, AT(ask.decision)},
};
FIELDS(record, "a record");
#undef AT

#define AT(field) offsetof(struct side, field)
static const struct field side_list[] = {
    {"state", FIELD_COUNT, AT(state)},        {"count", FIELD_COUNT, AT(count)},   {"total", FIELD_COUNT, AT(total)},
    {"colour", FIELD_COLOUR, AT(colour)},     {"number", FIELD_BIG, AT(number)},   {"first", FIELD_TIME, AT(first_ms)},
    {"last", FIELD_TIME, AT(last_ms)},        {"until", FIELD_TIME, AT(until_ms)}, {"next", FIELD_TIME, AT(next_ms)},
    {"incident", FIELD_EVENT, AT(incident)},  {"name", FIELD_TEXT, AT(name)},      {"text", FIELD_TEXT, AT(text)},
    {"principal", FIELD_TEXT, AT(principal)}, {"person", FIELD_TEXT, AT(person)},
};
FIELDS(side, "a row beside incidents");
#undef AT

#define AT(field) offsetof(struct overview, field)
static const struct field overview_list[] = {
    {"accepted", FIELD_BIG, AT(accepted)},
    {"closed", FIELD_BIG, AT(closed)},
    {"live", FIELD_BIG, AT(live)},
    {"unrouted", FIELD_COUNT, AT(unrouted)},
    {"desk", FIELD_COUNT, AT(desk)},
    {"verifying", FIELD_COUNT, AT(verifying)},
    {"returned", FIELD_COUNT, AT(returned)},
    {"shelved", FIELD_COUNT, AT(shelved)},
    {"due-in-5m", FIELD_COUNT, AT(due_5)},
    {"due-in-15m", FIELD_COUNT, AT(due_15)},
    {"due-in-60m", FIELD_COUNT, AT(due_60)},
    {"overdue", FIELD_COUNT, AT(overdue)},
    {"supervised", FIELD_COUNT, AT(supervised)},
    {"proposed", FIELD_COUNT, AT(areas_proposed)},
    {"listed", FIELD_COUNT, AT(areas_listed)},
};
FIELDS(overview, "an overview");
#undef AT

#define AT(field) offsetof(struct explanation, field)
static const struct field explanation_list[] = {
    {"unit", FIELD_TEXT, AT(unit)},     {"rule", FIELD_TEXT, AT(rule)}, {"unrouted", FIELD_UNROUTED, AT(unrouted)},
    {"clocks", FIELD_TEXT, AT(clocks)}, {"plan", FIELD_TEXT, AT(plan)}, {"type", FIELD_TEXT, AT(type)},
    {"area", FIELD_TEXT, AT(area)},     {"copies", FIELD_COPIES, 0},
};
FIELDS(explanation, "an explanation");
#undef AT

/* --- reading --- */

const char *words_next(struct words *words)
{
    if (words->left == 0)
        return NULL;
    words->left--;
    return *words->at++;
}

static bool read_number(const char *word, int64_t *value)
{
    char *end;
    *value = word ? strtoll(word, &end, 10) : 0;
    return word && *word && !*end;
}

static bool read_span(const char *word, int64_t *ms)
{
    bool negative = word && *word == '-';
    bool read = word && script_span(word + (negative || *word == '+'), ms);
    *ms = read && negative ? -*ms : *ms;
    return read;
}

static bool read_point(struct words *words, struct place *place)
{
    const char *latitude = words_next(words), *longitude = words_next(words), *system = words_next(words);
    if (!longitude)
        return false;
    place->has_point = true;
    place->latitude = strtod(latitude, NULL);
    place->longitude = strtod(longitude, NULL);
    place->system = coordinates_of(system);
    return place->system != 0;
}

/* "police,water": ids have no comma in them. */
static bool read_units(struct play *play, const char *word, struct act *act)
{
    const char **units = ARENA_NEW(&play->arena, const char *, TASKS_MAX + 1);
    for (; word && *word && act->unit_count <= TASKS_MAX; act->unit_count++) {
        size_t bytes = strcspn(word, ",");
        units[act->unit_count] = arena_memdup(&play->arena, word, bytes);
        word += bytes + (word[bytes] == ',');
    }
    act->units = units;
    return act->unit_count > 0;
}

static struct task_more *more_at(struct play *play, void *at)
{
    const struct task_more **more = at;
    struct task_more *own = ARENA_NEW(&play->arena, struct task_more, 1);
    if (*more)
        *own = **more;
    *more = own;
    return own;
}

/* Whether the value that follows the key is of the field's kind. */
/* As it is told. */
static void read_copies(struct play *play, struct explanation *out, const char *text)
{
    struct copied *copied = ARENA_NEW(&play->step, struct copied, 1);
    copied->verdict = text;
    out->copies = copied;
    out->copy_count = 1;
}

static bool read_value(struct play *play, const struct field *field, struct words *words, void *at)
{
    int64_t number = 0;
    switch (field->kind) {
    case FIELD_YES:
    case FIELD_NO:
        *(bool *)at = field->kind == FIELD_YES;
        return true;
    case FIELD_HELD:
    case FIELD_UNHELD:
        more_at(play, at)->held = field->kind == FIELD_HELD;
        return true;
    case FIELD_POINT:
        return read_point(words, at);
    case FIELD_UNITS:
        return read_units(play, words_next(words), at);
    case FIELD_TIME:
        return play_time(play, words, at);
    case FIELD_SPAN:
        return read_span(words_next(words), at);
    default:
        break;
    }
    const char *word = words_next(words);
    if (!word)
        return false;
    if (field->kind == FIELD_BYTES) {
        *(struct bytes *)at = (struct bytes){(const uint8_t *)word, strlen(word)};
        return true;
    }
    if (field->kind == FIELD_COPIES)
        read_copies(play, at, word);
    else if (field->kind == FIELD_SUB_UNIT)
        more_at(play, at)->sub_unit = word;
    else if (field->kind == FIELD_PART)
        more_at(play, at)->part = word;
    else if (field->kind == FIELD_TEXT)
        *(const char **)at = word;
    else if (field->kind == FIELD_EVENT)
        return strcmp(word, "none") == 0 || (*(uint64_t *)at = play_incident(play, word)) != 0;
    else if (field->kind >= FIELD_NAMES)
        return (*(int *)at = value_of(field->kind, word)) != 0 || strcmp(word, "none") == 0;
    else if (!read_number(word, &number))
        return false;
    else if (field->kind == FIELD_BIG)
        *(uint64_t *)at = (uint64_t)number;
    else
        *(uint32_t *)at = (uint32_t)number; /* an int has the same shape */
    return true;
}

static const struct field *by_key(const struct fields *fields, const char *word)
{
    for (size_t i = 0; i < fields->count; i++)
        if (strcmp(fields->list[i].key, word) == 0)
            return &fields->list[i];
    return NULL;
}

/* A name that needs no key: "closed", "red". */
static const struct field *by_name(const struct fields *fields, const char *word)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->list[i].kind >= FIELD_NAMES && value_of(fields->list[i].kind, word))
            return &fields->list[i];
    return NULL;
}

static const char *known_keys(struct play *play, const struct fields *fields)
{
    const char *list = "";
    for (size_t i = 0; i < fields->count; i++)
        list = arena_printf(&play->arena, "%s%s%s", list, i ? ", " : "", fields->list[i].key);
    return list;
}

uint64_t fields_read(struct play *play, const struct fields *fields, struct words *words, void *out)
{
    uint64_t said = 0;
    while (words->left && !*play->fault) {
        const char *word = *words->at;
        const struct field *field = by_key(fields, word);
        if (field)
            words_next(words);
        else
            field = by_name(fields, word);
        if (!field)
            play_fail(play, "\"%s\" says nothing of %s; known: %s", word, fields->noun, known_keys(play, fields));
        else if (!read_value(play, field, words, (char *)out + field->offset))
            play_fail(play, "\"%s\" of %s: not a value for it", field->key, fields->noun);
        else
            said |= UINT64_C(1) << (field - fields->list);
    }
    return said;
}

/* --- telling --- */

static const struct task_more *more_of(const void *at)
{
    static const struct task_more nothing;
    const struct task_more *more = *(const struct task_more *const *)at;
    return more ? more : &nothing;
}

/* "UNIT RULE VERDICT; …" */
static const char *copies_text(struct arena *arena, const struct explanation *explanation)
{
    const char *text = "";
    for (size_t i = 0; i < explanation->copy_count; i++) {
        const struct copied *copied = &explanation->copies[i];
        const char *unit = copied->sent ? copied->unit : "-";
        text = copied->rule
                   ? arena_printf(arena, "%s%s%s %s %s", text, i ? "; " : "", unit, copied->rule, copied->verdict)
                   : copied->verdict;
    }
    return text;
}

const char *field_text(struct play *play, const struct field *field, const void *from)
{
    const void *at = (const char *)from + field->offset;
    struct arena *arena = &play->step;
    const char *text;
    switch (field->kind) {
    case FIELD_TEXT:
        text = *(const char *const *)at;
        return text ? text : "";
    case FIELD_COPIES:
        return copies_text(arena, at);
    case FIELD_SUB_UNIT:
        text = more_of(at)->sub_unit;
        return text ? text : "";
    case FIELD_PART:
        text = more_of(at)->part;
        return text ? text : "";
    case FIELD_HELD:
    case FIELD_UNHELD:
        return more_of(at)->held ? "yes" : "no";
    case FIELD_NUMBER:
    case FIELD_COUNT:
        return arena_printf(arena, "%" PRIu32, *(const uint32_t *)at);
    case FIELD_BIG:
        return arena_printf(arena, "%" PRIu64, *(const uint64_t *)at);
    case FIELD_YES:
    case FIELD_NO:
        return *(const bool *)at ? "yes" : "no";
    case FIELD_TIME:
        return play_time_text(play, *(const int64_t *)at);
    case FIELD_SPAN:
        return arena_printf(arena, "%" PRId64 "ms", *(const int64_t *)at);
    case FIELD_EVENT:
        return play_event(play, *(const uint64_t *)at);
    default:
        text = field->kind >= FIELD_NAMES ? names[field->kind - FIELD_NAMES](*(const int *)at) : NULL;
        return text ? text : "none";
    }
}

const struct field *fields_differ(struct play *play, const struct fields *fields, uint64_t said, const void *a,
                                  const void *b)
{
    for (size_t i = 0; i < fields->count; i++)
        if ((said >> i & 1) && strcmp(field_text(play, &fields->list[i], a), field_text(play, &fields->list[i], b)))
            return &fields->list[i];
    return NULL;
}
