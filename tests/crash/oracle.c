#include "tests/crash/oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/map.h"
#include "broker/base/panic.h"
#include "broker/recover.h"
#include "broker/store/store.h"
#include "schemas/ident.h"
#include "tests/sim/audit.h"

struct promise {
    uint64_t ns, seq;
    char incident[IDENT_TEXT_BYTES], request[96];
};

struct oracle {
    struct promise *promises; /* as given */
    size_t count, capacity;
    uint32_t journal;
};

/* --- the logs --- */

static void take_line(struct oracle *o, const char *line)
{
    struct promise p;
    char kind[16];
    if (sscanf(line, "%15s %" SCNu64 " %" SCNu64 " %31s %95s", kind, &p.ns, &p.seq, p.incident, p.request) != 5 ||
        (strcmp(kind, "receipt") != 0 && strcmp(kind, "word") != 0))
        return;
    if (o->count == o->capacity) {
        o->capacity = o->capacity ? 2 * o->capacity : 1024;
        o->promises = realloc(o->promises, o->capacity * sizeof *o->promises);
        ASSERT(o->promises);
    }
    o->promises[o->count++] = p;
}

static bool read_log(struct oracle *o, const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return false;
    }
    while (fgets(line, sizeof line, file))
        if (strchr(line, '\n'))
            take_line(o, line);
    fclose(file);
    return true;
}

static int by_time(const void *a, const void *b)
{
    uint64_t mine = ((const struct promise *)a)->ns, theirs = ((const struct promise *)b)->ns;
    return mine < theirs ? -1 : mine > theirs;
}

struct oracle *oracle_new(char *const *logs, size_t count)
{
    struct oracle *o = calloc(1, sizeof *o);
    ASSERT(o);
    o->journal = 620899;
    for (size_t i = 0; i < count; i++)
        if (!read_log(o, logs[i])) {
            oracle_free(o);
            return NULL;
        }
    qsort(o->promises, o->count, sizeof *o->promises, by_time);
    return o;
}

void oracle_expect_journal(struct oracle *o, uint32_t journal)
{
    o->journal = journal;
}

void oracle_free(struct oracle *o)
{
    free(o->promises);
    free(o);
}

