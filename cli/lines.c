#include "cli/lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 * 1024)

void lines_init(struct lines *lines, int fd)
{
    *lines = (struct lines){.fd = fd};
}

void lines_release(struct lines *lines)
{
    buffer_release(&lines->buffer);
}

/* Bytes up to and with the next newline; 0 when there is none in the buffer. */
static size_t whole_line(struct lines *lines)
{
    size_t there = lines->buffer.size - lines->taken;
    if (there <= lines->searched)
        return 0;
    const uint8_t *from = lines->buffer.data + lines->taken;
    const uint8_t *newline = memchr(from + lines->searched, '\n', there - lines->searched);
    lines->searched = newline ? 0 : there;
    return newline ? (size_t)(newline - from) + 1 : 0;
}

static void read_more(struct lines *lines)
{
    uint8_t chunk[READ_BYTES];
    ssize_t n = read(lines->fd, chunk, sizeof(chunk));
    if (n > 0) {
        if (lines->taken)
            memmove(lines->buffer.data, lines->buffer.data + lines->taken, lines->buffer.size - lines->taken);
        lines->buffer.size -= lines->taken;
        lines->taken = 0;
        buffer_append(&lines->buffer, chunk, (size_t)n);
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        lines->at_end = true;
        lines->error = n < 0 ? errno : 0;
    }
}

static bool readable_now(const struct lines *lines)
{
    struct pollfd input = {.fd = lines->fd, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}

bool lines_ready(struct lines *lines)
{
    for (;;) {
        size_t length = whole_line(lines);
        lines->searched = length ? length - 1 : lines->searched; /* found again at once */
        if (length || lines->at_end)
            return true;
        if (!readable_now(lines))
            return false;
        read_more(lines);
    }
}

ssize_t lines_next(struct lines *lines, const char **text)
{
    size_t length;
    while ((length = whole_line(lines)) == 0 && !lines->at_end)
        read_more(lines);
    if (lines->error)
        return -lines->error;
    if (!length)
        length = lines->buffer.size - lines->taken;
    *text = length ? (const char *)lines->buffer.data + lines->taken : "";
    lines->taken += length;
    lines->searched = 0;
    return (ssize_t)length;
}
