/* unseal.h: 启封: who reported is sealed to a custodian's key, and the sealed bytes are given out only when somebody has said
 * why he wants to know, somebody else has granted it, and the opening itself is on record. The broker has no key. */
#ifndef CORE_UNSEAL_H
#define CORE_UNSEAL_H

#include "broker/core/incident.h"

bool unseal_seek(struct acting *);
bool unseal_grant(struct acting *);
bool unseal_open(struct acting *);
/* Up to when what came in was granted to the principal, who has opened it: of an incident with these asks, and of what was
 * merged into it at merged_ms (0: its own). 0: the sealed bytes are not the principal's to have. */
int64_t unseal_opened(const struct ask *asks, size_t count, const char *principal, int64_t merged_ms, int64_t now_ms);

#endif
