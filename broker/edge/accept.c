#include "broker/edge/accept.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker/base/limits.h"

static _Atomic uint64_t turned_away;

uint64_t accept_turned_away(void)
{
    return atomic_load(&turned_away);
}

/* The lowest free number is given out, so what a number is says how many are in use at least. */
static int connection_fd_max(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX)
        return INT32_MAX;
    return (int)limit.rlim_cur - FILES_RESERVED;
}

/* libzmq aborts on any other; these are of connections that broke before they were taken (accept(2), Linux). */
static int known_to_libzmq(int error)
{
    switch (error) {
    case EAGAIN:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return error;
    default:
        return ECONNABORTED;
    }
}

/* In place of the C library's, for the libraries too: an executable's symbols come first. One that is too many is taken and
 * closed, so that nothing is left to wake up for. */
int accept4(int listening, struct sockaddr *address, socklen_t *size, int flags)
{
    int fd = (int)syscall(SYS_accept4, listening, address, size, flags);
    if (fd < 0) {
        errno = known_to_libzmq(errno);
    } else if (fd >= connection_fd_max()) {
        close(fd);
        atomic_fetch_add(&turned_away, 1);
        errno = ECONNABORTED;
        fd = -1;
    }
    return fd;
}
