/* One stormy day of 911 calls, replayed through the turn on virtual time, with the broker dying on the way: repeated calls
 * for one place and type fold, and nothing is lost, count by count. What is expected is counted from the file by itself.
 * Without the data the tests are skipped. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/base/map.h"
#include "tests/sim/world.h"

#define ROWS_MAX  1000
#define WINDOW_MS (30 * 60 * 1000LL) /* as make_pa911.py configures */
#define RAISED_AT 3
#define CRASH_PER 97 /* calls from one crash to the next */

struct call {
    char id[32], type[16], area[16];
    int64_t at_ms;
    size_t group; /* counted from the file: the first call of the thing it is about */
    uint64_t incident;
};

static struct day {
    struct world world;
    char folder[64];
    struct call calls[ROWS_MAX];
    size_t count;
    uint64_t tag;
} day;
static bool absent;

/* --- the file --- */

static void read_call(char *line, struct call *call)
{
    char *fields[4];
    for (size_t i = 0; i < 4; i++)
        assert_non_null(fields[i] = strsep(&line, "\t\n"));
    snprintf(call->id, sizeof(call->id), "%s", fields[0]);
    snprintf(call->type, sizeof(call->type), "%s", fields[1]);
    snprintf(call->area, sizeof(call->area), "%s", fields[2]);
    call->at_ms = strtoll(fields[3], NULL, 10);
}

static void read_calls(void)
{
    char path[128], line[512];
    snprintf(path, sizeof(path), "%s/rows.tsv", day.folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        assert_true(day.count < ROWS_MAX);
        read_call(line, &day.calls[day.count++]);
    }
    fclose(file);
}

static bool same_thing(const struct call *a, const struct call *b)
{
    return strcmp(a->type, b->type) == 0 && strcmp(a->area, b->area) == 0;
}

/* By the file alone: a call is of the last one's thing when that is of its type and place, and not too long ago. */
static void group_calls(void)
{
    for (size_t i = 0; i < day.count; i++) {
        struct call *call = &day.calls[i];
        size_t before = i;
        while (before > 0 && !same_thing(&day.calls[before - 1], call))
            before--;
        bool folds = before > 0 && call->at_ms - day.calls[before - 1].at_ms <= WINDOW_MS;
        call->group = folds ? day.calls[before - 1].group : i;
    }
}

/* --- the replay --- */

static void turn(void)
{
    assert_true(world_turn(&day.world));
}

static void advance(int64_t to_ms)
{
    int64_t due_ms;
    while ((due_ms = core_next_due(day.world.turn.core)) <= to_ms) {
        if (due_ms > day.world.now_ms)
            day.world.now_ms = due_ms;
        turn();
    }
    if (to_ms > day.world.now_ms)
        day.world.now_ms = to_ms;
}

static void send(struct message message)
{
    message.tag = ++day.tag;
    network_send(&day.world.network, 0, &message);
}

static struct message answer(struct arena *arena)
{
    struct message message;
    do
        assert_true(network_receive(&day.world.network, 0, arena, &message));
    while (message.kind == MESSAGE_WELCOME);
    if (message.kind == MESSAGE_REFUSAL)
        fail_msg("%s: %s", refusal_name(message.refusal.code), message.refusal.reason);
    return message;
}

static void hello(void)
{
    send((struct message){.kind = MESSAGE_HELLO, .hello = {.version = WIRE_VERSION, .client = "911"}});
}

static void publish(struct call *call, bool repeat)
{
    struct arena arena;
    arena_init(&arena);
    send((struct message){.kind = MESSAGE_PUBLISH,
                          .publish = {.id = call->id, .type = call->type, .place.area = call->area}});
    turn();
    struct receipt receipt = answer(&arena).receipt;
    assert_int_equal(receipt.repeat, repeat);
    if (repeat)
        assert_true(receipt.incident == call->incident);
    call->incident = receipt.incident;
    arena_release(&arena);
}

/* Its callers say everything again of the last hour. */
static void die(size_t upto)
{
    int64_t now_ms = day.world.now_ms;
    assert_true(world_crash(&day.world));
    day.world.now_ms = now_ms;
    hello();
    for (size_t i = 0; i <= upto; i++)
        if (day.calls[i].at_ms > now_ms - 3600 * 1000)
            publish(&day.calls[i], true);
}

