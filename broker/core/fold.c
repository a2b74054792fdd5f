#include "broker/core/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/core/again.h"
#include "broker/core/draft.h"
#include "broker/core/exclusion.h"
#include "broker/core/live.h"
#include "broker/core/route.h"

/* --- where reports go: derived from rows --- */

struct fold_place {
    uint64_t key, incident;
    int64_t ended_ms; /* 0: it is live */
    TAILQ_ENTRY(fold_place) ended;
};

void folds_init(struct folds *folds)
{
    TAILQ_INIT(&folds->ended);
}

void folds_release(struct folds *folds)
{
    size_t cursor = 0;
    uint64_t key;
    void *place;
    while (map_next(&folds->places, &cursor, &key, &place))
        free(place);
    map_release(&folds->places);
}

static void unlink_ended(struct folds *folds, struct fold_place *place)
{
    if (place->ended_ms)
        TAILQ_REMOVE(&folds->ended, place, ended);
    place->ended_ms = 0;
}

static void forget(struct folds *folds, struct fold_place *place)
{
    unlink_ended(folds, place);
    map_remove(&folds->places, place->key);
    free(place);
}

/* Of several incidents under one key the latest counts, in whatever order they are learnt of. */
static void lead_to(struct folds *folds, uint64_t key, uint64_t incident, int64_t ended_ms)
{
    struct fold_place *place = map_get(&folds->places, key);
    if (place && place->incident > incident)
        return;
    if (!place) {
        place = core_alloc(sizeof *place);
        place->key = key;
        map_put(&folds->places, key, place);
    }
    unlink_ended(folds, place);
    place->incident = incident;
    place->ended_ms = ended_ms;
    if (ended_ms)
        TAILQ_INSERT_TAIL(&folds->ended, place, ended);
    if (folds->places.count > FOLD_PLACES_MAX && !TAILQ_EMPTY(&folds->ended))
        forget(folds, TAILQ_FIRST(&folds->ended));
}

/* Its survivor's now, or a report that nothing else may lead to. */
static bool takes_no_more(const struct incident *head)
{
    struct exclusion exclusion = exclusion_of(NULL, head);
    return head->state == INCIDENT_MERGED || exclusion_holds(&exclusion);
}

static void note(struct folds *folds, uint64_t incident, const struct incident *head, const struct reports *reports)
{
    for (size_t i = 0; i < reports->key_count; i++) {
        struct fold_place *place = map_get(&folds->places, reports->keys[i]);
        if (!takes_no_more(head))
            lead_to(folds, reports->keys[i], incident, incident_ended(head->state) ? head->closed_ms : 0);
        else if (place && place->incident == incident)
            forget(folds, place);
    }
}

void folds_note(struct core *core, const struct live *live)
{
    note(&core->folds, live->id, &live->head, live_reports(live));
}

void core_load_ended(struct core *core, const struct row *row)
{
    if (row->reports && !live_find(core, row->incident))
        note(&core->folds, row->incident, &row->head, row->reports);
}

/* --- does it fold --- */

static bool is_listed(const struct fold_rule *rule, const struct principal *who)
{
    for (size_t i = 0; i < rule->source_count; i++) {
        if (rule->sources[i] == who)
            return true;
    }
    return rule->source_count == 0;
}

/* A matter of its own each time, or of nobody else's business. */
static bool stands_alone(const struct event *event, int severity)
{
    bool of_a_thing = event->nature == 0 || event->nature == NATURE_HELP || event->nature == NATURE_COMPLAINT;
    return event->panic || event->exercise || event->sealed || has_text(event->about) || event->done || severity == 1 ||
           !of_a_thing;
}

static const struct area *place_at(const struct area *area, size_t level)
{
    while (area && area->level > level)
        area = area->parent;
    return area && area->level == level ? area : NULL;
}

static uint64_t key_of(const struct principal *who, const struct fold_rule *rule, const struct type *type,
                       const struct area *area, const char *object)
{
    char text[3 * (CODE_MAX_BYTES + 1) + ID_MAX_BYTES + 1];
    const char *group = rule->each ? who->name : rule->source_count ? rule->sources[0]->name : "";
    snprintf(text, sizeof text, "%s/%s/%s/%s", group, type->code, area->code, text_or_empty(object));
    return hash_bytes(text, strlen(text));
}

