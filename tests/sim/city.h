/* city.h: a scenario's configuration: the files of a folder, and what the scenario edits of them, in a folder of its
 * own. Edits are drafts until they are put where the broker reads them. */
#ifndef SIM_CITY_H
#define SIM_CITY_H

#include <stdbool.h>

#include "broker/base/arena.h"

#define CITY_FILES_MAX 24

struct city_file {
    const char *name, *text, *draft; /* NULL: not there (yet); not edited */
};

struct city {
    struct arena *arena;
    char folder[64]; /* what the broker reads */
    struct city_file files[CITY_FILES_MAX];
    size_t count;
};

/* False: the base folder cannot be read. Close it in any case. */
bool city_open(struct city *, struct arena *, const char *base);
void city_close(struct city *);
/* Replaces a file, or adds items to the list or mapping in it. False: too many files. */
bool city_edit(struct city *, const char *name, const char *text, bool adds);
/* As it is kept; "": there is no such file. */
const char *city_text(const struct city *, const char *name);
/* Puts the drafts where the broker reads them; then they are kept, or what was there before is put back. */
void city_try(struct city *);
void city_keep(struct city *, bool keep);
/* What was there before is put back, and the drafts stay drafts. */
void city_put_back(struct city *);

#endif
