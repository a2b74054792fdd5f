/* nearest.h: "did you mean …?": the known name nearest to one that is not known. */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include <stddef.h>

#include "broker/base/map.h"

/* NULL when nothing is near: more than a third of the characters differ. */
const char *nearest(const char *text, const char *const *known, size_t n);
/* Over the keys of a map; large maps are not searched. */
const char *nearest_key(const char *text, const struct textmap *known);

#endif
