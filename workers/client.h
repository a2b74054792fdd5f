/* client.h: a connection to the broker, for the library, the runner and the CLI. One ZeroMQ DEALER; hello, heartbeats,
 * tags and retries are its business. Not thread-safe. */
#ifndef WORKERS_CLIENT_H
#define WORKERS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/base/arena.h"
#include "schemas/wire.h"

struct client;

/* Messages that wait for room or for their answer; beyond it client_send returns 0. */
#define CLIENT_UNANSWERED_MAX 65536

/* Where and as whom. Endpoints are found under base: "ipc:///run/bihuan" gives .../publish, work, command, feed;
 * "tcp://host:6201" gives ports 6201 publish, 6202 work, 6203 command, 6204 feed. */
struct client_options {
    const char *base;          /* NULL: $BIHUAN_BROKER, else "ipc:///run/bihuan" */
    char endpoint;             /* 'P', 'W', 'C', 'F' */
    const char *server_key;    /* Z85 public key of the broker (tcp); NULL: $BIHUAN_SERVER_KEY (text or file) */
    const char *key_file;      /* own CURVE secret key file; NULL: $BIHUAN_KEY_FILE */
    const char *unit, *worker; /* work endpoint */
    const char *software;      /* for hello */
};

#define CLIENT_KEY_BYTES 41 /* 40 characters of Z85 and a NUL */

/* The first line of a key file; a secret one that others can read is refused. 0, or -errno with a sentence. */
int client_key_file(const char *path, bool secret, char key[CLIENT_KEY_BYTES], char fault[256]);
/* A public key, as text or as a file: 40 characters that name a file are the file. The same. */
int client_public_key(const char *value, char key[CLIENT_KEY_BYTES], char fault[256]);

/* 0, or -errno with a sentence for people. Connects lazily: the broker need not be there. */
int client_open(const struct client_options *, struct client **out, char fault[256]);
/* Says bye when the broker knows us; waits at most half a second for what is still to be sent. NULL is nothing. */
void client_close(struct client *);
/* Descriptor to poll for reading (edge-triggered: call client_receive until it is empty after each wake). */
int client_fd(const struct client *);
/* Sends hello when needed, heartbeats when due; returns milliseconds until it wants to be called again: 0 when there is
 * something to receive, perhaps without a wake of the descriptor. */
int client_tend(struct client *);
/* Queues one message to the broker with a fresh tag (returned). What has an answer is sent again, under the same tag,
 * until it is answered or forgotten; a refusal that says when to retry is waited out, not handed over. What has none
 * (credit, bye, subscribe) is dropped when the broker welcomes us anew: see client_greetings. 0: too many wait. */
uint64_t client_send(struct client *, const struct message *);
/* The same, with an end to the retries: a refusal that asks to retry after timeout_ms is handed over as the answer. */
uint64_t client_send_within(struct client *, const struct message *, int timeout_ms);
/* Stops retrying; an answer that still comes is dropped. */
void client_forget(struct client *, uint64_t tag);
/* The next message from the broker; false when there is none. welcome is handled inside (see client_welcome). A
 * refusal with tag 0 is about the connection: the hello was refused, and is tried again later. */
bool client_receive(struct client *, struct arena *, struct message *);
/* Sends and waits for the answer with the tag, resending with backoff until timeout_ms (real). 0; -ETIMEDOUT: the
 * answer is unknown, ask again with the same request id; -EACCES: the broker does not let our key or user in, and no
 * time-out was waited for; -EAGAIN: too many wait. The answer may be a refusal, of the connection too. Whatever else comes meanwhile is kept for client_receive. */
int client_ask(struct client *, const struct message *, int timeout_ms, struct arena *, struct message *answer);
/* Waits for anything to receive, up to timeout_ms; false with errno EINTR when a signal ended the wait. */
bool client_wait(struct client *, int timeout_ms);
/* Whether the broker has welcomed us, and has not gone since. */
bool client_connected(const struct client *);
/* What the broker said of itself; NULL before the first welcome. */
const struct welcome *client_welcome(const struct client *);
/* A worker says how many leased tasks it knows of; heartbeats carry the number, and the broker sends again what was lost
 * on the way. */
void client_hold(struct client *, uint32_t holding);
/* How often the broker has welcomed us. When it has risen, this is a new session: credit and subscription are to be
 * sent again. */
uint32_t client_greetings(const struct client *);
/* One sentence on why there is no answer, for a time-out's message: not reachable, key refused, not welcomed. */
const char *client_trouble(const struct client *);
/* Where it connects: the broker's address of its endpoint. */
const char *client_address(const struct client *);

#endif