struct folding fold_of(const struct principal *who, const struct event *event, const struct route_query *query)
{
    const struct fold_rule *rule = query->type ? query->type->fold : NULL;
    if (!rule || rule->window_ms == 0 || stands_alone(event, query->severity) || !is_listed(rule, who))
        return (struct folding){0};
    const struct area *area = place_at(query->area, rule->level);
    return area ? (struct folding){rule, key_of(who, rule, query->type, area, event->object)} : (struct folding){0};
}

/* --- into what --- */

static const struct fold_place *place_of(const struct core *core, const struct folding *folding)
{
    return folding->rule ? map_get(&core->folds.places, folding->key) : NULL;
}

bool fold_reported(const struct live *live, const char *source)
{
    const struct reports *reports = live_reports(live);
    for (size_t i = 0; reports && i < reports->source_count; i++) {
        if (strcmp(reports->sources[i], source) == 0)
            return true;
    }
    return strcmp(live->head.source, source) == 0;
}

static bool has_room(const struct live *live, const char *source)
{
    return live_reports(live)->source_count < REPORT_SOURCES_MAX || fold_reported(live, source);
}

/* The window counts from the latest report: a flood that goes on is one. */
static bool within_window(const struct step *step, const struct folding *folding, const struct live *live)
{
    return step->now_ms - live_reports(live)->last_ms <= folding->rule->window_ms;
}

const struct live *fold_target(const struct step *step, const struct folding *folding)
{
    const struct fold_place *place = place_of(step->core, folding);
    uint64_t ended = fold_recurrence(step, folding);
    const struct live *live = NULL;
    if (place && !place->ended_ms)
        live = live_find(step->core, place->incident);
    else if (ended && folding->rule->reopens)
        live = live_find(step->core, ended);
    if (!live || !has_room(live, step->who->name))
        return NULL;
    return (ended ? again_recurs(step->core->policy, &live->head) : within_window(step, folding, live)) ? live : NULL;
}

uint64_t fold_recurrence(const struct step *step, const struct folding *folding)
{
    const struct fold_place *place = place_of(step->core, folding);
    bool lately = place && place->ended_ms && step->now_ms - place->ended_ms <= folding->rule->again_ms;
    return lately ? place->incident : 0;
}

uint64_t fold_wanted(const struct core *core, const struct command *command)
{
    const struct policy *policy = core->policy;
    const struct event *event = command->publish.event;
    const struct principal *who = policy_principal(policy, command->principal);
    struct route_query query = {.type = policy_type_now(policy, policy_type(policy, text_or_empty(event->type)))};
    if (!who || !query.type || !query.type->fold || !query.type->fold->reopens)
        return 0;
    query.severity = event->severity ? event->severity : query.type->severity;
    query.area = policy_area_now(policy, policy_area(policy, text_or_empty(command->publish.area)));
    struct folding folding = fold_of(who, event, &query);
    const struct fold_place *place = place_of(core, &folding);
    return place && place->ended_ms ? place->incident : 0;
}

/* --- one report more --- */

static void add_source(struct draft *draft, struct reports *reports, const char *source)
{
    if (strcmp(draft->head.source, source) == 0)
        return;
    for (size_t i = 0; i < reports->source_count; i++) {
        if (strcmp(reports->sources[i], source) == 0)
            return;
    }
    const char **larger = arena_take(draft->step->outcome->arena, (reports->source_count + 1) * sizeof *larger);
    if (reports->source_count)
        memcpy(larger, reports->sources, reports->source_count * sizeof *larger);
    larger[reports->source_count++] = source;
    reports->sources = larger;
}

