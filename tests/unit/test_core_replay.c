/* Replay: whatever happens, in whatever order rows are flushed and at whatever point the broker dies, the records give
 * the same state again. Random but seeded: BIHUAN_SEED repeats a run, and a failing run prints its seed. */
#include "core_fixture.h"

#include "broker/core/state.h"

enum { INCIDENTS_MAX = 4096, STEPS = 6000, WORKERS = 4 };

/* What a store would hold: rows, a watermark, counters. The journal is the outcome's records. */
struct world {
    struct fixture *f;
    uint64_t random;
    struct row stored[INCIDENTS_MAX];
    uint64_t watermark, sweep_began, sweep;
    struct counters counters;
    struct core *dead[64]; /* their names are lent to rows and records: freed at the end */
    size_t dead_count;
};

/* Some limits are in working time, so that clocks also open and close. */
static void work_in_hours(struct city *city)
{
    static const struct span spans[] = {{0, 5 * HOUR_MS}, {6 * HOUR_MS, 15 * HOUR_MS}, {16 * HOUR_MS, 23 * HOUR_MS}};
    static const struct timetable hours = {
        .name = "hours", .weekdays = 0x3f, .hours = {spans, 3, 21 * HOUR_MS}, .known_until = INT64_MAX};
    city->policy.timetable = &hours;
    city->slow_limits[0].calendar = CALENDAR_WORKING_HOURS;
    city->slow_limits[1].calendar = CALENDAR_WORKING_DAYS;
    city->slow_limits[2].calendar = CALENDAR_WORKING_DAYS_NEXT;
    city->urgent_limits[2].calendar = CALENDAR_WORKING_HOURS;
}

static struct world *world_new(uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    w->f = fixture_new();
    work_in_hours(w->f->city);
    w->random = seed;
    return w;
}

static void world_free(struct world *w)
{
    while (w->dead_count > 0)
        core_free(w->dead[--w->dead_count]);
    fixture_free(w->f);
    free(w);
}

static uint64_t below(struct world *w, uint64_t n)
{
    w->random = w->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (w->random >> 33) % n;
}

/* --- people at random --- */

static void publish_some(struct world *w)
{
    static const char *const types[] = {"urgent", "slow", "verified", "own", "desk", "stray", "both", "gone"};
    static const char *const areas[] = {"620802001002", "620802001", "620802", "6208", "620899", NULL, ""};
    struct fixture *f = w->f;
    struct event event = {.id = arena_printf(&f->arena, "event %d", (int)below(w, 3000)),
                          .type = types[below(w, 8)],
                          .severity = (int)below(w, 5),
                          .done = below(w, 20) ? 0 : OUTCOME_RESOLVED};
    if (core_counters(f->core).number + 1 < INCIDENTS_MAX)
        publish_event(f, below(w, 2) ? "camera" : "hotline", &event, areas[below(w, 7)]);
}

static uint64_t some_incident(struct world *w)
{
    uint64_t last = core_counters(w->f->core).number, recent = last < 40 ? last : 40;
    return ident_pack(JOURNAL, last ? last - below(w, recent) : 1);
}

/* As the turn does: the row of an evicted incident comes first. */
static bool fetch(struct world *w, uint64_t incident)
{
    struct row *row = &w->stored[ident_number(incident)];
    if (!core_has(w->f->core, incident) && row->incident)
        core_load(w->f->core, row);
    return core_has(w->f->core, incident);
}

/* A task that a worker holds, if a few looks find one. */
static uint64_t some_held(struct world *w, struct task *task)
{
    struct row row;
    for (int looks = 0; looks < 12; looks++) {
        uint64_t id = some_incident(w);
        if (!fetch(w, id))
            continue;
        row = row_of(w->f, id);
        if (!row.task_count)
            continue;
        *task = row.tasks[below(w, row.task_count)];
        if (has_text(task->worker) || looks == 11)
            return id;
    }
    return 0;
}

/* Numbers are given in ranges: not every one is a verb. */
static enum word_verb some_word(struct world *w)
{
    enum word_verb verb = 1 + below(w, WORD_END - 1);
    return word_name(verb) ? verb : some_word(w);
}

static void say_some(struct world *w)
{
    static const enum word_verb mostly[] = {WORD_RESPOND, WORD_FEEDBACK, WORD_RESPOND, WORD_FEEDBACK, WORD_HANDLE};
    enum word_verb verb = below(w, 3) ? mostly[below(w, 5)] : some_word(w);
    struct fixture *f = w->f;
    struct task task;
    uint64_t id = some_held(w, &task);
    if (id && has_text(task.worker) && below(w, 20))
        say_as(f, task.principal, task.worker, word_for(f, verb, id, task.no));
    else if (id)
        say_on_behalf(f, verb, id, task.no);
}

