/* Rows are written behind the journal, keys and policies with it; another journal, and backups, keep to the same. */
#include "tests/unit/store_fixture.h"

/* --- rows --- */
static struct row get_row(struct fixture *f, uint64_t number)
{
    struct row row;
    assert_int_equal(store_get_row(f->store, incident_id(number), &f->arena, &row), 0);
    return row;
}

static size_t live_count(struct fixture *f)
{
    struct seen seen = {0};
    assert_int_equal(store_each_live(f->store, see_row, &seen), 0);
    for (size_t i = 1; i < seen.count; i++)
        assert_true(seen.seqs[i - 1] < seen.seqs[i]);
    return seen.count;
}

/* Numbers of closed incidents, newest first. */
static size_t closed_numbers(struct fixture *f, uint64_t *numbers, size_t max)
{
    uint64_t ms = 0, id = 0;
    struct row row;
    size_t n = 0;
    while (n < max && store_next_closed(f->store, &ms, &id, &f->arena, &row)) {
        assert_int_equal(row.incident, id);
        numbers[n++] = ident_number(id);
    }
    return n;
}

static void rows_come_back_as_they_were(void **state)
{
    struct fixture *f = *state;
    static const struct task tasks[] = {{.no = 1, .epoch = 3, .state = TASK_HANDLING, .unit = "u-12", .worker = "w"}};
    static const struct clock clocks[] = {{.kind = CLOCK_RESPOND, .task = 1, .state = CLOCK_RUNNING, .due_ms = 99}};
    static const struct word_kept words[] = {{.key = {1, 2}, .digest = {3, 4}, .seq = 1, .task = 1}};
    open_incidents(f, 5, 5);
    struct row row = row_of(f, 5, INCIDENT_OPEN);
    row.tasks = tasks, row.clocks = clocks, row.words = words;
    row.task_count = row.clock_count = row.word_count = 1;
    assert_int_equal(store_put_row(f->store, &row, false), 0);
    commit(f);
    fixture_reopen(f);
    struct row out = get_row(f, 5);
    assert_int_equal(out.seq, 1);
    assert_string_equal(out.head.type, "暴露垃圾");
    assert_int_equal(out.tasks[0].epoch, 3);
    assert_string_equal(out.tasks[0].unit, "u-12");
    assert_int_equal(out.clocks[0].due_ms, 99);
    assert_int_equal(out.words[0].digest.lo, 4);
    assert_int_equal(store_get_row(f->store, incident_id(6), &f->arena, &out), -ENOENT);
}

/* An incident as the broker opens it, and its row before anything else happened to it. */
static struct row open_whole(struct fixture *f, uint64_t number, enum incident_state state)
{
    static const struct task tasks[] = {{.no = 1, .epoch = 1, .state = TASK_QUEUED, .unit = "u-12"}};
    static const struct clock clocks[] = {{.kind = CLOCK_RESPOND, .task = 1, .state = CLOCK_MET, .due_ms = 99}};
    struct record *record = record_opened(f, number);
    struct row row = row_of(f, number, state);
    row.head.opened_seq = record->seq;
    row.tasks = tasks, row.clocks = clocks;
    row.task_count = row.clock_count = 1;
    record->changes[0].head = arena_memdup(&f->arena, &row.head, sizeof row.head);
    record->changes[0].tasks = tasks, record->changes[0].clocks = clocks;
    record->changes[0].task_count = record->changes[0].clock_count = 1;
    append(f, record);
    assert_int_equal(store_put_row(f->store, &row, state == INCIDENT_CLOSED), 0);
    return row;
}

static void assert_whole(struct fixture *f, uint64_t number, const struct row *row)
{
    struct row out = get_row(f, number);
    assert_int_equal(out.seq, row->seq);
    assert_int_equal(out.head.state, row->head.state);
    assert_int_equal(out.head.opened_seq, row->seq);
    assert_string_equal(out.head.type, row->head.type);
    assert_int_equal(out.task_count, 1);
    assert_string_equal(out.tasks[0].unit, "u-12");
    assert_int_equal(out.clock_count, 1);
    assert_int_equal(out.clocks[0].due_ms, 99);
    assert_int_equal(out.word_count, 0);
}

