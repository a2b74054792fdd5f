/* What people see: columns that line up with Chinese in them, nothing that commands their terminal, times as they
 * write them, and a word for every name. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cli/table.h"
#include "cli/trail.h"
#include "cli/when.h"
#include "cli/words.h"
#include "schemas/ident.h"

static char *printed(const struct table *table, bool colour)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof(text), "w");
    table_print(table, out, 0, colour);
    fclose(out);
    return text;
}

static void chinese_takes_two_columns(void **unused)
{
    (void)unused;
    const char *headings[] = {"UNIT", "N", "STATE"};
    struct table table;
    assert_int_equal(table_width("综合执法队"), 10);
    assert_int_equal(table_width("a·b"), 3);
    assert_int_equal(table_width("\xff"), 1);
    table_init(&table, 3, headings);
    table.right[1] = true;
    table_cell(&table, COLOUR_NONE, "综合执法");
    table_cellf(&table, COLOUR_RED, "%d", 12);
    table_cell(&table, COLOUR_NONE, "待领");
    table_cell(&table, COLOUR_NONE, "x");
    table_cell(&table, COLOUR_NONE, "3");
    table_cell(&table, COLOUR_NONE, NULL);
    assert_string_equal(printed(&table, false), "UNIT       N  STATE\n"
                                                "综合执法  12  待领\n"
                                                "x          3\n");
    assert_non_null(strstr(printed(&table, true), "\033[31m12\033[0m"));
    table_release(&table);
}

static void text_cannot_command_a_terminal(void **unused)
{
    (void)unused;
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(table_safe(&arena, "a\033[2Jb\nc\x7f"), "a [2Jb c ");
    assert_string_equal(table_safe(&arena, "\xc2\x9b"), " ");         /* CSI in one character */
    assert_string_equal(table_safe(&arena, "x\xe2\x80\xaey"), "x y"); /* right-to-left override */
    assert_string_equal(table_safe(&arena, "\xff文"), "?文");
    assert_string_equal(table_cut(&arena, "一二三", 5), "一二");
    assert_string_equal(table_cut(&arena, "ab", 5), "ab");
    assert_string_equal(table_cut(&arena, "一", 1), "");
    arena_release(&arena);
}

