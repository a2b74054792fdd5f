/* What a city's administrator was promised: a sound folder becomes a policy, and everything that is wrong is told with
 * file, line and column, what is wrong and what would be right. */
#include "city_rig.h"

#include <errno.h>
#include <time.h>

#include "broker/core/route.h"

#define KEY_A "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY_B "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

/* --- what is right --- */

static void a_small_city_is_read(void **state)
{
    const struct policy *policy = city_read_sound(*state);
    assert_string_equal(policy->city, "620802");
    assert_string_equal(policy->name, "测试区");
    assert_int_equal(policy->journal, 620802);
    assert_int_equal(policy->utc_offset_minutes, 480);
    assert_int_equal(policy->lease_ms, 15000);
    assert_int_equal(policy->area_count, 6); /* with two grids */
    const struct area *grid = policy_area(policy, "620802001001002");
    assert_string_equal(grid->name, "第2网格");
    assert_string_equal(grid->parent->name, "一社区");
    assert_string_equal(policy->levels[grid->level].name, "grid");
    assert_string_equal(grid->post, "");
    assert_string_equal(policy_area(policy, "620802001")->post, "街道主任");
}

static void limits_and_severity_are_inherited(void **state)
{
    const struct policy *policy = city_read_sound(*state);
    const struct type *type = policy_type(policy, "1.01");
    assert_int_equal(type->depth, 2);
    assert_int_equal(type->severity, 2);
    assert_string_equal(type->profile->name, "urgent");
    assert_int_equal(type->profile->limit_count, 3);
    assert_int_equal(type->profile->limits[1].kind, CLOCK_HANDLE);
    assert_int_equal(type->profile->limits[1].budget_ms, 5 * 60 * 1000);
    assert_int_equal(policy_type(policy, "2.01")->severity, 4);
    assert_int_equal(policy_type(policy, "2.01")->profile->limits[0].budget_ms, 2 * 24 * 3600 * 1000LL);
    assert_int_equal(policy_type(policy, "2.01.1")->profile->limits[0].budget_ms, 90 * 60 * 1000);
}

static void children_may_stand_before_parents(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "types.yaml",
               "types:\n  - {code: 2.01.1, name: 渣土}\n  - {code: 2.01}\n  - {code: 1, clocks: slow}\n"
               "  - {code: 2, name: 环境, clocks: slow, severity: 3}\n");
    const struct policy *policy = city_read_sound(rig);
    assert_int_equal(policy_type(policy, "2.01.1")->severity, 3);
    assert_string_equal(policy_type(policy, "2.01.1")->profile->name, "slow");
}

static void nested_lists_are_the_same_tree(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "areas.yaml",
               "posts: {street: 主任, grid: 网格员}\n"
               "areas:\n"
               "  - code: 620802\n"
               "    name: 区\n"
               "    areas:\n"
               "      - code: 620802001\n"
               "        name: 东街道\n"
               "        areas: [{code: 620802001001, name: 一社区, grids: 1}]\n");
    const struct policy *policy = city_read_sound(rig);
    assert_string_equal(policy_area(policy, "620802001001")->parent->code, "620802001");
    assert_string_equal(policy_area(policy, "620802001")->post, "主任");
    assert_string_equal(policy_area(policy, "620802001001001")->post, "网格员");
    assert_string_equal(policy_area(policy, "620802001001")->post, "");
}

static void what_is_not_written_has_a_default(void **state)
{
    const struct policy *policy = city_read_sound(*state);
    const struct ladder *ladder = policy_ladder(policy, NULL);
    assert_int_equal(ladder->warning_count, 2);
    assert_int_equal(ladder->step_ms, 0);
    assert_ptr_equal(policy_ladder(policy, "no such"), ladder);
    const struct principal *local = policy_credential(policy, "plain:");
    assert_string_equal(local->name, "local");
    assert_int_equal(local->roles, 0xff);
    assert_int_equal(local->unit_count, policy->unit_count);
}

static void units_have_dated_names(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "units.yaml",
               "units:\n"
               "  - {id: cg, names: [{name: 旧, to: 2024-03-01}, {name: 新, from: 2024-03-01}]}\n"
               "  - {id: hw, name: 环卫}\n");
    const struct unit *unit = policy_unit(city_read_sound(rig), "cg");
    int64_t change_ms = 1709222400000; /* 2024-03-01 00:00 +08:00 */
    assert_string_equal(unit_name(unit, change_ms - 1), "旧");
    assert_string_equal(unit_name(unit, change_ms), "新");
    assert_string_equal(unit_name(policy_unit(rig->policy, "hw"), 0), "环卫");
}

static void each_makes_a_unit_per_area(void **state)
{
    const struct policy *policy = city_read_sound(*state);
    const struct unit *unit = policy_unit(policy, "sq-620802001001");
    assert_string_equal(unit_name(unit, 0), "一社区居委会");
    assert_string_equal(unit->area->code, "620802001001");
    assert_string_equal(unit->kind, "");
    assert_int_equal(policy->unit_count, 4);
}

static void ladders_are_read(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "ladders.yaml",
               "ladders:\n  default: {warn: [0.8], step: 10m}\n  fast: {warn: [], step: budget}\n");
    city_write(rig, "clocks.yaml", "profiles:\n  urgent: {handle: 5m, ladder: fast}\n  slow: {handle: 1h30m}\n");
    const struct policy *policy = city_read_sound(rig);
    assert_int_equal(policy_ladder(policy, "")->step_ms, 600000);
    assert_int_equal(policy_ladder(policy, "fast")->warning_count, 0);
    assert_ptr_equal(policy_type(policy, "1")->profile->ladder, policy_ladder(policy, "fast"));
    assert_null(policy_type(policy, "2")->profile->ladder);
    assert_int_equal(policy_type(policy, "2")->profile->limits[0].budget_ms, 90 * 60 * 1000);
}

