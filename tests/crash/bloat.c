/* bloat: whether the store's file stays as large as what it holds.
 *
 *   bloat cycle FOLDER N   N records about a few incidents, rows flushed behind them, and the journal trimmed as it goes: the
 *                          file as large as after the first tenth, about
 *   bloat list FOLDER      who reads: process and transaction, "-" for none
 *   bloat hold FOLDER      holds a read transaction until it is killed, as a foreign program might */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/base/panic.h"
#include "broker/store/store_internal.h"
#include "schemas/ident.h"

#define JOURNAL   620899u
#define INCIDENTS 500u
#define TURN      16u
#define SWEEP     8000u  /* records between two sweeps */
#define KEPT      20000u /* records that a trim leaves */

/* --- cycles --- */

struct cycle {
    struct store *store;
    struct arena arena;
    uint64_t seq, last[INCIDENTS];
};

static struct row row_of(const struct cycle *c, size_t i)
{
    struct row row = {.incident = ident_pack(JOURNAL, i + 1), .seq = c->last[i]};
    row.head.state = INCIDENT_OPEN;
    row.head.type = "暴露垃圾";
    row.head.area = "620899001001";
    row.head.source = "camera";
    return row;
}

static struct record *record_about(struct cycle *c, size_t i)
{
    struct record *record = ARENA_NEW(&c->arena, struct record, 1);
    struct incident *head = ARENA_NEW(&c->arena, struct incident, 1);
    struct row row = row_of(c, i);
    *head = row.head;
    *record =
        (struct record){.seq = ++c->seq, .at_ms = INT64_C(1790000000000) + (int64_t)c->seq, .principal = "camera"};
    record->kind = c->last[i] ? RECORD_NOTED : RECORD_OPENED;
    record->changes[record->change_count++] =
        (struct change){.incident = row.incident, .prev = c->last[i], .head = head};
    c->last[i] = record->seq;
    return record;
}

static void must(int error)
{
    if (error != 0)
        errx(1, "%s", store_fault());
}

static void sweep(struct cycle *c)
{
    for (size_t i = 0; i < INCIDENTS; i++) {
        struct row row = row_of(c, i);
        if (row.seq)
            must(store_put_row(c->store, &row, false));
    }
    must(store_put_watermark(c->store, c->seq, &(struct store_counters){.seq = c->seq, .number = INCIDENTS}));
    must(store_commit(c->store));
    must(store_drain(c->store));
    if (c->seq > KEPT)
        must(c->store->own->ops->trim(c->store->own, c->seq - KEPT));
}

static uint64_t file_bytes(const char *folder)
{
    char path[512];
    struct stat status;
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static int run_cycles(const char *folder, uint64_t wanted)
{
    struct cycle c = {0};
    const char *fault;
    struct store_options options = {.create = true, .front = true, .journal = JOURNAL};
    uint64_t steady = 0, largest = 0;
    if (store_open(folder, &options, &c.store, &fault) != 0)
        errx(1, "%s", fault);
    arena_init(&c.arena);
    for (uint64_t swept = 0; c.seq < wanted;) {
        for (size_t i = 0; i < TURN; i++)
            must(store_append(c.store, record_about(&c, c.seq % INCIDENTS), 1));
        must(store_commit(c.store));
        must(store_tend(c.store, false));
        arena_reset(&c.arena);
        if (c.seq - swept < SWEEP)
            continue;
        sweep(&c);
        swept = c.seq;
        largest = file_bytes(folder) > largest ? file_bytes(folder) : largest;
        if (c.seq <= wanted / 10 + SWEEP)
            steady = largest;
    }
    printf("{\"cycles\": %" PRIu64 ", \"steady_mib\": %.2f, \"largest_mib\": %.2f}\n", c.seq,
           (double)steady / (1 << 20), (double)largest / (1 << 20));
    arena_release(&c.arena);
    store_close(c.store);
    return largest <= 2 * steady ? 0 : 1;
}

/* --- readers --- */

static MDB_env *open_env(const char *folder)
{
    MDB_env *env;
    int result = mdb_env_create(&env);
    if (result == 0)
        result = mdb_env_open(env, folder, MDB_RDONLY, 0600);
    if (result != 0)
        errx(1, "%s: %s", folder, mdb_strerror(result));
    return env;
}

static int say_line(const char *line, void *arg)
{
    (void)arg;
    return fputs(line, stdout) < 0 ? -1 : 0;
}

static int list_readers(const char *folder)
{
    MDB_env *env = open_env(folder);
    int listed = mdb_reader_list(env, say_line, NULL);
    mdb_env_close(env);
    return listed < 0;
}

static int hold_reader(const char *folder)
{
    MDB_txn *txn;
    if (mdb_txn_begin(open_env(folder), NULL, MDB_RDONLY, &txn) != 0)
        return 1;
    puts("held");
    fflush(stdout);
    pause();
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "cycle") == 0)
        return run_cycles(argv[2], strtoull(argv[3], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "list") == 0)
        return list_readers(argv[2]);
    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return hold_reader(argv[2]);
    return 2;
}
