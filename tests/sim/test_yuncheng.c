/* Yuncheng's table of standards as a city: each of its 519 filing conditions goes through the turn to the unit that its row
 * names first, under its own limit in its own time. Without the data the tests are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/config/config.h"
#include "broker/config/sheet.h"
#include "broker/survey.h"
#include "tests/sim/world.h"
#include "tests/unit/timetable.h"

#define ROWS_MAX 600
#define STREET   "140802001"
#define LAMPS    "1408020128000001" /* of dianli, by objects.yaml */

struct standard {
    const char *type, *condition; /* codes of the 小类 and of the condition */
    const char *units, *supervisors, *limit;
};

/* What the table writes, dispatched on Wed 2026-09-30 17:50, before the national holiday and a make-up Saturday (10-10); and
 * on the make-up Sat 2026-02-14 17:30, before the Spring Festival and another (02-28). By hand: of that day ten minutes count,
 * and thirty. */
static const struct worked {
    const char *limit, *autumn, *spring;
} worked[] = {
    {"1紧急工作时", "2026-09-30 18:50", "2026-02-14 18:30"}, /* day and night */
    {"1紧急工作时制止", "2026-09-30 18:50", "2026-02-14 18:30"},
    {"2紧急工作时", "2026-09-30 19:50", "2026-02-14 19:30"},
    {"4紧急工作时", "2026-09-30 21:50", "2026-02-14 21:30"},
    {"1紧急工作日", "2026-10-01 17:50", "2026-02-15 17:30"},
    {"2紧急工作日", "2026-10-02 17:50", "2026-02-16 17:30"},
    {"2小时", "2026-10-08 09:50", "2026-02-24 09:30"}, /* 1 h 50 of Thu; 1 h 30 of Tue */
    {"4小时", "2026-10-08 11:50", "2026-02-24 11:30"},
    {"1天", "2026-10-08 17:50", "2026-02-24 17:30"}, /* eight working hours, rolling: the same time of day */
    {"2天", "2026-10-09 17:50", "2026-02-25 17:30"},
    {"3天", "2026-10-10 17:50", "2026-02-26 17:30"}, /* the make-up Saturday */
    {"4天", "2026-10-12 17:50", "2026-02-27 17:30"},
    {"5天", "2026-10-13 17:50", "2026-02-28 17:30"}, /* the other one */
    {"7天", "2026-10-15 17:50", "2026-03-03 17:30"},
    {"10天", "2026-10-20 17:50", "2026-03-06 17:30"},
    {"15天", "2026-10-27 17:50", "2026-03-13 17:30"},
};
#define AUTUMN "2026-09-30 17:50"
#define SPRING "2026-02-14 17:30"

struct yuncheng {
    struct world world;
    struct arena arena;
    char folder[64];
    struct standard standards[ROWS_MAX];
    size_t count;
    uint64_t tag;
};

static struct yuncheng city;
static bool absent;

