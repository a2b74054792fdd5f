/* core_fixture.h: a small city and a core in it, for the tests of broker/core. Everything decided stays in one arena, so
 * that a test may look at all records of its life, and replay them. */
#ifndef CORE_FIXTURE_H
#define CORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/core/core.h"
#include "broker/core/policy.h"
#include "schemas/ident.h"

#define JOURNAL   620802u
#define START_MS  INT64_C(1790000000000)
#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define LEASE_MS  (15 * SECOND_MS)

/* --- the city ---
 *
 * areas       6208 city (post "mayor") > 620802 district ("chief") > 620802001 street (vacant) > 620802001002 community
 *             ("warden"); 620899 a district that is retired for 620802
 * units       water, gas, old (retired for gas), pumps (a sub-unit of water)
 * types       urgent: 1-5-30, ladder of 1 minute · slow: hours · verified: centre checks · own: the source checks ·
 *             desk: a person dispatches · stray: no rule · both: water leads, gas assists · gone: retired for slow
 * plans       row (water leads, gas assists when water is done), together (water with a checklist, gas)
 * principals  camera, button (panic lane), narrow (only "slow", only in 620802), hotline (intake), water.dept, gas.dept,
 *             all.dept, desk.one (dispatcher), chief.one (duty chief), checker (verifier), ops (operator), auditor */

struct city {
    struct level levels[4];
    struct area areas[5];
    struct unit units[4];
    struct dated_name names[4];
    struct limit urgent_limits[6], slow_limits[8];
    struct profile profiles[2];
    struct ladder ladders[2];
    double warnings[2];
    struct type types[8];
    struct recipient recipients[4];
    struct route routes[6];
    struct principal principals[12];
    struct item items[2];
    struct plan_task parts[4];
    struct plan plans[2];
    const struct unit *work_for[3];
    const struct type *only_type[1];
    const struct area *only_area[1];
    struct policy policy;
};

static inline void city_areas(struct city *city)
{
    static const struct {
        const char *code, *name, *post;
        int parent;
    } areas[] = {{"6208", "Pingliang", "mayor", -1},
                 {"620802", "Kongtong", "chief", 0},
                 {"620802001", "East street", "", 1},
                 {"620802001002", "Garden community", "warden", 2},
                 {"620899", "Old district", "nobody", 0}};
    for (size_t i = 0; i < 5; i++) {
        city->areas[i] = (struct area){.code = areas[i].code,
                                       .name = areas[i].name,
                                       .post = areas[i].post,
                                       .parent = areas[i].parent < 0 ? NULL : &city->areas[areas[i].parent],
                                       .level = i < 4 ? i : 1};
    }
    city->areas[4].retired = true;
    city->areas[4].succeeded_by = "620802";
}

static inline void city_units(struct city *city)
{
    static const char *const ids[] = {"water", "gas", "old", "pumps"};
    for (size_t i = 0; i < 4; i++) {
        city->names[i] = (struct dated_name){.name = ids[i]};
        city->units[i] = (struct unit){.id = ids[i], .names = &city->names[i], .name_count = 1, .kind = ""};
    }
    city->units[2].retired = true;
    city->units[2].successor = "gas";
    city->units[3].parent = &city->units[0];
}

