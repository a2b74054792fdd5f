/* alloc_shim.c, preloaded: the Nth allocation of a process finds no memory.
 *
 *   SHIM_FAIL    N:HOW — once, or ever (so do all after it); told on stderr
 *   SHIM_COUNT   file that gets the number of allocations, at the end */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_ulong count;
static unsigned long fail_at; /* 0: never */
static bool ever;
static const char *count_file;

__attribute__((constructor)) static void begin(void)
{
    const char *fail = getenv("SHIM_FAIL");
    count_file = getenv("SHIM_COUNT");
    count = 0;
    if (!fail)
        return;
    ever = strstr(fail, ":ever") != NULL;
    fail_at = strtoul(fail, NULL, 10);
}

__attribute__((destructor)) static void end(void)
{
    unsigned long counted = count;
    FILE *out = count_file ? fopen(count_file, "w") : NULL;
    if (!out)
        return;
    fprintf(out, "%lu\n", counted);
    fclose(out);
}

static bool fails(void)
{
    static const char line[] = "shim struck=alloc\n";
    unsigned long number = atomic_fetch_add(&count, 1) + 1;
    if (fail_at == 0 || number < fail_at || (number > fail_at && !ever))
        return false;
    if (number == fail_at && write(STDERR_FILENO, line, sizeof line - 1) < 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *memory = fails() ? NULL : __libc_memalign(alignment, size);
    if (!memory)
        return ENOMEM;
    *out = memory;
    return 0;
}
