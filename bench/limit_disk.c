/* limit_disk: durable writes, one at a time, and nothing else.
 *   limit_disk FILE SECONDS BYTES fdatasync    appended, then fdatasync
 *   limit_disk FILE SECONDS BYTES dsync        over zeros that are there, by O_DSYNC, as the log in front writes */
#include "bench/limit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PREPARED_BYTES (64 << 20)

static struct histogram times;

static int prepare(const char *path)
{
    static char zeros[1 << 20];
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    for (int i = 0; fd >= 0 && i < PREPARED_BYTES / (int)sizeof(zeros); i++)
        if (write(fd, zeros, sizeof(zeros)) != sizeof(zeros))
            limit_fail(path);
    if (fd < 0 || fsync(fd) != 0 || close(fd) != 0)
        limit_fail(path);
    return open(path, O_WRONLY | O_DSYNC | O_CLOEXEC);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return fprintf(stderr, "usage: %s FILE SECONDS BYTES fdatasync|dsync\n", argv[0]), 2;
    int appends = strcmp(argv[4], "fdatasync") == 0;
    int fd = appends ? open(argv[1], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600) : prepare(argv[1]);
    size_t size = strtoul(argv[3], NULL, 10);
    char *page = calloc(1, size);
    off_t at = 0;
    if (fd < 0 || !page || size > PREPARED_BYTES)
        limit_fail(argv[1]);
    double began = limit_now_s(), ends = began + strtod(argv[2], NULL), before, now;
    for (before = began; before < ends; before = now) {
        if (pwrite(fd, page, size, at) != (ssize_t)size || (appends && fdatasync(fd) != 0))
            limit_fail(argv[1]);
        at += (off_t)size;
        if (!appends && at + (off_t)size > PREPARED_BYTES)
            at = 0;
        now = limit_now_s();
        histogram_add(&times, (uint64_t)((now - before) * 1e9));
    }
    limit_print(argv[4], &times, 1, before - began);
    close(fd);
    free(page);
    unlink(argv[1]);
    return 0;
}
