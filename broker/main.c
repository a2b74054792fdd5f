/* bihuand: flags, open, run, close in reverse. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/against.h"
#include "broker/base/limits.h"
#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "broker/base/secret.h"
#include "broker/config/config.h"
#include "broker/edge/http.h"
#include "broker/extract.h"
#include "broker/loop.h"
#include "broker/metrics.h"
#include "broker/now.h"
#include "broker/prove.h"
#include "broker/recover.h"
#include "broker/survey.h"
#include "broker/turn.h"

/* Exit codes: stable. */
enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_CONFIG = 3, EXIT_STORE = 4, EXIT_SOCKET = 5, EXIT_UNKNOWN_COMMIT = 6 };

struct options {
    const char *config, *store, *ipc, *tcp, *key_file, *http, *check, *against, *check_store, *restore, *extract;
    int insecure_port;
    bool exercise, accept_wall;
    double speed;
    int64_t map_bytes;
};

enum {
    KEY_HTTP = 256,
    KEY_INSECURE,
    KEY_EXERCISE,
    KEY_SPEED,
    KEY_CHECK,
    KEY_AGAINST,
    KEY_CHECK_STORE,
    KEY_RESTORE,
    KEY_EXTRACT,
    KEY_MAP,
    KEY_ACCEPT_WALL
};

static const struct argp_option flags[] = {
    {"config", 'c', "FOLDER", 0, "the city's YAML files", 0},
    {"store", 's', "FOLDER", 0, "where the journal is; made when absent", 0},
    {"ipc", 'i', "FOLDER", 0, "sockets publish, work, command and feed in this folder", 0},
    {"tcp", 't', "HOST:PORT", 0, "CURVE endpoints on PORT to PORT+3 (publish, work, command, feed)", 0},
    {"key-file", 'k', "FILE", 0, "the broker's CURVE secret key, mode 0600; needed for --tcp", 0},
    {"insecure", KEY_INSECURE, "PORT", 0,
     "plain tcp on 127.0.0.1:PORT to PORT+3, for trials: everybody is one principal", 0},
    {"http", KEY_HTTP, "HOST:PORT", 0, "/metrics and /healthz, on loopback only", 0},
    {"exercise", KEY_EXERCISE, NULL, 0, "the store is an exercise's: never in figures, never opened by a real broker",
     0},
    {"speed", KEY_SPEED, "N", 0, "time runs N times as fast; needs --exercise", 0},
    {"accept-wall", KEY_ACCEPT_WALL, NULL, 0,
     "an operator has looked at the wall clock: wall steps left aside so far are taken", 0},
    {"map-size", KEY_MAP, "MIB", 0, "limit of the store in MiB (default 16384)", 0},
    {"check", KEY_CHECK, "FOLDER", 0, "check a configuration and exit: 0 good, 3 with file:line:column of every fault",
     1},
    {"against", KEY_AGAINST, "CSV", 0,
     "with --check: route rows with columns type, area and unit, and tell what differs", 1},
    {"check-store", KEY_CHECK_STORE, "FOLDER", 0, "check a store that no broker has open, and exit", 1},
    {"restore", KEY_RESTORE, "BACKUP", 0, "make --store from a backup, in a new term, and exit", 1},
    {"extract", KEY_EXTRACT, "INCIDENT", 0,
     "write the incident's records out of --store, a backup or one that no broker has open, and exit", 1},
    {0},
};

