/* speak.h: what was decided is said: receipts and refusals to whoever asked, tasks to workers. */
#ifndef BROKER_SPEAK_H
#define BROKER_SPEAK_H

#include "broker/turn.h"

/* The turn's effects, into the outbox: everything decided is durable now. A task's body is fetched here, from the record that
 * opened its incident. */
void speak(struct turn *);

#endif
