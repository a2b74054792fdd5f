/* The disk under the log in front of the tables: a write is torn, or its end is not told, or it waits, as planted; and the
 * tables follow late. All else is written as always. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "broker/base/buffer.h"
#include "broker/base/panic.h"
#include "tests/sim/world.h"

#define SECTOR_BYTES 512
#define LATE_NS      2000000 /* a few turns, at most */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t let_go;
    enum crash planted, struck;
    bool held, late, tables_fail;
    unsigned waiting;
    struct chance tears, lateness;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER, .let_go = PTHREAD_COND_INITIALIZER, .tears = {7}, .lateness = {11}};

void disk_plant(enum crash crash)
{
    pthread_mutex_lock(&disk.mutex);
    disk.planted = crash;
    disk.struck = CRASH_NONE;
    pthread_mutex_unlock(&disk.mutex);
}

enum crash disk_struck(void)
{
    pthread_mutex_lock(&disk.mutex);
    enum crash struck = disk.struck;
    pthread_mutex_unlock(&disk.mutex);
    return struck;
}

void disk_hold(bool held)
{
    pthread_mutex_lock(&disk.mutex);
    disk.held = held;
    pthread_cond_broadcast(&disk.let_go);
    pthread_mutex_unlock(&disk.mutex);
}

bool disk_holds(void)
{
    pthread_mutex_lock(&disk.mutex);
    bool holds = disk.waiting > 0;
    pthread_mutex_unlock(&disk.mutex);
    return holds;
}

static bool is_log(int fd)
{
    char link[64], path[256] = "";
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    return readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, "/front.");
}

void disk_be_late(bool late)
{
    pthread_mutex_lock(&disk.mutex);
    disk.late = late;
    pthread_mutex_unlock(&disk.mutex);
}

void disk_seed(uint64_t seed)
{
    pthread_mutex_lock(&disk.mutex);
    disk.tears.state = seed;
    pthread_mutex_unlock(&disk.mutex);
}

void disk_fail_tables(bool fail)
{
    pthread_mutex_lock(&disk.mutex);
    disk.tables_fail = fail;
    pthread_mutex_unlock(&disk.mutex);
}

/* What is to become of a write, when its time has come. */
static enum crash await(void)
{
    pthread_mutex_lock(&disk.mutex);
    for (disk.waiting++; disk.held;)
        pthread_cond_wait(&disk.let_go, &disk.mutex);
    disk.waiting--;
    enum crash crash = disk.planted;
    disk.struck = crash ? crash : disk.struck;
    disk.planted = CRASH_NONE;
    pthread_mutex_unlock(&disk.mutex);
    return crash;
}

/* Some sectors arrive, whichever. */
static void tear(int fd, const struct iovec *parts, int count, off_t at)
{
    struct buffer bytes = {0};
    for (int i = 0; i < count; i++)
        buffer_append(&bytes, parts[i].iov_base, parts[i].iov_len);
    for (size_t done = 0; done < bytes.size; done += SECTOR_BYTES)
        if (chance_percent(&disk.tears, 50))
            ASSERT(pwrite(fd, bytes.data + done, SECTOR_BYTES, at + (off_t)done) == SECTOR_BYTES);
    buffer_release(&bytes);
}

/* In place of the C library's: this is the log's, */
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    enum crash crash = is_log(fd) ? await() : CRASH_NONE;
    if (crash == CRASH_LOST)
        tear(fd, parts, count, at);
    ssize_t written = crash == CRASH_LOST ? 0 : syscall(SYS_pwritev, fd, parts, count, at, 0);
    errno = crash ? EIO : errno;
    return crash ? -1 : written;
}

/* and this the tables'. */
int fdatasync(int fd)
{
    pthread_mutex_lock(&disk.mutex);
    bool fails = disk.tables_fail;
    disk.tables_fail = false;
    struct timespec late = {.tv_nsec = disk.late ? (long)chance_below(&disk.lateness, LATE_NS) : 0};
    pthread_mutex_unlock(&disk.mutex);
    if (late.tv_nsec > 0)
        nanosleep(&late, NULL);
    errno = EIO;
    return fails ? -1 : (int)syscall(SYS_fdatasync, fd);
}
