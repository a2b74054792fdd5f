/* pack.h: incidents, tasks and clocks as few bytes, while they rest in memory. For this process only: nothing of it is
 * stored or sent. */
#ifndef CORE_PACK_H
#define CORE_PACK_H

#include "broker/base/buffer.h"
#include "broker/base/map.h"
#include "schemas/types.h"

/* Of what more points to nothing is packed: there must be nothing. Names are those of the intern table, by number.
 * base_ms: what times are near to. */
void pack_incident(struct buffer *, const struct intern *, int64_t base_ms, const struct incident *);
void pack_task(struct buffer *, const struct intern *, int64_t base_ms, const struct task *);
void pack_clock(struct buffer *, const struct intern *, int64_t base_ms, const struct clock *);

/* Each returns where it ends. Texts are borrowed from the bytes, names are the table's. */
const uint8_t *unpack_incident(const uint8_t *from, const struct intern *, int64_t base_ms, struct incident *);
const uint8_t *unpack_task(const uint8_t *from, const struct intern *, int64_t base_ms, struct task *);
const uint8_t *unpack_clock(const uint8_t *from, const struct intern *, int64_t base_ms, struct clock *);

#endif