static size_t stored_bytes(struct fixture *f, enum store_table table, uint64_t number)
{
    MDB_val value;
    int error;
    MDB_txn *txn = store_read_begin(f->store, &error);
    assert_non_null(txn);
    assert_int_equal(store_get_value(f->store, txn, table, incident_id(number), &value), 0);
    store_read_end(f->store);
    return value.mv_size;
}

static void a_row_as_opened_is_its_record(void **state)
{
    struct fixture *f = *state;
    uint64_t numbers[2];
    struct row open = open_whole(f, 1, INCIDENT_OPEN), done = open_whole(f, 2, INCIDENT_CLOSED);
    commit(f);
    fixture_reopen(f);
    assert_int_equal(stored_bytes(f, TABLE_LIVE, 1), sizeof(struct row_head)); /* nothing is stored twice */
    assert_whole(f, 1, &open);
    assert_int_equal(live_count(f), 1);
    assert_whole(f, 2, &done);
    assert_int_equal(closed_numbers(f, numbers, 2), 1);
    append(f, record_about(f, 1, INCIDENT_VERIFYING));
    put_row(f, 1, INCIDENT_VERIFYING);
    commit(f);
    assert_int_equal(get_row(f, 1).head.state, INCIDENT_VERIFYING);
}

static void a_row_outlives_the_record_it_was(void **state)
{
    struct fixture *f = *state;
    struct row open = open_whole(f, 1, INCIDENT_OPEN), done = open_whole(f, 2, INCIDENT_CLOSED);
    open_whole(f, 3, INCIDENT_OPEN);
    put_watermark(f, 3);
    commit(f);
    assert_int_equal(f->store->own->ops->trim(f->store->own, 2), 0);
    fixture_reopen(f);
    assert_whole(f, 1, &open);
    assert_whole(f, 2, &done);
    assert_int_equal(live_count(f), 2);
}

static void a_row_without_its_record_is_damaged(void **state)
{
    struct fixture *f = *state;
    struct row row = open_whole(f, 1, INCIDENT_OPEN);
    open_incidents(f, 2, 2);
    fixture_close(f);
    harm(f, harm_flip, &(struct flip){TABLE_RECORDS, 1, 100});
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_get_row(f->store, incident_id(1), &f->arena, &row), -EBADMSG);
    assert_non_null(strstr(store_fault(), "is damaged"));
}

static void a_closed_row_moves_and_comes_back(void **state)
{
    struct fixture *f = *state;
    uint64_t numbers[8];
    open_incidents(f, 1, 3);
    for (uint64_t number = 1; number <= 3; number++)
        put_row(f, number, INCIDENT_OPEN);
    commit(f);
    assert_int_equal(live_count(f), 3);
    append(f, record_about(f, 2, INCIDENT_CLOSED));
    put_row(f, 2, INCIDENT_CLOSED);
    commit(f);
    assert_int_equal(live_count(f), 2);
    assert_int_equal(get_row(f, 2).head.state, INCIDENT_CLOSED);
    assert_int_equal(closed_numbers(f, numbers, 8), 1);

    append(f, record_about(f, 2, INCIDENT_OPEN)); /* reopened */
    struct row reopened = row_of(f, 2, INCIDENT_OPEN);
    reopened.head.reopens = 1;
    assert_int_equal(store_put_row(f->store, &reopened, false), 0);
    commit(f);
    assert_int_equal(live_count(f), 3);
    assert_int_equal(get_row(f, 2).seq, f->seq);
    assert_int_equal(closed_numbers(f, numbers, 8), 0);
}

