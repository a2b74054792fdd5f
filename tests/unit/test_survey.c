/* What an administrator was promised of a sound configuration: what would fail somebody is found before it does, with its
 * place; what would not is left alone; and rows of the past are routed as they would be. Scenarios 064 to 068 show the same
 * in a city that runs. */
#include "city_rig.h"

#include <errno.h>
#include <time.h>

#include "broker/against.h"
#include "broker/survey.h"

#define NOVEMBER_2026 INT64_C(1795737600000)

struct found {
    struct faults errors, warnings;
};

static void look(struct city_rig *rig, struct found *found)
{
    *found = (struct found){0};
    survey(city_read_sound(rig), NOVEMBER_2026, &found->errors, &found->warnings);
}

static void forget(struct found *found)
{
    faults_release(&found->errors);
    faults_release(&found->warnings);
}

/* With one file changed: this is said; or, for NULL, nothing is. */
static void expect_found(struct city_rig *rig, const char *file, const char *text, const char *error,
                         const char *warning)
{
    struct found found;
    city_write(rig, file, text);
    look(rig, &found);
    const char *errors = faults_text(&found.errors), *warnings = faults_text(&found.warnings);
    if (error ? !strstr(errors, error) : *errors)
        fail_msg("%s: expected error '%s', there is:\n%s", text, error ? error : "none", errors);
    if (warning ? !strstr(warnings, warning) : *warnings)
        fail_msg("%s: expected warning '%s', there is:\n%s", text, warning ? warning : "none", warnings);
    forget(&found);
}

static void a_sound_city_is_told_nothing(void **state)
{
    struct found found;
    look(*state, &found);
    assert_string_equal(faults_text(&found.errors), "");
    assert_string_equal(faults_text(&found.warnings), "");
    forget(&found);
}

/* Whoever starts from one of them starts from a city that fails nobody. */
static void the_example_cities_are_sound(void **state)
{
    static const char *const cities[] = {"minimal", "kongtong", "yuncheng", "pingshan"};
    (void)state;
    for (size_t i = 0; i < sizeof(cities) / sizeof(*cities); i++) {
        struct found found = {0};
        struct policy *policy = NULL;
        char folder[64];
        snprintf(folder, sizeof(folder), "ops/cities/%s", cities[i]);
        if (config_load(folder, &policy, &found.errors) == 0)
            survey(policy, NOVEMBER_2026, &found.errors, &found.warnings);
        if (found.errors.count + found.warnings.count > 0)
            fail_msg("%s:\n%s%s", folder, faults_text(&found.errors), faults_text(&found.warnings));
        policy_free(policy);
        forget(&found);
    }
}

/* --- limits --- */

/* Only what surely ends later is called a contradiction: working time may be as short as natural time, or a weekend longer. */
static void limits_are_compared_where_they_can_be(void **state)
{
    static const struct {
        const char *limits;
        bool contradictory;
    } cases[] = {
        {"respond: 1h, handle: 1h, feedback: 1h, resolve: 1h", false},
        {"respond: 61m, handle: 1h", true},
        {"handle: 2h, resolve: 1h", true},
        {"dispatch: 2h, resolve: 1h", true},
        {"verify: 2d, resolve: 1d", false},  /* waiting for the verifier is another's time */
        {"respond: 2wh, handle: 1h", true},  /* two working hours last two hours at least */
        {"respond: 2h, handle: 1wh", false}, /* by night an hour of working time is longer */
        {"handle: 1wd, feedback: 4wh", true},
        {"handle: 1wd, feedback: 8wh", false},
        {"handle: 2wd next, feedback: 1wd next", true},
        {"handle: 2wd next, feedback: 1wd", false}, /* counted otherwise */
        {"handle: {limit: 2wh, calendar: hall}, feedback: 1wh", false},
        {"handle: {limit: 2wh, calendar: hall}, feedback: {limit: 1wh, calendar: hall}", true},
    };
    struct city_rig *rig = *state;
    city_write(rig, "calendars.yaml",
               "default: office\ncalendars: {office: {hours: 08:00-18:00}, hall: {hours: 09:00-17:00}}\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[256];
        snprintf(text, sizeof(text), "profiles:\n  urgent: {%s}\n  slow: {handle: 2d}\n", cases[i].limits);
        expect_found(rig, "clocks.yaml", text,
                     cases[i].contradictory ? "limits of 'urgent' contradict each other" : NULL, NULL);
    }
}

