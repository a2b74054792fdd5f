#include "broker/edge/gate.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zmq.h>

#include "broker/base/limits.h"
#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "broker/edge/listen.h"
#include "broker/edge/watch.h"
#include "broker/edge/zap.h"

/* How many messages may come in before the ZAP socket and the watches are looked at again. */
#define TEND_EVERY    64
#define ZAP_ANSWERS   64
#define ADDRESS_BYTES 256

struct gate_socket {
    void *zmq;
    struct watch *watch;
    char endpoint;
    bool ready; /* had input when last asked */
    bool stale; /* may have news: its descriptor woke, or it was read from or sent on since */
    char address[ADDRESS_BYTES];
};

struct gate {
    void *context;
    struct zap *zap;
    struct gate_socket sockets[GATE_SOCKETS_MAX];
    size_t socket_count, next; /* next: whose turn it is */
    unsigned untended;         /* messages since the last look */
    bool zap_stale, alarmed;
    struct pollfd fds[2 * GATE_SOCKETS_MAX + 1]; /* of the sockets, of their watches, and ZAP's */
    gate_principal_fn *principal_of;
    void *arg;
    struct sessions *sessions;
    struct gate_counts counts;
    struct buffer encoded;             /* kept from send to send */
    zmq_msg_t routing_id, body, extra; /* kept from message to message */
};

/* --- opening --- */

/* Each connection is a descriptor, and ZeroMQ's thread spins when they run out. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static struct gate *gate_new(gate_principal_fn *principal_of, void *arg)
{
    struct gate *gate = calloc(1, sizeof(*gate));
    ASSERT(gate);
    gate->principal_of = principal_of;
    gate->arg = arg;
    gate->sessions = sessions_new();
    gate->context = zmq_ctx_new();
    ASSERT(gate->context);
    zmq_ctx_set(gate->context, ZMQ_IO_THREADS, 1); /* one: what it reports and what it delivers keep their order */
    if (sched_getscheduler(0) == SCHED_OTHER)      /* libzmq does not bear a class that may not be changed to this */
        zmq_ctx_set(gate->context, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH); /* helper.c says why */
    zmq_ctx_set(gate->context, ZMQ_MAX_SOCKETS, 8 * GATE_SOCKETS_MAX);
    zmq_msg_init(&gate->routing_id);
    zmq_msg_init(&gate->body);
    zmq_msg_init(&gate->extra);
    return gate;
}

static int sockets_prepare(struct gate *gate, const struct gate_options *options, const char *secret_key,
                           char fault[FAULT_BYTES])
{
    struct listen_options how = {secret_key, options->insecure, 0};
    for (size_t i = 0; i < options->endpoint_count; i++) {
        struct gate_socket *socket = &gate->sockets[i];
        how.endpoint = options->endpoints[i].endpoint;
        int error = listen_prepare(gate->context, options->endpoints[i].address, &how, &socket->zmq, fault);
        if (error)
            return error;
        gate->socket_count++;
        socket->endpoint = options->endpoints[i].endpoint;
        socket->watch = watch_new(gate->context, socket->zmq, i);
        if (!socket->watch) {
            error = -errno;
            snprintf(fault, FAULT_BYTES, "%s: no monitor: %s", options->endpoints[i].address, zmq_strerror(-error));
            return error;
        }
    }
    return 0;
}

static int sockets_bind(struct gate *gate, const struct gate_options *options, char fault[FAULT_BYTES])
{
    for (size_t i = 0; i < gate->socket_count; i++) {
        struct gate_socket *socket = &gate->sockets[i];
        int error = listen_bind(socket->zmq, options->endpoints[i].address, fault);
        if (error)
            return error;
        size_t size = sizeof(socket->address);
        ASSERT(zmq_getsockopt(socket->zmq, ZMQ_LAST_ENDPOINT, socket->address, &size) == 0);
        log_info("listening endpoint=%c address=%s", socket->endpoint, socket->address);
    }
    return 0;
}

