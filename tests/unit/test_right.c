/* Who may do what: the role × verb table, cell by cell, and the scope of a principal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/core/right.h"

/* Written by hand, so that a change of the table in right.h is noticed. */
static const struct {
    enum right right;
    unsigned roles;
} expected[] = {
    {RIGHT_PUBLISH, PRINCIPAL_SOURCE | PRINCIPAL_INTAKE},
    {RIGHT_WITHDRAW, PRINCIPAL_SOURCE | PRINCIPAL_INTAKE},
    {RIGHT_STATUS,
     PRINCIPAL_SOURCE | PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR},
    {RIGHT_WORK, PRINCIPAL_DEPARTMENT},
    {RIGHT_ON_BEHALF, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_DISPATCH, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_WHISTLE, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_ARBITRATE, PRINCIPAL_DUTY_CHIEF},
    {RIGHT_DECIDE, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_REVIEW, PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR},
    {RIGHT_APPEAL, PRINCIPAL_DEPARTMENT},
    {RIGHT_LEVEL, PRINCIPAL_DUTY_CHIEF},
    {RIGHT_SAMPLE, PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR | PRINCIPAL_VERIFIER},
    {RIGHT_EXERCISE, PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR},
    {RIGHT_DUTY, PRINCIPAL_DEPARTMENT | PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_OVERSEE, PRINCIPAL_DUTY_CHIEF},
    {RIGHT_ANSWER, PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_CALLBACK, PRINCIPAL_INTAKE | PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_OVERRULE, PRINCIPAL_DUTY_CHIEF},
    {RIGHT_END, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_HANDOVER, PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_CLAIM, PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_EXCLUDE, PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_IDENTITY, PRINCIPAL_INTAKE | PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR},
    {RIGHT_UNSEAL, PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR},
    {RIGHT_VERIFY, PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF},
    {RIGHT_VERIFY_OWN, PRINCIPAL_SOURCE},
    {RIGHT_READ_ALL,
     PRINCIPAL_INTAKE | PRINCIPAL_DISPATCHER | PRINCIPAL_VERIFIER | PRINCIPAL_DUTY_CHIEF | PRINCIPAL_AUDITOR},
    {RIGHT_READ_OWN, PRINCIPAL_SOURCE | PRINCIPAL_DEPARTMENT},
    {RIGHT_OPERATE, PRINCIPAL_OPERATOR},
};

static void every_role_has_its_rights_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(sizeof(expected) / sizeof(*expected), RIGHT_COUNT);
    for (size_t i = 0; i < RIGHT_COUNT; i++) {
        for (unsigned role = 1; role <= 0x80; role <<= 1) {
            struct principal principal = {.name = "p", .roles = role};
            assert_int_equal(right_has(&principal, expected[i].right), (expected[i].roles & role) != 0);
        }
    }
}

static void the_revoked_and_the_unknown_have_none(void **state)
{
    (void)state;
    struct principal revoked = {.name = "p", .roles = 0xff, .revoked = true}, none = {.name = "p"};
    for (size_t right = 0; right < RIGHT_COUNT; right++) {
        assert_false(right_has(&revoked, (enum right)right));
        assert_false(right_has(&none, (enum right)right));
        assert_false(right_has(NULL, (enum right)right));
    }
}

static void scope_is_a_subtree(void **state)
{
    (void)state;
    const struct type top = {.code = "1"}, sub = {.code = "1.1", .parent = &top}, other = {.code = "2"};
    const struct area city = {.code = "62"}, street = {.code = "621", .parent = &city}, far = {.code = "622"};
    const struct type *types[] = {&other, &top};
    const struct area *areas[] = {&street};
    struct principal anywhere = {.name = "a"};
    struct principal bounded = {.name = "b", .types = types, .type_count = 2, .areas = areas, .area_count = 1};
    assert_true(right_in_scope(&anywhere, &sub, &far));
    assert_true(right_in_scope(&bounded, &sub, &street));
    assert_true(right_in_scope(&bounded, &other, &street));
    assert_false(right_in_scope(&bounded, &sub, &city)); /* above its street */
    assert_false(right_in_scope(&bounded, &sub, &far));
    struct principal narrow = {.name = "n", .types = types, .type_count = 1};
    assert_false(right_in_scope(&narrow, &sub, NULL));
}

static void what_is_unknown_is_not_outside(void **state)
{
    (void)state;
    const struct type top = {.code = "1"};
    const struct area city = {.code = "62"};
    const struct type *types[] = {&top};
    const struct area *areas[] = {&city};
    struct principal bounded = {.name = "b", .types = types, .type_count = 1, .areas = areas, .area_count = 1};
    assert_true(right_in_scope(&bounded, NULL, NULL));
    assert_true(right_in_scope(&bounded, NULL, &city));
}

static void a_department_speaks_for_its_units_only(void **state)
{
    (void)state;
    const struct unit one = {.id = "cg"}, two = {.id = "zf"};
    const struct unit *units[] = {&one, &two};
    struct principal department = {.name = "d", .units = units, .unit_count = 2}, none = {.name = "n"};
    assert_true(right_unit(&department, "zf"));
    assert_false(right_unit(&department, "hw"));
    assert_false(right_unit(&department, ""));
    assert_false(right_unit(&none, "cg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_has_its_rights_and_no_more),
        cmocka_unit_test(the_revoked_and_the_unknown_have_none),
        cmocka_unit_test(scope_is_a_subtree),
        cmocka_unit_test(what_is_unknown_is_not_outside),
        cmocka_unit_test(a_department_speaks_for_its_units_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