static void limits_that_a_type_writes_itself_are_looked_at_once(void **state)
{
    struct found found;
    struct city_rig *rig = *state;
    city_write(rig, "types.yaml",
               "types:\n- {code: 1, clocks: urgent}\n- {code: 2, clocks: {respond: 2h, handle: 1h}}\n- {code: 2.1}\n");
    look(rig, &found);
    assert_string_equal(
        faults_text(&found.errors),
        "types.yaml:3:22: limits of 'of 2' contradict each other: respond ends after handle; give handle "
        "more, or respond less\n");
    forget(&found);
}

/* --- hours --- */

#define UNITS(hours)                                                                                                   \
    "units: [{id: cg, hours: " hours "}, {id: hw}, {each: community, id: \"sq-{code}\", hours: " hours "}]\n"
#define DAY                                                                                                            \
    "calendars: {office: {hours: 08:00-18:00}, whole: {hours: 00:00-24:00, weekdays: [mon, tue, wed, thu, fri, sat, "  \
    "sun]}}\n"

static void a_unit_is_there_when_it_says(void **state)
{
    struct city_rig *rig = *state;
    expect_fault(rig, "units.yaml", UNITS("day"),
                 "units.yaml:1:25: 'day' is by the city's calendar, and it has none; write calendars.yaml");
    city_write(rig, "calendars.yaml", "default: office\n" DAY);
    expect_fault(rig, "units.yaml", UNITS("ofice"),
                 "units.yaml:1:25: unknown calendar 'ofice'; did you mean 'office'?");
    expect_found(rig, "units.yaml", UNITS("always"), NULL, NULL);
    expect_found(rig, "units.yaml", UNITS("whole"), NULL, NULL); /* open day and night is always */
    expect_found(
        rig, "units.yaml", UNITS("day"),
        "units.yaml:1:9: a clock that nobody can keep: unit 'cg' works by calendar 'office' only, and type '1.01'",
        NULL);
    expect_found(rig, "units.yaml", UNITS("office"), "unit 'cg' works by calendar 'office' only", NULL);
    /* whoever assists has the same clocks; what is made by one line is told of once */
    expect_found(rig, "routes.yaml", "routes: [{types: [1, 2], to: hw, assist: \"@community\"}]\n",
                 "units.yaml:1:44: a clock that nobody can keep: unit 'sq-620802001001'", NULL);
    struct found found;
    look(rig, &found);
    assert_int_equal(found.errors.count, 1);
    forget(&found);
    /* working time waits for the morning */
    city_write(rig, "clocks.yaml",
               "profiles: {urgent: {respond: 1wh, handle: 2wh}, slow: {handle: 2wd, resolve: 9d}}\n");
    expect_found(rig, "types.yaml", "types: [{code: 1, clocks: urgent}, {code: 2, clocks: slow}]\n", NULL, NULL);
}

/* Of a type with filing conditions it is their limits that run. */
static void filing_conditions_are_what_runs(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "calendars.yaml", "default: office\n" DAY);
    city_write(rig, "units.yaml", "units: [{id: cg, hours: day}, {id: hw}]\n");
    expect_found(rig, "types.yaml",
                 "types:\n- {code: 1, clocks: {handle: 1h}}\n- {code: 1.1, condition: a, clocks: {handle: 4wh}}\n"
                 "- {code: 2, clocks: slow}\n",
                 NULL, NULL);
    expect_found(rig, "types.yaml",
                 "types:\n- {code: 1, clocks: {handle: 4wh}}\n- {code: 1.1, condition: a, clocks: {handle: 1h}}\n"
                 "- {code: 2, clocks: slow}\n",
                 "type '1' (and 1 more) gives it 1h of natural time to handle", NULL);
}

