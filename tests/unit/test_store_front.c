/* The log in front of the tables: a turn is durable with one write to it, whatever the tables hold by then. */
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "broker/store/front.h"
#include "tests/unit/store_fixture.h"

/* --- the disk --- */
#define SECTOR_BYTES 512

/* Of the next write to the log some sectors arrive, in no order, and then the power is gone. */
static bool power_fails;
/* So many bytes are taken at a time; 0: all. */
static size_t piece_bytes;

static bool is_front(int fd)
{
    char link[64], path[256] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return readlink(link, path, sizeof path - 1) > 0 && strstr(path, "/front.") != NULL;
}

static void write_some(int fd, const struct iovec *parts, int count, off_t at)
{
    uint8_t bytes[1 << 18];
    size_t size = 0;
    for (int i = 0; i < count; size += parts[i++].iov_len)
        memcpy(bytes + size, parts[i].iov_base, parts[i].iov_len);
    for (size_t done = 0; done < size; done += SECTOR_BYTES)
        if (rand() % 2)
            assert_int_equal(pwrite(fd, bytes + done, SECTOR_BYTES, at + (off_t)done), SECTOR_BYTES);
}

/* In place of the C library's. */
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    if (piece_bytes && is_front(fd))
        return pwrite(fd, parts->iov_base, parts->iov_len < piece_bytes ? parts->iov_len : piece_bytes, at);
    if (!power_fails || !is_front(fd))
        return syscall(SYS_pwritev, fd, parts, count, at, 0);
    power_fails = false;
    write_some(fd, parts, count, at);
    errno = EIO;
    return -1;
}

static int setup_front(void **state)
{
    fixture_setup(state);
    struct fixture *f = *state;
    f->options.front = true;
    return fixture_open(f);
}

/* A turn of several records. */
static void turn_of(struct fixture *f, uint64_t first, uint64_t last)
{
    for (uint64_t number = first; number <= last; number++)
        append(f, record_opened(f, number));
    commit(f);
}

static void hurry(struct fixture *f)
{
    assert_int_equal(store_tend(f->store, true), 0);
}

/* Of the tables alone, as another process would see them. */
static uint64_t in_tables(struct fixture *f)
{
    struct store_meta meta = f->store->meta;
    MDB_txn *txn;
    assert_int_equal(mdb_txn_begin(f->store->env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(journal_lmdb_tail(f->store, txn, &meta), 0);
    mdb_txn_abort(txn);
    return meta.sequence;
}

static void tell_nothing(void *arg, const char *sentence)
{
    snprintf(arg, 256, "%s", sentence);
}

static uint64_t faults_in(struct fixture *f, char sentence[256])
{
    uint64_t bad = 0;
    int error = store_check(f->folder, tell_nothing, sentence, &bad);
    assert_true(error == 0 || bad > 0);
    return bad;
}

static void assert_whole(struct fixture *f)
{
    char sentence[256] = "";
    uint64_t bad = faults_in(f, sentence);
    if (bad)
        print_error("%s\n", sentence);
    assert_int_equal(bad, 0);
}

/* --- durable --- */
static void a_turn_is_durable_before_the_tables_have_it(void **state)
{
    struct fixture *f = *state;
    turn_of(f, 1, 3);
    turn_of(f, 4, 4);
    assert_int_equal(store_meta(f->store)->sequence, 4);
    assert_int_equal(in_tables(f), 0);
    fixture_close(f);
    assert_whole(f); /* as a crash leaves it */
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(in_tables(f), 4);
    assert_int_equal(replay_count(f, 0), 4);
    turn_of(f, 5, 6);
    fixture_reopen(f);
    assert_int_equal(replay_count(f, 0), 6);
}

static int see_key(void *arg, const struct key128 *key, const struct key128 *digest, const struct receipt *receipt)
{
    struct seen *seen = arg;
    (void)key, (void)digest;
    seen->seqs[seen->count++] = receipt->seq;
    return 0;
}

static void keys_are_recovered_with_their_records(void **state)
{
    struct fixture *f = *state;
    turn_of(f, 1, 3);
    fixture_reopen(f);
    struct seen seen = {0};
    assert_int_equal(store_each_key(f->store, 0, see_key, &seen), 0);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.seqs[2], 3);
}

static void what_is_behind_is_read_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct record record;
    turn_of(f, 1, 2);
    assert_int_equal(store_drain(f->store), 0);
    turn_of(f, 3, 4);
    hurry(f); /* one batch is being written, or has been, and the next is gathered */
    turn_of(f, 5, 6);
    for (uint64_t seq = 1; seq <= 6; seq++) {
        assert_int_equal(store_get_record(f->store, seq, &f->arena, &record), 0);
        assert_int_equal(record.seq, seq);
    }
    assert_int_equal(store_get_record(f->store, 7, &f->arena, &record), -ENOENT);
    for (uint64_t after = 0; after < 6; after++)
        assert_int_equal(replay_count(f, after), 6 - after);
    struct seen seen = {0};
    assert_int_equal(store_read(f->store, 1, &f->arena, see_record, &seen), 6);
    assert_int_equal(seen.count, 5);
}

