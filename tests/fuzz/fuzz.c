#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "broker/base/panic.h"

#define PATH_BYTES 256

static char folder[PATH_BYTES];
static struct buffer made; /* names of the files in it, each with its NUL */

static void remove_folder(void)
{
    for (size_t at = 0; at < made.size; at += strlen((char *)made.data + at) + 1)
        unlink((char *)made.data + at);
    rmdir(folder);
    buffer_release(&made);
}

const char *fuzz_folder(void)
{
    if (*folder)
        return folder;
    snprintf(folder, sizeof folder, "%s/bihuan-fuzz.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ASSERT(mkdtemp(folder));
    atexit(remove_folder);
    return folder;
}

static bool is_made(const char *path)
{
    for (size_t at = 0; at < made.size; at += strlen((char *)made.data + at) + 1)
        if (strcmp((char *)made.data + at, path) == 0)
            return true;
    return false;
}

const char *fuzz_file(const char *name, const void *bytes, size_t size_bytes)
{
    static char path[2 * PATH_BYTES];
    ASSERT(snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name) < (int)sizeof path);
    if (!is_made(path))
        buffer_append(&made, path, strlen(path) + 1);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ASSERT(fd >= 0);
    ASSERT(write(fd, bytes, size_bytes) == (ssize_t)size_bytes);
    close(fd);
    return path;
}

const char *fuzz_text(struct buffer *buffer)
{
    buffer_append(buffer, "", 1);
    buffer->size--;
    return (const char *)buffer->data;
}

void fuzz_json(struct buffer *line)
{
    json_error_t fault;
    json_t *value = json_loads(fuzz_text(line), JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &fault);
    if (!value)
        panic("not JSON: %s at %d in %s", fault.text, fault.position, (const char *)line->data);
    ASSERT(!memchr(line->data, '\n', line->size));
    json_decref(value);
}
