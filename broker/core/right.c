#include "broker/core/right.h"

#include <string.h>

bool right_has(const struct principal *principal, enum right right)
{
#define RIGHT_ROLES(N, roles) [RIGHT_##N] = (roles),
    static const unsigned roles[RIGHT_COUNT] = {RIGHTS(RIGHT_ROLES)};
    return principal != NULL && !principal->revoked && (principal->roles & roles[right]) != 0;
}

bool right_in_scope(const struct principal *principal, const struct type *type, const struct area *area)
{
    bool type_fits = type == NULL || principal->type_count == 0;
    for (size_t i = 0; !type_fits && i < principal->type_count; i++)
        type_fits = type_within(type, principal->types[i]);
    bool area_fits = area == NULL || principal->area_count == 0;
    for (size_t i = 0; !area_fits && i < principal->area_count; i++)
        area_fits = area_within(area, principal->areas[i]);
    return type_fits && area_fits;
}

bool right_sees_all(const struct principal *who)
{
    return right_has(who, RIGHT_READ_ALL) && !who->type_count && !who->area_count && !who->unit_count;
}

bool right_unit(const struct principal *principal, const char *unit)
{
    for (size_t i = 0; i < principal->unit_count; i++) {
        if (strcmp(principal->units[i]->id, unit) == 0)
            return true;
    }
    return false;
}

bool right_task(const struct principal *principal, const struct task *task)
{
    const char *sub_unit = task->more ? task->more->sub_unit : NULL;
    return right_unit(principal, task->unit) || (sub_unit && *sub_unit && right_unit(principal, sub_unit));
}