static void a_flight_goes_into_the_log(void **state)
{
    struct fixture *f = *state;
    for (uint64_t number = 1; number <= 20; number++) {
        assert_int_equal(store_launch(f->store, record_opened(f, number), 1), 0);
        assert_int_equal(store_land(f->store), 0);
        if (number % 3 == 0)
            hurry(f);
        if (number % 5 == 0)
            turn_of(f, 20 + number, 20 + number);
    }
    fixture_reopen(f);
    assert_int_equal(replay_count(f, 0), 24);
}

/* --- rows --- */
struct flushed_seen {
    size_t rows, sides;
    uint64_t incident, seq;
};

static void see_flushed(void *arg, uint64_t incident, uint64_t seq)
{
    struct flushed_seen *seen = arg;
    seen->rows++;
    seen->incident = incident;
    seen->seq = seq;
}

static void see_flushed_side(void *arg, enum side_kind kind, const char *key, uint64_t seq)
{
    struct flushed_seen *seen = arg;
    assert_int_equal(kind, SIDE_DUTY);
    assert_string_equal(key, "护学岗");
    seen->sides++;
    seen->seq = seq;
}

static void a_row_is_flushed_when_the_tables_have_it(void **state)
{
    struct fixture *f = *state;
    struct flushed_seen seen = {0};
    struct row row;
    turn_of(f, 1, 2);
    struct record *side = record_of_side(f, "护学岗", false);
    append(f, side);
    put_row(f, 1, INCIDENT_OPEN);
    put_side(f, side);
    put_watermark(f, 1);
    commit(f);
    assert_true(store_rows_behind(f->store));
    assert_int_equal(store_take_flushed(f->store, see_flushed, see_flushed_side, &seen), 0);
    assert_int_equal(store_get_row(f->store, incident_id(1), &f->arena, &row), -ENOENT);
    assert_int_equal(store_drain(f->store), 0);
    assert_false(store_rows_behind(f->store));
    assert_int_equal(store_take_flushed(f->store, see_flushed, see_flushed_side, &seen), 2);
    assert_int_equal(seen.rows, 1);
    assert_int_equal(seen.sides, 1);
    assert_int_equal(seen.incident, incident_id(1));
    assert_int_equal(store_take_flushed(f->store, see_flushed, see_flushed_side, &seen), 0); /* once */
    assert_int_equal(store_get_row(f->store, incident_id(1), &f->arena, &row), 0);
}

/* A crash takes the rows that were on their way, and the watermark with them. */
static void rows_on_their_way_are_put_again(void **state)
{
    struct fixture *f = *state;
    turn_of(f, 1, 4);
    put_row(f, 1, INCIDENT_OPEN);
    put_watermark(f, 1);
    commit(f);
    assert_int_equal(store_meta(f->store)->watermark, 1);
    fixture_reopen(f);
    assert_int_equal(store_meta(f->store)->watermark, 0);
    assert_int_equal(replay_count(f, 0), 4);
    fixture_close(f);
    assert_whole(f);
}

static void a_policy_waits_for_the_tables(void **state)
{
    struct fixture *f = *state;
    struct digest hash = {{7}};
    const char *bundle;
    size_t size;
    append(f, record_opened(f, 1));
    assert_int_equal(store_put_policy(f->store, &hash, "rules", 5, START_MS), 0);
    commit(f);
    assert_int_equal(in_tables(f), 1);
    assert_int_equal(store_get_policy(f->store, START_MS, &f->arena, &bundle, &size), 0);
    assert_int_equal(size, 5);
}

