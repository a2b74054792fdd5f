/* secret.h: a process that holds keys, and what citizens said. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

/* From here on this process leaves no core, whatever ends it, and others of the same user cannot look into its memory. What it
 * starts is not bound by it. */
void secret_keep(void);

#endif
