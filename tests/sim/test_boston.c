/* Boston's 311, half a year of real cases with a limit each, replayed through the turn on virtual time: every verdict is
 * the file's, and the figures of each department are the sums of its rows. Without the data the tests are skipped. */
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
#include "cli/figures.h"
#include "tests/sim/world.h"

#define ROWS_MAX        4000
#define DEPARTMENTS_MAX 16
#define TEN_YEARS_MS    (3660 * 24 * 3600 * 1000LL) /* the longest limit that a configuration takes */
#define EST(date_ms)    ((date_ms) + 5 * 3600 * 1000LL)
#define JULY_2011       EST(INT64_C(1309478400000))
#define OCTOBER_2011    EST(INT64_C(1317427200000))
#define YEAR_2012       EST(INT64_C(1325376000000))
#define YEAR_2050       EST(INT64_C(2524608000000))

enum { SOURCE, CENTRE };

struct real_row {
    char id[32], type[16], department[16], verdict[16];
    int64_t open_ms, target_ms, closed_ms;
    enum clock_state state; /* of its clock, when all is over */
};

/* An opening or a closing. */
struct moment {
    int64_t at_ms;
    struct real_row *row;
    bool closes;
};

struct boston {
    struct world world;
    char folder[64];
    struct real_row rows[ROWS_MAX];
    struct moment moments[2 * ROWS_MAX];
    size_t row_count, moment_count;
    uint64_t incidents[ROWS_MAX];
    uint64_t tag;
};

static struct boston boston;
static bool absent;

/* --- the file --- */

static void read_row(char *line, struct real_row *row)
{
    char *fields[7];
    for (size_t i = 0; i < 7; i++)
        assert_non_null(fields[i] = strsep(&line, "\t\n"));
    snprintf(row->id, sizeof(row->id), "%s", fields[0]);
    snprintf(row->type, sizeof(row->type), "%s", fields[1]);
    snprintf(row->department, sizeof(row->department), "%s", fields[2]);
    snprintf(row->verdict, sizeof(row->verdict), "%s", fields[6]);
    row->open_ms = strtoll(fields[3], NULL, 10);
    row->target_ms = strtoll(fields[4], NULL, 10);
    row->closed_ms = strtoll(fields[5], NULL, 10);
    if (row->target_ms > row->open_ms + TEN_YEARS_MS)
        row->target_ms = row->open_ms + TEN_YEARS_MS;
}

/* What is opened and closed in one second is opened first; else in the order of the file. */
static int by_time(const void *a, const void *b)
{
    const struct moment *left = a, *right = b;
    if (left->at_ms != right->at_ms)
        return left->at_ms < right->at_ms ? -1 : 1;
    if (left->closes != right->closes)
        return left->closes ? 1 : -1;
    return (left->row > right->row) - (left->row < right->row);
}

static void read_rows(void)
{
    char path[128], line[512];
    snprintf(path, sizeof(path), "%s/rows.tsv", boston.folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        struct real_row *row = &boston.rows[boston.row_count++];
        assert_true(boston.row_count < ROWS_MAX);
        read_row(line, row);
        boston.moments[boston.moment_count++] = (struct moment){row->open_ms, row, false};
        if (row->closed_ms)
            boston.moments[boston.moment_count++] = (struct moment){row->closed_ms, row, true};
    }
    fclose(file);
    qsort(boston.moments, boston.moment_count, sizeof(*boston.moments), by_time);
}

/* --- the replay --- */

static void turn(void)
{
    assert_true(world_turn(&boston.world));
}

/* Every deadline on the way is met on its own millisecond. */
static void advance(int64_t to_ms)
{
    int64_t due_ms;
    while ((due_ms = core_next_due(boston.world.turn.core)) <= to_ms) {
        if (due_ms > boston.world.now_ms)
            boston.world.now_ms = due_ms;
        turn();
    }
    boston.world.now_ms = to_ms;
}

