/* An incident's number is read over the phone: what is misheard must not be another incident. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schemas/ident.h"

#define NUMBER_MAX ((UINT64_C(1) << 44) - 1)

static void an_id_packs_journal_and_number(void **state)
{
    (void)state;
    uint64_t id = ident_pack(620802, 123);
    assert_int_equal(ident_journal(id), 620802);
    assert_int_equal(ident_number(id), 123);
    assert_true(ident_pack(620802, 124) > id);
    assert_true(ident_pack(620803, 1) > ident_pack(620802, NUMBER_MAX));
    assert_int_equal(ident_number(ident_pack(999999, NUMBER_MAX)), NUMBER_MAX);
}

/* Check characters worked out by an independent implementation of ISO 7064 MOD 37,36. */
static void it_is_written_with_its_check_character(void **state)
{
    (void)state;
    char text[IDENT_TEXT_BYTES];
    ident_format(ident_pack(620802, 123), text);
    assert_string_equal(text, "620802-000123-W");
    ident_format(ident_pack(620802, 99), text);
    assert_string_equal(text, "620802-000099-Z");
    ident_format(UINT64_MAX, text); /* not an id that is ever given, but it must fit */
    assert_true(strlen(text) < IDENT_TEXT_BYTES);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {1, 9, 10, 999999, 1000000, 123456789, NUMBER_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[IDENT_TEXT_BYTES];
        uint64_t id = ident_pack(10, numbers[i]), again = 0;
        ident_format(id, text);
        assert_int_equal(ident_parse(text, &again), 0);
        assert_int_equal(again, id);
    }
    uint64_t id;
    assert_int_equal(ident_parse("620802-000123-w", &id), 0);
    assert_int_equal(ident_number(id), 123);
}

static void a_wrong_digit_or_a_swap_is_noticed(void **state)
{
    (void)state;
    char good[IDENT_TEXT_BYTES];
    uint64_t id = ident_pack(620802, 1234);
    ident_format(id, good);
    for (size_t at = 0; good[at + 2]; at++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char wrong[IDENT_TEXT_BYTES];
            memcpy(wrong, good, sizeof wrong);
            if (good[at] == '-' || good[at] == digit)
                continue;
            wrong[at] = digit;
            assert_int_equal(ident_parse(wrong, &id), -EINVAL);
        }
        char swapped[IDENT_TEXT_BYTES];
        memcpy(swapped, good, sizeof swapped);
        swapped[at] = good[at + 1];
        swapped[at + 1] = good[at];
        if (good[at] != good[at + 1])
            assert_int_equal(ident_parse(swapped, &id), -EINVAL);
    }
}

static void what_is_not_of_the_form_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "620802",
        "620802-",
        "620802-000123",
        "620802-000123-",
        "620802-000123-A",
        "620802-000123-WW",
        "620802-000123-W ",
        " 620802-000123-W",
        "620802000123W",
        "620802-123-W",
        "620802-0000123-W",
        "62080-000123-W",
        "6208020-000123-W",
        "620802--00123-W",
        "620802-+00123-W",
        "620802-000000-0",
        "620802-99999999999999-0",
        "620802-999999999999999999999999999999999999-0",
        "六二零八零二-000123-W",
    };
    uint64_t id = 77;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (ident_parse(wrong[i], &id) != -EINVAL)
            fail_msg("accepted: \"%s\"", wrong[i]);
    assert_int_equal(ident_parse(NULL, &id), -EINVAL);
    assert_int_equal(id, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_packs_journal_and_number),     cmocka_unit_test(it_is_written_with_its_check_character),
        cmocka_unit_test(what_is_written_reads_back),         cmocka_unit_test(a_wrong_digit_or_a_swap_is_noticed),
        cmocka_unit_test(what_is_not_of_the_form_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
