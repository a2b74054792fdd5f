#include "log.h"

#include <stdarg.h>
#include <stdio.h>

/* One write a line: stderr is unbuffered, and lines of several threads must not mix. */
static void write_line(const char *level, const char *format, va_list args)
{
    char line[2048];
    int used = snprintf(line, sizeof(line), "level=%s ", level);
    int more = vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, args);
    size_t size = (size_t)used + (size_t)(more > 0 ? more : 0);
    if (size > sizeof(line) - 2)
        size = sizeof(line) - 2;
    line[size++] = '\n';
    fwrite(line, 1, size, stderr);
}

#define LOG_FUNCTION(name, level)                                                                                      \
    void name(const char *format, ...)                                                                                 \
    {                                                                                                                  \
        va_list args;                                                                                                  \
        va_start(args, format);                                                                                        \
        write_line(level, format, args);                                                                               \
        va_end(args);                                                                                                  \
    }

LOG_FUNCTION(log_info, "info")
LOG_FUNCTION(log_warn, "warn")
LOG_FUNCTION(log_error, "error")
