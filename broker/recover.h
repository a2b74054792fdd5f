/* recover.h: restart. Live rows, then the records above the watermark, then what is derived; nothing that was
 * acknowledged is missing, nothing fires twice. */
#ifndef BROKER_RECOVER_H
#define BROKER_RECOVER_H

#include "broker/core/core.h"
#include "broker/store/store.h"
#include "broker/turn.h"

struct recovered {
    size_t rows, keys, records; /* loaded, remembered, replayed */
};

/* Fills a new core from the store. 0, or -errno with a sentence: the store is not readable as it should be. */
int recover(struct core *, struct store *, struct recovered *, char fault[256]);

/* The first turn: what is derived is rebuilt, the start goes on the record (the term, when the broker was last alive), and the turn's policy when it
 * is not the one last in force. 0; -EBUSY: the policy drops what live incidents refer to; else -errno; with a sentence. */
int recover_announce(struct turn *, char fault[256]);

#endif