static void closed_rows_are_listed_newest_first(void **state)
{
    struct fixture *f = *state;
    static const uint64_t order[] = {3, 1, 4, 2};
    uint64_t numbers[8];
    open_incidents(f, 1, 4);
    for (size_t i = 0; i < 4; i++) {
        append(f, record_about(f, order[i], INCIDENT_CLOSED));
        put_row(f, order[i], INCIDENT_CLOSED);
        commit(f);
    }
    assert_int_equal(closed_numbers(f, numbers, 8), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(numbers[i], order[3 - i]);
    append(f, record_about(f, 3, INCIDENT_CLOSED)); /* closed anew: it moves in the index too */
    put_row(f, 3, INCIDENT_CLOSED);
    commit(f);
    assert_int_equal(closed_numbers(f, numbers, 8), 4);
    assert_int_equal(numbers[0], 3);
    assert_int_equal(numbers[3], 1);
}

static void closed_at_one_instant_are_all_listed(void **state)
{
    struct fixture *f = *state;
    static const uint64_t expected[] = {3, 2, 1, 5, 4};
    uint64_t numbers[8];
    open_incidents(f, 1, 5);
    for (uint64_t number = 1; number <= 5; number++) {
        struct row row = row_of(f, number, INCIDENT_CLOSED);
        row.head.closed_ms = number < 4 ? START_MS : 0; /* merged away: no time of closing */
        assert_int_equal(store_put_row(f->store, &row, true), 0);
    }
    commit(f);
    assert_int_equal(closed_numbers(f, numbers, 8), 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(numbers[i], expected[i]);
}

struct seen_sides {
    size_t count;
    char keys[8][64];
    uint64_t seqs[8];
};

static int see_side(void *arg, const struct side *side)
{
    struct seen_sides *seen = arg;
    assert_int_equal(side->kind, SIDE_DUTY);
    assert_string_equal(side->person, "王五");
    snprintf(seen->keys[seen->count], sizeof seen->keys[0], "%s", side->key);
    seen->seqs[seen->count++] = side->seq;
    return 0;
}

static void rows_beside_incidents_come_back(void **state)
{
    struct fixture *f = *state;
    struct seen_sides seen = {0};
    struct record *first = record_of_side(f, "周排查", false), *second = record_of_side(f, "月分析", false);
    append(f, first);
    append(f, second);
    put_side(f, first);
    put_side(f, second);
    commit(f);
    struct record *again = record_of_side(f, "周排查", false), *gone = record_of_side(f, "月分析", true);
    append(f, again);
    append(f, gone);
    put_side(f, again);
    put_side(f, gone);
    commit(f);
    fixture_reopen(f);
    assert_int_equal(store_each_side(f->store, see_side, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.keys[0], "周排查");
    assert_int_equal(seen.seqs[0], again->seq);
}

static void harm_sides(struct store *s, MDB_txn *txn, void *arg)
{
    (void)arg;
    struct side_name name = side_name_of(SIDE_DUTY, "a");
    MDB_val key = {name.size_bytes, name.bytes}, value;
    uint8_t copy[512];
    assert_int_equal(mdb_get(txn, s->tables[TABLE_SIDES], &key, &value), 0);
    memcpy(copy, value.mv_data, value.mv_size);
    copy[20] ^= 1;
    value.mv_data = copy;
    assert_int_equal(mdb_put(txn, s->tables[TABLE_SIDES], &key, &value, 0), 0);
}

static void a_damaged_row_beside_incidents_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct seen_sides seen = {0};
    struct record *record = record_of_side(f, "a", false);
    append(f, record);
    put_side(f, record);
    commit(f);
    fixture_close(f);
    harm(f, harm_sides, NULL);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_each_side(f->store, see_side, &seen), -EBADMSG);
}

static void a_damaged_row_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct row row;
    struct seen seen = {0};
    open_incidents(f, 1, 2);
    put_row(f, 1, INCIDENT_OPEN);
    put_row(f, 2, INCIDENT_OPEN);
    commit(f);
    fixture_close(f);
    harm(f, harm_flip, &(struct flip){TABLE_LIVE, incident_id(2), 60});
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_get_row(f->store, incident_id(1), &f->arena, &row), 0);
    assert_int_equal(store_get_row(f->store, incident_id(2), &f->arena, &row), -EBADMSG);
    assert_int_equal(store_each_live(f->store, see_row, &seen), -EBADMSG);
    assert_int_equal(seen.count, 1);
}

