/* fault.h: what is wrong in a file a person wrote: "file:line:column: what is wrong, what would be right". */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stddef.h>

#include "buffer.h"

/* A list of faults as text, one a line; at most FAULTS_MAX are kept, the rest counted. */
#define FAULTS_MAX 50

struct faults {
    struct buffer text; /* lines, each ending in '\n' */
    size_t count;       /* of all, kept or not */
};

/* line and column count from 1; 0 leaves them out. Always returns -EINVAL, so that callers may return it. */
int fault_add(struct faults *, const char *file, size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The text with a NUL, never NULL. */
const char *faults_text(struct faults *);
void faults_release(struct faults *);

#endif
