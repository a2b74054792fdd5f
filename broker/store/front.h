/* front.h: the log in front of the tables. A turn's records are durable with one write to it: over blocks that are there
 * already, so that the disk flushes once where a transaction flushes twice and grows a file; the tables follow behind
 * (behind.c). Two files are written in turns: what one holds is in the tables before it is written again. */
#ifndef STORE_FRONT_H
#define STORE_FRONT_H

#include "broker/base/buffer.h"
#include "broker/store/store.h"

struct front;
struct queued;

/* The files of a folder, made where they are not there yet; the next entry begins the first. The salt is the store's and
 * told to nobody: so nothing that is said to it can look like an entry. 0 or -errno with a sentence. */
int front_open(const char *folder, uint64_t salt, struct front **out);
void front_close(struct front *);
/* One entry: a turn's queued records (store_internal.h: struct queued). 0 when durable; any error means unknown. Numbers
 * count entries within a term. */
int front_write(struct front *, const struct store_meta *, size_t record_count, const struct buffer *records);
/* The next entry begins the other file: what that one holds is in the tables. */
void front_turn(struct front *);

/* Every record of every entry, in order, as far as entries follow one another; until fn returns non-zero. fn moves on what
 * is known. 0, or what fn returned, or -EBADMSG with a sentence when an entry that was durable, and is not known, is damaged.
 * A folder without a log has none. */
typedef int front_fn(void *arg, const struct queued *, const uint8_t *value);
int front_read(const char *folder, uint64_t salt, const struct store_meta *known, front_fn *, void *arg);

#endif