static void the_watermark_is_kept(void **state)
{
    struct fixture *f = *state;
    open_incidents(f, 1, 3);
    assert_int_equal(store_meta(f->store)->watermark, 0);
    put_row(f, 1, INCIDENT_OPEN);
    put_watermark(f, 1);
    assert_int_equal(store_meta(f->store)->watermark, 0);
    commit(f);
    fixture_reopen(f);
    const struct store_meta *meta = store_meta(f->store);
    assert_int_equal(meta->watermark, 1);
    assert_int_equal(meta->counters.accepted, 1);
    assert_int_equal(meta->sequence, 3);
    assert_int_equal(replay_count(f, meta->watermark), 2);
}

/* A row or a watermark that reflects what is not durable would be a bug: the process stops. */
static void rows_never_run_ahead(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            int status = 0;
            if (fixture_open(f) != 0 || !freopen("/dev/null", "w", stderr))
                _exit(1);
            struct row row = {.incident = incident_id(1), .seq = 1};
            struct store_counters counters = {0};
            status |= i == 0 ? store_put_row(f->store, &row, false) : store_put_watermark(f->store, 1, &counters);
            store_commit(f->store);
            _exit(status);
        }
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

/* --- the key log --- */
struct keys_seen {
    size_t count;
    uint64_t first, last;
    struct receipt receipts[512];
};

static int see_key(void *arg, const struct key128 *key, const struct key128 *digest, const struct receipt *receipt)
{
    struct keys_seen *seen = arg;
    uint64_t number = ident_number(receipt->incident);
    assert_int_equal(key->hi, number);
    assert_int_equal(key->lo, 0xfeed);
    assert_int_equal(digest->lo, 0xd16e);
    assert_int_equal(receipt->journal, JOURNAL);
    assert_false(receipt->repeat);
    seen->receipts[seen->count++] = *receipt;
    seen->first = seen->first ? seen->first : receipt->seq;
    seen->last = receipt->seq;
    return 0;
}

/* n incidents opened in one turn. */
static void open_together(struct fixture *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        append(f, record_opened(f, 1 + i % (INCIDENTS - 1)));
    commit(f);
}

static void keys_come_back_with_their_receipts(void **state)
{
    struct fixture *f = *state;
    struct keys_seen seen = {0};
    open_together(f, 100); /* several values */
    struct record *word = record_about(f, 1, INCIDENT_OPEN);
    word->word = WORD_RESPOND;
    word->key = (struct key128){77, 77}; /* kept in the task's row, not here */
    append(f, word);
    append(f, record_about(f, 1, INCIDENT_OPEN)); /* no key */
    commit(f);
    fixture_reopen(f);
    open_together(f, 1);
    assert_int_equal(store_each_key(f->store, 0, see_key, &seen), 0);
    assert_int_equal(seen.count, 101);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(seen.receipts[i].seq, i + 1);
        assert_int_equal(seen.receipts[i].at_ms, START_MS + (int64_t)(i + 1) * 1000);
        assert_int_equal(seen.receipts[i].term, 1);
    }
    assert_int_equal(seen.receipts[100].seq, 103);
    assert_int_equal(seen.receipts[100].term, 2);
}

static void keys_outside_the_window_are_left_out(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint64_t since_seq, count;
    } cases[] = {{0, 120}, {1, 120}, {2, 119}, {60, 61}, {120, 1}, {121, 0}};
    open_together(f, 50);
    open_together(f, 70);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct keys_seen seen = {0};
        int64_t since_ms = START_MS + (int64_t)cases[i].since_seq * 1000;
        assert_int_equal(store_each_key(f->store, since_ms, see_key, &seen), 0);
        assert_int_equal(seen.count, cases[i].count);
    }
}

static void damaged_keys_are_written_anew_from_the_records(void **state)
{
    struct fixture *f = *state;
    open_together(f, 100);
    fixture_close(f);
    harm(f, harm_flip, &(struct flip){TABLE_KEYS, 1 + KEYS_PER_VALUE, 100});
    harm(f, harm_flip, &(struct flip){TABLE_KEYS, 1 + 2 * KEYS_PER_VALUE, 9});
    assert_int_equal(fixture_open(f), 0);
    for (int i = 0; i < 2; i++) {
        struct keys_seen seen = {0};
        assert_int_equal(store_each_key(f->store, 0, see_key, &seen), 0);
        assert_int_equal(seen.count, 100);
        for (size_t k = 0; k < 100; k++)
            assert_int_equal(seen.receipts[k].seq, k + 1);
        assert_int_equal(seen.receipts[99].term, 1);
    }
    open_together(f, 1); /* and the log goes on */
}

