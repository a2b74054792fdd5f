#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "panic.h"

#define FAULT_BYTES 256

void secret_keep(void)
{
    ASSERT(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

static int fail(char fault[FAULT_BYTES], int error, const char *path, const char *why)
{
    snprintf(fault, FAULT_BYTES, "%s: %s", path, why);
    return -error;
}

static int check(int fd, const char *path, char fault[FAULT_BYTES])
{
    struct stat found;
    if (fstat(fd, &found) != 0)
        return fail(fault, errno, path, strerror(errno));
    if (!S_ISREG(found.st_mode))
        return fail(fault, EINVAL, path, "is no plain file; a secret is kept in one");
    if (found.st_uid != geteuid() && found.st_uid != 0)
        return fail(fault, EPERM, path, "belongs to another user, who knows the secret; chown it, and make a new key");
    if (found.st_mode & (S_IRWXG | S_IRWXO))
        return fail(fault, EACCES, path, "others may read or write it; chmod 600 it, and make a new key if they did");
    return 0;
}

static int take_line(int fd, const char *path, char *line, size_t size_bytes, char fault[FAULT_BYTES])
{
    ssize_t size = read(fd, line, size_bytes - 1);
    if (size < 0)
        return fail(fault, errno, path, strerror(errno));
    line[size] = '\0';
    size_t length = strcspn(line, "\r\n");
    explicit_bzero(line + length, size_bytes - length);
    return (int)length;
}

/* O_NONBLOCK: a FIFO must not hold us up before it is looked at. */
int secret_read(const char *path, char *line, size_t size_bytes, char fault[FAULT_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0 && errno == ELOOP)
        return fail(fault, ELOOP, path, "is a symbolic link; name the file itself");
    if (fd < 0)
        return fail(fault, errno, path, strerror(errno));
    int result = check(fd, path, fault);
    if (result == 0)
        result = take_line(fd, path, line, size_bytes, fault);
    close(fd);
    return result;
}
