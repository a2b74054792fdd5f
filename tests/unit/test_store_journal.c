/* The journal is the commit: what was committed is there, what was not is gone, and damage is noticed. */
#include "tests/unit/store_fixture.h"

#include <sys/resource.h>

static void records_come_back_as_they_were(void **state)
{
    struct fixture *f = *state;
    struct record *opened = record_opened(f, 7), out;
    opened->reason = "气味";
    append(f, opened);
    commit(f);
    fixture_reopen(f);
    assert_int_equal(store_get_record(f->store, 1, &f->arena, &out), 0);
    assert_int_equal(out.kind, RECORD_OPENED);
    assert_int_equal(out.at_ms, opened->at_ms);
    assert_string_equal(out.principal, "cam-07");
    assert_string_equal(out.reason, "气味");
    assert_string_equal(out.changes[0].head->type, "暴露垃圾");
    assert_int_equal(out.changes[0].incident, incident_id(7));
    assert_int_equal(store_get_record(f->store, 2, &f->arena, &out), -ENOENT);
    assert_int_equal(store_get_record(f->store, 0, &f->arena, &out), -ENOENT);
}

static void long_records_come_back_too(void **state)
{
    struct fixture *f = *state;
    struct record *record = record_opened(f, 1), out;
    char *text = arena_alloc(&f->arena, TEXT_MAX_BYTES + 1);
    memset(text, 'x', TEXT_MAX_BYTES);
    record->text = text;
    append(f, record);
    append(f, record_opened(f, 2));
    commit(f);
    assert_int_equal(store_get_record(f->store, 1, &f->arena, &out), 0);
    assert_string_equal(out.text, text);
    assert_int_equal(replay_count(f, 0), 2);
}

