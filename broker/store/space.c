/* space.c: how much room there is. */
#include "broker/store/store_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define SPACE_OLD_MS  1000
#define BEHIND_FACTOR 2 /* what a page holds may be half of it: of values two of which do not fit into one */

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

/* LMDB tells its readers as lines of text: pid, thread, transaction ("-" when it holds none). */
struct reader_count {
    uint32_t foreign;
};

static int count_reader(const char *line, void *arg)
{
    int pid;
    char transaction[32];
    if (sscanf(line, "%d %*s %31s", &pid, transaction) == 2 && pid != getpid() && strcmp(transaction, "-") != 0)
        ((struct reader_count *)arg)->foreign++;
    return 0;
}

static void measure_space(struct store *s)
{
    struct reader_count readers = {0};
    struct statvfs disk;
    struct stat file;
    mdb_reader_list(s->env, count_reader, &readers);
    s->space = (struct store_space){.map_bytes = s->map_bytes, .used_bytes = used_bytes(s), .readers = readers.foreign};
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
        measure_space(s);
        s->space_ms = now_ms;
    }
    *out = s->space;
    out->behind = behind_bytes(s);
    out->used_bytes += BEHIND_FACTOR * out->behind;
    out->tail = s->meta.sequence - s->meta.watermark;
}
