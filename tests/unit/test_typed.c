/* What people type: when nothing is said, how a name is kept, and which names are one person's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/typed.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static void what_nobody_can_read_is_blank(void **unused)
{
    (void)unused;
    static const char *const blank[] = {"",       " ",     " \t\r\n", "\u3000", "\u00a0 ", "\u200b", "\ufeff\u202e",
                                        "\u2800", "\u3164"};
    static const char *const said[] = {".", "张", " x", "\u3000。", "\u0301"};
    assert_true(typed_blank(NULL));
    for (size_t i = 0; i < ROWS(blank); i++)
        assert_true(typed_blank(blank[i]));
    for (size_t i = 0; i < ROWS(said); i++)
        assert_false(typed_blank(said[i]));
}

static void a_name_is_kept_as_it_is_shown(void **unused)
{
    (void)unused;
    static const struct {
        const char *typed, *kept;
    } names[] = {
        {"王五", "王五"},
        {" 王五\u3000", "王五"},
        {"王\u3000\u00a0 五", "王 五"},
        {"Ｌｉ  Ｗｅｉ", "Ｌｉ Ｗｅｉ"},
        {"阿卜杜拉·买买提", "阿卜杜拉·买买提"},
        {"\U00031350\ue000", "\U00031350\ue000"}, /* rare surnames: of a new block, of a city's own */
        {"\u182a\u1820\u180b\u1836", "\u182a\u1820\u180b\u1836"},
        {"W-1024", "W-1024"},
        {" ", ""},
        {"\u3000\u180b", ""},
    };
    char kept[64];
    for (size_t i = 0; i < ROWS(names); i++) {
        assert_int_equal(typed_name(names[i].typed, kept), 0);
        assert_string_equal(kept, names[i].kept);
    }
}

static void what_is_not_seen_is_no_part_of_a_name(void **unused)
{
    (void)unused;
    static const struct {
        const char *typed;
        uint32_t point;
    } names[] = {{"王\u200b五", 0x200b}, {"王五\u200d", 0x200d}, {"\u202e王五", 0x202e}, {"王五\u2066", 0x2066},
                 {"王\t五", '\t'},       {"王五\n", '\n'},       {"王\u00ad五", 0xad},   {"王五\ufe0f", 0xfe0f},
                 {"\u2028", 0x2028},     {"王\x7f", 0x7f},       {"\u3164", 0x3164},     {"\U000e0041", 0xe0041}};
    char kept[64];
    for (size_t i = 0; i < ROWS(names); i++)
        assert_int_equal(typed_name(names[i].typed, kept), names[i].point);
}

static void one_person_typed_otherwise_is_one(void **unused)
{
    (void)unused;
    static const char *const same[][2] = {
        {"王五", "王五"},
        {"王五", "王 五"},
        {"王五", "\u3000王\u3000五"}, /* as two characters are set beside three */
        {"Zhang San", "ＺＨＡＮＧ　ｓａｎ"},
        {"Zhang San", "zhangsan"},
        {"W1024", "w１０２４"},
        {"\u00c9mile", "E\u0301mile"},
        {"阿卜杜拉·买买提", "阿卜杜拉•买买提"},
        {"阿卜杜拉·买买提", "阿卜杜拉・买买提"},
        {"阿卜杜拉·买买提", "阿卜杜拉．买买提"},
        {"阿卜杜拉·买买提", "阿卜杜拉。买买提"}, /* what the key of the dot types in Chinese */
        {"龙\u2f00", "龙一"},
        {"\uf900", "\u8c48"}, /* the same ideograph, for another standard's sake */
        {"", " "},
    };
    static const char *const others[][2] = {
        {"王五", "王武"}, {"王五", "王五一"}, {"1-23", "12-3"},   {"1.23", "12.3"},
        {"张三", "張三"}, {"王五", ""},       {"李", "李\u0301"}, {"Ivan", "Iv\u0430n"}, /* the a of another script */
    };
    for (size_t i = 0; i < ROWS(same); i++) {
        assert_true(typed_same(same[i][0], same[i][1]));
        assert_true(typed_same(same[i][1], same[i][0]));
    }
    for (size_t i = 0; i < ROWS(others); i++)
        assert_false(typed_same(others[i][0], others[i][1]));
}

/* The longest there may be, of characters that stand for many. */
static void the_longest_name_has_a_normal_form(void **unused)
{
    (void)unused;
    char a[193] = "", b[194] = "";
    for (size_t i = 0; i < 64; i++)
        for (size_t k = 0; k < 3; k++)
            a[3 * i + k] = b[3 * i + k] = "\ufdfa"[k];
    b[192] = ' ';
    assert_true(typed_same(a, b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_can_read_is_blank),         cmocka_unit_test(a_name_is_kept_as_it_is_shown),
        cmocka_unit_test(what_is_not_seen_is_no_part_of_a_name), cmocka_unit_test(one_person_typed_otherwise_is_one),
        cmocka_unit_test(the_longest_name_has_a_normal_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
