/* zap.h: ZeroMQ's authentication protocol (RFC 27), answered on the loop. CURVE keys and ipc peer uids become the
 * credential that every message then carries as its User-Id. The domain is enforced. */
#ifndef EDGE_ZAP_H
#define EDGE_ZAP_H

#include <stdbool.h>

#include "broker/edge/gate.h"

struct zap;

/* The domain of a socket says what is asked of those who connect to it. */
#define ZAP_DOMAIN_IPC      "ipc"      /* a uid, known or not: unknown ones are told so, message by message */
#define ZAP_DOMAIN_CURVE    "curve"    /* a key that is some principal's; others are refused in the handshake */
#define ZAP_DOMAIN_INSECURE "insecure" /* nothing, and only with insecure */

/* Must be there before any socket is bound. NULL with errno set when the socket cannot be made. */
struct zap *zap_new(void *zmq_context, gate_principal_fn *, void *arg, bool insecure);
void zap_free(struct zap *);
int zap_fd(const struct zap *);
bool zap_pending(struct zap *);
/* Answers at most n requests; adds to the counts. */
void zap_answer(struct zap *, int n, struct gate_counts *);

#endif
