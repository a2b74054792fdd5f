#include "fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int fault_add(struct faults *faults, const char *file, size_t line, size_t column, const char *format, ...)
{
    char sentence[1024];
    va_list args;
    if (++faults->count > FAULTS_MAX) {
        if (faults->count == FAULTS_MAX + 1)
            buffer_printf(&faults->text, "more than %d faults; the rest is not shown\n", FAULTS_MAX);
        return -EINVAL;
    }
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    if (file && *file)
        buffer_printf(&faults->text, "%s:", file);
    if (line)
        buffer_printf(&faults->text, "%zu:", line);
    if (column)
        buffer_printf(&faults->text, "%zu:", column);
    buffer_printf(&faults->text, "%s%s\n", file && *file ? " " : "", sentence);
    return -EINVAL;
}

const char *faults_text(struct faults *faults)
{
    buffer_append(&faults->text, "", 1);
    faults->text.size--;
    return (const char *)faults->text.data;
}

void faults_release(struct faults *faults)
{
    buffer_release(&faults->text);
    *faults = (struct faults){0};
}
