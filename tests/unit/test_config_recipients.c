/* What a city's administrator was promised of recipients as real tables have them: owners of objects, filing conditions,
 * and rules of what an event becomes; each fault with its place. */
#include "city_rig.h"

#include <time.h>

#include "broker/core/route.h"

#define OWNER_RULES "routes:\n  - {type: 1, to: [\"@owner\", cg]}\n  - {type: 2, to: [\"@owner\", desk]}\n"

/* Whose "@owner" of a rule for type 1 is: the second candidate is cg. */
static const char *owner_of(const struct policy *policy, const char *object)
{
    const struct unit *unit = policy_owner(policy, object);
    return unit != NULL ? unit->id : "";
}

static struct route_result route(const struct policy *policy, const char *type, const char *object)
{
    struct route_result result;
    struct route_query query = {
        .type = policy_type(policy, type), .area = policy_area(policy, "620802001"), .severity = 4, .object = object};
    route_find(policy, &query, &result, NULL);
    return result;
}

static void objects_have_owners(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "objects.yaml",
               "objects:\n"
               "  - {object: \"0101*\", unit: hw}\n"
               "  - {object: \"010102*\", unit: cg}\n"
               "  - {objects: [01010203, \"02*\"], unit: zf-east}\n");
    city_write(rig, "routes.yaml", OWNER_RULES);
    const struct policy *policy = city_read_sound(rig);
    assert_string_equal(owner_of(policy, "010199"), "hw");
    assert_string_equal(owner_of(policy, "0101"), "hw");
    assert_string_equal(owner_of(policy, "01010299"), "cg");
    assert_string_equal(owner_of(policy, "01010203"), "zf-east");
    assert_string_equal(owner_of(policy, "02"), "zf-east");
    assert_string_equal(owner_of(policy, "010"), "");
    assert_string_equal(owner_of(policy, ""), "");
    assert_string_equal(owner_of(policy, NULL), "");
    assert_string_equal(route(policy, "1", "0201").lead->id, "zf-east");
    assert_string_equal(route(policy, "1", "0301").lead->id, "cg");
    assert_string_equal(route(policy, "1", NULL).lead->id, "cg");
    assert_true(route(policy, "2", "0301").desk);
    assert_false(route(policy, "2", "0101").desk);
}

static void a_retired_owner_has_a_successor(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "units.yaml", "units: [{id: old, retired: true, successor: hw}, {id: cg}, {id: hw}]\n");
    city_write(rig, "objects.yaml", "objects: [{object: 7, unit: old}]\n");
    city_write(rig, "routes.yaml", OWNER_RULES);
    assert_string_equal(route(city_read_sound(rig), "1", "7").lead->id, "hw");
}

static void a_department_keeps_its_objects_in_a_csv(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "objects.yaml",
               "objects:\n"
               "  - {file: manholes.csv, object: 部件编码, unit: 权属单位, units: {\"市环卫, 一所\": hw}}\n");
    city_write(rig, "manholes.csv",
               "\xef\xbb\xbf部件名称,部件编码,权属单位\r\n"
               "\"井盖\"\"大\"\"\", 0101 ,cg\r\n"
               "\r\n"
               "\"两\n行\",0102*,\"市环卫, 一所\"\n"
               "井盖,0101,cg");
    city_write(rig, "routes.yaml", OWNER_RULES);
    const struct policy *policy = city_read_sound(rig);
    assert_string_equal(owner_of(policy, "0101"), "cg");
    assert_string_equal(owner_of(policy, "01023"), "hw");
    assert_int_equal(policy->owner_map.count, 2);
    struct policy *again = NULL; /* as the store keeps it */
    assert_int_equal(config_parse(policy->bundle, policy->bundle_bytes, &again, &rig->faults), 0);
    assert_string_equal(owner_of(again, "01023"), "hw");
    policy_free(again);
}

