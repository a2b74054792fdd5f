/* store_check tells each fault that is planted, and nothing of a store that is well. */
#include "tests/unit/store_fixture.h"

struct told {
    uint64_t bad;
    struct buffer text;
};

static void take_sentence(void *arg, const char *sentence)
{
    buffer_printf(&((struct told *)arg)->text, "%s\n", sentence);
}

/* Twelve incidents, of which 1 to 8 are stored below the watermark: 5 to 8 closed, 3 a turn later than the others. */
static int setup_full(void **state)
{
    static const char bundle[] = "types: {}";
    fixture_setup_open(state);
    struct fixture *f = *state;
    struct digest *hash = ARENA_NEW(&f->arena, struct digest, 1);
    digest_bytes(hash, bundle, sizeof bundle);
    open_incidents(f, 1, 8); /* records 1 to 8 */
    for (uint64_t number = 5; number <= 8; number++)
        append(f, record_about(f, number, INCIDENT_CLOSED)); /* 9 to 12 */
    struct record *policy = record_next(f, RECORD_POLICY);   /* 13 */
    policy->policy = (struct bytes){hash->bytes, DIGEST_BYTES};
    append(f, policy);
    assert_int_equal(store_put_policy(f->store, hash, bundle, sizeof bundle, policy->at_ms), 0);
    commit(f);
    for (uint64_t number = 1; number <= 8; number++)
        put_row(f, number, number < 5 ? INCIDENT_OPEN : INCIDENT_CLOSED);
    put_watermark(f, 13);
    commit(f);
    append(f, record_about(f, 3, INCIDENT_VERIFYING)); /* 14: above the watermark, and its row reflects it */
    put_row(f, 3, INCIDENT_VERIFYING);
    commit(f);
    open_incidents(f, 9, 12); /* 15 to 18: no rows yet */
    fixture_close(f);
    return 0;
}

static struct told check(struct fixture *f)
{
    struct told told = {0};
    store_check(f->folder, take_sentence, &told, &told.bad);
    buffer_append(&told.text, "", 1);
    return told;
}

/* Exactly one fault, and this sentence. */
static void assert_told(struct fixture *f, const char *sentence)
{
    struct told told = check(f);
    if (told.bad != 1 || !strstr((char *)told.text.data, sentence))
        fail_msg("wanted \"%s\", told %llu:\n%s", sentence, (unsigned long long)told.bad, (char *)told.text.data);
    buffer_release(&told.text);
}

static void a_store_that_is_well_gives_no_fault(void **state)
{
    struct fixture *f = *state;
    struct told told = check(f);
    assert_string_equal((char *)told.text.data, "");
    assert_int_equal(told.bad, 0);
    buffer_release(&told.text);
}

static void a_store_in_use_is_not_checked(void **state)
{
    struct fixture *f = *state;
    uint64_t bad;
    struct told told = {0};
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_check(f->folder, take_sentence, &told, &bad), -EBUSY);
    assert_int_equal(bad, 1);
    buffer_release(&told.text);
}

static void damage_is_told(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct flip flip;
        const char *sentence;
    } cases[] = {
        {{TABLE_RECORDS, 2, 70}, "record 2 is damaged"},
        {{TABLE_RECORDS, 10, 70}, "record 10 is damaged"},
        {{TABLE_KEYS, 4, 30}, "the keys from record 4 on are damaged"},
        {{TABLE_KEYS, 15, 30}, "the keys from record 15 on are damaged"},
        {{TABLE_POLICY_AT, START_MS + 13000, 9}, "the policy in force since 1790000013000 ms is damaged"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flip flip = cases[i].flip;
        harm(f, harm_flip, &flip);
        assert_told(f, cases[i].sentence);
        harm(f, harm_flip, &flip); /* and back */
    }
    struct flip row = {TABLE_LIVE, incident_id(2), 50};
    harm(f, harm_flip, &row);
    assert_told(f, "the row of incident ");
    harm(f, harm_flip, &row);
    a_store_that_is_well_gives_no_fault(state);
}

static void harm_salt(struct store *s, MDB_txn *txn, void *arg)
{
    MDB_val key = {4, "salt"}, value;
    struct salt_value salt;
    (void)arg;
    assert_int_equal(mdb_get(txn, s->tables[TABLE_META], &key, &value), 0);
    assert_int_equal(value.mv_size, sizeof salt);
    memcpy(&salt, value.mv_data, sizeof salt);
    salt.salt ^= 0x100;
    value = (MDB_val){sizeof salt, &salt};
    assert_int_equal(mdb_put(txn, s->tables[TABLE_META], &key, &value, 0), 0);
}

/* Under another salt the log in front would seem to hold nothing. */
static void a_damaged_salt_is_told(void **state)
{
    struct fixture *f = *state;
    harm(f, harm_salt, NULL);
    assert_told(f, "the salt of the store's log is damaged");
    assert_int_equal(fixture_open(f), -EBADMSG);
}