static void copy_tables(struct fixture *f, const char *from, const char *to)
{
    char command[512];
    snprintf(command, sizeof command, "cp %s/%s %s/%s", f->folder, from, f->folder, to);
    assert_int_equal(system(command), 0);
}

/* Wherever a crash comes: never a record that puts in force what is nowhere. */
static void a_policy_is_durable_with_its_record(void **state)
{
    struct fixture *f = *state;
    struct digest hash = {{7}};
    turn_of(f, 1, 1);
    assert_int_equal(store_drain(f->store), 0);
    copy_tables(f, "data.mdb", "before");
    struct record *record = record_next(f, RECORD_POLICY);
    record->policy = (struct bytes){hash.bytes, DIGEST_BYTES};
    append(f, record);
    assert_int_equal(store_put_policy(f->store, &hash, "rules", 5, START_MS), 0);
    commit(f);
    fixture_close(f);
    copy_tables(f, "data.mdb", "after");
    copy_tables(f, "before", "data.mdb");
    assert_whole(f);
    copy_tables(f, "after", "data.mdb");
    assert_whole(f);
    assert_int_equal(fixture_open(f), 0);
    turn_of(f, 2, 2);
    fixture_reopen(f);
    assert_int_equal(replay_count(f, 0), 3);
}

/* A notice is found wherever it is: in the tables, on its way, or gathered. */
static void notices_are_found_behind_the_tables(void **state)
{
    struct fixture *f = *state;
    const char *const tells[] = {"camera", "hotline"};
    for (uint64_t number = 1; number <= 9; number++) {
        struct record *record = record_opened(f, number);
        record->tells = tells + number % 2;
        record->tell_count = 1;
        append(f, record);
        commit(f);
        if (number == 3)
            assert_int_equal(store_drain(f->store), 0);
        if (number == 6)
            hurry(f);
    }
    for (int again = 0; again < 2; again++) {
        uint64_t seq = 0;
        for (uint64_t number = 1; number <= 9; number += 2) {
            assert_true(store_next_notice(f->store, "hotline", &seq));
            assert_int_equal(seq, number);
        }
        assert_false(store_next_notice(f->store, "hotline", &seq));
        seq = 5;
        assert_true(store_next_notice(f->store, "camera", &seq));
        assert_int_equal(seq, 6);
        assert_false(store_next_notice(f->store, "desk", &seq));
        fixture_reopen(f);
    }
}

/* Taken back in one batch, a notice of the tables or of another batch is none any more. */
static void what_is_taken_back_behind_the_tables_is_no_notice(void **state)
{
    struct fixture *f = *state;
    const char *const tells[] = {"hotline"};
    uint64_t seq = 0;
    for (uint64_t number = 1; number <= 4; number++) {
        struct record *record = number % 2 ? record_opened(f, number) : record_about(f, number - 1, INCIDENT_OPEN);
        record->tells = tells;
        record->tell_count = 1;
        record->takes_back = number % 2 ? 0 : number - 1;
        append(f, record);
        commit(f);
        if (number == 1)
            assert_int_equal(store_drain(f->store), 0);
        if (number == 3)
            hurry(f);
        assert_int_equal(store_next_notice(f->store, "hotline", &seq), number % 2);
        seq = 0;
    }
    fixture_reopen(f);
    assert_false(store_next_notice(f->store, "hotline", &seq));
}

/* --- the two files --- */
static void files_are_written_in_turns_for_ever(void **state)
{
    struct fixture *f = *state;
    uint64_t number = 0;
    for (int cycle = 0; cycle < 60; cycle++) {
        for (int turn = 0; turn <= cycle % 4; turn++) { /* shorter than what the file held before, and longer */
            number++;
            turn_of(f, 1 + number % 50, 1 + number % 50);
        }
        cycle % 3 == 0 ? assert_int_equal(store_drain(f->store), 0) : hurry(f);
        if (cycle % 7 == 6)
            fixture_reopen(f);
        assert_int_equal(replay_count(f, 0), number);
    }
    fixture_close(f);
    assert_whole(f);
}

