/* What sessions promise: one per connection, found again by socket and routing id, forgotten when silent, and nothing
 * of an old connection is left to a new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/base/limits.h"
#include "broker/edge/session.h"

static struct session *of(struct sessions *all, size_t socket, const char *routing_id, int64_t heard_ms)
{
    return session_of(all, socket, 'P', routing_id, strlen(routing_id), heard_ms);
}

static void a_peer_is_found_again(void **unused)
{
    (void)unused;
    struct sessions *all = sessions_new();
    uint64_t a = of(all, 0, "a", 1)->peer;
    uint64_t other_socket = of(all, 1, "a", 1)->peer;
    uint64_t b = of(all, 0, "b", 1)->peer;
    assert_int_not_equal(a, 0);
    assert_int_not_equal(a, other_socket);
    assert_int_not_equal(a, b);
    assert_int_equal(of(all, 0, "a", 2)->peer, a);
    assert_int_equal(of(all, 1, "a", 2)->peer, other_socket);
    assert_int_equal(session_get(all, a)->heard_ms, 2);
    assert_int_equal(session_get(all, b)->fd, -1);
    assert_string_equal(session_get(all, b)->credential, "");
    assert_int_equal(sessions_count(all), 3);
    sessions_free(all);
}

static void routing_ids_are_bytes(void **unused)
{
    (void)unused;
    struct sessions *all = sessions_new();
    uint8_t longest[ROUTING_ID_MAX_BYTES] = {0};
    uint64_t five = session_of(all, 0, 'P', "\0aaaa", 5, 1)->peer;
    uint64_t same_start = session_of(all, 0, 'P', "\0aaab", 5, 1)->peer;
    uint64_t shorter = session_of(all, 0, 'P', "\0aaa", 4, 1)->peer;
    uint64_t zeroes = session_of(all, 0, 'P', longest, sizeof(longest), 1)->peer;
    assert_int_not_equal(five, same_start);
    assert_int_not_equal(five, shorter);
    assert_int_equal(session_of(all, 0, 'P', longest, sizeof(longest), 2)->peer, zeroes);
    assert_int_not_equal(session_of(all, 0, 'P', longest, sizeof(longest) - 1, 2)->peer, zeroes);
    sessions_free(all);
}

static void a_dropped_peer_comes_back_as_another(void **unused)
{
    (void)unused;
    struct sessions *all = sessions_new();
    struct session *session = of(all, 0, "a", 1);
    uint64_t peer = session->peer;
    session->welcomed = true;
    session_drop(all, peer);
    session_drop(all, peer); /* twice does no harm */
    assert_null(session_get(all, peer));
    session = of(all, 0, "a", 2);
    assert_int_not_equal(session->peer, peer);
    assert_false(session->welcomed);
    assert_int_equal(sessions_count(all), 1);
    sessions_free(all);
}

static void the_silent_expire(void **unused)
{
    (void)unused;
    struct sessions *all = sessions_new();
    uint64_t old = of(all, 0, "old", 100)->peer;
    uint64_t talker = of(all, 0, "talker", 100)->peer;
    uint64_t young = of(all, 0, "young", 200)->peer;
    of(all, 0, "talker", 300);
    sessions_expire(all, 200);
    assert_null(session_get(all, old));
    assert_non_null(session_get(all, talker));
    assert_non_null(session_get(all, young)); /* heard at the limit: stays */
    sessions_expire(all, INT64_MAX);
    assert_int_equal(sessions_count(all), 0);
    sessions_free(all);
}

static void the_idlest_makes_room(void **unused)
{
    (void)unused;
    struct sessions *all = sessions_new();
    char name[16];
    for (int i = 0; i < PEERS_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        of(all, 0, name, i);
    }
    uint64_t first = of(all, 0, "n0", PEERS_MAX)->peer; /* spoke again, so n1 is the idlest */
    uint64_t second = 2;
    assert_non_null(session_get(all, second));
    of(all, 0, "one more", PEERS_MAX + 1);
    assert_int_equal(sessions_count(all), PEERS_MAX);
    assert_non_null(session_get(all, first));
    assert_null(session_get(all, second));
    sessions_free(all);
}

static struct session *feed(struct sessions *all, const char *routing_id, uint32_t credit)
{
    struct session *session = session_of(all, 3, 'F', routing_id, strlen(routing_id), 1);
    session->subscribed = true;
    session->credit = credit;
    return session;
}

static void feeds_are_walked_in_turn(void **unused)
{
    (void)unused;
    struct sessions *all = sessions_new();
    uint64_t cursor = 0;
    assert_null(sessions_next_feed(all, &cursor));
    of(all, 0, "publisher", 1);
    uint64_t a = feed(all, "a", 5)->peer, b = feed(all, "b", 5)->peer, c = feed(all, "c", 5)->peer;
    feed(all, "no credit", 0);
    feed(all, "not subscribed", 5)->subscribed = false;
    feed(all, "gone", 5)->gone = true;
    cursor = 0;
    assert_int_equal(sessions_next_feed(all, &cursor)->peer, a);
    assert_int_equal(sessions_next_feed(all, &cursor)->peer, b);
    session_drop(all, b); /* the one the walk stands on */
    assert_int_equal(sessions_next_feed(all, &cursor)->peer, c);
    assert_null(sessions_next_feed(all, &cursor));
    sessions_free(all);
}

static void a_closed_connection_is_gone_but_still_heard(void **unused)
{
    (void)unused;
    struct sessions *all = sessions_new();
    struct session *session = of(all, 0, "a", 1);
    uint64_t peer = session->peer;
    session_bind(all, session, 7);
    sessions_disconnected(all, 1, 7); /* another socket's */
    sessions_disconnected(all, 0, 8); /* another connection's */
    assert_false(session_get(all, peer)->gone);
    sessions_disconnected(all, 0, 7);
    assert_true(session_get(all, peer)->gone);
    assert_int_equal(of(all, 0, "a", 2)->peer, peer);
    sessions_free(all);
}

static void a_descriptor_used_again_is_another_connection(void **unused)
{
    (void)unused;
    struct sessions *all = sessions_new();
    struct session *session = of(all, 0, "a", 1);
    uint64_t a = session->peer;
    session_bind(all, session, 7);
    sessions_accepted(all, 0, 7);
    assert_null(session_get(all, a));
    session = of(all, 0, "b", 1);
    uint64_t b = session->peer;
    session_bind(all, session, 7);
    session = of(all, 0, "c", 1);
    session_bind(all, session, 7); /* the same, learnt from a message */
    assert_null(session_get(all, b));
    uint64_t c = session->peer;
    session_drop(all, c);
    sessions_disconnected(all, 0, 7); /* of nobody now */
    assert_int_equal(sessions_count(all), 0);
    sessions_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_is_found_again),
        cmocka_unit_test(routing_ids_are_bytes),
        cmocka_unit_test(a_dropped_peer_comes_back_as_another),
        cmocka_unit_test(the_silent_expire),
        cmocka_unit_test(the_idlest_makes_room),
        cmocka_unit_test(feeds_are_walked_in_turn),
        cmocka_unit_test(a_closed_connection_is_gone_but_still_heard),
        cmocka_unit_test(a_descriptor_used_again_is_another_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
