#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panic.h"

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

static void reserve(struct buffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->size >= more)
        return;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity - buffer->size < more)
        capacity *= 2;
    uint8_t *data = realloc(buffer->data, capacity);
    if (!data)
        panic("out of memory: buffer of %zu bytes", capacity);
    buffer->data = data;
    buffer->capacity = capacity;
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size_bytes)
{
    reserve(buffer, size_bytes);
    buffer->size += size_bytes;
    return buffer->data + buffer->size - size_bytes;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size_bytes)
{
    if (!size_bytes)
        return;
    memcpy(buffer_extend(buffer, size_bytes), bytes, size_bytes);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(size >= 0);
    reserve(buffer, (size_t)size + 1);
    vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, again);
    va_end(again);
    buffer->size += (size_t)size;
}
