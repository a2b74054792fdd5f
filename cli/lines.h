/* lines.h: lines of a file, pipe or terminal, with a way to know whether the next one is there already: a camera that
 * writes a line a minute gets its receipt at once, not when the next line comes. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "broker/base/buffer.h"

struct lines {
    int fd;
    struct buffer buffer;
    size_t taken, searched; /* bytes given out; bytes known to hold no newline */
    bool at_end;
    int error; /* errno of a failed read: the end too */
};

/* The descriptor stays the caller's. */
void lines_init(struct lines *, int fd);
void lines_release(struct lines *);
/* Whether lines_next would return without waiting; reads what is there. */
bool lines_ready(struct lines *);
/* The next line with its newline (the last may have none), valid until the next call; waits for it. Its length, 0 at
 * the end, -errno when reading fails. */
ssize_t lines_next(struct lines *, const char **text);

#endif
