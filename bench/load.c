/* load: requests to one system, in a closed loop (so many in flight) or an open one (so many a second, come what may; a
 * latency is then counted from when a request should have left: no coordinated omission). One line of JSON. */
#include "bench/load.h"
#include "bench/histogram.h"

#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SECOND         1000000000LL
#define DRAIN_S        30 /* after the end, for what is in flight; of an open loop a tenth */
#define PUBLISHERS_MAX 64
#define CURVE_MAX      7200

struct load_options load_options = {.what = "publish",
                                    .publishers = 1,
                                    .window = 1,
                                    .seconds = 3,
                                    .count = UINT64_MAX,
                                    .type = "1",
                                    .area = "620899001001",
                                    .unit = "road",
                                    .workers = 1,
                                    .from = 1};

static struct load {
    void *publishers[PUBLISHERS_MAX];
    unsigned in_flight[PUBLISHERS_MAX];
    struct {
        int64_t since_ns; /* 0: free */
        uint64_t number;
    } slots[IN_FLIGHT_MAX];
    int64_t began_ns, counts_ns, ends_ns, second_ns;
    uint64_t started, done, counted, refused;
    struct histogram receipt, whole, second;
    double rates[CURVE_MAX];
    size_t rate_count;
    int64_t due_ns; /* open loop: when the next one should leave */
    int timer;
    char timeline[256 * 1024];
    size_t timeline_size;
} load;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

void load_fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", peer.name, what, why);
    exit(1);
}

bool load_ending(void)
{
    return now_ns() >= load.ends_ns || load.started >= load_options.count;
}

void load_refused(void)
{
    load.refused++;
}

void load_receipt(uint64_t number)
{
    int64_t now = now_ns(), since = load.slots[number % IN_FLIGHT_MAX].since_ns; /* 0: it was done before */
    if (since && load.slots[number % IN_FLIGHT_MAX].number == number && now >= load.counts_ns)
        histogram_add(&load.receipt, (uint64_t)(now - since));
}

void load_done(uint64_t number)
{
    int64_t now = now_ns(), *since = &load.slots[number % IN_FLIGHT_MAX].since_ns;
    if (!*since || load.slots[number % IN_FLIGHT_MAX].number != number)
        load_fail("answer", "to nothing that was asked");
    if (now >= load.counts_ns && (now < load.ends_ns || load.rate_count)) {
        histogram_add(&load.whole, (uint64_t)(now - *since));
        histogram_add(&load.second, (uint64_t)(now - *since));
        load.counted += now < load.ends_ns;
    }
    *since = 0;
    load.done++;
    load.in_flight[number % load_options.publishers]--;
}

/* --- the event --- */

const char *load_body(uint64_t number)
{
    static char body[BODY_BYTES + 1];
    int size = snprintf(
        body, sizeof(body),
        "{\"id\":\"%020llu\",\"type\":\"%s\",\"area\":\"%s\",\"point\":[%.6f,%.6f],\"system\":\"gcj02\","
        "\"observed\":%llu,\"text\":\"",
        (unsigned long long)number, load_options.type, load_options.area, 106.6 + (double)(number % 9973) / 1e5,
        35.5 + (double)(number % 7919) / 1e5, 1790000000000ull + (unsigned long long)number);
    memset(body + size, 'x', (size_t)(BODY_BYTES - size - 2));
    memcpy(body + BODY_BYTES - 2, "\"}", 3);
    return body;
}

uint64_t load_number(const char *body, size_t size)
{
    if (size < 28)
        load_fail("body", "too short");
    return strtoull(body + 7, NULL, 10);
}

int load_connect(const char *address)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool is_path = strchr(address, '/') != NULL;
    const char *port = strrchr(address, ':');
    snprintf(local.sun_path, sizeof(local.sun_path), "%s", address);
    there.sin_port = htons((uint16_t)(port ? strtoul(port + 1, NULL, 10) : 0));
    int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || (is_path ? connect(fd, (struct sockaddr *)&local, sizeof(local))
                           : connect(fd, (struct sockaddr *)&there, sizeof(there))) != 0)
        load_fail(address, strerror(errno));
    if (!is_path)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

/* --- starting --- */

static void start(int64_t since_ns)
{
    unsigned who = (unsigned)(load.started % load_options.publishers);
    uint64_t number = load.started++;
    load.slots[number % IN_FLIGHT_MAX].since_ns = since_ns;
    load.slots[number % IN_FLIGHT_MAX].number = number;
    load.in_flight[who]++;
    peer.start(load.publishers[who], number);
}

