/* tally STORE FROM [SOURCE]: what a trail says was told to people, of a store that no broker has open, from one record on; of
 * the incidents that this source opened, or of all. Prints one line of JSON: rungs, of how many incidents, how many were not
 * the first of theirs, fired before they were due, after one that was due later, or were due while the broker was down, and
 * when the first and last of those fired; what was told to somebody, and of that within ten minutes of the first record; offers
 * to workers; incidents opened, events folded, tasks shelved. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/map.h"
#include "broker/store/store.h"

#define AT_FIRST_MS 600000

struct tally {
    struct map opened, rung; /* incidents */
    uint64_t from;
    const char *source;
    uint64_t rungs, twice, early, disordered, in_downtime, told, told_at_first, kinds[256];
    int64_t begun_ms, due_ms, first_ms, last_ms;
};

static bool is_meant(struct tally *t, const struct record *record)
{
    if (record->kind == RECORD_OPENED && (!t->source || strcmp(record->principal, t->source) == 0))
        map_put(&t->opened, record->changes[0].incident, t);
    return record->seq >= t->from && record->change_count > 0 && map_get(&t->opened, record->changes[0].incident);
}

static void take_rung(struct tally *t, const struct record *record)
{
    const struct rung *rung = record->rung;
    t->twice += map_get(&t->rung, record->changes[0].incident) != NULL;
    map_put(&t->rung, record->changes[0].incident, t);
    t->early += record->at_ms < rung->due_ms;
    t->disordered += rung->due_ms < t->due_ms;
    t->due_ms = rung->due_ms;
    t->rungs++;
    if (!rung->in_downtime)
        return;
    t->in_downtime++;
    t->first_ms = t->first_ms ? t->first_ms : record->at_ms;
    t->last_ms = record->at_ms;
}

static int take(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct tally *t = arg;
    (void)bytes;
    (void)size_bytes;
    if (!is_meant(t, record))
        return 0;
    t->kinds[record->kind]++;
    if (record->kind == RECORD_RUNG)
        take_rung(t, record);
    bool told = record->rung && record->rung->notice;
    t->begun_ms = t->begun_ms ? t->begun_ms : record->at_ms;
    t->told += told;
    t->told_at_first += told && record->at_ms < t->begun_ms + AT_FIRST_MS;
    return 0;
}

static void print(const struct tally *t)
{
    const struct {
        const char *name;
        uint64_t value;
    } figures[] = {
        {"rungs", t->rungs},
        {"incidents", t->rung.count},
        {"twice", t->twice},
        {"early", t->early},
        {"disordered", t->disordered},
        {"in_downtime", t->in_downtime},
        {"first_ms", (uint64_t)t->first_ms},
        {"last_ms", (uint64_t)t->last_ms},
        {"told", t->told},
        {"told_at_first", t->told_at_first},
        {"offered", t->kinds[RECORD_OFFERED]},
        {"opened", t->kinds[RECORD_OPENED]},
        {"folded", t->kinds[RECORD_FOLDED]},
        {"shelved", t->kinds[RECORD_SHELVED]},
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        printf("%s\"%s\": %" PRIu64, i ? ", " : "{", figures[i].name, figures[i].value);
    puts("}");
}

int main(int argc, char **argv)
{
    struct tally t = {.source = argc == 4 ? argv[3] : NULL};
    struct store *store;
    const char *fault;
    if (argc != 3 && argc != 4)
        return 2;
    t.from = strtoull(argv[2], NULL, 10);
    if (store_open(argv[1], &(struct store_options){.read_only = true}, &store, &fault) != 0)
        return fprintf(stderr, "%s\n", fault), 1;
    int error = store_replay(store, 0, take, &t);
    print(&t);
    map_release(&t.opened);
    map_release(&t.rung);
    store_close(store);
    return error != 0;
}
