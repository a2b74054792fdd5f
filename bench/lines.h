/* lines.h: a socket spoken to in lines, with buffers both ways; never waits. */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include "bench/load.h"

struct lines {
    int fd;
    char *out, *in;
    size_t out_size, out_sent, out_room, in_size, in_used, in_room;
};

void lines_open(struct lines *, const char *address);
void lines_close(struct lines *);
zmq_pollitem_t lines_item(const struct lines *);
/* Queues; lines_flush sends. */
void lines_say(struct lines *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lines_put(struct lines *, const void *bytes, size_t size);
void lines_flush(struct lines *);
/* Reads what has come. */
bool lines_read(struct lines *);
/* The next whole line without its end, and `*body` bytes that follow it, which sized() tells from the line (and two more
 * for their end); NULL when not all of it is here yet. Valid until lines_read. */
char *lines_next(struct lines *, size_t (*sized)(const char *line), char **body, size_t *body_size);
/* Waits for one; for the beginning. */
char *lines_await(struct lines *, size_t (*sized)(const char *line), char **body, size_t *body_size);

#endif
