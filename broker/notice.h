/* notice.h: sources that follow their notices on the publish endpoint: what they get, and what they say they have dealt
 * with. Kept by the store, in order of the records, until acknowledged. */
#ifndef BROKER_NOTICE_H
#define BROKER_NOTICE_H

#include "broker/turn.h"

/* Whether notices are kept for the sender. */
bool notice_permitted(const struct turn *, const struct gate_input *);
/* Credit on the publish endpoint, of one who may: so many notices more. */
void notice_take_credit(struct turn *, const struct gate_input *);
void notice_take_acknowledge(struct turn *, const struct gate_input *);
/* Sends what its session has credit for. Whether there is more at once. */
bool notice_serve(struct turn *, struct session *);

#endif