static error_t parse_flag(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'c':
        o->config = arg;
        return 0;
    case 's':
        o->store = arg;
        return 0;
    case 'i':
        o->ipc = arg;
        return 0;
    case 't':
        o->tcp = arg;
        return 0;
    case 'k':
        o->key_file = arg;
        return 0;
    case KEY_HTTP:
        o->http = arg;
        return 0;
    case KEY_EXERCISE:
        o->exercise = true;
        return 0;
    case KEY_ACCEPT_WALL:
        o->accept_wall = true;
        return 0;
    case KEY_CHECK:
        o->check = arg;
        return 0;
    case KEY_AGAINST:
        o->against = arg;
        return 0;
    case KEY_CHECK_STORE:
        o->check_store = arg;
        return 0;
    case KEY_RESTORE:
        o->restore = arg;
        return 0;
    case KEY_EXTRACT:
        o->extract = arg;
        return 0;
    case KEY_INSECURE:
        o->insecure_port = (int)strtol(arg, NULL, 10);
        if (o->insecure_port < 1 || o->insecure_port > 65532)
            argp_error(state, "--insecure takes a port from 1 to 65532, not \"%s\"", arg);
        return 0;
    case KEY_MAP:
        o->map_bytes = strtoll(arg, NULL, 10) << 20;
        if (o->map_bytes < 1 << 20)
            argp_error(state, "--map-size takes MiB, at least 1, not \"%s\"", arg);
        return 0;
    case KEY_SPEED:
        o->speed = strtod(arg, NULL);
        if (!(o->speed >= 1 && o->speed <= 10000))
            argp_error(state, "--speed takes 1 to 10000, not \"%s\"", arg);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument \"%s\"", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_flags(const struct options *o)
{
    const char *wrong = NULL;
    if (o->against && !o->check)
        wrong = "--against needs --check";
    else if (o->check || o->check_store)
        return;
    else if (!o->store)
        wrong = "--store is missing";
    else if (o->restore || o->extract)
        return;
    else if (!o->config)
        wrong = "--config is missing";
    else if (!o->ipc && !o->tcp && !o->insecure_port)
        wrong = "no endpoint: give --ipc, --tcp or --insecure";
    else if (o->tcp && !o->key_file)
        wrong = "--tcp needs --key-file";
    else if (o->tcp && o->insecure_port)
        wrong = "--tcp and --insecure exclude each other";
    else if (o->speed != 1 && !o->exercise)
        wrong = "--speed needs --exercise: real incidents live in real time";
    if (!wrong)
        return;
    fprintf(stderr, "bihuand: %s; see bihuand --help\n", wrong);
    exit(EXIT_USAGE);
}

/* --- offline verbs --- */

/* What rows of the past would have become: the sum on stdout, what differs on stderr. */
static int hold_against(const struct policy *policy, const char *path)
{
    struct against sum;
    struct buffer said = {0};
    struct faults faults = {0};
    int error = against_rows(policy, path, &sum, &said, &faults);
    fwrite(said.data, 1, said.size, stderr);
    fputs(faults_text(&faults), stderr);
    printf(
        "%s: %zu rows: %zu (%.1f %%) to the unit they name, %zu elsewhere, %zu to nobody; %zu of a type and area whose "
        "rows contradict each other\n",
        path, sum.rows, sum.agree, sum.rows ? 100.0 * (double)sum.agree / (double)sum.rows : 0.0, sum.elsewhere,
        sum.nobody, sum.contradictory);
    buffer_release(&said);
    faults_release(&faults);
    return error ? EXIT_CONFIG : EXIT_OK;
}

static int check_config(const char *folder, const char *against)
{
    struct policy *policy = NULL;
    struct place_index *place = NULL;
    struct faults faults = {0}, warnings = {0};
    int error = config_load(folder, &policy, &faults);
    if (!error)
        error = place_build(policy, folder, &place, &faults);
    if (!error)
        survey(policy, time(NULL) * 1000LL, &faults, &warnings);
    fputs(faults_text(&faults), stderr);
    fputs(faults_text(&warnings), stderr);
    if (!error && !faults.count)
        printf("%s: good: %zu types, %zu areas, %zu units, %zu routes, %zu principals\n", folder, policy->type_count,
               policy->area_count, policy->unit_count, policy->route_count, policy->principal_count);
    int code = error || faults.count ? EXIT_CONFIG : EXIT_OK;
    if (!error && against && hold_against(policy, against) != EXIT_OK)
        code = EXIT_CONFIG;
    place_free(place);
    policy_free(policy);
    faults_release(&faults);
    faults_release(&warnings);
    return code;
}

static void tell_fault(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "%s\n", sentence);
}

static int check_store(const char *folder)
{
    uint64_t bad = 0, unproven = 0;
    int error = store_check(folder, tell_fault, NULL, &bad);
    if (!error && !bad) /* else what it says cannot be followed */
        error = prove_store(folder, tell_fault, NULL, &unproven);
    bad += unproven;
    if (error)
        fprintf(stderr, "bihuand: %s: %s\n", folder, strerror(-error));
    else
        printf("%s: %llu faults\n", folder, (unsigned long long)bad);
    return error || bad ? EXIT_STORE : EXIT_OK;
}

static int restore(const char *backup, const char *folder)
{
    const char *fault = "";
    if (store_restore(backup, folder, &fault) != 0) {
        fprintf(stderr, "bihuand: cannot restore: %s\n", fault);
        return EXIT_STORE;
    }
    printf("%s: restored from %s, in a new term\n", folder, backup);
    return EXIT_OK;
}

/* --- the broker --- */

struct broker {
    const struct options *options;
    struct policy *policy;
    struct place_index *place;
    struct store *store;
    struct core *core;
    struct now now;
    struct turn turn;
    struct http *http;
};

