/* space.c: how much room there is. */
#include "broker/store/store_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "broker/base/log.h"

#define SPACE_OLD_MS    1000
#define READER_ALARM_MS 5000  /* a foreign reader is told of when it has held a snapshot for so long, */
#define READER_AGAIN_MS 60000 /* and again */
#define BEHIND_FACTOR   2     /* what a page holds may be half of it: of values two of which do not fit into one */

static uint64_t table_bytes(MDB_txn *txn, MDB_dbi table)
{
    MDB_stat stat;
    if (mdb_stat(txn, table, &stat) != 0)
        return 0;
    return (uint64_t)(stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize;
}

/* Pages in use, not the file's length: freed pages are used again. */
static uint64_t used_bytes(struct store *s)
{
    int error;
    MDB_txn *txn = store_read_begin(s, &error);
    if (!txn)
        return s->map_bytes;
    uint64_t used = table_bytes(txn, 0) + table_bytes(txn, 1); /* LMDB's own two: free pages, table roots */
    for (int i = 0; i < TABLE_END; i++)
        used += table_bytes(txn, s->tables[i]);
    store_read_end(s);
    return used;
}

/* --- foreign readers --- */

/* LMDB tells its readers as lines of text: pid, thread, transaction ("-" when it holds none). */
struct reader_count {
    uint32_t foreign;
    int pid; /* of one of them */
};

static int count_reader(const char *line, void *arg)
{
    struct reader_count *count = arg;
    int pid;
    char transaction[32];
    if (sscanf(line, "%d %*s %31s", &pid, transaction) == 2 && pid != getpid() && strcmp(transaction, "-") != 0) {
        count->foreign++;
        count->pid = pid;
    }
    return 0;
}

/* Whoever reads a snapshot keeps every page that is freed meanwhile, and the file grows. Somebody should know. */
static void tell_readers(struct store *s, struct reader_count count, int64_t now_ms)
{
    if (count.foreign == 0) {
        if (s->reader_told_ms)
            log_info("store: the foreign reader is gone");
        s->reader_since_ms = s->reader_told_ms = 0;
        return;
    }
    if (!s->reader_since_ms)
        s->reader_since_ms = now_ms;
    if (now_ms - s->reader_since_ms < READER_ALARM_MS || now_ms - s->reader_told_ms < READER_AGAIN_MS)
        return;
    s->reader_told_ms = now_ms;
    log_warn(
        "store: a foreign reader holds a snapshot, and the file grows while it does pid=%d readers=%u seconds=%lld",
        count.pid, count.foreign, (long long)((now_ms - s->reader_since_ms) / 1000));
}

/* Of those that died their places are taken back first. */
static uint32_t look_for_readers(struct store *s, int64_t now_ms)
{
    struct reader_count count = {0};
    int dead;
    if (!s->read_only)
        mdb_reader_check(s->env, &dead);
    mdb_reader_list(s->env, count_reader, &count);
    tell_readers(s, count, now_ms);
    return count.foreign;
}

static void measure_space(struct store *s, int64_t now_ms)
{
    struct statvfs disk;
    struct stat file;
    s->space = (struct store_space){
        .map_bytes = s->map_bytes, .used_bytes = used_bytes(s), .readers = look_for_readers(s, now_ms)};
    if (fstatvfs(s->data_fd, &disk) != 0 || fstat(s->data_fd, &file) != 0)
        return;
    uint64_t reachable = (uint64_t)file.st_size + (uint64_t)disk.f_bavail * disk.f_frsize;
    s->space.map_bytes = reachable < s->map_bytes ? reachable : s->map_bytes;
}

/* Asked before every publish: measured once a turn, and again when others may have changed the disk meanwhile. */
void store_space(struct store *s, struct store_space *out)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    int64_t now_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (s->space_ms == 0 || now_ms - s->space_ms >= SPACE_OLD_MS) {
        measure_space(s, now_ms);
        s->space_ms = now_ms;
    }
    *out = s->space;
    out->behind = behind_bytes(s);
    out->used_bytes += BEHIND_FACTOR * out->behind;
    out->tail = s->meta.sequence - s->meta.watermark;
}