static inline void city_clocks(struct city *city)
{
    static const struct limit urgent[] = {
        {CLOCK_RESPOND, CALENDAR_NATURAL, MINUTE_MS, NULL},    {CLOCK_ARRIVE, CALENDAR_NATURAL, 4 * MINUTE_MS, NULL},
        {CLOCK_HANDLE, CALENDAR_NATURAL, 5 * MINUTE_MS, NULL}, {CLOCK_FEEDBACK, CALENDAR_NATURAL, 30 * MINUTE_MS, NULL},
        {CLOCK_RESOLVE, CALENDAR_NATURAL, HOUR_MS, NULL},      {CLOCK_ANSWER, CALENDAR_NATURAL, HOUR_MS, NULL}};
    static const struct limit slow[] = {
        {CLOCK_RESPOND, CALENDAR_NATURAL, 2 * HOUR_MS, NULL}, {CLOCK_HANDLE, CALENDAR_NATURAL, DAY_MS, NULL},
        {CLOCK_FEEDBACK, CALENDAR_NATURAL, 2 * DAY_MS, NULL}, {CLOCK_CONTACT, CALENDAR_NATURAL, 3 * HOUR_MS, NULL},
        {CLOCK_RESOLVE, CALENDAR_NATURAL, 7 * DAY_MS, NULL},  {CLOCK_DISPATCH, CALENDAR_NATURAL, HOUR_MS, NULL},
        {CLOCK_VERIFY, CALENDAR_NATURAL, DAY_MS, NULL}};
    memcpy(city->urgent_limits, urgent, sizeof urgent);
    memcpy(city->slow_limits, slow, sizeof slow);
    city->warnings[0] = 0.5;
    city->warnings[1] = 0.8;
    city->ladders[0] = (struct ladder){
        .name = "city", .lines = LINE_AREA, .warnings = city->warnings, .warning_count = 2, .is_default = true};
    city->ladders[1] = (struct ladder){.name = "fast",
                                       .lines = LINE_AREA,
                                       .warnings = city->warnings,
                                       .warning_count = 2,
                                       .step_ms = MINUTE_MS,
                                       .step_calendar = CALENDAR_NATURAL};
    city->profiles[0] = (struct profile){
        .name = "1-5-30", .limits = city->urgent_limits, .limit_count = 6, .ladder = &city->ladders[1]};
    city->profiles[1] = (struct profile){.name = "slow", .limits = city->slow_limits, .limit_count = 7};
}

static inline void city_plans(struct city *city)
{
    city->items[0] = (struct item){.text = "valve"};
    city->items[1] = (struct item){.text = "photo", .optional = true};
    city->parts[0] = (struct plan_task){
        .name = "stop", .to = &city->recipients[0], .to_count = 1, .items = city->items, .item_count = 2};
    city->parts[1] = (struct plan_task){.name = "air", .to = &city->recipients[1], .to_count = 1};
    city->parts[2] = (struct plan_task){.name = "stop", .to = &city->recipients[0], .to_count = 1};
    city->parts[3] = city->parts[1];
    city->parts[3].after = 1; /* the first of its plan */
    city->plans[0] = (struct plan){.name = "row", .tasks = &city->parts[2], .task_count = 2};
    city->plans[1] =
        (struct plan){.name = "together", .tasks = city->parts, .task_count = 2, .within_ms = 2 * MINUTE_MS};
}

static inline void city_routes(struct city *city)
{
    static const char *const codes[] = {"urgent", "slow", "verified", "own", "desk", "stray", "both", "gone"};
    for (size_t i = 0; i < 8; i++)
        city->types[i] = (struct type){
            .code = codes[i], .name = codes[i], .depth = 1, .severity = 3, .profile = &city->profiles[i > 0]};
    city->types[0].severity = 2;
    city->types[7].retired = true;
    city->types[7].successor = "slow";
    city->recipients[0] = (struct recipient){.kind = RECIPIENT_UNIT, .unit = &city->units[0], .text = "water"};
    city->recipients[1] = (struct recipient){.kind = RECIPIENT_UNIT, .unit = &city->units[1], .text = "gas"};
    city->recipients[2] = (struct recipient){.kind = RECIPIENT_DESK, .text = "desk"};
    static const int routed[] = {0, 1, 2, 3, 4, 6};
    static const char *const rules[] = {"routes.yaml:1", "routes.yaml:2", "routes.yaml:3",
                                        "routes.yaml:4", "routes.yaml:5", "routes.yaml:6"};
    for (size_t i = 0; i < 6; i++)
        city->routes[i] = (struct route){.type = &city->types[routed[i]],
                                         .to = &city->recipients[0],
                                         .to_count = 1,
                                         .verify = VERIFIER_NONE,
                                         .origin = {"routes.yaml", i + 1, 1},
                                         .rule = rules[i]};
    city->routes[2].verify = VERIFIER_CENTRE;
    city->routes[3].verify = VERIFIER_SOURCE;
    city->routes[4].to = &city->recipients[2];
    city->routes[5].assists = &city->recipients[1];
    city->routes[5].assist_count = 1;
}