static const char *principal_of(void *arg, const char *credential)
{
    const struct broker *b = arg;
    const struct principal *principal = policy_credential(b->turn.policy, credential);
    return principal && !principal->revoked ? principal->name : NULL;
}

static int64_t ask_now(void *arg)
{
    return now_ms(arg);
}

static int64_t ask_step(void *arg)
{
    return now_step(arg);
}

static void tell_story(void *arg)
{
    const struct broker *b = arg;
    fprintf(stderr, "panic turn=%llu now_ms=%lld durable_sequence=%llu core_sequence=%llu decided=%zu\n",
            (unsigned long long)b->turn.stats.turns, (long long)b->turn.now_ms,
            (unsigned long long)b->turn.held_sequence, (unsigned long long)core_sequence(b->core),
            b->turn.outcome.record_count);
}

static int open_policy(struct broker *b)
{
    struct faults faults = {0};
    int error = config_load(b->options->config, &b->policy, &faults);
    if (!error)
        error = place_build(b->policy, b->options->config, &b->place, &faults);
    if (error)
        fputs(faults_text(&faults), stderr);
    faults_release(&faults);
    return error ? EXIT_CONFIG : EXIT_OK;
}

static int open_store(struct broker *b)
{
    const char *fault = "";
    struct store_options options = {.create = true,
                                    .front = true,
                                    .journal = b->policy->journal,
                                    .exercise = b->options->exercise,
                                    .map_bytes = b->options->map_bytes};
    if (store_open(b->options->store, &options, &b->store, &fault) == 0)
        return EXIT_OK;
    fprintf(stderr, "bihuand: %s: %s\n", b->options->store, fault);
    return EXIT_STORE;
}

/* A day and more without a record: the broker was down for long, or the wall clock is wrong and every deadline will seem
 * to have passed. Either way somebody should look. */
static void alarm_gap(int64_t last_ms, int64_t now_ms)
{
    if (last_ms && now_ms - last_ms > GAP_ALARM_MS)
        log_warn("gap hours=%lld last_record_ms=%lld: down for long, or is the wall clock wrong?",
                 (long long)((now_ms - last_ms) / 3600000), (long long)last_ms);
}

static int open_core(struct broker *b)
{
    const struct store_meta *meta = store_meta(b->store);
    struct recovered count;
    char fault[256];
    b->core = core_new(&(struct core_options){.journal = meta->journal, .exercise = meta->exercise});
    if (recover(b->core, b->store, &count, fault) != 0) {
        fprintf(stderr, "bihuand: %s: %s\n", b->options->store, fault);
        return EXIT_STORE;
    }
    log_info("recovered rows=%zu keys=%zu records=%zu sequence=%llu term=%u", count.rows, count.keys, count.records,
             (unsigned long long)meta->sequence, meta->term);
    int64_t off_ms = core_counters(b->core).wall_off_ms;
    now_start(&b->now, meta->last_ms, b->options->accept_wall ? 0 : off_ms, b->options->speed);
    alarm_gap(meta->last_ms, now_ms(&b->now));
    if (off_ms && !b->options->accept_wall)
        log_warn("wall_off ms=%lld: the broker's time does not follow the wall; --accept-wall takes it as it is",
                 (long long)off_ms);
    return EXIT_OK;
}

/* The four endpoints of a base: a folder for ipc, PORT to PORT+3 for tcp. */
static void add_endpoints(struct arena *arena, struct gate_endpoint *endpoints, size_t *n, const char *folder,
                          const char *host, int port)
{
    static const char letters[] = "PWCF";
    static const char *const names[] = {"publish", "work", "command", "feed"};
    for (int i = 0; i < 4; i++)
        endpoints[(*n)++] =
            (struct gate_endpoint){letters[i], folder ? arena_printf(arena, "ipc://%s/%s", folder, names[i])
                                                      : arena_printf(arena, "tcp://%s:%d", host, port + i)};
}

