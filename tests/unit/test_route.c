/* Which rule wins, to whom it sends, and what explain says: written as a city's tables, asked as an incident asks. */
#include "city_rig.h"

#include "broker/core/route.h"
#include "schemas/wire.h"

struct asked {
    struct city_rig *rig;
    struct route_result result;
    struct arena arena;
    struct route_trace trace;
};

static void ask(struct asked *asked, const char *type, const char *area, enum nature nature, int severity)
{
    const struct policy *policy = asked->rig->policy;
    struct route_query query = {
        .type = policy_type(policy, type), .area = policy_area(policy, area), .nature = nature, .severity = severity};
    arena_reset(&asked->arena);
    asked->trace = (struct route_trace){.arena = &asked->arena};
    assert_non_null(query.type);
    assert_non_null(query.area);
    struct route_result untraced;
    route_find(policy, &query, &untraced, NULL);
    route_find(policy, &query, &asked->result, &asked->trace);
    assert_ptr_equal(untraced.route, asked->result.route); /* looking changes nothing */
    assert_ptr_equal(untraced.lead, asked->result.lead);
    assert_int_equal(untraced.unrouted, asked->result.unrouted);
}

static void reads(struct asked *asked, const char *routes)
{
    city_write(asked->rig, "routes.yaml", routes);
    city_read_sound(asked->rig);
}

static void expect_lead(struct asked *asked, const char *type, const char *area, const char *lead)
{
    ask(asked, type, area, NATURE_COMPLAINT, 4);
    if (asked->result.lead == NULL || strcmp(asked->result.lead->id, lead) != 0)
        fail_msg("%s at %s went to %s, not %s", type, area, asked->result.lead != NULL ? asked->result.lead->id : "-",
                 lead);
}

static void expect_unrouted(struct asked *asked, const char *type, const char *area, enum unrouted_reason reason)
{
    ask(asked, type, area, NATURE_COMPLAINT, 4);
    assert_null(asked->result.lead);
    assert_int_equal(asked->result.unrouted, reason);
}

static void expect_verdict(struct asked *asked, const char *rule, const char *verdict)
{
    for (size_t i = 0; i < asked->trace.count; i++) {
        if (strcmp(asked->trace.rules[i].rule, rule) == 0 && strcmp(asked->trace.rules[i].verdict, verdict) == 0)
            return;
    }
    print_message("looked at:\n");
    for (size_t i = 0; i < asked->trace.count; i++)
        print_message("  %s: %s\n", asked->trace.rules[i].rule, asked->trace.rules[i].verdict);
    fail_msg("expected %s: %s", rule, verdict);
}

static int route_setup(void **state)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    city_setup((void **)&asked->rig);
    arena_init(&asked->arena);
    city_write(asked->rig, "units.yaml",
               "units:\n"
               "  - {id: cg, name: 城管局}\n"
               "  - {id: hw, name: 环卫}\n"
               "  - {id: old, name: 旧, retired: true, successor: older}\n"
               "  - {id: older, name: 更旧, retired: true, successor: hw}\n"
               "  - {id: zf, name: 东街道执法队, area: 620802001, kind: 执法}\n"
               "  - {id: jd, name: 东街道, area: 620802001}\n"
               "  - {id: sq, name: 一社区, area: 620802001001}\n");
    *state = asked;
    return 0;
}

static int route_teardown(void **state)
{
    struct asked *asked = *state;
    arena_release(&asked->arena);
    city_teardown((void **)&asked->rig);
    free(asked);
    return 0;
}

/* --- specificity --- */

static void a_rule_holds_for_the_subtree(void **state)
{
    reads(*state, "routes:\n- {type: 2, area: 620802001, to: hw}\n");
    expect_lead(*state, "2.01.1", "620802001001002", "hw");
    expect_lead(*state, "2", "620802001", "hw");
    expect_unrouted(*state, "1", "620802001", UNROUTED_NO_RULE);
    expect_unrouted(*state, "2", "620802002", UNROUTED_NO_RULE);
    expect_unrouted(*state, "2", "620802", UNROUTED_NO_RULE);
}

static void the_deeper_type_beats_the_deeper_area(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- {type: 2, area: 620802001001, severity: 4, to: hw}\n- {type: 2.01, to: cg}\n");
    expect_lead(asked, "2.01.1", "620802001001", "cg");
    expect_verdict(asked, "routes.yaml:3", "chosen");
    expect_verdict(asked, "routes.yaml:2", "less specific: type depth 1 < 2");
    assert_true(asked->trace.rules[0].chosen);
    expect_lead(asked, "2", "620802001001", "hw");
}

