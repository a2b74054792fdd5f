#include "broker/edge/zap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "broker/base/panic.h"

/* A request's frames, in RFC 27's order; what the credentials are depends on the mechanism. */
enum frame { VERSION, REQUEST_ID, DOMAIN, ADDRESS, ROUTING_ID, MECHANISM, CREDENTIALS, FRAME_COUNT };
#define FRAME_BYTES 256

struct request {
    char text[FRAME_COUNT][FRAME_BYTES]; /* each with a NUL behind it */
    size_t size_bytes[FRAME_COUNT];
    int count;
};

struct zap {
    void *socket;
    gate_principal_fn *principal_of;
    void *arg;
    bool insecure;
};

struct zap *zap_new(void *zmq_context, gate_principal_fn *principal_of, void *arg, bool insecure)
{
    void *socket = zmq_socket(zmq_context, ZMQ_REP);
    if (!socket)
        return NULL;
    int linger_ms = 0;
    if (zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms)) != 0 ||
        zmq_bind(socket, "inproc://zeromq.zap.01") != 0) {
        int cause = errno;
        zmq_close(socket);
        errno = cause;
        return NULL;
    }
    struct zap *zap = malloc(sizeof(*zap));
    ASSERT(zap);
    *zap = (struct zap){socket, principal_of, arg, insecure};
    return zap;
}

void zap_free(struct zap *zap)
{
    if (!zap)
        return;
    zmq_close(zap->socket);
    free(zap);
}

int zap_fd(const struct zap *zap)
{
    int fd = -1;
    size_t size = sizeof(fd);
    ASSERT(zmq_getsockopt(zap->socket, ZMQ_FD, &fd, &size) == 0);
    return fd;
}

bool zap_pending(struct zap *zap)
{
    int events = 0;
    size_t size = sizeof(events);
    return zmq_getsockopt(zap->socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

/* Frames beyond those known are read and left out; a frame too long is no credential of ours. */
static bool request_receive(struct zap *zap, struct request *request)
{
    int more = 1;
    size_t more_size = sizeof(more);
    char rest[FRAME_BYTES];
    memset(request, 0, sizeof(*request));
    for (; more; request->count++) {
        char *into = request->count < FRAME_COUNT ? request->text[request->count] : rest;
        int size = zmq_recv(zap->socket, into, FRAME_BYTES - 1, ZMQ_DONTWAIT);
        if (size < 0)
            return false;
        if (request->count < FRAME_COUNT)
            request->size_bytes[request->count] = size < FRAME_BYTES ? (size_t)size : 0;
        ASSERT(zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &more_size) == 0);
    }
    return true;
}

static bool is(const struct request *request, enum frame frame, const char *text)
{
    return strcmp(request->text[frame], text) == 0;
}

/* libzmq gives an ipc peer's address as "localhost:uid:gid:pid", from the kernel's peer credentials. */
static bool uid_credential(const struct request *request, char out[CREDENTIAL_MAX_BYTES])
{
    unsigned uid;
    char end;
    const char *colon = strchr(request->text[ADDRESS], ':');
    if (!colon || sscanf(colon, ":%10u:%*u:%*u%c", &uid, &end) != 1)
        return false;
    snprintf(out, CREDENTIAL_MAX_BYTES, "uid:%u", uid);
    return true;
}

static bool curve_credential(const struct request *request, char out[CREDENTIAL_MAX_BYTES])
{
    char key[41];
    if (request->size_bytes[CREDENTIALS] != 32 || !zmq_z85_encode(key, (const uint8_t *)request->text[CREDENTIALS], 32))
        return false;
    snprintf(out, CREDENTIAL_MAX_BYTES, "curve:%s", key);
    return true;
}

/* Whether to let it in, and the credential its messages will carry. Everything not named here is refused. */
static bool admitted(const struct zap *zap, const struct request *request, char credential[CREDENTIAL_MAX_BYTES])
{
    if (!is(request, VERSION, "1.0") || request->count <= MECHANISM)
        return false;
    if (is(request, DOMAIN, ZAP_DOMAIN_CURVE) && is(request, MECHANISM, "CURVE"))
        return curve_credential(request, credential) && zap->principal_of(zap->arg, credential);
    if (!is(request, MECHANISM, "NULL"))
        return false;
    if (is(request, DOMAIN, ZAP_DOMAIN_IPC))
        return uid_credential(request, credential);
    if (is(request, DOMAIN, ZAP_DOMAIN_INSECURE) && zap->insecure)
        return snprintf(credential, CREDENTIAL_MAX_BYTES, "plain:") > 0;
    return false;
}

static void reply(struct zap *zap, const struct request *request, bool yes, const char *credential)
{
    const char *frames[] = {"1.0", NULL, yes ? "200" : "400", yes ? "OK" : "not known here", yes ? credential : "", ""};
    const size_t n = sizeof(frames) / sizeof(frames[0]);
    for (size_t i = 0; i < n; i++) {
        const char *text = i == 1 ? request->text[REQUEST_ID] : frames[i];
        size_t size = i == 1 ? request->size_bytes[REQUEST_ID] : strlen(text);
        zmq_send(zap->socket, text, size, i + 1 < n ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT);
    }
}

void zap_answer(struct zap *zap, int n, struct gate_counts *counts)
{
    struct request request;
    for (; n > 0 && request_receive(zap, &request); n--) {
        char credential[CREDENTIAL_MAX_BYTES] = "";
        bool yes = admitted(zap, &request, credential);
        if (yes)
            counts->zap_accepted++;
        else
            counts->zap_refused++;
        reply(zap, &request, yes, credential);
    }
}