size_t oracle_given(const struct oracle *o, uint64_t before_ns)
{
    size_t low = 0, high = o->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (o->promises[middle].ns < before_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- the trail --- */

struct told {
    uint64_t incident;
    const char *request;
};

struct trail {
    struct told *entries; /* by sequence, from 1 */
    size_t count, capacity;
    struct arena arena;
    struct textmap said;  /* principal and request of each word, act and event */
    struct textmap rungs; /* of each clock, how many fired */
    prove_fn *fn;
    void *arg;
    struct verdict *verdict;
};

static void tell(struct trail *t, uint64_t *count, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void tell(struct trail *t, uint64_t *count, const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    ++*count;
    t->fn(t->arg, sentence);
}

/* What was asked under one id happened once. */
static void note_request(struct trail *t, const struct record *record)
{
    if (!record->request || !*record->request || (record->key.hi | record->key.lo) == 0)
        return;
    char *key = arena_printf(&t->arena, "%s %s", record->principal, record->request);
    if (textmap_get(&t->said, key))
        tell(t, &t->verdict->doubled, "the request %s is on the trail twice", record->request);
    textmap_put(&t->said, key, t);
}

/* A clock's rungs fire each once, in order, and none is left out. */
static void note_rung(struct trail *t, const struct record *record)
{
    const struct change *change = &record->changes[0];
    char *key = arena_printf(&t->arena, "%" PRIu64 "/%u/%d/%" PRId64, change->incident, record->rung->task,
                             (int)record->rung->clock, change->clocks[0].started_ms);
    uintptr_t before = (uintptr_t)textmap_get(&t->rungs, key);
    if (record->rung->number != before + 1)
        tell(t, &t->verdict->doubled, "rung %u of a clock comes after rung %" PRIuPTR ", record %" PRIu64,
             record->rung->number, before, record->seq);
    textmap_put(&t->rungs, key, (void *)(uintptr_t)record->rung->number);
}

static int take_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    struct trail *t = arg;
    (void)bytes, (void)size_bytes;
    if (t->count + 1 >= t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 4096;
        t->entries = realloc(t->entries, t->capacity * sizeof *t->entries);
        ASSERT(t->entries);
    }
    t->entries[++t->count] = (struct told){record->change_count ? record->changes[0].incident : 0,
                                           arena_strdup(&t->arena, record->request ? record->request : "")};
    note_request(t, record);
    if (record->kind == RECORD_RUNG)
        note_rung(t, record);
    t->verdict->starts += record->kind == RECORD_STARTED;
    return 0;
}

static void hold_promise(struct trail *t, const struct promise *promise)
{
    char incident[IDENT_TEXT_BYTES] = "-";
    if (promise->seq > t->count) {
        tell(t, &t->verdict->lost, "%s was promised with record %" PRIu64 ", and the last is %zu", promise->request,
             promise->seq, t->count);
        return;
    }
    const struct told *entry = &t->entries[promise->seq];
    if (entry->incident)
        ident_format(entry->incident, incident);
    if (strcmp(entry->request, promise->request) != 0 || strcmp(incident, promise->incident) != 0)
        tell(t, &t->verdict->lost, "%s was promised with record %" PRIu64 " of %s, which is %s of %s", promise->request,
             promise->seq, promise->incident, entry->request, incident);
}

/* As a broker recovers. */
static void judge_recovered(struct trail *t, struct store *s)
{
    const struct store_meta *meta = store_meta(s);
    struct turn turn = {.store = s};
    struct recovered count;
    struct audit audit;
    char fault[256];
    turn.core = core_new(&(struct core_options){.journal = meta->journal, .exercise = meta->exercise});
    if (recover(turn.core, s, &count, fault) != 0) {
        tell(t, &t->verdict->unopenable, "%s", fault);
    } else {
        audit_init(&audit, &turn, meta->last_ms);
        if (*audit.fault)
            tell(t, &t->verdict->doubled, "%s", audit.fault);
        audit_release(&audit);
    }
    core_free(turn.core);
    if (store_replay(s, 0, take_record, t) != 0)
        tell(t, &t->verdict->unopenable, "the trail cannot be read: %s", store_fault());
}

static void check(struct trail *t, const char *folder)
{
    uint64_t bad = 0;
    if (store_check(folder, t->fn, t->arg, &bad) == 0 && bad == 0)
        prove_store(folder, t->fn, t->arg, &bad);
    t->verdict->faults += bad;
}

/* A crash may come before there is a store: then a broker makes one. */
static bool exists(const char *folder, bool *exercise)
{
    struct store *s;
    const char *fault;
    if (store_open(folder, &(struct store_options){.read_only = true}, &s, &fault) != 0)
        return false;
    *exercise = store_meta(s)->exercise;
    store_close(s);
    return true;
}

struct verdict oracle_judge(const struct oracle *o, const char *folder, uint64_t before_ns, prove_fn *fn, void *arg)
{
    struct verdict verdict = {0};
    struct trail t = {.fn = fn, .arg = arg, .verdict = &verdict};
    struct store_options options = {.create = true, .front = true, .journal = o->journal};
    struct store *s;
    const char *fault = "";
    size_t given = oracle_given(o, before_ns);
    arena_init(&t.arena);
    if (exists(folder, &options.exercise) || given > 0)
        check(&t, folder);
    if (store_open(folder, &options, &s, &fault) != 0) {
        tell(&t, &verdict.unopenable, "%s", fault);
    } else {
        judge_recovered(&t, s);
        for (size_t i = 0; i < given; i++)
            hold_promise(&t, &o->promises[i]);
        store_close(s);
        check(&t, folder);
    }
    textmap_release(&t.said);
    textmap_release(&t.rungs);
    arena_release(&t.arena);
    free(t.entries);
    return verdict;
}

bool verdict_bad(const struct verdict *v)
{
    return v->lost || v->doubled || v->unopenable || v->faults;
}