static void then_the_deeper_area_beats_severity(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- {type: 2, severity: [3, 4], to: hw}\n- {type: 2, area: 620802001, to: cg}\n");
    expect_lead(asked, "2", "620802001", "cg");
    expect_verdict(asked, "routes.yaml:2", "less specific: area depth 0 < 4");
    expect_lead(asked, "2", "620802002", "hw");
}

static void then_a_named_severity_beats_any(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- {type: 2, to: hw}\n- {type: 2, severity: 1, to: cg}\n");
    expect_lead(asked, "2", "620802002", "hw");
    expect_verdict(asked, "routes.yaml:3", "other severity");
    ask(asked, "2", "620802002", NATURE_COMPLAINT, 1);
    assert_string_equal(asked->result.lead->id, "cg");
    expect_verdict(asked, "routes.yaml:2", "less specific: any severity");
}

static void a_rule_for_a_nature_is_narrower(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- {type: 2, to: hw}\n- {type: 2, nature: [report, consult], to: desk}\n");
    expect_lead(asked, "2", "620802002", "hw");
    expect_verdict(asked, "routes.yaml:3", "other nature");
    ask(asked, "2", "620802002", NATURE_REPORT, 4);
    assert_true(asked->result.desk);
    assert_null(asked->result.lead);
    assert_int_equal(asked->result.unrouted, 0);
    assert_int_equal(asked->result.route->origin.line, 3);
}

static void a_rule_for_anything_is_the_least(void **state)
{
    reads(*state, "routes:\n- {to: cg}\n- {type: 2, to: hw}\n");
    expect_lead(*state, "1.01", "620802", "cg");
    expect_lead(*state, "2.01", "620802", "hw");
}

static void two_equals_are_unrouted(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- {type: 2, area: 620802001, to: hw}\n- {type: 2, area: 620802001, to: cg}\n"
                 "- {type: 2, to: cg}\n- {type: 2, area: 620802001001, to: cg}\n");
    expect_unrouted(asked, "2", "620802001", UNROUTED_TWO_EQUALS);
    expect_verdict(asked, "routes.yaml:2", "two equals: as specific as routes.yaml:3");
    expect_verdict(asked, "routes.yaml:3", "two equals: as specific as routes.yaml:2");
    for (size_t i = 0; i < asked->trace.count; i++)
        assert_false(asked->trace.rules[i].chosen);
    expect_lead(asked, "2", "620802001001", "cg"); /* a more specific one ends the tie */
    expect_lead(asked, "2", "620802002", "cg");    /* and so does leaving the area */
}

static void one_rule_is_never_its_own_equal(void **state)
{
    reads(*state, "routes:\n- {types: [2, 2.01, 2.01], areas: [620802, 620802], to: hw}\n");
    expect_lead(*state, "2.01", "620802002", "hw");
}

/* --- exceptions --- */

static void an_exception_sends_elsewhere(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- type: 2\n  to: hw\n  assist: cg\n  verify: centre\n  except:\n"
                 "  - {area: 620802001, to: zf}\n  - {areas: [620802002], to: cg, verify: source}\n");
    expect_lead(asked, "2.01", "620802001001001", "zf");
    assert_int_equal(asked->result.route->verify, VERIFIER_CENTRE); /* what it does not say, the rule says */
    assert_int_equal(asked->result.assist_count, 1);
    expect_verdict(asked, "routes.yaml:7", "chosen");
    expect_verdict(asked, "routes.yaml:2", "excluded at 620802001 by routes.yaml:7");
    expect_lead(asked, "2", "620802002", "cg");
    assert_int_equal(asked->result.route->verify, VERIFIER_SOURCE);
    assert_int_equal(asked->result.assist_count, 0); /* the lead does not assist itself */
    expect_lead(asked, "2", "620802", "hw");
}

static void an_exclusion_lets_the_next_rule_win(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- {type: 2.01, to: hw, except: [{area: 620802001}]}\n- {type: 2, to: cg}\n");
    expect_lead(asked, "2.01", "620802001001", "cg");
    expect_verdict(asked, "routes.yaml:2", "excluded at 620802001 by routes.yaml:2");
    expect_lead(asked, "2.01", "620802002", "hw");
}

static void an_exclusion_is_of_its_own_rule_only(void **state)
{
    reads(*state, "routes:\n- {types: [2.01, 1], to: hw, except: [{area: 620802001}]}\n"
                  "- {type: 2.01, area: 620802, to: cg}\n");
    expect_lead(*state, "2.01", "620802001", "cg");
    expect_unrouted(*state, "1", "620802001", UNROUTED_NO_RULE);
    expect_lead(*state, "1.01", "620802002", "hw");
}

