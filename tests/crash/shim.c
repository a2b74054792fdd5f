/* shim.c, preloaded: stands between a process and the files of one folder. It writes down what is done to them, or lets one
 * call fail. LMDB flushes its meta page by a write on a second descriptor opened O_DSYNC, so each descriptor's flags count.
 *
 *   SHIM_FOLDER  whose files
 *   SHIM_TRACE   file to write to (trace.h)
 *   SHIM_COUNT   file that gets the number of calls seen, at the end
 *   SHIM_FAIL    N:ERROR:HOW[:CALL] — the Nth call (from 1, of those named CALL, if given) fails with ERROR (EIO, ENOSPC; a
 *                number). CALL: open, meta, front, ahead, write, sync, size, rename, unlink, read. HOW: once; ever (so do all after it); short (half is written, and ERROR comes with the next call);
 *                after (it is done, and said to have failed). The first that fails is told on stderr
 */
#undef _FORTIFY_SOURCE /* it stands in for what the hardened headers would wrap */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/crash/trace.h"

#define FDS_MAX   4096
#define FILES_MAX 256

enum how { HOW_NOT, HOW_ONCE, HOW_EVER, HOW_SHORT, HOW_AFTER };

static struct {
    pthread_mutex_t mutex;
    bool ready;
    char folder[PATH_MAX];
    size_t folder_length;
    int trace;
    const char *count_file;
    uint32_t ops, calls;
    uint32_t fail_at;
    int fail_errno;
    enum how how;
    char fail_call[32];
    bool next_fails; /* after a short one */
    char *paths[FILES_MAX];
    uint32_t file_count; /* 0 is the folder itself */
    struct {
        bool watched;
        uint32_t file, flags;
    } fds[FDS_MAX];
} shim = {.mutex = PTHREAD_MUTEX_INITIALIZER, .trace = -1, .file_count = 1};

static void write_all(int fd, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        long written = syscall(SYS_write, fd, (const char *)bytes + done, size - done);
        if (written <= 0)
            _exit(99);
        done += (size_t)written;
    }
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- the trace --- */

static uint32_t tell(struct trace_event event, const struct iovec *parts, int count)
{
    event.ns = now_ns();
    for (int i = 0; i < count; i++)
        event.size += parts[i].iov_len;
    if (event.kind != TRACE_END)
        event.op = ++shim.ops;
    if (shim.trace >= 0) {
        write_all(shim.trace, &event, sizeof event);
        for (int i = 0; i < count; i++)
            write_all(shim.trace, parts[i].iov_base, parts[i].iov_len);
        write_all(shim.trace, (char[8]){0}, -event.size % 8);
    }
    return event.op;
}

static void tell_end(uint32_t op, int64_t result)
{
    pthread_mutex_lock(&shim.mutex);
    tell((struct trace_event){.kind = TRACE_END, .op = op, .result = result}, NULL, 0);
    pthread_mutex_unlock(&shim.mutex);
}

/* --- which call fails --- */

static enum how parse_how(const char *text)
{
    static const struct {
        const char *name;
        enum how how;
    } names[] = {{"once", HOW_ONCE}, {"ever", HOW_EVER}, {"short", HOW_SHORT}, {"after", HOW_AFTER}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, text) == 0)
            return names[i].how;
    return HOW_NOT;
}

static void parse_fail(const char *text)
{
    char name[16] = "", how[16] = "";
    if (sscanf(text, "%u:%15[^:]:%15[^:]:%31s", &shim.fail_at, name, how, shim.fail_call) < 3)
        return;
    shim.fail_errno = strcmp(name, "ENOSPC") == 0 ? ENOSPC
                      : strcmp(name, "EIO") == 0  ? EIO
                                                  : (int)strtol(name, NULL, 10);
    shim.how = parse_how(how);
}

static void tell_struck(const char *call, uint32_t number)
{
    char line[96];
    int size = snprintf(line, sizeof line, "shim struck=%s number=%u\n", call, number);
    if (number == shim.fail_at)
        write_all(STDERR_FILENO, line, (size_t)size);
}