static const char *table(void)
{
    static char path[512];
    const char *data = getenv("BIHUAN_DATA");
    snprintf(path, sizeof(path), "%s/categories/yuncheng_filing_standards.csv", data ? data : "../shared/data");
    return path;
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

/* --- the table, read here a second time --- */

static const char *cell(const struct sheet *sheet, const char *heading, const struct sheet *head)
{
    size_t at = sheet_heading(head, heading);
    assert_true(at < sheet->count);
    return sheet->cells[at].text;
}

/* Conditions are numbered within their 小类, in the order of the table. */
static void take_row(const struct sheet *sheet, const struct sheet *head)
{
    struct standard *standard = &city.standards[city.count++];
    size_t number = 1;
    assert_true(city.count < ROWS_MAX);
    const char *kind = strcmp(cell(sheet, "kind", head), "部件") == 0 ? "1" : "2";
    standard->type =
        arena_printf(&city.arena, "%s.%s.%s", kind, cell(sheet, "main_code", head), cell(sheet, "sub_code", head));
    for (size_t i = 0; i + 1 < city.count; i++)
        number += strcmp(city.standards[i].type, standard->type) == 0;
    standard->condition = arena_printf(&city.arena, "%s.%zu", standard->type, number);
    standard->units = cell(sheet, "handle_unit", head);
    standard->supervisors = cell(sheet, "supervise_unit", head);
    standard->limit = cell(sheet, "limit_text", head);
}

static void read_table(void)
{
    static char text[1 << 18];
    struct faults faults = {0};
    struct sheet sheet, head;
    FILE *file = fopen(table(), "rb");
    assert_non_null(file);
    size_t size_bytes = fread(text, 1, sizeof(text), file);
    assert_true(size_bytes < sizeof(text) && fclose(file) == 0);
    sheet_open(&sheet, "table", text, size_bytes, &city.arena, &faults);
    assert_true(sheet_next(&sheet));
    head = sheet;
    while (sheet_next(&sheet))
        take_row(&sheet, &head);
    assert_int_equal(faults.count, 0);
    assert_int_equal(city.count, 519);
}

/* --- the broker --- */

static struct message ask(struct message message)
{
    struct message answer;
    message.tag = ++city.tag;
    network_send(&city.world.network, 0, &message);
    assert_true(world_turn(&city.world));
    assert_true(network_receive(&city.world.network, 0, &city.arena, &answer));
    if (answer.kind == MESSAGE_REFUSAL)
        fail_msg("%s: %s", refusal_name(answer.refusal.code), answer.refusal.reason);
    return answer;
}

/* What has become of an event of this type, as soon as it is published. */
static struct row publish(const char *type, const char *object)
{
    struct row row;
    const char *id = arena_printf(&city.arena, "%llu", (unsigned long long)city.tag);
    struct event event = {.id = id, .type = type, .place.area = STREET, .object = object};
    uint64_t incident = ask((struct message){.kind = MESSAGE_PUBLISH, .publish = event}).receipt.incident;
    assert_true(core_row(city.world.turn.core, incident, &city.arena, &row));
    return row;
}

static void open_at(const char *time)
{
    const struct world_options options = {.seed = 1, .config_folder = city.folder, .start_ms = at(time) - 1};
    assert_true(world_open(&city.world, &options));
    city.world.network.principals[0] = "collector";
    city.world.network.endpoints[0] = 'P';
    ask((struct message){.kind = MESSAGE_HELLO, .hello = {.version = WIRE_VERSION, .client = "yuncheng"}});
    city.world.now_ms = at(time);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&city.arena);
    if (access(table(), R_OK) != 0) {
        print_message("skipped: no real data at %s (set BIHUAN_DATA)\n", table());
        absent = true;
        return 0;
    }
    snprintf(city.folder, sizeof(city.folder), "/tmp/bihuan-yuncheng-XXXXXX");
    assert_non_null(mkdtemp(city.folder));
    run("/usr/bin/python3 ops/cities/yuncheng/from-table '%s' '%s'", table(), city.folder);
    read_table();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (!absent)
        run("rm -rf '%s'", city.folder);
    arena_release(&city.arena);
    return 0;
}

/* --- what was promised --- */

/* What stands in the project is what the script makes of the table, less the table's own sentences. */
static void the_city_is_the_tables(void **state)
{
    (void)state;
    if (absent)
        return;
    run("/usr/bin/python3 ops/cities/yuncheng/from-table --facts '%s' '%s/facts'", table(), city.folder);
    run("cmp ops/cities/yuncheng/types.yaml '%s/facts/types.yaml'", city.folder);
    run("cmp ops/cities/yuncheng/routes.yaml '%s/facts/routes.yaml'", city.folder);
}

/* Made from the table, with its sentences, it is sound; nothing in it is told of. */
static void check_has_nothing_to_say(void **state)
{
    struct faults errors = {0}, warnings = {0};
    struct policy *policy = NULL;
    (void)state;
    if (absent)
        return;
    if (config_load(city.folder, &policy, &errors) == 0)
        survey(policy, at(AUTUMN), &errors, &warnings);
    assert_string_equal(faults_text(&errors), "");
    assert_string_equal(faults_text(&warnings), "");
    policy_free(policy);
    faults_release(&errors);
    faults_release(&warnings);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Names that the table writes in more ways than one. */
static bool is_spelling_of(const char *units, const char *name)
{
    static const char *const spellings[][2] = {
        {"市政公用服务中心", "运城市市政公用服务中心"},
        {"运城市政公用服务中心", "运城市市政公用服务中心"},
        {"市容秩序科", "运城市城市管理局市容秩序科"},
        {"运城市节约用水服务中心", "运城市城市节约用水中心"},
    };
    for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
        if (begins(units, spellings[i][0]) && strcmp(name, spellings[i][1]) == 0)
            return true;
    }
    return begins(units, name);
}

/* The unit that is named first; what is 属地 is the street's of that kind, and an owner whom nobody knows is passed over. */
static void assert_first_unit(const struct standard *standard, const struct row *row)
{
    const char *units = standard->units;
    if (begins(units, "各产权单位、"))
        units += strlen("各产权单位、");
    if (begins(units, "各报业企业、")) {
        assert_int_equal(row->head.state, INCIDENT_DESK);
        return;
    }
    assert_int_equal(row->head.state, INCIDENT_OPEN);
    const struct unit *unit = policy_unit(city.world.turn.policy, row->tasks[0].unit);
    const char *kind = begins(units, "属地行政执法") ? "执法" : begins(units, "各派出所") ? "派出所" : "";
    if (*kind || begins(units, "所属街办")) {
        assert_string_equal(unit->kind, kind);
        assert_string_equal(unit->area->code, STREET);
    } else if (!is_spelling_of(units, unit_name(unit, 0))) {
        fail_msg("%s, for '%s', went to %s", standard->condition, standard->units, unit_name(unit, 0));
    } else if (unit->supervisor && !strstr(standard->supervisors, unit_name(unit->supervisor, 0))) {
        fail_msg("%s is supervised by '%s'", standard->condition, standard->supervisors);
    }
}