/* Most do something to the incident's way. */
static enum act_verb some_act(struct world *w)
{
    enum act_verb verb = 1 + below(w, below(w, 4) ? ACT_WITHDRAW : ACT_END - 1);
    return act_name(verb) ? verb : ACT_URGE;
}

static void act_some(struct world *w)
{
    static const char *const people[] = {"chief.one", "desk.one", "checker", "camera", "hotline"};
    struct fixture *f = w->f;
    static const char *const units[] = {"gas", "water"}, *const types[] = {"slow", "both", "desk", "stray"};
    struct act act = {.verb = some_act(w),
                      .incident = some_incident(w),
                      .into = some_incident(w),
                      .unit = below(w, 2) ? "gas" : "water",
                      .units = units + below(w, 2),
                      .unit_count = 1,
                      .type = types[below(w, 4)],
                      .route = below(w, 2),
                      .plan = below(w, 2) ? "row" : "together",
                      .outcome = OUTCOME_EXPLAINED,
                      .reason = arena_printf(&f->arena, "reason %d", (int)below(w, 100)),
                      .satisfaction = SATISFACTION_SATISFIED,
                      .passed = below(w, 2),
                      .kind = 1 + below(w, ASK_KIND_END - 1),
                      .task = below(w, 2),
                      .until_ms = f->now_ms + (int64_t)below(w, 3 * HOUR_MS),
                      .span_ms = (int64_t)below(w, HOUR_MS)};
    if (!fetch(w, act.incident) || !fetch(w, act.into))
        return;
    if (state_of(f, act.incident) == INCIDENT_VERIFYING)
        act.verb = ACT_VERIFY;
    act_as(f, people[below(w, 2) ? 0 : below(w, 5)], act);
}

static void work_some(struct world *w)
{
    struct fixture *f = w->f;
    uint64_t peer = 11 + below(w, WORKERS);
    const char *unit = peer % 2 ? "water" : "gas", *worker = arena_printf(&f->arena, "w%d", (int)peer);
    const char *principal = arena_printf(&f->arena, "%s.dept", unit);
    switch (below(w, 8)) {
    case 0:
        worker_ready(f, unit, worker, peer, 1 + (uint32_t)below(w, 4));
        break;
    case 1:
        bye(f, principal, worker, peer, below(w, 2));
        break;
    case 2:
    case 3:
        credit(f, principal, worker, peer, 1 + (uint32_t)below(w, 2));
        break;
    default:
        heard(f, principal, worker, peer);
    }
}

/* --- flushing and dying --- */

static void flush_some(struct world *w)
{
    struct fixture *f = w->f;
    struct row row;
    if (!w->sweep_began) {
        w->sweep_began = core_sequence(f->core);
        w->sweep = 0;
    }
    for (uint64_t n = below(w, 30); n > 0; n--) {
        if (!core_next_dirty(f->core, &w->sweep, &f->arena, &row)) {
            assert_true(!core_first_unflushed(f->core) || core_first_unflushed(f->core) > w->sweep_began);
            w->watermark = w->sweep_began;
            w->counters = core_counters(f->core);
            w->sweep_began = 0;
            return;
        }
        w->stored[ident_number(row.incident)] = row;
        if (below(w, 4) == 0)
            say_some(w); /* changes between writing and durable are not lost */
        core_flushed(f->core, row.incident, row.seq);
    }
}

static bool finished(const struct row *row)
{
    for (size_t i = 0; i < row->clock_count; i++) {
        if (row->clocks[i].state == CLOCK_RUNNING)
            return false;
    }
    return row->head.state >= INCIDENT_CLOSED;
}

static void load_keys(struct fixture *f, struct core *core)
{
    for (size_t i = 0; i < f->outcome.record_count; i++) {
        const struct record *record = &f->outcome.records[i];
        struct receipt receipt = {.incident = record->change_count ? record->changes[0].incident : 0,
                                  .journal = JOURNAL,
                                  .seq = record->seq,
                                  .at_ms = record->at_ms};
        if (!record->word && (record->key.hi || record->key.lo))
            core_load_key(core, &record->key, &record->digest, &receipt);
    }
}

static struct core *recovered(struct world *w)
{
    struct fixture *f = w->f;
    struct core *core = core_new(&(struct core_options){.journal = JOURNAL});
    core_set_policy(core, &f->city->policy);
    core_set_sequence(core, w->watermark);
    core_set_counters(core, w->counters);
    for (size_t i = 0; i < INCIDENTS_MAX; i++) {
        if (w->stored[i].incident && !finished(&w->stored[i]))
            core_load(core, &w->stored[i]);
    }
    load_keys(f, core);
    for (size_t i = w->watermark; i < f->outcome.record_count; i++) {
        const struct record *record = &f->outcome.records[i];
        assert_int_equal(record->seq, i + 1);
        for (size_t c = 0; c < record->change_count; c++) {
            const struct row *row = &w->stored[ident_number(record->changes[c].incident)];
            if (!core_has(core, record->changes[c].incident) && row->incident)
                core_load(core, row);
        }
        core_apply(core, record);
    }
    core_ready(core, f->now_ms);
    return core;
}

