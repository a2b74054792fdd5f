/* Any bytes as what the journal keeps: a record, as its value with checksum and chain too, a row, a row beside incidents. They
 * are damaged, or every field can be read. */
#include <errno.h>
#include <string.h>

#include "broker/base/panic.h"
#include "broker/store/store_internal.h"
#include "schemas/record.h"
#include "tests/fuzz/fuzz.h"

static struct arena arena;
static struct buffer text, again, bytes;

static void expect_same(void)
{
    if (strcmp(fuzz_text(&text), fuzz_text(&again)) != 0)
        panic("kept %s\nread %s", (char *)text.data, (char *)again.data);
}

/* As the store keeps it: what is sealed is found again, and a bit that has turned is noticed. */
static void keep_record(const struct record *record)
{
    struct digest chain = {0}, at_first = {0};
    struct buffer scratch = {0}, queue = {0};
    struct record kept;
    const uint8_t *value;
    size_t at = 0;
    record_seal(record, 620802, 1, &chain, &scratch, &queue);
    const struct queued *queued = queue_next(&queue, &at, &value);
    MDB_val stored = {queued->size_bytes, (void *)value};
    ASSERT(record_unseal(&stored, record->seq, &at_first, &arena, &kept, NULL) == 0);
    buffer_clear(&again);
    record_json(&kept, &again);
    expect_same();
    ((uint8_t *)stored.mv_data)[stored.mv_size / 2] ^= 1;
    ASSERT(record_unseal(&stored, record->seq, NULL, &arena, &kept, NULL) == -EBADMSG);
    buffer_release(&scratch);
    buffer_release(&queue);
}

/* Its head and checksum as they should be, the record as it comes. */
static void read_value(const uint8_t *data, size_t size)
{
    struct record record;
    struct record_head head = {.journal = 620802, .term = 1};
    buffer_clear(&bytes);
    buffer_append(&bytes, &head, sizeof head);
    buffer_append(&bytes, data, size);
    value_seal(bytes.data, bytes.size);
    MDB_val value = {bytes.size, bytes.data};
    for (uint64_t seq = 0; seq < 2; seq++)
        record_unseal(&value, seq, NULL, &arena, &record, NULL);
}

static void read_record(const uint8_t *aligned, size_t size)
{
    struct record record;
    if (record_decode(aligned, size, &arena, &record) != 0)
        return;
    buffer_clear(&text);
    record_json(&record, &text);
    record_encode(&record, &bytes);
    if (bytes.size <= TURN_BYTES_MAX && record_decode(bytes.data, bytes.size, &arena, &record) == 0)
        keep_record(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct row row;
    struct side side;
    arena_reset(&arena);
    const uint8_t *aligned = size ? arena_memdup(&arena, data, size) : (const uint8_t *)"";
    read_record(aligned, size);
    buffer_clear(&text);
    if (row_decode(aligned, size, &arena, &row) == 0)
        row_json(&row, &text);
    if (side_decode(aligned, size, &arena, &side) == 0)
        side_json(&side, &text);
    read_value(data, size);
    return 0;
}
