/* A log in front of the tables, with any bytes of it damaged and its end cut: what is read of it follows on what is known, and
 * each value is one that was written; the rest is not there, or told as damage. The input: how much is cut off, then places
 * and what is done to the byte there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/base/panic.h"
#include "broker/store/front.h"
#include "broker/store/store_internal.h"
#include "tests/fuzz/fuzz.h"

#define SALT    UINT64_C(0x5ca1ab1e)
#define JOURNAL 620802
#define ENTRIES 4
#define RECORDS 2 /* of an entry */

static struct buffer files[2], written;
static struct arena arena;

static void slurp(const char *name, struct buffer *out)
{
    uint8_t piece[4096];
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", fuzz_folder(), name);
    FILE *file = fopen(fuzz_text(&path), "rb");
    ASSERT(file);
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buffer_append(out, piece, got);
    fclose(file);
    buffer_release(&path);
    while (out->size > 0 && out->data[out->size - 1] == 0)
        out->size--; /* the zeros ahead */
}

static void write_entry(struct front *front, const struct store_meta *meta, uint64_t first, struct digest *chain)
{
    struct buffer queue = {0}, scratch = {0};
    for (uint64_t seq = first; seq < first + RECORDS; seq++) {
        struct record record = {.seq = seq, .at_ms = 1790000000000, .kind = RECORD_STARTED, .term = 1};
        record_seal(&record, JOURNAL, 1, chain, &scratch, &queue);
    }
    ASSERT(front_write(front, meta, RECORDS, &queue) == 0);
    buffer_append(&written, queue.data, queue.size);
    buffer_release(&queue);
    buffer_release(&scratch);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct store_meta meta = {.journal = JOURNAL, .term = 1};
    struct digest chain = {0};
    struct front *front;
    fuzz_file("front.0", "", 0);
    fuzz_file("front.1", "", 0);
    ASSERT(front_open(fuzz_folder(), SALT, &front) == 0);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        if (i == ENTRIES / 2)
            front_turn(front);
        write_entry(front, &meta, 1 + i * RECORDS, &chain);
    }
    front_close(front);
    slurp("front.0", &files[0]);
    slurp("front.1", &files[1]);
    return 0;
}

static bool was_written(const struct queued *record, const uint8_t *value)
{
    const struct queued *each;
    const uint8_t *at;
    for (size_t i = 0; (each = queue_next(&written, &i, &at)) != NULL;)
        if (each->key == record->key)
            return each->size_bytes == record->size_bytes && memcmp(at, value, record->size_bytes) == 0;
    return false;
}

static int take(void *arg, const struct queued *record, const uint8_t *value)
{
    struct store_meta *known = arg;
    ASSERT(was_written(record, value));
    if (record->key == known->sequence + 1)
        known->sequence++;
    return 0;
}

/* Four bytes each: the file and place, and what its bits are turned by. */
static void damage(const uint8_t *edits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *edit = edits + 4 * i;
        struct buffer *file = &files[edit[0] & 1];
        file->data[((size_t)edit[1] << 8 | edit[2]) % file->size] ^= edit[3];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store_meta known = {.journal = JOURNAL, .term = 1};
    if (size < 2)
        return 0;
    size_t edits = (size - 2) / 4, cut = (size_t)data[1] * 64;
    arena_reset(&arena);
    damage(data + 2, edits);
    for (int i = 0; i < 2; i++) {
        size_t kept = (data[0] & 1) == i && cut < files[i].size ? files[i].size - cut : files[i].size;
        fuzz_file(i ? "front.1" : "front.0", files[i].data, kept);
    }
    int result = front_read(fuzz_folder(), SALT, &known, take, &known);
    ASSERT(result == 0 || result == -EBADMSG);
    ASSERT(known.sequence <= ENTRIES * RECORDS);
    damage(data + 2, edits); /* as it was */
    return 0;
}