/* --- rules --- */

static void a_retired_type_or_area_needs_no_owner(void **state)
{
    struct city_rig *rig = *state;
    expect_found(
        rig, "types.yaml",
        "types: [{code: 1, clocks: urgent}, {code: 2, clocks: slow}, {code: 3, retired: true, successor: 1}]\n", NULL,
        NULL);
    expect_found(rig, "types.yaml",
                 "types: [{code: 1, clocks: urgent}, {code: 2, clocks: slow}, {code: 3, clocks: slow}]\n",
                 "types.yaml:1:61: type '3' has no owner at 620802001001001 and 2 more areas", NULL);
}

/* Every task of a plan has the clocks of its type, and one that nobody gets is left out. */
static void plans_are_looked_into(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "calendars.yaml", "default: office\n" DAY);
    city_write(rig, "units.yaml", "units: [{id: cg}, {id: hw, hours: day}, {id: zf, area: 620802001, kind: 执法}]\n");
    city_write(rig, "routes.yaml", "routes: [{type: 1, plan: gas}, {type: 2, to: cg}]\n");
    expect_found(
        rig, "plans.yaml",
        "plans:\n  - {name: gas, tasks: [{name: a, to: cg}, {name: b, to: hw}, {name: c, to: \"@street.执法\"}]}\n",
        "unit 'hw' works by calendar 'office' only, and type '1.01' gives it 1m",
        "plans.yaml:2:5: warning: plan 'gas' leaves its task 'c' out for type '1.01' at 620802002: nobody is found");
}

