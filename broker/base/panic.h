/* panic.h: a bug stops the broker with a dump that tells the story; the journal is the truth after a restart. */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

/* Called once by panic before it aborts; prints what the process was doing. */
void panic_set_story(void (*story)(void *arg), void *arg);
void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Assertions stay on in production. */
#define ASSERT(condition) ((condition) ? (void)0 : panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition))

#endif
