/* gate.h: the sockets. Frames in, decoded and named; messages out, encoded. ZeroMQ is known here and beside it (listen,
 * watch, zap), nowhere else in the broker. The gate says who is speaking; the core says what they may. */
#ifndef EDGE_GATE_H
#define EDGE_GATE_H

#include "broker/base/arena.h"
#include "broker/edge/session.h"
#include "schemas/wire.h"

struct gate;

#define GATE_SOCKETS_MAX 16

struct gate_endpoint {
    char endpoint;       /* 'P', 'W', 'C', 'F' */
    const char *address; /* "ipc:///run/bihuan/publish", "tcp://0.0.0.0:6201" */
};

struct gate_options {
    const struct gate_endpoint *endpoints;
    size_t endpoint_count;
    const char *secret_key_file; /* Z85 secret of the broker's CURVE key; needed for tcp unless insecure (not both) */
    bool insecure;               /* plain tcp, on 127.0.0.1 only, everybody is the principal of credential "plain:" */
};

/* Credential of a connection → the principal's name in the policy in force, or NULL. Asked per message, so that a
 * revocation takes effect at once. The credential is "curve:<Z85>", "uid:<n>" or "plain:". */
typedef const char *gate_principal_fn(void *arg, const char *credential);

/* One message in. Lives in the turn's arena, but for the session. */
struct gate_input {
    struct session *session; /* borrowed until the gate or the outbox is asked again */
    const char *principal;   /* NULL: unknown sender (refused by the turn with unknown_sender) */
    size_t size_bytes;       /* of the frame */
    bool bad;                /* decode failed: refusal says why; message.tag is set when it could be read */
    struct message message;
    struct refusal refusal;
};

/* 0, or -errno with a sentence. All sockets, limits, heartbeats and the ZAP handler are set up before any bind. */
int gate_open(const struct gate_options *, gate_principal_fn *, void *arg, struct gate **out, char fault[256]);
/* Unbinds nothing (open connections would stop delivering): closes with a bounded linger. */
void gate_close(struct gate *);

/* Descriptors for the loop (edge-triggered: check gate_pending after every wake and every send). They also wake when a
 * peer's full queue has room again, so nobody need spin over what waits in the outbox. */
size_t gate_fds(const struct gate *, int fds[GATE_SOCKETS_MAX + 1]);
/* The address an endpoint is bound to, with the port the system chose for "tcp://127.0.0.1:*". */
const char *gate_address(const struct gate *, size_t endpoint_index);
/* Whether any socket (ZAP's too) has input now. */
bool gate_pending(struct gate *);
/* The next message, round robin over the sockets; ZAP requests are answered on the way. False when there is none. */
bool gate_receive(struct gate *, struct arena *, int64_t mono_ms, struct gate_input *);
/* Encodes and sends now, never blocking. 0; -EAGAIN when the peer's queue is full; -EHOSTUNREACH when it is gone (its
 * session too, then). */
int gate_send(struct gate *, uint64_t peer, const struct message *);
/* The same for what is encoded already. */
int gate_send_frame(struct gate *, uint64_t peer, const void *frame, size_t size_bytes);
/* Learns which connections have gone. The outbox asks before it sends: a routing id that is free again may be claimed
 * by somebody else. gate_pending and gate_receive do it by themselves. */
void gate_watch(struct gate *);
struct sessions *gate_sessions(struct gate *);

struct gate_counts {
    uint64_t received, sent, malformed, unknown_sender, blocked, gone, zap_accepted, zap_refused, handshake_failed;
    uint64_t connections;          /* open now, handshakes included */
    uint64_t turned_away;          /* connections for which there was no descriptor */
    uint64_t refused[REFUSAL_END]; /* malformed input by refusal code */
};
const struct gate_counts *gate_counts(const struct gate *);

/* Identities (BLAKE2b) and content digests (SipHash) of 128 bits, over decoded fields in schema order (never bytes), with
 * their lengths; absent and empty are the same. An event's is taken before the broker fills in its area. (identity.c) */
struct key128 gate_key(const char *kind, const char *principal, const char *id);
struct key128 gate_event_digest(const struct event *);
struct key128 gate_word_digest(const struct word *);
struct key128 gate_act_digest(const struct act *);

#endif
