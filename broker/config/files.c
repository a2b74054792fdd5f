#include "broker/config/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/base/digest.h"
#include "broker/base/limits.h"

/* A bundle is this line, then for each file "name size\n", its bytes and "\n". */
static const char bundle_head[] = "bihuan-bundle 1\n";

int files_of_folder(struct files *files, const char *folder, struct arena *arena)
{
    struct stat status;
    *files = (struct files){.folder = folder, .arena = arena};
    if (stat(folder, &status) != 0)
        return -errno;
    if (!S_ISDIR(status.st_mode))
        return -ENOTDIR;
    buffer_append(&files->bundle, bundle_head, strlen(bundle_head));
    return 0;
}

static struct file *file_keep(struct files *files, const char *name, const void *text, size_t size_bytes)
{
    struct file *file = ARENA_NEW(files->arena, struct file, 1);
    *file = (struct file){arena_strdup(files->arena, name), arena_memdup(files->arena, text, size_bytes), size_bytes};
    textmap_put(&files->known, file->name, file);
    return file;
}

/* One file of a bundle; the bytes it took, or 0 when they are none. */
static size_t unpack(struct files *files, const char *at, size_t left_bytes)
{
    const char *line_end = memchr(at, '\n', left_bytes), *space = memchr(at, ' ', left_bytes);
    if (line_end == NULL || space == NULL || space >= line_end || space == at)
        return 0;
    char *end, *name = arena_memdup(files->arena, at, (size_t)(space - at));
    errno = 0;
    unsigned long long size_bytes = strtoull(space + 1, &end, 10);
    size_t head_bytes = (size_t)(line_end + 1 - at);
    if (end != line_end || errno != 0 || size_bytes >= left_bytes - head_bytes || line_end[1 + size_bytes] != '\n')
        return 0;
    file_keep(files, name, line_end + 1, size_bytes);
    return head_bytes + size_bytes + 1;
}

int files_of_bundle(struct files *files, const char *bundle, size_t size_bytes, struct arena *arena)
{
    size_t at = strlen(bundle_head);
    *files = (struct files){.arena = arena};
    if (size_bytes < at || memcmp(bundle, bundle_head, at) != 0)
        return -EINVAL;
    while (at < size_bytes) {
        size_t taken = unpack(files, bundle + at, size_bytes - at);
        if (taken == 0)
            return -EINVAL;
        at += taken;
    }
    buffer_append(&files->bundle, bundle, size_bytes);
    return 0;
}

void files_release(struct files *files)
{
    textmap_release(&files->known);
    buffer_release(&files->bundle);
}

static void file_bundle(struct files *files, const struct file *file)
{
    buffer_printf(&files->bundle, "%s %zu\n", file->name, file->size_bytes);
    buffer_append(&files->bundle, file->text, file->size_bytes);
    buffer_append(&files->bundle, "\n", 1);
}

/* A configuration is one folder, so that it can be copied, reviewed and bundled whole. */
static bool leads_out(const char *name)
{
    return *name == '/' || strpbrk(name, " \n") != NULL || strcmp(name, "..") == 0 || strncmp(name, "../", 3) == 0 ||
           strstr(name, "/../") != NULL;
}

/* An open descriptor and the size, or -errno. */
static int open_file(const struct files *files, const char *name, int64_t max_bytes, size_t *size_bytes)
{
    struct stat status;
    int fd = open(arena_printf(files->arena, "%s/%s", files->folder, name), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int result = fstat(fd, &status) != 0 ? -errno : fd;
    if (result >= 0 && !S_ISREG(status.st_mode))
        result = -EISDIR;
    if (result >= 0 && status.st_size > max_bytes)
        result = -EFBIG;
    if (result < 0)
        close(fd);
    else
        *size_bytes = (size_t)status.st_size;
    return result;
}

/* Into memory, not mapped: an editor that cuts a mapped file short would kill the broker. 0 or -errno. */
static int slurp(int fd, char *bytes, size_t size_bytes)
{
    for (size_t got = 0; got < size_bytes;) {
        ssize_t n = read(fd, bytes + got, size_bytes - got);
        if (n == 0)
            return -EAGAIN; /* it shrank under our eyes */
        if (n < 0 && errno != EINTR)
            return -errno;
        got += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static const struct file *keep_digest(struct files *files, const char *name, const void *bytes, size_t size_bytes)
{
    struct digest digest;
    char hex[2 * DIGEST_BYTES + 1];
    digest_bytes(&digest, bytes, size_bytes);
    digest_hex(&digest, hex);
    const char *line = arena_printf(files->arena, "sha256 %s\n", hex);
    return file_keep(files, name, line, strlen(line));
}

static int read_file(struct files *files, const char *name, bool digest_only, const struct file **out)
{
    size_t size_bytes = 0;
    if (leads_out(name))
        return -EINVAL;
    *out = textmap_get(&files->known, name);
    if (*out != NULL || files->folder == NULL)
        return *out != NULL ? 0 : -ENOENT;
    int fd = open_file(files, name, digest_only ? POLYGON_FILE_MAX_BYTES : CONFIG_FILE_MAX_BYTES, &size_bytes);
    if (fd < 0)
        return fd;
    char *bytes = malloc(size_bytes + 1);
    int result = bytes == NULL ? -ENOMEM : slurp(fd, bytes, size_bytes);
    if (result == 0) {
        *out = digest_only ? keep_digest(files, name, bytes, size_bytes) : file_keep(files, name, bytes, size_bytes);
        file_bundle(files, *out);
    }
    free(bytes);
    close(fd);
    return result;
}

int files_read(struct files *files, const char *name, const struct file **out)
{
    return read_file(files, name, false, out);
}

int files_read_digest(struct files *files, const char *name, const struct file **out)
{
    return read_file(files, name, true, out);
}