/* --- policies --- */
static void put_policy(struct fixture *f, const char *bundle, int64_t at_ms)
{
    struct digest hash;
    digest_bytes(&hash, bundle, strlen(bundle));
    assert_int_equal(store_put_policy(f->store, &hash, bundle, strlen(bundle), at_ms), 0);
    commit(f);
}

static void assert_policy(struct fixture *f, int64_t at_ms, const char *expected)
{
    const char *bundle;
    size_t size_bytes;
    assert_int_equal(store_get_policy(f->store, at_ms, &f->arena, &bundle, &size_bytes), 0);
    assert_int_equal(size_bytes, strlen(expected));
    assert_memory_equal(bundle, expected, size_bytes);
}

static void the_policy_in_force_then_is_found(void **state)
{
    struct fixture *f = *state;
    const char *bundle;
    size_t size_bytes;
    struct digest hash;
    assert_int_equal(store_get_policy(f->store, 5, &f->arena, &bundle, &size_bytes), -ENOENT);
    put_policy(f, "spring", 1000);
    put_policy(f, "summer", 2000);
    put_policy(f, "spring", 3000); /* the old one comes back */
    fixture_reopen(f);
    assert_int_equal(store_get_policy(f->store, 999, &f->arena, &bundle, &size_bytes), -ENOENT);
    assert_policy(f, 1000, "spring");
    assert_policy(f, 1999, "spring");
    assert_policy(f, 2000, "summer");
    assert_policy(f, 2999, "summer");
    assert_policy(f, 9999999, "spring");
    digest_bytes(&hash, "spring", 6);
    assert_memory_equal(store_meta(f->store)->policy, hash.bytes, DIGEST_BYTES);
}

static void large_policies_are_kept(void **state)
{
    struct fixture *f = *state;
    size_t size = 1 << 20;
    char *text = arena_alloc(&f->arena, size + 1);
    memset(text, 'a', size);
    put_policy(f, text, 1000);
    assert_policy(f, 1000, text);
}

/* --- another journal --- */
static const struct journal_ops *mem_ops;
static enum durable verdict; /* what the next entry is told to be */

static void say_verdict(struct journal *journal, journal_durable_fn *fn, void *arg)
{
    if (verdict == DURABLE_OK)
        mem_ops->durable(journal, fn, arg);
    else
        fn(arg, 0, verdict);
}

static int setup_other(void **state)
{
    static struct journal_ops ops;
    fixture_setup(state);
    struct fixture *f = *state;
    struct journal *journal = journal_mem_new();
    mem_ops = journal->ops;
    ops = *mem_ops;
    ops.durable = say_verdict;
    journal->ops = &ops;
    verdict = DURABLE_OK;
    f->options.other = journal;
    return fixture_open(f);
}

static int teardown_other(void **state)
{
    struct journal *journal = ((struct fixture *)*state)->options.other;
    fixture_teardown(state);
    journal_mem_free(journal);
    return 0;
}

static void another_journal_carries_the_records(void **state)
{
    struct fixture *f = *state;
    struct record out;
    struct seen seen = {0};
    open_incidents(f, 1, 5);
    assert_int_equal(store_meta(f->store)->sequence, 5);
    assert_int_equal(replay_count(f, 2), 3);
    assert_int_equal(store_get_record(f->store, 4, &f->arena, &out), 0);
    assert_string_equal(out.request, "event-4");
    assert_int_equal(store_get_record(f->store, 6, &f->arena, &out), -ENOENT);
    assert_int_equal(store_read(f->store, 1, &f->arena, see_record, &seen), 5);
    assert_int_equal(seen.count, 4);
    assert_int_equal(store_backup(f->store, f->other, 0), -ENOTSUP); /* the records are not here */
}

