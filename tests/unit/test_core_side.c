/* Rows beside incidents: set whole by records, once; written behind; forgotten; due in order. */
#include "core_fixture.h"

#include "broker/core/side.h"

static struct core *core;
static struct arena arena;
static uint64_t seq;

static int start(void **state)
{
    (void)state;
    core = core_new(&(struct core_options){.journal = JOURNAL});
    arena_init(&arena);
    seq = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    core_free(core);
    arena_release(&arena);
    return 0;
}

static void apply_to(struct core *to, const struct side *sides, size_t n)
{
    core_apply(to, &(struct record){.seq = ++seq, .kind = RECORD_POLICY, .sides = sides, .side_count = n});
}

static void set(enum side_kind kind, const char *key, int64_t next_ms)
{
    apply_to(core, &(struct side){.kind = kind, .key = key, .next_ms = next_ms}, 1);
}

static void forget(enum side_kind kind, const char *key)
{
    apply_to(core, &(struct side){.kind = kind, .key = key, .gone = true}, 1);
}

/* What a sweep up to the last record hands out; flushed or not. */
static size_t sweep(bool flushed, struct side *out)
{
    size_t n = 0;
    while (core_next_dirty_side(core, seq, &arena, &out[n]))
        n++;
    for (size_t i = 0; flushed && i < n; i++)
        core_flushed_side(core, out[i].kind, out[i].key, out[i].seq);
    return n;
}

static void a_record_sets_rows_whole(void **state)
{
    (void)state;
    static const char *const list[] = {"一号楼", "二号楼"};
    struct side out,
        sides[] = {{.kind = SIDE_DUTY, .key = "周排查", .count = 2, .name = "fire", .list = list, .list_count = 2},
                   {.kind = SIDE_DEVICE, .key = "周排查", .number = -7}};
    apply_to(core, sides, 2);
    assert_true(core_side(core, SIDE_DUTY, "周排查", &arena, &out));
    assert_int_equal(out.seq, 1);
    assert_int_equal(out.count, 2);
    assert_string_equal(out.list[1], "二号楼");
    assert_true(core_side(core, SIDE_DEVICE, "周排查", &arena, &out)); /* another kind is another row */
    assert_int_equal(out.number, -7);
    set(SIDE_DUTY, "周排查", 5);
    assert_true(core_side(core, SIDE_DUTY, "周排查", &arena, &out));
    assert_int_equal(out.count + out.list_count, 0);
    assert_int_equal(out.next_ms, 5);
    assert_int_equal(core_sides(core), 2);
    assert_false(core_side(core, SIDE_SHIFT, "周排查", &arena, &out));
}

static void a_record_is_applied_once(void **state)
{
    (void)state;
    struct side out, old = {.kind = SIDE_ABSENCE, .key = "a", .count = 1};
    set(SIDE_ABSENCE, "a", 0);
    set(SIDE_ABSENCE, "a", 9);
    core_apply(core, &(struct record){.seq = 1, .kind = RECORD_POLICY, .sides = &old, .side_count = 1});
    assert_true(core_side(core, SIDE_ABSENCE, "a", &arena, &out));
    assert_int_equal(out.next_ms, 9);
    assert_int_equal(out.seq, 2);
}

/* What a decision takes from the row it changes may be what the row owns. */
static void a_row_may_be_set_from_itself(void **state)
{
    (void)state;
    static const char *const list[] = {"x", "y"};
    struct side first = {.kind = SIDE_SHIFT, .key = "desk", .person = "张三", .list = list, .list_count = 2}, out;
    apply_to(core, &first, 1);
    struct side next = side_draft(core, SIDE_SHIFT, "desk");
    next.count = 1;
    apply_to(core, &next, 1);
    assert_true(core_side(core, SIDE_SHIFT, "desk", &arena, &out));
    assert_string_equal(out.person, "张三");
    assert_string_equal(out.list[1], "y");
    assert_int_equal(out.count, 1);
}

static void the_first_due_is_first(void **state)
{
    (void)state;
    assert_null(side_due(core));
    set(SIDE_DUTY, "late", 30);
    set(SIDE_ABSENCE, "soon", 10);
    set(SIDE_DUTY, "never", 0);
    assert_string_equal(side_due(core)->facts.key, "soon");
    assert_int_equal(core_next_deadline(core), 10);
    set(SIDE_ABSENCE, "soon", 40);
    assert_string_equal(side_due(core)->facts.key, "late");
    forget(SIDE_DUTY, "late");
    assert_string_equal(side_due(core)->facts.key, "soon");
    set(SIDE_ABSENCE, "soon", 0);
    assert_null(side_due(core));
    assert_int_equal(core_next_deadline(core), INT64_MAX);
}

static void a_changed_row_is_written_once(void **state)
{
    (void)state;
    struct side out[8];
    set(SIDE_DUTY, "a", 0);
    set(SIDE_DUTY, "b", 0);
    set(SIDE_DUTY, "a", 1);
    assert_int_equal(core_dirty(core), 2);
    assert_int_equal(core_first_unflushed(core), 1);
    assert_int_equal(sweep(true, out), 2);
    assert_int_equal(out[0].seq, 3);
    assert_int_equal(core_dirty(core), 0);
    assert_int_equal(core_first_unflushed(core), 0);
    assert_int_equal(sweep(true, out), 0);
}