static struct message answer_to(size_t actor, struct arena *arena)
{
    struct message answer;
    assert_true(network_receive(&boston.world.network, actor, arena, &answer));
    if (answer.kind == MESSAGE_REFUSAL)
        fail_msg("%s: %s", refusal_name(answer.refusal.code), answer.refusal.reason);
    return answer;
}

static void send(size_t actor, struct message message)
{
    message.tag = ++boston.tag;
    network_send(&boston.world.network, actor, &message);
}

static void connect_as(size_t actor, const char *principal, char endpoint)
{
    struct arena arena;
    boston.world.network.principals[actor] = principal;
    boston.world.network.endpoints[actor] = endpoint;
    arena_init(&arena);
    send(actor, (struct message){.kind = MESSAGE_HELLO, .hello = {.version = WIRE_VERSION, .client = "boston"}});
    turn();
    assert_int_equal(answer_to(actor, &arena).kind, MESSAGE_WELCOME);
    arena_release(&arena);
}

static void publish(const struct real_row *row)
{
    struct arena arena;
    arena_init(&arena);
    send(SOURCE,
         (struct message){.kind = MESSAGE_PUBLISH, .publish = {.id = row->id, .type = row->type, .place.area = "25"}});
    turn();
    boston.incidents[row - boston.rows] = answer_to(SOURCE, &arena).receipt.incident;
    arena_release(&arena);
}

/* The department's two words, of the same millisecond. */
static void settle(const struct real_row *row)
{
    struct arena arena;
    struct word word = {
        .incident = boston.incidents[row - boston.rows], .task = 1, .person = "clerk", .on_behalf = row->department};
    arena_init(&arena);
    word.request = "respond";
    word.verb = WORD_RESPOND;
    send(CENTRE, (struct message){.kind = MESSAGE_WORD, .word = word});
    word.request = "feedback";
    word.verb = WORD_FEEDBACK;
    word.outcome = OUTCOME_RESOLVED;
    send(CENTRE, (struct message){.kind = MESSAGE_WORD, .word = word});
    turn();
    for (int i = 0; i < 2; i++)
        assert_int_equal(answer_to(CENTRE, &arena).kind, MESSAGE_RECEIPT);
    arena_release(&arena);
}

/* Until nothing more falls due, so that what was never closed is late. */
static void replay(void)
{
    const struct world_options options = {
        .seed = 1, .config_folder = boston.folder, .start_ms = boston.moments[0].at_ms - 1000};
    assert_true(world_open(&boston.world, &options));
    connect_as(SOURCE, "residents", 'P');
    connect_as(CENTRE, "centre", 'C');
    for (size_t i = 0; i < boston.moment_count; i++) {
        const struct moment *moment = &boston.moments[i];
        advance(moment->at_ms);
        (moment->closes ? settle : publish)(moment->row);
    }
    advance(YEAR_2050);
}

static int set_up(void **state)
{
    const char *data = getenv("BIHUAN_DATA");
    char command[512];
    (void)state;
    data = data ? data : "../shared/data";
    snprintf(command, sizeof(command), "%s/samples/boston311_dev_2900.csv", data);
    if (access(command, R_OK) != 0) {
        print_message("skipped: no real data at %s (set BIHUAN_DATA)\n", command);
        absent = true;
        return 0;
    }
    snprintf(boston.folder, sizeof(boston.folder), "/tmp/bihuan-boston-XXXXXX");
    assert_non_null(mkdtemp(boston.folder));
    snprintf(command, sizeof(command), "PYTHONDONTWRITEBYTECODE=1 python3 tests/real/make_boston.py '%s' '%s'", data,
             boston.folder);
    assert_int_equal(system(command), 0);
    read_rows();
    replay();
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    if (absent)
        return 0;
    world_close(&boston.world);
    snprintf(command, sizeof(command), "rm -rf '%s'", boston.folder);
    return system(command);
}

/* --- verdicts --- */

