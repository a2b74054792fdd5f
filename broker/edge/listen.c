#include "broker/edge/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "broker/base/secret.h"
#include "broker/edge/zap.h"

/* Debian's header hides it behind the draft macro; the library has it. Without it a missing ZAP handler lets all in. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

#define IPC "ipc://"
#define TCP "tcp://"

static int fail(char fault[FAULT_BYTES], int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(char fault[FAULT_BYTES], int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault, FAULT_BYTES, format, args);
    va_end(args);
    return -error;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static const struct {
    int option, value;
} OPTIONS[] = {
    {ZMQ_ROUTER_MANDATORY, 1}, /* else a full queue drops silently */
    {ZMQ_ROUTER_HANDOVER, 0},  /* a routing id is a claim: the first to make it keeps it */
    {ZMQ_RCVHWM, PEER_RECEIVE_MAX},
    {ZMQ_LINGER, LINGER_MAX_MS},
    {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MAX_MS},
    {ZMQ_HEARTBEAT_IVL, SOCKET_HEARTBEAT_MS},
    {ZMQ_HEARTBEAT_TIMEOUT, 3 * SOCKET_HEARTBEAT_MS},
    {ZMQ_HEARTBEAT_TTL, 3 * SOCKET_HEARTBEAT_MS},
    {ZMQ_BACKLOG, LISTEN_BACKLOG},
    {ZMQ_IPV6, 0},
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, 60},
    {ZMQ_TCP_KEEPALIVE_INTVL, 10},
    {ZMQ_TCP_KEEPALIVE_CNT, 3},
    {ZMQ_ZAP_ENFORCE_DOMAIN, 1},
};

static void set_text(void *socket, int option, const char *text)
{
    ASSERT(zmq_setsockopt(socket, option, text, strlen(text)) == 0);
}

static void set_limits(void *socket, char endpoint)
{
    int send_max = endpoint == 'P' || endpoint == 'W' ? PEER_SEND_MAX : ANSWER_SEND_MAX;
    int64_t frame_max = FRAME_MAX_BYTES;
    ASSERT(zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) == 0);
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++)
        ASSERT(zmq_setsockopt(socket, OPTIONS[i].option, &OPTIONS[i].value, sizeof(int)) == 0);
    ASSERT(zmq_setsockopt(socket, ZMQ_SNDHWM, &send_max, sizeof(send_max)) == 0);
}

static int address_check(const char *address, const struct listen_options *options, char fault[FAULT_BYTES])
{
    struct sockaddr_un file;
    if (starts(address, IPC)) {
        if (address[strlen(IPC)] != '/') /* an abstract name has no permissions, a relative one no certain place */
            return fail(fault, EINVAL, "%s: an ipc address is an absolute path: ipc:///run/bihuan/publish", address);
        if (strlen(address + strlen(IPC)) >= sizeof(file.sun_path))
            return fail(fault, ENAMETOOLONG, "%s: the path of a socket has at most %zu bytes", address,
                        sizeof(file.sun_path) - 1);
        return 0;
    }
    if (!starts(address, TCP))
        return fail(fault, EINVAL, "%s: an address starts with ipc:// or tcp://", address);
    if (options->insecure && !starts(address, TCP "127.0.0.1:"))
        return fail(fault, EINVAL, "%s: plain tcp is for 127.0.0.1 only; elsewhere leave out --insecure", address);
    if (!options->insecure && !options->secret_key[0])
        return fail(fault, EINVAL, "%s: tcp needs the broker's secret key (or --insecure, on 127.0.0.1)", address);
    return 0;
}

int listen_prepare(void *zmq_context, const char *address, const struct listen_options *options, void **zmq_socket_out,
                   char fault[FAULT_BYTES])
{
    int error = address_check(address, options, fault);
    if (error)
        return error;
    void *socket = zmq_socket(zmq_context, ZMQ_ROUTER);
    if (!socket)
        return fail(fault, errno, "%s: no socket: %s", address, zmq_strerror(errno));
    set_limits(socket, options->endpoint);
    if (starts(address, IPC)) {
        set_text(socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN_IPC);
    } else if (options->insecure) {
        set_text(socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN_INSECURE);
    } else {
        int server = 1;
        set_text(socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN_CURVE);
        ASSERT(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &server, sizeof(server)) == 0);
        set_text(socket, ZMQ_CURVE_SECRETKEY, options->secret_key);
    }
    *zmq_socket_out = socket;
    return 0;
}

static int folder_make(const char *path, char fault[FAULT_BYTES])
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct stat found;
    size_t size = (size_t)(strrchr(path, '/') - path);
    memcpy(folder, path, size);
    folder[size] = '\0';
    if (size == 0 || mkdir(folder, 0750) == 0)
        return 0;
    if (errno != EEXIST)
        return fail(fault, errno, "%s: cannot make the folder of the sockets: %s", folder, strerror(errno));
    if (stat(folder, &found) != 0 || !S_ISDIR(found.st_mode))
        return fail(fault, ENOTDIR, "%s: is no folder", folder);
    return 0;
}

/* 0: nobody listens there any more. */
static int probe(const char *path)
{
    struct sockaddr_un file = {.sun_family = AF_UNIX};
    memcpy(file.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int error = connect(fd, (struct sockaddr *)&file, sizeof(file)) == 0 ? EADDRINUSE : errno;
    close(fd);
    return error == ECONNREFUSED || error == ENOENT ? 0 : error == EAGAIN ? EADDRINUSE : error;
}

/* libzmq unlinks whatever is at the path before it binds: what may not be lost is looked for here. */
static int path_clear(const char *path, char fault[FAULT_BYTES])
{
    struct stat found;
    if (lstat(path, &found) != 0)
        return errno == ENOENT ? 0 : fail(fault, errno, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(found.st_mode))
        return fail(fault, EEXIST, "%s: there is a file that is no socket; move it away", path);
    int error = probe(path);
    if (error == EADDRINUSE)
        return fail(fault, error, "%s: a broker answers there already", path);
    if (error)
        return fail(fault, error, "%s: cannot tell whether a broker answers there: %s", path, strerror(error));
    return unlink(path) == 0 || errno == ENOENT ? 0 : fail(fault, errno, "%s: %s", path, strerror(errno));
}

int listen_bind(void *zmq_socket, const char *address, char fault[FAULT_BYTES])
{
    if (starts(address, IPC)) {
        const char *path = address + strlen(IPC);
        int error = folder_make(path, fault);
        if (!error)
            error = path_clear(path, fault);
        if (error)
            return error;
    }
    mode_t before = umask(0117); /* who may connect is a matter of the file: owner and group */
    int failed = zmq_bind(zmq_socket, address) ? errno : 0;
    umask(before);
    return failed ? fail(fault, failed, "%s: cannot listen: %s", address, zmq_strerror(failed)) : 0;
}

void listen_unlink(const char *address)
{
    if (starts(address, IPC))
        unlink(address + strlen(IPC));
}

int listen_read_key(const char *path, char key[LISTEN_KEY_CHARS + 1], char fault[FAULT_BYTES])
{
    char text[LISTEN_KEY_CHARS + 3];
    uint8_t raw[32];
    int length = secret_read(path, text, sizeof(text), fault);
    if (length < 0)
        return length;
    bool good = length == LISTEN_KEY_CHARS && zmq_z85_decode(raw, text);
    if (good)
        memcpy(key, text, LISTEN_KEY_CHARS + 1);
    explicit_bzero(text, sizeof(text));
    explicit_bzero(raw, sizeof(raw));
    return good ? 0 : fail(fault, EINVAL, "%s: a secret key file is one line of 40 Z85 characters", path);
}