/* A sweep that began earlier writes only what was dirty then; the watermark is no further. */
static void a_sweep_ends_where_it_began(void **state)
{
    (void)state;
    struct side out;
    set(SIDE_DUTY, "a", 0);
    set(SIDE_DUTY, "b", 0);
    assert_true(core_next_dirty_side(core, 1, &arena, &out));
    assert_false(core_next_dirty_side(core, 1, &arena, &out));
    core_flushed_side(core, SIDE_DUTY, "a", 1);
    assert_int_equal(core_first_unflushed(core), 2);
}

static void what_changes_while_it_is_written_is_written_again(void **state)
{
    (void)state;
    struct side out[8];
    set(SIDE_DUTY, "a", 0);
    assert_int_equal(sweep(false, out), 1);
    assert_int_equal(core_first_unflushed(core), 1); /* not durable yet */
    set(SIDE_DUTY, "a", 7);
    set(SIDE_DUTY, "a", 8);
    core_flushed_side(core, SIDE_DUTY, "a", 1);
    assert_int_equal(core_first_unflushed(core), 2);
    assert_int_equal(core_dirty(core), 1);
    assert_int_equal(sweep(true, out), 1);
    assert_int_equal(out[0].next_ms, 8);
    assert_int_equal(core_first_unflushed(core), 0);
}

/* Rows are durable later than they were handed out: a sweep of many slices goes on, and meets none of them again. */
static void a_sweep_does_not_meet_again_what_it_handed_out(void **state)
{
    (void)state;
    struct side out;
    set(SIDE_DUTY, "a", 0);
    set(SIDE_DUTY, "b", 0);
    assert_true(core_next_dirty_side(core, 2, &arena, &out));
    set(SIDE_DUTY, "a", 7);
    assert_true(core_next_dirty_side(core, 2, &arena, &out));
    assert_string_equal(out.key, "b");
    assert_false(core_next_dirty_side(core, 2, &arena, &out));
    core_flushed_side(core, SIDE_DUTY, "a", 1);
    core_flushed_side(core, SIDE_DUTY, "b", 2);
    assert_int_equal(core_first_unflushed(core), 3);
    assert_true(core_next_dirty_side(core, 3, &arena, &out));
    assert_int_equal(out.next_ms, 7);
}

static void what_is_gone_is_deleted_and_forgotten(void **state)
{
    (void)state;
    struct side out[8];
    uint64_t empty = core_digest(core);
    set(SIDE_DEVICE, "cam-1", 0);
    assert_int_equal(sweep(true, out), 1);
    assert_true(core_digest(core) != empty);
    forget(SIDE_DEVICE, "cam-1");
    assert_true(core_digest(core) == empty);
    assert_null(side_find(core, SIDE_DEVICE, "cam-1"));
    assert_null(side_after(core, SIDE_DEVICE, NULL));
    assert_int_equal(sweep(false, out), 1);
    assert_true(out[0].gone);
    set(SIDE_DEVICE, "cam-1", 3); /* it comes back meanwhile */
    core_flushed_side(core, SIDE_DEVICE, "cam-1", out[0].seq);
    assert_non_null(side_find(core, SIDE_DEVICE, "cam-1"));
    forget(SIDE_DEVICE, "cam-1");
    assert_int_equal(sweep(true, out), 1);
    assert_int_equal(core_sides(core), 0);
}

/* Rows loaded, and the records above the watermark: whatever was flushed when, the same state. */
static void a_restart_gives_the_same_rows(void **state)
{
    (void)state;
    struct side stored[8], rows[3];
    struct core *again = core_new(&(struct core_options){.journal = JOURNAL});
    for (int i = 0; i < 3; i++) {
        rows[i] = (struct side){.kind = SIDE_AREA_LEVEL,
                                .key = i ? "620802" : "620803",
                                .count = 5,
                                .person = "王五",
                                .gone = i == 1,
                                .next_ms = i,
                                .colour = RUNG_RED};
        apply_to(core, &rows[i], 1);
    }
    assert_int_equal(sweep(false, stored), 2);
    assert_int_equal(stored[1].seq, 3);
    for (size_t i = 0; i < 2; i++)
        core_load_side(again, &stored[i]);
    seq = 0;
    for (int i = 0; i < 3; i++)
        apply_to(again, &rows[i], 1);
    assert_true(core_digest(again) == core_digest(core));
    assert_int_equal(core_dirty(again), 0); /* they were as new */
    core_free(again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_record_sets_rows_whole),
        TEST(a_record_is_applied_once),
        TEST(a_row_may_be_set_from_itself),
        TEST(the_first_due_is_first),
        TEST(a_changed_row_is_written_once),
        TEST(a_sweep_ends_where_it_began),
        TEST(what_changes_while_it_is_written_is_written_again),
        TEST(a_sweep_does_not_meet_again_what_it_handed_out),
        TEST(what_is_gone_is_deleted_and_forgotten),
        TEST(a_restart_gives_the_same_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