static void harm_delete(struct store *s, MDB_txn *txn, void *arg)
{
    struct flip *flip = arg;
    MDB_val key = {sizeof flip->key, &flip->key};
    assert_int_equal(mdb_del(txn, s->tables[flip->table], &key, NULL), 0);
}

static void a_missing_record_is_told(void **state)
{
    struct fixture *f = *state;
    struct told told;
    harm(f, harm_delete, &(struct flip){.table = TABLE_RECORDS, .key = 10});
    told = check(f);
    assert_non_null(strstr((char *)told.text.data, "record 10 is missing"));
    assert_non_null(strstr((char *)told.text.data, "record 11 does not continue the chain"));
    assert_int_equal(told.bad, 2);
    buffer_release(&told.text);
}

static void a_damaged_last_record_is_told(void **state)
{
    struct fixture *f = *state;
    harm(f, harm_flip, &(struct flip){TABLE_RECORDS, 18, 70});
    assert_told(f, "the last record, 18, is damaged");
    assert_int_equal(fixture_open(f), -EBADMSG); /* nothing is added to what is damaged */
}

static void a_missing_key_is_told(void **state)
{
    struct fixture *f = *state;
    harm(f, harm_delete, &(struct flip){.table = TABLE_KEYS, .key = 5});
    assert_told(f, "the key of record 5 is not in the key log");
}

static void a_missing_row_is_told(void **state)
{
    struct fixture *f = *state;
    harm(f, harm_delete, &(struct flip){.table = TABLE_LIVE, .key = incident_id(1)});
    assert_told(f, "has no row, but record 1 about it is below the watermark");
}

static void harm_key(struct store *s, MDB_txn *txn, void *arg)
{
    MDB_val value;
    struct keys_value keys = {0};
    (void)arg;
    assert_int_equal(store_get_value(s, txn, TABLE_KEYS, 5, &value), 0);
    memcpy(&keys, value.mv_data, value.mv_size);
    size_t size_bytes = value.mv_size;
    keys.entries[0].incident++;
    value_seal(&keys, size_bytes);
    assert_int_equal(store_put_value(s, txn, TABLE_KEYS, 5, &keys, size_bytes, 0), 0);
}

static void a_wrong_key_is_told(void **state)
{
    struct fixture *f = *state;
    harm(f, harm_key, NULL);
    assert_told(f, "the key log says otherwise than record 5");
}

/* Puts a row as the store itself would write it, in a table of the test's choice. */
struct planted {
    enum store_table table;
    struct row row;
};

static void harm_row(struct store *s, MDB_txn *txn, void *arg)
{
    const struct planted *p = arg;
    struct row_head head = {.seq = p->row.seq, .closed_ms = p->row.head.closed_ms};
    struct buffer bytes = {0}, queue = {0};
    const uint8_t *value;
    size_t at = 0;
    row_encode(&p->row, &bytes);
    queue_value(&queue, p->row.incident, 0, &head, sizeof head, bytes.data, bytes.size);
    const struct queued *entry = queue_next(&queue, &at, &value);
    assert_int_equal(store_put_value(s, txn, p->table, p->row.incident, value, entry->size_bytes, 0), 0);
    buffer_release(&bytes);
    buffer_release(&queue);
}

static void plant_row(struct fixture *f, enum store_table table, struct row row)
{
    harm(f, harm_row, &(struct planted){table, row});
}

static void a_row_behind_the_watermark_is_told(void **state)
{
    struct fixture *f = *state;
    struct row row = row_of(f, 6, INCIDENT_CLOSED);
    row.seq = 6; /* record 10 closed it */
    plant_row(f, TABLE_CLOSED, row);
    assert_told(f, "reflects record 6, but 10 is below the watermark too");
}

static void a_row_ahead_of_the_records_is_told(void **state)
{
    struct fixture *f = *state;
    struct row row = row_of(f, 2, INCIDENT_OPEN);
    row.seq = 19;
    plant_row(f, TABLE_LIVE, row);
    assert_told(f, "reflects record 19, which is not there");
}

static void a_row_of_another_s_record_is_told(void **state)
{
    struct fixture *f = *state;
    struct row row = row_of(f, 2, INCIDENT_OPEN);
    row.seq = 3;
    plant_row(f, TABLE_LIVE, row);
    assert_told(f, "reflects record 3, which is about others");
}

static void a_row_in_both_tables_is_told(void **state)
{
    struct fixture *f = *state;
    plant_row(f, TABLE_LIVE, row_of(f, 6, INCIDENT_CLOSED));
    assert_told(f, "is both live and closed");
}

static void harm_time(struct store *s, MDB_txn *txn, void *arg)
{
    const struct planted *p = arg;
    struct time_key time = time_key_of(p->row.head.closed_ms, p->row.incident);
    MDB_val key = {sizeof time, &time}, nothing = {0, NULL};
    int error = mdb_del(txn, s->tables[TABLE_CLOSED_BY_TIME], &key, NULL);
    assert_int_equal(error == MDB_NOTFOUND ? mdb_put(txn, s->tables[TABLE_CLOSED_BY_TIME], &key, &nothing, 0) : error,
                     0);
}

