#include "digest.h"

#include <openssl/evp.h>

#include "panic.h"

/* One context for the process's life: making one costs more than hashing a record. One thread decides. */
static _Thread_local EVP_MD_CTX *context;

/* The algorithm is looked up once: by name it costs as much as hashing 200 bytes. */
static void begin(void)
{
    if (!context) {
        context = EVP_MD_CTX_new();
        ASSERT(context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
        return;
    }
    ASSERT(EVP_DigestInit_ex(context, NULL, NULL) == 1);
}

void digest_parts(struct digest *out, const struct digest_part *parts, size_t n)
{
    begin();
    for (size_t i = 0; i < n; i++)
        ASSERT(EVP_DigestUpdate(context, parts[i].ptr, parts[i].len) == 1);
    ASSERT(EVP_DigestFinal_ex(context, out->bytes, NULL) == 1);
}

void digest_bytes(struct digest *out, const void *bytes, size_t size_bytes)
{
    digest_parts(out, &(struct digest_part){bytes, size_bytes}, 1);
}

void digest_hex(const struct digest *digest, char out[2 * DIGEST_BYTES + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[digest->bytes[i] >> 4];
        out[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    out[2 * DIGEST_BYTES] = '\0';
}