static inline void city_principals(struct city *city)
{
    static const struct principal principals[] = {
        {.name = "camera", .roles = PRINCIPAL_SOURCE},
        {.name = "button", .roles = PRINCIPAL_SOURCE, .panic = true},
        {.name = "narrow", .roles = PRINCIPAL_SOURCE, .type_count = 1, .area_count = 1},
        {.name = "hotline", .roles = PRINCIPAL_INTAKE},
        {.name = "water.dept", .roles = PRINCIPAL_DEPARTMENT, .unit_count = 1},
        {.name = "gas.dept", .roles = PRINCIPAL_DEPARTMENT, .unit_count = 1},
        {.name = "all.dept", .roles = PRINCIPAL_DEPARTMENT, .unit_count = 3},
        {.name = "desk.one", .roles = PRINCIPAL_DISPATCHER},
        {.name = "chief.one", .roles = PRINCIPAL_DUTY_CHIEF},
        {.name = "checker", .roles = PRINCIPAL_VERIFIER},
        {.name = "ops", .roles = PRINCIPAL_OPERATOR},
        {.name = "auditor", .roles = PRINCIPAL_AUDITOR},
    };
    memcpy(city->principals, principals, sizeof principals);
    for (size_t i = 0; i < 3; i++)
        city->work_for[i] = &city->units[i];
    city->only_type[0] = &city->types[1];
    city->only_area[0] = &city->areas[1];
    city->principals[2].types = city->only_type;
    city->principals[2].areas = city->only_area;
    city->principals[4].units = city->work_for;
    city->principals[5].units = city->work_for + 1;
    city->principals[6].units = city->work_for;
}

/* A text of a record that nothing was written in is NULL until it is stored. */
static inline const char *named(const char *text)
{
    return text ? text : "";
}

/* Enters the arrays in the maps; call again after an array was shortened or a name changed. */
static inline void city_index(struct city *city)
{
    struct policy *policy = &city->policy;
    policy->city = "6208";
    policy->journal = JOURNAL;
    policy->lease_ms = LEASE_MS;
    policy->extensions_max = 1;
    policy->extend_clocks = EXTEND_CLOCKS_DEFAULT;
    policy->suspend_max_ms = SUSPEND_DEFAULT_MAX_MS;
    policy->park_max_ms = PARK_DEFAULT_MAX_MS;
    policy->undo_within_ms = UNDO_DEFAULT_MS;
    policy->types = city->types;
    policy->areas = city->areas;
    policy->units = city->units;
    policy->profiles = city->profiles;
    policy->ladders = city->ladders;
    policy->routes = city->routes;
    policy->principals = city->principals;
    policy_index(policy);
}

static inline struct city *city_new(uint8_t hash)
{
    struct city *city = calloc(1, sizeof *city);
    struct policy *policy = &city->policy;
    city_areas(city);
    city_units(city);
    city_clocks(city);
    city_routes(city);
    city_plans(city);
    city_principals(city);
    arena_init(&policy->arena);
    memset(policy->hash.bytes, hash, sizeof policy->hash.bytes);
    policy->area_count = 5;
    policy->unit_count = 4;
    policy->plans = city->plans;
    policy->plan_count = 2;
    for (size_t i = 0; i < 2; i++)
        textmap_put(&policy->plan_map, city->plans[i].name, &city->plans[i]);
    policy->profile_count = 2;
    policy->ladder_count = 2;
    policy->type_count = 8;
    policy->route_count = 6;
    policy->principal_count = 12;
    policy->reworks_max = REWORKS_DEFAULT;
    policy->reopens_max = REOPENS_DEFAULT;
    return city;
}

