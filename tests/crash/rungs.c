/* rungs STORE FROM: what fired, by the trail of a store that no broker has open, from one record on. Prints one line of JSON:
 * how many, of how many clocks, how often one was the first of its clock for the second time, before it was due, or after one
 * that was due later; how many were told to somebody; and when the first and the last fired. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/base/map.h"
#include "broker/store/store.h"

struct tally {
    struct map clocks; /* incident → rungs of its clocks */
    uint64_t from, rungs, twice, early, disordered, told, in_downtime;
    int64_t due_ms, first_ms, last_ms;
};

static int take(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct tally *t = arg;
    const struct rung *rung = record->rung;
    (void)bytes;
    (void)size_bytes;
    if (record->kind != RECORD_RUNG || record->seq < t->from)
        return 0;
    t->rungs++;
    t->twice += map_get(&t->clocks, record->changes[0].incident) != NULL;
    map_put(&t->clocks, record->changes[0].incident, t);
    t->early += record->at_ms < rung->due_ms;
    t->disordered += rung->due_ms < t->due_ms;
    t->told += rung->notice;
    t->in_downtime += rung->in_downtime;
    t->due_ms = rung->due_ms;
    t->first_ms = t->first_ms ? t->first_ms : record->at_ms;
    t->last_ms = record->at_ms;
    return 0;
}

int main(int argc, char **argv)
{
    struct tally t = {0};
    struct store *store;
    const char *fault;
    if (argc != 3)
        return 2;
    t.from = strtoull(argv[2], NULL, 10);
    if (store_open(argv[1], &(struct store_options){.read_only = true}, &store, &fault) != 0)
        return fprintf(stderr, "%s\n", fault), 1;
    int error = store_replay(store, 0, take, &t);
    printf("{\"rungs\": %" PRIu64 ", \"clocks\": %zu, \"twice\": %" PRIu64 ", \"early\": %" PRIu64
           ", \"disordered\": %" PRIu64 ", \"told\": %" PRIu64 ", \"in_downtime\": %" PRIu64 ", \"first_ms\": %" PRId64
           ", \"last_ms\": %" PRId64 "}\n",
           t.rungs, t.clocks.count, t.twice, t.early, t.disordered, t.told, t.in_downtime, t.first_ms, t.last_ms);
    map_release(&t.clocks);
    store_close(store);
    return error != 0;
}