static void a_crash_loses_what_was_not_durable(void **state)
{
    struct fixture *f = *state;
    struct row row;
    open_incidents(f, 1, 3);
    append(f, record_opened(f, 4));
    put_row(f, 4, INCIDENT_OPEN);
    fixture_close(f);
    journal_mem_crash(f->options.other);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_meta(f->store)->sequence, 3);
    assert_int_equal(replay_count(f, 0), 3);
    assert_int_equal(store_get_row(f->store, incident_id(4), &f->arena, &row), -ENOENT);
    f->seq = 3; /* the number is given again, and the chain goes on */
    append(f, record_opened(f, 5));
    commit(f);
    assert_int_equal(replay_count(f, 0), 4);
}

static void ignore_verdict(void *arg, uint64_t number, enum durable word)
{
    (void)arg, (void)number, (void)word;
}

static void tables_catch_up_with_another_journal(void **state)
{
    struct fixture *f = *state;
    struct keys_seen seen = {0};
    open_incidents(f, 1, 3);
    append(f, record_opened(f, 4));
    put_row(f, 4, INCIDENT_OPEN);
    mem_ops->durable(f->options.other, ignore_verdict, NULL); /* the ack came, the tables' commit did not */
    fixture_reopen(f);
    const struct store_meta *meta = store_meta(f->store);
    struct row row;
    assert_int_equal(meta->sequence, 4);
    assert_int_equal(meta->last_ms, START_MS + 4000);
    assert_int_equal(store_get_row(f->store, incident_id(4), &f->arena, &row), -ENOENT);
    assert_int_equal(store_each_key(f->store, 0, see_key, &seen), 0);
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.receipts[3].term, 1); /* given in the term before */
}

static void tables_follow_only_the_journal_s_word(void **state)
{
    struct fixture *f = *state;
    static const enum durable words[] = {DURABLE_FENCED, DURABLE_UNKNOWN};
    struct row row;
    open_incidents(f, 1, 2);
    for (size_t i = 0; i < 2; i++) {
        verdict = words[i];
        append(f, record_opened(f, 3));
        put_row(f, 3, INCIDENT_OPEN);
        assert_int_equal(store_commit(f->store), -EIO);
        assert_int_equal(store_append(f->store, record_opened(f, 4), 1), -EIO); /* nothing goes on */
        verdict = DURABLE_OK;
        fixture_close(f);
        journal_mem_crash(f->options.other);
        assert_int_equal(fixture_open(f), 0);
        assert_int_equal(store_meta(f->store)->sequence, 2);
        assert_int_equal(store_get_row(f->store, incident_id(3), &f->arena, &row), -ENOENT);
        f->seq = 2;
    }
}

static void a_journal_that_lacks_what_the_tables_have_is_refused(void **state)
{
    struct fixture *f = *state;
    struct journal *whole = f->options.other, *empty = journal_mem_new();
    open_incidents(f, 1, 3);
    fixture_close(f);
    f->options.other = empty;
    assert_int_equal(fixture_open(f), -EBADMSG);
    assert_non_null(strstr(store_fault(), "lacks record 3"));
    f->options.other = whole;
    assert_int_equal(fixture_open(f), 0);
    journal_mem_free(empty);
}

static void a_journal_in_memory_trims(void **state)
{
    struct fixture *f = *state;
    struct journal *journal = f->options.other;
    struct seen seen = {0};
    open_incidents(f, 1, 6);
    assert_int_equal(journal->ops->trim(journal, 6), -EINVAL);
    assert_int_equal(journal->ops->trim(journal, 4), 0);
    open_incidents(f, 7, 7);
    assert_int_equal(store_replay(f->store, 0, see_record, &seen), 0);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.seqs[0], 5);
}

/* --- backup and restore --- */
static void a_backup_holds_what_was_committed(void **state)
{
    struct fixture *f = *state;
    open_incidents(f, 1, 5);
    put_row(f, 1, INCIDENT_OPEN);
    commit(f);
    append(f, record_opened(f, 6));
    assert_int_equal(store_backup(f->store, f->other, 0), 0);
    commit(f); /* turns go on */
    assert_int_equal(store_backup(f->store, f->other, 0), -EEXIST);
    fixture_close(f);
    memcpy(f->folder, f->other, sizeof f->folder);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(replay_count(f, 0), 5);
    assert_int_equal(get_row(f, 1).seq, 1);
}

