#include "panic.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void (*story_fn)(void *arg);
static void *story_arg;

void panic_set_story(void (*story)(void *arg), void *arg)
{
    story_fn = story;
    story_arg = arg;
}

void panic(const char *format, ...)
{
    bool no_memory = errno == ENOMEM;
    va_list args;
    fprintf(stderr, "panic version=%s ", BIHUAN_VERSION);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs(no_memory ? " (no memory)\n" : "\n", stderr);
    if (story_fn) {
        void (*story)(void *) = story_fn;
        story_fn = NULL; /* a story that panics itself must not tell it again */
        story(story_arg);
    }
    abort();
}
