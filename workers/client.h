/* client.h: a connection to the broker, for the library, the runner and the CLI. One ZeroMQ DEALER; hello, heartbeats,
 * tags and retries are its business. Not thread-safe. */
#ifndef WORKERS_CLIENT_H
#define WORKERS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/base/arena.h"
#include "schemas/wire.h"

struct client;

/* Where and as whom. Endpoints are found under base: "ipc:///run/bihuan" gives .../publish, work, command, feed;
 * "tcp://host:6201" gives ports 6201 publish, 6202 work, 6203 command, 6204 feed. */
struct client_options {
    const char *base;        /* NULL: $BIHUAN_BROKER, else "ipc:///run/bihuan" */
    char endpoint;           /* 'P', 'W', 'C', 'F' */
    const char *server_key;  /* Z85 public key of the broker (tcp); NULL: $BIHUAN_SERVER_KEY (text or file) */
    const char *key_file;    /* own CURVE secret key file; NULL: $BIHUAN_KEY_FILE */
    const char *unit, *worker; /* work endpoint */
    const char *software;    /* for hello */
};

/* 0, or -errno with a sentence for people. Connects lazily: the broker need not be there. */
int client_open(const struct client_options *, struct client **out, char fault[256]);
void client_close(struct client *);
/* Descriptor to poll for reading (edge-triggered: call client_receive until it is empty after each wake). */
int client_fd(const struct client *);
/* Sends hello when needed, heartbeats when due; returns milliseconds until it wants to be called again. */
int client_tend(struct client *);
/* Queues one message to the broker with a fresh tag (returned). */
uint64_t client_send(struct client *, const struct message *);
/* The next message from the broker; false when there is none. welcome is handled inside (see client_welcome). */
bool client_receive(struct client *, struct arena *, struct message *);
/* Sends and waits for the answer with the tag, resending with backoff until timeout_ms (real). 0; -ETIMEDOUT: the
 * answer is unknown, ask again with the same request id. The answer may be a refusal. */
int client_ask(struct client *, const struct message *, int timeout_ms, struct arena *, struct message *answer);
/* Waits for anything to receive, up to timeout_ms. */
bool client_wait(struct client *, int timeout_ms);
/* What the broker said of itself; NULL before the first welcome. */
const struct welcome *client_welcome(const struct client *);

#endif