/* Thousands of communities with a unit each are alike, and a table of hundreds of types is looked at in no time. */
static void a_large_city_is_looked_at_quickly(void **state)
{
    struct city_rig *rig = *state;
    struct buffer areas = {0}, types = {0};
    struct timespec begin, end;
    struct found found;
    buffer_printf(&areas, "posts: {district: 区长}\nareas:\n  - {code: 620802}\n");
    for (int street = 1; street <= 60; street++) {
        buffer_printf(&areas, "  - {code: 620802%03d}\n", street);
        for (int community = 1; community <= 50; community++)
            buffer_printf(&areas, "  - {code: 620802%03d%03d}\n", street, community);
    }
    buffer_printf(&types, "types:\n  - {code: 1, clocks: slow}\n  - {code: 2, clocks: slow}\n");
    for (int type = 1; type <= 700; type++)
        buffer_printf(&types, "  - {code: 1.%d}\n", type);
    city_write_bytes(rig, "areas.yaml", areas.data, areas.size);
    city_write_bytes(rig, "types.yaml", types.data, types.size);
    city_write(rig, "units.yaml", "units: [{id: cg}, {each: community, id: \"sq-{code}\"}]\n");
    city_write(
        rig, "routes.yaml",
        "routes: [{types: [1, 2], to: \"@community\", except: [{area: 620802060, to: cg}, {area: 620802001}]}]\n");
    buffer_release(&areas);
    buffer_release(&types);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    look(rig, &found);
    clock_gettime(CLOCK_MONOTONIC, &end);
    print_message("702 types in 3,000 communities in %.2f s\n",
                  (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    assert_int_equal(found.errors.count, 701); /* every type that is reported, in the street that is excepted */
    assert_non_null(strstr(faults_text(&found.errors), "type '2' has no owner at 620802001001 and 49 more areas"));
    forget(&found);
}

/* --- rows of the past --- */

static void write_and_hold(struct city_rig *rig, const char *rows, struct against *sum, struct buffer *said)
{
    char path[160];
    struct faults faults = {0};
    city_write(rig, "rows.csv", rows);
    snprintf(path, sizeof(path), "%s/rows.csv", rig->folder);
    if (against_rows(city_read_sound(rig), path, sum, said, &faults) != 0)
        fail_msg("%s", faults_text(&faults));
    buffer_append(said, "", 1);
    faults_release(&faults);
}

static void rows_are_routed_and_what_contradicts_itself_is_told(void **state)
{
    struct against sum;
    struct buffer said = {0};
    write_and_hold(*state,
                   "单号,unit,type,area\n"
                   "1,cg,1.01,620802001001\n" /* as it is */
                   "2,hw,2.01,620802001001\n" /* these three contradict each other */
                   "3,cg,2.01,620802001001\n"
                   "4,cg,2.01,620802001001\n"
                   "5,cg,2.01.77,620802001001\n" /* nearest is 2.01; another code, so no contradiction */
                   "6,,1,620802\n",              /* nobody had it */
                   &sum, &said);
    assert_int_equal(sum.rows, 6);
    assert_int_equal(sum.agree, 2);
    assert_int_equal(sum.elsewhere, 4);
    assert_int_equal(sum.nobody, 0);
    assert_int_equal(sum.contradictory, 3);
    assert_non_null(strstr((char *)said.data,
                           "rows.csv:3:1: warning: type 2.01 at 620802001001: cg in 2 rows (line 4), hw in 1 row "
                           "(line 3): the rows contradict each other; routes.yaml:3 sends it to hw\n"));
    assert_non_null(strstr((char *)said.data,
                           "rows.csv:6:1: warning: type 2.01.77 at 620802001001: cg in 1 row (line 6); "
                           "routes.yaml:3 sends it to hw\n"));
    assert_non_null(strstr((char *)said.data, "nobody in 1 row (line 7); routes.yaml:2 sends it to cg"));
    assert_null(strstr((char *)said.data, "1.01"));
    buffer_release(&said);
}

static void rows_that_cannot_be_read_are_named(void **state)
{
    static const struct {
        const char *rows, *said;
    } wrongs[] = {
        {"type,unit\n1,cg\n", "rows.csv:1:1: no column 'area'; the first row names type, area and unit"},
        {"", "rows.csv:1:1: no column 'type'"},
        {"type,area,unit\n9,620802,cg\n", "rows.csv:2:1: unknown type '9', and none above it is listed"},
        {"type,area,unit\n1,999,cg\n", "rows.csv:2:3: unknown area '999'; it is not in areas.yaml"},
        {"type,area,unit\n1,620802\n", "rows.csv:2:1: 2 cells; the first row has more"},
    };
    struct city_rig *rig = *state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
        char path[160];
        struct against sum;
        struct buffer said = {0};
        struct faults faults = {0};
        city_write(rig, "rows.csv", wrongs[i].rows);
        snprintf(path, sizeof(path), "%s/rows.csv", rig->folder);
        assert_int_equal(against_rows(city_read_sound(rig), path, &sum, &said, &faults), -EINVAL);
        if (!strstr(faults_text(&faults), wrongs[i].said))
            fail_msg("expected '%s' in:\n%s", wrongs[i].said, faults_text(&faults));
        buffer_release(&said);
        faults_release(&faults);
    }
}

#define SURVEY_TEST(name) cmocka_unit_test_setup_teardown(name, city_setup, city_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SURVEY_TEST(a_sound_city_is_told_nothing),
        cmocka_unit_test(the_example_cities_are_sound),
        SURVEY_TEST(limits_are_compared_where_they_can_be),
        SURVEY_TEST(limits_that_a_type_writes_itself_are_looked_at_once),
        SURVEY_TEST(a_unit_is_there_when_it_says),
        SURVEY_TEST(filing_conditions_are_what_runs),
        SURVEY_TEST(a_retired_type_or_area_needs_no_owner),
        SURVEY_TEST(plans_are_looked_into),
        SURVEY_TEST(a_large_city_is_looked_at_quickly),
        SURVEY_TEST(rows_are_routed_and_what_contradicts_itself_is_told),
        SURVEY_TEST(rows_that_cannot_be_read_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
