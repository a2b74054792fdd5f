/* What base promises: maps that keep every key through growth and removal, heaps that order, arenas that zero,
 * faults that read as file:line:column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/base/arena.h"
#include "broker/base/digest.h"
#include "broker/base/fault.h"
#include "broker/base/heap.h"
#include "broker/base/map.h"

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

/* Against a plain array, so that a lost or resurrected key is seen. */
static void map_agrees_with_an_array(void **unused)
{
    (void)unused;
    enum { KEYS = 509, STEPS = 200000 };
    static int present[KEYS];
    struct map map = {0};
    uint64_t seed = 7;
    size_t count = 0;
    memset(present, 0, sizeof(present));
    for (int step = 0; step < STEPS; step++) {
        uint64_t key = next_random(&seed) % KEYS;
        if (next_random(&seed) % 2) {
            count += !present[key];
            present[key] = 1;
            map_put(&map, key, &present[key]);
        } else {
            assert_ptr_equal(map_remove(&map, key), present[key] ? &present[key] : NULL);
            count -= (size_t)present[key];
            present[key] = 0;
        }
        assert_int_equal(map.count, count);
    }
    for (uint64_t key = 0; key < KEYS; key++)
        assert_ptr_equal(map_get(&map, key), present[key] ? &present[key] : NULL);
    map_release(&map);
}

static void textmap_removes_without_losing_neighbours(void **unused)
{
    (void)unused;
    struct textmap map = {0};
    static char names[2000][16];
    for (int i = 0; i < 2000; i++) {
        snprintf(names[i], sizeof(names[i]), "unit-%d", i);
        textmap_put(&map, names[i], names[i]);
    }
    for (int i = 0; i < 2000; i += 2)
        assert_ptr_equal(textmap_remove(&map, names[i]), names[i]);
    for (int i = 0; i < 2000; i++)
        assert_ptr_equal(textmap_get(&map, names[i]), i % 2 ? names[i] : NULL);
    assert_null(textmap_get(&map, NULL));
    textmap_release(&map);
}

static void interned_names_are_one(void **unused)
{
    (void)unused;
    struct intern intern = {0};
    char copy[] = "城管";
    const char *first = intern_text(&intern, "城管");
    assert_ptr_equal(first, intern_text(&intern, copy));
    assert_null(intern_text(&intern, NULL));
    intern_release(&intern);
}

struct due {
    struct heap_node node;
    uint64_t at;
};

static bool earlier(const struct heap_node *a, const struct heap_node *b)
{
    return HEAP_OF(a, struct due, node)->at < HEAP_OF(b, struct due, node)->at;
}

static void heap_orders_after_moves_and_removals(void **unused)
{
    (void)unused;
    static struct due items[1000];
    struct heap heap;
    uint64_t seed = 11, last = 0;
    size_t left = 0;
    heap_init(&heap, earlier);
    memset(items, 0, sizeof(items));
    for (size_t i = 0; i < 1000; i++) {
        items[i].at = next_random(&seed) % 10000;
        heap_insert(&heap, &items[i].node);
    }
    for (size_t i = 0; i < 1000; i += 3) {
        items[i].at = next_random(&seed) % 10000;
        heap_update(&heap, &items[i].node);
    }
    for (size_t i = 0; i < 1000; i += 5) {
        heap_remove(&heap, &items[i].node);
        heap_remove(&heap, &items[i].node); /* twice has no effect */
    }
    for (struct heap_node *node; (node = heap_least(&heap)); left++) {
        struct due *due = HEAP_OF(node, struct due, node);
        assert_true(due->at >= last);
        last = due->at;
        heap_remove(&heap, node);
    }
    assert_int_equal(left, 800);
    heap_release(&heap);
}

static void arena_zeroes_again_after_reset(void **unused)
{
    (void)unused;
    struct arena arena;
    arena_init(&arena);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 200000; size *= 3) {
            unsigned char *bytes = arena_alloc(&arena, size);
            assert_int_equal((uintptr_t)bytes % 16, 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(bytes[i], 0);
            memset(bytes, 0xff, size);
        }
        assert_string_equal(arena_printf(&arena, "%s-%d", "网格", 7), "网格-7");
        assert_null(arena_strdup(&arena, NULL));
        arena_reset(&arena);
    }
    arena_release(&arena);
}

static void faults_name_the_place_and_are_bounded(void **unused)
{
    (void)unused;
    struct faults faults = {0};
    assert_string_equal(faults_text(&faults), "");
    fault_add(&faults, "routes.yaml", 12, 3, "no unit \"%s\"", "x");
    assert_string_equal(faults_text(&faults), "routes.yaml:12:3: no unit \"x\"\n");
    for (int i = 0; i < 100; i++)
        fault_add(&faults, "a", 1, 1, "again");
    assert_non_null(strstr(faults_text(&faults), "more than 50 faults"));
    faults_release(&faults);
}

static void digest_is_sha256(void **unused)
{
    (void)unused;
    struct digest whole, parts;
    char hex[2 * DIGEST_BYTES + 1];
    digest_bytes(&whole, "abc", 3);
    digest_hex(&whole, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-2 B.1 */
    digest_parts(&parts, (struct digest_part[]){{"a", 1}, {"bc", 2}}, 2);
    assert_memory_equal(whole.bytes, parts.bytes, DIGEST_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_agrees_with_an_array),
        cmocka_unit_test(textmap_removes_without_losing_neighbours),
        cmocka_unit_test(interned_names_are_one),
        cmocka_unit_test(heap_orders_after_moves_and_removals),
        cmocka_unit_test(arena_zeroes_again_after_reset),
        cmocka_unit_test(faults_name_the_place_and_are_bounded),
        cmocka_unit_test(digest_is_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
