/* metrics.h: what /metrics and /healthz say of the broker. */
#ifndef BROKER_METRICS_H
#define BROKER_METRICS_H

#include "broker/base/buffer.h"
#include "broker/turn.h"

/* OpenMetrics text: counters of the turn, the gate, the store, and the command centre's overview. Counts are of memory,
 * which may be a commit ahead of what is durable: figures to watch, not promises. */
void metrics_write(struct turn *, struct buffer *out);
/* 200, or 503 when publishes are refused for want of room; one line. */
int metrics_health(struct turn *, struct buffer *out);

#endif