static int gate_start(struct gate *gate, const struct gate_options *options, char fault[FAULT_BYTES])
{
    char secret_key[LISTEN_KEY_CHARS + 1] = "";
    int error = 0;
    if (options->secret_key_file && options->insecure) {
        snprintf(fault, FAULT_BYTES, "a secret key and --insecure exclude each other: tcp is either curve or plain");
        return -EINVAL;
    }
    if (options->secret_key_file)
        error = listen_read_key(options->secret_key_file, secret_key, fault);
    if (error)
        return error;
    gate->zap = zap_new(gate->context, gate->principal_of, gate->arg, options->insecure);
    if (!gate->zap) {
        error = -errno;
        snprintf(fault, FAULT_BYTES, "no ZAP handler: %s", zmq_strerror(-error));
    } else {
        error = sockets_prepare(gate, options, secret_key, fault);
    }
    explicit_bzero(secret_key, sizeof(secret_key));
    return error ? error : sockets_bind(gate, options, fault);
}

static int fd_of(void *zmq)
{
    int fd = -1;
    size_t size = sizeof(fd);
    ASSERT(zmq_getsockopt(zmq, ZMQ_FD, &fd, &size) == 0);
    return fd;
}

/* A pipe wakes its reader only once that has found it empty. */
static void first_look(struct gate *gate)
{
    for (size_t i = 0; i < gate->socket_count; i++) {
        gate->sockets[i].stale = true;
        watch_drain(gate->sockets[i].watch, gate->sessions, &gate->counts);
    }
    gate->zap_stale = true;
}

static void collect_fds(struct gate *gate)
{
    struct pollfd *fd = gate->fds;
    for (size_t i = 0; i < gate->socket_count; i++)
        *fd++ = (struct pollfd){.fd = fd_of(gate->sockets[i].zmq), .events = POLLIN};
    for (size_t i = 0; i < gate->socket_count; i++)
        *fd++ = (struct pollfd){.fd = watch_fd(gate->sockets[i].watch), .events = POLLIN};
    *fd = (struct pollfd){.fd = zap_fd(gate->zap), .events = POLLIN};
}

int gate_open(const struct gate_options *options, gate_principal_fn *principal_of, void *arg, struct gate **out,
              char fault[FAULT_BYTES])
{
    if (options->endpoint_count > GATE_SOCKETS_MAX) {
        snprintf(fault, FAULT_BYTES, "at most %d addresses", GATE_SOCKETS_MAX);
        return -E2BIG;
    }
    raise_descriptors();
    struct gate *gate = gate_new(principal_of, arg);
    int error = gate_start(gate, options, fault);
    if (error) {
        gate_close(gate);
        return error;
    }
    collect_fds(gate);
    first_look(gate);
    *out = gate;
    return 0;
}

void gate_close(struct gate *gate)
{
    if (!gate)
        return;
    for (size_t i = 0; i < GATE_SOCKETS_MAX; i++) {
        watch_free(gate->sockets[i].watch);
        listen_unlink(gate->sockets[i].address);
        if (gate->sockets[i].zmq)
            zmq_close(gate->sockets[i].zmq);
    }
    zap_free(gate->zap);
    zmq_msg_close(&gate->routing_id);
    zmq_msg_close(&gate->body);
    zmq_msg_close(&gate->extra);
    zmq_ctx_term(gate->context);
    sessions_free(gate->sessions);
    buffer_release(&gate->encoded);
    free(gate);
}

/* --- for the loop --- */

size_t gate_fds(const struct gate *gate, int fds[GATE_SOCKETS_MAX + 1])
{
    for (size_t i = 0; i < gate->socket_count; i++)
        fds[i] = gate->fds[i].fd;
    fds[gate->socket_count] = gate->fds[2 * gate->socket_count].fd;
    return gate->socket_count + 1;
}

const char *gate_address(const struct gate *gate, size_t endpoint_index)
{
    ASSERT(endpoint_index < gate->socket_count);
    return gate->sockets[endpoint_index].address;
}

/* Which sockets have news, by one system call: asking ZeroMQ costs two for each. While nobody calls it, a socket whose
 * descriptor does not wake has none. */
static void look(struct gate *gate)
{
    size_t count = gate->socket_count;
    bool blind = poll(gate->fds, (nfds_t)(2 * count + 1), 0) < 0;
    for (size_t i = 0; i < count; i++) {
        gate->sockets[i].stale |= blind || gate->fds[i].revents;
        if (blind || gate->fds[count + i].revents)
            watch_drain(gate->sockets[i].watch, gate->sessions, &gate->counts);
    }
    gate->zap_stale |= blind || gate->fds[2 * count].revents;
}

