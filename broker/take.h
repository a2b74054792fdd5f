/* take.h: what a peer sends becomes a command of the core, a question to be answered when the turn is durable, or a no. */
#ifndef BROKER_TAKE_H
#define BROKER_TAKE_H

#include "broker/turn.h"

void take_message(struct turn *, const struct gate_input *);

#endif
