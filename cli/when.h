/* when.h: times and spans as people write and read them. */
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define WHEN_TEXT_BYTES 48

/* "2026-09-30 17:50:00" in local time (TZ), or with a Z in UTC; "" for 0. Returns out. */
const char *when_text(int64_t at_ms, bool utc, char out[WHEN_TEXT_BYTES]);
/* RFC 3339 in UTC with milliseconds, for JSON. Returns out. */
const char *when_rfc3339(int64_t at_ms, char out[WHEN_TEXT_BYTES]);
/* A span with its two largest units: "45s", "5m00s", "2h05m", "3d04h"; negative ones with a minus. Returns out. */
const char *when_span(int64_t span_ms, char out[WHEN_TEXT_BYTES]);

/* RFC 3339 with an offset or Z. 0 or -EINVAL. */
int when_parse_rfc3339(const char *text, int64_t *at_ms);
/* What a person types: RFC 3339, or "2026-09-30", "2026-09-30 17:50[:30]" in local time. 0 or -EINVAL. */
int when_parse(const char *text, int64_t *at_ms);
/* "2h", "1d4h", "90m". 0 or -EINVAL. */
int when_parse_span(const char *text, int64_t *span_ms);
/* Broken-down time as if in UTC; a date that does not exist (31 February) is -EINVAL. 0 or -EINVAL. */
int when_parse_tm(const struct tm *, int64_t *at_ms);
/* "+08:00", "-0430", "Z" → minutes east of UTC. 0 or -EINVAL. */
int when_parse_offset(const char *text, int *offset_minutes);

#endif