static void a_new_store_says_what_it_is(void **state)
{
    struct fixture *f = *state;
    const struct store_meta *meta = store_meta(f->store);
    struct stat status;
    assert_int_equal(meta->journal, JOURNAL);
    assert_int_equal(meta->term, 1);
    assert_int_equal(meta->sequence, 0);
    assert_int_equal(stat(f->folder, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void each_opening_begins_a_term(void **state)
{
    struct fixture *f = *state;
    open_incidents(f, 1, 3);
    fixture_reopen(f);
    const struct store_meta *meta = store_meta(f->store);
    assert_int_equal(meta->term, 2);
    assert_int_equal(meta->sequence, 3);
    assert_int_equal(meta->last_ms, START_MS + 3000);
    fixture_reopen(f);
    assert_int_equal(store_meta(f->store)->term, 3);
    f->options.read_only = true;
    fixture_reopen(f);
    assert_int_equal(store_meta(f->store)->term, 3);
    assert_int_equal(store_append(f->store, record_opened(f, 9), 1), -EIO);
}

static void the_chain_goes_on_over_turns_and_terms(void **state)
{
    struct fixture *f = *state;
    open_incidents(f, 1, 5);
    struct digest before = store_meta(f->store)->chain;
    fixture_reopen(f);
    assert_memory_equal(&before, &store_meta(f->store)->chain, sizeof before);
    open_incidents(f, 6, 10);
    assert_memory_not_equal(&before, &store_meta(f->store)->chain, sizeof before);
    assert_int_equal(replay_count(f, 0), 10);
    assert_int_equal(replay_count(f, 7), 3);
    assert_int_equal(replay_count(f, 10), 0);
    assert_int_equal(replay_count(f, 99), 0);
}

static void closing_loses_exactly_what_was_not_committed(void **state)
{
    struct fixture *f = *state;
    open_incidents(f, 1, 2);
    append(f, record_opened(f, 3));
    put_row(f, 1, INCIDENT_OPEN);
    assert_int_equal(store_meta(f->store)->sequence, 2);
    fixture_reopen(f);
    struct row row;
    assert_int_equal(store_meta(f->store)->sequence, 2);
    assert_int_equal(replay_count(f, 0), 2);
    assert_int_equal(store_get_row(f->store, incident_id(1), &f->arena, &row), -ENOENT);
}

static void an_empty_turn_commits_nothing(void **state)
{
    struct fixture *f = *state;
    MDB_envinfo before, after;
    mdb_env_info(f->store->env, &before);
    commit(f);
    assert_int_equal(store_append(f->store, NULL, 0), 0);
    commit(f);
    mdb_env_info(f->store->env, &after);
    assert_int_equal(before.me_last_txnid, after.me_last_txnid);
}

/* --- kill -9 --- */
/* A child writes, says how far it came, and is killed. */
static void killed_after(struct fixture *f, bool commit_last)
{
    int pipes[2];
    char byte;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        if (fixture_open(f) != 0)
            _exit(1);
        open_incidents(f, 1, 20);
        append(f, record_opened(f, 21));
        put_row(f, 1, INCIDENT_OPEN);
        if (commit_last && store_commit(f->store) != 0)
            _exit(1);
        if (write(pipes[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    close(pipes[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void a_kill_before_the_commit_loses_the_turn(void **state)
{
    struct fixture *f = *state;
    struct row row;
    killed_after(f, false);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_meta(f->store)->sequence, 20);
    assert_int_equal(replay_count(f, 0), 20);
    assert_int_equal(store_get_row(f->store, incident_id(1), &f->arena, &row), -ENOENT);
}

static void a_kill_after_the_commit_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct row row;
    killed_after(f, true);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_meta(f->store)->sequence, 21);
    assert_int_equal(replay_count(f, 0), 21);
    assert_int_equal(store_get_row(f->store, incident_id(1), &f->arena, &row), 0);
}

/* --- damage --- */
static void replay_stops_at_a_flipped_bit(void **state)
{
    struct fixture *f = *state;
    open_incidents(f, 1, 9);
    fixture_close(f);
    static const size_t places[] = {3, 20, 45, 80}; /* checksum, chain, first and later bytes of the record */
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct flip flip = {TABLE_RECORDS, 6, places[i]};
        struct seen seen = {0};
        harm(f, harm_flip, &flip);
        assert_int_equal(fixture_open(f), 0);
        assert_int_equal(store_replay(f->store, 0, see_record, &seen), -EBADMSG);
        assert_int_equal(seen.count, 5);
        assert_non_null(strstr(store_fault(), "record 6 "));
        struct record out;
        assert_int_equal(store_get_record(f->store, 6, &f->arena, &out), -EBADMSG);
        assert_int_equal(store_get_record(f->store, 7, &f->arena, &out), 0);
        assert_int_equal(store_replay(f->store, 6, see_record, &seen), -EBADMSG); /* its chain value is not trusted */
        fixture_close(f);
        harm(f, harm_flip, &flip); /* and back */
    }
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(replay_count(f, 0), 9);
}

/* A record sealed anew by somebody has a right checksum, but not the right chain. */
static void harm_exchange(struct store *s, MDB_txn *txn, void *arg)
{
    MDB_val value;
    uint8_t copy[4096];
    (void)arg;
    assert_int_equal(store_get_value(s, txn, TABLE_RECORDS, 6, &value), 0);
    memcpy(copy, value.mv_data, value.mv_size);
    char *text = memmem(copy, value.mv_size, "cam-07", 6);
    assert_non_null(text);
    memcpy(text, "cam-08", 6);
    value_seal(copy, value.mv_size);
    assert_int_equal(store_put_value(s, txn, TABLE_RECORDS, 6, copy, value.mv_size, 0), 0);
}

static void replay_stops_at_an_exchanged_record(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    open_incidents(f, 1, 9);
    fixture_close(f);
    harm(f, harm_exchange, NULL);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_replay(f->store, 0, see_record, &seen), -EBADMSG);
    assert_int_equal(seen.count, 5);
    assert_non_null(strstr(store_fault(), "record 6 "));
}

static void harm_delete(struct store *s, MDB_txn *txn, void *arg)
{
    struct flip *flip = arg;
    MDB_val key = {sizeof flip->key, &flip->key};
    assert_int_equal(mdb_del(txn, s->tables[flip->table], &key, NULL), 0);
}

static void replay_stops_where_a_record_is_missing(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct flip gone = {TABLE_RECORDS, 4, 0};
    open_incidents(f, 1, 9);
    fixture_close(f);
    harm(f, harm_delete, &gone);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_replay(f->store, 0, see_record, &seen), -EBADMSG);
    assert_int_equal(seen.count, 3);
    assert_non_null(strstr(store_fault(), "record 4 is missing"));
}

static int refuse_third(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    (void)bytes, (void)size_bytes;
    ++*(int *)arg;
    return record->seq == 3 ? -ECANCELED : 0;
}

static void replay_stops_at_the_function_s_own_word(void **state)
{
    struct fixture *f = *state;
    int calls = 0;
    open_incidents(f, 1, 5);
    assert_int_equal(store_replay(f->store, 0, refuse_third, &calls), -ECANCELED);
    assert_int_equal(calls, 3);
}

/* --- reading --- */
struct page {
    struct fixture *f;
    struct record records[3];
    size_t count;
};

static int take_three(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct page *page = arg;
    struct row row;
    (void)bytes, (void)size_bytes;
    page->records[page->count++] = *record;
    /* Reads nest: what a feed shows may need a row. */
    assert_int_equal(store_get_row(page->f->store, incident_id(1), &page->f->arena, &row), 0);
    return page->count == 3;
}

static void reading_goes_in_pages(void **state)
{
    struct fixture *f = *state;
    struct page page = {.f = f};
    open_incidents(f, 1, 8);
    put_row(f, 1, INCIDENT_OPEN);
    commit(f);
    assert_int_equal(store_read(f->store, 0, &f->arena, take_three, &page), 3);
    assert_string_equal(page.records[0].request, "event-1"); /* all of the page is kept */
    assert_string_equal(page.records[2].request, "event-3");
    page.count = 0;
    assert_int_equal(store_read(f->store, 6, &f->arena, take_three, &page), 8);
    assert_int_equal(page.count, 2);
    page.count = 0;
    assert_int_equal(store_read(f->store, 8, &f->arena, take_three, &page), 8);
    assert_int_equal(page.count, 0);
}

static void readers_see_nothing_of_the_turn_before_its_commit(void **state)
{
    struct fixture *f = *state;
    struct record out;
    open_incidents(f, 1, 1);
    append(f, record_opened(f, 2));
    assert_int_equal(store_get_record(f->store, 2, &f->arena, &out), -ENOENT);
    commit(f);
    assert_int_equal(store_get_record(f->store, 2, &f->arena, &out), 0);
}

/* --- trim --- */
static void trimmed_records_are_gone_and_the_chain_goes_on(void **state)
{
    struct fixture *f = *state;
    struct record out;
    struct journal *journal = f->store->own;
    open_incidents(f, 1, 20);
    assert_int_equal(journal->ops->trim(journal, 12), -EINVAL); /* rows do not reflect them yet */
    for (uint64_t number = 1; number <= 20; number++)
        put_row(f, number, INCIDENT_OPEN);
    put_watermark(f, 20);
    commit(f);
    assert_int_equal(journal->ops->trim(journal, 20), -EINVAL); /* the last one stays */
    assert_int_equal(journal->ops->trim(journal, 12), 0);
    assert_int_equal(store_get_record(f->store, 12, &f->arena, &out), -ENOENT);
    assert_int_equal(store_get_record(f->store, 13, &f->arena, &out), 0);
    open_incidents(f, 21, 22);
    fixture_reopen(f);
    assert_int_equal(store_meta(f->store)->sequence, 22);
    struct seen seen = {0};
    assert_int_equal(store_replay(f->store, 0, see_record, &seen), 0);
    assert_int_equal(seen.count, 10);
    assert_int_equal(seen.seqs[0], 13);
}

/* --- opening --- */
static void a_second_opening_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *second;
    const char *sentence;
    assert_int_equal(store_open(f->folder, &f->options, &second, &sentence), -EBUSY);
    assert_non_null(strstr(sentence, "in use by another process"));
    struct store_options reader = f->options;
    reader.read_only = true;
    assert_int_equal(store_open(f->folder, &reader, &second, &sentence), -EBUSY);
}

static void a_mark_that_differs_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *second;
    const char *sentence;
    f->options.exercise = true;
    assert_int_equal(fixture_open(f), 0);
    assert_true(store_meta(f->store)->exercise);
    fixture_close(f);
    f->options.exercise = false;
    assert_int_equal(store_open(f->folder, &f->options, &second, &sentence), -EPERM);
    assert_non_null(strstr(sentence, "exercise"));
    f->options.exercise = true;
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_meta(f->store)->term, 2); /* the refused opening began none */
}