/* Asks every socket that may have news, not only until the first that has input: asking also re-arms its descriptor. */
static bool sockets_ask(struct gate *gate)
{
    bool any = false;
    for (size_t i = 0; i < gate->socket_count; i++) {
        struct gate_socket *socket = &gate->sockets[i];
        int events = 0;
        size_t size = sizeof(events);
        if (socket->stale && zmq_getsockopt(socket->zmq, ZMQ_EVENTS, &events, &size) == 0)
            socket->ready = events & ZMQ_POLLIN;
        socket->stale = false;
        any = any || socket->ready;
    }
    return any;
}

static bool zap_ask(struct gate *gate)
{
    return gate->zap_stale = gate->zap_stale && zap_pending(gate->zap);
}

void gate_watch(struct gate *gate)
{
    look(gate);
    bool many = gate->counts.connections > CONNECTIONS_ALARM;
    if (many && !gate->alarmed)
        log_warn("connections=%llu above=%d", (unsigned long long)gate->counts.connections, CONNECTIONS_ALARM);
    gate->alarmed = many;
}

bool gate_pending(struct gate *gate)
{
    gate_watch(gate);
    bool any = sockets_ask(gate);
    return zap_ask(gate) || any;
}

static void tend(struct gate *gate)
{
    gate->untended = 0;
    gate_watch(gate);
    if (zap_ask(gate))
        zap_answer(gate->zap, ZAP_ANSWERS, &gate->counts);
}

/* --- receiving --- */

static struct gate_socket *socket_next(struct gate *gate)
{
    for (size_t i = 0; i < gate->socket_count; i++) {
        struct gate_socket *socket = &gate->sockets[(gate->next + i) % gate->socket_count];
        if (socket->ready) {
            gate->next = (size_t)(socket - gate->sockets + 1) % gate->socket_count;
            return socket;
        }
    }
    return NULL;
}

static bool frame_receive(zmq_msg_t *frame, void *zmq)
{
    int size;
    do
        size = zmq_msg_recv(frame, zmq, ZMQ_DONTWAIT);
    while (size < 0 && errno == EINTR);
    return size >= 0;
}

/* How many frames came behind the routing id, the first of them in body; 0 when there is no message. ZeroMQ hands over
 * whole messages only, so the later frames are there when the first is. */
static size_t frames_receive(struct gate *gate, struct gate_socket *socket)
{
    size_t frames = 0;
    zmq_msg_t *last = &gate->routing_id;
    socket->stale = true;
    if (!frame_receive(last, socket->zmq))
        return 0;
    for (; zmq_msg_more(last); frames++) {
        last = frames == 0 ? &gate->body : &gate->extra;
        ASSERT(frame_receive(last, socket->zmq));
    }
    return frames;
}

/* The session of this very connection: another connection or credential behind the same routing id inherits nothing. */
static struct session *session_now(struct gate *gate, struct gate_socket *socket, const char *credential,
                                   const char *principal, int64_t mono_ms)
{
    size_t index = (size_t)(socket - gate->sockets), size = zmq_msg_size(&gate->routing_id);
    const void *routing_id = zmq_msg_data(&gate->routing_id);
    int fd = zmq_msg_get(&gate->body, ZMQ_SRCFD);
    struct session *session = session_of(gate->sessions, index, socket->endpoint, routing_id, size, mono_ms);
    if (session->credential[0] && session->fd == fd && strcmp(session->credential, credential) == 0 &&
        strcmp(session->principal, principal) == 0)
        return session;
    /* What has gone before must be known before this connection gets a session: descriptors are used again. */
    session_drop(gate->sessions, session->peer);
    gate_watch(gate);
    session = session_of(gate->sessions, index, socket->endpoint, routing_id, size, mono_ms);
    snprintf(session->credential, sizeof(session->credential), "%s", credential);
    snprintf(session->principal, sizeof(session->principal), "%s", principal);
    if (fd >= 0)
        session_bind(gate->sessions, session, fd);
    return session;
}

static void refuse(struct gate_input *input, enum refusal_code code, const char *reason)
{
    input->bad = true;
    input->refusal = (struct refusal){.code = code, .field = "", .reason = reason};
}