/* What becomes of this call. */
static enum how fate(const char *call)
{
    if (*shim.fail_call && strcmp(shim.fail_call, call) != 0)
        return HOW_NOT;
    uint32_t number = ++shim.calls;
    if (shim.next_fails) {
        shim.next_fails = false;
        return HOW_ONCE;
    }
    if (shim.how == HOW_NOT || number < shim.fail_at || (number > shim.fail_at && shim.how != HOW_EVER))
        return HOW_NOT;
    shim.next_fails = shim.how == HOW_SHORT;
    tell_struck(call, number);
    return shim.how;
}

static void begin_once(void)
{
    const char *folder = getenv("SHIM_FOLDER"), *trace = getenv("SHIM_TRACE"), *fail = getenv("SHIM_FAIL");
    shim.ready = true;
    if (!folder)
        return;
    snprintf(shim.folder, sizeof shim.folder, "%s", folder);
    shim.folder_length = strlen(shim.folder);
    shim.count_file = getenv("SHIM_COUNT");
    if (trace)
        shim.trace = (int)syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fail)
        parse_fail(fail);
}

static void begin(void)
{
    pthread_mutex_lock(&shim.mutex);
    if (!shim.ready)
        begin_once();
    pthread_mutex_unlock(&shim.mutex);
}

__attribute__((destructor)) static void end(void)
{
    if (!shim.count_file)
        return;
    FILE *out = fopen(shim.count_file, "w");
    if (!out)
        return;
    fprintf(out, "%u\n", shim.calls);
    fclose(out);
}

/* --- whose files --- */

/* The path below the folder, "" for the folder itself, NULL for any other. */
static const char *below(const char *path)
{
    if (!shim.folder_length || strncmp(path, shim.folder, shim.folder_length) != 0)
        return NULL;
    const char *rest = path + shim.folder_length;
    if (*rest == '\0')
        return rest;
    return *rest == '/' ? rest + 1 : NULL;
}

static uint32_t file_of(const char *path)
{
    if (*path == '\0')
        return 0;
    for (uint32_t i = 1; i < shim.file_count; i++)
        if (strcmp(shim.paths[i], path) == 0)
            return i;
    if (shim.file_count == FILES_MAX)
        _exit(98);
    shim.paths[shim.file_count] = strdup(path);
    return shim.file_count++;
}

/* Locks are not the store's content, nor is the folder around it. */
static bool is_content(const char *path)
{
    return !strstr(path, "lock") && !strstr(path, "..");
}

static bool watched(int fd)
{
    return fd >= 0 && fd < FDS_MAX && shim.fds[fd].watched;
}

static void take(int fd, const char *path, int flags)
{
    uint32_t file = file_of(path), made = flags & O_CREAT ? TRACE_MADE : 0;
    if (fd >= FDS_MAX)
        _exit(97);
    shim.fds[fd].watched = true;
    shim.fds[fd].file = file;
    shim.fds[fd].flags = (flags & O_DSYNC) ? TRACE_DSYNC : 0;
    tell((struct trace_event){.kind = TRACE_OPEN, .file = file, .flags = made},
         &(struct iovec){(void *)path, strlen(path) + 1}, 1);
}

static int open_as(int folder, const char *path, int flags, mode_t mode)
{
    begin();
    const char *rest = below(path);
    bool ours = rest && is_content(rest);
    pthread_mutex_lock(&shim.mutex);
    enum how how = ours ? fate("open") : HOW_NOT;
    pthread_mutex_unlock(&shim.mutex);
    if (how == HOW_ONCE || how == HOW_EVER) {
        errno = shim.fail_errno;
        return -1;
    }
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0 && ours) {
        pthread_mutex_lock(&shim.mutex);
        take(fd, rest, flags);
        pthread_mutex_unlock(&shim.mutex);
    }
    return fd;
}

#define MODE_OF(flags)                                                                                                 \
    ({                                                                                                                 \
        mode_t mode = 0;                                                                                               \
        if ((flags)&O_CREAT) {                                                                                         \
            va_list args;                                                                                              \
            va_start(args, flags);                                                                                     \
            mode = va_arg(args, mode_t);                                                                               \
            va_end(args);                                                                                              \
        }                                                                                                              \
        mode;                                                                                                          \
    })