static inline void city_free(struct city *city)
{
    struct policy *policy = &city->policy;
    struct textmap *maps[] = {
        &policy->type_map,    &policy->area_map,   &policy->unit_map,  &policy->principal_map, &policy->credential_map,
        &policy->profile_map, &policy->ladder_map, &policy->local_map, &policy->timetable_map, &policy->plan_map};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        textmap_release(maps[i]);
    map_release(&policy->route_map);
    arena_release(&policy->arena);
    free(city);
}

/* --- a core at work --- */

struct fixture {
    struct city *city;
    struct core *core;
    struct arena arena;
    struct outcome outcome;
    int64_t now_ms;
    uint64_t requests; /* counts request ids */
};

static inline struct fixture *fixture_new(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->city = city_new(1);
    city_index(f->city);
    f->core = core_new(&(struct core_options){.journal = JOURNAL});
    core_set_policy(f->core, &f->city->policy);
    arena_init(&f->arena);
    outcome_init(&f->outcome, &f->arena);
    f->now_ms = START_MS;
    return f;
}

static inline void fixture_free(struct fixture *f)
{
    core_free(f->core);
    arena_release(&f->arena);
    city_free(f->city);
    free(f);
}

static inline struct key128 test_key(const char *a, const char *b)
{
    return (struct key128){hash_bytes(a, strlen(a)) | 1, hash_bytes(b, strlen(b)) ^ hash_bytes(a, strlen(a)) << 1};
}

static inline void step(struct fixture *f, struct command command)
{
    if (!command.peer)
        command.peer = 9;
    core_step(f->core, &command, f->now_ms, &f->outcome);
}

static inline void tick(struct fixture *f)
{
    step(f, (struct command){.kind = COMMAND_TICK, .principal = ""});
}

/* The input of the turn is read: who was not heard? */
static inline void hush(struct fixture *f)
{
    step(f, (struct command){.kind = COMMAND_SILENCE, .principal = ""});
}

/* Time goes on by so much, with a tick whenever something is due, as the loop does. */
static inline void pass(struct fixture *f, int64_t ms)
{
    int64_t until_ms = f->now_ms + ms;
    while (core_next_due(f->core) <= until_ms) {
        f->now_ms = core_next_due(f->core) > f->now_ms ? core_next_due(f->core) : f->now_ms;
        tick(f);
        hush(f);
    }
    f->now_ms = until_ms;
}

static inline void offer(struct fixture *f)
{
    core_offer(f->core, f->now_ms, &f->outcome);
}

/* --- what came of it --- */

static inline const struct effect *last_effect(const struct fixture *f)
{
    return f->outcome.effect_count ? &f->outcome.effects[f->outcome.effect_count - 1] : NULL;
}

static inline const struct effect *last_of(const struct fixture *f, enum effect_kind kind)
{
    for (size_t i = f->outcome.effect_count; i-- > 0;) {
        if (f->outcome.effects[i].kind == kind)
            return &f->outcome.effects[i];
    }
    return NULL;
}

static inline const struct effect *last_answer(const struct fixture *f)
{
    for (size_t i = f->outcome.effect_count; i-- > 0;) {
        if (f->outcome.effects[i].kind <= EFFECT_REFUSAL)
            return &f->outcome.effects[i];
    }
    return NULL;
}

/* The code of the last answer, 0 when it was a receipt. */
static inline enum refusal_code answer(const struct fixture *f)
{
    const struct effect *effect = last_answer(f);
    assert_non_null(effect);
    return effect->kind == EFFECT_REFUSAL ? effect->refusal.code : 0;
}

