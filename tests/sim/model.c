#include "tests/sim/model.h"

#include <stdarg.h>
#include <stdio.h>

struct letter *letters_take(struct network *network, size_t actors, struct arena *arena)
{
    struct letter *first = NULL, **end = &first;
    struct message message;
    for (size_t i = 0; i < actors; i++)
        while (network_receive(network, i, arena, &message)) {
            *end = ARENA_NEW(arena, struct letter, 1);
            **end = (struct letter){NULL, i, message};
            end = &(*end)->next;
        }
    return first;
}

void fault_note(char *fault, size_t size_bytes, const char *format, ...)
{
    va_list arguments;
    if (*fault)
        return;
    va_start(arguments, format);
    vsnprintf(fault, size_bytes, format, arguments);
    va_end(arguments);
}
