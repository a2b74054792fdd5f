/* session.h: who is connected. A peer is a number that stands for (socket, routing id); it carries the principal the
 * last message came from, and what its hello said. Peers fall out when silent or when PEERS_MAX is reached. */
#ifndef EDGE_SESSION_H
#define EDGE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sessions;

struct session {
    uint64_t peer;
    size_t socket;           /* index of the socket it came in by */
    char endpoint;           /* 'P', 'W', 'C', 'F' */
    uint8_t routing_id[255];
    size_t routing_id_bytes;
    char principal[64];      /* of the last message; "" before the first */
    bool welcomed;
    char unit[64], worker[128]; /* hello on the work endpoint; "" otherwise */
    int64_t heard_ms;        /* real monotonic milliseconds */
    /* feed */
    bool subscribed;
    uint64_t cursor;
    uint32_t credit;
};

struct sessions *sessions_new(void);
void sessions_free(struct sessions *);
/* Finds or makes. */
struct session *session_of(struct sessions *, size_t socket, char endpoint, const void *routing_id, size_t size_bytes,
                           int64_t heard_ms);
struct session *session_get(struct sessions *, uint64_t peer); /* NULL when gone */
void session_drop(struct sessions *, uint64_t peer);
/* Drops those unheard since before_ms; they connect anew by hello. */
void sessions_expire(struct sessions *, int64_t before_ms);
size_t sessions_count(const struct sessions *);
/* Feed sessions that are subscribed and have credit, in turn: start with *cursor = 0; NULL at the end. */
struct session *sessions_next_feed(struct sessions *, uint64_t *cursor);

#endif
