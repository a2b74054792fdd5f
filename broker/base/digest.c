/* The chain hashes every record, so what a hash costs beside its bytes matters: OpenSSL's older functions take the same
 * code of the processor's instructions as EVP, without its 0.3 µs a hash of looking up and dispatching. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest.h"

#include <openssl/sha.h>

#include "panic.h"

_Static_assert(DIGEST_BYTES == SHA256_DIGEST_LENGTH, "a digest is a SHA-256");

void digest_parts(struct digest *out, const struct digest_part *parts, size_t n)
{
    SHA256_CTX context;
    ASSERT(SHA256_Init(&context) == 1);
    for (size_t i = 0; i < n; i++)
        ASSERT(SHA256_Update(&context, parts[i].ptr, parts[i].len) == 1);
    ASSERT(SHA256_Final(out->bytes, &context) == 1);
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