static void an_index_that_disagrees_is_told(void **state)
{
    struct fixture *f = *state;
    struct planted wrong = {.row = row_of(f, 7, INCIDENT_CLOSED)};
    harm(f, harm_time, &wrong);
    assert_told(f, "is not in the index by time");
    harm(f, harm_time, &wrong); /* and back */
    wrong.row.head.closed_ms++;
    harm(f, harm_time, &wrong);
    assert_told(f, "where it did not close");
}

static void harm_policies(struct store *s, MDB_txn *txn, void *arg)
{
    (void)arg;
    assert_int_equal(mdb_drop(txn, s->tables[TABLE_POLICIES], 0), 0);
    assert_int_equal(mdb_drop(txn, s->tables[TABLE_POLICY_AT], 0), 0);
}

static void a_policy_that_is_not_stored_is_told(void **state)
{
    struct fixture *f = *state;
    harm(f, harm_policies, NULL);
    assert_told(f, "the policy that record 13 put in force is not stored");
}

/* A record that says it follows the wrong one: sealed by the store itself, so only its link is wrong. */
static void a_broken_timeline_is_told(void **state)
{
    struct fixture *f = *state;
    f->options.create = false;
    assert_int_equal(fixture_open(f), 0);
    f->last[4] = 2;
    append(f, record_about(f, 4, INCIDENT_OPEN));
    commit(f);
    fixture_close(f);
    assert_told(f, "record 19 says record 2 touched incident");
}

/* Rows beside incidents: of "a" the row is as its last record left it, "b" came and went. */
static void with_sides(struct fixture *f)
{
    f->options.create = false;
    assert_int_equal(fixture_open(f), 0);
    for (uint64_t number = 9; number <= 12; number++)
        put_row(f, number, INCIDENT_OPEN);
    append(f, record_of_side(f, "a", false)); /* 19 */
    append(f, record_of_side(f, "b", false)); /* 20 */
    append(f, record_of_side(f, "b", true));  /* 21 */
    append(f, record_of_side(f, "a", false)); /* 22 */
    commit(f);
}

static void put_side_as(struct fixture *f, const char *key, uint64_t seq)
{
    struct side side = {.kind = SIDE_DUTY, .key = key, .seq = seq};
    assert_int_equal(store_put_side(f->store, &side), 0);
}

static void close_with(struct fixture *f, uint64_t watermark)
{
    put_watermark(f, watermark);
    commit(f);
    fixture_close(f);
}

static void rows_beside_incidents_are_well(void **state)
{
    struct fixture *f = *state;
    with_sides(f);
    put_side_as(f, "a", 22);
    close_with(f, 22);
    a_store_that_is_well_gives_no_fault(state);
}

static void a_row_beside_incidents_that_is_behind_is_told(void **state)
{
    struct fixture *f = *state;
    with_sides(f);
    put_side_as(f, "a", 19);
    close_with(f, 22);
    assert_told(f, "the row of duty a reflects record 19, but 22 is below the watermark too");
}

static void a_missing_row_beside_incidents_is_told(void **state)
{
    struct fixture *f = *state;
    with_sides(f);
    close_with(f, 22);
    assert_told(f, "duty a has no row, but record 22 about it is below the watermark");
}

static void a_row_that_should_be_gone_is_told(void **state)
{
    struct fixture *f = *state;
    with_sides(f);
    put_side_as(f, "a", 22);
    put_side_as(f, "b", 21);
    close_with(f, 22);
    assert_told(f, "the row of duty b reflects record 21, which is about others");
}

static void a_trimmed_store_is_well(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(f->store->own->ops->trim(f->store->own, 9), 0);
    fixture_close(f);
    a_store_that_is_well_gives_no_fault(state);
    harm(f, harm_flip, &(struct flip){TABLE_RECORDS, 10, 70});
    assert_told(f, "record 10 is damaged");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_full, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_store_that_is_well_gives_no_fault),
        TEST(a_store_in_use_is_not_checked),
        TEST(damage_is_told),
        TEST(a_damaged_salt_is_told),
        TEST(a_missing_record_is_told),
        TEST(a_damaged_last_record_is_told),
        TEST(a_missing_key_is_told),
        TEST(a_missing_row_is_told),
        TEST(a_wrong_key_is_told),
        TEST(a_row_behind_the_watermark_is_told),
        TEST(a_row_ahead_of_the_records_is_told),
        TEST(a_row_of_another_s_record_is_told),
        TEST(a_row_in_both_tables_is_told),
        TEST(an_index_that_disagrees_is_told),
        TEST(a_policy_that_is_not_stored_is_told),
        TEST(a_broken_timeline_is_told),
        TEST(rows_beside_incidents_are_well),
        TEST(a_row_beside_incidents_that_is_behind_is_told),
        TEST(a_missing_row_beside_incidents_is_told),
        TEST(a_row_that_should_be_gone_is_told),
        TEST(a_trimmed_store_is_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
