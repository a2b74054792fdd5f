/* The files of silence and routine: what a city writes, and what is wrong with it, with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/config/config.h"
#include "tests/unit/city_rig.h"

#define HOUR_MS (3600 * 1000LL)

static void principals(struct city_rig *rig)
{
    city_write(rig, "principals.yaml",
               "principals:\n  - {name: sensors, roles: source, uids: [7]}\n"
               "  - {name: chief, roles: duty_chief, uids: [8]}\n");
}

static void absences_are_read(void **state)
{
    struct city_rig *rig = *state;
    principals(rig);
    city_write(rig, "absences.yaml",
               "absences:\n"
               "  - {name: 入户, type: 2.01, areas: [620802001, 620802002], within: 7d, opens: 2}\n"
               "  - {name: 心跳, source: sensors, refs: [a, b], area: 620802001, within: 1h, opens: 1.01, text: 断线}\n"
               "  - {name: 全区, within: 2d, opens: 1}\n");
    const struct policy *policy = city_read_sound(rig);
    assert_int_equal(policy->absence_count, 3);
    const struct absence *visits = &policy->absences[0], *beats = &policy->absences[1], *all = &policy->absences[2];
    assert_int_equal(visits->area_count, 2);
    assert_string_equal(visits->type->code, "2.01");
    assert_null(visits->source);
    assert_true(visits->within.budget_ms == 7 * 24 * HOUR_MS);
    assert_int_equal(beats->ref_count, 2);
    assert_string_equal(beats->refs[1], "b");
    assert_string_equal(beats->source, "sensors");
    assert_string_equal(beats->text, "断线");
    assert_int_equal(all->area_count, 1);
    assert_string_equal(all->areas[0]->code, "620802");
}

static const struct {
    const char *file, *text, *said;
} wrongs[] = {
    {"absences.yaml", "absences: [{name: a, within: 1d}]\n", "absences.yaml:1:12: an absence needs its name"},
    {"absences.yaml", "absences: [{name: a/b, within: 1d, opens: 1}]\n", "absences.yaml:1:19: "},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 7}]\n", "absences.yaml:1:41: unknown type '7'"},
    {"absences.yaml", "absences: [{name: a, within: 1x, opens: 1}]\n", "absences.yaml:1:30: '1x' is no duration"},
    {"absences.yaml", "absences: [{name: a, within: 5wd, opens: 1}]\n", "write calendars.yaml, or natural time"},
    {"absences.yaml", "absences:\n- {name: a, within: 1d, opens: 1}\n- {name: a, within: 2d, opens: 1}\n",
     "absences.yaml:3:10: absence 'a' is also at absences.yaml:2"},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 1, source: sensor}]\n",
     "absences.yaml:1:52: unknown principal 'sensor'; did you mean 'sensors'?"},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 1, source: chief}]\n", "'chief' is no source"},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 1, areas: [620802001, 620802001001]}]\n",
     "absences.yaml:1:63: areas '620802001001' and '620802001' lie in one another"},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 1, area: 620802001, areas: [620802002]}]\n", "keep one"},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 1, areas: []}]\n", "an empty list; leave the key out"},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 1, refs: [x, x]}]\n",
     "absences.yaml:1:54: device 'x' is listed twice"},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 1, refs: [x], areas: [620802001, 620802002]}]\n",
     "devices have one area"},
    {"absences.yaml", "absences: [{name: a, within: 1d, opens: 1, device: x}]\n", "unknown key 'device'"},
    {"absences.yaml", "absence: []\n", "unknown key 'absence'; did you mean 'absences'?"},
    {"principals.yaml", "principals: [{name: broker, roles: source}]\n", "'broker' is what the broker calls itself"},
};

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
        void *rig;
        city_setup(&rig);
        principals(rig);
        expect_fault(rig, wrongs[i].file, wrongs[i].text, wrongs[i].said);
        city_teardown(&rig);
    }
}

#define CITY_TEST(name) cmocka_unit_test_setup_teardown(name, city_setup, city_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(absences_are_read),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
