#include "cli/custodian.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"
#include "workers/client.h"

#define KEY_BYTES crypto_box_PUBLICKEYBYTES

static struct {
    bool known;
    uint8_t key[KEY_BYTES];
} named;

bool custodian_name(const char *key, char fault[256])
{
    char text[CLIENT_KEY_BYTES];
    if (!key)
        key = getenv("BIHUAN_CUSTODIAN");
    if (!key || !*key)
        return true;
    named.known = client_public_key(key, text, fault) == 0 && zmq_z85_decode(named.key, text);
    return named.known;
}

bool custodian_seal(struct arena *arena, const char *text, struct bytes *out)
{
    size_t size_bytes = strlen(text), sealed_bytes = size_bytes + crypto_box_SEALBYTES;
    if (!named.known || sealed_bytes > SEALED_MAX_BYTES || sodium_init() < 0)
        return false;
    uint8_t *sealed = arena_alloc(arena, sealed_bytes);
    *out = (struct bytes){sealed, sealed_bytes};
    return crypto_box_seal(sealed, (const uint8_t *)text, size_bytes, named.key) == 0;
}

/* --- with the secret key --- */

struct custodian {
    uint8_t secret[crypto_box_SECRETKEYBYTES], public[KEY_BYTES];
};

struct custodian *custodian_open(const char *file, char fault[256])
{
    char text[CLIENT_KEY_BYTES];
    struct custodian *opened = calloc(1, sizeof *opened);
    ASSERT(opened);
    bool good = client_key_file(file, true, text, fault) == 0 && zmq_z85_decode(opened->secret, text);
    explicit_bzero(text, sizeof text);
    if (good && sodium_init() >= 0 && crypto_scalarmult_base(opened->public, opened->secret) == 0)
        return opened;
    custodian_close(opened);
    return NULL;
}

void custodian_close(struct custodian *opened)
{
    if (opened)
        explicit_bzero(opened, sizeof *opened);
    free(opened);
}

const char *custodian_unseal(const struct custodian *opened, struct arena *arena, struct bytes sealed)
{
    if (sealed.len < crypto_box_SEALBYTES)
        return NULL;
    size_t size_bytes = sealed.len - crypto_box_SEALBYTES;
    char *text = arena_alloc(arena, size_bytes + 1);
    if (crypto_box_seal_open((uint8_t *)text, sealed.ptr, sealed.len, opened->public, opened->secret) != 0)
        return NULL;
    text[size_bytes] = '\0';
    return text;
}
