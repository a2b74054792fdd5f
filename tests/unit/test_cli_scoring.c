/* Scores, ranks within groups, and one-vote vetoes; and what is wrong with a file of them, with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/scoring.h"

static char path[] = "/tmp/bihuan-scoring.XXXXXX";

static int load(const char *text, struct scoring **out, struct faults *faults)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    int result = scoring_load(path, out, faults);
    unlink(path);
    memset(path + sizeof path - 7, 'X', 6);
    return result;
}

static size_t figure_at(const char *name)
{
    size_t i = 0;
    while (strcmp(figure_table[i].name, name) != 0)
        i++;
    return i;
}

/* --- a report that was counted by hand --- */

#define GROUPS 5

static struct {
    struct arena arena;
    struct figures figures;
    struct group groups[GROUPS];
    struct group *list[GROUPS];
} made;

static void put(const char *key, const char *figure, unsigned of, uint64_t part, uint64_t whole)
{
    struct group *group = NULL;
    for (size_t i = 0; i < made.figures.group_count; i++)
        if (strcmp(made.groups[i].key, key) == 0)
            group = &made.groups[i];
    if (!group) {
        group = made.list[made.figures.group_count] = &made.groups[made.figures.group_count];
        made.figures.group_count++;
        group->key = key;
        group->cells = ARENA_NEW(&made.arena, struct cell *, figure_table_size);
        memset(group->cells, 0, figure_table_size * sizeof *group->cells);
    }
    struct cell *cell = ARENA_NEW(&made.arena, struct cell, 1);
    *cell = (struct cell){.next = group->cells[figure_at(figure)], .of = of, .part = part, .whole = whole};
    group->cells[figure_at(figure)] = cell;
}

static int setup(void **unused)
{
    (void)unused;
    memset(&made, 0, sizeof made);
    arena_init(&made.arena);
    made.figures.groups = made.list;
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    arena_release(&made.arena);
    return 0;
}

static const char *const half_and_half = "weights: {closed_in_time: 50, on_time.respond: 30, reworked: -20}\n"
                                         "groups: {一类: [fire, police], 二类: [water, gas]}\n"
                                         "veto: {overdue: 2}\n";

static size_t rank(const char *text, struct scoring **scoring, struct standing **standings)
{
    struct faults faults = {0};
    int error = load(text, scoring, &faults);
    if (error)
        fail_msg("%s", faults_text(&faults));
    faults_release(&faults);
    return scoring_rank(*scoring, &made.figures, standings);
}

/* fire: 50 × 80.0 + 30 × 90.0 + 20 × (100 − 10.0) = 85.0 of 100. police: nothing was verified: 50 × 66.7 + 30 × 100.0 of 80,
 * 79.2. water and gas: the same, but gas has three overdue. */
static void scores_are_of_the_rates_as_printed(void **unused)
{
    struct scoring *scoring;
    struct standing *standings;
    (void)unused;
    put("fire", "closed_in_time", 0, 8, 10);
    put("fire", "on_time", CLOCK_RESPOND, 9, 10);
    put("fire", "on_time", CLOCK_HANDLE, 0, 10);
    put("fire", "reworked", 0, 1, 10);
    put("gas", "closed_in_time", 0, 1, 1);
    put("gas", "overdue", 0, 3, 3);
    put("police", "closed_in_time", 0, 2, 3);
    put("police", "on_time", CLOCK_RESPOND, 1, 1);
    put("water", "closed_in_time", 0, 1, 2);
    assert_int_equal(rank(half_and_half, &scoring, &standings), 4);
    static const struct {
        const char *key, *among;
        int tenths;
        size_t rank, vetoes;
    } expected[] = {{"fire", "一类", 850, 1, 0},
                    {"police", "一类", 792, 2, 0},
                    {"water", "二类", 500, 1, 0},
                    {"gas", "二类", 1000, 2, 1}};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(standings[i].group->key, expected[i].key);
        assert_string_equal(scoring_group(scoring, &standings[i]), expected[i].among);
        assert_int_equal(standings[i].tenths, expected[i].tenths);
        assert_int_equal(standings[i].rank, expected[i].rank);
        assert_int_equal(standings[i].veto_count, expected[i].vetoes);
    }
    scoring_free(scoring);
}

/* Who is equal shares a place; who has nothing to be judged by has none; nobody's is not ranked. */
static void equals_share_a_rank(void **unused)
{
    struct scoring *scoring;
    struct standing *standings;
    (void)unused;
    put("", "closed_in_time", 0, 1, 1);
    put("a", "closed_in_time", 0, 1, 2);
    put("b", "closed_in_time", 0, 2, 4);
    put("c", "closed_in_time", 0, 1, 4);
    put("d", "reports", 0, 4, 4);
    assert_int_equal(rank("weights: {closed_in_time: 100}\n", &scoring, &standings), 4);
    assert_int_equal(standings[0].rank, 1);
    assert_int_equal(standings[1].rank, 1);
    assert_int_equal(standings[2].rank, 3);
    assert_string_equal(standings[3].group->key, "d");
    assert_int_equal(standings[3].rank, 0);
    scoring_free(scoring);
}

static void what_is_wrong_is_said_with_its_place(void **unused)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"weights: {closed_in_tim: 100}\n", "1:11: no indicator \"closed_in_tim\" that is a count or a rate"},
        {"weights: {lasted: 100}\n", "1:11: no indicator \"lasted\" that is a count or a rate"},
        {"weights: {overdue: 100}\n", "1:11: \"overdue\" is no rate: only rates have a weight"},
        {"weights: {on_time: 100}\n", "1:11: \"on_time\" is told apart: of which?"},
        {"weights: {closed.respond: 100}\n", "1:11: \"closed.respond\" is of nothing"},
        {"weights: {closed: 60, reworked: -30}\n", "1:1: the weights are 90 together; let them be 100"},
        {"weights: {closed: many}\n", "1:19: \"many\" is not such a number"},
        {"weights: {closed: 100}\ngroups: {一类: [a, b], 二类: [b]}\n", "\"b\" is in a group already"},
        {"weights: {closed: 100}\nveto: {overdue: -1}\n", "2:17: \"-1\" is not such a number"},
        {"wieghts: {closed: 100}\n", "1:1: no key \"wieghts\"; there are weights, groups and veto"},
        {"weights: [closed]\n", "1:10: keys and values are wanted here"},
        {"", "1:1: empty: weights are needed"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct faults faults = {0};
        struct scoring *scoring = NULL;
        assert_int_not_equal(load(cases[i].text, &scoring, &faults), 0);
        if (!strstr(faults_text(&faults), cases[i].fault))
            fail_msg("%sexpected '%s', there is: %s", cases[i].text, cases[i].fault, faults_text(&faults));
        faults_release(&faults);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scores_are_of_the_rates_as_printed, setup, teardown),
        cmocka_unit_test_setup_teardown(equals_share_a_rank, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said_with_its_place, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
