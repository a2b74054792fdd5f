/* listen.h: one listening socket: its limits and heartbeats, what it asks of those who connect, its file or port. */
#ifndef EDGE_LISTEN_H
#define EDGE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#define LISTEN_KEY_CHARS 40 /* a CURVE key in Z85 */
#define FAULT_BYTES      256

struct listen_options {
    const char *secret_key; /* Z85; "" when there is none */
    bool insecure;
    char endpoint; /* 'P', 'W', 'C', 'F' */
};

/* A ROUTER with every option set, not yet bound. 0, or -errno with a sentence: an address of another kind, curve
 * without a key, plain tcp anywhere but on 127.0.0.1. */
int listen_prepare(void *zmq_context, const char *address, const struct listen_options *, void **zmq_socket,
                   char fault[FAULT_BYTES]);
/* Binds. ipc: makes the folder (0750) and the socket file (0660); a stale socket file is replaced, any other file and a
 * broker that still answers are left alone. */
int listen_bind(void *zmq_socket, const char *address, char fault[FAULT_BYTES]);
/* Takes an ipc socket's file away, just before the socket is closed: libzmq leaves it. */
void listen_unlink(const char *address);
/* Reads a secret key file (secret.h): one line of 40 Z85 characters. */
int listen_read_key(const char *path, char key[LISTEN_KEY_CHARS + 1], char fault[FAULT_BYTES]);

#endif
