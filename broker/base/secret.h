/* secret.h: a secret comes from a file that is nobody else's business, and does not leave the process. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>
#include <stdio.h>

/* The first line of a file, without its end, and NUL-terminated. The file is a plain one, reached by no symbolic link, its
 * owner is this user or root, and nobody else may read or write it. Its length; or -errno with a sentence that names the
 * path. A longer line is cut off. */
int secret_read(const char *path, char *line, size_t size_bytes, char fault[256]);
/* From now on no core of this process is written, and nobody but root may look into it while it runs. */
void secret_keep_in_process(void);

#endif
