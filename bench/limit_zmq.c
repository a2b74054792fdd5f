/* limit_zmq: round trips over ZeroMQ and nothing else: a DEALER with so many in flight, a ROUTER in another process that
 * answers 512 bytes with 64.
 *   limit_zmq ADDRESS WINDOW SECONDS [curve] */
#include "bench/limit.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#define EVENT_BYTES   512
#define RECEIPT_BYTES 64

static struct histogram times;
static char keys[4][41]; /* server's public and secret, client's */

static void *open_socket(void *context, int type, int secure)
{
    void *socket = zmq_socket(context, type);
    int on = 1, none = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof(none));
    zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof(none));
    zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof(none));
    if (secure && type == ZMQ_ROUTER) {
        zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof(on));
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys[1], 41);
    } else if (secure) {
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, keys[0], 41);
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys[2], 41);
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys[3], 41);
    }
    return socket;
}

static void *new_context(void)
{
    void *context = zmq_ctx_new();
    zmq_ctx_set(context, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH); /* as ours */
    return context;
}

/* Until a message of one byte comes. */
static void serve(const char *address, int secure)
{
    char id[256], event[EVENT_BYTES], receipt[RECEIPT_BYTES] = "";
    void *context = new_context(), *socket = open_socket(context, ZMQ_ROUTER, secure);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (zmq_bind(socket, address) != 0)
        limit_fail(address);
    for (;;) {
        int id_size = zmq_recv(socket, id, sizeof(id), 0), size = zmq_recv(socket, event, sizeof(event), 0);
        if (id_size < 0 || size <= 1)
            break;
        zmq_send(socket, id, (size_t)id_size, ZMQ_SNDMORE);
        zmq_send(socket, receipt, sizeof(receipt), 0);
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    _exit(0);
}

static void trade(void *socket, size_t window, double seconds)
{
    static double sent[1 << 17];
    char event[EVENT_BYTES] = "", receipt[RECEIPT_BYTES];
    size_t first = 0, last = 0;
    zmq_send(socket, event, sizeof(event), 0); /* connects */
    zmq_recv(socket, receipt, sizeof(receipt), 0);
    double began = limit_now_s(), now;
    while ((now = limit_now_s()) < began + seconds || first < last) {
        for (; now < began + seconds && last - first < window; last++) {
            sent[last % (1 << 17)] = now;
            zmq_send(socket, event, sizeof(event), 0);
        }
        int flags = 0; /* waits for one, then takes what there is */
        for (; first < last && zmq_recv(socket, receipt, sizeof(receipt), flags) > 0; first++, flags = ZMQ_DONTWAIT)
            histogram_add(&times, (uint64_t)((limit_now_s() - sent[first % (1 << 17)]) * 1e9));
    }
    zmq_send(socket, event, 1, 0);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return fprintf(stderr, "usage: %s ADDRESS WINDOW SECONDS [curve]\n", argv[0]), 2;
    int secure = argc > 4;
    zmq_curve_keypair(keys[0], keys[1]);
    zmq_curve_keypair(keys[2], keys[3]);
    pid_t child = fork();
    if (child == 0)
        serve(argv[1], secure);
    void *context = new_context(), *socket = open_socket(context, ZMQ_DEALER, secure);
    double seconds = strtod(argv[3], NULL);
    if (zmq_connect(socket, argv[1]) != 0)
        limit_fail(argv[1]);
    trade(socket, strtoul(argv[2], NULL, 10), seconds);
    waitpid(child, NULL, 0);
    limit_print(secure ? "zmq curve" : "zmq", &times, 1, seconds);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
