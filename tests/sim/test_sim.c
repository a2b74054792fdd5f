/* Seeded simulation: random days of a city with losses, deaths and crashes between any two steps: messages are lost, come
 * late, twice and in another order; people reconnect and die; commits are lost, torn, or not told; the broker dies at any
 * point, in its recovery too; the wall clock steps; the configuration changes. In the end the trail is held against what
 * everybody was promised, by logs of their own (promises.c), and the store against its rules.
 *
 * One seed is one run: its trace is a hash over all records. Each second seed runs over the log in front of the tables, on
 * a disk; the others over a journal in memory.
 *
 * build/tests/test_sim                 BIHUAN_SIM_SEEDS seeds (default 24), and half as many late ones
 * build/tests/test_sim SEED            one again, exactly as it failed
 * build/tests/test_sim FROM TO [late]  those, two of eight twice: tests/crash/test_simulation.py
 *
 * Late: rows are durable later than their turn, and batches fail; threads of their own take part, so that no seed is
 * exactly repeated there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/prove.h"
#include "tests/sim/city.h"
#include "tests/sim/promises.h"

#define STEPS          600
#define CALM_STEPS_MAX 4000
#define START_MS       INT64_C(1790000000000)
#define MINUTE_MS      60000
#define ACTORS         8
#define AGAIN_EACH     8 /* of so many seeds the first two are run twice */

struct run {
    struct world world;
    struct arena arena;
    struct city city;
    struct actor actors[ACTORS];
    uint64_t seed;
    bool late;
    uint64_t steps_small, steps_large, checked;
    char fault[2000];
    uint64_t trace; /* hash over the records, in order */
};

/* Over all runs. */
static struct {
    uint64_t runs, again, failed, differ;
    uint64_t incidents, records, crashes, lost, doubled, steps_small, steps_large, reloads, said, checked;
} sum;

static void fault_of(void *arg, const char *what, const char *key)
{
    struct run *r = arg;
    if (!*r->fault)
        snprintf(r->fault, sizeof(r->fault), "%s: %s", what, key);
}

/* --- who and where --- */

/* Another configuration: here one thing is otherwise, or as it was. */
static void edit_city(void *arg)
{
    static const struct {
        const char *file, *was, *is;
    } edits[] = {
        {"ladders.yaml", "warn: [0.5, 0.8]", "warn: [0.3, 0.9]"},
        {"clocks.yaml", "handle: 5m", "handle: 8m"},
        {"routes.yaml", "assist: u-b", "assist: u-city"},
        {"calendars.yaml", "[2026-09-22]", "[2026-09-22, 2026-09-23]"},
        {"absences.yaml", "within: 3m", "within: 5m"},
    };
    struct run *r = arg;
    size_t i = chance_below(&r->world.chance, sizeof(edits) / sizeof(*edits));
    const char *text = city_text(&r->city, edits[i].file), *at = strstr(text, edits[i].was);
    const char *from = at ? edits[i].was : edits[i].is, *to = at ? edits[i].is : edits[i].was;
    at = strstr(text, from);
    city_edit(&r->city, edits[i].file,
              arena_printf(&r->arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)), false);
    city_try(&r->city);
    city_keep(&r->city, true);
}

static void cast(struct run *r)
{
    static const struct {
        char letter;
        const char *principal, *unit;
    } roles[ACTORS] = {{'P', "src-1", NULL},   {'P', "src-2", NULL},   {'W', "dept-a", "u-a"},
                       {'W', "dept-a", "u-a"}, {'W', "dept-b", "u-b"}, {'W', "dept-city", "u-city"},
                       {'C', "chief", NULL},   {'C', "ops", NULL}};
    for (size_t i = 0; i < ACTORS; i++) {
        actor_init(&r->actors[i], &r->world, i, roles[i].letter, roles[i].principal, roles[i].unit);
        r->actors[i].reconnects = roles[i].letter != 'W'; /* workers die */
    }
    r->actors[ACTORS - 1].edit = edit_city;
    r->actors[ACTORS - 1].edit_arg = r;
}

/* --- a step --- */

/* What has been decided is durable. */
static bool land(struct turn *t)
{
    while (turn_land(t) == 0) {
        if (!t->outcome.record_count)
            return true;
        if (turn_run(t) != 0)
            return false;
    }
    return false;
}

/* Small ones are slewed away, others left aside; either way no promise is broken. A year that the broker slept through
 * would be one to it: the window of a repeat is over then. So it is up, and its word durable. */
static bool step_wall(struct run *r)
{
    static const int64_t minutes[] = {4, 4, 4, 60, 525600};
    struct world *w = &r->world;
    int64_t by_ms = minutes[chance_below(&w->chance, 5)] * MINUTE_MS * (chance_percent(&w->chance, 50) ? 1 : -1);
    bool leaps = by_ms > 60 * MINUTE_MS;
    if (leaps) {
        w->next_commit = CRASH_NONE;
        disk_plant(CRASH_NONE);
    }
    w->wall_off_ms += by_ms;
    r->steps_small += llabs(by_ms) <= 4 * MINUTE_MS;
    r->steps_large += llabs(by_ms) > 4 * MINUTE_MS;
    return !leaps || (world_turn(w) && land(&w->turn));
}