static void a_hundred_thousand_objects_are_read(void **state)
{
    struct city_rig *rig = *state;
    struct buffer csv = {0};
    struct timespec begin, end;
    buffer_printf(&csv, "object,unit\n");
    for (int i = 0; i < 100000; i++)
        buffer_printf(&csv, "620802%08d,%s\n", i, i % 2 ? "cg" : "hw");
    city_write_bytes(rig, "lamps.csv", csv.data, csv.size);
    buffer_release(&csv);
    city_write(rig, "objects.yaml", "objects: [{file: lamps.csv}, {object: \"62*\", unit: zf-east}]\n");
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const struct policy *policy = city_read_sound(rig);
    clock_gettime(CLOCK_MONOTONIC, &end);
    print_message("100,000 objects read in %.2f s\n",
                  (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    assert_int_equal(policy->owner_map.count, 100001);
    assert_string_equal(owner_of(policy, "62080200077777"), "cg");
    assert_string_equal(owner_of(policy, "62080200077778"), "hw");
    assert_string_equal(owner_of(policy, "62080200100000"), "zf-east");
}

/* --- filing conditions --- */

static const struct limit *open_limit(const struct policy *policy, const char *type, enum clock_kind kind,
                                      enum calendar calendar)
{
    const struct type *of = policy_type(policy, type);
    for (size_t i = 0; i < of->open_limit_count; i++) {
        if (of->open_limits[i].kind == kind && of->open_limits[i].calendar == calendar)
            return &of->open_limits[i];
    }
    return NULL;
}

static void conditions_carry_limits_and_what_closes_them(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "calendars.yaml", "calendars: {office: {hours: [08:00-12:00, 14:00-18:00]}}\n");
    city_write(rig, "types.yaml",
               "types:\n"
               "  - {code: 1, name: 部件, clocks: urgent}\n"
               "  - {code: 2, name: 事件, clocks: slow}\n"
               "  - {code: 1.01, name: 井盖, closing: 恢复}\n"
               "  - {code: 1.01.1, condition: 缺失, clocks: {handle: 2h, respond: 10m}}\n"
               "  - {code: 1.01.2, condition: 破损, clocks: {handle: 4wh}, closing: 更换}\n"
               "  - {code: 1.01.3, condition: 有声响, clocks: {handle: 2wd}}\n"
               "  - {code: 1.01.4, condition: 旧的, clocks: {handle: 1m}, retired: true, successor: 1.01.1}\n"
               "  - {code: 1.02, name: 雨水箅子}\n"
               "  - {code: 1.02.1, condition: 破损, name: 箅子破损, clocks: {handle: 90m}}\n");
    const struct policy *policy = city_read_sound(rig);
    assert_string_equal(policy_type(policy, "1.01.1")->condition, "缺失");
    assert_string_equal(policy_type(policy, "1.01.1")->name, "缺失");
    assert_string_equal(policy_type(policy, "1.02.1")->name, "箅子破损");
    assert_string_equal(policy_type(policy, "1.01.1")->closing, "恢复");
    assert_string_equal(policy_type(policy, "1.01.2")->closing, "更换");
    assert_null(policy_type(policy, "1.02.1")->closing);
    assert_int_equal(open_limit(policy, "1.01", CLOCK_HANDLE, CALENDAR_NATURAL)->budget_ms, 2 * 3600 * 1000);
    assert_int_equal(open_limit(policy, "1.01", CLOCK_HANDLE, CALENDAR_WORKING_HOURS)->budget_ms, 4 * 3600 * 1000);
    assert_int_equal(open_limit(policy, "1.01", CLOCK_HANDLE, CALENDAR_WORKING_DAYS)->budget_ms, 2 * WORKING_DAY_MS);
    assert_int_equal(open_limit(policy, "1.01", CLOCK_RESPOND, CALENDAR_NATURAL)->budget_ms, 10 * 60 * 1000);
    assert_int_equal(open_limit(policy, "1", CLOCK_HANDLE, CALENDAR_NATURAL)->budget_ms, 90 * 60 * 1000);
    assert_int_equal(policy_type(policy, "1.01.1")->open_limit_count, 0);
    assert_int_equal(policy_type(policy, "2")->open_limit_count, 0);
    assert_int_equal(type_limit(policy_type(policy, "2"), CLOCK_HANDLE, CALENDAR_NATURAL)->budget_ms, 48 * 3600 * 1000);
}

/* --- what is wrong --- */

static const struct {
    const char *file, *text, *said;
} wrongs[] = {
    {"routes.yaml", "routes: [{type: 1, to: \"@owner\"}]\n",
     "routes.yaml:1:24: '@owner' can never find anybody: write objects.yaml"},
    {"routes.yaml", "routes: [{type: 1, to: [desk, cg]}]\n", "routes.yaml:1:25: 'desk' is where a person dispatches"},
    {"routes.yaml", "routes: [{type: 1, to: cg, assist: desk}]\n",
     "routes.yaml:1:36: 'desk' is where a person dispatches"},
    {"types.yaml", "types:\n- {code: 1, clocks: urgent}\n- {code: 2, clocks: slow, condition: 破损}\n",
     "types.yaml:3:3: a filing condition stands below a type"},
    {"types.yaml",
     "types:\n- {code: 1, clocks: urgent}\n- {code: 2, clocks: slow}\n- {code: 2.1, condition: 破损}\n- {code: "
     "2.1.1}\n",
     "types.yaml:5:3: type '2.1.1' is below a filing condition, which is the last level"},
    {"events.yaml", "events: [{type: 1}]\n", "events.yaml:1:10: a rule says what is done"},
    {"events.yaml", "events: [{do: open, type: 9}]\n", "events.yaml:1:27: unknown type '9'"},
    {"events.yaml", "events: [{do: open, channel: x}]\n", "events.yaml:1:30: 'channel' goes with do: notify"},
    {"events.yaml", "events: [{do: record, nature: report}]\n", "events.yaml:1:31: a report (举报) always opens"},
    {"events.yaml", "events: [{do: record, count: 1, within: 1h}]\n", "events.yaml:1:30: count is a whole number"},
    {"events.yaml", "events: [{do: open, count: 2, within: 1h}]\n",
     "events.yaml:1:28: 'count' and 'within' go together"},
    {"events.yaml", "events:\n- {do: record, types: [1, 2]}\n- {do: open, type: 2.01, nature: help}\n",
     "events.yaml:3:3: never reached: events.yaml:2 holds for all of it"},
    {"objects.yaml", "objects: [{object: 1, unit: cq}]\n", "objects.yaml:1:29: unknown unit 'cq'; did you mean 'cg'?"},
    {"objects.yaml", "objects: [{object: 1}]\n", "objects.yaml:1:11: an owner is {object:"},
    {"objects.yaml", "objects: [{object: 1, objects: [2], unit: cg}]\n", "objects.yaml:1:11: an owner is {object:"},
    {"objects.yaml", "objects: [{object: \"*1\", unit: cg}]\n", "objects.yaml:1:20: '*1' is no object's code"},
    {"objects.yaml", "objects:\n- {object: 1, unit: cg}\n- {object: 1, unit: hw}\n",
     "objects.yaml:3:12: object '1' belongs to unit 'cg' at objects.yaml:2; it has one owner"},
    {"objects.yaml", "objects: [{file: none.csv}]\n", "objects.yaml:1:18: cannot read 'none.csv'"},
    {"objects.yaml", "objects: [{file: ../x.csv}]\n", "objects.yaml:1:18: '../x.csv' leads out of the city's folder"},
    {"objects.yaml", "objects: [{file: o.csv, unit: 单位}]\n", "o.csv:1: no column '单位'"},
    {"objects.yaml", "objects: [{file: o.csv}]\n", "o.csv:3:3: unknown unit 'hv'; did you mean 'hw'?"},
    {"objects.yaml", "objects: [{file: o.csv}]\n", "o.csv:4:1: object '1' belongs to unit 'cg' at o.csv:2"},
    {"objects.yaml", "objects: [{file: o.csv}]\n", "o.csv:5: 1 cells; the first row has more"},
    {"objects.yaml", "objects: [{file: o.csv}]\n", "o.csv:6:3: a quote is opened and never closed"},
    {"objects.yaml", "objects: [{file: empty.csv}]\n", "objects.yaml:1:18: 'empty.csv' is empty"},
};

static void everything_wrong_is_told_with_its_place(void **state)
{
    struct city_rig *rig = *state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
        char path[160];
        city_write(rig, "o.csv", "object,unit\n1,cg\n2,hv\n1,hw\n3\n4,\"cg\n");
        city_write(rig, "empty.csv", "\n");
        expect_fault(rig, wrongs[i].file, wrongs[i].text, wrongs[i].said);
        snprintf(path, sizeof(path), "%s/%s", rig->folder, wrongs[i].file);
        assert_int_equal(unlink(path), 0);
        for (size_t f = 0; f < CITY_RIG_FILES; f++) {
            if (strcmp(city_rig_files[f][0], wrongs[i].file) == 0)
                city_write(rig, city_rig_files[f][0], city_rig_files[f][1]);
        }
    }
    city_read_sound(rig);
}

#define CITY_TEST(name) cmocka_unit_test_setup_teardown(name, city_setup, city_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(objects_have_owners),
        CITY_TEST(a_retired_owner_has_a_successor),
        CITY_TEST(a_department_keeps_its_objects_in_a_csv),
        CITY_TEST(a_hundred_thousand_objects_are_read),
        CITY_TEST(conditions_carry_limits_and_what_closes_them),
        CITY_TEST(everything_wrong_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