static void harm_format(struct store *s, MDB_txn *txn, void *arg)
{
    struct meta_value value = s->stored;
    MDB_val key = {4, "meta"}, bytes = {sizeof value, &value};
    (void)arg;
    value.format = 99;
    value_seal(&value, sizeof value);
    assert_int_equal(mdb_put(txn, s->tables[TABLE_META], &key, &bytes, 0), 0);
}

static void another_format_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    harm(f, harm_format, NULL);
    assert_int_equal(fixture_open(f), -EPROTONOSUPPORT);
    assert_non_null(strstr(store_fault(), "format 99"));
}

static void what_is_no_store_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[128];
    f->options.create = false;
    assert_int_equal(fixture_open(f), -ENOENT);
    assert_non_null(strstr(store_fault(), "there is no store"));
    f->options.create = true;
    assert_int_equal(mkdir(f->folder, 0700), 0);
    snprintf(path, sizeof path, "%s/data.mdb", f->folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 4096; i++)
        fputs("no database", file);
    fclose(file);
    assert_int_equal(fixture_open(f), -EBADMSG);
    snprintf(f->folder, sizeof f->folder, "%s/no/such/folder", f->root);
    assert_int_equal(fixture_open(f), -ENOENT);
}

/* --- fullness --- */
static void a_full_map_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct store_space space;
    f->options.map_bytes = 1 << 20;
    assert_int_equal(fixture_open(f), 0);
    char *text = arena_alloc(&f->arena, TEXT_MAX_BYTES + 1);
    memset(text, 'x', TEXT_MAX_BYTES);
    uint64_t committed = 0;
    int error = 0;
    bool warned = false;
    while (error == 0 && committed < 1000) {
        struct record *record = record_opened(f, 1 + committed % 50);
        record->text = text;
        append(f, record);
        error = store_commit(f->store);
        committed += error == 0;
        store_space(f->store, &space);
        warned |= error == 0 && space.used_bytes >= space.map_bytes / 10 * 9;
    }
    assert_int_equal(error, -ENOSPC);
    assert_true(warned);                                                    /* one could have known before */
    assert_int_equal(store_append(f->store, record_opened(f, 1), 1), -EIO); /* unknown: nothing goes on */
    assert_int_equal(store_commit(f->store), -EIO);
    fixture_close(f);
    f->options.map_bytes = MAP_BYTES;
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(replay_count(f, 0), committed);
}