static void a_batch_is_handed_over_by_its_size(void **state)
{
    struct fixture *f = *state;
    char *text = arena_alloc(&f->arena, TEXT_MAX_BYTES + 1);
    memset(text, 'x', TEXT_MAX_BYTES);
    fixture_close(f);
    f->options.map_bytes = 1 << 30;
    assert_int_equal(fixture_open(f), 0);
    for (uint64_t bytes = 0; bytes < (uint64_t)3 * BEHIND_BYTES_MAX; bytes += (uint64_t)50 * TEXT_MAX_BYTES) {
        for (uint64_t number = 1; number <= 50; number++) {
            struct record *record = record_opened(f, number);
            record->text = text;
            append(f, record);
        }
        commit(f);
        struct store_space space;
        store_space(f->store, &space);
        assert_true(space.behind <= 2 * BEHIND_BYTES_MAX + (4 << 20)); /* bounded, however slow the tables are */
    }
    assert_true(in_tables(f) > 0);
    fixture_reopen(f);
    struct record last;
    assert_int_equal(store_get_record(f->store, f->seq, &f->arena, &last), 0);
}

/* What is taken while there is room has room in the tables too. */
static void what_is_behind_finds_room_in_the_tables(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {100, 2000, 4000, TEXT_MAX_BYTES};
    struct store_space space;
    char *text = arena_alloc(&f->arena, TEXT_MAX_BYTES + 1);
    memset(text, 'x', TEXT_MAX_BYTES);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        text[size] = '\0';
        fixture_close(f);
        snprintf(f->folder, sizeof f->folder, "%s/%zu", f->root, size);
        f->seq = 0;
        memset(f->last, 0, sizeof f->last);
        assert_int_equal(fixture_open(f), 0);
        for (store_space(f->store, &space); space.used_bytes + space.map_bytes / SLACK_PART < space.map_bytes;
             store_space(f->store, &space)) {
            for (size_t bytes = 0; bytes < 400000; bytes += size + 400) {
                struct record *record = record_opened(f, 1);
                record->text = text;
                append(f, record);
            }
            commit(f);
        }
        assert_int_equal(store_drain(f->store), 0);
        text[size] = 'x';
    }
}

