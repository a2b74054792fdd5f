/* somebody.h: "somebody else": one rule for whatever needs a second person. */
#ifndef CORE_SOMEBODY_H
#define CORE_SOMEBODY_H

#include <stdbool.h>

/* Whether both are one: the same person; where persons are not named, the same principal. "" is nobody. */
bool somebody_same(const char *principal, const char *person, const char *other_principal, const char *other_person);

#endif