/* A disk that takes no more: in a child, since the limit is the process's. */
static int write_to_the_limit(struct fixture *f)
{
    struct stat status;
    f->options.map_bytes = 1 << 30;
    if (fixture_open(f) != 0 || fstat(f->store->data_fd, &status) != 0)
        return -1;
    struct rlimit limit = {(rlim_t)status.st_size + 65536, (rlim_t)status.st_size + 65536};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    char *text = arena_alloc(&f->arena, TEXT_MAX_BYTES + 1);
    memset(text, 'x', TEXT_MAX_BYTES);
    for (int committed = 0; committed < 100000; committed++) {
        struct record *record = record_opened(f, 1 + (uint64_t)committed % 50);
        record->text = text;
        if (store_append(f->store, record, 1) != 0 || store_commit(f->store) != 0)
            return committed;
    }
    return -1;
}

static void a_full_disk_is_an_error(void **state)
{
    struct fixture *f = *state;
    int pipes[2], committed = -1;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        committed = write_to_the_limit(f);
        _exit(write(pipes[1], &committed, sizeof committed) != sizeof committed);
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &committed, sizeof committed), sizeof committed);
    close(pipes[0]);
    waitpid(child, NULL, 0);
    assert_true(committed > 0);
    assert_int_equal(fixture_open(f), 0);
    struct seen seen = {0};
    assert_int_equal(store_replay(f->store, 0, see_record, &seen), 0);
    assert_in_range(seen.count, committed, committed + 1); /* of the last one nobody knew */
}

