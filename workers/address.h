/* address.h: where the broker is and with which keys: options, environment and key files, checked. */
#ifndef WORKERS_ADDRESS_H
#define WORKERS_ADDRESS_H

#include <stdbool.h>

#include "workers/client.h"

#define KEY_TEXT_BYTES CLIENT_KEY_BYTES

struct address {
    char endpoint[256]; /* for zmq_connect */
    bool curve;
    char server_key[KEY_TEXT_BYTES], public_key[KEY_TEXT_BYTES], secret_key[KEY_TEXT_BYTES];
};

/* 0, or -errno with a sentence. Tcp needs keys, except to 127.0.0.1 when no server key is named (a trial against an
 * insecure broker); a secret key file that is not kept as secret.h says is refused. */
int address_resolve(const struct client_options *, struct address *out, char fault[256]);

#endif