/* Beyond the bound the oldest is forgotten: what comes under it opens anew. */
static void add_key(struct draft *draft, struct reports *reports, uint64_t key)
{
    size_t from = reports->key_count == REPORT_KEYS_MAX, kept = reports->key_count - from;
    for (size_t i = 0; i < reports->key_count; i++) {
        if (reports->keys[i] == key)
            return;
    }
    uint64_t *larger = arena_take(draft->step->outcome->arena, (kept + 1) * sizeof *larger);
    if (kept)
        memcpy(larger, reports->keys + from, kept * sizeof *larger);
    larger[kept] = key;
    reports->keys = larger;
    reports->key_count = kept + 1;
}

static uint64_t next_seq(const struct draft *draft)
{
    return draft->step->core->seq + 1;
}

static void add_report(struct draft *draft, const struct event *event)
{
    struct reports *reports = draft_reports(draft);
    reports->count++;
    reports->last_ms = draft->step->now_ms;
    reports->before = reports->last;
    reports->last = next_seq(draft);
    if (!reports->placed && event->place.has_point)
        reports->placed = reports->last;
    add_source(draft, reports, draft->step->who->name);
}

/* The severest threshold that the count has reached; NULL when it makes the incident no severer. */
static const struct fold_raise *raise_of(const struct fold_rule *rule, const struct live *live)
{
    const struct fold_raise *best = NULL;
    for (size_t i = 0; rule && i < rule->raise_count; i++) {
        const struct fold_raise *raise = &rule->raises[i];
        if (live_reports(live)->count >= raise->count &&
            raise->severity < (best ? best->severity : live->head.severity))
            best = raise;
    }
    return best;
}

static void raise_severity(struct step *step, const struct live *live)
{
    const struct policy *policy = step->core->policy;
    const struct type *type = policy_type_now(policy, policy_type(policy, live->head.type));
    const struct fold_raise *raise = raise_of(type ? type->fold : NULL, live);
    struct record record = record_of_broker(step, RECORD_RAISED);
    struct draft draft;
    if (!raise || live->head.state == INCIDENT_CONFIRMING) /* whether it is so at all is not known */
        return;
    ladder_catch_up(step, live);
    draft_of(&draft, step, live);
    draft_head(&draft)->severity = raise->severity;
    if (raise->profile)
        draft_tighten_clocks(&draft, raise->profile);
    record.count = live_reports(live)->count;
    draft_record(&draft, &record);
}

uint64_t fold_add(struct step *step, const struct live *live, struct record *record, int severity)
{
    struct draft draft;
    draft_of(&draft, step, live);
    add_report(&draft, record->event);
    if (severity < draft.head.severity)
        draft_head(&draft)->severity = severity;
    uint64_t seq = draft_record(&draft, record);
    if (live->head.state == INCIDENT_CLOSED)
        again_recurred(step, live);
    raise_severity(step, live);
    return seq;
}

void fold_begin(struct draft *draft, const struct folding *folding, const struct event *opening)
{
    struct reports *reports = draft_reports(draft);
    add_key(draft, reports, folding->key);
    if (opening->place.has_point)
        reports->placed = draft->head.opened_seq;
}

/* --- two become one --- */

static struct reports reports_of(const struct draft *draft)
{
    const struct incident *head = &draft->head;
    return draft->reports ? *draft->reports
                          : (struct reports){.count = 1, .first_ms = head->received_ms, .last_ms = head->received_ms};
}

bool fold_join(struct draft *survivor, const struct draft *loser)
{
    struct reports *reports = draft_reports(survivor);
    const struct reports theirs = reports_of(loser);
    reports->count += theirs.count;
    reports->first_ms = theirs.first_ms < reports->first_ms ? theirs.first_ms : reports->first_ms;
    reports->last_ms = theirs.last_ms > reports->last_ms ? theirs.last_ms : reports->last_ms;
    reports->before = reports->last;
    reports->last = next_seq(survivor);
    add_source(survivor, reports, loser->head.source);
    for (size_t i = 0; i < theirs.source_count; i++)
        add_source(survivor, reports, theirs.sources[i]);
    for (size_t i = 0; i < theirs.key_count; i++)
        add_key(survivor, reports, theirs.keys[i]);
    return reports->source_count <= REPORT_SOURCES_MAX;
}