/* The power was gone while it was made: half of LMDB's first pages are there. */
static void a_store_that_was_half_made_is_made(void **state)
{
    struct fixture *f = *state;
    char making[128], path[160];
    struct stat status;
    snprintf(making, sizeof making, "%s/making", f->folder);
    snprintf(path, sizeof path, "%s/data.mdb", making);
    assert_int_equal(mkdir(f->folder, 0700), 0);
    assert_int_equal(mkdir(making, 0700), 0);
    FILE *file = fopen(path, "w");
    assert_int_equal(ftruncate(fileno(file), 8192), 0);
    fclose(file);
    f->options.create = false;
    assert_int_equal(fixture_open(f), -ENOENT);
    f->options.create = true;
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(stat(making, &status), -1);
    open_incidents(f, 1, 1);
}

static void space_is_told(void **state)
{
    struct fixture *f = *state;
    struct store_space space, later;
    store_space(f->store, &space);
    assert_int_equal(space.map_bytes, MAP_BYTES);
    assert_true(space.used_bytes > 0 && space.used_bytes < 1 << 20);
    assert_int_equal(space.readers, 0);
    open_incidents(f, 1, 40);
    store_space(f->store, &later);
    assert_true(later.used_bytes > space.used_bytes);
    assert_int_equal(later.tail, 40);
}

#define TEST(name)        cmocka_unit_test_setup_teardown(name, fixture_setup_open, fixture_teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_come_back_as_they_were),
        TEST(long_records_come_back_too),
        TEST(a_new_store_says_what_it_is),
        TEST(each_opening_begins_a_term),
        TEST(the_chain_goes_on_over_turns_and_terms),
        TEST(closing_loses_exactly_what_was_not_committed),
        TEST(an_empty_turn_commits_nothing),
        TEST_CLOSED(a_kill_before_the_commit_loses_the_turn),
        TEST_CLOSED(a_kill_after_the_commit_loses_nothing),
        TEST(replay_stops_at_a_flipped_bit),
        TEST(replay_stops_at_an_exchanged_record),
        TEST(replay_stops_where_a_record_is_missing),
        TEST(replay_stops_at_the_function_s_own_word),
        TEST(reading_goes_in_pages),
        TEST(readers_see_nothing_of_the_turn_before_its_commit),
        TEST(trimmed_records_are_gone_and_the_chain_goes_on),
        TEST(a_second_opening_is_refused),
        TEST_CLOSED(a_mark_that_differs_is_refused),
        TEST(another_format_is_refused),
        TEST_CLOSED(what_is_no_store_is_refused),
        TEST_CLOSED(a_full_map_is_an_error),
        TEST_CLOSED(a_full_disk_is_an_error),
        TEST_CLOSED(a_store_that_was_half_made_is_made),
        TEST(space_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
