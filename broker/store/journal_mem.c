/* journal_mem.c: a journal in memory for tests, whose undurable tail a crash loses. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "broker/base/panic.h"

/* Where a record's value lies in the bytes, and the chain before it. */
struct mem_place {
    size_t at;
    struct digest before;
};

struct journal_mem {
    struct journal journal;
    struct buffer queue, scratch;
    struct buffer places; /* struct mem_place of first, first + 1, … */
    uint64_t first;       /* 1, or the first that was not trimmed */
    uint64_t last, durable;
    uint64_t number; /* of the last entry */
    struct digest chain;
};

static struct journal_mem *mem_of(struct journal *journal)
{
    return (struct journal_mem *)journal;
}

static struct mem_place *place_of(struct journal_mem *j, uint64_t seq)
{
    return &((struct mem_place *)j->places.data)[seq - j->first];
}

static int mem_append(struct journal *journal, const struct journal_entry *entry)
{
    struct journal_mem *j = mem_of(journal);
    for (size_t i = 0; i < entry->record_count; i++) {
        ASSERT(entry->records[i].seq == j->last + 1);
        struct mem_place place = {j->queue.size, j->chain};
        buffer_append(&j->places, &place, sizeof place);
        record_seal(&entry->records[i], 0, 0, &j->chain, &j->scratch, &j->queue);
        j->last++;
    }
    j->number = entry->number;
    return 0;
}

static void mem_durable(struct journal *journal, journal_durable_fn *fn, void *arg)
{
    struct journal_mem *j = mem_of(journal);
    j->durable = j->last;
    fn(arg, j->number, DURABLE_OK);
}

static int mem_replay(struct journal *journal, uint64_t after, journal_replay_fn *fn, void *arg)
{
    struct journal_mem *j = mem_of(journal);
    struct arena arena;
    int result = 0;
    arena_init(&arena);
    for (uint64_t seq = after < j->first ? j->first : after + 1; result == 0 && seq <= j->durable; seq++) {
        struct mem_place *place = place_of(j, seq);
        const uint8_t *value;
        size_t at = place->at;
        struct digest chain = place->before;
        struct record record;
        struct bytes bytes;
        const struct queued *queued = queue_next(&j->queue, &at, &value);
        result = record_unseal(&(MDB_val){queued->size_bytes, (void *)value}, seq, &chain, &arena, &record, &bytes);
        if (result == 0)
            result = fn(arg, &record, bytes.ptr, bytes.len);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return result;
}

/* Forgotten records cannot be read; their bytes stay until the journal is freed. */
static int mem_trim(struct journal *journal, uint64_t upto)
{
    struct journal_mem *j = mem_of(journal);
    if (upto >= j->durable)
        return -EINVAL;
    if (upto >= j->first) {
        struct buffer rest = {0};
        buffer_append(&rest, place_of(j, upto + 1), (j->last - upto) * sizeof(struct mem_place));
        buffer_release(&j->places);
        j->places = rest;
        j->first = upto + 1;
    }
    return 0;
}

static void mem_close(struct journal *journal)
{
    struct journal_mem *j = mem_of(journal);
    buffer_release(&j->queue);
    buffer_release(&j->scratch);
    buffer_release(&j->places);
    free(j);
}

static const struct journal_ops mem_ops = {mem_append, mem_durable, mem_replay, mem_trim, mem_close};

struct journal *journal_mem_new(void)
{
    struct journal_mem *j = calloc(1, sizeof *j);
    if (!j)
        panic("out of memory");
    j->journal.ops = &mem_ops;
    j->first = 1;
    return &j->journal;
}

void journal_mem_crash(struct journal *journal)
{
    struct journal_mem *j = mem_of(journal);
    if (j->last == j->durable)
        return;
    struct mem_place *lost = place_of(j, j->durable + 1);
    j->queue.size = lost->at;
    j->chain = lost->before;
    j->last = j->durable;
    j->places.size = (size_t)(j->last + 1 - j->first) * sizeof *lost;
}

void journal_mem_free(struct journal *journal)
{
    if (journal)
        journal->ops->close(journal);
}
