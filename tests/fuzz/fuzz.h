/* fuzz.h: what the targets share. Each reads any bytes as libFuzzer makes them, asserts what is promised of them, and leaves
 * the rest to the sanitizers. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "broker/base/buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A folder of this process, in memory, removed at its end. */
const char *fuzz_folder(void);
/* The path of a file in it, with this content now. */
const char *fuzz_file(const char *name, const void *bytes, size_t size_bytes);
/* The buffer's content as text, with a NUL. */
const char *fuzz_text(struct buffer *);
/* One line of valid JSON, else the target fails. */
void fuzz_json(struct buffer *);

#endif