static void times_read_back(void **unused)
{
    (void)unused;
    char text[WHEN_TEXT_BYTES];
    int64_t at_ms;
    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    assert_string_equal(when_text(INT64_C(1790761800250), false, text), "2026-09-30 17:50:00");
    assert_string_equal(when_text(INT64_C(1790761800250), true, text), "2026-09-30 09:50:00Z");
    assert_string_equal(when_text(0, true, text), "");
    assert_string_equal(when_rfc3339(INT64_C(1790761800250), text), "2026-09-30T09:50:00.250Z");
    assert_int_equal(when_parse("2026-09-30 17:50", &at_ms), 0);
    assert_int_equal(at_ms, INT64_C(1790761800000));
    assert_int_equal(when_parse("2026-09-30", &at_ms), 0);
    assert_int_equal(at_ms, INT64_C(1790697600000));
    assert_int_equal(when_parse("2026-09-30T17:50:00.25+08:00", &at_ms), 0);
    assert_int_equal(at_ms, INT64_C(1790761800250));
    static const char *const none[] = {"",
                                       "now",
                                       "2026-9",
                                       "2026-02-30",
                                       "2026-09-30T25:00:00Z",
                                       "2026-09-30T17:50:00+25:00",
                                       "2026-09-30T17:50:00.Z",
                                       "2026-09-30 17:50:00 ",
                                       "2026-09-30T17:50:00Zx"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (when_parse(none[i], &at_ms) == 0)
            fail_msg("\"%s\" was taken for a time", none[i]);
}

static void spans_name_their_two_largest_units(void **unused)
{
    (void)unused;
    char text[WHEN_TEXT_BYTES];
    assert_string_equal(when_span(59999, text), "59s");
    assert_string_equal(when_span(300000, text), "5m00s");
    assert_string_equal(when_span(-7500000, text), "-2h05m");
    assert_string_equal(when_span(273600000, text), "3d04h");
}

/* Untranslated, the word is the name that JSON and configuration use; each name has one. */
static void every_name_has_its_word(void **unused)
{
    (void)unused;
#define X(v, N, n) assert_string_equal(words_incident_state(v), #n);
    INCIDENT_STATES(X)
#undef X
#define X(v, N, n) assert_string_equal(words_task_state(v), #n);
    TASK_STATES(X)
#undef X
#define X(v, N, n) assert_string_equal(words_task_role(v), #n);
    TASK_ROLES(X)
#undef X
#define X(v, N, n) assert_string_equal(words_nature(v), #n);
    NATURES(X)
#undef X
#define X(v, N, n) assert_string_equal(words_outcome(v), #n);
    OUTCOMES(X)
#undef X
#define X(v, N, n) assert_string_equal(words_clock(v), #n);
    CLOCK_KINDS(X)
#undef X
#define X(v, N, n) assert_string_equal(words_clock_state(v), #n);
    CLOCK_STATES(X)
#undef X
#define X(v, N, n) assert_string_equal(words_record(v), #n);
    RECORD_KINDS(X)
#undef X
#define X(v, N, n) assert_string_equal(words_colour(v), #n);
    RUNG_COLOURS(X)
#undef X
#define X(v, N, n) assert_string_equal(words_unrouted(v), #n);
    UNROUTED_REASONS(X)
#undef X
#define X(v, N, n) assert_string_equal(words_lease_end(v), #n);
    LEASE_ENDS(X)
#undef X
    assert_string_equal(words_incident_state(0), "");
    assert_string_equal(words_incident_state(99), "?");
}

static void says(const struct record *record, const struct row *row, const char *expected)
{
    struct buffer out = {0};
    trail_detail(record, row, true, &out);
    assert_string_equal((const char *)out.data, expected);
    buffer_release(&out);
}

static void a_rung_says_whose_clock_and_who_is_told(void **unused)
{
    (void)unused;
    struct rung rung = {.clock = CLOCK_RESPOND, .task = 2, .number = 1, .colour = RUNG_BLUE};
    const struct record record = {.kind = RECORD_RUNG, .rung = &rung, .task = 2};
    const struct task tasks[] = {{.no = 1, .unit = "police"}, {.no = 2, .unit = "fire"}};
    const struct row row = {.tasks = tasks, .task_count = 2};
    says(&record, NULL, "task 2 respond: blue");
    says(&record, &row, "task 2 fire respond: blue");
    rung.colour = RUNG_RED;
    rung.to_post = "chief";
    rung.to_area = "620802001";
    rung.in_downtime = true;
    says(&record, &row, "task 2 fire respond: red → chief (620802001) (due while the broker was down)");
}

static void an_opened_incident_says_where_it_went(void **unused)
{
    (void)unused;
    const struct event event = {.type = "1.02", .text = "路灯"};
    const struct incident head = {.state = INCIDENT_OPEN, .area = "620802", .route = "routes.yaml:3"};
    const struct task tasks[] = {{.no = 1, .role = TASK_LEAD, .unit = "a"},
                                 {.no = 2, .role = TASK_ASSIST, .unit = "b"},
                                 {.no = 3, .role = TASK_ASSIST, .unit = "c"}};
    const struct record record = {.kind = RECORD_OPENED,
                                  .event = &event,
                                  .changes[0] = {.head = &head, .tasks = tasks, .task_count = 3},
                                  .change_count = 1};
    says(&record, NULL, "1.02 at 620802 → a, assist b, c (routes.yaml:3) 路灯");
}

static void other_records_say_what_they_are_about(void **unused)
{
    (void)unused;
    const uint8_t hash[32] = {0x01, 0xab, 0x23, 0xcd, 0xef};
    const struct record policy = {.kind = RECORD_POLICY, .policy = {hash, sizeof(hash)}};
    const struct task task = {.no = 1, .unit = "fire"};
    const struct record spoken = {.kind = RECORD_RESPONDED,
                                  .task = 1,
                                  .on_behalf = "fire",
                                  .changes[0] = {.tasks = &task, .task_count = 1},
                                  .change_count = 1};
    const struct incident merged = {.state = INCIDENT_MERGED, .merged_into = ident_pack(620802, 123)};
    const struct record merge = {.kind = RECORD_MERGED, .changes[0] = {.head = &merged}, .change_count = 1};
    says(&policy, NULL, "01ab23cd");
    says(&spoken, NULL, "task 1 on behalf of fire");
    says(&merge, NULL, "into 620802-000123-W");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_takes_two_columns),
        cmocka_unit_test(text_cannot_command_a_terminal),
        cmocka_unit_test(times_read_back),
        cmocka_unit_test(spans_name_their_two_largest_units),
        cmocka_unit_test(every_name_has_its_word),
        cmocka_unit_test(a_rung_says_whose_clock_and_who_is_told),
        cmocka_unit_test(an_opened_incident_says_where_it_went),
        cmocka_unit_test(other_records_say_what_they_are_about),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