static void principals_have_credentials(void **state)
{
    struct city_rig *rig = *state;
    char path[160];
    snprintf(path, sizeof(path), "%s/keys", rig->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    city_write(rig, "keys/camera.pub", KEY_A "\n");
    city_write(rig, "city.yaml", "name: 区\ncity: 620802\nkeys_folder: keys\n");
    city_write(rig, "principals.yaml",
               "principals:\n"
               "  - {name: camera, roles: source, types: [1], areas: [620802001], panic: true}\n"
               "  - {name: dept, roles: [department], units: cg, keys: [\"" KEY_B "\"], uids: [1000, 1001]}\n"
               "  - {name: nobody, roles: auditor, revoked: true}\n"
               "  - {each: unit, name: \"d-{id}\", roles: department}\n");
    const struct policy *policy = city_read_sound(rig);
    const struct principal *camera = policy_credential(policy, "curve:" KEY_A);
    assert_string_equal(camera->name, "camera");
    assert_true(camera->panic);
    assert_string_equal(camera->types[0]->code, "1");
    const struct principal *dept = policy_credential(policy, "uid:1001");
    assert_ptr_equal(dept, policy_credential(policy, "curve:" KEY_B));
    assert_int_equal(dept->unit_count, 2); /* cg, and its street team */
    assert_true(policy_principal(policy, "nobody")->revoked);
    assert_string_equal(policy_principal(policy, "d-hw")->units[0]->id, "hw");
    assert_int_equal(policy->principal_count, 3 + 4);
    assert_null(policy_credential(policy, "plain:"));
}

static void a_bundle_reads_back(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "a.pub", KEY_A);
    city_write(rig, "principals.yaml", "principals:\n  - {name: camera, roles: source, key_files: [a.pub]}\n");
    city_write(rig, "areas.yaml",
               "areas: [{code: 620802}, {code: 620802001}, {code: 620802001001}]\n"
               "polygons: [{file: p.geojson, property: code}]\n");
    city_write(rig, "p.geojson", "{}");
    const struct policy *policy = city_read_sound(rig);
    struct policy *again = NULL;
    struct faults faults = {0};
    assert_int_equal(config_parse(policy->bundle, policy->bundle_bytes, &again, &faults), 0);
    assert_memory_equal(&again->hash, &policy->hash, sizeof(policy->hash));
    assert_string_equal(policy_credential(again, "curve:" KEY_A)->name, "camera");
    assert_null(strstr(policy->bundle, "{}")); /* polygons are there by hash only */
    assert_non_null(strstr(policy->bundle, "p.geojson"));
    policy_free(again);
    assert_int_equal(config_parse(policy->bundle, policy->bundle_bytes - 20, &again, &faults), -EINVAL);
    assert_int_equal(config_parse("rubbish", 7, &again, &faults), -EINVAL);
    faults_release(&faults);
}

static void the_hash_tells_configurations_apart(void **state)
{
    struct city_rig *rig = *state;
    struct digest first = city_read_sound(rig)->hash;
    assert_memory_equal(&first, &city_read_sound(rig)->hash, sizeof(first));
    city_write(rig, "city.yaml", "name: 测试区 \ncity: 620802 # another comment is another text\n");
    assert_memory_not_equal(&first, &city_read_sound(rig)->hash, sizeof(first));
}

static void retired_things_have_successors(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "types.yaml",
               "types:\n  - {code: 1, clocks: slow}\n  - {code: 2, clocks: slow}\n"
               "  - {code: 3, retired: true, successor: 4}\n  - {code: 4, retired: true, successor: 1}\n");
    city_write(rig, "areas.yaml",
               "areas:\n  - {code: 620802}\n  - {code: 620802001}\n  - {code: 620802001001}\n"
               "  - {code: 620802001002, retired: true, succeeded_by: 620802001001, valid_to: 2025-01-01}\n");
    const struct policy *policy = city_read_sound(rig);
    assert_string_equal(policy_type_now(policy, policy_type(policy, "3"))->code, "1");
    assert_string_equal(policy_area_now(policy, policy_area(policy, "620802001002"))->code, "620802001001");
    assert_true(policy_area(policy, "620802001002")->valid_to_ms > 0);
}

/* --- calendars and limits in working time --- */

#define CALENDARS_YAML                                                                                                 \
    "default: office\n"                                                                                                \
    "calendars:\n"                                                                                                     \
    "  office:\n"                                                                                                      \
    "    hours: [08:00-12:00, 14:00-18:00]\n"                                                                          \
    "    seasons: {05-01..09-30: [08:00-12:00, 15:00-18:30]}\n"                                                        \
    "    holidays: [2026-10-01..2026-10-07, 2026-01-01..2026-01-03, 2026-04-06]\n"                                     \
    "    makeup_days: [2026-01-04, 2026-10-10]\n"                                                                      \
    "    known_until: 2026-12-31\n"                                                                                    \
    "  hall: {hours: 09:00-17:00, weekdays: [tue, wed, thu, fri, sat, sun]}\n"