static bool harm(struct run *r)
{
    struct world *w = &r->world;
    if (chance_percent(&w->chance, 3))
        w->next_commit = chance_percent(&w->chance, 50) ? CRASH_LOST : CRASH_UNKNOWN;
    if (chance_percent(&w->chance, 1) && !step_wall(r))
        return false;
    if (chance_percent(&w->chance, 1) && !world_crash(w))
        return false;
    w->tables_fail = w->options.front && chance_percent(&w->chance, 2);
    return true;
}

static bool step(struct run *r, bool calm)
{
    struct world *w = &r->world;
    w->now_ms += 1 + (int64_t)chance_below(&w->chance, calm ? 2000 : 5000);
    for (size_t i = 0; i < ACTORS; i++)
        actor_step(&r->actors[i], calm);
    if (!calm && !harm(r))
        return false;
    if (!world_turn(w))
        return false;
    return !world_finish_job(w) || world_turn(w);
}

/* --- the end --- */

static void audit(struct run *r)
{
    struct audit audit;
    audit_init(&audit, &r->world.turn, r->world.turn.now_ms);
    r->trace = audit.trace;
    if (*audit.fault)
        fault_of(r, "the trail", audit.fault);
    if (audit.reckoned && !r->actors[ACTORS - 1].reloads)
        fault_of(r, "a clock was reckoned otherwise than before, by the same calendar", "");
    if (!audit.absences)
        fault_of(r, "nothing fell silent", "");
    promises_hold(r->actors, ACTORS, &r->world.turn, &audit, fault_of, r);
    audit_release(&audit);
}

static bool settled(const struct run *r)
{
    struct counters c = core_counters(r->world.turn.core);
    for (size_t i = 0; i < ACTORS; i++)
        for (size_t k = 0; k < r->actors[i].event_count; k++)
            if (!r->actors[i].events[k].promised)
                return false;
    return c.accepted == c.closed;
}

static void copy_faults(struct run *r)
{
    for (size_t i = 0; i < ACTORS && !*r->fault; i++)
        snprintf(r->fault, sizeof(r->fault), "%s", r->actors[i].fault);
    if (!*r->fault && *r->world.fault)
        snprintf(r->fault, sizeof(r->fault), "%s", r->world.fault);
}

static void name_what_is_left(struct run *r)
{
    struct arena arena;
    struct row row;
    struct buffer text = {0};
    uint64_t cursor = 0;
    arena_init(&arena);
    while (core_next_live(r->world.turn.core, &cursor, &arena, &row))
        if (row.head.state != INCIDENT_CLOSED)
            row_json(&row, &text);
    buffer_append(&text, "", 1);
    snprintf(r->fault, sizeof(r->fault), "not everything closed in the end: %s", (const char *)text.data);
    buffer_release(&text);
    arena_release(&arena);
}

static void live(struct run *r)
{
    struct network *network = &r->world.network;
    network->loss_percent = (unsigned)chance_below(&r->world.chance, 15);
    network->double_percent = (unsigned)chance_below(&r->world.chance, 10);
    network->delay_max_ms = (int64_t)chance_below(&r->world.chance, 3000);
    for (int i = 0; i < STEPS && !*r->fault; i++) {
        if (!step(r, false))
            snprintf(r->fault, sizeof(r->fault), "the broker did not come up: %.200s", r->world.fault);
        copy_faults(r);
    }
    network->loss_percent = 0;
    r->world.options.again_percent = 0;
    for (int i = 0; i < CALM_STEPS_MAX && !settled(r) && !*r->fault; i++) {
        step(r, true);
        copy_faults(r);
    }
    if (!settled(r) && !*r->fault)
        name_what_is_left(r);
    if (!land(&r->world.turn) && !*r->fault)
        snprintf(r->fault, sizeof(r->fault), "the last commit failed");
}

/* --- the store, as crashes leave it --- */

static void tell_harm(void *arg, const char *sentence)
{
    fault_of(arg, "the store", sentence);
}

static void check_store(struct run *r, const char *folder)
{
    uint64_t bad = 0;
    r->checked++;
    if (store_check(folder, tell_harm, r, &bad) != 0 || bad)
        fault_of(r, "the store is not well", "");
    else if (prove_store(folder, tell_harm, r, &bad) != 0 || bad)
        fault_of(r, "the store is not what its records say", "");
}

/* Now and then. */
static void look_at_store(void *arg, const char *folder)
{
    struct run *r = arg;
    if (r->world.crashes % 8 == 1)
        check_store(r, folder);
}

/* --- a run --- */

static bool set_up(struct run *r)
{
    bool front = r->late || r->seed % 2 == 0;
    struct world_options options = {.seed = r->seed,
                                    .start_ms = START_MS,
                                    .down_max_ms = 120000,
                                    .quiet_percent = 20,
                                    .beside_records_min = 1,
                                    .flush_slice_min = 1,
                                    .front = front,
                                    .steady = !r->late,
                                    .wall = true,
                                    .rereads = true,
                                    .again_percent = 20,
                                    .killed = front ? look_at_store : NULL,
                                    .arg = r};
    arena_init(&r->arena);
    if (!city_open(&r->city, &r->arena, "tests/sim/city"))
        return false;
    city_try(&r->city);
    city_keep(&r->city, true);
    options.config_folder = r->city.folder;
    return world_open(&r->world, &options);
}