static const struct worked *worked_of(const char *limit)
{
    for (size_t i = 0; i < sizeof(worked) / sizeof(*worked); i++) {
        if (strcmp(worked[i].limit, limit) == 0)
            return &worked[i];
    }
    fail_msg("nobody has worked '%s' by hand", limit);
    return NULL;
}

static int64_t handle_due(const struct row *row)
{
    for (size_t i = 0; i < row->clock_count; i++) {
        if (row->clocks[i].kind == CLOCK_HANDLE)
            return row->clocks[i].due_ms;
    }
    return 0;
}

static void route_all(const char *time, bool autumn)
{
    open_at(time);
    for (size_t i = 0; i < city.count; i++) {
        const struct standard *standard = &city.standards[i];
        struct row row = publish(standard->condition, NULL);
        const struct worked *due = worked_of(standard->limit);
        assert_first_unit(standard, &row);
        if (row.head.state == INCIDENT_OPEN)
            assert_string_equal(text_of(handle_due(&row)), autumn ? due->autumn : due->spring);
    }
    world_close(&city.world);
}

static void every_row_goes_to_its_unit_under_its_limit(void **state)
{
    (void)state;
    if (absent)
        return;
    route_all(AUTUMN, true);
    route_all(SPRING, false);
}

/* Whoever the object belongs to comes before whoever looks after all of them. */
static void an_object_goes_to_its_owner(void **state)
{
    size_t owned = 0;
    (void)state;
    if (absent)
        return;
    open_at(AUTUMN);
    for (size_t i = 0; i < city.count; i++) {
        const char *units = city.standards[i].units;
        if (!strstr(units, "各产权单位") && !strstr(units, "使用管理部门"))
            continue;
        struct row row = publish(city.standards[i].condition, LAMPS);
        assert_string_equal(row.tasks[0].unit, "dianli");
        assert_string_equal(text_of(handle_due(&row)), worked_of(city.standards[i].limit)->autumn);
        owned++;
    }
    assert_int_equal(owned, 269);
    world_close(&city.world);
}

/* Until a condition is picked the strictest of its 小类 runs: the one that is due first. */
static void without_a_condition_the_strictest_limit_runs(void **state)
{
    (void)state;
    if (absent)
        return;
    open_at(AUTUMN);
    for (size_t i = 0; i < city.count; i++) {
        const char *type = city.standards[i].type;
        int64_t due_ms = INT64_MAX;
        if (i > 0 && strcmp(city.standards[i - 1].type, type) == 0)
            continue;
        for (size_t k = i; k < city.count && strcmp(city.standards[k].type, type) == 0; k++) {
            int64_t own_ms = at(worked_of(city.standards[k].limit)->autumn);
            due_ms = own_ms < due_ms ? own_ms : due_ms;
        }
        struct row row = publish(type, NULL);
        if (row.head.state == INCIDENT_OPEN)
            assert_string_equal(text_of(handle_due(&row)), text_of(due_ms));
    }
    world_close(&city.world);
}

/* Another city's table has other names: each that is unknown is refused with its line. Needs no data. */
static void another_table_is_told_what_it_lacks(void **state)
{
    static const struct {
        const char *row, *said;
    } tables[] = {
        {"部件,01,公用设施,01,上水井盖,市自来水公司,缺失,恢复,2小时", "line 2: nobody is known as '市自来水公司'"},
        {"部件,01,公用设施,01,上水井盖,各产权单位,缺失,恢复,2个月", "line 2: no profile for the limit '2个月'"},
        {"物件,01,公用设施,01,上水井盖,各产权单位,缺失,恢复,2小时", "line 2: '物件' is neither 部件 nor 事件"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        char command[1024], said[512] = "";
        snprintf(command, sizeof(command),
                 "printf "
                 "'kind,main_code,main_name,sub_code,sub_name,handle_unit,filing_condition,closing_condition,limit_text"
                 "\\n%s\\n' | /usr/bin/python3 ops/cities/yuncheng/from-table /dev/stdin /tmp 2>&1",
                 tables[i].row);
        FILE *out = popen(command, "r");
        assert_non_null(out);
        size_t size_bytes = fread(said, 1, sizeof(said) - 1, out);
        assert_true(size_bytes > 0);
        assert_int_not_equal(pclose(out), 0);
        if (!strstr(said, tables[i].said))
            fail_msg("expected '%s', it said: %s", tables[i].said, said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_city_is_the_tables),
        cmocka_unit_test(check_has_nothing_to_say),
        cmocka_unit_test(every_row_goes_to_its_unit_under_its_limit),
        cmocka_unit_test(an_object_goes_to_its_owner),
        cmocka_unit_test(without_a_condition_the_strictest_limit_runs),
        cmocka_unit_test(another_table_is_told_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