static void calendars_are_read(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "calendars.yaml", CALENDARS_YAML);
    const struct policy *policy = city_read_sound(rig);
    assert_int_equal(policy->timetable_count, 2);
    const struct timetable *office = policy->timetable, *hall = &policy->timetables[1];
    assert_string_equal(office->name, "office");
    assert_int_equal(office->utc_offset_minutes, 480);
    assert_int_equal(office->weekdays, 0x1f);
    assert_int_equal(office->hours.span_count, 2);
    assert_int_equal(office->hours.total_ms, 8 * 3600 * 1000);
    assert_int_equal(office->hours.spans[1].from_ms, 14 * 3600 * 1000);
    assert_int_equal(office->seasons[0].from, 501);
    assert_int_equal(office->seasons[0].to, 930);
    assert_int_equal(office->seasons[0].hours.total_ms, 7.5 * 3600 * 1000);
    assert_int_equal(office->holiday_count, 3);
    assert_int_equal(office->holidays[0].from, 20454); /* in order: 2026-01-01 is 20454 days after 1970-01-01 */
    assert_int_equal(office->holidays[0].to, 20456);
    assert_int_equal(office->holidays[2].to - office->holidays[2].from, 6);
    assert_int_equal(office->makeups[0].from, 20457);
    assert_int_equal(office->known_until, 20454 + 364);
    assert_int_equal(hall->weekdays, 0x7e);
    assert_int_equal(hall->hours.span_count, 1);
    assert_true(hall->known_until == INT64_MAX);
}

static void the_only_calendar_is_the_default(void **state)
{
    struct city_rig *rig = *state;
    assert_null(city_read_sound(rig)->timetable);
    city_write(rig, "calendars.yaml",
               "calendars: {always: {hours: 00:00-24:00, weekdays: [mon, tue, wed, thu, fri, sat, sun]}}\n");
    assert_string_equal(city_read_sound(rig)->timetable->name, "always");
}

static void limits_are_written_in_either_time(void **state)
{
    struct city_rig *rig = *state;
    static const struct {
        const char *written;
        enum calendar calendar;
        int64_t minutes;
        const char *name;
    } limits[] = {
        {"4h", CALENDAR_NATURAL, 240, NULL},
        {"1h30m", CALENDAR_NATURAL, 90, NULL},
        {"2d", CALENDAR_NATURAL, 2880, NULL},
        {"2紧急工作时", CALENDAR_NATURAL, 120, NULL}, /* urgent: day and night */
        {"2紧急工作日", CALENDAR_NATURAL, 2880, NULL},
        {"4wh", CALENDAR_WORKING_HOURS, 240, NULL},
        {"4工作时", CALENDAR_WORKING_HOURS, 240, NULL},
        {"5wd", CALENDAR_WORKING_DAYS, 2400, NULL},
        {"5工作日", CALENDAR_WORKING_DAYS, 2400, NULL},
        {"1wd4wh", CALENDAR_WORKING_HOURS, 720, NULL},
        {"5wd next", CALENDAR_WORKING_DAYS_NEXT, 2400, NULL},
        {"5工作日次日起算", CALENDAR_WORKING_DAYS_NEXT, 2400, NULL},
        {"{limit: 4h}", CALENDAR_NATURAL, 240, NULL},
        {"{limit: 4h, calendar: natural}", CALENDAR_NATURAL, 240, NULL},
        {"{limit: 90m, calendar: working_hours}", CALENDAR_WORKING_HOURS, 90, NULL},
        {"{limit: 2d4h, calendar: working_hours}", CALENDAR_WORKING_HOURS, 1200, NULL}, /* a day of eight hours */
        {"{limit: 5d, calendar: working_days}", CALENDAR_WORKING_DAYS, 2400, NULL},
        {"{limit: 5d, calendar: working_days_next}", CALENDAR_WORKING_DAYS_NEXT, 2400, NULL},
        {"{limit: 4wh, calendar: hall}", CALENDAR_WORKING_HOURS, 240, "hall"},
        {"{limit: 5wd next, calendar: hall}", CALENDAR_WORKING_DAYS_NEXT, 2400, "hall"},
    };
    city_write(rig, "calendars.yaml", CALENDARS_YAML);
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        char text[160];
        snprintf(text, sizeof(text), "profiles: {urgent: {handle: %s}, slow: {handle: 1h}}\n", limits[i].written);
        city_write(rig, "clocks.yaml", text);
        const struct limit *limit = &policy_type(city_read_sound(rig), "1")->profile->limits[0];
        assert_int_equal(limit->calendar, limits[i].calendar);
        assert_int_equal(limit->budget_ms, limits[i].minutes * 60000);
        if (limits[i].name)
            assert_string_equal(limit->timetable->name, limits[i].name);
        else
            assert_null(limit->timetable);
    }
}

static void a_step_may_be_working_time(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "calendars.yaml", CALENDARS_YAML);
    city_write(rig, "ladders.yaml", "ladders: {default: {step: 1wd}, natural: {step: 1d}}\n");
    const struct policy *policy = city_read_sound(rig);
    assert_int_equal(policy_ladder(policy, "default")->step_ms, 8 * 3600 * 1000);
    assert_int_equal(policy_ladder(policy, "default")->step_calendar, CALENDAR_WORKING_DAYS);
    assert_int_equal(policy_ladder(policy, "natural")->step_calendar, CALENDAR_NATURAL);
    expect_fault(rig, "ladders.yaml", "ladders: {default: {step: 1wd next}}\n", "ladders.yaml:1:27: a step goes on");
}