/* Of all incidents, in memory or only stored. */
static uint64_t whole_digest(struct world *w, const struct core *core)
{
    struct core *all = core_new(&(struct core_options){.journal = JOURNAL});
    struct row row;
    for (size_t i = 1; i < INCIDENTS_MAX; i++) {
        if (core_row(core, ident_pack(JOURNAL, i), &w->f->arena, &row))
            core_load(all, &row);
        else if (w->stored[i].incident)
            core_load(all, &w->stored[i]);
    }
    uint64_t digest = core_digest(all);
    core_free(all);
    return digest;
}

static uint64_t replayed_digest(struct world *w)
{
    struct core *core = core_new(&(struct core_options){.journal = JOURNAL});
    for (size_t i = 0; i < w->f->outcome.record_count; i++)
        core_apply(core, &w->f->outcome.records[i]);
    uint64_t digest = core_digest(core);
    struct counters counters = core_counters(core), expected = core_counters(w->f->core);
    assert_memory_equal(&counters, &expected, sizeof counters);
    core_free(core);
    return digest;
}

static void die(struct world *w)
{
    struct fixture *f = w->f;
    struct core *core = recovered(w);
    struct counters before = core_counters(f->core), after = core_counters(core);
    assert_int_equal(core_sequence(core), core_sequence(f->core));
    assert_memory_equal(&before, &after, sizeof before);
    assert_true(whole_digest(w, core) == whole_digest(w, f->core));
    assert_true(whole_digest(w, core) == replayed_digest(w));
    assert_true(w->dead_count < 64);
    w->dead[w->dead_count++] = f->core;
    f->core = core;
    w->sweep_began = 0;
    step(f, (struct command){.kind = COMMAND_START, .principal = "", .start = {.last_ms = f->now_ms - SECOND_MS}});
}

/* --- what must hold at any time --- */

static void assert_leases_and_queues(struct world *w)
{
    static uint64_t incidents[INCIDENTS_MAX];
    static uint32_t tasks[INCIDENTS_MAX];
    struct fixture *f = w->f;
    struct overview overview;
    struct row row;
    size_t waiting = 0, queued = 0;
    for (uint64_t cursor = 0; core_next_live(f->core, &cursor, &f->arena, &row);) {
        for (size_t i = 0; i < row.task_count; i++) {
            const struct task *task = &row.tasks[i];
            bool begun = task->state == TASK_RESPONDED || task->state == TASK_HANDLING;
            assert_int_equal(task->state == TASK_OFFERED && !has_text(task->worker), 0);
            queued += task->state == TASK_QUEUED;
            if (row.head.state != INCIDENT_PARKED) /* its tasks wait for nobody */
                waiting += task->state == TASK_QUEUED || (begun && !has_text(task->worker) && !task->on_behalf);
        }
    }
    assert_int_equal(core_queue(f->core, "water", incidents, tasks, INCIDENTS_MAX) +
                         core_queue(f->core, "gas", incidents, tasks, INCIDENTS_MAX) +
                         core_queue(f->core, "pumps", incidents, tasks, INCIDENTS_MAX),
                     waiting);
    core_overview(f->core, f->now_ms, &f->arena, &overview);
    for (size_t i = 0; i < overview.unit_count; i++)
        queued -= overview.units[i].queued;
    assert_int_equal(queued, 0);
    assert_int_equal(overview.accepted, overview.live + overview.closed);
}

static void assert_each_rung_once(const struct fixture *f)
{
    for (size_t i = 0; i < f->outcome.record_count; i++) {
        const struct record *record = &f->outcome.records[i];
        if (record->kind == RECORD_RUNG)
            assert_int_equal(record->rung->number, record->changes[0].clocks[0].rung);
    }
}

static void live_some(struct world *w)
{
    struct fixture *f = w->f;
    uint64_t chance = below(w, 100);
    if (chance < 12)
        publish_some(w);
    else if (chance < 60)
        say_some(w);
    else if (chance < 66)
        act_some(w);
    else if (chance < 74)
        pass(f, (int64_t)below(w, below(w, 25) ? 4 * SECOND_MS : 2 * HOUR_MS));
    else if (chance < 80)
        flush_some(w);
    else
        work_some(w);
    offer(f);
}

