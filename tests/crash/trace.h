/* trace.h: what a process did to the files of a folder, in order, as shim.c writes it and power_loss.c reads it. */
#ifndef CRASH_TRACE_H
#define CRASH_TRACE_H

#include <stdint.h>

enum trace_kind {
    TRACE_PROCESS = 1, /* a process begins: descriptors of the one before are gone */
    TRACE_OPEN,   /* payload: the path below the folder; file: its number from now on, the same for the same path */
    TRACE_WRITE,  /* payload: the bytes */
    TRACE_SYNC,   /* of a file, or of the folder itself (file 0) */
    TRACE_SIZE,   /* ftruncate, fallocate: offset is the new size */
    TRACE_RENAME, /* payload: both paths, each with its NUL */
    TRACE_UNLINK, /* payload: the path */
    TRACE_END     /* op has returned result */
};

#define TRACE_DSYNC 1u /* a write that returns when it is durable */
#define TRACE_MADE  2u /* an open that may have made the file */

struct trace_event {
    uint64_t ns; /* CLOCK_MONOTONIC */
    uint32_t kind, op, file, flags;
    uint64_t offset, size; /* of the payload that follows, which is padded to 8 */
    int64_t result;
};

#endif