static void print_sentence(void *arg, const char *sentence)
{
    (void)arg;
    print_message("%s\n", sentence);
}

static void a_restored_store_gives_nothing_twice(void **state)
{
    struct fixture *f = *state;
    char restored[96];
    const char *sentence;
    uint64_t bad;
    snprintf(restored, sizeof restored, "%s/restored", f->root);
    open_incidents(f, 1, 5);
    for (uint64_t number = 1; number <= 3; number++)
        put_row(f, number, INCIDENT_OPEN);
    put_watermark(f, 3); /* the counters say 3, the records 5 */
    commit(f);
    assert_int_equal(store_backup(f->store, f->other, 0), 0);
    for (int i = 0; i < 10; i++)
        fixture_reopen(f); /* life goes on: terms begin, numbers are given */
    open_incidents(f, 6, 9);
    uint32_t term = store_meta(f->store)->term;
    assert_int_equal(store_restore(f->folder, restored, NULL, &sentence), -EBUSY);
    fixture_close(f);

    assert_int_equal(store_restore(f->other, restored, NULL, &sentence), 0);
    assert_int_equal(store_restore(f->other, restored, NULL, &sentence), -EEXIST);
    memcpy(f->folder, restored, sizeof f->folder);
    assert_int_equal(store_check(f->folder, print_sentence, NULL, &bad), 0);
    assert_int_equal(bad, 0);
    assert_int_equal(fixture_open(f), 0);
    const struct store_meta *meta = store_meta(f->store);
    assert_true(meta->term > term);
    assert_int_equal(meta->sequence, 5);
    assert_true(meta->counters.number >= 5 + 1000000);
    assert_int_equal(meta->journal, JOURNAL);
    assert_int_equal(replay_count(f, 0), 5);
    f->seq = 5;
    memset(f->last, 0, sizeof f->last);
    open_incidents(f, 10, 12);
    assert_int_equal(replay_count(f, 0), 8);
}

static void what_is_no_backup_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *sentence;
    struct stat status;
    assert_int_equal(store_restore("/no/such/place", f->other, NULL, &sentence), -ENOENT);
    assert_non_null(strstr(sentence, "there is no store"));
    assert_int_not_equal(stat(f->other, &status), 0);
}

#define TEST(name)        cmocka_unit_test_setup_teardown(name, fixture_setup_open, fixture_teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
#define TEST_OTHER(name)  cmocka_unit_test_setup_teardown(name, setup_other, teardown_other)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_come_back_as_they_were),
        TEST(a_row_as_opened_is_its_record),
        TEST(a_row_outlives_the_record_it_was),
        TEST(a_row_without_its_record_is_damaged),
        TEST(a_closed_row_moves_and_comes_back),
        TEST(closed_rows_are_listed_newest_first),
        TEST(closed_at_one_instant_are_all_listed),
        TEST(a_damaged_row_is_noticed),
        TEST(rows_beside_incidents_come_back),
        TEST(a_damaged_row_beside_incidents_is_noticed),
        TEST(the_watermark_is_kept),
        TEST_CLOSED(rows_never_run_ahead),
        TEST(keys_come_back_with_their_receipts),
        TEST(keys_outside_the_window_are_left_out),
        TEST(damaged_keys_are_written_anew_from_the_records),
        TEST(the_policy_in_force_then_is_found),
        TEST(large_policies_are_kept),
        TEST_OTHER(another_journal_carries_the_records),
        TEST_OTHER(a_crash_loses_what_was_not_durable),
        TEST_OTHER(tables_catch_up_with_another_journal),
        TEST_OTHER(tables_follow_only_the_journal_s_word),
        TEST_OTHER(a_journal_that_lacks_what_the_tables_have_is_refused),
        TEST_OTHER(a_journal_in_memory_trims),
        TEST(a_backup_holds_what_was_committed),
        TEST(a_restored_store_gives_nothing_twice),
        TEST(what_is_no_backup_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
