/* buffer.h: bytes that grow. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data;
    size_t size, capacity;
};

void buffer_release(struct buffer *);
void buffer_clear(struct buffer *); /* keeps the memory */
/* Appends; out of memory is a panic. */
uint8_t *buffer_extend(struct buffer *, size_t size_bytes); /* for the caller to fill, before the buffer grows again */
void buffer_append(struct buffer *, const void *, size_t size_bytes);
void buffer_printf(struct buffer *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
