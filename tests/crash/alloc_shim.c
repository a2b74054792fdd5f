/* alloc_shim.c, preloaded: the Nth allocation of a process finds no memory.
 *
 *   SHIM_FAIL    N:HOW — once, or ever (so do all after it); told on stderr
 *   SHIM_COUNT   file that gets the number of allocations, at the end
 *
 * Who dereferences what it did not get is told on stderr: the first file on the stack that is not the C library. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <signal.h>
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

/* The stack of the handler itself, of the kernel's way into it, and then of whoever it was. */
static void tell_whose(int number)
{
    void *frames[64];
    char line[256];
    const char *whose = "nobody's";
    int found = backtrace(frames, 64);
    for (int i = 0; i < found; i++) {
        Dl_info info;
        if (!dladdr(frames[i], &info) || !info.dli_fname || strstr(info.dli_fname, "alloc_shim") ||
            strstr(info.dli_fname, "libc.so"))
            continue;
        whose = info.dli_fname;
        break;
    }
    int size = snprintf(line, sizeof line, "shim signal=%d whose=%s\n", number, whose);
    if (write(STDERR_FILENO, line, (size_t)size) < 0)
        _exit(95);
    raise(number);
}

/* Threads that block all signals are asked too. */
int pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    sigset_t most;
    if (set) {
        most = *set;
        sigdelset(&most, SIGSEGV);
    }
    return sigprocmask(how, set ? &most : NULL, before) == 0 ? 0 : errno;
}

__attribute__((constructor)) static void begin(void)
{
    const char *fail = getenv("SHIM_FAIL");
    void *loads[1];
    backtrace(loads, 1); /* it takes memory the first time */
    sigaction(SIGSEGV, &(struct sigaction){.sa_handler = tell_whose, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)},
              NULL);
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
