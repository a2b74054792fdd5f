/* Names are what people write in configuration and read in --json: each goes both ways, and none is invented. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/wire.h"

#define SAYS(x, value, word) assert_string_equal(x##_name(value), #word);
#define READS(x, value, word)                                                                                          \
    SAYS(x, value, word)                                                                                               \
    assert_int_equal(x##_of(#word), value);

static void every_name_goes_both_ways(void **state)
{
    (void)state;
#define X(v, N, n) READS(nature, v, n)
    NATURES(X)
#undef X
#define X(v, N, n) READS(coordinates, v, n)
    COORDINATE_SYSTEMS(X)
#undef X
#define X(v, N, n) READS(incident_state, v, n)
    INCIDENT_STATES(X)
#undef X
#define X(v, N, n) READS(task_state, v, n)
    TASK_STATES(X)
#undef X
#define X(v, N, n) READS(task_role, v, n)
    TASK_ROLES(X)
#undef X
#define X(v, N, n) READS(outcome, v, n)
    OUTCOMES(X)
#undef X
#define X(v, N, n) READS(clock_kind, v, n)
    CLOCK_KINDS(X)
#undef X
#define X(v, N, n) READS(calendar, v, n)
    CALENDARS(X)
#undef X
#define X(v, N, n) READS(satisfaction, v, n)
    SATISFACTIONS(X)
#undef X
#define X(v, N, n) READS(verifier, v, n)
    VERIFIERS(X)
#undef X
#define X(v, N, n) READS(word, v, n)
    WORDS(X)
#undef X
#define X(v, N, n) READS(act, v, n)
    ACTS(X)
#undef X
#define X(v, N, n) READS(ask_kind, v, n)
    ASK_KINDS(X)
#undef X
#define X(v, N, n) READS(role, v, n)
    ROLES(X)
#undef X
}

static void every_value_has_its_name(void **state)
{
    (void)state;
#define X(v, N, n) SAYS(clock_state, v, n)
    CLOCK_STATES(X)
#undef X
#define X(v, N, n) SAYS(decision, v, n)
    DECISIONS(X)
#undef X
#define X(v, N, n) SAYS(record_kind, v, n)
    RECORD_KINDS(X)
#undef X
#define X(v, N, n) SAYS(lease_end, v, n)
    LEASE_ENDS(X)
#undef X
#define X(v, N, n) SAYS(rung_colour, v, n)
    RUNG_COLOURS(X)
#undef X
#define X(v, N, n) SAYS(unrouted_reason, v, n)
    UNROUTED_REASONS(X)
#undef X
#define X(v, N, n) SAYS(refusal, v, n)
    REFUSALS(X)
#undef X
#define X(v, N, n) SAYS(query, v, n)
    QUERIES(X)
#undef X
#define X(v, N, n, e) SAYS(message, v, n)
    MESSAGES(X)
#undef X
    assert_string_equal(word_name(WORD_RETURN), "return");
    assert_string_equal(refusal_name(REFUSAL_ID_CONFLICT), "id_conflict");
}

static void unknown_values_and_names_are_nothing(void **state)
{
    (void)state;
    assert_null(nature_name((enum nature)0));
    assert_null(nature_name((enum nature)7));
    assert_null(nature_name((enum nature) - 1));
    assert_null(record_kind_name((enum record_kind)5)); /* a gap in the list */
    assert_null(role_name((enum principal_role)3));     /* two roles at once have no name */
    assert_null(refusal_name((enum refusal_code)1000));
    assert_int_equal(nature_of("HELP"), 0);
    assert_int_equal(nature_of("hel"), 0);
    assert_int_equal(nature_of(""), 0);
    assert_int_equal(nature_of(NULL), 0);
}

static void an_endpoint_accepts_only_its_messages(void **state)
{
    (void)state;
    assert_true(message_accepted(MESSAGE_HELLO, 'P'));
    assert_true(message_accepted(MESSAGE_HELLO, 'F'));
    assert_true(message_accepted(MESSAGE_PUBLISH, 'P'));
    assert_false(message_accepted(MESSAGE_PUBLISH, 'W'));
    assert_true(message_accepted(MESSAGE_WORD, 'C'));
    assert_false(message_accepted(MESSAGE_WORD, 'F'));
    assert_false(message_accepted(MESSAGE_ANSWER, 'C'));
    assert_false(message_accepted(MESSAGE_ANSWER, '-'));
    assert_false(message_accepted(MESSAGE_HELLO, '\0'));
    assert_false(message_accepted((enum message_kind)7, 'P'));
    assert_false(message_accepted((enum message_kind)200, 'P'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_goes_both_ways),
        cmocka_unit_test(every_value_has_its_name),
        cmocka_unit_test(unknown_values_and_names_are_nothing),
        cmocka_unit_test(an_endpoint_accepts_only_its_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