static int take_verdict(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    const struct map *rows = arg;
    (void)bytes;
    (void)size_bytes;
    for (size_t i = 0; i < record->change_count; i++) {
        struct real_row *row = map_get(rows, record->changes[i].incident);
        for (size_t k = 0; k < record->changes[i].clock_count; k++)
            if (record->changes[i].clocks[k].kind == CLOCK_RESOLVE)
                row->state = record->changes[i].clocks[k].state;
    }
    return 0;
}

static void take_verdicts(void)
{
    struct map rows = {0};
    for (size_t i = 0; i < boston.row_count; i++)
        map_put(&rows, boston.incidents[i], &boston.rows[i]);
    assert_int_equal(store_replay(boston.world.turn.store, 0, take_verdict, &rows), 0);
    map_release(&rows);
}

struct tally {
    size_t judged, equal, without_verdict, without_target, never_closed, at_once, capped, backwards;
};

/* A row that was never closed is still running when all deadlines have passed; the file calls it overdue. */
static void tally_row(struct tally *tally, const struct real_row *row)
{
    bool in_time = strcmp(row->verdict, "ONTIME") == 0;
    tally->at_once += row->closed_ms == row->open_ms;
    tally->capped += row->target_ms == row->open_ms + TEN_YEARS_MS;
    tally->backwards +=
        (row->target_ms && row->target_ms <= row->open_ms) || (row->closed_ms && row->closed_ms < row->open_ms);
    tally->without_target += !row->target_ms;
    tally->never_closed += row->target_ms && !row->closed_ms;
    if (!row->target_ms || !row->closed_ms)
        return;
    tally->without_verdict += !*row->verdict;
    tally->judged += *row->verdict != '\0';
    tally->equal += *row->verdict && row->state == (in_time ? CLOCK_MET : CLOCK_LATE);
}

static void every_verdict_is_the_files(void **state)
{
    struct tally tally = {0};
    (void)state;
    if (absent)
        return;
    take_verdicts();
    for (size_t i = 0; i < boston.row_count; i++) {
        const struct real_row *row = &boston.rows[i];
        tally_row(&tally, row);
        assert_int_equal(row->state != 0, row->target_ms != 0);
        if (row->target_ms && !row->closed_ms) {
            assert_int_equal(row->state, CLOCK_RUNNING);
            assert_string_equal(row->verdict, "OVERDUE");
        }
    }
    print_message(
        "Boston: %zu rows, %zu of %zu verdicts equal; without verdict %zu (judged by their dates), without target "
        "%zu (no clock), never closed %zu (overdue), closed at once %zu, limit cut to ten years %zu, target or "
        "close not after open %zu\n",
        boston.row_count, tally.equal, tally.judged, tally.without_verdict, tally.without_target, tally.never_closed,
        tally.at_once, tally.capped, tally.backwards);
    assert_int_equal(boston.row_count, 2913);
    assert_int_equal(tally.judged, 2136);
    assert_int_equal(tally.equal, 2136);
    assert_int_equal(tally.without_verdict, 7);
    assert_int_equal(tally.without_target, 588);
    assert_int_equal(tally.never_closed, 182);
    assert_int_equal(tally.capped, 1);
    assert_int_equal(tally.backwards, 0);
}

/* --- figures against sums --- */

struct sum {
    const char *department;
    uint64_t received, due, closed, in_time, overdue, ended;
};

static struct sum *sum_of(struct sum *sums, const char *department)
{
    size_t at = 0;
    while (sums[at].department && strcmp(sums[at].department, department) != 0)
        at++;
    assert_true(at < DEPARTMENTS_MAX);
    sums[at].department = department;
    return &sums[at];
}

static void sum_row(struct sum *sum, const struct real_row *row, const struct figures_question *question)
{
    int64_t to_ms = question->to_ms < question->as_of_ms ? question->to_ms : question->as_of_ms;
    bool known_closed = row->closed_ms && row->closed_ms < question->as_of_ms;
    sum->received += row->open_ms >= question->from_ms && row->open_ms < to_ms;
    sum->ended += known_closed && row->closed_ms >= question->from_ms && row->closed_ms < to_ms;
    if (!row->target_ms || row->open_ms >= question->as_of_ms || row->target_ms >= to_ms)
        return;
    sum->overdue += !known_closed;
    if (row->target_ms < question->from_ms)
        return;
    sum->due++;
    sum->closed += known_closed;
    sum->in_time += known_closed && row->closed_ms <= row->target_ms;
}

