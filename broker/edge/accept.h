/* accept.h: how many connections there may be. ZeroMQ bounds none: without descriptors its thread spins over the first that
 * waits, and what accept() passes on of a broken network ends the process. So its accept4() is ours. */
#ifndef EDGE_ACCEPT_H
#define EDGE_ACCEPT_H

#include <stdint.h>

/* Connections that were closed at once because descriptors were about to run out; since the start. */
uint64_t accept_turned_away(void);

#endif
