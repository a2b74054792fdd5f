/* session.h: who is connected. A peer is a number that stands for one connection: (socket, routing id) as long as the
 * connection and its credential stay the same. Peers fall out when silent or when PEERS_MAX is reached. */
#ifndef EDGE_SESSION_H
#define EDGE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sessions;

#define ROUTING_ID_MAX_BYTES 255
#define CREDENTIAL_MAX_BYTES 64

/* Borrowed: good until the next message is received or a session is dropped. */
struct session {
    uint64_t peer;
    size_t socket; /* index of the socket it came in by */
    char endpoint; /* 'P', 'W', 'C', 'F' */
    uint8_t routing_id[ROUTING_ID_MAX_BYTES];
    size_t routing_id_bytes;
    int fd;                                /* of the connection, as a name for it; -1: not known */
    bool gone;                             /* disconnected: what it still had queued is heard, nothing can be sent */
    char credential[CREDENTIAL_MAX_BYTES]; /* of the last message; "" before the first */
    char principal[64];                    /* of the last message; "" before the first, or when unknown */
    bool welcomed;
    bool packs;                 /* publish: it reads several receipts in one frame */
    size_t pack;                /* while receipts are told: the place of its pack plus 1 (speak.c); 0: none */
    char unit[64], worker[128]; /* hello on the work endpoint; "" otherwise */
    int64_t heard_ms;           /* real monotonic milliseconds */
    /* feed; and of a source that follows its notices: cursor, told, credit */
    bool subscribed;
    uint32_t mark;         /* of the record at the cursor: a cursor of another history does not fit */
    uint64_t cursor, told; /* sequences: looked at so far; last said to the reader */
    uint32_t credit;
};

struct sessions *sessions_new(void);
void sessions_free(struct sessions *);
/* Finds or makes; a new one has an empty credential and fd -1. The routing id has 1 to ROUTING_ID_MAX_BYTES bytes. */
struct session *session_of(struct sessions *, size_t socket, char endpoint, const void *routing_id, size_t size_bytes,
                           int64_t heard_ms);
struct session *session_get(struct sessions *, uint64_t peer); /* NULL when gone */
void session_drop(struct sessions *, uint64_t peer);
/* It said goodbye: it follows nothing and says hello before it goes on; what it asked before is still answered. */
void session_leave(struct session *);
/* Drops those unheard since before_ms; they connect anew by hello. */
void sessions_expire(struct sessions *, int64_t before_ms);
size_t sessions_count(const struct sessions *);
/* The session follows from now on: a source its notices (the feed's sessions are among them from the start). */
void session_follow(struct sessions *, struct session *);
/* Feed sessions, and sources that follow, that are subscribed and have credit, in turn: start with *cursor = 0; NULL at the end. */
struct session *sessions_next_feed(struct sessions *, uint64_t *cursor);

/* Connections, as the sockets report them: a session is bound to one by its descriptor, marked gone when that closes,
 * and dropped when the descriptor's number is given to another connection. */
void session_bind(struct sessions *, struct session *, int fd);
void sessions_disconnected(struct sessions *, size_t socket, int fd);
void sessions_accepted(struct sessions *, size_t socket, int fd);

#endif
