/* limit_lmdb: LMDB alone with the bytes of our records: so many a transaction, appended in order, each commit durable.
 *   limit_lmdb FOLDER SECONDS BYTES GROUP */
#include "bench/limit.h"

#include <lmdb.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct histogram times;

static void check(int error)
{
    if (error) {
        fprintf(stderr, "limit_lmdb: %s\n", mdb_strerror(error));
        exit(1);
    }
}

static void commit_group(MDB_env *env, uint64_t *seq, size_t group, size_t size, void *bytes)
{
    MDB_txn *txn;
    MDB_dbi table;
    check(mdb_txn_begin(env, NULL, 0, &txn));
    check(mdb_dbi_open(txn, "records", MDB_CREATE | MDB_INTEGERKEY, &table));
    for (size_t i = 0; i < group; i++) {
        ++*seq;
        memcpy(bytes, seq, sizeof(*seq));
        MDB_val key = {sizeof(*seq), seq}, value = {size, bytes};
        check(mdb_put(txn, table, &key, &value, MDB_APPEND));
    }
    check(mdb_txn_commit(txn));
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return fprintf(stderr, "usage: %s FOLDER SECONDS BYTES GROUP\n", argv[0]), 2;
    size_t size = strtoul(argv[3], NULL, 10), group = strtoul(argv[4], NULL, 10);
    void *bytes = calloc(1, size < sizeof(uint64_t) ? sizeof(uint64_t) : size);
    uint64_t seq = 0;
    MDB_env *env;
    char path[4096];
    if (!bytes || mkdir(argv[1], 0700) != 0)
        limit_fail(argv[1]);
    check(mdb_env_create(&env));
    check(mdb_env_set_mapsize(env, (size_t)64 << 30));
    check(mdb_env_set_maxdbs(env, 1));
    check(mdb_env_open(env, argv[1], 0, 0600));
    double began = limit_now_s(), ends = began + strtod(argv[2], NULL), before, now;
    for (before = began; before < ends; before = now) {
        commit_group(env, &seq, group, size, bytes);
        now = limit_now_s();
        histogram_add(&times, (uint64_t)((now - before) * 1e9));
    }
    limit_print("lmdb", &times, (double)group, before - began);
    mdb_env_close(env);
    free(bytes);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s.mdb", argv[1], i ? "data" : "lock");
        unlink(path);
    }
    return rmdir(argv[1]);
}
