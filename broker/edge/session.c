#include "broker/edge/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "broker/base/limits.h"
#include "broker/base/map.h"
#include "broker/base/panic.h"

/* Two rings run through the sessions, both with the list's own head as first and last link: by when they were heard
 * (the idlest first), and, for those that follow the trail or their notices, by peer number. */
struct link {
    struct link *prev, *next;
};

struct member {
    struct session session; /* first, so that a session is its member */
    uint64_t hash;
    struct member *same_hash; /* routing ids are the peers' choice: equal hashes must not be equal sessions */
    struct link heard, feed;
};

struct sessions {
    struct map by_routing_id; /* hash → the first member of its chain */
    struct map by_peer;
    struct map by_connection; /* socket and descriptor → member */
    struct link heard, feed;
    uint64_t seed, last_peer;
};

#define MEMBER_OF(link, name) ((struct member *)((char *)(link)-offsetof(struct member, name)))

static void link_remove(struct link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = link;
}

static void link_append(struct link *ring, struct link *link)
{
    link->prev = ring->prev;
    link->next = ring;
    ring->prev->next = link;
    ring->prev = link;
}

struct sessions *sessions_new(void)
{
    struct sessions *all = calloc(1, sizeof(*all));
    ASSERT(all);
    all->heard = (struct link){&all->heard, &all->heard};
    all->feed = (struct link){&all->feed, &all->feed};
    ASSERT(getrandom(&all->seed, sizeof(all->seed), 0) == (ssize_t)sizeof(all->seed));
    return all;
}

void sessions_free(struct sessions *all)
{
    if (!all)
        return;
    while (all->heard.next != &all->heard)
        session_drop(all, MEMBER_OF(all->heard.next, heard)->session.peer);
    map_release(&all->by_routing_id);
    map_release(&all->by_peer);
    map_release(&all->by_connection);
    free(all);
}

/* Seeded, so that nobody can choose routing ids that fall into one chain. */
static uint64_t hash_of(const struct sessions *all, size_t socket, const void *routing_id, size_t size_bytes)
{
    struct {
        uint64_t seed, socket;
        uint8_t routing_id[ROUTING_ID_MAX_BYTES];
    } key = {.seed = all->seed, .socket = socket};
    memcpy(key.routing_id, routing_id, size_bytes);
    return hash_bytes(&key, sizeof(key.seed) + sizeof(key.socket) + size_bytes);
}

static uint64_t connection_key(size_t socket, int fd)
{
    return (uint64_t)socket << 32 | (uint32_t)fd;
}

static struct member *member_find(const struct sessions *all, uint64_t hash, size_t socket, const void *routing_id,
                                  size_t size_bytes)
{
    struct member *member = map_get(&all->by_routing_id, hash);
    while (member && (member->session.socket != socket || member->session.routing_id_bytes != size_bytes ||
                      memcmp(member->session.routing_id, routing_id, size_bytes) != 0))
        member = member->same_hash;
    return member;
}

static struct member *member_new(struct sessions *all, uint64_t hash, size_t socket, char endpoint,
                                 const void *routing_id, size_t size_bytes)
{
    if (all->by_peer.count >= PEERS_MAX)
        session_drop(all, MEMBER_OF(all->heard.next, heard)->session.peer);
    struct member *member = calloc(1, sizeof(*member));
    ASSERT(member);
    struct session *session = &member->session;
    session->peer = ++all->last_peer;
    session->socket = socket;
    session->endpoint = endpoint;
    session->fd = -1;
    session->routing_id_bytes = size_bytes;
    memcpy(session->routing_id, routing_id, size_bytes);
    member->hash = hash;
    member->same_hash = map_get(&all->by_routing_id, hash);
    map_put(&all->by_routing_id, hash, member);
    map_put(&all->by_peer, session->peer, member);
    link_append(&all->heard, &member->heard);
    member->feed = (struct link){&member->feed, &member->feed};
    if (endpoint == 'F')
        link_append(&all->feed, &member->feed);
    return member;
}