static void replay(void)
{
    const struct world_options options = {.seed = 1,
                                          .config_folder = day.folder,
                                          .start_ms = day.calls[0].at_ms - 1000,
                                          .down_max_ms = 1,
                                          .quiet_percent = 50};
    assert_true(world_open(&day.world, &options));
    day.world.network.principals[0] = "callers";
    day.world.network.endpoints[0] = 'P';
    hello();
    for (size_t i = 0; i < day.count; i++) {
        advance(day.calls[i].at_ms);
        publish(&day.calls[i], false);
        if (i % CRASH_PER == CRASH_PER - 1)
            die(i);
    }
}

static int set_up(void **state)
{
    const char *data = getenv("BIHUAN_DATA");
    char command[512];
    (void)state;
    data = data ? data : "../shared/data";
    snprintf(command, sizeof(command), "%s/samples/pa911_burstday_2016-01-23_887.csv", data);
    if (access(command, R_OK) != 0) {
        print_message("skipped: no real data at %s (set BIHUAN_DATA)\n", command);
        absent = true;
        return 0;
    }
    snprintf(day.folder, sizeof(day.folder), "/tmp/bihuan-pa911-XXXXXX");
    assert_non_null(mkdtemp(day.folder));
    snprintf(command, sizeof(command), "PYTHONDONTWRITEBYTECODE=1 python3 tests/real/make_pa911.py '%s' '%s'", data,
             day.folder);
    assert_int_equal(system(command), 0);
    read_calls();
    group_calls();
    replay();
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    if (absent)
        return 0;
    world_close(&day.world);
    snprintf(command, sizeof(command), "rm -rf '%s'", day.folder);
    return system(command);
}

/* --- count by count --- */

static size_t calls_of(size_t group)
{
    size_t n = 0;
    for (size_t i = 0; i < day.count; i++)
        n += day.calls[i].group == group;
    return n;
}

static const struct call *last_of(size_t group)
{
    size_t i = day.count;
    while (day.calls[i - 1].group != group)
        i--;
    return &day.calls[i - 1];
}

static void calls_of_one_thing_are_one_incident(void **state)
{
    (void)state;
    if (absent)
        return;
    assert_int_equal(day.count, 887);
    for (size_t i = 0; i < day.count; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal(day.calls[i].incident == day.calls[k].incident, day.calls[i].group == day.calls[k].group);
}

static void each_incident_counts_its_calls(void **state)
{
    struct arena arena;
    struct row row;
    size_t sum = 0, incidents = 0;
    (void)state;
    if (absent)
        return;
    arena_init(&arena);
    for (size_t i = 0; i < day.count; i++) {
        if (day.calls[i].group != i)
            continue;
        assert_true(core_row(day.world.turn.core, day.calls[i].incident, &arena, &row));
        assert_non_null(row.reports);
        assert_int_equal(row.reports->count, calls_of(i));
        assert_true(row.reports->first_ms == day.calls[i].at_ms && row.reports->last_ms == last_of(i)->at_ms);
        assert_int_equal(row.head.severity, row.reports->count >= RAISED_AT ? 2 : 4);
        sum += row.reports->count;
        incidents++;
    }
    assert_int_equal(sum, day.count);
    assert_true(core_counters(day.world.turn.core).accepted == incidents);
    print_message("911: %zu calls, %zu incidents, %" PRIu64 " crashes\n", sum, incidents, day.world.crashes);
    arena_release(&arena);
}

struct trail {
    size_t opened, folded, raised;
    char *seen; /* how often of each call: its event is in the trail */
};

static int take(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct trail *trail = arg;
    (void)bytes;
    (void)size_bytes;
    trail->opened += record->kind == RECORD_OPENED;
    trail->folded += record->kind == RECORD_FOLDED;
    trail->raised += record->kind == RECORD_RAISED;
    if (record->event)
        trail->seen[strtoul(record->event->id + strlen("call-"), NULL, 10) - 1]++;
    return 0;
}

static void every_call_is_in_the_trail_once(void **state)
{
    char seen[ROWS_MAX] = {0};
    struct trail trail = {.seen = seen};
    size_t first = 0, raised = 0;
    (void)state;
    if (absent)
        return;
    assert_int_equal(store_replay(day.world.turn.store, 0, take, &trail), 0);
    for (size_t i = 0; i < day.count; i++) {
        assert_int_equal(seen[i], 1);
        first += day.calls[i].group == i;
        raised += day.calls[i].group == i && calls_of(i) >= RAISED_AT;
    }
    assert_int_equal(trail.opened, first);
    assert_int_equal(trail.folded, day.count - first);
    assert_int_equal(trail.raised, raised);
    print_message("911: %zu opened, %zu folded, %zu raised\n", trail.opened, trail.folded, trail.raised);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_one_thing_are_one_incident),
        cmocka_unit_test(each_incident_counts_its_calls),
        cmocka_unit_test(every_call_is_in_the_trail_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
