/* pace.h: monotonic time, and pauses that grow and differ. */
#ifndef WORKERS_PACE_H
#define WORKERS_PACE_H

#include <stdint.h>

#define NEVER_MS INT64_MAX

int64_t pace_now_ms(void); /* monotonic */
/* Between three quarters and five quarters of it, so that clients of a restarted broker do not come in step. */
int pace_jittered(int pause_ms);
int pace_doubled(int pause_ms, int most_ms);
uint64_t pace_random(void);

#endif