static void count(const struct run *r)
{
    sum.runs++;
    sum.failed += *r->fault != 0;
    sum.crashes += r->world.crashes;
    sum.lost += r->world.network.lost;
    sum.doubled += r->world.network.doubled;
    sum.steps_small += r->steps_small;
    sum.steps_large += r->steps_large;
    sum.checked += r->checked;
    for (size_t i = 0; i < ACTORS; i++) {
        sum.reloads += r->actors[i].reloads;
        for (const struct said *said = r->actors[i].said; said; said = said->before)
            sum.said++;
    }
}

static void end(struct run *r)
{
    struct counters c = core_counters(r->world.turn.core);
    sum.incidents += c.accepted;
    sum.records += core_sequence(r->world.turn.core);
    r->world.options.killed = NULL;
    world_kill(&r->world);
    if (r->world.options.front)
        check_store(r, r->world.folder);
}

static bool run_seed(uint64_t seed, bool late, uint64_t *trace)
{
    static struct run run;
    memset(&run, 0, sizeof(run));
    run.seed = seed;
    run.late = late;
    if (set_up(&run)) {
        cast(&run);
        live(&run);
        audit(&run);
        end(&run);
    } else {
        fault_of(&run, "it does not begin", run.world.fault);
    }
    count(&run);
    if (*run.fault)
        printf("seed %" PRIu64 "%s FAULT %s\n", seed, late ? " late" : "", run.fault);
    *trace = run.trace;
    for (size_t i = 0; i < ACTORS && run.actors[i].world; i++)
        actor_release(&run.actors[i]);
    world_close(&run.world);
    city_close(&run.city);
    arena_release(&run.arena);
    return !*run.fault;
}

/* --- many --- */

static void run_seeds(uint64_t from, uint64_t to)
{
    uint64_t trace, again;
    for (uint64_t seed = from; seed <= to; seed++) {
        run_seed(seed, false, &trace);
        if (seed % AGAIN_EACH > 1)
            continue;
        run_seed(seed, false, &again);
        sum.again++;
        sum.differ += again != trace;
        if (again != trace)
            printf("seed %" PRIu64 " has two traces: %016" PRIx64 " and %016" PRIx64 "\n", seed, trace, again);
    }
}

static void run_late(uint64_t from, uint64_t to)
{
    uint64_t trace;
    for (uint64_t seed = from; seed <= to; seed++)
        run_seed(seed, true, &trace);
}

static void tell(void)
{
    printf("# sum {\"runs\": %" PRIu64 ", \"run twice\": %" PRIu64 ", \"violations\": %" PRIu64
           ", \"other traces\": %" PRIu64 ", \"incidents\": %" PRIu64 ", \"records\": %" PRIu64
           ", \"promised words\": %" PRIu64 ", \"crashes\": %" PRIu64 ", \"frames lost\": %" PRIu64
           ", \"doubled\": %" PRIu64 ", \"wall steps slewed\": %" PRIu64 ", \"left aside\": %" PRIu64
           ", \"reloads\": %" PRIu64 ", \"stores checked\": %" PRIu64 "}\n",
           sum.runs, sum.again, sum.failed, sum.differ, sum.incidents, sum.records, sum.said, sum.crashes, sum.lost,
           sum.doubled, sum.steps_small, sum.steps_large, sum.reloads, sum.checked);
}

static bool covered(void)
{
    return sum.crashes && sum.lost && sum.doubled && sum.steps_small && sum.steps_large && sum.reloads && sum.said &&
           sum.checked && sum.again;
}

static int run_default(void)
{
    const char *seeds = getenv("BIHUAN_SIM_SEEDS");
    uint64_t n = seeds ? strtoull(seeds, NULL, 10) : 24, failed;
    run_seeds(1, n);
    tell();
    failed = sum.failed;
    bool all = covered();
    printf("%s 1 - no seed of %" PRIu64 " breaks a promise\n", failed ? "not ok" : "ok", n);
    printf("%s 2 - one seed, one trace\n", sum.differ ? "not ok" : "ok");
    run_late(1, n / 2);
    printf("%s 3 - nor does one whose rows are durable later\n", sum.failed > failed ? "not ok" : "ok");
    printf("%s 4 - each harm was done\n", all ? "ok" : "not ok");
    return sum.failed || sum.differ || !all;
}

int main(int argc, char **argv)
{
    uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, to = argc > 2 ? strtoull(argv[2], NULL, 10) : from;
    uint64_t trace;
    if (argc < 2)
        return run_default();
    if (argc == 2) {
        run_seed(from, false, &trace);
        printf("trace %016" PRIx64 "\n", trace);
    } else if (argc == 3) {
        run_seeds(from, to);
    } else {
        run_late(from, to);
    }
    tell();
    return sum.failed || sum.differ;
}
