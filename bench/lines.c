#include "bench/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 262144u

static void grow(char **bytes, size_t *room, size_t wanted)
{
    if (wanted <= *room)
        return;
    *room = wanted * 2;
    *bytes = realloc(*bytes, *room);
    if (!*bytes)
        load_fail("memory", "none");
}

void lines_open(struct lines *l, const char *address)
{
    *l = (struct lines){.fd = load_connect(address)};
}

void lines_close(struct lines *l)
{
    close(l->fd);
    free(l->out);
    free(l->in);
}

zmq_pollitem_t lines_item(const struct lines *l)
{
    return (zmq_pollitem_t){.fd = l->fd, .events = (short)(ZMQ_POLLIN | (l->out_sent < l->out_size ? ZMQ_POLLOUT : 0))};
}

void lines_put(struct lines *l, const void *bytes, size_t size)
{
    grow(&l->out, &l->out_room, l->out_size + size);
    memcpy(l->out + l->out_size, bytes, size);
    l->out_size += size;
}

void lines_say(struct lines *l, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    lines_put(l, text, (size_t)size);
}

void lines_flush(struct lines *l)
{
    while (l->out_sent < l->out_size) {
        ssize_t wrote = write(l->fd, l->out + l->out_sent, l->out_size - l->out_sent);
        if (wrote < 0 && errno == EAGAIN)
            return;
        if (wrote < 0)
            load_fail("write", strerror(errno));
        l->out_sent += (size_t)wrote;
    }
    l->out_size = l->out_sent = 0;
}

bool lines_read(struct lines *l)
{
    memmove(l->in, l->in + l->in_used, l->in_size - l->in_used);
    l->in_size -= l->in_used;
    l->in_used = 0;
    grow(&l->in, &l->in_room, l->in_size + READ_BYTES);
    ssize_t got = read(l->fd, l->in + l->in_size, READ_BYTES);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        load_fail("read", got ? strerror(errno) : "the server has hung up");
    l->in_size += got > 0 ? (size_t)got : 0;
    return got > 0;
}

char *lines_next(struct lines *l, size_t (*sized)(const char *line), char **body, size_t *body_size)
{
    char *line = l->in + l->in_used,
         *end = l->in_size > l->in_used ? memchr(line, '\n', l->in_size - l->in_used) : NULL;
    if (!end)
        return NULL;
    char kept = *end;
    *end = '\0';
    size_t size = sized ? sized(line) : 0, whole = (size_t)(end - line) + 1 + (size ? size + 2 : 0);
    if (l->in_size - l->in_used < whole) {
        *end = kept;
        return NULL;
    }
    l->in_used += whole;
    *body = end + 1;
    *body_size = size;
    return line;
}

char *lines_await(struct lines *l, size_t (*sized)(const char *line), char **body, size_t *body_size)
{
    struct pollfd wait = {.fd = l->fd, .events = POLLIN};
    lines_flush(l);
    for (;;) {
        char *line = lines_next(l, sized, body, body_size);
        if (line)
            return line;
        if (poll(&wait, 1, 10000) != 1)
            load_fail("answer", "none within ten seconds");
        lines_read(l);
    }
}