static void anything_that_happens_is_replayed(void **unused)
{
    (void)unused;
    static const enum record_kind telling[] = {RECORD_CLOSED, RECORD_LEASE_ENDED, RECORD_RUNG, RECORD_RETURNED,
                                               RECORD_FED_BACK};
    const char *given = getenv("BIHUAN_SEED");
    uint64_t first = given ? strtoull(given, NULL, 10) : 1, last = given ? first : 6;
    for (uint64_t seed = first; seed <= last; seed++) {
        struct world *w = world_new(seed);
        print_message("seed %llu (BIHUAN_SEED=%llu repeats it)\n", (unsigned long long)seed, (unsigned long long)seed);
        for (int i = 0; i < STEPS; i++) {
            live_some(w);
            if (below(w, 300) == 0)
                die(w);
            if (i % 50 == 0)
                assert_leases_and_queues(w);
        }
        die(w);
        assert_each_rung_once(w->f);
        for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
            assert_true(count_records(w->f, telling[i]) > 10); /* it was a life worth replaying */
        world_free(w);
    }
}

/* --- the same commands give the same records --- */

static uint64_t records_digest(const struct fixture *f)
{
    uint64_t digest = 7;
    for (size_t i = 0; i < f->outcome.record_count; i++) {
        const struct record *record = &f->outcome.records[i];
        const uint64_t facts[] = {digest,       record->seq,   (uint64_t)record->at_ms,     (uint64_t)record->kind,
                                  record->task, record->epoch, record->changes[0].incident, record->changes[0].prev};
        digest = hash_bytes(facts, sizeof facts);
    }
    return digest;
}

static void the_same_commands_give_the_same_records(void **unused)
{
    (void)unused;
    uint64_t digests[2];
    for (int run = 0; run < 2; run++) {
        struct world *w = world_new(99);
        for (int i = 0; i < 600; i++)
            live_some(w);
        digests[run] = records_digest(w->f);
        world_free(w);
    }
    assert_true(digests[0] == digests[1]);
}

/* --- after a restart --- */

static void receipts_outlive_a_restart(void **unused)
{
    (void)unused;
    struct world *w = world_new(1);
    struct fixture *f = w->f;
    struct event event = {.id = "mine", .type = "slow"};
    publish_event(f, "camera", &event, "620802");
    struct receipt first = last_answer(f)->receipt;
    die(w);
    publish_event(f, "camera", &event, "620802");
    assert_true(last_answer(f)->receipt.repeat);
    assert_int_equal(last_answer(f)->receipt.seq, first.seq);
    event.type = "urgent";
    publish_event(f, "camera", &event, "620802");
    assert_refused(f, REFUSAL_ID_CONFLICT);
    world_free(w);
}

static void a_record_is_applied_once(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    publish(f, "both");
    say_on_behalf(f, WORD_RESPOND, ident_pack(JOURNAL, 1), 1);
    uint64_t digest = core_digest(f->core);
    struct counters before = core_counters(f->core);
    for (size_t i = 0; i < f->outcome.record_count; i++)
        core_apply(f->core, &f->outcome.records[i]);
    struct counters after = core_counters(f->core);
    assert_true(core_digest(f->core) == digest);
    assert_memory_equal(&before, &after, sizeof before);
    fixture_free(f);
}

static void the_watermark_never_passes_an_unflushed_row(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new();
    struct row row;
    assert_int_equal(core_first_unflushed(f->core), 0);
    uint64_t first = publish(f, "slow"), second = publish(f, "slow"), cursor = 0;
    assert_int_equal(core_first_unflushed(f->core), 1);
    assert_int_equal(core_dirty(f->core), 2);
    assert_true(core_next_dirty(f->core, &cursor, &f->arena, &row));
    assert_int_equal(row.incident, first);
    say_on_behalf(f, WORD_RESPOND, first, 1); /* record 3, after the row was taken */
    core_flushed(f->core, first, row.seq);
    assert_int_equal(core_first_unflushed(f->core), 2);
    assert_int_equal(core_dirty(f->core), 2);
    assert_true(core_next_dirty(f->core, &cursor, &f->arena, &row));
    assert_int_equal(row.incident, second);
    core_flushed(f->core, second, row.seq);
    assert_int_equal(core_first_unflushed(f->core), 3);
    assert_false(core_next_dirty(f->core, &cursor, &f->arena, &row));
    cursor = 0;
    assert_true(core_next_dirty(f->core, &cursor, &f->arena, &row));
    core_flushed(f->core, first, row.seq);
    assert_int_equal(core_first_unflushed(f->core), 0);
    assert_int_equal(core_live(f->core), 2); /* live incidents stay */
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_that_happens_is_replayed),
        cmocka_unit_test(the_same_commands_give_the_same_records),
        cmocka_unit_test(receipts_outlive_a_restart),
        cmocka_unit_test(a_record_is_applied_once),
        cmocka_unit_test(the_watermark_never_passes_an_unflushed_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
