/* loop.h: libev: sockets, one timer, signals, the helper's bell, http. It decides nothing but when the next turn is. */
#ifndef BROKER_LOOP_H
#define BROKER_LOOP_H

#include "broker/edge/http.h"
#include "broker/turn.h"

/* http may be NULL. Runs until SIGTERM or SIGINT (0), or until a turn fails (-errno): then the process must end without
 * another commit. SIGHUP reloads. Makes turn->jobs. */
int loop_run(struct turn *, struct http *);

#endif
