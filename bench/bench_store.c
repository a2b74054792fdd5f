/* bench_store: records a second through the store alone (encode, chain, key log, group commit), one line of JSON for
 * each number of records a transaction. bench_store [FOLDER [SECONDS]]; the folder is made and removed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/base/limits.h"
#include "broker/store/store.h"
#include "schemas/ident.h"

#define JOURNAL 620802u

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What a usual publish becomes: an event, an incident, a task and its clocks. */
static const struct event event = {
    .id = "cam-0017/2026-09-30/000123",
    .type = "02-03-暴露垃圾",
    .text = "崆峒区东关街道航天社区南侧便道有暴露垃圾约两平方米",
    .place = {.area = "620802001003",
              .has_point = true,
              .system = COORDINATES_GCJ02,
              .latitude = 35.54,
              .longitude = 106.66},
    .observed_ms = 1790000000000,
};
static const struct incident head = {
    .state = INCIDENT_OPEN,
    .severity = 4,
    .type = "02-03-暴露垃圾",
    .area = "620802001003",
    .responsible_area = "620802001003",
    .source = "camera-east",
    .event_id = "cam-0017/2026-09-30/000123",
    .route = "routes.yaml:12",
    .ladder = "urban",
    .received_ms = 1790000000000,
};
static const struct task task = {
    .no = 1,
    .epoch = 1,
    .role = TASK_LEAD,
    .state = TASK_QUEUED,
    .unit = "u-sanitation-east",
    .dispatched_ms = 1790000000000,
};
static const struct clock clocks[] = {
    {.kind = CLOCK_RESOLVE, .state = CLOCK_RUNNING, .budget_ms = 14400000, .due_ms = 1790014400000},
    {.kind = CLOCK_RESPOND, .task = 1, .state = CLOCK_RUNNING, .budget_ms = 1800000, .due_ms = 1790001800000},
    {.kind = CLOCK_HANDLE, .task = 1, .state = CLOCK_RUNNING, .budget_ms = 7200000, .due_ms = 1790007200000},
};

static void fill(struct record *record, uint64_t seq)
{
    *record = (struct record){
        .seq = seq,
        .at_ms = 1790000000000 + (int64_t)seq,
        .kind = RECORD_OPENED,
        .principal = "camera-east",
        .request = event.id,
        .key = {seq * 0x9e3779b97f4a7c15u, seq},
        .digest = {seq, seq},
        .event = &event,
        .change_count = 1,
        .changes = {{.incident = ident_pack(JOURNAL, seq),
                     .head = &head,
                     .tasks = &task,
                     .task_count = 1,
                     .clocks = clocks,
                     .clock_count = sizeof clocks / sizeof *clocks}},
    };
}

static int measure(struct store *store, size_t batch, double seconds, struct record *records)
{
    uint64_t seq = store_meta(store)->sequence, count = 0, commits = 0;
    double began = now_s(), until = began + seconds, worst = 0, commit_s = 0;
    while (now_s() < until) {
        for (size_t i = 0; i < batch; i++)
            fill(&records[i], ++seq);
        int error = store_append(store, records, batch);
        double before = now_s();
        error = error ? error : store_commit(store);
        if (error) {
            fprintf(stderr, "bench_store: %s: %s\n", strerror(-error), store_fault());
            return 1;
        }
        double took = now_s() - before;
        commit_s += took;
        worst = took > worst ? took : worst;
        count += batch;
        commits++;
    }
    printf("{\"what\":\"store\",\"batch\":%zu,\"records\":%llu,\"per_second\":%.0f,\"commit_mean_us\":%.0f,"
           "\"commit_max_us\":%.0f}\n",
           batch, (unsigned long long)count, (double)count / (now_s() - began), commit_s / (double)commits * 1e6,
           worst * 1e6);
    return 0;
}

static int count_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    (void)record, (void)bytes;
    *(uint64_t *)arg += size_bytes;
    return 0;
}

static int measure_replay(struct store *store)
{
    uint64_t bytes = 0, count = store_meta(store)->sequence;
    double began = now_s();
    if (store_replay(store, 0, count_record, &bytes) != 0) {
        fprintf(stderr, "bench_store: %s\n", store_fault());
        return 1;
    }
    printf("{\"what\":\"store_replay\",\"records\":%llu,\"per_second\":%.0f,\"record_bytes\":%.0f}\n",
           (unsigned long long)count, (double)count / (now_s() - began), (double)bytes / (double)count);
    return 0;
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "broker.lock"};
    char path[4096];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) < (int)sizeof path)
            unlink(path);
    rmdir(folder);
}

int main(int argc, char **argv)
{
    static const size_t batches[] = {1, 64, 1024};
    static struct record records[TURN_MESSAGES_MAX];
    const char *folder = argc > 1 ? argv[1] : "bench-store.tmp", *fault;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 3;
    struct store_options options = {.create = true, .journal = JOURNAL};
    struct store *store;
    if (access(folder, F_OK) == 0 || store_open(folder, &options, &store, &fault) != 0) {
        fprintf(stderr, "bench_store: %s: %s\n", folder,
                access(folder, F_OK) == 0 ? "is there already" : store_fault());
        return 1;
    }
    int failed = 0;
    for (size_t i = 0; i < sizeof batches / sizeof *batches && !failed; i++)
        failed = measure(store, batches[i], seconds, records);
    failed = failed || measure_replay(store);
    store_close(store);
    remove_folder(folder);
    return failed;
}