/* Numbers go round: publisher i has those that leave i. The place of the next must be free. */
static bool has_room(void)
{
    unsigned share = load_options.window / load_options.publishers;
    return !load.slots[load.started % IN_FLIGHT_MAX].since_ns &&
           (load.rate_count || load.in_flight[load.started % load_options.publishers] < (share ? share : 1));
}

/* When the one after `due` should leave: at random with the rate of that second. */
static int64_t next_due(int64_t due)
{
    size_t second = (size_t)((due - load.began_ns) / SECOND);
    double rate = load.rates[second < load.rate_count ? second : load.rate_count - 1];
    if (rate < 1)
        return load.began_ns + (int64_t)(second + 1) * SECOND;
    return due + (int64_t)(-log(1 - drand48()) / rate * (double)SECOND) + 1;
}

static void wake_at(int64_t when_ns)
{
    struct itimerspec at = {.it_value = {when_ns / SECOND, when_ns % SECOND}};
    timerfd_settime(load.timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void start_what_is_due(void)
{
    int64_t now = now_ns();
    while (load.due_ns <= now && load.due_ns < load.ends_ns && has_room() && load.started < load_options.count) {
        start(load.due_ns);
        load.due_ns = next_due(load.due_ns);
    }
    wake_at(load.due_ns > now ? load.due_ns : now + SECOND / 1000);
}

static void start_all_there_is_room_for(void)
{
    if (load.rate_count)
        start_what_is_due();
    else
        while (!load_ending() && has_room())
            start(now_ns());
    for (unsigned i = 0; i < load_options.publishers; i++)
        peer.flush(load.publishers[i]);
}

/* --- waiting --- */

static void wait_for_more(void)
{
    zmq_pollitem_t items[PUBLISHERS_MAX * LOAD_ITEMS_MAX + 1];
    size_t count = 0;
    for (unsigned i = 0; i < load_options.publishers; i++)
        count += peer.items(load.publishers[i], items + count);
    if (load.rate_count)
        items[count++] = (zmq_pollitem_t){.fd = load.timer, .events = ZMQ_POLLIN};
    zmq_poll(items, (int)count, 10);
}

static bool take_all(void)
{
    bool any = false;
    for (unsigned i = 0; i < load_options.publishers; i++)
        any |= peer.take(load.publishers[i]);
    return any;
}

static void note_second(void)
{
    if (!load_options.timeline || now_ns() < load.second_ns)
        return;
    if (load.timeline_size + 128 < sizeof(load.timeline))
        load.timeline_size += (size_t)snprintf(
            load.timeline + load.timeline_size, 128, "%s[%.1f,%llu,%.1f,%.1f]", load.timeline_size ? "," : "",
            (double)(load.second_ns - load.began_ns) / 1e9, (unsigned long long)load.second.count,
            (double)histogram_at(&load.second, 0.5) / 1e3, (double)histogram_at(&load.second, 0.99) / 1e3);
    histogram_clear(&load.second);
    load.second_ns += SECOND;
}

static void run(void)
{
    load.began_ns = load.due_ns = now_ns();
    load.counts_ns = load.began_ns + (int64_t)(load_options.warm * 1e9);
    load.ends_ns = load.counts_ns + (int64_t)(load_options.seconds * 1e9);
    load.second_ns = load.began_ns + SECOND;
    while (!load_ending() || load.done < load.started) {
        start_all_there_is_room_for();
        if (!take_all())
            wait_for_more();
        note_second();
        if (load.rate_count && now_ns() > load.ends_ns + DRAIN_S * SECOND / 10)
            break; /* it has not kept up: what was answered is what counts */
        if (now_ns() > load.ends_ns + DRAIN_S * SECOND)
            load_fail("end", "not all was answered");
    }
    if (load.ends_ns > now_ns())
        load.ends_ns = now_ns(); /* ended by its count */
}

static void print(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double seconds = (double)(load.ends_ns - load.counts_ns) / 1e9;
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("{\"peer\":\"%s\",\"what\":\"%s\",\"window\":%u,\"publishers\":%u,\"rate\":%.0f,\"started\":%llu,"
           "\"answers\":%llu,\"unanswered\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,\"refused\":%llu,\"cpu_s\":%.3f,",
           peer.name, load_options.what, load_options.window, load_options.publishers, load_options.rate,
           (unsigned long long)load.started, (unsigned long long)load.counted,
           (unsigned long long)(load.started - load.done), seconds, (double)load.counted / seconds,
           (unsigned long long)load.refused, cpu);
    histogram_print(&load.receipt, "receipt_us");
    printf(",");
    histogram_print(&load.whole, "whole_us");
    printf(",\"timeline\":[%s]}\n", load.timeline);
}

/* --- options --- */

static const struct argp_option flags[] = {
    {"what", 'w', "WHAT", 0, "publish, loop …", 0},
    {"window", 'n', "N", 0, "in flight altogether", 0},
    {"publishers", 'p', "N", 0, "connections that publish", 0},
    {"seconds", 's', "S", 0, "that count", 0},
    {"warm", 'W', "S", 0, "before they count", 0},
    {"rate", 'r', "N", 0, "open loop: starts a second", 0},
    {"curve", 'c', "FILE", 0, "open loop: the rate of each second, one a line", 0},
    {"count", 'C', "N", 0, "at most so many", 0},
    {"type", 't', "CODE", 0, "of the events", 0},
    {"area", 'a', "CODE", 0, "of the events", 0},
    {"unit", 'u', "UNIT", 0, "that works, or is asked about", 0},
    {"workers", 'k', "N", 0, "connections that work, of a loop", 0},
    {"slow", 'S', "N", 0, "of them take half a second for each task", 0},
    {"from", 'f', "N", 0, "first incident of what is spoken about", 0},
    {"to", 'T', "N", 0, "last one", 0},
    {"timeline", 'l', NULL, 0, "also each second by itself", 0},
    {0},
};

static error_t parse_flag(int key, char *arg, struct argp_state *state)
{
    struct load_options *o = state->input;
    switch (key) {
    case 'w':
        return o->what = arg, 0;
    case 'n':
        return o->window = (unsigned)strtoul(arg, NULL, 10), 0;
    case 'p':
        return o->publishers = (unsigned)strtoul(arg, NULL, 10), 0;
    case 's':
        return o->seconds = strtod(arg, NULL), 0;
    case 'W':
        return o->warm = strtod(arg, NULL), 0;
    case 'r':
        return o->rate = strtod(arg, NULL), 0;
    case 'c':
        return o->curve = arg, 0;
    case 'C':
        return o->count = strtoull(arg, NULL, 10), 0;
    case 't':
        return o->type = arg, 0;
    case 'a':
        return o->area = arg, 0;
    case 'u':
        return o->unit = arg, 0;
    case 'k':
        return o->workers = (unsigned)strtoul(arg, NULL, 10), 0;
    case 'S':
        return o->slow = (unsigned)strtoul(arg, NULL, 10), 0;
    case 'f':
        return o->from = strtoull(arg, NULL, 10), 0;
    case 'T':
        return o->to = strtoull(arg, NULL, 10), 0;
    case 'l':
        return o->timeline = true, 0;
    case ARGP_KEY_ARG:
        return o->address = arg, 0;
    case ARGP_KEY_END:
        if (!o->address || !o->publishers || o->publishers > PUBLISHERS_MAX || !o->window || o->window > IN_FLIGHT_MAX)
            argp_error(state, "an address, 1 to %d publishers, 1 to %u in flight", PUBLISHERS_MAX, IN_FLIGHT_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void read_rates(void)
{
    if (load_options.rate > 0)
        load.rates[load.rate_count++] = load_options.rate;
    FILE *file = load_options.curve ? fopen(load_options.curve, "re") : NULL;
    if (load_options.curve && !file)
        load_fail(load_options.curve, strerror(errno));
    while (file && load.rate_count < CURVE_MAX && fscanf(file, "%lf", &load.rates[load.rate_count]) == 1)
        load.rate_count++;
    if (file)
        fclose(file);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {flags, parse_flag, "ADDRESS", NULL, NULL, NULL, NULL};
    argp_parse(&argp, argc, argv, 0, NULL, &load_options);
    read_rates();
    load.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    for (unsigned i = 0; i < load_options.publishers; i++)
        load.publishers[i] = peer.open(i);
    run();
    for (unsigned i = load_options.publishers; i-- > 0;)
        peer.close(load.publishers[i]);
    print();
    return 0;
}
