/* extract.c: one incident's records as they are sealed, out of a chain that was followed from its beginning. */
#include "broker/store/store_internal.h"

struct extract {
    uint64_t incident;
    struct digest before; /* the chain before the record that comes */
    store_extract_fn *fn;
    void *arg;
};

static bool touches(const struct record *record, uint64_t incident)
{
    for (size_t i = 0; i < record->change_count; i++)
        if (record->changes[i].incident == incident)
            return true;
    return false;
}

/* What was unsealed lies behind its head, with the chain as it is after the record. */
static int take(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct extract *extract = arg;
    const struct record_head *head = (const struct record_head *)bytes - 1;
    struct sealed sealed = {.seq = record->seq,
                            .journal = head->journal,
                            .term = head->term,
                            .before = extract->before,
                            .after = head->chain,
                            .bytes = {bytes, size_bytes}};
    extract->before = head->chain;
    return touches(record, extract->incident) ? extract->fn(extract->arg, record, &sealed) : 0;
}

int store_extract(const char *folder, uint64_t incident, store_extract_fn *fn, void *arg, struct sealed *last)
{
    struct store_options options = {.read_only = true};
    struct store *store;
    int error = store_load(folder, &options, &store);
    if (error != 0)
        return error;
    struct extract extract = {.incident = incident, .before = store->stored.trimmed_chain, .fn = fn, .arg = arg};
    error = journal_lmdb_walk(store, 0, NULL, true, take, &extract, NULL);
    *last = (struct sealed){.seq = store->meta.sequence, .journal = store->meta.journal, .after = extract.before};
    store_close(store);
    return error;
}