/* Shape, text and numbers are wire's to judge; what is one message, and where it may come in, is the gate's. */
static void decode(struct gate *gate, struct gate_socket *socket, size_t frames, struct arena *arena,
                   struct gate_input *input)
{
    const void *frame = zmq_msg_data(&gate->body);
    size_t size = input->size_bytes = zmq_msg_size(&gate->body);
    if (frames != 1)
        refuse(input, REFUSAL_MALFORMED, "a message is exactly one frame");
    else if (wire_decode(frame, size, arena, &input->message, &input->refusal) != 0)
        input->bad = true;
    else if (!message_accepted(input->message.kind, socket->endpoint))
        refuse(input, REFUSAL_WRONG_ENDPOINT,
               arena_printf(arena, "this endpoint takes no %s", message_name(input->message.kind)));
}

/* False when the message cannot even be answered: its sender chose a routing id that ZeroMQ cannot send to. */
static bool take(struct gate *gate, struct gate_socket *socket, size_t frames, struct arena *arena, int64_t mono_ms,
                 struct gate_input *input)
{
    size_t size = zmq_msg_size(&gate->routing_id);
    gate->counts.received++;
    if (size == 0 || size > ROUTING_ID_MAX_BYTES) {
        gate->counts.malformed++;
        gate->counts.refused[REFUSAL_MALFORMED]++;
        return false;
    }
    const char *credential = zmq_msg_gets(&gate->body, "User-Id");
    const char *principal = credential ? gate->principal_of(gate->arg, credential) : NULL;
    *input = (struct gate_input){.principal = arena_strdup(arena, principal)};
    decode(gate, socket, frames, arena, input);
    input->session = session_now(gate, socket, credential ? credential : "", principal ? principal : "", mono_ms);
    if (!principal)
        gate->counts.unknown_sender++;
    if (input->bad) {
        gate->counts.malformed++;
        gate->counts.refused[(unsigned)input->refusal.code % REFUSAL_END]++;
    }
    return true;
}

bool gate_receive(struct gate *gate, struct arena *arena, int64_t mono_ms, struct gate_input *input)
{
    for (int tries = 0; tries < TURN_MESSAGES_MAX; tries++) {
        if (++gate->untended > TEND_EVERY)
            tend(gate);
        struct gate_socket *socket = socket_next(gate);
        if (!socket) {
            tend(gate);
            if (!sockets_ask(gate))
                return false;
            continue;
        }
        size_t frames = frames_receive(gate, socket);
        if (frames == 0)
            socket->ready = false;
        else if (take(gate, socket, frames, arena, mono_ms, input))
            return true;
    }
    return false;
}

/* --- sending --- */

static bool frame_send(void *zmq, const void *bytes, size_t size_bytes, int more)
{
    int sent;
    do
        sent = zmq_send(zmq, bytes, size_bytes, ZMQ_DONTWAIT | more);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

int gate_send_frame(struct gate *gate, uint64_t peer, const void *frame, size_t size_bytes)
{
    struct session *session = session_get(gate->sessions, peer);
    if (!session || session->gone) {
        gate->counts.gone++;
        return -EHOSTUNREACH;
    }
    void *socket = gate->sockets[session->socket].zmq;
    gate->sockets[session->socket].stale = true;
    if (!frame_send(socket, session->routing_id, session->routing_id_bytes, ZMQ_SNDMORE)) {
        if (errno == EAGAIN) {
            gate->counts.blocked++;
            return -EAGAIN;
        }
        gate->counts.gone++;
        session_drop(gate->sessions, peer);
        return -EHOSTUNREACH;
    }
    /* Cannot block: the peer's queue was found to have room for the whole message. */
    ASSERT(frame_send(socket, frame, size_bytes, 0));
    gate->counts.sent++;
    return 0;
}

int gate_send(struct gate *gate, uint64_t peer, const struct message *message)
{
    wire_encode(message, &gate->encoded);
    return gate_send_frame(gate, peer, gate->encoded.data, gate->encoded.size);
}

struct sessions *gate_sessions(struct gate *gate)
{
    return gate->sessions;
}

const struct gate_counts *gate_counts(const struct gate *gate)
{
    return &gate->counts;
}