#define assert_refused(f, expected) assert_string_equal(refusal_text(answer(f)), refusal_text(expected))
#define assert_done(f)              assert_refused(f, 0)
static inline const char *refusal_text(enum refusal_code code)
{
    return code ? refusal_name(code) : "done";
}

static inline const struct record *record_at(const struct fixture *f, size_t from_end)
{
    assert_true(f->outcome.record_count > from_end);
    return &f->outcome.records[f->outcome.record_count - 1 - from_end];
}

static inline size_t count_records(const struct fixture *f, enum record_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < f->outcome.record_count; i++)
        count += f->outcome.records[i].kind == kind;
    return count;
}

static inline size_t count_effects(const struct fixture *f, enum effect_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < f->outcome.effect_count; i++)
        count += f->outcome.effects[i].kind == kind;
    return count;
}

static inline struct row row_of(struct fixture *f, uint64_t incident)
{
    struct row row = {0};
    assert_true(core_row(f->core, incident, &f->arena, &row));
    return row;
}

static inline struct task task_of(struct fixture *f, uint64_t incident, uint32_t no)
{
    struct row row = row_of(f, incident);
    assert_true(no >= 1 && no <= row.task_count);
    return row.tasks[no - 1];
}

static inline enum incident_state state_of(struct fixture *f, uint64_t incident)
{
    return row_of(f, incident).head.state;
}

/* All zero when there is none. */
static inline struct clock clock_of(struct fixture *f, uint64_t incident, enum clock_kind kind, uint32_t task)
{
    struct row row = row_of(f, incident);
    for (size_t i = 0; i < row.clock_count; i++) {
        if (row.clocks[i].kind == kind && row.clocks[i].task == task)
            return row.clocks[i];
    }
    return (struct clock){0};
}

/* --- what people do --- */

static inline void publish_event(struct fixture *f, const char *principal, const struct event *event, const char *area)
{
    struct event *kept = arena_memdup(&f->arena, event, sizeof *event);
    struct command command = {.kind = COMMAND_PUBLISH, .principal = principal, .endpoint = 'P'};
    char content[128];
    snprintf(content, sizeof content, "%s/%s/%d/%d", event->type ? event->type : "", area ? area : "-", event->severity,
             event->panic);
    command.key = test_key(principal, event->id ? event->id : "");
    command.digest = test_key(content, "");
    command.publish.event = kept;
    command.publish.area = area;
    step(f, command);
}

/* The new incident, or 0 when refused. */
static inline uint64_t publish(struct fixture *f, const char *type)
{
    struct event event = {.id = arena_printf(&f->arena, "e%llu", (unsigned long long)++f->requests), .type = type};
    publish_event(f, "camera", &event, "620802001002");
    return answer(f) ? 0 : last_answer(f)->receipt.incident;
}

static inline void hello(struct fixture *f, const char *principal, const char *unit, const char *worker, uint64_t peer)
{
    step(f, (struct command){.kind = COMMAND_HELLO,
                             .principal = principal,
                             .endpoint = 'W',
                             .unit = unit,
                             .worker = worker,
                             .peer = peer});
}

static inline void credit(struct fixture *f, const char *principal, const char *worker, uint64_t peer, uint32_t n)
{
    step(f, (struct command){.kind = COMMAND_CREDIT,
                             .principal = principal,
                             .endpoint = 'W',
                             .worker = worker,
                             .peer = peer,
                             .credit = {n}});
}

/* A heartbeat that says how many leased tasks the worker knows of. */
static inline void heard_holding(struct fixture *f, const char *principal, const char *worker, uint64_t peer,
                                 int holding)
{
    step(f, (struct command){.kind = COMMAND_HEARD,
                             .principal = principal,
                             .endpoint = 'W',
                             .worker = worker,
                             .peer = peer,
                             .heard = {holding}});
}

static inline void heard(struct fixture *f, const char *principal, const char *worker, uint64_t peer)
{
    heard_holding(f, principal, worker, peer, -1);
}

