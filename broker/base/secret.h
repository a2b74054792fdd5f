/* secret.h: a process that holds keys, and what citizens said; and the files that keys come from. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

/* From here on this process leaves no core, whatever ends it, and others of the same user cannot look into its memory. What it
 * starts is not bound by it. */
void secret_keep(void);
/* The first line of a file, without its end, and NUL-terminated. The file is a plain one, reached by no symbolic link, its
 * owner is this user or root, and nobody else may read or write it. Its length; or -errno with a sentence that names the
 * path. A longer line is cut off. */
int secret_read(const char *path, char *line, size_t size_bytes, char fault[256]);

#endif