int open(const char *path, int flags, ...)
{
    return open_as(AT_FDCWD, path, flags, MODE_OF(flags));
}

int open64(const char *path, int flags, ...)
{
    return open_as(AT_FDCWD, path, flags, MODE_OF(flags));
}

int openat(int folder, const char *path, int flags, ...)
{
    return open_as(folder, path, flags, MODE_OF(flags));
}

int close(int fd)
{
    if (watched(fd))
        shim.fds[fd].watched = false;
    return (int)syscall(SYS_close, fd);
}

/* --- writing --- */

static size_t size_of(const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

/* The first so many bytes. */
static ssize_t put_some(int fd, const struct iovec *parts, int count, off_t at, size_t size)
{
    size_t done = 0;
    for (int i = 0; i < count && done < size; i++) {
        size_t part = parts[i].iov_len < size - done ? parts[i].iov_len : size - done;
        long written = syscall(SYS_pwrite64, fd, parts[i].iov_base, part, at + (off_t)done);
        if (written < 0)
            return -1;
        done += (size_t)written;
    }
    return (ssize_t)done;
}

/* LMDB's meta pages, entries of the log in front of it, the zeros ahead of those (which may fail), and all else. */
static const char *call_of(int fd, int count)
{
    const char *path = shim.paths[shim.fds[fd].file];
    if (strstr(path, "front"))
        return count > 1 ? "front" : "ahead";
    return shim.fds[fd].flags & TRACE_DSYNC ? "meta" : "write";
}

static ssize_t write_at(int fd, const struct iovec *parts, int count, off_t at)
{
    pthread_mutex_lock(&shim.mutex);
    enum how how = fate(call_of(fd, count));
    if (how == HOW_ONCE || how == HOW_EVER) {
        pthread_mutex_unlock(&shim.mutex);
        errno = shim.fail_errno;
        return -1;
    }
    uint32_t op = tell(
        (struct trace_event){
            .kind = TRACE_WRITE, .file = shim.fds[fd].file, .flags = shim.fds[fd].flags, .offset = (uint64_t)at},
        parts, count);
    pthread_mutex_unlock(&shim.mutex);
    size_t size = size_of(parts, count);
    ssize_t written = how == HOW_SHORT ? put_some(fd, parts, count, at, size / 2)
                                       : (ssize_t)syscall(SYS_pwritev, fd, parts, count, at, 0);
    int error = errno;
    tell_end(op, written);
    errno = how == HOW_AFTER ? shim.fail_errno : error;
    return how == HOW_AFTER ? -1 : written;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    return watched(fd) ? write_at(fd, parts, count, at) : (ssize_t)syscall(SYS_pwritev, fd, parts, count, at, 0);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at)
{
    return pwritev(fd, parts, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (!watched(fd))
        return (ssize_t)syscall(SYS_pwrite64, fd, bytes, size, at);
    return write_at(fd, &(struct iovec){(void *)bytes, size}, 1, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
    return pwrite(fd, bytes, size, at);
}

/* At the descriptor's place, which moves on. */
static ssize_t write_here(int fd, const struct iovec *parts, int count)
{
    off_t at = (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
    ssize_t written = write_at(fd, parts, count, at);
    if (written > 0)
        syscall(SYS_lseek, fd, at + written, SEEK_SET);
    return written;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return watched(fd) ? write_here(fd, parts, count) : (ssize_t)syscall(SYS_writev, fd, parts, count);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return watched(fd) ? write_here(fd, &(struct iovec){(void *)bytes, size}, 1)
                       : (ssize_t)syscall(SYS_write, fd, bytes, size);
}

/* --- all else that changes a file --- */

/* An op without bytes: told, done, its end told. */
static int pass(const char *call, struct trace_event event, long number, long a, long b, long c, long d)
{
    pthread_mutex_lock(&shim.mutex);
    enum how how = fate(call);
    if (how == HOW_ONCE || how == HOW_EVER || how == HOW_SHORT) {
        pthread_mutex_unlock(&shim.mutex);
        errno = shim.fail_errno;
        return -1;
    }
    uint32_t op = tell(event, NULL, 0);
    pthread_mutex_unlock(&shim.mutex);
    int result = (int)syscall(number, a, b, c, d);
    int error = errno;
    tell_end(op, result);
    errno = how == HOW_AFTER ? shim.fail_errno : error;
    return how == HOW_AFTER ? -1 : result;
}

int fdatasync(int fd)
{
    return watched(fd) ? pass("sync", (struct trace_event){.kind = TRACE_SYNC, .file = shim.fds[fd].file},
                              SYS_fdatasync, fd, 0, 0, 0)
                       : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return watched(fd) ? pass("sync", (struct trace_event){.kind = TRACE_SYNC, .file = shim.fds[fd].file}, SYS_fsync,
                              fd, 0, 0, 0)
                       : (int)syscall(SYS_fsync, fd);
}

/* Nothing of ours is written through a mapping: whoever begins to must be noticed. */
int msync(void *at, size_t size, int flags)
{
    if (shim.folder_length)
        _exit(96);
    return (int)syscall(SYS_msync, at, size, flags);
}

int ftruncate(int fd, off_t size)
{
    return watched(fd)
               ? pass("size",
                      (struct trace_event){.kind = TRACE_SIZE, .file = shim.fds[fd].file, .offset = (uint64_t)size},
                      SYS_ftruncate, fd, size, 0, 0)
               : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return ftruncate(fd, size);
}

int fallocate(int fd, int mode, off_t at, off_t size)
{
    return watched(fd) ? pass("size",
                              (struct trace_event){
                                  .kind = TRACE_SIZE, .file = shim.fds[fd].file, .offset = (uint64_t)(at + size)},
                              SYS_fallocate, fd, mode, at, size)
                       : (int)syscall(SYS_fallocate, fd, mode, at, size);
}

int posix_fallocate(int fd, off_t at, off_t size)
{
    return fallocate(fd, 0, at, size) == 0 ? 0 : errno;
}

/* What names a file. */
static int name_call(const char *call, struct trace_event event, const char *from, const char *to)
{
    struct iovec parts[2] = {{(void *)from, strlen(from) + 1}, {(void *)to, to ? strlen(to) + 1 : 0}};
    pthread_mutex_lock(&shim.mutex);
    enum how how = fate(call);
    if (how == HOW_NOT || how == HOW_AFTER)
        event.op = tell(event, parts, to ? 2 : 1);
    pthread_mutex_unlock(&shim.mutex);
    if (how == HOW_NOT || how == HOW_AFTER)
        return (int)event.op;
    errno = shim.fail_errno;
    return -1;
}

int rename(const char *from, const char *to)
{
    begin();
    const char *ours = below(from), *into = below(to);
    int op = ours && into ? name_call("rename", (struct trace_event){.kind = TRACE_RENAME}, ours, into) : 0;
    if (op < 0)
        return -1;
    int result = (int)syscall(SYS_rename, from, to);
    if (op > 0)
        tell_end((uint32_t)op, result);
    return result;
}

int unlink(const char *path)
{
    begin();
    const char *ours = below(path);
    int op = ours && is_content(ours) ? name_call("unlink", (struct trace_event){.kind = TRACE_UNLINK}, ours, NULL) : 0;
    if (op < 0)
        return -1;
    int result = (int)syscall(SYS_unlink, path);
    if (op > 0)
        tell_end((uint32_t)op, result);
    return result;
}

/* --- reading, which can fail too --- */

static bool read_fails(int fd)
{
    if (!watched(fd))
        return false;
    pthread_mutex_lock(&shim.mutex);
    enum how how = fate("read");
    pthread_mutex_unlock(&shim.mutex);
    errno = shim.fail_errno;
    return how != HOW_NOT;
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
    return read_fails(fd) ? -1 : (ssize_t)syscall(SYS_pread64, fd, bytes, size, at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off_t at)
{
    return pread(fd, bytes, size, at);
}
