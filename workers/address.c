#include "workers/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "broker/base/secret.h"

#define DEFAULT_BASE "ipc:///run/bihuan"
#define FAULT_BYTES  256

static const struct endpoint {
    char letter;
    const char *name;
    int port_offset;
} endpoints[] = {{'P', "publish", 0}, {'W', "work", 1}, {'C', "command", 2}, {'F', "feed", 3}};

__attribute__((format(printf, 3, 4))) static int fail(int error, char *fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault, FAULT_BYTES, format, args);
    va_end(args);
    return error;
}

static const struct endpoint *endpoint_of(char letter)
{
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
        if (endpoints[i].letter == letter)
            return &endpoints[i];
    return NULL;
}

/* An option, else the environment, else NULL; empty is as good as absent. */
static const char *option(const char *value, const char *variable)
{
    if (!value || !*value)
        value = getenv(variable);
    return value && *value ? value : NULL;
}

/* --- where --- */

static int ipc_endpoint(const char *base, const struct endpoint *endpoint, struct address *out, char *fault)
{
    size_t length = strlen(base);
    while (length > strlen("ipc:///") && base[length - 1] == '/')
        length--;
    int size = snprintf(out->endpoint, sizeof(out->endpoint), "%.*s/%s", (int)length, base, endpoint->name);
    size_t limit = strlen("ipc://") + sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    if (base[strlen("ipc://")] != '/')
        return fail(-EINVAL, fault, "broker \"%s\": an ipc path starts at the root, as in " DEFAULT_BASE, base);
    if (size < 0 || (size_t)size > limit)
        return fail(-ENAMETOOLONG, fault, "broker \"%s\": the path is too long for a unix socket", base);
    return 0;
}

static int tcp_endpoint(const char *base, const struct endpoint *endpoint, struct address *out, char *fault)
{
    const char *colon = strrchr(base, ':');
    char *end = NULL;
    long port = colon > base + strlen("tcp:/") ? strtol(colon + 1, &end, 10) : 0;
    if (port < 1 || port + endpoint->port_offset > 65535 || !end || *end || end == colon + 1)
        return fail(-EINVAL, fault, "broker \"%s\": a tcp address is tcp://host:port, the port of publish", base);
    int size = snprintf(out->endpoint, sizeof(out->endpoint), "%.*s:%ld", (int)(colon - base), base,
                        port + endpoint->port_offset);
    if (size < 0 || (size_t)size >= sizeof(out->endpoint))
        return fail(-ENAMETOOLONG, fault, "broker address is too long");
    return 0;
}

/* --- with which keys --- */

static bool is_key(const char *text)
{
    uint8_t bytes[32];
    return strlen(text) == KEY_TEXT_BYTES - 1 && zmq_z85_decode(bytes, text);
}

/* A public one is anybody's to read. */
static int public_line(const char *path, char *text, size_t size_bytes, char fault[256])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, size_bytes - 1);
    int error = size < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = '\0';
    return error ? fail(-error, fault, "%s: %s", path, strerror(error)) : 0;
}

int client_key_file(const char *path, bool secret, char out[KEY_TEXT_BYTES], char fault[256])
{
    char text[128] = "", why[FAULT_BYTES];
    int error = secret ? secret_read(path, text, sizeof(text), why) : public_line(path, text, sizeof(text), why);
    if (error < 0)
        return fail(error, fault, "key file %.240s", why);
    text[strcspn(text, " \t\r\n")] = '\0';
    bool good = is_key(text);
    if (good)
        memcpy(out, text, KEY_TEXT_BYTES);
    explicit_bzero(text, sizeof(text));
    return good ? 0 : fail(-EINVAL, fault, "key file %s: not a key; 40 characters of Z85 are expected", path);
}

int client_public_key(const char *value, char out[KEY_TEXT_BYTES], char fault[256])
{
    if (!is_key(value) || access(value, F_OK) == 0)
        return client_key_file(value, false, out, fault);
    memcpy(out, value, KEY_TEXT_BYTES);
    return 0;
}

static bool is_loopback(const char *base)
{
    return strncmp(base, "tcp://127.0.0.1:", strlen("tcp://127.0.0.1:")) == 0;
}

static int keys(const struct client_options *options, const char *base, struct address *out, char *fault)
{
    const char *server = option(options->server_key, "BIHUAN_SERVER_KEY");
    const char *file = option(options->key_file, "BIHUAN_KEY_FILE");
    if (!server && is_loopback(base))
        return 0;
    if (!server)
        return fail(-EINVAL, fault, "broker %s: tcp needs the broker's public key (--server-key or $BIHUAN_SERVER_KEY)",
                    base);
    if (!file)
        return fail(-EINVAL, fault, "broker %s: tcp needs your own secret key file (--key-file or $BIHUAN_KEY_FILE)",
                    base);
    int error = client_public_key(server, out->server_key, fault);
    if (!error)
        error = client_key_file(file, true, out->secret_key, fault);
    if (error)
        return error;
    if (zmq_curve_public(out->public_key, out->secret_key) != 0)
        return fail(-EINVAL, fault, "key file %s: no public key fits it", file);
    out->curve = true;
    return 0;
}

int address_resolve(const struct client_options *options, struct address *out, char fault[256])
{
    const char *base = option(options->base, "BIHUAN_BROKER");
    const struct endpoint *endpoint = endpoint_of(options->endpoint);
    *out = (struct address){0};
    if (!base)
        base = DEFAULT_BASE;
    if (!endpoint)
        return fail(-EINVAL, fault, "no such endpoint");
    if (strncmp(base, "ipc://", strlen("ipc://")) == 0)
        return ipc_endpoint(base, endpoint, out, fault);
    if (strncmp(base, "tcp://", strlen("tcp://")) != 0)
        return fail(-EINVAL, fault, "broker \"%s\": neither ipc:// nor tcp://", base);
    int error = tcp_endpoint(base, endpoint, out, fault);
    return error ? error : keys(options, base, out, fault);
}