/* With calendars.yaml there: what is wrong with a limit that names one. */
static void a_limit_says_what_it_means(void **state)
{
    struct city_rig *rig = *state;
    static const char *const cases[][2] = {
        {"{limit: 4h, calendar: hall}", "clocks.yaml:1:37: this is natural time; write 4wh or 5wd to count it by"},
        {"{limit: 4h, calendar: hal}", "clocks.yaml:1:51: unknown calendar 'hal'; did you mean 'hall'?"},
        {"{limit: 4wh, calendar: natural}", "clocks.yaml:1:37: this says itself that it is working_hours, not natural"},
        {"{limit: 2紧急工作时, calendar: working_hours}", "this says itself that it is natural, not working_hours"},
        {"{limit: 4h, calendar: working_days_next}", "a limit in working_days_next is whole days; write 5d"},
        {"{limit: 1001d, calendar: working_days}", "a limit in working_days is at most 1000 days"},
    };
    city_write(rig, "calendars.yaml", CALENDARS_YAML);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[160];
        snprintf(text, sizeof(text), "profiles: {urgent: {handle: %s}, slow: {handle: 1h}}\n", cases[i][0]);
        expect_fault(rig, "clocks.yaml", text, cases[i][1]);
    }
}

static void a_calendar_that_contradicts_itself_is_refused(void **state)
{
    struct city_rig *rig = *state;
    static const char *const cases[][2] = {
        {"calendars: {a: {weekdays: [mon]}}", "calendars.yaml:1:16: a calendar needs its opening hours"},
        {"calendars: {a: {hours: 8-12}}", "calendars.yaml:1:24: '8-12' are no opening hours; write 08:00-12:00"},
        {"calendars: {a: {hours: 08:00-24:30}}", "'08:00-24:30' are no opening hours"},
        {"calendars: {a: {hours: []}}", "opening hours are one to 8 spans"},
        {"calendars: {a: {hours: 12:00-08:00}}",
         "'12:00-08:00' closes before it opens; what goes past midnight is two"},
        {"calendars: {a: {hours: [08:00-12:00, 11:00-18:00]}}", "calendars.yaml:1:38: these hours begin before"},
        {"calendars: {a: {hours: [14:00-18:00, 08:00-12:00]}}", "calendars.yaml:1:38: these hours begin before"},
        {"calendars: {a: {hours: 08:00-12:00, weekdays: [mo]}}",
         "calendars.yaml:1:48: unknown day of the week 'mo'; did you mean 'mon'?"},
        {"calendars: {a: {hours: 08:00-12:00, weekdays: []}}", "calendars.yaml:1:47: no working day"},
        {"calendars: {a: {hours: 08:00-12:00, seasons: {05-01..02-30: 08:00-12:00}}}",
         "calendars.yaml:1:47: '05-01..02-30' is no season"},
        {"calendars: {a: {hours: 08:00-12:00, seasons: {05-01: 08:00-12:00}}}", "'05-01' is no season"},
        {"calendars: {a: {hours: 08:00-12:00, seasons: {05-01..09-30: 08:00-12:00, 09-30..10-31: 08:00-12:00}}}",
         "calendars.yaml:1:74: this season and that of line 1 have days in common"},
        {"calendars: {a: {hours: 08:00-12:00, seasons: {11-01..03-31: 08:00-12:00, 02-01..02-02: 08:00-12:00}}}",
         "this season and that of line 1 have days in common"},
        {"calendars: {a: {hours: 08:00-12:00, holidays: [2026-02-30], known_until: 2026-12-31}}",
         "calendars.yaml:1:48: '2026-02-30' is no date"},
        {"calendars: {a: {hours: 08:00-12:00, holidays: [2026-02-03..2026-02-01], known_until: 2026-12-31}}",
         "'2026-02-03..2026-02-01' ends before it begins"},
        {"calendars: {a: {hours: 08:00-12:00, holidays: [2026-02-03..2062-02-05], known_until: 2099-12-31}}",
         "is longer than a year; is the year right?"},
        {"calendars: {a: {hours: 08:00-12:00, holidays: [2026-02-01..2026-02-03, 2026-02-03], known_until: "
         "2026-12-31}}",
         "these days are also at line 1"},
        {"calendars: {a: {hours: 08:00-12:00, holidays: [2026-02-01]}}", "until when are its holidays complete?"},
        {"calendars: {a: {hours: 08:00-12:00, holidays: [2026-02-01], known_until: 2026-01-31}}",
         "calendars.yaml:1:74: days after '2026-01-31' are listed"},
        {"calendars: {a: {hours: 08:00-12:00, makeup_days: [2026-11-21], known_until: 2026-11-20}}",
         "days after '2026-11-20' are listed"},
        {"calendars: {a: {hours: 08:00-12:00, known_until: soon}}", "'soon' is no date; write it as 2026-12-31"},
        {"calendars: {a: {hours: 08:00-12:00, makeup_days: [2026-11-20], known_until: 2026-12-31}}",
         "calendars.yaml:1:51: this is a fri, a working day anyway"},
        {"calendars: {a: {hours: 08:00-12:00, holidays: [2026-11-20..2026-11-22],\n makeup_days: [2026-11-21], "
         "known_until: "
         "2026-12-31}}",
         "calendars.yaml:2:16: this is also a holiday (line 1)"},
        {"calendars: {a: {hours: 08:00-12:00}, b: {hours: 08:00-12:00}}",
         "which of them counts for limits that name none?"},
        {"calendars: {a: {hours: 08:00-12:00}}\ndefault: b", "calendars.yaml:2:10: unknown calendar 'b'"},
        {"calendars: {}", "calendars.yaml:1:12: no calendar"},
        {"calendars: {natural: {hours: 08:00-12:00}}", "calendars.yaml:1:13: 'natural' is a kind of time"},
        {"calendars: {a: {hours: 08:00-12:00, holiday: []}}", "unknown key 'holiday'; did you mean 'holidays'?"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        expect_fault(rig, "calendars.yaml", cases[i][0], cases[i][1]);
}

/* --- what is wrong: file, text, what is said --- */

struct wrong {
    const char *file, *text, *said;
};

static const struct wrong wrongs[] = {
    /* YAML itself */
    {"city.yaml", "name: [x\n", "city.yaml:2:1: not YAML"},
    {"city.yaml", "name: &a x\ncity: *a\n", "city.yaml:1:7: an anchor"},
    {"city.yaml", "name: !!str x\ncity: 620802\n", "city.yaml:1:7: a tag"},
    {"city.yaml", "name: x\ncity: 620802\n---\nname: y\n", "city.yaml:3:1: a second document"},
    {"city.yaml", "", "city.yaml:1:1: the file is empty"},
    {"city.yaml", "name: \"\xff\"\n", "city.yaml:1:8: not UTF-8"},
    {"city.yaml", "# 中文\nname: \xc3\x28\n", "city.yaml:2:8: not UTF-8"},
    {"city.yaml", "name: x\nname: y\ncity: 620802\n", "city.yaml:2:1: the key 'name' is written twice"},
    {"city.yaml", "name: x\ncity: 620802\nleese: 15s\n", "city.yaml:3:1: unknown key 'leese'; did you mean 'lease'?"},
    {"city.yaml", "name: x\n", "city.yaml:1:1: a city needs its name and code"},
    {"city.yaml", "- name\n", "city.yaml:1:1: city.yaml is written as key: value pairs"},
    {"city.yaml", "name: {a: b}\ncity: 620802\n", "city.yaml:1:7: the name is one value"},
    {"city.yaml", "name: x\ncity: 620802\nlease: 15\n", "city.yaml:3:8: '15' is no duration; write 90s"},
    {"city.yaml", "name: x\ncity: 620802\nlease: 5000d\n", "city.yaml:3:8: '5000d' is no duration"},
    {"city.yaml", "name: x\ncity: 620802\nutc_offset: 8\n", "city.yaml:3:13: a UTC offset is written \"+08:00\""},
    {"city.yaml", "name: x\ncity: 620802\njournal: 1234567\n", "city.yaml:3:10: the journal code"},
    {"city.yaml", "name: x\ncity: 62\nlevels: [{name: a, digits: 2}, {name: b, digits: 2}]\n",
     "city.yaml:3:50: digits"},
    {"city.yaml", "name: x\ncity: 62\nlevels: [{name: a}]\n", "city.yaml:3:10: a level needs a name and digits"},
    /* areas */
    {"areas.yaml", "areas: [{code: 62080x}]\n", "areas.yaml:1:16: area code '62080x' is not all digits"},
    {"areas.yaml", "areas: [{code: 620802}, {code: 62080200}]\n",
     "areas.yaml:1:32: area code '62080200' has 8 digits; the levels of city.yaml have 2, 4, 6, 9, 12, 15"},
    {"areas.yaml", "areas: [{code: 620802}, {code: 620802001001}]\n",
     "areas.yaml:1:25: area '620802001001' has no parent; add an area with code 620802001"},
    {"areas.yaml", "areas:\n- {code: 620802}\n- {code: 620802}\n",
     "areas.yaml:3:10: area '620802' is also at areas.yaml:2; give one of them another"},
    {"areas.yaml", "areas: [{code: 620803}]\n", "areas.yaml:1:9: area '620803' is not below the city's 620802"},
    {"areas.yaml", "areas: [{code: 620802001}]\n", "the city itself is missing; add an area with code 620802"},
    {"areas.yaml", "areas: [{code: 620802, areas: [{code: 620803001}]}]\n",
     "areas.yaml:1:32: area '620803001' is written under '620802'"},
    {"areas.yaml", "areas: [{code: 620802}, {code: 620802001}, {code: 620802001001, grids: 1000}]\n",
     "areas.yaml:1:72: grids"},
    {"areas.yaml", "areas: [{code: 620802}, {code: 620802001, retired: true, successor: 620802009}]\n",
     "unknown successor '620802009' of area '620802001'"},
    {"areas.yaml", "areas: [{code: 620802, retired: maybe}]\n", "areas.yaml:1:33: 'maybe' is neither true nor false"},
    {"areas.yaml", "areas: [{code: 620802, valid_from: 2025-02-30}]\n", "areas.yaml:1:36: '2025-02-30' is no date"},
    {"areas.yaml", "areas: [{code: 620802, post: [a]}]\n", "areas.yaml:1:30: a post is one value"},
    {"areas.yaml", "areas: {code: 620802}\n", "areas.yaml:1:8: areas.yaml is a list"},
    {"areas.yaml", "polygons: []\n", "areas.yaml:1:1: nothing under 'areas:'"},
    {"areas.yaml", "areas: [{code: 620802}]\npolygons: [{file: none.geojson, property: a}]\n",
     "areas.yaml:2:19: cannot read 'none.geojson': No such file"},
    {"areas.yaml", "areas: [{code: 620802}]\npolygons: [{file: ../x, property: a}]\n",
     "'../x' leads out of the city's folder"},
    {"areas.yaml", "areas: [{code: 620802}]\npolygons: [{file: city.yaml}]\n", "areas.yaml:2:12: polygons need a file"},
    {"areas.yaml", "areas: [{code: 620802}]\npolygons: [{file: city.yaml, property: a, codes: {X: 9}}]\n",
     "areas.yaml:2:54: unknown area '9'"},
    /* types, clocks, ladders */
    {"types.yaml", "types: [{code: 1}]\n", "types.yaml:1:9: type '1' has no limits, nor any above it"},
    {"types.yaml", "types: [{code: 1.02, clocks: slow}]\n",
     "types.yaml:1:9: type '1.02' has no parent; add a type with code 1"},
    {"types.yaml", "types: [{code: 1..2, clocks: slow}]\n", "types.yaml:1:16: type code '1..2' is no dotted path"},
    {"types.yaml", "types: [{name: x}]\n", "types.yaml:1:9: a type needs a code"},
    {"types.yaml", "types:\n- {code: 1, clocks: slow}\n- {code: 1, clocks: slow}\n",
     "types.yaml:3:10: type '1' is also at types.yaml:2"},
    {"types.yaml", "types: [{code: 1, clocks: slwo}]\n",
     "types.yaml:1:27: unknown profile 'slwo'; did you mean 'slow'?"},
    {"types.yaml", "types: [{code: 1, clocks: slow, severity: 5}]\n",
     "types.yaml:1:43: severity is a whole number from 1 to 4"},
    {"types.yaml", "types: [{code: a b, clocks: slow}]\n", "types.yaml:1:16: a type's code 'a b' holds ' '"},
    {"types.yaml", "types: [{code: 123456789012345678901234567890123, clocks: slow}]\n", "too long; at most 32 bytes"},
    {"types.yaml", "types: [{code: 1, retired: true, successor: 2}, {code: 2, retired: true, successor: 1}]\n",
     "the successors of type '1' end nowhere"},
    {"types.yaml", "types: [{code: 1, clocks: slow, successor: 1}]\n",
     "a successor stands only beside 'retired: true'"},
    {"types.yaml", "types: [{code: 1, clocks: slow, types: [{code: 2.1}]}, {code: 2, clocks: slow}]\n",
     "type '2.1' is written under '1'"},
    {"clocks.yaml", "profiles: {urgent: {respnd: 1m}, slow: {handle: 1h}}\n",
     "clocks.yaml:1:21: unknown clock 'respnd'; did you mean 'respond'?"},
    {"clocks.yaml", "profiles: {urgent: {handle: 5}, slow: {handle: 1h}}\n", "clocks.yaml:1:29: '5' is no duration"},
    {"clocks.yaml", "profiles: {urgent: {handle: 0m}, slow: {handle: 1h}}\n", "clocks.yaml:1:29: '0m' is no duration"},
    {"clocks.yaml", "profiles: {urgent: {handle: {limit: 4h, calendar: working_hours}}, slow: {handle: 1h}}\n",
     "clocks.yaml:1:37: this is working time, and the city has no calendar to count it by; write calendars.yaml"},
    {"clocks.yaml", "profiles: {urgent: {handle: 4工作时}, slow: {handle: 1h}}\n",
     "clocks.yaml:1:29: this is working time"},
    {"clocks.yaml", "profiles: {urgent: {handle: {limit: 4h, calendar: wroking_hours}}, slow: {handle: 1h}}\n",
     "clocks.yaml:1:51: unknown calendar 'wroking_hours'; did you mean 'working_hours'?"},
    {"clocks.yaml", "profiles: {urgent: {handle: {calendar: natural}}, slow: {handle: 1h}}\n", "a limit is missing"},
    {"clocks.yaml", "profiles: {urgent: {handle: 1h next}, slow: {handle: 1h}}\n", "'1h next' is no duration"},
    {"clocks.yaml", "profiles: {urgent: {handle: 1h1wh}, slow: {handle: 1h}}\n", "'1h1wh' is no duration"},
    {"clocks.yaml", "profiles: {urgent: {handle: 1001wd}, slow: {handle: 1h}}\n", "'1001wd' is no duration"},
    {"ladders.yaml", "ladders: {default: {step: 1wd}}\n", "ladders.yaml:1:27: this is working time"},
    {"clocks.yaml", "profiles: {urgent: {}, slow: {handle: 1h}}\n", "clocks.yaml:1:20: no limit"},
    {"clocks.yaml", "profiles: {urgent: {handle: 1h, handle: 2h}, slow: {handle: 1h}}\n", "'handle' is written twice"},
    {"clocks.yaml", "profiles: {urgent: {handle: 1h, ladder: x}, slow: {handle: 1h}}\n", "unknown ladder 'x'"},
    {"ladders.yaml", "ladders: {fast: {}}\n", "ladders.yaml:1:10: no ladder named 'default'"},
    {"ladders.yaml", "ladders: {default: {warn: [0.8, 0.5]}}\n", "ladders.yaml:1:33: warnings rise"},
    {"ladders.yaml", "ladders: {default: {warn: [1.5]}}\n", "ladders.yaml:1:28: a warning is a fraction"},
    {"ladders.yaml", "ladders: {default: {warn: [0.1, 0.2, 0.3]}}\n", "at most 2 warnings"},
    /* units */
    {"units.yaml", "units: [{name: x}]\n", "units.yaml:1:9: a unit needs an id"},
    {"units.yaml", "units: [{id: cg}, {id: hw}, {id: cg}]\n", "unit 'cg' is also at units.yaml:1"},
    {"units.yaml", "units: [{id: cg, parent: hw}, {id: hw, parent: cg}]\n", "the parents of unit 'cg' go in a circle"},
    {"units.yaml", "units: [{id: cg, area: 620802009}, {id: hw}]\n",
     "units.yaml:1:24: unknown area '620802009'; did you mean '62080200"},
    {"units.yaml", "units: [{id: cg, area: 620802}, {id: hw, area: 620802}]\n", "are both of kind '' at 620802"},
    {"units.yaml", "units: [{id: desk}, {id: cg}, {id: hw}]\n", "'desk' has a meaning of its own"},
    {"units.yaml", "units: [{id: \"@cg\"}]\n", "a unit's id '@cg' holds '@'"},
    {"units.yaml", "units: [{each: strait, id: \"x{code}\"}]\n", "unknown level 'strait'; did you mean 'street'?"},
    {"units.yaml", "units: [{each: street, id: x}]\n", "needs the area's code in it"},
    {"units.yaml", "units: [{id: cg, retired: true}, {id: hw}]\n",
     "routes.yaml:2:19: unit 'cg' is retired without a successor"},
    {"units.yaml", "units: [{each: street, id: \"a-rather-long-name-for-u-{code}\"}, {id: cg}, {id: hw}]\n",
     "'a-rather-long-name-for-u-620802001' is too long; at most 32 bytes"},
    /* routes */
    {"routes.yaml", "routes: [{type: 9.9, to: cg}]\n", "routes.yaml:1:17: unknown type '9.9'"},
    {"routes.yaml", "routes: [{type: 1, to: cq}]\n", "routes.yaml:1:24: unknown unit 'cq'; did you mean 'cg'?"},
    {"routes.yaml", "routes: [{type: 1}]\n", "routes.yaml:1:10: a rule needs 'to'"},
    {"routes.yaml", "routes: [{type: 1, types: [2], to: cg}]\n", "'type' and 'types' say the same"},
    {"routes.yaml", "routes: [{type: 1, to: []}]\n", "routes.yaml:1:24: an empty list"},
    {"routes.yaml", "routes: [{type: 1, to: [cg,cg,cg,cg,cg,cg,cg,cg,cg]}]\n", "too many; write 1 to 8"},
    {"routes.yaml", "routes: [{type: 1, to: \"@stret.执法\"}]\n",
     "routes.yaml:1:24: unknown level 'stret'; did you mean 'street'?"},
    {"routes.yaml", "routes: [{type: 1, to: \"@street.环卫\"}]\n", "'@street.环卫' can never find anybody"},
    {"routes.yaml", "routes: [{type: 1, to: cg, nature: complain}]\n",
     "unknown nature 'complain'; did you mean 'complaint'?"},
    {"routes.yaml", "routes: [{type: 1, to: cg, severity: [0]}]\n", "routes.yaml:1:39: severity is a whole number"},
    {"routes.yaml", "routes: [{type: 1, to: cg, verify: center}]\n", "unknown verifier 'center'"},
    {"routes.yaml", "routes: [{type: 1, area: 620802001, to: cg, except: [{area: 620802002, to: hw}]}]\n",
     "area '620802002' is not within the rule's own areas"},
    {"routes.yaml", "routes: [{type: 1, to: cg, except: [{to: hw}]}]\n", "an exception needs its area"},
    {"routes.yaml", "routes: [{type: 1, to: cg, excpet: []}]\n", "unknown key 'excpet'; did you mean 'except'?"},
    /* principals */
    {"principals.yaml", "principals: [{name: a}]\n", "principal 'a' needs its roles"},
    {"principals.yaml", "principals: [{name: a, roles: sauce}]\n", "unknown role 'sauce'; did you mean 'source'?"},
    {"principals.yaml", "principals: [{name: a, roles: source, keys: [short]}]\n", "the key is not 40 characters long"},
    {"principals.yaml", "principals: [{name: a, roles: source, key_files: [keys/none.pub]}]\n",
     "no such key file: 'keys/none.pub'"},
    {"principals.yaml", "principals: [{name: a, roles: source, key_files: [/etc/passwd]}]\n",
     "leads out of the city's folder"},
    {"principals.yaml", "principals: [{name: a, roles: source, key_files: [city.yaml]}]\n",
     "city.yaml: the key is not 40"},
    {"principals.yaml", "principals: [{name: a, roles: source, uids: [5]}, {name: b, roles: source, uids: [5]}]\n",
     "the credential 'uid:5' is also that of 'a' (line 1)"},
    {"principals.yaml", "principals: [{name: a, roles: source, uids: [-1]}]\n", "a uid is a whole number"},
    {"principals.yaml", "principals:\n- {name: a, roles: source}\n- {name: a, roles: source}\n",
     "principals.yaml:3:3: principal 'a' is also at principals.yaml:2"},
    {"principals.yaml", "principals: [{name: d, roles: department}]\n", "department 'd' needs its units"},
    {"principals.yaml", "principals: [{name: d, roles: dispatcher, units: [cgg]}]\n", "did you mean 'cg'"},
};

static void everything_wrong_is_told_with_its_place(void **state)
{
    struct city_rig *rig = *state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
        expect_fault(rig, wrongs[i].file, wrongs[i].text, wrongs[i].said);
        char path[160];
        snprintf(path, sizeof(path), "%s/%s", rig->folder, wrongs[i].file);
        assert_int_equal(unlink(path), 0);
        for (size_t f = 0; f < CITY_RIG_FILES; f++) {
            if (strcmp(city_rig_files[f][0], wrongs[i].file) == 0)
                city_write(rig, city_rig_files[f][0], city_rig_files[f][1]);
        }
    }
    city_read_sound(rig);
}

static void all_faults_are_told_at_once(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "units.yaml", "units: [{id: cg, aera: 1}, {id: hw, kind: [x]}, {nmae: y}]\n");
    expect_fault(rig, "routes.yaml", "routes: [{type: 8, to: cg}, {type: 1, to: xx}]\n", "units.yaml:1:18");
    assert_non_null(strstr(faults_text(&rig->faults), "units.yaml:1:43"));
    assert_non_null(strstr(faults_text(&rig->faults), "units.yaml:1:49"));
    assert_non_null(strstr(faults_text(&rig->faults), "routes.yaml:1:17"));
    assert_non_null(strstr(faults_text(&rig->faults), "routes.yaml:1:43"));
}