struct session *session_of(struct sessions *all, size_t socket, char endpoint, const void *routing_id,
                           size_t size_bytes, int64_t heard_ms)
{
    ASSERT(size_bytes > 0 && size_bytes <= ROUTING_ID_MAX_BYTES);
    uint64_t hash = hash_of(all, socket, routing_id, size_bytes);
    struct member *member = member_find(all, hash, socket, routing_id, size_bytes);
    if (!member)
        member = member_new(all, hash, socket, endpoint, routing_id, size_bytes);
    member->session.heard_ms = heard_ms;
    link_remove(&member->heard);
    link_append(&all->heard, &member->heard);
    return &member->session;
}

struct session *session_get(struct sessions *all, uint64_t peer)
{
    struct member *member = map_get(&all->by_peer, peer);
    return member ? &member->session : NULL;
}

static void chain_remove(struct sessions *all, struct member *member)
{
    struct member *first = map_get(&all->by_routing_id, member->hash);
    if (first != member) {
        while (first->same_hash != member)
            first = first->same_hash;
        first->same_hash = member->same_hash;
    } else if (member->same_hash) {
        map_put(&all->by_routing_id, member->hash, member->same_hash);
    } else {
        map_remove(&all->by_routing_id, member->hash);
    }
}

static void session_unbind(struct sessions *all, struct session *session)
{
    if (session->fd < 0)
        return;
    map_remove(&all->by_connection, connection_key(session->socket, session->fd));
    session->fd = -1;
}

void session_drop(struct sessions *all, uint64_t peer)
{
    struct member *member = map_remove(&all->by_peer, peer);
    if (!member)
        return;
    session_unbind(all, &member->session);
    chain_remove(all, member);
    link_remove(&member->heard);
    link_remove(&member->feed);
    free(member);
}

/* Not dropped: a commit may be under way of what is to be answered. It goes as its connection does. */
void session_leave(struct session *session)
{
    session->welcomed = session->subscribed = false;
    session->credit = 0;
}

void sessions_expire(struct sessions *all, int64_t before_ms)
{
    while (all->heard.next != &all->heard) {
        const struct session *idlest = &MEMBER_OF(all->heard.next, heard)->session;
        if (idlest->heard_ms >= before_ms)
            return;
        session_drop(all, idlest->peer);
    }
}

size_t sessions_count(const struct sessions *all)
{
    return all->by_peer.count;
}

/* Peer numbers only rise, so the ring is in their order, and the walk can go on after a session it stood on is gone. */
static bool is_linked(const struct link *link)
{
    return link->next != link;
}

void session_follow(struct sessions *all, struct session *session)
{
    struct member *member = (struct member *)session;
    struct link *before = all->feed.prev;
    session->subscribed = true;
    if (is_linked(&member->feed))
        return;
    while (before != &all->feed && MEMBER_OF(before, feed)->session.peer > session->peer)
        before = before->prev;
    link_append(before->next, &member->feed);
}

struct session *sessions_next_feed(struct sessions *all, uint64_t *cursor)
{
    struct member *from = map_get(&all->by_peer, *cursor);
    struct link *link = from && is_linked(&from->feed) ? from->feed.next : all->feed.next;
    for (; link != &all->feed; link = link->next) {
        struct session *session = &MEMBER_OF(link, feed)->session;
        if (session->peer <= *cursor || !session->subscribed || session->credit == 0 || session->gone)
            continue;
        *cursor = session->peer;
        return session;
    }
    return NULL;
}

void session_bind(struct sessions *all, struct session *session, int fd)
{
    ASSERT(session->fd < 0 && fd >= 0);
    sessions_accepted(all, session->socket, fd); /* whoever had this number before is no more */
    session->fd = fd;
    map_put(&all->by_connection, connection_key(session->socket, fd), session);
}

void sessions_disconnected(struct sessions *all, size_t socket, int fd)
{
    struct session *session = map_get(&all->by_connection, connection_key(socket, fd));
    if (session)
        session->gone = true;
}

void sessions_accepted(struct sessions *all, size_t socket, int fd)
{
    struct session *session = map_get(&all->by_connection, connection_key(socket, fd));
    if (session)
        session_drop(all, session->peer);
}
