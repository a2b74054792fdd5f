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

static void duties_are_read(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "calendars.yaml", "calendars: {school: {hours: [08:00-12:00, 14:00-18:00]}}\n");
    city_write(rig, "duties.yaml",
               "duties:\n"
               "  - {name: 周排查, every: week, to: cg, targets: [a, b, c], opens: 2}\n"
               "  - {name: 季总结, every: quarter, each: street, to: \"@street.执法\", targets: grid, opens: 2, area: "
               "620802001}\n"
               "  - {name: 护学岗, every: working_day, hours: [07:30-07:50, 16:30-16:50], targets: one, opens: 1}\n");
    expect_fault(rig, "types.yaml",
                 "types: [{code: 1, name: 安全, clocks: urgent}, {code: 2, name: 环境, clocks: slow}]\n",
                 "duties.yaml:4:81: unknown level 'one'");
    city_write(rig, "duties.yaml",
               "duties:\n"
               "  - {name: 周排查, every: week, to: cg, targets: [a, b, c], opens: 2}\n"
               "  - {name: 季总结, every: quarter, each: street, to: \"@street.执法\", targets: grid, opens: 2, area: "
               "620802001}\n"
               "  - {name: 护学岗, every: working_day, hours: [07:30-07:50, 16:30-16:50], targets: [one], opens: 1}\n");
    const struct policy *policy = city_read_sound(rig);
    assert_int_equal(policy->duty_count, 3);
    const struct duty *week = &policy->duties[0], *quarter = &policy->duties[1], *guard = &policy->duties[2];
    assert_int_equal(week->every, DUTY_WEEK);
    assert_int_equal(week->target_count, 3);
    assert_string_equal(week->to.unit->id, "cg");
    assert_string_equal(week->areas[0]->code, "620802");
    assert_false(week->each);
    assert_true(quarter->each);
    assert_int_equal(quarter->area_count, 1);
    assert_int_equal(quarter->to.kind, RECIPIENT_RELATIVE);
    assert_int_equal(quarter->target_count, 0);
    assert_int_equal(guard->hours.span_count, 2);
    assert_string_equal(guard->timetable->name, "school");
    assert_int_equal(guard->to.kind, 0);
}

static const struct {
    const char *file, *text, *said;
} wrongs[] = {
    {"duties.yaml", "duties: [{name: a, every: week, opens: 1}]\n", "duties.yaml:1:10: a duty needs its name, every"},
    {"duties.yaml", "duties: [{name: a#b, every: week, opens: 1, targets: [x]}]\n", "duties.yaml:1:17: "},
    {"duties.yaml", "duties: [{name: a, every: weak, opens: 1, targets: [x]}]\n",
     "duties.yaml:1:27: unknown period 'weak'; did you mean 'week'?"},
    {"duties.yaml", "duties: [{name: a, every: working_day, opens: 1, targets: [x]}]\n",
     "which days are working days? write calendars.yaml"},
    {"duties.yaml", "duties: [{name: a, every: week, hours: 08:00-09:00, opens: 1, targets: [x]}]\n",
     "duties.yaml:1:40: hours are for"},
    {"duties.yaml", "duties: [{name: a, every: day, hours: 9-8, opens: 1, targets: [x]}]\n", "are no opening hours"},
    {"duties.yaml", "duties: [{name: a, every: day, calendar: x, opens: 1, targets: [x]}]\n",
     "a calendar is for 'every: working_day'"},
    {"duties.yaml", "duties: [{name: a, every: day, each: stret, opens: 1, targets: [x]}]\n",
     "unknown level 'stret'; did you mean 'street'?"},
    {"duties.yaml", "duties: [{name: a, every: day, each: city, opens: 1, targets: [x]}]\n",
     "area '620802' has 0 areas of level 'city'"},
    {"duties.yaml", "duties: [{name: a, every: day, opens: 1, targets: grid, area: 620802002}]\n",
     "area '620802002' has 0 areas of level 'grid'"},
    {"duties.yaml", "duties: [{name: a, every: day, opens: 1, targets: [x, x]}]\n",
     "duties.yaml:1:55: target 'x' is listed twice"},
    {"duties.yaml", "duties: [{name: a, every: day, opens: 1, targets: []}]\n",
     "an empty list; write 1 to 256 targets"},
    {"duties.yaml", "duties: [{name: a, every: day, to: desk, opens: 1, targets: [x]}]\n",
     "'desk' is where a person dispatches"},
    {"duties.yaml", "duties: [{name: a, every: day, to: cq, opens: 1, targets: [x]}]\n", "unknown unit 'cq'"},
    {"duties.yaml",
     "duties:\n- {name: a, every: day, opens: 1, targets: [x]}\n- {name: a, every: day, opens: 1, targets: [x]}\n",
     "duties.yaml:3:10: duty 'a' is also at duties.yaml:2"},
    {"area_levels.yaml", "{rate: street, window: 7d}\n", "area_levels.yaml:1:1: levels need the level"},
    {"area_levels.yaml", "{rate: stret, window: 7d, colours: {red: {up: 2}}}\n",
     "area_levels.yaml:1:8: unknown level 'stret'; did you mean 'street'?"},
    {"area_levels.yaml", "{rate: street, window: 7h, colours: {red: {up: 2}}}\n",
     "area_levels.yaml:1:24: a window is whole days, 1d to 100d"},
    {"area_levels.yaml", "{rate: street, window: 101d, colours: {red: {up: 2}}}\n", "a window is whole days"},
    {"area_levels.yaml", "{rate: street, window: 7d, colours: {reed: {up: 2}}}\n",
     "area_levels.yaml:1:38: unknown colour 'reed'; did you mean 'red'?"},
    {"area_levels.yaml", "{rate: street, window: 7d, colours: {up: {up: 2}}}\n", "unknown colour 'up'"},
    {"area_levels.yaml", "{rate: street, window: 7d, colours: {}}\n", "no colour; write {red:"},
    {"area_levels.yaml", "{rate: street, window: 7d, colours: {red: {down: 2}}}\n", "a colour needs 'up'"},
    {"area_levels.yaml", "{rate: street, window: 7d, colours: {red: {up: 2, down: 3}}}\n",
     "area_levels.yaml:1:57: 'down' is above 'up'"},
    {"area_levels.yaml", "{rate: street, window: 7d, colours: {red: {up: 2}, yellow: {up: 2}}}\n",
     "red is proposed from 2 on, and a lesser colour from 2"},
    {"area_levels.yaml", "{rate: street, window: 7d, types: [9], colours: {red: {up: 2}}}\n", "unknown type '9'"},
    {"area_levels.yaml", "{rate: street, window: 7d, colours: {red: {up: 2, lead: \"@owner\"}}}\n",
     "write objects.yaml"},
    {"duties.yaml", "duties: [{name: a, every: day, when: red, each: street, opens: 1, targets: [x]}]\n",
     "duties.yaml:1:38: no area is ever listed red"},
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
        CITY_TEST(duties_are_read),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
