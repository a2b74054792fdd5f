/* custodian.h: who reported, sealed to the custodian's public key before it leaves this machine, and opened with his secret
 * one. The keys are those of `bihuan keys`; the boxes are libsodium's sealed boxes. */
#ifndef CLI_CUSTODIAN_H
#define CLI_CUSTODIAN_H

#include <stdbool.h>

#include "broker/base/arena.h"
#include "schemas/types.h"

/* The key to seal to, as text or as a file; NULL: $BIHUAN_CUSTODIAN, if there is one. False with a sentence. */
bool custodian_name(const char *key, char fault[256]);
/* False when no custodian is named, or the text is too long. */
bool custodian_seal(struct arena *, const char *text, struct bytes *out);

struct custodian; /* with the secret key */

/* NULL with a sentence; a file that is not its user's alone is refused. */
struct custodian *custodian_open(const char *file, char fault[256]);
void custodian_close(struct custodian *);
/* The text in a sealed box, in the arena; NULL when it is not sealed to this key. */
const char *custodian_unseal(const struct custodian *, struct arena *, struct bytes sealed);

#endif