static int open_gate(struct broker *b)
{
    struct gate_endpoint endpoints[GATE_SOCKETS_MAX];
    struct gate_options options = {.endpoints = endpoints, .secret_key_file = b->options->key_file};
    struct arena arena;
    char fault[256];
    arena_init(&arena);
    if (b->options->ipc)
        add_endpoints(&arena, endpoints, &options.endpoint_count, b->options->ipc, NULL, 0);
    if (b->options->insecure_port)
        add_endpoints(&arena, endpoints, &options.endpoint_count, NULL, "127.0.0.1", b->options->insecure_port);
    if (b->options->tcp) {
        char *host = arena_strdup(&arena, b->options->tcp), *colon = strrchr(host, ':');
        int port = colon ? (int)strtol(colon + 1, NULL, 10) : 0;
        if (port < 1 || port > 65532) {
            fprintf(stderr, "bihuand: --tcp takes HOST:PORT, not \"%s\"\n", b->options->tcp);
            arena_release(&arena);
            return EXIT_USAGE;
        }
        *colon = '\0';
        add_endpoints(&arena, endpoints, &options.endpoint_count, NULL, host, port);
    }
    options.insecure = b->options->insecure_port != 0;
    int error = gate_open(&options, principal_of, b, &b->turn.gate, fault);
    arena_release(&arena);
    if (!error)
        return EXIT_OK;
    fprintf(stderr, "bihuand: %s\n", fault);
    return EXIT_SOCKET;
}

static void write_metrics(void *arg, struct buffer *out)
{
    metrics_write(arg, out);
}

static int write_health(void *arg, struct buffer *out)
{
    return metrics_health(arg, out);
}

static int open_http(struct broker *b)
{
    char fault[256];
    struct http_source source = {write_metrics, write_health, &b->turn};
    if (!b->options->http || http_open(b->options->http, &source, &b->http, fault) == 0)
        return EXIT_OK;
    fprintf(stderr, "bihuand: %s\n", fault);
    return EXIT_SOCKET;
}

static int begin(struct broker *b)
{
    char fault[256];
    int64_t off_ms = core_counters(b->core).wall_off_ms;
    if (b->options->accept_wall && off_ms)
        turn_command(&b->turn, &(struct command){.kind = COMMAND_WALL_STEP, .principal = "", .wall_step = {-off_ms}});
    int error = recover_announce(&b->turn, fault);
    if (error)
        fprintf(stderr, "bihuand: %s\n", fault);
    return error == -EBUSY ? EXIT_CONFIG : error ? EXIT_STORE : EXIT_OK;
}

static int open_turn(struct broker *b)
{
    struct turn *t = &b->turn;
    turn_init(t);
    t->core = b->core;
    t->store = b->store;
    t->policy = b->policy;
    t->place = b->place;
    t->config_folder = b->options->config;
    t->now = ask_now;
    t->step = ask_step;
    t->time = &b->now;
    t->speed = b->options->speed;
    t->exercise = store_meta(b->store)->exercise;
    panic_set_story(tell_story, b);
    int code = open_gate(b);
    if (code)
        return code;
    t->outbox = outbox_new(t->gate);
    return EXIT_OK;
}

/* A commit whose fate is unknown: nothing more is written or said; a restart finds out. */
static int run(struct broker *b)
{
    int error = loop_run(&b->turn, b->http);
    if (!error)
        error = turn_settle(&b->turn);
    if (!error)
        return EXIT_OK;
    log_error("commit unknown=1 error=\"%s\" sequence=%llu", strerror(-error),
              (unsigned long long)core_sequence(b->core));
    return EXIT_UNKNOWN_COMMIT;
}

static int serve(const struct options *options)
{
    static struct broker broker;
    static int (*const steps[])(struct broker *) = {open_policy, open_store, open_core, open_turn,
                                                    open_http,   begin,      NULL};
    struct broker *b = &broker;
    int code = EXIT_OK;
    b->options = options;
    for (size_t i = 0; steps[i] && !code; i++)
        code = steps[i](b);
    if (!code)
        code = run(b);
    http_close(b->http);
    store_close(b->store); /* its helpers borrow from all others */
    if (b->turn.outbox)
        outbox_free(b->turn.outbox);
    if (b->turn.gate)
        gate_close(b->turn.gate);
    turn_release(&b->turn);
    core_free(b->core);
    place_free(b->turn.place ? b->turn.place : b->place);
    policy_free(b->turn.policy ? b->turn.policy : b->policy);
    return code;
}

int main(int argc, char **argv)
{
    struct options options = {.speed = 1};
    secret_keep();
    argp_program_version = "bihuand " BIHUAN_VERSION;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&(struct argp){flags, parse_flag, NULL, "Bihuan's broker.", NULL, NULL, NULL}, argc, argv, 0, NULL,
               &options);
    signal(SIGPIPE, SIG_IGN); /* whoever read our log may go; we stay */
    check_flags(&options);
    if (options.check)
        return check_config(options.check, options.against);
    if (options.check_store)
        return check_store(options.check_store);
    if (options.restore)
        return restore(options.restore, options.store);
    if (options.extract)
        return extract_incident(options.store, options.extract) == 0 ? EXIT_OK : EXIT_STORE;
    return serve(&options);
}