struct taking {
    struct lives lives;
    int64_t as_of_ms;
};

static int take(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct taking *taking = arg;
    (void)bytes;
    (void)size_bytes;
    if (record->at_ms < taking->as_of_ms)
        lives_take(&taking->lives, record);
    return 0;
}

static const struct cell *cell_named(const struct group *group, const char *name)
{
    for (size_t i = 0; i < figure_table_size; i++)
        if (strcmp(figure_table[i].name, name) == 0)
            return group->cells[i];
    fail_msg("no indicator %s", name);
    return NULL;
}

static const struct group *group_named(const struct figures *figures, const char *key)
{
    for (size_t i = 0; i < figures->group_count; i++)
        if (strcmp(figures->groups[i]->key, key) == 0)
            return figures->groups[i];
    return NULL;
}

static void compare(const struct group *group, const struct sum *sum)
{
    assert_int_equal(cell_named(group, "intake")->part, sum->received);
    assert_int_equal(cell_named(group, "due")->part, sum->due);
    assert_int_equal(cell_named(group, "closed")->part, sum->closed);
    assert_int_equal(cell_named(group, "closed")->whole, sum->due);
    assert_int_equal(cell_named(group, "closed_in_time")->part, sum->in_time);
    assert_int_equal(cell_named(group, "closed_in_time")->whole, sum->due);
    assert_int_equal(cell_named(group, "overdue")->part, sum->overdue);
    assert_int_equal(cell_named(group, "lasted")->whole, sum->ended);
}

static void show(const struct sum *sum)
{
    print_message("  %-5s received %4" PRIu64 "  due %4" PRIu64 "  closed %4" PRIu64 "  in time %4" PRIu64
                  "  late %4" PRIu64 "  overdue %4" PRIu64 "\n",
                  sum->department, sum->received, sum->due, sum->closed, sum->in_time, sum->closed - sum->in_time,
                  sum->overdue);
}

static void hold_against_the_file(int64_t from_ms, int64_t to_ms, int64_t as_of_ms, bool shown)
{
    const struct figures_question question = {
        .from_ms = from_ms, .to_ms = to_ms, .as_of_ms = as_of_ms, .by = BY_DEPARTMENT};
    struct sum sums[DEPARTMENTS_MAX + 1] = {0};
    struct taking taking = {.as_of_ms = as_of_ms};
    struct figures figures;
    lives_init(&taking.lives);
    assert_int_equal(store_replay(boston.world.turn.store, 0, take, &taking), 0);
    figures_count(&figures, &question, &taking.lives);
    for (size_t i = 0; i < boston.row_count; i++)
        sum_row(sum_of(sums, boston.rows[i].department), &boston.rows[i], &question);
    for (struct sum *sum = sums; sum->department; sum++) {
        const struct group *group = group_named(&figures, sum->department);
        if (group)
            compare(group, sum);
        else
            assert_memory_equal(sum, (&(struct sum){.department = sum->department}), sizeof(*sum));
        if (shown)
            show(sum);
    }
    figures_release(&figures);
    lives_release(&taking.lives);
}

static void figures_per_department_are_the_files(void **state)
{
    (void)state;
    if (absent)
        return;
    hold_against_the_file(JULY_2011, YEAR_2050, YEAR_2050, true);
    hold_against_the_file(JULY_2011, OCTOBER_2011, YEAR_2050, false);
    hold_against_the_file(OCTOBER_2011, YEAR_2012, YEAR_2012, false);                          /* frozen at its end */
    hold_against_the_file(OCTOBER_2011, YEAR_2012, OCTOBER_2011 + INT64_C(1000000000), false); /* twelve days into it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_is_the_files),
        cmocka_unit_test(figures_per_department_are_the_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