static inline void bye(struct fixture *f, const char *principal, const char *worker, uint64_t peer, bool drain)
{
    step(f, (struct command){.kind = COMMAND_BYE,
                             .principal = principal,
                             .endpoint = 'W',
                             .worker = worker,
                             .peer = peer,
                             .bye = {drain}});
}

/* A worker of water (or gas) with credit, by its own connection. */
static inline void worker_ready(struct fixture *f, const char *unit, const char *worker, uint64_t peer, uint32_t n)
{
    const char *principal = arena_printf(&f->arena, "%s.dept", unit);
    hello(f, principal, unit, worker, peer);
    credit(f, principal, worker, peer, n);
}

static inline void say_as(struct fixture *f, const char *principal, const char *worker, struct word word)
{
    struct word *kept = arena_memdup(&f->arena, &word, sizeof word);
    struct command command = {.kind = COMMAND_WORD, .principal = principal, .worker = worker};
    command.endpoint = worker ? 'W' : 'C';
    if (!kept->request)
        kept->request = arena_printf(&f->arena, "w%llu", (unsigned long long)++f->requests);
    command.key = test_key(principal, arena_printf(&f->arena, "%llx/%u/%u/%d/%s", (unsigned long long)word.incident,
                                                   word.task, word.epoch, (int)word.verb, kept->request));
    command.digest = test_key(word.text ? word.text : "", word_name(word.verb) ? word_name(word.verb) : "");
    command.word = kept;
    step(f, command);
}

/* What the verb needs is filled in; the epoch is the task's. */
static inline struct word word_for(struct fixture *f, enum word_verb verb, uint64_t incident, uint32_t task)
{
    return (struct word){.verb = verb,
                         .incident = incident,
                         .task = task,
                         .epoch = task_of(f, incident, task).epoch,
                         .person = "Li",
                         .outcome = verb == WORD_FEEDBACK ? OUTCOME_RESOLVED : 0,
                         .reason = verb == WORD_RETURN || verb == WORD_REPORT_UP ? "not_ours"
                                   : verb == WORD_ASK || verb == WORD_ACCOUNT    ? "no_access"
                                                                                 : NULL,
                         .text =
                             verb == WORD_INFORM || verb == WORD_ACCOUNT || verb == WORD_NOTE || verb == WORD_CONTACT
                                 ? "how it stands"
                                 : NULL,
                         .kind = verb == WORD_ASK ? ASK_PARK : 0,
                         .until_ms = verb == WORD_ASK ? f->now_ms + HOUR_MS : 0,
                         .unit = verb == WORD_DELEGATE || verb == WORD_SEND_DOWN ? "pumps" : NULL,
                         .item = verb == WORD_TICK ? 1 : 0};
}

static inline void say(struct fixture *f, const char *worker, enum word_verb verb, uint64_t incident)
{
    say_as(f, "water.dept", worker, word_for(f, verb, incident, 1));
}

static inline void say_on_behalf(struct fixture *f, enum word_verb verb, uint64_t incident, uint32_t task)
{
    struct word word = word_for(f, verb, incident, task);
    word.epoch = 0;
    word.on_behalf = task_of(f, incident, task).unit;
    word.person = "Zhao";
    say_as(f, "desk.one", NULL, word);
}

static inline void act_as(struct fixture *f, const char *principal, struct act act)
{
    struct act *kept = arena_memdup(&f->arena, &act, sizeof act);
    struct command command = {.kind = COMMAND_ACT, .principal = principal, .endpoint = 'C'};
    if (!kept->request)
        kept->request = arena_printf(&f->arena, "a%llu", (unsigned long long)++f->requests);
    command.key = test_key(principal, kept->request);
    command.digest = test_key(act.reason ? act.reason : "", act_name(act.verb) ? act_name(act.verb) : "");
    command.act = kept;
    step(f, command);
}

#endif