/* --- harm --- */
static void change_file(struct fixture *f, int file, off_t at, bool cut)
{
    char path[128];
    uint8_t byte;
    snprintf(path, sizeof path, "%s/front.%d", f->folder, file);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    if (cut)
        assert_int_equal(ftruncate(fd, at), 0);
    assert_int_equal(pread(fd, &byte, 1, at), cut ? 0 : 1);
    byte ^= 0x10;
    assert_int_equal(cut ? 1 : pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* A turn is there as a whole or not at all. */
static void a_torn_turn_is_no_turn(void **state)
{
    struct fixture *f = *state;
    turn_of(f, 1, 2);
    turn_of(f, 3, 30); /* over several blocks */
    fixture_close(f);
    for (off_t at = 0; at < SECTOR_BYTES; at++)
        change_file(f, 0, 4096 + 8192 + at, false); /* a sector within the second */
    assert_whole(f);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(replay_count(f, 0), 2);
    f->seq = 2;
    turn_of(f, 5, 6);
    fixture_reopen(f);
    assert_int_equal(replay_count(f, 0), 4);
}

/* But one of which a single bit is missing is known whole. */
static void a_bit_of_the_log_is_mended(void **state)
{
    struct fixture *f = *state;
    f->options.front = false; /* what is in the log stays there alone */
    f->options.read_only = true;
    turn_of(f, 1, 2);
    turn_of(f, 3, 30);
    fixture_close(f);
    for (off_t at = 0; at < 4096 + 9000; at += at < 4096 && at > 1500 ? 4096 - at : 1 + at % 4096 / 20) {
        change_file(f, 0, at, false);
        assert_int_equal(fixture_open(f), 0);
        assert_int_equal(replay_count(f, 0), 30);
        fixture_close(f);
        assert_whole(f);
        change_file(f, 0, at, false);
    }
}

static void a_turn_may_be_taken_in_pieces(void **state)
{
    struct fixture *f = *state;
    piece_bytes = 700;
    turn_of(f, 1, 1);
    turn_of(f, 2, 30);
    piece_bytes = 0;
    turn_of(f, 31, 31);
    fixture_reopen(f);
    assert_int_equal(replay_count(f, 0), 31);
}

/* Wherever the log stands, and whatever was there before. */
static void a_turn_that_the_power_took_is_no_turn(void **state)
{
    struct fixture *f = *state;
    uint64_t number = 0, last;
    srand(7);
    for (int life = 0; life < 200; life++) {
        for (int turn = rand() % 6; turn > 0; turn--) {
            uint64_t size = 1 + (uint64_t)rand() % 40;
            turn_of(f, 1, size);
            number += size;
            if (rand() % 3 == 0)
                hurry(f);
        }
        last = f->last[1];
        for (int record = rand() % 40; record >= 0; record--)
            append(f, record_opened(f, 1));
        power_fails = true;
        assert_int_equal(store_commit(f->store), -EIO);
        fixture_close(f);
        if (life % 10 == 0)
            assert_whole(f);
        assert_int_equal(fixture_open(f), 0);
        assert_true(f->store->meta.sequence == number || f->store->meta.sequence == f->seq);
        f->last[1] = f->store->meta.sequence == number ? last : f->last[1];
        number = f->seq = f->store->meta.sequence;
        arena_reset(&f->arena);
    }
}

static void a_log_cut_short_ends_there(void **state)
{
    struct fixture *f = *state;
    turn_of(f, 1, 2);
    turn_of(f, 3, 30);
    fixture_close(f);
    change_file(f, 0, 4096 + 9000, true);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(replay_count(f, 0), 2);
}

/* The head of an entry that is far ahead, as whoever knows how they look would write it: again and again, so that one lies
 * where a block begins. */
static struct bytes forged_heads(struct fixture *f)
{
    struct {
        uint64_t sum;
        uint32_t magic, journal, term, count;
        uint64_t number, first, size, values;
    } head = {0, 0x4c484942u, JOURNAL, 1, 1, 1000, 1000, 64, 0};
    size_t count = 1000;
    uint8_t *bytes = arena_alloc(&f->arena, count * sizeof head);
    value_seal(&head, sizeof head); /* as it would be without a salt */
    for (size_t i = 0; i < count; i++)
        memcpy(bytes + i * sizeof head, &head, sizeof head);
    return (struct bytes){bytes, count * sizeof head};
}

/* Nor does anybody's word look like the log itself. */
static void what_is_said_is_no_entry(void **state)
{
    struct fixture *f = *state;
    for (size_t shift = 0; shift < 8; shift++) {
        struct record *record = record_opened(f, 1);
        record->policy = forged_heads(f);
        record->text = arena_printf(&f->arena, "%.*s", (int)shift, "xxxxxxxx");
        append(f, record);
    }
    commit(f);
    fixture_reopen(f);
    assert_int_equal(replay_count(f, 0), 8);
}

/* What was durable before another was written is not lost in silence: neither a head nor a value of it. */
static void damage_before_the_last_is_refused(void **state)
{
    struct fixture *f = *state;
    for (uint64_t number = 1; number <= 4; number++)
        turn_of(f, number, number);
    fixture_close(f);
    for (off_t at = 8; at < 2 * 4096; at = at % 4096 < 300 ? at + 61 : at / 4096 * 4096 + 4096 + 8) {
        char sentence[256] = "";
        change_file(f, 0, at, false);
        change_file(f, 0, at + 1, false);
        assert_int_equal(fixture_open(f), -EBADMSG);
        assert_non_null(strstr(store_fault(), "log in front of the tables is damaged"));
        assert_true(faults_in(f, sentence) > 0);
        change_file(f, 0, at, false);
        change_file(f, 0, at + 1, false);
    }
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(replay_count(f, 0), 4);
}

static void what_the_tables_lack_is_no_backup(void **state)
{
    struct fixture *f = *state;
    const char *sentence;
    turn_of(f, 1, 3);
    fixture_close(f);
    assert_int_equal(store_restore(f->folder, f->other, NULL, &sentence), -EINVAL);
    assert_non_null(strstr(sentence, "is no backup"));
    fixture_open(f);
    turn_of(f, 4, 4);
    assert_int_equal(store_drain(f->store), 0);
    assert_int_equal(store_backup(f->store, f->other, 4), 0);
    fixture_close(f);
    snprintf(f->folder, sizeof f->folder, "%s", f->other);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(replay_count(f, 0), 4);
}

struct backing_up {
    struct fixture *f;
    uint64_t upto;
    int result;
};

static void *back_up(void *arg)
{
    struct backing_up *b = arg;
    b->result = store_backup(b->f->store, b->f->other, b->upto);
    return NULL;
}

/* Who ends because of a failure waits for its helpers first. */
static void a_backup_waits_for_no_tables_that_fail(void **state)
{
    struct fixture *f = *state;
    struct backing_up b = {f, 1, 0};
    pthread_t thread;
    turn_of(f, 1, 1);
    assert_int_equal(pthread_create(&thread, NULL, back_up, &b), 0);
    append(f, record_opened(f, 2));
    power_fails = true;
    assert_int_equal(store_commit(f->store), -EIO);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(b.result, -EIO);
}

/* Older tables under a newer log: it holds what they lack, or it is refused; nothing goes on with a gap. */
static void tables_that_were_put_back_are_noticed(void **state)
{
    struct fixture *f = *state;
    char command[512];
    turn_of(f, 1, 2);
    assert_int_equal(store_drain(f->store), 0);
    assert_int_equal(store_backup(f->store, f->other, 2), 0);
    for (uint64_t number = 3; number <= 5; number++) { /* what held 3 is written over by 5 */
        turn_of(f, number, number);
        assert_int_equal(store_drain(f->store), 0);
    }
    fixture_close(f);
    snprintf(command, sizeof command, "cp %s/data.mdb %s/data.mdb", f->other, f->folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(fixture_open(f), -EBADMSG);
    assert_non_null(strstr(store_fault(), "goes on from record 4, the tables end with 2"));
}

/* --- at random --- */
/* From any record on, wherever each of them is by now. */
static void read_from_anywhere(struct fixture *f, uint64_t durable)
{
    struct record record;
    uint64_t seq = durable ? 1 + (uint64_t)rand() % durable : 0;
    assert_int_equal(store_get_record(f->store, seq, &f->arena, &record), durable ? 0 : -ENOENT);
    assert_int_equal(replay_count(f, seq), durable - seq);
}

static void whatever_happens_in_whatever_order(void **state)
{
    struct fixture *f = *state;
    uint64_t durable = 0, touched[INCIDENTS] = {0};
    srand(20261127);
    for (int step = 0; step < 1000; step++) {
        uint64_t number = 1 + (uint64_t)rand() % 50;
        switch (rand() % 12) {
        case 0:
            fixture_close(f); /* as a crash: nothing is drained */
            if (rand() % 4 == 0)
                assert_whole(f);
            f->options.front = rand() % 8 != 0; /* now and then without one */
            assert_int_equal(fixture_open(f), 0);
            break;
        case 1:
            hurry(f);
            break;
        case 2:
            assert_int_equal(store_drain(f->store), 0);
            break;
        case 3:
            assert_int_equal(store_launch(f->store, record_opened(f, number), 1), 0);
            assert_int_equal(store_land(f->store), 0);
            touched[number] = f->seq;
            durable = f->seq;
            break;
        case 4:
            if (touched[number]) {
                put_row(f, number, INCIDENT_OPEN);
                commit(f);
            }
            break;
        default:
            turn_of(f, number, number + (uint64_t)rand() % 3);
            touched[number] = f->last[number];
            durable = f->seq;
        }
        assert_int_equal(store_meta(f->store)->sequence, durable);
        if (step % 4 == 0)
            read_from_anywhere(f, durable);
    }
    fixture_close(f);
    assert_whole(f);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_meta(f->store)->sequence, durable);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_front, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_turn_is_durable_before_the_tables_have_it),
        TEST(keys_are_recovered_with_their_records),
        TEST(what_is_behind_is_read_all_the_same),
        TEST(a_flight_goes_into_the_log),
        TEST(a_row_is_flushed_when_the_tables_have_it),
        TEST(rows_on_their_way_are_put_again),
        TEST(a_policy_waits_for_the_tables),
        TEST(a_policy_is_durable_with_its_record),
        TEST(notices_are_found_behind_the_tables),
        TEST(what_is_taken_back_behind_the_tables_is_no_notice),
        TEST(files_are_written_in_turns_for_ever),
        TEST(a_batch_is_handed_over_by_its_size),
        TEST(what_is_behind_finds_room_in_the_tables),
        TEST(a_torn_turn_is_no_turn),
        TEST(a_bit_of_the_log_is_mended),
        TEST(a_turn_may_be_taken_in_pieces),
        TEST(a_turn_that_the_power_took_is_no_turn),
        TEST(a_log_cut_short_ends_there),
        TEST(what_is_said_is_no_entry),
        TEST(damage_before_the_last_is_refused),
        TEST(what_the_tables_lack_is_no_backup),
        TEST(a_backup_waits_for_no_tables_that_fail),
        TEST(tables_that_were_put_back_are_noticed),
        TEST(whatever_happens_in_whatever_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
