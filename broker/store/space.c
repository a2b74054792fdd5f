/* space.c: how much room there is, and the file kept ahead of its use. */
#include "broker/store/store_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* Zeros ahead of what is used: at most AHEAD_BYTES, refilled a slice a turn, so that no turn waits for all. Only small
 * turns gain: one that writes more than SMALL_TURN_BYTES shares the cost of growing among its many records, and zeros
 * would be written twice as much (measured: 10 to 22 % slower at 1,024 records). */
#define AHEAD_BYTES      (16u << 20)
#define AHEAD_PART       16 /* of a small map, at most this part */
#define SLICE_BYTES      (1u << 20)
#define SMALL_TURN_BYTES (32u << 10)
#define CHUNK_BYTES      (256u << 10)
#define SPACE_OLD_MS     1000

static uint64_t page_end(struct store *s)
{
    MDB_envinfo info;
    MDB_stat stat;
    mdb_env_info(s->env, &info);
    mdb_env_stat(s->env, &stat);
    return (info.me_last_pgno + 1) * stat.ms_psize;
}

static uint64_t ahead_of(const struct store *s)
{
    uint64_t part = s->map_bytes / AHEAD_PART;
    return part < AHEAD_BYTES ? part : AHEAD_BYTES;
}

/* Extends the file to a size by writing zeros. A failure only means that the next commits grow the file themselves:
 * whether there is room is decided elsewhere, before a turn. */
static void extend(struct store *s, uint64_t end)
{
    static const uint8_t zeros[CHUNK_BYTES];
    end = end < s->map_bytes ? end : s->map_bytes;
    while (s->file_bytes < end) {
        uint64_t size = end - s->file_bytes < CHUNK_BYTES ? end - s->file_bytes : CHUNK_BYTES;
        ssize_t written = pwrite(s->data_fd, zeros, size, (off_t)s->file_bytes);
        if (written <= 0)
            return;
        s->file_bytes += (uint64_t)written;
    }
}

/* LMDB may have grown the file itself, past where zeros were written. */
static uint64_t measure(struct store *s)
{
    struct stat status;
    uint64_t used = page_end(s);
    if (s->file_bytes < used && fstat(s->data_fd, &status) == 0)
        s->file_bytes = (uint64_t)status.st_size > used ? (uint64_t)status.st_size : used;
    return used;
}

void space_ahead(struct store *s, size_t turn_bytes)
{
    uint64_t used = measure(s), full = used + ahead_of(s), next = s->file_bytes + SLICE_BYTES;
    if (turn_bytes <= SMALL_TURN_BYTES && s->file_bytes - used < ahead_of(s) / 2)
        extend(s, next < full ? next : full);
}

void space_prepare(struct store *s)
{
    extend(s, measure(s) + ahead_of(s));
    fdatasync(s->data_fd);
}

/* --- what is used --- */
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
    mdb_reader_list(s->env, count_reader, &readers);
    measure(s);
    s->space = (struct store_space){s->map_bytes, used_bytes(s), readers.foreign, 0};
    if (fstatvfs(s->data_fd, &disk) != 0)
        return;
    uint64_t reachable = s->file_bytes + (uint64_t)disk.f_bavail * disk.f_frsize;
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
    out->tail = s->meta.sequence - s->meta.watermark;
}