static void unreadable_files_of_all_kinds_are_told_at_once(void **state)
{
    struct city_rig *rig = *state;
    city_write(rig, "types.yaml", "types: [\n");
    expect_fault(rig, "city.yaml", "name: [\n", "city.yaml");
    assert_non_null(strstr(faults_text(&rig->faults), "types.yaml"));
}

static void a_missing_file_is_named(void **state)
{
    struct city_rig *rig = *state;
    char path[160];
    snprintf(path, sizeof(path), "%s/routes.yaml", rig->folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(city_read(rig), -ENOENT);
    assert_non_null(strstr(faults_text(&rig->faults), "routes.yaml: no such file"));
    struct policy *policy = NULL;
    assert_int_equal(config_load("/nonexistent", &policy, &rig->faults), -ENOENT);
    assert_null(policy);
}

static void faults_are_bounded(void **state)
{
    struct city_rig *rig = *state;
    struct buffer text = {0};
    buffer_printf(&text, "routes:\n");
    for (int i = 0; i < 1000; i++)
        buffer_printf(&text, "  - {type: no.%d, to: cg}\n", i);
    city_write_bytes(rig, "routes.yaml", text.data, text.size);
    buffer_release(&text);
    assert_int_equal(city_read(rig), -EINVAL);
    assert_int_equal(rig->faults.count, 1000);
    assert_true(rig->faults.text.size < 100 * 200);
}

static void nul_and_depth_are_refused(void **state)
{
    struct city_rig *rig = *state;
    city_write_bytes(rig, "city.yaml", "name: a\0b\ncity: 620802\n", 23);
    assert_int_not_equal(city_read(rig), 0);
    city_write(rig, "city.yaml", "name: \"a\\0b\"\ncity: 620802\n");
    assert_int_not_equal(city_read(rig), 0);
    assert_non_null(strstr(faults_text(&rig->faults), "city.yaml:1:7"));
    struct buffer text = {0};
    for (int i = 0; i < 5000; i++)
        buffer_append(&text, "[", 1);
    city_write_bytes(rig, "city.yaml", text.data, text.size);
    buffer_release(&text);
    assert_int_not_equal(city_read(rig), 0);
    assert_non_null(strstr(faults_text(&rig->faults), "nested too deeply"));
}

/* --- size --- */

static void a_hundred_thousand_rules_are_read(void **state)
{
    struct city_rig *rig = *state;
    struct buffer types = {0}, routes = {0};
    struct timespec begin, end;
    buffer_printf(&types, "types:\n  - {code: 1, clocks: urgent}\n");
    buffer_printf(&routes, "routes:\n");
    for (int i = 0; i < 100000; i++) {
        buffer_printf(&types, "  - {code: 1.%d, name: t}\n", i);
        buffer_printf(&routes, "  - {type: 1.%d, to: [cg, hw]}\n", i);
    }
    city_write_bytes(rig, "types.yaml", types.data, types.size);
    city_write_bytes(rig, "routes.yaml", routes.data, routes.size);
    buffer_release(&types);
    buffer_release(&routes);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const struct policy *policy = city_read_sound(rig);
    clock_gettime(CLOCK_MONOTONIC, &end);
    print_message("100,000 types and rules read in %.2f s\n",
                  (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    assert_int_equal(policy->route_count, 100000);
    struct route_query query = {.type = policy_type(policy, "1.77777"), .area = policy_area(policy, "620802001")};
    struct route_result result;
    route_find(policy, &query, &result, NULL);
    assert_int_equal(result.route->origin.line, 77779);
}

/* --- the examples --- */

static void the_example_cities_are_sound(void **state)
{
    (void)state;
    static const char *const folders[] = {"ops/cities/minimal", "ops/cities/kongtong"};
    for (size_t i = 0; i < 2; i++) {
        struct policy *policy = NULL;
        struct faults faults = {0};
        if (config_load(folders[i], &policy, &faults) != 0)
            fail_msg("%s:\n%s", folders[i], faults_text(&faults));
        policy_free(policy);
        faults_release(&faults);
    }
}

#define CITY_TEST(name) cmocka_unit_test_setup_teardown(name, city_setup, city_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(a_small_city_is_read),
        CITY_TEST(limits_and_severity_are_inherited),
        CITY_TEST(children_may_stand_before_parents),
        CITY_TEST(nested_lists_are_the_same_tree),
        CITY_TEST(what_is_not_written_has_a_default),
        CITY_TEST(units_have_dated_names),
        CITY_TEST(each_makes_a_unit_per_area),
        CITY_TEST(ladders_are_read),
        CITY_TEST(principals_have_credentials),
        CITY_TEST(a_bundle_reads_back),
        CITY_TEST(the_hash_tells_configurations_apart),
        CITY_TEST(retired_things_have_successors),
        CITY_TEST(calendars_are_read),
        CITY_TEST(the_only_calendar_is_the_default),
        CITY_TEST(limits_are_written_in_either_time),
        CITY_TEST(a_step_may_be_working_time),
        CITY_TEST(a_limit_says_what_it_means),
        CITY_TEST(a_calendar_that_contradicts_itself_is_refused),
        CITY_TEST(everything_wrong_is_told_with_its_place),
        CITY_TEST(all_faults_are_told_at_once),
        CITY_TEST(unreadable_files_of_all_kinds_are_told_at_once),
        CITY_TEST(a_missing_file_is_named),
        CITY_TEST(faults_are_bounded),
        CITY_TEST(nul_and_depth_are_refused),
        CITY_TEST(a_hundred_thousand_rules_are_read),
        cmocka_unit_test(the_example_cities_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
