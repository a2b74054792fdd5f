/* record.h: records and rows as bytes (FlatBuffers behind a C face), and JSON text of both. No C++ exception
 * leaves this room. */
#ifndef RECORD_H
#define RECORD_H

#include "broker/base/arena.h"
#include "broker/base/buffer.h"
#include "schemas/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Replaces out's content. Deterministic for one build; never compare bytes across builds. */
void record_encode(const struct record *, struct buffer *out);
/* 0; -EBADMSG when the bytes are not a record. Texts point into bytes when those outlive the record; pass
 * 8-aligned bytes (the store copies before it calls). Arrays are in the arena. */
int record_decode(const void *bytes, size_t size_bytes, struct arena *, struct record *out);

void row_encode(const struct row *, struct buffer *out);
int row_decode(const void *bytes, size_t size_bytes, struct arena *, struct row *out);

void side_encode(const struct side *, struct buffer *out);
int side_decode(const void *bytes, size_t size_bytes, struct arena *, struct side *out);

/* One line of JSON without a newline, appended. Times are RFC 3339 in UTC with milliseconds; names as in types.h. */
void record_json(const struct record *, struct buffer *out);
void row_json(const struct row *, struct buffer *out);
void side_json(const struct side *, struct buffer *out);

#ifdef __cplusplus
}
#endif

#endif
