/* files.h: where a city's texts come from: a folder, or the bundle that an earlier reading of it made. */
#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include "broker/base/arena.h"
#include "broker/base/buffer.h"
#include "broker/base/fault.h"
#include "broker/base/map.h"

struct file {
    const char *name, *text; /* text ends in a NUL that is not counted */
    size_t size_bytes;
};

struct files {
    const char *folder; /* NULL: from a bundle */
    struct arena *arena;
    struct textmap known;
    struct buffer bundle; /* of all that was read, in order */
};

/* 0, or -errno when the folder cannot be opened. */
int files_of_folder(struct files *, const char *folder, struct arena *);
/* 0, or -EINVAL when it is no bundle. */
int files_of_bundle(struct files *, const char *bundle, size_t size_bytes, struct arena *);
void files_release(struct files *);

/* A file by its name in the folder: 0; -ENOENT; -EINVAL: the name leads out of the folder; -EFBIG; or -errno. */
int files_read(struct files *, const char *name, const struct file **out);
/* The same for a large file: its text is "sha256 <hex>\n", and only that goes into the bundle. */
int files_read_digest(struct files *, const char *name, const struct file **out);

#endif
