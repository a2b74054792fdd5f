/* What rests is the same as what is awake, to everybody: packed and unpacked, looked for, walked over, due and queued. */
#include "core_fixture.h"

#include "broker/core/live.h"
#include "broker/core/pack.h"
#include "broker/core/rest.h"
#include "schemas/ident.h"

#define ROUNDS 2000
#define COUNT  200

static uint64_t dice = 1;

static uint64_t roll(uint64_t sides)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (dice >> 33) % sides;
}

/* Zero now and then, near the others often, and anything. */
static int64_t some_time(void)
{
    static const int64_t extremes[] = {0, 0, 1, -1, INT64_MAX / 2, INT64_MIN / 2};
    return roll(3) ? START_MS + (int64_t)roll(100000000) - 50000000 : extremes[roll(6)];
}

static uint32_t some_number(void)
{
    return roll(2) ? (uint32_t)roll(4) : (uint32_t)(dice >> 32);
}

static const char *some_name(struct intern *names)
{
    static const char *const texts[] = {"", "fire", "消防", "620802001001", "2.01"};
    return intern_text(names, texts[roll(5)]);
}

static const char *some_text(void)
{
    static const char *const texts[] = {"", "a", "井盖丢失，已围挡", "cam-0017-2026"};
    return texts[roll(4)];
}

static struct incident some_incident(struct intern *names)
{
    return (struct incident){
        .state = some_number(),
        .nature = some_number(),
        .outcome = some_number(),
        .verify = some_number(),
        .unrouted = some_number(),
        .severity = (int)roll(5),
        .panic = roll(2),
        .flagged = roll(2),
        .sealed = roll(2),
        .exercise = roll(2),
        .type = some_name(names),
        .area = some_name(names),
        .responsible_area = some_name(names),
        .source = some_name(names),
        .event_id = some_text(),
        .route = some_name(names),
        .reason = some_text(),
        .ladder = some_name(names),
        .received_ms = some_time(),
        .closed_ms = some_time(),
        .opened_seq = (uint64_t)some_time(),
        .merged_into = UINT64_MAX - roll(2),
        .reworks = some_number(),
        .reopens = some_number(),
    };
}

static struct task some_task(struct intern *names)
{
    return (struct task){
        .no = some_number(),
        .epoch = some_number(),
        .lost = some_number(),
        .role = some_number(),
        .state = some_number(),
        .outcome = some_number(),
        .on_behalf = roll(2),
        .auto_respond = roll(2),
        .unit = some_name(names),
        .principal = some_name(names),
        .worker = some_name(names),
        .last_worker = some_name(names),
        .spoke_principal = some_name(names),
        .spoke_person = some_text(),
        .reason = some_text(),
        .dispatched_ms = some_time(),
        .responded_ms = some_time(),
        .arrived_ms = some_time(),
        .done_ms = some_time(),
    };
}

static struct clock some_clock(void)
{
    return (struct clock){
        .kind = some_number(),
        .task = some_number(),
        .state = some_number(),
        .calendar = some_number(),
        .started_ms = some_time(),
        .budget_ms = some_time(),
        .consumed_ms = some_time(),
        .running_since_ms = some_time(),
        .due_ms = some_time(),
        .stopped_ms = some_time(),
        .rung = some_number(),
        .reached = some_number(),
        .next_ms = some_time(),
    };
}

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void assert_same_incident(const struct incident *a, const struct incident *b)
{
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->nature, b->nature);
    assert_int_equal(a->outcome, b->outcome);
    assert_int_equal(a->verify, b->verify);
    assert_int_equal(a->unrouted, b->unrouted);
    assert_int_equal(a->severity, b->severity);
    assert_true(a->panic == b->panic && a->flagged == b->flagged && a->sealed == b->sealed);
    assert_true(a->exercise == b->exercise && !b->more);
    assert_true(same(a->type, b->type) && same(a->area, b->area) && same(a->responsible_area, b->responsible_area));
    assert_true(same(a->source, b->source) && same(a->route, b->route) && same(a->ladder, b->ladder));
    assert_string_equal(a->event_id, b->event_id);
    assert_string_equal(a->reason, b->reason);
    assert_true(a->received_ms == b->received_ms && a->closed_ms == b->closed_ms);
    assert_true(a->opened_seq == b->opened_seq && a->merged_into == b->merged_into);
    assert_true(a->reworks == b->reworks && a->reopens == b->reopens);
}

static void assert_same_task(const struct task *a, const struct task *b)
{
    assert_true(a->no == b->no && a->epoch == b->epoch && a->lost == b->lost);
    assert_true(a->role == b->role && a->state == b->state && a->outcome == b->outcome);
    assert_true(a->on_behalf == b->on_behalf && a->auto_respond == b->auto_respond && !b->more);
    assert_true(same(a->unit, b->unit) && same(a->principal, b->principal) && same(a->worker, b->worker));
    assert_true(same(a->last_worker, b->last_worker) && same(a->spoke_principal, b->spoke_principal));
    assert_string_equal(a->spoke_person, b->spoke_person);
    assert_string_equal(a->reason, b->reason);
    assert_true(a->dispatched_ms == b->dispatched_ms && a->responded_ms == b->responded_ms);
    assert_true(a->arrived_ms == b->arrived_ms && a->done_ms == b->done_ms);
}

static void assert_same_clock(const struct clock *a, const struct clock *b)
{
    assert_true(a->kind == b->kind && a->task == b->task && a->state == b->state && a->calendar == b->calendar);
    assert_true(a->started_ms == b->started_ms && a->budget_ms == b->budget_ms && a->consumed_ms == b->consumed_ms);
    assert_true(a->running_since_ms == b->running_since_ms && a->due_ms == b->due_ms);
    assert_true(a->stopped_ms == b->stopped_ms && a->rung == b->rung && a->reached == b->reached &&
                a->next_ms == b->next_ms);
}

