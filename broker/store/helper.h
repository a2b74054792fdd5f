/* helper.h: one thread of the store's that does one thing at a time for its caller. */
#ifndef STORE_HELPER_H
#define STORE_HELPER_H

#include <stdbool.h>

struct helper;

/* Sleeps until it is started. done (may be NULL) is called on its thread when a piece of work is over. */
struct helper *helper_new(void (*work)(void *arg), void (*done)(void *arg), void *arg);
/* It must be idle. What the caller wrote before is seen by work; what work wrote is seen once the helper is idle again. */
void helper_start(struct helper *);
bool helper_idle(struct helper *);
void helper_await(struct helper *);
/* Waits for what is under way. NULL is nothing. */
void helper_free(struct helper *);

#endif
