/* digest.h: SHA-256 through libcrypto, and the running chain over records. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

struct digest {
    uint8_t bytes[DIGEST_BYTES];
};

struct digest_part {
    const void *ptr;
    size_t len;
};

/* SHA-256 over the parts in order. */
void digest_parts(struct digest *out, const struct digest_part *parts, size_t n);
void digest_bytes(struct digest *out, const void *, size_t size_bytes);
/* 64 lower-case hex digits and a NUL. */
void digest_hex(const struct digest *, char out[2 * DIGEST_BYTES + 1]);

#endif