static void every_field_comes_back(void **state)
{
    struct intern names = {0};
    struct buffer out = {0};
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct incident head = some_incident(&names), head_again;
        struct task task = some_task(&names), task_again;
        struct clock clock = some_clock(), clock_again;
        buffer_clear(&out);
        pack_incident(&out, &names, head.received_ms, &head);
        pack_task(&out, &names, head.received_ms, &task);
        pack_clock(&out, &names, head.received_ms, &clock);
        const uint8_t *at = unpack_incident(out.data, &names, head.received_ms, &head_again);
        at = unpack_task(at, &names, head.received_ms, &task_again);
        at = unpack_clock(at, &names, head.received_ms, &clock_again);
        assert_ptr_equal(at, out.data + out.size);
        assert_same_incident(&head, &head_again);
        assert_same_task(&task, &task_again);
        assert_same_clock(&clock, &clock_again);
    }
    buffer_release(&out);
    intern_release(&names);
}

/* --- in the core --- */

static struct arena arena;

static struct core *core_of_many(void)
{
    struct core *core = core_new(&(struct core_options){.journal = JOURNAL});
    dice = 7;
    for (uint64_t i = 1; i <= COUNT; i++) {
        struct incident head = {.state = INCIDENT_OPEN,
                                .severity = 1 + (int)roll(4),
                                .type = "2.01",
                                .area = "620802",
                                .event_id = arena_printf(&arena, "e-%d", (int)i),
                                .received_ms = START_MS + (int64_t)i,
                                .opened_seq = i};
        struct task task = {.no = 1,
                            .epoch = 1,
                            .role = TASK_LEAD,
                            .state = TASK_QUEUED,
                            .unit = roll(2) ? "fire" : "water",
                            .dispatched_ms = START_MS};
        struct clock clock = {.kind = CLOCK_RESPOND,
                              .task = 1,
                              .state = CLOCK_RUNNING,
                              .started_ms = START_MS,
                              .budget_ms = 60000,
                              .running_since_ms = START_MS,
                              .due_ms = START_MS + 60000 + (int64_t)roll(9000)};
        clock.next_ms = clock.due_ms;
        core_load(core, &(struct row){.incident = ident_pack(JOURNAL, i),
                                      .seq = i,
                                      .head = head,
                                      .tasks = &task,
                                      .task_count = 1,
                                      .clocks = &clock,
                                      .clock_count = 1});
    }
    return core;
}

static size_t resting(const struct core *core)
{
    size_t n = 0;
    for (uint64_t i = 1; i <= COUNT; i++)
        n += rest_is(index_get(&core->live, i));
    return n;
}

static void end_turn(struct core *core)
{
    struct outcome outcome;
    outcome_init(&outcome, &arena);
    core_offer(core, START_MS, &outcome);
}

static void wake_some(struct core *core, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_non_null(live_find(core, ident_pack(JOURNAL, 1 + roll(COUNT))));
}

static void what_waits_rests_until_it_is_looked_for(void **state)
{
    struct core *core = core_of_many();
    (void)state;
    assert_int_equal(resting(core), COUNT);
    wake_some(core, COUNT / 2);
    assert_in_range(resting(core), COUNT / 4, COUNT - 1);
    end_turn(core);
    assert_int_equal(resting(core), COUNT);
    uint64_t digest = core_digest(core); /* walks over all */
    assert_int_equal(resting(core), COUNT);
    wake_some(core, COUNT);
    assert_true(core_digest(core) == digest);
    core_free(core);
}

static void queues_and_deadlines_do_not_care(void **state)
{
    struct core *core = core_of_many();
    uint64_t before[COUNT], after[COUNT];
    uint32_t tasks[COUNT];
    (void)state;
    size_t n = core_queue(core, "fire", before, tasks, COUNT);
    int64_t due_ms = core_next_deadline(core);
    for (int i = 0; i < 10; i++) {
        wake_some(core, COUNT / 3);
        assert_int_equal(core_queue(core, "fire", after, tasks, COUNT), n);
        assert_memory_equal(before, after, n * sizeof *before);
        assert_true(core_next_deadline(core) == due_ms);
        end_turn(core);
    }
    core_free(core);
}

static void a_row_reads_the_same(void **state)
{
    struct core *core = core_of_many();
    (void)state;
    for (uint64_t i = 1; i <= COUNT; i++) {
        struct row asleep, awake;
        assert_true(core_row(core, ident_pack(JOURNAL, i), &arena, &asleep));
        assert_true(rest_is(index_get(&core->live, i))); /* reading does not wake */
        live_find(core, ident_pack(JOURNAL, i));
        assert_true(core_row(core, ident_pack(JOURNAL, i), &arena, &awake));
        assert_same_incident(&asleep.head, &awake.head);
        assert_true(asleep.seq == awake.seq && asleep.incident == awake.incident);
        assert_int_equal(asleep.task_count, 1);
        assert_int_equal(asleep.clock_count, 1);
        assert_same_task(&asleep.tasks[0], &awake.tasks[0]);
        assert_same_clock(&asleep.clocks[0], &awake.clocks[0]);
    }
    core_free(core);
}

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(what_waits_rests_until_it_is_looked_for),
        cmocka_unit_test(queues_and_deadlines_do_not_care),
        cmocka_unit_test(a_row_reads_the_same),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
