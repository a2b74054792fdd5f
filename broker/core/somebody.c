#include "broker/core/somebody.h"

#include <string.h>

#include "broker/core/state.h"

bool somebody_same(const char *principal, const char *person, const char *other_principal, const char *other_person)
{
    if (!has_text(principal) || !has_text(other_principal))
        return false;
    if (has_text(person) && has_text(other_person))
        return strcmp(person, other_person) == 0;
    return strcmp(principal, other_principal) == 0;
}
