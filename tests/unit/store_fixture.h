/* store_fixture.h: a store in a folder of its own, and records that follow one another, for the tests of store/. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/store/store_internal.h"
#include "schemas/ident.h"

#define JOURNAL   620802u
#define INCIDENTS 64
#define START_MS  INT64_C(1790000000000)
#define MAP_BYTES (16 << 20)

struct fixture {
    char root[64], folder[96], other[96];
    struct store_options options;
    struct store *store;
    struct arena arena;
    uint64_t seq;
    uint64_t last[INCIDENTS]; /* by incident number: the record that touched it last */
};

static inline uint64_t incident_id(uint64_t number)
{
    return ident_pack(JOURNAL, number);
}

static inline int fixture_open(struct fixture *f)
{
    const char *sentence;
    return store_open(f->folder, &f->options, &f->store, &sentence);
}

static inline void fixture_close(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

static inline void fixture_reopen(struct fixture *f)
{
    fixture_close(f);
    assert_int_equal(fixture_open(f), 0);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    snprintf(f->root, sizeof f->root, "%.40s/bihuan-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->folder, sizeof f->folder, "%s/store", f->root);
    snprintf(f->other, sizeof f->other, "%s/other", f->root);
    f->options = (struct store_options){.create = true, .journal = JOURNAL, .map_bytes = MAP_BYTES};
    arena_init(&f->arena);
    *state = f;
    return 0;
}

static inline int fixture_setup_open(void **state)
{
    fixture_setup(state);
    return fixture_open(*state);
}

static inline int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)kind, (void)where;
    return remove(path);
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    arena_release(&f->arena);
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

/* --- records --- */
static inline struct record *record_next(struct fixture *f, enum record_kind kind)
{
    struct record *record = ARENA_NEW(&f->arena, struct record, 1);
    record->seq = ++f->seq;
    record->at_ms = START_MS + (int64_t)f->seq * 1000;
    record->kind = kind;
    record->principal = "cam-07";
    return record;
}

static inline void record_touch(struct fixture *f, struct record *record, uint64_t number, enum incident_state state)
{
    struct change *change = &record->changes[record->change_count++];
    struct incident *head = ARENA_NEW(&f->arena, struct incident, 1);
    head->state = state;
    head->type = "暴露垃圾";
    head->area = "620802001";
    head->source = "cam-07";
    head->received_ms = record->at_ms;
    head->closed_ms = state == INCIDENT_CLOSED ? record->at_ms : 0;
    *change = (struct change){.incident = incident_id(number), .prev = f->last[number], .head = head};
    f->last[number] = record->seq;
}

/* A record that opens an incident, with a key. */
static inline struct record *record_opened(struct fixture *f, uint64_t number)
{
    struct record *record = record_next(f, RECORD_OPENED);
    record_touch(f, record, number, INCIDENT_OPEN);
    record->request = arena_printf(&f->arena, "event-%llu", (unsigned long long)number);
    record->key = (struct key128){number, 0xfeed};
    record->digest = (struct key128){number, 0xd16e};
    return record;
}

static inline struct record *record_about(struct fixture *f, uint64_t number, enum incident_state state)
{
    struct record *record = record_next(f, state == INCIDENT_CLOSED ? RECORD_CLOSED : RECORD_NOTED);
    record_touch(f, record, number, state);
    return record;
}

/* A record that sets a row beside incidents; and the row as it leaves it. */
static inline struct record *record_of_side(struct fixture *f, const char *key, bool gone)
{
    struct record *record = record_next(f, RECORD_NOTED);
    struct side *side = ARENA_NEW(&f->arena, struct side, 1);
    *side = (struct side){.kind = SIDE_DUTY, .key = key, .gone = gone, .count = 7, .person = "王五"};
    record->sides = side;
    record->side_count = 1;
    return record;
}

static inline void put_side(struct fixture *f, const struct record *record)
{
    struct side side = record->sides[0];
    side.seq = record->seq;
    assert_int_equal(store_put_side(f->store, &side), 0);
}

static inline void append(struct fixture *f, const struct record *record)
{
    assert_int_equal(store_append(f->store, record, 1), 0);
}

static inline void commit(struct fixture *f)
{
    assert_int_equal(store_commit(f->store), 0);
}

/* Opens incidents first to last, one a turn. */
static inline void open_incidents(struct fixture *f, uint64_t first, uint64_t last)
{
    for (uint64_t number = first; number <= last; number++) {
        append(f, record_opened(f, number));
        commit(f);
    }
}

/* The row of an incident as its last record left it. */
static inline struct row row_of(const struct fixture *f, uint64_t number, enum incident_state state)
{
    struct row row = {.incident = incident_id(number), .seq = f->last[number]};
    row.head.state = state;
    row.head.type = "暴露垃圾";
    row.head.closed_ms = state == INCIDENT_CLOSED ? START_MS + (int64_t)f->last[number] * 1000 : 0;
    return row;
}

static inline void put_row(struct fixture *f, uint64_t number, enum incident_state state)
{
    struct row row = row_of(f, number, state);
    assert_int_equal(store_put_row(f->store, &row, state == INCIDENT_CLOSED), 0);
}

static inline void put_watermark(struct fixture *f, uint64_t watermark)
{
    struct store_counters counters = {.seq = watermark, .number = watermark, .accepted = watermark};
    assert_int_equal(store_put_watermark(f->store, watermark, &counters), 0);
}

/* --- reading back --- */
struct seen {
    size_t count;
    uint64_t seqs[4096];
};

static inline int see_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct seen *seen = arg;
    assert_non_null(bytes);
    assert_true(size_bytes > 0);
    assert_true(seen->count < 4096);
    seen->seqs[seen->count++] = record->seq;
    return 0;
}

static inline size_t replay_count(struct fixture *f, uint64_t after)
{
    struct seen seen = {0};
    assert_int_equal(store_replay(f->store, after, see_record, &seen), 0);
    for (size_t i = 0; i < seen.count; i++)
        assert_int_equal(seen.seqs[i], after + 1 + i);
    return seen.count;
}

static inline int see_row(void *arg, const struct row *row)
{
    struct seen *seen = arg;
    seen->seqs[seen->count++] = row->incident;
    return 0;
}

/* --- harm --- */
typedef void harm_fn(struct store *, MDB_txn *, void *arg);

/* Changes a closed store behind its back. */
static inline void harm(struct fixture *f, harm_fn *fn, void *arg)
{
    struct store *s;
    MDB_txn *txn;
    struct store_options options = {0};
    assert_int_equal(store_load(f->folder, &options, &s), 0);
    assert_int_equal(mdb_txn_begin(s->env, NULL, 0, &txn), 0);
    fn(s, txn, arg);
    assert_int_equal(mdb_txn_commit(txn), 0);
    store_close(s);
}

/* Which bit of which value. */
struct flip {
    enum store_table table;
    uint64_t key;
    size_t at;
};

static inline void harm_flip(struct store *s, MDB_txn *txn, void *arg)
{
    const struct flip *flip = arg;
    MDB_val value;
    uint8_t copy[4096];
    assert_int_equal(store_get_value(s, txn, flip->table, flip->key, &value), 0);
    assert_true(value.mv_size <= sizeof copy && flip->at < value.mv_size);
    memcpy(copy, value.mv_data, value.mv_size);
    copy[flip->at] ^= 0x10;
    assert_int_equal(store_put_value(s, txn, flip->table, flip->key, copy, value.mv_size, 0), 0);
}

#endif