/* --- recipients --- */

static void recipients_are_relative_to_the_place(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- {type: 2, to: \"@street.执法\", assist: [\"@community\", \"@street\", \"@community\"]}\n"
                 "- {type: 1, to: \"@local\"}\n");
    expect_lead(asked, "2", "620802001001002", "zf");
    assert_int_equal(asked->result.assist_count, 2); /* each once */
    assert_string_equal(asked->result.assists[0]->id, "sq");
    assert_string_equal(asked->result.assists[1]->id, "jd");
    expect_lead(asked, "2", "620802001", "zf");
    assert_int_equal(asked->result.assist_count, 1); /* a street is in no community */
    expect_lead(asked, "1", "620802001001001", "sq");
    expect_lead(asked, "1", "620802001", "jd");
    expect_unrouted(asked, "1", "620802", UNROUTED_NO_RECIPIENT);
}

static void recipients_are_tried_in_order(void **state)
{
    struct asked *asked = *state;
    city_write(asked->rig, "objects.yaml", "objects: [{object: 7, unit: hw}]\n");
    reads(asked, "routes:\n- {type: 2, to: [\"@owner\", \"@street.执法\", cg]}\n"
                 "- {type: 1, to: [\"@owner\", \"@street.执法\"]}\n");
    expect_lead(asked, "2", "620802001", "zf");
    expect_lead(asked, "2", "620802002", "cg");
    expect_unrouted(asked, "1", "620802002", UNROUTED_NO_RECIPIENT);
    assert_int_equal(asked->result.route->origin.line, 3);
    expect_verdict(asked, "routes.yaml:3", "no recipient: @owner, @street.执法 at 620802002");
}

static void the_retired_are_succeeded(void **state)
{
    struct asked *asked = *state;
    city_write(asked->rig, "types.yaml",
               "types:\n- {code: 1, clocks: slow}\n"
               "- {code: 9, retired: true, successor: 1}\n- {code: 8, retired: true}\n");
    reads(asked, "routes:\n- {type: 1, to: old, assist: older}\n");
    expect_lead(asked, "1", "620802001", "hw");
    assert_int_equal(asked->result.assist_count, 0);
    expect_lead(asked, "9", "620802001", "hw");
    expect_unrouted(asked, "8", "620802001", UNROUTED_UNKNOWN_TYPE);
}

static void nothing_is_routed_without_type_or_place(void **state)
{
    struct asked *asked = *state;
    reads(asked, "routes:\n- {to: cg}\n");
    const struct policy *policy = asked->rig->policy;
    struct route_query queries[] = {
        {.area = policy_area(policy, "620802"), .severity = 1, .without = UNROUTED_UNKNOWN_TYPE},
        {.type = policy_type(policy, "1"), .severity = 1, .without = UNROUTED_NO_PLACE},
        {.type = policy_type(policy, "1"), .severity = 1, .without = UNROUTED_NO_POLYGON},
    };
    for (size_t i = 0; i < 3; i++) {
        route_find(policy, &queries[i], &asked->result, NULL);
        assert_int_equal(asked->result.unrouted, queries[i].without);
        assert_null(asked->result.lead);
        assert_null(asked->result.route);
    }
}

#define ROUTE_TEST(name) cmocka_unit_test_setup_teardown(name, route_setup, route_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUTE_TEST(a_rule_holds_for_the_subtree),
        ROUTE_TEST(the_deeper_type_beats_the_deeper_area),
        ROUTE_TEST(then_the_deeper_area_beats_severity),
        ROUTE_TEST(then_a_named_severity_beats_any),
        ROUTE_TEST(a_rule_for_a_nature_is_narrower),
        ROUTE_TEST(a_rule_for_anything_is_the_least),
        ROUTE_TEST(two_equals_are_unrouted),
        ROUTE_TEST(one_rule_is_never_its_own_equal),
        ROUTE_TEST(an_exception_sends_elsewhere),
        ROUTE_TEST(an_exclusion_lets_the_next_rule_win),
        ROUTE_TEST(an_exclusion_is_of_its_own_rule_only),
        ROUTE_TEST(recipients_are_relative_to_the_place),
        ROUTE_TEST(recipients_are_tried_in_order),
        ROUTE_TEST(the_retired_are_succeeded),
        ROUTE_TEST(nothing_is_routed_without_type_or_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
