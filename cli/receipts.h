/* receipts.h: where receipts go: to stdout, and to a log that is on disk before they are shown, so that it can bear
 * witness against the broker. */
#ifndef CLI_RECEIPTS_H
#define CLI_RECEIPTS_H

#include <stdbool.h>

#include "broker/base/buffer.h"
#include "schemas/types.h"

struct receipts {
    int log; /* descriptor, -1: none */
    bool json, utc, quiet;
    struct buffer logged, shown; /* since the last flush */
};

/* log: a path, appended to; NULL: none. 0 or -errno. */
int receipts_open(struct receipts *, const char *log);
void receipts_add(struct receipts *, const char *event_id, const struct receipt *);
/* Writes and fsyncs the log, then shows. 0 or -errno. */
int receipts_flush(struct receipts *);
void receipts_close(struct receipts *);

#endif
